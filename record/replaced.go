package record

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"wholechart/fhir"
	"wholechart/store"
)

// A record that was merged into another of its site (docs/adr/0009) stays as it
// is, and every question about either means both. That two records are one is
// said by the two Patients themselves, of which one replaces the other and the
// other is replaced by it (Patient.link, http://hl7.org/fhir/R4/patient.html#links);
// said by one alone it is nothing. What is here is only the index of that, in
// memory: it is made when the node starts and follows each write.

// merges are the Patients of this node that say something of others.
type merges struct {
	turn   atomic.Uint64
	under  atomic.Int64 // transactions that say something and are not settled
	mu     sync.Mutex
	claims map[store.Key]claim
	now    atomic.Pointer[merged]
}

// claim is what one Patient says: which it replaces, and which replace it.
type claim struct {
	turn     uint64 // of the write that said it
	site     store.SiteNo
	id       string
	by, over []string
}

// merged is the index at one moment. The zero merged holds nothing.
type merged struct {
	index  *store.Merged
	byKey  map[store.Key]*group
	byName map[patientName]*group
}

type patientName struct {
	site store.SiteNo
	id   string
}

// group are records that are one: the first stands for the others.
type group struct {
	keys []store.Key
	ids  []string
	into map[string]string // each replaced one, by which it was replaced
}

// claimOf reads a Patient's links; ok is false when it has none.
func claimOf(key store.Key, id string, body []byte) (c claim, ok bool) {
	c = claim{site: key.Site(), id: id}
	if !linked(body) {
		return c, false
	}
	d, err := fhir.Parse(body)
	if err != nil {
		return c, false
	}
	c.by, c.over = replacing(d.Root())
	return c, len(c.by)+len(c.over) > 0
}

// linked is false of a Patient that cannot have links.
func linked(body []byte) bool { return bytes.Contains(body, []byte(`"link"`)) }

// replacing are the Patients of its own site that a Patient says it is replaced
// by, and those that it says it replaces.
func replacing(n fhir.Node) (by, over []string) {
	for l := range n.Get("link").Items() {
		ref, ok := parseRef(l.Path("other", "reference").Str())
		if !ok || ref.Type != "Patient" || ref.Version != "" {
			continue
		}
		switch l.Get("type").Str() {
		case "replaced-by":
			by = append(by, ref.ID)
		case "replaces":
			over = append(over, ref.ID)
		}
	}
	return by, over
}

// load reads what all Patients of the node say.
func (r *Records) loadMerges(ctx context.Context) error {
	r.merges.mu.Lock()
	defer r.merges.mu.Unlock()
	r.merges.claims = map[store.Key]claim{}
	q, err := ask("Patient", "link:missing=false&_count=1000")
	if err != nil {
		return err
	}
	err = r.store.View(ctx, func(v *store.View) error {
		for _, s := range r.Sites() {
			scope := store.Scope{Ranges: []store.KeyRange{store.SiteRange(s.No)}, Types: []string{"Patient"}}
			page := *q
			for {
				res, err := v.Search(scope, &page)
				if err != nil {
					return err
				}
				for _, row := range res.Matches {
					if c, ok := claimOf(row.Key, row.ID, row.Body()); ok {
						r.merges.claims[row.Key] = c
					}
				}
				if page.After = res.Next; page.After == "" {
					break
				}
			}
		}
		return nil
	})
	if err == nil {
		r.merges.index()
	}
	return err
}

// index makes the index of the claims anew: a handful of records at most sites.
func (m *merges) index() {
	into, ids := map[store.Key]store.Key{}, map[patientName]store.Key{}
	for k, c := range m.claims {
		if len(c.by)+len(c.over) > 0 {
			ids[patientName{c.site, c.id}] = k
		}
	}
	for k, c := range m.claims {
		for _, by := range c.by {
			to, ok := ids[patientName{c.site, by}]
			if ok && to != k && slices.Contains(m.claims[to].over, c.id) && (into[k] == 0 || to < into[k]) {
				into[k] = to
			}
		}
	}
	of := map[store.Key][]store.Key{}
	for k := range into {
		end, steps := k, 0
		for ; into[end] != 0 && steps <= len(into); steps++ {
			end = into[end]
		}
		if steps <= len(into) { // else a ring, which stands for nobody
			of[end] = append(of[end], k)
		}
	}
	out := &merged{byKey: map[store.Key]*group{}, byName: map[patientName]*group{}}
	var groups [][]store.Key
	for _, end := range slices.Sorted(maps.Keys(of)) {
		slices.Sort(of[end])
		g := &group{keys: append([]store.Key{end}, of[end]...), into: map[string]string{}}
		for _, k := range g.keys {
			c := m.claims[k]
			g.ids = append(g.ids, c.id)
			out.byKey[k], out.byName[patientName{c.site, c.id}] = g, g
			if to := into[k]; to != 0 {
				g.into[c.id] = m.claims[to].id
			}
		}
		groups = append(groups, g.keys)
	}
	out.index = store.NewMerged(groups)
	m.now.Store(out)
}

// said collects what the Patients of one transaction say. It is made in the
// writer, where transactions have an order, and counts when that is committed.
type said struct {
	m      *merges
	turn   uint64
	claims map[store.Key]claim
}

// note notes a Patient's new version; body is nil when it was deleted. Of most
// writes there is nothing to say.
func (s *said) note(key store.Key, id string, old, body []byte) {
	if !linked(old) && !linked(body) {
		return
	}
	if s.claims == nil {
		s.m.under.Add(1)
		s.turn, s.claims = s.m.turn.Add(1), map[store.Key]claim{}
	}
	c, _ := claimOf(key, id, body)
	c.turn = s.turn
	s.claims[key] = c
}

// patient notes what a planned act wrote.
func (s *said) patient(p *planned, row store.Row) {
	if p.Op == Delete {
		if row.Key != 0 {
			s.note(row.Key, p.id, []byte(`"link"`), nil)
		}
		return
	}
	s.note(row.Key, p.id, p.old.Body(), p.ready.Body)
}

// end makes what was said count, if it was written.
func (s *said) end(err error) {
	if s.claims == nil {
		return
	}
	defer s.m.under.Add(-1)
	if err != nil {
		return
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for k, c := range s.claims {
		if s.m.claims[k].turn < c.turn { // what says nothing stays, so that nothing older comes after it
			s.m.claims[k] = c
		}
	}
	s.m.index()
}

// group is nil for a record that was merged with none.
func (m *merged) group(k store.Key) *group { return m.byKey[k] }

// terms change when a record is merged with others, and when that is taken back:
// who was told the one before is told all anew.
func (m *merged) terms(patient store.Key) string {
	g := m.group(patient)
	if g == nil {
		return ""
	}
	h := fnv.New64a()
	for _, id := range slices.Sorted(slices.Values(g.ids)) {
		h.Write([]byte(id + "\n"))
	}
	return "." + strconv.FormatUint(h.Sum64(), 36)
}

// ranges are the records that are one with a Patient's, in order.
func (m *merged) ranges(patient store.Key) []store.KeyRange {
	g := m.group(patient)
	if g == nil {
		return []store.KeyRange{store.PatientRange(patient)}
	}
	keys := slices.Sorted(slices.Values(g.keys))
	out := make([]store.KeyRange, len(keys))
	for i, k := range keys {
		out[i] = store.PatientRange(k)
	}
	return out
}

// person are the Patients that are one person: a record and those that are one
// with it first, then those that are linked to any of them, in order.
func (r *Records) person(v *store.View, m *merged, key store.Key) ([]store.Key, error) {
	out := m.together(key)
	people := map[int64]bool{}
	for ask := slices.Clone(out); len(ask) > 0; ask = ask[1:] {
		mine, err := v.PersonOf(ask[0])
		if errors.Is(err, store.ErrNotFound) || err == nil && people[mine.Person] {
			continue
		}
		if err != nil {
			return nil, err
		}
		people[mine.Person] = true
		links, err := v.Links(mine.Person)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			if l.State != string(Linked) || slices.Contains(out, l.Patient) {
				continue
			}
			for _, k := range m.together(l.Patient) {
				if slices.Contains(out, k) {
					continue
				}
				if out = append(out, k); k != l.Patient {
					ask = append(ask, k) // it may be linked to others yet
				}
			}
		}
	}
	slices.Sort(out[1:])
	return out, nil
}

// ranges are the records that a session bound to a patient sees as that one's:
// of what another site may not be told that it is there, nothing.
func (s Session) ranges(v *store.View, row store.Row, deny uint64) []store.KeyRange {
	all := s.merged().ranges(row.Key)
	if deny == 0 || len(all) == 1 {
		return all
	}
	return slices.DeleteFunc(all, func(r store.KeyRange) bool {
		if r.Contains(row.Key) {
			return false
		}
		other, err := v.GetKey(r.From)
		return err != nil || other.Labels&deny != 0
	})
}

// within are the ids of the Patients of ranges that are one with a patient's record.
func (m *merged) within(in []store.KeyRange, patient string) []string {
	if len(in) == 1 {
		return []string{patient}
	}
	var out []string
	for _, r := range in {
		if g := m.group(r.From); g != nil {
			out = append(out, g.ids[slices.Index(g.keys, r.From)])
		}
	}
	return out
}

// together are the Patients that are one record with a Patient, that one first.
func (m *merged) together(patient store.Key) []store.Key {
	out := []store.Key{patient}
	if g := m.group(patient); g != nil {
		for _, k := range g.keys {
			if k != patient {
				out = append(out, k)
			}
		}
	}
	return out
}

func (r *Records) merged() *merged { return r.merges.now.Load() }

// Apart is a session that reads each record by itself, as if nothing had been
// merged: to compare two records, and to say what of a whole is whose.
func (s Session) Apart() Session { s.apart = true; return s }

// merged is the index as the session reads.
func (s Session) merged() *merged {
	if s.apart || s.r == nil {
		return &merged{}
	}
	return s.r.merged()
}

func (s Session) group(patient string) *group {
	if s.site == nil {
		return nil
	}
	return s.merged().byName[patientName{s.site.No, patient}]
}

// Standing is the record that stands for a patient's: its own id, or the id of
// the one that it was merged into. It looks at no right: an id for an id.
func (s Session) Standing(patient string) string {
	if g := s.group(patient); g != nil {
		return g.ids[0]
	}
	return patient
}

// Together are the ids of all records that are one with a patient's, the one
// that stands for them first.
func (s Session) Together(patient string) []string {
	if g := s.group(patient); g != nil {
		return slices.Clone(g.ids)
	}
	return []string{patient}
}

// About says whether a reference leads to a patient's record or to one that is
// one with it.
func (s Session) About(ref, patient string) bool {
	r, ok := parseRef(ref)
	if !ok || r.Type != "Patient" {
		return false
	}
	if r.ID == patient {
		return true
	}
	g := s.group(patient)
	return g != nil && slices.Contains(g.ids, r.ID)
}
