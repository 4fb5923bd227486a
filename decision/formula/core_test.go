package formula

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, within, want float64) func(float64, error) {
	return func(got float64, err error) {
		t.Helper()
		if err != nil || math.Abs(got-want) > within {
			t.Errorf("%s: %v %v, want %v", what, got, err, want)
		}
	}
}

func score(t *testing.T, what string, want int) func(int, error) {
	return func(got int, err error) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("%s: %d %v, want %d", what, got, err, want)
		}
	}
}

// The worked example of the appendix of Goff et al. 2014: 55 years, total
// cholesterol 213, HDL 50, untreated 120 mmHg, no smoking, no diabetes. It rounds
// its sums to two decimals, hence a tenth of a percent.
func TestPooledCohortsExample(t *testing.T) {
	for _, c := range []struct {
		sex, race string
		want      float64
	}{{"female", "white", 2.1}, {"female", "black", 3.0}, {"male", "white", 5.3}, {"male", "black", 6.1}, {"male", "other", 5.3}} {
		near(t, c.sex+" "+c.race, 0.1, c.want)(ASCVD2013(Risk10{Age: 55, Sex: c.sex, Race: c.race, Total: 213, HDL: 50, Systolic: 120}))
	}
}

func TestNumbers(t *testing.T) {
	// At creatinine κ the powers are 1 and only the terms of age and sex are left.
	near(t, "ckd-epi at κ, man", 1e-9, 142*math.Pow(0.9938, 50))(CKDEPI2021(0.9, 50, "male"))
	near(t, "ckd-epi at κ, woman", 1e-9, 142*1.012*math.Pow(0.9938, 50))(CKDEPI2021(0.7, 50, "female"))
	// Computed by hand from the published coefficients.
	near(t, "ckd-epi, a published example: 0.9, 55 y woman", 0.6, 76)(CKDEPI2021(0.9, 55, "female"))
	near(t, "ckd-epi 1.2, 60 y man", 0.5, 69.2)(CKDEPI2021(1.2, 60, "male"))
	near(t, "ckd-epi 1.0, 60 y woman", 0.5, 64.5)(CKDEPI2021(1.0, 60, "female"))
	near(t, "ckd-epi 0.5, 20 y woman", 0.5, 137.6)(CKDEPI2021(0.5, 20, "female"))
	near(t, "ckd-epi cystatin at κ", 1e-9, 135*math.Pow(0.9961, 40))(CKDEPI2021Cystatin(0.9, 0.8, 40, "male"))
	near(t, "ckd-epi cystatin woman", 1e-9, 135*0.963*math.Pow(2, -0.544)*math.Pow(2, -0.778)*math.Pow(0.9961, 70))(CKDEPI2021Cystatin(1.4, 1.6, 70, "female"))
	near(t, "cockcroft-gault", 0.01, 72.92)(CockcroftGault(1.0, 70, 75, "male"))
	near(t, "cockcroft-gault woman", 0.01, 61.98)(CockcroftGault(1.0, 70, 75, "female"))
	near(t, "schwartz", 1e-9, 0.413*120/0.5)(BedsideSchwartz(0.5, 120, 7))
	near(t, "bmi", 0.001, 24.221)(BodyMass(70, 170))
	near(t, "bsa", 0.001, 1.818)(BodySurface(70, 170))
	near(t, "devine man 70 in", 1e-9, 73)(IdealWeight(177.8, "male"))
	near(t, "devine woman 65 in", 1e-9, 57)(IdealWeight(165.1, "female"))
	near(t, "map", 0.01, 93.33)(MeanPressure(120, 80))
	near(t, "pack-years", 1e-9, 30)(PackYears(30, 20))
	near(t, "anion gap", 1e-9, 12)(AnionGap(140, 104, 24))
	near(t, "for albumin", 1e-9, 17)(AnionGapForAlbumin(12, 2))
	near(t, "calcium", 1e-9, 9.6)(CorrectedCalcium(8, 2))
	near(t, "friedewald", 1e-9, 120)(Friedewald(200, 50, 150))
	near(t, "fridericia at 60", 1e-9, 400)(QTFridericia(400, 60))
	near(t, "bazett at 60", 1e-9, 400)(QTBazett(400, 60))
	near(t, "fridericia at 100", 0.5, 474)(QTFridericia(400, 100))
	near(t, "bazett at 100", 0.5, 516)(QTBazett(400, 100))
	near(t, "fib-4", 0.001, 60*40/(200*math.Sqrt(36)))(FIB4(60, 40, 36, 200))
}

func TestScores(t *testing.T) {
	score(t, "cha2ds2-vasc none", 0)(CHA2DS2VASc(Atrial{Age: 64, Sex: "male"}))
	score(t, "65", 1)(CHA2DS2VASc(Atrial{Age: 65, Sex: "male"}))
	score(t, "75", 2)(CHA2DS2VASc(Atrial{Age: 75, Sex: "male"}))
	score(t, "all", 9)(CHA2DS2VASc(Atrial{75, "female", true, true, true, true, true}))
	score(t, "has-bled 65", 0)(HASBLED(Bleeding{Age: 65}))
	score(t, "has-bled 66", 1)(HASBLED(Bleeding{Age: 66}))
	score(t, "has-bled all", 9)(HASBLED(Bleeding{70, true, true, true, true, true, true, true, true}))
	score(t, "meld floor", 6)(MELD3(0.5, 1, 0.8, 140, 4, false, 50, "male"))
	score(t, "meld floor woman", 7)(MELD3(0.5, 1, 0.8, 140, 4, false, 50, "female"))
	score(t, "meld ceiling", 40)(MELD3(50, 8, 9, 120, 1, false, 50, "male"))
	// 4.56 ln 2 + 0.82·7 − 0.24·7 ln 2 + 9.09 ln 1.5 + 11.14 ln 1.5 + 1.85·0.5 − 1.83·0.5 ln 1.5 + 6 = 22.5
	score(t, "meld", 22)(MELD3(2, 1.5, 1.5, 130, 3, false, 50, "male"))
	score(t, "meld on dialysis", 30)(MELD3(2, 1.5, 1.5, 130, 3, true, 50, "male"))
	for _, c := range []struct {
		bili, alb, inr float64
		asc, enc       Degree
		want           int
		class          string
	}{{1.9, 3.6, 1.69, None, None, 5, "A"}, {2, 3.5, 1.7, None, None, 8, "B"}, {3, 2.8, 2.3, Mild, Mild, 10, "C"}, {3.1, 2.7, 2.4, Severe, Severe, 15, "C"}, {2, 3.6, 1, None, None, 6, "A"}} {
		if n, class, err := ChildPugh(c.bili, c.alb, c.inr, c.asc, c.enc); err != nil || n != c.want || class != c.class {
			t.Errorf("%+v: %d %s %v", c, n, class, err)
		}
	}
	if n := WellsDVT(Leg{true, true, true, true, true, true, true, true, true, false}); n != 9 {
		t.Error("wells dvt", n)
	}
	if n := WellsDVT(Leg{Alternative: true}); n != -2 {
		t.Error("wells dvt", n)
	}
	if n := WellsPE(Lung{true, true, true, true, true, true, true}); n != 12.5 {
		t.Error("wells pe", n)
	}
	score(t, "perc negative", 0)(PERC(RuleOut{Age: 49, Pulse: 99, Saturation: 95}))
	score(t, "perc all", 8)(PERC(RuleOut{50, 100, 94, true, true, true, true, true}))
	score(t, "curb", 0)(CURB65(Pneumonia{64, false, 19, 29, 90, 61}))
	score(t, "curb all", 5)(CURB65(Pneumonia{65, true, 20, 30, 89, 60}))
	for total, want := range map[int]string{0: "minimal depression", 4: "minimal depression", 5: "mild depression", 10: "moderate depression", 15: "moderately severe depression", 20: "severe depression", 27: "severe depression"} {
		if got, err := PHQ9(total); err != nil || got != want {
			t.Errorf("phq-9 %d: %s %v", total, got, err)
		}
	}
	for total, want := range map[int]string{4: "minimal anxiety", 5: "mild anxiety", 10: "moderate anxiety", 15: "severe anxiety", 21: "severe anxiety"} {
		if got, err := GAD7(total); err != nil || got != want {
			t.Errorf("gad-7 %d: %s %v", total, got, err)
		}
	}
	for gfr, want := range map[float64]string{90: "G1", 89.9: "G2", 60: "G2", 59.9: "G3a", 45: "G3a", 44.9: "G3b", 30: "G3b", 29.9: "G4", 15: "G4", 14.9: "G5"} {
		if got, _ := GFRStage(gfr); got != want {
			t.Errorf("%v: %s", gfr, got)
		}
	}
}

func TestPregnancy(t *testing.T) {
	at := func(s string) time.Time { d, _ := time.Parse("2006-01-02", s); return d }
	due, err := DueDate(at("2026-01-01"), 0)
	if err != nil || due != at("2026-10-08") {
		t.Error(due, err)
	}
	if due, err := DueDate(at("2026-01-01"), 35); err != nil || due != at("2026-10-15") {
		t.Error(due, err)
	}
	if w, d, err := GestationalAge(due, at("2026-06-01")); err != nil || w != 21 || d != 4 {
		t.Error(w, d, err)
	}
	if _, _, err := GestationalAge(due, at("2027-01-01")); err == nil {
		t.Error("a pregnancy of a year")
	}
	if _, err := DueDate(time.Time{}, 0); err == nil {
		t.Error("no date")
	}
}

func TestCoreRefusals(t *testing.T) {
	nan := math.NaN()
	for name, err := range map[string]error{
		"ckd-epi of a child":    second(CKDEPI2021(1, 17, "male")),
		"ckd-epi zero":          second(CKDEPI2021(0, 50, "male")),
		"ckd-epi nan":           second(CKDEPI2021(nan, 50, "male")),
		"ckd-epi in µmol":       second(CKDEPI2021(88, 50, "male")),
		"cystatin":              second(CKDEPI2021Cystatin(1, 30, 50, "male")),
		"cockcroft-gault at 93": second(CockcroftGault(1, 93, 70, "male")),
		"schwartz adult":        second(BedsideSchwartz(1, 170, 18)),
		"ascvd at 39":           second(ASCVD2013(Risk10{Age: 39, Sex: "male", Race: "white", Total: 200, HDL: 50, Systolic: 120})),
		"ascvd at 80":           second(ASCVD2013(Risk10{Age: 80, Sex: "male", Race: "white", Total: 200, HDL: 50, Systolic: 120})),
		"ascvd cholesterol":     second(ASCVD2013(Risk10{Age: 50, Sex: "male", Race: "white", Total: 321, HDL: 50, Systolic: 120})),
		"devine short":          second(IdealWeight(152.3, "male")),
		"friedewald 400":        second(Friedewald(200, 50, 400)),
		"fib-4 young":           second(FIB4(34, 40, 40, 200)),
		"qt":                    second(QTBazett(400, 250)),
		"meld child":            second(MELD3(1, 1, 1, 140, 4, false, 17, "male")),
		"phq-9 28":              second(PHQ9(28)),
		"gad-7":                 second(GAD7(-1)),
	} {
		var r *RangeError
		if !errors.As(err, &r) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := CKDEPI2021(1, 50, "unknown"); err == nil {
		t.Error("no sex")
	}
	if _, err := ASCVD2013(Risk10{Age: 50, Sex: "male", Total: 200, HDL: 50, Systolic: 120}); err == nil || !strings.Contains(err.Error(), "race") {
		t.Error("no race:", err)
	}
	if _, err := Friedewald(100, 90, 300); err == nil {
		t.Error("LDL below nothing")
	}
	if got := (&RangeError{"age", 38, 40, 79, "a"}).Error(); got != "age 38 y is outside what the formula was made for: 40 to 79 y" {
		t.Error(got)
	}
}

func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sex := rapid.SampledFrom([]string{"male", "female"}).Draw(t, "sex")
		age := rapid.IntRange(40, 79).Draw(t, "age")
		cr := rapid.Float64Range(0.3, 9).Draw(t, "creatinine")
		more := cr * rapid.Float64Range(1.001, 3).Draw(t, "more")
		less := func(what string, a, b float64) {
			if !(a > b) {
				t.Fatalf("%s does not fall: %v, %v", what, a, b)
			}
		}
		f := func(v float64, err error) float64 {
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		less("gfr by creatinine", f(CKDEPI2021(cr, age, sex)), f(CKDEPI2021(more, age, sex)))
		less("gfr by age", f(CKDEPI2021(cr, age, sex)), f(CKDEPI2021(cr, age+1, sex)))
		less("gfr by cystatin", f(CKDEPI2021Cystatin(cr, 1, age, sex)), f(CKDEPI2021Cystatin(cr, 1.2, age, sex)))
		less("clearance by creatinine", f(CockcroftGault(cr, age, 70, sex)), f(CockcroftGault(more, age, 70, sex)))
		less("clearance by weight", f(CockcroftGault(cr, age, 71, sex)), f(CockcroftGault(cr, age, 70, sex)))
		r := Risk10{Age: age, Sex: sex, Race: rapid.SampledFrom([]string{"white", "black", "other"}).Draw(t, "race"), Total: 200, HDL: 50, Systolic: rapid.Float64Range(90, 190).Draw(t, "systolic"),
			Treated: rapid.Bool().Draw(t, "treated")}
		up := r
		up.Systolic += 5
		less("risk by pressure", f(ASCVD2013(up)), f(ASCVD2013(r)))
		up = r
		up.Diabetes = true
		less("risk by diabetes", f(ASCVD2013(up)), f(ASCVD2013(r)))
		b := rapid.Float64Range(0.1, 30).Draw(t, "bilirubin")
		m1, err := MELD3(b, 1.4, cr, 130, 3, false, age, sex)
		m2, err2 := MELD3(b*1.5, 1.4, more, 130, 3, false, age, sex)
		if err != nil || err2 != nil || m2 < m1 || m1 < 6 || m2 > 40 {
			t.Fatal("meld", m1, m2, err, err2)
		}
	})
}
