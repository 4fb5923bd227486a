package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/store"
)

// aged is a node whose clock the test moves.
func aged(t *testing.T) (r *Records, skip func(time.Duration)) {
	t.Helper()
	r, _ = node(t)
	at := now
	r.now = func() time.Time { return at }
	put(t, r.user("a", access.Physician), rosa, `{"resourceType":"Patient","id":"walter"}`)
	return r, func(d time.Duration) { at = at.Add(d) }
}

func begun(t *testing.T, s Session, kind, id, patient string, size int) Draft {
	t.Helper()
	d, err := s.PutDraft(t.Context(), Draft{ID: id, Kind: kind, Type: "Composition", Patient: patient, Title: id, Body: []byte(strings.Repeat("x", size))})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func titles(t *testing.T, s Session, q DraftQuery) string {
	t.Helper()
	list, err := s.Drafts(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range list {
		out = append(out, fmt.Sprint(d.ID, ":", len(d.Body)))
	}
	return strings.Join(out, " ")
}

// TestAListReadsWhatItIsOf: by writer or patient, with bodies or without; what a
// broken draft of somebody else holds is not looked at.
func TestAListReadsWhatItIsOf(t *testing.T) {
	r, skip := aged(t)
	phys, nurse := r.user("a", access.Physician), r.user("a", access.Nurse)
	begun(t, phys, "note", "one", "rosa", 10)
	skip(time.Second)
	begun(t, phys, "letter", "two", "walter", 20)
	skip(time.Second)
	d := begun(t, nurse, "note", "three", "rosa", 30)
	if _, err := r.store.Update(t.Context(), func(tx *store.Tx) error {
		return tx.PutDoc("draft:a", "note/broken", []byte("{")) // nobody's: whoever listed it would fail
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    DraftQuery
		want string
	}{
		{DraftQuery{Writer: "physician"}, "two:20 one:10"}, {DraftQuery{Writer: "physician", Heads: true}, "two:0 one:0"}, {DraftQuery{Writer: "physician", Kind: "note"}, "one:10"},
		{DraftQuery{Writer: "nurse"}, "three:30"}, {DraftQuery{Patient: "rosa"}, "three:30 one:10"}, {DraftQuery{Patient: "rosa", Writer: "nurse"}, "three:30"}, {DraftQuery{Writer: "phys"}, ""},
		{DraftQuery{Patient: "walter", Kind: "note"}, ""}, {DraftQuery{Writer: "physician/note"}, ""}, {DraftQuery{Patient: "rosa/note"}, ""}, {DraftQuery{Writer: "nurse", Kind: "note/t"}, ""},
	} {
		if got := titles(t, phys, c.q); got != c.want {
			t.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
	d.Body = []byte("by another hand")
	if _, err := phys.PutDraft(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := titles(t, phys, DraftQuery{Writer: "physician", Kind: "note"}); got != "three:15 one:10" {
		t.Errorf("what she wrote in: %q", got)
	}
	if err := nurse.DropDraft(t.Context(), "note", "three", 0); err != nil {
		t.Fatal(err)
	}
	if got := titles(t, phys, DraftQuery{Writer: "physician", Kind: "note"}); got != "one:10" {
		t.Errorf("after it was dropped: %q", got)
	}
	// Nothing of it is left.
	if err := r.store.View(t.Context(), func(v *store.View) error {
		for _, kind := range []string{"draft:a", "draft-body:a", "draft-of:a", "draft-for:a"} {
			docs, err := v.ListDocs(kind, "")
			if err != nil {
				return err
			}
			for _, doc := range docs {
				if strings.Contains(doc.ID, "three") {
					t.Errorf("%s still has %s", kind, doc.ID)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestADraftOfBefore: a draft with its body beside what is said of it is found,
// read, saved at its revision, and signed.
func TestADraftOfBefore(t *testing.T) {
	r, _ := aged(t)
	phys := r.user("a", access.Physician)
	old, err := json.Marshal(map[string]any{"id": "old", "kind": "note", "type": "Composition", "patient": "rosa", "owner": "physician", "writers": []string{"physician", "nurse"}, "began": now, "updated": now, "body": []byte("Burning")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.Update(t.Context(), func(tx *store.Tx) error {
		for range 3 {
			if err := tx.PutDoc("draft:a", "note/old", old); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.indexDrafts(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, q := range []DraftQuery{{Writer: "physician"}, {Writer: "nurse"}, {Patient: "rosa"}} {
		if got := titles(t, phys, q); got != "old:7" {
			t.Errorf("%+v: %q", q, got)
		}
	}
	d, err := phys.Draft(t.Context(), "note", "old")
	if err != nil || string(d.Body) != "Burning" {
		t.Fatalf("%q %v", d.Body, err)
	}
	rev := d.Rev
	d.Body = []byte("Burning eyes")
	if d, err = phys.PutDraft(t.Context(), d); err != nil || d.Rev != rev+1 {
		t.Fatalf("%d after %d: %v", d.Rev, rev, err)
	}
	if d, err = phys.Draft(t.Context(), "note", "old"); err != nil || string(d.Body) != "Burning eyes" {
		t.Fatalf("%q %v", d.Body, err)
	}
	if _, err := phys.Transact(t.Context(), []Act{{Op: Create, Type: "Composition", ID: "n1", Resource: root(t, note), Signs: &Signed{"note", "old", d.Rev}}}); err != nil {
		t.Fatal(err)
	}
	if got := titles(t, phys, DraftQuery{}); got != "" {
		t.Errorf("after signing: %q", got)
	}
}

// TestDraftsGoAfterNinetyDays: not a day earlier, with a note in the patient's log
// that says whose it was; snippets, which are of no patient, stay.
func TestDraftsGoAfterNinetyDays(t *testing.T) {
	r, skip := aged(t)
	phys := r.user("a", access.Physician)
	begun(t, phys, "note", "kept", "rosa", 5)
	begun(t, phys, "note", "edited", "rosa", 5)
	begun(t, phys, "snippets", "mine", "", 5)
	sweep := func(want int) {
		t.Helper()
		n, err := r.SweepDrafts(t.Context())
		if err != nil || n != want {
			t.Fatalf("%d removed, want %d: %v", n, want, err)
		}
	}
	is := func(id string, old bool) {
		t.Helper()
		d, err := phys.Draft(t.Context(), "note", id)
		if err != nil || d.Old(r.now()) != old {
			t.Errorf("%s is old: %v, %v", id, d.Old(r.now()), err)
		}
	}
	skip(DraftOld - time.Minute)
	is("kept", false)
	d, err := phys.Draft(t.Context(), "note", "edited")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phys.PutDraft(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	skip(time.Hour)
	is("kept", true)
	is("edited", false)
	skip(DraftLife - DraftOld - 2*time.Hour)
	sweep(0)
	skip(2 * time.Hour)
	sweep(1)
	sweep(0)
	if got := titles(t, phys, DraftQuery{}); got != "edited:5 mine:5" && got != "mine:5 edited:5" {
		t.Errorf("%q are left", got)
	}
	if got := titles(t, phys, DraftQuery{Writer: "physician", Kind: "note"}); got != "edited:5" {
		t.Errorf("%q are left in the list", got)
	}
	noted := 0
	for _, e := range r.noted(t, store.AuditFilter{Patient: r.keyOf(t, "a", "rosa")}) {
		if e.Action == "expire-draft" && e.ID == "kept" && strings.Contains(e.Why, "physician") {
			noted++
		}
	}
	if noted != 1 {
		t.Errorf("%d notes of it", noted)
	}
	skip(10 * DraftLife)
	sweep(1)
	if got := titles(t, phys, DraftQuery{}); got != "mine:5" {
		t.Errorf("%q are left at last", got)
	}
}

// TestDraftsAreBounded: in number and size, for each owner.
func TestDraftsAreBounded(t *testing.T) {
	r, _ := aged(t)
	phys, nurse := r.user("a", access.Physician), r.user("a", access.Nurse)
	var bad *Invalid
	for i := range MaxDraftsBytes / MaxDraft {
		begun(t, nurse, "note", fmt.Sprint("big", i), "rosa", MaxDraft)
	}
	if _, err := nurse.PutDraft(t.Context(), Draft{ID: "more", Kind: "note", Type: "Composition", Patient: "rosa", Body: []byte("x")}); !errors.As(err, &bad) {
		t.Errorf("more than the bytes of all: %v", err)
	}
	small := begun(t, phys, "note", "small", "rosa", 1)
	for i := 1; i < MaxDrafts; i++ {
		begun(t, phys, "note", fmt.Sprint("n", i), "rosa", 1)
	}
	if _, err := phys.PutDraft(t.Context(), Draft{ID: "more", Kind: "note", Type: "Composition", Patient: "rosa"}); !errors.As(err, &bad) {
		t.Errorf("one more than so many: %v", err)
	}
	small.Body = []byte(strings.Repeat("y", MaxDraft))
	if _, err := phys.PutDraft(t.Context(), small); err != nil {
		t.Errorf("what is begun is written on: %v", err)
	}
	if err := phys.DropDraft(t.Context(), "note", "n1", 0); err != nil {
		t.Fatal(err)
	}
	begun(t, phys, "note", "again", "rosa", 0)
}
