package prevention

import (
	"math"
	"strings"

	"wholechart/ucum"
)

// convert brings a number to a unit; false when it has another kind of unit.
func convert(n float64, from, to string) (float64, bool) {
	if math.IsNaN(n) {
		return 0, false
	}
	from = plainUnit(from)
	if from == to || to == "" {
		return n, true
	}
	if from == "mmol/mol" && to == "%" { // HbA1c, IFCC to NGSP: the master equation
		return 0.09148*n + 2.152, true
	}
	have, base, err := ucum.CanonicalFloat(n, from)
	if err != nil {
		return 0, false
	}
	one, other, err := ucum.CanonicalFloat(1, to)
	if err != nil || base != other || one == 0 {
		return 0, false
	}
	return have / one, true
}

// plainUnit is the UCUM code of units as charts write them.
func plainUnit(u string) string {
	switch strings.ToLower(strings.TrimSpace(u)) {
	case "lb", "lbs", "pounds":
		return "[lb_av]"
	case "in", "inches", "inch":
		return "[in_i]"
	case "kg/m²", "kg/m^2":
		return "kg/m2"
	case "ml/min/1.73m2", "ml/min/1.73 m2", "ml/min/1.73m²", "ml/min/{1.73_m2}", "ml/min/1.73":
		return "mL/min/{1.73_m2}"
	case "mg/g creat", "mg/g{creat}":
		return "mg/g"
	case "mmhg", "mm hg":
		return "mm[Hg]"
	}
	return strings.TrimSpace(u)
}
