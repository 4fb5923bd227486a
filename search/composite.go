package search

import (
	"strings"

	"wholechart/fhir"
)

// A composite parameter has no rows of its own: its components are asked of
// their own rows, and where they could come from different places, the resource
// itself is asked whether they stand together
// (http://hl7.org/fhir/R4/search.html#combining).

// part is one component. Its own paths are numbered after those that have rows
// and are only used to compare what is extracted at one place.
type part struct {
	index *param // the component's parameter, whose rows are searched
	here  *param // the component from the composite's own place
	roots []root
}

// root is a place where the components stand together.
type root struct {
	hops []hop // from the resource; none is the resource itself
	trie *trie // from there, to the component's values
	top  *trie // from the resource (%resource), to the component's values
}

func partsOf(t *pathTable, resource string, def *fhir.SearchParam) []part {
	var parts []part
	components := def.Components
	if def.URL == "http://hl7.org/fhir/SearchParameter/DocumentReference-relationship" && len(components) == 2 {
		// R4 names the two definitions the wrong way round: relatesto (a reference) for code, relation (a code) for target.
		components = []fhir.Component{{Definition: components[1].Definition, Expression: components[0].Expression},
			{Definition: components[0].Definition, Expression: components[1].Expression}}
	}
	for _, c := range components {
		var one part
		for _, p := range t.params[resource] {
			if p.def.URL == c.Definition && p.kind != 0 {
				one.index = p
			}
		}
		if one.index == nil {
			return nil
		}
		one.here = &param{def: one.index.def, kind: one.index.kind}
		for _, sub := range union(def.Expression) {
			steps, err := walkOf(sub)
			if err != nil {
				return nil
			}
			steps, ok := relativeSteps(resource, steps)
			if !ok {
				continue
			}
			for _, place := range walks(resource, steps) {
				one.roots = append(one.roots, one.rootAt(t, resource, place, c.Expression))
			}
		}
		if len(one.here.paths) == 0 || len(one.roots) == 0 {
			return nil
		}
		parts = append(parts, one)
	}
	return parts
}

func (one *part) rootAt(t *pathTable, resource string, place end, expression string) root {
	r := root{hops: place.hops, trie: &trie{}, top: &trie{}}
	for _, sub := range union(expression) {
		sub, fromTop := strings.CutPrefix(sub, "%resource.")
		steps, err := walkOf(sub)
		if err != nil {
			continue
		}
		from, into := place.typ, r.trie
		if fromTop {
			from, into = resource, r.top
		}
		for _, e := range walks(from, steps) {
			for _, e := range e.parts(one.here.kind) {
				n := Path(len(t.infos))
				t.infos = append(t.infos, pathInfo{resource: resource, text: "of a composite: " + sub + e.suffix, kind: one.here.kind,
					types: []string{e.typ}})
				into.put(e.hops, leaf{path: n, kind: one.here.kind, typ: leafTypes[e.typ], codes: codesOf(e.element, e.typ)})
				one.here.paths = append(one.here.paths, pathRef{path: n})
			}
		}
	}
	return r
}

func (a *asker) composite(v string) (Cond, error) {
	if a.modifier != "" {
		return Cond{}, notSupported(a.name, "composite parameters have no modifiers")
	}
	parts := a.param.parts
	values := split(v, '$')
	if len(values) != len(parts) {
		return Cond{}, invalid(a.name, "must have as many parts as the parameter, with $ between them")
	}
	all := make([]Cond, len(parts))
	here := make([]Cond, len(parts))
	for i, one := range parts {
		if values[i] == "" {
			return Cond{}, invalid(a.name, "has an empty part")
		}
		var err error
		ask := asker{p: a.p, param: one.index, name: a.name, pair: true}
		if all[i], err = ask.one(values[i]); err != nil {
			return Cond{}, err
		}
		ask.param = one.here
		if here[i], err = ask.one(values[i]); err != nil {
			return Cond{}, err
		}
	}
	if len(parts[0].roots) == 1 && len(parts[0].roots[0].hops) == 0 {
		return Cond{All: all}, nil // one place only: together they always are
	}
	return Cond{All: append(all, Cond{Check: func(res fhir.Node) bool { return together(res, parts, here) }})}, nil
}

// together says whether all components are met at one place of a resource.
func together(res fhir.Node, parts []part, conds []Cond) bool {
	for i, r := range parts[0].roots {
		for _, place := range placesAt([]fhir.Node{res}, r.hops) {
			met := true
			for j, one := range parts {
				x := extraction{}
				x.object(place, one.roots[i].trie)
				x.object(res, one.roots[i].top)
				if !Holds(conds[j], x.out.Terms, res, Ref{}) {
					met = false
					break
				}
			}
			if met {
				return true
			}
		}
	}
	return false
}

func placesAt(nodes []fhir.Node, hops []hop) []fhir.Node {
	for _, h := range hops {
		var out []fhir.Node
		for _, n := range nodes {
			for item := range n.Get(h.key).Items() {
				out = append(out, item)
			}
		}
		nodes = out
	}
	return nodes
}
