package order

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/ucum"
)

// Value is one value as it is entered by hand.
type Value struct {
	Name  string
	LOINC string
	Text  string // "7.9", "< 0.01", "Positive"
	Unit  string // UCUM or as written
	Range string // "3.5-5.1", "< 7", "≥ 60"; "" not known
}

// Flagged is what a value is by its range and the critical limits.
type Flagged struct {
	Code     string // L, H, LL, HH, N; "" when nothing can be said
	Critical *Limit // the limit that it is beyond
}

// Flag compares a value with its reference range and with the critical limits
// of its test. Units are converted by UCUM; a limit whose unit cannot be
// converted to is not used.
func Flag(v Value) Flagged {
	n, ok := numberOf(v.Text)
	if !ok {
		return Flagged{}
	}
	for i, l := range Limits() {
		if !slices.Contains(l.LOINC, v.LOINC) {
			continue
		}
		x, ok := converted(n, v.Unit, l.Unit)
		switch {
		case ok && l.Low != nil && x <= *l.Low:
			return Flagged{"LL", &Limits()[i]}
		case ok && l.High != nil && x >= *l.High:
			return Flagged{"HH", &Limits()[i]}
		}
	}
	lo, hi, loOpen, hiOpen := bounds(v.Range)
	switch {
	case lo == nil && hi == nil:
		return Flagged{}
	case lo != nil && (n < *lo || loOpen && n == *lo):
		return Flagged{Code: "L"}
	case hi != nil && (n > *hi || hiOpen && n == *hi):
		return Flagged{Code: "H"}
	}
	return Flagged{Code: "N"}
}

func converted(n float64, from, to string) (float64, bool) {
	if from == to || strings.EqualFold(from, to) || to == "1" && from == "" {
		return n, true
	}
	u, err := ucum.Parse(from)
	if err != nil {
		return 0, false
	}
	v, err := ucum.Parse(to)
	if err != nil {
		return 0, false
	}
	d, _, err := apd.NewFromString(strconv.FormatFloat(n, 'f', -1, 64))
	if err != nil {
		return 0, false
	}
	if d, err = ucum.Convert(d, u, v); err != nil {
		return 0, false
	}
	f, err := d.Float64()
	return f, err == nil
}

// numberOf reads "7.9", "<0.01" (as its bound), "1,200".
func numberOf(s string) (float64, bool) {
	s = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(s), "<>=≤≥ "))
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && math.Abs(f) < 1e9
}

var plainRange = strings.NewReplacer("–", "-", "—", "-", " to ", "-", "≥", ">=", "≤", "<=")

// bounds reads a reference range.
func bounds(s string) (lo, hi *float64, loOpen, hiOpen bool) {
	s = plainRange.Replace(strings.TrimSpace(s))
	if a, b, ok := strings.Cut(s, "-"); ok && strings.TrimSpace(a) != "" {
		x, ok1 := numberOf(a)
		y, ok2 := numberOf(b)
		if ok1 && ok2 && x <= y {
			return &x, &y, false, false
		}
		return nil, nil, false, false
	}
	x, ok := numberOf(s)
	switch {
	case !ok:
	case strings.HasPrefix(s, ">="):
		return &x, nil, false, false
	case strings.HasPrefix(s, ">"):
		return &x, nil, true, false
	case strings.HasPrefix(s, "<="):
		return nil, &x, false, false
	case strings.HasPrefix(s, "<"):
		return nil, &x, false, true
	}
	return nil, nil, false, false
}

// CheckValue says what is wrong with a value as entered; fields are value, unit, range.
func CheckValue(v Value) []Fault {
	var f []Fault
	if len(v.Text) > 200 || len(v.Unit) > 40 || len(v.Range) > 80 {
		return []Fault{{"value", "This is too long for a result."}}
	}
	if v.Text == "" {
		return []Fault{{"value", "Enter the value."}}
	}
	if n, ok := numberOf(v.Text); ok {
		if v.Unit == "" && v.LOINC != "6301-6" && v.LOINC != "" {
			f = append(f, Fault{"unit", "Say the unit: a number alone can be misread."})
		}
		if n < 0 && !strings.Contains(v.Name, "xcess") {
			f = append(f, Fault{"value", "A result below zero cannot be meant."})
		}
		if n > 1e7 {
			f = append(f, Fault{"value", "This value cannot be meant."})
		}
	}
	if v.Range != "" {
		if lo, hi, _, _ := bounds(v.Range); lo == nil && hi == nil {
			f = append(f, Fault{"range", "Write a range as 3.5-5.1, < 7 or >= 60."})
		}
	}
	return f
}

// Enter are the acts that record a result by hand: an Observation a value, one
// DiagnosticReport over them, and the order completed. order may be the zero
// Node: a result that nobody here asked for.
func Enter(patient, title string, code []fhir.Coding, values []Value, collected time.Time, order fhir.Node, by By) ([]record.Act, error) {
	if len(values) == 0 || len(values) > 60 {
		return nil, fmt.Errorf("between 1 and 60 values")
	}
	var acts []record.Act
	var results []any
	var basedOn []any
	encounter := order.Get("encounter").Get("reference").Str()
	if order.Exists() {
		basedOn = []any{ref("ServiceRequest/"+order.ID(), "")}
	}
	lab := []any{concept("", coding("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory"))}
	common := func(r object) object {
		r["status"], r["subject"], r["effectiveDateTime"], r["issued"] = "final", ref("Patient/"+patient, ""), when(collected), when(by.Now)
		if basedOn != nil {
			r["basedOn"] = basedOn
		}
		if encounter != "" {
			r["encounter"] = ref(encounter, "")
		}
		if by.Ref != "" || by.Name != "" {
			r["performer"] = []any{by.ref()}
		}
		return r
	}
	for i, v := range values {
		o := common(object{"resourceType": "Observation", "category": lab})
		if v.LOINC != "" {
			o["code"] = concept(v.Name, coding(LOINC, v.LOINC, ""))
		} else {
			o["code"] = concept(v.Name)
		}
		if n, ok := numberOf(v.Text); ok {
			q := object{"value": json.Number(strconv.FormatFloat(n, 'f', -1, 64))}
			if d := strings.ReplaceAll(strings.TrimLeft(v.Text, "<>=≤≥ "), ",", ""); decimalText(d) {
				q["value"] = json.Number(d)
			}
			for _, c := range []struct{ said, code string }{{"<=", "<="}, {">=", ">="}, {"≤", "<="}, {"≥", ">="}, {"<", "<"}, {">", ">"}} {
				if strings.HasPrefix(strings.TrimSpace(v.Text), c.said) {
					q["comparator"] = c.code
					break
				}
			}
			if v.Unit != "" {
				q["unit"] = v.Unit
				if _, err := ucum.Parse(v.Unit); err == nil {
					q["system"], q["code"] = UCUM, v.Unit
				}
			}
			o["valueQuantity"] = q
		} else {
			o["valueString"] = v.Text
		}
		if v.Range != "" {
			r := object{"text": v.Range}
			lo, hi, loOpen, hiOpen := bounds(v.Range)
			if lo != nil && !loOpen {
				r["low"] = measureOf(*lo, v.Unit)
			}
			if hi != nil && !hiOpen {
				r["high"] = measureOf(*hi, v.Unit)
			}
			o["referenceRange"] = []any{r}
		}
		if f := Flag(v); f.Code != "" {
			i := concept("", coding("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", f.Code, flagWords[f.Code]))
			o["interpretation"] = []any{i}
		}
		a, err := put(record.Create, "Observation", "", 0, o)
		if err != nil {
			return nil, err
		}
		a.FullURL = "urn:wholechart:value:" + strconv.Itoa(i)
		acts = append(acts, a)
		results = append(results, ref(a.FullURL, ""))
	}
	var codings []object
	for _, c := range code {
		codings = append(codings, coding(c.System, c.Code, c.Display))
	}
	r := common(object{"resourceType": "DiagnosticReport", "code": concept(title, codings...), "result": results,
		"category": []any{concept("", coding("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB", "Laboratory"))}})
	a, err := put(record.Create, "DiagnosticReport", "", 0, r)
	if err != nil {
		return nil, err
	}
	acts = append(acts, a)
	if order.Exists() && order.Get("status").Is("active") {
		c, err := Complete(order, by)
		if err != nil {
			return nil, err
		}
		acts = append(acts, c)
	}
	return acts, nil
}

var flagWords = map[string]string{"L": "Low", "H": "High", "LL": "Critical low", "HH": "Critical high", "N": "Normal", "A": "Abnormal", "AA": "Critical abnormal"}

func measureOf(n float64, unit string) object {
	q := object{"value": n}
	if unit != "" {
		q["unit"] = unit
	}
	return q
}

func decimalText(s string) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || len(s) > 1 && s[0] == '0' && s[1] != '.' {
		return false
	}
	for _, c := range s {
		if c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return strings.Count(s, ".") <= 1
}
