package immunization_test

import (
	"slices"
	"strings"
	"testing"

	"wholechart/decision/immunization"
	"wholechart/decision/internal/ask"
	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

func TestCases(t *testing.T) {
	lines, err := cases.Lines("testdata/cases/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	quiet := 0
	for _, l := range lines {
		t.Run(l.Where, func(t *testing.T) {
			k, err := cases.TellPerson(l.Where, l.Text)
			if err != nil {
				t.Fatal(err)
			}
			in := k.Input()
			if f := ask.Faults("immunization", k.Rule, k.Expect, in); len(f) > 0 {
				t.Errorf("%s: %s", k.Who, strings.Join(f, "\n"))
			}
			a := immunization.Check(in)
			cases.WellFormed(t, a)
			of := 0
			for _, c := range a.Cards {
				said[c.Rule.ID]++
				if c.Rule.ID == k.Rule {
					of++
				}
			}
			if k.Rule != "" && (of != len(k.Expect.Cards) || !slices.ContainsFunc(immunization.Rules(), func(r *rule.Rule) bool { return r.ID == k.Rule })) {
				t.Errorf("%s: %d cards of the rule %s", k.Who, of, k.Rule)
			}
			if len(in.Drafts) > 0 && len(a.Cards) == 0 {
				quiet++
			}
		})
	}
	for _, r := range immunization.Rules() {
		if said[r.ID] < 2 {
			t.Errorf("%s: %d cases in which it speaks", r.ID, said[r.ID])
		}
	}
	if quiet < 5 || len(lines) < 60 {
		t.Errorf("%d cases, %d of them with a silent draft", len(lines), quiet)
	}
}
