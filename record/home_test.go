package record

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wholechart/access"
)

// noteOf is a signed note of a patient; signedBy the Provenance of who signed it.
func noteOf(id, patient, more string) string {
	return strings.NewReplacer(`"id":"n1"`, `"id":"`+id+`"`+more, "Patient/rosa", "Patient/"+patient).Replace(note)
}

func signedBy(id string, targets ...string) string {
	return strings.Replace(provenanceOf(id, targets...), `"agent":[`, `"activity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion","code":"LA"}]},"agent":[`, 1)
}

func (r *Records) lives(t *testing.T, site, typ, id string) string {
	t.Helper()
	at, _ := r.Site(site)
	s := r.As(access.Actor{Kind: access.System, ID: "t", Site: at.Slug, Purpose: access.Operations}, access.EMR)
	row, err := s.Read(t.Context(), typ, id)
	if err != nil {
		t.Fatal(err)
	}
	if row.key.PatientNumber() == 0 {
		return ""
	}
	for _, p := range find(t, s, "Patient", "_count=100") {
		if r.keyOf(t, site, p) == row.key.Patient() {
			return p
		}
	}
	return "?"
}

// TestWhoSignedLivesWithTheNote: a Provenance is in the record of the one patient of
// all its targets, in whatever order they are written.
func TestWhoSignedLivesWithTheNote(t *testing.T) {
	r, ctx := node(t)
	phys := r.user("a", access.Physician)
	put(t, phys, rosa, `{"resourceType":"Patient","id":"walter"}`, noteOf("nw", "walter", ""))
	put(t, r.system("a"), `{"resourceType":"Organization","id":"org","name":"x"}`, signedBy("first", "Composition/n1/_history/1"), noteOf("n1", "rosa", ""), // before what it is about
		signedBy("both", "Composition/n1", "Patient/rosa"), signedBy("house", "Composition/n1", "Organization/org"),
		signedBy("two", "Composition/n1", "Composition/nw"), signedBy("mixed", "Patient/rosa", "Composition/nw"), signedBy("away", "Composition/n1", "https://elsewhere.example/Composition/x"), signedBy("org", "Organization/org"))
	want := map[string]string{"first": "rosa", "both": "rosa", "house": "rosa", "two": "", "mixed": "", "away": "", "org": ""}
	for id, home := range want {
		if got := r.lives(t, "a", "Provenance", id); got != home {
			t.Errorf("%s lives with %q, want %q", id, got, home)
		}
	}
	page, err := phys.Everything(ctx, Everything{Patient: "rosa", Types: []string{"Provenance"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range page.Matches {
		got = append(got, x.ID)
	}
	if slices.Sort(got); fmt.Sprint(got) != "[both first house]" {
		t.Errorf("with everything: %v", got)
	}
	// Written anew it stays where it is; what it is about does not become another's.
	sys := r.system("a")
	if err := change(t, sys, signedBy("first", "Composition/n1", "Organization/org")); err != nil {
		t.Errorf("written anew: %v", err)
	}
	if err := change(t, sys, signedBy("first", "Composition/nw")); err == nil {
		t.Error("a Provenance went from one patient's record to another's")
	}
}

// TestWhoSignedIsToldWithTheNote: across sites of one node and to peers who signed a
// note is told with it, and taken back, and told again.
func TestWhoSignedIsToldWithTheNote(t *testing.T) {
	r, ctx, _ := twoSites(t)
	b := r.user("b", access.Physician)
	put(t, b, noteOf("open", "rd", ""), noteOf("psy", "rd", label("PSY")), obs("o1", "rd", ""), noteOf("nod", "od", ""))
	put(t, r.system("b"), signedBy("p-open", "Composition/open/_history/1"), signedBy("p-psy", "Composition/psy/_history/1"), signedBy("p-both", "Composition/open", "Observation/o1"), signedBy("p-od", "Composition/nod"))
	whole := r.user("a", access.Physician).Through(access.EHR)
	peer := r.bound(access.Peer, "b", "rd")
	var after Seq
	check := func(when, told string, ids ...string) {
		t.Helper()
		page, err := whole.Everything(ctx, Everything{Patient: "rosa"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range page.Matches {
			if x.Type == "Provenance" {
				got = append(got, strings.TrimPrefix(x.ID, "2."))
				if !strings.Contains(string(x.Body), `"reference":"Composition/2.`) {
					t.Errorf("what %s is about is not named as the whole record names it: %s", x.ID, x.Body)
				}
			}
		}
		if slices.Sort(got); fmt.Sprint(got) != fmt.Sprint(ids) {
			t.Errorf("%s: with everything at a: %v, want %v", when, got, ids)
		}
		for _, id := range []string{"p-open", "p-psy", "p-both", "p-od"} {
			if _, err := whole.Read(ctx, "Provenance", "2."+id); (err == nil) != slices.Contains(ids, id) {
				t.Errorf("%s: %s is read: %v", when, id, err)
			}
		}
		p, err := peer.PatientChangesPage(ctx, "rd", after, 100)
		if err != nil {
			t.Fatal(err)
		}
		after, got = p.Next, nil
		for _, v := range p.Versions {
			if v.Type == "Provenance" {
				got = append(got, map[bool]string{true: "-", false: "+"}[v.Gone]+v.ID)
			}
		}
		if slices.Sort(got); fmt.Sprint(got) != told {
			t.Errorf("%s: a peer is told %v, want %s", when, got, told)
		}
	}
	check("at first", "[+p-both +p-open]", "p-both", "p-open")
	put(t, b, obs("o1", "rd", label("ETH")))
	check("when one target is sensitive", "[-p-both]", "p-open")
	check("later", "[]", "p-open")
	if err := change(t, b, obs("o1", "rd", ""), lessen("DOWNGRDLABEL", "x", "Observation/o1")); err != nil {
		t.Fatal(err)
	}
	if n := len(find(t, b, "Provenance", "target=Observation/o1")); n != 2 {
		t.Errorf("at its own site %d say of it who wrote and who lessened its label", n)
	}
	check("when it is so no more", "[+p-both]", "p-both", "p-open")
	sys := r.system("b")
	if err := change(t, sys, noteOf("psy", "rd", "")); err != nil {
		t.Fatal(err)
	}
	check("when the note is open", "[+p-psy]", "p-both", "p-open", "p-psy")
}

// TestWhoSignedElsewhereIsKeptWithTheNote: a copy of a Provenance is kept when all
// that it is about is here and of that patient, and shown as long as it is.
func TestWhoSignedElsewhereIsKeptWithTheNote(t *testing.T) {
	r, ctx := node(t)
	put(t, r.user("a", access.Physician), rosa, `{"resourceType":"Patient","id":"walter"}`)
	far, _ := r.Site("far")
	sys := r.system("a")
	copyOf := func(text, version string) Copy {
		d := doc(t, text)
		return Copy{Type: d.Root().ResourceType(), ID: d.Root().ID(), Body: d, Version: version, Updated: now}
	}
	receive := func(own, there string, copies ...Copy) error {
		return sys.Receive(ctx, far, own, Answer{Site: "far", State: "answered", Asked: now, When: now, Patient: there}, copies, false)
	}
	for own, there := range map[string]string{"rosa": "fr", "walter": "fw"} {
		if err := receive(own, there, copyOf(strings.ReplaceAll(rosa, `"rosa"`, `"`+there+`"`), "1")); err != nil {
			t.Fatal(err)
		}
		if err := sys.SetLink(ctx, own, far, there, Linked, 0.9, "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := receive("walter", "fw", copyOf(noteOf("nw", "fw", ""), "1")); err != nil {
		t.Fatal(err)
	}
	err := receive("rosa", "fr", copyOf(signedBy("ok", "Composition/n1/_history/1"), "1"), copyOf(noteOf("n1", "fr", ""), "1"), copyOf(signedBy("early", "Composition/not-told"), "1"),
		copyOf(signedBy("strange", "Composition/nw"), "1"), copyOf(signedBy("mixed", "Composition/n1", "Composition/nw"), "1"))
	if err != nil {
		t.Fatal(err)
	}
	no := strings.ToLower(fmt.Sprintf("%x", far.No)) // under 10 in base 36 as in 16
	shown := func(patient string) (out []string) {
		t.Helper()
		page, err := r.user("a", access.Physician).Through(access.EHR).Everything(ctx, Everything{Patient: patient, Types: []string{"Provenance"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range page.Matches {
			out = append(out, strings.TrimPrefix(x.ID, no+"."))
		}
		return out
	}
	if got := fmt.Sprint(shown("rosa"), shown("walter")); got != "[ok] []" {
		t.Errorf("kept: %s", got)
	}
	if err := receive("rosa", "fr", Copy{Type: "Composition", ID: "n1", Version: "2", Updated: now}); err != nil { // it is told of no more
		t.Fatal(err)
	}
	if got := shown("rosa"); len(got) != 0 {
		t.Errorf("that a note was signed which is told of no more: %v", got)
	}
}
