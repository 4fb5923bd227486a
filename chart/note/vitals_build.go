package note

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"wholechart/fhir"
	"wholechart/record"
)

// Measured is one vital sign: a value, or the reason that there is none.
type Measured struct {
	Vital   *Vital
	Amount  Amount // of all but blood pressure
	Over    Amount // diastolic of a blood pressure; Amount is the systolic
	Absent  string // a code of Absences: not taken
	Method  string // "oral"
	Side    string // of a blood pressure: "left arm"
	Posture string // of a blood pressure: "sitting"
	Comment string
}

// Absence is why a vital sign was not taken: a data-absent-reason
// (http://hl7.org/fhir/R4/valueset-data-absent-reason.html) and words.
type Absence struct{ ID, Code, Display, Text string }

// Absences are the reasons that can be chosen.
var Absences = []Absence{
	{"declined", "asked-declined", "Asked But Declined", "the patient declined"},
	{"unable", "not-performed", "Not Performed", "could not be measured"},
	{"equipment", "not-performed", "Not Performed", "no equipment"},
	{"not-needed", "not-applicable", "Not Applicable", "not needed at this visit"},
}

// Place is where or how a blood pressure is measured, with SNOMED CT's code.
type Place struct{ Text, Code string }

// Sides and Postures of a blood pressure.
var (
	Sides    = []Place{{"left arm", "368208006"}, {"right arm", "368209003"}, {"left leg", "61396006"}, {"right leg", "62175007"}}
	Postures = []Place{{"sitting", "33586001"}, {"standing", "10904000"}, {"lying", "102538003"}}
)

// Taking is what all readings of one taking have in common.
type Taking struct {
	Patient, Encounter string
	When, Now          time.Time
	By                 Who
	// Height is an adult's last recorded height, for the body mass index when only
	// the weight is taken now; Ref empty: none.
	Height struct {
		Ref  string // Observation/x
		CM   string
		When string // as read by people
	}
}

// ErrNotTaken says that there is nothing to save.
var ErrNotTaken = errors.New("nothing was entered: a vital sign that was not taken stays not recorded")

// Take are the acts that record a taking: an Observation a reading, and the body
// mass index computed from weight and height, with both named
// (Observation.derivedFrom). What was not entered makes nothing.
func Take(t Taking, list []Measured) ([]record.Act, error) {
	if len(list) == 0 {
		return nil, ErrNotTaken
	}
	if t.When.After(t.Now.Add(time.Minute)) {
		return nil, errors.New("vital signs cannot be taken in the future")
	}
	var acts []record.Act
	var weight, height string // full URLs
	var kgs, cms string
	for i, m := range list {
		o, err := t.observation(m)
		if err != nil {
			return nil, err
		}
		url := fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", i+1) // names it within these acts alone
		if m.Absent == "" {
			switch m.Vital.Kind {
			case "weight":
				weight, kgs = url, m.Amount.Value
			case "height":
				height, cms = url, m.Amount.Value
			}
		}
		acts = append(acts, record.Act{Op: record.Create, Type: "Observation", FullURL: url, Resource: marshal(o)})
	}
	if weight != "" && height == "" && t.Height.Ref != "" {
		height, cms = t.Height.Ref, t.Height.CM
	}
	if weight != "" && height != "" {
		if bmi, ok := massIndex(kgs, cms); ok {
			o := t.base(concept(loinc, "39156-5", "Body mass index (BMI) [Ratio]"), "Body mass index")
			o["valueQuantity"] = quantity(bmi, kgm2)
			o["derivedFrom"] = []any{object{"reference": weight}, object{"reference": height}}
			if height == t.Height.Ref {
				o["note"] = []any{object{"text": "Computed with the height of " + t.Height.When}}
			}
			acts = append(acts, record.Act{Op: record.Create, Type: "Observation", Resource: marshal(o)})
		}
	}
	return acts, nil
}

func (t Taking) base(code object, text string) object {
	code["text"] = text
	o := object{
		"resourceType":      "Observation",
		"status":            "final",
		"category":          []any{concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs", "Vital Signs")},
		"code":              code,
		"subject":           object{"reference": "Patient/" + t.Patient},
		"effectiveDateTime": t.When.Format(time.RFC3339),
		"issued":            instant(t.Now),
		"performer":         []any{t.By.reference()},
	}
	if t.Encounter != "" {
		o["encounter"] = object{"reference": "Encounter/" + t.Encounter}
	}
	return o
}

func (t Taking) observation(m Measured) (object, error) {
	v := m.Vital
	if v == nil {
		return nil, errors.New("no such vital sign")
	}
	o := t.base(concept(loinc, v.Code, v.Display), v.Name)
	if c := Clean(m.Comment); c != "" {
		if len(c) > MaxReason {
			return nil, ErrLong
		}
		o["note"] = []any{object{"text": c}}
	}
	if m.Absent != "" {
		for _, a := range Absences {
			if a.ID == m.Absent {
				r := concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", a.Code, a.Display)
				r["text"] = a.Text
				o["dataAbsentReason"] = r
				return o, nil
			}
		}
		return nil, errors.New("choose why it was not taken")
	}
	if v.Kind == "bp" {
		component := func(code, display string, a Amount) object {
			return object{"code": concept(loinc, code, display), "valueQuantity": quantity(a.Value, mmHg)}
		}
		parts := []any{component("8480-6", "Systolic blood pressure", m.Amount), component("8462-4", "Diastolic blood pressure", m.Over)}
		if p, ok := place(Postures, m.Posture); ok {
			parts = append(parts, object{"code": concept(loinc, "8361-8", "Body position with respect to gravity"), "valueCodeableConcept": p})
		}
		o["component"] = parts
		if s, ok := place(Sides, m.Side); ok {
			o["bodySite"] = s
		}
		return o, nil
	}
	q := quantity(m.Amount.Value, v.Unit)
	if m.Amount.Converted() {
		q["extension"] = []any{object{"url": AsTypedURL, "valueQuantity": quantity(m.Amount.Typed, m.Amount.In)}}
	}
	o["valueQuantity"] = q
	for _, method := range v.Methods {
		if method == m.Method {
			o["method"] = object{"text": method}
		}
	}
	return o, nil
}

func place(list []Place, text string) (object, bool) {
	for _, p := range list {
		if p.Text == text {
			c := concept("http://snomed.info/sct", p.Code, p.Text)
			c["text"] = p.Text
			return c, true
		}
	}
	return nil, false
}

func quantity(value string, u Unit) object {
	o := object{"value": json.Number(value), "system": "http://unitsofmeasure.org", "code": u.UCUM}
	if u.Show != "" {
		o["unit"] = u.Show
	}
	return o
}

// massIndex is kg/m², to one decimal.
func massIndex(kgs, cms string) (string, bool) {
	w, ok1 := new(big.Rat).SetString(kgs)
	h, ok2 := new(big.Rat).SetString(cms)
	if !ok1 || !ok2 || h.Sign() <= 0 || w.Sign() <= 0 {
		return "", false
	}
	h.Quo(h, big.NewRat(100, 1))
	return w.Quo(w, h.Mul(h, h)).FloatString(1), true
}

// AsTyped is the quantity as it was typed, "185 lb", when it was converted.
func AsTyped(quantity fhir.Node) string {
	for e := range quantity.Get("extension").Items() {
		if e.Get("url").Is(AsTypedURL) {
			q := e.Get("valueQuantity")
			return q.Get("value").Text() + " " + q.Get("unit").Str()
		}
	}
	return ""
}
