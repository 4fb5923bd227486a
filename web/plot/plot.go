// Package plot draws the pictures of a record as SVG on the server: a spark in a row of results, a trend with its
// reference band, and lanes of time, one a site. Each is a value that is itself a templ component, and a pure function
// of its fields: no clock, no state, no patient data beyond what it is given.
//
// Positions along the time axis are percentages and heights are pixels, so that a plot fills whatever width it stands
// in while its words stay at reading size; nothing needs a script. Colours are classes of the style sheet (s0–s5 for
// sites), so that dark mode, print and forced colours work. A Trend and Lanes carry the same facts as a table.
package plot

import (
	"html"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Point is one measured value at one time. Value is where it is drawn; Text is how it was reported ("2.70", "<0.01"),
// and that is what is ever read out. A value that is NaN or infinite is a gap: known to exist, not drawn.
type Point struct {
	Time   time.Time
	Day    bool // only the date is known: Time is its midnight in UTC, and no zone moves it
	Value  float64
	Text   string // default: Value in its shortest form
	Flag   string // H, L, HH, LL, A …; empty or N is unflagged
	Source Source
	Href   string // the original
}

// Source is the site a point came from.
type Source struct {
	Letters string // "LC"
	Color   int    // 1–5; 0 is grey
	Site    string // "Lakeside Cardiology"
}

func (p Point) drawn() bool { return !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) }

func (p Point) flagged() bool { return p.Flag != "" && p.Flag != "N" }

func (p Point) text() string {
	if p.Text != "" {
		return p.Text
	}
	if !p.drawn() {
		return "no value"
	}
	return strconv.FormatFloat(p.Value, 'f', -1, 64)
}

// colorClass is the class of a site's colour; a sixth site takes the first colour again, its letters tell it apart.
func colorClass(n int) string {
	if n <= 0 {
		return "s0"
	}
	return "s" + strconv.Itoa((n-1)%5+1)
}

// drawing collects markup. Text and attribute values are escaped in the two places where they enter.
type drawing struct{ strings.Builder }

// tag opens an element with attribute pairs; an empty value leaves the attribute out.
func (d *drawing) tag(name string, pairs ...string) {
	d.WriteByte('<')
	d.WriteString(name)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		d.WriteByte(' ')
		d.WriteString(pairs[i])
		d.WriteString(`="`)
		d.WriteString(html.EscapeString(pairs[i+1]))
		d.WriteByte('"')
	}
	d.WriteByte('>')
}

func (d *drawing) end(name string) {
	d.WriteString("</")
	d.WriteString(name)
	d.WriteByte('>')
}

func (d *drawing) text(s string) { d.WriteString(html.EscapeString(s)) }

// leaf is an element with text and nothing else.
func (d *drawing) leaf(name, text string, pairs ...string) {
	d.tag(name, pairs...)
	d.text(text)
	d.end(name)
}

func (d *drawing) line(x1, y1, x2, y2, class string) {
	d.tag("line", "x1", x1, "y1", y1, "x2", x2, "y2", y2, "class", class)
	d.end("line")
}

func (d *drawing) send(w io.Writer) error {
	_, err := io.WriteString(w, d.String())
	return err
}

// safeHref keeps links that stay on this origin or say http(s); anything else (javascript:, data:) is dropped.
func safeHref(s string) string {
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "#") || strings.HasPrefix(s, "?") ||
		strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}

// px is a length in pixels, to a tenth.
func px(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// pct is a share of the width, 0 to 1, in percent.
func pct(v float64) string { return strconv.FormatFloat(math.Round(v*1e4)/100, 'f', -1, 64) + "%" }

func in(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone)
}

func day(t time.Time, zone *time.Location) string { return in(t, zone).Format("2 Jan 2006") }

// dated writes the date of t into a <time>; of a date without a time, only that date.
func (d *drawing) dated(t time.Time, dayOnly bool, zone *time.Location) {
	if dayOnly {
		d.leaf("time", day(t, nil), "datetime", t.UTC().Format("2006-01-02"))
		return
	}
	d.leaf("time", day(t, zone), "datetime", in(t, zone).Format("2006-01-02T15:04:05Z07:00"))
}

// zoneOf is the zone that a date is read in: none at all when only the day is known.
func zoneOf(dayOnly bool, zone *time.Location) *time.Location {
	if dayOnly {
		return nil
	}
	return zone
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
