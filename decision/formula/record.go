package formula

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/fhir"
)

// Computed is one formula on a record: a Result, or why there is none.
type Computed struct {
	Formula *Formula
	Result  Result // Inputs are filled as far as they are known, with a Result or without
	OK      bool
	Missing []string // inputs that are lacking: "cystatin C: not recorded"
	Err     error    // why it was refused: too old, outside its range, not of one sample, missing
	// Inapplicable is why the formula does not concern the person: "it is for ages
	// from 40 to 79 years".
	Inapplicable string
}

// From computes every formula that a record can answer, at now, in the order of
// All. Bedside formulas are left out: see Prefill. Of somebody dead it is nothing.
func From(c *chart.Chart, now time.Time) []Computed {
	r := newReader(c, now)
	if r.c.Patient.Deceased {
		return nil
	}
	var out []Computed
	for _, f := range catalogue {
		if f.Bedside {
			continue
		}
		out = append(out, r.compute(f))
	}
	return out
}

// One computes a single formula on a record, as From does; a bedside one too, with answers beside the record's.
func One(f *Formula, c *chart.Chart, answers map[string]Value, now time.Time) Computed {
	r := newReader(c, now)
	for id, v := range answers {
		r.answers[id] = v
	}
	return r.compute(f)
}

// Prefill are the inputs of a formula as far as the record has them, in the
// formula's order; the others say Why not.
func Prefill(f *Formula, c *chart.Chart, now time.Time) []Value { return newReader(c, now).fill(f) }

type reader struct {
	c       *chart.Chart
	now     time.Time
	answers map[string]Value
	points  map[string][]candidate
}

func newReader(c *chart.Chart, now time.Time) *reader {
	return &reader{c: c, now: now, answers: map[string]Value{}, points: map[string][]candidate{}}
}

func (r *reader) compute(f *Formula) Computed {
	out := Computed{Formula: f, Result: Result{Formula: f}}
	if f.applies != nil {
		if out.Inapplicable = f.applies(r); out.Inapplicable != "" {
			return out
		}
	}
	given := map[string]Value{}
	for _, v := range r.fill(f) {
		given[v.ID] = v
	}
	out.Result, out.Err = f.Compute(given, r.now)
	out.OK = out.Err == nil
	if m, ok := out.Err.(*MissingError); ok {
		for i, name := range m.Names {
			if i < len(m.Whys) && m.Whys[i] != "" {
				name += ": " + m.Whys[i]
			}
			out.Missing = append(out.Missing, name)
		}
	}
	return out
}

// candidate is one measurement that an input may take.
type candidate struct {
	number float64
	unit   string
	text   string
	limit  bool // reported as "< 0.2": no number
	when   chart.When
	prov   chart.Prov
}

// series are the measurements of an input, oldest first; of the same second the
// order of the record.
func (r *reader) series(id string) []candidate {
	if list, ok := r.points[id]; ok {
		return list
	}
	out := r.candidates(with(r.c, tests[id]))
	r.points[id] = out
	return out
}

func (r *reader) candidates(list []*chart.Series) []candidate {
	var out []candidate
	for _, s := range list {
		unit := cmp.Or(s.UnitCode, s.Unit)
		for _, p := range s.Points {
			limit := strings.ContainsAny(firstRune(p.Value), "<>≤≥")
			if p.Value == "" || !p.When.Known() || p.When.At.After(r.now) || math.IsNaN(p.Number) && !limit {
				continue
			}
			switch p.Status {
			case "cancelled", "entered-in-error", "registered":
				continue
			}
			text := strings.TrimSpace(p.Value + " " + Shown(p.Unit))
			if p.Status == "preliminary" {
				text += " (preliminary)"
			}
			out = append(out, candidate{p.Number, unit, text, limit, p.When, p.Prov})
		}
	}
	slices.SortStableFunc(out, func(x, y candidate) int { return x.when.At.Compare(y.when.At) })
	out = slices.CompactFunc(out, func(x, y candidate) bool {
		return x.prov.Ref() == y.prov.Ref() && x.when.At.Equal(y.when.At) && x.number == y.number
	})
	return out
}

// with are the series, and the parts of series, that have one of the LOINC codes:
// a systolic pressure stands in each kind of panel that sites use, and alone.
func with(c *chart.Chart, codes []string) (out []*chart.Series) {
	has := func(s *chart.Series) bool {
		return slices.ContainsFunc(s.Codes, func(x fhir.Coding) bool { return x.System == "http://loinc.org" && slices.Contains(codes, x.Code) })
	}
	for _, s := range c.Results.Series {
		if has(s) {
			out = append(out, s)
		}
		for _, part := range s.Parts {
			if has(part) {
				out = append(out, part)
			}
		}
	}
	return out
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// fill reads the inputs. Those of one sample are taken at one time: the newest of
// the input that was measured longest ago, and of the others what is nearest to it.
func (r *reader) fill(f *Formula) []Value {
	var anchor time.Time
	for _, in := range f.Inputs {
		if list := r.series(in.ID); in.Sample && !in.Optional && len(list) > 0 {
			if newest := list[len(list)-1].when.At; anchor.IsZero() || newest.Before(anchor) {
				anchor = newest
			}
		}
	}
	out := make([]Value, 0, len(f.Inputs))
	for _, in := range f.Inputs {
		v, ok := r.answers[in.ID]
		if !ok {
			v = r.value(in, anchor, f.Together)
		}
		v.Input = in
		out = append(out, v)
	}
	return out
}

func (r *reader) value(in Input, anchor time.Time, together int) Value {
	if in.Ask {
		return Value{Why: "a clinician has to say"}
	}
	switch in.ID {
	case "age":
		return r.ageValue()
	case "sex":
		return r.sex()
	case "race":
		return r.race()
	case "smoker":
		return r.smoker()
	case "today":
		return On(r.now)
	case "treated", "drugs", "oestrogen":
		return r.medicine(in.ID)
	case "kidney":
		return r.kidney()
	case "liver":
		return r.liver()
	case "hypertension", "diabetes", "dialysis", "cancer":
		return r.problem(in.ID, false)
	case "heart-failure", "stroke", "ischemic-stroke", "vascular", "bled", "clots-before":
		return r.problem(in.ID, true)
	}
	list := r.series(in.ID)
	if len(list) == 0 {
		return Value{Why: "not recorded"}
	}
	pick := list[len(list)-1]
	if in.Sample && !anchor.IsZero() {
		for i := len(list) - 1; i >= 0; i-- {
			if distance(list[i].when.At, anchor) < distance(pick.when.At, anchor) {
				pick = list[i]
			}
		}
		if in.Optional && distance(pick.when.At, anchor) > time.Duration(together)*24*time.Hour {
			return Value{Why: "not of the same time"}
		}
	}
	if pick.limit {
		return Value{Why: "reported as " + pick.text + ", which is no number", Text: pick.text, When: pick.when, Prov: pick.prov}
	}
	return Value{Known: true, Number: pick.number, given: pick.unit, Text: pick.text, When: pick.when, Prov: pick.prov}
}

func distance(a, b time.Time) time.Duration { return a.Sub(b).Abs() }

func (r *reader) age() Age {
	if r.c.Patient.Birth.Precision < fhir.Day {
		return Age{}
	}
	now := r.now
	if z := r.c.Patient.Birth.At.Location(); z != nil {
		now = now.In(z)
	}
	return AgeAt(r.c.Patient.Birth.At, now)
}

// AgeOf is the age of the person of a chart at now; unknown unless the birth date is known to the day.
func AgeOf(c *chart.Chart, now time.Time) Age { return newReader(c, now).age() }

func (r *reader) ageValue() Value {
	a := r.age()
	if !a.Known {
		return Value{Why: "the birth date is not known to the day"}
	}
	return Value{Known: true, Number: float64(a.Years), given: unitSame, Text: chart.Age(r.c.Patient.Birth, r.now), Prov: r.c.Patient.Prov}
}

func (r *reader) sex() Value {
	p := r.c.Patient
	s := p.Sex
	if p.SexAtBirth != "" && s != "" && p.SexAtBirth != s && (s == "male" || s == "female") {
		return Value{Why: fmt.Sprintf("recorded as %s, at birth as %s: a clinician has to say which the formula is to take", s, p.SexAtBirth)}
	}
	if s != "male" && s != "female" {
		s = p.SexAtBirth
	}
	if s != "male" && s != "female" {
		return Value{Why: "not recorded as male or female"}
	}
	return Value{Known: true, Choice: s, Text: s, Prov: p.Prov}
}

func (r *reader) race() Value {
	text := strings.ToLower(r.c.Patient.Race)
	v := Value{Known: true, Choice: "other", Text: r.c.Patient.Race, Prov: r.c.Patient.Prov}
	switch {
	case text == "" || strings.Contains(text, "unknown") || strings.Contains(text, "declined") || strings.Contains(text, "asked"):
		return Value{Why: "not recorded"}
	case strings.Contains(text, "black") || strings.Contains(text, "african american"):
		v.Choice = "black"
	case strings.Contains(text, "white"):
		v.Choice = "white"
	}
	return v
}

func (r *reader) smoker() Value {
	s := r.c.Social.Smoking
	if s == nil || s.Value == "" {
		return Value{Why: "not recorded"}
	}
	v := Value{Known: true, Text: s.Value, When: s.When, Prov: s.Prov}
	switch text := strings.ToLower(s.Value); {
	case strings.Contains(text, "unknown"):
		return Value{Why: "recorded as “" + s.Value + "”"}
	case strings.Contains(text, "never"), strings.Contains(text, "former"), strings.Contains(text, "ex-smoker"), strings.Contains(text, "non-smoker"):
	case strings.Contains(text, "current"), strings.Contains(text, "every day"), strings.Contains(text, "some day"), strings.Contains(text, "heavy"), strings.Contains(text, "light"), text == "smoker":
		v.Yes = true
	default:
		return Value{Why: "recorded as “" + s.Value + "”, which is not read here"}
	}
	return v
}

// problem looks for a kind of disease among the coded problems that are
// confirmed or of which nothing is said; past: among those that ended too.
func (r *reader) problem(id string, past bool) Value {
	lists := [][]chart.Problem{r.c.Problems.Active}
	if past {
		lists = append(lists, r.c.Problems.Resolved)
	}
	for _, list := range lists {
		for _, p := range list {
			if p.Verification != "" && p.Verification != "confirmed" {
				continue
			}
			if diseases[id].in(p.Codes) {
				return Value{Known: true, Yes: true, Text: p.Name, When: p.Onset, Prov: p.Prov}
			}
		}
	}
	return Value{Known: true, Assumed: true, Text: "not among the coded problems"}
}

func (r *reader) medicine(id string) Value {
	for _, m := range r.c.Medicines.Active {
		if m.State != "draft" && takes(m, ingredients[id]) {
			return Value{Known: true, Yes: true, Text: m.Name, When: m.Since, Prov: m.Prov}
		}
	}
	return Value{Known: true, Assumed: true, Text: "no such medicine among the active ones"}
}

// latest is the newest number of a test in its input's unit, not older than a year.
func (r *reader) latest(id string) (float64, candidate, bool) {
	list := r.series(id)
	if len(list) == 0 {
		return 0, candidate{}, false
	}
	c := list[len(list)-1]
	if c.limit || r.now.Sub(c.when.At) > 365*24*time.Hour {
		return 0, c, false
	}
	n, err := known[id].canonical(c.number, c.unit)
	return n, c, err == nil
}

func (r *reader) kidney() Value {
	if v := r.problem("kidney", false); v.Yes {
		return v
	}
	n, c, ok := r.latest("creatinine")
	if !ok {
		return Value{Why: "no creatinine of the last year"}
	}
	return Value{Known: true, Yes: n > 200/88.4, Text: "creatinine " + c.text, When: c.when, Prov: c.prov}
}

// Upper limits of bilirubin (mg/dL) and of AST and ALT (U/L) that HAS-BLED's
// multiples are taken of where the laboratory's own are not read.
const bilirubinTop, transaminaseTop = 1.2, 40

func (r *reader) liver() Value {
	if v := r.problem("cirrhosis", false); v.Yes {
		return v
	}
	b, c, ok := r.latest("bilirubin")
	ast, _, ok1 := r.latest("ast")
	alt, _, ok2 := r.latest("alt")
	if ok && (ok1 || ok2) {
		return Value{Known: true, Yes: b > 2*bilirubinTop && max(ast, alt) > 3*transaminaseTop, Text: "bilirubin " + c.text, When: c.when, Prov: c.prov}
	}
	return Value{Known: true, Assumed: true, Text: "no cirrhosis among the coded problems, no bilirubin with transaminases of the last year"}
}
