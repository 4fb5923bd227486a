package search

import (
	"net/url"
	"testing"

	"wholechart/fhir"
)

func parsed(t testing.TB, text string) fhir.Node {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d.Root()
}

const heightObservation = `{"resourceType":"Observation","id":"height","meta":{"tag":[{"system":"https://example.org/tags","code":"synthetic"}]},
"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"vital-signs"}]}],
"code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},
"subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},"effectiveDateTime":"2011-10-14T23:37:54+00:00",
"issued":"2011-10-14T23:37:54.530+00:00","valueQuantity":{"value":176.35499866729558,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}`

func BenchmarkExtractObservation(b *testing.B) {
	n := parsed(b, heightObservation)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Extract(n); err != nil {
			b.Fatal(err)
		}
	}
}

func parsedOr(text []byte) (fhir.Node, error) {
	d, err := fhir.Parse(text)
	if err != nil {
		return fhir.Node{}, err
	}
	return d.Root(), nil
}

// BenchmarkExtractReal is the mean over the first bundles of the archive.
func BenchmarkExtractReal(b *testing.B) {
	var all []fhir.Node
	resources(b, 3, func(res fhir.Node) { all = append(all, res) })
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := Extract(all[i%len(all)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkParse(b *testing.B) {
	for _, query := range []string{"code=http://loinc.org|8302-2", "patient=p1&category=laboratory&_sort=-date&_count=50", "subject.name=peter"} {
		values, err := url.ParseQuery(query)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(query, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("Observation", values, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
