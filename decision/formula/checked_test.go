package formula

import "testing"

func TestCheckedFormulasExist(t *testing.T) {
	for id := range checked {
		if ByID(id) == nil {
			t.Errorf("no formula %s", id)
		}
	}
}
