package clinic

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"wholechart/decision/cdsi"
	"wholechart/fhir"
	"wholechart/web"
)

// dueVaccine is a vaccine group that the CDC's schedule asks for.
type dueVaccine struct {
	cdsi.Group
	pill web.Pill
	rank int // the most pressing first
	row  row
}

const (
	boardDue = 5
	adultAt  = 19                  // years: where the CDC's schedule for adults begins
	dueAhead = 60 * 24 * time.Hour // what comes later is not due yet
)

// vaccines asks the CDC's logic what is due, over the doses that this lens
// shows. said is what the answer could not take into account; ok is false when
// nothing can be said: the dead, and who has no birth day.
func (v *view) vaccines() (due []dueVaccine, said string, ok bool) {
	p := v.chart.Patient
	if p.Deceased || p.Birth.Precision < fhir.Day {
		return nil, "", false
	}
	person := cdsi.Person{Birth: p.Birth.At, Sex: p.Sex}
	seen := map[string]bool{}
	left := 0
	for _, vac := range v.chart.Immunizations.Rows {
		for _, d := range vac.Doses {
			key := d.Prov.Ref()
			if d.Source != nil {
				key = d.Source.Slug + " " + key
			}
			if seen[key] {
				continue // a combined vaccine stands in several rows
			}
			seen[key] = true
			if d.Code == "" || d.When.Precision < fhir.Day {
				left++
				continue
			}
			person.Doses = append(person.Doses, cdsi.Dose{Date: d.When.At, CVX: d.Code})
		}
	}
	today := v.Now.In(v.Zone)
	res := cdsi.Evaluate(person, today)
	for _, g := range res.Groups {
		if g.Type != cdsi.Standard || g.Status != cdsi.NotComplete || g.Recommended.IsZero() || g.Recommended.Sub(today) > dueAhead {
			continue
		}
		d := dueVaccine{Group: g}
		switch {
		case len(g.Evaluations) == 0 && today.Before(person.Birth.AddDate(adultAt, 0, 0)):
			d.pill, d.rank = web.Pill{Kind: web.Warning, Text: "none recorded"}, 1
		case len(g.Evaluations) == 0:
			// Nobody wrote down most adults' childhood vaccines: not recorded is not "not given".
			d.pill, d.rank = web.Pill{Kind: web.Neutral, Text: "none recorded"}, 3
		case !g.PastDue.IsZero() && today.After(g.PastDue):
			d.pill = web.Pill{Kind: web.Danger, Text: "overdue"}
		case !today.Before(g.Recommended):
			d.pill, d.rank = web.Pill{Kind: web.Warning, Text: "due now"}, 1
		default:
			d.pill, d.rank = web.Pill{Kind: web.Neutral, Text: "due " + g.Recommended.Format("2 Jan")}, 2
		}
		d.row = row{Title: g.Name, Pills: []web.Pill{d.pill}}
		d.row.say(fmt.Sprintf("dose %d", g.DoseNumber), dueDay("from", g.Earliest), dueDay("recommended", g.Recommended), dueDay("past due", g.PastDue))
		due = append(due, d)
	}
	slices.SortStableFunc(due, func(a, b dueVaccine) int { return cmp.Compare(a.rank, b.rank) })
	_, release, _, _ := cdsi.Release()
	parts := []string{"By the CDC's schedule (CDSi " + release + ", November 2025), from the doses " + map[bool]string{true: "of the whole record", false: "of this chart alone"}[v.whole()] +
		". Conditions, contraindications and pregnancy are not taken into account, nor is a season newer than the release. Needs review by a clinician."}
	if v.gap() != "" {
		parts = append(parts, "Not every site answered: doses given there are not counted.")
	}
	if left > 0 {
		parts = append(parts, plural(left, "dose", "doses")+" without a vaccine code or an exact day could not be counted.")
	}
	return due, strings.Join(parts, " "), true
}

func dueDay(word string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return word + " " + t.Format("2 Jan 2006")
}

// dueBoard is the storyboard's part.
func (v *view) dueBoard() boardSection {
	due, _, ok := v.vaccines()
	s := boardSection{Title: "Due", Note: "vaccines, all sites"}
	switch k := v.chart.Completeness; {
	case !v.whole():
		s.Note = "vaccines, this chart alone"
	case v.gap() != "" && k.Answered == k.Total:
		s.Note = "vaccines, not every site"
	case k.Answered < k.Total:
		s.Note = fmt.Sprintf("vaccines, %d of %d sites", k.Answered, k.Total)
	}
	if !ok {
		return boardSection{}
	}
	for i, d := range due {
		if i == boardDue {
			s.Rows = append(s.Rows, boardRow{Label: plural(len(due)-i, "more", "more"), Href: v.href("immunisations")})
			break
		}
		s.Rows = append(s.Rows, boardRow{Label: d.Name, Href: v.href("immunisations"), Pill: &d.pill})
	}
	return s
}

// dueGroup is the immunisations section's part.
func (v *view) dueGroup(p *sectionPage) {
	due, said, ok := v.vaccines()
	if !ok {
		return
	}
	g := group{Title: "Due", Note: said}
	for _, d := range due {
		g.Rows = append(g.Rows, d.row)
	}
	if len(g.Rows) == 0 {
		g.Note = "Nothing is due. " + said
	}
	p.Groups = append(p.Groups, g)
}
