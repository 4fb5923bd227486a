package clinic

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/web"
	"wholechart/web/door"
)

// OverviewAt is the middle of the chart for a page of a room that has both
// lenses: its switch leads to that page's address below the patient. What the
// rooms do with the patient by one letter is offered there too, but not the way
// to where one is, and nothing beside a chart of the past.
func (p *Patient) OverviewAt(parts ...string) templ.Component {
	o := p.v.overview()
	o.Lens = p.v.lensSwitch("", parts...)
	visit, past := p.ChartHref("visit"), len(parts) > 0 && parts[0] == "as-of"
	o.Acts = slices.DeleteFunc(o.Acts, func(b web.Button) bool { return past || b.Href == visit })
	if !past {
		o.Besides = p.v.besides(parts...)
	}
	return overviewMain(o)
}

// PatientAsOf opens a patient's chart as it was at a past moment.
func (p *Pages) PatientAsOf(c *door.Call, at time.Time) (*Patient, error) {
	v := &view{call: &call{p.h, c}, id: c.R.PathValue("id"), lens: access.EMR}
	var err error
	if v.chart, err = chart.AsOf(c.R.Context(), c.Session(access.EMR), v.id, at); err != nil {
		return nil, err
	}
	v.colour()
	v.route = map[string]string{}
	for _, a := range v.chart.Completeness.Sites {
		v.route[a.Source.Slug] = routeOf(a, v.Zone)
	}
	return &Patient{v}, nil
}
