package record

import (
	"errors"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

const note = `{"resourceType":"Composition","id":"n1","status":"final","type":{"text":"Progress note"},"subject":{"reference":"Patient/rosa"},"date":"2026-11-22T10:00:00-05:00","author":[{"display":"Dr. A"}],"title":"Visit","section":[{"title":"Plan","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Rest.</div>"}}]}`

func TestADraftIsSavedByRevision(t *testing.T) {
	r, ctx := node(t)
	phys, nurse, desk := r.user("a", access.Physician), r.user("a", access.Nurse), r.user("a", access.FrontDesk)
	put(t, phys, rosa)
	d := Draft{ID: "enc1", Kind: "note", Type: "Composition", Patient: "rosa", Title: "Visit note", Body: []byte("Burn")}
	one, err := phys.PutDraft(ctx, d)
	if err != nil || one.Rev != 1 || one.Owner != phys.actor.ID {
		t.Fatalf("%+v %v", one, err)
	}
	one.Body = []byte("Burning")
	two, err := nurse.PutDraft(ctx, one)
	if err != nil || two.Rev != 2 {
		t.Fatalf("%+v %v", two, err)
	}
	one.Body = []byte("mine")
	var moved *DraftMoved
	if _, err := phys.PutDraft(ctx, one); !errors.As(err, &moved) || string(moved.Current.Body) != "Burning" || moved.Current.Rev != 2 {
		t.Fatalf("an old revision was saved over a newer one: %v", err)
	}
	if list, err := phys.Drafts(ctx, DraftQuery{Patient: "rosa", Kind: "note"}); err != nil || len(list) != 1 || list[0].ID != "enc1" {
		t.Fatalf("%v %v", list, err)
	}
	if list, err := nurse.Drafts(ctx, DraftQuery{Writer: nurse.actor.ID}); err != nil || len(list) != 1 {
		t.Errorf("what she wrote in: %v %v", list, err)
	}
	if list, err := phys.Drafts(ctx, DraftQuery{Patient: "rosa", Writer: "no<body>"}); err != nil || len(list) != 0 {
		t.Errorf("what nobody wrote: %v %v", list, err)
	}
	if list, _ := desk.Drafts(ctx, DraftQuery{}); len(list) != 0 {
		t.Error("the front desk sees what it could not sign")
	}
	if _, err := desk.Draft(ctx, "note", "enc1"); err == nil {
		t.Error("the front desk opens a draft of a note")
	}
	if _, err := r.user("b", access.Physician).Draft(ctx, "note", "enc1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another site finds the draft: %v", err)
	}
	if _, err := phys.PutDraft(ctx, Draft{ID: "x", Kind: "note", Type: "Composition", Patient: "nobody"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a draft of a patient who is not there: %v", err)
	}
	if _, err := phys.PutDraft(ctx, Draft{ID: "y", Kind: "note", Type: "Composition", Body: make([]byte, MaxDraft+1)}); err == nil {
		t.Error("a draft without bound")
	}
	// Signing drops the draft in the same transaction, once.
	sign := Act{Op: Create, Type: "Composition", ID: "n1", Resource: root(t, note), Signs: &Signed{"note", "enc1", 1}}
	if _, err := phys.Transact(ctx, []Act{sign}); !errors.As(err, &moved) {
		t.Fatalf("an old revision was signed: %v", err)
	}
	sign.Signs.Rev = 2
	if _, err := phys.Transact(ctx, []Act{sign}); err != nil {
		t.Fatal(err)
	}
	if _, err := phys.Draft(ctx, "note", "enc1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the draft outlives its signature: %v", err)
	}
	sign.ID = ""
	if _, err := phys.Transact(ctx, []Act{sign}); !errors.Is(err, ErrNotFound) {
		t.Errorf("the same draft was signed twice: %v", err)
	}
	if err := phys.DropDraft(ctx, "note", "enc1", 0); err != nil {
		t.Error(err)
	}
	began := 0
	for _, e := range r.noted(t, store.AuditFilter{}) {
		if e.Action == "draft" && e.Key != 0 {
			began++
		}
	}
	if began != 1 {
		t.Errorf("%d notes in the log of one draft", began)
	}
}

func TestWhatIsSignedStays(t *testing.T) {
	r, ctx := node(t)
	phys := r.user("a", access.Physician)
	put(t, phys, rosa, note)
	var bad *Invalid
	change := func(text string) error {
		_, err := phys.Transact(ctx, []Act{{Op: Update, Type: "Composition", ID: "n1", Resource: root(t, text)}})
		return err
	}
	for name, text := range map[string]string{
		"text":     strings.Replace(note, "Rest.", "Run.", 1),
		"status":   strings.Replace(note, `"final"`, `"preliminary"`, 1),
		"amended":  strings.Replace(note, `"final"`, `"amended"`, 1),
		"error+":   strings.Replace(strings.Replace(note, `"final"`, `"entered-in-error"`, 1), "Rest.", "Run.", 1),
		"attester": strings.Replace(note, `"title":"Visit"`, `"title":"Visit","attester":[{"mode":"legal"}]`, 1),
	} {
		if err := change(text); !errors.As(err, &bad) {
			t.Errorf("%s of a signed note was changed: %v", name, err)
		}
	}
	if _, err := phys.Transact(ctx, []Act{{Op: Delete, Type: "Composition", ID: "n1"}}); !errors.As(err, &bad) {
		t.Errorf("a signed note was deleted: %v", err)
	}
	where, err := search.Parse("Composition", map[string][]string{"_id": {"n1"}}, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phys.Transact(ctx, []Act{{Op: Delete, Type: "Composition", Where: where}}); !errors.As(err, &bad) {
		t.Errorf("a signed note was deleted by a condition: %v", err)
	}
	if err := change(note); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	if err := change(strings.Replace(note, `"final"`, `"entered-in-error"`, 1)); err != nil {
		t.Errorf("entered in error: %v", err)
	}
	// Nor in two steps: what was entered in error stays legible as it was signed.
	for name, text := range map[string]string{"another text": strings.Replace(note, "Rest.", "Run.", 1), "signed again": note, "error, another text": strings.Replace(strings.Replace(note, `"final"`, `"entered-in-error"`, 1), "Rest.", "Run.", 1)} {
		if err := change(text); !errors.As(err, &bad) {
			t.Errorf("%s after it was entered in error: %v", name, err)
		}
	}
	if _, err := phys.Transact(ctx, []Act{{Op: Delete, Type: "Composition", ID: "n1"}}); !errors.As(err, &bad) {
		t.Errorf("a note entered in error was deleted: %v", err)
	}
}

func root(t *testing.T, text string) fhir.Node { return doc(t, text).Root() }
