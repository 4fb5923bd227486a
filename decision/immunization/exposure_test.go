package immunization

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wholechart/chart"
	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

// TestExposures: what the record holds with a code is an indication; what says
// less is not, and what is written of travel is said to be left out.
func TestExposures(t *testing.T) {
	for _, x := range []struct {
		who, fact, code string
		observed        string
		gap             string
	}{
		{"male 30 y", "Gonococcal infection, unspecified", "A54.9", "039", ""},
		{"male 30 y", "Exposure to gonorrhea", "", "-039", ""},
		{"male 30 y", "High risk homosexual behavior", "Z72.52", "036", ""},
		{"female 30 y", "High risk homosexual behavior", "Z72.52", "-036", ""},
		{"female 30 y", "High risk bisexual behavior", "Z72.53", "037", ""},
		{"female 12 y", "Child sexual abuse, confirmed", "T74.22XA", "169", ""},
		{"female 12 y", "Alleged sexual abuse", "", "-169", ""},
		{"male 8 y", "Down syndrome, unspecified", "Q90.9", "203", ""},
		{"male 8 y", "Screening for Down syndrome", "", "-203", ""},
		{"male 30 y", "Atopic dermatitis, unspecified", "L20.9", "224", ""},
		{"male 30 y", "Contact with and (suspected) exposure to viral hepatitis", "Z20.5", "-071", ""},
		{"male 30 y", "Encounter for health counseling related to travel", "Z71.84", "-048", "a journey is recorded"},
	} {
		k := parseCase(t, "exposures", "x | "+x.who+" | ")
		codes := ""
		if x.code != "" {
			codes = fmt.Sprintf(`"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":%q}],`, x.code)
		}
		k.Facts = append(k.Facts, chart.Fact{Node: node(t, fmt.Sprintf(`{"resourceType":"Condition","id":"x","clinicalStatus":{"coding":[{"code":"active"}]},"code":{%s"text":%q}}`, codes, x.fact)), Version: "1", Source: chart.Source{Slug: "maple", Name: "Maple", Own: true}})
		in := cases.Input(k.Facts, nil, nil)
		r := Evaluate(in.Chart, in.Now)
		code, not := strings.CutPrefix(x.observed, "-")
		if slices.Contains(r.Person.Observations, code) == not {
			t.Errorf("%s, %s: observed %v", x.who, x.fact, r.Person.Observations)
		}
		said := slices.ContainsFunc(r.Gaps, func(g rule.Gap) bool { return x.gap != "" && strings.Contains(g.Why, x.gap) })
		if said != (x.gap != "") {
			t.Errorf("%s, %s: gaps %v", x.who, x.fact, r.Gaps)
		}
	}
	travel := func(name, value string) bool {
		k := parseCase(t, "exposures", "x | male 30 y | ")
		k.Facts = append(k.Facts, chart.Fact{Node: node(t, fmt.Sprintf(`{"resourceType":"Observation","id":"x","status":"final","category":[{"coding":[{"code":"social-history"}]}],"code":{"text":%q},"valueString":%q,"effectiveDateTime":"2026-11-01"}`, name, value)), Version: "1", Source: chart.Source{Slug: "maple", Name: "Maple", Own: true}})
		in := cases.Input(k.Facts, nil, nil)
		return slices.ContainsFunc(Evaluate(in.Chart, in.Now).Gaps, func(g rule.Gap) bool { return strings.Contains(g.Why, "travellers are not forecast") })
	}
	if !travel("Travel planned", "Ghana in March") || travel("Travel planned", "None") || travel("Housing", "House") {
		t.Error("what is written of travel is passed over in silence, or invented")
	}
}
