package plot

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"
)

// ByLength is a child's weights by length among the curves of a reference. As
// Growth, it computes no percentile.
type ByLength struct {
	Title    string // "Weight for length"
	X, Y     string // units
	From, To float64
	Curves   []LengthCurve
	Points   []LengthPoint // in the order of time
	Height   int           // in pixels; 0 is 300
	Note     string
}

// LengthCurve is one percentile: pairs of length and weight.
type LengthCurve struct {
	Name   string
	Middle bool
	At     [][2]float64
}

// LengthPoint is one weight at one length.
type LengthPoint struct {
	X, Y                   float64
	Text, When, Note, Href string
}

// Render draws the chart with its table, or says that there is nothing to draw.
func (b ByLength) Render(_ context.Context, w io.Writer) error {
	d := &drawing{}
	d.tag("figure", "class", "plot growth")
	if b.To > b.From && len(b.inside()) > 0 {
		b.draw(d)
	} else {
		d.leaf("p", "No values to draw", "class", "plot-none")
	}
	if b.Note != "" {
		d.leaf("figcaption", b.Note, "class", "growth-note")
	}
	b.table(d)
	d.end("figure")
	return d.send(w)
}

func (b ByLength) inside() []LengthPoint {
	return slices.DeleteFunc(slices.Clone(b.Points), func(p LengthPoint) bool {
		return !(p.X >= b.From && p.X <= b.To) || math.IsNaN(p.Y) || math.IsInf(p.Y, 0)
	})
}

func (b ByLength) draw(d *drawing) {
	height := float64(b.Height)
	if height <= 0 {
		height = 300
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range b.Curves {
		for _, p := range c.At {
			if p[0] >= b.From && p[0] <= b.To {
				low, high = math.Min(low, p[1]), math.Max(high, p[1])
			}
		}
	}
	points := b.inside()
	for _, p := range points {
		low, high = math.Min(low, p.Y), math.Max(high, p.Y)
	}
	y := roomFor(low, high)
	level := func(v float64) float64 { return height - trendBottom - y.at(v)*(height-trendBottom-8) }
	share := func(x float64) float64 { return (x - b.From) / (b.To - b.From) }
	across := func(x float64) float64 { return 0.93 * share(x) }
	ticks := slices.DeleteFunc(Ticks(y.low, y.high, 6), func(v float64) bool { return v < y.low || v > y.high })
	labels := tickLabels(ticks)
	axis := 38.0
	d.tag("div", "class", "plot-row")
	d.tag("svg", "class", "plot-axis", "width", px(axis), "height", px(height), "aria-hidden", "true")
	for i, v := range ticks {
		d.leaf("text", labels[i], "x", px(axis-8), "y", px(level(v)+4), "text-anchor", "end")
	}
	d.end("svg")
	d.tag("svg", "class", "plot-area", "height", px(height), "width", "100%", "role", "group", "aria-label", b.Title+", "+plural(len(points), "measurement", "measurements")+" among percentile curves", "data-rove", "values")
	for _, v := range ticks {
		d.line("0", px(level(v)), "93%", px(level(v)), "grid")
	}
	long := Ticks(b.From, b.To, 7)
	words := tickLabels(long)
	for i, v := range long {
		if v < b.From || v > b.To {
			continue
		}
		anchor := "middle"
		if v == b.From {
			anchor = "start"
		}
		d.line(pct(across(v)), "8", pct(across(v)), px(height-trendBottom), "grid")
		d.leaf("text", words[i]+" "+b.X, "x", pct(across(v)), "y", px(height-5), "text-anchor", anchor)
	}
	d.tag("svg", "x", "0", "y", "0", "width", "93%", "height", px(height), "viewBox", "0 0 1000 "+px(height), "preserveAspectRatio", "none", "aria-hidden", "true")
	for _, c := range b.Curves {
		class := "curve"
		if c.Middle {
			class += " curve-mid"
		}
		var path strings.Builder
		step := "M"
		for _, p := range c.At {
			if p[0] >= b.From && p[0] <= b.To {
				path.WriteString(step + px(1000*share(p[0])) + " " + px(level(p[1])))
				step = "L"
			}
		}
		d.tag("path", "class", class, "d", path.String())
		d.end("path")
	}
	d.end("svg")
	for _, c := range b.Curves {
		for i := len(c.At) - 1; i >= 0; i-- {
			if p := c.At[i]; p[0] <= b.To {
				d.leaf("text", c.Name, "class", "curve-name", "x", pct(across(p[0])+0.008), "y", px(level(p[1])+4))
				break
			}
		}
	}
	for i := 1; i < len(points); i++ {
		p, q := points[i-1], points[i]
		d.line(pct(across(p.X)), px(level(p.Y)), pct(across(q.X)), px(level(q.Y)), "trace")
	}
	for _, p := range points {
		name := d.open(p.Href, "mark s1", b.Title+": "+p.Text+"\n"+p.When+"\n"+p.Note, false)
		for _, c := range [][2]string{{"hit", "12"}, {"dot", "4"}} {
			d.tag("circle", "class", c[0], "cx", pct(across(p.X)), "cy", px(level(p.Y)), "r", c[1])
			d.end("circle")
		}
		d.end(name)
	}
	d.end("svg")
	d.end("div")
}

func (b ByLength) table(d *drawing) {
	if len(b.Points) == 0 {
		return
	}
	d.tag("details", "class", "twin")
	d.leaf("summary", plural(len(b.Points), "measurement", "measurements")+" as a table")
	d.tableHead(b.Title, "Date", "Weight at length", "Percentile")
	for i := len(b.Points) - 1; i >= 0 && len(b.Points)-i <= courseTable; i-- {
		p := b.Points[i]
		d.WriteString(`<tr><th scope="row">`)
		if href := safeHref(p.Href); href != "" {
			d.leaf("a", p.When, "href", href)
		} else {
			d.text(p.When)
		}
		d.WriteString("</th>")
		d.leaf("td", p.Text)
		d.leaf("td", p.Note)
		d.WriteString("</tr>")
	}
	d.WriteString("</tbody></table></div></details>")
}
