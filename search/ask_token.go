package search

import (
	"slices"
	"strings"

	"wholechart/fhir"
)

// tokenParts reads code, |code, system|code and system|; piped says that a
// system, or none, is asked for.
func tokenParts(v string) (code, uri string, piped bool) {
	parts := split(v, '|')
	if len(parts) == 1 {
		return plainText(v), "", false
	}
	return plainText(strings.Join(parts[1:], "|")), plainText(parts[0]), true
}

// keepsCase says whether the codes of a path are compared with case: all but
// codes, booleans and contact points.
func (p *pathInfo) keepsCase() bool {
	return !p.has("Coding", "CodeableConcept", "code", "boolean", "ContactPoint")
}

// token is http://hl7.org/fhir/R4/search.html#token.
func (a *asker) token(v string) (Cond, error) {
	switch a.modifier {
	case "", "not":
		code, uri, piped := tokenParts(v)
		if code == "" && uri == "" {
			return Cond{}, invalid(a.name, "must be code, system|code, |code or system|")
		}
		return Cond{Spans: a.spans(func(r pathRef, info *pathInfo) []Span { return tokenSpans(r, info, code, uri, piped) })}, nil
	case "text":
		return a.tokenText(v)
	case "of-type":
		return a.ofType(v)
	case "in", "not-in":
		return a.in(plainText(v))
	case "above", "below":
		return Cond{}, notSupported(a.name, "there is no hierarchy of codes to answer :above and :below with")
	}
	return Cond{}, a.unknownModifier()
}

func tokenSpans(r pathRef, info *pathInfo, code, uri string, piped bool) []Span {
	if info.has("ContactPoint") {
		code = phone(code)
	}
	out := []Span{tokenSpan(r, info.keepsCase(), code, uri, piped)}
	if !info.keepsCase() && info.has("uri") { // a Coding or a uri, each compared in its way
		out = append(out, tokenSpan(r, true, code, uri, piped))
	}
	return out
}

func tokenSpan(r pathRef, keepCase bool, code, uri string, piped bool) Span {
	switch {
	case r.contact != nil && code != "" && (!piped || systemOf(uri) == *r.contact):
		return exact(r.path, appendToken(nil, *r.contact, code, false))
	case !piped:
		return prefix(r.path, appendCode(nil, code, keepCase))
	case code != "":
		return exact(r.path, appendToken(nil, systemOf(uri), code, keepCase))
	}
	want := systemOf(uri)
	return Span{Path: r.path, Match: func(v []byte) bool { return len(v) > len(want) && string(v[len(v)-len(want):]) == string(want[:]) }}
}

// tokenText is :text: a display, the text of a CodeableConcept or of an
// identifier's type, or a word in it, begins with the value.
func (a *asker) tokenText(v string) (Cond, error) {
	want := normal(plainText(v))
	if want == "" {
		return Cond{}, invalid(a.name, "has nothing to look for")
	}
	begins := func(n fhir.Node) bool {
		s := n.Str()
		if s == "" {
			return false
		}
		s = normal(s)
		return strings.HasPrefix(s, want) || strings.Contains(s, " "+want)
	}
	paths := pathsOf(a.param.paths)
	return Cond{All: []Cond{{Spans: whole(a.param.paths)}, {Check: func(res fhir.Node) bool {
		found := false
		visit(res, paths, func(l *leaf, n fhir.Node) {
			if found {
				return
			}
			switch l.typ {
			case leafCoding:
				found = begins(n.Get("display"))
			case leafConcept:
				found = begins(n.Get("text"))
				for c := range n.Get("coding").Items() {
					found = found || begins(c.Get("display"))
				}
			case leafIdentifier:
				found = begins(n.Get("type").Get("text"))
				for c := range n.Get("type").Get("coding").Items() {
					found = found || begins(c.Get("display"))
				}
			case leafText:
				found = begins(n)
			}
		})
		return found
	}}}}, nil
}

// ofType is identifier:of-type=system|code|value: of an identifier's type and its value.
func (a *asker) ofType(v string) (Cond, error) {
	parts := split(v, '|')
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return Cond{}, invalid(a.name, "must be system|code|value")
	}
	uri, code, value := plainText(parts[0]), plainText(parts[1]), plainText(parts[2])
	for _, r := range a.param.paths {
		if !table().infos[r.path].has("Identifier") {
			return Cond{}, notSupported(a.name, ":of-type is for identifiers")
		}
	}
	paths := pathsOf(a.param.paths)
	spans := a.spans(func(r pathRef, _ *pathInfo) []Span { return []Span{prefix(r.path, appendCode(nil, value, true))} })
	return Cond{All: []Cond{{Spans: spans}, {Check: func(res fhir.Node) bool {
		found := false
		visit(res, paths, func(_ *leaf, n fhir.Node) {
			if n.Get("value").Str() != value {
				return
			}
			for c := range n.Get("type").Get("coding").Items() {
				found = found || strings.EqualFold(c.Get("code").Str(), code) && c.Get("system").Str() == uri
			}
		})
		return found
	}}}}, nil
}

// in is :in and :not-in of a value set that R4's definitions list completely.
func (a *asker) in(valueSet string) (Cond, error) {
	codes, complete := fhir.ValueSetCodes(valueSet)
	if !complete {
		return Cond{}, notSupported(a.name, "the codes of that value set are not known here")
	}
	if len(codes)/2*len(a.param.paths) > maxConditions {
		return Cond{}, tooCostly(a.name, "the value set has too many codes")
	}
	sorted := make([]string, 0, len(codes))
	for both := range codes {
		if !strings.HasPrefix(both, "|") {
			sorted = append(sorted, both)
		}
	}
	slices.Sort(sorted)
	return Cond{Spans: a.spans(func(r pathRef, info *pathInfo) (out []Span) {
		for _, both := range sorted {
			i := strings.LastIndexByte(both, '|')
			out = append(out, tokenSpans(r, info, both[i+1:], both[:i], true)...)
		}
		return out
	})}, nil
}
