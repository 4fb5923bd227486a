package cdsi

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"wholechart/decision/cdsi/internal/table"
)

//go:embed table.json
var embedded []byte

// rules is the supporting data made ready: codes are small numbers, ages and
// intervals periods, dates days.
type rules struct {
	source    table.Table // name, version, licence, sha256 and observations only
	cvx       map[string]int
	vaccines  []vaccine
	antigens  []*antigen
	groups    []group
	conflicts [][]conflict // by current vaccine
	coded     map[table.Coded][]string
}

type vaccine struct {
	cvx, name string
	antigens  []association
}

type association struct {
	antigen    int
	begin, end period
}

type conflict struct {
	previous           int
	begin, minEnd, end period
}

type group struct {
	name     string
	full     bool
	antigens []int
}

type antigen struct {
	name             string
	immuneBy         []string
	immuneBorn       []born
	contraindicated  []contraindication
	vaccinesExcluded []contraindication
	series           []*series // those that ask whether another series is complete come last
}

type born struct {
	before     day
	country    string
	exclusions []string
}

type contraindication struct {
	code, text string
	begin, end period
	vaccines   []listed
}

type listed struct {
	cvx        int
	begin, end period
}

type preferable struct {
	listed
	trade, mvx string
	forecast   bool
}

type series struct {
	name, group, seriesGroup, priority string
	kind                               SeriesType
	equivalent, genders, guidance      []string
	isDefault, product                 bool
	preference                         int
	minStart, maxStart                 period
	indications                        []indication
	doses                              []*seriesDose
}

type indication struct {
	code       string
	begin, end period
}

type seriesDose struct {
	number         int
	ages           []age
	intervals      []interval
	allowIntervals []interval
	preferable     []preferable
	allowable      []listed
	inadvertent    []int
	skips          []skip
	recurring      bool
	seasonStart    day
	seasonEnd      day
}

type age struct {
	absMin, min, rec, latest, max period
	from, to                      day
}

type interval struct {
	previous, priority       bool
	target                   int
	mostRecent               []int
	observation              string
	absMin, min, rec, latest period
	from, to                 day
}

type skip struct {
	evaluation, forecast, and bool
	sets                      []skipSet
}

type skipSet struct {
	and        bool
	from, to   day
	conditions []condition
}

type condition struct {
	kind             string
	start, end       day
	beginAge, endAge period
	interval         period
	count            int
	valid            bool
	logic            string
	cvx              []int
	series           []string
}

var loaded = sync.OnceValue(func() *rules {
	var t table.Table
	if err := json.Unmarshal(embedded, &t); err != nil {
		panic(fmt.Sprintf("cdsi: the embedded table: %v", err))
	}
	r, err := compile(&t)
	if err != nil {
		panic(err) // the embedded table is checked by the tests
	}
	return r
})

// compiler keeps the first error, so that compiling reads as a description.
type compiler struct {
	t        *table.Table
	r        *rules
	antigens map[string]int
	err      error
}

func (c *compiler) fail(err error) {
	if c.err == nil && err != nil {
		c.err = err
	}
}

func (c *compiler) period(s string) period {
	p, err := parsePeriod(s)
	c.fail(err)
	return p
}

func (c *compiler) day(s string, assumed day) day {
	d, err := parseDay(s, assumed)
	c.fail(err)
	return d
}

func (c *compiler) code(cvx string) int {
	cvx = normalCVX(cvx)
	n, ok := c.r.cvx[cvx]
	if !ok { // listed for a dose, and bound to no antigen
		n = len(c.r.vaccines)
		c.r.cvx[cvx] = n
		c.r.vaccines = append(c.r.vaccines, vaccine{cvx: cvx})
	}
	return n
}

func (c *compiler) codes(in []string) (out []int) {
	for _, s := range in {
		out = append(out, c.code(s))
	}
	return out
}

func (c *compiler) listed(in []table.Listed) (out []listed) {
	for _, l := range in {
		out = append(out, listed{c.code(l.CVX), c.period(l.Begin), c.period(l.End)})
	}
	return out
}

func normalCVX(s string) string {
	s = strings.TrimLeft(strings.TrimSpace(s), "0")
	for len(s) < 2 {
		s = "0" + s
	}
	return s
}

func compile(t *table.Table) (*rules, error) {
	r := &rules{cvx: map[string]int{}, coded: map[table.Coded][]string{},
		source: table.Table{Name: t.Name, Version: t.Version, Licence: t.Licence, SHA256: t.SHA256, Observations: t.Observations}}
	for _, o := range t.Observations {
		for _, k := range o.Coded {
			r.coded[k] = append(r.coded[k], o.Code)
		}
	}
	c := &compiler{t: t, r: r, antigens: map[string]int{}}
	for i, a := range t.Antigens {
		c.antigens[a.Name] = i
	}
	for _, v := range t.Vaccines {
		at := c.code(v.CVX)
		r.vaccines[at].name = v.Name
		for _, a := range v.Antigens {
			n, ok := c.antigens[a.Antigen]
			if !ok {
				c.fail(fmt.Errorf("cdsi: vaccine %s has the unknown antigen %q", v.CVX, a.Antigen))
			}
			r.vaccines[at].antigens = append(r.vaccines[at].antigens, association{n, c.period(a.Begin), c.period(a.End)})
		}
	}
	for _, g := range t.Groups {
		out := group{name: g.Name, full: g.Full}
		for _, a := range g.Antigens {
			n, ok := c.antigens[a]
			if !ok {
				c.fail(fmt.Errorf("cdsi: group %s has the unknown antigen %q", g.Name, a))
			}
			out.antigens = append(out.antigens, n)
		}
		r.groups = append(r.groups, out)
	}
	for _, a := range t.Antigens {
		r.antigens = append(r.antigens, c.antigen(a))
	}
	for _, x := range t.Conflicts {
		c.code(x.Previous)
		c.code(x.Current)
	}
	r.conflicts = make([][]conflict, len(r.vaccines))
	for _, x := range t.Conflicts {
		at := c.code(x.Current)
		r.conflicts[at] = append(r.conflicts[at], conflict{c.code(x.Previous), c.period(x.Begin), c.period(x.MinEnd), c.period(x.End)})
	}
	return r, c.err
}
