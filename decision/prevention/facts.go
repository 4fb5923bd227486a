package prevention

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// hit is one fact that is of a concept.
type hit struct {
	text    string
	when    chart.When
	prov    chart.Prov
	byWords bool
	active  bool // of a problem or a medicine: it goes on
	unsure  bool // of a problem: provisional, differential, unconfirmed
	pending bool // of an order: not an appointment
	reason  string
	number  float64 // of a result, NaN none
	unit    string
}

func (h *hit) evidence() rule.Evidence {
	text := h.text
	if h.byWords {
		text += " (recognised by its words)"
	}
	return rule.Evidence{Text: text, Prov: h.prov, When: h.when}
}

// later orders hits: the newest last; of one time by source and id, so that
// the order in which facts came does not matter.
func later(a, b *hit) int {
	return cmp.Or(a.when.At.Compare(b.when.At), -boolFirst(!a.byWords, !b.byWords), strings.Compare(b.prov.Source.Slug, a.prov.Source.Slug), strings.Compare(b.prov.Ref(), a.prov.Ref()),
		strings.Compare(b.text, a.text))
}

// about is all that the record says of one concept.
type about struct {
	problems []hit // active and ended
	done     []hit // procedures, reports, images, doses, visits
	results  []seriesHit
	medicine []hit
	implants []hit
	declined []hit // offered and refused
	notDone  []hit // not done for another reason
	pending  []hit // ordered or booked
	family   []hit
}

type seriesHit struct {
	series  *chart.Series
	byWords bool
}

// facts is a chart by concepts.
type facts struct {
	c     *chart.Chart
	now   time.Time
	v     *vocabulary
	about []about
	memo  map[string][]match // by name, of facts without a code that is known
	who   person
}

func gather(c *chart.Chart, now time.Time, v *vocabulary) *facts {
	f := &facts{c: c, now: now, v: v, about: make([]about, len(v.concepts)), memo: map[string][]match{}}
	for _, p := range c.Problems.Active {
		f.problem(p, true)
	}
	for _, p := range c.Problems.Resolved {
		f.problem(p, false)
	}
	for i := range c.Procedures {
		f.procedure(&c.Procedures[i])
	}
	for _, s := range c.Results.Series {
		f.series(s)
		for _, part := range s.Parts {
			f.series(part)
		}
	}
	for i := range c.Imaging {
		s := &c.Imaging[i]
		if s.Status == "cancelled" || s.Status == "registered" {
			continue
		}
		name := strings.TrimSpace(s.Modality + " " + s.Description)
		if !strings.Contains(s.Description, s.Region) {
			name += " " + s.Region
		}
		f.happened(cmp.Or(s.Description, name), name, nil, s.When, s.Prov)
	}
	for i := range c.Documents {
		f.document(&c.Documents[i])
	}
	for i := range c.Encounters {
		if e := &c.Encounters[i]; !e.Cancelled && e.Type != "" {
			f.happened(e.Type, e.Type, nil, e.When, e.Prov)
		}
	}
	f.doses()
	f.medicines()
	f.plans()
	for _, r := range c.Family {
		for _, one := range r.Conditions {
			var codes []fhir.Coding
			if one.Code.Code != "" {
				codes = []fhir.Coding{one.Code}
			}
			for _, m := range f.find(codes, one.Name) {
				f.about[m.concept].family = append(f.about[m.concept].family, hit{text: r.Relation + ": " + one.Name, prov: r.Prov, byWords: m.byWords})
			}
		}
	}
	for i := range f.about {
		a := &f.about[i]
		for _, list := range [...][]hit{a.problems, a.done, a.medicine, a.implants, a.declined, a.notDone, a.pending, a.family} {
			slices.SortFunc(list, func(x, y hit) int { return later(&x, &y) })
		}
	}
	f.who = f.person()
	return f
}

// find remembers what names mean: a record repeats few.
func (f *facts) find(codes []fhir.Coding, name string) []match {
	key := name
	for _, c := range codes {
		key += "\x00" + c.Code
	}
	if m, ok := f.memo[key]; ok {
		return m
	}
	m := f.v.find(codes, name)
	f.memo[key] = m
	return m
}

func (f *facts) problem(p chart.Problem, active bool) {
	found := f.find(p.Codes, p.Name)
	if len(found) == 0 {
		return
	}
	not := fitsAny(notHad, wordsOf(p.Name))
	h := hit{text: p.Name, when: p.Onset, prov: p.Prov, active: active}
	h.unsure = p.Verification == "provisional" || p.Verification == "differential" || p.Verification == "unconfirmed"
	for _, m := range found {
		if m.byWords && not && !f.v.concepts[m.concept].risky {
			continue
		}
		h.byWords = m.byWords
		f.about[m.concept].problems = append(f.about[m.concept].problems, h)
	}
}

func (f *facts) procedure(p *chart.Procedure) {
	name := p.Name
	if p.Region != "" {
		name += " " + p.Region
	}
	switch {
	case p.NotDone:
		for _, m := range f.find(p.Codes, name) {
			f.refused(m, hit{text: p.Name, when: p.When, prov: p.Prov, reason: p.Reason})
		}
	case p.Status == "completed" || p.Status == "in-progress" || p.Status == "":
		f.happened(p.Name, name, p.Codes, p.When, p.Prov)
	}
}

// refused files what was not done under its reason.
func (f *facts) refused(m match, h hit) {
	h.byWords = m.byWords
	if !h.when.Known() {
		h.when = h.prov.When
	}
	a := &f.about[m.concept]
	low := strings.ToLower(h.reason)
	for _, w := range [...]string{"refus", "declin", "objection", "patient decision", "did not want", "patient choice", "patobj", "religious"} {
		if strings.Contains(low, w) {
			a.declined = append(a.declined, h)
			return
		}
	}
	a.notDone = append(a.notDone, h)
}

// happened files what was done. name is what the words are sought in.
func (f *facts) happened(text, name string, codes []fhir.Coding, when chart.When, prov chart.Prov) {
	found := f.find(codes, name)
	if len(found) == 0 || f.later(when) {
		return
	}
	words := wordsOf(name)
	not, unsure := fitsAny(notDone, words), fitsAny(notHad, words) || fitsAny(notTelling, words)
	for _, m := range found {
		if m.byWords && not {
			continue
		}
		f.about[m.concept].done = append(f.about[m.concept].done, hit{text: text, when: when, prov: prov, byWords: m.byWords, unsure: m.byWords && unsure})
	}
}

// later says whether something is not yet: what is dated in the future was not done.
func (f *facts) later(w chart.When) bool { return w.Known() && w.At.After(f.now) }

func (f *facts) document(d *chart.Document) {
	if d.Superseded || d.Draft && d.Prov.Type != "DiagnosticReport" || d.Status == "cancelled" || d.Status == "registered" {
		return
	}
	name := d.Title
	if d.Prov.Type != "DiagnosticReport" { // a letter about a colonoscopy is none
		low := strings.ToLower(d.Title + " " + d.Kind)
		if !strings.Contains(low, "report") && !strings.Contains(low, "result") {
			return
		}
	}
	f.happened(d.Title, name, nil, d.When, d.Prov)
}

func (f *facts) series(s *chart.Series) {
	for _, m := range f.find(s.Codes, s.Name) {
		f.about[m.concept].results = append(f.about[m.concept].results, seriesHit{s, m.byWords})
		for i := range s.Points {
			p := &s.Points[i]
			if p.Absent == "declined" || refusal(p.Value) {
				f.refused(m, hit{text: s.Name, when: p.When, prov: p.Prov, reason: "declined"})
			}
		}
	}
}

func refusal(value string) bool {
	if len(value) < 6 || len(value) > 60 {
		return false
	}
	low := strings.ToLower(value)
	return strings.Contains(low, "refused") || strings.Contains(low, "declined")
}

// valued says whether a point is a result: there, and not of the future.
func (f *facts) valued(p *chart.Point) bool {
	if p.Value == "" || f.later(p.When) || refusal(p.Value) {
		return false
	}
	return p.Status != "cancelled" && p.Status != "registered"
}

func (f *facts) doses() {
	for _, row := range f.c.Immunizations.Rows {
		for i := range row.Doses {
			d := &row.Doses[i]
			f.happened(d.Product, d.Product, cvx(d), d.When, d.Prov)
		}
	}
	for i := range f.c.Immunizations.Refused {
		d := &f.c.Immunizations.Refused[i]
		for _, m := range f.find(cvx(d), d.Product) {
			reason := d.Reason
			if d.Refused {
				reason = "refused " + reason
			}
			f.refused(m, hit{text: d.Product, when: d.When, prov: d.Prov, reason: reason})
		}
	}
}

func cvx(d *chart.Dose) []fhir.Coding {
	if d.Code == "" {
		return nil
	}
	return []fhir.Coding{{System: urlOf('V'), Code: d.Code}}
}

func (f *facts) medicines() {
	for i, list := range [...][]chart.Medicine{f.c.Medicines.Active, f.c.Medicines.Stopped} {
		for j := range list {
			m := &list[j]
			name := m.Ingredient + " " + m.Full + " " + m.Form
			for _, found := range f.find(m.Codes, name) {
				// Ingredients are words by nature: naming one is no guess.
				f.about[found.concept].medicine = append(f.about[found.concept].medicine, hit{text: m.Name, when: m.Since, prov: m.Prov, active: i == 0})
			}
		}
	}
	for i := range f.c.Devices {
		d := &f.c.Devices[i]
		for _, m := range f.find(nil, d.Name) {
			f.about[m.concept].implants = append(f.about[m.concept].implants, hit{text: d.Name, when: d.When, prov: d.Prov, byWords: m.byWords, active: d.Active})
		}
	}
}

// plans files what is ordered and booked. An order older than a year is
// forgotten, not pending.
func (f *facts) plans() {
	for i := range f.c.Orders {
		o := &f.c.Orders[i]
		found := f.find(nil, o.Name)
		if len(found) == 0 {
			continue
		}
		switch o.Status {
		case "active", "on-hold", "draft":
			if !o.When.Known() || o.When.At.Before(f.now.AddDate(-1, 0, 0)) {
				continue
			}
			for _, m := range found {
				f.about[m.concept].pending = append(f.about[m.concept].pending, hit{text: o.Name, when: o.When, prov: o.Prov, pending: true, byWords: true})
			}
		case "revoked":
			for _, m := range found {
				if strings.Contains(strings.ToLower(o.Detail), "declin") || strings.Contains(strings.ToLower(o.Detail), "refus") {
					f.refused(m, hit{text: o.Name, when: o.When, prov: o.Prov, reason: o.Detail})
				}
			}
		}
	}
	for i := range f.c.Appointments.Next {
		a := &f.c.Appointments.Next[i]
		if a.Status == "cancelled" || a.Status == "noshow" {
			continue
		}
		// Why somebody comes, not what was remarked: "mammogram overdue" books none.
		for _, m := range f.find(nil, a.Text) {
			f.about[m.concept].pending = append(f.about[m.concept].pending, hit{text: a.Text, when: a.When, prov: a.Prov, byWords: true})
		}
	}
}

// latest is the last time a concept was done at or after a day; the zero day
// is any. An undated one is found when no dated one is.
func (f *facts) latest(concept int, since time.Time) *hit {
	a := &f.about[concept]
	var best *hit
	take := func(h *hit) {
		if h.when.Known() && h.when.At.Before(since) || !h.when.Known() && !since.IsZero() {
			return
		}
		if best == nil || later(best, h) < 0 {
			best = h
		}
	}
	for i := len(a.done) - 1; i >= 0; i-- {
		take(&a.done[i])
		if a.done[i].when.At.Before(since) {
			break
		}
	}
	for _, s := range a.results {
		if h := f.lastOf(s); h != nil {
			take(h)
		}
	}
	return best
}

// lastOf is the newest result of a series, nil when there is none.
func (f *facts) lastOf(s seriesHit) *hit {
	var best *hit
	for i := len(s.series.Points) - 1; i >= 0; i-- {
		p := &s.series.Points[i]
		if best != nil && !p.When.At.Equal(best.when.At) {
			break
		}
		if !f.valued(p) {
			continue
		}
		text := strings.TrimSpace(s.series.Name + " " + p.Value)
		if p.Unit != "" && p.Unit != "1" && p.Unit[0] != '{' && !math.IsNaN(p.Number) {
			text += " " + p.Unit
		}
		h := &hit{text: text, when: p.When, prov: p.Prov, byWords: s.byWords, number: p.Number, unit: cmp.Or(s.series.UnitCode, s.series.Unit)}
		if best == nil || later(best, h) < 0 {
			best = h
		}
	}
	return best
}

// result is the newest result of a concept in any series of it.
func (f *facts) result(concept int) *hit {
	var best *hit
	for _, s := range f.about[concept].results {
		if h := f.lastOf(s); h != nil && (best == nil || later(best, h) < 0) {
			best = h
		}
	}
	return best
}
