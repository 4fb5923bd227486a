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

// TestNoWayAroundASignature are the ways in which somebody who does not prescribe
// tried to put a prescription in force.
func TestNoWayAroundASignature(t *testing.T) {
	r, ctx := node(t)
	phys, nurse := r.user("a", access.Physician), r.user("a", access.Nurse)
	put(t, phys, rosa)
	write := func(s Session, id, text string, swaps ...string) error {
		text = strings.NewReplacer(append([]string{`"id":"m"`, `"id":"` + id + `"`}, swaps...)...).Replace(text)
		_, err := s.Transact(ctx, []Act{{Op: Update, Type: "MedicationRequest", ID: id, Resource: root(t, text)}})
		return err
	}
	active := strings.Replace(pills, `"draft"`, `"active"`, 1)
	held := strings.Replace(pills, `"draft"`, `"on-hold"`, 1)
	signed := strings.Replace(active, `"dosageInstruction"`, `"requester":{"display":"Dr. A"},"dispenseRequest":{"numberOfRepeatsAllowed":0},"dosageInstruction"`, 1)
	if err := write(phys, "s", signed); err != nil {
		t.Fatal(err)
	}
	var refused *Refused
	refuses := func(what string, err error) {
		t.Helper()
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refuses("what nobody signed is on hold", write(nurse, "h", held))
	_ = write(nurse, "h", active)
	for _, intent := range []string{"original-order", "reflex-order", "filler-order", "instance-order"} {
		refuses("intent "+intent, write(nurse, "i", active, `"order"`, `"`+intent+`"`))
	}
	if err := write(nurse, "p", active, `"order"`, `"plan"`); err != nil {
		t.Fatal(err)
	}
	refuses("an active plan becomes an active order", write(nurse, "p", active))
	refuses("the dose of what is signed, while it is held", write(nurse, "s", signed, `"active"`, `"on-hold"`, "1 daily", "9 daily"))
	refuses("the refills of what is signed", write(nurse, "s", signed, `"numberOfRepeatsAllowed":0`, `"numberOfRepeatsAllowed":99`))
	refuses("who ordered what is signed", write(nurse, "s", signed, "Dr. A", "Dr. B"))
	if err := write(nurse, "s", signed, `"dosageInstruction"`, `"note":[{"text":"called"}],"dosageInstruction"`); err != nil {
		t.Errorf("a note beside a signed order: %v", err)
	}
}
