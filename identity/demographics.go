// Package identity says who is who: whether two sites' patient records are one
// person, with a score, a grade and the evidence for both, and keeps what was
// decided as links that can be undone.
//
// Compare is pure: a function of two descriptions. Match looks for a person
// inside one site, Join among the sites of one node; both find candidates by
// search and never walk a site. Nothing is ever linked by logical id.
//
// The weights are set by hand (weights.go). Calibrating them on a node's own
// population is to replace that one table; the rules of compare.go, which say
// when a person must look, stay above any weight.
package identity

import (
	"slices"
	"strconv"
	"strings"

	"wholechart/fhir"
)

// Bounds of one description: what is beyond is not looked at.
const (
	maxNames       = 12
	maxAddresses   = 12
	maxContacts    = 16
	maxIdentifiers = 24
)

// Demographics is what identity looks at in a Patient. It is as the record
// says it; comparing normalises.
type Demographics struct {
	Names       []fhir.HumanName
	Birth       fhir.DateTime // Precision 0: not said, or a placeholder
	Sex         string        // administrative gender: male, female, other, unknown or empty
	Phones      []string      // as digits, national number only
	Emails      []string      // lower case
	Addresses   []Address
	Identifiers []fhir.Identifier
	Deceased    bool
	Twin        bool // multipleBirth says so: given names must then agree exactly
}

// Address is what of an address tells people apart.
type Address struct{ Line, City, State, Postal string }

// placeholders are given or family names that stand for one not known.
var placeholders = map[string]bool{"unknown": true, "unk": true, "baby": true, "babyboy": true, "babygirl": true, "newborn": true, "boy": true, "girl": true, "test": true, "patient": true, "doe": true, "none": true, "anonymous": true, "na": true, "n/a": true, "nfn": true, "nln": true, "fnu": true, "lnu": true}

// DemographicsOf reads a Patient.
func DemographicsOf(p fhir.Node) Demographics {
	var d Demographics
	for n := range p.Get("name").Items() {
		if len(d.Names) < maxNames {
			d.Names = append(d.Names, fhir.HumanNameOf(n))
		}
	}
	if b, err := fhir.ParseDateTime(p.Get("birthDate").Str()); err == nil && !placeholderDate(b) {
		d.Birth = b
	}
	d.Sex = p.Get("gender").Str()
	for t := range p.Get("telecom").Items() {
		value := t.Get("value").Str()
		switch t.Get("system").Str() {
		case "phone", "sms":
			if n := phone(value); n != "" && len(d.Phones) < maxContacts && !slices.Contains(d.Phones, n) {
				d.Phones = append(d.Phones, n)
			}
		case "email":
			if m := strings.ToLower(strings.TrimSpace(value)); strings.Contains(m, "@") && len(d.Emails) < maxContacts && !slices.Contains(d.Emails, m) {
				d.Emails = append(d.Emails, m)
			}
		}
	}
	for a := range p.Get("address").Items() {
		if len(d.Addresses) == maxAddresses {
			break
		}
		var lines []string
		for l := range a.Get("line").Items() {
			lines = append(lines, l.Str())
		}
		d.addAddress(Address{strings.Join(lines, " "), a.Get("city").Str(), a.Get("state").Str(), a.Get("postalCode").Str()})
	}
	for i := range p.Get("identifier").Items() {
		d.addIdentifier(fhir.IdentifierOf(i))
	}
	d.Deceased = p.Get("deceasedBoolean").True() || p.Get("deceasedDateTime").Exists()
	d.Twin = p.Get("multipleBirthBoolean").True() || p.Get("multipleBirthInteger").Exists()
	return d
}

func (d *Demographics) addAddress(a Address) {
	if (a.Line != "" || a.Postal != "" || a.City != "") && len(d.Addresses) < maxAddresses && !slices.Contains(d.Addresses, a) {
		d.Addresses = append(d.Addresses, a)
	}
}

func (d *Demographics) addIdentifier(i fhir.Identifier) {
	if i.System == "" || placeholderValue(i.Value) || i.Use == "old" && i.Value == "" || len(d.Identifiers) >= maxIdentifiers {
		return
	}
	for _, have := range d.Identifiers {
		if have.System == i.System && have.Value == i.Value {
			return
		}
	}
	d.Identifiers = append(d.Identifiers, i)
}

// With adds what another record that is known to be of the same person says:
// names, telephone numbers, e-mail and postal addresses, identifiers. The birth
// date and sex stay, unless they were not known.
func (d Demographics) With(o Demographics) Demographics {
	out := d
	out.Names, out.Phones, out.Emails = slices.Clone(d.Names), slices.Clone(d.Phones), slices.Clone(d.Emails)
	out.Addresses, out.Identifiers = slices.Clone(d.Addresses), slices.Clone(d.Identifiers)
	for _, n := range o.Names {
		same := func(m fhir.HumanName) bool { return m.Family == n.Family && slices.Equal(m.Given, n.Given) }
		if len(out.Names) < maxNames && !slices.ContainsFunc(out.Names, same) {
			out.Names = append(out.Names, n)
		}
	}
	for _, p := range o.Phones {
		if len(out.Phones) < maxContacts && !slices.Contains(out.Phones, p) {
			out.Phones = append(out.Phones, p)
		}
	}
	for _, m := range o.Emails {
		if len(out.Emails) < maxContacts && !slices.Contains(out.Emails, m) {
			out.Emails = append(out.Emails, m)
		}
	}
	for _, a := range o.Addresses {
		out.addAddress(a)
	}
	for _, i := range o.Identifiers {
		out.addIdentifier(i)
	}
	if out.Birth.Precision < o.Birth.Precision && out.Birth.Precision == 0 {
		out.Birth = o.Birth
	}
	if out.Sex == "" || out.Sex == "unknown" {
		out.Sex = o.Sex
	}
	return out
}

// phone is a number's last ten digits; shorter and made-up numbers are none.
func phone(s string) string {
	var b []byte
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			b = append(b, s[i])
		}
		if s[i] == 'x' || s[i] == 'X' { // an extension
			break
		}
	}
	if len(b) > 10 {
		b = b[len(b)-10:]
	}
	if len(b) < 7 || placeholderValue(string(b)) {
		return ""
	}
	return string(b)
}

// placeholderValue says whether a number is one that stands for none: empty, or
// one digit or letter over and over, or 123456789.
func placeholderValue(v string) bool {
	kept := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '.' || r == '/' {
			return -1
		}
		return r
	}, v)
	if kept == "" || strings.HasPrefix("1234567890", kept) && len(kept) > 4 {
		return true
	}
	return len(kept) > 3 && strings.Count(kept, kept[:1]) == len(kept)
}

func placeholderDate(d fhir.DateTime) bool {
	return d.YearNo < 1850 || d.Precision >= fhir.Day && (d.YearNo == 1900 || d.YearNo == 1901) && d.MonthNo == 1 && d.DayNo == 1
}

// Patient writes the description as a FHIR Patient, as $match takes it.
func (d Demographics) Patient() []byte {
	b := []byte(`{"resourceType":"Patient"`)
	list := func(name string, n int, item func(int)) {
		if n == 0 {
			return
		}
		b = append(append(append(b, `,"`...), name...), `":[`...)
		for i := range n {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, '{')
			item(i)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	sep := func() {
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
	}
	field := func(name, value string) {
		if value == "" {
			return
		}
		sep()
		b = append(strconv.AppendQuote(b, name), ':')
		b = appendJSON(b, value)
	}
	texts := func(name string, values []string) {
		if len(values) == 0 {
			return
		}
		sep()
		b = append(strconv.AppendQuote(b, name), ':', '[')
		for i, v := range values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, v)
		}
		b = append(b, ']')
	}
	list("identifier", len(d.Identifiers), func(i int) {
		id := d.Identifiers[i]
		field("use", id.Use)
		if len(id.Type.Codings) > 0 {
			c := id.Type.Codings[0]
			sep()
			b = append(b, `"type":{"coding":[{`...)
			field("system", c.System)
			field("code", c.Code)
			b = append(b, `}]}`...)
		}
		field("system", id.System)
		field("value", id.Value)
	})
	list("name", len(d.Names), func(i int) {
		n := d.Names[i]
		field("use", n.Use)
		field("text", n.Text)
		field("family", n.Family)
		texts("given", n.Given)
		texts("suffix", n.Suffix)
	})
	list("telecom", len(d.Phones)+len(d.Emails), func(i int) {
		if i < len(d.Phones) {
			field("system", "phone")
			field("value", d.Phones[i])
			return
		}
		field("system", "email")
		field("value", d.Emails[i-len(d.Phones)])
	})
	if d.Sex != "" {
		field("gender", d.Sex)
	}
	if text := dateText(d.Birth); text != "" {
		field("birthDate", text)
	}
	if d.Twin {
		b = append(b, `,"multipleBirthBoolean":true`...)
	}
	list("address", len(d.Addresses), func(i int) {
		a := d.Addresses[i]
		if a.Line != "" {
			texts("line", []string{a.Line})
		}
		field("city", a.City)
		field("state", a.State)
		field("postalCode", a.Postal)
	})
	return append(b, '}')
}

func dateText(d fhir.DateTime) string {
	pad := func(n, width int) string {
		s := strconv.Itoa(n)
		return strings.Repeat("0", max(0, width-len(s))) + s
	}
	switch {
	case d.Precision == 0:
		return ""
	case d.Precision == fhir.Year:
		return pad(d.YearNo, 4)
	case d.Precision == fhir.Month:
		return pad(d.YearNo, 4) + "-" + pad(d.MonthNo, 2)
	}
	return pad(d.YearNo, 4) + "-" + pad(d.MonthNo, 2) + "-" + pad(d.DayNo, 2)
}
