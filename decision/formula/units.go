package formula

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"wholechart/ucum"
)

// written are units as people write them, in UCUM. Of temperatures alone "C" and
// "F" mean degrees: in UCUM they are coulomb and farad.
var written = map[string]string{
	"lb": "[lb_av]", "lbs": "[lb_av]", "pound": "[lb_av]", "pounds": "[lb_av]", "oz": "[oz_av]",
	"in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]", "ft": "[ft_i]",
	"°C": "Cel", "degC": "Cel", "C": "Cel", "°F": "[degF]", "degF": "[degF]", "F": "[degF]",
	"mmHg": "mm[Hg]", "mm Hg": "mm[Hg]", "bpm": "/min", "1/min": "/min", "beats/min": "/min", "breaths/min": "/min",
	"kg/m²": "kg/m2", "mEq/L": "meq/L", "msec": "ms", "sec": "s",
	"K/uL": "10*3/uL", "x10E3/uL": "10*3/uL", "10^3/uL": "10*3/uL", "10^9/L": "10*9/L", "IU/L": "U/L",
}

// code is a unit as people write it, in UCUM.
func code(unit string) string {
	unit = strings.TrimSpace(unit)
	if c, ok := written[unit]; ok {
		return c
	}
	return strings.ReplaceAll(strings.ReplaceAll(unit, "µ", "u"), "μ", "u")
}

// Convert brings a value from one unit to another, both UCUM codes or as people
// write them ("lb", "°F", "mmHg"). The error wraps ucum's; it names the units.
func Convert(value float64, from, to string) (float64, error) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, fmt.Errorf("%v is not a measurement", value)
	}
	from, to = code(from), code(to)
	if from == to {
		return value, nil
	}
	u, err := ucum.Parse(from)
	if err != nil {
		return 0, fmt.Errorf("%q is not a unit of UCUM: %w", from, err)
	}
	v, err := ucum.Parse(to)
	if err != nil {
		return 0, fmt.Errorf("%q is not a unit of UCUM: %w", to, err)
	}
	d, _, err := apd.NewFromString(strconv.FormatFloat(value, 'g', -1, 64))
	if err != nil {
		return 0, err
	}
	if d, err = ucum.Convert(d, u, v); err != nil {
		return 0, fmt.Errorf("%s cannot be brought to %s: %w", from, to, err)
	}
	return d.Float64()
}

// shown are units as pages write them.
var shown = map[string]string{
	"[lb_av]": "lb", "[oz_av]": "oz", "[in_i]": "in", "[ft_i]": "ft", "Cel": "°C", "[degF]": "°F", "mm[Hg]": "mmHg",
	"kg/m2": "kg/m²", "umol/L": "µmol/L", "m2": "m²", "mL/min/{1.73_m2}": "mL/min/1.73 m²", "{score}": "", "a": "y", "1": "", "10*9/L": "×10⁹/L",
}

// Shown is a UCUM unit as people write it.
func Shown(unit string) string {
	if s, ok := shown[code(unit)]; ok {
		return s
	}
	return unit
}

// number writes a value with at most the given decimals and with thousands apart.
func number(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	whole, frac, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if frac = strings.TrimRight(frac, "0"); frac != "" {
		return sign + whole + "." + frac
	}
	if whole == "0" {
		return "0"
	}
	return sign + whole
}
