package prevention

import (
	"strings"
	"time"

	"wholechart/decision/rule"
)

const soonDays = 60

// stand is how one rule stands.
func (f *facts) stand(e *entry) Item {
	it := Item{Rule: &e.Rule, Name: e.name, Grade: e.grade, entry: e}
	who := f.population(e)
	if who.state == no {
		it.Status = NotApplicable
		it.Why, it.Facts = f.because(who.why), who.facts
		it.Label = "not applicable"
		if who.ageOnly && who.from.After(f.now) {
			it.Next = who.from
			it.Label = "from " + month(who.from)
			if !who.from.After(f.now.AddDate(0, 0, soonDays)) {
				it.Status, it.Due, it.Next = Soon, who.from, time.Time{}
				it.Label = "due " + day(who.from)
			}
		}
		return it
	}
	it.Facts = append(it.Facts, who.facts...)
	last, next, limit := f.lastDone(e)
	whys := []string{who.why}
	if last != nil {
		ev := last.evidence()
		it.Last, it.ByWords = &ev, last.byWords
		it.Facts = append(it.Facts, ev)
		whys = append(whys, "last "+told(last))
	}
	pending := f.ordered(e, last)
	switch {
	case limit == forever || limit == whileTaken || limit == untilNext && next.After(f.now):
		it.Status, it.Next = Done, next
		it.Label = "done " + brief(last)
		if limit == whileTaken {
			it.Label = "taken · " + last.prov.Source.Name
		}
		if !next.IsZero() && next.Before(f.now.AddDate(0, 0, f.ahead(last, next))) {
			it.Status, it.Due, it.Label = Soon, next, "due "+day(next)
		}
		if !who.until.IsZero() && !next.IsZero() && !next.Before(who.until) { // no longer for that age
			it.Status, it.Next, it.Due = Done, time.Time{}, time.Time{}
			it.Label = "done " + brief(last)
		}
	case who.state == unknown:
		it.Status, it.Missing = Unknown, who.missing
		it.Label = "not known"
		whys = append(whys, "not recorded: "+who.missing)
	case last == nil:
		it.Status, it.Due, it.Label = Due, who.from, "none recorded"
		whys = append(whys, "none recorded")
	case !last.when.Known():
		it.Status, it.Missing, it.Label = Unknown, "when "+last.text+" was done", "done, date not recorded"
	default:
		it.Status, it.Due, it.Label = Due, next, "due since "+month(next)
		if f.now.After(next.AddDate(0, 0, f.grace(last, next))) {
			it.Status, it.Label = Overdue, "overdue since "+month(next)
		}
	}
	if it.Status == Due || it.Status == Overdue || it.Status == Soon {
		whys = append(whys, f.declined(e, &it, last)...)
	}
	if pending != nil && it.Status <= Unknown {
		ev := pending.evidence()
		it.Pending = &ev
		it.Facts = append(it.Facts, ev)
		word := "booked for "
		if pending.pending {
			word = "ordered "
		}
		it.Label = word + day(pending.when.At)
		whys = append(whys, word+place(pending.when, pending.prov))
	}
	it.Why = f.because(whys...)
	return it
}

// because joins who the person is and the reasons.
func (f *facts) because(whys ...string) string {
	sex := f.who.sex
	if sex == "" {
		sex = "sex at birth not recorded"
	}
	age := f.who.age
	if age == "" {
		age = "age not known"
	}
	out := sex + ", " + age
	for _, w := range whys {
		if w != "" {
			out += "; " + w
		}
	}
	return out
}

// population says whether the rule is for this person.
func (f *facts) population(e *entry) verdict {
	best := verdict{state: no}
	for i, l := range e.from {
		v := f.all(l)
		if v.state == yes {
			best = v
			break
		}
		if i == 0 || v.state > best.state || v.state == no && best.state == no && v.ageOnly && (!best.ageOnly || v.from.Before(best.from)) {
			best = v
		}
	}
	if best.state == no {
		if len(e.from) > 1 && !best.ageOnly {
			best.why = firstNo(f, e)
		}
		return best
	}
	for _, l := range e.not {
		if v := f.all(l); v.state == yes {
			v.state, v.ageOnly, v.from = no, false, time.Time{}
			if v.why == "" {
				v.why = "not for this age or sex"
			}
			return v
		}
	}
	return best
}

// firstNo says why none of several populations is this one.
func firstNo(f *facts, e *entry) string {
	out := ""
	for _, l := range e.from {
		if why := f.all(l).why; why != "" && !strings.Contains(out, why) {
			out = joinNo(out, why)
		}
	}
	return out
}

// standing is how long what was done holds.
type standing uint8

const (
	nothing    standing = iota // not done
	untilNext                  // until a day
	forever                    // once was enough
	whileTaken                 // as long as it is taken
)

// lastDone is what was done that holds longest: of what holds no longer, the
// latest.
func (f *facts) lastDone(e *entry) (last *hit, next time.Time, limit standing) {
	settled := map[int]bool{} // concepts of which a condition has chosen the interval
	for i := range e.done {
		m := &e.done[i]
		if settled[m.concept] {
			continue
		}
		if m.cond != nil {
			if f.all(m.cond).state != yes {
				continue
			}
			settled[m.concept] = true
		}
		if m.taken {
			for j := range f.about[m.concept].medicine {
				if h := &f.about[m.concept].medicine[j]; h.active {
					last, next, limit = h, time.Time{}, whileTaken
				}
			}
			if limit == whileTaken {
				return last, next, limit
			}
			continue
		}
		h := f.latest(m.concept, f.since(m))
		if h == nil {
			continue
		}
		if m.once {
			return h, time.Time{}, forever
		}
		if !h.when.Known() {
			if last == nil {
				last = h
			}
			continue
		}
		if until := h.when.At.AddDate(0, m.months, m.days); limit == nothing || until.After(next) || until.Equal(next) && later(last, h) < 0 {
			last, next, limit = h, until, untilNext
		}
	}
	return last, next, limit
}

// since is the day from which something counts.
func (f *facts) since(m *method) time.Time {
	var out time.Time
	if m.fromAge > 0 {
		out, _ = f.birthday(m.fromAge, 0, 0)
	}
	if m.pregnancy {
		begun := f.who.begun
		if begun.IsZero() {
			begun = f.now.AddDate(0, 0, -280)
		}
		out = begun.AddDate(0, 0, 7*m.fromWeek)
	}
	return out
}

// ahead is how many days before its time a thing is announced.
func (f *facts) ahead(last *hit, next time.Time) int {
	return min(soonDays, int(next.Sub(last.when.At)/(24*time.Hour))/4)
}

// grace is how many days after its time a thing is overdue.
func (f *facts) grace(last *hit, next time.Time) int {
	return min(183, int(next.Sub(last.when.At)/(24*time.Hour))/4)
}

// ordered is the newest order or appointment for it since it was last done.
func (f *facts) ordered(e *entry, last *hit) *hit {
	var best *hit
	for i := range e.done {
		list := f.about[e.done[i].concept].pending
		for j := range list {
			h := &list[j]
			if last != nil && last.when.Known() && h.pending && h.when.At.Before(last.when.At) {
				continue
			}
			if best == nil || later(best, h) < 0 {
				best = h
			}
		}
	}
	return best
}

// declined turns an item that was refused since it was last done, and says of
// what was not done for another reason.
func (f *facts) declined(e *entry, it *Item, last *hit) (whys []string) {
	var no, not *hit
	newest := func(list []hit, best *hit) *hit {
		for i := range list {
			h := &list[i]
			if !h.when.Known() || f.later(h.when) || last != nil && !h.when.At.After(last.when.At) {
				continue
			}
			if best == nil || later(best, h) < 0 {
				best = h
			}
		}
		return best
	}
	for i := range e.done {
		a := &f.about[e.done[i].concept]
		no, not = newest(a.declined, no), newest(a.notDone, not)
	}
	if no != nil {
		again := no.when.At.AddDate(0, e.ask, 0)
		ev := no.evidence()
		ev.Text += ": " + no.reason
		if again.After(f.now) {
			it.Status, it.Next = Declined, again
			it.Label = "declined " + day(no.when.At)
			it.Facts = append(it.Facts, ev)
			return []string{"declined " + place(no.when, no.prov) + ", to be asked again from " + day(again)}
		}
		whys = append(whys, "declined "+place(no.when, no.prov))
		it.Facts = append(it.Facts, ev)
	}
	if not != nil && (no == nil || later(no, not) < 0) {
		why := "not done " + place(not.when, not.prov)
		if not.reason != "" {
			why += ": " + not.reason
		}
		ev := not.evidence()
		it.Facts = append(it.Facts, rule.Evidence{Text: ev.Text + ", not done: " + not.reason, Prov: ev.Prov, When: ev.When})
		whys = append(whys, why)
	}
	return whys
}

func day(t time.Time) string   { return t.Format("2 Jan 2006") }
func month(t time.Time) string { return t.Format("Jan 2006") }

// brief is when and where, short: "2024 · Riverside".
func brief(h *hit) string {
	out := h.prov.Source.Name
	if h.when.Known() {
		out = h.when.String() + " · " + out
	}
	return strings.TrimSuffix(out, " · ")
}
