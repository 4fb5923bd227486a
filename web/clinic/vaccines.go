package clinic

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/cdsi"
	"wholechart/decision/immunization"
	"wholechart/fhir"
	"wholechart/web"
)

// vaccinePage is the immunisations of a person: who got what at which age, what of
// it counts, what is due, and the record to print.
type vaccinePage struct {
	Name, Born, Age, MRN, Site, On, By string
	Ages                               []ageColumn
	Rows                               []vaccineLine
	Record                             []recordLine
	Lens                               string
	Count                              string
}

type ageColumn struct {
	Label string
	Now   bool
	first time.Time // the first day of it
}

// vaccineLine is a vaccine group.
type vaccineLine struct {
	Name  string
	Pill  *web.Pill
	Cells []vaccineCell
}

type vaccineCell struct {
	Band  bool // a dose may be given at this age
	Now   bool
	Marks []vaccineMark
}

// vaccineMark is a dose, or one to come.
type vaccineMark struct {
	Kind  string // given, invalid, extra, unknown, refused, due, overdue, later
	Word  string // what the shape says
	Text  string // the day
	ISO   string
	Why   string
	Title string
	Href  string
	Badge *web.Badge
}

// recordLine is a dose in the record to print.
type recordLine struct {
	Group, Product, When, ISO, Lot, Body, Site, Says string
	Struck                                           bool
	Href                                             string
	Badges                                           []web.Badge
}

// ages are the columns: the visits of the CDC's schedule, then of adults.
var ages = []struct {
	label  string
	months int
}{{"Birth", 0}, {"1 mo", 1}, {"2 mo", 2}, {"4 mo", 4}, {"6 mo", 6}, {"9 mo", 9}, {"12 mo", 12}, {"15 mo", 15}, {"18 mo", 18}, {"2 y", 24}, {"4–6 y", 48}, {"7–10 y", 84}, {"11–12 y", 132}, {"13–15 y", 156}, {"16–18 y", 192},
	{"19–26 y", 228}, {"27–49 y", 324}, {"50–59 y", 600}, {"60–74 y", 720}, {"75 y", 900}}

// vaccinePage makes the grid; nil when nothing can be placed by age.
func (v *view) vaccinePage() *vaccinePage {
	r := v.immunity()
	p := &vaccinePage{Name: v.chart.Patient.Name, Born: v.chart.Patient.Birth.String(), Age: v.chart.Patient.Age, On: web.DateText(v.Now, v.Zone), Site: v.Site.Name, By: v.Actor.Name, Lens: map[bool]string{true: "whole record", false: "this chart alone"}[v.whole()]}
	for _, n := range v.chart.Patient.MRNs {
		if n.Source != nil && n.Source.Own || p.MRN == "" {
			p.MRN = n.Value
			if n.Source != nil && n.Source.Own {
				break
			}
		}
	}
	p.Count = plural(len(r.Doses), "dose", "doses")
	p.Record = v.recordLines(r)
	if !r.Known || r.Birth.Precision < fhir.Day {
		return p
	}
	birth := r.Birth.At
	today := time.Date(v.Now.In(v.Zone).Year(), v.Now.In(v.Zone).Month(), v.Now.In(v.Zone).Day(), 0, 0, 0, 0, time.UTC)
	for _, a := range ages {
		at := birth.AddDate(0, a.months, 0)
		if a.months > 0 && a.months <= 18 {
			at = at.AddDate(0, 0, -10) // a visit is seldom on the day
		}
		p.Ages = append(p.Ages, ageColumn{Label: a.label, first: time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)})
	}
	now := p.column(today)
	p.Ages[now].Now = true
	lines := map[string]*vaccineLine{}
	var names []string
	line := func(name string) *vaccineLine {
		l := lines[name]
		if l == nil {
			l = &vaccineLine{Name: immunization.Title(name), Cells: make([]vaccineCell, len(p.Ages))}
			l.Cells[now].Now = true
			lines[name], names = l, append(names, name)
		}
		return l
	}
	put := func(l *vaccineLine, on time.Time, m vaccineMark) {
		c := &l.Cells[p.column(on)]
		c.Marks = append(c.Marks, m)
	}
	for i := range r.Doses {
		d := &r.Doses[i]
		for _, g := range v.groupsOf(d) {
			if d.When.Known() {
				put(line(g), day0(d.When.At), v.doseMark(d, g))
			}
		}
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		l := lines[g.Name]
		if l == nil && (g.Need == immunization.NotNeeded || g.Need == immunization.Later && g.Recommended.Sub(today) > 366*24*time.Hour || g.Need == immunization.Finished && g.Type == cdsi.Risk) {
			continue
		}
		l = line(g.Name)
		v.future(p, l, g, today, put)
	}
	for _, name := range cdsi.Groups() {
		if l := lines[name]; l != nil {
			p.Rows = append(p.Rows, *l)
		}
	}
	for _, name := range names { // against what the schedule does not know
		if !slices.Contains(cdsi.Groups(), name) {
			p.Rows = append(p.Rows, *lines[name])
		}
	}
	slices.SortStableFunc(p.Rows, func(a, b vaccineLine) int { return cmp.Compare(place(a.Name), place(b.Name)) })
	p.narrow(now)
	return p
}

// usual is the order in which immunisation records are written.
var usual = []string{"Hepatitis B", "Rotavirus", "RSV", "DTaP, Tdap, Td", "Hib", "Pneumococcal", "Polio", "COVID-19", "Influenza", "MMR", "Varicella", "Hepatitis A", "HPV", "Meningococcal ACWY", "Meningococcal B", "Zoster"}

func place(name string) int {
	if i := slices.Index(usual, name); i >= 0 {
		return i
	}
	return len(usual)
}

func day0(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// groupsOf are the rows that a dose stands in.
func (v *view) groupsOf(d *immunization.Dose) []string {
	if len(d.Groups) > 0 {
		return d.Groups
	}
	for _, row := range v.chart.Immunizations.Rows {
		for _, o := range row.Doses {
			if o.Prov.Ref() == d.Prov.Ref() && o.Source == d.Source {
				for _, g := range cdsi.Groups() {
					if t := immunization.Title(g); t == row.Name || g == row.Name || g == "DTaP/Tdap/Td" && (row.Name == "DTaP" || row.Name == "Td, Tdap") {
						return []string{g}
					}
				}
				return []string{row.Name}
			}
		}
	}
	return []string{cmp.Or(d.Product, "Vaccine")}
}

func (p *vaccinePage) column(on time.Time) int {
	at := 0
	for i := range p.Ages {
		if !on.Before(p.Ages[i].first) {
			at = i
		}
	}
	return at
}

// doseMark is a dose in one group's row.
func (v *view) doseMark(d *immunization.Dose, group string) vaccineMark {
	b := v.badge(d.Prov)
	m := vaccineMark{Kind: "given", Word: "given, counts", Text: d.When.String(), ISO: d.When.Day(), Href: v.factHref(d.Prov), Badge: &b, Title: strings.Join(kept(d.Product, lot(d.Lot), d.Site), " · ")}
	verdict, ok := d.Of(group)
	switch {
	case !d.Counted:
		m.Kind, m.Word, m.Why = "unknown", "not counted", d.Why
	case !ok:
		m.Kind, m.Word = "unknown", "not evaluated"
	case verdict.Status == cdsi.NotValid || verdict.Status == cdsi.SubStandard:
		m.Kind, m.Word, m.Why = "invalid", "does not count", cmp.Or(immunization.Reasons(verdict.Reasons), "not valid")
		if len(v.antigensOf(group)) > 1 && anyValid(d, group) {
			m.Why = "for " + strings.ToLower(verdict.Antigen) + " " + m.Why
		}
	case verdict.Status == cdsi.Extraneous:
		m.Kind, m.Word, m.Why = "extra", "extra", "extra dose"
	}
	if m.Why == "" && d.Reported {
		m.Why = "reported"
	}
	return m
}

func (v *view) antigensOf(group string) []string { return cdsi.AntigensOf(group) }

func anyValid(d *immunization.Dose, group string) bool {
	return slices.ContainsFunc(d.Antigens, func(a immunization.Verdict) bool { return a.Group == group && a.Status == cdsi.Valid })
}

func lot(s string) string {
	if s == "" {
		return ""
	}
	return "lot " + s
}

func kept(list ...string) (out []string) {
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// future puts what a group asks for: its window as a band, and the word where it
// is recommended, or at this day's column when that has passed.
func (v *view) future(p *vaccinePage, l *vaccineLine, g *immunization.Group, today time.Time, put func(*vaccineLine, time.Time, vaccineMark)) {
	pill := func(k web.Pill) {
		if l.Pill == nil || k.Kind == web.Danger || l.Pill.Kind == web.Good {
			l.Pill = &k
		}
	}
	switch g.Need {
	case immunization.Finished:
		word := "complete"
		if g.Status == cdsi.Immune {
			word = "immune"
		}
		if l.Pill == nil {
			l.Pill = &web.Pill{Kind: web.Good, Text: word}
		}
	case immunization.Forbidden:
		pill(web.Pill{Kind: web.Danger, Text: "contraindicated"})
	case immunization.OtherSeason:
		pill(web.Pill{Text: "new season"})
	case immunization.NotNeeded:
		if l.Pill == nil {
			l.Pill = &web.Pill{Text: "not needed"}
		}
	default:
		k, _ := v.needPill(g)
		m := vaccineMark{Kind: "later", Word: "recommended", Text: g.Recommended.Format("2 Jan 2006"), ISO: g.Recommended.Format(time.DateOnly), Why: "dose " + strconv.Itoa(g.DoseNumber)}
		on := g.Recommended
		switch {
		case g.Need == immunization.Declined:
			m.Kind, m.Word, on = "refused", "declined", today
			m.Text, m.ISO = "declined", ""
			for _, d := range g.Refused[:min(len(g.Refused), 1)] {
				b := v.badge(d.Prov)
				m.Href, m.Badge = v.factHref(d.Prov), &b
				if d.When.Known() {
					m.Text, m.ISO = d.When.String(), d.When.Day()
					m.Why = "declined, " + m.Why
				}
			}
		case g.Need == immunization.Overdue && k.Kind == web.Danger:
			m.Kind, m.Word, m.Text, on = "overdue", "overdue", "overdue", today
			m.ISO = ""
			m.Why += ", since " + g.PastDue.AddDate(0, 0, 1).Format("2 Jan 2006")
		case g.Need == immunization.Overdue, g.Need == immunization.Due:
			m.Kind, m.Word, m.Text, m.ISO, on = "due", "due now", k.Text, "", today
			if !g.PastDue.IsZero() && g.PastDue.After(today) {
				m.Why += ", until " + g.PastDue.Format("2 Jan 2006")
			}
		case g.Need == immunization.NoneRecorded:
			pill(k)
			return
		}
		if g.Need == immunization.Overdue || g.Need == immunization.Due || g.Need == immunization.Declined {
			pill(k)
		}
		if len(g.Because) > 0 {
			m.Why += ", for " + lowerFirst(g.Because[0].Title) + more(len(g.Because)-1)
		}
		end := g.PastDue
		if end.IsZero() || end.Before(g.Recommended) {
			end = g.Recommended
		}
		if g.Need == immunization.Overdue {
			end = today
		}
		from := g.Earliest
		if from.IsZero() {
			from = g.Recommended
		}
		for i := p.column(from); i <= p.column(end); i++ {
			l.Cells[i].Band = true
		}
		put(l, on, m)
	}
}

// narrow leaves out the ages at which nothing was given and nothing is to come.
func (p *vaccinePage) narrow(now int) {
	keep := make([]bool, len(p.Ages))
	keep[now] = true
	for _, r := range p.Rows {
		for i, c := range r.Cells {
			keep[i] = keep[i] || len(c.Marks) > 0 || c.Band && i >= now
		}
	}
	var ages []ageColumn
	for i, a := range p.Ages {
		if keep[i] {
			ages = append(ages, a)
		}
	}
	p.Ages = ages
	for i := range p.Rows {
		var cells []vaccineCell
		for j, c := range p.Rows[i].Cells {
			if keep[j] {
				cells = append(cells, c)
			}
		}
		p.Rows[i].Cells = cells
	}
}

// recordLines are all doses by vaccine, as an immunisation record lists them.
func (v *view) recordLines(r *immunization.Result) (out []recordLine) {
	counted := map[string]int{}
	for i := range r.Doses {
		d := &r.Doses[i]
		for _, g := range v.groupsOf(d) {
			l := recordLine{Group: immunization.Title(g), Product: cmp.Or(d.Product, "not recorded"), When: d.When.String(), ISO: d.When.Day(), Lot: d.Lot, Body: d.Site, Href: v.factHref(d.Prov), Badges: v.badges(d.Prov, d.Also)}
			if d.Source != nil {
				l.Site = d.Source.Name
			}
			m := v.doseMark(d, g)
			l.Says = m.Word
			if m.Kind == "given" {
				l.Says = "counts"
				if counted[g]++; g != "Influenza" { // whose doses are counted by the season
					l.Says = "counts, dose " + strconv.Itoa(counted[g])
				}
			}
			if m.Why != "" && m.Why != m.Word && m.Why != "extra dose" {
				l.Says += ": " + m.Why
			}
			l.Struck = m.Kind == "invalid"
			if d.Source != nil && d.Reported {
				l.Site += " (reported)"
			}
			out = append(out, l)
			if len(out) == 2*sectionMost {
				return out
			}
		}
	}
	slices.SortStableFunc(out, func(a, b recordLine) int {
		return cmp.Or(cmp.Compare(place(a.Group), place(b.Group)), strings.Compare(a.Group, b.Group))
	})
	for i := len(out) - 1; i > 0; i-- { // a name once
		if out[i].Group == out[i-1].Group {
			out[i].Group = ""
		}
	}
	return out
}

func (v *view) immunisationsSection(p *sectionPage) {
	im := v.chart.Immunizations
	if len(im.Rows) == 0 {
		p.Groups = []group{{Title: "Immunisations", Empty: v.nothing("immunisations")}}
	} else {
		p.Vaccines = v.vaccinePage()
	}
	v.dueGroup(p)
	p.more("Not given", rowsOf(im.Refused, sectionMost, func(d chart.Dose) row { return v.dose("Vaccine", d) }))
	p.note("Entered in error", im.Errors)
}

func orUnknownWord(s string) string { return cmp.Or(s, "not recorded") }
