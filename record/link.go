package record

import (
	"context"
	"errors"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// LinkState is what is known of two patient records being one person.
type LinkState = store.LinkState

// The states of a link; a review is decided by a person.
const (
	Linked   = store.Linked
	Review   = store.Review
	Unlinked = store.Unlinked
)

// Link is one patient record's place in a person.
type Link struct {
	Site    *Site
	Patient string // id at Site
	State   LinkState
	Score   float64 // 0 to 1
	By, Why string
	At      time.Time
}

// Links are the records of the person that a patient of this site is, this
// one first, whatever their state.
func (s Session) Links(ctx context.Context, patient string) ([]Link, error) {
	if _, err := s.decide(access.Read, "Patient", patient); err != nil {
		return nil, err
	}
	var out []Link
	err := s.r.store.View(ctx, func(v *store.View) error {
		own, err := v.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		out = append(out, Link{Site: s.site, Patient: patient, State: Linked, Score: 1})
		person, err := v.PersonOf(own.Key)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		rows, err := v.Links(person)
		if err != nil {
			return err
		}
		for _, l := range rows {
			row, err := v.ByKey(l.Patient)
			if err != nil {
				return err
			}
			link := Link{s.r.siteNo(l.Patient.Site()), row.ID, l.State, l.Score, l.By, l.Why, l.At}
			if l.Patient == own.Key {
				link.State, out[0] = l.State, link
				continue
			}
			out = append(out, link)
		}
		return nil
	})
	return out, err
}

// SetLink says that the patient other at otherSite is, is not, or may be the
// person that this site's patient is. Unlinking gives the other record a
// person of its own again: nothing of either record is changed by a link.
func (s Session) SetLink(ctx context.Context, patient string, otherSite *Site, other string, state LinkState, score float64, why string) error {
	if s.actor.Kind != access.System {
		if _, err := s.decide(access.Update, "Person", ""); err != nil {
			return err
		}
	}
	if s.site == nil || otherSite == nil {
		return store.ErrNotFound
	}
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		b, err := tx.Get(otherSite.No, "Patient", other)
		if err != nil {
			return err
		}
		if a.Key == b.Key {
			return invalid("business-rule", "", "a record is not linked to itself")
		}
		now := s.r.now()
		row := store.LinkRow{State: store.Linked, Score: 1, By: s.actor.Kind.String() + ":" + s.actor.ID, Why: why, At: now}
		person, err := tx.PersonOf(a.Key)
		if errors.Is(err, store.ErrNotFound) {
			if person, err = tx.NewPerson(); err != nil {
				return err
			}
			row.Patient, row.Person = a.Key, person
			if err := tx.SetLink(row); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
		row.Patient, row.State, row.Score = b.Key, state, score
		row.Person = person
		if state == Linked {
			if theirs, err := tx.PersonOf(b.Key); err == nil && theirs != person { // two persons turn out to be one
				rows, err := tx.Links(theirs)
				if err != nil {
					return err
				}
				for _, l := range rows {
					if l.Patient == b.Key {
						continue
					}
					l.Person, l.By, l.Why, l.At = person, row.By, why, now
					if err := tx.SetLink(l); err != nil {
						return err
					}
				}
			}
		}
		if err := tx.SetLink(row); err != nil {
			return err
		}
		return audit.Append(tx, now, s.event(audit.Event{Action: "link", Type: "Patient", ID: patient, Key: a.Key, Why: string(state)}))
	})
	return err
}
