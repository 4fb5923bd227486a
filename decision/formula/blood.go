package formula

import (
	"errors"
	"math"
)

// AnionGap is Na − Cl − HCO3 in mmol/L, without potassium.
func AnionGap(sodium, chloride, bicarbonate float64) (float64, error) {
	if err := first(within("sodium", sodium, 90, 200, "mmol/L"), within("chloride", chloride, 50, 150, "mmol/L"), within("bicarbonate", bicarbonate, 1, 60, "mmol/L")); err != nil {
		return 0, err
	}
	return sodium - chloride - bicarbonate, nil
}

// AnionGapForAlbumin adds 2.5 mmol/L for each g/dL of albumin below 4 (Figge et al., Crit Care Med 1998;26:1807).
func AnionGapForAlbumin(gap, albuminGDL float64) (float64, error) {
	if err := within("albumin", albuminGDL, 0.5, 7, "g/dL"); err != nil {
		return 0, err
	}
	return gap + 2.5*(4-albuminGDL), nil
}

// CorrectedCalcium is the total calcium in mg/dL that an albumin of 4 g/dL would
// go with (after Payne et al., BMJ 1973;4:643). Ionised calcium is better.
func CorrectedCalcium(calciumMgDL, albuminGDL float64) (float64, error) {
	if err := first(within("calcium", calciumMgDL, 3, 25, "mg/dL"), within("albumin", albuminGDL, 0.5, 7, "g/dL")); err != nil {
		return 0, err
	}
	return calciumMgDL + 0.8*(4-albuminGDL), nil
}

// Friedewald is LDL cholesterol in mg/dL from a fasting sample with triglycerides
// under 400 mg/dL (Friedewald, Levy, Fredrickson, Clin Chem 1972;18:499).
func Friedewald(totalMgDL, hdlMgDL, triglyceridesMgDL float64) (float64, error) {
	if err := first(within("total cholesterol", totalMgDL, 20, 1500, "mg/dL"), within("HDL cholesterol", hdlMgDL, 3, 200, "mg/dL"),
		within("triglycerides", triglyceridesMgDL, 10, 399.999, "mg/dL")); err != nil {
		return 0, err
	}
	ldl := totalMgDL - hdlMgDL - triglyceridesMgDL/5
	if ldl <= 0 {
		return 0, errors.New("the three values do not go together: LDL would not be above 0")
	}
	return ldl, nil
}

// Limits of a heart rate that a QT interval is corrected for.
const rateLow, rateHigh = 30, 200

func interval(qt, rate float64) error {
	return first(within("QT", qt, 200, 800, "ms"), within("heart rate", rate, rateLow, rateHigh, "/min"))
}

// QTFridericia is the QT interval in ms corrected for the heart rate by the cube
// root of the RR interval (Acta Med Scand 1920;53:469).
func QTFridericia(qt, rate float64) (float64, error) {
	if err := interval(qt, rate); err != nil {
		return 0, err
	}
	return qt / math.Cbrt(60/rate), nil
}

// QTBazett is the QT interval in ms corrected by the square root of the RR
// interval (Heart 1920;7:353): too long above 100/min, too short below 60/min.
func QTBazett(qt, rate float64) (float64, error) {
	if err := interval(qt, rate); err != nil {
		return 0, err
	}
	return qt / math.Sqrt(60/rate), nil
}
