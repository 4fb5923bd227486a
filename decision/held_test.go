package decision

import (
	"strings"
	"testing"
	"time"

	"wholechart/decision/rule"
)

// TestCheckedRulesAreAsTheyWereChecked: a rule that was changed after somebody held it
// against its source is not checked any more, and the line says so here until it is
// held again (go run ./internal/hold).
func TestCheckedRulesAreAsTheyWereChecked(t *testing.T) {
	byID := map[string]*rule.Rule{}
	for _, r := range Rules() {
		if byID[r.ID] != nil {
			t.Errorf("%s is there twice", r.ID)
		}
		byID[r.ID] = r
	}
	seen := map[string]bool{}
	for _, c := range rule.Checks() {
		r := byID[c.Rule]
		switch {
		case r == nil:
			t.Errorf("%s: no such rule", c.Rule)
			continue
		case seen[c.Rule]:
			t.Errorf("%s stands twice", c.Rule)
		case r.Sum() != c.Sum:
			t.Errorf("%s was changed after it was checked: it counts as not checked", c.Rule)
		case r.Checked != c.Date || r.Against != c.Against || r.State() != rule.Held:
			t.Errorf("%s: %q %q %s", c.Rule, r.Checked, r.Against, r.State())
		}
		seen[c.Rule] = true
		if _, err := time.Parse(time.DateOnly, c.Date); err != nil {
			t.Errorf("%s: %v", c.Rule, err)
		}
	}
	n := map[rule.State]int{}
	for _, r := range Rules() {
		n[r.State()]++
		if r.Text == "" && r.Kind != rule.Immunization {
			t.Errorf("%s: nothing that a sum is about", r.ID)
		}
		if r.Reviewed != "" {
			t.Errorf("%s: reviewed %s: is that a clinician's? Then say here whose.", r.ID, r.Reviewed)
		}
	}
	t.Log(n)
}

// A rule that says something else has another sum.
func TestSum(t *testing.T) {
	a := rule.Rule{ID: "x", Text: "creatinine > 2", Level: rule.Notice}
	sum := a.Sum()
	for _, change := range []func(*rule.Rule){
		func(r *rule.Rule) { r.Text = "creatinine > 3" }, func(r *rule.Rule) { r.Level = rule.Interrupt }, func(r *rule.Rule) { r.Date = "2026" },
		func(r *rule.Rule) { r.Citation = "another" }, func(r *rule.Rule) { r.Title = "another" },
	} {
		b := a
		change(&b)
		if b.Sum() == sum {
			t.Errorf("%+v has the same sum", b)
		}
	}
	b := a
	b.Checked, b.Against = "2026-01-01", "something"
	if b.Sum() != sum || len(strings.TrimSpace(sum)) != 8 {
		t.Error("what it was held against is no part of the sum")
	}
}
