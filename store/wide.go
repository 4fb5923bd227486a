package store

import (
	"bytes"
	"slices"

	"wholechart/fhir"
)

// bounds say how a search is planned. They change its cost, never its result.
type bounds struct {
	few int // so many candidates are looked at one by one, and index pieces begin with

	// How much is read of the index to find out that a condition is selective.
	// Beyond, candidates come from elsewhere and are tested.
	spanRows int // rows of ranges of values
	inner    int // resources at the other end of a reference
	outer    int // resources that refer to those

	sorted int // so many matches are sorted in memory before the sort key's index is walked
}

var usualBounds = bounds{few: 64, spanRows: 2048, inner: 1024, outer: 20000, sorted: 10000}

// wideSource finds what a range of values, a chain or a _has gives, when that
// is not too much. A source that it gives is complete.
func (s *searcher) wideSource(c *condition, r KeyRange, t types) (source, error) {
	switch {
	case c.spans != nil && c.many:
		return s.spanSource(c, r)
	case c.chain != nil:
		return s.chainSource(c, r)
	case c.has != nil:
		return s.hasSource(c, r, t)
	}
	return source{}, nil
}

// maxDistinct is how many distinct values a range may have to be taken as
// those values: a code without its system, the beginning of a name.
const maxDistinct = 8

// values are the exact values that a condition's spans come to, if they are few.
func (s *searcher) values(c *condition) ([]span, bool, error) {
	if c.exact() {
		return c.spans, true, nil
	}
	var out []span
	found := 0
	for i := range c.spans {
		sp := &c.spans[i]
		if sp.exact && sp.match == nil {
			out = append(out, *sp)
			continue
		}
		next, from := sqlFirstValue, sp.from
		for {
			q := s.c.query(next)
			var v []byte
			ok := q.int(sp.p).blob(from).next()
			if ok {
				v = q.st.ColumnBlob(0, nil)
			}
			if err := q.done(); err != nil {
				return nil, false, err
			}
			if !ok || sp.to != nil && bytes.Compare(v, sp.to) >= 0 || sp.exact && !bytes.Equal(v, sp.from) {
				break
			}
			if found++; found > maxDistinct {
				c.many = true
				return nil, false, s.spend(found)
			}
			if sp.match == nil || sp.match(v) {
				out = append(out, span{path: sp.path, p: sp.p, from: v, exact: true})
			}
			next, from = sqlNextValue, v
		}
	}
	return out, true, s.spend(found + 1)
}

func (s *searcher) spanSource(c *condition, r KeyRange) (source, error) {
	if r.onePatient() {
		return source{}, nil // the rows of all other patients would be in the way
	}
	var l []Key
	rows := 0
	for i := range c.spans {
		sp := &c.spans[i]
		var q query
		if !sp.exact { // to be told that there are too many costs much less than to read them
			if sp.to == nil {
				q = s.c.query(sqlSpanOpenMore)
				q.int(sp.p).blob(sp.from)
			} else {
				q = s.c.query(sqlSpanMore)
				q.int(sp.p).blob(sp.from).blob(sp.to)
			}
			if _, more, err := q.int(int64(s.spanRows)).oneInt(); more || err != nil {
				return source{}, err
			}
		}
		if sp.exact {
			q = s.c.query(sqlRunKeys)
			q.int(sp.p).blob(sp.from).int(int64(r.From)).int(int64(r.To)).int(int64(s.spanRows) + 1)
		} else {
			if sp.to == nil {
				q = s.c.query(sqlSpanOpen)
			} else {
				q = s.c.query(sqlSpan)
			}
			q.int(sp.p).blob(sp.from)
			if sp.to != nil {
				q.blob(sp.to)
			}
		}
		for q.next() {
			if rows++; rows > s.spanRows {
				break
			}
			if sp.exact {
				l = append(l, Key(q.st.ColumnInt64(0)))
				continue
			}
			k := Key(q.st.ColumnInt64(1))
			if r.Contains(k) && (sp.match == nil || sp.match(bytes.Clone(q.st.ColumnRawBlob(0)))) {
				l = append(l, k)
			}
		}
		if err := q.done(); err != nil {
			return source{}, err
		}
		if rows > s.spanRows {
			return source{}, s.spend(rows / 4)
		}
	}
	it := sortedKeys(l)
	return source{it, len(*it), c, true}, s.spend(rows / 4)
}

// inner are the streams of the resources at the other end of a chain or _has
// at the condition's site: within more, beside the scope's ranges.
func (s *searcher) inner(c *condition, typ string, within []KeyRange) (*streams, error) {
	n := fhir.TypeNumber(typ)
	if !s.allowed.has(n) {
		return &streams{}, nil
	}
	if s.depth++; s.depth > maxNesting {
		return nil, &ErrTooCostly{s.limit}
	}
	defer func() { s.depth-- }()
	out := &streams{}
	for _, r := range within {
		if r.From.Site() != c.site || r.From >= r.To {
			continue
		}
		st, err := s.plan(r, types{n: true}, c.where)
		if err != nil {
			return nil, err
		}
		out.of = append(out.of, st)
	}
	return out, nil
}

// reach is everywhere that references may lead to, in order, without overlaps.
func (s *searcher) reach() []KeyRange {
	all := append(slices.Clone(s.scope.Ranges), s.scope.Follow...)
	slices.SortFunc(all, func(a, b KeyRange) int {
		if a.From < b.From {
			return -1
		}
		return 1
	})
	var out []KeyRange
	for _, r := range all {
		if n := len(out); n > 0 && r.From < out[n-1].To {
			out[n-1].To = max(out[n-1].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// skips says whether references to patients on these paths never leave the
// patient's own record, so that a search can go from patient to patient.
func (s *searcher) skips(c *condition, typ string) bool {
	paths := []int64{}
	if c.chain != nil {
		for _, p := range c.chain.Paths {
			paths = append(paths, sitePath(c.site, p))
		}
	} else {
		for _, p := range c.has.Paths {
			paths = append(paths, sitePath(c.site, p))
		}
	}
	return typ == "Patient" && !slices.ContainsFunc(paths, s.v.s.strays.has)
}

func (s *searcher) chainSource(c *condition, r KeyRange) (source, error) {
	if r.onePatient() {
		return source{}, nil // few candidates, and their references are at hand
	}
	in, err := s.inner(c, c.chain.Type, s.reach())
	if err != nil {
		return source{}, err
	}
	if s.skips(c, c.chain.Type) {
		it := &patientChain{s: s, in: in, c: c, hi: r.To}
		also, err := s.mergedChain(c)
		if err != nil {
			return source{}, err
		}
		if also != nil {
			it.in = &union{of: []iter{in, also}}
		}
		// Selective or not? A first look tells.
		return source{it, s.few + 1, c, true}, nil
	}
	var inner []Key
	for k, ok, err := in.seek(0); ok || err != nil; k, ok, err = in.seek(k + 1) {
		if err != nil {
			return source{}, err
		}
		if inner = append(inner, s.selfOr(k)...); len(inner) > s.bounds.inner {
			return source{}, nil
		}
	}
	var l []Key
	for _, target := range inner {
		for _, p := range c.chain.Paths {
			it := run{s: s, p: sitePath(c.site, p), v: refValue(target), hi: r.To}
			for k, ok, err := it.seek(r.From); ok || err != nil; k, ok, err = it.seek(k + 1) {
				if err != nil {
					return source{}, err
				}
				if l = append(l, k); len(l) > s.outer {
					return source{}, nil
				}
			}
		}
	}
	it := sortedKeys(l)
	return source{it, len(*it), c, true}, nil
}

// patientChain goes from one matching patient to the next and gives what refers
// to each in the patient's own record.
type patientChain struct {
	s   *searcher
	in  iter
	c   *condition
	hi  Key
	pat Key // the patient now
	of  union
}

func (x *patientChain) seek(k Key) (Key, bool, error) {
	for {
		if x.pat != 0 && k < PatientRange(x.pat).To {
			if n, ok, err := x.of.seek(max(k, x.pat)); ok || err != nil {
				return n, ok, err
			}
		}
		from := k &^ maxNumber
		if x.pat != 0 && from <= x.pat {
			from = x.pat + 1
		}
		pat, ok, err := x.in.seek(from)
		if err != nil || !ok || pat >= x.hi {
			return 0, false, err
		}
		x.pat, x.of = pat, union{}
		for _, p := range x.c.chain.Paths {
			x.of.of = append(x.of.of, &run{s: x.s, p: sitePath(x.c.site, p), v: refValue(pat), hi: min(x.hi, PatientRange(pat).To)})
		}
	}
}

func (s *searcher) hasSource(c *condition, r KeyRange, t types) (source, error) {
	if r.onePatient() {
		return source{}, nil
	}
	if len(t) == 1 && t[fhir.TypeNumber("Patient")] && s.skips(c, "Patient") {
		in, err := s.patientsHad(c)
		if err != nil {
			return source{}, err
		}
		if len(s.scope.Merged.within(SiteRange(c.site))) > 0 {
			again, err := s.patientsHad(c)
			if err != nil {
				return source{}, err
			}
			also, err := s.mergedHas(c, r, again)
			if err != nil {
				return source{}, err
			}
			return source{it: &union{of: []iter{in, also}}, size: s.few + 1, c: c}, nil
		}
		return source{it: in, size: s.few + 1, c: c}, nil
	}
	in, err := s.inner(c, c.has.Type, s.scope.Ranges)
	if err != nil {
		return source{}, err
	}
	for _, st := range in.of {
		st.head = true
	}
	var l []Key
	n := 0
	for k, ok, err := in.seek(0); ok || err != nil; k, ok, err = in.seek(k + 1) {
		if err != nil {
			return source{}, err
		}
		if n++; n > s.bounds.inner {
			return source{}, nil
		}
		for e := range in.candidate().terms.all {
			target, ok := e.key()
			if !ok || !slices.Contains(c.has.Paths, e.path) {
				continue
			}
			for _, target := range s.selfOr(target) {
				if r.Contains(target) {
					l = append(l, target)
				}
			}
		}
	}
	it := sortedKeys(l)
	// Keys of other types and of what is deleted are among them.
	return source{it: it, size: len(*it), c: c}, nil
}

// patientsHad are the patients that a _has asks for, each found in its own record.
func (s *searcher) patientsHad(c *condition) (*patientHas, error) {
	in, err := s.inner(c, c.has.Type, s.scope.Ranges)
	if err != nil {
		return nil, err
	}
	for _, st := range in.of {
		st.tests = append(slices.Clone(st.tests), &condition{refersHome: c.has.Paths})
		st.bare = false
	}
	return &patientHas{in}, nil
}

// patientHas gives the patients that the inner resources refer to as their own,
// and goes on with the next patient after each.
type patientHas struct{ in *streams }

func (x *patientHas) seek(k Key) (Key, bool, error) {
	if k.Number() > 0 {
		k = k&^maxNumber + maxNumber + 1
	}
	n, ok, err := x.in.seek(k)
	if !ok || err != nil {
		return 0, false, err
	}
	return n.Patient(), true, nil
}

// refersHome says whether the candidate refers to the patient whose record it
// is in, on one of the paths.
func (x *candidate) refersHome(c *condition) bool {
	for e := range x.terms.all {
		if k, ok := e.key(); ok && k == x.k.Patient() && k != 0 && slices.Contains(c.refersHome, e.path) {
			return true
		}
	}
	return false
}
