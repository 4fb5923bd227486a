package caution

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"wholechart/chart"
	"wholechart/decision/formula"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
)

// test is a number of the laboratory or at the bedside.
type test struct {
	id, name string
	unit     string  // UCUM, as the rules write it
	molar    float64 // of unit in 1 mmol/L; 0: amount of substance is not converted
	days     int     // how old a result may be
	ask      bool    // usually measured before the medicines that it matters to: missing, it makes a gap of its own
	loinc    []string
	words    []string // of a result without a LOINC code, its whole name
}

// readTests reads id | name | unit | molar | days | LOINC codes | names.
func readTests(text string) (map[string]*test, error) {
	out := map[string]*test{}
	for _, f := range fact.Rows(text, 7) {
		t := &test{id: f[0], name: f[1], unit: f[2], loinc: fact.List(f[5])}
		for _, name := range fact.List(f[6]) {
			t.words = append(t.words, normal(name))
		}
		var err error
		if f[3] != "" {
			if t.molar, err = strconv.ParseFloat(f[3], 64); err != nil {
				return nil, err
			}
		}
		days, ask := strings.CutSuffix(f[4], " ask")
		t.ask = ask
		if t.days, err = strconv.Atoi(days); err != nil || out[t.id] != nil {
			return nil, fmt.Errorf("test %s: days, or twice", t.id)
		}
		out[t.id] = t
	}
	return out, nil
}

// measured is the newest result of a test: bounds, for "< 15" is no number.
type measured struct {
	low, high float64
	text      string
	when      chart.When
	prov      chart.Prov
	series    *chart.Series
}

func (m *measured) evidence() rule.Evidence {
	return rule.Evidence{Text: m.text, Prov: m.prov, When: m.when}
}

// newest are the newest results of a test, all of the latest time, and why there
// is none.
func (v *view) newest(id string) ([]measured, string) {
	if r, ok := v.results[id]; ok {
		return r.list, r.why
	}
	t := v.k.tests[id]
	var list []measured
	var why string
	switch id {
	case "egfr":
		list, why = v.filtration()
	case "crcl":
		list, why = v.clearance()
	default:
		list, why = v.points(t)
	}
	v.results[id] = results{list, why}
	return list, why
}

type results struct {
	list []measured
	why  string
}

func (v *view) points(t *test) ([]measured, string) {
	var all []measured
	why := "no " + t.name + " is recorded"
	for _, s := range v.all() {
		if !t.of(s) {
			continue
		}
		for i := len(s.Points) - 1; i >= 0; i-- {
			p := &s.Points[i]
			switch fact.UseOf(*p, v.Now) {
			case fact.None:
				continue
			case fact.Spoiled:
				v.spoiled(t, p)
				continue
			}
			m, ok := t.measure(s, p)
			if !ok {
				if why = "the newest " + t.name + " could not be read: " + fact.Quoted(fact.Value(*p)); p.Value == "" {
					why = "the newest " + t.name + " is still to come"
				}
				continue
			}
			all = append(all, m)
			if len(all) > 1 && m.when.At.Before(all[len(all)-2].when.At) {
				break
			}
		}
	}
	return v.fresh(t, all, why)
}

// fresh keeps the newest, unless they are too old. Of one day without a time and
// one with, both count.
func (v *view) fresh(t *test, all []measured, why string) ([]measured, string) {
	if len(all) == 0 {
		return nil, why
	}
	slices.SortStableFunc(all, func(x, y measured) int {
		return cmp.Or(y.when.At.Compare(x.when.At), cmp.Compare(x.low, y.low), strings.Compare(x.text, y.text), strings.Compare(fact.Site(x.prov)+x.prov.Ref(), fact.Site(y.prov)+y.prov.Ref()))
	})
	last := all[0]
	if fact.Days(last.when, v.Now) > t.days {
		return nil, fmt.Sprintf("no recent %s: the newest is of %s, more than %d days ago", t.name, last.when, t.days)
	}
	var out []measured
	for _, m := range all {
		if m.when.At.Equal(last.when.At) || m.when.Day() == last.when.Day() && (!m.when.HasTime() || !last.when.HasTime()) {
			out = append(out, m)
		}
	}
	return out, ""
}

func (v *view) spoiled(t *test, p *chart.Point) {
	if fact.Days(p.When, v.Now) <= 14 {
		v.notes[t.name+" "+fact.On(p.When, p.Prov)+" is of a spoiled specimen and was not used"] = true
	}
}

// of says whether a series is of the test.
func (t *test) of(s *chart.Series) bool {
	coded := false
	for _, c := range s.Codes {
		if c.System != "http://loinc.org" {
			continue
		}
		coded = true
		if slices.Contains(t.loinc, c.Code) {
			return true
		}
	}
	return !coded && slices.Contains(t.words, strings.Join(fact.Words(s.Name), " "))
}

// all are the series and their parts.
func (v *view) all() []*chart.Series {
	if v.series == nil {
		for _, s := range v.c.Results.Series {
			v.series = append(v.series, s)
			v.series = append(v.series, s.Parts...)
		}
	}
	return v.series
}

// measure brings a point to the test's unit.
func (t *test) measure(s *chart.Series, p *chart.Point) (measured, bool) {
	n, unit := p.Number, cmp.Or(s.UnitCode, s.Unit)
	text := strings.TrimSpace(p.Value)
	bound := strings.TrimLeft(text, "<>≤≥= ")
	limited := bound != text && text != ""
	if math.IsNaN(n) || limited {
		var err error
		if n, err = strconv.ParseFloat(strings.ReplaceAll(bound, ",", ""), 64); err != nil {
			return measured{}, false
		}
		unit = p.Unit
	}
	n, ok := t.canonical(n, unit)
	if !ok {
		return measured{}, false
	}
	m := measured{low: n, high: n, when: p.When, prov: origin(p.Prov, p.Also), series: s,
		text: sentence(t.name) + " " + strings.TrimSpace(p.Value)}
	if u := formula.Shown(p.Unit); u != "" && u[0] != '{' && !strings.EqualFold(u, t.name) {
		m.text += " " + u
	}
	if p.Status == "preliminary" || p.Status == "partial" {
		m.text += " (preliminary)"
	}
	if limited {
		if strings.ContainsAny(text[:1], "<") || strings.HasPrefix(text, "≤") {
			m.low, m.high = 0, n*(1-1e-6)
		} else {
			m.low, m.high = n*(1+1e-6), math.Inf(1)
		}
	}
	return m, true
}

// canonical brings a number to the unit of the test.
func (t *test) canonical(n float64, unit string) (float64, bool) {
	unit = strings.TrimSpace(unit)
	if t.id == "egfr" {
		return n, true // mL/min/1.73 m² is written in many ways, and always meant
	}
	if t.unit == "" || t.unit == "1" {
		return n, unit == "" || unit == "1" || unit[0] == '{' || unit[0] == '(' || strings.EqualFold(unit, t.name) || strings.EqualFold(unit, "ratio")
	}
	if unit == "" || t.molar > 0 && strings.Contains(strings.ToLower(unit), "eq") {
		return 0, false
	}
	if x, err := formula.Convert(n, unit, t.unit); err == nil {
		return x, true
	}
	if t.molar == 0 {
		return 0, false
	}
	x, err := formula.Convert(n, unit, "mmol/L")
	return x * t.molar, err == nil
}

// filtration is the newest eGFR: as reported, or computed from creatinine; of one
// day the lower counts.
func (v *view) filtration() ([]measured, string) {
	t := v.k.tests["egfr"]
	list, _ := v.points(t)
	best, found := measured{}, false
	take := func(m measured) {
		if a, b := m.when.Day(), best.when.Day(); !found || a > b || a == b && (m.low < best.low || m.low == best.low && m.text < best.text) {
			best, found = m, true
		}
	}
	for _, m := range list {
		take(m)
	}
	if m, ok := v.computed("eGFR", "mL/min/{1.73_m2}", v.rate); ok {
		take(m)
	}
	if !found {
		if creatinine, why := v.newest("creatinine"); len(creatinine) == 0 {
			return nil, why
		}
		return nil, "the filtration rate could not be computed from creatinine"
	}
	return []measured{best}, ""
}

// computed is what a formula makes of the newest creatinine: of several of one
// time, the one that leaves least.
func (v *view) computed(name, unit string, f func(creatinine float64) (float64, error)) (measured, bool) {
	list, _ := v.newest("creatinine")
	var best measured
	found := false
	for _, m := range list {
		if m.low != m.high {
			continue
		}
		n, err := f(m.low)
		if err != nil || found && n >= best.low {
			continue
		}
		found = true
		best = measured{low: n, high: n, when: m.when, prov: m.prov,
			text: fmt.Sprintf("%s %.0f %s, computed from %s", name, n, formula.Shown(unit), strings.ToLower(m.text[:1])+m.text[1:])}
	}
	return best, found
}

// rate is the filtration rate by CKD-EPI 2021, of a child by Schwartz.
func (v *view) rate(creatinine float64) (float64, error) {
	_, old := v.ages()
	if old.Known && old.Years < 18 {
		list, why := v.newest("height")
		if len(list) == 0 {
			return 0, errors.New(why)
		}
		return formula.BedsideSchwartz(creatinine, list[0].low, old.Years)
	}
	return formula.CKDEPI2021(creatinine, old.Years, v.oneSex())
}

// oneSex is the sex that a formula takes: none where that at birth is another.
func (v *view) oneSex() string {
	if s, p := v.sexOf(), v.c.Patient.Sex; p == s || p != "male" && p != "female" {
		return s
	}
	return ""
}

// clearance is the creatinine clearance by Cockcroft and Gault, for which labels
// give doses. Without a weight, or beyond the ages of the formula, the eGFR
// stands for it and says so.
func (v *view) clearance() ([]measured, string) {
	weight, _ := v.newest("weight")
	_, old := v.ages()
	m, ok := v.computed("Creatinine clearance", "mL/min", func(creatinine float64) (float64, error) {
		if len(weight) == 0 {
			return 0, errors.New("no weight")
		}
		return formula.CockcroftGault(creatinine, old.Years, weight[0].low, v.oneSex())
	})
	if ok {
		return []measured{m}, ""
	}
	list, why := v.newest("egfr")
	if len(list) == 0 {
		return nil, why
	}
	instead := "the creatinine clearance could not be computed; the eGFR stands for it"
	if len(weight) == 0 {
		instead = "no weight of the last year: the eGFR stands for the creatinine clearance"
	}
	v.notes[instead] = true
	out := slices.Clone(list)
	for i := range out {
		out[i].text += " (stands for the creatinine clearance)"
	}
	return out, ""
}

func sentence(s string) string {
	if s == "" || strings.HasPrefix(s, "eGFR") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
