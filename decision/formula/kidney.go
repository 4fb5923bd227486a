package formula

import "math"

// Limits of serum creatinine in mg/dL that a result can have.
const creatinineLow, creatinineHigh = 0.1, 40

// CKDEPI2021 is the estimated glomerular filtration rate in mL/min/1.73 m² from
// serum creatinine (mg/dL, by an IDMS-traceable method), age in years from 18 on
// and sex, without race (Inker et al., N Engl J Med 2021;385:1737).
func CKDEPI2021(creatinineMgDL float64, age int, sex string) (float64, error) {
	female, err := bySex(sex)
	if err = first(err, within("age", float64(age), 18, 120, "a"), within("creatinine", creatinineMgDL, creatinineLow, creatinineHigh, "mg/dL")); err != nil {
		return 0, err
	}
	k, alpha, f := 0.9, -0.302, 1.0
	if female {
		k, alpha, f = 0.7, -0.241, 1.012
	}
	r := creatinineMgDL / k
	return 142 * math.Pow(min(r, 1), alpha) * math.Pow(max(r, 1), -1.200) * math.Pow(0.9938, float64(age)) * f, nil
}

// CKDEPI2021Cystatin is CKDEPI2021 with cystatin C (mg/L) beside creatinine.
func CKDEPI2021Cystatin(creatinineMgDL, cystatinMgL float64, age int, sex string) (float64, error) {
	female, err := bySex(sex)
	if err = first(err, within("age", float64(age), 18, 120, "a"), within("creatinine", creatinineMgDL, creatinineLow, creatinineHigh, "mg/dL"),
		within("cystatin C", cystatinMgL, 0.1, 15, "mg/L")); err != nil {
		return 0, err
	}
	k, alpha, f := 0.9, -0.144, 1.0
	if female {
		k, alpha, f = 0.7, -0.219, 0.963
	}
	r, c := creatinineMgDL/k, cystatinMgL/0.8
	return 135 * math.Pow(min(r, 1), alpha) * math.Pow(max(r, 1), -0.544) * math.Pow(min(c, 1), -0.323) * math.Pow(max(c, 1), -0.778) *
		math.Pow(0.9961, float64(age)) * f, nil
}

// CockcroftGault is the creatinine clearance in mL/min, not indexed to body
// surface, at the ages of its 1976 patients, 18 to 92 years (Nephron 1976;16:31).
// Which weight to give, actual or ideal, is the caller's decision.
func CockcroftGault(creatinineMgDL float64, age int, weightKG float64, sex string) (float64, error) {
	female, err := bySex(sex)
	if err = first(err, within("age", float64(age), 18, 92, "a"), within("creatinine", creatinineMgDL, creatinineLow, creatinineHigh, "mg/dL"),
		within("weight", weightKG, 20, 650, "kg")); err != nil {
		return 0, err
	}
	c := (140 - float64(age)) * weightKG / (72 * creatinineMgDL)
	if female {
		c *= 0.85
	}
	return c, nil
}

// BedsideSchwartz is the estimated glomerular filtration rate of a child of 1 to
// 17 years in mL/min/1.73 m² (Schwartz et al., J Am Soc Nephrol 2009;20:629),
// made from children with rates of 15 to 75.
func BedsideSchwartz(creatinineMgDL, heightCM float64, age int) (float64, error) {
	if err := first(within("age", float64(age), 1, 17, "a"), within("creatinine", creatinineMgDL, creatinineLow, creatinineHigh, "mg/dL"),
		within("height", heightCM, 45, 230, "cm")); err != nil {
		return 0, err
	}
	return 0.413 * heightCM / creatinineMgDL, nil
}

// GFRStage is the KDIGO 2012 category of a glomerular filtration rate, "G3a", in
// words. It is a stage of chronic kidney disease only when it lasts three months.
func GFRStage(gfr float64) (stage, words string) {
	switch {
	case gfr >= 90:
		return "G1", "normal or high"
	case gfr >= 60:
		return "G2", "mildly decreased"
	case gfr >= 45:
		return "G3a", "mildly to moderately decreased"
	case gfr >= 30:
		return "G3b", "moderately to severely decreased"
	case gfr >= 15:
		return "G4", "severely decreased"
	}
	return "G5", "kidney failure"
}
