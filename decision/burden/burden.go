// Package burden counts alerts: how often each rule spoke, interrupted, was
// followed or overridden, by day. It is pure: adding, forgetting and reporting
// are functions of their arguments, and no count is of a person.
package burden

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Count is what became of one rule's cards on one day.
type Count struct {
	Shown       int            `json:"shown,omitempty"`
	Interrupted int            `json:"interrupted,omitempty"` // of Shown: asked for a reason
	Accepted    int            `json:"accepted,omitempty"`    // a suggestion was taken
	Overridden  int            `json:"overridden,omitempty"`
	Averted     int            `json:"averted,omitempty"` // tests that were not ordered again
	MicroSv     int            `json:"uSv,omitempty"`     // radiation that was not given, by typical doses, in microsievert
	Reasons     map[string]int `json:"reasons,omitempty"` // of Overridden, by code; "" none was given
}

// Tally is a site's counts by ISO day and rule. Old days are kept as their month:
// "2026-03".
type Tally map[string]map[string]Count

// MaxReasons bounds the reasons that one day of one rule tells apart.
const MaxReasons = 20

func (t Tally) change(day, rule string, f func(*Count)) {
	if t[day] == nil {
		t[day] = map[string]Count{}
	}
	c := t[day][rule]
	f(&c)
	t[day][rule] = c
}

// Show counts a card that was shown.
func (t Tally) Show(day, rule string, interrupts bool) {
	t.change(day, rule, func(c *Count) {
		c.Shown++
		if interrupts {
			c.Interrupted++
		}
	})
}

// Accept counts a card whose suggestion was taken.
func (t Tally) Accept(day, rule string) { t.change(day, rule, func(c *Count) { c.Accepted++ }) }

// Override counts a card that was overridden for a reason; "" is none.
func (t Tally) Override(day, rule, reason string) {
	t.change(day, rule, func(c *Count) {
		c.Overridden++
		c.reason(reason, 1)
	})
}

// Avert counts what was not done because a card was read: tests that were there
// already, and the radiation of examinations.
func (t Tally) Avert(day, rule string, tests, microSv int) {
	t.change(day, rule, func(c *Count) {
		c.Averted += max(0, tests)
		c.MicroSv += max(0, microSv)
	})
}

func (c *Count) reason(code string, n int) {
	c.Reasons = maps.Clone(c.Reasons)
	if c.Reasons == nil {
		c.Reasons = map[string]int{}
	}
	if _, ok := c.Reasons[code]; !ok && len(c.Reasons) >= MaxReasons {
		code = "other"
	}
	c.Reasons[code] += n
}

// Add adds another tally to this one.
func (t Tally) Add(o Tally) {
	for day, rules := range o {
		for rule, x := range rules {
			t.change(day, rule, func(c *Count) { c.add(x) })
		}
	}
}

func (c *Count) add(x Count) {
	c.Shown, c.Interrupted, c.Accepted, c.Overridden = c.Shown+x.Shown, c.Interrupted+x.Interrupted, c.Accepted+x.Accepted, c.Overridden+x.Overridden
	c.Averted, c.MicroSv = c.Averted+x.Averted, c.MicroSv+x.MicroSv
	for code, n := range x.Reasons {
		c.reason(code, n)
	}
}

// Fold puts the days before one into their months.
func (t Tally) Fold(before string) {
	for day, rules := range t {
		if len(day) == len(time.DateOnly) && day < before {
			month := day[:len(monthOnly)]
			for rule, x := range rules {
				t.change(month, rule, func(c *Count) { c.add(x) })
			}
			delete(t, day)
		}
	}
}

const monthOnly = "2006-01"

// Month is the counts of one month: together and by rule.
type Month struct {
	Month string // "2026-03"
	Count
	Lines []Line
}

// Months are the counts from one month to another, both included, the newest
// first; a month without any is there with none.
func (t Tally) Months(from, to string) (out []Month) {
	at, err := time.Parse(monthOnly, to)
	if err != nil {
		return nil
	}
	for m := to; m >= from && len(out) < 600; at, m = at.AddDate(0, -1, 0), at.AddDate(0, -1, 0).Format(monthOnly) {
		part := Tally{}
		for day, rules := range t {
			if strings.HasPrefix(day, m) {
				part.Add(Tally{m + "-01": rules})
			}
		}
		x := Month{Month: m, Lines: part.Report(m+"-01", m+"-01")}
		x.Count = Total(x.Lines)
		out = append(out, x)
	}
	return out
}

// Forget drops what is of days, and of months, before one.
func (t Tally) Forget(before string) {
	for day := range t {
		if day < before {
			delete(t, day)
		}
	}
}

// Decode reads a stored tally; nil is an empty one.
func Decode(body []byte) (Tally, error) {
	t := Tally{}
	if len(body) == 0 {
		return t, nil
	}
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, fmt.Errorf("the counts of alerts cannot be read: %w", err)
	}
	if t == nil { // null
		return Tally{}, nil
	}
	for day, rules := range t {
		_, err := time.Parse(time.DateOnly, day)
		if _, of := time.Parse(monthOnly, day); err != nil && of != nil || rules == nil {
			return nil, fmt.Errorf("the counts of alerts have a day that is none")
		}
		for _, c := range rules {
			if min(c.Shown, c.Interrupted, c.Accepted, c.Overridden, c.Averted, c.MicroSv) < 0 {
				return nil, fmt.Errorf("the counts of alerts have one below zero")
			}
		}
	}
	return t, nil
}

// Line is one rule's counts over some days.
type Line struct {
	Rule string
	Count
}

// Report is the counts from one day to another, both included, of what is not yet
// folded into months: what interrupts
// most comes first, then what is shown most.
func (t Tally) Report(from, to string) []Line {
	sums := map[string]Count{}
	for day, rules := range t {
		if day < from || day > to || len(day) != len(time.DateOnly) {
			continue
		}
		for rule, x := range rules {
			c := sums[rule]
			c.add(x)
			sums[rule] = c
		}
	}
	var out []Line
	for rule, c := range sums {
		out = append(out, Line{rule, c})
	}
	slices.SortFunc(out, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Interrupted, a.Interrupted), cmp.Compare(b.Shown, a.Shown), cmp.Compare(b.Overridden, a.Overridden), strings.Compare(a.Rule, b.Rule))
	})
	return out
}

// Total is the sum of all lines.
func Total(lines []Line) Count {
	var c Count
	for _, l := range lines {
		c.add(l.Count)
	}
	return c
}

// Per100 is how many there are for a hundred orders; ok is false without orders.
func Per100(n, orders int) (per float64, ok bool) {
	if orders <= 0 {
		return 0, false
	}
	return 100 * float64(n) / float64(orders), true
}
