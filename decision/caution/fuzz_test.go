package caution

import (
	"math"
	"strings"
	"testing"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// FuzzDose reads directions and strengths that anybody may have typed.
func FuzzDose(f *testing.F) {
	for _, s := range [][2]string{{"Acetaminophen 500 mg tablet", "take 2 tablets every 4 hours"}, {"Amoxicillin 400 mg / 5 mL suspension", "5 mL twice a day"}, {"Acetaminophen 1,000 mg", "1 bid"},
		{"Hydrocodone 5 mg / acetaminophen 325 mg tablet", "1-2 tabs q4-6h prn"}, {"Acetaminophen 160 mg/ mL", "1e9 mL"}, {"Acetaminophen .5 g", "½ tablet"}, {"Acetaminophen 500 mg 325 mg", ""}, {"", "\x00"}} {
		f.Add(s[0], s[1], 0.0, "", 0.0)
	}
	f.Add("Acetaminophen 500 mg tablet", "", 1000.0, "mg", 4.0)
	f.Add("Acetaminophen 500 mg tablet", "", math.Inf(1), "[degF]", -3.0)
	f.Fuzz(func(t *testing.T, name, sig string, n float64, unit string, perDay float64) {
		d := rule.Draft{ID: "1", Kind: rule.DraftMedicine, Name: name, Sig: sig, Amount: n, Unit: unit, PerDay: perDay}
		x := drafted(&d)
		s, _ := substance.Known("acetaminophen")
		got, why := x.dose(s)
		if why == "" && (got.once < 0 || math.IsNaN(got.once) || math.IsInf(got.once, 0)) {
			t.Errorf("%q %q: %v", name, sig, got)
		}
	})
}

// FuzzWhen reads conditions as a table has them.
func FuzzWhen(f *testing.F) {
	for _, c := range load().cautions {
		for _, clause := range c.when {
			for _, x := range clause {
				f.Add(x.phrase)
			}
		}
		if len(c.ID) > 40 {
			break
		}
	}
	f.Add("heart-failure or ckd and egfr < 30")
	f.Add(" and or not ")
	f.Fuzz(func(t *testing.T, cell string) {
		w, err := load().parseWhen(cell)
		if err == nil && len(w) == 0 {
			t.Errorf("%q holds always", cell)
		}
	})
}

// FuzzConcepts reads a table of concepts.
func FuzzConcepts(f *testing.F) {
	f.Add("[a] b\nicd I50*\nwords x | y*\nunless z")
	f.Add(conceptText[:min(len(conceptText), 4000)])
	f.Fuzz(func(t *testing.T, text string) {
		c, err := readConcepts(text)
		if err == nil && c == nil {
			t.Error("neither concepts nor an error")
		}
	})
}

// FuzzProblem reads what somebody called a disease.
func FuzzProblem(f *testing.F) {
	f.Add("Heart failure, rule out")
	f.Add("family history of Parkinson’s")
	f.Fuzz(func(t *testing.T, name string) {
		name = strings.NewReplacer(`"`, "", `\`, "", "|", "", ";", "").Replace(strings.ToValidUTF8(name, ""))
		for _, r := range name {
			if r < ' ' {
				return
			}
		}
		c := cases.Parse(t, "fuzz", `x | x | male 70 y; problem "`+name+`" | medicine "Ibuprofen 400 mg tablet" | nothing`)
		Check(c.Input())
	})
}
