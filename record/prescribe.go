package record

import (
	"maps"
	"reflect"

	"wholechart/access"
	"wholechart/store"
)

// An order for a medicine is signed by who may prescribe: a MedicationRequest
// whose intent is an order comes into force (active, or on hold, from which it is
// taken up again) by no nurse's, pharmacist's or radiologist's hand. They draft
// it, and hold, resume, stop or complete what was signed, as it was signed.
// Standing orders and refills by protocol are drafts that a prescriber signs.

// prescribers are the roles whose hand puts an order for a medicine in force.
var prescribers = map[access.Role]bool{access.Physician: true, access.Admin: true}

// orders are the intents that authorise: order and its kinds
// (http://hl7.org/fhir/R4/valueset-medicationrequest-intent.html).
var orders = map[any]bool{"order": true, "original-order": true, "reflex-order": true, "filler-order": true, "instance-order": true}

// inForce says whether a MedicationRequest is an order that is signed and not over.
func inForce(r map[string]any) bool {
	return orders[r["intent"]] && (r["status"] == "active" || r["status"] == "on-hold")
}

// ordered is what was signed of an order: everything but how it goes on, who
// hands it out, and what is said beside it.
func ordered(r map[string]any) map[string]any {
	out := maps.Clone(r)
	for _, k := range [...]string{"status", "statusReason", "text", "language", "identifier", "note", "performer", "supportingInformation", "insurance", "detectedIssue", "eventHistory", "extension"} {
		delete(out, k)
	}
	if d, ok := out["dispenseRequest"].(map[string]any); ok {
		d = maps.Clone(d)
		delete(d, "performer")
		out["dispenseRequest"] = d
	}
	return out
}

// maySign says whether an act would put a prescription in force by who may not.
func (s Session) maySign(p *planned, old store.Row, had bool) error {
	if p.Type != "MedicationRequest" || p.Op == Delete || s.actor.Kind != access.User || prescribers[s.actor.Role] {
		return nil
	}
	now, ok := plainly(p.ready.Body)
	if ok && !inForce(now) {
		return nil
	}
	if had && !old.Deleted && ok {
		if was, ok := plainly(old.Body()); ok && inForce(was) && reflect.DeepEqual(ordered(was), ordered(now)) {
			return nil // it was signed as it stands: held and taken up again
		}
	}
	return &Refused{Why: "an order for a medicine is signed by who prescribes: keep it as a draft"}
}
