package order

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// join is how directions are joined to those before them.
type join byte

const (
	first join = iota
	and        // at the same time: "and", "plus", a semicolon
	comma      // which may mean either
	then       // after them: "then", "followed by"
	stop       // "then stop"
)

// segment is the words of one step.
type segment struct {
	words []token
	join  join
}

// directions reads all that is left: one step or several.
func (p *reader) directions() {
	segs := p.segments(p.words[p.at:])
	p.at = len(p.words)
	seq, chain := 1, slices.ContainsFunc(segs, func(s segment) bool { return s.join == then || s.join == stop })
	var steps []Sig
	for _, seg := range segs {
		q := reader{words: seg.words, later: len(steps) > 0}
		q.each()
		p.line.Unread = append(p.line.Unread, q.line.Unread...)
		p.notes = append(p.notes, q.notes...)
		for _, x := range q.line.Problems {
			p.problem("%s", x)
		}
		x := q.line.Sig
		if seg.join == stop {
			last := &steps[len(steps)-1]
			last.Stop = true
			p.supplied(&steps[0], x)
			continue
		}
		if len(steps) > 0 {
			before := steps[len(steps)-1]
			switch {
			case seg.join == then, seg.join == comma && chain && before.Ends():
				seq++
			case seg.join == comma && before.Days > 0:
				p.problem("after “%s” it is not clear whether the next comes then or at the same time: write then, or and", before.one(nil))
			}
			p.supplied(&steps[0], x)
			x.Quantity, x.QuantityUnit, x.Computed, x.Refills, x.RefillsSaid = 0, "", false, 0, false
		}
		x.Seq = seq
		if len(steps) == MaxSteps {
			p.problem("these are more than %d steps", MaxSteps)
			break
		}
		steps = append(steps, x)
	}
	if len(steps) > 0 {
		p.line.Sig = SetSteps(steps)
	}
}

// supplied takes what is handed out from wherever it was said.
func (p *reader) supplied(s *Sig, x Sig) {
	if x.Quantity > 0 && s.Quantity == 0 {
		s.Quantity, s.QuantityUnit, s.Computed = x.Quantity, x.QuantityUnit, x.Computed
	}
	if x.RefillsSaid && !s.RefillsSaid {
		s.Refills, s.RefillsSaid = x.Refills, true
	}
}

// segments parts the words of directions into steps: always at "then", where
// something of a step follows it, and at "and", a comma or a semicolon only where
// both sides say how much and when.
func (p *reader) segments(words []token) []segment {
	var out []segment
	cur, how := 0, first
	flush := func(to int) {
		for k, seg := range p.atOnce(words[cur:to], len(out) == 0) {
			if k == 0 {
				seg.join = how
			}
			out = append(out, seg)
		}
	}
	for i := 0; i < len(words); i++ {
		used := 0
		switch w := words[i].low; {
		case w == "then":
			used = 1
		case w == "followed" && i+1 < len(words) && words[i+1].low == "by":
			used = 2
		}
		if used == 0 || i == 0 || i+used == len(words) {
			continue
		}
		next := words[i+used:]
		kind := then
		switch next[0].low {
		case "stop", "discontinue", "off":
			kind = stop
		default:
			q := reader{words: next[:until(next)], later: true}
			q.each()
			if x := q.line.Sig; x.Dose == 0 && x.Times == 0 && !x.Once && x.Days == 0 && !x.PRN && len(x.When) == 0 {
				continue // "then call us": words
			}
		}
		end := i
		if words[i-1].low == "and" && i > 1 {
			end--
		}
		if end <= cur && how != first {
			continue
		}
		flush(end)
		cur, how = i+used, kind
		if kind == stop {
			cur++
		}
		i = cur - 1
	}
	flush(len(words))
	return out
}

// until is where the next "then" stands, or the end.
func until(words []token) int {
	for i, t := range words {
		if i > 0 && (t.low == "then" || t.low == "followed") {
			return i
		}
	}
	return len(words)
}

// atOnce parts words without a "then".
func (p *reader) atOnce(words []token, named bool) []segment {
	type place struct {
		at, used int
		join     join
		strong   bool // a semicolon stands there: commas after it are within the next step
	}
	var places []place
	for i := 1; i < len(words); i++ {
		switch w := words[i].low; {
		case w == "and" || w == "plus" || w == "&" || w == "+":
			if i+1 < len(words) {
				places = append(places, place{i, 1, and, words[i-1].end == ';'})
				i++
			}
		case words[i-1].end == ';':
			places = append(places, place{i, 0, and, true})
		case words[i-1].end == ',':
			places = append(places, place{i, 0, comma, false})
		}
	}
	var out []segment
	cur, how := 0, first
	for k, x := range places {
		end := len(words)
		for _, y := range places[k+1:] {
			if !x.strong || y.strong {
				end = y.at
				break
			}
		}
		if x.at <= cur || !p.complete(words[cur:x.at], named && len(out) == 0, len(out) > 0) || !p.complete(words[x.at+x.used:end], false, true) {
			continue
		}
		out = append(out, segment{words[cur:x.at], how})
		cur, how = x.at+x.used, x.join
	}
	return append(out, segment{words[cur:], how})
}

// complete says whether words say how much and when. Of a named line the strength
// may be how much.
func (p *reader) complete(words []token, named, later bool) bool {
	q := reader{words: words, later: later}
	q.each()
	x := q.line.Sig
	dosed := x.Dose > 0 && (x.Unit != "" || len(q.line.Unread) == 0) || named && p.line.Strength > 0
	return dosed && (x.Times > 0 || x.Once || x.PRN || x.Days > 0 || len(x.When) > 0)
}

// dayNames are days of the week as they are written; the short ones count after
// "on" or beside another.
var dayNames = map[string]string{"mon": "mon", "tue": "tue", "tues": "tue", "wed": "wed", "thu": "thu", "thur": "thu", "thurs": "thu", "fri": "fri", "sat": "sat", "sun": "sun"}

func dayName(w string, short bool) string {
	w = strings.TrimSuffix(w, "s")
	for _, k := range weekdays {
		if strings.EqualFold(w, dayWords[k]) {
			return k
		}
	}
	if d := dayNames[w]; short && d != "" {
		return d
	}
	return ""
}

// weekdays reads "on Monday and Thursday", "mon wed fri", "mwf".
func (p *reader) weekdays(s *Sig) bool {
	at, on := p.at, false
	if p.peek(0).low == "on" || p.peek(0).low == "every" {
		on = p.peek(0).low == "on"
		at++
	}
	var found []string
	if w := p.words[at:]; len(w) > 0 && w[0].low == "mwf" {
		found, at = []string{"mon", "wed", "fri"}, at+1
	}
	for at < len(p.words) {
		next := at
		if len(found) > 0 && p.words[at].low == "and" {
			next++
		}
		if next >= len(p.words) {
			break
		}
		short := on || len(found) > 0 || next+1 < len(p.words) && dayName(p.words[next+1].low, true) != ""
		d := dayName(p.words[next].low, short)
		if d == "" {
			break
		}
		if !slices.Contains(found, d) {
			found = append(found, d)
		}
		at = next + 1
	}
	if len(found) == 0 {
		return false
	}
	for _, d := range weekdays {
		if slices.Contains(found, d) && !slices.Contains(s.On, d) {
			s.On = append(s.On, d)
		}
	}
	if s.Times == 0 && !s.Once {
		s.Times, s.Every, s.Per = 1, 1, "d"
	}
	p.at = at
	return true
}

// clock is a time of day as "08:00", "" when it is none.
func clock(s string) string {
	h, m, ok := strings.Cut(s, ":")
	x, e1 := strconv.Atoi(h)
	y, e2 := strconv.Atoi(m)
	if !ok || e1 != nil || e2 != nil || len(h) > 2 || len(m) != 2 || x < 0 || x > 23 || y < 0 || y > 59 || h[0] == '+' || m[0] == '+' {
		return ""
	}
	if len(h) == 1 {
		h = "0" + h
	}
	return h + ":" + m
}

// clock reads "at 08:00 and 20:00".
func (p *reader) clock(s *Sig) bool {
	at := p.at
	if w := p.peek(0).low; w == "at" || w == "and" && len(s.At) > 0 {
		at++
	}
	if at >= len(p.words) {
		return false
	}
	t := clock(p.words[at].low)
	if t == "" || len(s.At) >= 12 {
		return false
	}
	if !slices.Contains(s.At, t) {
		s.At = append(s.At, t)
	}
	if s.Per == "" || s.Times < len(s.At) && s.Per == "d" && s.Every == 1 {
		s.Times, s.Every, s.Per = len(s.At), 1, "d"
	}
	p.at = at + 1
	return true
}

// period reads "from 1 Dec 2026", "until 5 Dec 2026", "starting 2026-12-01".
func (p *reader) period(s *Sig) bool {
	to := &s.Start
	switch p.peek(0).low {
	case "from", "starting":
	case "until", "till":
		to = &s.End
	default:
		return false
	}
	for n, layout := range map[int]string{1: time.DateOnly, 3: "2 Jan 2006"} {
		var w []string
		for i := 1; i <= n; i++ {
			w = append(w, p.peek(i).said)
		}
		if t, err := time.Parse(layout, strings.Join(w, " ")); err == nil && t.Year() > 1900 && t.Year() < 2200 {
			*to = t.Format(time.DateOnly)
			p.at += 1 + n
			return true
		}
	}
	return false
}
