package standing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/caution"
	"wholechart/decision/imaging"
	"wholechart/decision/immunization"
	"wholechart/decision/medicine"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
	"wholechart/decision/test"
)

// dangers are the checks of what stands in the record, without a draft.
var dangers = []func(rule.Input) rule.Answer{medicine.Check, caution.Check, test.Check, imaging.Check}

// ahead is how long before its day a vaccine is due soon.
const ahead = 60 * 24 * time.Hour

// Evaluate works out how a patient stands at a clock, by what the chart shows. It
// is pure. Of the answer, At, Again, Noted and By are the caller's.
func Evaluate(c *chart.Chart, now time.Time) *Answer {
	a := &Answer{On: now}
	switch p := &c.Patient; {
	case !p.Known:
		a.Out = Nameless
	case p.Replaced != "":
		a.Out = Replaced
	case p.Deceased:
		a.Out = Dead
	case p.Inactive:
		a.Out = Inactive
	}
	if a.Out != In {
		return a
	}
	if c.Patient.Birth.Known() {
		a.Born = c.Patient.Birth.At
		a.Born = time.Date(a.Born.Year(), a.Born.Month(), a.Born.Day(), 0, 0, 0, 0, time.UTC)
	}
	a.Seen = seen(c, now)
	a.Groups = groupsOf(c)
	a.Values = valuesOf(c, now)
	care := prevention.Evaluate(c, now)
	for _, it := range care.Items {
		st, ok := statuses[it.Status]
		if !ok {
			continue
		}
		x := Item{Rule: it.Rule, Status: st, Since: it.Due, Pending: it.Pending != nil}
		if it.Last != nil {
			x.Last, x.Fact = it.Last.When.At, factID(it.Last.Prov)
		}
		a.Items = append(a.Items, x)
	}
	a.Items = append(a.Items, vaccines(c, now)...)
	slices.SortFunc(a.Items, func(x, y Item) int {
		return cmp.Or(cmp.Compare(x.Status, y.Status), strings.Compare(x.Rule.ID, y.Rule.ID))
	})
	in := rule.Input{Chart: c, Now: now}
	for _, check := range dangers {
		said := check(in)
		for _, k := range said.Cards {
			a.Alerts = append(a.Alerts, alertOf(&k, now))
		}
		if slices.ContainsFunc(said.Gaps, func(g rule.Gap) bool { return g.Draft == "" }) {
			a.Lacks |= Codes
		}
	}
	slices.SortFunc(a.Alerts, func(x, y Alert) int {
		return cmp.Or(cmp.Compare(y.Level, x.Level), strings.Compare(x.Rule.ID, y.Rule.ID), slices.Compare(x.Facts, y.Facts), cmp.Compare(x.Severity, y.Severity), x.Since.Compare(y.Since))
	})
	if len(c.Cut) > 0 {
		a.Lacks |= Older
	}
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	for _, s := range c.Completeness.Sites {
		if s.Gap(zone) != "" {
			a.Lacks |= Sites
		}
	}
	a.Items, a.Alerts = cut(a.Items), cut(a.Alerts)
	return a
}

func factID(p chart.Prov) string {
	if p.Source == nil || p.ID == "" {
		return ""
	}
	return p.Source.Slug + "/" + p.Type + "/" + p.ID
}

func alertOf(k *rule.Card, now time.Time) Alert {
	a := Alert{Rule: k.Rule, Level: k.Level, Severity: severityOf(k.Severity)}
	for _, f := range k.Facts {
		if f.When.Known() && !f.When.At.After(now) {
			if y, m, d := f.When.At.Date(); a.Since.Before(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) {
				a.Since = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
			}
		}
		if id := factID(f.Prov); id != "" && !f.New && !slices.Contains(a.Facts, id) {
			a.Facts = append(a.Facts, id)
		}
	}
	slices.Sort(a.Facts)
	return a
}

// vaccines are the vaccine groups that something is to be done about. As with
// checkups, nothing is overdue of which no dose was ever recorded.
func vaccines(c *chart.Chart, now time.Time) (out []Item) {
	r := immunization.Evaluate(c, now.In(c.Zone))
	if !r.Known {
		return nil
	}
	for _, g := range r.Wanted(ahead) {
		x := Item{Rule: ruleByID(vaccine + g.Name), Status: Soon, Since: g.Recommended}
		switch g.Need {
		case immunization.Overdue:
			x.Status = Overdue
			if len(g.Evaluations) == 0 {
				x.Status = Due
			}
		case immunization.Due, immunization.NoneRecorded:
			x.Status = Due
		case immunization.OtherSeason:
			x.Status = Unknown
		case immunization.MayBeGiven, immunization.Later:
		default:
			continue
		}
		for i := range g.Evaluations {
			if d := g.Evaluations[i].Dose; d >= 0 && d < len(r.Person.Doses) && r.Person.Doses[d].Date.After(x.Last) {
				x.Last = r.Person.Doses[d].Date
			}
		}
		if x.Rule == nil || x.Since.IsZero() && x.Status == Soon {
			continue
		}
		if i := slices.IndexFunc(out, func(y Item) bool { return y.Rule == x.Rule }); i >= 0 {
			if x.Status < out[i].Status {
				out[i] = x
			}
			continue
		}
		out = append(out, x)
	}
	return out
}

// seen is the last visit at the chart's own site that took place.
func seen(c *chart.Chart, now time.Time) (last time.Time) {
	for i := range c.Encounters {
		e := &c.Encounters[i]
		if e.Cancelled || e.Prov.Source == nil || !e.Prov.Source.Own || !e.When.Known() || e.When.At.After(now) {
			continue
		}
		switch e.Status {
		case "finished", "in-progress", "arrived", "triaged", "onleave":
			if e.When.At.After(last) {
				last = e.When.At
			}
		}
	}
	return last
}

// A record is assembled again at later midnights to find when time alone changes the
// answer, at each of them, so that nothing comes and goes unseen. What was just
// written is looked at for four days: it may be written to again, and somebody waits.
// When those are over, and then every four weeks, it is looked at for four weeks.
const (
	lookNear = 4
	lookFar  = 28
)

// again is the first midnight of the record's zone, of so many, at which the answer is
// another than a; the last of them when it is at none.
func again(at func(time.Time) *chart.Chart, a *Answer, now time.Time, zone *time.Location, days int) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Date()
	var t time.Time
	for n := 1; n <= days; n++ {
		t = time.Date(y, m, d+n, 0, 0, 0, 0, zone)
		if !Evaluate(at(t), t).Same(a) {
			break
		}
	}
	return t
}
