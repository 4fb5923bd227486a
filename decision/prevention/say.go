package prevention

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
)

// say is what the record says of one clause.
func (f *facts) say(c clause) verdict {
	p := &f.who
	switch c.kind {
	case isFemale:
		return verdict{state: p.female, why: only(p.female, "for women"), missing: "sex at birth"}
	case isMale:
		return verdict{state: p.male, why: only(p.male, "for men"), missing: "sex at birth"}
	case isAged:
		return f.aged(c)
	case everSmoked:
		v := verdict{state: p.ever, missing: "smoking status"}
		return v.with(p.smoked, p.smoking, "never smoked")
	case smokesNow:
		v := verdict{state: p.smokes, missing: "smoking status"}
		return v.with(p.smoking, p.smoking, "does not smoke")
	case packYears:
		return f.packs(c)
	case quitWithin:
		return f.quitLately(c)
	case isPregnant:
		return f.expecting(c)
	case massIndex:
		if math.IsNaN(p.bmi) {
			return verdict{missing: "body mass index"}
		}
		return ranged(c, p.bmi, p.weighed, "body mass index "+number(p.bmi))
	case hasProblem:
		return f.has(c)
	case everHad:
		return f.ever(c)
	case takes:
		name := f.v.concepts[c.concept].name
		for _, h := range f.about[c.concept].medicine {
			if h.active {
				return verdict{state: yes, why: "takes " + told(&h), facts: []rule.Evidence{h.evidence()}, from: h.when.At}
			}
		}
		return verdict{state: no, why: "no " + name + " recorded"}
	case inFamily:
		if fam := f.about[c.concept].family; len(fam) > 0 {
			return verdict{state: yes, why: fam[0].text, facts: []rule.Evidence{fam[0].evidence()}}
		}
		return verdict{state: no, why: "no " + f.v.concepts[c.concept].name + " in the family recorded"}
	case isActive:
		return f.sexuallyActive()
	case isWithin:
		since := f.now.AddDate(0, -c.months, 0)
		h := f.latest(c.concept, since)
		for i := range f.about[c.concept].problems {
			if q := &f.about[c.concept].problems[i]; !q.unsure && q.when.Known() && !q.when.At.Before(since) && (h == nil || later(h, q) < 0) {
				h = q
			}
		}
		if h == nil {
			return verdict{state: no, why: "no " + f.v.concepts[c.concept].name + " lately recorded"}
		}
		return verdict{state: yes, why: told(h), facts: []rule.Evidence{h.evidence()}, from: h.when.At, until: h.when.At.AddDate(0, c.months, 1)}
	}
	return f.compare(c)
}

// with gives a verdict the fact that says yes, or the one that says no.
func (v verdict) with(so, last *rule.Evidence, otherwise string) verdict {
	switch {
	case v.state == yes && so != nil:
		v.why, v.facts = so.Text+", "+place(so.When, so.Prov), []rule.Evidence{*so}
	case v.state == no:
		v.why = otherwise
		if last != nil {
			v.why, v.facts = last.Text+", "+place(last.When, last.Prov), []rule.Evidence{*last}
		}
	}
	return v
}

func only(t tri, why string) string {
	if t == no {
		return why
	}
	return ""
}

func (f *facts) aged(c clause) verdict {
	if !f.c.Patient.Birth.Known() {
		return verdict{missing: "birth date"}
	}
	day := func(n float64) (first, last time.Time) {
		switch c.unit {
		case "mo":
			return f.birthday(0, int(n), 0)
		case "d":
			return f.birthday(0, 0, int(n))
		}
		return f.birthday(int(n), 0, 0)
	}
	why := "for ages "
	switch {
	case math.IsNaN(c.hi):
		why += "from " + number(c.low)
	case math.IsNaN(c.low):
		why += "to " + number(c.hi)
	default:
		why += number(c.low) + " to " + number(c.hi)
	}
	why += " " + c.unit
	v := verdict{state: yes, missing: "exact birth date"}
	if !math.IsNaN(c.low) {
		first, last := day(c.low)
		v.from = last
		if f.now.Before(first) {
			return verdict{state: no, why: why, from: first, ageOnly: true}
		}
		if f.now.Before(last) {
			v.state = unknown
		}
	}
	if !math.IsNaN(c.hi) {
		first, last := day(c.hi + 1)
		v.until = first
		if !f.now.Before(last) {
			return verdict{state: no, why: why}
		}
		if !f.now.Before(first) {
			v.state = unknown
		}
	}
	return v
}

func ranged(c clause, n float64, e rule.Evidence, what string) verdict {
	v := verdict{state: yes, why: what, facts: []rule.Evidence{e}}
	if !math.IsNaN(c.low) && n < c.low || !math.IsNaN(c.hi) && n > c.hi {
		v.state = no
	}
	return v
}

func (f *facts) packs(c clause) verdict {
	p := &f.who
	switch {
	case p.ever == no:
		return verdict{state: no}.with(nil, p.smoking, "never smoked")
	case math.IsNaN(p.packYears):
		return verdict{missing: "how much was smoked (pack-years)"}
	}
	return ranged(c, p.packYears, p.packs, number(p.packYears)+" pack-years")
}

func (f *facts) quitLately(c clause) verdict {
	p := &f.who
	since := f.now.AddDate(0, -c.months, 0)
	switch {
	case p.ever == no:
		return verdict{state: no}.with(nil, p.smoking, "never smoked")
	case p.smokes == yes: // another alternative says it
		return verdict{state: no, why: "still smokes"}
	case p.quit.IsZero():
		return verdict{missing: "when smoking was given up"}
	case p.quit.Before(since):
		return verdict{state: no, why: "gave up smoking in " + p.quit.Format("2006"), facts: []rule.Evidence{p.stopped}}
	}
	return verdict{state: yes, why: "gave up smoking in " + p.quit.Format("2006"), facts: []rule.Evidence{p.stopped}, until: p.quit.AddDate(0, c.months, 0)}
}

func (f *facts) expecting(c clause) verdict {
	p := &f.who
	if p.pregnant != yes {
		return verdict{state: p.pregnant, why: "no pregnancy recorded", missing: "whether pregnant"}
	}
	v := verdict{state: yes, why: "pregnant", facts: []rule.Evidence{p.pregnancy}, from: p.begun}
	if math.IsNaN(c.low) && math.IsNaN(c.hi) {
		return v
	}
	if p.begun.IsZero() {
		return verdict{missing: "week of the pregnancy"}
	}
	week := int(f.now.Sub(p.begun) / (7 * 24 * time.Hour))
	v.why = fmt.Sprintf("pregnant, week %d", week)
	if !math.IsNaN(c.low) {
		if v.from = p.begun.AddDate(0, 0, int(c.low)*7); week < int(c.low) {
			v.state = no
			v.ageOnly = true
		}
	}
	if !math.IsNaN(c.hi) {
		if v.until = p.begun.AddDate(0, 0, int(c.hi+1)*7); week > int(c.hi) {
			v.state = no
		}
	}
	return v
}

// has looks for an active problem. One that is not sure is neither a yes nor a no.
func (f *facts) has(c clause) verdict {
	name := f.v.concepts[c.concept].name
	out := verdict{state: no, why: "no " + name + " recorded"}
	for i := range f.about[c.concept].problems {
		h := &f.about[c.concept].problems[i]
		switch {
		case !h.active:
		case h.unsure:
			out = verdict{missing: "whether " + h.text + " is confirmed"}
		default:
			return verdict{state: yes, why: told(h), facts: []rule.Evidence{h.evidence()}, from: h.when.At}
		}
	}
	return out
}

func (f *facts) ever(c clause) verdict {
	a := &f.about[c.concept]
	for _, list := range [...][]hit{a.problems, a.done, a.implants} {
		for i := range list {
			if h := &list[i]; !h.unsure {
				return verdict{state: yes, why: told(h), facts: []rule.Evidence{h.evidence()}, from: h.when.At}
			}
		}
	}
	return verdict{state: no, why: "no " + f.v.concepts[c.concept].name + " recorded"}
}

func (f *facts) compare(c clause) verdict {
	name := f.v.concepts[c.concept].name
	h := f.result(c.concept)
	if h == nil {
		var missing string
		if h, missing = f.computed(f.v.concepts[c.concept].id); h == nil {
			return verdict{missing: cmp.Or(missing, "any "+name)}
		}
	}
	n, ok := convert(h.number, h.unit, c.unit)
	if moles, is := convert(h.number, h.unit, "mol/L"); !ok && is {
		n, ok = convert(moles*molar[f.v.concepts[c.concept].id], "g/L", c.unit)
		ok = ok && n > 0
	}
	if !ok {
		return verdict{missing: name + " as a number"}
	}
	so := c.op == ">=" && n >= c.low || c.op == "<" && n < c.low || c.op == ">" && n > c.low || c.op == "<=" && n <= c.low
	v := verdict{state: yes, why: told(h), facts: []rule.Evidence{h.evidence()}, from: h.when.At}
	if !so {
		v.state = no
	}
	return v
}

// molar are the grams of a mole of what rules compare by mass.
var molar = map[string]float64{"urate": 168.11}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// told is a fact in words: "Hysterectomy, 12 Mar 2011 at Lakeside".
func told(h *hit) string { return h.evidence().Text + ", " + place(h.when, h.prov) }

// place is when and where: "12 Jun 2023 at Riverside".
func place(w chart.When, p chart.Prov) string {
	out := "date not recorded"
	if w.Known() {
		out = w.String()
	}
	if p.Source != nil && p.Source.Name != "" {
		out += " at " + p.Source.Name
	}
	return out
}

func (f *facts) sexuallyActive() verdict {
	if h := f.result(f.called("sexual-activity")); h != nil {
		low := strings.ToLower(h.text)
		v := verdict{state: yes, why: told(h), facts: []rule.Evidence{h.evidence()}}
		if strings.HasSuffix(low, " no") || strings.Contains(low, "not sexually") || strings.Contains(low, "never") {
			v.state = no
		}
		return v
	}
	for _, id := range [...]string{"sexually-active", "contraceptive", "sterilised", "pregnancy", "delivery", "pregnancy-loss", "sti"} {
		if v := f.ever(clause{concept: f.called(id)}); v.state == yes {
			v.from = time.Time{}
			return v
		}
	}
	return verdict{missing: "whether sexually active"}
}
