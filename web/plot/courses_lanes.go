package plot

import (
	"strconv"
	"strings"
	"time"
)

// Bar is one medicine over time.
type Bar struct {
	Name  string // "Metoprolol succinate"
	Note  string // "in 2 lists that differ"
	Href  string
	Parts []BarPart
	Marks []BarMark // fills and given doses
}

// BarPart is one dose for one time.
type BarPart struct {
	Start, End time.Time // zero: not known
	StartAbout bool      // known to the month or year only
	Ongoing    bool      // to the chart's now: End is it
	// EndUnknown: it is over, or may be, but nobody wrote when; End is the last day that is known of it.
	EndUnknown bool
	Label      string // "50 mg"
	Tip        string
	Source     Source
	Href       string
}

// BarMark is a fill or a given dose.
type BarMark struct {
	Time time.Time
	Tip  string
	Href string
	Source
}

// EventKind is the shape of an event.
type EventKind uint8

// The kinds of events.
const (
	EventVisit     EventKind = iota // circle
	EventStay                       // bar
	EventProcedure                  // triangle
)

// Event is a visit, a stay or a procedure.
type Event struct {
	Kind       EventKind
	Start, End time.Time // End is a stay's; zero otherwise
	Label      string
	At         string // its date, worded
	Href       string
	Source     Source
}

func (b Bar) head(d *drawing) {
	d.tag("p", "class", "course-of")
	if href := safeHref(b.Href); href != "" {
		d.leaf("a", b.Name, "href", href)
	} else {
		d.text(b.Name)
	}
	d.end("p")
	if b.Note != "" {
		d.leaf("p", b.Note, "class", "course-note")
	}
}

// bar draws one medicine: a bar a dose, fills as ticks beneath.
func (c Courses) bar(d *drawing, b Bar, flat bool) {
	if !flat {
		d.area(courseBar, b.Name+", "+plural(len(b.Parts), "dose", "doses")+", "+plural(len(b.Marks), "fill", "fills"))
	}
	c.verticals(d, courseBar)
	seen := false
	for _, p := range b.Parts {
		from, to := p.Start, p.End
		if from.IsZero() || from.Before(c.From) {
			from = c.From
		}
		if to.IsZero() || to.After(c.To) {
			to = c.To
		}
		if to.Before(c.From) || from.After(c.To) {
			continue
		}
		seen = true
		x, width := c.across(from), max(c.across(to)-c.across(from), 0.006)
		class := "mark medicine " + colorClass(p.Source.Color)
		name := d.open(p.Href, class, p.Tip, flat)
		d.tag("rect", "class", "bar", "x", pct(x), "y", "3", "width", pct(width), "height", "16", "rx", "3")
		d.end("rect")
		// Edges that nobody wrote are dashed.
		if p.Start.IsZero() || p.StartAbout && !p.Start.Before(c.From) {
			d.line(pct(x), "3", pct(x), "19", "edge unknown")
		} else if !p.Start.Before(c.From) {
			d.line(pct(x), "3", pct(x), "19", "edge")
		}
		if p.EndUnknown {
			d.line(pct(x+width), "3", pct(x+width), "19", "edge unknown")
		} else if !p.Ongoing && !p.End.IsZero() && !p.End.After(c.To) {
			d.line(pct(x+width), "3", pct(x+width), "19", "edge")
		}
		if p.Label != "" {
			// Within a frame of its own, so that a long label ends with its bar.
			d.tag("svg", "x", pct(x), "y", "3", "width", pct(width), "height", "16", "overflow", "hidden")
			d.leaf("text", p.Label, "x", "6", "y", "12", "class", "bar-text")
			d.end("svg")
		}
		d.end(name)
	}
	n := 0
	for _, m := range b.Marks {
		if !c.within(m.Time) {
			continue
		}
		if n++; n > courseMost {
			break
		}
		seen = true
		x := pct(c.across(m.Time))
		name := d.open(m.Href, "mark fill-mark "+colorClass(m.Color), m.Tip, flat)
		if !flat {
			d.tag("circle", "class", "hit", "cx", x, "cy", "24", "r", "6")
			d.end("circle")
		}
		d.line(x, "21", x, "28", "fill-tick")
		d.end(name)
	}
	if !seen {
		d.leaf("text", "not within these dates", "x", "50%", "y", "16", "text-anchor", "middle", "class", "none")
	}
	if !flat {
		d.end("svg")
	}
}

// crowd is events that would lie on each other.
type crowd struct {
	Event
	list []Event
	last time.Time
}

// crowds joins events nearer than a mark is wide.
func (c Courses) crowds() []crowd {
	var out []crowd
	for _, e := range c.Events {
		end := e.End
		if end.IsZero() {
			end = e.Start
		}
		if end.Before(c.From) || e.Start.After(c.To) {
			continue
		}
		if n := len(out) - 1; n >= 0 && e.Kind != EventStay && out[n].Kind != EventStay && c.across(e.Start)-c.across(out[n].Start) < 0.016 {
			out[n].list = append(out[n].list, e)
			out[n].last = e.Start
			continue
		}
		out = append(out, crowd{e, []Event{e}, e.Start})
	}
	return out
}

func (c Courses) events(d *drawing, flat bool) {
	list := c.crowds()
	if !flat {
		d.area(courseEvents, "Visits and procedures, "+plural(len(list), "mark", "marks"))
	}
	c.verticals(d, courseEvents)
	d.line("0", px(courseEvents/2), "100%", px(courseEvents/2), "lane-line")
	for _, e := range list {
		tip, href := e.tip(), e.Href
		if len(e.list) > 1 {
			tip = strconv.Itoa(len(e.list)) + " events"
			for i, one := range e.list {
				if i == 4 {
					tip += "\nand " + strconv.Itoa(len(e.list)-4) + " more"
					break
				}
				tip += "\n" + strings.ReplaceAll(one.tip(), "\n", " · ")
			}
			if c.Around != nil {
				href = c.Around(e.list[0].Start, e.last)
			}
		}
		from := e.Start
		if from.Before(c.From) {
			from = c.From
		}
		at := c.across(from)
		x, mid := pct(at), courseEvents/2
		name := d.open(href, "mark "+colorClass(e.Source.Color), tip, flat)
		if !flat {
			d.tag("circle", "class", "hit", "cx", x, "cy", px(mid), "r", "12")
			d.end("circle")
		}
		switch e.Kind {
		case EventStay:
			to := e.End
			if to.After(c.To) {
				to = c.To
			}
			d.tag("rect", "class", "fill", "x", x, "y", px(mid-5), "width", pct(max(c.across(to)-at, 0.008)), "height", "10", "rx", "2")
			d.end("rect")
		case EventProcedure:
			// A triangle at a share of the width: its own frame begins there.
			d.tag("svg", "x", x, "y", px(mid-6), "width", "1", "height", "12", "overflow", "visible")
			d.tag("path", "class", "fill", "d", "M0 0L6 11L-6 11Z")
			d.end("path")
			d.end("svg")
		default:
			d.tag("circle", "class", "fill", "cx", x, "cy", px(mid), "r", "4.5")
			d.end("circle")
		}
		if len(e.list) > 1 {
			d.leaf("text", strconv.Itoa(len(e.list)), "x", x, "y", px(mid-7), "text-anchor", "middle", "class", "count-text")
		}
		d.end(name)
	}
	if len(list) == 0 {
		d.leaf("text", "none within these dates", "x", "50%", "y", "18", "text-anchor", "middle", "class", "none")
	}
	if !flat {
		d.end("svg")
	}
}

func (e Event) tip() string {
	lines := []string{e.Label}
	if e.At != "" {
		lines = append(lines, e.At)
	}
	if e.Source.Letters != "" {
		lines = append(lines, e.Source.Letters+" · "+e.Source.Site)
	}
	return strings.Join(lines, "\n")
}

// legend says what the shapes mean, as far as they occur.
func (c Courses) legend(d *drawing) {
	says := c.says()
	if len(says) == 0 {
		return
	}
	d.tag("ul", "class", "legend")
	for _, s := range says {
		d.leaf("li", s)
	}
	d.end("ul")
}

func (c Courses) says() (says []string) {
	limit, gone, flagged := false, false, false
	for _, p := range c.Panels {
		for _, l := range p.Lines {
			for _, r := range l.Readings {
				if c.within(r.Time) {
					limit, gone, flagged = limit || r.drawn() && r.limit(), gone || !r.drawn(), flagged || r.flagged() && r.drawn()
				}
			}
		}
	}
	if flagged {
		says = append(says, "ringed: outside its reference")
	}
	if limit {
		says = append(says, "open circle: reported as a bound (<, >)")
	}
	if gone {
		says = append(says, "×: a result without a number")
	}
	if len(c.Panels) > 0 && c.Apart > 0 {
		says = append(says, "no line across a missing value or more than "+strconv.Itoa(int(c.Apart.Hours()/24/30.4))+" months")
	}
	if len(c.Events) > 0 {
		says = append(says, "circle: visit, triangle: procedure, block: hospital stay")
	}
	if len(c.Bars) > 0 {
		says = append(says, "bar: a medicine at one dose, dashed edge where nobody wrote the day; tick: a fill")
	}
	return says
}
