package clinic

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"wholechart/chart"
	"wholechart/web"
	"wholechart/web/plot"
)

// eventsPage is the timeline in full: the lanes, and everything on them as a
// list by year, or what lies in a span at one site.
type eventsPage struct {
	Lanes plot.Lanes
	Span  string
	Only  string // what the list is narrowed to
	All   string // where the whole list is
}

// vaccineGrid is who got what when: a row a vaccine, a cell a dose.
type vaccineGrid struct {
	Rows    []vaccineRow
	More    int
	Outside int // doses that are not in this chart
	Href    string
}

type vaccineRow struct {
	Name    string
	Doses   []doseCell
	Earlier web.Link // to doses before these
}

type doseCell struct {
	When    chart.When
	Href    string
	Badge   web.Badge
	Refused bool
	Outside bool
}

func (v *view) timelineSection(p *sectionPage) {
	e := &eventsPage{Lanes: v.lanes(), Span: v.span()}
	e.Lanes.NoTable = true
	p.Events = e
	site := v.R.FormValue("site")
	from, _ := time.ParseInLocation("2006-01-02", v.R.FormValue("from"), v.Zone)
	to, _ := time.ParseInLocation("2006-01-02", v.R.FormValue("to"), v.Zone)
	if !to.IsZero() {
		to = to.AddDate(0, 0, 1)
	}
	var marks []chart.Mark
	for _, lane := range v.chart.Timeline.Lanes {
		if site != "" && lane.Source.Slug != site {
			continue
		}
		if site != "" {
			e.Only = shortName(lane.Source.Name)
		}
		for _, m := range lane.Marks {
			end := m.End
			if end.IsZero() {
				end = m.Start
			}
			if !from.IsZero() && end.Before(from) || !to.IsZero() && !m.Start.Before(to) {
				continue
			}
			marks = append(marks, m)
		}
	}
	if !from.IsZero() && !to.IsZero() {
		span := web.DateText(from, v.Zone)
		if last := to.AddDate(0, 0, -1); !last.Equal(from) {
			span += " – " + web.DateText(last, v.Zone)
		}
		e.Only = dotted(e.Only, span)
	}
	if e.Only != "" {
		e.All = v.href("timeline")
	}
	slices.SortStableFunc(marks, func(a, b chart.Mark) int { return cmp.Compare(b.Start.UnixNano(), a.Start.UnixNano()) })
	a, z := p.page(v, len(marks))
	for _, m := range marks[a:z] {
		year := "Date not recorded"
		if !m.Start.IsZero() {
			year = strconv.Itoa(m.Start.In(v.Zone).Year())
		}
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Title != year {
			p.Groups = append(p.Groups, group{Title: year})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Rows = append(g.Rows, v.event(m))
	}
	if len(marks) == 0 {
		p.Groups = []group{{Title: "Timeline", Empty: v.nothing("events")}}
	}
}

func (v *view) event(m chart.Mark) row {
	r := row{Title: m.Label, Href: v.factHref(m.Prov), Badges: []web.Badge{v.badge(m.Prov)}}
	if r.Title == "" {
		r.Title = capital(markWord(m.Kind))
	}
	text := web.DateText(m.Start, v.Zone)
	if m.Day {
		text = m.Start.Format("2 Jan 2006")
	}
	switch {
	case m.Ongoing:
		text += " – today"
	case !m.End.IsZero() && m.End.Sub(m.Start) >= 24*time.Hour:
		text += " – " + web.DateText(m.End, v.Zone)
	}
	r.say(text, markWord(m.Kind))
	return r
}

func markWord(k chart.MarkKind) string {
	switch k {
	case chart.MarkVisit:
		return "visit"
	case chart.MarkResults:
		return "results"
	case chart.MarkStay:
		return "hospital stay"
	case chart.MarkImaging:
		return "imaging"
	case chart.MarkMedicine:
		return "medicine"
	case chart.MarkProcedure:
		return "procedure"
	case chart.MarkImmunization:
		return "immunisation"
	case chart.MarkProblem:
		return "problem"
	}
	return "event"
}

// gridDoses is how many doses of one vaccine the overview shows.
const gridDoses = 5

// grid is the immunisations, at most most rows when most is not 0.
func (v *view) grid(most int) *vaccineGrid {
	g := &vaccineGrid{Href: v.href("outside")}
	for i, vac := range v.chart.Immunizations.Rows {
		if most > 0 && i == most {
			g.More = len(v.chart.Immunizations.Rows) - most
			break
		}
		r := vaccineRow{Name: vac.Name}
		doses := vac.Doses
		if most > 0 {
			doses = doses[max(0, len(doses)-gridDoses):]
			if cut := len(vac.Doses) - len(doses); cut > 0 {
				r.Earlier = web.Link{Label: strconv.Itoa(cut) + " earlier", Href: v.href("immunisations")}
			}
		}
		for _, d := range doses {
			if d.Outside && v.whole() {
				g.Outside++
			}
			r.Doses = append(r.Doses, doseCell{d.When, v.factHref(d.Prov), v.badge(d.Prov), d.Refused, d.Outside && v.whole()})
		}
		g.Rows = append(g.Rows, r)
	}
	return g
}

// aboutPage is the person: names, numbers, addresses, contacts, coverage.
type aboutPage struct{ Cards []aboutCard }

type aboutCard struct {
	Title string
	Lines []aboutLine
}

type aboutLine struct {
	Label, Value string
	Badge        *web.Badge
	Pill         *web.Pill
}

func (v *view) aboutSection(p *sectionPage) {
	p.About = &aboutPage{Cards: v.person()}
	p.more("Life and habits", v.social())
	p.more("Coverage", rowsOf(v.chart.Coverage, sectionMost, v.item))
	var other []row
	for _, u := range v.chart.Other[:min(len(v.chart.Other), sectionMost)] {
		r := row{Title: u.Type, Href: v.factHref(u.Prov), Badges: []web.Badge{v.badge(u.Prov)}}
		r.say(u.Reason)
		other = append(other, r)
	}
	p.more("Kept, and in no section above", other)
	p.note("Entered in error", v.chart.Counts.Errors)
}

func (v *view) person() []aboutCard {
	pt := v.chart.Patient
	badge := func(p chart.Prov) *web.Badge {
		if p.Source == nil || !v.whole() {
			return nil
		}
		b := v.badge(p)
		return &b
	}
	who := aboutCard{Title: "Person"}
	line := func(c *aboutCard, label, value string, b *web.Badge) {
		if value != "" {
			c.Lines = append(c.Lines, aboutLine{Label: label, Value: value, Badge: b})
		}
	}
	for _, n := range pt.Names {
		line(&who, capital(dotted("name", n.Use)), n.Text, badge(n.Prov))
	}
	if pt.Birth.Known() {
		line(&who, "Born", dotted(pt.Birth.String(), pt.Age), nil)
	} else {
		line(&who, "Born", "not recorded", nil)
	}
	if pt.Deceased {
		line(&who, "Died", map[bool]string{true: pt.Died.String(), false: "date not recorded"}[pt.Died.Known()], nil)
	}
	line(&who, "Sex", pt.Sex, nil)
	line(&who, "Sex at birth", pt.SexAtBirth, nil)
	line(&who, "Gender identity", pt.GenderIdentity, nil)
	line(&who, "Pronouns", pt.Pronouns, nil)
	line(&who, "Language", dotted(pt.Language, map[bool]string{true: "needs an interpreter"}[pt.Interpreter]), nil)
	line(&who, "Marital status", pt.MaritalStatus, nil)
	line(&who, "Race", pt.Race, nil)
	line(&who, "Ethnicity", pt.Ethnicity, nil)
	for _, g := range pt.GPs {
		line(&who, "General practice", g, nil)
	}
	numbers := aboutCard{Title: "Numbers"}
	for _, n := range pt.MRNs {
		line(&numbers, "MRN", n.Value, badge(n.Prov))
	}
	for _, n := range pt.Numbers {
		line(&numbers, n.Kind, n.Value, badge(n.Prov))
	}
	reach := aboutCard{Title: "How to reach"}
	for _, t := range pt.Telecom {
		line(&reach, capital(dotted(t.Kind, t.Use)), t.Value, badge(t.Prov))
	}
	for _, a := range pt.Addresses {
		line(&reach, capital(dotted("address", a.Use, map[bool]string{true: "old"}[a.Old && a.Use != "old"])), a.Text, badge(a.Prov))
	}
	people := aboutCard{Title: "Contacts"}
	for _, c := range pt.Contacts {
		line(&people, capital(dotted(c.Role, map[bool]string{true: "acts for the patient"}[c.Proxy])), dotted(c.Name, c.Phone), badge(c.Prov))
	}
	diff := aboutCard{Title: "Written differently"}
	for _, d := range pt.Differences {
		b := v.badge(d.Prov)
		diff.Lines = append(diff.Lines, aboutLine{Label: capital(d.What), Value: d.There + " (here: " + d.Here + ")", Badge: &b, Pill: &web.Pill{Kind: web.Warning, Text: "differs"}})
	}
	var out []aboutCard
	for _, c := range []aboutCard{who, numbers, reach, people, diff} {
		if len(c.Lines) > 0 {
			out = append(out, c)
		}
	}
	return out
}
