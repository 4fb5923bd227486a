package record

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

// pair is one record and the one that it is replaced by.
type pair struct {
	gone, keep string
	made       bool // by this transaction, which otherwise takes it back
	why        string
}

// keepsMerges holds a transaction to what merging is: said by both Patients in
// one transaction or by none, by who may, never in a ring; and nothing new is
// written into a record that another stands for, but what goes on with what is
// there. What an import or another site
// says is kept as it is: said by one Patient alone it is nothing. It returns the
// pairs that the transaction makes or takes back.
func (s Session) keepsMerges(tx *store.Tx, plan []planned) ([]pair, error) {
	var out []pair
	aside, into := -1, "" // an act that writes something new into a replaced record
	goesOn := false       // and whether one of them goes on with what is there
	for i := range plan {
		p := &plan[i]
		if p.Type == "Patient" {
			more, err := s.pairs(tx, plan, p)
			if err != nil {
				return nil, at(err, i, len(plan))
			}
			for _, x := range more {
				if !slices.ContainsFunc(out, func(y pair) bool { return x.gone == y.gone && x.keep == y.keep }) {
					out = append(out, x)
				}
			}
			continue
		}
		by, err := s.aside(tx, p)
		if err != nil {
			return nil, err
		}
		if by == "" {
			continue
		}
		if aside < 0 {
			aside, into = i, by
		}
		goes, err := s.goesOn(tx, p)
		if err != nil {
			return nil, err
		}
		goesOn = goesOn || goes
	}
	if aside < 0 || goesOn {
		return out, nil
	}
	err := invalid("business-rule", plan[aside].Type, "this patient's record was merged into another, which stands for it: write into Patient/"+into)
	return nil, at(err, aside, len(plan))
}

// aside says that an act writes something new into a record that was replaced, and
// by which; empty when it does not.
func (s Session) aside(tx *store.Tx, p *planned) (string, error) {
	if s.actor.Kind == access.System || p.ready == nil || p.ready.Index.Patient == nil || p.Op == Update && p.state == nil || p.Op == Create && p.found != nil {
		return "", nil
	}
	ref := p.ready.Index.Patient
	if ref.Type != "Patient" {
		return "", nil
	}
	if s.r.merges.under.Load() > 0 { // a merge is being written, and in memory it is not yet
		c, err := s.after(tx, nil, ref.ID, nil)
		if err != nil || len(c.by) == 0 {
			return "", err
		}
		up, err := s.after(tx, nil, c.by[0], nil)
		if err != nil || !slices.Contains(up.over, ref.ID) {
			return "", err
		}
		return c.by[0], nil
	}
	g := s.r.merged().byName[patientName{s.site.No, ref.ID}]
	if g == nil || g.into[ref.ID] == "" {
		return "", nil
	}
	return g.ids[0], nil
}

// goesOn says whether an act that writes into a replaced record refers to
// something in it: the result of an order placed there, an addendum to a note, a
// task about a result. That stays beside what it is about, also when the merge is
// taken back.
func (s Session) goesOn(tx *store.Tx, p *planned) (bool, error) {
	home, err := tx.Key(s.site.No, "Patient", p.ready.Index.Patient.ID)
	if err != nil {
		return false, err
	}
	for _, r := range p.ready.Index.Refs {
		if r.Type == "Patient" {
			continue
		}
		k, err := tx.Key(s.site.No, r.Type, r.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue // made by this transaction, or refused at its end
		}
		if err != nil {
			return false, err
		}
		if k.Patient() == home {
			return true, nil
		}
	}
	return false, nil
}

// pairs are what of merging a transaction changes by one Patient.
func (s Session) pairs(tx *store.Tx, plan []planned, p *planned) ([]pair, error) {
	if p.Op == Create && p.found != nil || p.id == "" {
		return nil, nil
	}
	old := p.old
	if p.Op == Delete {
		var err error
		var gone *store.ErrGone
		if old, err = tx.Get(s.site.No, "Patient", p.id); err != nil && !errors.Is(err, store.ErrNotFound) && !errors.As(err, &gone) {
			return nil, err
		}
	}
	was, err := s.after(nil, nil, p.id, old.Body())
	if err != nil {
		return nil, err
	}
	now, err := s.after(tx, plan, p.id, nil)
	if err != nil {
		return nil, err
	}
	system := s.actor.Kind == access.System
	if len(now.by) > 1 && len(was.by) <= 1 && !system {
		return nil, invalid("business-rule", "Patient.link", "a record is replaced by one other")
	}
	var out []pair
	look := func(gone, keep string, before, after bool) error {
		if before == after {
			return nil
		}
		g, err := s.after(tx, plan, gone, nil)
		if err != nil {
			return err
		}
		k, err := s.after(tx, plan, keep, nil)
		if err != nil {
			return err
		}
		says, agrees := slices.Contains(g.by, keep), slices.Contains(k.over, gone)
		if system {
			if before && p.Op == Update && (p.Adopt || says != agrees) { // an import does not know of it
				g, errG := s.after(tx, nil, gone, nil)
				k, errK := s.after(tx, nil, keep, nil)
				if err := errors.Join(errG, errK); err != nil {
					return err
				}
				if slices.Contains(g.by, keep) && slices.Contains(k.over, gone) {
					if known, err := s.was(tx, p); err != nil || known && p.Adopt && p.IfMatch == 0 {
						return err // nothing will be written
					}
					return p.relink(gone, keep)
				}
			}
			if says == agrees && after == says {
				out = append(out, pair{gone, keep, after, p.why})
			}
			return nil
		}
		if err := s.mayMerge(); err != nil {
			return err
		}
		if says != agrees {
			return invalid("business-rule", "Patient.link", "that one record replaces another is said by both, or taken back by both, in one transaction (Patient.link replaces and replaced-by)")
		}
		if after {
			up := keep
			for steps := 0; up != ""; steps++ {
				if up == gone || steps > maxMerges {
					return invalid("business-rule", "Patient.link", "the record that would stand for this one is itself replaced by it, or at the end of too long a line")
				}
				c, err := s.after(tx, plan, up, nil)
				if err != nil {
					return err
				}
				if up = ""; len(c.by) > 0 {
					up = c.by[0]
				}
			}
		}
		out = append(out, pair{gone, keep, after, p.why})
		return nil
	}
	for _, id := range union(was.by, now.by) {
		if err := look(p.id, id, slices.Contains(was.by, id), slices.Contains(now.by, id)); err != nil {
			return nil, err
		}
	}
	for _, id := range union(was.over, now.over) {
		if err := look(id, p.id, slices.Contains(was.over, id), slices.Contains(now.over, id)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// relink keeps in a Patient that an import brings the link of a merge that was
// made here.
func (p *planned) relink(gone, keep string) error {
	d, err := fhir.Parse(p.ready.Body)
	if err != nil {
		return err
	}
	other, typ := gone, "replaces"
	if p.id == gone {
		other, typ = keep, "replaced-by"
	}
	set := map[string][]byte{"link": linkedTo(d.Root(), other, typ)}
	if typ == "replaced-by" {
		set["active"] = []byte("false")
	}
	if d, err = fhir.Parse(members(d.Root(), set)); err != nil {
		return err
	}
	ex, err := search.Extract(d.Root())
	if err == nil {
		p.ready = store.Prepare(d.Root(), ex)
	}
	return err
}

// linkedTo are a Patient's links and one more.
func linkedTo(n fhir.Node, other, typ string) []byte {
	text, _ := json.Marshal(map[string]any{"other": map[string]string{"reference": "Patient/" + other}, "type": typ})
	return list(append(raws(n.Get("link")), text))
}

// maxMerges is how long a line of records may be, each replaced by the next.
const maxMerges = 32

func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// after is what a Patient says of others when a plan is done; of a body, when
// that is given.
func (s Session) after(tx *store.Tx, plan []planned, id string, body []byte) (claim, error) {
	for i := range plan {
		if p := &plan[i]; p.Type == "Patient" && p.id == id && !(p.Op == Create && p.found != nil) {
			if p.Op == Delete {
				return claim{}, nil
			}
			body, tx = p.ready.Body, nil
		}
	}
	if tx != nil {
		row, err := tx.Get(s.site.No, "Patient", id)
		var gone *store.ErrGone
		if errors.Is(err, store.ErrNotFound) || errors.As(err, &gone) {
			return claim{}, nil
		}
		if err != nil {
			return claim{}, err
		}
		body = row.Body()
	}
	c, _ := claimOf(0, id, body)
	return c, nil
}

// settleMerges writes, with the Patients, who decided what and when. What was
// taken back stays apart, and is not proposed again.
func (s Session) settleMerges(tx *store.Tx, pairs []pair, now time.Time) error {
	now = now.UTC().Truncate(time.Millisecond)
	by := s.actor.Name
	if by == "" {
		by = s.author()
	}
	for _, p := range pairs {
		keep, err := tx.Key(s.site.No, "Patient", p.keep)
		if err != nil {
			return err
		}
		gone, err := tx.Key(s.site.No, "Patient", p.gone)
		if err != nil {
			return err
		}
		name := s.site.Slug + "/" + p.gone
		who := s.actor.Kind.String() + ":" + s.actor.ID
		if p.made {
			body, err := json.Marshal(mergeNote{p.keep, by, p.why, now})
			if err != nil {
				return err
			}
			if err := tx.PutDoc(mergeDocs, name, body); err != nil {
				return err
			}
			for _, id := range [...]string{pairID(s.site, p.keep, s.site, p.gone), pairID(s.site, p.gone, s.site, p.keep)} {
				if err := tx.DeleteDoc(opinion, id); err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
			}
		} else {
			if err := tx.DeleteDoc(mergeDocs, name); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			// Merges were once links of two persons too.
			was, err := s.r.around(&tx.View, keep, gone)
			if err != nil {
				return err
			}
			if err := part(tx, keep, gone, store.LinkRow{State: string(Linked), By: who, Why: p.why, At: now}); err != nil {
				return err
			}
			if err := s.r.touch(tx, was...); err != nil {
				return err
			}
			for _, side := range [...][2]string{{p.keep, p.gone}, {p.gone, p.keep}} {
				body, err := json.Marshal(Link{Slug: s.site.Slug, Patient: side[1], State: Apart, By: who, Why: p.why, At: now})
				if err != nil {
					return err
				}
				if err := tx.PutDoc(opinion, pairID(s.site, side[0], s.site, side[1]), body); err != nil {
					return err
				}
			}
		}
		verb := map[bool]string{true: "merge", false: "unmerge"}[p.made]
		e := s.event(audit.Event{Action: verb, Type: "Patient", ID: p.keep, Key: keep, Count: 1, Why: "Patient/" + p.gone})
		f := s.event(audit.Event{Action: verb, Type: "Patient", ID: p.gone, Key: gone, Count: 1, Why: "into Patient/" + p.keep})
		if !p.made {
			f.Why = strings.Replace(f.Why, "into", "from", 1)
		}
		if err := audit.Append(tx, now, e, f); err != nil {
			return err
		}
	}
	return nil
}
