package chart

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Timeline is the whole record from left to right, a lane a site.
type Timeline struct {
	From  time.Time // the first mark; zero when there is none
	Today time.Time
	Lanes []Lane
}

// Lane is one site's marks, in order of time.
type Lane struct {
	Source *Source
	Marks  []Mark
	Gap    string // why the lane may lack marks, "" when it does not
}

// MarkKind is the kind of a mark.
type MarkKind uint8

// The kinds of marks.
const (
	MarkVisit MarkKind = iota
	MarkResults
	MarkStay
	MarkImaging
	MarkMedicine
	MarkProcedure
	MarkImmunization
	MarkProblem
)

// String names the kind.
func (k MarkKind) String() string {
	return [...]string{"visit", "results", "hospital stay", "imaging", "medicine", "procedure", "immunization", "problem"}[k%8]
}

// Mark is one thing that happened, or went on from Start to End.
type Mark struct {
	Kind       MarkKind
	Start, End time.Time // equal when it has no length
	Ongoing    bool      // End is the chart's now
	Day        bool      // only dates are known
	Label      string
	Count      int // results of a day
	Prov
}

// timeline places what has a known date. What has none is in its own view only.
func (b *builder) timeline() {
	t := &b.c.Timeline
	t.Today = b.c.Now
	lanes := map[*Source]int{}
	for i, s := range b.c.Sources {
		t.Lanes = append(t.Lanes, Lane{Source: s})
		lanes[s] = i
	}
	add := func(kind MarkKind, start, end When, ongoing bool, label string, p Prov) {
		if !start.Known() {
			return
		}
		m := Mark{Kind: kind, Start: start.At, End: start.At, Day: !start.HasTime(), Label: label, Prov: p}
		if end.Known() && end.At.After(start.At) {
			m.End = end.At
		} else if ongoing && b.c.Now.After(start.At) {
			m.End, m.Ongoing = b.c.Now, true
		}
		lane := &t.Lanes[lanes[p.Source]]
		lane.Marks = append(lane.Marks, m)
	}
	for _, e := range b.c.Encounters {
		if e.Cancelled {
			continue
		}
		kind, label := MarkVisit, cmp.Or(e.Reason, e.Type, e.Kind, "visit")
		if e.Kind == "stay" || e.When.Known() && e.End.Known() && e.End.At.Sub(e.When.At) > 24*time.Hour {
			kind = MarkStay
		}
		add(kind, e.When, e.End, kind == MarkStay && e.Ongoing, label, e.Prov)
	}
	b.resultDays(lanes)
	for _, s := range b.c.Imaging {
		add(MarkImaging, s.When, When{}, false, cmp.Or(s.Description, "imaging study"), s.Prov)
	}
	for _, p := range b.c.Procedures {
		if !p.NotDone {
			add(MarkProcedure, p.When, p.End, false, p.Name, p.Prov)
		}
	}
	seen := map[string]bool{}
	for _, v := range b.c.Immunizations.Rows {
		for _, d := range v.Doses {
			if !seen[d.Source.Slug+d.ID] {
				seen[d.Source.Slug+d.ID] = true
				add(MarkImmunization, d.When, When{}, false, d.Product, d.Prov)
			}
		}
	}
	for _, list := range [...][]Problem{b.c.Problems.Active, b.c.Problems.Resolved} {
		for _, p := range list {
			add(MarkProblem, p.Onset, When{}, false, p.Name, p.Prov)
		}
	}
	b.medicineBars(lanes)
	for i := range t.Lanes {
		marks := t.Lanes[i].Marks
		slices.SortFunc(marks, func(x, y Mark) int {
			return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.Kind, y.Kind), strings.Compare(x.Label, y.Label), strings.Compare(x.ID, y.ID))
		})
		if len(marks) > 0 && (t.From.IsZero() || marks[0].Start.Before(t.From)) {
			t.From = marks[0].Start
		}
	}
}

// resultDays marks the days on which a source had laboratory results, one mark a day.
func (b *builder) resultDays(lanes map[*Source]int) {
	type day struct {
		source *Source
		date   int
	}
	at := map[day]int{}
	for _, s := range b.c.Results.Series {
		if s.Category == "vital-signs" || s.Category == "social-history" || s.Category == "survey" || s.Category == "exam" {
			continue
		}
		for i := range s.Points {
			p := &s.Points[i]
			if !p.When.Known() {
				continue
			}
			y, m, d := p.When.At.Date()
			key := day{p.Source, (y*16+int(m))*32 + d}
			lane := &b.c.Timeline.Lanes[lanes[p.Source]]
			k, ok := at[key]
			if !ok {
				at[key] = len(lane.Marks)
				lane.Marks = append(lane.Marks, Mark{Kind: MarkResults, Start: p.When.At, End: p.When.At, Day: !p.When.HasTime(), Label: s.Name, Count: 1, Prov: p.Prov})
				continue
			}
			lane.Marks[k].Count++
		}
	}
	for i := range b.c.Timeline.Lanes {
		for j := range b.c.Timeline.Lanes[i].Marks {
			if m := &b.c.Timeline.Lanes[i].Marks[j]; m.Kind == MarkResults && m.Count > 1 {
				m.Label += " and " + strconv.Itoa(m.Count-1) + " more"
			}
		}
	}
}

// medicineBars draws each medicine once: where it was handed out, from the
// first fill until the last is used up; else where it was prescribed.
func (b *builder) medicineBars(lanes map[*Source]int) {
	draw := func(m Medicine, active bool) {
		var start, end time.Time
		var prov Prov
		fills := false
		for i := len(m.Entries) - 1; i >= 0; i-- { // oldest first
			e := m.Entries[i]
			if e.Kind != Dispensed || !e.When.Known() {
				continue
			}
			if start.IsZero() {
				start, prov = e.When.At, e.Prov
			}
			fills = true
			if until := e.When.At.AddDate(0, 0, max(e.Supply, 1)); until.After(end) {
				end = until
			}
		}
		if !fills {
			if m.State == string(Given) || !m.Since.Known() {
				return
			}
			start, prov = m.Since.At, m.Prov
			end = start
			if m.Ended.Known() {
				end = m.Ended.At
			}
		}
		mark := Mark{Kind: MarkMedicine, Start: start, End: end, Label: cmp.Or(m.Ingredient, m.Name), Prov: prov}
		if active && (!fills || m.NotFilled == 0) || end.After(b.c.Now) {
			mark.End, mark.Ongoing = b.c.Now, true
		}
		if mark.End.Before(mark.Start) {
			mark.End = mark.Start
		}
		lane := &b.c.Timeline.Lanes[lanes[prov.Source]]
		lane.Marks = append(lane.Marks, mark)
	}
	for _, m := range b.c.Medicines.Active {
		draw(m, true)
	}
	for _, m := range b.c.Medicines.Stopped {
		draw(m, false)
	}
}
