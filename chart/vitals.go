package chart

import (
	"slices"
	"strings"
)

// Vitals are the latest vital signs of each kind.
type Vitals struct {
	When  When // of the newest
	Prov       // of the newest
	Items []Vital
}

// Vital is the latest value of one vital sign.
type Vital struct {
	Kind   string // bp pulse temp resp spo2 weight height bmi head pain
	Name   string // "Blood pressure"
	Latest Point
	Series *Series
	Spark  *Series // what to draw: of a blood pressure the systolic, else Series
}

// Get is the vital sign of a kind, or nil.
func (v Vitals) Get(kind string) *Vital {
	for i := range v.Items {
		if v.Items[i].Kind == kind {
			return &v.Items[i]
		}
	}
	return nil
}

// vitalKinds are the vital signs in the order they are read, with LOINC codes
// (http://hl7.org/fhir/R4/observation-vitalsigns.html and their specialisations).
var vitalKinds = []struct {
	kind, name string
	codes      []string
}{
	{"bp", "Blood pressure", []string{"85354-9", "55284-4", "96607-7", "35094-2"}},
	{"pulse", "Pulse", []string{"8867-4", "8889-8", "68999-2"}},
	{"temp", "Temperature", []string{"8310-5", "8331-1", "8328-7", "8333-7", "8329-5", "8332-9"}},
	{"resp", "Breathing", []string{"9279-1"}},
	{"spo2", "Oxygen saturation", []string{"59408-5", "2708-6"}},
	{"weight", "Weight", []string{"29463-7", "3141-9", "3142-7"}},
	{"height", "Height", []string{"8302-2", "8306-3", "8308-9", "3137-7"}},
	{"bmi", "BMI", []string{"39156-5"}},
	{"head", "Head circumference", []string{"9843-4", "8287-5"}},
	{"pain", "Pain", []string{"72514-3", "38208-5"}},
}

// Measured points of a vital sign are those with a value; a vital sign that was
// not taken at the last visit keeps its own, older date.
func (b *builder) vitals() {
	byCode := map[string]*Series{}
	var parts []*Series
	for _, s := range b.c.Results.Series {
		for _, c := range s.Codes {
			if c.System == loinc && byCode[c.Code] == nil {
				byCode[c.Code] = s
			}
		}
		parts = append(parts, s.Parts...)
	}
	for _, s := range parts {
		for _, c := range s.Codes {
			if c.System == loinc && byCode[c.Code] == nil {
				byCode[c.Code] = s
			}
		}
	}
	v := &b.c.Vitals
	for _, k := range vitalKinds {
		var best *Vital
		for _, code := range k.codes {
			s := byCode[code]
			if s == nil {
				continue
			}
			i := len(s.Points) - 1
			for i >= 0 && s.Points[i].Value == "" {
				i--
			}
			if i < 0 || best != nil && !best.Latest.When.Before(s.Points[i].When) {
				continue
			}
			best = &Vital{k.kind, k.name, s.Points[i], s, s}
			if k.kind == "bp" && len(s.Parts) > 0 {
				at := slices.IndexFunc(s.Parts, func(p *Series) bool { return p.has("8480-6") })
				best.Spark = s.Parts[max(at, 0)]
				best.flagPressure()
			}
		}
		if best == nil {
			continue
		}
		if !v.When.Known() || v.When.Before(best.Latest.When) {
			v.When, v.Prov = best.Latest.When, best.Latest.Prov
		}
		v.Items = append(v.Items, *best)
	}
}

// flagPressure gives a blood pressure the worst flag of its two numbers when
// it has none of its own.
func (v *Vital) flagPressure() {
	if v.Latest.FlagWord != "" {
		return
	}
	for _, part := range v.Series.Parts {
		last := part.Latest()
		if last.Ref() != v.Latest.Ref() || last.FlagWord == "" {
			continue
		}
		if v.Latest.FlagWord == "" || v.Latest.Flag == "" || last.Critical() {
			v.Latest.Flag, v.Latest.FlagWord, v.Latest.Computed = last.Flag, last.FlagWord, last.Computed
		}
	}
}

// Summary is the latest vital signs in one line, as in a note: "136/84 · 74/min · 78.2 kg".
func (v Vitals) Summary() string {
	var out []string
	for _, i := range v.Items {
		if i.Latest.When.Day() != v.When.Day() {
			continue
		}
		s := i.Latest.Value
		switch {
		case i.Kind == "bp" || i.Latest.Unit == "":
		case strings.HasPrefix(i.Latest.Unit, "/"), i.Latest.Unit == "%":
			s += i.Latest.Unit
		default:
			s += " " + i.Latest.Unit
		}
		out = append(out, s)
	}
	return strings.Join(out, " · ")
}
