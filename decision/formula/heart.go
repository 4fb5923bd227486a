package formula

import "math"

// Risk10 is what the pooled cohort equations ask.
type Risk10 struct {
	Age      int     // 40 to 79 years
	Sex      string  // male, female
	Race     string  // "black", "white", "other": see ASCVD2013
	Total    float64 // total cholesterol, 130 to 320 mg/dL
	HDL      float64 // 20 to 100 mg/dL
	Systolic float64 // 90 to 200 mmHg
	Treated  bool    // takes medicine for blood pressure
	Smoker   bool    // now
	Diabetes bool
}

// pooled are the coefficients of one of the four equations (Goff et al., Circulation
// 2014;129(Suppl 2):S49, table A of the appendix).
type pooled struct {
	age, age2, total, ageTotal, hdl, ageHDL      float64
	treated, ageTreated, untreated, ageUntreated float64
	smoker, ageSmoker, diabetes                  float64
	mean, survival                               float64
}

var pooledCohorts = map[string]pooled{
	"female white": {-29.799, 4.884, 13.540, -3.114, -13.578, 3.149, 2.019, 0, 1.957, 0, 7.574, -1.665, 0.661, -29.18, 0.9665},
	"female black": {17.114, 0, 0.940, 0, -18.920, 4.475, 29.291, -6.432, 27.820, -6.087, 0.691, 0, 0.874, 86.61, 0.9533},
	"male white":   {12.344, 0, 11.853, -2.664, -7.990, 1.769, 1.797, 0, 1.764, 0, 7.837, -1.795, 0.658, 61.18, 0.9144},
	"male black":   {2.469, 0, 0.302, 0, -0.307, 0, 1.916, 0, 1.809, 0, 0.549, 0, 0.645, 19.54, 0.8954},
}

// ASCVD2013 is the risk in percent of a first heart attack or stroke within ten
// years by the pooled cohort equations, for people without cardiovascular disease.
// The paper has equations for Black (African American) and non-Hispanic White
// people; for everybody else ("other") it says to use the one for White people,
// which may read too high or too low. Race stands there for what was not measured.
func ASCVD2013(r Risk10) (float64, error) {
	_, err := bySex(r.Sex)
	race := r.Race
	if race == "other" {
		race = "white"
	}
	if race != "white" && race != "black" {
		return 0, &MissingError{Names: []string{"race, as the paper's four equations have it"}}
	}
	if err = first(err, within("age", float64(r.Age), 40, 79, "a"), within("total cholesterol", r.Total, 130, 320, "mg/dL"),
		within("HDL cholesterol", r.HDL, 20, 100, "mg/dL"), within("systolic pressure", r.Systolic, 90, 200, "mm[Hg]")); err != nil {
		return 0, err
	}
	c := pooledCohorts[r.Sex+" "+race]
	a, t, h, s := math.Log(float64(r.Age)), math.Log(r.Total), math.Log(r.HDL), math.Log(r.Systolic)
	sum := c.age*a + c.age2*a*a + c.total*t + c.ageTotal*a*t + c.hdl*h + c.ageHDL*a*h
	if r.Treated {
		sum += c.treated*s + c.ageTreated*a*s
	} else {
		sum += c.untreated*s + c.ageUntreated*a*s
	}
	if r.Smoker {
		sum += c.smoker + c.ageSmoker*a
	}
	if r.Diabetes {
		sum += c.diabetes
	}
	return 100 * (1 - math.Pow(c.survival, math.Exp(sum-c.mean))), nil
}

// Atrial is what CHA2DS2-VASc asks of somebody with atrial fibrillation.
type Atrial struct {
	Age          int
	Sex          string
	HeartFailure bool // or left ventricular dysfunction
	Hypertension bool
	Diabetes     bool
	Stroke       bool // or transient ischaemic attack or thromboembolism, ever
	Vascular     bool // earlier heart attack, peripheral artery disease, aortic plaque
}

// CHA2DS2VASc is the score, 0 to 9 (Lip et al., Chest 2010;137:263), of an adult.
func CHA2DS2VASc(a Atrial) (int, error) {
	female, err := bySex(a.Sex)
	if err = first(err, within("age", float64(a.Age), 18, 120, "a")); err != nil {
		return 0, err
	}
	n := count(a.HeartFailure, a.Hypertension, a.Diabetes, a.Vascular, female, a.Age >= 65, a.Age >= 75)
	return n + 2*count(a.Stroke), nil
}

// Bleeding is what HAS-BLED asks.
type Bleeding struct {
	Age          int
	Uncontrolled bool // systolic above 160 mmHg
	Kidney       bool // dialysis, transplant or creatinine above 2.26 mg/dL (200 µmol/L)
	Liver        bool // cirrhosis, or bilirubin above twice with AST, ALT or alkaline phosphatase above three times the upper limit
	Stroke       bool
	Bled         bool // major bleeding, or predisposed to it (anaemia, bleeding diathesis)
	LabileINR    bool // in range less than 60 % of the time
	Drugs        bool // antiplatelet medicines or NSAIDs
	Alcohol      bool // 8 drinks or more a week
}

// HASBLED is the score, 0 to 9 (Pisters et al., Chest 2010;138:1093), of an adult.
func HASBLED(b Bleeding) (int, error) {
	if err := within("age", float64(b.Age), 18, 120, "a"); err != nil {
		return 0, err
	}
	return count(b.Uncontrolled, b.Kidney, b.Liver, b.Stroke, b.Bled, b.LabileINR, b.Age > 65, b.Drugs, b.Alcohol), nil
}

func count(is ...bool) int {
	n := 0
	for _, x := range is {
		if x {
			n++
		}
	}
	return n
}
