package record

import (
	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// An order for a medicine is signed by who may prescribe: a MedicationRequest of
// intent order does not become active by a nurse's, a pharmacist's or a
// radiologist's hand. They draft it, and hold, stop or complete what was signed.
// Standing orders and refills by protocol are drafts that a prescriber signs.

// prescribers are the roles whose hand makes an order for a medicine active.
var prescribers = map[access.Role]bool{access.Physician: true, access.Admin: true}

// maySign says whether an act would make a prescription active by who may not.
func (s Session) maySign(p *planned, old store.Row, had bool) error {
	if p.Type != "MedicationRequest" || p.Op == Delete || s.actor.Kind != access.User || prescribers[s.actor.Role] {
		return nil
	}
	n, err := fhir.Parse(p.ready.Body)
	if err != nil {
		return err
	}
	if n.Root().Get("status").Str() != "active" || n.Root().Get("intent").Str() != "order" && n.Root().Get("intent").Str() != "original-order" {
		return nil
	}
	if had && !old.Deleted {
		if was, ok := plainly(old.Body()); ok && (was["status"] == "active" || was["status"] == "on-hold") {
			now, _ := plainly(p.ready.Body)
			if alike(was["medicationCodeableConcept"], now["medicationCodeableConcept"]) && alike(was["medicationReference"], now["medicationReference"]) && alike(was["dosageInstruction"], now["dosageInstruction"]) {
				return nil // it was signed as it stands: held and taken up again
			}
		}
	}
	return &Refused{Why: "an order for a medicine is signed by who prescribes: keep it as a draft"}
}
