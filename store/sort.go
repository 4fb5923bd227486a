package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"wholechart/search"
)

// ordering is the _sort of one search.
type ordering struct {
	orders []search.Order
	mark   uint32
}

// of is where a candidate stands: of several values the least counts, of a
// falling order the greatest.
func (o ordering) of(x *candidate) place {
	p := place{k: x.k, vals: make([][]byte, len(o.orders))}
	for i, by := range o.orders {
		switch {
		case by.Updated:
			p.vals[i] = binary.BigEndian.AppendUint64(nil, uint64(x.updated))
		case by.ID:
			p.vals[i] = []byte(x.name.id())
		default:
			p.vals[i] = bytes.Clone(x.best(by))
		}
	}
	return p
}

func (x *candidate) best(by search.Order) []byte {
	var best []byte
	for e := range x.terms.all {
		if slices.Contains(by.Paths, e.path) {
			if c := bytes.Compare(e.v, best); best == nil || by.Desc && c > 0 || !by.Desc && c < 0 {
				best = e.v
			}
		}
	}
	return best
}

// compare orders places; what has no value comes last, rising or falling.
func (o ordering) compare(a, b place) int {
	for i, by := range o.orders {
		x, y := a.vals[i], b.vals[i]
		switch {
		case x == nil && y == nil:
			continue
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		if c := bytes.Compare(x, y); c != 0 {
			if by.Desc {
				return -c
			}
			return c
		}
	}
	if len(o.orders) > 0 && o.orders[0].Desc && a.vals[0] != nil {
		return cmp.Compare(b.k, a.k)
	}
	return cmp.Compare(a.k, b.k)
}

// first keeps the first max places after one.
type first struct {
	ordering
	after *place
	max   int
	list  []place
}

func (f *first) add(p place) {
	if f.after != nil && f.compare(p, *f.after) <= 0 {
		return
	}
	f.list = append(f.list, p)
	if len(f.list) >= 4*f.max+1024 {
		f.done()
	}
}

func (f *first) done() []place {
	slices.SortFunc(f.list, f.compare)
	if len(f.list) > f.max {
		clear(f.list[f.max:])
		f.list = f.list[:f.max]
	}
	return f.list
}

// sorted is one page in order, and the total when all matches were looked at.
func (s *searcher) sorted(ask func(bool) (*streams, error), ranges []KeyRange, t types, q *search.Query, o ordering, after *place) ([]place, int, error) {
	all, err := ask(true)
	if err != nil {
		return nil, -1, err
	}
	walk := len(q.Sort) == 1 && len(q.Sort[0].Paths) > 0 && q.Total != "accurate" &&
		!slices.ContainsFunc(ranges, KeyRange.onePatient)
	if walk && len(q.Where) == 0 && all.long() {
		page, err := s.walk(ranges, t, q, o, after)
		return page, -1, err
	}
	f := first{ordering: o, after: after, max: q.Count + 1}
	n := 0
	for k, ok, err := all.seek(0); ok || err != nil; k, ok, err = all.seek(k + 1) {
		if err != nil {
			return nil, -1, err
		}
		if n++; n > s.bounds.sorted && walk {
			page, err := s.walk(ranges, t, q, o, after)
			return page, -1, err
		}
		f.add(o.of(all.candidate()))
	}
	return f.done(), n, nil
}
