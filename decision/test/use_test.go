package test

import (
	"slices"
	"strings"
	"testing"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

// TestWhatIsUsedInstead: over all cases a card that offers to use what is there
// names it: results, studies and orders of the record, no problem or medicine that
// only shortens how long a result stays valid; what is twice in the basket names none.
func TestWhatIsUsedInstead(t *testing.T) {
	kinds := map[string]int{}
	for _, k := range cases.Read(t, "testdata/cases/*.txt") {
		for _, c := range Check(k.Input()).Cards {
			use := c.Choices[len(c.Choices)-1]
			if use.Label != "Use this instead" || !use.Drop {
				t.Fatalf("%s: %+v", k.Where, c.Choices)
			}
			if basket := strings.Contains(c.Title, "in this basket"); basket != (len(use.Use) == 0) {
				t.Errorf("%s: %s: %d facts", k.Where, c.Title, len(use.Use))
			}
			for _, e := range use.Use {
				kinds[e.Prov.Type]++
				if e.New || e.Prov.ID == "" || !slices.ContainsFunc(c.Facts, func(f rule.Evidence) bool {
					return f.Prov.Ref() == e.Prov.Ref() && strings.HasPrefix(f.Text, e.Text)
				}) {
					t.Errorf("%s: %+v is no fact of the card", k.Where, e)
				}
			}
		}
	}
	for typ := range kinds {
		if !slices.Contains([]string{"Observation", "DiagnosticReport", "ImagingStudy", "Procedure", "ServiceRequest"}, typ) {
			t.Errorf("a %s is used instead of a test", typ)
		}
	}
	if kinds["Observation"] == 0 || kinds["ImagingStudy"] == 0 || kinds["ServiceRequest"] == 0 {
		t.Errorf("too little was looked at: %v", kinds)
	}
}
