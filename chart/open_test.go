package chart_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
)

var now = time.Date(2026, 11, 22, 15, 31, 0, 0, time.UTC)

func put(t *testing.T, s record.Session, texts ...string) {
	t.Helper()
	var acts []record.Act
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	if _, err := s.Transact(t.Context(), acts); err != nil {
		t.Fatal(err)
	}
}

// A chart opened through the gate: the site's own, and the whole record with
// what another site of the node, one that answered and one that did not say.
func TestOpenThroughTheGate(t *testing.T) {
	ctx := t.Context()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	r, err := record.New(ctx, st, record.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, s := range []record.Site{{Slug: "maple", Name: "Maple Street", State: "OH", Local: true}, {Slug: "birch", Name: "Birch Clinic", State: "OH", Local: true},
		{Slug: "lakeside", Name: "Lakeside", State: "MI", Base: "https://lakeside.example/lakeside"}, {Slug: "riverside", Name: "Riverside", State: "OH", Base: "https://riverside.example/riverside"}} {
		if _, err := r.PutSite(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	as := func(site string, kind access.Kind) record.Session {
		return r.As(access.Actor{Kind: kind, ID: "x", Site: site, Role: access.Physician, Purpose: access.Treatment}, access.EMR)
	}
	site := func(slug string) *record.Site { s, _ := r.Site(slug); return s }
	patient := func(id string) string {
		return `{"resourceType":"Patient","id":"` + id + `","name":[{"family":"Delgado","given":["Rosa"]}],"birthDate":"1958-03-14"}`
	}
	inr := func(patient, when, value string) string {
		return `{"resourceType":"Observation","id":"inr","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"6301-6"}],"text":"INR"},"subject":{"reference":"Patient/` + patient + `"},"effectiveDateTime":"` + when + `","valueQuantity":{"value":` + value + `},"performer":[{"reference":"Practitioner/d"}]}`
	}
	doctor := func(name string) string {
		return `{"resourceType":"Practitioner","id":"d","name":[{"text":"` + name + `"}]}`
	}
	maple, system := as("maple", access.User), as("maple", access.System)
	put(t, system, doctor("Lena Okonkwo, MD"), patient("rosa"), inr("rosa", "2024-08-20", "2.2"))
	put(t, as("birch", access.System), doctor("Bea Birch, MD"), patient("rd"), inr("rd", "2025-08-20", "2.4"))
	var copies []record.Copy
	for _, text := range []string{doctor("Aaron Feld, MD"), patient("p9"), inr("p9", "2026-10-02", "2.7")} {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		copies = append(copies, record.Copy{Type: d.Root().ResourceType(), ID: d.Root().ID(), Body: d, Version: "4", Updated: now.AddDate(0, -1, 0)})
	}
	if err := system.Receive(ctx, site("lakeside"), "rosa", record.Answer{Site: "lakeside", State: "answered", Asked: now, When: now, Patient: "p9"}, copies, true); err != nil {
		t.Fatal(err)
	}
	if err := system.SaveAnswer(ctx, "rosa", record.Answer{Site: "riverside", State: "refused", Asked: now, Why: "no consent"}); err != nil {
		t.Fatal(err)
	}
	for slug, id := range map[string]string{"birch": "rd", "lakeside": "p9"} {
		if err := system.SetLink(ctx, "rosa", site(slug), id, record.Linked, 0.97, "test"); err != nil {
			t.Fatal(err)
		}
	}

	own, err := chart.Open(ctx, maple, "rosa", now)
	if err != nil {
		t.Fatal(err)
	}
	if s := own.Results.Find("6301-6"); s == nil || len(s.Points) != 1 || s.Latest().Value != "2.2" || s.Latest().Author != "Lena Okonkwo, MD" {
		t.Errorf("own chart: %+v", s)
	}
	if own.Completeness.Total != 1 || len(own.Sources) != 1 || own.Zone.String() != "America/New_York" {
		t.Errorf("own chart: %+v in %v", own.Completeness, own.Zone)
	}

	whole, err := chart.Open(ctx, maple.Through(access.EHR), "rosa", now)
	if err != nil {
		t.Fatal(err)
	}
	s := whole.Results.Find("6301-6")
	if s == nil || len(s.Points) != 3 {
		t.Fatalf("whole record: %+v", s)
	}
	var said []string
	for _, p := range s.Points {
		said = append(said, p.Value+" "+p.Source.Slug+" "+p.Author+" "+p.Ref())
	}
	if got := strings.Join(said, "; "); got != "2.2 maple Lena Okonkwo, MD Observation/inr; 2.4 birch Bea Birch, MD Observation/2.inr; 2.7 lakeside Aaron Feld, MD Observation/3.inr" {
		t.Error(got)
	}
	said = nil
	for _, a := range whole.Completeness.Sites {
		said = append(said, a.Source.Slug+" "+string(a.State))
	}
	if got := strings.Join(said, ", "); got != "maple this, birch here, lakeside answered, riverside refused" || whole.Completeness.Answered != 3 {
		t.Errorf("%s; %d answered", got, whole.Completeness.Answered)
	}
	if len(whole.Other) != 0 || !whole.Patient.Known || whole.Patient.Source.Slug != "maple" {
		t.Errorf("%+v %+v", whole.Other, whole.Patient)
	}
	if _, err := chart.Open(ctx, maple, "nobody", now); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := chart.Open(ctx, record.Session{}, "rosa", now); err == nil {
		t.Error("the zero session opens a chart")
	}
}
