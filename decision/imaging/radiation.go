package imaging

import (
	"fmt"
	"slices"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
)

// LoudDose is the typical dose of a year in mSv above which it is said aloud.
const LoudDose = 50

// Sum is what earlier studies gave, by typical doses of adults.
type Sum struct {
	MSv     float64
	Studies int // with ionising radiation
	Unknown int // of them, without a typical dose
}

// Total adds up the studies of the last days before now. A report without images
// of the same day and kind as a study is taken for the same.
func Total(list []chart.Study, days int, at func(chart.When, int) bool) (Sum, []rule.Evidence) {
	var s Sum
	var facts []rule.Evidence
	seen := map[string]bool{}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b chart.Study) int { return b.Images - a.Images })
	for _, x := range sorted {
		e := OfStudy(x)
		if !e.Ionizing() || x.Status == "cancelled" || x.Status == "entered-in-error" || !at(x.When, days) {
			continue
		}
		key := x.When.Day() + e.Modality + e.Region()
		if x.Images == 0 && x.Series == 0 && seen[key] {
			continue
		}
		seen[key] = true
		s.Studies++
		v, ok := e.Dose()
		text := x.Description
		if ok {
			s.MSv += v
			text += ", " + MSv(v)
		} else {
			s.Unknown++
			text += ", typical dose not known"
		}
		facts = append(facts, rule.Evidence{Text: text, Prov: x.Prov, When: x.When})
	}
	fact.Sort(facts)
	return s, facts
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
	year, _ := Total(v.c.Imaging, 365, v.within)
	five, facts := Total(v.c.Imaging, 5*365+1, v.within)
	if five.Studies == 0 {
		return
	}
	if len(facts) > 8 {
		facts = facts[:8]
	}
	c := rule.Card{Facts: facts, Do: "Count it in where another examination answers as well; never against one that is needed."}
	level := rule.Quiet
	if child {
		c.Title = fmt.Sprintf("%s with radiation in five years, %d of them in the last", studies(five.Studies), year.Studies)
		c.Why = "Typical doses are of adults: a child's are not summed here."
	} else {
		if year.MSv+dose > LoudDose {
			level = rule.Notice
		}
		c.Title = fmt.Sprintf("%s of radiation in five years, by typical doses", sentence(MSv(five.MSv)))
		if year.MSv > 0 {
			c.Title = fmt.Sprintf("%s of radiation in a year, %s in five years, by typical doses", sentence(MSv(year.MSv)), MSv(five.MSv))
		}
		c.Why = fmt.Sprintf("%s in five years, %d in the last; typical, not measured.", studies(five.Studies), year.Studies)
		if known {
			c.Why += " This order adds " + MSv(dose) + "."
		}
		if five.Unknown > 0 {
			c.Why += fmt.Sprintf(" Of %d no typical dose is known.", five.Unknown)
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
