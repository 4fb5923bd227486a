package search

import (
	"bytes"
	"math"
	"strconv"

	"wholechart/fhir"
	"wholechart/ucum"
)

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

// simpleQuantity has a second row for each other way to say its unit without a
// system: number||code matches code or unit.
func (x *extraction) simpleQuantity(p Path, n fhir.Node) {
	value, uri, code, unit := n.Get("value"), n.Get("system").Str(), n.Get("code").Str(), n.Get("unit").Str()
	x.amount(p, value, uri, code, unit)
	if code == "" {
		return
	}
	if uri != "" && uri != ucumURI {
		x.amount(p, value, "", code, "")
	}
	if unit != "" && unit != code {
		x.amount(p, value, "", unit, "")
	}
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
