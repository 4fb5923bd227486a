package store

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/search"
)

var seed = flag.Uint64("seed", 0, "seed of the metamorphic test; 0 is a new one")

// model is the store as a map: what it must be equal to.
type model struct {
	r    *rand.Rand
	rows map[siteName]*modelRow
}

type modelRow struct {
	site    SiteNo
	ref     search.Ref
	key     Key
	version int
	deleted bool
	updated time.Time
	ex      search.Extracted
	node    fhir.Node
	bodies  []string // by version; "" for a deletion
}

func (m *model) get(site SiteNo, r search.Ref) *modelRow {
	n, _ := makeName(r.Type, r.ID)
	return m.rows[siteName{site, n}]
}

// visible is the scope, said plainly.
func (m *model) visible(s Scope, x *modelRow) bool {
	return x != nil && !x.deleted && x.ex.Labels&(s.Deny|s.DenyAt[x.site]) == 0 && (s.Types == nil || slices.Contains(s.Types, x.ref.Type))
}

func in(ranges []KeyRange, k Key) bool {
	return slices.ContainsFunc(ranges, func(r KeyRange) bool { return r.Contains(k) })
}

func (m *model) holdsAll(s Scope, cs []search.Cond, x *modelRow) bool {
	for _, c := range cs {
		if !m.holds(s, c, x) {
			return false
		}
	}
	return true
}

func (m *model) holds(s Scope, c search.Cond, x *modelRow) bool {
	switch {
	case c.Not != nil:
		return !m.holds(s, *c.Not, x)
	case c.Updated != nil:
		return c.Updated.Holds(x.updated)
	case c.All != nil:
		return m.holdsAll(s, c.All, x)
	case c.Any != nil:
		return slices.ContainsFunc(c.Any, func(o search.Cond) bool { return m.holds(s, o, x) })
	case c.Chain != nil:
		for _, t := range x.ex.Terms {
			if t.Ref == nil || t.Ref.Type != c.Chain.Type || !slices.Contains(c.Chain.Paths, t.Path) {
				continue
			}
			y := m.get(x.site, *t.Ref)
			if m.visible(s, y) && (in(s.Ranges, y.key) || in(s.Follow, y.key)) && m.holdsAll(s, c.Chain.Where, y) {
				return true
			}
		}
		return false
	case c.Has != nil:
		for _, y := range m.rows {
			if y.site != x.site || y.ref.Type != c.Has.Type || !m.visible(s, y) || !in(s.Ranges, y.key) {
				continue
			}
			for _, t := range y.ex.Terms {
				if t.Ref != nil && t.Ref.Type == x.ref.Type && t.Ref.ID == x.ref.ID && slices.Contains(c.Has.Paths, t.Path) && m.holdsAll(s, c.Has.Where, y) {
					return true
				}
			}
		}
		return false
	}
	return search.Holds(c, x.ex.Terms, x.node, x.ref)
}

// find are the matches in the order asked for.
func (m *model) find(s Scope, q *search.Query) []string {
	var found []*modelRow
	for _, x := range m.rows {
		if x.ref.Type == q.Type && m.visible(s, x) && in(s.Ranges, x.key) && m.holdsAll(s, q.Where, x) {
			found = append(found, x)
		}
	}
	val := func(x *modelRow, o search.Order) (best []byte) {
		switch {
		case o.ID:
			return []byte(x.ref.ID)
		case o.Updated:
			return []byte(x.updated.Format(time.RFC3339Nano))
		}
		for _, t := range x.ex.Terms {
			if slices.Contains(o.Paths, t.Path) && t.Ref == nil {
				if c := bytes.Compare(t.Value, best); best == nil || o.Desc == (c > 0) && c != 0 {
					best = append([]byte{}, t.Value...)
				}
			}
		}
		return best
	}
	slices.SortFunc(found, func(a, b *modelRow) int {
		for _, o := range q.Sort {
			x, y := val(a, o), val(b, o)
			switch {
			case x == nil && y == nil:
				continue
			case x == nil:
				return 1
			case y == nil:
				return -1
			}
			if c := bytes.Compare(x, y); c != 0 {
				if o.Desc {
					return -c
				}
				return c
			}
		}
		if len(q.Sort) > 0 && q.Sort[0].Desc && val(a, q.Sort[0]) != nil {
			return cmp.Compare(b.key, a.key)
		}
		return cmp.Compare(a.key, b.key)
	})
	var out []string
	for _, x := range found {
		out = append(out, fmt.Sprintf("%d/%s/%s", x.site, x.ref.Type, x.ref.ID))
	}
	return out
}

// make gives a random resource of a type.
func (m *model) make(typ, id string) string {
	r := m.r
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	n := func(k int) int { return r.IntN(k) }
	label := ""
	if n(6) == 0 {
		label = `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},`
	}
	head := fmt.Sprintf(`{"resourceType":"%s","id":"%s",%s`, typ, id, label)
	switch typ {
	case "Patient":
		gp := ""
		if n(2) == 0 {
			gp = fmt.Sprintf(`,"generalPractitioner":[{"reference":"Practitioner/d%d"}]`, n(4))
		}
		return head + fmt.Sprintf(`"name":[{"family":"%s","given":["%s"]}],"gender":"%s","birthDate":"19%02d-03-0%d"%s}`,
			pick("Smith", "Smythe", "Jones", "Ng"), pick("Ann", "Bo"), pick("male", "female"), 50+n(40), 1+n(9), gp)
	case "Practitioner":
		return head + fmt.Sprintf(`"name":[{"family":"%s"}]}`, pick("House", "Grey", "Dorian"))
	case "Encounter":
		return head + fmt.Sprintf(`"status":"%s","class":{"code":"AMB"},"subject":{"reference":"Patient/p%d"},"participant":[{"individual":{"reference":"Practitioner/d%d"}}],"period":{"start":"20%02d-01-01"}}`,
			pick("finished", "planned"), n(6), n(4), 10+n(10))
	}
	performer := ""
	if n(3) == 0 {
		performer = fmt.Sprintf(`,"performer":[{"reference":"%s"}]`, pick("Practitioner/d1", "Practitioner/d2", "Patient/p1", "Organization/none"))
	}
	date := ""
	if n(5) > 0 {
		date = fmt.Sprintf(`,"effectiveDateTime":"20%02d-0%d-1%d"`, 10+n(10), 1+n(9), n(9))
	}
	return head + fmt.Sprintf(`"status":"%s","code":{"coding":[{"system":"http://loinc.org","code":"%d-1"}],"text":"%s"},"category":[{"coding":[{"code":"%s"}]}],"subject":{"reference":"Patient/p%d"},"encounter":{"reference":"Encounter/e%d"},"valueQuantity":{"value":%d,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}%s%s}`,
		pick("final", "amended"), n(5), pick("Glucose", "Sodium"), pick("laboratory", "vital-signs"), n(6), n(5), n(100), performer, date)
}

var questions = []string{
	"Patient?", "Patient?family=smi", "Patient?family:exact=Smith", "Patient?gender=male", "Patient?gender:not=male",
	"Patient?birthdate=ge1970", "Patient?birthdate=lt1960&gender=female", "Patient?_id=p1,p3", "Patient?_sort=family", "Patient?_sort=-birthdate,family",
	"Patient?general-practitioner=Practitioner/d1", "Patient?general-practitioner.family=gr", "Patient?general-practitioner:missing=true",
	"Patient?_has:Observation:patient:code=2-1", "Patient?_has:Observation:performer:code=2-1", "Patient?_has:Encounter:patient:status=planned&gender=male",
	"Patient?_has:Observation:patient:encounter.status=finished", "Practitioner?_has:Encounter:practitioner:status=planned",
	"Practitioner?_has:Patient:general-practitioner:family=smi", "Practitioner?family=house,grey",
	"Observation?", "Observation?code=1-1", "Observation?code=http://loinc.org|1-1&status=final", "Observation?code=1-1,2-1", "Observation?code:not=1-1",
	"Observation?date=2015", "Observation?date=gt2012&date=lt2016", "Observation?date:missing=true", "Observation?date=le2014&category=laboratory&_sort=-date",
	"Observation?_sort=date", "Observation?_sort=-date", "Observation?_sort=value-quantity,-date", "Observation?_sort=-_id", "Observation?_sort=_lastUpdated",
	"Observation?patient=p1", "Observation?patient=Patient/p2&category=laboratory&_sort=-date", "Observation?subject=Patient/p3&code=0-1", "Observation?performer=Patient/p1",
	"Observation?performer=Organization/none", "Observation?patient.family=jones", "Observation?patient.gender=male&code=1-1", "Observation?performer:Practitioner.family=house",
	"Observation?subject:Patient.general-practitioner.family=grey", "Observation?encounter.status=planned&_sort=date", "Observation?encounter.participant:Practitioner.family=dorian",
	"Observation?value-quantity=gt50", "Observation?value-quantity=lt10&date=ge2013", "Observation?code:text=gluc", "Observation?_lastUpdated=ge2025-01-01T00:10:00Z",
	"Observation?_security=http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R", "Observation?combo-code-value-quantity=http://loinc.org|1-1$gt40",
	"Encounter?practitioner.family=grey&status=planned", "Encounter?date=2015&_sort=-date", "Encounter?patient=p0", "Encounter?_has:Observation:encounter:code=3-1",
}

func (m *model) scope() Scope {
	r := m.r
	site := SiteNo(1 + r.IntN(2))
	s := Scope{Ranges: []KeyRange{SiteRange(site)}}
	switch r.IntN(4) {
	case 0:
		s.Ranges = []KeyRange{PatientRange(makeKey(site, int64(1+r.IntN(5)), 0))}
		if r.IntN(2) == 0 {
			s.Follow = []KeyRange{OwnRange(site)}
		}
	case 1:
		s.Ranges = []KeyRange{PatientRange(makeKey(2, int64(1+r.IntN(5)), 0)), PatientRange(makeKey(1, int64(1+r.IntN(5)), 0))}
	case 2:
		s.Ranges = []KeyRange{SiteRange(2), SiteRange(1)}
	}
	if r.IntN(4) == 0 {
		s.Deny = search.LabelRestricted
	}
	if r.IntN(6) == 0 {
		s.DenyAt = map[SiteNo]uint64{2: search.LabelRestricted}
	}
	if r.IntN(6) == 0 {
		s.Types = []string{"Patient", "Observation"}
	}
	return s
}

// TestAgainstModel does random writes and asks random questions of the store
// and of a map. Run it again with -seed to see a failure again.
func TestAgainstModel(t *testing.T) {
	from := *seed
	if from == 0 {
		from = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", from)
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		t.Run(fmt.Sprint(round), func(t *testing.T) { againstModel(t, rand.New(rand.NewPCG(from, uint64(round)))) })
	}
}

func againstModel(t *testing.T, r *rand.Rand) {
	clock := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	s := openWith(t, Options{Now: func() time.Time { clock = clock.Add(time.Second); return clock }})
	if r.IntN(2) == 0 { // plans for large stores, on a small one
		s.bounds = bounds{few: 1 + r.IntN(4), spanRows: r.IntN(30), inner: r.IntN(8), outer: r.IntN(40), sorted: r.IntN(10)}
	}
	m := &model{r: r, rows: map[siteName]*modelRow{}}
	for range 6 {
		for range 1 + r.IntN(40) {
			m.write(t, s)
		}
		for range 60 {
			m.ask(t, s)
		}
	}
	for _, x := range m.rows {
		view(t, s, func(v *View) error {
			for i, want := range x.bodies {
				got, err := v.Version(x.site, x.ref.Type, x.ref.ID, i+1)
				var gone *ErrGone
				if want == "" && !errors.As(err, &gone) || want != "" && (err != nil || string(got.Body()) != want) {
					t.Errorf("%v version %d: %v %s, want %s", x.ref, i+1, err, got.Body(), want)
				}
			}
			return nil
		})
	}
	if p, err := s.Check(t.Context()); err != nil || len(p) > 0 {
		t.Errorf("check: %v %v", p, err)
	}
}

// write is one closure with a few random changes; some fail and leave nothing.
func (m *model) write(t *testing.T, s *Store) {
	r := m.r
	type step struct {
		site   SiteNo
		ref    search.Ref
		prep   *Prepared
		row    Row
		delete bool
		node   fhir.Node
	}
	var steps []step
	fail := r.IntN(8) == 0
	boom := errors.New("boom")
	_, err := s.Update(t.Context(), func(tx *Tx) error {
		for range 1 + r.IntN(4) {
			typ := []string{"Patient", "Practitioner", "Encounter", "Observation", "Observation", "Observation"}[r.IntN(6)]
			id := map[string]string{"Patient": "p", "Practitioner": "d", "Encounter": "e", "Observation": "o"}[typ] +
				fmt.Sprint(r.IntN(map[string]int{"Patient": 6, "Practitioner": 4, "Encounter": 5, "Observation": 60}[typ]))
			st := step{site: SiteNo(1 + r.IntN(2)), ref: search.Ref{Type: typ, ID: id}}
			if r.IntN(8) == 0 {
				var err error
				if st.row, err = tx.Delete(st.site, typ, id, PutOptions{}); err != nil {
					continue
				}
				st.delete = true
				steps = append(steps, st)
				continue
			}
			d, err := fhir.Parse([]byte(m.make(typ, id)))
			if err != nil {
				return err
			}
			st.node = d.Root()
			ex, err := search.Extract(st.node)
			if err != nil {
				return err
			}
			st.prep = Prepare(st.node, ex)
			var moved *ErrPatientChanged
			st.row, err = tx.Put(st.site, id, st.prep, PutOptions{IfVersion: AnyVersion, Lenient: true})
			if errors.As(err, &moved) {
				continue
			}
			if err != nil {
				return err
			}
			steps = append(steps, st)
			if r.IntN(4) == 0 { // a read in between sees it
				q := &search.Query{Type: typ, Where: []search.Cond{{IDs: []string{id}}}, Count: 1}
				if res, err := tx.Search(Scope{Ranges: []KeyRange{SiteRange(st.site)}}, q); err != nil || len(res.Matches) != 1 || res.Matches[0].Version != st.row.Version {
					t.Errorf("inside: %v %v", res, err)
				}
			}
		}
		if fail {
			return boom
		}
		return nil
	})
	if fail {
		if err != boom {
			t.Fatalf("got %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range steps {
		n, _ := makeName(st.ref.Type, st.ref.ID)
		x := m.rows[siteName{st.site, n}]
		if x == nil {
			x = &modelRow{site: st.site, ref: st.ref, key: st.row.Key}
			m.rows[siteName{st.site, n}] = x
		}
		x.version++
		if x.version != st.row.Version || x.key != st.row.Key {
			t.Errorf("%v: version %d key %v, want %d %v", st.ref, st.row.Version, st.row.Key, x.version, x.key)
		}
		x.deleted, x.updated = st.delete, st.row.Updated
		if st.delete {
			x.ex = search.Extracted{Labels: x.ex.Labels}
			x.bodies = append(x.bodies, "")
			continue
		}
		x.ex, x.node = st.prep.Index, st.node
		x.bodies = append(x.bodies, string(st.prep.Body))
	}
}

func parseQuery(t testing.TB, text string) *search.Query {
	t.Helper()
	typ, rest, _ := strings.Cut(text, "?")
	vals, err := url.ParseQuery(rest)
	if err != nil {
		t.Fatal(err)
	}
	q, err := search.Parse(typ, vals, search.Options{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

func (m *model) ask(t *testing.T, s *Store) {
	text := questions[m.r.IntN(len(questions))]
	q := parseQuery(t, text)
	scope := m.scope()
	want := m.find(scope, q)
	q.Count = []int{1, 3, 7, 1000}[m.r.IntN(4)]
	if m.r.IntN(2) == 0 {
		q.Total = "accurate"
	}
	var got []string
	view(t, s, func(v *View) error {
		for pages := 0; ; pages++ {
			res, err := v.Search(scope, q)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if q.Total == "accurate" && res.Total != len(want) || res.Total >= 0 && res.Total != len(want) {
				t.Errorf("%s %+v: total %d, want %d", text, scope, res.Total, len(want))
			}
			for _, r := range res.Matches {
				got = append(got, fmt.Sprintf("%d/%s/%s", r.Key.Site(), r.Type, r.ID))
			}
			if q.After = res.Next; q.After == "" || pages > 1000 {
				return nil
			}
		}
	})
	if !slices.Equal(got, want) {
		t.Errorf("%s (count %d)\nscope %+v\n got %v\nwant %v", text, q.Count, scope, got, want)
	}
	q.After, q.Count = "", 0
	view(t, s, func(v *View) error {
		if res, err := v.Search(scope, q); err != nil || res.Total != len(want) {
			t.Errorf("%s: count %d %v, want %d", text, res.Total, err, len(want))
		}
		return nil
	})
}
