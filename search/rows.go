package search

import "wholechart/fhir"

// What each FHIR type gives the index, by the tables of
// http://hl7.org/fhir/R4/search.html.

func (x *extraction) text(p Path, s []byte) {
	from := len(x.bytes)
	x.bytes = appendNormal(x.bytes, s)
	x.bytes = x.bytes[:from+len(cut(x.bytes[from:], maxString))]
	x.row(p, from)
}

func (x *extraction) code(p Path, s system, code []byte, keepCase bool) {
	from := len(x.bytes)
	x.bytes = appendToken(x.bytes, s, code, keepCase)
	x.row(p, from)
}

func (x *extraction) token(n fhir.Node, l *leaf) {
	switch l.typ {
	case leafCoding:
		x.coding(n, l.path)
	case leafConcept:
		before := len(x.out.Terms)
		for c := range n.Get("coding").Items() {
			x.coding(c, l.path)
		}
		if len(x.out.Terms) == before && len(n.Get("text").Decoded()) > 0 { // there, though it has no code: for :missing and :text
			x.code(l.path, noSystem, nil, true)
		}
	case leafIdentifier:
		if v := n.Get("value").Decoded(); len(v) > 0 {
			x.code(l.path, systemOf(n.Get("system").Decoded()), v, true)
		}
	case leafContact:
		if v := n.Get("value").Str(); v != "" {
			x.code(l.path, systemOf(n.Get("system").Decoded()), []byte(phone(v)), false)
		}
	case leafBool:
		if n.Kind() == fhir.Bool {
			x.code(l.path, booleans, n.Raw(), false)
		}
	case leafCode:
		if v := n.Decoded(); len(v) > 0 {
			x.code(l.path, l.codes.system(v), v, false)
		}
	default:
		if v := n.Decoded(); len(v) > 0 {
			x.code(l.path, noSystem, v, true)
		}
	}
}

var booleans = systemOf(specialValues)

func (x *extraction) coding(n fhir.Node, p Path) {
	code := n.Get("code").Decoded()
	if len(code) == 0 && len(n.Get("display").Decoded()) == 0 {
		return
	}
	x.code(p, systemOf(n.Get("system").Decoded()), code, false)
}

func (x *extraction) reference(n fhir.Node, l *leaf) {
	switch l.typ {
	case leafReference:
		if s := n.Get("reference").Str(); s != "" {
			if r, ok := relative(s); ok && fhir.IsResourceType(r.Type) {
				x.ref(l.path, r)
			} else {
				x.literal(l.path, s)
			}
		}
		id := n.Get("identifier")
		if v := id.Get("value").Decoded(); len(v) > 0 {
			from := len(x.bytes)
			x.bytes = append(x.bytes, identified)
			x.bytes = appendToken(x.bytes, systemOf(id.Get("system").Decoded()), v, true)
			x.row(l.path, from)
		}
	case leafCanonical:
		if s := n.Str(); s != "" {
			x.literal(l.path, s)
		}
	case leafResource:
		if typ, id := n.ResourceType(), n.ID(); typ != "" && id != "" {
			x.literal(l.path, typ+"/"+id)
		}
	}
}

func (x *extraction) ref(p Path, r Ref) {
	if x.refs == nil {
		x.refs = make([]Ref, 0, 8)
	}
	x.refs = append(x.refs, r) // when it grows, earlier pointers keep the old array
	x.out.Terms = append(x.out.Terms, Term{Path: p, Ref: &x.refs[len(x.refs)-1]})
}

func (x *extraction) literal(p Path, s string) {
	from := len(x.bytes)
	x.bytes = append(x.bytes, literal)
	x.bytes = appendURI(x.bytes, s)
	x.row(p, from)
}

// inside is a string's raw text without its quotes, for parsers that take only
// ASCII without escapes.
func inside(n fhir.Node) []byte {
	if n.Kind() != fhir.String {
		return nil
	}
	raw := n.Raw()
	return raw[1 : len(raw)-1]
}

func (x *extraction) moment(p Path, m moments) {
	from := len(x.bytes)
	x.bytes = appendMoments(x.bytes, m)
	x.row(p, from)
}

// period is the interval of a Period; an end that is not there is open.
func period(n fhir.Node) (m moments, ok bool) {
	start, hasStart := parseDate(inside(n.Get("start")))
	end, hasEnd := parseDate(inside(n.Get("end")))
	if !hasStart && !hasEnd {
		return m, false
	}
	m = moments{always, never}
	if hasStart {
		m.low = start.low
	}
	if hasEnd {
		m.high = end.high
	}
	return m, m.low <= m.high
}

func (x *extraction) date(n fhir.Node, l *leaf) {
	switch l.typ {
	case leafMoment:
		if m, ok := parseDate(inside(n)); ok {
			x.moment(l.path, m)
		}
	case leafPeriod:
		if m, ok := period(n); ok {
			x.moment(l.path, m)
		}
	case leafTiming: // "the outer limits of the schedule"
		m, found := moments{never, always}, false
		for e := range n.Get("event").Items() {
			if one, ok := parseDate(inside(e)); ok {
				m, found = moments{min(m.low, one.low), max(m.high, one.high)}, true
			}
		}
		if one, ok := period(n.Path("repeat", "boundsPeriod")); ok {
			m, found = moments{min(m.low, one.low), max(m.high, one.high)}, true
		}
		if found {
			x.moment(l.path, m)
		}
	}
}

func (x *extraction) number(n fhir.Node, p Path) {
	var buf [32]byte
	if d, ok := parseDecimalInto(n.Raw(), buf[:0]); ok && n.Kind() == fhir.Number {
		from := len(x.bytes)
		x.bytes = d.appendNumber(x.bytes)
		x.row(p, from)
	}
}
