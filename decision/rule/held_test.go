package rule

import (
	"strconv"
	"testing"
	"time"
)

// TestTables: the embedded tables can be read; a rule was checked once, on a day, and
// its versions follow one another from 2 on.
func TestTables(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Checks() {
		if _, err := time.Parse(time.DateOnly, c.Date); err != nil || len(c.Sum) != 8 || len(c.Against) < 10 || seen[c.Rule] {
			t.Errorf("%+v (there before: %v)", c, seen[c.Rule])
		}
		seen[c.Rule] = true
	}
	version := map[string]int{}
	for _, c := range Changes() {
		n, err := strconv.Atoi(c.Version)
		if before := max(version[c.Rule], 1); err != nil || n != before+1 || len(c.What) < 10 {
			t.Errorf("%+v after version %d", c, before)
		}
		version[c.Rule] = n
	}
	for id, n := range version {
		if VersionOf(id) != strconv.Itoa(n) {
			t.Errorf("%s is of version %s, want %d", id, VersionOf(id), n)
		}
	}
	if len(seen) < 900 || VersionOf("nobody") != "1" {
		t.Errorf("%d checks", len(seen))
	}
}

// TestHold: a rule counts as checked only while it says what it said then.
func TestHold(t *testing.T) {
	r := Rule{ID: Checks()[0].Rule, Text: "something else"}
	if r.Hold(); r.Checked != "" || r.State() != FromMemory {
		t.Errorf("a changed rule is %s", r.State())
	}
	if Interaction.File() != "drug-drug-interaction.txt" {
		t.Error(Interaction.File())
	}
}
