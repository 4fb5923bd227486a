// Package demo is a small network of provider sites and the people whose records are scattered over them: the story
// that Wholechart tells to somebody who meets it for the first time. It is data only, made by pure functions of an
// anchor time: FHIR R4 transaction bundles that enter each site through the ordinary FHIR interface. Nobody in it is
// real. It starts no server, opens no file and knows nothing of the packages below it.
package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the sites' zones, also on a machine that has no zone files
)

type (
	object = map[string]any
	list   = []any
)

// storyDay is the day on which every story is told. Dates in the stories are written as if today were that day and
// move with the anchor by whole days, so that "three weeks ago" stays three weeks ago. Ids keep the story's own dates
// and so never change.
const storyDay = "2026-11-22"

// chart collects what one site wrote about one person. It carries the visit being written, so that each fact need not
// repeat who wrote it, when, and in which encounter.
type chart struct {
	site    Site
	zone    *time.Location
	anchor  time.Time
	shift   int    // whole days from storyDay to the anchor's day in the site's zone
	prefix  string // of every id in this chart: the person's slug
	patient string // the person's Patient id at this site
	labels  list   // security labels put on every resource of this chart (42 CFR Part 2)
	entries list
	used    map[string]bool // references already written

	when string // time of the visit being written, in the forms that at() reads
	by   string // Practitioner id of its author
	enc  string // reference to its Encounter; empty outside a visit
}

// newChart returns an empty chart of a site. prefix and patient may be empty for the site's directory.
func newChart(site Site, anchor time.Time, prefix, patient string) *chart {
	zone, err := time.LoadLocation(site.Zone)
	if err != nil {
		panic("demo: zone of site " + site.Slug + ": " + err.Error()) // the table in sites.go is wrong
	}
	local := anchor.In(zone)
	told, _ := time.Parse(time.DateOnly, storyDay)
	now := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	return &chart{site: site, zone: zone, anchor: local, shift: int(now.Sub(told).Hours() / 24),
		prefix: prefix, patient: patient, used: map[string]bool{}}
}

// at reads a time of the story: "2024-12-05 21:40" in the site's zone, moved with the anchor; "-14m" before the anchor;
// "slot+20m" from the visit that is going on now (see slot).
func (c *chart) at(s string) time.Time {
	switch {
	case strings.HasPrefix(s, "slot"):
		return c.slot().Add(duration(strings.TrimPrefix(s, "slot")))
	case strings.HasPrefix(s, "-"):
		return c.anchor.Add(duration(s)).Truncate(time.Minute)
	}
	layout := "2006-01-02 15:04"
	if len(s) == len(time.DateOnly) {
		s += " 12:00"
	}
	t, err := time.ParseInLocation(layout, s, c.zone)
	if err != nil {
		panic("demo: story time " + s)
	}
	return t.AddDate(0, 0, c.shift)
}

func duration(s string) time.Duration {
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		panic("demo: story duration " + s)
	}
	return d
}

// slot is the start of the visit that is going on at the anchor: the full twenty minutes before it, kept within the
// practice's day (10:20 to 16:40), so that the schedule of today makes sense whenever the demonstration starts.
func (c *chart) slot() time.Time {
	a := c.anchor
	t := time.Date(a.Year(), a.Month(), a.Day(), a.Hour(), a.Minute()/20*20, 0, 0, c.zone)
	first := time.Date(a.Year(), a.Month(), a.Day(), 10, 20, 0, 0, c.zone)
	last := time.Date(a.Year(), a.Month(), a.Day(), 16, 40, 0, 0, c.zone)
	if t.Before(first) {
		return first
	}
	if t.After(last) {
		return last
	}
	return t
}

// instant formats a story time as a FHIR instant with the site's offset. later is added, but never beyond the anchor:
// a result is not issued in the future.
func (c *chart) instant(s string, later ...time.Duration) string {
	t := c.at(s)
	for _, d := range later {
		if u := t.Add(d); u.Before(c.anchor) {
			t = u
		}
	}
	return t.Format(time.RFC3339)
}

// day formats a story date as a FHIR date. Partial dates ("2009", "2016-05") stay partial.
func (c *chart) day(s string) string {
	for _, layout := range []string{"2006", "2006-01"} {
		if len(s) == len(layout) {
			t, err := time.Parse(layout, s)
			if err != nil {
				panic("demo: story date " + s)
			}
			return t.AddDate(0, 5*(len("2006-01")-len(s))/3, 14+c.shift).Format(layout) // from its middle
		}
	}
	return c.at(s).Format(time.DateOnly)
}

// birth moves a birth date by whole years only, so that a grown-up is found under the same day and month whenever the
// demonstration runs; a small child's moves by days like all else, because vaccines and growth hang on it.
func (c *chart) birth(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic("demo: birth date " + s)
	}
	if t.Year() >= 2016 {
		return c.day(s)
	}
	return t.AddDate(c.shift/365, 0, 0).Format(time.DateOnly)
}

// told is the story's own date of a time, for ids.
func (c *chart) told(s string) string {
	if len(s) >= 10 && s[0] == '2' {
		return s[:10]
	}
	return storyDay
}

// say replaces each {2024-12-05} in a text by the moved date in the words a reader expects: 5 Dec 2024.
func (c *chart) say(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		date, after, closed := strings.Cut(rest, "}")
		if !closed {
			panic("demo: unclosed date in text")
		}
		switch len(date) {
		case 4:
			b.WriteString(c.day(date))
		case 7:
			t, _ := time.Parse("2006-01", c.day(date))
			b.WriteString(t.Format("Jan 2006"))
		default:
			b.WriteString(c.at(date).Format("2 Jan 2006"))
		}
		text = after
	}
}

// on sets author and time for the facts that follow, outside any encounter.
func (c *chart) on(when, by string) { c.when, c.by, c.enc = when, by, "" }

// id is an id of this chart.
func (c *chart) id(name string) string { return c.prefix + "-" + name }

// dated is an id of this chart that ends in the story's date of the visit being written.
func (c *chart) dated(name string) string { return c.id(name + "-" + c.told(c.when)) }

// put adds a resource to the bundle and returns its reference. A second one of the same name and day gets "-2". Later objects in more replace whole top-level elements;
// a nil value removes one.
func (c *chart) put(kind, id string, r object, more ...object) string {
	for _, m := range more {
		for k, v := range m {
			r[k] = v
		}
	}
	for k, v := range r {
		if v == nil {
			delete(r, k)
		}
	}
	for n, name := 2, id; c.used[kind+"/"+id]; n++ {
		id = name + "-" + strconv.Itoa(n)
	}
	c.used[kind+"/"+id] = true
	r["resourceType"], r["id"] = kind, id
	if len(c.labels) > 0 {
		r["meta"] = object{"security": c.labels}
	}
	c.entries = append(c.entries, object{
		"resource": r,
		"request":  object{"method": "PUT", "url": kind + "/" + id},
	})
	return kind + "/" + id
}

// bundle is the chart as a FHIR transaction. Keys are sorted, so the bytes depend on nothing but the anchor.
func (c *chart) bundle() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(object{"resourceType": "Bundle", "type": "transaction", "entry": c.entries}); err != nil {
		panic(fmt.Sprintf("demo: bundle of site %s: %v", c.site.Slug, err)) // only unencodable Go values can fail here
	}
	return bytes.TrimSpace(b.Bytes())
}

func ref(to string) object { return object{"reference": to} }

// refNamed is a reference with the name a page may show without following it.
func refNamed(to, name string) object { return object{"reference": to, "display": name} }

// refs makes a list of references.
func refs(to ...string) list {
	l := make(list, len(to))
	for i, t := range to {
		l[i] = ref(t)
	}
	return l
}

// elsewhere is a logical reference to something another site keeps: by business identifier, since relative references
// never leave a site.
func elsewhere(kind, system, value, display string) object {
	return object{"type": kind, "identifier": object{"system": system, "value": value}, "display": display}
}

func (c *chart) self() object { return ref("Patient/" + c.patient) }

// author is the practitioner who writes now.
func (c *chart) author() object {
	return refNamed("Practitioner/"+c.by, practitionerName(c.site.Slug, c.by))
}

func (c *chart) org() object { return refNamed("Organization/"+c.site.Slug, c.site.Name) }

// encounter adds the visit being written, if any, to a resource's fields.
func (c *chart) encounter(r object) object {
	if c.enc != "" {
		r["encounter"] = ref(c.enc)
	}
	return r
}
