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

// maySign says whether an act would put a prescription in force by who may not, or
// take one out of force.
//
// A program never prescribes: it brings drafts, proposals and plans. Of what was
// signed, as it was signed, it may say that it was handed out to the end
// (completed); to hold, stop or cancel is decided by people.
func (s Session) maySign(p *planned, old store.Row, had bool) error {
	program := s.actor.Kind == access.Client
	if p.Type == "VisionPrescription" && program && p.Op != Delete {
		if now, ok := plainly(p.ready.Body); ok && now["status"] != "active" {
			return nil
		}
		return &Refused{Why: "a program prescribes nothing: it may bring a draft"}
	}
	if p.Type != "MedicationRequest" || s.actor.Kind != access.User && !program || prescribers[s.actor.Role] {
		return nil
	}
	var was map[string]any
	if had && !old.Deleted {
		was, _ = plainly(old.Body())
	}
	if p.Op == Delete {
		if was != nil && inForce(was) {
			return &Refused{Why: "an order that is in force is stopped or completed, not deleted"}
		}
		return nil
	}
	now, ok := plainly(p.ready.Body)
	as := ok && was != nil && inForce(was) && reflect.DeepEqual(ordered(was), ordered(now))
	switch {
	case program && was != nil && inForce(was):
		if as && (now["status"] == was["status"] || now["status"] == "completed") {
			return nil
		}
		return &Refused{Why: "of an order in force a program says only that it was handed out to the end: completed, as it was signed"}
	case ok && !inForce(now):
		return nil
	case as:
		return nil // it was signed as it stands: held and taken up again
	case program:
		return &Refused{Why: "a program prescribes nothing: it may bring a draft, a proposal or a plan"}
	}
	return &Refused{Why: "an order for a medicine is signed by who prescribes: keep it as a draft"}
}
