package search

import (
	"slices"
	"strings"

	"wholechart/fhir"
)

// chain is subject.name and subject:Patient.name
// (http://hl7.org/fhir/R4/search.html#chaining). Without a type, every type the
// reference may have and that knows the rest of the chain is tried.
func (p *parser) chain(one *param, name, typ, rest, value string, depth int) (Cond, error) {
	if one.kind != kindReference {
		return Cond{}, notSupported(shown(name), "only references can be chained")
	}
	targets := one.targets()
	if typ != "" {
		if !fhir.IsResourceType(typ) || !slices.Contains(targets, typ) {
			return Cond{}, notSupported(shown(name), "is no reference to that type")
		}
		targets = []string{typ}
	}
	if len(followed(one.paths)) == 0 {
		return Cond{}, notSupported(shown(name), notFollowed)
	}
	var any []Cond
	var last error
	for _, target := range targets {
		refs := one.to(target)
		if len(refs) == 0 {
			continue
		}
		where, err := p.condition([]string{target}, rest, value, depth+1)
		if err != nil {
			if e, ok := err.(*Error); ok && e.Code != "not-supported" {
				return Cond{}, &Error{e.Code, shown(name), e.Text}
			}
			last = err
			continue
		}
		any = append(any, Cond{Chain: &Chain{Paths: pathsOf(refs), Type: target, Where: []Cond{where}}})
	}
	if len(any) == 0 {
		if e, ok := last.(*Error); ok && len(targets) == 1 {
			return Cond{}, &Error{e.Code, shown(name), e.Text}
		}
		return Cond{}, notSupported(shown(name), "none of the types it refers to knows the rest of the chain")
	}
	return anyOf(any), nil
}

// targets are the types a reference parameter may name.
func (one *param) targets() []string {
	if t := targetOf(one); t != "" {
		return []string{t}
	}
	var out []string
	for _, t := range one.def.Targets {
		if fhir.IsResourceType(t) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return fhir.ResourceTypes()
	}
	return out
}

const notFollowed = "it refers by canonical url or inline, which is not followed"

// followed are the paths whose values are References, which lead to resources
// of the store. Canonical urls are only compared.
func followed(refs []pathRef) (out []pathRef) {
	for _, r := range refs {
		if table().infos[r.path].has("Reference") {
			out = append(out, r)
		}
	}
	return out
}

// to are the paths that may lead to a type.
func (one *param) to(target string) []pathRef {
	var out []pathRef
	for _, r := range followed(one.paths) {
		if r.target == "" || r.target == target {
			out = append(out, r)
		}
	}
	return out
}

// has is _has:Observation:patient:code, nested to maxDepth
// (http://hl7.org/fhir/R4/search.html#has).
func (p *parser) has(types []string, name, value string, depth int) (Cond, error) {
	parts := strings.SplitN(name, ":", 4)
	if len(parts) != 4 || parts[3] == "" {
		return Cond{}, notSupported(shown(name), "must be _has:Type:reference:parameter")
	}
	from := parts[1]
	if !fhir.IsResourceType(from) {
		return Cond{}, notSupported(shown(name), "names what is not a resource type of R4")
	}
	one, err := parameterOf([]string{from}, parts[2], shown(name))
	if err != nil {
		return Cond{}, err
	}
	if one.kind != kindReference {
		return Cond{}, notSupported(shown(name), "is not by a reference")
	}
	paths := pathsOf(followed(one.paths))
	if len(paths) == 0 {
		return Cond{}, notSupported(shown(name), notFollowed)
	}
	targets := one.targets()
	if !slices.ContainsFunc(types, func(t string) bool { return slices.Contains(targets, t) }) {
		return Cond{}, notSupported(shown(name), "the reference does not lead to the type that is searched")
	}
	where, err := p.condition([]string{from}, parts[3], value, depth+1)
	if err != nil {
		if e, ok := err.(*Error); ok {
			return Cond{}, &Error{e.Code, shown(name), e.Text}
		}
		return Cond{}, err
	}
	return Cond{Has: &Has{Type: from, Paths: paths, Where: []Cond{where}}}, nil
}
