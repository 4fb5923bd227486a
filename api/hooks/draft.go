package hooks

import (
	"cmp"
	"time"

	"wholechart/chart/order"
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
		drafts = append(drafts, ruleDraft(o, ref))
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

// ruleDraft is an order as the rules read it.
func ruleDraft(o order.Order, ref string) rule.Draft {
	d := rule.Draft{ID: ref, Kind: rule.DraftKind(o.Kind), Name: o.Name, Codes: o.Codes, Reason: o.Reason,
		Modality: o.Modality, Region: o.Region, Laterality: o.Side, Contrast: o.Contrast}
	if o.Kind == order.Medicine {
		s := o.Sig
		d.Sig, d.Amount, d.PerDay, d.Days = s.How(), max(s.Dose, s.DoseMax), s.PerDay(), int(s.Days)
		d.Unit, d.Route = order.UnitCode(s.Unit), order.RouteWord(s.Route)
		if n, u, ok := order.Mass(o); ok {
			d.Amount, d.Unit = n, u
		}
	}
	return d
}

// instead is the resource that a rule would have in place of a draft: the
// catalogue's item where it is one, else as the rule says it. It keeps the
// draft's id, patient, encounter, requester and reason when of the same type.
func instead(better rule.Draft, was fhir.Node, patient string, now time.Time) (fhir.Node, error) {
	o := fromDraft(better)
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

func fromDraft(d rule.Draft) order.Order {
	typed := d.Name
	if d.Sig != "" {
		typed += " " + d.Sig
	}
	if k := order.Find(typed, 1); len(k) > 0 && string(k[0].Item.Kind) == string(d.Kind) {
		return k[0].Order()
	}
	if k := order.Find(d.Name, 1); len(k) > 0 && string(k[0].Item.Kind) == string(d.Kind) {
		o := k[0].Order()
		if l := order.ParseSig(d.Sig); d.Sig != "" && l.Sig.Dose > 0 {
			o.Sig = l.Sig
		}
		return o
	}
	o := order.Words(order.Kind(d.Kind), d.Name)
	o.Name = d.Name
	o.Codes, o.Modality, o.Region, o.Side, o.Contrast = d.Codes, d.Modality, d.Region, d.Laterality, d.Contrast
	if d.Sig != "" {
		o.Sig = order.ParseSig(d.Sig).Sig
	}
	return o
}
