package caution

import (
	"testing"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

func TestCases(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	speak, silent := map[string]int{}, map[string]int{}
	for _, c := range all {
		t.Run(c.Where, func(t *testing.T) {
			a := Check(c.Input())
			c.Check(t, a)
			if len(c.Drafts) > 0 {
				cases.WellFormed(t, a)
			}
		})
		if c.Want == "nothing" || len(c.Want) > 2 && c.Want[:3] == "gap" {
			silent[c.Rule]++
		} else {
			speak[c.Rule]++
		}
	}
	known := map[string]*rule.Rule{}
	for _, r := range Rules() {
		known[r.ID] = r
		if speak[r.ID] == 0 || silent[r.ID] == 0 {
			t.Errorf("%s lacks a case: %d speak, %d are silent", r.ID, speak[r.ID], silent[r.ID])
		}
	}
	for id := range speak {
		if known[id] == nil {
			t.Errorf("a case of no rule: %s", id)
		}
	}
	t.Logf("%d cases of %d rules", len(all), len(known))
	if len(all) < 250 {
		t.Errorf("%d cases", len(all))
	}
}
