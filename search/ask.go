package search

import (
	"bytes"
	"slices"
	"strings"

	"wholechart/fhir"
)

// asker reads one alternative of one parameter's value.
type asker struct {
	p        *parser
	param    *param
	name     string // as errors show it
	modifier string
	pair     bool // a component of a composite: spans only
}

func (a *asker) one(v string) (Cond, error) {
	if len(a.param.parts) > 0 {
		return a.composite(v)
	}
	switch a.param.kind {
	case kindToken:
		return a.token(v)
	case kindString:
		return a.string(plainText(v))
	case kindReference:
		return a.reference(v)
	case kindDate:
		return a.date(v)
	case kindNumber:
		return a.number(v)
	case kindQuantity:
		return a.quantity(v)
	case kindURI:
		return a.uri(plainText(v))
	}
	return a.near(v)
}

func (a *asker) unknownModifier() error {
	return notSupported(a.name, "a "+a.param.def.Type+" parameter has no such modifier, or it is not answered")
}

func (a *asker) spans(f func(r pathRef, info *pathInfo) []Span) []Span {
	var out []Span
	for _, r := range a.param.paths {
		out = append(out, f(r, &table().infos[r.path])...)
	}
	return out
}

func exact(p Path, v []byte) Span  { return Span{Path: p, From: v, Exact: true} }
func prefix(p Path, v []byte) Span { return Span{Path: p, From: v, To: successor(v)} }

// string is http://hl7.org/fhir/R4/search.html#string: begins with, without
// case and accents; :contains anywhere; :exact as it stands.
func (a *asker) string(v string) (Cond, error) {
	want := appendNormal(nil, v)
	if len(want) == 0 {
		return Cond{}, invalid(a.name, "has nothing to look for")
	}
	short := cut(want, maxString)
	paths := pathsOf(a.param.paths)
	check := func(holds func(s string) bool) Cond {
		return Cond{Check: func(n fhir.Node) bool {
			found := false
			visit(n, paths, func(_ *leaf, v fhir.Node) { found = found || holds(v.Str()) })
			return found
		}}
	}
	switch a.modifier {
	case "":
		if a.param.def.Code == "phonetic" {
			return a.phonetic(want)
		}
		c := Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) []Span { return []Span{prefix(r.path, short)} })}
		if len(short) == len(want) || a.pair {
			return c, nil
		}
		return Cond{All: []Cond{c, check(func(s string) bool { return strings.HasPrefix(normal(s), string(want)) })}}, nil
	case "exact":
		c := Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) []Span { return []Span{exact(r.path, short)} })}
		return Cond{All: []Cond{c, check(func(s string) bool { return s == v })}}, nil
	case "contains":
		in := Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) []Span {
			return []Span{{Path: r.path, Match: func(v []byte) bool { return bytes.Contains(v, want) }}}
		})}
		long := Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) []Span {
			return []Span{{Path: r.path, Match: func(v []byte) bool { return len(v) > maxString-4 }}} // perhaps cut
		})}
		return Cond{Any: []Cond{in, {All: []Cond{long, check(func(s string) bool { return strings.Contains(normal(s), string(want)) })}}}}, nil
	}
	return Cond{}, a.unknownModifier()
}

// uri is http://hl7.org/fhir/R4/search.html#uri: the whole uri, with case;
// :below begins with it, :above is a beginning of it at a slash.
func (a *asker) uri(v string) (Cond, error) {
	switch a.modifier {
	case "":
		return Cond{Spans: a.spans(func(r pathRef, info *pathInfo) []Span {
			out := []Span{exact(r.path, appendURI(nil, v))}
			if info.has("canonical") && !strings.Contains(v, "|") && len(v) < maxURI-20 { // any version
				out = append(out, prefix(r.path, []byte(v+"|")))
			}
			return out
		})}, nil
	case "below":
		if len(v) > maxURI-20 {
			return Cond{}, tooCostly(a.name, "is too long for :below")
		}
		return Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) []Span { return []Span{prefix(r.path, []byte(v))} })}, nil
	case "above":
		above := []string{v}
		for i := len(v) - 1; i > 0 && len(above) < 64; i-- {
			if v[i] == '/' && v[i-1] != '/' && v[i-1] != ':' {
				above = append(above, v[:i+1], v[:i])
			}
		}
		return Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) (out []Span) {
			for _, u := range above {
				out = append(out, exact(r.path, appendURI(nil, u)))
			}
			return out
		})}, nil
	}
	return Cond{}, a.unknownModifier()
}

// reference is http://hl7.org/fhir/R4/search.html#reference.
func (a *asker) reference(v string) (Cond, error) {
	if a.modifier == "identifier" {
		code, uri, piped := tokenParts(v)
		if code == "" {
			return Cond{}, invalid(a.name, "must be [system]|value")
		}
		return Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) []Span {
			if piped {
				return []Span{exact(r.path, appendToken([]byte{identified}, systemOf(uri), code, true))}
			}
			return []Span{prefix(r.path, appendCode([]byte{identified}, code, true))}
		})}, nil
	}
	v = plainText(v)
	targets := a.param.targets()
	if a.modifier != "" {
		if !fhir.IsResourceType(a.modifier) {
			return Cond{}, a.unknownModifier()
		}
		if !slices.Contains(targets, a.modifier) {
			return Cond{}, notSupported(a.name, "is no reference to that type")
		}
		targets = []string{a.modifier}
	}
	if rest, ok := strings.CutPrefix(v, a.p.opts.Base+"/"); ok && a.p.opts.Base != "" {
		v = rest
	}
	inline := func(r pathRef, info *pathInfo) []Span { // what is a reference only by its text
		if info.has("canonical", "uri", "url", "Resource") {
			return []Span{exact(r.path, appendURI([]byte{literal}, v))}
		}
		return nil
	}
	if ref, ok := relative(v); ok && fhir.IsResourceType(ref.Type) {
		if ref.Version != "" {
			return Cond{}, notSupported(a.name, "references to one version are not looked for")
		}
		if !slices.Contains(targets, ref.Type) {
			return Cond{}, invalid(a.name, "is no reference to that type")
		}
		return a.found(a.spans(func(r pathRef, info *pathInfo) []Span {
			if r.target != "" && r.target != ref.Type {
				return nil
			}
			out := inline(r, info)
			if info.has("Reference") {
				out = append(out, Span{Path: r.path, Target: &Ref{Type: ref.Type, ID: ref.ID}})
			}
			return out
		}))
	}
	if isID(v) {
		if len(targets) > 24 {
			return Cond{}, invalid(a.name, "the type must be said: Type/id")
		}
		return a.found(a.spans(func(r pathRef, info *pathInfo) []Span {
			out := inline(r, info)
			if !info.has("Reference") {
				return out
			}
			for _, t := range targets {
				if r.target == "" || r.target == t {
					out = append(out, Span{Path: r.path, Target: &Ref{Type: t, ID: v}})
				}
			}
			return out
		}))
	}
	if !strings.Contains(v, ":") || strings.HasPrefix(v, "#") {
		return Cond{}, invalid(a.name, "must be an id, Type/id or an absolute url")
	}
	return a.found(a.spans(func(r pathRef, info *pathInfo) []Span {
		if r.target != "" && info.has("Reference") && !info.has("canonical", "uri") {
			if typeNamed(v) != r.target {
				return nil
			}
		}
		out := []Span{exact(r.path, appendURI([]byte{literal}, v))}
		if info.has("canonical") && !strings.Contains(v, "|") && len(v) < maxURI-20 { // any version
			out = append(out, prefix(r.path, []byte(string(literal)+v+"|")))
		}
		return out
	}))
}

func (a *asker) found(spans []Span) (Cond, error) {
	if len(spans) == 0 {
		return Cond{}, invalid(a.name, "is no reference of that kind")
	}
	return Cond{Spans: spans}, nil
}
