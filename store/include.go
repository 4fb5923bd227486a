package store

import (
	"slices"

	"wholechart/fhir"
	"wholechart/search"
)

// include adds what the matches refer to and what refers to them:
// http://hl7.org/fhir/R4/search.html#revinclude. The scope holds for each.
func (s *searcher) include(out *Result, q *search.Query) error {
	in := includer{s: s, out: out, seen: map[Key]bool{}}
	var level []*candidate
	for _, r := range out.Matches {
		in.seen[r.Key] = true
		x := &candidate{}
		if ok, err := s.head(r.Key, x); err != nil {
			return err
		} else if ok {
			level = append(level, x)
		}
	}
	for first := true; len(level) > 0 && !out.Truncated; first = false {
		in.next = nil
		for _, x := range level {
			for _, i := range q.Includes {
				if first || i.Iterate {
					if err := in.forward(x, i); err != nil {
						return err
					}
				}
			}
			for _, i := range q.RevIncludes {
				if first || i.Iterate {
					if err := in.backward(x, i); err != nil {
						return err
					}
				}
			}
		}
		level = in.next
	}
	return nil
}

type includer struct {
	s     *searcher
	out   *Result
	seen  map[Key]bool
	next  []*candidate
	paths map[string][]search.Path // see everyPath
}

// add includes a resource once, if it may be seen and is of the type asked for.
func (in *includer) add(k Key, typ string) error {
	if in.seen[k] || in.out.Truncated {
		return nil
	}
	x := &candidate{}
	ok, err := in.s.head(k, x)
	if err != nil || !ok || !in.s.visible(x) || typ != "" && x.name.typ() != typ {
		return err
	}
	if len(in.out.Included) >= MaxIncluded {
		in.out.Truncated = true
		return nil
	}
	in.seen[k] = true
	r, err := in.s.v.shown(k)
	if err != nil {
		return err
	}
	in.out.Included = append(in.out.Included, r)
	in.next = append(in.next, x)
	return nil
}

// forward follows a resource's references.
func (in *includer) forward(x *candidate, i search.Include) error {
	if i.Source != "" && x.name.typ() != i.Source {
		return nil
	}
	for e := range x.terms.all {
		if !i.All && !slices.Contains(i.Paths, e.path) {
			continue
		}
		if k, ok := e.key(); ok && in.s.reachable(k) {
			if err := in.add(k, i.Target); err != nil {
				return err
			}
			if g := in.s.scope.Merged.Group(k); g != nil && in.s.reachable(g[0]) { // who stands for it
				if err := in.add(g[0], i.Target); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// everyPath is every path on which a type's resources refer to others; of all
// types for "".
func (in *includer) everyPath(typ string) []search.Path {
	if p, ok := in.paths[typ]; ok {
		return p
	}
	sources := []string{typ}
	if typ == "" {
		sources = fhir.ResourceTypes()
	}
	var out []search.Path
	for _, t := range sources {
		for _, p := range fhir.SearchParams(t) {
			if p.Type == "reference" {
				out = append(out, search.PathsOf(t, p.Code)...)
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if in.paths == nil {
		in.paths = map[string][]search.Path{}
	}
	in.paths[typ] = out
	return out
}

// backward finds what refers to a resource, in the scope's ranges of its site.
func (in *includer) backward(x *candidate, i search.Include) error {
	if i.Target != "" && x.name.typ() != i.Target {
		return nil
	}
	site := x.k.Site()
	paths := i.Paths
	if i.All {
		paths = in.everyPath(i.Source)
	}
	for _, p := range paths {
		for _, r := range in.s.scope.Ranges {
			if r.From.Site() != site {
				continue
			}
			for _, to := range in.s.selfOr(x.k) {
				it := run{s: in.s, p: sitePath(site, p), v: refValue(to), hi: r.To}
				for k, ok, err := it.seek(r.From); (ok || err != nil) && !in.out.Truncated; k, ok, err = it.seek(k + 1) {
					if err != nil {
						return err
					}
					if err := in.add(k, i.Source); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
