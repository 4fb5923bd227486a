package search

import (
	"slices"
	"strconv"
	"strings"

	"wholechart/fhir"
)

// control takes the parameters that shape the answer
// (http://hl7.org/fhir/R4/search.html#return); done says that name was one.
func (p *parser) control(name, value string) (done bool, err error) {
	base, modifier, hasModifier := strings.Cut(name, ":")
	if hasModifier && base != "_include" && base != "_revinclude" {
		return false, nil
	}
	q := p.q
	one := func(allowed ...string) error {
		if !slices.Contains(allowed, value) {
			return invalid(name, "must be one of "+strings.Join(allowed, ", "))
		}
		return nil
	}
	switch base {
	case "_type":
		if q.Type != "" {
			return false, notSupported(name, "is for searches over all types")
		}
	case "_format", "_pretty": // of the representation, not of the search
		return true, nil
	case "_after":
		if len(value) > 1024 {
			return false, invalid(name, "is too long")
		}
		q.After = value
		return true, nil
	case "_count":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return false, invalid(name, "must be a whole number, not negative")
		}
		q.Count = min(n, p.opts.MaxCount)
		value = strconv.Itoa(q.Count)
		if n == 0 {
			q.Summary = "count"
		}
		q.Understood.Set(name, value)
		return true, nil
	case "_total":
		if err := one("none", "estimate", "accurate"); err != nil {
			return false, err
		}
		q.Total = value
	case "_summary":
		if err := one("true", "text", "data", "count", "false"); err != nil {
			return false, err
		}
		if q.Summary != "count" {
			q.Summary = value
		}
	case "_elements":
		if err := p.elements(value); err != nil {
			return false, err
		}
	case "_contained":
		if value != "false" {
			return false, notSupported(name, "contained resources are not found by themselves")
		}
	case "_containedType", "_filter", "_list", "_query":
		return false, notSupported(name, "is not answered")
	case "_sort":
		for _, key := range strings.Split(value, ",") {
			if err := p.sort(name, key); err != nil {
				return false, err
			}
		}
	case "_include", "_revinclude":
		if hasModifier && modifier != "iterate" {
			return false, notSupported(shown(name), "has only the modifier iterate")
		}
		for _, v := range strings.Split(value, ",") {
			inc, err := p.include(base, v, hasModifier)
			if err != nil {
				return false, err
			}
			if base == "_include" {
				q.Includes = append(q.Includes, inc)
			} else {
				q.RevIncludes = append(q.RevIncludes, inc)
			}
			if len(q.Includes)+len(q.RevIncludes) > 50 {
				return false, tooCostly(base, "more than 50 includes")
			}
		}
	default:
		return false, nil
	}
	q.Understood.Add(name, value)
	return true, nil
}

func (p *parser) elements(value string) error {
	for _, name := range strings.Split(value, ",") {
		name = strings.TrimSpace(name)
		if t, rest, dotted := strings.Cut(name, "."); dotted {
			if !slices.Contains(p.types, t) {
				if fhir.IsResourceType(t) {
					continue // of an included resource
				}
				return invalid("_elements", "takes the names of top-level elements")
			}
			name = rest
		}
		known := slices.ContainsFunc(p.types, func(t string) bool {
			def := fhir.LookupType(t)
			el, _ := def.Element(name)
			return el != nil || def.ElementNamed(name) != nil
		})
		if !known {
			return notSupported("_elements", "names an element that the resource type does not have")
		}
		if !slices.Contains(p.q.Elements, name) {
			p.q.Elements = append(p.q.Elements, name)
		}
	}
	return nil
}

func (p *parser) sort(name, key string) error {
	key = strings.TrimSpace(key)
	o := Order{}
	if rest, ok := strings.CutPrefix(key, "-"); ok {
		o.Desc, key = true, rest
	}
	switch key {
	case "":
		return invalid(name, "has an empty key")
	case "_id":
		o.ID = true
	case "_lastUpdated":
		o.Updated = true
	default:
		one, err := parameterOf(p.types, key, "_sort by "+shown(key))
		if err != nil {
			return err
		}
		if len(one.parts) > 0 || one.kind == kindPlace {
			return notSupported("_sort by "+shown(key), "has no order")
		}
		o.Paths = pathsOf(one.paths)
	}
	if len(p.q.Sort) >= maxSort {
		return tooCostly(name, "more than "+strconv.Itoa(maxSort)+" keys")
	}
	p.q.Sort = append(p.q.Sort, o)
	return nil
}

// include reads Type:param, Type:param:Target, Type:* and *.
func (p *parser) include(name, value string, iterate bool) (Include, error) {
	inc := Include{Iterate: iterate}
	if value == "*" {
		inc.All = true
		if name == "_include" && !iterate {
			inc.Source = p.q.Type
		}
		return inc, nil
	}
	parts := strings.Split(value, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return inc, invalid(name, "must be Type:parameter or Type:parameter:Target")
	}
	inc.Source = parts[0]
	if !fhir.IsResourceType(inc.Source) {
		return inc, invalid(name, "names what is not a resource type of R4")
	}
	if len(parts) == 3 {
		if inc.Target = parts[2]; !fhir.IsResourceType(inc.Target) {
			return inc, invalid(name, "names what is not a resource type of R4")
		}
	}
	if parts[1] == "*" {
		inc.All = true
		return inc, nil
	}
	one, err := parameterOf([]string{inc.Source}, parts[1], name+" "+shown(value))
	if err != nil {
		return inc, err
	}
	if one.kind != kindReference {
		return inc, notSupported(name+" "+shown(value), "is not a reference")
	}
	if inc.Paths = pathsOf(followed(one.paths)); len(inc.Paths) == 0 {
		return inc, notSupported(name+" "+shown(value), notFollowed)
	}
	if only := targetOf(one); only != "" {
		if inc.Target != "" && inc.Target != only {
			return inc, invalid(name, "the parameter refers to "+only+" only")
		}
		inc.Target = only
	}
	return inc, nil
}

// targetOf is the one type that every path of a parameter is narrowed to, or "".
func targetOf(p *param) string {
	only := ""
	for i, r := range p.paths {
		if r.target == "" || i > 0 && r.target != only {
			return ""
		}
		only = r.target
	}
	return only
}

func (p *parser) finish() error {
	if p.q.Summary == "count" {
		p.q.Count = 0
	}
	if len(p.q.Elements) > 0 && p.q.Summary != "" && p.q.Summary != "false" && p.q.Summary != "count" {
		return invalid("_elements", "does not go together with _summary")
	}
	return nil
}
