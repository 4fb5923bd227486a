package store

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/search"
)

// stampedBodies are resources whose id and meta stand in every place.
var stampedBodies = []string{
	`{"resourceType":"Basic","id":"a"}`,
	`{"resourceType":"Basic","id":"a","language":"en"}`,
	`{"resourceType":"Basic","id":"a","meta":{}}`,
	`{"resourceType":"Basic","id":"a","meta":{},"language":"en"}`,
	`{"resourceType":"Basic","id":"a","meta":{"profile":["http://p"]},"language":"en"}`,
	`{"resourceType":"Basic","id":"a","meta":{"versionId":"7","lastUpdated":"2001-01-01T00:00:00Z"},"language":"en"}`,
	`{"resourceType":"Basic","id":"a","meta":{"versionId":"7","tag":[{"code":"t"}],"lastUpdated":"2001-01-01T00:00:00Z"}}`,
	`{"resourceType":"Basic","id":"a","meta":{"version\u0049d":"7","tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","id":"a","language":"en","meta":{"tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","id":"a","language":"en","met\u0061":{"tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","id":"a","contained":[{"resourceType":"Basic","id":"b","meta":{"tag":[{"code":"t"}]}}]}`,
	`{"resourceType":"Basic","id":"a","code":{"text":"\"meta\":{ and \u00e9"}}`,
	`{"resourceType":"Basic","meta":{"tag":[{"code":"t"}]},"id":"a"}`,
	`{"id":"a","resourceType":"Basic","meta":{"tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","language":"en"}`,
	`{"resourceType":"Basic","id":"other","meta":{"tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","id":"a","_id":{"extension":[{"url":"http://e"}]},"meta":{"tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","id":"ab","meta":{"tag":[{"code":"t"}]}}`,
	`{ "resourceType" : "Basic" , "id" : "a" , "meta" : { "tag" : [ { "code" : "t" } ] } }`,
	`{"meta":null,"resourceType":"Basic","id":"a"}`,
	`{"resourceType":"Basic","id":"a","meta":null}`,
	`{"resourceType":"Basic","id":"a","meta":[]}`,
	`{"resourceType":"Basic","id":"a","meta":"x"}`,
	`{"resourceType":"Basic","id":"a","code":{"text":"a long text, so that meta is near the end \"},{\"meta\":{\\"},"meta":{"tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","id":"a","contained":[{"resourceType":"Basic","meta":{"tag":[{"code":"t"}]}}],"meta":{"tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","id":"a","contained":[{"resourceType":"Basic","meta":{"tag":[{"code":"t"}]}}],"met\u0061":{"tag":[{"code":"t"}]}}`,
	`{"resourceType":"Basic","id":"a","code":{"text":",\\"},"meta":{"tag":[{"code":"t"}]},"contained":[{"meta":{"tag":[{"code":"u"}]},"resourceType":"Basic"}]}`,
	`{"resourceType":"Basic","id":"a","code":{"text":",\\\"meta\":{"},"meta":{"versionId":"7"},"language":"en"}`,
	`{"resourceType":"Basic","id":"a","code":{"coding":[{"code":"meta"},{"code":"c","display":"meta"}]},"meta":{}}`,
}

// stampedAsParsed proves that what Resource splices is what fhir.WithMeta makes.
func stampedAsParsed(t *testing.T, text string, version int, at int64) {
	t.Helper()
	doc, err := fhir.Parse([]byte(text))
	if err != nil || doc.Root().Kind() != fhir.Object {
		t.Skip()
	}
	body := Prepare(doc.Root(), search.Extracted{}).Body
	stored, err := fhir.Parse(body)
	if err != nil {
		t.Skip()
	}
	r := Row{Type: doc.Root().ResourceType(), ID: doc.Root().ID(), Version: version, Updated: fromMillis(at), body: body}
	if !validID(r.ID) || !fhir.IsResourceType(r.Type) {
		r.Type, r.ID = "Basic", "a"
	}
	want := fhir.WithMeta(stored.Root(), r.ID, strconv.Itoa(version), r.Updated)
	if got := r.Resource(); string(got) != string(want) {
		t.Errorf("of %s\n got %s\nwant %s", text, got, want)
	}
}

func TestResourceIsAsParsed(t *testing.T) {
	for i, text := range stampedBodies {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			stampedAsParsed(t, text, 1+i*100, time.Date(2024, 2, 29, 23, 59, 59, 7_000_000*i, time.UTC).UnixMilli())
		})
	}
}

func FuzzResource(f *testing.F) {
	for _, text := range stampedBodies {
		f.Add(text, 3, int64(1700000000123))
	}
	f.Fuzz(func(t *testing.T, text string, version int, at int64) {
		if version < 1 || at < 0 || at > 250_000_000_000_000 {
			t.Skip()
		}
		stampedAsParsed(t, text, version, at)
	})
}

// To complete a stored resource costs about what copying it does.
func BenchmarkResource(b *testing.B) {
	body := []byte(`{"resourceType":"Observation","id":"o","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],` +
		`"code":{"coding":[{"system":"http://loinc.org","code":"2093-3","display":"Total Cholesterol"}]},"subject":{"reference":"Patient/p"},` +
		`"valueQuantity":{"value":186.1,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"},"meta":{"tag":[{"code":"t"}]}}`)
	r := Row{Type: "Observation", ID: "o", Version: 1, body: body}
	for b.Loop() {
		if r.Resource() == nil {
			b.Fatal()
		}
	}
}
