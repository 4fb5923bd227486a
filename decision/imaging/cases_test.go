package imaging

import (
	"testing"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

func TestCases(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	yes, no := map[string]int{}, map[string]int{}
	for _, c := range all {
		t.Run(c.Where, func(t *testing.T) {
			a := Check(c.Input())
			c.Check(t, a)
			cases.WellFormed(t, a)
		})
		if c.Want == "nothing" {
			no[c.Rule]++
		} else {
			yes[c.Rule]++
		}
	}
	for _, r := range Rules() {
		if yes[r.ID] == 0 || no[r.ID] == 0 || yes[r.ID]+no[r.ID] < 3 {
			t.Errorf("%s lacks a case: %d speak, %d are silent", r.ID, yes[r.ID], no[r.ID])
		}
	}
	if len(all) < 100 {
		t.Errorf("%d cases", len(all))
	}
}

// What interrupts is what the brief of the house allows to.
func TestInterrupts(t *testing.T) {
	loud := map[string]bool{"imaging-gadolinium-kidney": true, "imaging-contrast-allergy": true, "imaging-mr-implant": true}
	for _, r := range Rules() {
		if (r.Level == rule.Interrupt) != loud[r.ID] {
			t.Errorf("%s: %s", r.ID, r.Level)
		}
	}
}
