package clinic

import (
	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// Acts are the buttons that rooms add to the chart's own pages. base is the
// address of the patient's chart.
type Acts struct {
	Section func(c *door.Call, base, section string) []web.Button           // of a section, by its slug
	Picture func(p *Patient, section string) templ.Component                // at the top of a section, or nil
	Fact    func(c *door.Call, base string, r record.Resource) []web.Button // of one fact of the own chart
	// Overview stands under the completeness of the chart's own page (at is empty) and
	// of pages that show it beside writing (at is what follows the patient in their
	// address), or is nil.
	Overview func(c *door.Call, patient string, at []string) templ.Component
	Sheet    string // style sheet of what it adds; "" none
}

// AddActs adds a room's buttons.
func (p *Pages) AddActs(a Acts) { p.h.acts = append(p.h.acts, a) }

func (v *view) sectionActs(section string) (out []web.Button) {
	out = v.Offered(section, v.id)
	for _, a := range v.acts {
		if a.Section != nil {
			out = append(out, a.Section(v.Call, v.PatientPath(v.id, access.EMR), section)...)
		}
	}
	return out
}

func (v *view) picture(section string) templ.Component {
	for _, a := range v.acts {
		if a.Picture != nil {
			if c := a.Picture(&Patient{v}, section); c != nil {
				return c
			}
		}
	}
	return nil
}

func (v *view) besides(at ...string) (out []templ.Component) {
	for _, a := range v.acts {
		if a.Overview != nil {
			if c := a.Overview(v.Call, v.id, at); c != nil {
				out = append(out, c)
			}
		}
	}
	return out
}

func (v *view) factActs(r record.Resource) (out []web.Button) {
	if r.Site == nil || r.Site.Slug != v.Site.Slug {
		return nil
	}
	for _, a := range v.acts {
		if a.Fact != nil {
			out = append(out, a.Fact(v.Call, v.PatientPath(v.id, access.EMR), r)...)
		}
	}
	return out
}
