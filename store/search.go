package store

import (
	"cmp"
	"slices"

	"wholechart/fhir"
	"wholechart/search"
)

// Result is one page of a search.
type Result struct {
	Matches  []Row
	Included []Row
	Next     string // where the next page begins (Query.After); empty at the end
	Total    int    // how many match, -1 when that is not known

	// Truncated says that more than MaxIncluded resources would have been included.
	Truncated bool
}

// MaxIncluded bounds the resources that one page includes.
const MaxIncluded = 1000

// Search finds resources: http://hl7.org/fhir/R4/search.html. What is not in
// the scope is as if it were not there, in the middle of a chain too. Without
// _sort the order is that of keys. *ErrTooCostly when too much would have to be
// looked at, ErrBadCursor when q.After is not of this search.
func (v *View) Search(scope Scope, q *search.Query) (Result, error) {
	if err := v.ready(true); err != nil {
		return Result{}, err
	}
	s := &searcher{v: v, c: v.c, scope: scope, allowed: typeSet(scope.Types), only: scope.onlyAt(), limit: v.s.opt.WorkLimit, bounds: v.s.bounds}
	s.scope.Ranges = slices.Clone(scope.Ranges)
	slices.SortFunc(s.scope.Ranges, func(a, b KeyRange) int { return cmp.Compare(a.From, b.From) })
	return s.search(q)
}

// searcher is one search on its way.
type searcher struct {
	v       *View
	c       *conn
	scope   Scope
	allowed types
	only    map[uint8]SiteNo // Scope.OnlyAt
	bounds

	work, limit int
	met         map[metKey]bool // what chains have been found to lead to
	cond        int             // conditions compiled, to tell them apart in met
	depth       int
}

type metKey struct {
	cond int
	k    Key
}

// spend counts what has been looked at.
func (s *searcher) spend(n int) error {
	before := s.work
	s.work += n
	if s.work > s.limit {
		return &ErrTooCostly{s.limit}
	}
	if before>>8 != s.work>>8 {
		return s.v.ctx.Err()
	}
	return nil
}

// inRanges says whether k may be found.
func (s *searcher) inRanges(k Key) bool {
	return slices.ContainsFunc(s.scope.Ranges, func(r KeyRange) bool { return r.Contains(k) })
}

// reachable says whether a reference may be followed to k.
func (s *searcher) reachable(k Key) bool {
	return s.inRanges(k) || slices.ContainsFunc(s.scope.Follow, func(r KeyRange) bool { return r.Contains(k) })
}

// targets are the keys of the resource that a question names, as they are at a
// site.
func (s *searcher) targets(site SiteNo, r search.Ref) ([]Key, error) {
	n, ok := makeName(r.Type, r.ID)
	if !ok {
		return nil, nil
	}
	var keys []Key
	k, err := s.v.keyOf(site, n)
	switch err {
	case nil:
		keys = append(keys, k)
	case ErrNotFound:
	default:
		return nil, err
	}
	if r.Type != "Patient" {
		return keys, nil
	}
	if g := s.scope.Merged.Group(k); g != nil && len(keys) > 0 {
		keys = slices.Clone(g)
	}
	if len(s.scope.Same) == 0 {
		return keys, nil
	}
	same := slices.Contains(s.scope.Same, k)
	for _, other := range s.scope.Same {
		if same {
			break
		}
		if other.Site() != site {
			k, err := s.v.keyOf(other.Site(), n)
			if err != nil && err != ErrNotFound {
				return nil, err
			}
			same = err == nil && k == other
		}
	}
	if !same {
		return keys, nil
	}
	for _, other := range s.scope.Same {
		if other.Site() == site && !slices.Contains(keys, other) {
			keys = append(keys, other)
		}
	}
	return keys, nil
}

// search answers one page.
func (s *searcher) search(q *search.Query) (Result, error) {
	var t types
	switch {
	case q.Type != "":
		t = typeSet([]string{q.Type})
	case q.Types != nil:
		t = typeSet(q.Types)
	}
	out := Result{Total: -1}
	if q.Type != "" && !s.allowed.has(fhir.TypeNumber(q.Type)) {
		out.Total = 0
		return out, nil
	}
	ranges, err := s.narrow(q)
	if err != nil {
		return Result{}, err
	}
	ask := func(head bool) (*streams, error) { return s.streams(ranges, t, q.Where, head) }
	if q.Count == 0 {
		all, err := ask(false)
		if err != nil {
			return Result{}, err
		}
		out.Total, err = all.count()
		return out, err
	}
	order := ordering{orders: q.Sort, mark: orderMark(q)}
	after, err := s.v.s.openPlace(q.After, order.mark, len(q.Sort))
	if err != nil {
		return Result{}, err
	}
	var page []place
	if len(q.Sort) == 0 {
		page, err = s.inKeyOrder(ask, after, q.Count+1)
	} else {
		page, out.Total, err = s.sorted(ask, ranges, t, q, order, after)
	}
	if err != nil {
		return Result{}, err
	}
	switch {
	case out.Total >= 0:
	case after == nil && len(page) <= q.Count:
		out.Total = len(page)
	case q.Total == "accurate" || q.Total == "estimate":
		all, err := ask(false)
		if err != nil {
			return Result{}, err
		}
		if out.Total, err = all.count(); err != nil {
			return Result{}, err
		}
	}
	if len(page) > q.Count {
		page = page[:q.Count]
		out.Next = s.v.s.sealPlace(page[len(page)-1], order.mark)
	}
	for _, p := range page {
		r, err := s.v.shown(p.k)
		if err != nil {
			return Result{}, err
		}
		out.Matches = append(out.Matches, r)
	}
	if len(q.Includes)+len(q.RevIncludes) > 0 {
		err = s.include(&out, q)
	}
	return out, err
}

func (s *searcher) inKeyOrder(ask func(bool) (*streams, error), after *place, max int) ([]place, error) {
	all, err := ask(false)
	if err != nil {
		return nil, err
	}
	from := Key(0)
	if after != nil {
		from = after.k + 1
	}
	var page []place
	for len(page) < max {
		k, ok, err := all.seek(from)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		page = append(page, place{k: k})
		from = k + 1
	}
	return page, nil
}

// narrow leaves of the scope's ranges the records of the one patient that the
// search is about, if it is about one.
func (s *searcher) narrow(q *search.Query) ([]KeyRange, error) {
	if q.Patient == nil {
		return s.scope.Ranges, nil
	}
	var out []KeyRange
	for _, r := range s.scope.Ranges {
		keys, err := s.targets(r.From.Site(), *q.Patient)
		if err != nil {
			return nil, err
		}
		if len(keys) == 0 || s.mayStray(r.From.Site(), q.Where, *q.Patient) {
			out = append(out, r)
			continue
		}
		slices.Sort(keys)
		for _, k := range keys {
			if n := r.intersect(PatientRange(k)); n.From < n.To {
				out = append(out, n)
			}
		}
	}
	return out, nil
}

// mayStray says whether a condition on the patient is on a path where records
// of other patients may refer to it.
func (s *searcher) mayStray(site SiteNo, where []search.Cond, r search.Ref) bool {
	for _, c := range where {
		for _, sp := range c.Spans {
			if sp.Target != nil && sp.Target.Type == r.Type && sp.Target.ID == r.ID && s.v.s.strays.has(sitePath(site, sp.Path)) {
				return true
			}
		}
		if s.mayStray(site, c.All, r) || s.mayStray(site, c.Any, r) {
			return true
		}
	}
	return false
}
