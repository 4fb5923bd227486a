package clinic

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/decision/immunization"
	"wholechart/decision/prevention"
	"wholechart/web"
)

// view is one patient's record in the making of a page: the chart, and the
// words and addresses that its facts have on this site's pages.
type view struct {
	*call
	id    string
	lens  access.Lens
	chart *chart.Chart
	route map[string]string  // by site: how its facts came here
	due   *prevention.Result // asked once a page
	shots *immunization.Result

	page  *url.URL // the address of the page it is for
	full  []string // resource types that were read in full
	swaps bool     // the page's middle can be taken anew without leaving it
	seen  *seen    // what the page showed when it was made; nil: it is being made

	asking bool      // other sites had not all answered when the record was read
	since  time.Time // when they were asked

	failedToAsk bool // it broke off: what they know is not known
}

// view opens the record that the address names: of a long one the newest, and
// the types in full as far as a page can show them. Of a whole record it asks
// the other sites first.
func (c *call) view(full ...string) (*view, error) { return c.through(c.lens(), full...) }

// through is view with the lens chosen by the room, not by the address.
func (c *call) through(lens access.Lens, full ...string) (*view, error) {
	o, err := c.askAround(lens)
	if err != nil {
		return nil, err
	}
	v, err := c.read(lens, o, full...)
	if err == nil {
		c.recent.note(c.who(), v.id)
	}
	return v, err
}

// read reads the record as it is known now, while other sites may be asked.
func (c *call) read(lens access.Lens, o *opening, full ...string) (v *view, err error) {
	v = &view{call: c, id: c.R.PathValue("id"), lens: lens, page: c.R.URL, full: full}
	// Said of what is read next: who answers after this is still being asked.
	if v.asking = o.running(); v.asking {
		v.since = o.started
	} else if o != nil {
		v.failedToAsk = o.failed
	}
	s := c.Session(v.lens)
	if v.desk() {
		v.chart, err = c.deskChart(s, v.id)
	} else {
		v.chart, err = chart.Glance(c.R.Context(), s, v.id, c.Now, full...)
	}
	if err != nil {
		return nil, err
	}
	v.colour()
	v.route = map[string]string{}
	for _, a := range v.chart.Completeness.Sites {
		v.route[a.Source.Slug] = routeOf(a, v.Zone)
	}
	return v, nil
}

// colour gives the sites of this record different colours as far as there are
// five: each keeps its own unless a site before it has that one already.
func (v *view) colour() {
	of, taken := map[string]int{}, map[int]bool{}
	paint := func(s *chart.Source) {
		if s == nil {
			return
		}
		if _, ok := of[s.Slug]; !ok {
			c := s.Color
			for i := 0; taken[c] && i < 5; i++ {
				c = c%5 + 1
			}
			of[s.Slug], taken[c] = c, true
		}
		s.Color = of[s.Slug]
	}
	for _, s := range v.chart.Sources {
		paint(s)
	}
	for _, a := range v.chart.Completeness.Sites {
		paint(a.Source)
	}
	for _, l := range v.chart.Timeline.Lanes {
		paint(l.Source)
	}
}

// desk says whether who asks sees persons but not their care.
func (v *view) desk() bool {
	return !access.Decide(v.Actor, v.lens, access.Read, "Condition").Allowed
}

func (v *view) whole() bool { return v.lens == access.EHR }

// href is the address of a page of this patient's, through the lens of this page.
func (v *view) href(parts ...string) string { return v.PatientPath(v.id, v.lens, parts...) }

// factHref is the page of one fact.
func (v *view) factHref(p chart.Prov) string {
	if p.ID == "" || p.Type == "" {
		return ""
	}
	return v.href("fact", p.Type, p.ID)
}

// badge is the source of a fact.
func (v *view) badge(p chart.Prov) web.Badge {
	if p.Source == nil {
		return web.Badge{Letters: "??", Title: "source not recorded"}
	}
	b := web.Badge{Letters: p.Source.Badge, Color: p.Source.Color, Title: p.Source.Name, Author: p.Author, Route: v.route[p.Source.Slug], Href: v.factHref(p)}
	if p.When.Known() {
		b.When = v.whenText(p.When)
	}
	if b.Route == "" && p.Source.Own {
		b.Route = "written here"
	}
	return b
}

// badges are the source of a fact and the other sites that say the same.
func (v *view) badges(p chart.Prov, also []chart.Prov) []web.Badge {
	out := []web.Badge{v.badge(p)}
	seen := []*chart.Source{p.Source}
	for _, a := range also {
		if a.Source == nil || slices.ContainsFunc(seen, func(s *chart.Source) bool { return s != nil && s.Slug == a.Source.Slug }) {
			continue
		}
		seen = append(seen, a.Source)
		out = append(out, v.badge(a))
	}
	return out
}

// routeOf says how a site's facts came to this page.
func routeOf(a chart.SiteAnswer, zone *time.Location) string {
	switch {
	case a.Source.Own:
		return "written here"
	case a.Source.Base == "":
		return "read at its own chart on this node"
	case a.When.IsZero():
		return ""
	case a.State == chart.AnswerUnreachable:
		return "copy from " + web.ExactText(a.When, zone) + "; it cannot be reached now"
	}
	return "copy as answered " + web.ExactText(a.When, zone)
}

// bit is a piece of the line under a fact's title: words, a date, a source or a state.
type bit struct {
	Text  string
	When  chart.When // after Text
	Badge *web.Badge
	Pill  *web.Pill
	Glue  bool // no dot before it
}

// row is one fact in a list.
type row struct {
	Title, Href string
	Bits        []bit
	Pills       []web.Pill // at the right, before the badges
	Badges      []web.Badge
	Lines       []row // what it is made of, folded away
	LinesLabel  string
}

func (r *row) say(texts ...string) {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			r.Bits = append(r.Bits, bit{Text: t})
		}
	}
}

func (r *row) date(before string, w chart.When) {
	if w.Known() {
		r.Bits = append(r.Bits, bit{Text: before, When: w})
	}
}

func (r *row) pill(p web.Pill) { r.Bits = append(r.Bits, bit{Pill: &p, Glue: true}) }

func (r *row) differs(v *view, list []chart.Difference) {
	for _, d := range list {
		b := v.badge(d.Prov)
		r.Bits = append(r.Bits, bit{Text: strings.TrimSpace(d.What + " " + d.There)}, bit{Badge: &b, Glue: true}, bit{Pill: &web.Pill{Kind: web.Warning, Text: "differs"}, Glue: true})
	}
}

func (r *row) outside(v *view, yes bool) {
	if yes && v.whole() {
		r.Pills = append(r.Pills, web.Pill{Text: "not in this chart"})
	}
}

// group is a titled run of rows.
type group struct {
	Title string
	Rows  []row
	Empty *web.EmptyState
	Note  string
}

// whenText is a date with its time of day where one is known, and how far from
// UTC the clock was that it was read from.
func whenText(w chart.When) string {
	if !w.Known() {
		return ""
	}
	if !w.HasTime() {
		return w.String()
	}
	s := w.At.Format("2 Jan 2006, 15:04")
	if w.At.Location().String() == "" {
		return s + " UTC" + w.At.Format("-07:00")
	}
	return s + w.At.Format(" MST")
}

// whenText is the same with the zone's name, where it is the clock of this site.
func (v *view) whenText(w chart.When) string {
	if w.HasTime() {
		here := w.At.In(v.Zone)
		_, a := here.Zone()
		if _, b := w.At.Zone(); a == b {
			return here.Format("2 Jan 2006, 15:04 MST")
		}
	}
	return whenText(w)
}
