package chart

import (
	"fmt"
	"testing"
	"time"

	"wholechart/fhir"
)

// manyFacts is a record of n facts from four sources over twenty years, mostly
// results, as charts are.
func manyFacts(tb testing.TB, n int) []Fact {
	tb.Helper()
	var out []Fact
	add := func(source int, text string) {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			tb.Fatal(err)
		}
		name := fmt.Sprintf("Site %d", source)
		out = append(out, Fact{Node: d.Root(), Version: "1", Updated: testNow, Author: "clinician:x", Source: Source{Slug: name, Name: name, Badge: "S" + fmt.Sprint(source), Own: source == 0}})
	}
	add(0, `{"resourceType":"Patient","id":"p","name":[{"family":"Long","given":["Ada"]}],"birthDate":"1950-01-02"}`)
	add(0, `{"resourceType":"Practitioner","id":"d","name":[{"text":"Dora Doe, MD"}]}`)
	for i := 0; len(out) < n; i++ {
		s := i % 4
		day := time.Date(2006, 1, 1, 8, i%60, 0, 0, time.UTC).AddDate(0, 0, i*7000/n).Format(time.RFC3339)
		switch {
		case i%20 < 14:
			add(s, fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","meta":{"versionId":"1","lastUpdated":"%s"},"identifier":[{"system":"urn:lab","value":"%d"}],"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"%d-1","display":"Test %d"}],"text":"Test %d"},"subject":{"reference":"Patient/p"},"effectiveDateTime":"%s","issued":"%s","performer":[{"reference":"Practitioner/d"}],"valueQuantity":{"value":%d.%d,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"},"interpretation":[{"coding":[{"code":"N"}]}],"referenceRange":[{"low":{"value":1},"high":{"value":9},"text":"1–9"}]}`,
				i, day, i, i%60, i%60, i%60, day, day, i%10, i%7))
		case i%20 < 16:
			add(s, fmt.Sprintf(`{"resourceType":"Encounter","id":"e%d","status":"finished","class":{"code":"AMB"},"type":[{"text":"Visit"}],"subject":{"reference":"Patient/p"},"participant":[{"individual":{"reference":"Practitioner/d"}}],"period":{"start":"%s","end":"%s"}}`, i, day, day))
		case i%20 < 18:
			add(s, fmt.Sprintf(`{"resourceType":"MedicationDispense","id":"m%d","status":"completed","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"%d"}],"text":"Drug%d 50 mg tablet"},"subject":{"reference":"Patient/p"},"whenHandedOver":"%s","daysSupply":{"value":90,"code":"d"}}`, i, i%12, i%12, day))
		case i%20 == 18:
			add(s, fmt.Sprintf(`{"resourceType":"DiagnosticReport","id":"r%d","status":"final","code":{"text":"Panel"},"subject":{"reference":"Patient/p"},"effectiveDateTime":"%s","result":[{"reference":"Observation/o%d"},{"reference":"Observation/o%d"}]}`, i, day, i-5, i-6))
		default:
			add(s, fmt.Sprintf(`{"resourceType":"Condition","id":"c%d","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"%d"}],"text":"Problem %d"},"subject":{"reference":"Patient/p"},"onsetDateTime":"%s"}`, i, i%30, i%30, day))
		}
	}
	return out
}

func BenchmarkAssemble(b *testing.B) {
	for _, n := range []int{500, 5000, 50000} {
		facts := manyFacts(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Assemble("p", facts, testNow, time.UTC)
			}
		})
	}
}
