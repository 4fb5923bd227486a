package demo

import (
	"sort"
	"time"
)

// Visit says where a person is registered: the site and the id of the person's Patient there.
type Visit struct{ Site, Patient string }

// Person is somebody of the demonstration, with the story that the record tells. None of them exists.
type Person struct {
	Slug, Name, Line, Story, LookFor string
	Home                             []Visit
}

// teller is a person and the pages each site wrote.
type teller struct {
	Person
	charts map[string]func(c *chart) // by site slug
	ids    map[string]string         // Patient id, by site slug
}

// tellers lists everybody, Rosa first.
func tellers() []teller {
	return []teller{rosa(), walter(), harold(), yusuf(), daniel(), amara(), mei(), grace(), jamesRobert(), jamesThomas(), owen()}
}

// People lists the persons of the demonstration with the sites that know them, in the order of Sites.
func People() []Person {
	var out []Person
	for _, t := range tellers() {
		p := t.Person
		for _, s := range Sites() {
			if id := t.ids[s.Slug]; id != "" {
				p.Home = append(p.Home, Visit{s.Slug, id})
			}
		}
		out = append(out, p)
	}
	return out
}

// Bundles returns what one site holds at the anchor time, as FHIR R4 transaction bundles in the order to post them: the
// site's directory (Organization, Location, Practitioner, PractitionerRole), then one bundle a person. Every entry is a
// PUT with an id that stays the same for every anchor, so posting again replaces and doubles nothing. References are
// relative and stay inside the site. An unknown site has no bundles.
func Bundles(site string, anchor time.Time) [][]byte {
	d, ok := directories[site]
	if !ok {
		return nil
	}
	s := siteOf(site)
	c := newChart(s, anchor, "", "")
	d.fill(c)
	out := [][]byte{c.bundle()}
	for _, t := range tellers() {
		if write := t.charts[site]; write != nil {
			c := newChart(s, anchor, t.Slug, t.ids[site])
			write(c)
			sortPatientFirst(c.entries)
			out = append(out, c.bundle())
		}
	}
	return out
}

// sortPatientFirst keeps the order written, but for the Patient, which comes first.
func sortPatientFirst(entries list) {
	rank := func(i int) int {
		if entries[i].(object)["resource"].(object)["resourceType"] == "Patient" {
			return 0
		}
		return 1
	}
	sort.SliceStable(entries, func(i, j int) bool { return rank(i) < rank(j) })
}
