package imaging

import (
	"fmt"
	"math"
	"slices"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
)

// LoudDose is the typical dose of a year in mSv above which it is said aloud.
const LoudDose = 50

// DoseSources is where the typical doses are from (table/doses.txt).
const DoseSources = "Mettler FA et al., Radiology 2008;248:254-263; ACR and RSNA, RadiologyInfo.org, 2022"

// Spares is the radiation in microsievert that one draft has and another, put in its
// place, has not, by typical doses of adults; the zero draft is none at all. Of what
// has no typical dose nothing is counted.
func Spares(draft, instead rule.Draft) int {
	if draft.Kind != rule.DraftImaging {
		return 0
	}
	was, known := OfDraft(draft).Dose()
	is := 0.0
	if instead.Kind == rule.DraftImaging {
		v, ok := OfDraft(instead).Dose()
		if !ok {
			return 0
		}
		is = v
	}
	if !known || was <= is {
		return 0
	}
	return int(math.Round((was - is) * 1000))
}

// sum is what earlier studies gave, by typical doses of adults.
type sum struct {
	mSv     float64
	studies int // with ionising radiation
	unknown int // of them, without a typical dose
}

// total adds up the studies of the last year and of the last five. A report or a
// procedure of the same day and kind as a study is taken for the same.
func (v *view) total() (year, five sum, facts []rule.Evidence) {
	seen := map[string]bool{}
	list := Studies(v.c)
	sorted := make([]*chart.Study, 0, len(list))
	for i := range list {
		if s := &list[i]; s.Status != "cancelled" && s.Status != "entered-in-error" && v.within(s.When, 5*365+1) {
			sorted = append(sorted, s)
		}
	}
	slices.SortStableFunc(sorted, func(a, b *chart.Study) int { return b.Images - a.Images })
	for _, x := range sorted {
		e := OfStudy(*x)
		if !e.Ionizing() {
			continue
		}
		key := x.When.Day() + e.Modality + e.Region()
		if x.Images == 0 && x.Series == 0 && seen[key] {
			continue
		}
		seen[key] = true
		dose, ok := e.Dose()
		text := x.Description
		add := func(s *sum) {
			s.studies++
			s.mSv += dose
			if !ok {
				s.unknown++
			}
		}
		if add(&five); v.within(x.When, 365) {
			add(&year)
		}
		if ok {
			text += ", " + MSv(dose)
		} else {
			text += ", typical dose not known"
		}
		facts = append(facts, rule.Evidence{Text: text, Prov: x.Prov, When: x.When})
	}
	fact.Sort(facts)
	return year, five, facts
}

func (v *view) radiation(d *rule.Draft, e Exam) {
	if !e.Ionizing() {
		return
	}
	child := v.years >= 0 && v.years < 18
	if child && slices.Contains([]string{"CT", "NM", "PT", "XA", "RF"}, e.Modality) {
		v.card(d, "imaging-child", rule.Quiet, rule.Card{Title: "Radiation in a child", Facts: []rule.Evidence{{Text: "born " + v.c.Patient.Birth.String(), Prov: v.c.Patient.Prov}},
			Why: "A child's organs are more sensitive, and there are more years in which harm can show.", Do: "Ultrasound or magnetic resonance where they answer; else a child-size protocol of one phase."})
	}
	dose, known := e.Dose()
	if known && dose < 1 {
		return
	}
	year, five, facts := v.total()
	if five.studies == 0 {
		return
	}
	if len(facts) > 8 {
		facts = facts[:8]
	}
	c := rule.Card{Facts: facts, Do: "Count it in where another examination answers as well; never against one that is needed."}
	level := rule.Quiet
	if child {
		c.Title = fmt.Sprintf("%s with radiation in five years, %d of them in the last", studies(five.studies), year.studies)
		c.Why = "Typical doses are of adults: a child's are not summed here."
	} else {
		if year.mSv+dose > LoudDose {
			level = rule.Notice
		}
		c.Title = fmt.Sprintf("%s of radiation in five years, by typical doses", sentence(MSv(five.mSv)))
		if year.mSv > 0 {
			c.Title = fmt.Sprintf("%s of radiation in a year, %s in five years, by typical doses", sentence(MSv(year.mSv)), MSv(five.mSv))
		}
		c.Why = fmt.Sprintf("%s in five years, %d in the last; typical, not measured.", studies(five.studies), year.studies)
		if known {
			c.Why += " This order adds " + MSv(dose) + "."
		}
		if five.unknown > 0 {
			c.Why += fmt.Sprintf(" Of %d no typical dose is known.", five.unknown)
		}
	}
	v.card(d, "imaging-radiation", level, c)
}

func studies(n int) string {
	if n == 1 {
		return "1 study"
	}
	return fmt.Sprintf("%d studies", n)
}
