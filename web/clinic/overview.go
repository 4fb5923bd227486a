package clinic

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/web"
	"wholechart/web/door"
	"wholechart/web/plot"
)

// overview is the chart at a glance: one page, the same through both lenses.
type overview struct {
	Lens     web.Lens
	Strip    *web.Completeness
	Tabs     web.Tabs
	Acts     []web.Button
	Lanes    plot.Lanes
	LanesOf  web.Link
	Results  resultTable
	Trend    *trendCard
	Left     []card
	Right    []card
	Imaging  []studyTile
	ImagingN web.Link
	Missing  string // "3 facts of other sites are not in this chart"
	Cut      []cutLine
	Besides  []templ.Component // what rooms have to say of the whole record
}

// card is a titled list of facts.
type card struct {
	Title string
	More  web.Link
	Rows  []row
	Empty *web.EmptyState
	Grid  *vaccineGrid
	Rest  web.Link // to what is not listed here: a list that is cut says so
}

// resultTable is the latest of each series.
type resultTable struct {
	More  web.Link
	Rows  []resultRow
	Rest  web.Link
	Empty *web.EmptyState
}

type resultRow struct {
	Name, Href string
	Value      web.Quantity
	Range      string
	Spark      plot.Spark
	When       chart.When
	Badge      web.Badge
	Computed   bool
}

type trendCard struct {
	Title string
	More  web.Link
	Plot  plot.Trend
}

// studyTile is one imaging study in the gallery.
type studyTile struct {
	Modality, Title, Href string
	When                  chart.When
	Detail, Impression    string
	Badge                 web.Badge
}

// What the overview shows of each kind; the rest is one click away.
const (
	glanceResults  = 9
	glanceMeds     = 20
	glanceProblems = 12
	glanceList     = 5
	glanceStudies  = 4
	glanceMarks    = 4000
)

func (h *clinic) chart(c *call) {
	v, err := c.view()
	if err != nil {
		c.Failed(err)
		return
	}
	if v.desk() {
		v.deskPage()
		return
	}
	o := v.overview()
	o.Besides = v.besides()
	v.frame(http.StatusOK, "", overviewMain(o))
}

// patientPage is the frame of a page about this patient.
func (v *view) patientPage(b templ.Component, section string) web.Page {
	title := v.identity().Name
	if section != "" {
		title = section + " · " + title
	}
	p := v.Page(title)
	p.Board = boardWith(v.late(), b)
	p.Sheets = []string{sheetURL}
	for _, a := range v.acts {
		if a.Sheet != "" {
			p.Sheets = append(p.Sheets, a.Sheet)
		}
	}
	p.Foot = v.foot()
	return p
}

// foot says who opened the record and why, which the patient can see too.
func (v *view) foot() string {
	who := v.Actor.Name
	if who == "" {
		who = v.Actor.ID
	}
	s := "Opened " + v.Now.In(v.Zone).Format("2 Jan 2006, 15:04 MST") + " by " + who + " for " + door.PurposeWord(v.Actor.Purpose) + " · visible to the patient in the access log"
	if v.whole() {
		s += " · some information may be withheld at the patient's direction"
	}
	return s
}

func (v *view) overview() overview {
	c := v.chart
	p := overview{Lens: v.lensSwitch(""), Strip: v.strip(), Tabs: v.tabs(""), Cut: v.cut("")}
	p.Lanes = v.lanes()
	p.LanesOf = web.Link{Label: v.span(), Href: v.href("timeline")}
	p.Results = v.results()
	p.Trend = v.telling()

	empty := func(what string, none bool) *web.EmptyState {
		if none {
			return v.noneKnown(what)
		}
		return v.nothing(what)
	}
	list := func(title, section, label string, n int, rows []row, e *web.EmptyState) card {
		k := card{Title: title, Rows: rows, More: web.Link{Label: label, Href: v.href(section)}}
		if len(rows) > 0 {
			k.Rest = rest(n-len(rows), v.href(section))
		}
		if len(rows) == 0 {
			k.Empty, k.More = e, web.Link{}
			if label != "" {
				k.More = web.Link{Label: label, Href: v.href(section)}
			}
		}
		return k
	}
	meds, stopped := len(c.Medicines.Active), len(c.Medicines.Stopped)
	taken := append(rowsOf(c.Medicines.Active, glanceMeds, v.medicine), rowsOf(c.Medicines.Drafts, 2, v.medicine)...)
	p.Right = append(p.Right, list("Medicines", "medicines", tally(meds, "active", stopped, "stopped"), meds+len(c.Medicines.Drafts), taken, empty("medicines", c.Medicines.NoneKnown)))
	p.Right = append(p.Right, list("Problems", "problems", tally(len(c.Problems.Active), "active", len(c.Problems.Resolved), "resolved"), len(c.Problems.Active), rowsOf(c.Problems.Active, glanceProblems, v.problem), empty("problems", false)))
	for _, s := range c.Imaging[:min(len(c.Imaging), glanceStudies)] {
		p.Imaging = append(p.Imaging, v.studyTile(s))
	}
	p.ImagingN = web.Link{Label: plural(len(c.Imaging), "study", "studies"), Href: v.href("imaging")}
	p.Right = append(p.Right, list("Visits and stays", "encounters", all(len(c.Encounters)), len(c.Encounters), rowsOf(c.Encounters, glanceList, v.encounter), empty("visits", false)))

	p.Left = append(p.Left, list("Documents", "documents", all(len(c.Documents)), len(c.Documents), rowsOf(c.Documents, glanceList, v.document), empty("documents", false)))
	p.Left = append(p.Left, list("Procedures", "procedures", all(len(c.Procedures)), len(c.Procedures), rowsOf(c.Procedures, glanceList, v.procedure), empty("procedures", false)))
	vaccines := card{Title: "Immunisations", More: web.Link{Label: all(len(c.Immunizations.Rows)), Href: v.href("immunisations")}, Grid: v.grid(12)}
	if len(c.Immunizations.Rows) == 0 {
		vaccines.Empty, vaccines.Grid, vaccines.More = empty("immunisations", false), nil, web.Link{}
	}
	p.Left = append(p.Left, vaccines)
	p.Left = append(p.Left, list("Family history", "family", all(len(c.Family)), len(c.Family), rowsOf(c.Family, glanceList, v.relative), empty("family history", false)))
	if rows := v.social(); len(rows) > 0 {
		p.Right = append(p.Right, card{Title: "Life and habits", Rows: rows[:min(len(rows), 4)], More: web.Link{Label: all(len(rows)), Href: v.href("about")}, Rest: rest(len(rows)-4, v.href("about"))})
	}
	if n := v.outsideCount(); n > 0 && v.whole() {
		p.Acts = append(p.Acts, web.Button{Label: "Not in this chart · " + strconv.Itoa(n), Href: v.href("outside"), Key: "x"})
	}
	for _, k := range v.Call.Commands { // what the rooms do with this patient by one letter
		if k.Patient && len(k.Key) == 1 && k.Key >= "a" && (k.Can == nil || k.Can(v.Call)) {
			if href := k.Path(v.Call, v.id); href != v.R.URL.Path {
				p.Acts = append(p.Acts, web.Button{Label: k.Label, Href: href, Key: k.Key})
			}
		}
	}
	return p
}

// lensSwitch is the switch between the two records, on the same page of each.
func (v *view) lensSwitch(section string, more ...string) web.Lens {
	parts := more
	if section != "" {
		parts = append([]string{section}, more...)
	}
	l := web.Lens{ChartHref: v.PatientPath(v.id, access.EMR, parts...), WholeHref: v.PatientPath(v.id, access.EHR, parts...), ChartNote: shortName(v.Site.Name), Whole: v.whole()}
	if v.whole() {
		n := 0
		for _, a := range v.chart.Completeness.Sites {
			if a.State != chart.AnswerUnknown {
				n++
			}
		}
		l.WholeNote = plural(n, "site", "sites")
	} else {
		l.WholeNote = "all sites"
	}
	return l
}

func (v *view) studyTile(s chart.Study) studyTile {
	t := studyTile{Modality: s.Modality, Title: s.Description, Href: v.factHref(s.Prov), When: s.When, Impression: first(s.Impression, 110), Badge: v.badge(s.Prov)}
	if t.Title == "" {
		t.Title = s.Region
	}
	if t.Title == "" {
		t.Title = "Imaging study"
	}
	if t.Modality == "" {
		t.Modality = "?"
	}
	if s.Images > 0 {
		t.Detail = plural(s.Images, "image", "images")
	}
	return t
}

// span is the time that the timeline covers: "all sites, 2017 – today".
func (v *view) span() string {
	s := "this site"
	if v.whole() {
		s = "all sites"
	}
	var from time.Time
	for _, l := range v.chart.Timeline.Lanes {
		for _, m := range l.Marks {
			if _, drawn := markKinds[m.Kind]; drawn && !m.Start.IsZero() && (from.IsZero() || m.Start.Before(from)) {
				from = m.Start
			}
		}
	}
	if !from.IsZero() {
		s += ", " + strconv.Itoa(from.In(v.Zone).Year()) + " – today"
	}
	return s
}

func (v *view) lanes() plot.Lanes {
	t := v.chart.Timeline
	l := plot.Lanes{Label: "Timeline of " + v.identity().Name, Today: t.Today, Zone: v.Zone}
	var slugs []string
	for _, lane := range t.Lanes {
		one := plot.Lane{Name: shortName(lane.Source.Name), State: lane.Source.State, Color: lane.Source.Color, Gap: lane.Gap}
		if lane.Source.Own {
			one.Note = "this site"
		}
		marks := lane.Marks
		if len(marks) > glanceMarks {
			marks = marks[len(marks)-glanceMarks:]
		}
		for _, m := range marks {
			kind, ok := markKinds[m.Kind]
			if !ok {
				continue
			}
			pm := plot.Mark{Kind: kind, Start: m.Start, End: m.End, Day: m.Day, Label: m.Label, Href: v.factHref(m.Prov)}
			if m.Day {
				pm.Start = utcDay(m.Start)
				if !m.End.IsZero() {
					pm.End = utcDay(m.End)
				}
			}
			if m.Ongoing {
				pm.End = time.Time{}
			}
			one.Marks = append(one.Marks, pm)
		}
		l.Lanes = append(l.Lanes, one)
		slugs = append(slugs, lane.Source.Slug)
	}
	l.Around = func(lane int, from, to time.Time) string {
		return v.href("timeline") + "?" + url.Values{"site": {slugs[lane]}, "from": {from.In(v.Zone).Format("2006-01-02")}, "to": {to.In(v.Zone).Format("2006-01-02")}}.Encode()
	}
	return l
}

var markKinds = map[chart.MarkKind]plot.MarkKind{
	chart.MarkVisit: plot.Visit, chart.MarkResults: plot.Result, chart.MarkStay: plot.Stay, chart.MarkImaging: plot.Image, chart.MarkMedicine: plot.Medicine,
}

// social is smoking first, then what else is known of how the person lives.
func (v *view) social() []row {
	var out []row
	one := func(f chart.SocialFact) row {
		r := row{Title: f.Name, Href: v.factHref(f.Prov), Badges: []web.Badge{v.badge(f.Prov)}}
		r.say(f.Value)
		r.date("", f.When)
		r.differs(v, f.Differs)
		return r
	}
	if s := v.chart.Social.Smoking; s != nil {
		out = append(out, one(*s))
	}
	others := only(v.chart.Social.Items, func(f chart.SocialFact) bool {
		return v.chart.Social.Smoking == nil || f.Ref() != v.chart.Social.Smoking.Ref()
	})
	return append(out, rowsOf(others, 0, one)...)
}

// rest leads to the facts that a list leaves out.
func rest(n int, href string) web.Link {
	if n <= 0 {
		return web.Link{}
	}
	return web.Link{Label: "and " + strconv.Itoa(n) + " more", Href: href}
}

func tally(n int, word string, m int, other string) string {
	s := strconv.Itoa(n) + " " + word
	if m > 0 {
		s += " · " + strconv.Itoa(m) + " " + other
	}
	if n == 0 && m == 0 {
		return ""
	}
	return s
}

func all(n int) string {
	if n == 0 {
		return ""
	}
	return "All " + strconv.Itoa(n)
}
