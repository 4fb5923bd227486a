package search

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
)

// people and things that the questions below are asked of; ids are their names.
var fixtures = []string{
	heightObservation,
	`{"resourceType":"Patient","id":"renée","identifier":[]}`,
	`{"resourceType":"Patient","id":"p1","active":true,"gender":"female","birthDate":"1974-12",
	 "name":[{"use":"official","family":"Müller  Ødegård","given":["Renée","Anne Marie"],"prefix":["Dr."]},{"text":"Frau Doktor"}],
	 "telecom":[{"system":"phone","value":"(555) 123-4567"},{"system":"email","value":"Renee@Example.org"}],
	 "address":[{"line":["12 Elm Street"],"city":"Columbus","state":"OH","postalCode":"43004"}],
	 "identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"Medical record number"}]},"system":"urn:maple","value":"A-17"},{"value":"bare"}],
	 "generalPractitioner":[{"reference":"Practitioner/d1"}],"managingOrganization":{"reference":"Organization/o1","identifier":{"system":"urn:npi","value":"99"}}}`,
	`{"resourceType":"Patient","id":"p2","gender":"male","birthDate":"1980-02-29","deceasedDateTime":"2020-01-01","name":[{"family":"Robert","given":["Tony"]}],
	 "meta":{"lastUpdated":"2024-05-06T07:08:09.123Z","profile":["http://example.org/a|1"],"source":"http://maple.example/feed#1","security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}}`,
	`{"resourceType":"Observation","id":"bp","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel"}],"text":"Blood pressure"},
	 "subject":{"reference":"Patient/p1"},"effectivePeriod":{"start":"2020-03-01","end":"2020-03-10T12:00:00Z"},
	 "component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":140,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
	  {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":90,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}`,
	`{"resourceType":"Observation","id":"glucose","status":"amended","code":{"coding":[{"system":"http://loinc.org","code":"2345-7"}]},
	 "subject":{"reference":"Patient/p2"},"performer":[{"reference":"Patient/p1"}],"effectiveDateTime":"2020-03-05T08:30:00-05:00","valueQuantity":{"value":5.40,"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}}`,
	`{"resourceType":"Observation","id":"tablets","status":"final","code":{"text":"tablets taken: Aspirin"},"subject":{"reference":"http://elsewhere.example/fhir/Patient/x"},
	 "effectiveDateTime":"2021","valueQuantity":{"value":3,"unit":"tablets"}}`,
	`{"resourceType":"Observation","id":"long","status":"final","code":{"coding":[{"code":"note"}]},"subject":{"reference":"Group/g1"},"valueString":"` + strings.Repeat("very ", 40) + `long indeed"}`,
	`{"resourceType":"Condition","id":"open","subject":{"reference":"Patient/p1"},"onsetPeriod":{"start":"2019-06-01"},"onsetAge":{"value":45}}`,
	`{"resourceType":"ChargeItem","id":"charge","status":"billed","subject":{"reference":"Patient/p1"},"quantity":{"value":7,"unit":"milligrams","system":"http://unitsofmeasure.org","code":"mg"},"priceOverride":{"value":12.50,"currency":"USD"}}`,
	`{"resourceType":"ChargeItem","id":"tab","status":"billed","subject":{"reference":"Patient/p1"},"quantity":{"value":2,"unit":"tablet","system":"urn:local","code":"TAB"}}`,
	`{"resourceType":"RiskAssessment","id":"risk","status":"final","subject":{"reference":"Patient/p1"},"prediction":[{"probabilityDecimal":0.8},{"probabilityDecimal":100}]}`,
	`{"resourceType":"ValueSet","id":"vs","url":"http://acme.org/fhir/ValueSet/123","status":"active","version":"2"}`,
	`{"resourceType":"QuestionnaireResponse","id":"qr","status":"completed","questionnaire":"http://acme.org/Questionnaire/q|3","author":{"reference":"Patient/p2"}}`,
	`{"resourceType":"Location","id":"here","position":{"longitude":-83.0,"latitude":40.0}}`,
	`{"resourceType":"DocumentReference","id":"doc","status":"current","relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/a"}},{"code":"appends","target":{"reference":"DocumentReference/b"}}]}`,
	`{"resourceType":"Appointment","id":"family","status":"booked","participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"},{"actor":{"reference":"Patient/p2"},"status":"accepted"}]}`,
	`{"resourceType":"MolecularSequence","id":"seq","referenceSeq":{"chromosome":{"coding":[{"code":"1"}]},"windowStart":100,"windowEnd":200},"variant":[{"start":120,"end":130},{"start":150,"end":160}]}`,
}

func TestAsk(t *testing.T) {
	tests := []struct{ resource, query, want string }{
		// string
		{"Patient", "family=mull", "p1"},
		{"Patient", "family=MULLER odeg", "p1"},
		{"Patient", "family=M%C3%BCller%20%20%C3%98", "p1"},
		{"Patient", "family=ller", ""},
		{"Patient", "family:contains=ODEGARD", "p1"},
		{"Patient", "family:exact=Robert", "p2"},
		{"Patient", "family:exact=robert", ""},
		{"Patient", "family:exact=Rob", ""},
		{"Patient", "name=anne", "p1"},
		{"Patient", "name=frau", "p1"},
		{"Patient", "name=rob,frau", "p1 p2"},
		{"Patient", "name=rob&name=tony", "p2"},
		{"Patient", "name=rob&name=frau", ""},
		{"Patient", "phonetic=rupert", "p2"},
		{"Patient", "address=elm", ""},
		{"Patient", "address=12 elm", "p1"},
		{"Patient", "address=43004", "p1"},
		{"Patient", "address-city=col", "p1"},
		{"Patient", "family:missing=true", "renée"},
		{"Patient", "family:missing=false", "p1 p2"},
		{"Observation", "value-string=very very", "long"},
		{"Observation", "value-string=" + strings.Repeat("very ", 40) + "long", "long"},
		{"Observation", "value-string=" + strings.Repeat("very ", 40) + "short", ""},
		{"Observation", "value-string:contains=long indeed", "long"},
		{"Observation", "value-string:contains=short", ""},
		// token
		{"Observation", "code=8302-2", "height"},
		{"Observation", "code=http://loinc.org|8302-2", "height"},
		{"Observation", "code=http://snomed.info/sct|8302-2", ""},
		{"Observation", "code=|8302-2", ""},
		{"Observation", "code=|note", "long"},
		{"Observation", "code=NOTE", "long"},
		{"Observation", "code=8302", ""},
		{"Observation", "code=http://loinc.org|", "height bp glucose"},
		{"Observation", "code=8302-2,2345-7", "height glucose"},
		{"Observation", "combo-code=8480-6", "bp"},
		{"Observation", "code=8480-6", ""},
		{"Observation", "code:not=8302-2,2345-7", "bp tablets long"},
		{"Observation", "code:text=blood", "bp"},
		{"Observation", "code:text=pressure", "bp"},
		{"Observation", "code:text=aspirin", "tablets"},
		{"Observation", "code:text=height", "height"},
		{"Observation", "code:missing=true", ""},
		{"Observation", "status=final", "height bp tablets long"},
		{"Observation", "status=http://hl7.org/fhir/observation-status|final", "height bp tablets long"},
		{"Observation", "status=http://example.org|final", ""},
		{"Observation", "status:in=http://hl7.org/fhir/ValueSet/observation-status&code=note", "long"},
		{"Observation", "status:not-in=http://hl7.org/fhir/ValueSet/observation-status", ""},
		{"Patient", "identifier=urn:maple|A-17", "p1"},
		{"Patient", "identifier=A-17", "p1"},
		{"Patient", "identifier=a-17", ""},
		{"Patient", "identifier=|bare", "p1"},
		{"Patient", "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|A-17", "p1"},
		{"Patient", "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|A-17", ""},
		{"Patient", "identifier:text=medical", "p1"},
		{"Patient", "gender=male", "p2"},
		{"Patient", "active=true", "p1"},
		{"Patient", "active=http://terminology.hl7.org/CodeSystem/special-values|true", "p1"},
		{"Patient", "deceased=true", "p2"},
		{"Patient", "deceased=false", "renée p1"},
		{"Patient", "telecom=5551234567", "p1"},
		{"Patient", "telecom=renee@example.org", "p1"},
		{"Patient", "phone=555.123.4567", "p1"},
		{"Patient", "phone=renee@example.org", ""},
		{"Patient", "email=renee@example.org", "p1"},
		{"Patient", "email:missing=true", "renée p2"},
		{"Patient", "_tag:missing=true", "renée p1 p2"},
		{"Patient", "_security=R", "p2"},
		// uri
		{"Patient", "_profile=http://example.org/a|1", "p2"},
		{"Patient", "_profile=http://example.org/a", "p2"},
		{"Patient", "_profile=http://example.org/", ""},
		{"Patient", "_source:below=http://maple.example/", "p2"},
		{"ValueSet", "url=http://acme.org/fhir/ValueSet/123", "vs"},
		{"ValueSet", "url=http://acme.org/fhir/ValueSet/12", ""},
		{"ValueSet", "url:below=http://acme.org/fhir/", "vs"},
		{"ValueSet", "url:above=http://acme.org/fhir/ValueSet/123/_history/5", "vs"},
		{"ValueSet", "url:above=http://acme.org/fhir/ValueSet/1234", ""},
		// reference
		{"Observation", "subject=Patient/p1", "height bp"},
		{"Observation", "subject=p1", "height bp"},
		{"Observation", "subject:Patient=p1", "height bp"},
		{"Observation", "subject:Patient=Patient/p1", "height bp"},
		{"Observation", "subject:Group=g1", "long"},
		{"Observation", "subject=http://this.example/fhir/Patient/p1", "height bp"},
		{"Observation", "subject=http://elsewhere.example/fhir/Patient/x", "tablets"},
		{"Observation", "patient=p1", "height bp"},
		{"Observation", "patient=http://elsewhere.example/fhir/Patient/x", "tablets"},
		{"Observation", "patient:missing=true", "long"},
		{"Observation", "subject:missing=true", ""},
		{"Observation", "performer=Patient/p1", "glucose"},
		{"Patient", "organization:identifier=urn:npi|99", "p1"},
		{"Patient", "organization:identifier=urn:npi|98", ""},
		{"Patient", "organization=o1", "p1"},
		{"QuestionnaireResponse", "questionnaire=http://acme.org/Questionnaire/q", "qr"},
		{"QuestionnaireResponse", "questionnaire=http://acme.org/Questionnaire/q|3", "qr"},
		{"QuestionnaireResponse", "questionnaire=http://acme.org/Questionnaire/q|4", ""},
		// date; height is one second of 2011-10-14T23:37:54Z, bp a period, glucose 13:30Z, tablets the year 2021
		{"Observation", "date=2011-10-14", "height"},
		{"Observation", "date=2011-10-14T23:37Z", "height"},
		{"Observation", "date=2011-10-15T01:37:54%2B02:00", "height"},
		{"Observation", "date=2020-03", "bp glucose"},
		{"Observation", "date=2020-03-05", "glucose"},
		{"Observation", "date=ne2020-03", "height tablets"},
		{"Observation", "date=gt2020-03-05", "bp tablets"},
		{"Observation", "date=ge2020-03-05", "bp glucose tablets"},
		{"Observation", "date=lt2020-03-05", "height bp"},
		{"Observation", "date=le2020-03-05", "height bp glucose"},
		{"Observation", "date=sa2020-03-05", "tablets"},
		{"Observation", "date=eb2020-03-05", "height"},
		{"Observation", "date=ap2020-03-05", "bp glucose"},
		{"Observation", "date=ge2020-01-01&date=le2020-12-31", "bp glucose"},
		{"Observation", "date=2021-06", ""},
		{"Observation", "date=ap2021-06", "tablets"},
		{"Condition", "onset-date=gt2025", "open"},
		{"Condition", "onset-date=sa2018", "open"},
		{"Condition", "onset-date=eb2025", ""},
		{"Patient", "birthdate=1974", "p1"},
		{"Patient", "birthdate=1974-12-25", ""},
		{"Patient", "birthdate=ap1974-12-25", "p1"},
		{"Patient", "birthdate=gt1974-12-15", "p1 p2"},
		{"Patient", "birthdate=1980-02-29", "p2"},
		{"Patient", "_lastUpdated=2024-05-06", "p2"},
		{"Patient", "_lastUpdated=gt2024-05-06", ""},
		{"Patient", "_lastUpdated=ge2024-05-06&_lastUpdated=lt2024-05-07", "p2"},
		// number
		{"RiskAssessment", "probability=0.8", "risk"},
		{"RiskAssessment", "probability=0.80", "risk"},
		{"RiskAssessment", "probability=0.84", ""},
		{"RiskAssessment", "probability=1e2", "risk"},
		{"RiskAssessment", "probability=gt100", ""},
		{"RiskAssessment", "probability=ge100", "risk"},
		{"RiskAssessment", "probability=lt0.8", ""},
		{"RiskAssessment", "probability=ap95", "risk"},
		// quantity
		{"Observation", "value-quantity=176.4", "height"},
		{"Observation", "value-quantity=176.4|http://unitsofmeasure.org|cm", "height"},
		{"Observation", "value-quantity=176.3|http://unitsofmeasure.org|cm", ""},
		{"Observation", "value-quantity=1.8|http://unitsofmeasure.org|m", "height"},
		{"Observation", "value-quantity=gt1.76|http://unitsofmeasure.org|m", "height"},
		{"Observation", "value-quantity=lt1.76|http://unitsofmeasure.org|m", ""},
		{"Observation", "value-quantity=5.40|http://unitsofmeasure.org|g/L", "glucose"},
		{"Observation", "value-quantity=540|http://unitsofmeasure.org|mg/dL", "glucose"},
		{"Observation", "value-quantity=ge540|http://unitsofmeasure.org|mg/dL", "glucose"},
		{"Observation", "value-quantity=le540|http://unitsofmeasure.org|mg/dL", "glucose"},
		{"Observation", "value-quantity=gt540|http://unitsofmeasure.org|mg/dL", ""},
		{"Observation", "value-quantity=3||tablets", "tablets"},
		{"Observation", "value-quantity=gt2||tablets", "tablets"},
		{"Observation", "value-quantity=540||mg/dL", "glucose"},
		{"Observation", "value-quantity=5.4", "glucose"},
		{"Observation", "value-quantity=ap5", "glucose"},
		{"Observation", "value-quantity=ne3", "height glucose"},
		{"Observation", "combo-value-quantity=140|http://unitsofmeasure.org|mm[Hg]", "bp"},
		{"ChargeItem", "quantity=7||milligrams", "charge"},
		{"ChargeItem", "quantity=7||mg", "charge"},
		{"ChargeItem", "quantity=0.007|http://unitsofmeasure.org|g", "charge"},
		{"ChargeItem", "quantity=2||TAB", "tab"},
		{"ChargeItem", "quantity=2||tablet", "tab"},
		{"ChargeItem", "quantity=2|urn:local|TAB", "tab"},
		{"ChargeItem", "quantity=2|urn:other|TAB", ""},
		{"ChargeItem", "quantity=2", "tab"},
		{"ChargeItem", "price-override=12.50|urn:iso:std:iso:4217|USD", "charge"},
		{"ChargeItem", "price-override=lt13||USD", "charge"},
		{"ChargeItem", "price-override=lt13||EUR", ""},
		// composite
		{"Observation", "code-value-quantity=http://loinc.org|2345-7$gt5", "glucose"},
		{"Observation", "component-code-value-quantity=http://loinc.org|8480-6$gt130", "bp"},
		{"Observation", "component-code-value-quantity=http://loinc.org|8462-4$gt130", ""},
		{"Observation", "combo-code-value-quantity=8462-4$lt100,2345-7$5.4", "bp glucose"},
		{"DocumentReference", "relationship=replaces$DocumentReference/a", "doc"},
		{"DocumentReference", "relationship=replaces$DocumentReference/b", ""},
		{"MolecularSequence", "chromosome-variant-coordinate=1$lt121$gt129", "seq"},
		{"MolecularSequence", "chromosome-variant-coordinate=1$lt121$gt159", ""},
		// ids, special
		{"Patient", "_id=p1,p9", "p1"},
		{"Patient", "_id:not=p1", "renée p2"},
		{"Location", "near=40.1|-83.0|12|km", "here"},
		{"Location", "near=40.1|-83.0|10|km", ""},
	}
	for _, test := range tests {
		values, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		q, err := Parse(test.resource, values, Options{Base: "http://this.example/fhir"})
		if err != nil {
			t.Errorf("%s?%s: %v", test.resource, test.query, err)
			continue
		}
		if got := strings.Join(matches(t, q, fixtures), " "); got != test.want {
			t.Errorf("%s?%s finds [%s], not [%s]", test.resource, test.query, got, test.want)
		}
	}
}

func matches(t testing.TB, q *Query, resources []string) (ids []string) {
	t.Helper()
	for _, text := range resources {
		n := parsed(t, text)
		if q.Type != "" && n.ResourceType() != q.Type || q.Types != nil && !slices.Contains(q.Types, n.ResourceType()) {
			continue
		}
		x, err := Extract(n)
		if err != nil {
			t.Fatal(err)
		}
		self := Ref{Type: n.ResourceType(), ID: n.ID()}
		if !slices.ContainsFunc(q.Where, func(c Cond) bool { return !Holds(c, x.Terms, n, self) }) {
			ids = append(ids, self.ID)
		}
	}
	return ids
}

func TestHome(t *testing.T) {
	homes := map[string]string{"p1": "p1", "bp": "p1", "glucose": "p2", "tablets": "", "long": "", "qr": "p2", "family": "", "vs": ""}
	for _, text := range fixtures {
		n := parsed(t, text)
		want, ok := homes[n.ID()]
		if !ok {
			continue
		}
		x, err := Extract(n)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if x.Patient != nil {
			got = x.Patient.ID
		}
		if got != want {
			t.Errorf("%s lives with %q, not %q", n.ID(), got, want)
		}
	}
}

func TestPinnedPatient(t *testing.T) {
	tests := []struct{ resource, query, want string }{
		{"Observation", "patient=p1", "p1"},
		{"Observation", "subject=Patient/p1&code=x", "p1"},
		{"Observation", "subject:Patient=p1", "p1"},
		{"Observation", "subject=p1", ""}, // could be a group
		{"Observation", "patient=p1,p2", ""},
		{"Observation", "performer=Patient/p1", ""},
		{"Patient", "_id=p1", "p1"},
		{"Patient", "_id=p1,p2", ""},
		{"Patient", "_id:not=p1", ""},
		{"Appointment", "patient=p1", ""}, // may have several
		{"Coverage", "beneficiary=p1", "p1"},
		{"Coverage", "policy-holder=Patient/p1", ""},
		{"Encounter", "_id=e1", ""},
	}
	for _, test := range tests {
		values, _ := url.ParseQuery(test.query)
		q, err := Parse(test.resource, values, Options{})
		if err != nil {
			t.Errorf("%s?%s: %v", test.resource, test.query, err)
			continue
		}
		got := ""
		if q.Patient != nil {
			got = q.Patient.ID
		}
		if got != test.want {
			t.Errorf("%s?%s is in the range of %q, not %q", test.resource, test.query, got, test.want)
		}
	}
}

func TestApproximateDateNeedsAClock(t *testing.T) {
	now := time.Date(2021, 3, 5, 0, 0, 0, 0, time.UTC)
	q, err := Parse("Observation", url.Values{"date": {"ap2020-01-31"}}, Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(matches(t, q, fixtures), " "); got != "bp glucose" { // 36 days around
		t.Errorf("finds [%s]", got)
	}
}

func TestLabels(t *testing.T) {
	label := func(pairs ...string) uint64 {
		text := `{"resourceType":"Basic","meta":{"security":[`
		for i := 0; i < len(pairs); i += 2 {
			if i > 0 {
				text += ","
			}
			text += `{"system":"` + pairs[i] + `","code":"` + pairs[i+1] + `"}`
		}
		return LabelBits(parsed(t, text+`]}}`))
	}
	tests := []struct {
		got, want uint64
	}{
		{label(), 0},
		{label(confidentiality, "N"), 0},
		{label(confidentiality, "R"), LabelRestricted},
		{label(confidentiality, "V", actCode, "ETH"), LabelVeryRestricted | LabelSubstanceUse},
		{label(actCode, "42CFRPart2"), LabelSubstanceUse},
		{label(actCode, "PSYTHPN"), LabelPsych},
		{label(actCode, "HIV", actCode, "STD", actCode, "SDV"), LabelHIV | LabelSexual | LabelViolence},
		{label("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"), 0},
		{label(actCode, "NOREDIS"), 0},
		{label(actCode, "CEL"), LabelOther},
		{label("urn:local", "staff only"), LabelOther},
	}
	for i, test := range tests {
		if test.got != test.want {
			t.Errorf("%d: %b, not %b", i, test.got, test.want)
		}
	}
}

func TestFingerprintIsSteady(t *testing.T) {
	if again := buildTable().print; again != Fingerprint() {
		t.Errorf("%s, then %s", Fingerprint(), again)
	}
	if len(PathsOf("Observation", "patient")) != 1 || PathsOf("Observation", "patient")[0] != PathsOf("Observation", "subject")[0] {
		t.Error("patient and subject of an Observation do not share a path")
	}
	if PathsOf("Observation", "no-such") != nil || !fhir.IsResourceType("Observation") {
		t.Error("paths of a parameter that is not there")
	}
}
