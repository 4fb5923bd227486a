package plot

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Courses are several quantities over one axis of time, a small plot for each,
// one below the other: never two axes on one plot. Medicines are bars beneath
// them on the same axis, events a lane of marks. Each mark tells what it is on
// hover and focus; the tables below tell the same. What is missing is a gap in
// the line, never a straight line across it.
type Courses struct {
	Label    string    // "Type 2 diabetes, Rosa Delgado"
	From, To time.Time // the axis; both must be set
	Now      time.Time // a dashed line stands there when it is within
	Zone     *time.Location
	Panels   []Panel
	Bars     []Bar
	Events   []Event
	// Apart is the longest time between two readings that a line joins; 0 joins all.
	Apart   time.Duration
	NoTable bool
	// Around is the address of a page about what happened between two instants.
	Around func(from, to time.Time) string
}

// Panel is one quantity, or a few that share a unit.
type Panel struct {
	ID        string
	Title     string // "HbA1c"
	Unit      string
	Href      string
	Low, High *float64 // reference or target band; nil is open at that side
	BandText  string   // as reported: "< 7.0 (goal)"; empty words it from Low and High
	Lines     []Line
	Notes     []string // "2 values converted from mmol/mol", "3 earlier values"
	Latest    string   // the latest of all: "7.9 %, high"
	LatestAt  string   // "14 Nov 2026"
	Flagged   bool     // the latest is
}

// Line is one course of a panel.
type Line struct {
	Name     string    // "Systolic"; told where a panel has several
	Readings []Reading // in the order of time
}

// Reading is a point with what must be said of it beside a Trend's.
type Reading struct {
	Point
	Unit     string // as reported, beside Text
	FlagWord string // "high"
	At       string // its date, worded
	Drawn    string // "drawn as 7.9 %": it was reported in another unit
	Missing  string // why there is no number: "Positive", "cancelled"
}

// limit says whether it was reported as a bound, "< 0.01": it has an open marker.
func (r Reading) limit() bool {
	first, _ := utf8.DecodeRuneInString(r.text())
	return strings.ContainsRune("<>≤≥", first)
}

const (
	coursePanel  = 104.0 // height of a panel
	courseTop    = 14.0
	courseBottom = 8.0
	courseBar    = 30.0 // of a medicine's row
	courseEvents = 30.0
	courseTime   = 20.0
	courseAxis   = 46.0 // width of the labels of values
	courseHead   = 168.0
	courseMost   = 160 // readings of a line that are drawn
	courseTable  = 200
)

func (c Courses) Render(_ context.Context, w io.Writer) error {
	d := &drawing{}
	d.Grow(64<<10 + 24<<10*len(c.Panels)) // some 300 marks a panel
	d.tag("figure", "class", "plot courses", "data-courses", "1", "data-from", strconv.FormatInt(c.From.Unix(), 10), "data-to", strconv.FormatInt(c.To.Unix(), 10))
	if !c.To.After(c.From) || len(c.Panels)+len(c.Bars)+len(c.Events) == 0 {
		d.leaf("p", "No values to draw", "class", "plot-none")
		d.end("figure")
		return d.send(w)
	}
	d.tag("div", "class", "courses-body")
	c.row(d, "course course-time", nil, func() {}, courseTime, func() { c.timeline(d, courseTime, false) })
	for i, p := range c.Panels {
		y := c.scaleOf(p)
		c.row(d, "course", func() { p.head(d) }, func() { c.levels(d, p, y) }, coursePanel, func() { c.panel(d, i, y, false) })
	}
	if len(c.Events) > 0 {
		c.row(d, "course course-lane", func() { d.leaf("p", "Visits and procedures", "class", "course-of") }, func() {}, courseEvents, func() { c.events(d, false) })
	}
	for _, b := range c.Bars {
		c.row(d, "course course-lane", func() { b.head(d) }, func() {}, courseBar, func() { c.bar(d, b, false) })
	}
	if len(c.Panels)+len(c.Bars) > 3 {
		c.row(d, "course course-time", nil, func() {}, courseTime, func() { c.timeline(d, courseTime, true) })
	}
	d.end("div")
	c.legend(d)
	if !c.NoTable {
		c.table(d)
		c.barTable(d)
	}
	d.end("figure")
	return d.send(w)
}

// row is one strip of the picture: words at the left, the labels of values, and
// the area whose width every row shares.
func (c Courses) row(d *drawing, class string, head, axis func(), height float64, area func()) {
	d.tag("div", "class", class)
	d.tag("div", "class", "course-head")
	if head != nil {
		head()
	}
	d.end("div")
	d.tag("svg", "class", "plot-axis", "width", px(courseAxis), "height", px(height), "aria-hidden", "true")
	axis()
	d.end("svg")
	area()
	d.end("div")
}

// area opens the svg that a row draws in.
func (d *drawing) area(height float64, label string) {
	if label == "" {
		d.tag("svg", "class", "plot-area", "height", px(height), "width", "100%", "aria-hidden", "true")
		return
	}
	d.tag("svg", "class", "plot-area", "height", px(height), "width", "100%", "role", "group", "aria-label", label, "data-rove", "values")
}

func (p Panel) head(d *drawing) {
	d.tag("p", "class", "course-of")
	if href := safeHref(p.Href); href != "" {
		d.leaf("a", p.Title, "href", href)
	} else {
		d.text(p.Title)
	}
	if p.Unit != "" {
		d.leaf("span", " "+p.Unit, "class", "unit")
	}
	d.end("p")
	if p.Latest != "" {
		class := "course-latest"
		if p.Flagged {
			class += " flagged"
		}
		d.tag("p", "class", class)
		d.leaf("b", p.Latest)
		if p.LatestAt != "" {
			d.leaf("span", " "+p.LatestAt)
		}
		d.end("p")
	}
	if t := p.bandText(); t != "" {
		d.leaf("p", t, "class", "course-ref")
	}
	for _, n := range p.Notes {
		d.leaf("p", n, "class", "course-note")
	}
	d.leaf("p", "", "class", "course-at", "data-at", p.ID, "aria-hidden", "true")
}

func (p Panel) bandText() string {
	return Trend{Low: p.Low, High: p.High, BandText: p.BandText}.bandText()
}

// across is where an instant stands, as a share of the width: a little away from
// the edges, so that the first and last marks are whole.
func (c Courses) across(t time.Time) float64 {
	return 0.012 + 0.976*scale{float64(c.From.Unix()), float64(c.To.Unix())}.at(float64(t.Unix()))
}

func (c Courses) within(t time.Time) bool { return !t.Before(c.From) && !t.After(c.To) }

// drawn are the readings of a line within the axis that have a number.
func (c Courses) drawn(l Line) []*Reading {
	out := make([]*Reading, 0, len(l.Readings))
	for i := range l.Readings {
		if r := &l.Readings[i]; r.drawn() && c.within(r.Time) {
			out = append(out, r)
		}
	}
	return out
}

func (c Courses) scaleOf(p Panel) scale {
	var all []Point
	for _, l := range p.Lines {
		for _, r := range c.drawn(l) {
			all = append(all, r.Point)
		}
	}
	if len(all) == 0 {
		return scale{}
	}
	low, high := valueRange(all, p.Low, p.High)
	if low == high { // a single value stands in the middle
		low, high = low-1, high+1
	}
	return roomFor(low, high)
}

func (y scale) level(v, height float64) float64 {
	return height - courseBottom - y.at(v)*(height-courseTop-courseBottom)
}

func (c Courses) levels(d *drawing, p Panel, y scale) {
	if y == (scale{}) {
		return
	}
	ticks, labels := y.ticks()
	for i, v := range ticks {
		d.leaf("text", labels[i], "x", px(courseAxis-8), "y", px(y.level(v, coursePanel)+4), "text-anchor", "end")
	}
}

// ticks are levels within the scale, two of them at least where the scale allows.
func (y scale) ticks() (ticks []float64, labels []string) {
	for _, want := range []int{3, 5, 7} {
		ticks = slices.DeleteFunc(Ticks(y.low, y.high, want), func(v float64) bool { return v < y.low || v > y.high })
		if len(ticks) > 1 {
			break
		}
	}
	return ticks, tickLabels(ticks)
}

// timeline is the axis of time, above the first row and below the last.
func (c Courses) timeline(d *drawing, height float64, below bool) {
	d.area(height, "")
	c.timeWords(d, height, below)
	d.end("svg")
}

func (c Courses) timeWords(d *drawing, height float64, below bool) {
	for _, k := range TimeTicks(c.From, c.To, 7, c.Zone) {
		at := c.across(k.Time)
		anchor := "middle"
		if at < 0.05 {
			anchor = "start"
		} else if at > 0.95 {
			anchor = "end"
		}
		y := height - 6
		if below {
			y = 14
		}
		d.leaf("text", k.Label, "x", pct(at), "y", px(y), "text-anchor", anchor)
	}
}

// verticals are the lines of time through a row.
func (c Courses) verticals(d *drawing, height float64) {
	for _, k := range TimeTicks(c.From, c.To, 7, c.Zone) {
		at := pct(c.across(k.Time))
		d.line(at, "0", at, px(height), "grid")
	}
	if c.within(c.Now) && !c.Now.IsZero() {
		at := pct(c.across(c.Now))
		d.line(at, "0", at, px(height), "today")
	}
}

// panel draws one quantity.
func (c Courses) panel(d *drawing, i int, y scale, flat bool) {
	p := c.Panels[i]
	count := 0
	for _, l := range p.Lines {
		count += len(c.drawn(l))
	}
	label := p.Title + ", " + plural(count, "value", "values") + " drawn"
	if !flat {
		d.area(coursePanel, label)
	}
	c.verticals(d, coursePanel)
	if y == (scale{}) {
		d.leaf("text", "no number within these dates", "x", "50%", "y", px(coursePanel/2), "text-anchor", "middle", "class", "none")
	} else {
		c.values(d, p, y, flat)
	}
	c.missing(d, p, flat)
	if !flat {
		d.end("svg")
	}
}

func (c Courses) values(d *drawing, p Panel, y scale, flat bool) {
	if p.Low != nil || p.High != nil {
		top, bottom := courseTop-8, coursePanel-courseBottom+4
		if p.High != nil {
			top = y.level(*p.High, coursePanel)
		}
		if p.Low != nil {
			bottom = y.level(*p.Low, coursePanel)
		}
		d.tag("rect", "class", "band", "x", "0", "y", px(top), "width", "100%", "height", px(max(bottom-top, 1)))
		d.end("rect")
	}
	ticks, _ := y.ticks()
	for _, v := range ticks {
		d.line("0", px(y.level(v, coursePanel)), "100%", px(y.level(v, coursePanel)), "grid")
	}
	eyed := make([][]*Reading, len(p.Lines))
	for i, l := range p.Lines {
		class := "trace"
		if i > 0 {
			class += " trace-" + strconv.Itoa(min(i+1, 4))
		}
		eyed[i] = c.eyed(l)
		for _, run := range c.runs(l, eyed[i]) {
			for j := 1; j < len(run); j++ {
				a, b := run[j-1], run[j]
				d.line(pct(c.across(a.Time)), px(y.level(a.Value, coursePanel)), pct(c.across(b.Time)), px(y.level(b.Value, coursePanel)), class)
			}
		}
	}
	for i, l := range p.Lines {
		for _, r := range eyed[i] {
			c.reading(d, p, l, *r, y.level(r.Value, coursePanel), flat)
		}
	}
}

// eyed are the readings that are drawn, thinned for the eye when there are very many.
func (c Courses) eyed(l Line) []*Reading {
	all := c.drawn(l)
	if len(all) <= courseMost {
		return all
	}
	points := make([]Point, len(all))
	for i, r := range all {
		points[i] = r.Point
	}
	out := make([]*Reading, 0, courseMost)
	at := 0
	for _, p := range thin(points, courseMost) {
		for at < len(all) && !(all[at].Time.Equal(p.Time) && all[at].Value == p.Value && all[at].Href == p.Href) {
			at++
		}
		if at < len(all) {
			out = append(out, all[at])
			at++
		}
	}
	return out
}

// runs are the stretches of a line: it breaks where a reading has no number, and
// where nothing is known for longer than Apart.
func (c Courses) runs(l Line, eyed []*Reading) [][]*Reading {
	var out [][]*Reading
	var run []*Reading
	for i := range l.Readings {
		r := &l.Readings[i]
		if !c.within(r.Time) {
			continue
		}
		if !r.drawn() {
			if len(run) > 0 {
				out, run = append(out, run), nil
			}
			continue
		}
		if len(eyed) == 0 || eyed[0] != r {
			continue
		}
		eyed = eyed[1:]
		if len(run) > 0 && c.Apart > 0 && r.Time.Sub(run[len(run)-1].Time) > c.Apart {
			out, run = append(out, run), nil
		}
		run = append(run, r)
	}
	if len(run) > 0 {
		out = append(out, run)
	}
	return out
}

// open begins a mark whose words are its title: a link to its original, or a
// picture with a name. The browser shows a title by itself; tip.js shows it on
// focus too.
func (d *drawing) open(href, class, tip string, flat bool, pairs ...string) string {
	href = safeHref(href)
	if flat || href == "" {
		more := []string{"class", class}
		if !flat {
			more = append(more, append(pairs, "data-tip", tip, "aria-label", strings.ReplaceAll(tip, "\n", ", "), "role", "img")...)
		}
		d.tag("g", more...)
		if flat {
			d.leaf("title", tip)
		}
		return "g"
	}
	d.tag("a", append([]string{"href", href, "class", class}, pairs...)...)
	d.leaf("title", tip)
	return "a"
}

func (c Courses) reading(d *drawing, p Panel, l Line, r Reading, y float64, flat bool) {
	class := "mark " + colorClass(r.Source.Color)
	if r.flagged() {
		class += " flagged"
	}
	if r.limit() {
		class += " limit"
	}
	x := pct(c.across(r.Time))
	name := d.open(r.Href, class, c.tip(p, l, r), flat, "data-t", strconv.FormatInt(r.Time.Unix(), 10))
	if !flat {
		d.tag("circle", "class", "hit", "cx", x, "cy", px(y), "r", "12")
		d.end("circle")
	}
	if r.flagged() {
		d.tag("circle", "class", "ring", "cx", x, "cy", px(y), "r", "6.5")
		d.end("circle")
	}
	d.tag("circle", "class", "dot", "cx", x, "cy", px(y), "r", "4")
	d.end("circle")
	d.end(name)
}

// missing marks readings without a number at the foot of the panel.
func (c Courses) missing(d *drawing, p Panel, flat bool) {
	for _, l := range p.Lines {
		n := 0
		for _, r := range l.Readings {
			if r.drawn() || !c.within(r.Time) {
				continue
			}
			if n++; n > courseMost {
				break
			}
			x := pct(c.across(r.Time))
			name := d.open(r.Href, "mark missing "+colorClass(r.Source.Color), c.tip(p, l, r), flat, "data-t", strconv.FormatInt(r.Time.Unix(), 10))
			if !flat {
				d.tag("circle", "class", "hit", "cx", x, "cy", px(coursePanel-7), "r", "12")
				d.end("circle")
			}
			d.leaf("text", "×", "x", x, "y", px(coursePanel-3), "text-anchor", "middle", "class", "cross-mark")
			d.end(name)
		}
	}
}

// tip says a reading: value and unit as reported, date, source.
func (c Courses) tip(p Panel, l Line, r Reading) string {
	var lines []string
	text := strings.TrimSpace(r.text() + " " + r.Unit)
	if r.Missing != "" {
		text = r.Missing
	}
	if r.FlagWord != "" {
		text += ", " + r.FlagWord
	} else if r.flagged() {
		text += ", " + r.Flag
	}
	name := p.Title
	if len(p.Lines) > 1 && l.Name != "" {
		name = l.Name
	}
	lines = append(lines, name+" "+text)
	if r.Drawn != "" {
		lines = append(lines, r.Drawn)
	}
	if r.limit() {
		lines = append(lines, "a bound, drawn open at its edge")
	}
	lines = append(lines, c.when(r))
	if r.Source.Letters != "" {
		lines = append(lines, r.Source.Letters+" · "+r.Source.Site)
	}
	return strings.Join(lines, "\n")
}

func (c Courses) when(r Reading) string {
	if r.At != "" {
		return r.At
	}
	if r.Day {
		return day(r.Time, nil)
	}
	return in(r.Time, c.Zone).Format("2 Jan 2006, 15:04")
}
