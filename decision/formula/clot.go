package formula

// Leg is what the Wells score of deep vein thrombosis asks.
type Leg struct {
	Cancer      bool // active: treated within 6 months, or palliative
	Paralysis   bool // or paresis, or recent plaster, of the leg
	Bedridden   bool // 3 days or more, or major surgery within 12 weeks
	Tender      bool // along the deep veins
	WholeLeg    bool // the entire leg is swollen
	Calf        bool // more than 3 cm thicker than the other
	Pitting     bool // oedema of this leg alone
	Collateral  bool // superficial veins, not varicose
	Earlier     bool // deep vein thrombosis before
	Alternative bool // another diagnosis is at least as likely
}

// WellsDVT is the score of 2003, −2 to 9 (Wells et al., N Engl J Med 2003;349:1227): likely from 2 on.
func WellsDVT(l Leg) int {
	return count(l.Cancer, l.Paralysis, l.Bedridden, l.Tender, l.WholeLeg, l.Calf, l.Pitting, l.Collateral, l.Earlier) - 2*count(l.Alternative)
}

// Lung is what the Wells score of pulmonary embolism asks.
type Lung struct {
	Signs       bool // of deep vein thrombosis
	Likeliest   bool // no other diagnosis is as likely
	Fast        bool // pulse above 100/min
	Immobile    bool // 3 days or more, or surgery within 4 weeks
	Earlier     bool // deep vein thrombosis or pulmonary embolism before
	Haemoptysis bool
	Cancer      bool // treated within 6 months, or palliative
}

// WellsPE is the score, 0 to 12.5 (Wells et al., Thromb Haemost 2000;83:416): likely above 4.
func WellsPE(l Lung) float64 {
	return 3*float64(count(l.Signs, l.Likeliest)) + 1.5*float64(count(l.Fast, l.Immobile, l.Earlier)) + float64(count(l.Haemoptysis, l.Cancer))
}

// RuleOut is what the pulmonary embolism rule-out criteria ask.
type RuleOut struct {
	Age         int
	Pulse       float64 // per minute
	Saturation  float64 // %, breathing room air
	Swollen     bool    // one leg
	Haemoptysis bool
	Surgery     bool // or trauma within 4 weeks
	Earlier     bool // deep vein thrombosis or pulmonary embolism before
	Oestrogen   bool
}

// PERC is how many of the eight criteria are against ruling out (Kline et al., J
// Thromb Haemost 2004;2:1247): 0 rules pulmonary embolism out where the clinician
// already holds it unlikely (below 15 %).
func PERC(r RuleOut) (int, error) {
	if err := first(within("age", float64(r.Age), 18, 120, "a"), within("pulse", r.Pulse, 10, 350, "/min"), within("oxygen saturation", r.Saturation, 0, 100, "%")); err != nil {
		return 0, err
	}
	return count(r.Age >= 50, r.Pulse >= 100, r.Saturation < 95, r.Swollen, r.Haemoptysis, r.Surgery, r.Earlier, r.Oestrogen), nil
}

// Pneumonia is what CURB-65 asks.
type Pneumonia struct {
	Age                 int
	Confused            bool    // newly
	UreaNitrogenMgDL    float64 // a point above 19.6 mg/dL, urea 7 mmol/L
	Breaths             float64 // per minute
	Systolic, Diastolic float64 // mmHg
}

// CURB65 is the score, 0 to 5, of an adult with pneumonia from outside hospital (Lim et al., Thorax 2003;58:377).
func CURB65(p Pneumonia) (int, error) {
	if err := first(within("age", float64(p.Age), 18, 120, "a"), within("urea nitrogen", p.UreaNitrogenMgDL, 1, 300, "mg/dL"),
		within("breathing rate", p.Breaths, 1, 150, "/min"), PlausiblePressure(p.Systolic, p.Diastolic, "mm[Hg]", Age{})); err != nil {
		return 0, err
	}
	return count(p.Confused, p.UreaNitrogenMgDL > 7*ureaNitrogen, p.Breaths >= 30, p.Systolic < 90 || p.Diastolic <= 60, p.Age >= 65), nil
}
