package test

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

//go:embed table/sources.txt
var sourcesText string

//go:embed table/tests.txt
var testsText string

//go:embed table/panels.txt
var panelsText string

//go:embed table/watch.txt
var watchText string

//go:embed table/shorter.txt
var shorterText string

//go:embed table/images.txt
var imagesText string

// valid is a time of validity: days of the calendar, or hours.
type valid struct {
	days  int
	hours int
}

func (v valid) String() string {
	n, unit := v.days, "day"
	if v.days == 0 {
		n, unit = v.hours, "hour"
	}
	if n == 1 {
		return "1 " + unit
	}
	if n%365 == 0 && unit == "day" {
		if n == 365 {
			return "1 year"
		}
		return fmt.Sprintf("%d years", n/365)
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func (v valid) less(w valid) bool { return v.days*24+v.hours < w.days*24+w.hours }

// analyte is one test of the table.
type analyte struct {
	key, title, specimen string
	names                []string
	loinc                []string
	valid, hospital      valid
	rule                 *rule.Rule
}

type panel struct {
	key, title string
	names      []string
	loinc      []string
	members    []*analyte
	rule       *rule.Rule
}

// watched is a row about medicines.
type watched struct {
	tests map[string]bool
	names map[string]bool
	class []string
	days  int
	why   string
}

func (w *watched) of(list []substance.Substance) bool {
	for _, s := range list {
		if w.names[s.Name] {
			return true
		}
		for _, c := range w.class {
			if s.Is(c) {
				return true
			}
		}
	}
	return false
}

type shortened struct {
	state []string
	tests map[string]bool
	valid valid
}

type window struct {
	key, title, modality, focus string
	regions                     []string
	valid                       valid
	rule                        *rule.Rule
}

type table struct {
	rules    []*rule.Rule
	analytes []*analyte
	panels   []*panel
	byKey    map[string]*analyte
	byLOINC  map[string]*analyte
	byName   map[string][]*analyte // several of different specimens
	panelOf  map[string]*panel     // by LOINC and by name
	watch    []watched
	shorter  []shortened
	images   []window
}

func duration(s string) valid {
	n, unit, _ := strings.Cut(s, " ")
	i, err := strconv.Atoi(n)
	switch {
	case err == nil && i > 0 && unit == "d":
		return valid{days: i}
	case err == nil && i > 0 && unit == "h":
		return valid{hours: i}
	}
	panic("decision/test: no time of validity: " + s)
}

func set(keys []string) map[string]bool {
	out := map[string]bool{}
	for _, k := range keys {
		out[k] = true
	}
	return out
}

var load = sync.OnceValue(func() *table {
	t := &table{byKey: map[string]*analyte{}, byLOINC: map[string]*analyte{}, byName: map[string][]*analyte{}, panelOf: map[string]*panel{}}
	sources := map[string][]string{}
	for _, f := range fact.Rows(sourcesText, 4) {
		sources[f[0]] = f
	}
	newRule := func(id, title, source string) *rule.Rule {
		s := sources[source]
		if s == nil {
			panic("decision/test: no source " + source)
		}
		r := &rule.Rule{ID: "repeat-" + id, Kind: rule.RepeatTest, Title: title + " again", Version: "1", Date: s[2], Citation: s[1], URL: s[3], Level: rule.Notice}
		t.rules = append(t.rules, r)
		return r
	}
	for _, f := range fact.Rows(testsText, 8) {
		a := &analyte{key: f[0], title: f[1], names: fact.List(f[2]), loinc: strings.Fields(f[3]), specimen: f[4], valid: duration(f[5]), hospital: duration(f[6]), rule: newRule(f[0], f[1], f[7])}
		a.rule.Text = strings.Join(f, " | ")
		t.analytes, t.byKey[a.key] = append(t.analytes, a), a
		for _, c := range a.loinc {
			if t.byLOINC[c] != nil {
				panic("decision/test: LOINC twice: " + c)
			}
			t.byLOINC[c] = a
		}
		for _, n := range append([]string{a.title}, a.names...) {
			n, _ = plain(n)
			if !contains(t.byName[n], a) {
				t.byName[n] = append(t.byName[n], a)
			}
		}
	}
	for _, f := range fact.Rows(panelsText, 5) {
		p := &panel{key: f[0], title: f[1], names: fact.List(f[2]), loinc: strings.Fields(f[3]), rule: newRule("panel-"+f[0], f[1], "ours")}
		p.rule.Text = strings.Join(f, " | ")
		for _, m := range fact.List(f[4]) {
			if t.byKey[m] == nil {
				panic("decision/test: no test " + m)
			}
			p.members = append(p.members, t.byKey[m])
		}
		p.rule.Citation = "The sources of its parts; " + strings.ToLower(p.title[:1]) + p.title[1:] + " by what laboratories group so"
		t.panels = append(t.panels, p)
		for _, c := range p.loinc {
			t.panelOf[c] = p
		}
		for _, n := range append([]string{p.title}, p.names...) {
			n, _ = plain(n)
			t.panelOf[n] = p
		}
	}
	for _, f := range fact.Rows(watchText, 4) {
		w := watched{tests: set(fact.List(f[0])), names: map[string]bool{}, why: f[3]}
		for _, n := range fact.List(f[1]) {
			if c, ok := strings.CutPrefix(n, "class:"); ok {
				w.class = append(w.class, c)
			} else {
				w.names[n] = true
			}
		}
		w.days, _ = strconv.Atoi(f[2])
		t.watch = append(t.watch, w)
	}
	for _, f := range fact.Rows(shorterText, 4) {
		t.shorter = append(t.shorter, shortened{fact.List(f[0]), set(fact.List(f[1])), duration(f[2])})
	}
	for _, f := range fact.Rows(imagesText, 7) {
		w := window{key: f[0], title: f[1], modality: f[2], focus: f[4], regions: fact.List(f[3]), valid: duration(f[5]), rule: newRule("image-"+f[0], f[1], f[6])}
		w.rule.Text = strings.Join(f, " | ")
		t.images = append(t.images, w)
	}
	return t
})

func contains(list []*analyte, a *analyte) bool {
	for _, x := range list {
		if x == a {
			return true
		}
	}
	return false
}

// Rules are the rules of this package, one a test, a panel and a kind of
// imaging, for the page that lists them. The caller does not change them.
func Rules() []*rule.Rule { return load().rules }

// still says whether something of at is valid at now, and from when it is useful
// again.
func (v valid) still(days int, at, now time.Time) (ok bool, next time.Time) {
	if v.days > 0 {
		return days < v.days, at.AddDate(0, 0, v.days)
	}
	return now.Sub(at) < time.Duration(v.hours)*time.Hour, at.Add(time.Duration(v.hours) * time.Hour)
}
