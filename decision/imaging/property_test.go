package imaging

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
	`problem "Ingrown toenail" 3 d ago at Riverside`, `result 8867-4 72 /min 1 d ago`, `result 4548-4 6 % 1 d ago at Lakeside`, `did "Ear irrigation" 2 d ago`, `allergy "Pollen" "Sneezing"`,
	`takes "Senna 8.6 mg tablet" 1 d ago`, `ordered "Physiotherapy" 1 d ago`, `value "Favourite colour" "blue" 1 d ago`, `image US "Ultrasound of the left thumb" 1 d ago`, `device "Hearing aid battery"`,
}

func said(a rule.Answer) (out []string) {
	for _, c := range a.Cards {
		out = append(out, cases.Say(c)+c.Key)
	}
	return out
}

func TestMoreNeverRemoves(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	rapid.Check(t, func(rt *rapid.T) {
		c := all[rapid.IntRange(0, len(all)-1).Draw(rt, "case")]
		line := "x | x | "
		for range rapid.IntRange(1, 6).Draw(rt, "more") {
			line += rapid.SampledFrom(unrelated).Draw(rt, "fact") + "; "
		}
		facts := slices.Clone(c.Facts)
		for i, f := range cases.Parse(t, "more", line+"| |").Facts {
			if f.Node.ResourceType() == "Patient" {
				continue
			}
			f.ID = fmt.Sprint("more-", i)
			facts = append(facts, f)
		}
		after := said(Check(cases.Input(facts, c.Away, c.Drafts)))
		for _, s := range said(Check(c.Input())) {
			if !slices.Contains(after, s) {
				rt.Fatalf("%s: lost %s\nwith %s\n%s", c.Where, s, line, strings.Join(after, "\n"))
			}
		}
	})
}

func TestOrderNeverMatters(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range cases.Read(t, "testdata/cases/*.txt") {
		want := cases.Show(Check(c.Input()))
		for range 4 {
			random.Shuffle(len(c.Facts), func(i, j int) { c.Facts[i], c.Facts[j] = c.Facts[j], c.Facts[i] })
			if got := cases.Show(Check(c.Input())); got != want {
				t.Errorf("%s: in another order:\n%s\n%s", c.Where, got, want)
			}
		}
	}
}

// Creatinine in mg/dL and in µmol/L, and in the other unit under the same code,
// makes the same cards.
func TestUnits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		mg := float64(rapid.IntRange(5, 80).Draw(rt, "tenths")) / 10
		ago := rapid.IntRange(1, 50).Draw(rt, "days")
		var got [3]string
		for i, f := range []string{fmt.Sprintf("2160-0 %.1f mg/dL", mg), fmt.Sprintf("14682-9 %.3f umol/L", mg*88.4), fmt.Sprintf("2160-0 %.3f umol/L", mg*88.4)} {
			c := cases.Parse(t, "units", fmt.Sprintf(`x | x | female 60 y; takes "Metformin 1,000 mg tablet"; result %s %d d ago | imaging "CT chest" contrast iodinated; imaging "MRI brain with gadodiamide" contrast gadolinium | x`, f, ago))
			got[i] = strings.Join(said(Check(c.Input())), "\n")
		}
		if got[0] != got[1] || got[0] != got[2] {
			rt.Fatalf("%.1f mg/dL:\n%s\n\n%s\n\n%s", mg, got[0], got[1], got[2])
		}
	})
}

// large is a record of 500 facts.
func large(t testing.TB) rule.Input {
	var facts []chart.Fact
	add := func(body string) {
		d, err := fhir.Parse([]byte(body))
		if err != nil {
			t.Fatal(err, body)
		}
		facts = append(facts, chart.Fact{Node: d.Root(), Version: "1", Source: chart.Source{Slug: []string{"maple", "lakeside"}[len(facts)%2], Name: "Site", Own: len(facts)%2 == 0}})
	}
	add(`{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1958-03-14"}`)
	for i := range 250 {
		add(fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"%s"}],"text":"Test"},"valueQuantity":{"value":%d,"unit":"mg/dL","code":"mg/dL","system":"http://unitsofmeasure.org"},"effectiveDateTime":"%s"}`,
			i, []string{"2160-0", "98979-8", "2823-3", "4548-4", "718-7"}[i%5], 1+i%5, cases.Now.AddDate(0, 0, -i).Format(time.DateOnly)))
	}
	for i := range 60 {
		add(fmt.Sprintf(`{"resourceType":"Condition","id":"c%d","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"%s %d"},"onsetDateTime":"2020-01-01"}`, i, []string{"Type 2 diabetes", "High blood pressure", "Chronic kidney disease"}[i%3], i))
		add(fmt.Sprintf(`{"resourceType":"Procedure","id":"p%d","status":"completed","code":{"text":"Procedure %d"},"performedDateTime":"2020-01-01"}`, i, i))
		add(fmt.Sprintf(`{"resourceType":"ImagingStudy","id":"i%d","status":"available","description":"CT chest with contrast","modality":[{"code":"CT"}],"started":"%s"}`, i, cases.Now.AddDate(0, -i, 0).Format(time.DateOnly)))
		add(fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"m%d","status":"active","intent":"order","medicationCodeableConcept":{"text":"%s"},"authoredOn":"2026-01-01"}`, i, []string{"Warfarin 5 mg tablet", "Metformin 500 mg tablet", "Atorvastatin 40 mg tablet"}[i%3]))
	}
	for i := range 9 {
		add(fmt.Sprintf(`{"resourceType":"AllergyIntolerance","id":"a%d","code":{"text":"Pollen %d"}}`, i, i))
	}
	return cases.Input(facts, nil, []rule.Draft{{ID: "1", Kind: rule.DraftImaging, Name: "CT abdomen and pelvis", Contrast: "iodinated"}, {ID: "2", Kind: rule.DraftImaging, Name: "MRI brain", Contrast: "gadolinium"}})
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
