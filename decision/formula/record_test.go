package formula

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wholechart/chart"
	"wholechart/fhir"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

func assemble(t fataler, resources ...string) *chart.Chart {
	t.Helper()
	var out []chart.Fact
	for _, r := range resources {
		head, body, _ := strings.Cut(r, " ")
		typ, id, _ := strings.Cut(head, "/")
		d, err := fhir.Parse([]byte(`{"resourceType":"` + typ + `","id":"` + id + `",` + body[1:]))
		if err != nil {
			t.Fatalf("%v: %s", err, r)
		}
		out = append(out, chart.Fact{Node: d.Root(), Version: "1", Updated: now, Source: chart.Source{Slug: "maple", Name: "Maple Street", Own: true}})
	}
	return chart.Assemble("rosa", out, now, time.UTC)
}

func patient(sex, birth, more string) string {
	return `Patient/rosa {"gender":"` + sex + `","birthDate":"` + birth + `"` + more + `}`
}

var serial int

func lab(code, when string, value float64, unit string) string {
	serial++
	return fmt.Sprintf(`Observation/o%d {"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"%s"}],"text":"t%s"},"effectiveDateTime":"%s","valueQuantity":{"value":%v,"unit":"%s","system":"http://unitsofmeasure.org","code":"%s"}}`,
		serial, code, code, when, value, unit, unit)
}

func problem(system, code, text, status string) string {
	serial++
	return fmt.Sprintf(`Condition/c%d {"clinicalStatus":{"coding":[{"code":"%s"}]},"code":{"coding":[{"system":"%s","code":"%s"}],"text":"%s"},"onsetDateTime":"2019-03-02"}`, serial, status, system, code, text)
}

const (
	icd    = "http://hl7.org/fhir/sid/icd-10-cm"
	snomed = "http://snomed.info/sct"
	white  = `,"extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"text","valueString":"White"}]}]`
)

func of(t fataler, list []Computed, id string) Computed {
	t.Helper()
	for _, c := range list {
		if c.Formula.ID == id {
			return c
		}
	}
	t.Fatalf("no %s", id)
	return Computed{}
}

func TestFromTheRecord(t *testing.T) {
	c := assemble(t, patient("female", "1958-03-14", white),
		lab("2160-0", "2026-11-01T09:00:00Z", 1.3, "mg/dL"), lab("2160-0", "2025-01-01", 0.9, "mg/dL"),
		lab("29463-7", "2026-11-01", 172.4, "[lb_av]"), lab("8302-2", "2026-11-01", 64, "[in_i]"),
		lab("2093-3", "2026-06-01", 5.5, "mmol/L"), lab("2085-9", "2026-06-01", 1.3, "mmol/L"), lab("2571-8", "2026-06-01", 1.7, "mmol/L"),
		lab("2951-2", "2026-11-01T09:00:00Z", 140, "meq/L"), lab("2075-0", "2026-11-01T09:00:00Z", 104, "mmol/L"), lab("1963-8", "2026-11-01T09:00:00Z", 24, "mmol/L"),
		`Observation/bp {"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}],"text":"Blood pressure"},"effectiveDateTime":"2026-11-14","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":136,"unit":"mmHg","code":"mm[Hg]","system":"http://unitsofmeasure.org"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":84,"unit":"mmHg","code":"mm[Hg]","system":"http://unitsofmeasure.org"}}]}`,
		`Observation/smoke {"status":"final","category":[{"coding":[{"code":"social-history"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}],"text":"Smoking"},"effectiveDateTime":"2026-01-01","valueCodeableConcept":{"text":"Never smoker"}}`,
		problem(icd, "I48.91", "Atrial fibrillation", "active"), problem(snomed, "44054006", "Diabetes", "active"), problem(icd, "I10", "High blood pressure", "active"),
		problem(icd, "I63.9", "Stroke", "resolved"),
		`MedicationRequest/m {"status":"active","intent":"order","medicationCodeableConcept":{"text":"Lisinopril 10 mg oral tablet"},"authoredOn":"2026-01-01"}`)
	all := From(c, now)

	gfr := of(t, all, "ckd-epi-2021")
	if !gfr.OK || gfr.Result.Shown != "45 mL/min/1.73 m²" || gfr.Result.Text != "G3b, moderately to severely decreased" {
		t.Errorf("%+v", gfr)
	}
	cr := gfr.Result.Inputs[2]
	if cr.Number != 1.3 || cr.Text != "1.3 mg/dL" || cr.When.Day() != "2026-11-01" || cr.Prov.Source == nil || cr.Prov.Source.Slug != "maple" || cr.Prov.Type != "Observation" {
		t.Errorf("%+v", cr)
	}
	score := of(t, all, "cha2ds2-vasc")
	// 68 years 1, woman 1, hypertension 1, diabetes 1, earlier stroke 2
	if !score.OK || score.Result.Value != 6 || !strings.Contains(score.Result.Text, "recommended") {
		t.Errorf("%+v", score)
	}
	if !slices.ContainsFunc(score.Result.Notes, func(s string) bool { return strings.Contains(s, "heart failure") }) {
		t.Errorf("what was taken as no is not said: %v", score.Result.Notes)
	}
	if b := of(t, all, "bmi"); !b.OK || b.Result.Shown != "29.6 kg/m²" || b.Result.Text != "overweight" {
		t.Errorf("%+v", b)
	}
	if g := of(t, all, "anion-gap"); !g.OK || g.Result.Value != 12 {
		t.Errorf("%+v", g)
	}
	if l := of(t, all, "ldl-friedewald"); !l.OK || l.Result.Shown != "132 mg/dL" {
		t.Errorf("%+v", l)
	}
	if m := of(t, all, "map"); !m.OK || m.Result.Shown != "101 mmHg" {
		t.Errorf("%+v", m)
	}
	risk := of(t, all, "ascvd-2013")
	if risk.OK || !strings.Contains(risk.Inapplicable, "Stroke") {
		t.Errorf("a risk of a first event after a stroke: %+v", risk)
	}
	bleed := of(t, all, "has-bled")
	if bleed.OK || len(bleed.Missing) != 2 || !strings.Contains(bleed.Missing[0], "a clinician has to say") {
		t.Errorf("%+v", bleed.Missing)
	}
	done := One(ByID("has-bled"), c, map[string]Value{"labile-inr": Bool(false), "alcohol": Bool(false)}, now)
	if !done.OK || done.Result.Value != 2 { // stroke, older than 65
		t.Errorf("%+v", done)
	}
	if m := of(t, all, "meld-3"); m.OK || m.Inapplicable == "" {
		t.Errorf("%+v", m)
	}
	if s := of(t, all, "schwartz"); s.OK || s.Inapplicable == "" {
		t.Errorf("%+v", s)
	}
	if f := of(t, all, "fib-4"); f.OK || len(f.Missing) != 3 || f.Missing[0] != "AST: not recorded" {
		t.Errorf("%+v", f)
	}
	for _, c := range all {
		if c.Formula.Bedside {
			t.Errorf("%s is for the bedside", c.Formula.ID)
		}
		if c.OK == (c.Err != nil || c.Inapplicable != "") {
			t.Errorf("%s: %+v", c.Formula.ID, c)
		}
	}
}

func TestFirstEventRisk(t *testing.T) {
	c := assemble(t, patient("male", "1971-06-01", white), lab("2093-3", "2026-06-01", 213, "mg/dL"), lab("2085-9", "2026-06-01", 50, "mg/dL"), lab("8480-6", "2026-06-01", 120, "mm[Hg]"),
		`Observation/smoke {"status":"final","category":[{"coding":[{"code":"social-history"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}],"text":"Smoking"},"effectiveDateTime":"2026-01-01","valueCodeableConcept":{"text":"Former smoker"}}`)
	r := of(t, From(c, now), "ascvd-2013")
	if !r.OK || r.Result.Shown != "5.4%" || r.Result.Text != "borderline risk" {
		t.Errorf("%+v", r)
	}
}

func TestRecordRefusals(t *testing.T) {
	old := assemble(t, patient("male", "1960-01-01", ""), lab("2160-0", "2024-01-01", 1, "mg/dL"), lab("29463-7", "2026-11-01", 70, "kg"))
	var tooOld *OldError
	if got := of(t, From(old, now), "ckd-epi-2021"); got.OK || !errors.As(got.Err, &tooOld) {
		t.Errorf("%+v", got)
	}
	unit := assemble(t, patient("male", "1960-01-01", ""), lab("2160-0", "2026-11-01", 1, "kg"))
	if got := of(t, From(unit, now), "ckd-epi-2021"); got.OK || got.Err == nil {
		t.Errorf("%+v", got)
	}
	wild := assemble(t, patient("male", "1960-01-01", ""), lab("2160-0", "2026-11-01", 88, "mg/dL"))
	var outside *RangeError
	if got := of(t, From(wild, now), "ckd-epi-2021"); got.OK || !errors.As(got.Err, &outside) {
		t.Errorf("%+v", got)
	}
	year := assemble(t, patient("male", "1960", ""), lab("2160-0", "2026-11-01", 1, "mg/dL"))
	if got := of(t, From(year, now), "ckd-epi-2021"); got.OK || len(got.Missing) != 1 || !strings.Contains(got.Missing[0], "birth date") {
		t.Errorf("%+v", got)
	}
	sexes := assemble(t, patient("female", "1960-01-01", `,"extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"M"}]`), lab("2160-0", "2026-11-01", 1, "mg/dL"))
	if got := of(t, From(sexes, now), "ckd-epi-2021"); got.OK || len(got.Missing) != 1 || !strings.Contains(got.Missing[0], "at birth") {
		t.Errorf("%+v", got)
	}
	if got := One(ByID("ckd-epi-2021"), sexes, map[string]Value{"sex": Pick("male")}, now); !got.OK {
		t.Errorf("a clinician's word on the sex: %+v", got)
	}
	dead := assemble(t, patient("female", "1960-01-01", `,"deceasedBoolean":true`))
	if got := From(dead, now); got != nil {
		t.Errorf("of the dead: %d", len(got))
	}
	if got := From(assemble(t), now); of(t, got, "ckd-epi-2021").OK {
		t.Error("of nobody")
	}
	limit := assemble(t, patient("male", "1960-01-01", ""), `Observation/x {"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}],"text":"Creatinine"},"effectiveDateTime":"2026-11-01","valueQuantity":{"value":0.2,"comparator":"<","unit":"mg/dL","code":"mg/dL","system":"http://unitsofmeasure.org"}}`)
	if got := of(t, From(limit, now), "ckd-epi-2021"); got.OK || len(got.Missing) != 1 || !strings.Contains(got.Missing[0], "no number") {
		t.Errorf("%+v", got)
	}
	doubtful := assemble(t, patient("male", "1940-01-01", ""), problem(icd, "I48.0", "AF", "active"),
		`Condition/d {"clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"differential"}]},"code":{"coding":[{"system":"`+icd+`","code":"E11.9"}],"text":"Diabetes?"}}`)
	if got := of(t, From(doubtful, now), "cha2ds2-vasc"); !got.OK || got.Result.Value != 2 {
		t.Errorf("a suspicion was counted: %+v", got)
	}
}

// Of one sample: the newest day that has all of them is taken, not the newest of each.
func TestOneSample(t *testing.T) {
	c := assemble(t, patient("male", "1960-01-01", ""),
		lab("2951-2", "2026-11-10", 150, "mmol/L"), lab("2951-2", "2026-10-01", 140, "mmol/L"), lab("2075-0", "2026-10-01", 100, "mmol/L"), lab("1963-8", "2026-10-01", 25, "mmol/L"))
	g := of(t, From(c, now), "anion-gap")
	if !g.OK || g.Result.Value != 15 {
		t.Errorf("%+v", g)
	}
	apart := assemble(t, patient("male", "1960-01-01", ""), lab("2951-2", "2026-11-10", 150, "mmol/L"), lab("2075-0", "2026-10-01", 100, "mmol/L"), lab("1963-8", "2026-10-01", 25, "mmol/L"))
	var e *ApartError
	if g := of(t, From(apart, now), "anion-gap"); g.OK || !errors.As(g.Err, &e) {
		t.Errorf("%+v", g)
	}
}

// Units never matter: mass and amount of substance give the same.
func TestUnitsNeverMatter(t *testing.T) {
	pairs := []struct {
		code, mass, amount string
		perMass            float64 // amount of one of mass
		low, high          float64
	}{{"2160-0", "mg/dL", "umol/L", 88.4, 0.4, 8}, {"2160-0", "mg/dL", "mmol/L", 0.0884, 0.4, 8}, {"2160-0", "mg/L", "umol/L", 8.84, 4, 80}}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(pairs).Draw(t, "pair")
		v := rapid.Float64Range(p.low, p.high).Draw(t, "v")
		show := func(value float64, unit string) string {
			c := assemble(t, patient("female", "1960-01-01", ""), lab(p.code, "2026-11-01", value, unit), lab("29463-7", "2026-11-01", 70, "kg"))
			all := From(c, now)
			a, b := of(t, all, "ckd-epi-2021"), of(t, all, "cockcroft-gault")
			if !a.OK || !b.OK {
				t.Fatalf("%v %s: %v %v", value, unit, a.Err, b.Err)
			}
			return fmt.Sprintf("%.6f %.6f %s", a.Result.Value, b.Result.Value, a.Result.Text)
		}
		if x, y := show(v, p.mass), show(v*p.perMass, p.amount); x != y {
			t.Fatalf("%v %s: %s; %v %s: %s", v, p.mass, x, v*p.perMass, p.amount, y)
		}
	})
}

// The order of facts never matters.
func TestOrderNeverMatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := []string{patient("male", "1960-01-01", white), lab("2160-0", "2026-11-01", 1.1, "mg/dL"), lab("2160-0", "2026-10-01", 2.2, "mg/dL"), lab("8480-6", "2026-06-01", 120, "mm[Hg]"),
			lab("2951-2", "2026-11-01", 140, "mmol/L"), lab("2075-0", "2026-11-01", 100, "mmol/L"), lab("1963-8", "2026-11-01", 25, "mmol/L"), problem(icd, "I48.0", "AF", "active"), problem(icd, "E11.9", "Diabetes", "active")}
		shown := func(list []string) (out []string) {
			for _, c := range From(assemble(t, list...), now) {
				out = append(out, c.Formula.ID+" "+c.Result.Shown+" "+c.Inapplicable+strings.Join(c.Missing, ","))
			}
			return out
		}
		if x, y := shown(facts), shown(rapid.Permutation(facts).Draw(t, "order")); !slices.Equal(x, y) {
			t.Fatalf("%v\n%v", x, y)
		}
	})
}

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range All() {
		if f.ID == "" || seen[f.ID] || f.Title == "" || f.Citation == "" || f.URL == "" || f.Version == "" || f.Date == "" || len(f.Inputs) == 0 || f.run == nil {
			t.Errorf("%s lacks something", f.ID)
		}
		seen[f.ID] = true
		if ByID(f.ID) != f {
			t.Errorf("%s is not found", f.ID)
		}
		_, err := f.Compute(nil, now)
		var m *MissingError
		if !errors.As(err, &m) || len(m.Names) == 0 {
			t.Errorf("%s computes from nothing: %v", f.ID, err)
		}
		for _, in := range f.Inputs {
			_, read := tests[in.ID]
			if in.Kind == Number && !in.Ask && in.ID != "age" && !read {
				t.Errorf("%s: nothing reads %s", f.ID, in.ID)
			}
		}
		if len(Prefill(f, assemble(t), now)) != len(f.Inputs) {
			t.Errorf("%s: prefilled otherwise", f.ID)
		}
	}
	if len(seen) != 27 || ByID("none") != nil {
		t.Errorf("%d formulas", len(seen))
	}
}

func TestBedside(t *testing.T) {
	yes, no := Bool(true), Bool(false)
	r, err := ByID("wells-pe").Compute(map[string]Value{"leg-signs": yes, "likeliest": no, "pulse": Num(101, "bpm"), "immobile": no, "clots-before": no, "haemoptysis": no, "cancer": no}, now)
	if err != nil || r.Shown != "4.5 points" || r.Text != "pulmonary embolism likely" {
		t.Errorf("%+v %v", r, err)
	}
	r, err = ByID("curb-65").Compute(map[string]Value{"age": Num(70, "a"), "confused": yes, "urea-nitrogen": Num(7.1, "mmol/L"), "resp": Num(30, "/min"), "systolic": Num(16, "kPa"), "diastolic": Num(70, "mmHg")}, now)
	if err != nil || r.Value != 4 {
		t.Errorf("%+v %v", r, err)
	}
	r, err = ByID("child-pugh").Compute(map[string]Value{"bilirubin": Num(30, "umol/L"), "albumin": Num(40, "g/L"), "inr": Num(1.1, ""), "ascites": Pick("none"), "encephalopathy": Pick("none")}, now)
	if err != nil || r.Shown != "5 points" || r.Text != "class A" {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := ByID("child-pugh").Compute(map[string]Value{"bilirubin": Num(30, "umol/L"), "albumin": Num(40, "g/L"), "inr": Num(1.1, ""), "ascites": Pick("some"), "encephalopathy": Pick("none")}, now); err == nil {
		t.Error("a choice that is none")
	}
	r, err = ByID("due-date").Compute(map[string]Value{"last-period": On(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)), "today": On(now)}, now)
	if err != nil || r.Shown != "due 8 Jun 2027" || r.Text != "11 weeks 5 days on 22 Nov 2026" {
		t.Errorf("%+v %v", r, err)
	}
	r, err = ByID("pack-years").Compute(map[string]Value{"cigarettes": Num(20, ""), "smoking-years": Num(30, "a")}, now)
	if err != nil || r.Shown != "30 pack-years" {
		t.Errorf("%+v %v", r, err)
	}
}

func TestGrowthOfTheRecord(t *testing.T) {
	facts := []string{patient("male", "2025-11-22", ""), lab("29463-7", "2025-11-22", 3346.4, "g"), lab("29463-7", "2026-11-22", 9.65, "kg"), lab("8302-2", "2026-11-22", 75.7, "cm"), lab("39156-5", "2026-11-22", 17, "kg/m2")}
	c := assemble(t, facts...)
	list := GrowthOf(c, Weight, now)
	if len(list) != 2 || list[0].Age.Days != 0 || fmt.Sprintf("%.1f", list[0].Growth.P) != "50.0" || list[1].Age.Months != 12 || list[1].Err != nil || list[1].Corrected {
		t.Errorf("%+v", list)
	}
	if list := GrowthOf(c, BMI, now); len(list) != 1 || !errors.Is(list[0].Err, ErrOutside) {
		t.Errorf("%+v", list)
	}
	c = assemble(t, append(facts, lab("76516-4", "2025-11-22", 30, "wk"))...)
	if GestationAtBirth(c, now) != 210 {
		t.Error(GestationAtBirth(c, now))
	}
	list = GrowthOf(c, Weight, now)
	if len(list) != 2 || !errors.Is(list[0].Err, ErrOutside) || !list[1].Corrected || list[1].Days != 365-70 || list[1].Growth.P < 60 {
		t.Errorf("%+v", list)
	}
	v := c.Vitals.Get("weight")
	if got := Interpret(c, *v, now); !got.OK || got.Flag != "" || !strings.Contains(got.Word, "percentile") {
		t.Errorf("%+v", got)
	}
}

func TestInterpretTheRecord(t *testing.T) {
	bp := func(id, panel, when string, s, d int) string {
		return fmt.Sprintf(`Observation/%s {"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"%s"}],"text":"%s"},"effectiveDateTime":"%s","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":%d,"unit":"mmHg","code":"mm[Hg]","system":"http://unitsofmeasure.org"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":%d,"unit":"mmHg","code":"mm[Hg]","system":"http://unitsofmeasure.org"}}]}`, id, panel, panel, when, s, d)
	}
	c := assemble(t, patient("female", "1960-01-01", ""), bp("a", "85354-9", "2026-01-01", 118, 76), bp("b", "55284-4", "2026-11-01", 146, 92), lab("8331-1", "2026-11-01", 101.3, "[degF]"), lab("9279-1", "2026-11-01", 16, "/min"))
	for kind, want := range map[string]string{"bp": "stage 2 hypertension", "temp": "fever", "resp": "normal"} {
		v := c.Vitals.Get(kind)
		if v == nil {
			t.Fatal(kind)
		}
		if got := Interpret(c, *v, now); !got.OK || got.Word != want {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if m := of(t, From(c, now), "map"); !m.OK || m.Result.Shown != "110 mmHg" {
		t.Errorf("the newer of two kinds of panel: %+v", m)
	}
	if got := Interpret(c, chart.Vital{Kind: "pulse"}, now); got.OK {
		t.Errorf("%+v", got)
	}
}
