package record

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

// A sensitivity label (meta.security) is put on by whoever may write the resource.
// To take one off, or to put a weaker one in its place, lets a fact leave its site: it
// is done by who put the label there, by the privacy officer or by the site's
// administrator, as far as they may write the resource at all, and with a reason. The
// reason is a Provenance of the same transaction: its target the resource, its
// activity one of lessens, its reason in words or codes. The access log says that it
// was done, and why. Programs do neither (docs/adr/0011).

// lessens are the activities that say that a label is taken off or weakened
// (http://terminology.hl7.org/CodeSystem/v3-ActCode).
var lessens = []string{"DOWNGRDLABEL", "DECLASSIFYLABEL"}

const actCodes = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

// maxWhy bounds a reason as the access log repeats it, in bytes.
const maxWhy = 300

// reasons finds in a plan why labels are taken off, by Type/id.
func reasons(plan []planned) map[string]string {
	var out map[string]string
	for i := range plan {
		p := &plan[i]
		if p.Type != "Provenance" || p.Op != Create || p.found != nil || !bytes.Contains(p.ready.Body, []byte("LABEL")) {
			continue
		}
		d, err := fhir.Parse(p.ready.Body)
		if err != nil || !lessening(d.Root()) {
			continue
		}
		why := ""
		for r := range d.Root().Get("reason").Items() {
			c := r.Get("coding").Index(0)
			why = cmp.Or(why, strings.TrimSpace(r.Get("text").Str()), c.Get("display").Str(), c.Get("code").Str())
		}
		if why == "" {
			continue
		}
		for t := range d.Root().Get("target").Items() {
			if typ, id, _, ok := fhir.Relative(t.Get("reference").Str()); ok {
				if out == nil {
					out = map[string]string{}
				}
				out[typ+"/"+id] = why
			}
		}
	}
	return out
}

func lessening(prov fhir.Node) bool {
	for c := range prov.Path("activity", "coding").Items() {
		if c.Get("system").Is(actCodes) && slices.Contains(lessens, c.Get("code").Str()) {
			return true
		}
	}
	return false
}

// taken are the sensitivity bits that a change takes off; other says that one of the
// labels that are all one bit (search.LabelOther) is no longer there.
func taken(old store.Row, next []byte, labels uint64) (bits uint64, other bool) {
	bits = old.Labels &^ labels & uint64(access.Sensitive)
	if old.Labels&labels&search.LabelOther == 0 || old.Deleted {
		return bits, false
	}
	was, now := others(old.Body()), others(next)
	return bits, slices.ContainsFunc(was, func(l string) bool { return !slices.Contains(now, l) })
}

// others are the labels of a resource that have no bit of their own.
func others(body []byte) (out []string) {
	d, err := fhir.Parse(body)
	if err != nil {
		return nil
	}
	for l := range d.Root().Get("meta").Get("security").Items() {
		if search.LabelBit(l) == search.LabelOther {
			out = append(out, l.Get("system").Str()+"|"+l.Get("code").Str())
		}
	}
	return out
}

// mayUnlabel says whether an act may take labels off, which most acts do not.
func (s Session) mayUnlabel(tx *store.Tx, p *planned, old store.Row, had bool) error {
	if !had || p.ready == nil || s.actor.Kind == access.System || old.Labels&uint64(access.Sensitive) == 0 {
		return nil
	}
	bits, other := taken(old, p.ready.Body, p.ready.Index.Labels)
	if bits == 0 && !other {
		return nil
	}
	if other {
		bits |= search.LabelOther
	}
	switch {
	case s.actor.Kind != access.User:
		return &Refused{Why: "a program takes no sensitivity label off, nor deletes what has one"}
	case s.actor.Role == access.Admin || s.actor.Role == access.PrivacyOfficer:
	default:
		own, err := s.labelled(tx, p, old, bits)
		if err != nil {
			return err
		}
		if !own {
			return &Refused{Why: "a sensitivity label is taken off or weakened by who put it there, the privacy officer or the site's administrator"}
		}
	}
	if p.unlabels == "" {
		return invalid("business-rule", p.Type+".meta.security", "a sensitivity label is taken off with a reason: a Provenance in the same transaction about this resource, with the activity DOWNGRDLABEL (v3-ActCode) and a reason")
	}
	p.lessened = "a sensitivity label was taken off: " + p.unlabels
	if len(p.lessened) > maxWhy {
		p.lessened = strings.ToValidUTF8(p.lessened[:maxWhy], "")
	}
	return nil
}

// labelled says whether the actor put labels on a resource: each of the bits came
// with a version that was written by the actor.
func (s Session) labelled(tx *store.Tx, p *planned, old store.Row, bits uint64) (bool, error) {
	later := old
	for n := old.Version - 1; n >= 0; n-- {
		if old.Version-n > maxPast {
			return false, nil
		}
		before := uint64(0)
		var row store.Row
		if n > 0 {
			var err error
			row, err = tx.Version(s.site.No, p.Type, p.id, n)
			if err != nil && !errors.As(err, new(*store.ErrGone)) {
				if errors.Is(err, store.ErrNotFound) {
					return false, nil
				}
				return false, err
			}
			before = row.Labels
		}
		if bits&^before != 0 && later.Author != s.author() { // they came with what somebody else wrote
			return false, nil
		}
		if bits &= before; bits == 0 {
			return true, nil
		}
		later = row
	}
	return bits == 0, nil
}
