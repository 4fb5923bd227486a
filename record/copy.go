package record

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

// Copy is one version of another site's resource as it was received.
type Copy struct {
	Type, ID string
	Body     *fhir.Doc // nil: it was deleted there, or is no longer disclosed
	Version  string    // at the source
	Updated  time.Time // at the source
	Author   string
}

// Receive keeps copies of a source site's facts about one person, and what the
// source answered, in one transaction. Only package exchange does this, as
// access.System at the asking site. Copies are never edited here; a newer
// version from the source replaces an older one, whatever route it came by,
// and an older never a newer. With whole, what of the patient's record at the
// source is not among the copies is forgotten: the source no longer discloses it.
func (s Session) Receive(ctx context.Context, source *Site, patient string, a Answer, copies []Copy, whole bool) error {
	if _, err := s.decide(access.Copy, "", ""); err != nil {
		return err
	}
	if source == nil || source.Local {
		return invalid("business-rule", "", "copies are kept of other nodes' sites only")
	}
	type ready struct {
		Copy
		p *store.Prepared
	}
	puts := make([]ready, 0, len(copies))
	for _, c := range copies {
		r := ready{Copy: c}
		if c.Body != nil {
			doc, err := fhir.Parse(fhir.WithoutServerMeta(c.Body.Root()))
			if err != nil {
				return err
			}
			if doc, err = fhir.Parse(fhir.Compact(doc.Bytes())); err != nil {
				return err
			}
			ex, err := search.Extract(doc.Root())
			if err != nil {
				return err
			}
			r.p = store.Prepare(doc.Root(), ex)
		}
		puts = append(puts, r)
	}
	answer, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = s.r.store.Update(ctx, func(tx *store.Tx) error {
		kept := map[store.Key]bool{}
		for _, c := range puts {
			old, err := tx.Get(source.No, c.Type, c.ID)
			var gone *store.ErrGone
			if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.As(err, &gone) {
				return err
			}
			have := err == nil
			if have && c.p != nil && (old.Updated.After(c.Updated) || old.SourceVersion == c.Version && string(old.Body()) == string(c.p.Body)) {
				kept[old.Key] = true
				continue
			}
			opt := store.PutOptions{IfVersion: store.AnyVersion, Author: c.Author, Updated: c.Updated, SourceVersion: c.Version, Lenient: true}
			switch {
			case c.p == nil && have:
				if _, err := tx.Delete(source.No, c.Type, c.ID, opt); err != nil {
					return err
				}
			case c.p != nil:
				row, err := tx.Put(source.No, c.ID, c.p, opt)
				if err != nil {
					return err
				}
				kept[row.Key] = true
			}
		}
		if whole {
			if err := forget(tx, source, a.Patient, kept); err != nil {
				return err
			}
		}
		if err := tx.PutDoc(answerDocs, s.site.Slug+"/"+patient+"/"+source.Slug, answer); err != nil {
			return err
		}
		return audit.Append(tx, s.r.now(), s.event(audit.Event{Action: "receive", Type: "Patient", ID: patient, Count: len(copies), Recipient: s.site.Slug, Why: "from " + source.Slug}))
	})
	return err
}

func forget(tx *store.Tx, source *Site, patient string, kept map[store.Key]bool) error {
	key, err := tx.Key(source.No, "Patient", patient)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	after := key - 1
	for {
		rows, err := tx.Range(store.PatientRange(key), nil, after, 1000)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			after = r.Key
			if !kept[r.Key] {
				if _, err := tx.Delete(source.No, r.Type, r.ID, store.PutOptions{IfVersion: store.AnyVersion, Author: "no longer disclosed"}); err != nil {
					return err
				}
			}
		}
	}
}

// SaveAnswer keeps what a site said when there is nothing to receive: a
// refusal, a failure, a person unknown there.
func (s Session) SaveAnswer(ctx context.Context, patient string, a Answer) error {
	if _, err := s.decide(access.Copy, "", ""); err != nil {
		return err
	}
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = s.r.store.Update(ctx, func(tx *store.Tx) error {
		return tx.PutDoc(answerDocs, s.site.Slug+"/"+patient+"/"+a.Site, body)
	})
	return err
}

// Version is one change of a patient's record, as a peer is told it.
type Version struct {
	Resource
	Gone bool // deleted, or no longer to be seen by who asks
}

// PatientChanges are the resources of a patient's record that changed after a
// place in the log, as this session may see them: the current versions in the
// order of their last change, each once. Hidden resources look like nothing at
// all. next is where to go on; terms changes when consent or law changed what
// this actor may see, so that the asker begins anew.
func (s Session) PatientChanges(ctx context.Context, patient string, after store.Seq, max int) (out []Version, next store.Seq, terms string, err error) {
	d, err := s.decide(access.Export, "Patient", patient)
	if err != nil {
		return nil, 0, "", err
	}
	var key store.Key
	err = s.r.store.View(ctx, func(v *store.View) error {
		w, err := s.window(v, d, "")
		if err != nil {
			return err
		}
		own, err := v.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		if !w.within(own) {
			return &Refused{Why: "withheld at the patient's direction"}
		}
		key = own.Key
		terms = strconv.FormatUint(w.scope.DenyAt[s.site.No]|w.scope.Deny, 36)
		rows, err := v.ChangedIn(store.PatientRange(own.Key), after, max)
		if err != nil {
			return err
		}
		var shown []store.Row
		for _, row := range rows {
			next = row.Seq
			if row.Deleted {
				out = append(out, Version{Resource: s.resource(row), Gone: true})
				continue
			}
			if !w.sees(row) {
				continue
			}
			out = append(out, Version{Resource: s.resource(row)})
			shown = append(shown, row)
		}
		page := &Page{}
		if err := w.outward(v, shown, Everything{}, page); err != nil {
			return err
		}
		for _, res := range page.Included {
			out = append(out, Version{Resource: res})
		}
		return nil
	})
	if next == 0 {
		next = after
	}
	e := audit.Event{Action: "disclose", Type: "Patient", ID: patient, Key: key, Count: len(out), Recipient: s.actor.ID, Outcome: outcome(err)}
	if noteErr := s.Note(ctx, e); noteErr != nil { // what leaves is noted before it leaves
		return nil, 0, "", noteErr
	}
	return out, next, terms, err
}

// Changes are the changes of the node after a place in its log, for the
// system's own work. It tells which resources changed, not what they say.
func (s Session) Changes(ctx context.Context, after store.Seq, max int) ([]Change, error) {
	if s.actor.Kind != access.System {
		return nil, &Refused{Why: "the log of changes is for the system's own work"}
	}
	var out []Change
	err := s.r.store.View(ctx, func(v *store.View) (err error) {
		out, err = v.Changes(after, max)
		return err
	})
	return out, err
}
