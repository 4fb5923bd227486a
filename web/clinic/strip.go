package clinic

import (
	"strconv"
	"time"

	"wholechart/chart"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// cell is one site's place in the strip.
type cell struct {
	slug string
	web.SiteAnswer
}

// otherSites are those without a place of their own.
type otherSites struct {
	n      int
	asking bool
}

const mostFirstAsked = 8 // sites that are asked for the first time and have a cell

// strip words the completeness of the record. While they are asked, sites of
// other nodes that have not answered since are said to be. Of a page that was
// shown before, the same sites stand in the same places.
func (v *view) strip() *web.Completeness {
	if !v.whole() {
		return nil
	}
	s := &web.Completeness{ID: "strip"}
	cells, others := v.cells()
	for _, c := range cells {
		s.Sites = append(s.Sites, c.SiteAnswer)
	}
	switch {
	case others.n > 0:
		s.Others = web.SiteAnswer{Name: plural(others.n, "other site", "other sites"), State: web.NotKnown, Badge: web.Badge{Letters: "+" + strconv.Itoa(others.n), Title: plural(others.n, "other site", "other sites")}}
		if others.asking {
			s.Others.State = web.Asking
		}
	case v.failedToAsk && v.seen == nil:
		s.Others = web.SiteAnswer{Name: "Other sites", State: web.NotAsked, RetryHref: v.again("1")}
	}
	return s
}

// cells are the sites of the strip, and how many have none.
func (v *view) cells() (cells []cell, others otherSites) {
	now, unknown := map[string]web.SiteAnswer{}, 0
	for _, a := range v.chart.Completeness.Sites {
		now[a.Source.Slug] = v.answer(a)
		if a.State == chart.AnswerUnknown && !(a.Source.Base != "" && v.pending(a)) {
			unknown++
			continue
		}
		cells = append(cells, cell{a.Source.Slug, now[a.Source.Slug]})
	}
	if s := v.seen; s != nil {
		return v.sameCells(s, now), otherSites{s.others, v.asking}
	}
	others.n = unknown
	if !v.asking {
		return cells, others
	}
	for _, site := range v.Records.Sites() { // of those that never answered
		if _, known := now[site.Slug]; site.Local || known {
			continue
		}
		if len(cells) >= mostFirstAsked {
			others.n, others.asking = others.n+1, true
			continue
		}
		cells = append(cells, cell{site.Slug, web.SiteAnswer{Name: shortName(site.Name), State: web.Asking, Badge: siteBadge(site)}})
	}
	return cells, others
}

// sameCells are the cells that a page has, with what is known now.
func (v *view) sameCells(s *seen, now map[string]web.SiteAnswer) (cells []cell) {
	for _, slug := range s.sites {
		a, ok := now[slug]
		if !ok {
			site, err := v.Records.Site(slug)
			if err != nil {
				continue
			}
			a = web.SiteAnswer{Name: shortName(site.Name), State: web.NotAsked, Badge: siteBadge(site)}
			if v.asking {
				a.State = web.Asking
			}
		}
		cells = append(cells, cell{slug, a})
	}
	return cells
}

// answer words one site's answer.
func (v *view) answer(a chart.SiteAnswer) web.SiteAnswer {
	one := web.SiteAnswer{Name: shortName(a.Source.Name), Badge: web.Badge{Letters: a.Source.Badge, Color: a.Source.Color, Title: a.Source.Name, Route: v.route[a.Source.Slug]}}
	if a.Source.Base != "" && v.pending(a) {
		return one // asking
	}
	switch a.State {
	case chart.AnswerThis:
		one.State = web.ThisSite
	case chart.AnswerHere:
		one.State, one.When = web.Answered, "on this node"
	case chart.AnswerAnswered:
		one.State, one.When = web.Answered, web.RelativeText(a.When, v.Now, v.Zone)
	case chart.AnswerRefused:
		one.State, one.Why = web.Refused, a.Why
		if !a.When.IsZero() {
			one.When = "as of " + clock(a.When, v.Now, v.Zone)
		}
	case chart.AnswerWithheld:
		one.State, one.Why = web.Refused, a.Why
	case chart.AnswerReview:
		one.State = web.ToConfirm
	case chart.AnswerUnreachable:
		one.State, one.RetryHref = web.SiteUnreachable, v.again("1")
		if one.When = "nothing kept from there"; !a.When.IsZero() {
			one.When = "as of " + clock(a.When, v.Now, v.Zone)
		}
	case chart.AnswerUnknown:
		one.State = web.NotKnown
	}
	return one
}

// clock is a past time as short as it can be said today.
func clock(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 2006, 15:04")
}

func siteBadge(s *record.Site) web.Badge {
	return web.Badge{Letters: s.Badge, Color: s.Color(), Title: s.Name}
}

func siteLine(s *record.Site) string {
	where := "on another node"
	if s.Local {
		where = "on this node"
	}
	return dotted(capital(s.Kind), door.StateName(s.State), where)
}

// utcDay is the calendar day of t as its midnight in UTC, which plot takes for
// dates without a time.
func utcDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
