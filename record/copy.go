package record

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
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
	slices.SortStableFunc(puts, func(a, b ready) int { // what it is about comes before a Provenance
		return cmp.Compare(last(a.Type), last(b.Type))
	})
	said := said{m: &s.r.merges}
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error {
		kept, facts := map[store.Key]bool{}, a.Facts
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
				if c.Type == "Patient" {
					said.note(old.Key, c.ID, old.Body(), nil)
				}
				if old.Key.PatientNumber() != 0 {
					facts--
				}
			case c.p != nil:
				if ok, err := s.tellsOf(tx, source, a.Patient, kept, c.p.Index.About); err != nil {
					return err
				} else if !ok {
					continue
				}
				row, err := tx.Put(source.No, c.ID, c.p, opt)
				if err != nil {
					return err
				}
				kept[row.Key] = true
				if c.Type == "Patient" {
					said.note(row.Key, c.ID, old.Body(), c.p.Body)
				}
				if !have && row.Key.PatientNumber() != 0 {
					facts++
				}
			}
		}
		if whole {
			facts = 0
			for k := range kept {
				if k.PatientNumber() != 0 {
					facts++
				}
			}
			if err := s.forget(tx, &said, source, patient, a, kept); err != nil {
				return err
			}
		}
		told := a
		told.Facts = max(facts, 0)
		told.Site = source.Slug
		if err := s.keepAnswer(tx, patient, told); err != nil {
			return err
		}
		key, err := tx.Key(s.site.No, "Patient", patient)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return audit.Append(tx, s.r.now(), s.event(audit.Event{Action: "receive", Type: "Patient", ID: patient, Key: key, Count: len(copies), Recipient: s.site.Slug, Why: "from " + source.Slug}))
	})
	said.end(err)
	return err
}

// last orders copies: a Provenance has its place by what it is about.
func last(typ string) int {
	if typ == "Provenance" {
		return 1
	}
	return 0
}

// tellsOf says whether a copy of a Provenance is to be kept: all that it is about is
// here, and in the record that the answer is about or in nobody's.
func (s Session) tellsOf(tx *store.Tx, source *Site, patient string, kept map[store.Key]bool, about []search.Ref) (bool, error) {
	if len(about) == 0 {
		return true, nil
	}
	of, err := tx.Key(source.No, "Patient", patient)
	if err != nil {
		return false, ignore(err)
	}
	together, found := s.r.merged().together(of), false
	for _, r := range about {
		k, err := tx.Key(source.No, r.Type, r.ID)
		if err != nil {
			return false, ignore(err)
		}
		if k.PatientNumber() == 0 {
			continue
		}
		if !slices.Contains(together, k.Patient()) && !kept[k.Patient()] { // a record merged with it comes with its Patient
			return false, nil
		}
		found = true
	}
	return found, nil
}

// ignore is nil for what is not there.
func ignore(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// forget deletes the copies of a patient's record that an answer a no longer
// holds and that no other site of this node was told of.
func (s Session) forget(tx *store.Tx, said *said, source *Site, own string, a Answer, kept map[store.Key]bool) error {
	key, err := tx.Key(source.No, "Patient", a.Patient)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, k := range s.r.merged().together(key) {
		if err := s.forgetRecord(tx, said, source, k, own, a, k == key || kept[k], kept); err != nil {
			return err
		}
	}
	return nil
}

// forgetRecord is forget of one record; answered says that a is about it, and
// not only about one that it was merged with.
func (s Session) forgetRecord(tx *store.Tx, said *said, source *Site, key store.Key, own string, a Answer, answered bool, kept map[store.Key]bool) error {
	patient, err := tx.GetKey(key)
	if err != nil {
		patient.ID = a.Patient
	}
	others, err := s.told(tx, source, key, own, patient.ID)
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
			gone := answered && !a.When.IsZero() && r.Labels&a.Withheld == 0 // it would have been among the copies
			if kept[r.Key] || !gone && slices.ContainsFunc(others, func(withheld uint64) bool { return r.Labels&withheld == 0 }) {
				continue
			}
			if _, err := tx.Delete(source.No, r.Type, r.ID, store.PutOptions{IfVersion: store.AnyVersion, Author: "no longer disclosed"}); err != nil {
				return err
			}
			if r.Type == "Patient" {
				said.note(r.Key, r.ID, r.Body(), nil)
			}
		}
	}
}

// told are the labels that a source withholds from each other site of this node
// that it told about a person.
func (s Session) told(tx *store.Tx, source *Site, key store.Key, own, there string) ([]uint64, error) {
	mine, err := tx.PersonOf(key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	links, err := tx.Links(mine.Person)
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, l := range links {
		site := s.r.siteNo(l.Patient.Site())
		if site == nil || !site.Local {
			continue
		}
		row, err := tx.GetKey(l.Patient)
		if err != nil || site == s.site && row.ID == own {
			continue
		}
		body, err := tx.GetDoc(answerDocs, site.Slug+"/"+row.ID+"/"+source.Slug)
		if err != nil {
			continue
		}
		var a Answer
		if err := json.Unmarshal(body, &a); err != nil {
			return nil, err
		}
		if !a.When.IsZero() && a.Patient == there {
			out = append(out, a.Withheld)
		}
	}
	return out, nil
}

// SaveAnswer keeps what a site said when there is nothing to receive: a
// refusal, a failure, a person unknown there.
func (s Session) SaveAnswer(ctx context.Context, patient string, a Answer) error {
	if _, err := s.decide(access.Copy, "", ""); err != nil {
		return err
	}
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error { return s.keepAnswer(tx, patient, a) })
	return err
}

// Version is one change of a patient's record, as a peer is told it.
type Version struct {
	Resource
	Gone bool // deleted, or no longer to be seen by who asks
}

// ChangesPage is one page of a patient's changes.
type ChangesPage struct {
	Versions []Version
	Next     store.Seq // where to go on
	More     bool      // there is more after Next already
	Terms    string    // changes when consent or law changed what this actor may see, so that the asker begins anew
	Withheld uint64    // sensitivity labels of what this actor may not see
	Together []string  // the ids of all Patients that are one record with this one
}

// changedIn is View.ChangedIn of several ranges.
func changedIn(v *store.View, in []store.KeyRange, after store.Seq, max int) ([]store.Row, error) {
	var out []store.Row
	for _, r := range in {
		rows, err := v.ChangedIn(r, after, max)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	if len(in) > 1 {
		slices.SortFunc(out, func(a, b store.Row) int { return cmp.Compare(a.Seq, b.Seq) })
		out = out[:min(len(out), max)]
	}
	return out, nil
}

// PatientChanges are the resources of a patient's record that changed after a
// place in the log, as this session may see them; see PatientChangesPage.
func (s Session) PatientChanges(ctx context.Context, patient string, after store.Seq, max int) (out []Version, next store.Seq, terms string, err error) {
	p, err := s.PatientChangesPage(ctx, patient, after, max)
	if err != nil {
		return nil, 0, "", err
	}
	return p.Versions, p.Next, p.Terms, nil
}

// pageBytes is how many bytes of bodies end a page of changes early: together with
// one more file of 20 MB (28 MB as base64) it is what an asker still parses
// (fhir.DefaultLimits, 32 MB).
const pageBytes = 3 << 20

// PatientChangesPage are the resources of a patient's record that changed after
// a place in the log, as this session may see them: the current versions in the
// order of their last change, each once, and what they refer to that belongs to
// no patient. Hidden resources look like nothing at all; one that was to be seen
// in an earlier version looks deleted.
func (s Session) PatientChangesPage(ctx context.Context, patient string, after store.Seq, max int) (*ChangesPage, error) {
	d, err := s.decide(access.Export, "Patient", patient)
	if err != nil {
		return nil, err
	}
	var key store.Key
	over := false // the patient's refusal, which an emergency overrides
	p := &ChangesPage{Next: after}
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
		if s.actor.Purpose == access.Emergency {
			usual := s
			usual.actor.Purpose = access.Treatment
			_, over = usual.release(v, s.site, own)
		}
		p.Withheld = w.scope.DenyAt[s.site.No] | w.scope.Deny
		p.Terms = strconv.FormatUint(p.Withheld, 36) + s.merged().terms(own.Key)
		in := s.ranges(v, own, p.Withheld)
		p.Together = s.merged().within(in, patient)
		shown, err := w.changed(v, in, after, max, p)
		if err != nil {
			return err
		}
		page := &Page{}
		if err := w.outward(v, shown, Everything{}, page); err != nil {
			return err
		}
		for _, res := range page.Included {
			p.Versions = append(p.Versions, Version{Resource: res})
		}
		return nil
	})
	e := audit.Event{Action: "disclose", Type: "Patient", ID: patient, Key: key, Count: len(p.Versions), Recipient: s.actor.ID, Outcome: outcome(err)}
	if over {
		e.Why = "emergency, over the patient's refusal"
	}
	if noteErr := s.Note(ctx, e); noteErr != nil { // what leaves is noted before it leaves
		return nil, noteErr
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// changesAtOnce is how many changed rows are read at once.
const changesAtOnce = 4000

// changed fills a page with what the window shows of the rows that changed after a
// place in the log, and says which they are. Where it goes on, and whether there is
// more, tells of nothing that is hidden: neither the place of a hidden change nor that
// there is one.
func (w *window) changed(v *store.View, in []store.KeyRange, after store.Seq, max int, p *ChangesPage) (shown []store.Row, err error) {
	size, files := 0, map[store.Key]bool{}
	for {
		rows, err := changedIn(v, in, after, changesAtOnce)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			after = row.Seq
			seen := !row.Deleted && w.sees(row)
			if !seen && !w.saw(v, row) {
				continue
			}
			if len(p.Versions) >= max || size >= pageBytes { // a few files fill a page
				p.More = true
				return shown, nil
			}
			p.Next = row.Seq
			res := w.s.resource(row)
			size += len(res.Body)
			if !seen {
				res.Body = nil
			} else {
				shown = append(shown, row)
			}
			if !files[row.Key] {
				files[row.Key] = true
				p.Versions = append(p.Versions, Version{Resource: res, Gone: !seen})
			}
			more, err := w.withFiles(v, row, seen, files)
			if err != nil {
				return nil, err
			}
			for _, x := range more {
				size += len(x.Body)
				p.Versions = append(p.Versions, x)
			}
		}
		if len(rows) < changesAtOnce {
			return shown, nil
		}
	}
}

// saw says whether an earlier version of a row was one that the window shows.
func (w *window) saw(v *store.View, row store.Row) bool {
	for n := row.Version - 1; n > 0 && n > row.Version-maxPast; n-- {
		old, err := v.Version(row.Key.Site(), row.Type, row.ID, n)
		var gone *store.ErrGone
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return false
		}
		if w.sees(old) {
			return true
		}
	}
	return false
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
