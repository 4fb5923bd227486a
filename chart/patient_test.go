package chart

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	for _, c := range []struct{ born, at, age string }{
		{"1958-03-14", "2026-11-22", "68 y"}, {"1958-11-23", "2026-11-22", "67 y"}, {"2026-11-13", "2026-11-22", "9 d"}, {"2026-11-22", "2026-11-22", "0 d"},
		{"2026-10-01", "2026-11-22", "7 wk"}, {"2025-09-20", "2026-11-22", "14 mo"}, {"2024-11-23", "2026-11-22", "23 mo"}, {"2024-11-22", "2026-11-22", "2 y"},
		{"2024-02-29", "2026-02-28", "23 mo"}, {"1958", "2026-11-22", "about 68 y"}, {"1958-12", "2026-11-22", "about 67 y"}, {"2026-01", "2026-11-22", "about 10 mo"},
		{"2027-01-01", "2026-11-22", ""}, {"", "2026-11-22", ""},
	} {
		at, err := time.ParseInLocation(time.DateOnly, c.at, ohio)
		if err != nil {
			t.Fatal(err)
		}
		want(t, c.born+" at "+c.at, Age(whenOf(c.born, ohio), at.Add(12*time.Hour)), c.age)
	}
}

func TestWhenKeepsItsPrecision(t *testing.T) {
	for text, shown := range map[string][3]string{
		"2016": {"2016", "", "2016"}, "2021-09": {"Sep 2021", "", "2021-09"}, "2026-11-14": {"14 Nov 2026", "", "2026-11-14"},
		"2026-11-14T09:12:00-05:00": {"14 Nov 2026", "09:12", "2026-11-14"}, "2026-11-14T02:12:00Z": {"13 Nov 2026", "21:12", "2026-11-13"},
		"2026-11-14T23:30:00-08:00": {"14 Nov 2026", "23:30", "2026-11-14"}, "2026-11-14T09:12:00": {"14 Nov 2026", "09:12", "2026-11-14"},
		"2026-02-30": {"unknown", "", ""}, "": {"unknown", "", ""},
	} {
		w := whenOf(text, ohio)
		want(t, text, [3]string{w.String(), w.Clock(), w.Day()}, shown)
	}
}

func TestBanner(t *testing.T) {
	c := open(
		says(t, lakeside, `Patient/l {"name":[{"text":"Rosa Delgado Ortiz","given":["Rosa"],"family":"Delgado Ortiz"}],"birthDate":"1958-03-15","gender":"female",
			"identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"LC-20913"}],"address":[{"line":["37 Linden Ct"],"city":"Columbus","state":"OH","postalCode":"43215"}],
			"communication":[{"language":{"text":"English"}}]}`),
		says(t, maple, `Patient/rosa {"name":[{"use":"maiden","family":"Ortiz","given":["Rosa"]},{"use":"official","family":"Delgado","given":["Rosa","María"],"suffix":["MD"]}],
			"birthDate":"1958-03-14","gender":"female","identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"004-17-882"},{"type":{"text":"Member"},"value":"9"}],
			"address":[{"line":["37 Linden Court"],"city":"Columbus","state":"OH","postalCode":"43215"}],"telecom":[{"system":"phone","value":"+1-614-555-0162"},{"system":"phone","value":"(614) 555-0162"}],
			"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/individual-pronouns","extension":[{"url":"value","valueCodeableConcept":{"text":"she/her"}}]}],
			"communication":[{"preferred":true,"language":{"text":"Spanish"}}],"generalPractitioner":[{"reference":"Practitioner/d"}],
			"contact":[{"name":{"text":"Marco Delgado"},"relationship":[{"text":"son"}]}]}`,
			`Practitioner/d {"name":[{"family":"Okonkwo","given":["Lena"],"suffix":["MD"]}]}`,
			`RelatedPerson/m {"name":[{"text":"Marco Delgado"}],"relationship":[{"text":"natural son"}],"telecom":[{"system":"phone","value":"1"}]}`,
			`CareTeam/t {"status":"active","participant":[{"role":[{"text":"son, proxy"}],"member":{"reference":"RelatedPerson/m"}},{"role":[{"text":"primary care"}],"member":{"display":"Lena Okonkwo, MD, Maple"}}]}`))
	p := c.Patient
	want(t, "name", p.Name, "Rosa Delgado")
	want(t, "initials", p.Initials, "RD")
	want(t, "age", p.Age, "68 y")
	want(t, "pronouns", p.Pronouns, "she/her")
	want(t, "language", p.Language, "Spanish")
	want(t, "numbers", len(p.MRNs), 2)
	want(t, "own number first", p.MRNs[0].Value+p.MRNs[0].Source.Badge, "004-17-882MS")
	want(t, "telephones", len(p.Telecom), 1)
	want(t, "contacts", len(p.Contacts), 1)
	want(t, "contact", p.Contacts[0].Name+p.Contacts[0].Phone, "Marco Delgado1")
	want(t, "proxy by the care team", p.Contacts[0].Proxy, true)
	want(t, "team", len(c.Team), 2)
	said := map[string]string{}
	for _, d := range p.Differences {
		said[d.What] = d.There
	}
	want(t, "differences", len(said), 3) // the street is only abbreviated
	want(t, "birth date", said["birth date"], "15 Mar 1958")
	want(t, "name there", said["name"], "Rosa Delgado Ortiz")
	want(t, "language there", said["language"], "English")
}

func TestTheDeadHaveTheAgeAtDeath(t *testing.T) {
	c := open(says(t, maple, `Patient/rosa {"name":[{"text":"Jan Nowak"}],"birthDate":"1940-01-02","deceasedDateTime":"2020-01-01"}`))
	want(t, "deceased", c.Patient.Deceased, true)
	want(t, "age", c.Patient.Age, "79 y")
	c = open(says(t, maple, `Patient/rosa {"birthDate":"1940-01-02","deceasedBoolean":true}`))
	want(t, "age not known", c.Patient.Age, "")
	want(t, "date of death", c.Patient.Died.String(), "unknown")
}
