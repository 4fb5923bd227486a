package prevention_test

import (
	"strings"
	"testing"

	"wholechart/decision/internal/ask"
	"wholechart/decision/internal/cases"
	"wholechart/decision/prevention"
)

func TestCases(t *testing.T) {
	lines, err := cases.Lines("testdata/cases/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) < 400 {
		t.Errorf("%d cases", len(lines))
	}
	positive, negative, count := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, l := range lines {
		t.Run(l.Where, func(t *testing.T) {
			c, err := cases.TellDue(l.Where, l.Text, prevention.Coded)
			if err != nil {
				t.Fatal(err)
			}
			if f := ask.Faults("prevention", c.Rule, c.Expect, c.Input()); len(f) > 0 {
				t.Errorf("%s: %s", c.Who, strings.Join(f, "\n"))
			}
			count[c.Rule]++
			switch status, _, _ := strings.Cut(c.Want, " "); status {
			case "due", "overdue", "soon":
				positive[c.Rule] = true
			case "not", "done":
				negative[c.Rule] = true
			}
		})
	}
	for _, r := range prevention.Rules() {
		if !positive[r.ID] || !negative[r.ID] || count[r.ID] < 3 {
			t.Errorf("%s lacks a case: %d, due %v, done or not applicable %v", r.ID, count[r.ID], positive[r.ID], negative[r.ID])
		}
	}
}
