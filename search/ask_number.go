package search

import (
	"bytes"
	"math"
	"strings"
)

// prefixOf is http://hl7.org/fhir/R4/search.html#prefix; ok is false for one
// that R4 does not have.
func prefixOf(v string) (prefix, rest string, ok bool) {
	if len(v) >= 2 && v[0] >= 'a' && v[0] <= 'z' {
		switch v[:2] {
		case "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap":
			return v[:2], v[2:], true
		}
		return "", v, len(v) < 3 || (v[2] < '0' || v[2] > '9') && v[2] != '-' // without a number after it, it is no prefix
	}
	return "eq", v, true
}

func (p *parser) date(name, v string) (prefix string, m moments, err error) {
	prefix, v, ok := prefixOf(plainText(v))
	if !ok {
		return "", m, notSupported(name, "has an unknown prefix")
	}
	if m, ok = parseDate([]byte(v)); !ok {
		return "", m, invalid(name, "is not a date")
	}
	return prefix, m, nil
}

// around widens a date by a tenth of its distance from now.
func (p *parser) around(m moments) moments {
	if p.opts.Now.IsZero() {
		return m
	}
	now := p.opts.Now.UnixMicro()
	gap := int64(0)
	if m.low > now {
		gap = m.low - now
	} else if m.high < now {
		gap = now - m.high
	}
	return moments{m.low - gap/10, m.high + gap/10}
}

// widest is the longest interval a date without a time can mean.
const widest = 366 * day

// date is http://hl7.org/fhir/R4/search.html#date: what is searched for and
// what is there are both intervals.
func (a *asker) date(v string) (Cond, error) {
	if a.modifier != "" {
		return Cond{}, a.unknownModifier()
	}
	prefix, m, err := a.p.date(a.name, v)
	if err != nil {
		return Cond{}, err
	}
	match := func(f func(t moments) bool) func([]byte) bool {
		return func(b []byte) bool {
			t, ok := readMoments(b)
			return ok && f(t)
		}
	}
	return Cond{Spans: a.spans(func(r pathRef, info *pathInfo) []Span {
		s := Span{Path: r.path}
		var reach []byte // where intervals begin that may still reach the date
		if !info.has("Period", "Timing") {
			reach = lowest(m.low - widest)
		}
		switch prefix {
		case "eq":
			s.From, s.To = lowest(m.low), lowest(m.high+1)
			s.Match = match(func(t moments) bool { return t.high <= m.high })
		case "ne":
			s.Match = match(func(t moments) bool { return t.low < m.low || t.high > m.high })
		case "gt":
			s.From, s.Match = reach, match(func(t moments) bool { return t.high > m.high })
		case "ge":
			s.From, s.Match = reach, match(func(t moments) bool { return t.high > m.high || t.low >= m.low })
		case "lt":
			s.To = lowest(m.low)
		case "le":
			s.To, s.Match = lowest(m.high+1), match(func(t moments) bool { return t.low < m.low || t.high <= m.high })
		case "sa":
			s.From = lowest(m.high + 1)
		case "eb":
			s.To, s.Match = lowest(m.low), match(func(t moments) bool { return t.high < m.low })
		case "ap":
			w := a.p.around(m)
			if reach != nil {
				s.From = lowest(w.low - widest)
			}
			s.To, s.Match = lowest(w.high+1), match(func(t moments) bool { return t.high >= w.low })
		}
		return []Span{s}
	})}, nil
}

// reach is a range of encoded numbers: from <= n < to; nil is open.
type reach struct{ from, to []byte }

// ranges are the numbers a prefix and a number mean. Without a prefix the
// number means what it says to its last digit; gt, lt, ge, le, sa and eb ignore
// that precision (http://hl7.org/fhir/R4/search.html#number).
func ranges(prefix string, d decimal, encode func(decimal) []byte) []reach {
	switch prefix {
	case "eq":
		low, high := d.precision()
		return []reach{{encode(low), encode(high)}}
	case "ne":
		low, high := d.precision()
		return []reach{{nil, encode(low)}, {encode(high), nil}}
	case "gt", "sa":
		return []reach{{successor(encode(d)), nil}}
	case "ge":
		return []reach{{encode(d), nil}}
	case "lt", "eb":
		return []reach{{nil, encode(d)}}
	case "le":
		return []reach{{nil, successor(encode(d))}}
	}
	low, high := d.approximate()
	return []reach{{encode(low), successor(encode(high))}}
}

func (r reach) holds(n []byte) bool {
	return bytes.Compare(n, r.from) >= 0 && (r.to == nil || bytes.Compare(n, r.to) < 0)
}

func plainNumber(d decimal) []byte { return d.appendNumber(nil) }

func (a *asker) number(v string) (Cond, error) {
	if a.modifier != "" {
		return Cond{}, a.unknownModifier()
	}
	prefix, text, ok := prefixOf(plainText(v))
	if !ok {
		return Cond{}, notSupported(a.name, "has an unknown prefix")
	}
	d, ok := parseDecimal([]byte(text))
	if !ok {
		return Cond{}, invalid(a.name, "is not a number")
	}
	return Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) (out []Span) {
		for _, one := range ranges(prefix, d, plainNumber) {
			out = append(out, Span{Path: r.path, From: one.from, To: one.to})
		}
		return out
	})}, nil
}

// quantity is [prefix]number, number|system|code and number||code
// (http://hl7.org/fhir/R4/search.html#quantity). With a UCUM unit, other units
// of the same dimension are converted; a bare number is compared with the number
// as it was given, whatever its unit.
func (a *asker) quantity(v string) (Cond, error) {
	if a.modifier != "" {
		return Cond{}, a.unknownModifier()
	}
	parts := split(v, '|')
	if len(parts) == 2 || len(parts) > 3 {
		return Cond{}, invalid(a.name, "must be number, number|system|code or number||code")
	}
	prefix, text, ok := prefixOf(plainText(parts[0]))
	if !ok {
		return Cond{}, notSupported(a.name, "has an unknown prefix")
	}
	d, ok := parseDecimal([]byte(text))
	if !ok {
		return Cond{}, invalid(a.name, "is not a number")
	}
	var uri, code string
	if len(parts) == 3 {
		uri, code = plainText(parts[1]), plainText(parts[2])
	}
	if code == "" && uri != "" {
		return Cond{}, invalid(a.name, "has a system and no code")
	}
	if code == "" {
		wanted := ranges(prefix, d, plainNumber)
		return Cond{Spans: a.spans(func(r pathRef, _ *pathInfo) []Span {
			return []Span{{Path: r.path, Match: func(row []byte) bool {
				n := givenNumber(row)
				for _, w := range wanted {
					if w.holds(n) {
						return true
					}
				}
				return false
			}}}
		})}, nil
	}
	return Cond{Spans: a.spans(func(r pathRef, info *pathInfo) (out []Span) {
		if uri == ucumURI || uri == "" {
			out = append(out, ucumSpans(r.path, prefix, d, code)...)
		}
		units := []system{unitOf(uri, code)}
		if uri == "" && info.has("Money") {
			units = append(units, unitOf(currencies, code))
		}
		for _, unit := range units {
			for _, one := range ranges(prefix, d, plainNumber) {
				out = append(out, within(r.path, unit, one))
			}
		}
		return out
	})}, nil
}

// within is a range of numbers of one unit.
func within(p Path, unit system, one reach) Span {
	s := Span{Path: p, From: append(unit[:len(unit):len(unit)], one.from...)}
	if one.to != nil {
		s.To = append(unit[:len(unit):len(unit)], one.to...)
	} else {
		s.To = successor(unit[:])
	}
	return s
}

// ucumSpans are the ranges in base units; none if UCUM does not know the unit.
func ucumSpans(p Path, prefix string, d decimal, code string) (out []Span) {
	unit, _, ok := canonical(d.text(), code)
	if !ok {
		return nil
	}
	for _, one := range ranges(prefix, d, func(d decimal) []byte {
		_, n, ok := canonical(d.text(), code)
		if !ok {
			return nil
		}
		return n.appendNumber(nil)
	}) {
		out = append(out, within(p, unit, one))
	}
	return out
}

// near is latitude|longitude|distance|units, within 50 km if no distance is
// given (http://hl7.org/fhir/R4/location.html#search). Every location with a
// position is looked at.
func (a *asker) near(v string) (Cond, error) {
	if a.modifier != "" {
		return Cond{}, a.unknownModifier()
	}
	parts := split(v, '|')
	if len(parts) < 2 || len(parts) > 4 {
		return Cond{}, invalid(a.name, "must be latitude|longitude|distance|units")
	}
	var n [3]float64
	n[2] = 50
	for i := range min(len(parts), 3) {
		d, ok := parseDecimal([]byte(parts[i]))
		if !ok {
			return Cond{}, invalid(a.name, "must be latitude|longitude|distance|units")
		}
		n[i] = d.float()
	}
	unit := "km"
	if len(parts) == 4 && parts[3] != "" {
		unit = strings.TrimSpace(plainText(parts[3]))
	}
	metres, _, ok := canonicalMetres(n[2], unit)
	if !ok || math.Abs(n[0]) > 90 || math.Abs(n[1]) > 180 || metres < 0 {
		return Cond{}, invalid(a.name, "is not a place and a distance")
	}
	return Cond{All: []Cond{{Spans: whole(a.param.paths)}, {Check: nearCheck(n[0], n[1], metres)}}}, nil
}
