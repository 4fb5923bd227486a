package caution

import "testing"

func TestTables(t *testing.T) {
	if _, err := read(); err != nil {
		t.Fatal(err)
	}
}
