package formula

import "math"

// MELD3 is the MELD 3.0 score, 6 to 40, of an adult with liver disease (Kim et
// al., Gastroenterology 2021;161:1887; OPTN policy 9): bilirubin and creatinine in
// mg/dL, sodium in mmol/L, albumin in g/dL, each held within the score's bounds.
// Creatinine counts as 3.0 with two dialyses in a week.
func MELD3(bilirubinMgDL, inr, creatinineMgDL, sodium, albuminGDL float64, dialysis bool, age int, sex string) (int, error) {
	female, err := bySex(sex)
	if err = first(err, within("age", float64(age), 18, 120, "a"), within("bilirubin", bilirubinMgDL, 0.05, 100, "mg/dL"), within("INR", inr, 0.5, 20, ""),
		within("creatinine", creatinineMgDL, creatinineLow, creatinineHigh, "mg/dL"), within("sodium", sodium, 90, 200, "mmol/L"),
		within("albumin", albuminGDL, 0.5, 7, "g/dL")); err != nil {
		return 0, err
	}
	b, i := math.Log(max(bilirubinMgDL, 1)), math.Log(max(inr, 1))
	c := math.Log(min(max(creatinineMgDL, 1), 3))
	if dialysis {
		c = math.Log(3)
	}
	na, alb := 137-min(max(sodium, 125), 137), 3.5-min(max(albuminGDL, 1.5), 3.5)
	s := 4.56*b + 0.82*na - 0.24*na*b + 9.09*i + 11.14*c + 1.85*alb - 1.83*alb*c + 6
	if female {
		s += 1.33
	}
	return int(min(max(math.Round(s), 6), 40)), nil
}

// Degree is how bad ascites or encephalopathy is.
type Degree int

// The degrees of Child–Pugh: ascites none, slight, moderate to severe;
// encephalopathy none, grade 1–2, grade 3–4.
const (
	None Degree = iota
	Mild
	Severe
)

// ChildPugh is the Child–Pugh score, 5 to 15, and class, A to C, of cirrhosis
// (Pugh et al., Br J Surg 1973;60:646; INR in place of prothrombin time).
func ChildPugh(bilirubinMgDL, albuminGDL, inr float64, ascites, encephalopathy Degree) (points int, class string, err error) {
	if err := first(within("bilirubin", bilirubinMgDL, 0.05, 100, "mg/dL"), within("albumin", albuminGDL, 0.5, 7, "g/dL"), within("INR", inr, 0.5, 20, ""),
		within("ascites", float64(ascites), 0, 2, ""), within("encephalopathy", float64(encephalopathy), 0, 2, "")); err != nil {
		return 0, "", err
	}
	points = 2 + int(ascites) + int(encephalopathy)
	switch {
	case bilirubinMgDL < 2:
		points++
	case bilirubinMgDL <= 3:
		points += 2
	default:
		points += 3
	}
	switch {
	case albuminGDL > 3.5:
		points++
	case albuminGDL >= 2.8:
		points += 2
	default:
		points += 3
	}
	switch {
	case inr < 1.7:
		points++
	case inr <= 2.3:
		points += 2
	default:
		points += 3
	}
	switch {
	case points <= 6:
		return points, "A", nil
	case points <= 9:
		return points, "B", nil
	}
	return points, "C", nil
}

// FIB4 is the fibrosis index from age (from 35 years: McPherson et al., Am J
// Gastroenterol 2017;112:740), AST and ALT in U/L and platelets in 10⁹/L (Sterling et al.,
// Hepatology 2006;43:1317).
func FIB4(age int, ast, alt, platelets float64) (float64, error) {
	if err := first(within("age", float64(age), 35, 120, "a"), within("AST", ast, 1, 20000, "U/L"), within("ALT", alt, 1, 20000, "U/L"),
		within("platelets", platelets, 1, 3000, "10*9/L")); err != nil {
		return 0, err
	}
	return float64(age) * ast / (platelets * math.Sqrt(alt)), nil
}
