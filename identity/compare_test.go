package identity

import (
	"testing"

	"wholechart/fhir"
)

func person(t testing.TB, fields string) Demographics {
	t.Helper()
	d, err := fhir.Parse([]byte(`{"resourceType":"Patient",` + fields + `}`))
	if err != nil {
		t.Fatalf("%v in %s", err, fields)
	}
	return DemographicsOf(d.Root())
}

const (
	anna    = `"name":[{"family":"Smith","given":["Anna","Louise"]}],"birthDate":"1980-05-17","gender":"female"`
	at      = `,"telecom":[{"system":"phone","value":"+1 614 555 0162"}],"address":[{"line":["12 Oak Street, Apt 3"],"city":"Columbus","state":"OH","postalCode":"43215"}]`
	moved   = `,"telecom":[{"system":"phone","value":"+1 216 555 7777"}],"address":[{"line":["9 Elm Road"],"city":"Cleveland","state":"OH","postalCode":"44101"}]`
	ssn     = `,"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"123-45-6780"}]`
	ssn2    = `,"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"987-65-4321"}]`
	member  = `,"identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MB"}]},"system":"urn:plan","value":"M1"}]`
	mrnA    = `,"identifier":[{"system":"urn:a","value":"1001"}]`
	mrnB    = `,"identifier":[{"system":"urn:b","value":"1001"}]`
	born    = `"birthDate":"1980-05-17","gender":"female"`
	bornOff = `"birthDate":"1980-05-18","gender":"female"`
)

func named(family, given, rest string) string {
	return `"name":[{"family":"` + family + `","given":[` + given + `]}],` + rest
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		why  string
		a, b string
		want Grade
	}{
		{"the same in everything", anna + at, anna + at, Certain},
		{"the same name, birth date and telephone; moved", anna + at, anna + `,"telecom":[{"system":"phone","value":"614-555-0162"}]`, Probable},
		{"accents, case and apostrophes", named("O'Néill", `"JOSÉ"`, born+at), named("ONeill", `"Jose"`, born+at), Certain},
		{"a nickname", named("Smith", `"Robert"`, born+at), named("Smith", `"Bob"`, born+at), Certain},
		{"a spelling", named("Haddad", `"Yusuf","Karim"`, born+at), named("Hadad", `"Youssef"`, born+`,"address":[{"line":["12 Oak St"],"city":"Columbus","postalCode":"43215"}]`), Probable},
		{"a maiden name", `"name":[{"family":"Delgado","given":["Rosa"]},{"use":"maiden","family":"Ortiz"}],` + born + at, named("Ortiz", `"Rosa"`, born+at), Certain},
		{"two family names", named("Delgado Ortiz", `"Rosa"`, born+at), named("Delgado", `"Rosa"`, born+at), Certain},
		{"a hyphen", named("Tanaka-Walsh", `"Mei"`, born+at), named("Tanaka", `"Mei"`, born+at), Certain},
		{"family and given exchanged", named("Mei", `"Tanaka"`, born+at), named("Tanaka", `"Mei"`, born+at), Certain},
		{"a name as one text", `"name":[{"text":"Anna Smith"}],` + born + at, named("Smith", `"Anna"`, born+at), Certain},
		{"a misspelled family name at one address", named("Nowak", `"Walter"`, born+at), named("Nowack", `"Walter","J."`, born+at), Probable},
		{"a common number and all else", anna + ssn, anna + ssn, Certain},
		{"a common number, family name changed", named("Smith", `"Anna"`, born+ssn), named("Jones", `"Anna"`, born+ssn), Probable},
		{"a common number, birth date mistyped", named("Smith", `"Anna"`, born+ssn), named("Smith", `"Anna"`, bornOff+ssn), Probable},
		{"a member number and the names", named("Smith", `"Anna"`, born+member), named("Smith", `"Anna"`, born+member), Probable},
		{"full middle name", anna, anna, Probable},

		{"only name and birth date", named("Smith", `"Anna"`, born), named("Smith", `"Anna"`, born), Possible},
		{"only name and birth date, elsewhere", named("Smith", `"Anna"`, born+at), named("Smith", `"Anna"`, born+moved), Possible},
		{"birth dates a slip apart", named("Smith", `"Anna"`, born), named("Smith", `"Anna"`, bornOff), Possible},
		{"day and month exchanged", named("Smith", `"Anna"`, `"birthDate":"1980-05-07"`), named("Smith", `"Anna"`, `"birthDate":"1980-07-05"`), Possible},
		{"everything but a slip in the birth date", named("Smith", `"Anna"`, born+at), named("Smith", `"Anna"`, bornOff+at), Possible},
		{"an initial only", named("Smith", `"A"`, born+at), named("Smith", `"Anna"`, born+at), Possible},
		{"another sex", anna + at, named("Smith", `"Anna","Louise"`, `"birthDate":"1980-05-17","gender":"male"`+at), Possible},
		{"another national number", anna + at + ssn, anna + at + ssn2, Possible},
		{"twins with names alike", named("Smith", `"Jayden"`, born+at), named("Smith", `"Hayden"`, born+at), Possible},
		{"twins with names alike, one member number", named("Smith", `"Jayden"`, born+at+member), named("Smith", `"Hayden"`, born+at+member), Possible},
		{"twins of one first name", named("Ruiz", `"José","Luis"`, born+at), named("Ruiz", `"José","Miguel"`, born+at), Possible},
		{"a number given to another person", anna + ssn, named("Brown", `"Anna"`, `"birthDate":"1951-11-02"`+ssn), CertainlyNot},
		{"a number, given name another", anna + ssn, named("Smith", `"Zoe"`, born+ssn), Possible},
		{"a family name changed, else the same", named("Smith", `"Anna"`, born+at), named("Jones", `"Anna"`, born+at), Possible},
		{"no birth date, one telephone", named("Smith", `"Anna"`, `"gender":"female"`+at), named("Smith", `"Anna"`, born+at), Possible},

		{"twins", named("Smith", `"Anna"`, born+at), named("Smith", `"Zoe"`, born+at), CertainlyNot},
		{"twins with one member number", named("Smith", `"Anna"`, born+at+member), named("Smith", `"Zoe"`, born+at+member), CertainlyNot},
		{"father and son", named("Smith", `"John"`, `"birthDate":"1950-05-17","gender":"male"`+at), named("Smith", `"John"`, `"birthDate":"1980-09-01","gender":"male"`+at), CertainlyNot},
		{"junior and senior", named("Smith Jr.", `"John"`, born+at), `"name":[{"family":"Smith","given":["John"],"suffix":["Sr"]}],` + born + at, CertainlyNot},
		{"one name, other middle names, close birth dates", named("Miller", `"James","Robert"`, `"birthDate":"1967-04-12"`), named("Miller", `"James","Thomas"`, `"birthDate":"1967-04-21"`), CertainlyNot},
		{"a nickname hides no middle name", `"name":[{"family":"Miller","given":["James","Robert"]},{"use":"nickname","given":["Jim"]}],"birthDate":"1967-04-12"`, named("Miller", `"James","Thomas"`, `"birthDate":"1967-04-21"`), CertainlyNot},
		{"one medical record number of two assigners", named("Smith", `"Anna"`, born+mrnA), named("Brown", `"Zoe"`, `"birthDate":"1961-01-09"`+mrnB), CertainlyNot},
		{"only the name", named("Smith", `"Anna"`, `"gender":"female"`), named("Smith", `"Anna"`, `"gender":"female"`), CertainlyNot},
		{"nothing is known", `"active":true`, `"active":true`, CertainlyNot},
		{"unknown and unknown", named("Unknown", `"Unknown"`, `"birthDate":"1900-01-01"`), named("Unknown", `"Unknown"`, `"birthDate":"1900-01-01"`), CertainlyNot},
	} {
		a, b := person(t, c.a), person(t, c.b)
		got, back := Compare(a, b), Compare(b, a)
		if got.Grade != c.want {
			t.Errorf("%s: %s (%.3f), want %s: %s", c.why, got.Grade, got.Value, c.want, got.Text())
		}
		if back.Grade != got.Grade || back.Value != got.Value {
			t.Errorf("%s: %s %.3f one way, %s %.3f the other", c.why, got.Grade, got.Value, back.Grade, back.Value)
		}
		again, err := fhir.Parse(a.Patient())
		if err != nil {
			t.Fatalf("%s: %v in %s", c.why, err, a.Patient())
		}
		if s := Compare(DemographicsOf(again.Root()), b); s.Grade != got.Grade {
			t.Errorf("%s: written and read again it is %s, not %s", c.why, s.Grade, got.Grade)
		}
	}
}

func TestSimilarity(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64 // Winkler's own examples
	}{{"martha", "marhta", 0.9611}, {"dwayne", "duane", 0.84}, {"dixon", "dicksonx", 0.8133}, {"", "a", 0}, {"a", "a", 1}} {
		if got := similarity(c.a, c.b); got < c.want-0.0001 || got > c.want+0.0001 {
			t.Errorf("%s %s: %.4f, want %.4f", c.a, c.b, got, c.want)
		}
	}
}

func TestPhonesAndPlaceholders(t *testing.T) {
	for in, want := range map[string]string{"+1-614-555-0162": "6145550162", "(614) 555-0162 x12": "6145550162", "0000000000": "", "555-5555": "", "12": "", "1234567890": ""} {
		if got := phone(in); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
	d := person(t, `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"999-99-9999"},{"value":"no system"}],"birthDate":"1900-01-01"`)
	if len(d.Identifiers) != 0 || d.Birth.Precision != 0 {
		t.Errorf("%+v", d)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add(anna+at, anna+ssn)
	f.Add(named("O'Néill", `"JOSÉ"`, born), `"name":[{"text":", ,"}],"birthDate":"1980"`)
	f.Fuzz(func(t *testing.T, a, b string) {
		x, err1 := fhir.Parse([]byte(`{"resourceType":"Patient",` + a + `}`))
		y, err2 := fhir.Parse([]byte(`{"resourceType":"Patient",` + b + `}`))
		if err1 != nil || err2 != nil {
			return
		}
		p, q := DemographicsOf(x.Root()), DemographicsOf(y.Root())
		one, two := Compare(p, q), Compare(q, p)
		if one.Grade != two.Grade || one.Value < 0 || one.Value > 1 {
			t.Errorf("%v %v", one, two)
		}
		if _, err := fhir.Parse(p.With(q).Patient()); err != nil {
			t.Errorf("%v in %s", err, p.With(q).Patient())
		}
	})
}
