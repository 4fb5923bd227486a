package record

import (
	"slices"
	"strings"
	"testing"

	"wholechart/access"
)

func provenanceOf(id string, targets ...string) string {
	return `{"resourceType":"Provenance","id":"` + id + `","target":[{"reference":"` + strings.Join(targets, `"},{"reference":"`) + `"}],"recorded":"2026-11-22T09:00:00Z","agent":[{"who":{"identifier":{"system":"` + userSystem + `","value":"physician"}}}]}`
}

// TestAProvenanceIsAsItsTargets: that something was signed is told to who may see
// what was signed, as it is labelled now.
func TestAProvenanceIsAsItsTargets(t *testing.T) {
	r, ctx, _ := twoSites(t)
	b := r.user("b", access.Physician)
	put(t, b, obs("o1", "rd", ""), obs("o2", "rd", ""))
	put(t, r.system("b"), provenanceOf("plain", "Patient/rd", "Observation/o1/_history/1"), provenanceOf("both", "Patient/rd", "Observation/o1", "Observation/o2"),
		provenanceOf("hidden", "Patient/rd", "Observation/secret"), provenanceOf("far", "Patient/rd", "https://elsewhere.example/emr/fhir/Observation/x"))
	whole := r.user("a", access.Physician).Through(access.EHR)
	check := func(when string, want ...string) {
		t.Helper()
		page, err := whole.Everything(ctx, Everything{Patient: "rosa"})
		if err != nil {
			t.Fatal(err)
		}
		f, err := whole.Facts(ctx, FactsQuery{Patient: "rosa"})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"plain", "both", "hidden", "far"} {
			shown := slices.Contains(want, id)
			_, read := whole.Read(ctx, "Provenance", "2."+id)
			_, past := whole.ReadVersion(ctx, "Provenance", "2."+id, "1")
			listed := slices.ContainsFunc(page.Matches, func(x Resource) bool { return x.Type == "Provenance" && x.ID == "2."+id })
			known := slices.ContainsFunc(f.List, func(x Fact) bool { return x.Type == "Provenance" && x.ID == "2."+id })
			if shown != (read == nil) || shown != listed || shown != known || !shown && past == nil {
				t.Errorf("%s: %s is read: %v, version 1: %v, with everything: %v, among the facts: %v; want %v", when, id, read, past, listed, known, shown)
			}
		}
		q, err := ask("Observation", "patient=rosa&_revinclude=Provenance:target")
		if err != nil {
			t.Fatal(err)
		}
		if found, err := whole.Search(ctx, q); err != nil || len(found.Included) != 0 {
			t.Errorf("%s: another site's are searched: %v", when, err)
		}
		if ids := find(t, whole, "Patient", "_id=rosa&_has:Provenance:target:_id=plain,both,hidden,far"); len(ids) != 0 {
			t.Errorf("%s: _has tells: %v", when, ids)
		}
	}
	check("at first", "plain", "both")
	put(t, b, obs("o2", "rd", label("ETH")))
	check("when a target is sensitive", "plain")
	if err := change(t, b, obs("o2", "rd", ""), lessen("DOWNGRDLABEL", "x", "Observation/o2")); err != nil {
		t.Fatal(err)
	}
	check("when it is so no more", "plain", "both")
	if _, err := b.Transact(ctx, []Act{{Op: Delete, Type: "Observation", ID: "o2"}}); err != nil {
		t.Fatal(err)
	}
	check("when a target is deleted", "plain")
	if ids := find(t, b, "Provenance", "patient=rd"); len(ids) != 4 {
		t.Errorf("at its own site: %v", ids)
	}
}

// TestAPatientsLogNamesNothing: a patient reads who did what kind of thing with her
// record; what is not for her to read is not named there.
func TestAPatientsLogNamesNothing(t *testing.T) {
	r, ctx := node(t)
	phys := r.user("a", access.Physician)
	put(t, phys, rosa, strings.Replace(note, `"final"`, `"preliminary"`, 1), `{"resourceType":"Task","id":"zxq-task","status":"requested","intent":"order","description":"x","for":{"reference":"Patient/rosa"}}`)
	if _, err := phys.PutDraft(ctx, Draft{ID: "zxq-draft", Kind: "note", Type: "Composition", Patient: "rosa", Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if _, err := phys.Draft(ctx, "note", "zxq-draft"); err != nil {
		t.Fatal(err)
	}
	find(t, phys, "Condition", "patient=rosa&code=zxq")
	log, err := r.bound(access.Patient, "a", "rosa").AccessLog(ctx, LogQuery{Patient: "rosa"})
	if err != nil || len(log) < 5 {
		t.Fatalf("%d %v", len(log), err)
	}
	for _, e := range log {
		if e.Type != "Patient" && e.ID != "" || len(e.Params) > 0 || e.Why != "" || e.Actor == "" || e.Action == "" {
			t.Errorf("%+v", e.Event)
		}
	}
	full, err := r.user("a", access.PrivacyOfficer).AccessLog(ctx, LogQuery{Patient: "rosa"})
	if err != nil || !slices.ContainsFunc(full, func(e Noted) bool { return e.ID == "zxq-draft" && e.Why == whyDraft }) {
		t.Errorf("a privacy officer's: %v", err)
	}
}
