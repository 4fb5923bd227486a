package chart

import (
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
)

// testNow is the clock of all tests: 10:31 in Ohio.
var testNow = time.Date(2026, 11, 22, 15, 31, 0, 0, time.UTC)

var ohio = time.FixedZone("EST", -5*3600)

var (
	maple     = Source{Slug: "maple", Name: "Maple", State: "OH", Badge: "MS", Color: 1, Own: true}
	lakeside  = Source{Slug: "lakeside", Name: "Lakeside", State: "MI", Badge: "LC", Color: 3, Base: "https://lakeside.example/lakeside"}
	riverside = Source{Slug: "riverside", Name: "Riverside", State: "OH", Badge: "RG", Color: 2, Base: "https://riverside.example/riverside"}
	corner    = Source{Slug: "corner", Name: "Corner Pharmacy", State: "OH", Badge: "CP", Color: 5}
)

// says makes facts of a source, one a text: "Type/id {members}".
func says(t testing.TB, s Source, resources ...string) []Fact {
	t.Helper()
	var out []Fact
	for _, r := range resources {
		head, body, ok := strings.Cut(r, " ")
		typ, id, _ := strings.Cut(head, "/")
		if !ok || !strings.HasPrefix(body, "{") {
			t.Fatalf("not a fact: %s", r)
		}
		text := `{"resourceType":"` + typ + `","id":"` + id + `"`
		if body != "{}" {
			text += "," + body[1:]
		} else {
			text += "}"
		}
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		out = append(out, Fact{Node: d.Root(), Version: "1", Updated: testNow.Add(-time.Hour), Source: s})
	}
	return out
}

func open(lists ...[]Fact) *Chart {
	var all []Fact
	for _, l := range lists {
		all = append(all, l...)
	}
	return Assemble("rosa", all, testNow, ohio)
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func TestNothingIsRecordedAboutNobody(t *testing.T) {
	c := open()
	want(t, "known", c.Patient.Known, false)
	want(t, "allergies", c.Allergies.State, NotRecorded)
	want(t, "birth", c.Patient.Birth.String(), "unknown")
	want(t, "smoking", c.Social.Smoking == nil, true)
	want(t, "sites", c.Completeness.Total, 0)
}

func TestOddResourcesAreSomewhere(t *testing.T) {
	c := open(says(t, maple,
		`Observation/no-code {"status":"final","valueString":"lost"}`,
		`Observation/no-date {"status":"final","code":{"text":"Lead"},"valueQuantity":{"value":3.10,"unit":"ug/dL"}}`,
		`Observation/no-value {"status":"final","code":{"text":"Lead"},"effectiveDateTime":"2026-01-01"}`,
		`Condition/empty {}`, `AllergyIntolerance/empty {}`, `MedicationRequest/empty {"status":"active"}`, `Immunization/empty {"status":"completed"}`,
		`Procedure/empty {"status":"completed"}`, `Goal/empty {}`, `DiagnosticReport/empty {"status":"final"}`, `Basic/b {}`, `Encounter/e {"status":"finished","period":{"start":"yesterday"}}`,
		`Condition/dangling {"code":{"text":"Cough"},"recorder":{"reference":"Practitioner/nobody"},"encounter":{"reference":"#"}}`,
		`Observation/error {"status":"entered-in-error","code":{"text":"Lead"},"valueInteger":900}`,
		`Condition/error {"code":{"text":"Plague"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]}}`,
	))
	reasons := map[string]string{}
	for _, o := range c.Other {
		reasons[o.Ref()] = o.Reason
	}
	for _, ref := range []string{"Observation/no-code", "Condition/empty", "AllergyIntolerance/empty", "MedicationRequest/empty", "Immunization/empty", "Procedure/empty", "Goal/empty", "DiagnosticReport/empty", "Basic/b"} {
		if reasons[ref] == "" {
			t.Errorf("%s was dropped silently", ref)
		}
	}
	want(t, "others", len(c.Other), 9)
	want(t, "errors", c.Counts.Errors, 2)
	want(t, "an empty allergy is no knowledge", c.Allergies.State, NotRecorded)
	lead := c.Results.ByKey("text-lead")
	if lead == nil || len(lead.Points) != 2 {
		t.Fatalf("lead: %+v", lead)
	}
	want(t, "the undated comes first", lead.Points[0].Value, "3.10")
	want(t, "undated", lead.Points[0].When.String(), "unknown")
	want(t, "no value", lead.Points[1].Absent, "not said why")
	want(t, "a date that is none", c.Encounters[0].When.String(), "unknown")
	want(t, "text kept", c.Encounters[0].When.ISO, "yesterday")
	want(t, "problems", len(c.Problems.Active), 1)
	want(t, "condition in error", c.Problems.Errors, 1)
}

func TestNewestVersionOfOneSourceIsShownOnce(t *testing.T) {
	old := says(t, maple, `Condition/c {"code":{"text":"Gout"}}`)
	fresh := says(t, maple, `Condition/c {"code":{"text":"Gout of the toe"}}`)
	fresh[0].Updated, fresh[0].Version = testNow, "2"
	for _, c := range []*Chart{open(old, fresh), open(fresh, old)} {
		want(t, "problems", len(c.Problems.Active), 1)
		want(t, "name", c.Problems.Active[0].Name, "Gout of the toe")
		want(t, "version", c.Problems.Active[0].Version, "2")
	}
}

// What a program may get wrong must not stop a chart from opening.
func FuzzAssemble(f *testing.F) {
	f.Add(`{"resourceType":"Observation","id":"1","code":{"text":"x"},"component":[{"code":{"text":"y"},"valueQuantity":{"value":1e400}}],"hasMember":[{"reference":"Observation/1"}]}`)
	f.Add(`{"resourceType":"Patient","name":[{"given":[null,""]}],"birthDate":"0000","deceasedDateTime":"x"}`)
	f.Add(`{"resourceType":"MedicationRequest","medicationReference":{"reference":"#m"},"contained":[{"id":"m","ingredient":[{}]}],"dosageInstruction":[{"timing":{"repeat":{"period":2,"periodUnit":"d"}}}]}`)
	f.Add(`{"resourceType":"PractitionerRole","id":"1","practitioner":{"reference":"PractitionerRole/1"}}`)
	f.Add(`{"resourceType":"Composition","section":[{"text":{"div":"<p>a<br/>&amp;</p><script>"}}]}`)
	f.Add(`{"resourceType":"DiagnosticReport","presentedForm":[{"contentType":"text/plain","data":"%%%"}],"result":[{"reference":"/"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			return
		}
		one := Fact{Node: d.Root(), Source: maple}
		two := Fact{Node: d.Root(), Source: lakeside}
		c := Assemble("rosa", []Fact{one, two, one}, testNow, ohio)
		for _, d := range c.Documents {
			d.Text()
		}
		for _, o := range c.Other {
			if o.Source == nil || o.Reason == "" {
				t.Error("a fact without source or reason")
			}
		}
		for _, s := range c.Results.Series {
			if len(s.Points) == 0 || s.Key == "" || c.Results.ByKey(s.Key) != s {
				t.Errorf("series %q", s.Key)
			}
		}
	})
}
