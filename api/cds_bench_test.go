package api

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// longRecord is a person of 500 facts: medicines of fifty names, results, problems.
func longRecord(id string) (facts []string) {
	names := []string{"Warfarin 5 mg tablet", "Lisinopril 10 mg tablet", "Metformin 1000 mg tablet", "Atorvastatin 40 mg tablet", "Digoxin 0.125 mg tablet", "Amiodarone 200 mg tablet", "Sertraline 50 mg tablet", "Furosemide 40 mg tablet", "Spironolactone 25 mg tablet", "Omeprazole 20 mg capsule"}
	facts = append(facts, patient(id, "Long"))
	for i := range 120 {
		status := "active"
		if i%3 > 0 {
			status = "stopped"
		}
		facts = append(facts, fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"m%d","status":"%s","intent":"order","subject":{"reference":"Patient/%s"},"authoredOn":"20%02d-03-0%d","medicationCodeableConcept":{"text":"%s"},"dosageInstruction":[{"text":"1 tablet daily"}]}`,
			i, status, id, 10+i%16, 1+i%9, names[i%len(names)]))
	}
	loinc := [][2]string{{"2160-0", "mg/dL"}, {"2823-3", "mmol/L"}, {"6301-6", "1"}, {"4548-4", "%"}, {"33914-3", "mL/min/{1.73_m2}"}}
	for i := range 340 {
		c := loinc[i%len(loinc)]
		facts = append(facts, fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"%s"}]},"subject":{"reference":"Patient/%s"},"effectiveDateTime":"20%02d-%02d-01","valueQuantity":{"value":%d.%d,"unit":"%s","system":"http://unitsofmeasure.org","code":"%s"}}`,
			i, c[0], id, 10+i%16, 1+i%12, 1+i%4, i%10, c[1], c[1]))
	}
	for i := range 39 {
		facts = append(facts, fmt.Sprintf(`{"resourceType":"Condition","id":"c%d","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"subject":{"reference":"Patient/%s"},"code":{"text":"Atrial fibrillation %d"},"onsetDateTime":"20%02d"}`, i, id, i, 10+i%16))
	}
	return facts
}

// BenchmarkOrderSign is order-sign on a record of 500 facts through HTTP, with
// access, audit and JSON: ours through the gate, and of an outside EHR in prefetch.
func BenchmarkOrderSign(b *testing.B) {
	n := newNode(b, func(c *Config) { c.Support, c.Now = &support{}, func() time.Time { return cdsAnchor } })
	facts := longRecord("long")
	var acts [][4]string
	for _, f := range facts {
		typ, id := f[17:], ""
		typ = typ[:strings.IndexByte(typ, '"')]
		id = f[strings.Index(f, `"id":"`)+6:]
		acts = append(acts, [4]string{"PUT", typ + "/" + id[:strings.IndexByte(id, '"')], f})
	}
	n.maple("POST", "", bundleOf("transaction", acts...)).status(200)
	s := httptest.NewServer(n.api)
	defer s.Close()
	token := n.doctor()
	elsewhere := `"fhirServer":"https://ehr.example/fhir","prefetch":{"patient":` + facts[0] + `,"medications":` + draftsOf(facts[1:121]...) + `,"observations":` + draftsOf(facts[121:461]...) + `,"conditions":` + draftsOf(facts[461:]...) + `,"allergies":null}`
	for name, body := range map[string]string{
		"ours":     ask("order-sign", contextOf("order-sign", "long")),
		"prefetch": ask("order-sign", contextOf("order-sign", "long"), elsewhere),
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			b.ReportAllocs()
			for b.Loop() {
				r, _ := http.NewRequest("POST", s.URL+"/maple/cds-services/order-sign", strings.NewReader(body))
				r.Header.Set("Authorization", "Bearer "+token)
				r.Header.Set("Content-Type", "application/json")
				start := time.Now()
				res, err := http.DefaultClient.Do(r)
				if err != nil || res.StatusCode != 200 {
					b.Fatal(err, res.StatusCode)
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkOrderCheck is the same check in process: the record of 500 facts
// assembled and held against all rules, and the rules alone.
func BenchmarkOrderCheck(b *testing.B) {
	var facts []chart.Fact
	for _, text := range longRecord("long") {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			b.Fatal(err)
		}
		facts = append(facts, chart.Fact{Node: d.Root(), Source: chart.Source{Slug: "maple", Name: "Maple", Own: true}})
	}
	drafts := []rule.Draft{{ID: "MedicationRequest/d", Kind: rule.DraftMedicine, Name: "Trimethoprim-sulfamethoxazole 160 mg-800 mg tablet"}, {ID: "ServiceRequest/a", Kind: rule.DraftTest, Name: "Hemoglobin A1c"}, {ID: "ServiceRequest/c", Kind: rule.DraftImaging, Name: "CT abdomen with contrast"}}
	c := chart.Assemble("long", facts, cdsAnchor, time.UTC)
	for name, run := range map[string]func(){
		"rules": func() { decision.Check(rule.Input{Chart: c, Drafts: drafts, Now: cdsAnchor}, nil) },
		"assemble+rules": func() {
			decision.Check(rule.Input{Chart: chart.Assemble("long", facts, cdsAnchor, time.UTC), Drafts: drafts, Now: cdsAnchor}, nil)
		},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				run()
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
