package chart

import (
	"slices"
	"strings"

	"wholechart/fhir"
)

// demographics adds what any site's Patient lists: names, numbers, ways to
// reach the person. What another site has in the same words is not repeated.
func (b *builder) demographics(f *fact, p *Patient) {
	n, from := f.Node, b.prov(f, When{})
	for name := range n.Get("name").Items() {
		if t := sayName(name); t != "" && !slices.ContainsFunc(p.Names, func(o Name) bool { return sameWords(o.Text, t) }) {
			p.Names = append(p.Names, Name{b.str(name.Get("use")), t, from})
		}
	}
	for id := range n.Get("identifier").Items() {
		value := id.Get("value").Str()
		if value == "" {
			continue
		}
		kind := b.code(id.Get("type"))
		num := Number{Value: value, System: id.Get("system").Str(), Prov: from}
		if kind == "MR" {
			num.Kind = "MRN"
			p.MRNs = append(p.MRNs, num)
			continue
		}
		num.Kind = b.label(id.Get("type"))
		if num.Kind == "" {
			num.Kind = numberKinds[num.System]
		}
		if !slices.ContainsFunc(p.Numbers, func(o Number) bool { return o.Value == num.Value && o.System == num.System }) {
			p.Numbers = append(p.Numbers, num)
		}
	}
	for t := range n.Get("telecom").Items() {
		c := Contact{b.str(t.Get("system")), b.str(t.Get("use")), t.Get("value").Str(), from}
		if c.Value != "" && c.Use != "old" && !slices.ContainsFunc(p.Telecom, func(o Contact) bool { return o.Kind == c.Kind && sameReach(o.Value, c.Value) }) {
			p.Telecom = append(p.Telecom, c)
		}
	}
	for a := range n.Get("address").Items() {
		line := Address{Use: b.str(a.Get("use")), Text: sayAddress(a), Prov: from}
		end := b.when(a.Get("period").Get("end"))
		line.Old = line.Use == "old" || end.Known() && end.Until().Before(b.c.Now)
		if line.Text != "" && !slices.ContainsFunc(p.Addresses, func(o Address) bool { return sameWords(o.Text, line.Text) }) {
			p.Addresses = append(p.Addresses, line)
		}
	}
	for c := range n.Get("contact").Items() {
		who := Person{Name: sayName(c.Get("name")), Prov: from}
		who.Role, who.Proxy = b.role(c.Get("relationship"))
		if who.Name == "" {
			who.Name = b.who(f, c.Get("organization"))
		}
		who.Phone = phone(c)
		p.addPerson(who)
	}
}

var numberKinds = map[string]string{
	"http://hl7.org/fhir/sid/us-ssn": "Social security number", "http://hl7.org/fhir/sid/us-mbi": "Medicare number",
	"http://hl7.org/fhir/sid/us-medicare": "Medicare number",
}

// role is what somebody is to the patient, in words, and whether that is to
// act for her.
func (b *builder) role(n fhir.Node) (role string, proxy bool) {
	for one := range n.Items() {
		switch b.code(one) {
		case "HPOWATT", "POWATT", "GUARD", "DPOWATT", "SPOWATT", "RESPRSN":
			proxy = true
		}
		if role == "" {
			role = b.label(one)
		}
	}
	low := strings.ToLower(role)
	return role, proxy || strings.Contains(low, "proxy") || strings.Contains(low, "guardian") || strings.Contains(low, "attorney")
}

func phone(n fhir.Node) string {
	for t := range n.Get("telecom").Items() {
		if t.Get("system").Is("phone") || !t.Get("system").Exists() {
			return t.Get("value").Str()
		}
	}
	return ""
}

func (p *Patient) addPerson(who Person) {
	if who.Name == "" && who.Phone == "" && who.Role == "" {
		return
	}
	for i := range p.Contacts {
		have := &p.Contacts[i]
		if sameWords(have.Name, who.Name) && who.Name != "" {
			have.Proxy = have.Proxy || who.Proxy
			if have.Phone == "" {
				have.Phone = who.Phone
			}
			if have.Role == "" {
				have.Role = who.Role
			}
			return
		}
	}
	p.Contacts = append(p.Contacts, who)
}

// relatives adds the RelatedPersons.
func (b *builder) relatives(p *Patient) {
	for _, f := range b.of("RelatedPerson") {
		f.used = true
		if a := f.Node.Get("active"); a.Exists() && !a.True() {
			continue
		}
		who := Person{Name: personName(f.Node), Phone: phone(f.Node), Prov: b.prov(f, When{})}
		who.Role, who.Proxy = b.role(f.Node.Get("relationship"))
		p.addPerson(who)
	}
}

// differ lists what another site's Patient says otherwise. Silence differs from nothing.
func (b *builder) differ(p *Patient, f *fact) {
	if !p.Known {
		*p = b.patientOf(f)
		return
	}
	o := b.patientOf(f)
	say := func(what, here, there string) {
		if here != "" && there != "" && !sameWords(here, there) {
			p.Differences = append(p.Differences, Difference{what, here, there, o.Prov})
		}
	}
	if !b.namedSo(p, f) {
		say("name", p.Name, o.Name)
	}
	if p.Birth.Known() && o.Birth.Known() && p.Birth.Day() != o.Birth.Day() {
		say("birth date", p.Birth.String(), o.Birth.String())
	}
	say("sex", p.Sex, o.Sex)
	say("language", p.Language, o.Language)
	if p.Deceased != o.Deceased {
		words := map[bool]string{true: "deceased", false: "living"}
		say("deceased", words[p.Deceased], words[o.Deceased])
	} else if p.Died.Known() && o.Died.Known() && p.Died.Day() != o.Died.Day() {
		say("date of death", p.Died.String(), o.Died.String())
	}
	home := func(n fhir.Node) string {
		for a := range n.Get("address").Items() {
			if !a.Get("use").Is("old") {
				return sayAddress(a)
			}
		}
		return ""
	}
	for _, a := range p.Addresses {
		if !a.Old {
			if there := home(f.Node); there != "" && streetWords(there) != streetWords(a.Text) {
				say("address", a.Text, there)
			}
			break
		}
	}
}

// namedSo says whether the other site's name is one of the names known here,
// given names abbreviated or left out.
func (b *builder) namedSo(p *Patient, f *fact) bool {
	best := fhir.HumanNameOf(usualName(f.Node))
	there := strings.Fields(strings.ToLower(sayName(usualName(f.Node))))
	if best.Family == "" || len(there) < 2 {
		return false
	}
	for _, n := range p.Names {
		here := strings.Fields(strings.ToLower(n.Text))
		if len(here) >= 2 && here[0] == there[0] && here[len(here)-1] == there[len(there)-1] && len(there) <= len(here) {
			return true
		}
	}
	return false
}

func sayAddress(a fhir.Node) string {
	if t := a.Get("text").Str(); t != "" {
		return strings.Join(strings.Fields(t), " ")
	}
	var parts []string
	for l := range a.Get("line").Items() {
		if s := strings.TrimSpace(l.Str()); s != "" {
			parts = append(parts, s)
		}
	}
	if c := a.Get("city").Str(); c != "" {
		parts = append(parts, c)
	}
	if s := strings.TrimSpace(a.Get("state").Str() + " " + a.Get("postalCode").Str()); s != "" {
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// streetWords are an address's words without what is often abbreviated.
func streetWords(s string) string {
	words := strings.Fields(plain(s))
	for i, w := range words {
		if short, ok := streets[w]; ok {
			words[i] = short
		}
	}
	return strings.Join(words, " ")
}

var streets = map[string]string{"street": "st", "avenue": "ave", "road": "rd", "court": "ct", "drive": "dr", "lane": "ln", "boulevard": "blvd",
	"place": "pl", "apartment": "apt", "north": "n", "south": "s", "east": "e", "west": "w", "ohio": "oh", "michigan": "mi"}

// sameWords compares texts without case, spacing and punctuation.
func sameWords(a, b string) bool { return a == b || plain(a) == plain(b) }

func plain(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return r == ' ' || r == ',' || r == '.' || r == '-' || r == '\'' || r == '(' || r == ')' || r == '\t' || r == '\n'
	}), " ")
}

// sameReach compares telephone numbers by their last ten digits, all else by words.
func sameReach(a, b string) bool {
	da, db := digitsOf(a), digitsOf(b)
	if len(da) >= 7 && len(db) >= 7 {
		return da[max(0, len(da)-10):] == db[max(0, len(db)-10):]
	}
	return sameWords(a, b)
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
