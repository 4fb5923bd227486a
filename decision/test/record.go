package test

import (
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/imaging"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// state is what the record says of one test.
type state struct {
	series *chart.Series // nil of a report alone
	point  chart.Point   // newest of any use
	use    fact.Use
	last   chart.Point // newest usable one, with lastOf; the same as point when that is usable
	lastOf *chart.Series
	have   bool // there is a usable one
}

// change is when a medicine was started, stopped or taken otherwise.
type change struct {
	what string
	at   chart.When
	prov chart.Prov
	subs []substance.Substance
}

// view is one input, read once for all drafts.
type view struct {
	rule.Input
	c        *chart.Chart
	a        rule.Answer
	states   map[string]*state
	changes  []change
	hospital bool
	studies  []chart.Study  // read when first asked for
	exams    []imaging.Exam // of studies
	shorter  []int          // rows of table.shorter that hold, with why
	why      map[int]rule.Evidence
}

func (v *view) read() {
	v.states, v.why = map[string]*state{}, map[int]rule.Evidence{}
	for _, s := range v.c.Results.Series {
		v.series(s)
		for _, part := range s.Parts {
			v.series(part)
		}
	}
	for _, d := range v.c.Documents { // a report of one test, without values
		if d.Type != "DiagnosticReport" || d.Summary == "" {
			continue
		}
		if r := read(d.Title, nil); r.one != nil {
			v.take(r.one, nil, chart.Point{When: d.When, Value: d.Summary, Status: d.Status, Prov: d.Prov})
		}
	}
	v.medicines()
	for _, e := range v.c.Encounters {
		v.hospital = v.hospital || e.Ongoing && (e.Class == "IMP" || e.Class == "ACUTE" || e.Class == "NONAC" || e.Kind == "stay")
	}
	v.conditions()
}

func (v *view) series(s *chart.Series) {
	if r := read(s.Name, s.Codes); r.one != nil {
		for i := range s.Points {
			v.take(r.one, s, s.Points[i])
		}
	}
}

// take keeps the newest result of a test. Of one moment a usable one counts, then
// the one whose words come first, so that the order of facts does not matter.
func (v *view) take(a *analyte, s *chart.Series, p chart.Point) {
	use := fact.UseOf(p, v.Now)
	if use == fact.None {
		return
	}
	st := v.states[a.key]
	if st == nil {
		st = &state{}
		v.states[a.key] = st
	}
	if newer(p, use, st.point, st.use) {
		st.series, st.point, st.use = s, p, use
	}
	if use == fact.Usable && (!st.have || newer(p, use, st.last, fact.Usable)) {
		st.last, st.lastOf, st.have = p, s, true
	}
}

func newer(p chart.Point, use fact.Use, q chart.Point, had fact.Use) bool {
	switch {
	case had == fact.None:
		return true
	case !p.When.At.Equal(q.When.At):
		return p.When.At.After(q.When.At)
	case (use == fact.Usable) != (had == fact.Usable):
		return use == fact.Usable
	case p.Value != q.Value:
		return p.Value < q.Value
	}
	return p.Prov.Ref() < q.Prov.Ref()
}

// medicines finds the changes of medicines that tests follow.
func (v *view) medicines() {
	for _, list := range [][]chart.Medicine{v.c.Medicines.Active, v.c.Medicines.Stopped} {
		for i := range list {
			m := &list[i]
			subs, _ := substance.Find(m.Full, m.Codes)
			watched := false
			for j := range load().watch {
				watched = watched || load().watch[j].of(subs)
			}
			if !watched || m.State == "not-taken" {
				continue
			}
			add := func(words string, at chart.When, prov chart.Prov) {
				if at.Known() && !at.At.After(v.Now) {
					v.changes = append(v.changes, change{m.Name + " " + words, at, prov, subs})
				}
			}
			first, from := m.Since, m.Prov
			for _, e := range m.Entries {
				if e.When.Known() && (!first.Known() || e.When.Before(first)) {
					first, from = e.When, e.Prov
				}
			}
			add("started", first, from)
			if m.Ended.Known() {
				add("stopped", m.Ended, m.Prov)
			}
			// A prescription that says something else than the one before it.
			for _, e := range m.Entries {
				if e.Kind != chart.Prescribed {
					continue
				}
				var before *chart.MedicineEntry
				for k := range m.Entries {
					x := &m.Entries[k]
					if x.Kind == chart.Prescribed && x.When.Known() && x.When.Before(e.When) && (before == nil || before.When.Before(x.When)) {
						before = x
					}
				}
				if before != nil && (!same(e.Sig, before.Sig) || !same(e.Strength, before.Strength)) {
					add("changed", e.When, e.Prov)
				}
			}
		}
	}
}

// same compares words; what is not said is no difference.
func same(a, b string) bool {
	return a == "" || b == "" || strings.Join(fact.Words(a), " ") == strings.Join(fact.Words(b), " ")
}

// conditions finds the states that shorten validity.
func (v *view) conditions() {
	pregnant, dialysis := imaging.Pregnant(v.c, v.Now), imaging.OnDialysis(v.c)
	for i, s := range load().shorter {
		var found *rule.Evidence
		switch s.state[0] {
		case "pregnancy":
			found = pregnant
		case "dialysis":
			found = dialysis
		default:
			for _, p := range v.c.Problems.Active {
				words := fact.Words(p.Name)
				if fact.Any(words, s.state...) && !fact.Any(words, "history of", "screening", "family history") {
					e := rule.Evidence{Text: p.Name, Prov: p.Prov, When: p.Onset}
					if found == nil || e.Text < found.Text {
						found = &e
					}
				}
			}
		}
		if found != nil {
			v.shorter = append(v.shorter, i)
			v.why[i] = *found
		}
	}
}

// validity is for how long a result of a test stays valid in this person, and
// the fact that shortens it, if one does.
func (v *view) validity(a *analyte) (valid, *rule.Evidence) {
	w, why := a.valid, (*rule.Evidence)(nil)
	if v.hospital && a.hospital.less(w) {
		w = a.hospital
	}
	for _, i := range v.shorter {
		if s := load().shorter[i]; s.tests[a.key] && s.valid.less(w) {
			e := v.why[i]
			w, why = s.valid, &e
		}
	}
	return w, why
}

// changed looks for a change of medicine that a result does not show yet. Due
// says that testing again is right by now; otherwise from is the day on which it
// will be.
func (v *view) changed(a *analyte, last chart.When) (due bool, c *change, why string, from time.Time) {
	for i := range v.changes {
		x := &v.changes[i]
		for j := range load().watch {
			w := &load().watch[j]
			if !w.tests[a.key] || !w.of(x.subs) {
				continue
			}
			tells := x.at.At.AddDate(0, 0, w.days)
			if !tells.After(last.At) || sameDay(x.at, last) && w.days == 0 {
				continue // the result shows it
			}
			if !tells.After(v.Now) {
				return true, x, w.why, tells
			}
			if x.at.At.After(last.At) && tells.After(from) {
				c, why, from = x, w.why, tells
			}
		}
	}
	return false, c, why, from
}

func sameDay(a, b chart.When) bool { return a.Day() == b.Day() }

// imaged reads the studies of the record, once.
func (v *view) imaged() []chart.Study {
	if v.exams == nil {
		v.studies = imaging.Studies(v.c)
		v.exams = make([]imaging.Exam, len(v.studies))
		for i := range v.studies {
			v.exams[i] = imaging.OfStudy(v.studies[i])
		}
	}
	return v.studies
}
