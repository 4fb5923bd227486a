package storetest

import (
	"errors"
	"testing"

	"wholechart/store"
)

// References: they must lead to something in the same site, in any order within
// a closure.
func References(t *testing.T, s *store.Store) {
	put(t, s, 1, observation("o1", "p1", "1-1", ""), patient("p1", "One")) // backwards
	var broken *store.ErrReference
	_, err := s.Update(t.Context(), func(tx *store.Tx) error {
		id, p := prepare(t, observation("o2", "nobody", "1-1", ""))
		_, err := tx.Put(1, id, p, anyVersion)
		return err
	})
	if !errors.As(err, &broken) || broken.Type != "Patient" || broken.ID != "nobody" {
		t.Errorf("no patient: %v", err)
	}
	_, err = s.Update(t.Context(), func(tx *store.Tx) error {
		id, p := prepare(t, observation("o2", "p1", "1-1", ""))
		_, err := tx.Put(2, id, p, anyVersion)
		return err
	})
	if !errors.As(err, &broken) {
		t.Errorf("a patient of another site: %v", err)
	}
	// Deleted: nothing new may refer to it, what did may be amended.
	put(t, s, 1, `{"resourceType":"Practitioner","id":"d"}`)
	withDoctor := observation("o3", "p1", "1-1", `,"performer":[{"reference":"Practitioner/d"}]`)
	put(t, s, 1, withDoctor)
	update(t, s, func(tx *store.Tx) error { _, err := tx.Delete(1, "Practitioner", "d", store.PutOptions{}); return err })
	put(t, s, 1, withDoctor)
	_, err = s.Update(t.Context(), func(tx *store.Tx) error {
		_, p := prepare(t, withDoctor)
		_, err := tx.Put(1, "o4", p, anyVersion)
		return err
	})
	if !errors.As(err, &broken) {
		t.Errorf("new reference to what was deleted: %v", err)
	}
	expect(t, "found", find(t, s, site(1), "Observation?patient=p1"), "o1 o3")
	expect(t, "found", find(t, s, site(1), "Observation?performer=Practitioner/d"), "o3")
}

// LateTargets: copies may come before what they refer to; then it is as if they
// had come after.
func LateTargets(t *testing.T, s *store.Store) {
	update(t, s, func(tx *store.Tx) error {
		for _, text := range []string{
			observation("o1", "p1", "1-1", `,"performer":[{"reference":"Practitioner/d"},{"reference":"Patient/p2"}]`),
			observation("o2", "p2", "1-1", `,"performer":[{"reference":"Practitioner/d"}]`),
		} {
			id, p := prepare(t, text)
			if _, err := tx.Put(1, id, p, lenient); err != nil {
				return err
			}
		}
		return nil
	})
	expect(t, "by what is not there", find(t, s, site(1), "Observation?performer=Practitioner/d"), "o1 o2")
	expect(t, "by patient", find(t, s, site(1), "Observation?patient=p2"), "o2")
	expect(t, "by performer", find(t, s, site(1), "Observation?performer=Patient/p2"), "o1")
	expect(t, "chain", find(t, s, site(1), "Observation?performer:Practitioner.family=house"), "")
	expect(t, "patients", find(t, s, site(1), "Patient?"), "")
	rows := put(t, s, 1, `{"resourceType":"Practitioner","id":"d","name":[{"family":"House"}]}`, patient("p2", "Two"), patient("p1", "One"))
	expect(t, "chain", find(t, s, site(1), "Observation?performer:Practitioner.family=house"), "o1 o2")
	expect(t, "by what came", find(t, s, site(1), "Observation?performer=Practitioner/d"), "o1 o2")
	expect(t, "chain", find(t, s, site(1), "Observation?patient.family=two"), "o2")
	expect(t, "chain to another patient", find(t, s, site(1), "Observation?performer:Patient.family=two"), "o1")
	expect(t, "has", find(t, s, site(1), "Patient?_has:Observation:performer:code=1-1"), "p2")
	expect(t, "included", find(t, s, site(1), "Observation?_id=o1&_include=Observation:performer"), "o1 +d +p2")
	view(t, s, func(v *store.View) error {
		o, err := v.Get(1, "Observation", "o2")
		if err != nil || o.Key.Patient() != rows[1].Key {
			t.Errorf("%v %v is not in the record of %v", err, o.Key, rows[1].Key)
		}
		return nil
	})
}

// HomePatient: a resource stays in the record it was created in.
func HomePatient(t *testing.T, s *store.Store) {
	rows := put(t, s, 1, patient("p1", "One"), patient("p2", "Two"), observation("o", "p1", "1-1", ""), `{"resourceType":"Organization","id":"org"}`)
	if rows[2].Key.Patient() != rows[0].Key || rows[3].Key.Patient() != 0 || rows[0].Key.Site() != 1 {
		t.Errorf("keys %v %v %v", rows[0].Key, rows[2].Key, rows[3].Key)
	}
	var moved *store.ErrPatientChanged
	_, err := s.Update(t.Context(), func(tx *store.Tx) error {
		id, p := prepare(t, observation("o", "p2", "1-1", ""))
		_, err := tx.Put(1, id, p, anyVersion)
		return err
	})
	if !errors.As(err, &moved) {
		t.Errorf("moved: %v", err)
	}
	_, err = s.Update(t.Context(), func(tx *store.Tx) error {
		id, p := prepare(t, `{"resourceType":"Observation","id":"o"}`)
		_, err := tx.Put(1, id, p, anyVersion)
		return err
	})
	if !errors.As(err, &moved) {
		t.Errorf("without a patient: %v", err)
	}
	for _, id := range []string{"", "a b", "../x", "0123456789012345678901234567890123456789012345678901234567890123456789"} {
		_, err = s.Update(t.Context(), func(tx *store.Tx) error {
			_, p := prepare(t, patient("x", "X"))
			_, err := tx.Put(1, id, p, anyVersion)
			return err
		})
		if err == nil {
			t.Errorf("id %q was taken", id)
		}
	}
}
