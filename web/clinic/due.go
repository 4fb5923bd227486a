package clinic

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"wholechart/decision/prevention"
	"wholechart/web"
)

func dueDay(word string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return word + " " + t.Format("2 Jan 2006")
}

// dueBoard is the storyboard's part: vaccines, checkups and prevention, the most
// pressing first, then what was lately done elsewhere.
func (v *view) dueBoard() boardSection {
	vaccines, _, ok := v.vaccines()
	care := v.prevention()
	if !ok && len(care.Items) == 0 {
		return boardSection{}
	}
	s := boardSection{Title: "Due"}
	switch k := v.chart.Completeness; {
	case !v.whole():
		s.Note = "by this chart alone"
	case v.gap() != "" && k.Answered == k.Total:
		s.Note = "not by every site"
	case k.Answered < k.Total:
		s.Note = fmt.Sprintf("by %d of %d sites", k.Answered, k.Total)
	default:
		s.Note = "by all sites"
	}
	type line struct {
		rank int
		row  boardRow
	}
	var lines []line
	for i := range vaccines {
		d := &vaccines[i]
		lines = append(lines, line{d.rank, boardRow{Label: d.Title, Href: v.href("immunisations"), Pill: &d.pill}})
	}
	for _, it := range care.Distinct() {
		if rank, pill, ok := v.duePill(it); ok {
			lines = append(lines, line{rank, boardRow{Label: it.Name, Href: v.href("due"), Pill: &pill}})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.rank, b.rank) })
	for i, l := range lines {
		if i == boardDue {
			s.Rows = append(s.Rows, boardRow{Label: plural(len(lines)-i, "more", "more"), Href: v.href("due")})
			break
		}
		s.Rows = append(s.Rows, l.row)
	}
	return s
}

// prevention is how the checkups and preventive recommendations stand.
func (v *view) prevention() prevention.Result {
	if v.due == nil {
		r := prevention.Evaluate(v.chart, v.Now)
		v.due = &r
	}
	return *v.due
}

// duePill is an item in a word, for the storyboard; ok is false of what need not
// be looked at.
func (v *view) duePill(it prevention.Item) (rank int, pill web.Pill, ok bool) {
	p := web.Pill{Text: it.Label}
	if it.Pending != nil {
		return 2, web.Pill{Kind: web.Accent, Text: it.Label, Shape: web.Clock}, it.Status <= prevention.Soon
	}
	switch it.Status {
	case prevention.Overdue:
		p.Kind = web.Danger
		return 0, p, true
	case prevention.Due:
		p.Kind = web.Warning
		if it.Last == nil {
			// Of questions and counselling hardly anybody writes that they were had: they come last.
			p.Text = "none recorded"
			if strings.Contains(it.Name, "questionnaire") || strings.Contains(it.Name, "counselling") || strings.Contains(it.Name, "asked") {
				return 6, p, true
			}
			return 5, p, true
		}
		return 1, p, true
	case prevention.Soon:
		return 4, p, true
	}
	return 9, p, false
}

// dueSection is everything that is due, and why the rest is not.
func (v *view) dueSection(p *sectionPage) {
	care := v.prevention()
	if vaccines, said, ok := v.vaccines(); ok {
		g := group{Title: "Vaccines", Note: said}
		for _, d := range vaccines {
			g.Rows = append(g.Rows, d.row)
		}
		if len(g.Rows) == 0 {
			g.Note = "No vaccine is due. " + said
		}
		p.Groups = append(p.Groups, g)
	}
	for _, part := range []struct {
		title string
		of    []prevention.Status
	}{
		{"Checkups and prevention", []prevention.Status{prevention.Overdue, prevention.Due}}, {"Soon", []prevention.Status{prevention.Soon}},
		{"Not known: the record does not say what the rule needs", []prevention.Status{prevention.Unknown}}, {"Declined", []prevention.Status{prevention.Declined}},
		{"Done", []prevention.Status{prevention.Done}}, {"Not for this person", []prevention.Status{prevention.NotApplicable}},
	} {
		g := group{Title: part.title}
		for _, it := range care.In(part.of...) {
			g.Rows = append(g.Rows, v.dueRow(it))
		}
		switch {
		case len(g.Rows) == 0:
		case part.of[0] == prevention.NotApplicable:
			for i := range g.Rows {
				g.Rows[i].Lines, g.Rows[i].Pills = nil, nil
			}
			n := len(g.Rows)
			g.Rows = []row{{Title: "Why they do not apply", Lines: g.Rows, LinesLabel: plural(n, "recommendation", "recommendations")}}
			p.Groups = append(p.Groups, g)
		default:
			p.Groups = append(p.Groups, g)
		}
	}
	if len(care.Gaps) > 0 {
		g := group{Title: "What this does not take into account"}
		for _, gap := range care.Gaps {
			g.Rows = append(g.Rows, row{Title: gap.Why})
		}
		p.Groups = append(p.Groups, g)
	}
}

func (v *view) dueRow(it prevention.Item) row {
	r := row{Title: it.Name}
	if _, pill, ok := v.duePill(it); ok {
		r.Pills = append(r.Pills, pill)
	} else if it.Label != "" {
		r.Pills = append(r.Pills, web.Pill{Text: it.Label})
	}
	r.say(it.Why)
	if it.ByWords {
		r.say("recognised by its words, not by a code")
	}
	if it.Last != nil && it.Last.Prov.Source != nil {
		r.Badges = append(r.Badges, v.badge(it.Last.Prov))
		r.Href = v.factHref(it.Last.Prov)
	}
	who := row{Title: it.Rule.Title}
	if it.Grade != "" {
		who.say("grade " + it.Grade)
	}
	who.say(it.Rule.Citation, "as of "+it.Rule.Date)
	if prevention.Stale(it.Rule, v.Now) {
		who.Pills = append(who.Pills, web.Pill{Kind: web.Warning, Text: "source older than a year"})
	}
	who.say("needs review by a clinician before use in care")
	r.Lines, r.LinesLabel = []row{who}, "Who says so"
	return r
}
