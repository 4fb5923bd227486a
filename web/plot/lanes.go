package plot

import (
	"context"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Lanes is time from left to right with one lane a site: who saw this person, when, for what. Marks that would lie on
// each other are drawn as one with a count; the table below lists them all, one by one.
type Lanes struct {
	Label string // "Timeline of Rosa Delgado"
	Lanes []Lane
	From  time.Time // zero: the start of the year of the first mark
	Today time.Time // where the dashed line stands; zero: no line
	Zone  *time.Location
	// Around is the address of the page that shows what a cluster of the lane holds; nil leads to the latest of it.
	Around  func(lane int, from, to time.Time) string
	NoTable bool
}

// Lane is one site.
type Lane struct {
	Name  string // "Maple Street"
	State string // "OH"
	Note  string // "this site"
	Color int
	Marks []Mark
	// Gap says why the lane may lack marks, "could not be reached, showing 09:12"; the lane is then drawn dashed. An empty
	// lane without a gap is a site that has nothing.
	Gap string
}

// MarkKind is the shape of a mark.
type MarkKind uint8

const (
	Visit    MarkKind = iota // circle
	Result                   // diamond
	Stay                     // bar, from admission to discharge
	Image                    // square with a picture in it
	Medicine                 // long bar with its name
	markKinds
)

func (k MarkKind) word(n int) string {
	one := [...]string{"visit", "result", "hospital stay", "imaging study", "medicine"}[k%markKinds]
	many := [...]string{"visits", "results", "hospital stays", "imaging studies", "medicines"}[k%markKinds]
	if n == 1 {
		return one
	}
	return many
}

// Mark is one thing that happened, or went on from Start to End. A Stay or Medicine without End goes on.
type Mark struct {
	Kind       MarkKind
	Start, End time.Time
	Day        bool // only dates are known: Start and End are midnights in UTC, and no zone moves them
	Label      string
	Href       string
}

const (
	laneTrack   = 20.0 // height of a line of marks
	laneBar     = 17.0 // height of a line of medicines
	lanePad     = 6.0
	laneTop     = 24.0 // year labels
	laneFoot    = 18.0 // "today"
	laneNames   = 148.0
	laneNominal = 800.0 // width in pixels that overlaps are judged at
	laneNear    = 15.0  // marks nearer than this, in nominal pixels, become one
	laneBarRows = 6
	laneStays   = 60
	laneRows    = 300 // of the table
)

func (l Lanes) Render(_ context.Context, w io.Writer) error {
	var d drawing
	d.tag("figure", "class", "plot lanes")
	from, to, any := l.span()
	switch {
	case len(l.Lanes) == 0:
		d.leaf("p", "No sites to show", "class", "plot-none")
	case !any && !l.gaps():
		d.leaf("p", "Nothing on the timeline yet", "class", "plot-none")
	default:
		l.draw(&d, from, to)
		if !l.NoTable && any {
			l.table(&d)
		}
	}
	d.end("figure")
	return d.send(w)
}

// span is the time that the plot covers, and whether there is any mark at all.
func (l Lanes) span() (from, to time.Time, any bool) {
	for _, lane := range l.Lanes {
		for _, m := range lane.Marks {
			if m.Start.IsZero() {
				continue
			}
			if !any || m.Start.Before(from) {
				from = m.Start
			}
			for _, t := range []time.Time{m.Start, m.End} {
				if t.After(to) {
					to = t
				}
			}
			any = true
		}
	}
	if l.Today.After(to) {
		to = l.Today
	}
	if !any {
		from = to.AddDate(-1, 0, 0)
	}
	from = in(from, l.Zone)
	from = time.Date(from.Year(), 1, 1, 0, 0, 0, 0, from.Location())
	if !l.From.IsZero() && l.From.Before(to) {
		from = l.From
	}
	// A little room after the last mark; never an empty span.
	to = to.Add(max(to.Sub(from)/50, 24*time.Hour))
	return from, to, any
}

func (l Lanes) gaps() bool {
	return slices.ContainsFunc(l.Lanes, func(lane Lane) bool { return lane.Gap != "" })
}

// shelf is a lane with its place.
type shelf struct {
	Lane
	index       int
	top, height float64
	first       float64 // y of the visits and stays
	second      float64 // y of results and images
	bars        [][]Mark
	barsTop     float64
	moreBars    int
}

func (l Lanes) draw(d *drawing, from, to time.Time) {
	x := scale{float64(from.Unix()), float64(to.Unix())}
	across := func(t time.Time) float64 { return min(max(x.at(float64(t.Unix())), 0), 1) }
	shelves, height := l.arrange(across, to)

	d.tag("div", "class", "lanes-scroll", "tabindex", "0", "role", "region", "aria-label", l.name()+", scrolls sideways")
	d.tag("div", "class", "plot-row")
	d.tag("svg", "class", "lanes-names", "width", px(laneNames), "height", px(height))
	for _, s := range shelves {
		mid := s.top + s.height/2
		d.leaf("text", clip(s.Name, 21), "class", "lane-name", "x", "0", "y", px(mid-1))
		note := s.State
		if s.Note != "" {
			if note != "" {
				note += " · "
			}
			note += s.Note
		}
		if s.moreBars > 0 {
			note += " · " + strconv.Itoa(s.moreBars) + " more " + Medicine.word(s.moreBars)
		}
		d.leaf("text", clip(note, 25), "class", "lane-note", "x", "0", "y", px(mid+12))
	}
	d.end("svg")

	d.tag("svg", "class", "plot-area", "height", px(height), "width", "100%", "role", "group", "aria-label", l.name()+"; the table below has the same", "data-rove", "marks")
	free := -1.0 // from here on no label stands
	for i, t := range TimeTicks(from, to, 12, l.Zone) {
		at := across(t.Time)
		d.line(pct(at), px(laneTop-4), pct(at), px(height-laneFoot), "grid")
		if at > 0.97 {
			continue // its label would leave the picture
		}
		anchor := "middle"
		if i == 0 && at < 0.03 {
			anchor = "start"
		}
		// A letter takes about 6 px of a picture that is seldom narrower than 460.
		wide := (6*float64(len(t.Label)) + 4) / 460
		begins := at - wide/2
		if anchor == "start" {
			begins = at
		}
		if begins < free {
			continue // it would be written over the one before
		}
		free = begins + wide
		d.leaf("text", t.Label, "x", pct(at), "y", "13", "text-anchor", anchor)
	}
	for _, s := range shelves {
		base := s.top + s.height/2
		if s.first > 0 {
			base = s.first
		}
		class := "lane-line"
		if s.Gap != "" {
			class += " lane-gap"
		}
		d.line("0", px(base), "100%", px(base), class)
	}
	if !l.Today.IsZero() {
		at := across(l.Today)
		d.line(pct(at), px(laneTop-4), pct(at), px(height-laneFoot), "today")
		d.leaf("text", "today", "class", "today-text", "x", pct(at), "y", px(height-4), "text-anchor", "end")
	}
	for _, s := range shelves {
		l.marks(d, s, across, to)
	}
	d.end("svg")
	d.end("div")
	d.end("div")
	l.legend(d)
}

// arrange gives each lane its height: a line for visits and stays, one for results and images where there are any, and
// lines of medicines packed so that neither bars nor names overlap.
func (l Lanes) arrange(across func(time.Time) float64, to time.Time) ([]shelf, float64) {
	y := laneTop
	out := make([]shelf, 0, len(l.Lanes))
	for i, lane := range l.Lanes {
		s := shelf{Lane: lane, index: i, top: y}
		var first, second bool
		var bars []Mark
		for _, m := range lane.Marks {
			switch {
			case m.Start.IsZero():
			case m.Kind == Medicine:
				bars = append(bars, m)
			case m.Kind == Result || m.Kind == Image:
				second = true
			default:
				first = true
			}
		}
		slices.SortStableFunc(bars, func(a, b Mark) int { return a.Start.Compare(b.Start) })
		var ends []float64
	next:
		for _, m := range bars {
			start := across(m.Start)
			end := max(across(l.ending(m, to)), start+float64(len(clip(m.Label, 32)))*6.4/laneNominal+0.01)
			for row := range ends {
				if ends[row] <= start {
					ends[row], s.bars[row] = end, append(s.bars[row], m)
					continue next
				}
			}
			if len(ends) == laneBarRows {
				s.moreBars++
				continue
			}
			ends, s.bars = append(ends, end), append(s.bars, []Mark{m})
		}
		inner := y + lanePad
		if first {
			s.first = inner + laneTrack/2
			inner += laneTrack
		}
		if second {
			s.second = inner + laneTrack/2
			if !first {
				s.first = s.second
			}
			inner += laneTrack
		}
		s.barsTop = inner
		inner += float64(len(s.bars)) * laneBar
		s.height = max(inner-y+lanePad, 34)
		if spare := s.height - (inner - y + lanePad); spare > 0 { // stand in the middle of the least height
			s.barsTop += spare / 2
			if s.first > 0 {
				s.first += spare / 2
			}
			if s.second > 0 {
				s.second += spare / 2
			}
		}
		y += s.height
		out = append(out, s)
	}
	return out, y + laneFoot
}

// ending is where a bar stops: at its end; when it goes on, today.
func (l Lanes) ending(m Mark, to time.Time) time.Time {
	switch {
	case !m.End.IsZero() && !m.End.Before(m.Start):
		return m.End
	case l.Today.After(m.Start):
		return l.Today
	}
	return to
}

// cluster is what is drawn as one mark.
type cluster struct {
	marks    []Mark
	from, to time.Time
}

// clusters joins marks of one kind, sorted by time, that lie nearer than laneNear to the first of their group.
func clusters(marks []Mark, across func(time.Time) float64) []cluster {
	slices.SortStableFunc(marks, func(a, b Mark) int { return a.Start.Compare(b.Start) })
	var out []cluster
	for _, m := range marks {
		if n := len(out); n > 0 && (across(m.Start)-across(out[n-1].from))*laneNominal < laneNear {
			out[n-1].marks = append(out[n-1].marks, m)
			out[n-1].to = m.Start
			continue
		}
		out = append(out, cluster{[]Mark{m}, m.Start, m.Start})
	}
	return out
}

func (l Lanes) marks(d *drawing, s shelf, across func(time.Time) float64, to time.Time) {
	var stays []Mark
	byKind := map[MarkKind][]Mark{}
	for _, m := range s.Marks {
		switch {
		case m.Start.IsZero() || m.Kind == Medicine:
		case m.Kind == Stay:
			stays = append(stays, m)
		default:
			byKind[m.Kind] = append(byKind[m.Kind], m)
		}
	}
	for row, bars := range s.bars {
		y := s.barsTop + float64(row)*laneBar
		for _, m := range bars {
			l.bar(d, s, m, across(m.Start), across(l.ending(m, to)), y+1, laneBar-3)
		}
	}
	slices.SortStableFunc(stays, func(a, b Mark) int { return a.Start.Compare(b.Start) })
	for _, m := range stays[max(0, len(stays)-laneStays):] {
		l.bar(d, s, m, across(m.Start), across(l.ending(m, to)), s.first-7, 14)
	}
	for _, kind := range []MarkKind{Visit, Result, Image} {
		y := s.first
		if kind != Visit {
			y = s.second
		}
		for _, c := range clusters(byKind[kind], across) {
			l.spot(d, s, kind, c, (across(c.from)+across(c.to))/2, y)
		}
	}
}

// open begins a mark: a link when there is somewhere to go.
func (l Lanes) open(d *drawing, s shelf, href, class, tip string) string {
	name, role := "g", "img"
	href = safeHref(href)
	if href != "" {
		name, role = "a", ""
	}
	d.tag(name, "href", href, "class", "mark "+class+" "+colorClass(s.Color), "role", role)
	d.leaf("title", tip)
	return name
}

// bar is something that goes on. However short, it is at least as wide as a mark.
func (l Lanes) bar(d *drawing, s shelf, m Mark, x1, x2, y, height float64) {
	zone := zoneOf(m.Day, l.Zone)
	when := day(m.Start, zone)
	if m.End.IsZero() {
		when += " – now"
	} else if end := day(m.End, zone); end != when {
		when += " – " + end
	}
	class := "stay"
	if m.Kind == Medicine {
		class = "medicine"
	}
	name := l.open(d, s, m.Href, class, m.Label+"\n"+when+"\n"+s.Name)
	d.tag("rect", "class", "bar", "x", pct(x1), "y", px(y), "width", pct(max(x2-x1, 0)), "height", px(height), "rx", "3")
	d.end("rect")
	d.tag("rect", "class", "bar", "x", pct(x1), "y", px(y), "width", "8", "height", px(height), "rx", "3")
	d.end("rect")
	if m.Kind == Medicine {
		d.tag("svg", "x", pct(x1), "y", px(y), "width", "1", "height", px(height), "overflow", "visible")
		d.leaf("text", clip(m.Label, 32), "class", "bar-text", "aria-hidden", "true", "x", "6", "y", px(height-3.2))
		d.end("svg")
	}
	d.end(name)
}

// spot is a moment, or several that stand together.
func (l Lanes) spot(d *drawing, s shelf, kind MarkKind, c cluster, x, y float64) {
	n := len(c.marks)
	latest := c.marks[n-1]
	href, tip := latest.Href, ""
	if n == 1 {
		tip = latest.Label + "\n" + day(latest.Start, zoneOf(latest.Day, l.Zone)) + "\n" + s.Name
	} else {
		tip = strconv.Itoa(n) + " " + kind.word(n) + ", " + s.Name
		for i := n - 1; i >= max(0, n-5); i-- {
			tip += "\n" + day(c.marks[i].Start, zoneOf(c.marks[i].Day, l.Zone)) + " · " + c.marks[i].Label
		}
		if n > 5 {
			tip += "\nand " + strconv.Itoa(n-5) + " before"
		}
		if l.Around != nil {
			href = l.Around(s.index, c.from, c.to)
		} else if href != "" {
			tip += "\nOpens the latest"
		}
	}
	name := l.open(d, s, href, [...]string{"visit", "result", "stay", "image", "medicine"}[kind%markKinds], tip)
	d.tag("svg", "x", pct(x), "y", px(y), "width", "1", "height", "1", "overflow", "visible")
	d.tag("rect", "class", "hit", "x", "-12", "y", "-10", "width", "24", "height", "20")
	d.end("rect")
	glyph(d, kind, n)
	d.end("svg")
	d.end(name)
}

// glyph draws the shape of a kind around the origin; of several, larger and with their count.
func glyph(d *drawing, kind MarkKind, n int) {
	count := strconv.Itoa(n)
	if n > 99 {
		count = "99+"
	}
	size := 4.5
	if n > 1 {
		size = 7.5 + math.Max(0, float64(len(count)-2))*2.5
	}
	switch kind {
	case Result:
		size *= 1.2
		d.tag("path", "class", "fill", "d", "M0 "+px(-size)+"L"+px(size)+" 0L0 "+px(size)+"L"+px(-size)+" 0Z")
		d.end("path")
	case Image:
		size = max(size, 6)
		d.tag("rect", "class", "fill", "x", px(-size), "y", px(-size), "width", px(2*size), "height", px(2*size), "rx", "2")
		d.end("rect")
		if n == 1 {
			d.tag("path", "class", "cut", "d", "M-4 3.5L-1.2 -1L.8 1.4L2 0L4 3.5Z")
			d.end("path")
			d.tag("circle", "class", "cut", "cx", "2.4", "cy", "-2.6", "r", "1.1")
			d.end("circle")
		}
	default:
		d.tag("circle", "class", "fill", "r", px(size))
		d.end("circle")
	}
	if n > 1 {
		d.leaf("text", count, "class", "cut-text", "aria-hidden", "true", "x", "0", "y", "3.9", "text-anchor", "middle")
	}
}

func (l Lanes) legend(d *drawing) {
	var has [markKinds]bool
	for _, lane := range l.Lanes {
		for _, m := range lane.Marks {
			has[m.Kind%markKinds] = true
		}
	}
	d.tag("ul", "class", "legend")
	for k := range markKinds {
		if !has[k] {
			continue
		}
		d.WriteString("<li>")
		d.tag("svg", "class", "mark s0", "width", "16", "height", "16", "viewBox", "-8 -8 16 16", "aria-hidden", "true")
		switch k {
		case Stay:
			d.WriteString(`<rect class="fill" x="-4" y="-7" width="8" height="14" rx="3"></rect>`)
		case Medicine:
			d.WriteString(`<rect class="bar" x="-8" y="-5" width="16" height="10" rx="3"></rect>`)
		default:
			glyph(d, k, 1)
		}
		d.end("svg")
		d.text(k.word(1))
		d.WriteString("</li>")
	}
	d.end("ul")
	for _, lane := range l.Lanes {
		if lane.Gap != "" {
			d.leaf("p", lane.Name+": "+lane.Gap, "class", "lanes-gap")
		}
	}
}

// table is the twin of the plot, latest first.
func (l Lanes) table(d *drawing) {
	type row struct {
		Mark
		site string
	}
	var rows []row
	for _, lane := range l.Lanes {
		for _, m := range lane.Marks {
			if !m.Start.IsZero() {
				rows = append(rows, row{m, lane.Name})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return b.Start.Compare(a.Start) })
	d.tag("details", "class", "twin")
	d.leaf("summary", plural(len(rows), "entry", "entries")+" as a table")
	if len(rows) > laneRows {
		d.leaf("p", "The latest "+strconv.Itoa(laneRows)+" of "+strconv.Itoa(len(rows))+".", "class", "plot-none")
		rows = rows[:laneRows]
	}
	d.tag("div", "class", "table-wrap", "role", "region", "aria-label", l.name()+", entries", "tabindex", "0")
	d.tag("table", "class", "table")
	d.leaf("caption", l.name(), "class", "sr")
	d.WriteString(`<thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col">What</th><th scope="col">Kind</th><th scope="col">Site</th></tr></thead><tbody>`)
	for _, r := range rows {
		d.WriteString("<tr><td>")
		d.dated(r.Start, r.Day, l.Zone)
		d.WriteString("</td><td>")
		switch {
		case !r.End.IsZero():
			d.dated(r.End, r.Day, l.Zone)
		case r.Kind == Stay || r.Kind == Medicine:
			d.text("ongoing")
		}
		d.WriteString(`</td><th scope="row">`)
		if href := safeHref(r.Href); href != "" {
			d.leaf("a", r.Label, "href", href)
		} else {
			d.text(r.Label)
		}
		d.WriteString("</th>")
		d.leaf("td", r.Kind.word(1))
		d.leaf("td", r.site)
		d.WriteString("</tr>")
	}
	d.WriteString("</tbody></table></div></details>")
}

func (l Lanes) name() string {
	if l.Label == "" {
		return "Timeline"
	}
	return l.Label
}

// clip shortens s to at most n runes, the last of them an ellipsis.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}
