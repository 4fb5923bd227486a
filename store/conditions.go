package store

import (
	"bytes"
	"slices"
	"time"

	"wholechart/search"
)

// condition is a search.Cond as it is asked at one site.
type condition struct {
	n       int // number, for what is remembered of it
	site    SiteNo
	spans   []span
	not     *condition
	ids     map[string]bool
	updated *search.Interval
	chain   *search.Chain
	has     *search.Has
	where   []*condition // of chain and has
	all     []*condition
	any     []*condition
	src     *search.Cond
	many    bool // its spans have been found to have many values

	refersHome []search.Path // on one of these, to the patient whose record it is in
}

// span is a search.Span with its target found.
type span struct {
	path     search.Path
	p        int64
	from, to []byte
	exact    bool
	match    func([]byte) bool
}

func (sp *span) holds(v []byte) bool {
	if sp.exact {
		return bytes.Equal(v, sp.from)
	}
	return bytes.Compare(v, sp.from) >= 0 && (sp.to == nil || bytes.Compare(v, sp.to) < 0) && (sp.match == nil || sp.match(v))
}

func (c *condition) exact() bool {
	if len(c.spans) == 0 {
		return false
	}
	for i := range c.spans {
		if !c.spans[i].exact || c.spans[i].match != nil {
			return false
		}
	}
	return true
}

// maxNesting bounds chains and combinations inside one another.
const maxNesting = 16

// compile makes conditions ready for a site. What must all hold lies flat.
func (s *searcher) compile(site SiteNo, where []search.Cond) ([]*condition, error) {
	if s.depth++; s.depth > maxNesting {
		return nil, &ErrTooCostly{s.limit}
	}
	defer func() { s.depth-- }()
	var out []*condition
	for i := range where {
		w := &where[i]
		if w.All != nil {
			all, err := s.compile(site, w.All)
			if err != nil {
				return nil, err
			}
			out = append(out, all...)
			continue
		}
		s.cond++
		c := &condition{n: s.cond, site: site, updated: w.Updated, chain: w.Chain, has: w.Has, src: w}
		var err error
		switch {
		case w.Spans != nil:
			c.spans, err = s.spans(site, w.Spans)
		case w.Not != nil:
			var inner []*condition
			inner, err = s.compile(site, []search.Cond{*w.Not})
			c.not = &condition{all: inner, site: site}
		case w.IDs != nil:
			c.ids = make(map[string]bool, len(w.IDs))
			for _, id := range w.IDs {
				c.ids[id] = true
			}
		case w.Chain != nil:
			c.where, err = s.compile(site, w.Chain.Where)
		case w.Has != nil:
			c.where, err = s.compile(site, w.Has.Where)
		case w.Any != nil:
			for _, one := range w.Any {
				var inner []*condition
				if inner, err = s.compile(site, []search.Cond{one}); err != nil {
					break
				}
				if len(inner) == 1 {
					c.any = append(c.any, inner[0])
				} else {
					c.any = append(c.any, &condition{all: inner, site: site})
				}
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b *condition) int { return a.cost() - b.cost() })
	return out, nil
}

// cost orders tests: what is cheap and likely to fail goes first.
func (c *condition) cost() int {
	switch {
	case c.spans != nil || c.ids != nil || c.updated != nil:
		return 0
	case c.not != nil:
		return 1 + c.not.cost()
	case c.any != nil || c.all != nil:
		n := 1
		for _, x := range append(slices.Clone(c.any), c.all...) {
			n = max(n, 1+x.cost())
		}
		return n
	case c.chain != nil:
		return 20
	case c.has != nil:
		return 30
	}
	return 100
}

func (s *searcher) spans(site SiteNo, in []search.Span) ([]span, error) {
	out := make([]span, 0, len(in))
	for _, sp := range in {
		one := span{path: sp.Path, p: sitePath(site, sp.Path), from: sp.From, to: sp.To, exact: sp.Exact, match: sp.Match}
		if sp.Target == nil {
			out = append(out, one)
			continue
		}
		keys, err := s.targets(site, *sp.Target)
		if err != nil {
			return nil, err
		}
		one.exact, one.to = true, nil
		for _, k := range keys {
			one.from = refValue(k)
			out = append(out, one)
		}
		if len(keys) == 0 { // it may be referred to without being here
			one.from = refTextValue(*sp.Target)
			out = append(out, one)
		}
	}
	return out, nil
}

// test says whether a candidate meets a condition.
func (s *searcher) test(c *condition, x *candidate) (bool, error) {
	switch {
	case c.spans != nil:
		return x.anySpan(c.spans), nil
	case c.not != nil:
		ok, err := s.test(c.not, x)
		return !ok, err
	case c.ids != nil:
		return c.ids[x.name.id()], nil
	case c.updated != nil:
		return within(c.updated, fromMillis(x.updated)), nil
	case c.all != nil:
		return s.testAll(c.all, x)
	case c.any != nil:
		for _, a := range c.any {
			if ok, err := s.test(a, x); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	case c.chain != nil:
		return s.testChain(c, x)
	case c.has != nil:
		return s.testHas(c, x)
	case c.refersHome != nil:
		return x.refersHome(c), nil
	case c.src != nil && c.src.Check != nil:
		n, err := s.body(x.k)
		return err == nil && c.src.Check(n), err
	}
	return false, nil // a condition that says nothing is met by nothing
}

func (s *searcher) testAll(conds []*condition, x *candidate) (bool, error) {
	for _, c := range conds {
		if ok, err := s.test(c, x); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func within(i *search.Interval, t time.Time) bool {
	return !t.Before(i.From) && (i.To.IsZero() || !t.After(i.To))
}

func (x *candidate) anySpan(spans []span) bool {
	for e := range x.terms.all {
		for i := range spans {
			if spans[i].path == e.path && spans[i].holds(e.v) {
				return true
			}
		}
	}
	return false
}

// testChain follows the candidate's references.
func (s *searcher) testChain(c *condition, x *candidate) (bool, error) {
	for e := range x.terms.all {
		if !slices.Contains(c.chain.Paths, e.path) {
			continue
		}
		if k, ok := e.key(); ok && s.reachable(k) {
			if ok, err := s.meets(c, k, c.chain.Type); ok || err != nil {
				return ok, err
			}
			if ok, err := s.mergedMeets(c, k, c.chain.Type); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// testHas looks for resources that refer to the candidate.
func (s *searcher) testHas(c *condition, x *candidate) (bool, error) {
	if g := s.scope.Merged.Group(x.k); g != nil {
		for _, k := range g {
			if ok, err := s.refersTo(c, k); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
	return s.refersTo(c, x.k)
}

// refersTo says whether what a _has asks for refers to a resource.
func (s *searcher) refersTo(c *condition, to Key) (bool, error) {
	for _, p := range c.has.Paths {
		for _, r := range s.scope.Ranges {
			if r.From.Site() != c.site {
				continue
			}
			it := run{s: s, p: sitePath(c.site, p), v: refValue(to), hi: r.To}
			for k, more, err := it.seek(r.From); more || err != nil; k, more, err = it.seek(k + 1) {
				if err != nil {
					return false, err
				}
				if ok, err := s.meets(c, k, c.has.Type); ok || err != nil {
					return ok, err
				}
			}
		}
	}
	return false, nil
}

// meets says whether the resource by a key is of a type, may be seen, and meets
// the inner conditions of a chain.
func (s *searcher) meets(c *condition, k Key, typ string) (bool, error) {
	at := metKey{c.n, k}
	if met, ok := s.met[at]; ok {
		return met, nil
	}
	if s.depth++; s.depth > maxNesting {
		return false, &ErrTooCostly{s.limit}
	}
	defer func() { s.depth-- }()
	x := &candidate{}
	ok, err := s.head(k, x)
	if err != nil {
		return false, err
	}
	ok = ok && s.visible(x) && x.name.typ() == typ
	if ok {
		if ok, err = s.testAll(c.where, x); err != nil {
			return false, err
		}
	}
	if s.met == nil || len(s.met) > 1<<16 {
		s.met = map[metKey]bool{}
	}
	s.met[at] = ok
	return ok, nil
}
