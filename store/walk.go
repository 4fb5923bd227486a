package store

import (
	"bytes"
	"math"
	"slices"

	"wholechart/search"
)

// walker reads the index rows of one path in the order of their values.
type walker struct {
	s    *searcher
	p    int64
	down bool
	v    []byte // the last row read
	k    Key
	buf  []walkRow
	end  bool
}

type walkRow struct {
	v []byte
	k Key
}

var beyond = bytes.Repeat([]byte{0xff}, 64) // after every value

func (w *walker) row() (walkRow, bool, error) {
	if len(w.buf) == 0 && !w.end {
		const piece = 256
		q := w.s.c.query(sqlWalkUp)
		if w.down {
			q = w.s.c.query(sqlWalkDown)
		}
		q.int(w.p).blob(w.v).int(int64(w.k)).int(piece)
		for q.next() {
			w.buf = append(w.buf, walkRow{q.st.ColumnBlob(0, nil), Key(q.st.ColumnInt64(1))})
		}
		if err := q.done(); err != nil {
			return walkRow{}, false, err
		}
		w.end = len(w.buf) < piece
		if n := len(w.buf); n > 0 {
			w.v, w.k = w.buf[n-1].v, w.buf[n-1].k
		}
		if err := w.s.spend(len(w.buf) / 4); err != nil {
			return walkRow{}, false, err
		}
	}
	if len(w.buf) == 0 {
		return walkRow{}, false, nil
	}
	return w.buf[0], true, nil
}

// walk is one page of many matches: the index of the sort key is read in its
// order and each row's resource tested, until the page is full.
func (s *searcher) walk(ranges []KeyRange, t types, q *search.Query, o ordering, after *place) ([]place, error) {
	by := q.Sort[0]
	var page []place
	if after == nil || after.vals[0] != nil {
		var err error
		if page, err = s.walkValues(ranges, t, q, o, after); err != nil || len(page) > q.Count {
			return page, err
		}
		after = nil
	}
	// Then those without a value.
	missing := search.Cond{Not: &search.Cond{Spans: make([]search.Span, len(by.Paths))}}
	for i, p := range by.Paths {
		missing.Not.Spans[i].Path = p
	}
	rest, err := s.streams(ranges, t, append(slices.Clone(q.Where), missing), false)
	if err != nil {
		return nil, err
	}
	from := Key(0)
	if after != nil {
		from = after.k + 1
	}
	for len(page) <= q.Count {
		k, ok, err := rest.seek(from)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		page = append(page, place{k, [][]byte{nil}})
		from = k + 1
	}
	return page, nil
}

func (s *searcher) walkValues(ranges []KeyRange, t types, q *search.Query, o ordering, after *place) ([]place, error) {
	by := q.Sort[0]
	from := walkRow{nil, -1}
	if by.Desc {
		from = walkRow{beyond, math.MaxInt64}
	}
	if after != nil {
		from = walkRow{after.vals[0], after.k}
	}
	tests := map[SiteNo][]*condition{}
	var walkers []*walker
	for _, r := range ranges {
		site := r.From.Site()
		if _, ok := tests[site]; ok {
			continue
		}
		conds, err := s.compile(site, q.Where)
		if err != nil {
			return nil, err
		}
		tests[site] = conds
		for _, p := range by.Paths {
			walkers = append(walkers, &walker{s: s, p: sitePath(site, p), down: by.Desc, v: from.v, k: from.k})
		}
	}
	var page []place
	var x candidate
	for len(page) <= q.Count {
		var next *walker
		var row walkRow
		for _, w := range walkers {
			r, ok, err := w.row()
			if err != nil {
				return nil, err
			}
			if ok && (next == nil || o.compare(place{r.k, [][]byte{r.v}}, place{row.k, [][]byte{row.v}}) < 0) {
				next, row = w, r
			}
		}
		if next == nil {
			break
		}
		next.buf = next.buf[1:]
		if n := len(page); n > 0 && page[n-1].k == row.k {
			continue // the same value on two paths
		}
		if !slices.ContainsFunc(ranges, func(r KeyRange) bool { return r.Contains(row.k) }) {
			continue
		}
		ok, err := s.head(row.k, &x)
		if err != nil {
			return nil, err
		}
		if !ok || !s.visible(&x) || !t.has(x.name[0]) || !bytes.Equal(x.best(by), row.v) {
			continue
		}
		if ok, err = s.testAll(tests[row.k.Site()], &x); err != nil {
			return nil, err
		}
		if ok {
			page = append(page, place{row.k, [][]byte{row.v}})
		}
	}
	return page, nil
}
