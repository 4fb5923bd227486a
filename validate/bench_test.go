package validate

import (
	"testing"

	"wholechart/fhir"
)

const goodObservation = `{"resourceType":"Observation","id":"a1b2","meta":{"versionId":"1","lastUpdated":"2020-01-02T03:04:05.678Z"},"status":"final",
	"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital Signs"}]}],
	"code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure"}],"text":"Blood pressure"},
	"subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},"effectiveDateTime":"2020-01-02T03:04:05-05:00","issued":"2020-01-02T03:04:05.678-05:00",
	"performer":[{"reference":"Practitioner/d1","display":"Dr. One"}],
	"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":81.5,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
	{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":121,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}`

func BenchmarkObservation(b *testing.B) {
	d, err := fhir.Parse([]byte(goodObservation))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if issues := Resource(d.Root(), Options{}); len(issues) > 0 {
			b.Fatal(issues)
		}
	}
}
