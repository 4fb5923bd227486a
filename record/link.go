package record

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// LinkState is what is known of two patient records being one person.
type LinkState string

// The states of a link. Review waits for a person to decide; Apart was decided
// and is not proposed again.
const (
	Linked LinkState = "linked"
	Review LinkState = "review"
	Apart  LinkState = "apart"
)

// Link is another patient record that is, may be or is not the same person.
type Link struct {
	Site    *Site     `json:"-"`
	Slug    string    `json:"site"`
	Patient string    `json:"patient"` // id at Site
	State   LinkState `json:"state"`
	Score   float64   `json:"score"` // 0 to 1
	By      string    `json:"by"`
	Why     string    `json:"why"`
	At      time.Time `json:"at"`
}

// opinion is the document of a pair in review or held apart. Each pair has two
// documents, one under each record.
const opinion = "opinion"

func pairID(a *Site, patient string, b *Site, other string) string {
	return a.Slug + "/" + patient + "/" + b.Slug + "/" + other
}

// Links are the other records of the person that a patient of this site is,
// and those that are in review or were decided to be someone else.
func (s Session) Links(ctx context.Context, patient string) ([]Link, error) {
	d, err := s.decide(access.Read, "Patient", patient)
	if err != nil {
		return nil, err
	}
	var out []Link
	err = s.r.store.View(ctx, func(v *store.View) error {
		if err := s.mine(v, d, patient); err != nil {
			return err
		}
		own, err := v.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		// A record that was merged with others has their links too, each once.
		told := map[string]bool{}
		add := func(l Link) {
			if at := string(l.State) + " " + l.Slug + "/" + l.Patient; !told[at] {
				told[at] = true
				out = append(out, l)
			}
		}
		for _, id := range s.Together(patient) {
			docs, err := v.ListDocs(opinion, s.site.Slug+"/"+id+"/")
			if err != nil {
				return err
			}
			for _, doc := range docs {
				var l Link
				if err := json.Unmarshal(doc.Body, &l); err != nil {
					return err
				}
				if d.Patients != nil {
					continue // perhaps somebody else: not for her to see
				}
				if l.Site, err = s.r.Site(l.Slug); err != nil {
					continue
				}
				if row, err := v.Get(l.Site.No, "Patient", l.Patient); err == nil && s.tells(v, l.Site, row) {
					add(l)
				}
			}
		}
		mates := s.merged().together(own.Key)
		for _, k := range mates {
			mine, err := v.PersonOf(k)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			rows, err := v.Links(mine.Person)
			if err != nil {
				return err
			}
			for _, l := range rows {
				site := s.r.siteNo(l.Patient.Site())
				row, err := v.GetKey(l.Patient)
				if err != nil || site == nil || slices.Contains(mates, l.Patient) || !s.tells(v, site, row) {
					continue
				}
				add(Link{site, site.Slug, row.ID, LinkState(l.State), l.Score, l.By, l.Why, l.At})
			}
		}
		return nil
	})
	return out, err
}

// tells says whether a link to a Patient of another site may be shown: another
// site of this node must be free to say that the person is its patient. The
// system's own work sees every link.
func (s Session) tells(v *store.View, site *Site, row store.Row) bool {
	return s.actor.Kind == access.System || site == s.site || !site.Local || s.discloses(v, site, row, s.site.Slug, s.actor.Purpose)
}

// SetLink says that the patient other at otherSite is (Linked), may be (Review)
// or is not (Apart) the person that this site's patient is. Apart undoes what
// Linked did: both records are again the persons they were. Nothing of either
// record is ever changed by a link. Who works at a site decides only what Links
// tells of; both sites' logs have it.
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
		if s.actor.Kind != access.System {
			if ok, err := s.proposed(&tx.View, a, otherSite, b); err != nil {
				return err
			} else if !ok {
				return store.ErrNotFound
			}
		}
		now := s.r.now().UTC().Truncate(time.Millisecond)
		by := s.actor.Kind.String() + ":" + s.actor.ID
		was, err := s.r.around(&tx.View, a.Key, b.Key)
		if err != nil {
			return err
		}
		row := store.LinkRow{State: string(Linked), Score: score, By: by, Why: why, At: now}
		if state == Linked {
			if err := join(tx, a.Key, b.Key, row); err != nil {
				return err
			}
		} else {
			for _, k := range s.r.merged().together(a.Key) {
				for _, l := range s.r.merged().together(b.Key) {
					if err := part(tx, k, l, row); err != nil {
						return err
					}
				}
			}
		}
		for _, side := range []struct {
			at, to *Site
			id, is string
		}{{s.site, otherSite, patient, other}, {otherSite, s.site, other, patient}} {
			name := pairID(side.at, side.id, side.to, side.is)
			if state == Linked {
				if err := tx.DeleteDoc(opinion, name); err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				continue
			}
			body, err := json.Marshal(Link{Slug: side.to.Slug, Patient: side.is, State: state, Score: score, By: by, Why: why, At: now})
			if err != nil {
				return err
			}
			if err := tx.PutDoc(opinion, name, body); err != nil {
				return err
			}
		}
		e := s.event(audit.Event{Action: "link", Type: "Patient", ID: patient, Key: a.Key, Why: string(state)})
		events := []audit.Event{e}
		if otherSite.Local && otherSite != s.site {
			e.Site, e.SiteNo, e.ID, e.Key, e.Recipient = otherSite.Slug, otherSite.No, other, b.Key, s.site.Slug
			events = append(events, e)
		}
		if err := s.r.touch(tx, was...); err != nil {
			return err
		}
		return audit.Append(tx, now, events...)
	})
	return err
}

// proposed says whether Links tells this session of a pair.
func (s Session) proposed(v *store.View, own store.Row, at *Site, other store.Row) (bool, error) {
	if !s.tells(v, at, other) {
		return false, nil
	}
	return s.paired(v, own, at, other)
}

// paired says whether two records are linked, in review or held apart.
func (s Session) paired(v *store.View, own store.Row, at *Site, other store.Row) (bool, error) {
	for _, id := range s.Together(own.ID) {
		_, err := v.GetDoc(opinion, pairID(s.site, id, at, other.ID))
		if !errors.Is(err, store.ErrNotFound) {
			return err == nil, err
		}
	}
	keys, err := s.r.person(v, s.merged(), own.Key)
	return err == nil && slices.Contains(keys[1:], other.Key), err
}

// join makes one person of two records, and of all that are linked to either.
func join(tx *store.Tx, a, b store.Key, row store.LinkRow) error {
	mine, err := tx.PersonOf(a)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if row.Person, err = tx.NewPerson(); err != nil {
			return err
		}
		row.Patient = a
		if err := tx.SetLink(row); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		row.Person = mine.Person
	}
	moved := []store.LinkRow{{Patient: b}}
	theirs, err := tx.PersonOf(b)
	if err == nil && theirs.Person == row.Person {
		return nil
	}
	if err == nil {
		if moved, err = tx.Links(theirs.Person); err != nil {
			return err
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for _, l := range moved {
		row.Patient = l.Patient
		if err := tx.SetLink(row); err != nil {
			return err
		}
	}
	return nil
}

// part undoes what made one person of two records: of the two, the one that was
// brought to the other then goes back to the person it was before, with those
// that came along. Who was linked to either since stays where it is.
func part(tx *store.Tx, a, b store.Key, row store.LinkRow) error {
	mine, err := tx.PersonOf(a)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	theirs, err := tx.PersonOf(b)
	if errors.Is(err, store.ErrNotFound) || err == nil && mine.Person != theirs.Person {
		return nil // they are not linked
	}
	if err != nil {
		return err
	}
	ofA, err := tx.LinkHistory(a)
	if err != nil {
		return err
	}
	ofB, err := tx.LinkHistory(b)
	if err != nil {
		return err
	}
	since := joined(ofA, ofB)
	leaves, was := b, before(ofB, since)
	if came := brought(ofB, since); !came || brought(ofA, since) && was != 0 && before(ofA, since) == 0 {
		leaves, was = a, before(ofA, since)
	}
	rows, err := tx.Links(mine.Person)
	if err != nil {
		return err
	}
	going := []store.Key{leaves}
	for _, l := range rows {
		if was == 0 || l.Patient == a || l.Patient == b {
			continue
		}
		past, err := tx.LinkHistory(l.Patient)
		if err != nil {
			return err
		}
		if brought(past, since) && before(past, since) == was {
			going = append(going, l.Patient)
		}
	}
	if was == mine.Person { // it went, and came back with the other
		if was, err = tx.NewPerson(); err != nil {
			return err
		}
	}
	for _, k := range going {
		row.Patient, row.Person = k, was
		if err := tx.SetLink(row); err != nil {
			return err
		}
	}
	return nil
}

// joined is when two records that are one person now became so: before it they
// were two, or nobody.
func joined(a, b []store.LinkRow) time.Time {
	var since time.Time
	for len(a) > 0 && len(b) > 0 && a[len(a)-1].Person == b[len(b)-1].Person && a[len(a)-1].Person != 0 {
		since = a[len(a)-1].At
		if other := b[len(b)-1].At; other.After(since) {
			since = other
		}
		a, b = until(a, since), until(b, since)
	}
	return since
}

// until is the part of a history before a moment.
func until(past []store.LinkRow, t time.Time) []store.LinkRow {
	for len(past) > 0 && !past[len(past)-1].At.Before(t) {
		past = past[:len(past)-1]
	}
	return past
}

// before is the person that a record was just before a moment; 0: nobody.
func before(past []store.LinkRow, t time.Time) int64 {
	if past = until(past, t); len(past) == 0 {
		return 0
	}
	return past[len(past)-1].Person
}

// brought says whether a record's link was changed at a moment.
func brought(past []store.LinkRow, t time.Time) bool {
	return slices.ContainsFunc(past, func(l store.LinkRow) bool { return l.At.Equal(t) })
}
