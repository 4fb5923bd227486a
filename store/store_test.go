package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"wholechart/fhir"
	"wholechart/search"
)

func open(t testing.TB) *Store { return openWith(t, Options{}) }

func openWith(t testing.TB, o Options) *Store {
	t.Helper()
	o.Path = filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// prepare makes a resource of the test: text is JSON, terms are given by hand.
func prepare(t testing.TB, text string, ex search.Extracted) *Prepared {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Prepare(d.Root(), ex)
}

func update(t testing.TB, s *Store, fn func(*Tx) error) Seq {
	t.Helper()
	seq, err := s.Update(context.Background(), fn)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func view(t testing.TB, s *Store, fn func(*View) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func ref(typ, id string) *search.Ref { return &search.Ref{Type: typ, ID: id} }

// inPatient is what is extracted of a resource of patient id.
func inPatient(id string, terms ...search.Term) search.Extracted {
	r := ref("Patient", id)
	return search.Extracted{Patient: r, Refs: []search.Ref{*r}, Terms: append(terms, search.Term{Path: 1, Ref: r})}
}

func TestPutGetUpdateDelete(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *Tx) error {
		r, err := tx.Put(1, "p1", prepare(t, `{"resourceType":"Patient","id":"p1","active":true}`, search.Extracted{}), PutOptions{Author: "ann"})
		if err != nil {
			return err
		}
		if r.Key != makeKey(1, 1, 0) || r.Version != 1 || r.Seq != 1 {
			return fmt.Errorf("row %+v", r)
		}
		_, err = tx.Put(1, "o1", prepare(t, `{"resourceType":"Observation","status":"final"}`, inPatient("p1")), PutOptions{})
		return err
	})
	seq := update(t, s, func(tx *Tx) error {
		_, err := tx.Put(1, "o1", prepare(t, `{"resourceType":"Observation","status":"amended"}`, inPatient("p1")), PutOptions{IfVersion: 1})
		return err
	})
	if seq != 3 {
		t.Errorf("seq %d, want 3", seq)
	}
	view(t, s, func(v *View) error {
		r, err := v.Get(1, "Observation", "o1")
		if err != nil {
			return err
		}
		if string(r.Body()) != `{"resourceType":"Observation","status":"amended"}` || r.Version != 2 || r.Key != makeKey(1, 1, 1) {
			t.Errorf("row %+v %s", r, r.Body())
		}
		d, err := fhir.Parse(r.Resource())
		if err != nil || d.Root().ID() != "o1" || d.Root().Path("meta", "versionId").Str() != "2" {
			t.Errorf("resource %s", r.Resource())
		}
		if r, err = v.Version(1, "Observation", "o1", 1); err != nil || string(r.Body()) != `{"resourceType":"Observation","status":"final"}` {
			t.Errorf("version 1: %v %s", err, r.Body())
		}
		if _, err := v.Get(2, "Observation", "o1"); err != ErrNotFound {
			t.Errorf("other site: %v", err)
		}
		return nil
	})
	update(t, s, func(tx *Tx) error {
		_, err := tx.Delete(1, "Observation", "o1", PutOptions{})
		return err
	})
	view(t, s, func(v *View) error {
		var gone *ErrGone
		if _, err := v.Get(1, "Observation", "o1"); !errors.As(err, &gone) || gone.Version != 3 {
			t.Errorf("deleted: %v", err)
		}
		if _, err := v.Version(1, "Observation", "o1", 2); err != nil {
			t.Errorf("version 2 of deleted: %v", err)
		}
		c, err := v.Changes(0, 10)
		if err != nil || len(c) != 4 || c[3].Op != Deleted || c[3].ID != "o1" {
			t.Errorf("changes %v %v", c, err)
		}
		return nil
	})
}
