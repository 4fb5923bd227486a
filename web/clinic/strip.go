package clinic

import (
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// strip is which sites answered, when, and what is shown instead.
type strip struct {
	web.Completeness
	Note  string // of sites that are not listed one by one
	Again string // where to reload without a script, while sites are being asked
	Ask   string // where to ask everybody again
}

// opened is how complete the record on a page is, and whether the page
// refreshes itself.
type opened struct {
	Strip   *strip
	Refresh int // milliseconds; 0: everybody has answered
	URL     string
}

func (v *view) opened() opened {
	o := opened{Strip: v.strip()}
	o.Refresh, o.URL = v.refresh()
	return o
}

// strip words the completeness of the record. While they are
// asked, sites of other nodes that have not answered since are said to be.
func (v *view) strip() *strip {
	if !v.whole() {
		return nil
	}
	s := &strip{Completeness: web.Completeness{ID: "strip"}, Ask: v.again("1")}
	known := map[string]bool{}
	unknown := 0
	for _, a := range v.chart.Completeness.Sites {
		known[a.Source.Slug] = true
		one := web.SiteAnswer{Name: shortName(a.Source.Name), Badge: web.Badge{Letters: a.Source.Badge, Color: a.Source.Color, Title: a.Source.Name, Route: v.route[a.Source.Slug]}}
		elsewhere := a.Source.Base != ""
		if elsewhere && v.pending(a) {
			one.State = web.Asking
			s.Sites = append(s.Sites, one)
			continue
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
				one.When = "showing " + clock(a.When, v.Now, v.Zone)
			}
		case chart.AnswerWithheld:
			one.State, one.Why = web.Refused, a.Why
		case chart.AnswerReview:
			one.State = web.ToConfirm
		case chart.AnswerUnreachable:
			one.State, one.RetryHref = web.SiteUnreachable, s.Ask
			if one.When = "nothing kept from there"; !a.When.IsZero() {
				one.When = "showing " + clock(a.When, v.Now, v.Zone)
			}
		case chart.AnswerAsking:
			one.State = web.Asking
		default:
			unknown++
			continue
		}
		s.Sites = append(s.Sites, one)
	}
	if v.asking {
		v.asked(s, known)
		s.Again = v.again("")
	}
	if v.failedToAsk {
		s.Note, s.Again = notAsked+" now", v.again("1")
	}
	if unknown > 0 {
		s.Note = dotted(s.Note, plural(unknown, "other site was", "other sites were")+" asked and "+map[bool]string{true: "does", false: "do"}[unknown == 1]+" not know this person")
	}
	return s
}

// asked adds the sites that are asked for the first time.
func (v *view) asked(s *strip, known map[string]bool) {
	const most = 8
	more := 0
	for _, site := range v.Records.Sites() {
		if site.Local || known[site.Slug] {
			continue
		}
		if len(s.Sites) >= most {
			more++
			continue
		}
		s.Sites = append(s.Sites, web.SiteAnswer{Name: shortName(site.Name), State: web.Asking, Badge: siteBadge(site)})
	}
	if more > 0 {
		s.Note = strings.TrimSpace(s.Note + " and " + strconv.Itoa(more) + " more are being asked")
	}
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
