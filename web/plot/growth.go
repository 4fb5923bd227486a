package plot

import (
	"context"
	"io"
	"math"
	"strconv"
	"strings"
)

// Growth is a child's measurements by age among the curves of a reference. It
// computes no percentile: it draws those that it is given.
type Growth struct {
	Title  string // "Weight for age"
	Unit   string // "kg"
	Curves []GrowthCurve
	Points []GrowthPoint
	From   float64 // age in months at the left edge
	To     float64
	Height int    // in pixels; 0 is 300
	Note   string // which reference: stands beneath
	Table  bool   // with the table of the measurements
}

// GrowthCurve is one percentile. Where Of changes (from lying to standing), no
// line joins the two.
type GrowthCurve struct {
	Name   string // "50th"
	Middle bool   // drawn stronger
	Points []GrowthAt
}

// GrowthAt is one point of a curve.
type GrowthAt struct {
	Months, Value float64
	Of            string // the reference
}

// GrowthPoint is one measurement.
type GrowthPoint struct {
	Months, Value float64
	Text          string // as it was reported, with its unit
	When          string // "14 Nov 2026"
	Note          string // "62nd percentile"
	Computed      string // of what, of a value that nobody recorded: its dot is hollow
	Href          string
}

// AgeWords is an age in months as growth charts have it: "9 mo", "2 y 3 mo".
func AgeWords(months float64) string {
	m := int(math.Floor(months))
	switch {
	case months < 1:
		return strconv.Itoa(int(months*30.4375)) + " d"
	case m < 24:
		return strconv.Itoa(m) + " mo"
	case m%12 == 0:
		return strconv.Itoa(m/12) + " y"
	}
	return strconv.Itoa(m/12) + " y " + strconv.Itoa(m%12) + " mo"
}

// Render draws the chart, or says that there is nothing to draw.
func (g Growth) Render(_ context.Context, w io.Writer) error {
	var d drawing
	d.tag("figure", "class", "plot growth")
	if g.To <= g.From || len(g.inside()) == 0 {
		d.leaf("p", "No values to draw", "class", "plot-none")
	} else {
		g.draw(&d)
	}
	if g.Note != "" {
		d.leaf("figcaption", g.Note, "class", "growth-note")
	}
	if g.Table {
		g.table(&d)
	}
	d.end("figure")
	return d.send(w)
}

// inside are the points within the ages that are drawn.
func (g Growth) inside() []GrowthPoint {
	var out []GrowthPoint
	for _, p := range g.Points {
		if p.Months >= g.From && p.Months <= g.To && !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			out = append(out, p)
		}
	}
	return out
}

func (g Growth) draw(d *drawing) {
	height := float64(g.Height)
	if height <= 0 {
		height = 300
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range g.Curves {
		for _, p := range c.Points {
			if p.Months >= g.From && p.Months <= g.To {
				low, high = math.Min(low, p.Value), math.Max(high, p.Value)
			}
		}
	}
	for _, p := range g.inside() {
		low, high = math.Min(low, p.Value), math.Max(high, p.Value)
	}
	room := (high - low) * 0.04
	if room <= 0 {
		room = 1
	}
	y := scale{low - room, high + room}
	level := func(v float64) float64 { return height - trendBottom - y.at(v)*(height-trendBottom-8) }
	across := func(months float64) float64 { return 0.93 * (months - g.From) / (g.To - g.From) }

	var ticks []float64
	for _, t := range Ticks(y.low, y.high, 6) {
		if t >= y.low && t <= y.high {
			ticks = append(ticks, t)
		}
	}
	labels := tickLabels(ticks)
	gutter := 0
	for _, l := range labels {
		gutter = max(gutter, len(l))
	}
	axis := float64(gutter)*6.6 + 12
	d.tag("div", "class", "plot-row")
	d.tag("svg", "class", "plot-axis", "width", px(axis), "height", px(height), "aria-hidden", "true")
	for i, v := range ticks {
		d.leaf("text", labels[i], "x", px(axis-8), "y", px(level(v)+4), "text-anchor", "end")
	}
	d.end("svg")
	d.tag("svg", "class", "plot-area", "height", px(height), "width", "100%", "role", "group", "aria-label", g.says(), "data-rove", "values")
	for _, v := range ticks {
		d.line("0", px(level(v)), "93%", px(level(v)), "grid")
	}
	for _, m := range ageTicks(g.From, g.To) {
		at := across(m)
		d.line(pct(at), px(8), pct(at), px(height-trendBottom), "grid")
		anchor := "middle"
		if at < 0.03 {
			anchor = "start"
		}
		d.leaf("text", AgeWords(m), "x", pct(at), "y", px(height-5), "text-anchor", anchor)
	}
	// The curves stretch with the plot; their strokes do not.
	d.tag("svg", "x", "0", "y", "0", "width", "93%", "height", px(height), "viewBox", "0 0 1000 "+px(height), "preserveAspectRatio", "none", "aria-hidden", "true")
	for _, c := range g.Curves {
		class := "curve"
		if c.Middle {
			class += " curve-mid"
		}
		d.tag("path", "class", class, "d", g.path(c, level))
		d.end("path")
	}
	d.end("svg")
	said := math.Inf(1)
	for _, c := range g.Curves {
		p, ok := g.last(c)
		if !ok {
			continue
		}
		if at := level(p.Value); math.Abs(said-at) >= 11 { // names do not lie on each other
			said = at
			d.leaf("text", c.Name, "class", "curve-name", "x", pct(across(p.Months)+0.008), "y", px(at+4))
		}
	}
	points := g.inside()
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		d.line(pct(across(a.Months)), px(level(a.Value)), pct(across(b.Months)), px(level(b.Value)), "trace")
	}
	for _, p := range points {
		name, href := "g", safeHref(p.Href)
		if href != "" {
			name = "a"
		}
		tip, class := g.Title+": "+p.Text+"\n"+AgeWords(p.Months)+", "+p.When+"\n"+p.Note, "mark s1"
		if p.Computed != "" {
			tip, class = tip+"\n"+p.Computed, class+" computed"
		}
		role := "img"
		if href != "" {
			role = ""
		}
		d.tag(name, "href", href, "class", class, "data-tip", tip, "aria-label", strings.ReplaceAll(tip, "\n", ", "), "role", role)
		d.tag("circle", "class", "hit", "cx", pct(across(p.Months)), "cy", px(level(p.Value)), "r", "12")
		d.end("circle")
		d.tag("circle", "class", "dot", "cx", pct(across(p.Months)), "cy", px(level(p.Value)), "r", "4")
		d.end("circle")
		d.end(name)
	}
	d.end("svg")
	d.end("div")
}

// path is a curve within the ages that are drawn, as SVG path data.
func (g Growth) path(c GrowthCurve, level func(float64) float64) string {
	var b strings.Builder
	of, step := "", "M"
	for i, p := range c.Points {
		if p.Months < g.From || p.Months > g.To {
			continue
		}
		if g.To-g.From > 100 && i%3 != 0 && i != len(c.Points)-1 && p.Of == of {
			continue // a month is less than two pixels then
		}
		if p.Of != of {
			of, step = p.Of, "M"
		}
		b.WriteString(step + px(1000*(p.Months-g.From)/(g.To-g.From)) + " " + px(level(p.Value)))
		step = "L"
	}
	return b.String()
}

func (g Growth) last(c GrowthCurve) (out GrowthAt, ok bool) {
	for _, p := range c.Points {
		if p.Months >= g.From && p.Months <= g.To {
			out, ok = p, true
		}
	}
	return out, ok
}

func (g Growth) says() string {
	points := g.inside()
	last := points[len(points)-1]
	computed := 0
	for _, p := range points {
		if p.Computed != "" {
			computed++
		}
	}
	many := plural(len(points), "measurement", "measurements")
	if computed > 0 {
		many += ", " + strconv.Itoa(computed) + " of them computed,"
	}
	return g.Title + ", " + many + " among percentile curves; last " + last.Text + " at " + AgeWords(last.Months) + ", " + last.Note
}

// ageTicks are whole ages between two, at most some ten.
func ageTicks(from, to float64) []float64 {
	step := 24.0
	for _, s := range []float64{3, 6, 12} {
		if (to-from)/s <= 10 {
			step = s
			break
		}
	}
	var out []float64
	for m := math.Ceil(from/step) * step; m <= to; m += step {
		out = append(out, m)
	}
	return out
}

// table is the twin of the plot, latest first.
func (g Growth) table(d *drawing) {
	if len(g.Points) == 0 {
		return
	}
	d.tag("details", "class", "twin")
	d.leaf("summary", plural(len(g.Points), "measurement", "measurements")+" as a table")
	d.tag("div", "class", "table-wrap", "role", "region", "aria-label", g.Title+", measurements", "tabindex", "0")
	d.tag("table", "class", "table")
	d.leaf("caption", g.Title, "class", "sr")
	d.WriteString("<thead><tr>")
	for _, h := range []string{"Date", "Age", "Value", "Percentile"} {
		d.leaf("th", h, "scope", "col")
	}
	d.WriteString("</tr></thead><tbody>")
	for i := len(g.Points) - 1; i >= 0 && len(g.Points)-i <= trendTableMost; i-- {
		p := g.Points[i]
		d.WriteString(`<tr><th scope="row">`)
		if href := safeHref(p.Href); href != "" {
			d.leaf("a", p.When, "href", href)
		} else {
			d.text(p.When)
		}
		d.WriteString("</th>")
		d.leaf("td", AgeWords(p.Months))
		if p.Computed != "" {
			d.tag("td")
			d.text(p.Text + " ")
			d.leaf("span", p.Computed, "class", "dim")
			d.end("td")
		} else {
			d.leaf("td", p.Text)
		}
		d.leaf("td", p.Note)
		d.WriteString("</tr>")
	}
	d.WriteString("</tbody></table></div></details>")
}
