package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// What is worked out of a patient's record again whenever it changes (what is
// due, what is dangerous) is kept here by who works it out, so that lists of
// patients need not open every record. It is made of the record alone and can be
// made again: it is in no export, no answer to a peer and no history.

// Evaluating is the session of who works such things out. It sees what every
// purpose shows: what a consent holds back from treatment or from operations it
// does not see, so that an answer may be shown whatever a reader's purpose is.
//
// Facts notes each patient as "evaluate" and, where noted is true, not at all:
// the caller says so for who was noted on the same day already. It is for the
// system's own work; another actor's session stays what it is.
func (s Session) Evaluating(noted bool) Session {
	if s.actor.Kind == access.System {
		s.evaluating, s.noted = true, noted
	}
	return s
}

// noteFacts notes that the facts of a patient were read.
func (s Session) noteFacts(ctx context.Context, w *window, e audit.Event, err error) error {
	if s.noted && err == nil {
		return nil
	}
	if s.evaluating {
		e.Action = "evaluate"
	}
	if err == nil {
		err = w.disclosed(ctx, "Patient")
	}
	e.Outcome = outcome(err)
	s.note(e)
	return err
}

// withheld is access.Release for the session's purpose, and of Evaluating for each.
func (s Session) withheld(consents []access.Consent, recipient string) (access.Labels, bool) {
	labels, all := access.Release(consents, recipient, s.actor.Purpose, s.r.now())
	if s.evaluating {
		for _, p := range []access.Purpose{access.Treatment, access.Operations} {
			l, a := access.Release(consents, recipient, p, s.r.now())
			labels, all = labels|l, all || a
		}
	}
	return labels, all
}

// LogEnd is the last place in the log of changes. For the system's own work.
func (s Session) LogEnd(ctx context.Context) (at Seq, err error) {
	if s.r == nil || s.actor.Kind != access.System {
		return 0, &Refused{Why: "the log of changes is for the system's own work"}
	}
	err = s.r.store.View(ctx, func(v *store.View) error {
		at, err = v.Seq()
		return err
	})
	return at, err
}

// Concern is a patient of one of the node's own sites whose record, as that site
// sees it, may have changed.
type Concern struct {
	Site    *Site
	Patient string // empty: every patient of the site
	Seq     Seq    // of the last change
}

// Concerned are the patients whom changes concern: whose chart they are in, and
// who is the same person at another site of this node. For the system's own work.
func (s Session) Concerned(ctx context.Context, changes []Change) ([]Concern, error) {
	if s.r == nil || s.actor.Kind != access.System {
		return nil, &Refused{Why: "the log of changes is for the system's own work"}
	}
	last, wide := map[store.Key]Seq{}, Seq(0)
	for _, c := range changes {
		switch {
		case c.Key.PatientNumber() != 0:
			last[c.Key.Patient()] = c.Seq
		case c.Version > 1 && (c.Type == "Medication" || c.Type == "Organization"):
			// A name that many records use was changed: what a medicine is, whom a consent names.
			wide = c.Seq
		}
	}
	var out []Concern
	err := s.r.store.View(ctx, func(v *store.View) error {
		for key, seq := range last {
			keys, err := s.r.samePerson(v, key)
			if err != nil {
				return err
			}
			for _, k := range keys {
				site := s.r.siteNo(k.Site())
				if site == nil || !site.Local {
					continue
				}
				row, err := v.GetKey(k)
				var gone *store.ErrGone
				if errors.Is(err, ErrNotFound) {
					continue // others refer to a patient who is not there yet
				}
				if err != nil && !errors.As(err, &gone) {
					return err
				}
				out = append(out, Concern{site, row.ID, seq})
			}
		}
		return nil
	})
	if wide > 0 { // whose records use it at which site is not looked up: it is rare
		for _, of := range s.r.Sites() {
			if of.Local {
				out = append(out, Concern{Site: of, Seq: wide})
			}
		}
	}
	return out, err
}

// samePerson are the Patient keys of the person that a record is of, its own
// first: who is linked to it, and what was merged with any of them.
func (r *Records) samePerson(v *store.View, key store.Key) ([]store.Key, error) {
	m := r.merged()
	keys := m.together(key.Patient())
	seen := map[store.Key]bool{}
	for i := 0; i < len(keys); i++ {
		seen[keys[i]] = true
		mine, err := v.PersonOf(keys[i])
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rows, err := v.Links(mine.Person)
		if err != nil {
			return nil, err
		}
		for _, l := range rows {
			if seen[l.Patient] {
				continue
			}
			for _, k := range m.together(l.Patient) {
				if !seen[k] {
					seen[k] = true
					keys = append(keys, k)
				}
			}
		}
	}
	return keys, nil
}

// Not every change of what a site sees of a person is in the log of changes:
// links are not, nor what another node answered. Such a record is marked as
// touched, in the same transaction, until Keep has something newer of it.

func touchedKind(slug string) string { return "touched:" + slug }

// around are all records of the persons that some records are of.
func (r *Records) around(v *store.View, keys ...store.Key) (out []store.Key, err error) {
	for _, k := range keys {
		same, err := r.samePerson(v, k)
		if err != nil {
			return nil, err
		}
		out = append(out, same...)
	}
	return out, nil
}

// touch marks the records of the persons that some records are of now, at the
// node's own sites. Who was one with them before is to be among the keys.
func (r *Records) touch(tx *store.Tx, keys ...store.Key) error {
	done := map[store.Key]bool{}
	for _, key := range keys {
		same, err := r.samePerson(&tx.View, key)
		if err != nil {
			return err
		}
		for _, k := range same {
			site := r.siteNo(k.Site())
			if done[k] || site == nil || !site.Local {
				continue
			}
			done[k] = true
			row, err := tx.GetKey(k)
			if err != nil {
				continue // not there: nothing is kept of it
			}
			if err := mark(tx, site, row.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepAnswer keeps what a site said about a patient of this one, and marks that
// patient when it says something else than before.
func (s Session) keepAnswer(tx *store.Tx, patient string, a Answer) error {
	was, err := s.answer(&tx.View, patient, a.Site)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if err := tx.PutDoc(answerDocs, s.site.Slug+"/"+patient+"/"+a.Site, body); err != nil {
		return err
	}
	if was.State == a.State && was.Withheld == a.Withheld && was.Patient == a.Patient && was.When.IsZero() == a.When.IsZero() {
		return nil
	}
	if !s.site.Local {
		return nil
	}
	return mark(tx, s.site, patient)
}

// mark marks a patient. Each mark has a number of its own, so that none is taken
// for one before it.
func mark(tx *store.Tx, site *Site, patient string) error {
	return tx.PutDoc(touchedKind(site.Slug), patient, strconv.AppendInt(nil, rand.Int64(), 36))
}

// Touched are the patients of the session's site that are marked, each with its
// mark. For the system's own work.
func (s Session) Touched(ctx context.Context) (map[string]string, error) {
	if err := s.follows("touched"); err != nil {
		return nil, err
	}
	out := map[string]string{}
	err := s.r.store.View(ctx, func(v *store.View) error {
		docs, err := v.ListDocs(touchedKind(s.site.Slug), "")
		for _, d := range docs {
			out[d.ID] = string(d.Body)
		}
		return err
	})
	return out, err
}

// Kept is what a follower of the log keeps of one patient of the session's site.
type Kept struct {
	Patient string
	Body    []byte // empty: nothing is kept any more
	Touched string // the mark that it answers; empty: none
}

// MaxKept bounds what is kept of one patient, in bytes.
const MaxKept = 64 << 10

// KeptParts is in how many parts KeptIn gives what is kept, so that nobody has to
// hold all of it.
const KeptParts = 64

func keptID(patient string) string {
	h := fnv.New32a()
	h.Write([]byte(patient))
	return fmt.Sprintf("%02x/%s", h.Sum32()%KeptParts, patient)
}

func (s Session) keptKind(name string) string { return "kept-" + name + ":" + s.actor.Site }

// Keep keeps what a follower worked out of patients of the session's site, in one
// transaction: all of it or nothing. A mark of Touched that was set again since
// stays.
func (s Session) Keep(ctx context.Context, name string, list []Kept) error {
	if err := s.follows(name); err != nil {
		return err
	}
	for _, k := range list {
		if len(k.Body) > MaxKept {
			return invalid("too-long", "", "what is kept of a patient is too long")
		}
	}
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error {
		for _, k := range list {
			var err error
			if len(k.Body) == 0 {
				err = tx.DeleteDoc(s.keptKind(name), keptID(k.Patient))
			} else {
				err = tx.PutDoc(s.keptKind(name), keptID(k.Patient), k.Body)
			}
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			if k.Touched == "" {
				continue
			}
			d, err := tx.Doc(touchedKind(s.site.Slug), k.Patient)
			if err == nil && string(d.Body) == k.Touched {
				err = tx.DeleteDoc(touchedKind(s.site.Slug), k.Patient)
			}
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return err
}

// KeptIn is one part, from 0 to KeptParts-1, of what a follower keeps.
func (s Session) KeptIn(ctx context.Context, name string, part int) ([]Kept, error) {
	if err := s.follows(name); err != nil {
		return nil, err
	}
	var out []Kept
	err := s.r.store.View(ctx, func(v *store.View) error {
		docs, err := v.ListDocs(s.keptKind(name), fmt.Sprintf("%02x/", part))
		for _, d := range docs {
			_, id, _ := strings.Cut(d.ID, "/")
			out = append(out, Kept{Patient: id, Body: d.Body})
		}
		return err
	})
	return out, err
}

// Patients are ids of the session's site, in the order of their keys, after a
// place that was given with the ones before; next is empty at the end. For the
// system's own work: it notes nothing and shows nothing of them.
func (s Session) Patients(ctx context.Context, after string, max int) (ids []string, next string, err error) {
	if err := s.follows("patients"); err != nil {
		return nil, "", err
	}
	from := store.SiteRange(s.site.No)
	at := from.From - 1
	if after != "" {
		n, err := strconv.ParseInt(after, 36, 64)
		if err != nil {
			return nil, "", ErrBadCursor
		}
		at = store.Key(n)
	}
	q, err := ask("Patient", "")
	if err != nil {
		return nil, "", err
	}
	q.Count = max
	err = s.r.store.View(ctx, func(v *store.View) error {
		res, err := v.Search(store.Scope{Ranges: []store.KeyRange{{From: at + 1, To: from.To}}, Types: []string{"Patient"}}, q)
		if err != nil {
			return err
		}
		for _, row := range res.Matches {
			at = row.Key
			if s.Standing(row.ID) == row.ID { // what was merged into another is that one's
				ids = append(ids, row.ID)
			}
		}
		if res.Next != "" {
			next = strconv.FormatInt(int64(at), 36)
		}
		return nil
	})
	return ids, next, err
}

// TermsEnd is when consents next begin or end to say something about what this
// site sees of a patient's records at the node's other sites; zero: never. For
// the system's own work.
func (s Session) TermsEnd(ctx context.Context, patient string) (next time.Time, err error) {
	if err := s.follows("terms"); err != nil {
		return next, err
	}
	now := s.r.now()
	sooner := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	var look func(list []access.Consent)
	look = func(list []access.Consent) {
		for _, c := range list {
			sooner(c.From)
			sooner(c.To)
			look(c.Except)
		}
	}
	err = s.r.store.View(ctx, func(v *store.View) error {
		own, err := v.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		keys, err := s.r.samePerson(v, own.Key)
		if err != nil {
			return err
		}
		for _, k := range slices.DeleteFunc(keys, func(k store.Key) bool { return k.Site() == s.site.No }) {
			site := s.r.siteNo(k.Site())
			if site == nil || !site.Local {
				continue
			}
			row, err := v.GetKey(k)
			if err != nil {
				continue
			}
			list, err := s.consents(v, site, row)
			if err != nil {
				continue // what cannot be read permits nothing, at any time
			}
			look(list)
		}
		return nil
	})
	return next, err
}
