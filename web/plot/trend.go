package plot

import (
	"context"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Trend is the course of one quantity, or of a few that share a unit (systolic and diastolic), with its reference band.
// Each point has the colour of its site and tells value, date and source on hover; the table below tells the same.
type Trend struct {
	Title     string // "INR"
	Unit      string // "mmol/L"; empty when the quantity has none
	Series    []Series
	Low, High *float64 // reference or target band; nil is open at that side
	BandText  string   // "target 2.0–3.0"; empty words it from Low and High
	Zone      *time.Location
	Height    int  // of the plot in pixels; 0 is 200
	NoTable   bool // the page shows its own table of the same values
}

// Series is one line.
type Series struct {
	Name   string
	Color  int // of points without a source
	Points []Point
}

const (
	trendTop    = 18.0 // room above the highest tick for a label
	trendBottom = 22.0 // room for the time axis
	// A trend of more points is thinned for the eye; its table lists the latest ones and says so.
	trendMost      = 400
	trendTableMost = 200
)

func (t Trend) Render(_ context.Context, w io.Writer) error {
	var d drawing
	var all []Point
	lines := make([][]Point, len(t.Series))
	for i, s := range t.Series {
		lines[i] = drawable(s.Points)
		all = append(all, lines[i]...)
	}
	d.tag("figure", "class", "plot trend")
	if len(all) == 0 {
		d.leaf("p", "No values to draw", "class", "plot-none")
	} else {
		t.draw(&d, lines, all)
	}
	if !t.NoTable {
		t.table(&d)
	}
	d.end("figure")
	return d.send(w)
}

func (t Trend) draw(d *drawing, lines [][]Point, all []Point) {
	height := float64(t.Height)
	if height <= 0 {
		height = 200
	}
	low, high := valueRange(all, t.Low, t.High)
	y := roomFor(low, high)
	ticks := slices.DeleteFunc(Ticks(y.low, y.high, 5), func(v float64) bool { return v < y.low || v > y.high })
	labels := tickLabels(ticks)
	level := func(v float64) float64 { return height - trendBottom - y.at(v)*(height-trendBottom-trendTop) }
	from, to := timeRange(all)
	x := scale{float64(from.Unix()), float64(to.Unix())}
	// The first and the last point keep a little away from the edges.
	across := func(at time.Time) float64 { return 0.02 + 0.95*x.at(float64(at.Unix())) }

	gutter := 0
	for _, l := range labels {
		gutter = max(gutter, utf8.RuneCountInString(l))
	}
	axis := float64(gutter)*6.6 + 12
	d.tag("div", "class", "plot-row")
	d.tag("svg", "class", "plot-axis", "width", px(axis), "height", px(height), "aria-hidden", "true")
	for i, v := range ticks {
		d.leaf("text", labels[i], "x", px(axis-8), "y", px(level(v)+4), "text-anchor", "end")
	}
	d.end("svg")

	d.tag("svg", "class", "plot-area", "height", px(height), "width", "100%", "role", "group", "aria-label", t.says(all), "data-rove", "values")
	if t.Low != nil || t.High != nil {
		top, bottom := level(y.high), level(y.low)
		if t.High != nil {
			top = level(*t.High)
		}
		if t.Low != nil {
			bottom = level(*t.Low)
		}
		d.tag("rect", "class", "band", "x", "0", "y", px(top), "width", "100%", "height", px(max(bottom-top, 1)))
		d.end("rect")
	}
	for _, v := range ticks {
		d.line("0", px(level(v)), "100%", px(level(v)), "grid")
	}
	for _, k := range TimeTicks(from, to, 6, t.Zone) {
		at := across(k.Time)
		d.line(pct(at), px(level(y.low)), pct(at), px(level(y.low)+4), "tick")
		anchor := "middle"
		if at < 0.06 {
			anchor = "start"
		} else if at > 0.94 {
			anchor = "end"
		}
		d.leaf("text", k.Label, "x", pct(at), "y", px(height-5), "text-anchor", anchor)
	}
	if x.low == x.high {
		d.leaf("text", day(from, zoneOf(all[0].Day, t.Zone)), "x", pct(across(from)), "y", px(height-5), "text-anchor", "middle")
	}
	if text := t.bandText(); text != "" {
		edge := level(y.low) - 6
		if t.Low != nil {
			edge = level(*t.Low) - 6
		}
		d.leaf("text", text, "class", "band-text", "x", "99.5%", "y", px(edge), "text-anchor", "end")
	}
	for i, line := range lines {
		class := "trace"
		if i > 0 {
			class += " trace-" + strconv.Itoa(min(i+1, 4))
		}
		line = thin(line, trendMost)
		for j := 1; j < len(line); j++ {
			a, b := line[j-1], line[j]
			d.line(pct(across(a.Time)), px(level(a.Value)), pct(across(b.Time)), px(level(b.Value)), class)
		}
	}
	for i, line := range lines {
		for _, p := range thin(line, trendMost) {
			t.point(d, t.Series[i], p, pct(across(p.Time)), level(p.Value))
		}
	}
	sites := siteCount(all)
	for i, line := range lines {
		t.callouts(d, t.Series[i], line, sites > 1, across, level)
	}
	d.end("svg")
	d.end("div")
}

// point draws one value as a link to its original, or a mark without one.
func (t Trend) point(d *drawing, s Series, p Point, x string, y float64) {
	color := p.Source.Color
	if p.Source == (Source{}) {
		color = s.Color
	}
	class := "mark " + colorClass(color)
	if p.flagged() {
		class += " flagged"
	}
	name := "g"
	href := safeHref(p.Href)
	if href != "" {
		name = "a"
	}
	d.tag(name, "href", href, "class", class, "data-tip", t.tip(s, p), "aria-label", strings.ReplaceAll(t.tip(s, p), "\n", ", "),
		"role", map[bool]string{true: "", false: "img"}[href != ""])
	d.tag("circle", "class", "hit", "cx", x, "cy", px(y), "r", "12")
	d.end("circle")
	if p.flagged() {
		d.tag("circle", "class", "ring", "cx", x, "cy", px(y), "r", "6.5")
		d.end("circle")
	}
	d.tag("circle", "class", "dot", "cx", x, "cy", px(y), "r", "4")
	d.end("circle")
	d.end(name)
}

// callouts writes the value beside the most extreme flagged point and the last one, where they do not collide.
func (t Trend) callouts(d *drawing, s Series, line []Point, sayWhere bool, across func(time.Time) float64, level func(float64) float64) {
	if len(line) == 0 {
		return
	}
	last := len(line) - 1
	chosen := []int{last}
	extreme := -1
	for i, p := range line {
		if p.flagged() && (extreme < 0 || t.beyond(p.Value) > t.beyond(line[extreme].Value)) {
			extreme = i
		}
	}
	if extreme >= 0 && extreme != last && math.Abs(across(line[extreme].Time)-across(line[last].Time)) > 0.2 {
		chosen = append(chosen, extreme)
	}
	for _, i := range chosen {
		p := line[i]
		text := p.text()
		if p.flagged() {
			text += " " + p.Flag
		}
		if len(t.Series) > 1 && i == last {
			text = s.Name + " " + text
		} else if i != last && sayWhere && p.Source.Site != "" {
			text += " · " + p.Source.Site
		}
		at := across(p.Time)
		x, y, anchor := at, level(p.Value)-11, "middle"
		if at > 0.8 {
			x, anchor = 0.995, "end"
		} else if at < 0.15 {
			x, anchor = 0.005, "start"
		}
		class := "callout"
		if p.flagged() {
			class += " flagged"
		}
		d.leaf("text", text, "class", class, "x", pct(x), "y", px(y), "text-anchor", anchor)
	}
}

// beyond is how far a value lies outside the band.
func (t Trend) beyond(v float64) float64 {
	switch {
	case t.High != nil && v > *t.High:
		return v - *t.High
	case t.Low != nil && v < *t.Low:
		return *t.Low - v
	case t.Low == nil && t.High == nil:
		return v
	}
	return 0
}

// roomFor is the scale from low to high with a little room at both ends, so that no point lies on the frame. It does
// not go below zero for quantities that do not.
func roomFor(low, high float64) scale {
	pad := (high - low) * 0.07
	s := scale{low - pad, high + pad}
	if low >= 0 && s.low < 0 {
		s.low = 0
	}
	return s
}

func (t Trend) tip(s Series, p Point) string {
	text := p.text()
	if t.Unit != "" {
		text += " " + t.Unit
	}
	if p.flagged() {
		text += " " + p.Flag
	}
	if len(t.Series) > 1 && s.Name != "" {
		text = s.Name + " " + text
	}
	if p.Day {
		text += "\n" + day(p.Time, nil)
	} else {
		text += "\n" + in(p.Time, t.Zone).Format("2 Jan 2006, 15:04")
	}
	if p.Source.Letters != "" {
		text += "\n" + p.Source.Letters + " · " + p.Source.Site
	}
	return text
}

func (t Trend) bandText() string {
	if t.BandText != "" {
		return t.BandText
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	switch {
	case t.Low != nil && t.High != nil:
		return "reference " + number(*t.Low) + "–" + number(*t.High)
	case t.Low != nil:
		return "reference ≥ " + number(*t.Low)
	case t.High != nil:
		return "reference ≤ " + number(*t.High)
	}
	return ""
}

func (t Trend) says(all []Point) string {
	text := t.Title
	if t.Unit != "" {
		text += " in " + t.Unit
	}
	text += ", " + plural(len(all), "value", "values")
	if n := siteCount(all); n > 1 {
		text += " from " + plural(n, "site", "sites")
	}
	if t.NoTable {
		return text
	}
	return text + "; the table below has the same"
}

func siteCount(points []Point) int {
	sites := map[string]bool{}
	for _, p := range points {
		if p.Source.Site != "" {
			sites[p.Source.Site] = true
		}
	}
	return len(sites)
}

// table is the twin of the plot, latest first.
func (t Trend) table(d *drawing) {
	type row struct {
		series Series
		Point
	}
	var rows []row
	for _, s := range t.Series {
		for _, p := range s.Points {
			rows = append(rows, row{s, p})
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int { return b.Time.Compare(a.Time) })
	d.tag("details", "class", "twin")
	d.leaf("summary", plural(len(rows), "value", "values")+" as a table")
	if len(rows) > trendTableMost {
		d.leaf("p", "The latest "+strconv.Itoa(trendTableMost)+" of "+strconv.Itoa(len(rows))+".", "class", "plot-none")
		rows = rows[:trendTableMost]
	}
	name := t.Title
	if name == "" {
		name = "Values"
	}
	d.tag("div", "class", "table-wrap", "role", "region", "aria-label", name+", values", "tabindex", "0")
	d.tag("table", "class", "table")
	d.leaf("caption", name, "class", "sr")
	d.WriteString("<thead><tr>")
	d.leaf("th", "Date", "scope", "col")
	if len(t.Series) > 1 {
		d.leaf("th", "What", "scope", "col")
	}
	head := "Value"
	if t.Unit != "" {
		head += " (" + t.Unit + ")"
	}
	d.leaf("th", head, "scope", "col")
	d.leaf("th", "Flag", "scope", "col")
	d.leaf("th", "Source", "scope", "col")
	d.WriteString("</tr></thead><tbody>")
	for _, r := range rows {
		d.WriteString("<tr><th scope=\"row\">")
		if href := safeHref(r.Href); href != "" {
			d.tag("a", "href", href)
			d.dated(r.Time, r.Day, t.Zone)
			d.end("a")
		} else {
			d.dated(r.Time, r.Day, t.Zone)
		}
		d.WriteString("</th>")
		if len(t.Series) > 1 {
			d.leaf("td", r.series.Name)
		}
		d.leaf("td", r.text())
		flag := ""
		if r.flagged() {
			flag = r.Flag
		}
		d.leaf("td", flag)
		d.leaf("td", r.Source.Site)
		d.WriteString("</tr>")
	}
	d.WriteString("</tbody></table></div></details>")
}

func timeRange(points []Point) (from, to time.Time) {
	from, to = points[0].Time, points[0].Time
	for _, p := range points {
		if p.Time.Before(from) {
			from = p.Time
		}
		if p.Time.After(to) {
			to = p.Time
		}
	}
	return from, to
}
