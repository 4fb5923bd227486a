package caution

import (
	"testing"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

func TestCases(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	speak := map[string]int{}
	for _, c := range all {
		t.Run(c.Where, func(t *testing.T) {
			a := Check(c.Input())
			c.Check(t, a)
			if len(c.Drafts) > 0 {
				cases.WellFormed(t, a)
			}
		})
		speak[c.Rule]++
	}
	known := map[string]*rule.Rule{}
	for _, r := range Rules() {
		known[r.ID] = r
	}
	for id := range speak {
		if known[id] == nil {
			t.Errorf("a case of no rule: %s", id)
		}
	}
	t.Logf("%d cases of %d rules", len(all), len(known))
}
