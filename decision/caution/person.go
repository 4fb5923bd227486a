package caution

import (
	"math"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/formula"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Choices of ours: how long a statement that there is no pregnancy holds before a
// teratogen, how long one that there is, and how long one about nursing.
const (
	notPregnantDays = 30
	pregnantDays    = 300
	nursingDays     = 365
)

func (v *view) future(w chart.When) bool { return w.Known() && w.At.After(v.Now) }

func (v *view) within(w chart.When, days int) bool {
	return w.Known() && !w.At.After(v.Now) && fact.Days(w, v.Now) <= days
}

// ages are the person's age as the youngest and the oldest that the birth date
// allows.
func (v *view) ages() (young, old formula.Age) {
	b := v.c.Patient.Birth
	if !b.Known() || b.At.After(v.Now) {
		return formula.Age{}, formula.Age{}
	}
	now := v.Now.In(b.At.Location())
	old = formula.AgeAt(b.At, now)
	young = old
	if b.Precision < fhir.Day {
		if young = formula.AgeAt(b.Until().AddDate(0, 0, -1), now); !young.Known {
			young = formula.Age{Known: true}
		}
	}
	return young, old
}

func (v *view) age(t term) (tri, []rule.Evidence, string) {
	young, old := v.ages()
	if !old.Known {
		return unknown, nil, "the birth date is not recorded"
	}
	in := func(a formula.Age) float64 {
		return float64(map[string]int{"y": a.Years, "mo": a.Months, "d": a.Days}[t.unit])
	}
	if s := holds(t.op, in(young), in(old), t.value); s != unknown {
		return s, []rule.Evidence{v.born()}, ""
	}
	return unknown, nil, "the birth date is not known to the day"
}

func (v *view) born() rule.Evidence {
	return rule.Evidence{Text: chart.Age(v.c.Patient.Birth, v.Now) + ", born " + v.c.Patient.Birth.String(), Prov: v.c.Patient.Prov}
}

// sexOf is that at birth, else the administrative one.
func (v *view) sexOf() string {
	switch birth := strings.ToLower(v.c.Patient.SexAtBirth); birth {
	case "f", "female":
		return "female"
	case "m", "male":
		return "male"
	}
	if s := v.c.Patient.Sex; s == "female" || s == "male" {
		return s
	}
	return ""
}

func (v *view) smoker() (tri, []rule.Evidence, string) {
	s := v.c.Social.Smoking
	if s == nil || s.Value == "" {
		if p := v.has("tobacco", false); p != nil {
			return yes, []rule.Evidence{p.evidence()}, ""
		}
		return unknown, nil, "whether the person smokes is not recorded"
	}
	words := fact.Words(s.Value)
	switch {
	case fact.Any(words, "never", "former", "ex smoker", "non smoker", "nonsmoker", "quit", "not", "no"):
		return no, nil, ""
	case fact.Any(words, "current", "every day", "some day*", "smoker", "heavy", "light", "yes", "daily"):
		return yes, []rule.Evidence{{Text: s.Name + ": " + s.Value, Prov: s.Prov, When: s.When}}, ""
	}
	return unknown, nil, "whether the person smokes is recorded as " + fact.Quoted(s.Value)
}

// state is what is known of a pregnancy.
type state struct {
	is    tri
	weeks int // completed; -1 not known
	facts []rule.Evidence
	until time.Time // the newest word of it
}

func (v *view) pregnancy() state {
	if v.womb == nil {
		s := v.findPregnancy()
		v.womb = &s
	}
	return *v.womb
}

var (
	dueCodes     = []string{"11778-8", "11779-6", "11780-4", "11781-2", "57063-0", "57064-8"}
	weekCodes    = []string{"18185-9", "11884-4", "11885-1", "11887-7", "49051-6", "53693-8", "57714-8"}
	statusCodes  = []string{"82810-3", "11449-6"}
	hcgCodes     = []string{"2106-3", "2118-8", "80384-1", "2110-5", "19080-1", "21198-7", "20415-6"}
	nursingCodes = []string{"63895-7", "69044-6"}
)

func (v *view) findPregnancy() state {
	out := state{weeks: -1}
	young, old := v.ages()
	if v.sexOf() == "male" || old.Known && (old.Years < 9 || young.Years > 58) {
		out.is = no
		return out
	}
	var ended time.Time
	if e := v.has("pregnancy-ended", true); e != nil && e.when.Known() {
		ended = e.when.At
	}
	var against rule.Evidence
	take := func(e rule.Evidence, weeks int) {
		if e.When.Known() && e.When.At.Before(ended) {
			return
		}
		if out.is != yes || e.When.At.After(out.until) {
			out.until = e.When.At
		}
		if out.is = yes; weeks > out.weeks {
			out.weeks = weeks
			out.facts = append([]rule.Evidence{e}, out.facts...)
			return
		}
		out.facts = append(out.facts, e)
	}
	list := v.history()
	for i := range list {
		s := &list[i]
		if s.over || !s.is(v.k.concepts["pregnancy"]) || v.future(s.when) || s.bygone && !v.k.concepts["pregnancy"].coded(s.codes) {
			continue
		}
		if w := s.when; !w.Known() && v.within(s.prov.When, pregnantDays) || v.within(w, pregnantDays) {
			take(s.evidence(), -1)
		}
	}
	for _, s := range v.all() {
		due, weeks, status, hcg := v.about(s, dueCodes, "estimated date of delivery", "due date", "delivery date estimated"), v.about(s, weekCodes, "gestational age"),
			v.about(s, statusCodes, "pregnancy status"), v.about(s, hcgCodes, "hcg", "pregnancy test", "choriogonadotropin")
		if !due && !weeks && !status && !hcg {
			continue
		}
		for i := range s.Points {
			p := &s.Points[i]
			if fact.UseOf(*p, v.Now) != fact.Usable {
				continue
			}
			e := rule.Evidence{Text: s.Name + ": " + fact.Value(*p), Prov: p.Prov, When: p.When}
			val := fact.Words(p.Value)
			switch {
			case due:
				if day, ok := dateOf(p.Value); ok && day.After(v.Now.AddDate(0, 0, -21)) && day.Before(v.Now.AddDate(0, 0, 290)) {
					if w, _, err := formula.GestationalAge(day, v.Now); err == nil {
						take(e, w)
					}
				}
			case weeks:
				if n, err := formula.Convert(p.Number, unitOf(s), "wk"); err == nil && n >= 0 && n < 44 && !math.IsNaN(n) {
					if w := int(n) + fact.Days(p.When, v.Now)/7; w < 44 {
						take(e, w)
					}
				}
			case fact.Any(val, "not pregnant", "negative", "no", "nonpregnant", "not detected"):
				if p.When.At.After(against.When.At) && v.within(p.When, notPregnantDays) {
					against = e
				}
			case fact.Any(val, "pregnant", "positive", "yes", "detected"):
				if v.within(p.When, pregnantDays-20) {
					take(e, -1)
				}
			case hcg && p.Number > 25 && v.within(p.When, 60): // IU/L; between 5 and 25 nothing is sure
				take(e, -1)
			case hcg && p.Number < 5 && v.within(p.When, notPregnantDays) && p.When.At.After(against.When.At):
				against = e
			}
		}
	}
	if against.When.Known() && (out.is != yes || against.When.At.After(out.until)) {
		return state{is: no, weeks: -1, facts: []rule.Evidence{against}}
	}
	fact.Sort(out.facts)
	return out
}

func unitOf(s *chart.Series) string {
	u := s.UnitCode
	if u == "" {
		u = s.Unit
	}
	if u == "weeks" || u == "week" || u == "wks" {
		return "wk"
	}
	return u
}

func (v *view) about(s *chart.Series, codes []string, names ...string) bool {
	coded := false
	for _, c := range s.Codes {
		if c.System != "http://loinc.org" {
			continue
		}
		coded = true
		for _, want := range codes {
			if c.Code == want {
				return true
			}
		}
	}
	return !coded && fact.Any(fact.Words(s.Name), names...)
}

func dateOf(s string) (time.Time, bool) {
	for _, form := range []string{time.DateOnly, "2 Jan 2006"} {
		if t, err := time.Parse(form, strings.TrimSpace(s)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func (v *view) pregnantTerm(t term) (tri, []rule.Evidence, string) {
	p := v.pregnancy()
	if p.is != yes || t.op == "" {
		if p.is == yes {
			return yes, p.facts, ""
		}
		return no, nil, "" // what is not recorded is asked by the rules that ask
	}
	if p.weeks < 0 {
		return unknown, p.facts, "how far the pregnancy has come is not recorded"
	}
	return holds(t.op, float64(p.weeks), float64(p.weeks), t.value), p.facts, ""
}

// maybe says whether she may be pregnant: of an age from 12 to 50 and nothing says
// that she is, is not, or cannot be.
func (v *view) maybe() (tri, []rule.Evidence, string) {
	young, old := v.ages()
	if v.sexOf() != "female" || !old.Known || old.Years < 12 || young.Years > 50 || v.pregnancy().is != unknown {
		return no, nil, ""
	}
	if v.has("no-womb", true) != nil || v.has("no-womb", false) != nil {
		return no, nil, ""
	}
	return yes, []rule.Evidence{v.born()}, ""
}

// nursing is the newest word that she breast-feeds.
func (v *view) nursing() (tri, []rule.Evidence, string) {
	if v.sexOf() == "male" {
		return no, nil, ""
	}
	if s := v.has("lactation", false); s != nil && (v.within(s.when, nursingDays) || !s.when.Known()) {
		return yes, []rule.Evidence{s.evidence()}, ""
	}
	var best *chart.Point
	var name string
	for _, s := range v.all() {
		if !v.about(s, nursingCodes, "breastfeeding", "breast feeding", "lactation status") {
			continue
		}
		for i := range s.Points {
			if p := &s.Points[i]; fact.UseOf(*p, v.Now) == fact.Usable && v.within(p.When, nursingDays) && (best == nil || best.When.At.Before(p.When.At)) {
				best, name = p, s.Name
			}
		}
	}
	if best == nil {
		return no, nil, ""
	}
	if val := fact.Words(best.Value); fact.Any(val, "yes", "breastfeeding", "breast feeding", "currently", "true", "exclusively", "lactating") && !fact.Any(val, "no", "not") {
		return yes, []rule.Evidence{{Text: name + ": " + best.Value, Prov: best.Prov, When: best.When}}, ""
	}
	return no, nil, ""
}
