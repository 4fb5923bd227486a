package chart

import (
	"math"
	"strings"
	"testing"
)

func observed(id, code, name, when, value, more string) string {
	return `Observation/` + id + ` {"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],
		"code":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}],"text":"` + name + `"},"effectiveDateTime":"` + when + `","valueQuantity":` + value + more + `}`
}

func TestSameTestOfSeveralSitesIsOneSeries(t *testing.T) {
	inr := func(id, when, value, more string) string {
		return observed(id, "6301-6", "INR", when, `{"value":`+value+`,"unit":"INR"}`, `,"referenceRange":[{"low":{"value":2.0},"high":{"value":3.0}}]`+more)
	}
	c := open(
		says(t, maple, inr("a", "2024-08-20T09:00:00-04:00", "2.2", ""), inr("copy", "2024-12-05T21:00:00-05:00", "4.10", `,"identifier":[{"system":"urn:lab","value":"77"}],"performer":[{"identifier":{"value":"riverside"},"display":"Riverside laboratory"}]`)),
		says(t, riverside, inr("b", "2024-12-05T21:00:00-05:00", "4.10", `,"identifier":[{"system":"urn:lab","value":"77"}],"interpretation":[{"coding":[{"code":"HH"}]}],"performer":[{"reference":"Practitioner/x"}]`),
			`Practitioner/x {"name":[{"text":"Hannah Berger, MD"}]}`),
		says(t, lakeside, inr("c", "2026-10-02T09:10:00-04:00", "2.7", ""), inr("c0", "2024-08-20T13:00:00Z", "2.2", "")))
	s := c.Results.Find("6301-6")
	if s == nil || len(s.Points) != 3 {
		t.Fatalf("%+v", s)
	}
	want(t, "key", s.Key, "loinc-6301-6")
	want(t, "latest", s.Latest().Value+" "+s.Latest().FlagWord+" "+s.Latest().Range.Text, "2.7 normal 2.0–3.0")
	want(t, "computed says so", s.Latest().Computed, true)
	prev, _ := s.Previous()
	want(t, "precision as reported", prev.Value, "4.10")
	want(t, "the original leads", prev.Source.Badge+" "+prev.Author, "RG Hannah Berger, MD")
	want(t, "critical, as reported", prev.Flag+" "+prev.FlagWord, "HH critically high")
	want(t, "not computed", prev.Computed, false)
	want(t, "route", len(prev.Also), 1)
	want(t, "same second, same value: once", len(s.Points[0].Also), 1)
	want(t, "sources", len(s.Sources), 3)
	want(t, "copies", c.Counts.Copies, 2)
	want(t, "laboratory", len(c.Results.In("laboratory")), 1)
}

func TestBloodPressure(t *testing.T) {
	bp := func(id, when, sys, dia string) string {
		return `Observation/` + id + ` {"status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}],"text":"Blood pressure"},"effectiveDateTime":"` + when + `",
		"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}],"text":"Diastolic"},` + dia + `},{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}],"text":"Systolic"},` + sys + `,"referenceRange":[{"high":{"value":129}}]}]}`
	}
	mm := func(v string) string {
		return `"valueQuantity":{"value":` + v + `,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}`
	}
	c := open(says(t, maple, bp("1", "2026-11-14T09:12:00-05:00", mm("136"), mm("84")), bp("2", "2025-01-01", mm("120"), `"dataAbsentReason":{"coding":[{"code":"not-performed"}]}`),
		observed("w", "29463-7", "Weight", "2026-05-01", `{"value":78.20,"unit":"kg"}`, "")))
	v := c.Vitals.Get("bp")
	if v == nil {
		t.Fatal("no blood pressure")
	}
	want(t, "as said", v.Latest.Value+" "+v.Latest.Unit, "136/84 mmHg")
	want(t, "flag of the systolic", v.Latest.Flag, "H")
	want(t, "spark", v.Spark.Name+" "+v.Spark.Latest().Value, "Systolic 136")
	want(t, "half a pressure", v.Series.Points[0].Value, "120/?")
	want(t, "its part", v.Series.Parts[0].Points[0].Absent, "not performed")
	want(t, "weight keeps its date", c.Vitals.Get("weight").Latest.When.String(), "1 May 2026")
	want(t, "summary", c.Vitals.Summary(), "136/84")
	want(t, "found in parts", c.Results.Find("8480-6") == v.Spark, true)
}

func TestUnitsAreConvertedForPlotting(t *testing.T) {
	ucum := func(v, unit string) string {
		return `{"value":` + v + `,"unit":"` + unit + `","system":"http://unitsofmeasure.org","code":"` + unit + `"}`
	}
	c := open(says(t, maple, observed("1", "718-7", "Hemoglobin", "2020-01-01", ucum("121", "g/L"), `,"referenceRange":[{"low":{"value":130}}]`),
		observed("2", "718-7", "Hemoglobin", "2021-01-01", ucum("12.5", "g/dL"), ""), observed("3", "718-7", "Hemoglobin", "2020-06-01", `{"value":7,"unit":"crosses"}`, ""),
		observed("4", "x", "CRP", "2020-06-01", `{"value":0.50,"comparator":"<","unit":"mg/L"}`, "")))
	s := c.Results.Find("718-7")
	want(t, "unit", s.Unit, "g/dL")
	want(t, "said", s.Converted, "1 value converted from g/L; 1 value not drawn, in crosses")
	p := s.Points[0]
	want(t, "as reported", p.Value+" "+p.Unit, "121 g/L")
	want(t, "for plotting", math.Abs(p.Number-12.1) < 1e-9 && p.Converted, true)
	want(t, "flagged in its own unit", p.Flag, "L")
	want(t, "no number", math.IsNaN(s.Points[1].Number), true)
	want(t, "comparator", c.Results.Find("x").Latest().Value, "< 0.50")
	want(t, "too many digits", shown("176.35499866729558"), "176.35")
	want(t, "digits as reported", shown("1.500"), "1.500")
}

func TestPanelsAndWords(t *testing.T) {
	c := open(says(t, maple,
		`Observation/k {"status":"final","code":{"text":"Potassium"},"effectiveDateTime":"2026-11-22T08:00:00-05:00","valueQuantity":{"value":6.1,"unit":"mmol/L"}}`,
		`Observation/n {"status":"final","code":{"text":"Nitrite"},"valueCodeableConcept":{"text":"Positive"},"interpretation":[{"coding":[{"code":"POS"}]}],"effectiveDateTime":"2026-11-22"}`,
		`Observation/smoke1 {"status":"final","category":[{"coding":[{"code":"social-history"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}],"text":"Smoking status"},"valueCodeableConcept":{"text":"Never smoked"},"effectiveDateTime":"2024-11-05"}`,
		`DiagnosticReport/r {"status":"final","code":{"text":"Basic panel"},"effectiveDateTime":"2026-11-22","result":[{"reference":"Observation/k"},{"reference":"Observation/gone"}],"conclusion":"High."}`,
		`Observation/group {"status":"final","code":{"text":"Urine"},"hasMember":[{"reference":"Observation/n"}]}`),
		says(t, lakeside, `Observation/smoke2 {"status":"final","category":[{"coding":[{"code":"social-history"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}]},"valueCodeableConcept":{"text":"Former smoker"},"effectiveDateTime":"2026-11-01"}`))
	if len(c.Results.Panels) != 2 {
		t.Fatalf("panels: %+v", c.Results.Panels)
	}
	var names []string
	for _, p := range c.Results.Panels {
		names = append(names, p.Name)
		if p.Name == "Basic panel" {
			want(t, "lines", len(p.Lines), 1)
			want(t, "missing results are said", p.Missing, 1)
			want(t, "value", p.Lines[0].Point.Value, "6.1")
		}
	}
	want(t, "panels", strings.Join(names, ","), "Basic panel,Urine")
	want(t, "coded result", c.Results.ByKey("text-nitrite").Latest().Value+" "+c.Results.ByKey("text-nitrite").Latest().FlagWord, "Positive positive")
	s := c.Social.Smoking
	if s == nil || s.Value != "Former smoker" || len(s.Differs) != 1 || s.Differs[0].There != "Never smoked" {
		t.Errorf("smoking: %+v", s)
	}
	want(t, "others", len(c.Other), 0)
}

func TestProvenanceJoinsACopyWithItsOriginal(t *testing.T) {
	c := open(
		says(t, maple, `Condition/mine {"code":{"text":"Kidney disease"},"clinicalStatus":{"coding":[{"code":"active"}]}}`,
			`Provenance/p {"target":[{"reference":"Condition/mine"}],"entity":[{"role":"source","what":{"reference":"https://riverside.example/riverside/emr/fhir/Condition/ckd"}}]}`),
		says(t, riverside, `Condition/2.ckd {"code":{"text":"CKD stage 3a"},"clinicalStatus":{"coding":[{"code":"active"}]}}`))
	want(t, "problems", len(c.Problems.Active), 1)
	want(t, "in this chart now", c.Problems.Active[0].Outside, false)
	want(t, "routes", len(c.Problems.Active[0].Also), 1)
}
