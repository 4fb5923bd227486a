package progress

import (
	"bytes"
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/web"
	"wholechart/web/plot"
)

const (
	mostPanels    = 12
	defaultPanels = 6
	// apart is the longest time between two values that a line joins.
	apart = 548 * 24 * time.Hour
)

// plotted is what the page of plots shows, and the picture of it.
type plotted struct {
	Courses  plot.Courses
	Title    string
	Lacking  []string // followed in this view, and not recorded
	Undrawn  []web.Link
	More     int // series that fit and are not drawn
	MoreMeds int
	Span     string         // the one that was taken
	Latest   string         // where nothing is within the dates: when the latest value is of
	Chosen   string         // how the rows were chosen
	Problem  *chart.Problem // of the problem list, that the view is of
}

// plotted draws what is asked: the rows chosen, a view's, those that a text
// finds, else those that tell most.
func (v *view) plotted() plotted {
	var out plotted
	list, _, lacking := v.chosen()
	f := focusByID(v.ask.Focus)
	out.Lacking = lacking
	switch {
	case len(v.ask.Rows) > 0:
		out.Chosen = "the rows that were chosen"
		slices.SortStableFunc(list, func(a, b *chart.Series) int {
			return cmp.Compare(slices.Index(v.ask.Rows, a.Key), slices.Index(v.ask.Rows, b.Key))
		})
	case f != nil:
		out.Title = f.Title
		out.Chosen = "not on the problem list"
		for i, p := range v.Chart().Problems.Active {
			if f.of(p) {
				out.Chosen, out.Problem = "", &v.Chart().Problems.Active[i]
				break
			}
		}
	case v.ask.Text != "" || v.ask.Group != "":
		out.Chosen = "what was filtered"
	default:
		list = v.telling(list)
		out.Chosen = "what was measured most lately, flagged first; choose a problem or rows for others"
	}
	var drawable []*chart.Series
	for _, s := range list {
		if numeric(s) {
			drawable = append(drawable, s)
		} else if len(s.Points) > 0 {
			out.Undrawn = append(out.Undrawn, web.Link{Label: s.Name, Href: v.Href("results", s.Key)})
		}
	}
	if len(drawable) > mostPanels {
		out.More = len(drawable) - mostPanels
		drawable = drawable[:mostPanels]
	}
	from, span := v.axis(drawable)
	out.Span = span
	c := plot.Courses{From: from, To: v.c.Now.Add(v.c.Now.Sub(from) / 100), Now: v.c.Now, Zone: v.c.Zone, Apart: apart, Around: v.around}
	newest := chart.When{}
	for _, s := range drawable {
		c.Panels = append(c.Panels, v.panel(s, from))
		if w := s.Latest().When; newest.Before(w) {
			newest = w
		}
	}
	if newest.Known() && newest.At.Before(from) {
		out.Latest = newest.String()
	}
	c.Bars, out.MoreMeds = v.bars(from, v.c.Now)
	if len(c.Panels)+len(c.Bars) > 0 {
		c.Events = v.events()
	}
	c.Label = strings.TrimPrefix(out.Title+", ", ", ") + v.Name()
	out.Courses = c
	return out
}

// numeric says whether there is a number with a day to draw.
func numeric(s *chart.Series) bool {
	for _, l := range linesOf(s) {
		for i := range l.Points {
			if p := &l.Points[i]; !math.IsNaN(p.Number) && dated(p.When) {
				return true
			}
		}
	}
	return false
}

// linesOf are the courses of a series: itself, or its parts.
func linesOf(s *chart.Series) []*chart.Series {
	if len(s.Parts) > 0 {
		return s.Parts[:min(len(s.Parts), 4)]
	}
	return []*chart.Series{s}
}

// telling are the few series that a reader wants who has not said which.
func (v *view) telling(list []*chart.Series) []*chart.Series {
	weight := func(s *chart.Series) float64 {
		p := s.Latest()
		if !numeric(s) || !p.When.Known() || len(s.Points) < 2 {
			return -1000
		}
		w := min(float64(len(s.Points)), 12) - min(3*v.c.Now.Sub(p.When.At).Hours()/24/365, 30)
		switch p.Flag {
		case "HH", "LL", "AA":
			w += 12
		case "H", "L", "A":
			w += 6
		}
		if hasCode(s, qPressure.LOINC...) || hasCode(s, qWeight.LOINC...) {
			w += 6
		}
		return w
	}
	list = slices.DeleteFunc(slices.Clone(list), func(s *chart.Series) bool { return weight(s) <= -1000 })
	slices.SortStableFunc(list, func(a, b *chart.Series) int { return cmp.Compare(weight(b), weight(a)) })
	return list[:min(len(list), defaultPanels)]
}

// axis is where the dates begin: of the span that is asked, else of five years
// where something lies within them, else of all values.
func (v *view) axis(list []*chart.Series) (time.Time, string) {
	first, last := v.c.Now, time.Time{}
	for _, s := range list {
		for _, l := range linesOf(s) {
			for i := range l.Points {
				if w := l.Points[i].When; dated(w) {
					first = earlier(first, w.At)
					last = later(last, w.At)
				}
			}
		}
	}
	if len(list) == 0 {
		for _, m := range v.Chart().Medicines.Active {
			if m.Since.Known() {
				first = earlier(first, m.Since.At)
			}
		}
	}
	span := v.ask.Span
	if span == "" {
		if span = "all"; first.Before(v.c.Now.AddDate(-5, 0, 0)) && last.After(v.c.Now.AddDate(-5, 0, 0)) {
			span = "5y"
		}
	}
	if span != "all" {
		return ask{Span: span}.from(v.c.Now), span
	}
	if v.c.Now.Sub(first) < 30*24*time.Hour {
		return v.c.Now.AddDate(0, -1, 0), span
	}
	return first.Add(-v.c.Now.Sub(first) / 100), span
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// around is the timeline of some days.
func (v *view) around(from, to time.Time) string {
	q := url.Values{"from": {from.In(v.c.Zone).Format("2006-01-02")}, "to": {to.In(v.c.Zone).Format("2006-01-02")}}
	return v.Href("timeline") + "?" + q.Encode()
}

func (v *view) panel(s *chart.Series, from time.Time) plot.Panel {
	p := plot.Panel{ID: s.Key, Title: s.Name, Unit: unitText(unitOf(s)), Href: v.Href("results", s.Key), Low: s.Range.Low, High: s.Range.High}
	if t := rangeText(s.Range); t != "" && len([]rune(t)) <= 40 {
		p.BandText = "reference " + t
	}
	latest := s.Latest()
	p.Latest = orElse(strings.TrimSpace(latest.Value+" "+unitText(latest.Unit)), orElse(latest.Absent, "no value"))
	p.LatestAt = latest.When.String()
	if latest.Flag != "" && latest.Flag != "N" {
		p.Flagged = true
		p.Latest += " " + orElse(latest.FlagWord, web.Flag{Code: latest.Flag}.Word())
	}
	if s.Converted != "" {
		p.Notes = append(p.Notes, s.Converted)
	}
	before, undated := 0, 0
	for i, part := range linesOf(s) {
		l := plot.Line{Name: part.Name, Readings: make([]plot.Reading, 0, len(part.Points))}
		if part != s && part.Converted != "" && !slices.Contains(p.Notes, part.Converted) {
			p.Notes = append(p.Notes, part.Converted)
		}
		for j := range part.Points {
			pt := &part.Points[j]
			switch {
			case !dated(pt.When):
				undated += map[bool]int{true: 1}[i == 0]
			case pt.When.At.Before(from):
				before += map[bool]int{true: 1}[i == 0]
			default:
				l.Readings = append(l.Readings, v.reading(part, pt))
			}
		}
		p.Lines = append(p.Lines, l)
	}
	if before > 0 {
		p.Notes = append(p.Notes, strconv.Itoa(before)+" earlier")
	}
	if undated > 0 {
		p.Notes = append(p.Notes, strconv.Itoa(undated)+" without a day, not drawn")
	}
	return p
}

// reading is a point as it is drawn. What was cancelled is no value; what could
// not be converted is not put on the axis of another unit.
func (v *view) reading(s *chart.Series, p *chart.Point) plot.Reading {
	r := plot.Reading{Unit: unitText(p.Unit), At: v.When(p.When)}
	r.Point = plot.Point{Time: p.When.At, Day: !p.When.HasTime(), Value: p.Number, Text: p.Value, Href: v.FactHref(p.Prov), Source: source(p.Prov)}
	if p.Flag != "" && p.Flag != "N" {
		r.Flag, r.FlagWord = p.Flag, orElse(p.FlagWord, web.Flag{Code: p.Flag}.Word())
	}
	if p.Converted {
		r.Drawn = drawnText(p, s)
	}
	switch {
	case p.Status == "cancelled" || p.Status == "entered-in-error":
		r.Value, r.Missing = math.NaN(), strings.TrimSpace(p.Status+" "+strings.TrimSpace(p.Value+" "+r.Unit))
	case math.IsNaN(p.Number) && p.Value == "":
		r.Missing = orElse(p.Absent, "no value")
	case math.IsNaN(p.Number):
		r.Missing = strings.TrimSpace(p.Value + " " + r.Unit)
	case p.Status != "" && p.Status != "final" && p.Status != "corrected" && p.Status != "amended":
		r.At += ", " + p.Status
	}
	return r
}

// span is one length of time to choose.
type span struct {
	Label, Href string
	Active      bool
}

func (v *view) spans(part, now string) []span {
	var out []span
	for _, s := range spans {
		out = append(out, span{s.label, v.href(part, func(a *ask) { a.Span, a.Page = s.code, 0 }), s.code == now})
	}
	return out
}

func (v *view) plotsPage() {
	p := v.plotted()
	title := orElse(p.Title, "Progress")
	v.show(http.StatusOK, title+" over time", "plots", plotsMain(v, p))
}

// plotsSVG is the picture alone, to be kept or pasted elsewhere: it says whose it
// is, who made it when, and what may be missing.
func (v *view) plotsSVG() {
	p := v.plotted()
	c := v.Chart()
	lines := []string{v.Name()}
	if p.Title != "" {
		lines[0] += " · " + p.Title
	}
	var who []string
	if c.Patient.Birth.Known() {
		who = append(who, "born "+c.Patient.Birth.String())
	}
	for _, m := range c.Patient.MRNs {
		if m.Source != nil && m.Source.Own {
			who = append(who, "MRN "+m.Value)
			break
		}
	}
	record := "this chart, " + v.c.Site.Name
	if v.Whole() {
		record = "whole record, seen from " + v.c.Site.Name
	}
	who = append(who, record, "made "+web.ExactText(v.c.Now, v.c.Zone))
	lines = append(lines, strings.Join(who, " · "))
	if g := v.Gap(); g != "" {
		lines = append(lines, "Values may be missing: "+g)
	}
	var b bytes.Buffer
	if err := p.Courses.SVG(&b, 1040, lines); err != nil {
		v.c.Failed(err)
		return
	}
	web.SecurityHeaders(v.c.W)
	h := v.c.W.Header()
	h.Set("Content-Type", "image/svg+xml; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="plots-`+v.c.Site.Slug+`-`+v.c.Now.In(v.c.Zone).Format("2006-01-02")+`.svg"`)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = v.c.W.Write(b.Bytes())
}
