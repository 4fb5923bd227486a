package formula

import (
	"fmt"
	"math"
	"time"

	"wholechart/chart"
	"wholechart/fhir"
)

// Measured is one measurement of a child's growth in the record.
type Measured struct {
	Age       Age     // at the measurement
	Days      int     // that it is compared by: corrected for a birth before 37 weeks
	Corrected bool    // Days is not Age.Days
	Value     float64 // kg or cm, kg/m²
	Text      string  // as recorded
	Computed  string  // of what, in words; "" of what was recorded
	Growth    Growth
	Err       error // why there is no percentile; Growth is zero then
	When      chart.When
	Prov      chart.Prov
}

// GrowthOf are all measurements of a child's growth, oldest first, each with its
// percentile for the age and sex: the points of a growth chart. Measurements
// without a unit of the measure or after 20 years are left out. BMI is what was
// recorded as such; BMIOf computes it where none was.
func GrowthOf(c *chart.Chart, m Measure, now time.Time) []Measured {
	r := newReader(c, now)
	sex, gestation := r.sex().Choice, GestationAtBirth(c, now)
	in := Input{Name: string(m), Unit: "cm"}
	switch m {
	case Weight:
		in.Unit = "kg"
	case BMI:
		in.Unit = "kg/m2"
	}
	return r.grown(m, in, r.series(string(m)), sex, gestation)
}

func (r *reader) grown(m Measure, in Input, list []candidate, sex string, gestation int) []Measured {
	if r.c.Patient.Birth.Precision < fhir.Day {
		return nil
	}
	var out []Measured
	for _, p := range list {
		if p.limit {
			continue
		}
		v, err := in.canonical(p.number, p.unit)
		a := AgeAt(r.c.Patient.Birth.At, p.when.At.In(r.c.Patient.Birth.At.Location()))
		if err != nil || !a.Known || a.Years >= 20 || p.when.Precision < fhir.Day {
			continue
		}
		x := Measured{Age: a, Value: v, Text: p.text, When: p.when, Prov: p.prov}
		x.Days, x.Corrected = CorrectedDays(a.Days, gestation)
		x.Growth, x.Err = Percentile(m, sex, x.Days, v)
		out = append(out, x)
	}
	return out
}

// GestationAtBirth is the recorded gestational age at birth in days (LOINC
// 76516-4); 0 when none is recorded, or none that can be.
func GestationAtBirth(c *chart.Chart, now time.Time) int {
	list := newReader(c, now).series("gestation")
	if len(list) == 0 || list[len(list)-1].limit {
		return 0
	}
	p := list[len(list)-1]
	d, err := Convert(p.number, p.unit, "d")
	if err != nil || d < 140 || d > 310 {
		return 0
	}
	return int(math.Round(d))
}

// sites are LOINC codes of temperatures by where they were measured.
var sites = map[string]string{"8331-1": "oral", "8332-9": "rectal", "8328-7": "axillary", "8333-7": "tympanic"}

// Interpret reads a vital sign of the record by the person's age on its day, as
// Vital does; a child's size by corrected age.
func Interpret(c *chart.Chart, v chart.Vital, now time.Time) Interpretation {
	r := newReader(c, now)
	if v.Series == nil || !v.Latest.When.Known() {
		return unread("not measured")
	}
	out := Reading{Kind: v.Kind, Value: v.Latest.Number, Unit: v.Series.Unit, Sex: r.sex().Choice}
	if v.Series.UnitCode != "" {
		out.Unit = v.Series.UnitCode
	}
	if r.c.Patient.Birth.Precision >= fhir.Day {
		out.Age = AgeAt(r.c.Patient.Birth.At, v.Latest.When.At.In(r.c.Patient.Birth.At.Location()))
	}
	switch v.Kind {
	case "bp":
		var ok, ok2 bool
		if out.Value, out.Unit, ok = part(v, "8480-6"); !ok {
			return unread("the systolic pressure is missing")
		}
		var unit string
		if out.Diastolic, unit, ok2 = part(v, "8462-4"); ok2 && unit != out.Unit {
			return unread("systolic and diastolic pressure are in different units")
		}
	case "temp":
		for _, x := range v.Series.Codes {
			if s, ok := sites[x.Code]; ok && x.System == "http://loinc.org" {
				out.Site = s
			}
		}
	case "weight", "height", "head":
		if days, corrected := CorrectedDays(out.Age.Days, GestationAtBirth(c, now)); corrected && out.Age.Known {
			if out.Age = Days(days); !out.Age.Known {
				return unread("%v", fmt.Errorf("%w: before the term of a child born preterm", ErrOutside))
			}
		}
	}
	if math.IsNaN(out.Value) {
		return unread("no number was recorded")
	}
	return Vital(out)
}

// part is the number of a blood pressure's component of the same observation.
func part(v chart.Vital, loinc string) (float64, string, bool) {
	for _, s := range v.Series.Parts {
		for _, c := range s.Codes {
			if c.System != "http://loinc.org" || c.Code != loinc {
				continue
			}
			for _, p := range s.Points {
				if p.Ref() == v.Latest.Ref() && p.Prov.Source == v.Latest.Prov.Source && !math.IsNaN(p.Number) {
					if s.UnitCode != "" {
						return p.Number, s.UnitCode, true
					}
					return p.Number, s.Unit, true
				}
			}
		}
	}
	return 0, "", false
}
