package prevention

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
)

type clauseKind uint8

const (
	isFemale   clauseKind = iota // "female": sex at birth
	isMale                       // "male"
	isAged                       // "age 40-74 y", "age 65- y", "age -1 mo"
	everSmoked                   // "ever smoked"
	smokesNow                    // "smokes"
	packYears                    // "pack-years 20-"
	quitWithin                   // "quit within 15 y"
	isPregnant                   // "pregnant", "pregnant 24-28 wk"
	hasProblem                   // "has diabetes": an active problem
	everHad                      // "ever stroke": a problem at any time, something done, an implant
	takes                        // "takes warfarin"
	massIndex                    // "bmi 25-"
	latestIs                     // "latest hba1c >= 7 %"
	inFamily                     // "family breast-cancer"
	isWithin                     // "within 12 mo delivery": done or begun
	isActive                     // "sexually active": as recorded, or as contraception, pregnancy and infections tell
)

// clause is one statement about a person.
type clause struct {
	kind    clauseKind
	concept int
	low, hi float64 // NaN: open
	unit    string  // y, mo, d of ages; of results UCUM
	months  int
	op      string // >= < > <=
}

// verdict is what the record says of a clause or of many.
type verdict struct {
	state   tri
	why     string
	facts   []rule.Evidence
	from    time.Time // the day from which it is so, where a day says it: a birthday, an onset
	until   time.Time // the day from which it no longer is
	missing string    // what is not recorded, when unknown: "smoking status"
	ageOnly bool      // it is not so because the age is not reached
}

func (k *knowledge) line(text string) (line, error) {
	var out line
	for part := range strings.SplitSeq(text, ";") {
		var one []clause
		for alternative := range strings.SplitSeq(part, " or ") {
			c, err := k.clause(strings.Fields(alternative))
			if err != nil {
				return nil, err
			}
			one = append(one, c)
		}
		out = append(out, one)
	}
	return out, nil
}

func (k *knowledge) clause(w []string) (c clause, err error) {
	if len(w) == 0 {
		return c, fmt.Errorf("an empty clause")
	}
	c.low, c.hi = math.NaN(), math.NaN()
	text := strings.Join(w, " ")
	arg := func(i int) string {
		if i < len(w) {
			return w[i]
		}
		return ""
	}
	switch {
	case text == "female":
		c.kind = isFemale
	case text == "male":
		c.kind = isMale
	case text == "ever smoked":
		c.kind = everSmoked
	case text == "sexually active":
		c.kind = isActive
	case text == "smokes":
		c.kind = smokesNow
	case w[0] == "age" && len(w) == 3:
		c.kind, c.unit = isAged, w[2]
		c.low, c.hi, err = between(w[1])
		if c.unit != "y" && c.unit != "mo" && c.unit != "d" {
			err = fmt.Errorf("an age in y, mo or d, not %q", c.unit)
		}
	case w[0] == "pack-years" && len(w) == 2:
		c.kind = packYears
		c.low, c.hi, err = between(w[1])
	case strings.HasPrefix(text, "quit within ") && len(w) == 4:
		c.kind = quitWithin
		c.months, _, err = interval(w[2] + " " + w[3])
	case w[0] == "pregnant" && (len(w) == 1 || len(w) == 3 && w[2] == "wk"):
		c.kind = isPregnant
		if len(w) == 3 {
			c.low, c.hi, err = between(w[1])
		}
	case w[0] == "bmi" && len(w) == 2:
		c.kind = massIndex
		c.low, c.hi, err = between(w[1])
	case w[0] == "has" && len(w) == 2, w[0] == "ever" && len(w) == 2, w[0] == "takes" && len(w) == 2, w[0] == "family" && len(w) == 2:
		c.kind = map[string]clauseKind{"has": hasProblem, "ever": everHad, "takes": takes, "family": inFamily}[w[0]]
		c.concept, err = k.concept(w[1])
	case w[0] == "within" && len(w) == 4:
		c.kind = isWithin
		if c.months, _, err = interval(w[1] + " " + w[2]); err == nil {
			c.concept, err = k.concept(w[3])
		}
	case w[0] == "latest" && len(w) >= 4:
		c.kind, c.op, c.unit = latestIs, w[2], arg(4)
		if c.concept, err = k.concept(w[1]); err == nil {
			c.low, err = strconv.ParseFloat(w[3], 64)
		}
		if err == nil && c.op != ">=" && c.op != "<" && c.op != ">" && c.op != "<=" {
			err = fmt.Errorf("no comparison %q", c.op)
		}
	default:
		err = fmt.Errorf("no clause %q", text)
	}
	return c, err
}

// between reads "40-74", "65-", "-5".
func between(s string) (low, hi float64, err error) {
	a, b, ok := strings.Cut(s, "-")
	low, hi = math.NaN(), math.NaN()
	if ok && a != "" {
		low, err = strconv.ParseFloat(a, 64)
	}
	if ok && b != "" && err == nil {
		hi, err = strconv.ParseFloat(b, 64)
	}
	if !ok || err != nil || math.IsNaN(low) && math.IsNaN(hi) || low > 999 || hi > 999 {
		return low, hi, fmt.Errorf("a range like 40-74, not %q", s)
	}
	return low, hi, nil
}

// all is whether every clause of a line is so: one that is not decides,
// whatever is unknown of the others.
func (f *facts) all(l line) verdict {
	out := verdict{state: yes}
	var whys, missing []string
	nos := 0
	var not verdict
	for _, alternatives := range l {
		v := f.any(alternatives)
		switch v.state {
		case no:
			if nos == 0 {
				not = v
			}
			nos++
			not.ageOnly = not.ageOnly && v.ageOnly
		case unknown:
			if out.state == yes {
				out.state = unknown
			}
			missing = append(missing, v.missing)
		default:
			if v.why != "" {
				whys = append(whys, v.why)
			}
			out.facts = append(out.facts, v.facts...)
			if v.from.After(out.from) {
				out.from = v.from
			}
			if !v.until.IsZero() && (out.until.IsZero() || v.until.Before(out.until)) {
				out.until = v.until
			}
		}
	}
	if nos > 0 {
		not.ageOnly = not.ageOnly && nos == 1 && out.state == yes
		if not.from.Before(out.from) && not.ageOnly {
			not.from = out.from
		}
		return not
	}
	out.why, out.missing = strings.Join(whys, "; "), strings.Join(missing, " and ")
	return out
}

// any is whether one of the clauses is so.
func (f *facts) any(cs []clause) verdict {
	var out verdict
	for i, c := range cs {
		v := f.say(c)
		if v.state == yes {
			return v
		}
		switch {
		case i == 0:
			out = v
		case v.state == unknown && out.state == no:
			out = v
		case v.state == out.state && v.state == unknown && !strings.Contains(out.missing, v.missing):
			out.missing += " or " + v.missing
		case v.state == out.state && v.state == no:
			out.why, out.ageOnly = joinNo(out.why, v.why), out.ageOnly && v.ageOnly
		}
	}
	return out
}

// joinNo says "no diabetes or hypertension recorded".
func joinNo(a, b string) string {
	if a == "" || b == "" || a == b {
		return a + b
	}
	if rest, ok := strings.CutPrefix(b, "no "); ok && strings.HasPrefix(a, "no ") && strings.HasSuffix(a, " recorded") {
		return strings.TrimSuffix(a, " recorded") + " or " + rest
	}
	return a + ", " + b
}

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
				return verdict{state: yes, why: "takes " + h.text, facts: []rule.Evidence{h.evidence()}, from: h.when.At}
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
		return verdict{missing: "any " + name}
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
