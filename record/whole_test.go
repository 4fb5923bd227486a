package record

import (
	"strings"
	"testing"

	"wholechart/access"
)

// What one site wrote of another's fact by its address leads, in the whole
// record, to that fact; what leads elsewhere stays; the chart says what was written.
func TestReferencesBetweenSitesStayInTheWholeRecord(t *testing.T) {
	r, ctx := node(t)
	a, sys := r.user("a", access.Physician), r.system("a")
	far, err := r.Site("far")
	if err != nil {
		t.Fatal(err)
	}
	put(t, a, rosa, obs("inr", "rosa", `,"derivedFrom":[{"reference":"https://far.example/far/emr/fhir/Observation/dose"},{"reference":"https://far.example/farther/emr/fhir/Observation/dose"}],"focus":[{"reference":"https://far.example/far/emr/fhir/Patient/p9"}]`))
	here := Site{Slug: "a", Name: "Alder Practice", Local: true, Base: "https://here.example/a"}
	if _, err := r.PutSite(ctx, here); err != nil {
		t.Fatal(err)
	}
	a = r.user("a", access.Physician)
	copies := []Copy{
		{Type: "Patient", ID: "p9", Body: doc(t, strings.ReplaceAll(rosa, `"rosa"`, `"p9"`)), Version: "1", Updated: now},
		{Type: "Observation", ID: "dose", Body: doc(t, obs("dose", "p9", `,"hasMember":[{"reference":"https://here.example/a/emr/fhir/Observation/inr"}]`)), Version: "1", Updated: now},
	}
	if err := sys.Receive(ctx, far, "rosa", Answer{Site: "far", State: "answered", Asked: now, When: now, Patient: "p9"}, copies, true); err != nil {
		t.Fatal(err)
	}
	if err := sys.SetLink(ctx, "rosa", far, "p9", Linked, 1, "the same"); err != nil {
		t.Fatal(err)
	}
	whole := a.Through(access.EHR)
	for _, c := range []struct {
		s    Session
		id   string
		has  []string
		none string
	}{
		{whole, "inr", []string{`"Observation/3.dose"`, `"https://far.example/farther/emr/fhir/Observation/dose"`, `"focus":[{"reference":"Patient/rosa"}]`}, "example/far/emr"},
		{whole, "3.dose", []string{`"Observation/inr"`, `"Patient/rosa"`}, "here.example"},
		{a, "inr", []string{`"https://far.example/far/emr/fhir/Observation/dose"`, `"https://far.example/far/emr/fhir/Patient/p9"`}, "3.dose"},
	} {
		res, err := c.s.Read(ctx, "Observation", c.id)
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		for _, want := range c.has {
			if !strings.Contains(string(res.Body), want) {
				t.Errorf("%s through %s lacks %s: %s", c.id, c.s.Lens(), want, res.Body)
			}
		}
		if strings.Contains(string(res.Body), c.none) {
			t.Errorf("%s through %s has %s: %s", c.id, c.s.Lens(), c.none, res.Body)
		}
	}
}
