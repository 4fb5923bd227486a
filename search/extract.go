package search

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"wholechart/fhir"
	"wholechart/ucum"
)

// Bounds of what one resource may put into the index.
const (
	maxTerms = 20000
	maxRefs  = 20000
)

// Extract says what can be found of a resource. Type and id of a Patient are
// its own home; a Patient without an id is at home in Patient/"" until it has one.
// Bundles and Parameters are resources like others: what is inside their entries
// is not looked into, beyond the search parameters they have.
//
// It does not check that the resource is valid: what is not of the type the
// definitions say has no row.
func Extract(res fhir.Node) (Extracted, error) {
	resource := res.ResourceType()
	t := table()
	root, ok := t.tries[resource]
	if !ok {
		return Extracted{}, &Error{Code: "invalid", Text: "not a resource of a type that R4 defines"}
	}
	x := extraction{bytes: make([]byte, 0, 384), out: Extracted{Terms: make([]Term, 0, 16)}}
	x.object(res, root)
	for i := range root.general {
		x.generalPath(res, &root.general[i])
	}
	x.distinct()
	x.out.Labels = LabelBits(res)
	if resource == "Patient" {
		x.out.Patient = &Ref{Type: "Patient", ID: res.ID()}
	} else {
		x.out.Patient = x.home(t.homes[resource])
	}
	x.references(res)
	if len(x.out.Terms) > maxTerms || len(x.out.Refs) > maxRefs {
		return Extracted{}, &Error{Code: "too-costly", Text: fmt.Sprintf("the resource would have more than %d index rows", maxTerms)}
	}
	return x.out, nil
}

type extraction struct {
	out   Extracted
	bytes []byte // where values are written; each Term's Value is a piece of it
	refs  []Ref
}

// row adds a row whose value is what has been written since from.
func (x *extraction) row(p Path, from int) {
	x.out.Terms = append(x.out.Terms, Term{Path: p, Value: x.bytes[from:len(x.bytes):len(x.bytes)]})
}

func (x *extraction) object(n fhir.Node, t *trie) {
	for key, val := range n.Fields() {
		if branches := t.kids[key]; branches != nil {
			for _, b := range branches {
				x.branch(val, b)
			}
		}
	}
}

func (x *extraction) branch(val fhir.Node, b *branch) {
	at := 0
	for item := range val.Items() {
		at++
		if b.hop.index >= 0 && at-1 != b.hop.index || b.hop.field != "" && item.Get(b.hop.field).Str() != b.hop.value {
			continue
		}
		for i := range b.leaves {
			if len(x.out.Terms) > maxTerms {
				return
			}
			x.leaf(item, &b.leaves[i])
		}
		if b.next != nil {
			x.object(item, b.next)
		}
	}
}

func (x *extraction) leaf(n fhir.Node, l *leaf) {
	switch l.kind {
	case kindToken:
		x.token(n, l)
	case kindString:
		if s := n.Str(); s != "" {
			x.text(l.path, s)
		}
	case kindReference:
		x.reference(n, l)
	case kindDate:
		x.date(n, l)
	case kindNumber:
		x.number(n, l.path)
	case kindQuantity:
		x.quantity(n, l)
	case kindURI:
		if s := n.Str(); s != "" {
			from := len(x.bytes)
			x.bytes = appendURI(x.bytes, s)
			x.row(l.path, from)
		}
	case kindPlace:
		if n.Kind() == fhir.Object {
			x.row(l.path, len(x.bytes))
		}
	}
}

func (x *extraction) text(p Path, s string) {
	from := len(x.bytes)
	x.bytes = appendNormal(x.bytes, s)
	x.bytes = x.bytes[:from+len(cut(x.bytes[from:], maxString))]
	x.row(p, from)
}

func (x *extraction) code(p Path, s system, code string, keepCase bool) {
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
		if len(x.out.Terms) == before && n.Get("text").Str() != "" { // there, though it has no code: for :missing and :text
			x.code(l.path, noSystem, "", true)
		}
	case leafIdentifier:
		if v := n.Get("value").Str(); v != "" {
			x.code(l.path, systemOf(n.Get("system").Str()), v, true)
		}
	case leafContact:
		if v := n.Get("value").Str(); v != "" {
			x.code(l.path, systemOf(n.Get("system").Str()), phone(v), false)
		}
	case leafBool:
		if n.Kind() == fhir.Bool {
			x.code(l.path, booleans, string(n.Raw()), false)
		}
	case leafCode:
		if v := n.Str(); v != "" {
			x.code(l.path, l.codes.system(v), v, false)
		}
	default:
		if v := n.Str(); v != "" {
			x.code(l.path, noSystem, v, true)
		}
	}
}

var booleans = systemOf(specialValues)

func (x *extraction) coding(n fhir.Node, p Path) {
	code := n.Get("code").Str()
	if code == "" && n.Get("display").Str() == "" {
		return
	}
	x.code(p, systemOf(n.Get("system").Str()), code, false)
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
		if v := id.Get("value").Str(); v != "" {
			from := len(x.bytes)
			x.bytes = append(x.bytes, identified)
			x.bytes = appendToken(x.bytes, systemOf(id.Get("system").Str()), v, true)
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

// A quantity row is six bytes of unit, the number in that unit, and the number
// as it was given where that is another. The unit is the canonical one where
// UCUM knows the unit, so that 1 g is found as 1000 mg; otherwise it is what was
// given: system and code, or the unit's text.

const ucumURI = "http://unitsofmeasure.org"

var currencies = "urn:iso:std:iso:4217"

// canonicalDigits is to how many digits amounts in different units are compared.
const canonicalDigits = 13

func appendQuantity(dst []byte, given decimal, raw string, uri, code, unit string) []byte {
	if uri == ucumURI && code != "" {
		if s, number, ok := canonical(raw, code); ok {
			dst = append(dst, s[:]...)
			from := len(dst)
			dst = number.appendNumber(dst)
			to := len(dst)
			dst = given.appendNumber(dst)
			if bytes.Equal(dst[from:to], dst[to:]) {
				dst = dst[:to]
			}
			return dst
		}
	}
	if code == "" {
		uri, code = "", unit
	}
	s := unitOf(uri, code)
	dst = append(dst, s[:]...)
	return given.appendNumber(dst)
}

// unitOf stands for a unit that is compared as it was written.
func unitOf(uri, code string) system {
	if code == "" {
		return noSystem
	}
	return systemOf(uri + "|" + code)
}

// canonical is an amount of a UCUM unit in base units.
func canonical(raw, code string) (s system, d decimal, ok bool) {
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return s, d, false
	}
	v, base, err := ucum.CanonicalFloat(v, code)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return s, d, false
	}
	var buf [40]byte
	d, ok = parseDecimal(strconv.AppendFloat(buf[:0], v, 'e', canonicalDigits-1, 64))
	return systemOf("ucum:" + base), d, ok
}

// givenNumber is the number as it was written, in a quantity's row.
func givenNumber(row []byte) []byte {
	if len(row) < len(noSystem) {
		return nil
	}
	rest := row[len(noSystem):]
	if n := numberLen(rest); n < len(rest) {
		return rest[n:]
	}
	return rest
}

func (x *extraction) amount(p Path, value fhir.Node, uri, code, unit string) {
	if value.Kind() != fhir.Number {
		return
	}
	var buf [32]byte
	raw := value.Raw()
	if d, ok := parseDecimalInto(raw, buf[:0]); ok {
		from := len(x.bytes)
		x.bytes = appendQuantity(x.bytes, d, string(raw), uri, code, unit)
		x.row(p, from)
	}
}

func (x *extraction) simpleQuantity(p Path, n fhir.Node) {
	x.amount(p, n.Get("value"), n.Get("system").Str(), n.Get("code").Str(), n.Get("unit").Str())
}

func (x *extraction) quantity(n fhir.Node, l *leaf) {
	switch l.typ {
	case leafQuantity:
		x.simpleQuantity(l.path, n)
	case leafMoney:
		x.amount(l.path, n.Get("value"), currencies, n.Get("currency").Str(), "")
	case leafRange: // both ends are rows
		x.simpleQuantity(l.path, n.Get("low"))
		x.simpleQuantity(l.path, n.Get("high"))
	case leafSampled: // the origin is where zero lies
		x.simpleQuantity(l.path, n.Get("origin"))
	}
}

// distinct drops rows that are there twice.
func (x *extraction) distinct() {
	terms := x.out.Terms
	if len(terms) > 48 {
		seen := make(map[string]bool, len(terms))
		x.out.Terms = slices.DeleteFunc(terms, func(t Term) bool {
			k := string([]byte{byte(t.Path >> 8), byte(t.Path)})
			if t.Ref != nil {
				k += "\x00" + t.Ref.Type + "/" + t.Ref.ID + "/" + t.Ref.Version
			} else {
				k += "\x01" + string(t.Value)
			}
			again := seen[k]
			seen[k] = true
			return again
		})
		return
	}
	kept := terms[:0]
	for _, t := range terms {
		if !slices.ContainsFunc(kept, func(k Term) bool { return same(k, t) }) {
			kept = append(kept, t)
		}
	}
	x.out.Terms = kept
}

func same(a, b Term) bool {
	if a.Path != b.Path || (a.Ref == nil) != (b.Ref == nil) {
		return false
	}
	if a.Ref != nil {
		return *a.Ref == *b.Ref
	}
	return bytes.Equal(a.Value, b.Value)
}

// home is the patient a resource lives with: the one that the best parameter
// with any names. Where that names several different patients the resource is
// in nobody's chart alone, and has no home.
func (x *extraction) home(homes [][]Path) *Ref {
	for _, paths := range homes {
		var found *Ref
		for i := range x.out.Terms {
			r := x.out.Terms[i].Ref
			if r == nil || r.Type != "Patient" || !slices.Contains(paths, x.out.Terms[i].Path) {
				continue
			}
			if found != nil && found.ID != r.ID {
				return nil
			}
			found = r
		}
		if found != nil {
			return &Ref{Type: "Patient", ID: found.ID}
		}
	}
	return nil
}

// references collects every relative literal reference, in contained resources
// and extensions too.
func (x *extraction) references(res fhir.Node) {
	var seen map[Ref]bool
	for s := range fhir.References(res) {
		r, ok := relative(s.Str())
		if !ok || !fhir.IsResourceType(r.Type) {
			continue
		}
		if len(x.out.Refs) < 24 {
			if slices.Contains(x.out.Refs, r) {
				continue
			}
		} else {
			if seen == nil {
				seen = make(map[Ref]bool, 64)
				for _, o := range x.out.Refs {
					seen[o] = true
				}
			}
			if seen[r] {
				continue
			}
			seen[r] = true
		}
		x.out.Refs = append(x.out.Refs, r)
		if len(x.out.Refs) > maxRefs {
			return
		}
	}
}
