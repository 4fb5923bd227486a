package plot

import (
	"context"
	"io"
	"slices"
	"strings"
)

// Spark is a trend the size of a word: the course of the values against the reference band, the last one a dot. It has
// no axis and no links; the row it stands in says name, value and unit.
type Spark struct {
	Values    []Point
	Low, High *float64 // reference band; nil is open at that side
	Label     string   // "INR"
}

const (
	sparkWide = 96.0
	sparkHigh = 24.0
	// More values than a spark has pixels add nothing; the extremes of each pixel are kept.
	sparkMost = 96
)

// Render draws the spark, or nothing where there is no value to draw.
func (s Spark) Render(_ context.Context, w io.Writer) error {
	points := drawable(s.Values)
	if len(points) == 0 {
		return nil
	}
	low, high := valueRange(points, s.Low, s.High)
	y := scale{low, high}
	height := func(v float64) float64 { return sparkHigh - 3 - y.at(v)*(sparkHigh-6) }
	last := points[len(points)-1]
	x := scale{float64(points[0].Time.Unix()), float64(last.Time.Unix())}
	width := func(p Point) float64 {
		if len(points) == 1 || x.low == x.high {
			return sparkWide - 4
		}
		return 3 + x.at(float64(p.Time.Unix()))*(sparkWide-7)
	}
	var d drawing
	d.tag("svg", "class", "spark", "viewBox", "0 0 96 24", "width", "96", "height", "24", "role", "img", "aria-label", s.says(points))
	if s.Low != nil || s.High != nil {
		top, bottom := 0.0, sparkHigh
		if s.High != nil {
			top = height(*s.High)
		}
		if s.Low != nil {
			bottom = height(*s.Low)
		}
		d.tag("rect", "class", "band", "x", "0", "y", px(top), "width", "96", "height", px(max(bottom-top, 1)))
		d.end("rect")
	}
	if len(points) > 1 {
		var path strings.Builder
		for i, p := range thin(points, sparkMost) {
			if i > 0 {
				path.WriteByte(' ')
			}
			path.WriteString(px(width(p)) + "," + px(height(p.Value)))
		}
		d.tag("polyline", "class", "trace", "points", path.String())
		d.end("polyline")
	}
	class := "dot"
	if last.flagged() {
		class = "dot flagged"
	}
	d.tag("circle", "class", class, "cx", px(width(last)), "cy", px(height(last.Value)), "r", "2.6")
	d.end("circle")
	d.end("svg")
	return d.send(w)
}

func (s Spark) says(points []Point) string {
	low, high := points[0], points[0]
	for _, p := range points {
		if p.Value < low.Value {
			low = p
		}
		if p.Value > high.Value {
			high = p
		}
	}
	text := plural(len(points), "value", "values")
	if s.Label != "" {
		text = s.Label + ": " + text
	}
	last := points[len(points)-1]
	if len(points) > 1 {
		text += " from " + low.text() + " to " + high.text()
	}
	text += ", last " + last.text()
	if last.flagged() {
		text += " flagged " + last.Flag
	}
	return text
}

// drawable are the points that have a place, in order of time.
func drawable(points []Point) []Point {
	var out []Point
	for _, p := range points {
		if p.drawn() && !p.Time.IsZero() {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Point) int { return a.Time.Compare(b.Time) })
	return out
}

// valueRange is from the least to the greatest of the values and the band's edges; never empty.
func valueRange(points []Point, edges ...*float64) (low, high float64) {
	low, high = points[0].Value, points[0].Value
	for _, p := range points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	for _, e := range edges {
		if e != nil {
			low, high = min(low, *e), max(high, *e)
		}
	}
	if low == high {
		spread := max(low, -low) * 0.1
		if spread == 0 {
			spread = 1
		}
		low, high = low-spread, high+spread
	}
	return low, high
}

// thin keeps at most about most points: of each run its first, least, greatest and last, so that no peak is lost.
func thin(points []Point, most int) []Point {
	if len(points) <= most {
		return points
	}
	run := (len(points)*4 + most - 1) / most
	out := make([]Point, 0, most+4)
	for start := 0; start < len(points); start += run {
		part := points[start:min(start+run, len(points))]
		least, greatest := 0, 0
		for i, p := range part {
			if p.Value < part[least].Value {
				least = i
			}
			if p.Value > part[greatest].Value {
				greatest = i
			}
		}
		keep := []int{0, least, greatest, len(part) - 1}
		slices.Sort(keep)
		for _, i := range slices.Compact(keep) {
			out = append(out, part[i])
		}
	}
	return out
}
