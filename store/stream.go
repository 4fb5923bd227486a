package store

import (
	"slices"

	"wholechart/fhir"
	"wholechart/search"
)

// stream is what matches in one range of keys, in their order: an iterator that
// gives every match and perhaps more, and tests for the rest.
type stream struct {
	s     *searcher
	lo    Key
	hi    Key
	it    iter
	tests []*condition
	types types // of what is asked for; nil is all
	bare  bool  // the iterator's keys need no look at the resource
	head  bool  // look at it anyway: the caller wants the candidate
	x     candidate
}

// seek is the first match at or after k.
func (st *stream) seek(k Key) (Key, bool, error) {
	for {
		n, ok, err := st.it.seek(max(k, st.lo))
		if err != nil || !ok || n >= st.hi {
			return 0, false, err
		}
		if st.bare && !st.head {
			return n, true, st.s.spend(0)
		}
		if ok, err = st.take(n); err != nil {
			return 0, false, err
		}
		if ok {
			return n, true, nil
		}
		k = n + 1
	}
}

// take reads the candidate and says whether it matches.
func (st *stream) take(k Key) (bool, error) {
	if sc, ok := st.it.(*scan); ok {
		st.x = sc.buf[sc.at]
	} else if ok, err := st.s.head(k, &st.x); err != nil || !ok {
		return false, err
	}
	if !st.s.visible(&st.x) || !st.types.has(st.x.name[0]) {
		return false, nil
	}
	return st.s.testAll(st.tests, &st.x)
}

// streams are those of several ranges, one after another.
type streams struct {
	of []*stream
}

// streams plans a search over ranges, which are in order.
func (s *searcher) streams(ranges []KeyRange, t types, where []search.Cond, head bool) (*streams, error) {
	out := &streams{}
	for _, r := range ranges {
		st, err := s.stream(r, t, where)
		if err != nil {
			return nil, err
		}
		if st != nil {
			st.head = head
			if one, ok := st.it.(*run); ok && (head || !st.bare) { // each is looked at: one statement instead of one a key
				st.it = &scan{s: s, p: one.p, v: one.v, hi: one.hi}
			}
			out.of = append(out.of, st)
		}
	}
	return out, nil
}

func (ss *streams) seek(k Key) (Key, bool, error) {
	for len(ss.of) > 0 {
		n, ok, err := ss.of[0].seek(k)
		if ok || err != nil {
			return n, ok, err
		}
		ss.of = ss.of[1:]
	}
	return 0, false, nil
}

// long says whether there is much to go through, as far as a first look tells.
func (ss *streams) long() bool {
	for _, st := range ss.of {
		var r *run
		switch it := st.it.(type) {
		case *run:
			r = it
		case *scan:
			if it.v != nil {
				r = &run{s: it.s, p: it.p, v: it.v, hi: it.hi}
			}
		}
		if r != nil {
			r.size = 8 * r.s.few
			if err := r.fill(st.lo); err == nil && !r.end {
				return true
			}
		}
	}
	return false
}

// candidate is that of the key that seek gave last, if heads were asked for.
func (ss *streams) candidate() *candidate { return &ss.of[0].x }

// count goes through all that is left.
func (ss *streams) count() (int, error) {
	n := 0
	for _, st := range ss.of {
		if r, ok := st.it.(*run); ok && st.bare {
			q := r.s.c.query(sqlRunCount)
			c, _, err := q.int(r.p).blob(r.v).int(int64(st.lo)).int(int64(st.hi)).oneInt()
			if err != nil {
				return 0, err
			}
			if err := r.s.spend(int(c) / 16); err != nil {
				return 0, err
			}
			n += int(c)
			continue
		}
		for k, ok, err := st.seek(0); ok || err != nil; k, ok, err = st.seek(k + 1) {
			if err != nil {
				return 0, err
			}
			n++
		}
	}
	return n, nil
}

// source is one way to find the matches of a condition.
type source struct {
	it   iter
	size int // about, from below; large is "many"
	c    *condition
	sure bool // its keys are of resources that are there, and of the type asked for
}

const large = 1 << 30

// stream plans one range: the smallest exact source leads; several large ones
// are intersected in the index; all else is tested on the candidates.
func (s *searcher) stream(r KeyRange, t types, where []search.Cond) (*stream, error) {
	if r.From >= r.To {
		return nil, nil
	}
	conds, err := s.compile(r.From.Site(), where)
	if err != nil {
		return nil, err
	}
	return s.plan(r, t, conds)
}

func (s *searcher) plan(r KeyRange, t types, conds []*condition) (*stream, error) {
	st := &stream{s: s, lo: r.From, hi: r.To, types: t}
	var found []source
	for _, c := range conds {
		src, err := s.exactSource(c, r, t)
		if err != nil {
			return nil, err
		}
		if src.it != nil {
			found = append(found, src)
		}
	}
	smallest := func() int {
		n := large
		for _, f := range found {
			n = min(n, f.size)
		}
		return n
	}
	if smallest() > s.few {
		// No handful yet: ranges of values and chains may lead to one.
		for _, c := range conds {
			src, err := s.wideSource(c, r, t)
			if err != nil {
				return nil, err
			}
			if src.it != nil {
				found = append(found, src)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b source) int { return a.size - b.size })
	var used []*condition
	sure := false
	switch {
	case len(found) == 0:
		st.it = s.everything(r, t)
		_, whole := st.it.(*scan)
		sure = !whole
	case found[0].size <= s.few:
		st.it, used, sure = found[0].it, []*condition{found[0].c}, found[0].sure
	case r.onePatient() && found[0].size < manyOfPatient:
		// Sizes are known, and what is read of a candidate tells the rest.
		st.it, used, sure = found[0].it, []*condition{found[0].c}, found[0].sure
	default:
		var x intersection
		for _, f := range found {
			x = append(x, f.it)
			used = append(used, f.c)
			sure = sure || f.sure
		}
		st.it = x
		if len(x) == 1 {
			st.it = x[0]
		}
	}
	for _, c := range conds {
		if !slices.Contains(used, c) {
			st.tests = append(st.tests, c)
		}
	}
	// Index rows are of resources that are there, and of one type a path: when
	// nothing is hidden and nothing is left to test, the key is the answer.
	st.bare = sure && len(st.tests) == 0 && s.scope.hidesNothing() && len(t) == 1
	return st, nil
}

// everything is all resources of the types.
func (s *searcher) everything(r KeyRange, t types) iter {
	if t == nil || len(t) > 8 {
		return &scan{s: s, hi: r.To}
	}
	u := &union{}
	for n := range t {
		u.of = append(u.of, &run{s: s, p: sitePath(r.From.Site(), typePath), v: []byte{n}, hi: r.To})
	}
	if len(u.of) == 1 {
		return u.of[0]
	}
	return u
}

// exactSource finds what a condition on exact values or ids gives, and about
// how much: sizes above few are only known to be above.
func (s *searcher) exactSource(c *condition, r KeyRange, t types) (source, error) {
	switch {
	case c.ids != nil && t != nil:
		var l []Key
		for id := range c.ids {
			for n := range t {
				nm, ok := makeName(fhir.TypeName(n), id)
				if !ok {
					continue
				}
				k, err := s.v.keyOf(r.From.Site(), nm)
				if err == ErrNotFound {
					continue
				}
				if err != nil {
					return source{}, err
				}
				if r.Contains(k) {
					l = append(l, k)
				}
			}
		}
		// Keys of what is deleted or yet to come are among them: test on.
		return source{it: sortedKeys(l), size: min(len(l), s.few), c: c}, s.spend(len(c.ids) * len(t))
	case c.spans != nil:
		values, ok, err := s.values(c)
		if err != nil || !ok {
			return source{}, err
		}
		u, size := &union{}, 0
		for i := range values {
			it := &run{s: s, p: values[i].p, v: values[i].from, hi: r.To}
			n, err := it.first(r)
			if err != nil {
				return source{}, err
			}
			size += n
			if n > 0 {
				u.of = append(u.of, it)
			}
		}
		if len(u.of) == 1 {
			return source{u.of[0], size, c, true}, nil
		}
		return source{u, size, c, true}, nil
	case c.any != nil:
		sure := true
		u, size := &union{}, 0
		for _, a := range c.any {
			one, err := s.exactSource(a, r, t)
			if err != nil || one.it == nil {
				return source{}, err
			}
			u.of = append(u.of, one.it)
			size += one.size
			sure = sure && one.sure
		}
		return source{u, size, c, sure}, nil
	}
	return source{}, nil
}
