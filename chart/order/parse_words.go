package order

import "strings"

// often is a frequency as it is written.
type often struct {
	times int
	every float64
	per   string
	when  string
}

// frequencies are the abbreviations and words of frequencies. Those on ISMP's
// list of error-prone abbreviations that mean two things are in ambiguous.
var frequencies = map[string]often{
	"qd": {1, 1, "d", ""}, "daily": {1, 1, "d", ""}, "q day": {1, 1, "d", ""}, "every day": {1, 1, "d", ""}, "once daily": {1, 1, "d", ""}, "once a day": {1, 1, "d", ""}, "q24h": {1, 24, "h", ""},
	"bid": {2, 1, "d", ""}, "b.i.d": {2, 1, "d", ""}, "twice daily": {2, 1, "d", ""}, "twice a day": {2, 1, "d", ""}, "two times a day": {2, 1, "d", ""}, "two times daily": {2, 1, "d", ""},
	"tid": {3, 1, "d", ""}, "t.i.d": {3, 1, "d", ""}, "three times daily": {3, 1, "d", ""}, "three times a day": {3, 1, "d", ""}, "thrice daily": {3, 1, "d", ""},
	"qid": {4, 1, "d", ""}, "q.i.d": {4, 1, "d", ""}, "four times daily": {4, 1, "d", ""}, "four times a day": {4, 1, "d", ""},
	"five times a day": {5, 1, "d", ""}, "five times daily": {5, 1, "d", ""}, "six times a day": {6, 1, "d", ""},
	"qhs": {1, 1, "d", "HS"}, "nightly": {1, 1, "d", "HS"}, "every night": {1, 1, "d", "HS"}, "q hs": {1, 1, "d", "HS"},
	"qam": {1, 1, "d", "MORN"}, "every morning": {1, 1, "d", "MORN"}, "qpm": {1, 1, "d", "EVE"}, "every evening": {1, 1, "d", "EVE"},
	"every other day": {1, 2, "d", ""}, "alternate days": {1, 2, "d", ""}, "q2d": {1, 2, "d", ""},
	"weekly": {1, 1, "wk", ""}, "qweek": {1, 1, "wk", ""}, "qwk": {1, 1, "wk", ""}, "once weekly": {1, 1, "wk", ""}, "once a week": {1, 1, "wk", ""}, "every week": {1, 1, "wk", ""},
	"twice weekly": {2, 1, "wk", ""}, "twice a week": {2, 1, "wk", ""}, "three times a week": {3, 1, "wk", ""}, "three times weekly": {3, 1, "wk", ""},
	"monthly": {1, 1, "mo", ""}, "qmonth": {1, 1, "mo", ""}, "once a month": {1, 1, "mo", ""}, "every month": {1, 1, "mo", ""}, "once monthly": {1, 1, "mo", ""},
	"hourly": {1, 1, "h", ""}, "every hour": {1, 1, "h", ""}, "once an hour": {1, 1, "h", ""},
}

// ambiguous are abbreviations that two people read differently.
var ambiguous = map[string]string{
	"od":  "“od” is read as once daily or right eye: write daily, or right eye",
	"os":  "“os” is read as by mouth or left eye: write po, or left eye",
	"qod": "“qod” is read as daily or four times a day: write every other day",
	"qn":  "“qn” is read as every hour or every night: write nightly",
	"biw": "“biw” is read as twice a week or every two weeks: write which",
	"d/c": "“d/c” is read as discharge or discontinue: write which",
}

var whenWords = map[string]string{"at bedtime": "HS", "hs": "HS", "bedtime": "HS", "before bed": "HS", "in the morning": "MORN", "in the mornings": "MORN", "am": "MORN", "in the evening": "EVE", "pm": "EVE",
	"at night": "NIGHT", "at noon": "NOON", "in the afternoon": "AFT", "with meals": "C", "with food": "C", "with each meal": "C", "ac": "AC", "before meals": "AC", "pc": "PC", "after meals": "PC",
	"with breakfast": "CM", "before breakfast": "ACM", "after breakfast": "PCM", "with dinner": "CV", "before dinner": "ACV", "after dinner": "PCV", "with supper": "CV"}

var verbs = map[string]bool{"take": true, "give": true, "inhale": true, "apply": true, "inject": true, "instil": true, "instill": true, "insert": true, "use": true, "chew": true, "dissolve": true}

var dayUnits = map[string]float64{"d": 1, "day": 1, "days": 1, "w": 7, "wk": 7, "wks": 7, "week": 7, "weeks": 7, "mo": 30, "mos": 30, "month": 30, "months": 30, "mth": 30}

var periodUnits = map[string]string{"min": "min", "mins": "min", "minute": "min", "minutes": "min", "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "d": "d", "day": "d", "days": "d", "w": "wk", "wk": "wk", "week": "wk", "weeks": "wk", "mo": "mo", "month": "mo", "months": "mo"}

// one reads one thing at this place; false when nothing is understood.
func (p *reader) one() bool {
	t := p.peek(0)
	s := &p.line.Sig
	if t.low == "no" && strings.HasPrefix(p.peek(1).low, "refill") {
		s.Refills, s.RefillsSaid = 0, true
		p.at += 2
		return true
	}
	if why, ok := ambiguous[t.low]; ok {
		p.problem("%s", why)
		return false
	}
	return p.supply(t, s) || p.maximum(t, s) || p.frequency(s) || p.eye(s) || p.weekdays(s) || p.clock(s) || p.period(s) || p.timeOfDay(s) || p.need(t, s) || p.duration(t, s) || p.way(t, s) || p.dose(t, s)
}

// eye reads which eye.
func (p *reader) eye(s *Sig) bool {
	for n := 4; n >= 2; n-- {
		switch w := strings.TrimPrefix(strings.TrimPrefix(p.low(n), "in "), "the "); w {
		case "both eyes":
			s.Route = "both-eyes"
		case "right eye":
			s.Route = "right-eye"
		case "left eye":
			s.Route = "left-eye"
		default:
			continue
		}
		p.at += n
		return true
	}
	return false
}

// frequencyAt and durationAt look ahead: does a frequency or duration begin there?
func (p *reader) frequencyAt(i int) bool {
	trial := reader{words: p.words, at: p.at + i}
	w := trial.peek(0).low
	return (w == "x" || w == "times") && trial.peek(1).low != "" && !trial.peek(1).num
}

func (p *reader) durationAt(i int) bool { _, ok := dayUnits[p.peek(i).low]; return ok }

func (p *reader) frequency(s *Sig) bool {
	set := func(o often, max int, everyMax float64, words int) bool {
		s.Times, s.TimesMax, s.Every, s.EveryMax, s.Per = o.times, max, o.every, everyMax, o.per
		if o.when != "" {
			s.addWhen(o.when)
		}
		p.at += words
		return true
	}
	for n := 4; n >= 1; n-- {
		if o, ok := frequencies[strings.TrimSuffix(p.low(n), ".")]; ok {
			return set(o, 0, 0, n)
		}
	}
	t := p.peek(0)
	switch t.low {
	case "once", "stat":
		if t.low == "once" && (p.low(2) == "once only" || p.low(2) == "once now") {
			p.at++
		} else if t.low == "stat" {
			p.notes = append(p.notes, "now")
		}
		s.Once = true
		p.at++
		return true
	case "one":
		if p.low(3) == "one time only" || p.low(2) == "one time" {
			s.Once = true
			p.at += 2
			if p.peek(0).low == "only" {
				p.at++
			}
			return true
		}
	}
	// q6h, q4-6h, q 6 h, every 6 hours, every 4-6 hours
	q, used := t, 1
	switch {
	case t.low == "q" || t.low == "every":
		q, used = p.peek(1), 2
	case strings.HasPrefix(t.low, "q") && len(t.low) > 1 && t.low[1] >= '0' && t.low[1] <= '9':
		q = token{said: t.said[1:], low: t.low[1:]}
		q.number()
	default:
		q = token{}
	}
	if n := numberWords[q.low]; n >= 1 && used == 2 {
		q.num, q.n = true, n
	}
	if q.num && q.n > 0 && q.n <= 366 {
		unit := q.unit
		if unit == "" {
			unit = p.peek(used).low
			used++
		}
		if u, ok := periodUnits[unit]; ok {
			return set(often{1, q.n, u, ""}, 0, q.to, used)
		}
		return false
	}
	// 2 times a day, 2x/day, 2 x daily, 1-2 times a day, three times every 2 weeks
	n, to, used := 0.0, 0.0, 1
	switch w := t.low; {
	case t.num && strings.HasPrefix(t.unit, "x"):
		n, to = t.n, t.to
	case t.num && t.unit == "" && (p.peek(1).low == "times" || p.peek(1).low == "x" || p.peek(1).low == "time"):
		n, to, used = t.n, t.to, 2
	case strings.Contains(w, "x/"):
		head, tail, _ := strings.Cut(w, "x/")
		h := token{low: head}
		if h.number(); h.num && h.unit == "" {
			if u, ok := periodUnits[tail]; ok && h.n == float64(int(h.n)) && h.n > 0 && h.n <= 24 {
				return set(often{int(h.n), 1, u, ""}, int(h.to), 0, 1)
			}
		}
	case w == "once":
		n = 1
	case w == "twice":
		n = 2
	case numberWords[w] > 0 && p.peek(1).low == "times":
		n, used = numberWords[w], 2
	}
	if n < 1 || n > 24 || n != float64(int(n)) {
		return false
	}
	w := p.peek(used).low
	switch {
	case w == "daily" || w == "weekly" || w == "monthly":
		return set(often{int(n), 1, map[string]string{"daily": "d", "weekly": "wk", "monthly": "mo"}[w], ""}, int(to), 0, used+1)
	case w == "a" || w == "per" || w == "each" || w == "an" || w == "every":
		if x := p.peek(used + 1); w == "every" && x.num && x.unit == "" {
			if u, ok := periodUnits[p.peek(used+2).low]; ok && x.n > 0 && x.n <= 366 {
				return set(often{int(n), x.n, u, ""}, int(to), x.to, used+3)
			}
		}
		if u, ok := periodUnits[p.peek(used+1).low]; ok {
			return set(often{int(n), 1, u, ""}, int(to), 0, used+2)
		}
	}
	return false
}

var numberWords = map[string]float64{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "half": 0.5}

func (s *Sig) addWhen(w string) {
	for _, x := range s.When {
		if x == w {
			return
		}
	}
	if len(s.When) < 4 {
		s.When = append(s.When, w)
	}
}

func (p *reader) timeOfDay(s *Sig) bool {
	skip := 0
	if p.peek(0).low == "and" {
		skip = 1
	}
	p.at += skip
	for n := 3; n >= 1; n-- {
		if w, ok := whenWords[p.low(n)]; ok {
			s.addWhen(w)
			if s.Times == 0 && !s.Once {
				s.Times, s.Every, s.Per = 1, 1, "d"
				if w == "C" || w == "AC" || w == "PC" {
					s.Times = 3
				}
			}
			p.at += n
			return true
		}
	}
	if w := partsOfDay[p.peek(0).low]; w != "" && (p.at+1 == len(p.words) || p.peek(1).num) { // "500 mg morning", "morning 500 mg"
		s.addWhen(w)
		if s.Times == 0 && !s.Once {
			s.Times, s.Every, s.Per = 1, 1, "d"
		}
		p.at++
		return true
	}
	p.at -= skip
	return false
}

var partsOfDay = map[string]string{"morning": "MORN", "noon": "NOON", "midday": "NOON", "afternoon": "AFT", "evening": "EVE", "night": "NIGHT"}

// need reads "prn pain", "as needed for pain", "for cough".
func (p *reader) need(t token, s *Sig) bool {
	switch {
	case t.low == "prn":
		p.at++
	case p.low(2) == "as needed":
		p.at += 2
	case t.low == "for" && !p.peek(1).num && p.peek(1).low != "" && !p.durationAt(2):
		p.at++
		s.For = p.words2()
		return true
	default:
		return false
	}
	s.PRN = true
	if p.peek(0).low == "for" && !p.peek(1).num {
		p.at++
	}
	if w := p.words2(); w != "" {
		s.For = w
	}
	return true
}

// words2 takes words until one that means something.
func (p *reader) words2() string {
	var out []string
	for p.at < len(p.words) && len(out) < 8 {
		t := p.peek(0)
		if t.num || t.low == "x" || t.low == "for" || len(out) > 0 && strings.HasPrefix(t.low, "#") {
			break
		}
		trial := reader{words: p.words, at: p.at}
		if t.low != "c" && t.low != "t" && trial.one() {
			break
		}
		out = append(out, t.said)
		p.at++
		if strings.HasSuffix(t.said, ".") {
			break
		}
	}
	return strings.TrimRight(strings.Join(out, " "), ".,")
}

// duration reads "7d", "x7d", "x 7 days", "for 2 weeks".
func (p *reader) duration(t token, s *Sig) bool {
	used := 0
	if t.low == "for" || t.low == "x" {
		used = 1
		t = p.peek(1)
	} else if strings.HasPrefix(t.low, "x") && len(t.low) > 1 {
		t = token{low: t.low[1:], said: t.said[1:]}
		t.number()
	}
	if n := numberWords[t.low]; n >= 1 {
		t.num, t.n = true, n
	}
	if !t.num || t.to > 0 {
		return false
	}
	unit := t.unit
	used++
	if unit == "" {
		unit = p.peek(used).low
		used++
	}
	f, ok := dayUnits[unit]
	if !ok || t.n <= 0 || t.n*f > 3660 {
		return false
	}
	s.Days = t.n * f
	p.at += used
	return true
}

// supply reads "#30", "disp 30", "dispense 21 capsules", "qty 30", "3 refills", "rf 2".
func (p *reader) supply(t token, s *Sig) bool {
	q, used := token{}, 0
	switch {
	case strings.HasPrefix(t.low, "#") && len(t.low) > 1:
		q = token{low: t.low[1:]}
		q.number()
		used = 1
	case t.low == "#" || t.low == "disp" || t.low == "dispense" || t.low == "qty" || t.low == "quantity":
		q, used = p.peek(1), 2
	case t.low == "rf" || t.low == "refill" || t.low == "refills":
		if n := p.peek(1); n.num && n.unit == "" && n.n == float64(int(n.n)) && n.n <= 99 {
			s.Refills, s.RefillsSaid = int(n.n), true
			p.at += 2
			return true
		}
		return false
	case t.num && t.unit == "" && (p.peek(1).low == "refills" || p.peek(1).low == "refill" || p.peek(1).low == "rf") && t.n == float64(int(t.n)) && t.n <= 99:
		s.Refills, s.RefillsSaid = int(t.n), true
		p.at += 2
		return true
	}
	if !q.num || q.n <= 0 || q.to > 0 {
		return false
	}
	unit := unitKey(q.unit)
	if q.unit == "" {
		if u := p.unitAt(used); u != "" {
			unit = u
			used++
		}
	} else if unit == "" {
		return false
	}
	s.Quantity, s.QuantityUnit, s.Computed = q.n, unit, false
	p.at += used
	return true
}

// maximum reads "max 8/d", "at most 8 tablets a day", "max 4 g per day".
func (p *reader) maximum(t token, s *Sig) bool {
	used := 1
	if p.low(2) == "at most" {
		used = 2
	} else if t.low != "max" && t.low != "maximum" {
		return false
	}
	n := p.peek(used)
	if !n.num {
		head, tail, ok := strings.Cut(n.low, "/")
		n = token{low: head}
		if n.number(); !ok || !n.num || periodUnits[tail] != "d" {
			return false
		}
		s.Max, s.MaxUnit = n.n, unitKey(n.unit)
		if s.MaxUnit == "" {
			s.MaxUnit = s.Unit
		}
		p.at += used + 1
		return true
	}
	unit := unitKey(n.unit)
	used++
	if n.unit == "" {
		w := p.peek(used).low
		if u := unitKey(strings.TrimSuffix(w, "/d")); u != "" {
			unit = u
			used++
		} else if u := unitKey(strings.TrimSuffix(w, "/day")); u != "" {
			unit = u
			used++
		}
	}
	if unit == "" {
		unit = s.Unit
	}
	switch p.peek(used).low {
	case "a", "per", "each":
		if periodUnits[p.peek(used+1).low] == "d" {
			used += 2
		}
	case "daily", "/day", "/d":
		used++
	}
	s.Max, s.MaxUnit = n.n, unit
	p.at += used
	return true
}

// way reads a route or the verb of the directions.
func (p *reader) way(t token, s *Sig) bool {
	for n := 4; n >= 1; n-- {
		if r := routeKey(p.low(n)); r != "" {
			if r == "transdermal" && p.low(n) == "to the skin" || r == "topical" && s.Route == "transdermal" {
				r = "topical"
			}
			if strings.HasSuffix(s.Route, "eye") && r == "ophthalmic" || s.Route == "both-eyes" && r == "ophthalmic" || s.Verb == "inhale" && t.low == "inhale" {
				r = s.Route
			}
			s.Route = r
			p.at += n
			return true
		}
	}
	if verbs[t.low] {
		s.Verb = strings.ReplaceAll(t.low, "instill", "instil")
		if t.low == "take" {
			s.Verb = ""
		}
		p.at++
		return true
	}
	return false
}

// dose reads "1 tab", "1-2 tabs", "500mg", "10 mL", "2 puffs", "half a tablet".
func (p *reader) dose(t token, s *Sig) bool {
	if n := numberWords[t.low]; n > 0 {
		used := 1
		if p.peek(1).low == "a" {
			used = 2
		}
		if u := p.unitAt(used); u != "" {
			p.setDose(n, 0, u)
			p.at += used + 1
			return true
		}
		return false
	}
	if !t.num || t.n <= 0 {
		return false
	}
	unit, used := unitKey(t.unit), 1
	if t.unit == "" {
		if unit = p.unitAt(1); unit != "" {
			used = 2
		} else if p.peek(1).low == "to" && p.peek(2).num && p.peek(2).n > t.n && p.unitAt(3) != "" {
			p.setDose(t.n, p.peek(2).n, p.unitAt(3))
			p.at += 4
			return true
		}
	} else if unit == "" {
		return false
	}
	if unit == "" && (s.Dose > 0 || t.n > 20 && !p.later) {
		return false
	}
	if next := (reader{words: p.words, at: p.at + 1}); unit == "" && p.later && next.at < len(next.words) && !next.one() {
		return false // "1 hour later" is no dose
	}
	p.setDose(t.n, t.to, unit)
	p.at += used
	return true
}

func (p *reader) setDose(n, to float64, unit string) {
	s := &p.line.Sig
	if s.Dose > 0 && (s.Dose != n || s.Unit != unit) {
		if mass(unit) > 0 && mass(s.Unit) == 0 || mass(unit) == 0 && mass(s.Unit) > 0 && s.Unit != "" {
			// "1 tablet (500 mg)": the second says how much that is
			if mass(unit) > 0 {
				return
			}
		} else {
			p.problem("two doses are written: %s and %s", count(s.Dose, s.Unit), count(n, unit))
			return
		}
	}
	s.Dose, s.DoseMax, s.Unit = n, to, unit
}
