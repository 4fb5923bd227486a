package record

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/search"
	"wholechart/store"
)

// Read is the current version of a resource. Errors: *Refused,
// store.ErrNotFound, *store.ErrGone when it was deleted.
func (s Session) Read(ctx context.Context, typ, id string) (Resource, error) {
	d, err := s.decide(access.Read, typ, id)
	if err != nil {
		return Resource{}, err
	}
	var out Resource
	if s.lens == access.EMR && d.Patients == nil {
		out, err = s.latest(ctx, d, typ, id)
		return out, s.read("read", typ, id, out.key, err)
	}
	var w *window
	err = s.r.store.View(ctx, func(v *store.View) (err error) {
		if w, err = s.window(v, d, ""); err != nil {
			return err
		}
		out, err = w.get(v, typ, id)
		return err
	})
	key := out.key
	if err == nil {
		err = w.disclosed(ctx, typ)
		if len(w.panes) > 0 { // it is of a patient of this site, whosever fact it is
			key = w.panes[0].key
		}
	}
	if err = s.read("read", typ, id, key, err); err != nil {
		return Resource{}, err
	}
	return out, nil
}

// latest reads from a chart for a decision that no patient's row is needed to
// apply, so that the store may answer from memory. What it gives is looked at
// as every row is.
func (s Session) latest(ctx context.Context, d access.Decision, typ, id string) (Resource, error) {
	w := &window{s: s, d: d}
	w.scope.Ranges = []store.KeyRange{store.SiteRange(s.site.No)}
	w.scope.Deny = uint64(d.Labels | d.Kinds)
	row, text, err := s.r.store.Latest(ctx, s.site.No, typ, id)
	if err != nil {
		return Resource{}, err
	}
	if !w.sees(row) {
		return Resource{}, store.ErrNotFound
	}
	return s.of(row, text), nil
}

// ReadVersion is a version of a resource, current or past, of who may see both
// it and the current one: what became sensitive is so in its past.
func (s Session) ReadVersion(ctx context.Context, typ, id, version string) (Resource, error) {
	d, err := s.decide(access.Read, typ, id)
	if err != nil {
		return Resource{}, err
	}
	n, err := strconv.Atoi(version)
	if err != nil || n < 1 {
		return Resource{}, store.ErrNotFound
	}
	var out Resource
	err = s.r.store.View(ctx, func(v *store.View) error {
		w, err := s.window(v, d, "")
		if err != nil {
			return err
		}
		site, own := w.place(id)
		if site == nil {
			return store.ErrNotFound
		}
		var gone *store.ErrGone
		current, err := v.Get(site.No, typ, own)
		if err != nil && !errors.As(err, &gone) {
			return err
		}
		row, err := v.Version(site.No, typ, own, n)
		if err != nil && !errors.As(err, &gone) {
			return err
		}
		if !w.sees(current) || !w.sees(row) {
			return store.ErrNotFound
		}
		if err == nil {
			out = w.show(row)
		}
		return err
	})
	return out, s.read("vread", typ, id, out.key, err)
}

// read notes a read and passes its error on.
func (s Session) read(action, typ, id string, key store.Key, err error) error {
	e := audit.Event{Action: action, Type: typ, ID: id, Key: key.Patient(), Count: 1}
	if err != nil {
		e.Outcome, e.Why, e.Count = audit.Failed, kindOf(err), 0
	}
	s.note(e)
	return err
}

// HistoryQuery asks for versions: of one resource, of a type (ID empty) or of
// everything (Type empty), http://hl7.org/fhir/R4/http.html#history.
type HistoryQuery struct {
	Type, ID string
	Since    time.Time // versions made at or after
	At       time.Time // the versions that were current then
	Count    int
	After    string // place to go on from
}

// Page is one page of an answer.
type Page struct {
	Matches  []Resource
	Included []Resource
	Next     string // place to go on from; empty at the end
	Total    int    // -1: not counted
	Missing  []Gap  // of the whole record: what this answer could not see
}

// Gap is a site whose facts an answer may lack, and why.
type Gap struct {
	Site *Site
	Why  string
}

// History lists versions, newest first. Only the chart has one: a whole
// record's history is its sources'.
func (s Session) History(ctx context.Context, q HistoryQuery) (*Page, error) {
	d, err := s.decide(access.History, q.Type, q.ID)
	if err != nil {
		return nil, err
	}
	if s.lens != access.EMR {
		return nil, invalid("not-supported", "", "history is of a chart: ask the source site's")
	}
	page := &Page{Total: -1}
	err = s.r.store.View(ctx, func(v *store.View) error {
		w, err := s.window(v, d, "")
		if err != nil {
			return err
		}
		rows, next, err := v.History(w.scope, store.HistoryFilter{Type: q.Type, ID: q.ID, Since: q.Since, At: q.At, Count: q.Count, After: q.After})
		if err != nil {
			return err
		}
		page.Next = next
		for _, row := range rows {
			page.Matches = append(page.Matches, w.show(row))
		}
		return nil
	})
	if err == nil && q.ID != "" && len(page.Matches) == 0 && q.After == "" && q.Since.IsZero() && q.At.IsZero() {
		err = store.ErrNotFound
	}
	s.note(audit.Event{Action: "history", Type: q.Type, ID: q.ID, Key: page.about(), Count: len(page.Matches), Outcome: outcome(err)})
	return page, err
}

// about is the patient whom everything on a page is about, leaving out what is
// of no patient; 0 when there are several or none.
func (p *Page) about() (k store.Key) {
	for _, list := range [][]Resource{p.Matches, p.Included} {
		for _, res := range list {
			switch of := res.key.Patient(); {
			case of.PatientNumber() == 0 || of == k:
			case k != 0:
				return 0
			default:
				k = of
			}
		}
	}
	return k
}

// disclosed notes in the logs of this node's other sites what of theirs was
// shown, and returns when that is durable: before it leaves (docs/adr/0003).
func (w *window) disclosed(ctx context.Context, typ string) error {
	if len(w.told) == 0 {
		return nil
	}
	events := make([]audit.Event, 0, len(w.told))
	for _, p := range w.panes {
		if n := w.told[p.key]; n > 0 {
			e := w.s.event(audit.Event{Action: "disclose", Type: typ, Key: p.key, Count: n, Recipient: w.s.site.Slug})
			e.Site, e.SiteNo = p.site.Slug, p.site.No
			events = append(events, e)
		}
	}
	return w.s.r.log.Write(ctx, events...)
}

func outcome(err error) audit.Outcome {
	var refused *Refused
	switch {
	case err == nil:
		return audit.OK
	case errors.As(err, &refused):
		return audit.Refused
	}
	return audit.Failed
}

// Search answers a search. Through the whole record it must be about one
// patient (patient=, subject=, …) or look for a Patient of this site.
func (s Session) Search(ctx context.Context, q *search.Query) (*Page, error) {
	d, err := s.decide(access.Search, q.Type, "")
	if err != nil {
		return nil, err
	}
	var page *Page
	var patient store.Key
	var w *window
	err = s.r.store.View(ctx, func(v *store.View) (err error) {
		id := ""
		if s.lens == access.EHR && q.Patient != nil {
			id = q.Patient.ID
		}
		if w, err = s.window(v, d, id); err != nil {
			return err
		}
		if q.Patient != nil {
			if k, err := v.Key(s.site.No, "Patient", q.Patient.ID); err == nil {
				patient = k
			}
		}
		page, err = w.search(v, q)
		return err
	})
	if err == nil {
		err = w.disclosed(ctx, q.Type)
	}
	e := audit.Event{Action: "search", Type: q.Type, Key: patient, Outcome: outcome(err), Params: names(q)}
	if page != nil {
		e.Count = len(page.Matches) + len(page.Included)
		if patient == 0 {
			e.Key = page.about()
		}
	}
	s.note(e)
	if err != nil {
		return nil, err
	}
	return page, nil
}

func names(q *search.Query) []string {
	var out []string
	for name := range q.Understood {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Everything asks for all of one patient's record.
type Everything struct {
	Patient string
	Types   []string
	Since   time.Time
	Count   int    // resources a page; 0: as many as MaxEverything
	After   string // place to go on from
}

// MaxEverything bounds one page of Everything.
const MaxEverything = 10000

// Everything is the patient's compartment in the order it was written, and
// what it refers to that belongs to no patient
// (http://hl7.org/fhir/R4/operation-patient-everything.html).
func (s Session) Everything(ctx context.Context, q Everything) (*Page, error) {
	d, err := s.decide(access.Export, "Patient", q.Patient)
	if err != nil {
		return nil, err
	}
	if q.Count <= 0 || q.Count > MaxEverything {
		q.Count = MaxEverything
	}
	page := &Page{Total: -1}
	var patient Resource
	var w *window
	err = s.r.store.View(ctx, func(v *store.View) (err error) {
		if w, err = s.window(v, d, q.Patient); err != nil {
			return err
		}
		if patient, err = w.get(v, "Patient", q.Patient); err != nil {
			return err
		}
		return w.everything(v, q, page)
	})
	if err == nil {
		err = w.disclosed(ctx, "Patient")
	}
	s.note(audit.Event{Action: "export", Type: "Patient", ID: q.Patient, Key: patient.key, Count: len(page.Matches), Outcome: outcome(err)})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// author is whose name new versions carry.
func (s Session) author() string {
	if s.actor.Who != "" {
		return s.actor.Who
	}
	return s.actor.Kind.String() + ":" + s.actor.ID
}

// resource shows a row of the session's own chart.
func (s Session) resource(row store.Row) Resource {
	var text []byte
	if !row.Deleted && row.Type != "" {
		text = row.Resource()
	}
	return s.of(row, text)
}

// of is resource with the row's text made already.
func (s Session) of(row store.Row, text []byte) Resource {
	return Resource{Type: row.Type, ID: row.ID, Version: strconv.Itoa(row.Version), Updated: row.Updated, Deleted: row.Deleted,
		Seq: row.Seq, Site: s.site, Author: row.Author, key: row.Key, Body: text}
}

// All are the current versions of everything in the session's chart, in the
// order of their keys, for an export. It reads in steps, so that what is
// written meanwhile may or may not be among them.
func (s Session) All(ctx context.Context) iter.Seq2[Resource, error] {
	return func(yield func(Resource, error) bool) {
		d, err := s.decide(access.Export, "", "")
		if err == nil && (s.lens != access.EMR || d.Patients != nil || s.actor.Kind != access.System && s.actor.Role != access.Admin) {
			err = &Refused{Why: "a site's whole chart is exported by its administrator"}
			s.note(audit.Event{Action: "export", Outcome: audit.Refused, Why: "a whole chart"})
		}
		if err != nil {
			yield(Resource{}, err)
			return
		}
		count := 0
		rng := store.SiteRange(s.site.No)
		after := rng.From - 1
		for {
			const step = 1000
			var rows []store.Row
			err := s.r.store.View(ctx, func(v *store.View) (err error) {
				rows, err = v.Range(rng, allowedTypes(d), after, step)
				return err
			})
			if err != nil {
				yield(Resource{}, err)
				return
			}
			for _, row := range rows {
				after = row.Key
				if row.Labels&uint64(d.Labels|d.Kinds) != 0 {
					continue
				}
				if count++; !yield(s.resource(row), nil) {
					s.note(audit.Event{Action: "export", Count: count, Outcome: audit.Failed, Why: "ended early"})
					return
				}
			}
			if len(rows) < step {
				break
			}
		}
		s.note(audit.Event{Action: "export", Count: count})
	}
}
