package clinic

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/web"
	"wholechart/web/door"
)

// Patient is a record opened for a page of another room: the storyboard at the
// left stays, the room fills the middle and the panel at the side.
type Patient struct{ v *view }

// Patient opens the record of the page that the address {id} names, through a
// lens; of a long one the newest facts, and the types in full (as chart.Glance
// has it). The whole record asks the other sites first, as every page of it
// does. Errors are the gate's, for door.Call.Failed. A role that sees persons
// but not their care gets a chart without care.
func (p *Pages) Patient(c *door.Call, lens access.Lens, full ...string) (*Patient, error) {
	v, err := (&call{p.h, c}).through(lens, full...)
	if err != nil {
		return nil, err
	}
	return &Patient{v}, nil
}

// Chart is the record as this lens shows it. It must not be changed.
func (p *Patient) Chart() *chart.Chart { return p.v.chart }

// ID is the patient's id at this site.
func (p *Patient) ID() string { return p.v.id }

// Name is the patient's name, as on the storyboard.
func (p *Patient) Name() string { return p.v.identity().Name }

// Whole says whether it is looked at through the ehr lens.
func (p *Patient) Whole() bool { return p.v.whole() }

// Desk says whether who asks sees persons but not their care.
func (p *Patient) Desk() bool { return p.v.desk() }

// Gap says in words why facts of other sites may be missing, "" when none are.
func (p *Patient) Gap() string { return p.v.gap() }

// Href is the address of a page of this patient through this lens.
func (p *Patient) Href(parts ...string) string { return p.v.href(parts...) }

// ChartHref is the address of a page of this patient's chart.
func (p *Patient) ChartHref(parts ...string) string {
	return p.v.PatientPath(p.v.id, access.EMR, parts...)
}

// FactHref is the page of one fact.
func (p *Patient) FactHref(f chart.Prov) string { return p.v.factHref(f) }

// Badge is the source of a fact.
func (p *Patient) Badge(f chart.Prov) web.Badge { return p.v.badge(f) }

// Badges are the source of a fact and the other sites that say the same.
func (p *Patient) Badges(f chart.Prov, also []chart.Prov) []web.Badge { return p.v.badges(f, also) }

// When is a date with its time of day where one is known.
func (p *Patient) When(w chart.When) string { return p.v.whenText(w) }

// Tabs lead to the sections of the record; active is a section's slug.
func (p *Patient) Tabs(active string) web.Tabs { return p.v.tabs(active) }

// LensSwitch leads to the same page of the other record.
func (p *Patient) LensSwitch(parts ...string) web.Lens { return p.v.lensSwitch("", parts...) }

// Overview is the middle of the chart as its own page has it, to read while one
// writes at the side.
func (p *Patient) Overview() templ.Component { return overviewMain(p.v.overview()) }

// Frame is the page around a room's content: the storyboard at the left and who
// looks at what, for the room to add its Side, Sheets and Modules.
func (p *Patient) Frame(title string) web.Page {
	return p.v.patientPage(storyboard(p.v.board()), title)
}

// Show writes a page of this patient: main in the middle, page.Side at the side.
// Status 0 is 200. A request for one region (web.PartialOf: storyboard,
// record) gets that alone; main must bear the id "record" for that.
func (p *Patient) Show(status int, page web.Page, main templ.Component) {
	if status == 0 {
		status = http.StatusOK
	}
	switch part := web.PartialOf(p.v.R); {
	case part == "storyboard":
		p.v.Render(status, page.Board)
	case part == "record":
		p.v.Render(status, main)
	default:
		p.v.Render(status, web.Framed(page, main))
	}
}

// Ask asks the other sites for what they know of the patient of {id}, as opening
// the whole record does, and waits for them no longer than wait. What is decided
// on the whole record is decided after it. missing says in words who may still
// have something to say, "" when all were heard or given up; what was given up
// stands in the record's own completeness.
func (p *Pages) Ask(c *door.Call, wait time.Duration) (missing string) {
	k := &call{p.h, c}
	if !access.Decide(c.Actor, access.EHR, access.Read, "Patient").Allowed {
		return "this account sees this chart only"
	}
	switch o := k.open(c.R.PathValue("id"), false, wait); {
	case o.running():
		return "other sites are still being asked"
	case o != nil && o.failed:
		return "other sites could not be asked"
	}
	return ""
}
