package formula

import (
	"fmt"
	"strings"
)

// bound is what is accepted of a measurement, in unit.
type bound struct {
	unit     string
	low, top float64
	decimals int
}

// bounds by kind, as package chart names vital signs; "diastolic" goes with bp.
// They are wide: they stop slips of the pen and of units (pounds for kilograms, a
// missing decimal point), not rare people.
func bounds(kind string, age Age) (bound, bool) {
	switch kind {
	case "weight":
		b := bound{"kg", 0.2, 650, 1}
		if age.Known {
			switch {
			case age.Years < 1:
				b.top = 35
			case age.Years < 5:
				b.low, b.top = 2, 100
			case age.Years < 13:
				b.low, b.top = 5, 250
			default:
				b.low = 10
			}
		}
		return b, true
	case "height":
		b := bound{"cm", 20, 280, 1}
		if age.Known {
			switch {
			case age.Years < 1:
				b.top = 110
			case age.Years < 5:
				b.low, b.top = 35, 160
			case age.Years < 13:
				b.low, b.top = 45, 230
			default:
				b.low = 50
			}
		}
		return b, true
	case "head":
		return bound{"cm", 15, 100, 1}, true
	case "bmi":
		return bound{"kg/m2", 5, 250, 1}, true
	case "temp":
		return bound{"Cel", 10, 47, 1}, true
	case "pulse":
		return bound{"/min", 10, 350, 0}, true
	case "resp":
		return bound{"/min", 1, 150, 0}, true
	case "bp", "systolic":
		return bound{"mm[Hg]", 20, 370, 0}, true
	case "diastolic":
		return bound{"mm[Hg]", 5, 360, 0}, true
	case "spo2":
		return bound{"%", 0, 100, 0}, true
	case "pain":
		return bound{"{score}", 0, 10, 0}, true
	}
	return bound{}, false
}

// kindWords name kinds in messages.
var kindWords = map[string]string{
	"weight": "weight", "height": "height", "head": "head circumference", "bmi": "BMI", "temp": "temperature", "pulse": "pulse",
	"resp": "breathing rate", "bp": "systolic pressure", "systolic": "systolic pressure", "diastolic": "diastolic pressure",
	"spo2": "oxygen saturation", "pain": "pain score",
}

// Plausible says whether a person can have such a measurement: nil, or an error
// in words for whoever typed it, in the unit that was typed. Kinds are those of
// chart.Vital: weight, height, head, bmi, temp, pulse, resp, bp (systolic),
// diastolic, spo2, pain. The empty unit is the kind's own (kg, cm, Cel, /min,
// mm[Hg], %). Of an unknown age it accepts what any person can have.
func Plausible(kind string, value float64, unit string, age Age) error {
	b, ok := bounds(kind, age)
	if !ok {
		return fmt.Errorf("%q is not a vital sign that is known here", kind)
	}
	if strings.TrimSpace(unit) == "" || kind == "pain" {
		unit = b.unit
	}
	v, err := Convert(value, unit, b.unit)
	if err != nil {
		return fmt.Errorf("a %s is not measured in %s: %w", kindWords[kind], Shown(unit), err)
	}
	if v >= b.low && v <= b.top {
		return nil
	}
	limit, words := b.top, "up to %s is accepted"
	if v < b.low {
		limit, words = b.low, "%s or more is accepted"
	}
	if limit, err = Convert(limit, b.unit, unit); err != nil {
		return err
	}
	whom := "a person"
	if age.Known && (kind == "weight" || kind == "height") && age.Years < 13 {
		whom = "a child of this age"
	}
	with := func(n float64, decimals int) string {
		u := Shown(unit)
		switch {
		case u == "":
			return number(n, decimals)
		case u == "%" || strings.HasPrefix(u, "/"):
			return number(n, decimals) + u
		}
		return number(n, decimals) + " " + u
	}
	return fmt.Errorf("%s is not possible for %s: "+words, with(value, 3), whom, with(limit, b.decimals))
}

// PlausiblePressure is Plausible of both numbers of a blood pressure, and says
// so when the systolic is not above the diastolic.
func PlausiblePressure(systolic, diastolic float64, unit string, age Age) error {
	if err := Plausible("systolic", systolic, unit, age); err != nil {
		return fmt.Errorf("systolic: %w", err)
	}
	if err := Plausible("diastolic", diastolic, unit, age); err != nil {
		return fmt.Errorf("diastolic: %w", err)
	}
	if systolic <= diastolic {
		return fmt.Errorf("%s/%s is not possible: the systolic pressure, written first, is above the diastolic", number(systolic, 1), number(diastolic, 1))
	}
	return nil
}
