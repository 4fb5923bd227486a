package store

import (
	"fmt"
	"testing"

	"wholechart/fhir"
	"wholechart/search"
)

// An index of another fingerprint is made anew, references and all.
func TestReindex(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *Tx) error {
		for i := range 1500 {
			text := fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","subject":{"reference":"Patient/p%d"},"performer":[{"reference":"Patient/p1"}]}`, i, i%3)
			if i < 3 {
				text = fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","name":[{"family":"F%d"}]}`, i, i)
			}
			d, err := fhir.Parse([]byte(text))
			if err != nil {
				return err
			}
			ex, err := search.Extract(d.Root())
			if err != nil {
				return err
			}
			if _, err = tx.Put(1, d.Root().ID(), Prepare(d.Root(), ex), PutOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	ask := func(s *Store, text string) int {
		n := 0
		view(t, s, func(v *View) error {
			res, err := v.Search(Scope{Ranges: []KeyRange{SiteRange(1)}}, parseQuery(t, text+"&_summary=count"))
			n = res.Total
			return err
		})
		return n
	}
	if err := s.w.c.db.Exec(`UPDATE fact SET value = 'old' WHERE name = 'index'; DELETE FROM idx WHERE k % 2 = 0; UPDATE resource SET terms = x'' WHERE k % 2 = 0; DELETE FROM stray`); err != nil {
		t.Fatal(err)
	}
	o := s.opt
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for text, want := range map[string]int{
		"Observation?status=final": 1497, "Observation?patient=p2": 499, "Observation?performer=Patient/p1": 1497, "Patient?family=f1": 1,
		"Observation?patient.family=F0": 499, "Observation?performer:Patient.family=f1": 1497, "Patient?_has:Observation:performer:status=final": 1,
	} {
		if got := ask(s, text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// The labels of past versions are made anew with the index: a rule that is new
// hides what was written before it.
func TestReindexLabelsThePast(t *testing.T) {
	s := open(t)
	for i, status := range []string{"draft", "active"} {
		update(t, s, func(tx *Tx) error {
			for _, text := range []string{`{"resourceType":"Patient","id":"p"}`, `{"resourceType":"MedicationRequest","id":"m","status":"` + status + `","intent":"order","subject":{"reference":"Patient/p"}}`} {
				d, err := fhir.Parse([]byte(text))
				if err != nil {
					return err
				}
				ex, err := search.Extract(d.Root())
				if err != nil {
					return err
				}
				if _, err := tx.Put(1, d.Root().ID(), Prepare(d.Root(), ex), PutOptions{IfVersion: i}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := s.w.c.db.Exec(`UPDATE fact SET value = 'old' WHERE name = 'index'; UPDATE version SET labels = 0`); err != nil {
		t.Fatal(err)
	}
	o := s.opt
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	view(t, s, func(v *View) error {
		was, err := v.Version(1, "MedicationRequest", "m", 1)
		if err == nil && was.Labels != search.KindUnsigned {
			t.Errorf("a draft of the past has labels %x", was.Labels)
		}
		return err
	})
}
