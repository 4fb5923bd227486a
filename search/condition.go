package search

import (
	"slices"
	"strings"

	"wholechart/fhir"
)

// condition reads one parameter: name[:modifier][.chain] and its value.
func (p *parser) condition(types []string, name, value string, depth int) (Cond, error) {
	if depth > maxDepth {
		return Cond{}, tooCostly(shown(name), "the chain has too many links")
	}
	if err := p.spend(name, 1); err != nil {
		return Cond{}, err
	}
	if strings.HasPrefix(name, "_has:") {
		return p.has(types, name, value, depth)
	}
	head, rest, chained := strings.Cut(name, ".")
	code, modifier, modified := strings.Cut(head, ":")
	if modified && modifier == "" || chained && rest == "" {
		return Cond{}, notSupported(shown(name), "the name ends too early")
	}
	one, err := parameterOf(types, code, shown(name))
	if err != nil {
		return Cond{}, err
	}
	if chained {
		return p.chain(one, name, modifier, rest, value, depth)
	}
	if code == "_lastUpdated" {
		return p.updated(name, modifier, value)
	}
	alternatives := split(value, ',')
	if len(alternatives) > maxValues {
		return Cond{}, tooCostly(shown(name), "has too many alternatives")
	}
	if code == "_id" {
		return p.ids(name, modifier, alternatives)
	}
	if modifier == "missing" && len(one.parts) == 0 && one.kind != kindPlace {
		return missing(one, name, value)
	}
	a := asker{p: p, param: one, name: shown(name), modifier: modifier}
	var any []Cond
	for _, v := range alternatives {
		if v == "" {
			return Cond{}, invalid(shown(name), "has an empty alternative")
		}
		c, err := a.one(v)
		if err != nil {
			return Cond{}, err
		}
		if err := p.spend(name, weight(c)); err != nil {
			return Cond{}, err
		}
		any = append(any, c)
	}
	c := anyOf(any)
	if modifier == "not" || modifier == "not-in" {
		return Cond{Not: &c}, nil
	}
	return c, nil
}

func weight(c Cond) int {
	n := len(c.Spans) + len(c.IDs)
	for _, a := range c.All {
		n += weight(a)
	}
	for _, a := range c.Any {
		n += weight(a)
	}
	return n
}

// anyOf joins alternatives; those that are spans alone become one condition.
func anyOf(conds []Cond) Cond {
	if len(conds) == 1 {
		return conds[0]
	}
	var spans []Span
	var rest []Cond
	for _, c := range conds {
		if len(c.Spans) > 0 {
			spans = append(spans, c.Spans...)
		} else {
			rest = append(rest, c)
		}
	}
	if len(rest) == 0 {
		return Cond{Spans: spans}
	}
	if len(spans) > 0 {
		rest = append([]Cond{{Spans: spans}}, rest...)
	}
	return Cond{Any: rest}
}

// whole are all rows of a parameter.
func whole(refs []pathRef) []Span {
	var out []Span
	for _, r := range refs {
		s := Span{Path: r.path}
		if r.contact != nil {
			want := *r.contact
			s.Match = func(v []byte) bool { return len(v) > len(want) && string(v[len(v)-len(want):]) == string(want[:]) }
		}
		out = append(out, s)
	}
	return out
}

// missing is :missing (http://hl7.org/fhir/R4/search.html#modifiers).
func missing(one *param, name, value string) (Cond, error) {
	there := Cond{Spans: whole(one.paths)}
	if slices.ContainsFunc(one.paths, func(r pathRef) bool { return r.target != "" }) {
		there = Cond{All: []Cond{there, {Check: func(n fhir.Node) bool { return refersTo(n, one.paths) }}}}
	}
	switch value {
	case "true":
		return Cond{Not: &there}, nil
	case "false":
		return there, nil
	}
	return Cond{}, invalid(shown(name), "must be true or false")
}

// refersTo says whether any of the references is of the type its path asks for.
func refersTo(n fhir.Node, refs []pathRef) bool {
	found := false
	visit(n, pathsOf(refs), func(l *leaf, v fhir.Node) {
		typ := typeNamed(v.Get("reference").Str())
		for _, want := range refs {
			if want.path == l.path && (want.target == "" || typ == want.target) {
				found = true
			}
		}
	})
	return found
}

// visit walks to the values of paths in a resource.
func visit(res fhir.Node, paths []Path, f func(l *leaf, n fhir.Node)) {
	if t := table().tries[res.ResourceType()]; t != nil {
		visitTrie(res, t, paths, f)
	}
}

func visitTrie(n fhir.Node, t *trie, paths []Path, f func(l *leaf, n fhir.Node)) {
	for key, val := range n.Members() {
		for _, b := range t.kids[string(key)] {
			at := 0
			for item := range val.Items() {
				at++
				if b.hop.index >= 0 && at-1 != b.hop.index || b.hop.field != "" && !item.Get(b.hop.field).Is(b.hop.value) {
					continue
				}
				for i := range b.leaves {
					if slices.Contains(paths, b.leaves[i].path) {
						f(&b.leaves[i], item)
					}
				}
				if b.next != nil {
					visitTrie(item, b.next, paths, f)
				}
			}
		}
	}
}

func (p *parser) ids(name, modifier string, values []string) (Cond, error) {
	if modifier != "" && modifier != "not" {
		return Cond{}, notSupported(shown(name), "_id has only the modifier not")
	}
	var c Cond
	for _, v := range values {
		if v = plainText(v); !isID(v) {
			return Cond{}, invalid(shown(name), "holds what cannot be an id")
		}
		if !slices.Contains(c.IDs, v) {
			c.IDs = append(c.IDs, v)
		}
	}
	if err := p.spend(name, len(c.IDs)); err != nil {
		return Cond{}, err
	}
	if modifier == "not" {
		return Cond{Not: &Cond{IDs: c.IDs}}, nil
	}
	return c, nil
}

// updated is _lastUpdated, an instant and so always within or without a range.
func (p *parser) updated(name, modifier, value string) (Cond, error) {
	if modifier != "" {
		return Cond{}, notSupported(shown(name), "has no modifier")
	}
	var any []Cond
	for _, v := range split(value, ',') {
		prefix, m, err := p.date(shown(name), v)
		if err != nil {
			return Cond{}, err
		}
		i := &Interval{}
		switch prefix {
		case "eq", "ne":
			i.From, i.To = instant(m.low), instant(m.high)
		case "gt", "sa":
			i.From = instant(m.high + 1)
		case "ge":
			i.From = instant(m.low)
		case "lt", "eb":
			i.To = instant(m.low - 1)
		case "le":
			i.To = instant(m.high)
		case "ap":
			m = p.around(m)
			i.From, i.To = instant(m.low), instant(m.high)
		}
		if err := p.spend(name, 1); err != nil {
			return Cond{}, err
		}
		if prefix == "ne" {
			any = append(any, Cond{Not: &Cond{Updated: i}})
		} else {
			any = append(any, Cond{Updated: i})
		}
	}
	return anyOf(any), nil
}
