package clinic

import (
	"slices"
	"strings"

	"wholechart/chart"
	"wholechart/web"
	"wholechart/web/plot"
)

// board is the storyboard: who, what is dangerous, how the last measurements
// were, what is next, who cares.
type board struct {
	Who       web.Identity
	Allergies web.AllergyBox
	Vitals    []vital
	VitalsOf  string
	Sections  []boardSection
	Gap       string // why there may be more than is shown
	Clinical  bool   // false: for who sees no care
}

type vital struct {
	Name  string
	Value web.Quantity
	Spark plot.Spark
}

type boardSection struct {
	Title, Note string
	Rows        []boardRow
}

type boardRow struct {
	Label, Href, Text string
	Pill              *web.Pill
	Badge             *web.Badge
}

const (
	boardVitals = 6
	boardTeam   = 6
	boardNext   = 3
	sparkPoints = 16
)

func (v *view) board() board {
	c := v.chart
	b := board{Who: v.identity(), Allergies: v.allergyBox(), Gap: v.gap(), Clinical: true}
	for _, it := range c.Vitals.Items {
		name := it.Name
		if day := it.Latest.When.String(); day != c.Vitals.When.String() {
			// An old value is never shown as if it were of the last visit.
			if !slices.Contains([]string{"bp", "pulse", "weight"}, it.Kind) || len(b.Vitals) >= boardVitals {
				continue
			}
			name += ", " + day
		}
		if len(b.Vitals) == boardVitals {
			break
		}
		spark := it.Spark
		if spark == nil {
			spark = it.Series
		}
		q := quantity(it.Latest)
		if it.Kind == "bp" {
			q.Unit = ""
		}
		b.Vitals = append(b.Vitals, vital{name, q, v.spark(spark)})
	}
	if c.Vitals.When.Known() {
		b.VitalsOf = c.Vitals.When.String()
		if s := c.Vitals.Prov.Source; s != nil {
			where := shortName(s.Name)
			if len(where) > 14 {
				where = s.Badge
			}
			b.VitalsOf += " · " + where
		}
	}
	var alerts boardSection
	alerts.Title = "Flags"
	for _, a := range c.Alerts {
		bd := v.badge(a.Prov)
		alerts.Rows = append(alerts.Rows, boardRow{Label: a.Name, Href: v.factHref(a.Prov), Badge: &bd})
	}
	b.add(alerts)
	b.add(v.dueBoard())
	b.add(v.next())
	team := boardSection{Title: "Care team"}
	for _, m := range c.Team[:min(len(c.Team), boardTeam)] {
		r := boardRow{Label: m.Name, Text: m.Role}
		if v.whole() && m.Source != nil && !m.Source.Own {
			bd := v.badge(m.Prov)
			r.Badge = &bd
		}
		team.Rows = append(team.Rows, r)
	}
	for _, p := range c.Patient.Contacts {
		if p.Proxy && !slices.ContainsFunc(team.Rows, func(r boardRow) bool { return r.Label == p.Name }) {
			team.Rows = append(team.Rows, boardRow{Label: "Proxy: " + p.Name, Text: p.Role})
		}
	}
	b.add(team)
	if m := v.mergedBoard(); len(m.Rows) > 0 {
		b.Who.Lines = append(b.Who.Lines, "Includes "+plural(len(m.Rows), "merged record", "merged records"))
		b.add(m)
	}
	return b
}

func (b *board) add(s boardSection) {
	if len(s.Rows) > 0 {
		b.Sections = append(b.Sections, s)
	}
}

// next is what is to come.
func (v *view) next() boardSection {
	s := boardSection{Title: "Next"}
	for _, a := range v.chart.Appointments.Next[:min(len(v.chart.Appointments.Next), boardNext)] {
		r := boardRow{Label: a.Text, Href: v.factHref(a.Prov)}
		if r.Label == "" {
			r.Label = "Appointment"
		}
		if a.Today {
			r.Label = strings.TrimSpace("Today "+a.When.Clock()) + " · " + r.Label
		} else {
			r.Text = a.When.String()
		}
		if v.whole() && a.Source != nil && !a.Source.Own {
			bd := v.badge(a.Prov)
			r.Badge = &bd
		}
		s.Rows = append(s.Rows, r)
	}
	return s
}

func (v *view) identity() web.Identity {
	p := v.chart.Patient
	w := web.Identity{Name: p.Name, Initials: p.Initials, Href: v.href()}
	if w.Name == "" {
		w.Name = "Name not recorded"
	}
	born := ""
	if p.Birth.Known() {
		born = p.Birth.String()
	}
	w.Summary = dotted(p.Age, p.Sex, born)
	if p.Deceased {
		w.Deceased = "died"
		if p.Died.Known() {
			w.Deceased += " " + p.Died.String()
		}
	}
	var mrn string
	for _, n := range p.MRNs {
		if n.Source == nil || n.Source.Own {
			mrn = "MRN " + n.Value
			break
		}
	}
	lang := p.Language
	if p.Interpreter {
		lang = dotted(lang, "needs an interpreter")
	}
	if s := dotted(mrn, p.Pronouns, lang); s != "" {
		w.Lines = append(w.Lines, s)
	}
	if p.Inactive {
		w.Lines = append(w.Lines, "Registration is inactive")
	}
	if v.whole() {
		for _, d := range p.Differences {
			if d.What != "name" && d.What != "birth date" && d.What != "sex" || len(w.Lines) > 3 {
				continue // the others stand on the person's page
			}
			where := "elsewhere"
			if d.Source != nil {
				where = "at " + shortName(d.Source.Name)
			}
			w.Lines = append(w.Lines, capital(d.What)+" "+where+": "+d.There)
		}
	}
	return w
}

func (v *view) allergyBox() web.AllergyBox {
	a := v.chart.Allergies
	box := web.AllergyBox{Zone: v.Zone}
	gap := v.gap()
	for _, i := range a.Items {
		one := web.Allergy{Substance: i.Substance, Severe: i.Severe, Href: v.factHref(i.Prov), Reaction: strings.Join(i.Reactions, ", ")}
		if one.Reaction != "" && i.Onset.Known() {
			one.Reaction += ", " + i.Onset.String()
		}
		if i.Verification == "unconfirmed" {
			one.Reaction = dotted(one.Reaction, "unconfirmed")
		}
		if v.whole() {
			b := v.badge(i.Prov)
			one.Source = &b
		}
		box.Items = append(box.Items, one)
	}
	switch {
	case len(box.Items) > 0 && gap != "":
		box.Knowledge, box.Gap = web.Unreachable, gap
	case len(box.Items) > 0:
		box.Knowledge = web.Known
	case a.State == chart.NoneKnown:
		box.Knowledge, box.Asked, box.Who = web.NoneKnown, a.Asked.At, a.Who
		if gap != "" {
			box.Who = strings.TrimPrefix(box.Who+"; "+gap, "; ")
		}
	case gap != "":
		box.Knowledge, box.Gap = web.Unreachable, gap
	}
	return box
}

// quantity is a value as it was reported.
func quantity(p chart.Point) web.Quantity {
	q := web.Quantity{Value: p.Value, Unit: p.Unit, Flag: p.Flag}
	if strings.EqualFold(q.Unit, "INR") || q.Unit == "{INR}" {
		q.Unit = "" // a ratio: its name says it
	}
	if q.Value == "" {
		q.Value = p.Absent
		if q.Value == "" {
			q.Value = "no value"
		}
	}
	return q
}

// spark is the course of a series, small.
func (v *view) spark(s *chart.Series) plot.Spark {
	if s == nil || !s.Numeric {
		return plot.Spark{}
	}
	points := s.Points[max(0, len(s.Points)-sparkPoints):]
	out := plot.Spark{Low: s.Range.Low, High: s.Range.High, Label: s.Name}
	for _, p := range points {
		if p.When.Known() {
			out.Values = append(out.Values, v.point(p, false))
		}
	}
	return out
}

func (v *view) point(p chart.Point, link bool) plot.Point {
	out := plot.Point{Time: p.When.At, Day: !p.When.HasTime(), Value: p.Number, Text: strings.TrimSpace(p.Value), Flag: p.Flag}
	if p.Converted {
		out.Text = strings.TrimSpace(p.Value + " " + p.Unit)
	}
	if out.Day {
		d := p.When.At
		out.Time = utcDay(d)
	}
	if p.Source != nil {
		out.Source = plot.Source{Letters: p.Source.Badge, Color: p.Source.Color, Site: shortName(p.Source.Name)}
	}
	if link {
		out.Href = v.factHref(p.Prov)
	}
	return out
}

// shortName is a site's name without the words that many share.
func shortName(name string) string {
	for _, tail := range []string{" Family Practice", " General Hospital", " Hospital", " Medical Center", " Clinic", " Practice", ", Inc.", " LLC", " PC"} {
		if s, ok := strings.CutSuffix(name, tail); ok && s != "" {
			return s
		}
	}
	return name
}

// dotted joins what there is.
func dotted(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}
