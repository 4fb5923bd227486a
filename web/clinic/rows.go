package clinic

import (
	"strconv"
	"strings"

	"wholechart/chart"
	"wholechart/web"
)

// The rows of each kind of fact, as the lists and the sections show them.

func (v *view) problem(p chart.Problem) row {
	r := row{Title: p.Name, Href: v.factHref(p.Prov), Badges: v.badges(p.Prov, p.Also)}
	r.date("since", p.Onset)
	r.say(p.OnsetText, p.Stage, p.Severity)
	if p.Verification != "" && p.Verification != "confirmed" {
		r.pill(web.Pill{Kind: web.Warning, Text: p.Verification})
	}
	if p.Ended.Known() || p.EndedText != "" {
		r.date("until", p.Ended)
		r.say(p.EndedText)
	}
	r.say(first(p.Note, 140))
	if len(r.Bits) == 0 {
		r.date("recorded", p.Prov.When)
	}
	r.differs(v, p.Differs)
	r.outside(v, p.Outside)
	return r
}

func (v *view) medicine(m chart.Medicine) row {
	r := row{Title: m.Name, Href: v.factHref(m.Prov), Badges: v.badges(m.Prov, m.Also)}
	r.say(m.Sig)
	if m.Prescriber != "" {
		r.Bits = append(r.Bits, bit{Text: m.Prescriber + ",", When: m.Since})
		if !m.Since.Known() {
			r.Bits[len(r.Bits)-1].Text = m.Prescriber
		}
	} else {
		r.date("since", m.Since)
	}
	r.date("until", m.Ended)
	if m.LastFilled.Known() {
		r.date("last filled", m.LastFilled)
		if m.FilledAt.Source != nil {
			b := v.badge(m.FilledAt)
			r.Bits = append(r.Bits, bit{Badge: &b, Glue: true})
		}
	}
	if m.NotFilled > 0 {
		r.pill(web.Pill{Kind: web.Warning, Text: "not filled for " + strconv.Itoa(m.NotFilled) + " d", Shape: web.Clock})
	}
	if m.State != "" && m.State != "active" {
		r.pill(web.Pill{Text: m.State})
	}
	r.say(m.Reason)
	r.differs(v, m.Differs)
	r.outside(v, m.Outside)
	return r
}

// medicineWhole is a medicine with all that was written about it.
func (v *view) medicineWhole(m chart.Medicine) row {
	r := v.medicine(m)
	for _, e := range m.Entries {
		l := row{Title: capital(string(e.Kind)), Href: v.factHref(e.Prov), Badges: []web.Badge{v.badge(e.Prov)}}
		l.date("", e.When)
		l.say(strings.TrimSpace(e.Name+" "+e.Strength), e.Sig, e.Quantity)
		if e.Supply > 0 {
			l.say(strconv.Itoa(e.Supply) + " days")
		}
		l.say(e.Who, e.State)
		r.Lines = append(r.Lines, l)
	}
	r.LinesLabel = plural(len(r.Lines), "entry", "entries")
	return r
}

func (v *view) allergy(a chart.Allergy) row {
	r := row{Title: a.Substance, Href: v.factHref(a.Prov), Badges: v.badges(a.Prov, a.Also)}
	if len(a.Reactions) > 0 {
		r.say(strings.Join(a.Reactions, ", "))
	} else {
		r.say("reaction not recorded")
	}
	if a.Severe {
		r.pill(web.Pill{Kind: web.Danger, Text: "severe"})
	} else {
		r.say(a.Severity)
	}
	if a.Criticality != "" {
		r.say("criticality " + a.Criticality)
	}
	r.date("since", a.Onset)
	r.say(a.OnsetText, a.Type, a.Category)
	if a.Verification != "" && a.Verification != "confirmed" {
		r.pill(web.Pill{Kind: web.Warning, Text: a.Verification})
	}
	if a.Clinical != "" && a.Clinical != "active" {
		r.pill(web.Pill{Text: a.Clinical})
	}
	r.say(first(a.Note, 160))
	r.outside(v, a.Outside)
	return r
}

func (v *view) procedure(p chart.Procedure) row {
	r := row{Title: p.Name, Href: v.factHref(p.Prov), Badges: v.badges(p.Prov, p.Also)}
	r.date("", p.When)
	if p.NotDone {
		r.pill(web.Pill{Kind: web.Warning, Text: "not done"})
	} else if p.Status != "" && p.Status != "completed" {
		r.pill(web.Pill{Text: p.Status})
	}
	r.say(p.Region, p.Outcome, p.Reason, p.Who, first(p.Note, 160))
	return r
}

func (v *view) encounter(e chart.Encounter) row {
	title := e.Reason
	if title == "" {
		title = e.Type
	}
	if title == "" {
		title = capital(e.Class)
	}
	if title == "" {
		title = "Visit"
	}
	r := row{Title: title, Href: v.factHref(e.Prov), Badges: []web.Badge{v.badge(e.Prov)}}
	r.date("", e.When)
	if e.Kind == "stay" && e.End.Known() && e.End.String() != e.When.String() {
		r.date("to", e.End)
	}
	switch {
	case e.Ongoing:
		r.pill(web.Pill{Kind: web.Accent, Text: "now"})
	case e.Kind == "stay":
		r.pill(web.Pill{Text: "hospital stay"})
	case e.Kind == "emergency":
		r.pill(web.Pill{Kind: web.Warning, Text: "emergency"})
	}
	if e.Reason != "" {
		r.say(e.Type)
	}
	r.say(e.Who, e.Where, strings.Join(e.Diagnoses, "; "), e.Discharge)
	if e.Status != "" && e.Status != "finished" && !e.Ongoing {
		r.say(e.Status)
	}
	return r
}

func (v *view) document(d chart.Document) row {
	r := row{Title: d.Title, Href: v.factHref(d.Prov), Badges: v.badges(d.Prov, d.Also)}
	if r.Title == "" {
		r.Title = "Document without a title"
	}
	r.date("", d.When)
	if d.Kind != d.Title {
		r.say(d.Kind)
	}
	r.say(d.Author)
	if d.Draft {
		r.pill(web.Pill{Kind: web.Warning, Text: "not signed", Shape: web.Pencil})
	} else if d.Status != "" && d.Status != "current" && d.Status != "final" {
		r.pill(web.Pill{Text: d.Status})
	}
	if s := first(d.Summary, 180); s != "" {
		r.say(s)
	}
	return r
}

func (v *view) dose(name string, d chart.Dose) row {
	r := row{Title: d.Product, Href: v.factHref(d.Prov), Badges: v.badges(d.Prov, d.Also)}
	if r.Title == "" {
		r.Title = name
	}
	r.date("", d.When)
	if d.Number != "" {
		r.say("dose " + d.Number)
	}
	if d.Refused {
		r.pill(web.Pill{Kind: web.Warning, Text: "not given"})
	}
	r.say(d.Reason)
	if d.Lot != "" {
		r.say("lot " + d.Lot)
	}
	r.say(d.Site)
	if d.Reported {
		r.pill(web.Pill{Text: "reported"})
	}
	r.outside(v, d.Outside)
	return r
}

func (v *view) relative(f chart.Relative) row {
	r := row{Title: f.Relation, Href: v.factHref(f.Prov), Badges: []web.Badge{v.badge(f.Prov)}}
	if r.Title == "" {
		r.Title = "Relative"
	}
	r.Title = capital(r.Title)
	for _, c := range f.Conditions {
		r.say(strings.TrimSpace(c.Name + " " + c.Onset))
	}
	if len(f.Conditions) == 0 {
		r.say("no condition recorded")
	}
	switch f.Deceased {
	case "":
	case "yes":
		r.say("deceased")
	default:
		r.say("died " + f.Deceased)
	}
	r.say(f.Name, first(f.Note, 140))
	return r
}

func (v *view) item(i chart.Item) row {
	r := row{Title: i.Name, Href: v.factHref(i.Prov), Badges: []web.Badge{v.badge(i.Prov)}}
	r.date("", i.When)
	r.date("to", i.End)
	r.say(i.Detail)
	if i.Status != "" {
		r.pill(web.Pill{Text: i.Status})
	}
	return r
}

func (v *view) appointment(a chart.Appointment) row {
	r := row{Title: a.Text, Href: v.factHref(a.Prov), Badges: []web.Badge{v.badge(a.Prov)}}
	if r.Title == "" {
		r.Title = "Appointment"
	}
	r.date("", a.When)
	r.say(a.When.Clock(), a.With, a.Where, a.Comment)
	if a.Today {
		r.pill(web.Pill{Kind: web.Accent, Text: "today"})
	}
	if a.Status != "" && a.Status != "booked" {
		r.pill(web.Pill{Text: a.Status})
	}
	return r
}

// rowsOf is a list of facts as rows, no more than most when most is not 0.
func rowsOf[T any](list []T, most int, one func(T) row) []row {
	if most > 0 && len(list) > most {
		list = list[:most]
	}
	out := make([]row, 0, len(list))
	for _, t := range list {
		out = append(out, one(t))
	}
	return out
}

// first is the beginning of a text in one line.
func first(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		cut := strings.TrimRight(string(r[:most]), " ,;.")
		if i := strings.LastIndexByte(cut, ' '); i > most/2 {
			cut = cut[:i]
		}
		return cut + "…"
	}
	return s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
