package imaging

import (
	"fmt"
	"strings"

	"wholechart/chart"
	"wholechart/decision/formula"
	"wholechart/decision/internal/fact"
	"wholechart/decision/medicine"
	"wholechart/decision/rule"
)

// checkName is the name under which gaps are said.
const checkName = "imaging order"

// view is one input, read once for all drafts.
type view struct {
	rule.Input
	c     *chart.Chart
	a     rule.Answer
	years int // of age; -1 not known
	gfr   gfr
	aki   *rule.Evidence // what tells of acute kidney injury; nil: nothing does
}

// Check holds drafted imaging orders against the record. Other drafts, and a
// record without a draft, it leaves alone.
func Check(in rule.Input) rule.Answer {
	v := view{Input: in, c: in.Chart, years: -1}
	n := 0
	for i := range in.Drafts {
		if in.Drafts[i].Kind != rule.DraftImaging {
			continue
		}
		if n++; n == 1 && v.c != nil {
			v.read()
		}
		v.draft(&in.Drafts[i])
	}
	if n == 0 {
		return v.a
	}
	if v.c == nil {
		v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Why: "no chart was given"})
		return v.a
	}
	medicine.Incomplete(&v.a, v.c, checkName, "Observation", "AllergyIntolerance", "Device", "Condition", "Procedure", "ImagingStudy", "DiagnosticReport", "MedicationRequest", "MedicationStatement")
	v.a.Ran = append(v.a.Ran, fmt.Sprintf("%s: %d drafted, %d rules; %d studies, %d devices and %d allergies recorded", checkName, n, len(Rules()), len(v.c.Imaging), len(v.c.Devices), len(v.c.Allergies.Items)))
	v.a.Sort()
	return v.a
}

func (v *view) read() {
	if age := formula.AgeOf(v.c, v.Now); age.Known {
		v.years = age.Years
	} else if b := v.c.Patient.Birth; b.Known() && b.At.Before(v.Now) {
		v.years = v.Now.Year() - b.At.Year()
		if b.Precision == 1 && v.years > 0 {
			v.years-- // at least so old
		}
	}
	v.kidney()
	v.acute()
}

func (v *view) draft(d *rule.Draft) {
	e := OfDraft(*d)
	if !e.Known() {
		v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Draft: d.ID, Why: "what " + fact.Quoted(d.Name) + " examines could not be understood"})
	}
	if v.c == nil {
		return
	}
	if kind, sure := contrastOf(e); kind != "" {
		if !sure {
			v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Draft: d.ID, Why: "whether contrast is given is not said in " + fact.Quoted(d.Name)})
		}
		v.kidneys(d, e, kind, sure)
		v.metformin(d, e, kind, sure)
		v.allergies(d, kind, sure)
	}
	v.pregnant(d, e)
	v.nursing(d, e)
	if e.Modality == "MR" {
		v.implants(d)
	}
	v.radiation(d, e)
}

// contrastOf is the kind of contrast that may be given, and whether the order
// says that it is.
func contrastOf(e Exam) (kind string, sure bool) {
	switch {
	case e.Contrast == "iodinated" || e.Contrast == "gadolinium":
		return e.Contrast, true
	case e.Contrast != "":
		return "", false
	case e.Modality == "CT":
		return "iodinated", false
	case e.Modality == "MR":
		return "gadolinium", false
	}
	return "", false
}

// card puts a card: level is at most that of the rule, and at most most.
func (v *view) card(d *rule.Draft, id string, level rule.Level, c rule.Card) {
	r := load().byID[id]
	c.Rule, c.Level, c.Draft = r, min(level, r.Level), d.ID
	keys := []string{strings.ToLower(strings.Join(fact.Words(d.Name), " ")), c.Title}
	for _, f := range c.Facts {
		keys = append(keys, f.Prov.Ref()+" "+f.Text)
	}
	c.Facts = append([]rule.Evidence{{Text: d.Name, New: true}}, c.Facts...)
	fact.Sort(c.Facts)
	c.Key = fact.Key(r, keys...)
	v.a.Cards = append(v.a.Cards, c)
}

// within says whether something is at most so many days of the calendar old.
func (v *view) within(w chart.When, days int) bool {
	return w.Known() && !w.At.After(v.Now) && fact.Days(w, v.Now) <= days
}

// lowered is a level for an order that does not say whether contrast is given.
func lowered(level rule.Level, sure bool) rule.Level {
	if !sure && level > rule.Quiet {
		return level - 1
	}
	return level
}

// ifGiven begins a sentence about contrast of an order that does not say so.
func ifGiven(sure bool, s string) string {
	if sure {
		return s
	}
	return "If contrast is given: " + strings.ToLower(s[:1]) + s[1:]
}

// problems calls f for each active problem, and each earlier one when all.
func (v *view) problems(all bool, f func(chart.Problem)) {
	for _, p := range v.c.Problems.Active {
		f(p)
	}
	if all {
		for _, p := range v.c.Problems.Resolved {
			f(p)
		}
	}
}

func problemEvidence(p chart.Problem) rule.Evidence {
	return rule.Evidence{Text: p.Name, Prov: p.Prov, When: p.Onset}
}

// codeIn says whether a problem or procedure has one of the codes.
func codeIn(p chart.Problem, codes ...string) bool {
	for _, c := range p.Codes {
		if coded(c.Code, codes) {
			return true
		}
	}
	return false
}
