package test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/medicine"
	"wholechart/decision/rule"
)

// checkName is the name under which gaps are said.
const checkName = "duplicate test"

// MostFacts bounds the results that a card lists.
const MostFacts = 16

// Check looks for drafted tests and examinations in the record and in the rest
// of the basket. Other drafts, and a record without a draft, it leaves alone.
func Check(in rule.Input) rule.Answer {
	v := view{Input: in, c: in.Chart}
	n := 0
	for i := range in.Drafts {
		d := &in.Drafts[i]
		if d.Kind != rule.DraftTest && d.Kind != rule.DraftImaging {
			continue
		}
		if v.c == nil {
			v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Why: "no chart was given"})
			return v.a
		}
		if n++; n == 1 {
			v.read()
		}
		if d.Kind == rule.DraftImaging {
			v.image(d)
			continue
		}
		r := read(d.Name, d.Codes)
		if !r.known() {
			v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Draft: d.ID, Why: "no window is known for " + fact.Quoted(d.Name)})
		} else {
			v.repeat(d, r)
		}
		v.pending(d, r)
		v.basket(d, r)
	}
	if n == 0 {
		return v.a
	}
	medicine.Incomplete(&v.a, v.c, checkName, "Observation", "DiagnosticReport", "ImagingStudy", "ServiceRequest")
	v.a.Ran = append(v.a.Ran, fmt.Sprintf("%s: %d drafted against %d series, %d studies and %d orders; %d windows", checkName, n, len(v.c.Results.Series), len(v.c.Imaging), len(v.c.Orders), len(Rules())))
	v.a.Sort()
	return v.a
}

// card puts a card; use are the facts among its own that stand in the place of what
// is drafted, by name and without their values.
func (v *view) card(d *rule.Draft, r *rule.Rule, level rule.Level, c rule.Card, use []rule.Evidence, keys ...string) {
	c.Rule, c.Level, c.Draft = r, min(level, r.Level), d.ID
	c.Choices = append(c.Choices, rule.Choice{Label: "Use this instead", Drop: true, Use: slices.Clone(use)})
	for _, f := range c.Facts {
		keys = append(keys, f.Prov.Ref()+" "+f.When.ISO)
	}
	c.Facts = append([]rule.Evidence{{Text: d.Name, New: true}}, c.Facts...)
	fact.Sort(c.Facts)
	c.Key = fact.Key(r, keys...)
	v.a.Cards = append(v.a.Cards, c)
}

// found is one test of a draft that is there already.
type found struct {
	a     *analyte
	st    *state
	valid valid
	next  time.Time
	short *rule.Evidence // what shortens the window
	after *change        // a medicine changed since, too short ago
	why   string
	tells time.Time
}

// repeat compares a drafted test, or the parts of a panel, with the results.
func (v *view) repeat(d *rule.Draft, r reading) {
	var covered []found
	var fresh []string
	var use []rule.Evidence
	early, critical := 0, 0
	for _, a := range r.members {
		st := v.states[a.key]
		if st == nil || st.use == fact.Spoiled {
			fresh = append(fresh, a.title)
			continue
		}
		w, why := v.validity(a)
		at := st.point
		ok, next := w.still(fact.Days(at.When, v.Now), at.When.At, v.Now)
		due, c, because, tells := false, (*change)(nil), "", time.Time{}
		if ok {
			due, c, because, tells = v.changed(a, at.When)
		}
		if !ok || due {
			fresh = append(fresh, a.title)
			continue
		}
		if st.use == fact.Early {
			early++
		} else if at.Critical() {
			critical++
		}
		if c != nil && tells.After(next) {
			next = tells
		}
		covered = append(covered, found{a, st, w, next, why, c, because, tells})
	}
	if len(covered) == 0 || 2*len(covered) < len(r.members) {
		return
	}
	level := rule.Notice
	if early > 0 || critical > 0 {
		level = rule.Quiet
	}
	c := rule.Card{Series: covered[0].st.series}
	next, window := covered[0].next, covered[0].valid
	oldest := covered[0].st.point.When
	one := true // day and site
	for _, f := range covered {
		p := f.st.point
		text := strings.TrimSpace(f.a.title + " " + clipped(fact.Value(p)))
		if f.st.use == fact.Early {
			text += " (preliminary)"
		}
		c.Facts = append(c.Facts, rule.Evidence{Text: text, Prov: p.Prov, When: p.When})
		use = append(use, rule.Evidence{Text: f.a.title, Prov: p.Prov, When: p.When})
		if f.next.Before(next) {
			next = f.next
		}
		if f.valid.less(window) {
			window = f.valid
		}
		if p.When.Before(oldest) {
			oldest = p.When
		}
		one = one && p.When.Day() == covered[0].st.point.When.Day() && fact.Site(p.Prov) == fact.Site(covered[0].st.point.Prov)
	}
	if len(c.Facts) > MostFacts {
		c.Facts, use = c.Facts[:MostFacts], use[:MostFacts]
	}
	first := covered[0].st.point
	title, the := "", r.rule()
	switch {
	case r.one != nil:
		title = strings.TrimSpace(r.one.title + " " + clipped(fact.Value(first)) + " " + fact.On(first.When, first.Prov))
	case len(fresh) == 0 && one:
		title = r.panel.title + " " + fact.On(first.When, first.Prov)
	case len(fresh) == 0:
		title = fmt.Sprintf("%s: all %d values are there, the oldest of %s", r.panel.title, len(covered), oldest)
	default:
		title = fmt.Sprintf("%s: %d of %d values are there", r.panel.title, len(covered), len(r.members))
	}
	c.Title = title
	c.Why = "It stays valid for " + window.String() + "."
	if f := covered[0]; f.short != nil {
		c.Why = fmt.Sprintf("It stays valid for %s here, because of %s.", window, fact.Quoted(f.short.Text))
		c.Facts = append(c.Facts, *f.short)
	}
	switch {
	case early > 0:
		c.Why = "The result is preliminary; the final one is to come."
	case critical > 0:
		c.Why = "The last value was critical: testing again may be right."
	}
	c.Do = "Use it; next useful " + from(next, window, v.Now) + "."
	if f := covered[0]; f.after != nil {
		c.Do = fmt.Sprintf("%s on %s, but %s: useful from %s.", f.after.what, f.after.at, f.why, f.tells.Format("2 Jan 2006"))
		c.Facts = append(c.Facts, rule.Evidence{Text: f.after.what, Prov: f.after.prov, When: f.after.at})
	}
	if len(fresh) > 0 {
		c.Do = "New would be " + list(fresh) + ". " + c.Do
		if len(fresh) == 1 {
			a := r.members[slices.IndexFunc(r.members, func(a *analyte) bool { return a.title == fresh[0] })]
			c.Choices = append(c.Choices, rule.Choice{Label: a.title + " alone", Draft: a.draft(d)})
		}
	}
	v.card(d, the, level, c, use, "result")
}

// draft is the order of one test in the place of another.
func (a *analyte) draft(d *rule.Draft) *rule.Draft {
	out := &rule.Draft{ID: d.ID, Kind: rule.DraftTest, Name: a.title, Reason: d.Reason}
	if len(a.loinc) > 0 {
		out.Codes = coding(a.loinc[0], a.title)
	}
	return out
}

func (r reading) rule() *rule.Rule {
	if r.one != nil {
		return r.one.rule
	}
	return r.panel.rule
}

func (r reading) title() string {
	if r.one != nil {
		return r.one.title
	}
	return r.panel.title
}

// from words when a test is useful again: a day, or within a day an hour.
func from(next time.Time, w valid, now time.Time) string {
	if w.days == 0 && next.Sub(now) < 24*time.Hour {
		return "from " + next.Format("15:04") + " on"
	}
	return "from " + next.Format("2 Jan 2006")
}

func clipped(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

func list(words []string) string {
	if len(words) > 1 {
		return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
	}
	return strings.Join(words, "")
}

// covers says whether one order's tests hold all of another's.
func (r reading) covers(other reading) bool {
	for _, a := range other.members {
		if !contains(r.members, a) {
			return false
		}
	}
	return len(other.members) > 0
}

// PendingDays is how long an order without a result is taken to be pending. It is
// our choice.
const PendingDays = 365

// open says whether something is still to come of an order of the record that is
// not one of the drafts.
func (v *view) open(o chart.Item) bool {
	if o.Type != "" && o.Type != "ServiceRequest" {
		return false
	}
	switch o.Status {
	case "active", "draft", "on-hold":
	default:
		return false
	}
	if o.When.Known() && (o.When.At.After(v.Now.AddDate(0, 0, 1)) || fact.Days(o.When, v.Now) > PendingDays) {
		return false
	}
	return !slices.ContainsFunc(v.Drafts, func(d rule.Draft) bool { return d.ID == o.Ref() || d.ID == o.ID })
}

// pending looks for an order of the same that has no result yet.
func (v *view) pending(d *rule.Draft, r reading) {
	if !r.known() {
		return
	}
	var best *chart.Item
	var of reading
	for i := range v.c.Orders {
		o := &v.c.Orders[i]
		if !v.open(*o) {
			continue
		}
		x := read(o.Name, o.Codes)
		if !x.covers(r) || v.answered(x, o.When) {
			continue
		}
		if best == nil || best.When.Before(o.When) || best.When.At.Equal(o.When.At) && o.Ref() < best.Ref() {
			best, of = o, x
		}
	}
	if best == nil {
		return
	}
	c := pendingCard(best, of.title(), "no result stands in the record yet")
	v.card(d, r.rule(), rule.Notice, c, []rule.Evidence{{Text: best.Name, Prov: best.Prov, When: best.When}}, "pending")
}

func pendingCard(o *chart.Item, what, missing string) rule.Card {
	state := map[string]string{"active": "is ordered already", "draft": "is drafted already", "on-hold": "is ordered and on hold"}[o.Status]
	text := o.Name
	if o.Detail != "" {
		text += ": " + clipped(o.Detail)
	}
	return rule.Card{Title: strings.TrimSpace(what + " " + state + " " + fact.On(o.When, o.Prov)), Why: "That order is open; " + missing + ".",
		Do: "Wait for it, or have it cancelled there.", Facts: []rule.Evidence{{Text: text, Prov: o.Prov, When: o.When}}}
}

// answered says whether every test of an order has a result of its day or later.
func (v *view) answered(r reading, since chart.When) bool {
	if !since.Known() {
		return false
	}
	for _, a := range r.members {
		st := v.states[a.key]
		if st == nil || !st.have || st.last.When.Day() < since.Day() {
			return false
		}
	}
	return true
}

// basket looks for the same among the other drafts: of two equal ones the one
// with the greater ID is told, of a part the part.
func (v *view) basket(d *rule.Draft, r reading) {
	if !r.known() {
		return
	}
	for i := range v.Drafts {
		o := &v.Drafts[i]
		if o == d || o.Kind != rule.DraftTest {
			continue
		}
		x := read(o.Name, o.Codes)
		if !x.covers(r) || r.covers(x) && d.ID < o.ID {
			continue
		}
		why := "Both ask for the same."
		if !r.covers(x) {
			why = fmt.Sprintf("%s is a part of %s.", r.title(), fact.Quoted(o.Name))
		}
		c := rule.Card{Title: r.title() + " is in this basket already", Why: why, Do: "Take one of them away.", Facts: []rule.Evidence{{Text: o.Name, New: true}}}
		v.card(d, r.rule(), rule.Notice, c, nil, "basket", r.title(), o.Name)
		return
	}
}
