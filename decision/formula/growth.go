package formula

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Measure is what of a child's growth is measured.
type Measure string

// The measures that are compared by age.
const (
	Weight Measure = "weight" // kg
	Height Measure = "height" // cm: length lying under 2 years, stature from then on
	BMI    Measure = "bmi"    // kg/m2, from 2 years; under 2 years use WeightForLength
	Head   Measure = "head"   // cm, to 36 months
)

// The references, with what the pages cite.
const (
	WHOReference      = "WHO Child Growth Standards 2006"
	CDCReference      = "CDC Growth Charts 2000"
	ExtendedReference = "CDC Extended BMI-for-Age 2022"
	// GrowthCitation says why the WHO's standards are used under 2 years and the
	// CDC's charts from 2 to 20 years.
	GrowthCitation = "Grummer-Strawn LM, Reinold C, Krebs NF. Use of World Health Organization and CDC growth charts for children aged 0–59 months in the United States. MMWR Recomm Rep 2010;59(RR-9):1–15"
)

// daysPerMonth is the month of both references: 365.25 / 12.
const daysPerMonth = 30.4375

// ErrSex is returned when the sex is neither male nor female: the references know no other.
var ErrSex = errors.New("the growth references are by sex, male or female: it is not recorded as one of them")

// ErrOutside is wrapped by the errors about an age or a length that no reference covers.
var ErrOutside = errors.New("outside the growth references")

// Growth is where a measurement stands among children of the same age and sex.
type Growth struct {
	P, Z      float64 // percentile, 0 to 100; standard deviation score
	Reference string  // WHOReference, CDCReference, ExtendedReference
	// Of95 is, of a BMI from 2 years on, its percentage of the 95th percentile; 0 otherwise.
	Of95 float64
	// Doubt is not empty when the WHO flags such a z as probably wrong.
	Doubt string
}

// String is "84th percentile", "below the 1st percentile", "99.9th percentile".
func (g Growth) String() string { return Ordinal(g.P) + " percentile" }

// Ordinal writes a percentile in words: "3rd", "50th", "99.4th", "below the 0.1st",
// "above the 99.9th".
func Ordinal(p float64) string {
	switch {
	case p < 0.1:
		return "below the 0.1st"
	case p > 99.9:
		return "above the 99.9th"
	case p < 1 || p > 99:
		s := strconv.FormatFloat(p, 'f', 1, 64)
		return s + suffix(int(s[len(s)-1]-'0'))
	}
	n := int(math.Round(p))
	if n%100 >= 11 && n%100 <= 13 {
		return strconv.Itoa(n) + "th"
	}
	return strconv.Itoa(n) + suffix(n%10)
}

func suffix(digit int) string {
	switch digit {
	case 1:
		return "st"
	case 2:
		return "nd"
	case 3:
		return "rd"
	}
	return "th"
}

// Percentile compares a measurement with the reference for the age in completed
// days and sex ("male" or "female"): the WHO's standards under 24 months of
// 30.4375 days, the CDC's charts from then to 240 months; of a BMI above the 95th
// percentile the CDC's extension of 2022. Weight is in kg, lengths in cm. A child
// born preterm is compared by CorrectedDays. Outside the references it is an
// error that wraps ErrOutside.
func Percentile(m Measure, sex string, ageDays int, value float64) (Growth, error) {
	if ageDays < 0 {
		return Growth{}, fmt.Errorf("%w: before birth, or before the term of a child born preterm", ErrOutside)
	}
	return percentile(m, sex, float64(ageDays)/daysPerMonth, value)
}

func percentile(m Measure, sex string, months, value float64) (Growth, error) {
	if !(value > 0) || math.IsInf(value, 0) {
		return Growth{}, fmt.Errorf("%s of %v has no percentile", m, value)
	}
	row, who, err := reference(m, sex, months)
	switch {
	case err != nil:
		return Growth{}, err
	case who && m == Weight:
		z := row.restricted(value)
		return Growth{P: below(z), Z: z, Reference: WHOReference, Doubt: doubt(z, -6, 5)}, nil
	case who:
		z := row.z(value)
		low, high := -6.0, 6.0
		if m == Head {
			low, high = -5, 5
		}
		return Growth{P: below(z), Z: z, Reference: WHOReference, Doubt: doubt(z, low, high)}, nil
	}
	z := row.z(value)
	g := Growth{P: below(z), Z: z, Reference: CDCReference}
	if m == BMI {
		p95 := row.value(normal(95))
		g.Of95 = 100 * value / p95
		if value > p95 {
			// P = 90 + 10 Φ((BMI − P95)/σ); the tail is kept for precision.
			tail := 0.1 * (100 - below((value-p95)/sigma(sex, months))) / 100
			if d := (value - p95) / sigma(sex, months); d > 5 {
				tail = 0.1 * below(-d) / 100
			}
			g.P, g.Z, g.Reference = 100*(1-tail), math.Sqrt2*math.Erfcinv(2*tail), ExtendedReference
			if math.IsInf(g.Z, 0) {
				g.Z = 8.21 // the CDC's program stops there
			}
		}
	}
	return g, nil
}

// sigma is the dispersion of BMI above the 95th percentile (NCHS, Vital Health
// Stat 2(197), 2022; Wei et al., Ann Hum Biol 2020;47:514).
func sigma(sex string, months float64) float64 {
	y := months / 12
	if sex == "male" {
		return 0.3728 + 0.5196*y - 0.0091*y*y
	}
	return 0.8334 + 0.3712*y - 0.0011*y*y
}

func doubt(z, low, high float64) string {
	if z < low || z > high {
		return fmt.Sprintf("z %.1f is outside %g to %g: the WHO flags it as probably wrong", z, low, high)
	}
	return ""
}

// reference is the row for an age and whether it is the WHO's.
func reference(m Measure, sex string, months float64) (row lms, who bool, err error) {
	if sex != "male" && sex != "female" {
		return lms{}, false, ErrSex
	}
	from, to := 0.0, 240.0
	switch m {
	case Weight, Height:
	case BMI:
		from = 730 / daysPerMonth // the second birthday, in years without a leap day
	case Head:
		to = 36
	default:
		return lms{}, false, fmt.Errorf("%q is not a measure of growth", m)
	}
	if !(months >= from && months <= to) {
		why := fmt.Sprintf("%s is compared up to %g years", m, to/12)
		if months < from {
			why = "BMI is compared from 2 years; under 2 years weight for length is"
		}
		return lms{}, false, fmt.Errorf("%w: %s", ErrOutside, why)
	}
	key, x := "cdc "+string(m)+" "+sex+" month", months
	if who = months < 24 && m != BMI; who {
		table := m
		if m == Height {
			table = "length"
		}
		// The last day of the WHO's table is 730, 24 months are 730.5.
		key, x = "who "+string(table)+" "+sex+" day", min(months*daysPerMonth, 730)
	}
	row, ok := at(sections()[key], x)
	if !ok {
		return lms{}, false, fmt.Errorf("%w: %s at %.1f months", ErrOutside, m, months)
	}
	return row, who, nil
}

// WeightForLength compares a weight in kg with that of children of the same
// recumbent length, 45 to 110 cm, and sex: the WHO's standard, for children under
// 2 years.
func WeightForLength(sex string, lengthCM, weightKG float64) (Growth, error) {
	if sex != "male" && sex != "female" {
		return Growth{}, ErrSex
	}
	if !(weightKG > 0) || math.IsInf(weightKG, 0) {
		return Growth{}, fmt.Errorf("a weight of %v has no percentile", weightKG)
	}
	row, ok := at(sections()["who weight-for-length "+sex+" cm"], lengthCM)
	if !ok {
		return Growth{}, fmt.Errorf("%w: weight is compared for lengths from 45 to 110 cm", ErrOutside)
	}
	z := row.restricted(weightKG)
	return Growth{P: below(z), Z: z, Reference: WHOReference, Doubt: doubt(z, -5, 5)}, nil
}

// Term is the gestation in days from which no age is corrected, 37 weeks, and
// the one that is corrected to, 40 weeks.
const (
	Term     = 37 * 7
	FullTerm = 40 * 7
)

// CorrectedDays is the age that a child born at the given gestation is compared
// by: from the day at which 40 weeks would have been full, until 24 months of
// age (Committee on Fetus and Newborn, Pediatrics 2004;114:1362); false when
// nothing is corrected. It is negative before that day: Percentile refuses then,
// since a chart of preterm infants is needed (it is not here). gestationDays 0 is
// unknown.
func CorrectedDays(ageDays, gestationDays int) (days int, corrected bool) {
	if gestationDays <= 0 || gestationDays >= Term || float64(ageDays) >= 24*daysPerMonth {
		return ageDays, false
	}
	return ageDays - (FullTerm - gestationDays), true
}

// GrowthSource is the SOURCE file of the embedded table: names, versions, licences, digests.
func GrowthSource() string { return strings.TrimSpace(growthSource) }
