package note

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"wholechart/ucum"
)

// Vital is one kind of vital sign (http://hl7.org/fhir/R4/observation-vitalsigns.html).
type Vital struct {
	Kind, Name string // "weight", as in package chart
	Code       string // LOINC
	Display    string // of Code
	Unit       Unit   // what it is kept in
	Accepts    []Unit // what it may be typed in besides
	Low, High  string // what can be typed at all, in Unit: beyond it is a slip of the hand
	Digits     int32  // decimals of a converted value
	Methods    []string
}

// Unit is a unit as it is shown, written and coded.
type Unit struct {
	Show  string   // "lb"
	UCUM  string   // "[lb_av]"
	Words []string // other ways to type it, lower case
}

var (
	mmHg    = Unit{"mmHg", "mm[Hg]", []string{"mm hg", "mm[hg]"}}
	bpm     = Unit{"/min", "/min", []string{"bpm", "per minute", "min"}}
	percent = Unit{"%", "%", nil}
	celsius = Unit{"°C", "Cel", []string{"c", "cel"}}
	fahr    = Unit{"°F", "[degF]", []string{"f"}}
	kg      = Unit{"kg", "kg", []string{"kilo", "kilos", "kgs"}}
	gram    = Unit{"g", "g", []string{"gram", "grams"}}
	lb      = Unit{"lb", "[lb_av]", []string{"lbs", "pound", "pounds", "#"}}
	cm      = Unit{"cm", "cm", nil}
	metre   = Unit{"m", "m", nil}
	inch    = Unit{"in", "[in_i]", []string{"\"", "”", "inch", "inches", "''"}}
	kgm2    = Unit{"kg/m²", "kg/m2", nil}
	score   = Unit{"", "{score}", []string{"/10"}}
)

// Vitals are the vital signs that can be entered, in the order of a visit.
var Vitals = []Vital{
	{Kind: "bp", Name: "Blood pressure", Code: "85354-9", Display: "Blood pressure panel with all children optional", Unit: mmHg, Low: "20", High: "350"},
	{Kind: "pulse", Name: "Pulse", Code: "8867-4", Display: "Heart rate", Unit: bpm, Low: "10", High: "350"},
	{Kind: "temp", Name: "Temperature", Code: "8310-5", Display: "Body temperature", Unit: celsius, Accepts: []Unit{fahr}, Low: "25", High: "45", Digits: 1, Methods: []string{"oral", "tympanic", "temporal", "axillary", "rectal"}},
	{Kind: "resp", Name: "Breathing", Code: "9279-1", Display: "Respiratory rate", Unit: bpm, Low: "2", High: "150"},
	{Kind: "spo2", Name: "Oxygen saturation", Code: "59408-5", Display: "Oxygen saturation in Arterial blood by Pulse oximetry", Unit: percent, Low: "30", High: "100"},
	{Kind: "weight", Name: "Weight", Code: "29463-7", Display: "Body weight", Unit: kg, Accepts: []Unit{lb, gram}, Low: "0.2", High: "650", Digits: 2},
	{Kind: "height", Name: "Height", Code: "8302-2", Display: "Body height", Unit: cm, Accepts: []Unit{inch, metre}, Low: "20", High: "275", Digits: 1},
	{Kind: "head", Name: "Head circumference", Code: "9843-4", Display: "Head Occipital-frontal circumference", Unit: cm, Accepts: []Unit{inch}, Low: "15", High: "75", Digits: 1},
	{Kind: "pain", Name: "Pain", Code: "72514-3", Display: "Pain severity - 0-10 verbal numeric rating [Score] - Reported", Unit: score, Low: "0", High: "10"},
}

// VitalOf is a kind of vital sign, or nil.
func VitalOf(kind string) *Vital {
	if i := slices.IndexFunc(Vitals, func(v Vital) bool { return v.Kind == kind }); i >= 0 {
		return &Vitals[i]
	}
	return nil
}

// Units are the units it may be typed in, its own first.
func (v Vital) Units() []Unit { return append([]Unit{v.Unit}, v.Accepts...) }

// Amount is a value in the unit that it is kept in, and as it was typed.
type Amount struct {
	Value string // decimal, in the vital sign's Unit
	Typed string // the same in TypedUnit, when that is another
	In    Unit   // the unit it was typed in
}

// Converted says whether it was typed in another unit than it is kept in.
func (a Amount) Converted() bool { return a.Typed != "" }

// Float is the value as a number.
func (a Amount) Float() float64 {
	d, _, err := apd.NewFromString(a.Value)
	if err != nil {
		return 0
	}
	f, _ := d.Float64()
	return f
}

// maxTyped bounds what is typed into one field.
const maxTyped = 40

// Read reads what was typed: "185", "185 lb", "5'11\"", "98.6 F". chosen is the
// unit of the field when the text says none. Its errors are for beside the field.
func (v Vital) Read(text, chosen string) (Amount, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxTyped {
		return Amount{}, fmt.Errorf("%s is a number, with its unit if you like", v.Name)
	}
	if v.Kind == "height" {
		if a, ok, err := v.feet(text); ok || err != nil {
			return a, err
		}
	}
	i := 0
	for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == '.' || text[i] == ',' || i == 0 && (text[i] == '-' || text[i] == '+')) {
		i++
	}
	num, suffix := text[:i], strings.ToLower(strings.TrimSpace(text[i:]))
	if strings.Contains(num, ",") {
		return Amount{}, fmt.Errorf("write a decimal point: %q could mean two things", num)
	}
	d, _, err := apd.NewFromString(num)
	if num == "" || err != nil || d.Form != apd.Finite || len(num) > 12 {
		return Amount{}, fmt.Errorf("%s is a number: %q is not one", v.Name, text)
	}
	unit, ok := v.unit(cmp.Or(suffix, strings.ToLower(chosen)))
	if !ok {
		return Amount{}, fmt.Errorf("%s is not measured in %q: use %s", v.Name, cmp.Or(suffix, chosen), v.unitWords())
	}
	return v.amount(d, num, unit)
}

// feet reads 5'11", 5 ft 11 in and 5' 11.
func (v Vital) feet(text string) (Amount, bool, error) {
	t := strings.NewReplacer("’", "'", "′", "'", "″", "", "”", "", "feet", "'", "foot", "'", "ft", "'", "inches", "", "inch", "", "in", "", `"`, "").Replace(strings.ToLower(text))
	f, in, ok := strings.Cut(t, "'")
	if !ok {
		return Amount{}, false, nil
	}
	f, in = strings.TrimSpace(f), strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(in), "."))
	feet, _, err := apd.NewFromString(f)
	inches := apd.New(0, 0)
	if err == nil && in != "" {
		inches, _, err = apd.NewFromString(in)
	}
	if err != nil || f == "" || feet.Form != apd.Finite || inches.Form != apd.Finite || feet.Negative || inches.Negative || strings.ContainsAny(f, ".eE") || strings.ContainsAny(in, "eE") || inches.Cmp(apd.New(12, 0)) >= 0 || len(f) > 2 || len(in) > 6 {
		return Amount{}, true, fmt.Errorf(`%q is no height: write 5'11" or 180 cm`, text)
	}
	ctx := apd.BaseContext.WithPrecision(20)
	sum := new(apd.Decimal)
	if _, err := ctx.Mul(sum, feet, apd.New(12, 0)); err != nil {
		return Amount{}, true, err
	}
	if _, err := ctx.Add(sum, sum, inches); err != nil {
		return Amount{}, true, err
	}
	a, err := v.amount(sum, sum.Text('f'), inch)
	return a, true, err
}

func (v Vital) unit(word string) (Unit, bool) {
	if word == "" {
		return v.Unit, true
	}
	for _, u := range v.Units() {
		if word == strings.ToLower(u.Show) || word == strings.ToLower(u.UCUM) || slices.Contains(u.Words, word) {
			return u, true
		}
	}
	return Unit{}, false
}

func (v Vital) unitWords() string {
	var out []string
	for _, u := range v.Units() {
		if u.Show != "" {
			out = append(out, u.Show)
		}
	}
	if out == nil {
		return "a number alone"
	}
	return strings.Join(out, " or ")
}

func (v Vital) amount(d *apd.Decimal, typed string, in Unit) (Amount, error) {
	kept := d
	a := Amount{Value: typed, In: in}
	if in.UCUM != v.Unit.UCUM {
		from, err := ucum.Parse(in.UCUM)
		if err != nil {
			return a, err
		}
		to, err := ucum.Parse(v.Unit.UCUM)
		if err != nil {
			return a, err
		}
		if kept, err = ucum.Convert(d, from, to); err != nil {
			return a, fmt.Errorf("%s cannot be %s %s", v.Name, typed, in.Show)
		}
		digits := v.Digits
		if v.Kind == "weight" && kept.Cmp(apd.New(20, 0)) < 0 {
			digits = 3 // a newborn's grams
		}
		if _, err := apd.BaseContext.WithPrecision(30).Quantize(kept, kept, -digits); err != nil {
			return a, fmt.Errorf("%s cannot be %s %s", v.Name, typed, in.Show)
		}
		a.Typed = strings.TrimPrefix(d.Text('f'), "+")
	}
	a.Value = kept.Text('f')
	low, _, _ := apd.NewFromString(v.Low)
	high, _, _ := apd.NewFromString(v.High)
	if kept.Negative || kept.Cmp(low) < 0 || kept.Cmp(high) > 0 {
		said := strings.TrimSpace(typed + " " + in.Show)
		return a, fmt.Errorf("%s of %s is not possible: %s to %s", v.Name, said, v.Low, strings.TrimSpace(v.High+" "+v.Unit.Show))
	}
	return a, nil
}

// ReadPressure reads "136/84".
func ReadPressure(text string) (systolic, diastolic Amount, err error) {
	v := *VitalOf("bp")
	text = strings.TrimSpace(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "mmhg"))
	s, d, ok := strings.Cut(text, "/")
	if !ok || len(text) > maxTyped {
		return Amount{}, Amount{}, fmt.Errorf("write a blood pressure as two numbers: 136/84")
	}
	if systolic, err = v.Read(s, ""); err != nil {
		return
	}
	if diastolic, err = v.Read(d, ""); err != nil {
		return
	}
	if diastolic.Float() >= systolic.Float() {
		err = fmt.Errorf("the first number of %s/%s is the higher one", systolic.Value, diastolic.Value)
	}
	return
}
