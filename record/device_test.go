package record

import (
	"slices"
	"testing"

	"wholechart/access"
)

// TestAnImplantIsItsPatients: a Device that names a patient is a fact of care,
// though its type is the directory's.
func TestAnImplantIsItsPatients(t *testing.T) {
	r, ctx := node(t)
	phys := r.user("a", access.Physician)
	put(t, phys, rosa, `{"resourceType":"Patient","id":"walter","name":[{"family":"Nowak"}]}`,
		`{"resourceType":"Device","id":"pacer","type":{"text":"Pacemaker"},"patient":{"reference":"Patient/rosa"}}`,
		`{"resourceType":"Device","id":"scale","type":{"text":"Scale"}}`)
	as := func(patient string) Session {
		return r.As(access.Actor{Kind: access.Patient, ID: patient, Site: "a", Purpose: access.Request, Patients: []string{patient}}, access.EMR)
	}
	if _, err := as("walter").Read(ctx, "Device", "pacer"); err == nil {
		t.Error("a patient reads another's implant")
	}
	if ids := find(t, as("walter"), "Device", "_count=10"); slices.Contains(ids, "pacer") {
		t.Error("a patient finds another's implant")
	}
	if _, err := as("rosa").Read(ctx, "Device", "pacer"); err != nil {
		t.Errorf("her own: %v", err)
	}
	if _, err := r.user("a", access.FrontDesk).Read(ctx, "Device", "pacer"); err == nil {
		t.Error("the front desk reads an implant")
	}
	f, err := as("walter").Facts(ctx, FactsQuery{Patient: "walter"})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.List {
		if x.ID == "pacer" {
			t.Error("another's implant is among a patient's facts")
		}
	}
}
