package standing

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"wholechart/access"
	"wholechart/decision/rule"
	"wholechart/record"
)

// MayList says whether an actor may be shown how the patients of a site stand: who
// may search problems and results through the whole record, and from whom the
// site's chart withholds nothing. What an answer rests on is not kept, so it
// cannot be held back fact by fact.
func MayList(a access.Actor) bool {
	if a.Kind != access.User {
		return false
	}
	for _, lens := range []access.Lens{access.EMR, access.EHR} {
		for _, typ := range []string{"Patient", "Condition", "Observation", "MedicationRequest", "Immunization", "Procedure"} {
			d := access.Decide(a, lens, access.Search, typ)
			if !d.Allowed || d.Patients != nil || d.Labels != 0 {
				return false
			}
		}
	}
	return true
}

// Fresh is how far answers of a site have come.
type Fresh struct {
	At      record.Seq // the log is followed up to here
	Waiting int        // patients who are still to be evaluated, or again
	Unknown int        // of them, those of whom there is no answer yet
	Ready   bool       // what was kept is read
}

// Fresh says how far the answers of a site have come.
func (k *Keeper) Fresh(slug string) Fresh {
	k.mu.RLock()
	defer k.mu.RUnlock()
	f := Fresh{At: k.at, Ready: k.ready}
	s := k.sites[slug]
	if s == nil {
		return f
	}
	for id := range s.marks {
		if s.answers[id] == nil {
			f.Unknown++
		}
	}
	f.Waiting = len(s.marks)
	for id := range s.stale {
		if s.marks[id] == nil {
			f.Waiting++
			if s.answers[id] == nil {
				f.Unknown++
			}
		}
	}
	return f
}

// Stats are what was done since the Keeper was made.
func (k *Keeper) Stats() Stats {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.stats
}

// Rows are how the patients of a site stand, by id: those of whom something is
// asked at all, not the dead, those who left, and records that another stands for.
func (k *Keeper) Rows(slug string) []Row {
	k.mu.RLock()
	defer k.mu.RUnlock()
	s := k.sites[slug]
	if s == nil {
		return nil
	}
	out := make([]Row, 0, len(s.answers))
	for id, a := range s.answers {
		if a.out == In {
			out = append(out, Row{id, a})
		}
	}
	slices.SortFunc(out, func(a, b Row) int { return cmp.Compare(a.Patient, b.Patient) })
	return out
}

// Of is how one patient of a site stands; now is false when something was written
// since, or time or the rules have changed. ok is false when nothing is known.
func (k *Keeper) Of(slug, patient string) (r Row, now, ok bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	s := k.sites[slug]
	if s == nil || s.answers[patient] == nil {
		return Row{}, false, false
	}
	a := s.answers[patient]
	_, stale := s.stale[patient]
	return Row{patient, a}, !stale && s.marks[patient] == nil && a.by == k.by && k.Clock().Unix() < a.again, true
}

// Now is Of as it is this moment: when the record changed since, it is evaluated
// first. ok is false when there is no such patient.
func (k *Keeper) Now(ctx context.Context, slug, patient string) (r Row, ok bool, err error) {
	k.work.Lock()
	defer k.work.Unlock()
	s, err := k.see(ctx, slug)
	if err != nil || s == nil {
		return r, false, err
	}
	_, stale := s.stale[patient]
	if m := s.marks[patient]; m != nil || stale || s.answers[patient] == nil {
		if err := k.one(ctx, s, patient); err != nil {
			return r, false, err
		}
	}
	r, now, ok := k.Of(slug, patient)
	if ok && !now {
		return r, false, errLook
	}
	return r, ok, nil
}

// errLook says that a record could not be looked at; the log says why.
var errLook = errors.New("how the patient stands is not known: the record could not be looked at")

// Due are the checkups and preventive services that are due or overdue for a
// patient: not what is ordered or booked already, nor what nobody ever recorded,
// of which a recall would be a guess, nor vaccines.
func (k *Keeper) Due(ctx context.Context, slug, patient string) (items []Item, err error) {
	r, ok, err := k.Now(ctx, slug, patient)
	if err != nil || !ok || r.k.out != In {
		return nil, err
	}
	for i := range r.Items() {
		if i.Status <= Due && !i.Pending && !i.Last.IsZero() && i.Rule.Kind != rule.Immunization {
			items = append(items, i)
		}
	}
	return items, nil
}

// Idle says that nothing waits to be evaluated: asking costs next to nothing.
func (k *Keeper) Idle() bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, s := range k.sites {
		if len(s.marks)+len(s.stale) > 0 {
			return false
		}
	}
	return k.ready
}

// Count says of how many of some patients something is overdue, and of how many
// of them that is known. Rules that are off, by id, do not count, nor does what is
// ordered or booked. It is for a line on a page of who may list (MayList).
func (k *Keeper) Count(slug string, patients []string, off map[string]bool) (overdue, of int) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	s := k.sites[slug]
	if s == nil {
		return 0, 0
	}
	seen := map[string]bool{}
	for _, id := range patients {
		a := s.answers[id]
		if a == nil || seen[id] {
			continue
		}
		seen[id] = true
		of++
		if a.out == In && slices.ContainsFunc(a.items, func(i compactItem) bool { return i.status == Overdue && !i.pending && !off[i.rule.ID] }) {
			overdue++
		}
	}
	return overdue, of
}

// When is the time at which an answer is worked out again though nothing is written.
func (r Row) When() time.Time { return time.Unix(r.k.again, 0) }
