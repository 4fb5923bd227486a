package formula

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
)

// Kind is what sort of answer an input takes.
type Kind uint8

// The kinds of inputs.
const (
	Number Kind = iota // Value.Number in Value.Unit
	YesNo              // Value.Yes
	Choice             // Value.Choice, one of Input.Choices
	Date               // Value.When.At
)

// Input is one thing that a formula needs.
type Input struct {
	ID   string // "creatinine"
	Name string // "serum creatinine"
	Kind Kind
	Unit string // UCUM, of a number: what the formula computes in
	// Molar is how much of Unit 1 mmol/L is: amount of substance and mass are
	// both taken. 0 when only Unit and what can be converted to it is.
	Molar    float64
	Choices  []string
	MaxDays  int  // older than this is too old; 0 of any age
	Ask      bool // only a clinician can say: no record has it
	Optional bool
	Sample   bool // of the same sample or moment as the other such inputs, within Formula.Together
}

// Value is one input as it was used: with where it comes from and of when.
type Value struct {
	Input
	Known   bool
	Number  float64 // in Input.Unit
	Yes     bool
	Choice  string
	Text    string // as recorded: "108 umol/L", "Essential hypertension"
	When    chart.When
	Prov    chart.Prov
	Assumed bool   // taken as no because nothing says yes: Text says where it was looked for
	Why     string // of one not Known: why
	given   string // the unit it came in
}

// Num is a number typed by somebody, in a UCUM unit or as people write it.
func Num(v float64, unit string) Value { return Value{Known: true, Number: v, given: unit} }

// Bool is an answer given by somebody.
func Bool(yes bool) Value { return Value{Known: true, Yes: yes} }

// Pick is a choice made by somebody.
func Pick(choice string) Value { return Value{Known: true, Choice: choice} }

// On is a date given by somebody.
func On(t time.Time) Value {
	return Value{Known: true, When: chart.When{ISO: t.Format("2006-01-02"), At: t, Precision: day}}
}

// Formula is one computation, with who says so.
type Formula struct {
	ID       string // "ckd-epi-2021"
	Title    string
	Citation string
	URL      string
	Version  string // of our writing of it
	Date     string // of the source, ISO: "2021-11"
	Unit     string // of the result, UCUM
	Decimals int    // that a result is shown with
	Note     string // what a reader must know: race terms, limits
	Inputs   []Input
	Together int // days within which the inputs of a sample must lie; 0 any
	// Bedside formulas are about a moment that no record tells: From leaves them
	// out, a page asks for them and starts from Prefill.
	Bedside bool

	applies func(*reader) string // why it does not concern the person; "" it does
	run     func(values) (Result, error)
}

// Result is what a formula says.
type Result struct {
	Formula *Formula
	Value   float64
	Unit    string
	Shown   string // "58 mL/min/1.73 m²", "3 points"
	Text    string // the band in words: "G3a, mildly to moderately decreased"
	Notes   []string
	Inputs  []Value // as used, in the formula's order
}

// MissingError says which inputs are lacking, and why where that is known.
type MissingError struct {
	Names []string
	Whys  []string // of each name; may be empty
}

func (e *MissingError) Error() string { return "needs " + strings.Join(e.Names, ", ") }

// OldError says that an input is too old for its formula.
type OldError struct {
	Name string
	When chart.When
	Days int // that it may be old
}

func (e *OldError) Error() string {
	return fmt.Sprintf("%s of %s is too old: it may be %d days", e.Name, e.When, e.Days)
}

// ApartError says that inputs that belong to one sample are of different days.
type ApartError struct {
	Names []string
	Days  int // within which they must lie
}

func (e *ApartError) Error() string {
	return fmt.Sprintf("%s are not of the same time: they must lie within %d days", strings.Join(e.Names, " and "), e.Days)
}

type values map[string]Value

func (v values) n(id string) float64 { return v[id].Number }
func (v values) yes(id string) bool  { return v[id].Yes }
func (v values) is(id string) string { return v[id].Choice }
func (v values) has(id string) bool  { return v[id].Known }
func (v values) age() int            { return int(v["age"].Number) }
func (v values) assumed() (out []string) {
	for _, x := range v {
		if x.Assumed {
			out = append(out, x.Name)
		}
	}
	slices.Sort(out)
	return out
}

// canonical brings a number to the input's unit.
func (in Input) canonical(v float64, unit string) (float64, error) {
	if unit = strings.TrimSpace(unit); unit == "" && (in.Unit == "" || strings.HasPrefix(in.Unit, "{")) {
		return v, nil
	}
	if in.Unit == "" || strings.HasPrefix(in.Unit, "{") {
		if strings.HasPrefix(unit, "{") || strings.HasPrefix(unit, "(") || strings.EqualFold(unit, in.Name) || unit == "1" || strings.EqualFold(unit, "ratio") || strings.EqualFold(unit, "score") {
			return v, nil
		}
		return 0, fmt.Errorf("%s has no unit, but is given in %s", in.Name, Shown(unit))
	}
	if unit == "" {
		return 0, fmt.Errorf("%s is given without a unit", in.Name)
	}
	if in.Molar > 0 && strings.Contains(code(unit), "eq") {
		return 0, fmt.Errorf("%s in %s is not converted", in.Name, unit)
	}
	n, err := Convert(v, unit, in.Unit)
	if err == nil || in.Molar == 0 {
		return n, err
	}
	mmol, err2 := Convert(v, unit, "mmol/L")
	if err2 != nil {
		return 0, fmt.Errorf("%s: %w", in.Name, err)
	}
	return mmol * in.Molar, nil
}

// Compute computes the formula from answers by input ID, at now. The errors are
// *MissingError, *RangeError, *OldError, *ApartError, or about a unit or a choice.
func (f *Formula) Compute(given map[string]Value, now time.Time) (Result, error) {
	v, missing := values{}, &MissingError{}
	var used []Value
	var firstErr error
	for _, in := range f.Inputs {
		x, ok := given[in.ID]
		x.Input = in
		if !ok || !x.Known {
			if !in.Optional {
				missing.Names, missing.Whys = append(missing.Names, in.Name), append(missing.Whys, x.Why)
			}
			x.Known = false
			used = append(used, x)
			continue
		}
		if in.Kind == Number && x.given != unitSame {
			n, err := in.canonical(x.Number, x.given)
			firstErr = first(firstErr, err)
			if x.Text == "" {
				x.Text = strings.TrimSpace(number(x.Number, 3) + " " + Shown(x.given))
			}
			x.Number, x.given = n, unitSame
		}
		if in.Kind == Choice && !slices.Contains(in.Choices, x.Choice) {
			firstErr = first(firstErr, fmt.Errorf("%s: %q is not one of %s", in.Name, x.Choice, strings.Join(in.Choices, ", ")))
		}
		if in.Kind != Date && in.MaxDays > 0 && x.When.Known() && now.Sub(x.When.At) > time.Duration(in.MaxDays)*24*time.Hour {
			if in.Optional {
				x.Known = false
				used = append(used, x)
				continue
			}
			firstErr = first(firstErr, &OldError{in.Name, x.When, in.MaxDays})
		}
		v[in.ID] = x
		used = append(used, x)
	}
	if len(missing.Names) > 0 {
		return Result{Formula: f, Inputs: used}, missing
	}
	if firstErr = first(firstErr, f.together(used)); firstErr != nil {
		return Result{Formula: f, Inputs: used}, firstErr
	}
	r, err := f.run(v)
	r.Formula, r.Inputs = f, used
	if err != nil {
		return Result{Formula: f, Inputs: used}, err
	}
	if r.Unit == "" {
		r.Unit = f.Unit
	}
	if r.Shown == "" {
		r.Shown = strings.TrimSpace(number(r.Value, f.Decimals) + " " + Shown(r.Unit))
		if r.Unit == "%" {
			r.Shown = number(r.Value, f.Decimals) + "%"
		}
	}
	if no := v.assumed(); len(no) > 0 {
		r.Notes = append(r.Notes, "taken as no because nothing coded says yes: "+strings.Join(no, ", "))
	}
	if f.Note != "" {
		r.Notes = append(r.Notes, f.Note)
	}
	return r, nil
}

func (f *Formula) together(used []Value) error {
	if f.Together == 0 {
		return nil
	}
	var early, late *Value
	for i := range used {
		x := &used[i]
		if !x.Sample || !x.Known || !x.When.Known() {
			continue
		}
		if early == nil || x.When.At.Before(early.When.At) {
			early = x
		}
		if late == nil || x.When.At.After(late.When.At) {
			late = x
		}
	}
	if early == nil || late.When.At.Sub(early.When.At) <= time.Duration(f.Together)*24*time.Hour {
		return nil
	}
	return &ApartError{[]string{early.Name, late.Name}, f.Together}
}

// All are the formulas, in the order of a page that lists them.
func All() []*Formula { return slices.Clone(catalogue) }

// ByID is a formula, or nil.
func ByID(id string) *Formula {
	for _, f := range catalogue {
		if f.ID == id {
			return f
		}
	}
	return nil
}
