package test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wholechart/chart"
	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// unrelated are facts that no rule of this package asks for.
var unrelated = []string{
	`problem "Ingrown toenail" 3 d ago at Riverside`, `result 8867-4 72 /min 1 d ago`, `result 8302-2 170 cm 1 d ago at Lakeside`, `did "Ear irrigation" 2 d ago`, `allergy "Pollen"`,
	`takes "Senna 8.6 mg tablet" 1 d ago`, `ordered "Physiotherapy" 1 d ago`, `value "Favourite colour" "blue" 1 d ago`, `image US "Ultrasound of the left thumb" 1 d ago`, `device "Hearing aid"`,
}

func TestMoreNeverRemoves(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	rapid.Check(t, func(rt *rapid.T) {
		c := all[rapid.IntRange(0, len(all)-1).Draw(rt, "case")]
		line := "x | x | "
		for range rapid.IntRange(1, 6).Draw(rt, "more") {
			line += rapid.SampledFrom(unrelated).Draw(rt, "fact") + "; "
		}
		more := cases.Parse(t, "more", line+"| |")
		facts := slices.Clone(c.Facts)
		for i, f := range more.Facts {
			if f.Node.ResourceType() == "Patient" {
				continue
			}
			f.ID = fmt.Sprint("more-", i) // its own id, not that of a fact of the case
			facts = append(facts, f)
		}
		before := Check(c.Input())
		cases.WellFormed(rt, before)
		after := said(Check(cases.Input(facts, c.Away, c.Drafts)))
		for _, s := range said(before) {
			if !slices.Contains(after, s) {
				rt.Fatalf("%s: lost %s\nwith %s\n%s", c.Where, s, line, strings.Join(after, "\n"))
			}
		}
	})
}

func said(a rule.Answer) (out []string) {
	for _, c := range a.Cards {
		out = append(out, cases.Say(c)+c.Key)
	}
	return out
}

func TestOrderNeverMatters(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range cases.Read(t, "testdata/cases/*.txt") {
		want := cases.Show(Check(c.Input()))
		for range 4 {
			random.Shuffle(len(c.Facts), func(i, j int) { c.Facts[i], c.Facts[j] = c.Facts[j], c.Facts[i] })
			random.Shuffle(len(c.Drafts), func(i, j int) { c.Drafts[i], c.Drafts[j] = c.Drafts[j], c.Drafts[i] })
			if got := cases.Show(Check(c.Input())); got != want {
				t.Errorf("%s: in another order:\n%s\n%s", c.Where, got, want)
			}
		}
	}
}

// Units never matter: the same rule speaks as loud, from the same day on.
func TestUnits(t *testing.T) {
	for _, pair := range [][2]string{
		{`result 2160-0 1.1 mg/dL 2 d ago`, `result 14682-9 97.2 umol/L 2 d ago`}, {`result 2160-0 1.1 mg/dL 2 d ago`, `result 2160-0 97.2 umol/L 2 d ago`},
		{`result 13457-7 128 mg/dL 9 d ago`, `result 22748-8 3.3 mmol/L 9 d ago`}, {`result 4548-4 7.9 % 9 d ago`, `result 59261-8 63 mmol/mol 9 d ago`}, {`result 2345-7 100 mg/dL 1 h ago`, `result 14749-6 5.6 mmol/L 1 h ago`},
	} {
		var got [2]string
		for i, f := range pair {
			c := cases.Parse(t, f, `x | x | male 60 y; `+f+` | test "Creatinine"; test "LDL cholesterol"; test "HbA1c"; test "Glucose" | x`)
			for _, card := range Check(c.Input()).Cards {
				got[i] += fmt.Sprintln(card.Rule.ID, card.Level, card.Draft, card.Why, card.Do)
			}
		}
		if got[0] != got[1] || got[0] == "" {
			t.Errorf("%v:\n%s\n%s", pair, got[0], got[1])
		}
	}
}

// large is a record of 500 facts of results, studies, orders and medicines.
func large(t testing.TB) rule.Input {
	var facts []chart.Fact
	add := func(body string) {
		d, err := fhir.Parse([]byte(body))
		if err != nil {
			t.Fatal(err, body)
		}
		facts = append(facts, chart.Fact{Node: d.Root(), Version: "1", Source: chart.Source{Slug: []string{"maple", "lakeside"}[len(facts)%2], Name: "Site", Own: len(facts)%2 == 0}})
	}
	tests := load().analytes
	for i := range 400 {
		a := tests[i%len(tests)]
		add(fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"%s"}],"text":"%s"},"valueQuantity":{"value":%d,"unit":"u"},"effectiveDateTime":"%s"}`, i, a.loinc[0], a.title, i, cases.Now.AddDate(0, 0, -i).Format(time.DateOnly)))
	}
	for i := range 40 {
		add(fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"m%d","status":"active","intent":"order","medicationCodeableConcept":{"text":"%s"},"authoredOn":"2026-01-01"}`, i, []string{"Warfarin 5 mg tablet", "Lisinopril 10 mg tablet", "Metformin 500 mg tablet", "Atorvastatin 40 mg tablet"}[i%4]))
		add(fmt.Sprintf(`{"resourceType":"ImagingStudy","id":"i%d","status":"available","description":"CT chest with contrast","modality":[{"code":"CT"}],"started":"%s"}`, i, cases.Now.AddDate(0, -i, 0).Format(time.DateOnly)))
	}
	for i := range 20 {
		add(fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"s%d","status":"active","intent":"order","code":{"text":"%s"},"authoredOn":"2026-11-%02d"}`, i, tests[i].title, i+1))
	}
	return cases.Input(facts, nil, []rule.Draft{{ID: "1", Kind: rule.DraftTest, Name: "Comprehensive metabolic panel"}, {ID: "2", Kind: rule.DraftTest, Name: "HbA1c"}, {ID: "3", Kind: rule.DraftImaging, Name: "CT chest", Contrast: "iodinated"}})
}

func BenchmarkCheck(b *testing.B) {
	in := large(b)
	if len(Check(in).Cards) == 0 {
		b.Fatal("no card")
	}
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		Check(in)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
