package test

import (
	"testing"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

func TestCases(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	known := map[string]bool{"duplicate test": true}
	for _, r := range Rules() {
		known[r.ID] = true
	}
	for _, c := range all {
		if !known[c.Rule] {
			t.Errorf("%s: no rule %s", c.Where, c.Rule)
		}
		t.Run(c.Where, func(t *testing.T) {
			a := Check(c.Input())
			c.Check(t, a)
			cases.WellFormed(t, a)
			for _, card := range a.Cards {
				if card.Level > rule.Notice {
					t.Errorf("%s interrupts", card.Title)
				}
			}
		})
	}
	if len(all) < 120 {
		t.Errorf("%d cases", len(all))
	}
}
