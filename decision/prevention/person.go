package prevention

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// tri is what is known of a statement.
type tri int8

const (
	no tri = iota - 1
	unknown
	yes
)

// person is who the rules are about.
type person struct {
	male, female tri
	sex          string // "female"; "female (sex at birth not recorded)"
	age          string
	smokes, ever tri
	smoking      *rule.Evidence // the newest word on it
	smoked       *rule.Evidence // what says that they ever did
	packYears    float64        // NaN not recorded
	packs        rule.Evidence
	quit         time.Time // at the earliest; zero not recorded
	stopped      rule.Evidence
	pregnant     tri
	begun        time.Time // of the pregnancy; zero not known
	pregnancy    rule.Evidence
	bmi          float64 // NaN not recorded
	weighed      rule.Evidence
}

func (f *facts) person() person {
	p := person{packYears: math.NaN(), bmi: math.NaN(), age: chart.Age(f.c.Patient.Birth, f.now)}
	f.sex(&p)
	f.smoking(&p)
	f.pregnancy(&p)
	f.mass(&p)
	return p
}

// sex is that at birth; the administrative one stands for it where none is
// recorded and no gender identity says otherwise.
func (f *facts) sex(p *person) {
	who := &f.c.Patient
	p.sex = who.SexAtBirth
	if p.sex == "" && (who.Sex == "female" || who.Sex == "male") {
		id := strings.ToLower(who.GenderIdentity)
		if id == "" || id == who.Sex || id == "identifies as "+who.Sex || id == "identifies as "+who.Sex+" gender" {
			p.sex = who.Sex
		}
	}
	switch p.sex {
	case "female":
		p.female, p.male = yes, no
	case "male":
		p.female, p.male = no, yes
	}
}

// called is the concept of an id the code itself needs; the table has it, as
// is tested.
func (f *facts) called(id string) int { return f.v.byID[id] }

func (f *facts) smoking(p *person) {
	var last, formerSince, current *hit
	for _, s := range f.about[f.called("smoking-status")].results {
		for i := range s.series.Points {
			pt := &s.series.Points[i]
			if !f.valued(pt) {
				continue
			}
			h := &hit{text: s.series.Name + ": " + pt.Value, when: pt.When, prov: pt.Prov}
			word := smokingWord(pt.Value)
			if word == "" {
				continue
			}
			h.reason = word
			if last == nil || later(last, h) <= 0 {
				last = h
			}
			if word == "current" || word == "former" {
				p.ever = yes
				if p.smoked == nil || h.when.At.After(p.smoked.When.At) {
					e := h.evidence()
					p.smoked = &e
				}
			}
			if word == "current" && (current == nil || later(current, h) < 0) {
				current = h
			}
			if word == "former" && (formerSince == nil || later(h, formerSince) < 0) {
				formerSince = h
			}
		}
	}
	if last != nil {
		e := last.evidence()
		p.smoking = &e
		switch last.reason {
		case "current":
			p.smokes = yes
		case "former", "never":
			p.smokes = no
		case "not now":
			p.smokes = no
		}
		if last.reason == "never" && p.ever != yes {
			p.ever = no
		}
	}
	use := &f.about[f.called("tobacco-use")]
	for i := range use.problems {
		h := &use.problems[i]
		if h.unsure {
			continue
		}
		e := h.evidence()
		p.ever, p.smoked = yes, &e
		if h.active && p.smokes == unknown {
			p.smokes, p.smoking = yes, &e
		}
	}
	if past := &f.about[f.called("tobacco-past")]; len(past.problems) > 0 {
		e := past.problems[len(past.problems)-1].evidence()
		p.ever, p.smoked = yes, &e
		if p.smokes == unknown {
			p.smokes, p.smoking = no, &e
		}
	}
	for _, s := range f.about[f.called("pack-years")].results {
		if h := f.lastOf(s); h != nil && !math.IsNaN(h.number) {
			p.packYears, p.packs = h.number, h.evidence()
		}
	}
	f.quitting(p, formerSince, current)
}

// quitting finds when smoking was given up: as recorded, else after the last
// word that they smoked and before the first that they no longer do.
func (f *facts) quitting(p *person, former, current *hit) {
	for _, s := range f.about[f.called("quit-date")].results {
		if h := f.lastOf(s); h != nil {
			_, value, _ := strings.Cut(h.text, s.series.Name)
			if t, ok := dateOf(strings.TrimSpace(value)); ok {
				p.quit, p.stopped = t, h.evidence()
				return
			}
		}
	}
	if p.smokes == no && current != nil && former != nil && current.when.Known() {
		p.quit, p.stopped = current.when.At, current.evidence()
	}
}

// dateOf reads a date as a chart's point shows it.
func dateOf(s string) (time.Time, bool) {
	for _, form := range [...]string{"2 Jan 2006", "Jan 2006", "2006", time.DateOnly, "2006-01"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// smokingWord is what a smoking status says: current, former, never, "not now"
// of a non-smoker who may have smoked; "" unknown.
func smokingWord(value string) string {
	low := strings.ToLower(value)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(low, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("unknown", "not asked", "never assessed", "not recorded"):
		return ""
	case has("never"):
		return "never"
	case has("former", "ex-smoker", "ex smoker", "quit", "stopped", "past"):
		return "former"
	case has("non-smoker", "nonsmoker", "does not smoke", "non smoker"):
		return "not now"
	case has("current", "every day", "some day", "daily", "smoker", "smokes", "heavy", "light"):
		return "current"
	}
	return ""
}

const pregnancyDays = 300 // a pregnancy recorded longer ago is over, whether its end was written or not

func (f *facts) pregnancy(p *person) {
	birth := f.c.Patient.Birth
	if p.male == yes || birth.Known() && (f.now.Before(birth.At.AddDate(9, 0, 0)) || f.now.After(birth.Until().AddDate(58, 0, 0))) {
		p.pregnant = no
		return
	}
	ended := time.Time{}
	if h := f.ended(); h != nil {
		ended = h.when.At
	}
	take := func(h *hit, begun time.Time) {
		if p.pregnant == yes && (p.begun.IsZero() || begun.IsZero() || !begun.Before(p.begun)) && !(p.begun.IsZero() && !begun.IsZero()) {
			return
		}
		p.pregnant, p.begun, p.pregnancy = yes, begun, h.evidence()
	}
	for _, s := range f.about[f.called("due-date")].results {
		h := f.lastOf(s)
		if h == nil || h.when.At.Before(ended) {
			continue
		}
		_, value, _ := strings.Cut(h.text, s.series.Name)
		if due, ok := dateOf(strings.TrimSpace(value)); ok && due.After(f.now.AddDate(0, 0, -14)) && due.Before(f.now.AddDate(0, 0, pregnancyDays)) {
			take(h, due.AddDate(0, 0, -280))
		}
	}
	if p.pregnant == yes {
		return
	}
	for _, s := range f.about[f.called("gestational-age")].results {
		if h := f.lastOf(s); h != nil && !math.IsNaN(h.number) && h.number <= 44 && h.when.At.After(ended) && (h.unit == "wk" || strings.HasPrefix(h.unit, "week")) {
			if begun := h.when.At.Add(-time.Duration(h.number*7*24) * time.Hour); f.now.Before(begun.AddDate(0, 0, pregnancyDays)) {
				take(h, begun)
			}
		}
	}
	recent := func(w chart.When) bool {
		return w.Known() && w.At.After(ended) && w.At.After(f.now.AddDate(0, 0, -pregnancyDays))
	}
	a := &f.about[f.called("pregnancy")]
	for i := range a.problems {
		if h := &a.problems[i]; h.active && !h.unsure && (recent(h.when) || !h.when.Known() && recent(h.prov.When)) {
			take(h, h.when.At)
		}
	}
	for _, s := range f.about[f.called("pregnancy-status")].results {
		h := f.lastOf(s)
		if h == nil || !recent(h.when) {
			continue
		}
		switch low := strings.ToLower(h.text); {
		case strings.Contains(low, "not pregnant"), strings.HasSuffix(low, " no"):
			if p.pregnant == unknown {
				p.pregnant, p.pregnancy = no, h.evidence()
			}
		case strings.HasSuffix(low, "pregnant"), strings.HasSuffix(low, " yes"):
			if p.pregnant != yes {
				p.pregnant, p.pregnancy = yes, h.evidence()
			}
		}
	}
	// No record of a pregnancy is not asked about at every visit: it is taken for none.
	if p.pregnant == unknown {
		p.pregnant = no
	}
}

// ended is the last end of a pregnancy: a birth, a miscarriage, a termination.
func (f *facts) ended() *hit {
	var best *hit
	for _, id := range [...]string{"delivery", "pregnancy-loss"} {
		a := &f.about[f.called(id)]
		for _, list := range [...][]hit{a.done, a.problems} {
			if n := len(list); n > 0 && (best == nil || later(best, &list[n-1]) < 0) {
				best = &list[n-1]
			}
		}
	}
	return best
}

// mass is the body mass index as recorded, else of the last weight and height
// of an adult.
func (f *facts) mass(p *person) {
	var newest *chart.Vital
	if v := f.c.Vitals.Get("bmi"); v != nil && !math.IsNaN(v.Latest.Number) && !f.later(v.Latest.When) {
		newest = v
		p.bmi, p.weighed = v.Latest.Number, vitalEvidence(v)
	}
	w, h := f.c.Vitals.Get("weight"), f.c.Vitals.Get("height")
	if w == nil || h == nil || f.later(w.Latest.When) || newest != nil && !newest.Latest.When.Before(w.Latest.When) {
		return
	}
	kg, okW := convert(w.Latest.Number, unitOf(w.Series), "kg")
	m, okH := convert(h.Latest.Number, unitOf(h.Series), "m")
	if okW && okH && m > 0.5 && m < 2.6 && kg > 2 && kg < 500 {
		p.bmi = math.Round(kg/m/m*10) / 10
		p.weighed = vitalEvidence(w)
		p.weighed.Text = "Body mass index " + strconv.FormatFloat(p.bmi, 'f', 1, 64) + " kg/m² of weight and height"
	}
}

func unitOf(s *chart.Series) string { return cmp.Or(s.UnitCode, s.Unit) }

func vitalEvidence(v *chart.Vital) rule.Evidence {
	return rule.Evidence{Text: strings.TrimSpace(v.Name + " " + v.Latest.Value + " " + v.Latest.Unit), Prov: v.Latest.Prov, When: v.Latest.When}
}

// birthday is the day on which an age is reached at the earliest and at the
// latest, which differ when the birth date is known to the month or year.
func (f *facts) birthday(years, months, days int) (first, last time.Time) {
	b := f.c.Patient.Birth
	first = b.At.AddDate(years, months, days)
	last = first
	if b.Precision < fhir.Day {
		last = b.Until().AddDate(years, months, days-1)
	}
	return first, last
}
