package clinic

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/decision/cdsi"
	"wholechart/decision/immunization"
	"wholechart/decision/rule"
	"wholechart/web"
)

// dueVaccine is a vaccine group that the CDC's schedule asks for.
type dueVaccine struct {
	immunization.Group
	pill web.Pill
	rank int // the most pressing first
	row  row
}

const (
	boardDue = 6
	dueAhead = 60 * 24 * time.Hour // what comes later is not due yet
)

// immunity is how the person stands with their vaccines, asked once a page.
func (v *view) immunity() *immunization.Result {
	if v.shots == nil {
		r := immunization.Evaluate(v.chart, v.Now.In(v.Zone))
		v.shots = &r
	}
	return v.shots
}

// vaccines are what the CDC's logic asks for, by all that this lens shows. said is
// what the answer rests on and lacks; ok is false when nothing can be said: the
// dead, and who has no birth day.
func (v *view) vaccines() (due []dueVaccine, said string, ok bool) {
	r := v.immunity()
	if !r.Known {
		return nil, "", false
	}
	for _, g := range r.Wanted(dueAhead) {
		d := dueVaccine{Group: g}
		d.pill, d.rank = v.needPill(&g)
		d.row = v.vaccineRow(&g, d.pill)
		due = append(due, d)
	}
	slices.SortStableFunc(due, func(a, b dueVaccine) int { return cmp.Compare(a.rank, b.rank) })
	said = "By the CDC's schedule (CDSi " + r.Release + ", November 2025), from the doses, conditions, allergies, medicines and results " +
		map[bool]string{true: "of the whole record", false: "of this chart alone"}[v.whole()] + ". Travel and exposures stand in no record. Needs review by a clinician."
	if v.gap() != "" {
		said += " Not every site answered: doses given there are not counted."
	}
	return due, said, true
}

// needPill is how pressing a group is, in a word and a place.
func (v *view) needPill(g *immunization.Group) (web.Pill, int) {
	child := v.Now.Before(v.immunity().Birth.At.AddDate(immunization.AdultAt, 0, 0))
	switch {
	case g.Need == immunization.Declined:
		return web.Pill{Text: "declined"}, 4
	case g.Need == immunization.OtherSeason:
		return web.Pill{Text: "new season"}, 3
	case len(g.Evaluations) == 0 && g.Type == cdsi.Standard && child && (g.Need == immunization.Overdue || g.Need == immunization.Due):
		return web.Pill{Kind: web.Warning, Text: "none recorded"}, 1
	case g.Need == immunization.NoneRecorded:
		return web.Pill{Kind: web.Neutral, Text: "none recorded"}, 5
	case g.Need == immunization.Overdue:
		return web.Pill{Kind: web.Danger, Text: "overdue"}, 0
	case g.Need == immunization.Due:
		return web.Pill{Kind: web.Warning, Text: "due now"}, 1
	}
	return web.Pill{Kind: web.Neutral, Text: "due " + g.Recommended.Format("2 Jan")}, 2
}

// vaccineRow is a group with its days, why it is asked for and what to ask first.
func (v *view) vaccineRow(g *immunization.Group, pill web.Pill) row {
	r := row{Title: g.Title, Pills: []web.Pill{pill}}
	if g.Need == immunization.OtherSeason {
		r.say("the season is newer than the schedule in use, and no dose of it is recorded")
		return r
	}
	if g.DoseNumber > 0 {
		r.say("dose " + strconv.Itoa(g.DoseNumber))
	}
	r.say(dueDay("from", g.Earliest), dueDay("recommended", g.Recommended), dueDay("past due", g.PastDue))
	if len(g.Vaccines) > 0 && len(g.Vaccines) <= 3 {
		var names []string
		for _, x := range g.Vaccines {
			names = append(names, x.Name)
		}
		r.say(strings.Join(names, " or "))
	}
	if len(g.Because) > 0 {
		r.say("for " + lowerFirst(g.Because[0].Title) + more(len(g.Because)-1))
	}
	if g.Need == immunization.Forbidden {
		for _, a := range g.Against[:min(len(g.Against), 3)] {
			for _, f := range a.Facts[:min(len(a.Facts), 1)] {
				r.say(f.Text)
			}
		}
	}
	if len(g.Ask) > 0 && g.Need != immunization.Forbidden {
		r.pill(web.Pill{Kind: web.Warning, Text: "ask first"})
	}
	for _, o := range g.Because {
		r.Lines = append(r.Lines, v.factLines("Adds it: "+o.Title, o.Facts)...)
	}
	for _, a := range g.Against {
		r.Lines = append(r.Lines, v.factLines(a.Text, a.Facts)...)
	}
	for _, text := range g.Ask {
		r.Lines = append(r.Lines, row{Title: text})
	}
	for _, d := range g.Refused {
		l := row{Title: "Not given", Href: v.factHref(d.Prov), Badges: []web.Badge{v.badge(d.Prov)}}
		l.date("", d.When)
		l.say(d.Reason)
		r.Lines = append(r.Lines, l)
	}
	for _, text := range g.Guidance {
		r.Lines = append(r.Lines, row{Title: text})
	}
	r.LinesLabel = "Why"
	if len(g.Because)+len(g.Against) == 0 && len(r.Lines) > 0 {
		r.LinesLabel = "More"
	}
	return r
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return " and " + strconv.Itoa(n) + " more"
}

// upperFirst begins a sentence; one that begins with a quotation stays.
func upperFirst(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

// lowerFirst is a title inside a sentence; what begins with two capitals stays.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

func (v *view) factLines(title string, facts []rule.Evidence) (out []row) {
	for _, f := range facts[:min(len(facts), 4)] {
		l := row{Title: title, Href: v.factHref(f.Prov)}
		l.Bits = append(l.Bits, bit{Text: f.Text, When: f.When})
		if f.Prov.Source != nil {
			l.Badges = []web.Badge{v.badge(f.Prov)}
		}
		out = append(out, l)
	}
	return out
}

// dueGroup is the immunisations section's part: what is due, what is forbidden,
// and what this does not take into account.
func (v *view) dueGroup(p *sectionPage) {
	due, said, ok := v.vaccines()
	if !ok {
		return
	}
	g := group{Title: "Due", Note: said}
	for _, d := range due {
		g.Rows = append(g.Rows, d.row)
	}
	if len(g.Rows) == 0 {
		g.Note = "Nothing is due. " + said
	}
	p.Groups = append(p.Groups, g)
	r := v.immunity()
	var not, immune, unsure []row
	for i := range r.Groups {
		switch g := &r.Groups[i]; {
		case g.Need == immunization.Forbidden:
			not = append(not, v.vaccineRow(g, web.Pill{Kind: web.Danger, Text: "contraindicated"}))
		case len(g.Immunity) > 0:
			l := row{Title: g.Title, Pills: []web.Pill{{Kind: web.Good, Text: "immune"}}, LinesLabel: "Why"}
			for _, o := range g.Immunity {
				l.Lines = append(l.Lines, v.factLines(o.Title, o.Facts)...)
			}
			immune = append(immune, l)
		}
	}
	p.more("Must not be given", not)
	p.more("Immune", immune)
	for _, a := range r.Ask {
		l := row{Title: a.Text}
		var names []string
		for _, n := range a.Groups {
			names = append(names, immunization.Title(n))
		}
		l.say(strings.Join(names, ", "))
		for _, f := range a.Facts[:min(len(a.Facts), 3)] {
			l.Badges = append(l.Badges, v.badge(f.Prov))
			l.Href = v.factHref(f.Prov)
		}
		unsure = append(unsure, l)
	}
	p.more("Ask first", unsure)
	var conflicts []row
	for _, k := range r.Conflicts[:min(len(r.Conflicts), 20)] {
		l := row{Title: k.Here, Href: v.factHref(k.By), Badges: []web.Badge{v.badge(k.By), v.badge(k.Other)}}
		l.date("", k.When)
		l.say("another site says " + k.There + "; counted once, as the first")
		conflicts = append(conflicts, l)
	}
	p.more("Sites name different products", conflicts)
	var gaps []row
	for _, x := range r.Gaps {
		gaps = append(gaps, row{Title: upperFirst(x.Why)})
	}
	p.more("What this does not take into account", gaps)
}
