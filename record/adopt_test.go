package record

import (
	"errors"
	"testing"
)

// What an import brings again adds nothing: neither the text that stands, nor
// one that stood before, nor one that was deleted here.
func TestAdoptAddsNothingThatWas(t *testing.T) {
	r, ctx := node(t)
	s := r.system("a")
	texts := []string{
		`{"resourceType":"Organization","id":"o","name":"One"}`,
		`{"resourceType":"Organization","id":"o","name":"Two"}`,
		`{"resourceType":"Organization","id":"o","name":"Three"}`,
	}
	bring := func(text string) Done {
		t.Helper()
		out, err := s.Transact(ctx, []Act{{Op: Update, Type: "Organization", ID: "o", Resource: doc(t, text).Root(), Adopt: true}})
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Done
	}
	for i, want := range []Done{Created, Updated, Updated} {
		if got := bring(texts[i]); got != want {
			t.Errorf("text %d: %v, want %v", i, got, want)
		}
	}
	for i, text := range texts {
		if got := bring(text); got != Same {
			t.Errorf("text %d again: %v", i, got)
		}
	}
	res, err := s.Read(ctx, "Organization", "o")
	if err != nil || res.Version != "3" {
		t.Errorf("version %s, %v", res.Version, err)
	}
	// An ordinary update does go back to an earlier text.
	if out := put(t, s, texts[0]); out[0].Done != Updated {
		t.Errorf("update: %v", out[0].Done)
	}
	if _, err := s.Transact(ctx, []Act{{Op: Delete, Type: "Organization", ID: "o"}}); err != nil {
		t.Fatal(err)
	}
	if got := bring(texts[1]); got != Same {
		t.Errorf("what was deleted comes back: %v", got)
	}
	var gone *Gone
	if _, err := s.Read(ctx, "Organization", "o"); !errors.As(err, &gone) {
		t.Errorf("after the import: %v", err)
	}
	if got := bring(`{"resourceType":"Organization","id":"o","name":"Four"}`); got != Created {
		t.Errorf("a new text: %v", got)
	}
}
