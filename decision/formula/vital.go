package formula

import (
	"fmt"
	"strings"
)

// Reading is one vital sign as it was measured.
type Reading struct {
	Kind      string  // as chart.Vital: bp pulse temp resp spo2 weight height bmi head pain
	Value     float64 // of a blood pressure the systolic
	Diastolic float64 // of a blood pressure; 0 not measured
	Unit      string  // UCUM or as written; "" the kind's own (kg, cm, Cel, /min, mm[Hg], %)
	Age       Age
	Sex       string // "male", "female", otherwise unknown
	Site      string // of a temperature: oral, rectal, axillary, tympanic, temporal; "" not said
}

// Interpretation is how a vital sign is to be read. When OK is false nothing is
// said of it and Why says why: that is not the same as normal.
type Interpretation struct {
	OK       bool
	Flag     string // "", L, H, LL, HH
	Word     string // "normal", "high", "stage 1 hypertension", "84th percentile"
	Range    string // what is usual, with its unit: "107–181/min"
	Citation string
	Why      string
}

func unread(format string, args ...any) Interpretation {
	return Interpretation{Why: fmt.Sprintf(format, args...)}
}

// Citations of Vital.
const (
	newsCitation    = "Royal College of Physicians. National Early Warning Score (NEWS) 2. London, 2017"
	adultCitation   = "American Heart Association: resting pulse 60–100/min; limits of alarm: " + newsCitation
	flemingCitation = "Fleming S et al. Lancet 2011;377:1011–18, 1st to 99th centile"
	accCitation     = "Whelton PK et al. 2017 ACC/AHA guideline for high blood pressure in adults. Hypertension 2018;71:e13–e115"
	aapCitation     = "Flynn JT et al. Clinical practice guideline for high blood pressure in children and adolescents. Pediatrics 2017;140:e20171904"
	palsCitation    = "American Heart Association, Pediatric Advanced Life Support: hypotension by age"
	feverCitation   = "American Academy of Pediatrics: fever is 38.0 °C rectal, ear or forehead, 37.8 °C oral, 37.2 °C axillary"
	adultFever      = "CDC: fever is a measured 38.0 °C (100.4 °F); below 35.0 °C: Brown DJA et al. N Engl J Med 2012;367:1930–8; 40.0 °C: Bouchama A, Knochel JP. N Engl J Med 2002;346:1978–88"
	newbornCitation = "WHO. Thermal protection of the newborn, 1997; febrile infants: Pantell RH et al. Pediatrics 2021;148:e2021052228"
	oxygenCitation  = "WHO. Oxygen therapy for children, 2016: below 90 % oxygen is given; usual is 95–100 % at sea level"
	bmiCitation     = "CDC. Adult BMI categories; WHO Technical Report Series 894, 2000"
	childBMI        = "Barlow SE. Pediatrics 2007;120(Suppl 4):S164–92; severe obesity: Hampl SE et al. Pediatrics 2023;151:e2022060640; " + ExtendedReference
	painCitation    = "Serlin RC et al. Pain 1995;61:277–84"
)

// Vital reads a vital sign by age, sex and where it was measured. It never
// guesses: without a cited limit for the age, or with a value that is not
// plausible, OK is false. It reads one measurement at rest; it does not diagnose.
func Vital(r Reading) Interpretation {
	b, ok := bounds(r.Kind, r.Age)
	if !ok {
		return unread("%q has no limits here", r.Kind)
	}
	if strings.TrimSpace(r.Unit) == "" || r.Kind == "pain" {
		r.Unit = b.unit
	}
	var err error
	if r.Kind == "bp" && r.Diastolic != 0 {
		err = PlausiblePressure(r.Value, r.Diastolic, r.Unit, r.Age)
	} else {
		err = Plausible(r.Kind, r.Value, r.Unit, r.Age)
	}
	if err != nil {
		return unread("%v", err)
	}
	if r.Kind == "bp" && r.Diastolic != 0 {
		if r.Diastolic, err = Convert(r.Diastolic, r.Unit, b.unit); err != nil {
			return unread("%v", err)
		}
	}
	if r.Value, err = Convert(r.Value, r.Unit, b.unit); err != nil {
		return unread("%v", err)
	}
	r.Unit = b.unit
	if r.Kind == "pain" {
		return pain(r.Value)
	}
	if !r.Age.Known {
		return unread("the age is not known")
	}
	switch r.Kind {
	case "pulse", "resp":
		if r.Age.Years < 18 {
			return childRate(r)
		}
		return adultRate(r)
	case "temp":
		return temperature(r)
	case "spo2":
		return saturation(r)
	case "bp":
		return pressure(r)
	case "bmi":
		return bodyMass(r)
	case "weight", "height", "head":
		return grown(r)
	}
	return unread("%q has no limits here", r.Kind)
}

// graded flags a value by four limits: at or beyond ll and hh it is critical,
// beyond low and high it is low or high.
func graded(v, ll, low, high, hh float64) (flag, word string) {
	switch {
	case v <= ll:
		return "LL", "critically low"
	case v < low:
		return "L", "low"
	case v >= hh:
		return "HH", "critically high"
	case v > high:
		return "H", "high"
	}
	return "", "normal"
}

func adultRate(r Reading) Interpretation {
	out := Interpretation{OK: true, Range: "60–100/min", Citation: adultCitation}
	if r.Kind == "pulse" {
		out.Flag, out.Word = graded(r.Value, 40, 60, 100, 131)
		return out
	}
	out.Range, out.Citation = "12–20/min", newsCitation
	out.Flag, out.Word = graded(r.Value, 8, 12, 20, 25)
	return out
}

func saturation(r Reading) Interpretation {
	if r.Age.Days < 1 {
		return unread("in the first day after birth the saturation still rises")
	}
	if r.Age.Years >= 16 {
		out := Interpretation{OK: true, Range: "96–100%", Citation: newsCitation + ", scale 1 (not in hypercapnic respiratory failure)"}
		out.Flag, out.Word = graded(r.Value, 91, 96, 100, 101)
		return out
	}
	out := Interpretation{OK: true, Range: "95–100%", Citation: oxygenCitation}
	switch {
	case r.Value < 90:
		out.Flag, out.Word = "LL", "critically low"
	case r.Value < 95:
		out.Flag, out.Word = "L", "low"
	default:
		out.Word = "normal"
	}
	return out
}

func pain(v float64) Interpretation {
	out := Interpretation{OK: true, Range: "0–10", Citation: painCitation, Word: "no pain"}
	switch {
	case v >= 7:
		out.Word = "severe pain"
	case v >= 5:
		out.Word = "moderate pain"
	case v > 0:
		out.Word = "mild pain"
	}
	return out
}

// feverAt are the AAP's limits of fever by site of measurement.
var feverAt = map[string]float64{"rectal": 38.0, "tympanic": 38.0, "temporal": 38.0, "oral": 37.8, "axillary": 37.2}

func temperature(r Reading) Interpretation {
	if r.Age.Days <= 28 {
		out := Interpretation{OK: true, Range: "36.5–37.5 °C", Citation: newbornCitation, Word: "normal"}
		switch {
		case r.Value < 36:
			out.Flag, out.Word = "LL", "hypothermia"
		case r.Value < 36.5:
			out.Flag, out.Word = "L", "mild hypothermia"
		case r.Value >= 38:
			out.Flag, out.Word = "HH", "fever in a newborn"
		case r.Value > 37.5:
			out.Flag, out.Word = "H", "warm"
		}
		return out
	}
	limit, citation := 38.0, adultFever
	if r.Age.Years < 18 {
		at, known := feverAt[r.Site]
		if citation = feverCitation; known {
			limit = at
		} else {
			citation += "; where it was measured is not said: 38.0 °C is taken"
		}
	}
	out := Interpretation{OK: true, Range: fmt.Sprintf("35.0–%.1f °C", limit-0.1), Citation: citation, Word: "normal"}
	switch {
	case r.Value < 35:
		out.Flag, out.Word = "LL", "hypothermia"
	case r.Age.Days <= 60 && r.Value >= 38:
		out.Flag, out.Word, out.Citation = "HH", "fever in an infant under 2 months", newbornCitation
	case r.Value >= 40:
		out.Flag, out.Word = "HH", "very high fever"
	case r.Value >= limit:
		out.Flag, out.Word = "H", "fever"
	}
	return out
}

func bodyMass(r Reading) Interpretation {
	if r.Age.Years < 20 {
		if r.Age.Years < 2 {
			return unread("under 2 years weight for length is read instead of BMI")
		}
		return childMass(r)
	}
	out := Interpretation{OK: true, Range: "18.5–24.9 kg/m²", Citation: bmiCitation}
	switch v := r.Value; {
	case v < 16:
		out.Flag, out.Word = "LL", "severe underweight"
	case v < 18.5:
		out.Flag, out.Word = "L", "underweight"
	case v < 25:
		out.Word = "normal"
	case v < 30:
		out.Flag, out.Word = "H", "overweight"
	case v < 35:
		out.Flag, out.Word = "H", "obesity, class 1"
	case v < 40:
		out.Flag, out.Word = "H", "obesity, class 2"
	default:
		out.Flag, out.Word = "HH", "obesity, class 3"
	}
	return out
}
