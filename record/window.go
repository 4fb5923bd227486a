package record

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// A window is what one session may see at one snapshot: of a chart, the site's
// range of keys or some patients of it; of a whole record, one pane a patient
// record that is linked to the person.
type window struct {
	s     Session
	d     access.Decision
	v     *store.View
	scope store.Scope
	panes []pane
	files map[filesOf]map[string]bool // see hideFile

	reading bool              // rows are being read: see beforeReading
	told    map[store.Key]int // by Patient of another site of this node: how many of its resources were shown
}

// pane is one site's record of the person.
type pane struct {
	site    *Site
	key     store.Key     // of the Patient there
	patient string        // its id there
	deny    access.Labels // what the site withholds from this one
}

func (p pane) rng() store.KeyRange { return store.PatientRange(p.key) }

// window opens the session's view. Through the whole record, patient is the
// person's id at the session's own site; empty: of no particular person.
func (s Session) window(v *store.View, d access.Decision, patient string) (*window, error) {
	w := &window{s: s, d: d, v: v}
	var err error
	if w.scope, err = s.scope(v, d); err != nil {
		return nil, err
	}
	if s.lens == access.EMR || patient == "" {
		return w, nil
	}
	own, err := v.Get(s.site.No, "Patient", patient)
	if err != nil {
		return nil, err
	}
	if !w.within(own) {
		return nil, store.ErrNotFound
	}
	w.panes, err = s.panes(v, own)
	return w, err
}

// whole is the scope of a person's panes.
func (w *window) whole() store.Scope {
	sc := store.Scope{Types: withoutFiles(w.scope.Types), Deny: uint64(w.d.Kinds), DenyAt: map[store.SiteNo]uint64{}, Merged: w.scope.Merged}
	for _, p := range w.panes {
		sc.Ranges = append(sc.Ranges, p.rng())
		sc.Follow = append(sc.Follow, store.OwnRange(p.site.No))
		sc.Same = append(sc.Same, p.key)
		sc.DenyAt[p.site.No] |= uint64(p.deny)
		if (p.deny != 0 || !p.site.Local) && sc.OnlyAt == nil {
			sc.OnlyAt = map[string]store.SiteNo{"Provenance": w.s.site.No} // see hideProvenance
		}
	}
	slices.SortFunc(sc.Ranges, func(a, b store.KeyRange) int { return cmp.Compare(a.From, b.From) })
	slices.SortFunc(sc.Follow, func(a, b store.KeyRange) int { return cmp.Compare(a.From, b.From) })
	sc.Follow = slices.Compact(sc.Follow)
	return sc
}

// scope is what of the session's own site a decision opens.
func (s Session) scope(v *store.View, d access.Decision) (store.Scope, error) {
	sc := store.Scope{Types: allowedTypes(d), Deny: uint64(d.Kinds), Merged: s.merged().index}
	if d.Patients == nil {
		sc.Ranges = []store.KeyRange{store.SiteRange(s.site.No)}
		sc.Deny |= uint64(d.Labels)
		return sc, nil
	}
	sc.Types = withoutFiles(sc.Types)
	sc.Follow = []store.KeyRange{store.OwnRange(s.site.No)}
	sc.DenyAt = map[store.SiteNo]uint64{}
	for _, id := range d.Patients {
		row, err := v.Get(s.site.No, "Patient", id)
		var gone *store.ErrGone
		if errors.Is(err, store.ErrNotFound) || errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return sc, err
		}
		if s.actor.Kind == access.Peer {
			withhold, all := s.release(v, s.site, row)
			if all {
				continue
			}
			sc.DenyAt[s.site.No] |= uint64(withhold)
		}
		sc.Ranges = append(sc.Ranges, s.ranges(v, row, sc.DenyAt[s.site.No])...)
	}
	slices.SortFunc(sc.Ranges, func(a, b store.KeyRange) int { return cmp.Compare(a.From, b.From) })
	sc.Ranges = slices.Compact(sc.Ranges) // two of her records may be one
	return sc, nil
}

// withoutFiles are types without Binary; nil is all of them.
func withoutFiles(types []string) []string {
	if types == nil {
		types = fhir.ResourceTypes()
	}
	return slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "Binary" })
}

// allowedTypes are the resource types of a decision, nil for all.
func allowedTypes(d access.Decision) []string {
	all := fhir.ResourceTypes()
	n := 0
	for n < len(all) && d.Types != nil && d.Types(all[n]) {
		n++
	}
	if n == len(all) {
		return nil
	}
	out := append(make([]string, 0, len(all)), all[:n]...)
	for _, t := range all[n:] {
		if d.Types != nil && d.Types(t) {
			out = append(out, t)
		}
	}
	return out
}

// panes finds the records of the person whose patient at this site is own. A
// record of which another site may not tell this one is as if it were not there.
func (s Session) panes(v *store.View, own store.Row) ([]pane, error) {
	panes := []pane{{s.site, own.Key, own.ID, 0}}
	keys, err := s.r.person(v, s.merged(), own.Key)
	if err != nil {
		return nil, err
	}
	for _, k := range keys[1:] {
		site := s.r.siteNo(k.Site())
		if site == nil {
			continue
		}
		row, err := v.GetKey(k)
		if err != nil {
			continue
		}
		p := pane{site, row.Key, row.ID, 0}
		if site.Local && site != s.site {
			withhold, all := s.release(v, site, row)
			if all || row.Labels&uint64(withhold) != 0 {
				continue // that she is its patient is itself withheld (42 CFR 2.13(c))
			}
			p.deny = withhold
		}
		if !site.Local {
			a, ok := s.disclosedBy(v, own.ID, site, row)
			if !ok {
				continue // nothing of this record was ever disclosed to this site
			}
			p.deny = access.Labels(a.Withheld) & access.Sensitive // another site of this node may have been told more
		}
		if s.actor.Kind == access.Patient && site != s.site && !confirmed(v, own.Key, row.Key) {
			if row.Labels&uint64(access.Sensitive) != 0 {
				continue
			}
			p.deny = access.Sensitive
		}
		panes = append(panes, p)
	}
	return panes, nil
}

// chart is a patient's record in the site's own chart, and those that are one
// with it.
func (w *window) chart(own store.Row) []pane {
	panes := []pane{{w.s.site, own.Key, own.ID, 0}}
	if g := w.s.merged().group(own.Key); g != nil {
		for i, k := range g.keys {
			if k != own.Key {
				panes = append(panes, pane{w.s.site, k, g.ids[i], 0})
			}
		}
	}
	return panes
}

// disclosedBy is what another node's site said when it told of a record.
func (s Session) disclosedBy(v *store.View, patient string, site *Site, row store.Row) (Answer, bool) {
	for _, id := range s.Together(patient) { // who was asked about before a merge is asked about no more
		a, err := s.answer(v, id, site.Slug)
		if err != nil || a.When.IsZero() {
			continue
		}
		g := s.merged().group(row.Key)
		if a.Patient == row.ID || g != nil && slices.Contains(g.ids, a.Patient) {
			return a, true
		}
	}
	return Answer{}, false
}

// Answer is what another site last said when this site asked about a patient.
// Package exchange keeps it; the whole record shows it.
type Answer struct {
	Site    string    `json:"site"`              // who was asked
	State   string    `json:"state"`             // answered, refused, unreachable, unknown (knows no such person), review (a person must confirm)
	Asked   time.Time `json:"asked"`             // the last attempt
	When    time.Time `json:"when"`              // the last time it answered; zero: never
	Why     string    `json:"why,omitempty"`     // of a refusal or failure
	Patient string    `json:"patient,omitempty"` // the person's id there
	Cursor  string    `json:"cursor,omitempty"`  // where the next question goes on
	Facts   int       `json:"facts,omitempty"`   // resources received so far

	Since    time.Time `json:"since,omitzero"`     // of an unreachable site: since when
	Withheld uint64    `json:"withheld,omitempty"` // sensitivity labels that the site keeps from this one
}

const answerDocs = "answer"

func (s Session) answer(v *store.View, patient, source string) (Answer, error) {
	var a Answer
	body, err := v.GetDoc(answerDocs, s.site.Slug+"/"+patient+"/"+source)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(body, &a)
}

// Answers are what other sites last said about a patient of this site.
func (s Session) Answers(ctx context.Context, patient string) ([]Answer, error) {
	d, err := s.decide(access.Read, "Patient", patient)
	if err != nil {
		return nil, err
	}
	var out []Answer
	err = s.r.store.View(ctx, func(v *store.View) error {
		if err := s.mine(v, d, patient); err != nil {
			return err
		}
		docs, err := v.ListDocs(answerDocs, s.site.Slug+"/"+patient+"/")
		for _, d := range docs {
			var a Answer
			if err := json.Unmarshal(d.Body, &a); err != nil {
				return err
			}
			out = append(out, a)
		}
		return err
	})
	return out, err
}

// mine is store.ErrNotFound for a patient of the site whom the session may not
// see. To who sees the whole site, one who is not there has nothing to tell.
func (s Session) mine(v *store.View, d access.Decision, patient string) error {
	if d.Patients == nil {
		return nil
	}
	w, err := s.window(v, d, "")
	if err != nil {
		return err
	}
	_, err = w.get(v, "Patient", patient)
	return err
}

// within says whether a row of the session's own site is in its scope.
func (w *window) within(row store.Row) bool {
	for _, r := range w.scope.Ranges {
		if r.Contains(row.Key) && row.Labels&(w.scope.Deny|w.scope.DenyAt[row.Key.Site()]) == 0 {
			return w.d.Types(row.Type)
		}
	}
	return w.d.Patients != nil && row.Key.PatientNumber() == 0 && w.directory(row)
}

// sees says whether the window shows a row.
func (w *window) sees(row store.Row) bool {
	if row.Key.Site() == w.s.site.No && w.within(row) {
		return !w.follows(row, w.scope.Deny|w.scope.DenyAt[row.Key.Site()])
	}
	if w.s.lens == access.EMR || !w.d.Types(row.Type) {
		return false
	}
	if row.Key.PatientNumber() == 0 {
		return w.directory(row)
	}
	return slices.ContainsFunc(w.panes, func(p pane) bool {
		return p.rng().Contains(row.Key) && row.Labels&uint64(p.deny|w.d.Kinds) == 0 && !w.follows(row, uint64(p.deny|w.d.Kinds))
	})
}

// follows says whether a row is hidden because another one is: a file with the
// document that names it, a Provenance with what it is about.
func (w *window) follows(row store.Row, deny uint64) bool {
	return w.hideFile(row, deny) || w.hideProvenance(row, deny)
}

// directory says whether a row of no patient is one that those may read who
// see one patient only: organisations, practitioners, places.
func (w *window) directory(row store.Row) bool {
	return w.d.Types(row.Type) && access.Directory(row.Type) && row.Labels == 0
}

// get reads one row that the window may show. Through the whole record the id
// says whose it is; the person is found from the row.
func (w *window) get(v *store.View, typ, id string) (Resource, error) {
	site, own := w.place(id)
	if site == nil {
		return Resource{}, store.ErrNotFound
	}
	row, err := v.Get(site.No, typ, own)
	var gone *store.ErrGone
	if err != nil && !errors.As(err, &gone) {
		return Resource{}, err
	}
	if !w.sees(row) && len(w.panes) == 0 && w.s.lens == access.EHR && row.Key.PatientNumber() != 0 {
		if err := w.find(v, row); err != nil {
			return Resource{}, err
		}
	}
	if len(w.panes) == 0 && w.s.lens == access.EHR && row.Key.PatientNumber() != 0 && bytes.Contains(row.Body(), []byte(chartPath)) {
		// To say where its references lead; without a person nothing leads elsewhere.
		if err := w.find(v, row); err != nil && !errors.Is(err, store.ErrNotFound) {
			return Resource{}, err
		}
	}
	if !w.sees(row) {
		return Resource{}, store.ErrNotFound
	}
	if gone != nil {
		return Resource{key: row.Key}, gone
	}
	return w.show(row), nil
}

// find opens the panes of the person a row of another site is about, if that
// person is a patient here.
func (w *window) find(v *store.View, row store.Row) error {
	keys, err := w.s.r.person(v, w.s.merged(), row.Key.Patient())
	if err != nil {
		return store.ErrNotFound
	}
	for _, k := range keys {
		if k.Site() != w.s.site.No {
			continue
		}
		if g := w.s.merged().group(k); g != nil {
			k = g.keys[0]
		}
		own, err := v.GetKey(k)
		if err != nil || !w.within(own) {
			continue
		}
		w.panes, err = w.s.panes(v, own)
		return err
	}
	return store.ErrNotFound
}

// outwardID is what the whole record calls a resource: an own one by its id;
// another site's by the site's number on this node in base 36, a dot, and the
// id there; so too an own id of that form. An id that would then be too long
// gives way to the resource's key, after two dots; if it is not here, to a digest.
func (w *window) outwardID(site *Site, own bool, typ, id string) string {
	if own && !prefixed(id) {
		return id
	}
	no := strconv.FormatInt(int64(site.No), 36)
	if out := no + "." + id; len(out) <= maxID {
		return out
	}
	if k, err := w.v.Key(site.No, typ, id); err == nil {
		return no + ".." + strconv.FormatInt(int64(k), 36)
	}
	sum := sha256.Sum256([]byte(typ + "/" + id))
	return no + "..." + hex.EncodeToString(sum[:20])
}

// maxID is how long an id may be (http://hl7.org/fhir/R4/datatypes.html#id).
const maxID = 64

func prefixed(id string) bool {
	p, _, ok := strings.Cut(id, ".")
	if !ok || p == "" || len(p) > 3 {
		return false
	}
	n, err := strconv.ParseInt(p, 36, 32)
	return err == nil && n > 0 && n <= maxSite && strconv.FormatInt(n, 36) == p
}

// place says of which site an id of this lens is, and what it is called there.
func (w *window) place(id string) (*Site, string) {
	if w.s.lens == access.EMR || !prefixed(id) {
		return w.s.site, id
	}
	p, own, _ := strings.Cut(id, ".")
	n, _ := strconv.ParseInt(p, 36, 32)
	site := w.s.r.siteNo(store.SiteNo(n))
	if text, ok := strings.CutPrefix(own, "."); ok && site != nil {
		k, err := strconv.ParseInt(text, 36, 64)
		if err != nil || store.Key(k).Site() != site.No {
			return nil, ""
		}
		row, err := w.v.GetKey(store.Key(k))
		if err != nil {
			return nil, ""
		}
		return site, row.ID
	}
	return site, own
}
