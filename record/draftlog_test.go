package record

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// TestReadingADraftIsNoted: what is not signed is in the log of who read it like
// what is; a writer's own page once in a while.
func TestReadingADraftIsNoted(t *testing.T) {
	r, ctx := node(t)
	phys, nurse := r.user("a", access.Physician), r.user("a", access.Nurse)
	clock := now
	r.now = func() time.Time { return clock }
	put(t, phys, rosa, `{"resourceType":"Patient","id":"walter"}`)
	for _, d := range []Draft{{ID: "e1", Kind: "note", Type: "Composition", Patient: "rosa", Body: []byte("Burning")}, {ID: "e2", Kind: "note", Type: "Composition", Patient: "walter", Body: []byte("Cough")},
		{ID: "own", Kind: "snippets", Type: "Composition", Body: []byte("Rest.")}} {
		if _, err := phys.PutDraft(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	read := func(s Session, kind, id string, want int) {
		t.Helper()
		before := len(r.draftNotes(t))
		if _, err := s.Draft(ctx, kind, id); err != nil {
			t.Fatal(err)
		}
		if got := len(r.draftNotes(t)) - before; got != want {
			t.Errorf("%s/%s by %s: %d notes, want %d", kind, id, s.actor.ID, got, want)
		}
	}
	read(nurse, "note", "e1", 1)
	read(nurse, "note", "e1", 1) // each time
	read(phys, "note", "e1", 1)
	read(phys, "note", "e1", 0) // she writes it
	read(phys, "note", "e2", 1)
	read(nurse, "snippets", "own", 1)
	read(phys, "snippets", "own", 0)
	clock = clock.Add(openedFor)
	read(phys, "note", "e1", 1)
	if _, err := nurse.Draft(ctx, "note", "none"); err == nil {
		t.Error("a draft that is not there was read")
	}
	rosas := r.keyOf(t, "a", "rosa")
	mine := r.noted(t, store.AuditFilter{Patient: rosas})
	if n := len(slices.DeleteFunc(mine, func(e audit.Event) bool { return e.Why != whyDraft })); n != 4 {
		t.Errorf("%d readings in her log, want 4", n)
	}
	for _, q := range []struct {
		DraftQuery
		of   store.Key
		want string
	}{{DraftQuery{Patient: "rosa", Kind: "note", Heads: true}, rosas, "Composition 1 [kind patient]"}, {DraftQuery{Writer: phys.actor.ID, Kind: "note"}, 0, "Composition 2 [kind writer]"},
		{DraftQuery{Patient: "rosa", Kind: "letter"}, rosas, " 0 [kind patient]"}} {
		if _, err := nurse.Drafts(ctx, q.DraftQuery); err != nil {
			t.Fatal(err)
		}
		all := r.draftNotes(t)
		if e := all[len(all)-1]; e.Action != "search" || e.Key != q.of || fmt.Sprint(e.Type, " ", e.Count, " ", e.Params) != q.want {
			t.Errorf("%+v: %+v", q.DraftQuery, e)
		}
	}
	if _, err := r.SweepDrafts(ctx); err != nil {
		t.Fatal(err)
	}
	if n := len(r.draftNotes(t)); n != 9 {
		t.Errorf("the program's own upkeep is noted as a reading: %d", n)
	}
}

func (r *Records) draftNotes(t *testing.T) []audit.Event {
	t.Helper()
	return slices.DeleteFunc(r.noted(t, store.AuditFilter{}), func(e audit.Event) bool { return e.Why != whyDraft })
}
