package decision

import (
	"strconv"
	"testing"
	"time"

	"wholechart/decision/rule"
)

// TestChangedRulesSayTheirVersion: each line of what was changed is about a rule that is
// there, one version after the other, with a day and a text; the rule has the last.
func TestChangedRulesSayTheirVersion(t *testing.T) {
	byID := map[string]*rule.Rule{}
	for _, r := range Rules() {
		byID[r.ID] = r
	}
	last := map[string]int{}
	for _, c := range rule.Changes() {
		r := byID[c.Rule]
		if r == nil {
			t.Errorf("%s: no such rule", c.Rule)
			continue
		}
		n, err := strconv.Atoi(c.Version)
		if want := max(last[c.Rule], 1) + 1; err != nil || n != want {
			t.Errorf("%s: version %q, not %d", c.Rule, c.Version, want)
		}
		last[c.Rule] = n
		if _, err := time.Parse(time.DateOnly, c.Date); err != nil || len(c.What) < 20 {
			t.Errorf("%s: %v %q", c.Rule, err, c.What)
		}
	}
	for id, r := range byID {
		if want := max(last[id], 1); r.Version != strconv.Itoa(want) {
			t.Errorf("%s is of version %s, not %d", id, r.Version, want)
		}
	}
}
