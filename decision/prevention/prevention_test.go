package prevention

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wholechart/chart"
	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// told makes a chart of a case's facts.
func toldChart(t testing.TB, facts string) *chart.Chart {
	t.Helper()
	return story{where: "test", facts: facts}.chart(t)
}

func TestCards(t *testing.T) {
	c := toldChart(t, "female 60 y; did mammogram 2023-06-12 at Riverside; ordered \"Colonoscopy\" 2026-11-03")
	a := Check(rule.Input{Chart: c, Now: testNow})
	cards := map[string]rule.Card{}
	for _, card := range a.Cards {
		cards[card.Rule.ID] = card
		if card.Level > card.Rule.Level || card.Level == rule.Interrupt {
			t.Errorf("%s speaks too loudly", card.Rule.ID)
		}
		if card.Title == "" || card.Why == "" || card.Do == "" || card.Key == "" {
			t.Errorf("%+v", card)
		}
	}
	m := cards["uspstf-breast"]
	if m.Level != rule.Notice || m.Title != "Mammogram is overdue" || !strings.Contains(m.Why, "12 Jun 2023 at Riverside") {
		t.Errorf("mammogram: %+v", m)
	}
	if len(m.Choices) != 1 || m.Choices[0].Draft.Kind != rule.DraftImaging || m.Choices[0].Draft.Codes[0].Code != "77067" {
		t.Errorf("choice: %+v", m.Choices)
	}
	if m.Facts[len(m.Facts)-1].Prov.Source.Name != "Riverside" {
		t.Errorf("facts: %+v", m.Facts)
	}
	if col := cards["uspstf-colorectal"]; col.Level != rule.Quiet || !strings.Contains(col.Title, "ordered 3 Nov 2026") || len(col.Choices) != 0 {
		t.Errorf("colonoscopy: %+v", col)
	}
	if len(a.Ran) != 1 || !strings.Contains(a.Ran[0], "preventive") {
		t.Errorf("ran: %v", a.Ran)
	}
	// What the basket orders already is not asked for again.
	in := rule.Input{Chart: c, Now: testNow, Drafts: []rule.Draft{{ID: "1", Kind: rule.DraftImaging, Name: "Screening mammogram"}}}
	for _, card := range Check(in).Cards {
		if card.Rule.ID == "uspstf-breast" {
			t.Error("a mammogram is in the basket")
		}
	}
	// Several diseases ask for one test: one card.
	var kidney []rule.Card
	for _, card := range Check(rule.Input{Chart: toldChart(t, "male 70 y; problem hypertension; problem heart-failure; problem diabetes; takes doac"), Now: testNow}).Cards {
		if strings.HasPrefix(card.Title, "Kidney function") {
			kidney = append(kidney, card)
		}
	}
	if len(kidney) != 1 || !strings.Contains(kidney[0].Why, "also for: ") {
		t.Errorf("kidney function: %+v", kidney)
	}
	if a := Check(rule.Input{Chart: toldChart(t, "female 60 y; dead"), Now: testNow}); len(a.Cards)+len(a.Gaps)+len(a.Ran) != 0 {
		t.Errorf("cards for the dead: %+v", a)
	}
	if a := Check(rule.Input{Now: testNow}); len(a.Cards) != 0 {
		t.Error("cards for nobody")
	}
}

// An override is remembered as long as what was last done is the same.
func TestKeyIsOfWhatWasDone(t *testing.T) {
	key := func(facts string) string {
		for _, c := range Check(rule.Input{Chart: toldChart(t, facts), Now: testNow}).Cards {
			if c.Rule.ID == "uspstf-breast" {
				return c.Key
			}
		}
		return ""
	}
	a, b := key("female 60 y; did mammogram 2023-06-12"), key("female 60 y; did mammogram 2023-06-12; problem gout")
	if a == "" || a != b || a == key("female 60 y; did mammogram 2023-07-12") {
		t.Errorf("keys %q %q", a, b)
	}
}

func TestGaps(t *testing.T) {
	res := Evaluate(toldChart(t, "aged 68 y; gender male; unreachable Riverside"), testNow)
	var all []string
	for _, g := range res.Gaps {
		all = append(all, g.Why)
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"Riverside: could not be reached. What was done there would not be seen.", "smoking status. Not decided without it: Abdominal aortic aneurysm", "body mass index"} {
		if !strings.Contains(text, want) {
			t.Errorf("gaps do not say %q:\n%s", want, text)
		}
	}
	if res.Of("nothing") != nil || len(res.In(Unknown)) == 0 || len(res.In(Due, Overdue)) == 0 {
		t.Error("items")
	}
	if none := Evaluate(chart.Assemble("p", nil, testNow, time.UTC), testNow); len(none.Items) != 0 || len(none.Gaps) != 1 {
		t.Errorf("of nobody: %+v", none)
	}
	full := toldChart(t, "male 68 y")
	full.Cut = append(full.Cut, chart.Cut{})
	if g := Evaluate(full, testNow).Gaps; !strings.Contains(fmt.Sprint(g), "Only the newest facts") {
		t.Errorf("cut: %v", g)
	}
}

func TestStale(t *testing.T) {
	for _, c := range []struct {
		date, reviewed string
		want           bool
	}{{"2024-04-30", "", true}, {"2026-01-14", "", false}, {"2018", "", true}, {"2018-08-21", "2026-06-01", false}, {"?", "", true}, {"2025-11", "", true}} {
		if got := Stale(&rule.Rule{Date: c.date, Reviewed: c.reviewed}, testNow); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Another fact that no rule knows never changes an item.
func TestUnrelatedFactChangesNothing(t *testing.T) {
	stories := readStories(t)
	unrelated := []string{`problem "Sprain of ankle" 2020`, `did "Bone immobilization" 2021`, `result "Peanut IgE" 3 kU/L 2022`, `takes "Cetirizine 10 MG Oral Tablet" 2020`,
		`visit "Allergy visit" 2023`, `report "Wrist x-ray" 2024 at Lakeside`, `ordered "Knee brace" 2026-10-01`, `family "Migraine"`, `resolved "Viral sinusitis" 2019 at Riverside`}
	rapid.Check(t, func(r *rapid.T) {
		s := rapid.SampledFrom(stories).Draw(r, "case")
		before := Evaluate(s.chart(t), testNow)
		for range rapid.IntRange(1, 4).Draw(r, "n") {
			s.facts += "; " + rapid.SampledFrom(unrelated).Draw(r, "fact")
		}
		after := Evaluate(s.chart(t), testNow)
		before.Gaps, after.Gaps = nil, nil
		if a, b := show(before), show(after); a != b {
			r.Fatalf("%s: an unrelated fact changed\n%s\nto\n%s", s.facts, a, b)
		}
	})
}

// Doing it today is never due today, whatever else is known.
func TestDoneTodayIsNotDue(t *testing.T) {
	for _, s := range readStories(t) {
		e := entryOf(s.rule)
		if e == nil || e.done[0].taken {
			continue
		}
		m := e.done[0]
		s.facts += "; did " + known().vocabulary.concepts[m.concept].id + " today"
		it := Evaluate(s.chart(t), testNow).Of(s.rule)
		if it != nil && (it.Status == Due || it.Status == Overdue || it.Status == Declined) {
			t.Errorf("%s: done today, and %s: %s", s.where, it.Status, it.Why)
		}
	}
}

func entryOf(id string) *entry {
	for _, e := range known().entries {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// Units never matter.
func TestUnits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		percent := rapid.Float64Range(5, 12).Draw(r, "HbA1c")
		if math.Abs(percent-7) < 0.02 {
			return
		}
		status := func(value float64, unit string) Status {
			c := toldChart(t, fmt.Sprintf("male 60 y; problem diabetes 2020; result hba1c %.3f %s 4 mo ago", value, unit))
			return Evaluate(c, testNow).Of("checkup-diabetes-hba1c").Status
		}
		if a, b := status(percent, "%"), status((percent-2.152)/0.09148, "mmol/mol"); a != b {
			r.Fatalf("%.3f %%: %s and %s", percent, a, b)
		}
	})
}

// manyFacts is a record of about a thousand facts of four sites.
func manyFacts(t testing.TB, n int) *chart.Chart {
	t.Helper()
	facts := story{where: "bench", facts: "female 68 y; problem diabetes 2015; problem hypertension 2012; takes warfarin 2020; takes statin 2018; did colonoscopy 2018 at Riverside; did mammogram 2023 at Lakeside"}.tell(t).Facts
	for i := 0; i < n; i++ {
		site := []string{"", "Riverside", "Lakeside", "Corner"}[i%4]
		on := testNow.AddDate(0, 0, -i*7).Format(time.RFC3339)
		resource := func(typ, members string) {
			facts = append(facts, fact(t, site, fmt.Sprintf(`{"resourceType":"%s","id":"many-%d",%s}`, typ, i, members)))
		}
		switch i % 20 {
		case 0:
			resource("Encounter", `"status":"finished","class":{"code":"AMB"},"type":[{"text":"General examination of patient"}],"period":{"start":"`+on+`"}`)
		case 1, 2:
			resource("Procedure", fmt.Sprintf(`"status":"completed","code":{"coding":[{"system":"http://snomed.info/sct","code":"%d"}],"text":"Procedure %d of something"},"performedDateTime":"%s"`, 1000+i%30, i%30, on))
		case 3:
			resource("Condition", fmt.Sprintf(`"clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"%d"}],"text":"Acute bronchitis %d (disorder)"},"onsetDateTime":"%s"`, 2000+i%40, i%40, on))
		case 4:
			resource("DiagnosticReport", `"status":"final","code":{"text":"Lipid Panel"},"conclusion":"x","effectiveDateTime":"`+on+`"`)
		default:
			codes := [...]string{"4548-4", "2339-0", "6299-2", "38483-4", "49765-1", "2947-0", "6298-4", "2093-3", "8480-6", "6301-6", "39156-5", "72514-3"}
			resource("Observation", fmt.Sprintf(`"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"%s"}],"text":"Test %s [Mass/volume] in Serum"},"effectiveDateTime":"%s","valueQuantity":{"value":%d.%d,"unit":"mg/dL","code":"mg/dL"}`, codes[i%len(codes)], codes[i%len(codes)], on, i%9+1, i%7))
		}
	}
	return cases.Input(facts, nil, nil).Chart
}

func BenchmarkEvaluate(b *testing.B) {
	c := manyFacts(b, 1000)
	Evaluate(c, testNow)
	b.ReportAllocs()
	for b.Loop() {
		Evaluate(c, testNow)
	}
}

// Whatever a chart holds, every rule has an answer with a reason.
func FuzzEvaluate(f *testing.F) {
	f.Add(`{"resourceType":"Observation","id":"1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"11778-8"}]},"valueDateTime":"9999"}`)
	f.Add(`{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"18185-9"}]},"valueQuantity":{"value":1e300,"unit":"wk"},"effectiveDateTime":"2026-11-01"}`)
	f.Add(`{"resourceType":"Patient","id":"p","gender":"female","birthDate":"0001"}`)
	f.Add(`{"resourceType":"Procedure","status":"not-done","code":{"text":"Mammogram"},"statusReason":{"text":"declined"},"performedDateTime":"2026"}`)
	f.Add(`{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"O"}],"text":"hiv."}}`)
	f.Add(`{"resourceType":"ServiceRequest","status":"revoked","code":{"text":"colonoscopy"},"reasonCode":[{"text":"declined"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			return
		}
		facts := story{where: "fuzz", facts: "female 30 y; pregnant week 20"}.tell(t).Facts
		c := chart.Assemble("p", append(facts, chart.Fact{Node: d.Root(), Source: cases.Site("Riverside")}), testNow, time.UTC)
		for _, it := range Evaluate(c, testNow).Items {
			if it.Why == "" || it.Label == "" || it.Status > NotApplicable {
				t.Errorf("%+v", it)
			}
		}
	})
}
