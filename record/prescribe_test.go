package record

import (
	"errors"
	"strings"
	"testing"

	"wholechart/access"
)

const pills = `{"resourceType":"MedicationRequest","id":"m","status":"draft","intent":"order","medicationCodeableConcept":{"text":"Warfarin 5 mg"},"subject":{"reference":"Patient/rosa"},"dosageInstruction":[{"text":"1 daily"}]}`

// TestWhoPrescribesSigns holds at the gate what the pages offer: any program
// with a nurse's token comes here too.
func TestWhoPrescribesSigns(t *testing.T) {
	r, ctx := node(t)
	phys, nurse := r.user("a", access.Physician), r.user("a", access.Nurse)
	put(t, phys, rosa)
	put(t, nurse, pills) // a draft
	write := func(s Session, op Op, text string) error {
		_, err := s.Transact(ctx, []Act{{Op: op, Type: "MedicationRequest", ID: "m", Resource: root(t, text)}})
		return err
	}
	status := func(to string) string { return strings.Replace(pills, `"draft"`, `"`+to+`"`, 1) }
	var refused *Refused
	for _, role := range []access.Role{access.Nurse, access.Pharmacist, access.Radiologist} {
		if err := write(r.user("a", role), Update, status("active")); !errors.As(err, &refused) {
			t.Errorf("a %s signed a draft: %v", role, err)
		}
		fresh := strings.Replace(status("active"), `"id":"m"`, `"id":"m2"`, 1)
		if _, err := r.user("a", role).Transact(ctx, []Act{{Op: Create, Type: "MedicationRequest", Resource: root(t, fresh)}}); !errors.As(err, &refused) {
			t.Errorf("a %s made an active order: %v", role, err)
		}
		if _, err := r.user("a", role).Transact(ctx, []Act{{Op: Update, Type: "MedicationRequest", ID: "m2", Resource: root(t, fresh)}}); !errors.As(err, &refused) {
			t.Errorf("a %s made an active order by PUT: %v", role, err)
		}
	}
	if err := write(phys, Update, status("active")); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"on-hold", "active", "stopped"} {
		if err := write(nurse, Update, status(to)); err != nil {
			t.Errorf("a nurse could not make it %s: %v", to, err)
		}
	}
	if err := write(nurse, Update, strings.Replace(status("active"), "1 daily", "2 daily", 1)); !errors.As(err, &refused) {
		t.Errorf("a nurse changed the dose of what was signed: %v", err)
	}
	if err := write(nurse, Update, strings.Replace(status("active"), `"order"`, `"plan"`, 1)); err != nil {
		t.Errorf("a plan is no order: %v", err)
	}
	if _, err := r.system("a").Transact(ctx, []Act{{Op: Update, Type: "MedicationRequest", ID: "m3", Resource: root(t, strings.Replace(status("active"), `"id":"m"`, `"id":"m3"`, 1))}}); err != nil {
		t.Errorf("an import: %v", err)
	}
}
