package hooks

import (
	"cmp"
	"time"

	"wholechart/chart/order"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// RuleDrafts are the drafts as the rules read them, and what of them no rule
// reads. The ID of each is its reference Type/id.
func (r *Request) RuleDrafts() (drafts []rule.Draft, gaps []rule.Gap) {
	for _, n := range r.Drafts {
		ref := n.ResourceType() + "/" + n.ID()
		switch n.ResourceType() {
		case "MedicationRequest", "ServiceRequest":
		default:
			gaps = append(gaps, rule.Gap{Check: "draft orders", Draft: ref, Why: "a " + n.ResourceType() + " is not checked here"})
			continue
		}
		switch n.Get("status").Str() {
		case "cancelled", "entered-in-error", "stopped", "revoked", "completed":
			continue // nothing is to be ordered
		}
		if n.Get("doNotPerform").True() {
			gaps = append(gaps, rule.Gap{Check: "draft orders", Draft: ref, Why: "an order that something is not to be done is not checked"})
			continue
		}
		o := order.Read(n)
		if o.Kind == order.Medicine && len(o.Codes) == 0 {
			if m := r.medication(n); m.Exists() {
				c := fhir.CodeableConceptOf(m.Get("code"))
				o.Name, o.Codes = cmp.Or(c.Label(), o.Name), c.Codings
			}
		}
		if o.Name == "" && len(o.Codes) == 0 {
			gaps = append(gaps, rule.Gap{Check: "draft orders", Draft: ref, Why: "what is ordered could not be read"})
			continue
		}
		drafts = append(drafts, ordering.Draft(o, ref))
	}
	return drafts, gaps
}

// medication is the Medication that a draft refers to: contained, or beside it
// in the Bundle, or in prefetch.
func (r *Request) medication(n fhir.Node) fhir.Node {
	ref := n.Get("medicationReference").Get("reference").Str()
	if ref == "" {
		return fhir.Node{}
	}
	for c := range n.Get("contained").Items() {
		if "#"+c.ID() == ref && c.ResourceType() == "Medication" {
			return c
		}
	}
	_, id, _, ok := fhir.Relative(ref)
	for _, m := range r.Shared {
		if ok && m.ID() == id {
			return m
		}
	}
	return fhir.Node{}
}

// instead is the resource that a rule would have in place of a draft: the
// catalogue's item where it is one, else as the rule says it. It keeps the
// draft's id, patient, encounter, requester and reason when of the same type.
func instead(better rule.Draft, was fhir.Node, patient string, now time.Time) (fhir.Node, error) {
	o := ordering.Order(better)
	o.Status, o.Patient, o.AuthoredOn = "draft", patient, now
	if was.Exists() {
		old := order.Read(was)
		o.Encounter, o.Requester, o.RequesterAs, o.Author = old.Encounter, old.Requester, old.RequesterAs, old.Author
		o.Reason, o.ReasonRef, o.Priority = old.Reason, old.ReasonRef, old.Priority
		if was.ResourceType() == o.Kind.Type() {
			o.ID = was.ID()
		}
	}
	body, err := o.Resource()
	if err != nil {
		return fhir.Node{}, err
	}
	d, err := fhir.Parse(body)
	if err != nil {
		return fhir.Node{}, err
	}
	return d.Root(), nil
}
