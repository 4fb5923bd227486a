package demo

// person is a human being as one site registered them. Sites copy it and change what they spelled, asked or forgot.
type person struct {
	mrn             string
	given           []string
	family          string
	maiden, nick    string
	born            string // see birth
	gender          string
	race, ethnicity string // keys of the tables below; empty when not asked
	phone, email    string
	street, city    string
	state, zip      string
	language        string // BCP 47; empty when not asked
	pronouns        string
	married         string // v3-MaritalStatus code
	member          string // health plan member number: the common identifier, where a site has it
	gp              string // Practitioner id at this site
	contact         contact
	previous        *address
}

type contact struct{ given, family, role, phone string }

type address struct{ street, city, state, zip, until string }

// MemberSystem is the identifier system of the health plan's member numbers: the only number several sites share.
const MemberSystem = "https://midwesthealthplan.example/member"

var races = map[string][2]string{
	"white": {"2106-3", "White"}, "black": {"2054-5", "Black or African American"}, "asian": {"2028-9", "Asian"},
	"other": {"2131-1", "Other Race"},
}

var ethnicities = map[string][2]string{
	"hispanic": {"2135-2", "Hispanic or Latino"}, "not-hispanic": {"2186-5", "Not Hispanic or Latino"},
}

var languages = map[string]string{"en": "English", "es": "Spanish", "vi": "Vietnamese", "ja": "Japanese", "pl": "Polish", "ar": "Arabic", "sv": "Swedish", "ig": "Igbo", "ko": "Korean"}

var marriage = map[string]string{"M": "Married", "S": "Never Married", "W": "Widowed", "D": "Divorced"}

var contactRoles = map[string]string{"N": "Next-of-Kin", "C": "Emergency Contact"} // v2-0131

const usCore = "http://hl7.org/fhir/us/core/StructureDefinition/"

// category is a US Core race or ethnicity extension.
func category(url string, k [2]string) object {
	return object{"url": usCore + url, "extension": list{
		object{"url": "ombCategory", "valueCoding": object{"system": "urn:oid:2.16.840.1.113883.6.238", "code": k[0], "display": k[1]}},
		object{"url": "text", "valueString": k[1]},
	}}
}

// mrnSystem is the identifier system of a site's medical record numbers.
func mrnSystem(site string) string { return "https://" + site + ".example/mrn" }

// register writes the Patient as this site knows the person.
func (c *chart) register(p person) {
	identifiers := list{object{
		"use":    "usual",
		"type":   concept("Medical record number", code{hl7 + "v2-0203", "MR", "Medical record number"}),
		"system": mrnSystem(c.site.Slug), "value": p.mrn, "assigner": object{"display": c.site.Name},
	}}
	if p.member != "" {
		identifiers = append(identifiers, object{
			"use":    "official",
			"type":   concept("Health plan member number", code{hl7 + "v2-0203", "MB", "Member Number"}),
			"system": MemberSystem, "value": p.member, "assigner": object{"display": "Midwest Health Plan"},
		})
	}
	given := list{}
	full := ""
	for _, g := range p.given {
		given = append(given, g)
		full += g + " "
	}
	names := list{object{"use": "official", "family": p.family, "given": given, "text": full + p.family}}
	if p.maiden != "" {
		names = append(names, object{"use": "maiden", "family": p.maiden, "given": given})
	}
	if p.nick != "" {
		names = append(names, object{"use": "nickname", "given": list{p.nick}})
	}
	extensions := list{}
	if k, ok := races[p.race]; ok {
		extensions = append(extensions, category("us-core-race", k))
	}
	if k, ok := ethnicities[p.ethnicity]; ok {
		extensions = append(extensions, category("us-core-ethnicity", k))
	}
	if p.gender == "female" || p.gender == "male" {
		sex := map[string]string{"female": "F", "male": "M"}[p.gender]
		extensions = append(extensions, object{"url": usCore + "us-core-birthsex", "valueCode": sex})
	}
	if p.pronouns != "" {
		extensions = append(extensions, object{"url": "http://hl7.org/fhir/StructureDefinition/individual-pronouns",
			"extension": list{object{"url": "value", "valueCodeableConcept": concept(p.pronouns)}}})
	}
	r := object{
		"active":               true,
		"identifier":           identifiers,
		"name":                 names,
		"gender":               p.gender,
		"birthDate":            c.birth(p.born),
		"extension":            extensions,
		"managingOrganization": c.org(),
	}
	telecom := list{}
	if p.phone != "" {
		telecom = append(telecom, object{"system": "phone", "value": p.phone, "use": "mobile", "rank": 1})
	}
	if p.email != "" {
		telecom = append(telecom, object{"system": "email", "value": p.email})
	}
	if len(telecom) > 0 {
		r["telecom"] = telecom
	}
	addresses := list{}
	if p.street != "" {
		addresses = append(addresses, object{"use": "home", "line": list{p.street}, "city": p.city, "state": p.state, "postalCode": p.zip, "country": "US"})
	}
	if a := p.previous; a != nil {
		addresses = append(addresses, object{"use": "old", "line": list{a.street}, "city": a.city, "state": a.state, "postalCode": a.zip, "country": "US",
			"period": object{"end": c.day(a.until)}})
	}
	if len(addresses) > 0 {
		r["address"] = addresses
	}
	if p.language != "" {
		r["communication"] = list{object{"preferred": true,
			"language": concept(languages[p.language], code{"urn:ietf:bcp:47", p.language, languages[p.language]})}}
	}
	if p.married != "" {
		r["maritalStatus"] = concept(marriage[p.married], code{hl7 + "v3-MaritalStatus", p.married, marriage[p.married]})
	}
	if p.gp != "" {
		r["generalPractitioner"] = list{refNamed("Practitioner/"+p.gp, practitionerName(c.site.Slug, p.gp))}
	}
	if k := p.contact; k.family != "" {
		r["contact"] = list{object{
			"relationship": list{concept(k.role, code{hl7 + "v2-0131", "N", contactRoles["N"]})},
			"name":         object{"family": k.family, "given": list{k.given}, "text": k.given + " " + k.family},
			"telecom":      list{object{"system": "phone", "value": k.phone, "use": "mobile"}},
		}}
	}
	c.put("Patient", c.patient, r)
}
