package plot

import (
	"io"
	"strings"
)

// sheet is the style of a picture that stands alone: the light colours, whatever
// the reader's page has.
const sheet = `text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:#4a5866;font-variant-numeric:tabular-nums}
.h1{font-size:15px;font-weight:700;fill:#16202b}.h2{font-size:12px;font-weight:600;fill:#16202b}.flagged-text{fill:#b3261e}.band{fill:#e3efe6}.grid{stroke:#dfe4ea;stroke-width:1}
.today{stroke:#0b5cad;stroke-dasharray:2 3}.lane-line{stroke:#dfe4ea}.trace{stroke:#4a5866;stroke-width:1.5;stroke-linecap:round}.trace-2{stroke-dasharray:5 4}.trace-3{stroke-dasharray:1.5 4}.trace-4{stroke-dasharray:8 3 2 3}
.s0{color:#4a5866}.s1{color:#0b5cad}.s2{color:#a8481a}.s3{color:#6d45ab}.s4{color:#0b7565}.s5{color:#7a6200}
.dot{fill:currentColor;stroke:#fff;stroke-width:1.5}.limit .dot{fill:#fff;stroke:currentColor;stroke-width:2}.ring{fill:#fff;stroke:#b3261e;stroke-width:1.5}.fill{fill:currentColor}
.bar{fill:currentColor;fill-opacity:.24}.edge{stroke:currentColor;stroke-width:2}.unknown{stroke-dasharray:2 2}.bar-text{fill:#16202b}.fill-tick{stroke:currentColor;stroke-width:2}
.count-text{font-size:10px}.cross-mark{font-size:13px;fill:#4a5866}.none{font-style:italic}`

// SVG writes the picture alone: one file with its style inside, in light, width
// pixels wide. The lines of title stand above it: whose it is, of when, of where.
// It has no links; each mark has its words as a title.
func (c Courses) SVG(w io.Writer, width int, title []string) error {
	const edge = 16.0
	wide := float64(max(width, 480))
	left := edge + courseHead + courseAxis
	area := wide - left - edge
	top := edge + 20*float64(len(title))
	height := top + 2*courseTime + coursePanel*float64(len(c.Panels)) + courseBar*float64(len(c.Bars)) + 2*edge
	if len(c.Events) > 0 {
		height += courseEvents
	}
	sites := c.sites()
	if len(sites) > 0 {
		height += 16
	}
	says := c.says()
	height += 15 * float64((len(says)+1)/2)
	d := &drawing{}
	d.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	d.tag("svg", "xmlns", "http://www.w3.org/2000/svg", "width", px(wide), "height", px(height), "viewBox", "0 0 "+px(wide)+" "+px(height), "role", "img", "aria-label", c.Label)
	d.leaf("title", c.Label)
	d.WriteString("<style>" + sheet + "</style>")
	d.tag("rect", "width", px(wide), "height", px(height), "fill", "#ffffff")
	d.end("rect")
	for i, t := range title {
		class := ""
		if i == 0 {
			class = "h1"
		}
		d.leaf("text", t, "x", px(edge), "y", px(edge+14+20*float64(i)), "class", class)
	}
	y := top + 8
	frame := func(h float64, draw func()) {
		d.tag("svg", "x", px(left), "y", px(y), "width", px(area), "height", px(h), "overflow", "visible")
		draw()
		d.end("svg")
		y += h
	}
	words := func(at float64, class, text string) {
		d.tag("svg", "x", px(edge), "y", px(y), "width", px(courseHead-6), "height", px(coursePanel), "overflow", "hidden")
		d.leaf("text", text, "x", "0", "y", px(at), "class", class)
		d.end("svg")
	}
	frame(courseTime, func() { c.timeWords(d, courseTime, false) })
	for i, p := range c.Panels {
		scale := c.scaleOf(p)
		head := p.Title
		if p.Unit != "" {
			head += ", " + p.Unit
		}
		at := 18.0
		for _, line := range wrapped(head, 25) {
			words(at, "h2", line)
			at += 15
		}
		for _, line := range []struct{ class, text string }{{map[bool]string{true: "flagged-text"}[p.Flagged], p.Latest}, {"", p.LatestAt}, {"", p.bandText()}} {
			if line.text != "" {
				words(at, line.class, line.text)
				at += 15
			}
		}
		for _, n := range p.Notes {
			if at < coursePanel-2 {
				words(at, "none", n)
				at += 15
			}
		}
		d.tag("svg", "x", px(left-courseAxis), "y", px(y), "width", px(courseAxis), "height", px(coursePanel), "overflow", "visible")
		c.levels(d, p, scale)
		d.end("svg")
		frame(coursePanel, func() { c.panel(d, i, scale, true) })
	}
	if len(c.Events) > 0 {
		words(19, "h2", "Visits and procedures")
		frame(courseEvents, func() { c.events(d, true) })
	}
	for _, b := range c.Bars {
		words(15, "h2", b.Name)
		if b.Note != "" {
			words(27, "none", b.Note)
		}
		frame(courseBar, func() { c.bar(d, b, true) })
	}
	frame(courseTime, func() { c.timeWords(d, courseTime, true) })
	if len(sites) > 0 {
		x := left
		for _, s := range sites {
			d.tag("g", "class", colorClass(s.Color))
			d.tag("circle", "class", "fill", "cx", px(x+4), "cy", px(y+10), "r", "4")
			d.end("circle")
			d.leaf("text", s.Letters+" "+s.Site, "x", px(x+12), "y", px(y+14))
			d.end("g")
			x += 32 + 6.2*float64(len(s.Letters+s.Site))
		}
		y += 16
	}
	for i := 0; i < len(says); i += 2 {
		d.leaf("text", strings.Join(says[i:min(i+2, len(says))], " · "), "x", px(edge), "y", px(y+14))
		y += 15
	}
	d.end("svg")
	d.WriteString("\n")
	return d.send(w)
}

// wrapped is a text in at most two lines, cut with an ellipsis: an svg has no lines of its own.
func wrapped(s string, most int) []string {
	cut := func(s string) string {
		if r := []rune(s); len(r) > most+2 {
			return string(r[:most]) + "…"
		}
		return s
	}
	if len([]rune(s)) <= most+2 {
		return []string{s}
	}
	first := ""
	words := strings.Fields(s)
	for len(words) > 1 && len([]rune(first+" "+words[0])) <= most {
		first = strings.TrimSpace(first + " " + words[0])
		words = words[1:]
	}
	if first == "" {
		return []string{cut(s)}
	}
	return []string{first, cut(strings.Join(words, " "))}
}

// sites are the sources of what is drawn, each once.
func (c Courses) sites() []Source {
	var out []Source
	seen := map[Source]bool{{}: true}
	add := func(s Source) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, p := range c.Panels {
		for _, l := range p.Lines {
			for _, r := range l.Readings {
				if c.within(r.Time) {
					add(r.Source)
				}
			}
		}
	}
	for _, b := range c.Bars {
		for _, p := range b.Parts {
			add(p.Source)
		}
		for _, m := range b.Marks {
			if c.within(m.Time) {
				add(m.Source)
			}
		}
	}
	return out
}
