package order

import (
	"errors"
	"strings"
	"testing"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/validate"
)

// stored is a draft as the chart has it: with an id and a version.
func stored(t *testing.T, o Order) fhir.Node {
	t.Helper()
	o.ID = "d1"
	d, err := fhir.Parse(fhir.SetMember(resource(t, o), "meta", []byte(`{"versionId":"3"}`)))
	if err != nil {
		t.Fatal(err)
	}
	return d.Root()
}

// TestInstead: a draft that was not ordered is a valid ServiceRequest that is
// revoked, found by its category, and reads back what is used instead, here, at
// another site of the node and at another node's.
func TestInstead(t *testing.T) {
	o := ByKey("laboratory:a1c").Order(Line{})
	o.Patient, o.Note, o.AuthoredOn, o.Author = "rosa", "call first", now0, "Nurse Ray"
	draft := stored(t, o)
	by := By{Ref: "Practitioner/okonkwo", Name: "Lena Okonkwo, MD", Now: now0}
	used := []Used{{Type: "Observation", ID: "o1", Day: "14 Nov 2026"},
		{Site: "lakeside", SiteName: "Lakeside Cardiology", Name: "HbA1c", Labels: []fhir.Coding{{System: "http://terminology.hl7.org/CodeSystem/v3-ActCode", Code: "ETH"}, {System: "http://terminology.hl7.org/CodeSystem/v3-ActCode", Code: "ETH"}}, Type: "Observation", ID: "17", Version: "2", Day: "14 Nov 2026"},
		{Site: "far", SiteName: "Far Imaging", Base: "https://far.example", Type: "ImagingStudy", ID: "s1"}}
	a, err := UseInstead(draft, "test-hba1c", "HbA1c again", used, by)
	if err != nil {
		t.Fatal(err)
	}
	n := a.Resource
	if n.Get("meta").Get("security").Len() != 1 {
		t.Errorf("of a sensitive result is told without its label: %s", n.Get("meta").Raw())
	}
	for _, i := range validate.Resource(n, validate.Options{}) {
		if i.Severity == validate.Error || i.Severity == "fatal" {
			t.Errorf("%+v", i)
		}
	}
	if a.Op != record.Update || a.ID != "d1" || a.IfMatch != 3 || !n.Get("status").Is("revoked") {
		t.Errorf("%+v: %s", a, n.Raw())
	}
	if r := n.Get("supportingInfo").Index(2).Get("reference"); !r.Is("https://far.example/emr/fhir/ImagingStudy/s1") {
		t.Errorf("another node's is not named by its address: %s", r.Str())
	}
	if r := n.Get("supportingInfo").Index(1).Get("reference"); r.Exists() {
		t.Errorf("a fact that has no address here has one: %s", r.Str())
	}
	i, ok := ReadInstead(n)
	if !ok || i.Rule != "test-hba1c" || i.RuleTitle != "HbA1c again" || i.By != by.Name || !i.At.Equal(now0) || len(i.Used) != 3 {
		t.Fatalf("%+v %v", i, ok)
	}
	if u := i.Used[1]; u.Site != "lakeside" || u.Type != "Observation" || u.ID != "17" || u.Version != "2" || u.Said != "HbA1c of 14 Nov 2026 at Lakeside Cardiology" {
		t.Errorf("%+v", u)
	}
	if u := i.Used[0]; u.Site != "" || u.ID != "o1" {
		t.Errorf("%+v", u)
	}
	want := "The result of 14 Nov 2026, the result of 14 Nov 2026 at Lakeside Cardiology, the study at Far Imaging are used instead."
	if i.Text != want {
		t.Errorf("%q", i.Text)
	}
	back := Read(n)
	if back.Kind != Test || back.Note != "call first" || back.StatusWhy != "not ordered. "+want || back.Author != "Nurse Ray" || back.Open() {
		t.Errorf("%+v", back)
	}
	if _, ok := ReadInstead(draft); ok {
		t.Error("a draft reads as not ordered")
	}
}

// TestInsteadOfWhat: only a draft that something is there for is not ordered.
func TestInsteadOfWhat(t *testing.T) {
	o := ByKey("laboratory:a1c").Order(Line{})
	o.Patient = "rosa"
	var bad *record.Invalid
	if _, err := UseInstead(stored(t, o), "r", "", nil, By{Name: "x", Now: now0}); !errors.As(err, &bad) {
		t.Errorf("without anything: %v", err)
	}
	m := Find("warfarin 5 daily", 1)[0].Order()
	m.Patient = "rosa"
	if _, err := UseInstead(stored(t, m), "r", "", []Used{{Type: "Observation", ID: "o"}}, By{Name: "x", Now: now0}); !errors.As(err, &bad) {
		t.Errorf("a medicine: %v", err)
	}
	o.Status = "active"
	d, _ := fhir.Parse(fhir.SetMember(stored(t, o), "status", []byte(`"active"`)))
	var first *record.VersionConflict
	if _, err := UseInstead(d.Root(), "r", "", []Used{{Type: "Observation", ID: "o"}}, By{Name: "x", Now: now0}); !errors.As(err, &first) {
		t.Errorf("an order in force: %v", err)
	}
	many := make([]Used, 40)
	for i := range many {
		many[i] = Used{Type: "Observation", ID: "o", Day: strings.Repeat("1", i+1)}
	}
	o.Status = "draft"
	a, err := UseInstead(stored(t, o), "r", "", many, By{Name: "x", Now: now0})
	if err != nil || a.Resource.Get("supportingInfo").Len() != maxInstead {
		t.Errorf("%v: not bounded", err)
	}
}
