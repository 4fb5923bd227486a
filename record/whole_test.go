package record

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestSinceIsWhenItCameHere: what another site wrote long ago and told a moment ago
// is new; what it told before is not, however it is dated there.
func TestSinceIsWhenItCameHere(t *testing.T) {
	r, ctx := node(t)
	a, sys := r.user("a", access.Physician), r.system("a")
	put(t, a, rosa, obs("inr", "rosa", ""))
	far, err := r.Site("far")
	if err != nil {
		t.Fatal(err)
	}
	long := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	copies := []Copy{{Type: "Patient", ID: "p9", Body: doc(t, strings.ReplaceAll(rosa, `"rosa"`, `"p9"`)), Version: "1", Updated: long}, {Type: "Observation", ID: "dose", Body: doc(t, obs("dose", "p9", "")), Version: "1", Updated: long}}
	receive := func() {
		t.Helper()
		if err := sys.Receive(ctx, far, "rosa", Answer{Site: "far", State: "answered", Asked: now, When: now, Patient: "p9"}, copies, true); err != nil {
			t.Fatal(err)
		}
	}
	receive()
	if err := sys.SetLink(ctx, "rosa", far, "p9", Linked, 1, "the same"); err != nil {
		t.Fatal(err)
	}
	ids := func(since time.Time) string {
		t.Helper()
		page, err := a.Through(access.EHR).Everything(ctx, Everything{Patient: "rosa", Since: since})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, res := range page.Matches {
			if res.Type == "Observation" {
				out = append(out, res.ID)
			}
		}
		slices.Sort(out)
		return fmt.Sprint(out)
	}
	started := time.Now()
	if got := ids(now.Add(time.Minute)); got != "[3.dose]" { // this test's own clock stands still at now
		t.Errorf("a moment after the chart: %s", got)
	}
	if got := ids(started.Add(time.Hour)); got != "[]" {
		t.Errorf("after all: %s", got)
	}
	for !time.Now().Truncate(time.Millisecond).After(started) {
		time.Sleep(time.Millisecond)
	}
	between := time.Now().Truncate(time.Millisecond)
	copies = append(copies, Copy{Type: "Observation", ID: "later", Body: doc(t, obs("later", "p9", "")), Version: "1", Updated: long})
	receive()
	if got := ids(between); got != "[3.later]" {
		t.Errorf("what came since: %s", got)
	}
	if got := ids(long.Add(-time.Hour)); got != "[3.dose 3.later inr]" {
		t.Errorf("all: %s", got)
	}
	// A record that is joined since is new as a whole.
	put(t, r.user("b", access.Physician), strings.ReplaceAll(rosa, `"rosa"`, `"rb"`), obs("there", "rb", ""))
	site, _ := r.Site("b")
	if err := sys.SetLink(ctx, "rosa", site, "rb", Linked, 1, "the same"); err != nil {
		t.Fatal(err)
	}
	if got := ids(now); !strings.Contains(got, "2.there") {
		t.Errorf("joined since: %s", got)
	}
}
