package clinic

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"wholechart/chart"
	"wholechart/web"
)

// section is one kind of fact in full. Its key follows "g".
type section struct {
	slug, title, key string
	count            func(c *chart.Chart) int
	show             func(v *view, p *sectionPage)
}

// sectionPage is one section of a record.
type sectionPage struct {
	Title    string
	Strip    *web.Completeness
	Cut      []cutLine
	Lens     web.Lens
	Tabs     web.Tabs
	Acts     []web.Button
	Picture  templ.Component
	Groups   []group
	Sheet    *flowsheet
	Vaccines *vaccinePage
	Tiles    []studyTile
	Events   *eventsPage
	About    *aboutPage
	Newer    string
	Older    string
	Range    string // "201–400 of 1,204"
}

// sectionMost is how many facts of one list a page holds.
const sectionMost = 250

// sections is the table of what is read in full, in the order of the tabs.
var sections []section

func init() { // the functions refer to the table through the tabs
	sections = []section{
		{"results", "Results", "r", func(c *chart.Chart) int { return len(c.Results.Series) }, (*view).resultsSection},
		{"medicines", "Medicines", "m", func(c *chart.Chart) int { return len(c.Medicines.Active) }, (*view).medicinesSection},
		{"problems", "Problems", "b", func(c *chart.Chart) int { return len(c.Problems.Active) }, (*view).problemsSection},
		{"allergies", "Allergies", "a", func(c *chart.Chart) int { return len(c.Allergies.Items) }, (*view).allergiesSection},
		{"documents", "Documents", "n", func(c *chart.Chart) int { return len(c.Documents) }, (*view).documentsSection},
		{"imaging", "Imaging", "x", func(c *chart.Chart) int { return len(c.Imaging) }, (*view).imagingSection},
		{"encounters", "Visits", "e", func(c *chart.Chart) int { return len(c.Encounters) }, (*view).encountersSection},
		{"procedures", "Procedures", "c", func(c *chart.Chart) int { return len(c.Procedures) }, (*view).proceduresSection},
		{"immunisations", "Immunisations", "v", func(c *chart.Chart) int { return len(c.Immunizations.Rows) }, (*view).immunisationsSection},
		{"family", "Family", "f", func(c *chart.Chart) int { return len(c.Family) }, (*view).familySection},
		{"due", "Due", "h", nil, (*view).dueSection},
		{"timeline", "Timeline", "t", nil, (*view).timelineSection},
		{"about", "Person", "o", nil, (*view).aboutSection},
		{"outside", "Not in this chart", "u", nil, (*view).outsideSection},
	}
}

// tabs lead to the sections; active is the slug of the one shown, empty on the overview.
func (v *view) tabs(active string) web.Tabs {
	t := web.Tabs{Label: "Sections of the record", Items: []web.Tab{{Label: "Overview", Href: v.href(), Active: active == ""}}}
	for _, s := range sections {
		if s.slug == "outside" && active != s.slug {
			continue
		}
		tab := web.Tab{Label: s.title, Href: v.href(s.slug), Active: active == s.slug}
		if s.count != nil {
			tab.Count = s.count(v.chart)
		}
		t.Items = append(t.Items, tab)
	}
	return t
}

func (h *clinic) section(s section) func(*call) {
	return func(c *call) {
		v, err := c.view(fullOf[s.slug]...)
		if err != nil {
			c.Failed(err)
			return
		}
		if v.desk() {
			v.deskPage()
			return
		}
		p := &sectionPage{Title: s.title, Strip: v.strip(), Cut: v.cut(s.slug), Lens: v.lensSwitch(s.slug), Tabs: v.tabs(s.slug), Acts: v.sectionActs(s.slug), Picture: v.picture(s.slug)}
		s.show(v, p)
		v.frame(http.StatusOK, s.title, sectionMain(p))
	}
}

// page cuts one long list into pages and says where they are.
func (p *sectionPage) page(v *view, n int) (from, to int) {
	from, _ = strconv.Atoi(v.R.FormValue("from"))
	from = max(0, min(from, n))
	to = min(n, from+sectionMost)
	here := v.R.URL.Path
	if from > 0 {
		p.Newer = here + "?from=" + strconv.Itoa(max(0, from-sectionMost))
	}
	if to < n {
		p.Older = here + "?from=" + strconv.Itoa(to)
	}
	if from > 0 || to < n {
		p.Range = strconv.Itoa(from+1) + "–" + strconv.Itoa(to) + " of " + strconv.Itoa(n)
	}
	return from, to
}

func listOf[T any](p *sectionPage, v *view, title, what string, list []T, one func(T) row) {
	from, to := p.page(v, len(list))
	g := group{Title: title, Rows: rowsOf(list[from:to], 0, one)}
	if len(list) == 0 {
		g.Empty = v.nothing(what)
	}
	p.Groups = append(p.Groups, g)
}

// nothing is an empty list: what could not be asked is not what is not there.
func (v *view) nothing(what string) *web.EmptyState {
	e := &web.EmptyState{What: what, Zone: v.Zone}
	if g := v.gap(); g != "" {
		e.Knowledge, e.Gap = web.Unreachable, g
	}
	return e
}

// noneKnown is a list of which a site has written that there is none, as far
// as every site has been heard.
func (v *view) noneKnown(what string) *web.EmptyState {
	e := v.nothing(what)
	if e.Knowledge == web.Unreachable {
		e.Gap = "No " + what + " known where it was answered; " + e.Gap
		return e
	}
	e.Knowledge = web.NoneKnown
	return e
}

func (p *sectionPage) more(title string, rows []row) {
	if len(rows) > 0 {
		p.Groups = append(p.Groups, group{Title: title, Rows: rows})
	}
}

func (v *view) medicinesSection(p *sectionPage) {
	m := v.chart.Medicines
	g := group{Title: "Active", Rows: rowsOf(m.Active, sectionMost, v.medicineWhole)}
	if len(m.Active) == 0 {
		if g.Empty = v.nothing("medicines"); m.NoneKnown {
			g.Empty = v.noneKnown("medicines")
		}
	}
	p.Groups = append(p.Groups, g)
	p.more("Not signed yet", rowsOf(m.Drafts, sectionMost, v.medicineWhole))
	p.more("Stopped", rowsOf(m.Stopped, sectionMost, v.medicineWhole))
	p.note("Entered in error", m.Errors)
}

// note counts what is kept but is no fact any more.
func (p *sectionPage) note(what string, n int) {
	if n > 0 {
		p.Groups = append(p.Groups, group{Title: what, Note: plural(n, "entry was", "entries were") + " marked so and " + map[bool]string{true: "is", false: "are"}[n == 1] + " not shown as a fact."})
	}
}

func (v *view) problemsSection(p *sectionPage) {
	m := v.chart.Problems
	g := group{Title: "Active", Rows: rowsOf(m.Active, sectionMost, v.problem)}
	if len(m.Active) == 0 {
		g.Empty = v.nothing("problems")
	}
	p.Groups = append(p.Groups, g)
	p.more("Resolved", rowsOf(m.Resolved, sectionMost, v.problem))
	p.note("Refuted", m.Refuted)
	p.note("Entered in error", m.Errors)
	p.more("Care plans", rowsOf(v.chart.CarePlans, sectionMost, v.carePlan))
	p.more("Goals", rowsOf(v.chart.Goals, sectionMost, v.goal))
}

func (v *view) allergiesSection(p *sectionPage) {
	a := v.chart.Allergies
	g := group{Title: "Allergies and intolerances", Rows: rowsOf(a.Items, 0, v.allergy)}
	if len(a.Items) == 0 {
		g.Empty = v.nothing("allergies")
		if a.State == chart.NoneKnown {
			g.Empty = v.noneKnown("allergies")
			g.Empty.Asked, g.Empty.Who = a.Asked.At, a.Who
		}
	}
	if a.Conflict {
		g.Note = "One site has written that no allergy is known; another lists these."
	}
	p.Groups = append(p.Groups, g)
	p.more("No longer active", rowsOf(a.Inactive, 0, v.allergy))
	p.note("Refuted", a.Refuted)
	p.note("Entered in error", a.Errors)
}

func (v *view) documentsSection(p *sectionPage) {
	listOf(p, v, "Documents", "documents", v.chart.Documents, v.document)
}

func (v *view) encountersSection(p *sectionPage) {
	p.more("To come", rowsOf(v.chart.Appointments.Next, 50, v.appointment))
	listOf(p, v, "Visits and stays", "visits", v.chart.Encounters, v.encounter)
	p.more("Past appointments", rowsOf(v.chart.Appointments.Past, 50, v.appointment))
}

func (v *view) proceduresSection(p *sectionPage) {
	listOf(p, v, "Procedures", "procedures", v.chart.Procedures, v.procedure)
	p.more("Implants and equipment", rowsOf(v.chart.Devices, sectionMost, v.item))
	p.more("Orders", rowsOf(v.chart.Orders, sectionMost, v.item))
}

func (v *view) familySection(p *sectionPage) {
	listOf(p, v, "Family history", "family history", v.chart.Family, v.relative)
}

func (v *view) imagingSection(p *sectionPage) {
	from, to := p.page(v, len(v.chart.Imaging))
	for _, s := range v.chart.Imaging[from:min(to, from+8)] {
		p.Tiles = append(p.Tiles, v.studyTile(s))
	}
	listOf(p, v, "Studies", "imaging studies", v.chart.Imaging, v.study)
}

func (v *view) study(s chart.Study) row {
	r := row{Title: dotted(s.Modality, s.Description), Href: v.factHref(s.Prov), Badges: v.badges(s.Prov, s.Also)}
	if s.Description == "" {
		r.Title = dotted(s.Modality, s.Region)
	}
	if r.Title == "" {
		r.Title = "Imaging study"
	}
	r.date("", s.When)
	r.say(s.Reason)
	if s.Images > 0 {
		r.say(plural(s.Series, "series", "series") + ", " + plural(s.Images, "image", "images"))
	}
	r.say(first(s.Impression, 220))
	if s.Accession != "" {
		r.say("accession " + s.Accession)
	}
	if s.Report != nil {
		b := v.badge(s.Report.Prov)
		r.Bits = append(r.Bits, bit{Text: "report", Badge: &b})
	}
	return r
}

func (v *view) carePlan(c chart.CarePlan) row {
	r := row{Title: c.Title, Href: v.factHref(c.Prov), Badges: []web.Badge{v.badge(c.Prov)}}
	if r.Title == "" {
		r.Title = "Care plan"
	}
	r.date("since", c.When)
	r.date("until", c.End)
	if c.Status != "" {
		r.pill(web.Pill{Text: c.Status})
	}
	r.say(strings.Join(c.Addresses, ", "), first(c.Note, 160))
	for _, a := range c.Activities {
		r.Lines = append(r.Lines, row{Title: a.Text, Bits: []bit{{Text: a.Status}}})
	}
	r.LinesLabel = plural(len(r.Lines), "activity", "activities")
	return r
}

func (v *view) goal(g chart.Goal) row {
	r := row{Title: g.Text, Href: v.factHref(g.Prov), Badges: []web.Badge{v.badge(g.Prov)}}
	r.say(g.Target)
	r.date("by", g.Due)
	r.say(g.Achievement)
	if g.Status != "" {
		r.pill(web.Pill{Text: g.Status})
	}
	return r
}

// outsideCount is how many problems, medicines, allergies and vaccines stand
// in other sites' charts and not in this one.
func (v *view) outsideCount() int {
	n := 0
	for _, g := range v.outside() {
		n += len(g.Rows)
	}
	return n
}

func (v *view) outside() []group {
	c := v.chart
	var out []group
	add := func(title string, rows []row) {
		if len(rows) > 0 {
			out = append(out, group{Title: title, Rows: rows})
		}
	}
	add("Allergies", rowsOf(only(c.Allergies.Items, func(a chart.Allergy) bool { return a.Outside }), 0, v.allergy))
	add("Medicines", rowsOf(only(c.Medicines.Active, func(m chart.Medicine) bool { return m.Outside }), 0, v.medicine))
	add("Problems", rowsOf(only(c.Problems.Active, func(p chart.Problem) bool { return p.Outside }), 0, v.problem))
	var doses []row
	for _, vac := range c.Immunizations.Rows {
		for _, d := range vac.Doses {
			if d.Outside {
				doses = append(doses, v.dose(vac.Name, d))
			}
		}
	}
	add("Immunisations", doses)
	return out
}

func only[T any](list []T, keep func(T) bool) []T {
	var out []T
	for _, t := range list {
		if keep(t) {
			out = append(out, t)
		}
	}
	return out
}

func (v *view) outsideSection(p *sectionPage) {
	if v.whole() {
		p.Groups = v.outside()
	}
	if len(p.Groups) == 0 {
		note := "Everything that the reached sites list as a problem, medicine, allergy or vaccine stands in this chart too."
		if !v.whole() {
			note = "This is the chart alone. Open the whole record to see what other sites have written."
		}
		if g := v.gap(); g != "" {
			note += " " + g + ": there may be more."
		}
		p.Groups = []group{{Title: "Not in this chart", Note: note}}
	}
	for i := range p.Groups {
		for j := range p.Groups[i].Rows {
			p.Groups[i].Rows[j].Pills = nil
		}
	}
}

// countLink says how many a group lists.
func countLink(g group) web.Link {
	if len(g.Rows) < 2 {
		return web.Link{}
	}
	return web.Link{Label: strconv.Itoa(len(g.Rows))}
}

// spanOf is how many columns a flowsheet has.
func spanOf(f *flowsheet) string { return strconv.Itoa(4 + len(f.Days)) }

func orUnknown(s string) string {
	if s == "" {
		return "date unknown"
	}
	return s
}
