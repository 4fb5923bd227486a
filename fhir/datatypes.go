package fhir

import (
	"cmp"
	"strconv"
	"strings"
)

// Decimal is a FHIR decimal, exactly as written: 1.50 is not 1.5.
type Decimal string

// Float64 is the nearest float; for showing and plotting, not for deciding.
func (d Decimal) Float64() float64 {
	f, _ := strconv.ParseFloat(string(d), 64)
	return f
}

// parts are a decimal's sign, its digits without zeros at either end, and the
// power of ten of the first digit. Zero has sign 0.
func (d Decimal) parts() (sign int, digits string, power int64) {
	s, exponent, _ := strings.Cut(strings.ToLower(string(d)), "e")
	sign = 1
	if strings.HasPrefix(s, "-") {
		sign, s = -1, s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	all := whole + fraction
	digits = strings.TrimLeft(all, "0")
	if digits == "" {
		return 0, "", 0
	}
	e, err := strconv.ParseInt(exponent, 10, 48)
	if err != nil {
		e = 0
		if exponent != "" { // beyond what can be told apart
			e = 1 << 47
			if exponent[0] == '-' {
				e = -e
			}
		}
	}
	power = e + int64(len(whole)-(len(all)-len(digits))) - 1
	return sign, strings.TrimRight(digits, "0"), power
}

// Cmp compares two decimals by value, exactly: -1, 0 or +1. 1.50 is 1.5.
func (d Decimal) Cmp(e Decimal) int {
	ds, dd, dp := d.parts()
	es, ed, ep := e.parts()
	if ds != es {
		return cmp.Compare(ds, es)
	}
	if dp != ep {
		return ds * cmp.Compare(dp, ep)
	}
	return ds * strings.Compare(dd, ed)
}

// Coding is what a Coding says.
type Coding struct{ System, Version, Code, Display string }

// CodingOf reads a Coding; of the zero Node it is empty, and so below.
func CodingOf(n Node) Coding {
	return Coding{n.Get("system").Str(), n.Get("version").Str(), n.Get("code").Str(), n.Get("display").Str()}
}

// CodeableConcept is what a CodeableConcept says.
type CodeableConcept struct {
	Codings []Coding
	Text    string
}

// CodeableConceptOf reads a CodeableConcept.
func CodeableConceptOf(n Node) CodeableConcept {
	c := CodeableConcept{Text: n.Get("text").Str()}
	for item := range n.Get("coding").Items() {
		c.Codings = append(c.Codings, CodingOf(item))
	}
	return c
}

// In is the concept's first coding of a system.
func (c CodeableConcept) In(system string) (Coding, bool) {
	for _, one := range c.Codings {
		if one.System == system {
			return one, true
		}
	}
	return Coding{}, false
}

// Label is a text for people: text, else the first display, else the first code.
func (c CodeableConcept) Label() string {
	if c.Text != "" {
		return c.Text
	}
	for _, one := range c.Codings {
		if one.Display != "" {
			return one.Display
		}
	}
	if len(c.Codings) > 0 {
		return c.Codings[0].Code
	}
	return ""
}

// Quantity is what a Quantity says. Value is "" if there is none.
type Quantity struct {
	Value                          Decimal
	Comparator, Unit, System, Code string
}

// QuantityOf reads a Quantity or a type derived from it.
func QuantityOf(n Node) Quantity {
	q := Quantity{"", n.Get("comparator").Str(), n.Get("unit").Str(), n.Get("system").Str(), n.Get("code").Str()}
	if v := n.Get("value"); v.Kind() == Number {
		q.Value = Decimal(v.Raw())
	}
	return q
}

// Identifier is what an Identifier says.
type Identifier struct {
	Use, System, Value string
	Type               CodeableConcept
}

// IdentifierOf reads an Identifier.
func IdentifierOf(n Node) Identifier {
	return Identifier{n.Get("use").Str(), n.Get("system").Str(), n.Get("value").Str(), CodeableConceptOf(n.Get("type"))}
}

// HumanName is what a HumanName says.
type HumanName struct {
	Use, Text, Family     string
	Given, Prefix, Suffix []string
	Period                Period
}

// HumanNameOf reads a HumanName.
func HumanNameOf(n Node) HumanName {
	return HumanName{
		n.Get("use").Str(), n.Get("text").Str(), n.Get("family").Str(),
		strs(n.Get("given")), strs(n.Get("prefix")), strs(n.Get("suffix")), PeriodOf(n.Get("period")),
	}
}

func strs(n Node) []string {
	var out []string
	for item := range n.Items() {
		if item.Kind() == String {
			out = append(out, item.Str())
		}
	}
	return out
}

// String is the name as it is said: text, else its parts in their order.
func (h HumanName) String() string {
	if h.Text != "" {
		return h.Text
	}
	var parts []string
	parts = append(parts, h.Prefix...)
	parts = append(parts, h.Given...)
	if h.Family != "" {
		parts = append(parts, h.Family)
	}
	return strings.Join(append(parts, h.Suffix...), " ")
}

// Period is what a Period says; an end that is not said, or is no date, has
// Precision 0 and is open.
type Period struct{ Start, End DateTime }

// PeriodOf reads a Period.
func PeriodOf(n Node) Period {
	start, _ := ParseDateTime(n.Get("start").Str())
	end, _ := ParseDateTime(n.Get("end").Str())
	return Period{start, end}
}

// Reference is what a Reference says.
type Reference struct {
	Reference, Type, Display string
	Identifier               Identifier
}

// ReferenceOf reads a Reference.
func ReferenceOf(n Node) Reference {
	return Reference{n.Get("reference").Str(), n.Get("type").Str(), n.Get("display").Str(), IdentifierOf(n.Get("identifier"))}
}

// Relative splits a relative literal reference, Type/id or
// Type/id/_history/version. ok is false for every other kind: absolute URLs,
// URNs, fragments, conditional references.
func Relative(reference string) (typ, id, version string, ok bool) {
	typ, rest, ok := strings.Cut(reference, "/")
	if !ok || !IsResourceType(typ) {
		return "", "", "", false
	}
	id, version, has := strings.Cut(rest, "/_history/")
	if !IsID(id) || has && !IsID(version) {
		return "", "", "", false
	}
	return typ, id, version, true
}

// IsID says whether a text is a FHIR id: 1 to 64 of A-Z a-z 0-9 - and .
func IsID[T string | []byte](text T) bool {
	if len(text) == 0 || len(text) > 64 {
		return false
	}
	for _, c := range []byte(text) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}
