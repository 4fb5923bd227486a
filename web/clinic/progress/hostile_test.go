package progress

import (
	"regexp"
	"slices"
	"testing"

	"wholechart/internal/pagetest"
)

// TestHostileInput: every field of every formula, with what was not made for it.
func TestHostileInput(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	links := regexp.MustCompile(`/progress/formulas/[a-z0-9-]+`).FindAllString(doc.Open(walter+"/progress/formulas"), -1)
	slices.Sort(links)
	links = slices.Compact(links)
	if len(links) < 20 {
		t.Fatalf("only %d formulas", len(links))
	}
	for _, at := range links {
		typed := func(f pagetest.Form) bool { return f.Action == walter+at && len(f.Typed) > 0 }
		if slices.ContainsFunc(pagetest.Forms(t, doc.Open(walter+at)), typed) {
			t.Run(at[len("/progress/formulas/"):], func(t *testing.T) { doc.Abuse(t, walter+at, nil) })
		}
	}
}
