package chart

import (
	"strings"
	"unicode/utf8"

	"wholechart/fhir"
)

// Patient is the banner: who this is, as the own site knows it.
type Patient struct {
	Known    bool   // there is a Patient resource
	Name     string // as people say it: "Rosa Delgado"
	Names    []Name // all of them in full, this site's first
	Initials string
	Age      string // "68 y", "14 mo", "9 d"; of the dead the age at death
	Birth    When

	Sex            string // administrative gender: female, male, other, unknown
	SexAtBirth     string
	GenderIdentity string
	Pronouns       string
	Language       string // preferred
	Interpreter    bool
	MaritalStatus  string
	Race           string
	Ethnicity      string

	Deceased bool
	Died     When
	Inactive bool   // the record is no longer in use here
	Replaced string // reference of the Patient that takes its place

	MRNs      []Number // medical record numbers, each with its site
	Numbers   []Number // all other identifiers
	Telecom   []Contact
	Addresses []Address
	Contacts  []Person // relatives, proxies, emergency contacts
	GPs       []string // general practitioners

	Differences []Difference // what other sites have otherwise
	Prov
}

// Name is one name of a person.
type Name struct {
	Use, Text string
	Prov
}

// Number is an identifier.
type Number struct {
	Kind, Value, System string
	Prov
}

// Contact is a telephone number, an address of mail or the like.
type Contact struct {
	Kind, Use, Value string
	Prov
}

// Address is a postal address in one line.
type Address struct {
	Use, Text string
	Old       bool
	Prov
}

// Person is somebody close to the patient.
type Person struct {
	Name, Role, Phone string
	Proxy             bool // may act for the patient, as far as the role says so
	Prov
}

// Difference is one thing that sources say differently.
type Difference struct {
	What        string // "birth date", "dose", "status"
	Here, There string
	Prov        // of There
}

const extensions = "http://hl7.org/fhir/StructureDefinition/"

func (b *builder) patient() {
	var own *fact
	all := b.of("Patient")
	for _, f := range all {
		if own == nil || f.src.Own && !own.src.Own || f.src.Own == own.src.Own && f.ID == b.c.PatientID && own.ID != b.c.PatientID {
			own = f
		}
	}
	p := &b.c.Patient
	if own != nil {
		own.used = true
		*p = b.patientOf(own)
		b.demographics(own, p)
	}
	for _, f := range all {
		if f == own {
			continue
		}
		f.used = true
		b.differ(p, f)
		b.demographics(f, p)
	}
	b.relatives(p)
}

// patientOf reads one site's Patient.
func (b *builder) patientOf(f *fact) Patient {
	n := f.Node
	p := Patient{Known: true, Prov: b.prov(f, When{})}
	best := usualName(n)
	p.Name = shortName(best)
	p.Initials = initials(best, p.Name)
	p.Birth = b.when(n.Get("birthDate"))
	p.Sex = b.str(n.Get("gender"))
	p.MaritalStatus = b.label(n.Get("maritalStatus"))
	p.Inactive = n.Get("active").Exists() && !n.Get("active").True()
	for l := range n.Get("link").Items() {
		if l.Get("type").Is("replaced-by") {
			p.Replaced = l.Get("other").Get("reference").Str()
		}
	}
	p.Deceased = n.Get("deceasedBoolean").True()
	if d := n.Get("deceasedDateTime"); d.Exists() {
		p.Deceased, p.Died = true, b.when(d)
	}
	p.Age = Age(p.Birth, b.c.Now)
	if p.Deceased {
		p.Age = ""
		if p.Died.Known() {
			p.Age = Age(p.Birth, p.Died.At)
		}
	}
	for c := range n.Get("communication").Items() {
		if p.Language == "" || c.Get("preferred").True() {
			p.Language = b.label(c.Get("language"))
		}
	}
	for g := range n.Get("generalPractitioner").Items() {
		if who := b.who(f, g); who != "" {
			p.GPs = append(p.GPs, who)
		}
	}
	for e := range n.Get("extension").Items() {
		b.patientExtension(&p, e)
	}
	return p
}

func (b *builder) patientExtension(p *Patient, e fhir.Node) {
	url := e.Get("url").Str()
	switch {
	case strings.HasSuffix(url, "/us-core-race"):
		p.Race = extensionText(e)
	case strings.HasSuffix(url, "/us-core-ethnicity"):
		p.Ethnicity = extensionText(e)
	case strings.HasSuffix(url, "/us-core-birthsex"):
		switch e.Get("valueCode").Str() {
		case "F":
			p.SexAtBirth = "female"
		case "M":
			p.SexAtBirth = "male"
		}
	case strings.HasSuffix(url, "-genderIdentity"), strings.HasSuffix(url, "us-core-genderIdentity"):
		p.GenderIdentity = b.label(e.Get("valueCodeableConcept"))
	case url == extensions+"individual-genderIdentity":
		p.GenderIdentity = b.label(extension(e, "value").Get("valueCodeableConcept"))
	case url == extensions+"individual-pronouns":
		p.Pronouns = b.label(extension(e, "value").Get("valueCodeableConcept"))
	case url == extensions+"patient-interpreterRequired":
		p.Interpreter = e.Get("valueBoolean").True()
	}
}

// extension is the inner extension of a name.
func extension(n fhir.Node, url string) fhir.Node {
	for e := range n.Get("extension").Items() {
		if e.Get("url").Is(url) {
			return e
		}
	}
	return fhir.Node{}
}

func extensionText(e fhir.Node) string {
	if t := extension(e, "text").Get("valueString").Str(); t != "" {
		return t
	}
	return extension(e, "ombCategory").Get("valueCoding").Get("display").Str()
}

// usualName is the name somebody goes by: usual, else official, else the first
// that is not old, maiden or a nickname.
func usualName(n fhir.Node) fhir.Node {
	rank := func(use string) int {
		switch use {
		case "usual":
			return 0
		case "official":
			return 1
		case "":
			return 2
		case "nickname", "anonymous":
			return 4
		case "old", "maiden":
			return 5
		}
		return 3
	}
	best, least := fhir.Node{}, 9
	for name := range n.Get("name").Items() {
		r := rank(name.Get("use").Str())
		if name.Get("period").Get("end").Exists() {
			r += 3
		}
		if r < least {
			best, least = name, r
		}
	}
	return best
}

// shortName is a name as people say it: the first given name, the family name
// and what tells father from son; the whole text where only that is known.
func shortName(n fhir.Node) string {
	h := fhir.HumanNameOf(n)
	if len(h.Given) == 0 || h.Family == "" {
		return sayName(n)
	}
	name := h.Given[0] + " " + h.Family
	for _, s := range h.Suffix {
		switch strings.TrimSuffix(s, ".") {
		case "Jr", "Sr", "II", "III", "IV", "V":
			name += " " + s
		}
	}
	return name
}

func initials(name fhir.Node, said string) string {
	h := fhir.HumanNameOf(name)
	words := strings.Fields(said)
	if len(h.Given) > 0 && h.Family != "" {
		words = []string{h.Given[0], h.Family}
	}
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	out := ""
	for _, w := range words {
		r, _ := utf8.DecodeRuneInString(strings.TrimSpace(w))
		if r != utf8.RuneError {
			out += strings.ToUpper(string(r))
		}
	}
	return out
}
