package clinic

import (
	"net/http"
	"net/url"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/door"
)

// deskTypes are what those who see no care see of a person.
var deskTypes = []string{"RelatedPerson", "Coverage", "Appointment", "Consent"}

// deskChart is a record of a person without the care: the gate is asked for
// each type, and what it refuses is not there.
func (c *call) deskChart(s record.Session, id string) (*chart.Chart, error) {
	patient, err := s.Read(c.R.Context(), "Patient", id)
	if err != nil {
		return nil, err
	}
	own := chart.Source{Slug: c.Site.Slug, Name: c.Site.Name, State: c.Site.State, Badge: c.Site.Badge, Color: c.Site.Color(), Own: true, Zone: c.Zone}
	fact := func(r record.Resource) chart.Fact {
		return chart.Fact{Node: r.Node(), Type: r.Type, ID: r.ID, Version: r.Version, Updated: r.Updated, Author: r.Author, Source: own}
	}
	facts := []chart.Fact{fact(patient)}
	for _, typ := range deskTypes {
		if !access.Decide(c.Actor, s.Lens(), access.Search, typ).Allowed {
			continue
		}
		q, err := search.Parse(typ, url.Values{"patient": {id}}, search.Options{DefaultCount: 200, Now: c.Now})
		if err != nil {
			return nil, err
		}
		page, err := s.Search(c.R.Context(), q)
		if err != nil {
			return nil, err
		}
		for _, m := range page.Matches {
			facts = append(facts, fact(m))
		}
	}
	return chart.Assemble(id, facts, c.Now, c.Zone), nil
}

// deskPage is the person: identity, how to reach, contacts, coverage, appointments.
func (v *view) deskPage() {
	if v.whole() {
		v.Failed(&record.Refused{Why: "this role opens the site's own chart only"})
		return
	}
	b := board{Who: v.identity(), Clinical: false}
	if b.Who.Initials == "" {
		b.Who.Initials = web.Letters(b.Who.Name)
	}
	b.Who.Href = ""
	b.add(v.next())
	p := &sectionPage{Title: "Person", Acts: v.Offered("about", v.id), About: &aboutPage{Cards: v.person()}}
	p.more("Appointments", rowsOf(v.chart.Appointments.Next, 50, v.appointment))
	p.more("Past appointments", rowsOf(v.chart.Appointments.Past, 50, v.appointment))
	p.more("Coverage", rowsOf(v.chart.Coverage, 50, v.item))
	v.Render(http.StatusOK, web.Framed(v.patientPage(storyboard(b), ""), deskMain(p, door.RoleWord(v.Actor))))
}
