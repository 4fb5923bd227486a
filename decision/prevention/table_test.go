package prevention

import "testing"

func TestTable(t *testing.T) {
	if n := len(Rules()); n < 90 {
		t.Errorf("%d rules", n)
	}
}
