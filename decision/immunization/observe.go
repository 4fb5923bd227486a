package immunization

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/cdsi"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Observation is a CDSi observation that the record holds, with what says so.
type Observation struct {
	Code  string // "186"
	Title string // the CDC's: "HIV Infection"
	Facts []rule.Evidence
}

// observer gathers the observations of one chart.
type observer struct {
	c        *chart.Chart
	now      time.Time
	t        *tables
	facts    map[string][]rule.Evidence
	observed map[string]time.Time
	gaps     []rule.Gap
	ask      []Advice
	memo     map[string][]*concept // a record repeats few names
}

func (o *observer) fits(codes []fhir.Coding, name string) []*concept {
	key := name
	for _, c := range codes {
		key += "\x00" + c.System + "|" + c.Code
	}
	found, ok := o.memo[key]
	if !ok {
		found = o.t.fits(codes, fact.Words(name))
		o.memo[key] = found
	}
	return found
}

func observe(c *chart.Chart, now time.Time) *observer {
	o := &observer{c: c, now: now, t: load(), facts: map[string][]rule.Evidence{}, observed: map[string]time.Time{}, memo: map[string][]*concept{}}
	o.problems()
	o.procedures()
	o.allergies()
	o.medicines()
	o.pregnancy()
	o.results()
	o.hiv()
	o.life()
	o.travel()
	o.cancer()
	if strings.HasPrefix(strings.ToLower(c.Patient.Sex), "f") { // of men, by its title
		delete(o.facts, "036")
	}
	return o
}

func (o *observer) add(code string, e rule.Evidence) { o.facts[code] = append(o.facts[code], e) }

func (o *observer) has(code string) bool { return len(o.facts[code]) > 0 }

func (o *observer) gap(why string) {
	g := rule.Gap{Check: checkName, Why: why}
	if !slices.Contains(o.gaps, g) {
		o.gaps = append(o.gaps, g)
	}
}

// list are the observations in the order of their codes, and of each the facts in
// one order, whatever the order in which the record was told.
func (o *observer) list() (out []Observation) {
	for code, facts := range o.facts {
		fact.Sort(facts)
		facts = slices.CompactFunc(facts, func(x, y rule.Evidence) bool {
			return x.Text == y.Text && x.Prov.Ref() == y.Prov.Ref() && x.Prov.Source == y.Prov.Source
		})
		out = append(out, Observation{code, cdsi.ObservationTitle(code), facts})
	}
	slices.SortFunc(out, func(x, y Observation) int { return strings.Compare(x.Code, y.Code) })
	return out
}

// within says whether something happened at most so many days ago; 0: ever.
func (o *observer) within(w chart.When, days int) bool {
	if days == 0 {
		return !w.Known() || !w.At.After(o.now)
	}
	return w.Known() && !w.At.After(o.now) && fact.Days(w, o.now) <= days
}

func (o *observer) problems() {
	one := func(p chart.Problem, active bool) {
		unsure := p.Verification == "provisional" || p.Verification == "differential" || p.Verification == "unconfirmed"
		e := rule.Evidence{Text: p.Name, Prov: p.Prov, When: p.Onset}
		if p.Onset.Known() && p.Onset.At.After(o.now) {
			return
		}
		found := map[string]bool{}
		for _, k := range o.fits(p.Codes, p.Name) {
			if active && strings.Contains(k.where, "p") || strings.Contains(k.where, "r") {
				found[k.observation] = true
			}
		}
		if active || immunity(bySNOMED(p.Codes)) {
			for _, code := range bySNOMED(p.Codes) {
				found[code] = true
			}
		}
		if unsure && len(found) > 0 {
			o.gap(fact.Quoted(p.Name) + " is " + p.Verification + ": it was not taken into account")
			return
		}
		for code := range found {
			o.add(code, e)
		}
	}
	for _, p := range o.c.Problems.Active {
		one(p, true)
	}
	for _, p := range o.c.Problems.Resolved {
		one(p, false)
	}
	for _, r := range o.c.Family {
		words := fact.Words(r.Relation)
		if !fact.Any(words, "mother", "father", "parent", "brother", "sister", "sibling", "son", "daughter", "child", "natural mother", "natural father") || fact.Any(words, "grand*", "in law", "step*", "adopt*") {
			continue
		}
		for _, k := range r.Conditions {
			if w := fact.Words(k.Name); fact.Any(w, "severe combined immunodeficiency", "scid", "congenital immunodeficiency", "hereditary immunodeficiency", "primary immunodeficiency", "agammaglobulinemia", "common variable immunodeficiency") {
				o.add("012", rule.Evidence{Text: r.Relation + ": " + k.Name, Prov: r.Prov})
			}
		}
	}
}

// immunity are observations that stay when the illness is over.
func immunity(codes []string) bool {
	return slices.ContainsFunc(codes, func(c string) bool { return c >= "018" && c <= "025" || c == "028" || c == "079" })
}

func (o *observer) procedures() {
	one := func(where, name string, codes []fhir.Coding, when chart.When, prov chart.Prov) {
		e := rule.Evidence{Text: name, Prov: prov, When: when}
		for _, k := range o.fits(codes, name) {
			if strings.Contains(k.where, where) && o.within(when, k.days) {
				o.add(k.observation, e)
				if k.observation == "004" && when.Precision >= fhir.Day {
					o.add("171", e)
					if when.At.After(o.observed["171"]) { // counted from the last one
						o.observed["171"] = when.At
					}
				}
			}
		}
		for _, code := range bySNOMED(codes) {
			if o.within(when, 0) {
				o.add(code, e)
			}
		}
	}
	for i := range o.c.Procedures {
		p := &o.c.Procedures[i]
		if p.NotDone || p.Status != "completed" && p.Status != "in-progress" && p.Status != "" {
			continue
		}
		one("d", strings.TrimSpace(p.Name+" "+p.Region), p.Codes, p.When, p.Prov)
	}
	for i := range o.c.Devices {
		if d := &o.c.Devices[i]; d.Active {
			one("i", d.Name, d.Codes, chart.When{}, d.Prov)
		}
	}
	// Immune globulins are recorded among the vaccines, by CVX.
	for _, row := range o.c.Immunizations.Rows {
		for _, d := range row.Doses {
			if g, ok := globulins[d.Code]; ok && o.within(d.When, g.days) {
				o.add(g.observation, rule.Evidence{Text: d.Product, Prov: d.Prov, When: d.When})
			}
		}
	}
}

// globulins are the antibodies that stand in the way of a live vaccine, by CVX, and
// for how many days: the shortest of their doses (ACIP General Best Practice
// Guidelines, table 3-6).
var globulins = map[string]struct {
	observation string
	days        int
}{"13": {"125", 91}, "30": {"127", 91}, "34": {"128", 122}, "36": {"129", 152}, "117": {"129", 152}, "86": {"130", 183}, "87": {"137", 243}}

// allergies are those to parts of vaccines and to vaccines themselves.
func (o *observer) allergies() {
	for i := range o.c.Allergies.Items {
		a := &o.c.Allergies.Items[i]
		words := fact.Words(a.Substance)
		how := o.severity(a)
		e := rule.Evidence{Text: dashed("Allergy to "+a.Substance, strings.Join(a.Reactions, ", ")), Prov: a.Prov, When: a.Onset}
		vaccine := o.vaccineAllergy(a, words, how, e)
		if vaccine {
			continue
		}
		for j := range o.t.allergies {
			k := &o.t.allergies[j]
			if !fact.Any(words, k.words...) || fact.Any(words, k.not...) || fact.Any(words, "no") {
				continue
			}
			switch {
			case a.Verification == "unconfirmed":
				o.gap("the allergy to " + k.part + " is unconfirmed: it was not taken into account")
			case how == severe || k.any && how != mild || k.any && k.observation != "101":
				o.add(k.observation, e)
			case how == unknown || how == mild && k.any:
				o.advise(Advice{Codes: []string{k.observation}, Facts: []rule.Evidence{e},
					Text: "Allergy to " + k.part + ": the record does not say whether the reaction was severe. Ask before giving a vaccine that holds it"})
			}
		}
	}
}

type severity uint8

const (
	unknown severity = iota
	mild
	severe
)

// severity is how bad the reaction was, as far as anybody wrote.
func (o *observer) severity(a *chart.Allergy) severity {
	words := fact.Words(strings.Join(a.Reactions, " "))
	switch {
	case a.Severe || fact.Any(words, "anaphyla*", "angioedema", "laryngeal*", "hypotension", "shock", "bronchospasm", "throat swelling", "airway*", "difficulty breathing", "respiratory distress", "encephalopathy"):
		return severe
	case a.Severity == "mild" || a.Severity == "moderate" || a.Criticality == "low" || len(words) > 0:
		return mild
	}
	return unknown
}

// vaccineAllergy is a reaction to an earlier dose of a vaccine.
func (o *observer) vaccineAllergy(a *chart.Allergy, words []string, how severity, e rule.Evidence) bool {
	found := map[string]bool{}
	if a.Code.System == "http://hl7.org/fhir/sid/cvx" {
		for _, code := range cdsi.ObservationCodes(a.Code.System, a.Code.Code) {
			found[code] = true
		}
	}
	if a.Code.System == "http://snomed.info/sct" {
		for _, code := range cdsi.ObservationCodes(a.Code.System, a.Code.Code) {
			if strings.Contains(cdsi.ObservationTitle(code), "after previous dose") {
				found[code] = true
			}
		}
	}
	for i := range o.t.vaccines {
		k := &o.t.vaccines[i]
		if fact.Any(words, k.words...) || a.Code.System == "http://hl7.org/fhir/sid/cvx" && slices.Contains(k.cvx, a.Code.Code) {
			found[k.observation] = true
		}
	}
	delete(found, "080")
	delete(found, "100")
	if fact.Any(words, "meningococcal b vaccine", "bexsero", "trumenba") {
		delete(found, "095")
	}
	if len(found) == 0 {
		if fact.Any(words, "vaccine", "vaccines", "vaccine component", "immunization") {
			o.gap("which vaccine or which part of it is meant by the allergy " + fact.Quoted(a.Substance) + " is not known")
			return true
		}
		return false
	}
	e.Text = dashed("Reaction to "+a.Substance, strings.Join(a.Reactions, ", "))
	for code := range found {
		switch how {
		case severe:
			o.add(code, e)
		case unknown:
			o.advise(Advice{Codes: []string{code}, Facts: []rule.Evidence{e}, Text: "Reaction to " + a.Substance + ": the record does not say what it was or how severe. Ask before the next dose"})
		}
	}
	return true
}

func (o *observer) advise(a Advice) {
	for i := range o.ask {
		if o.ask[i].Text == a.Text {
			o.ask[i].Codes = append(o.ask[i].Codes, a.Codes...)
			return
		}
	}
	o.ask = append(o.ask, a)
}

// life is what was asked about occupation, home, smoking and descent.
func (o *observer) life() {
	for _, s := range o.c.Social.Items {
		name := fact.Words(s.Name)
		where := "h"
		if fact.Any(name, "occupation", "job", "profession", "student", "employment", "work") {
			where = "o"
		} else if !fact.Any(name, "housing", "living", "residence", "home", "lives") {
			continue
		}
		for _, k := range o.fits(nil, s.Value) {
			if strings.Contains(k.where, where) {
				o.add(k.observation, rule.Evidence{Text: s.Name + ": " + s.Value, Prov: s.Prov, When: s.When})
			}
		}
	}
	if s := o.c.Social.Smoking; s != nil {
		words := fact.Words(s.Value)
		if fact.Any(words, "current", "every day", "some day", "daily smoker", "smoker", "heavy", "light") && !fact.Any(words, "never", "former", "ex", "non", "nonsmoker", "not", "unknown", "quit") {
			o.add("042", rule.Evidence{Text: s.Name + ": " + s.Value, Prov: s.Prov, When: s.When})
		}
	}
	if fact.Any(fact.Words(o.c.Patient.Race), "american indian*", "alaska native*", "alaskan native*") {
		o.add("245", rule.Evidence{Text: "Race: " + o.c.Patient.Race, Prov: o.c.Patient.Prov})
	}
	if v := o.c.Vitals.Get("bmi"); v != nil && v.Latest.Number >= 40 && v.Latest.Number < 120 && o.adult() && o.within(v.Latest.When, 731) {
		o.add("257", rule.Evidence{Text: "Body mass index " + fact.Value(v.Latest), Prov: v.Latest.Prov, When: v.Latest.When})
	}
}

// travel says of what is written about journeys that it was left out: the schedule's
// vaccines for travellers ask for the country and what is risked there, for which it
// has no code and this knowledge no table.
func (o *observer) travel() {
	for _, s := range o.c.Social.Items {
		if s.Value != "" && fact.Any(fact.Words(s.Name), "travel", "travels", "travelled", "traveled", "journey", "trip") && !fact.Any(fact.Words(s.Value), "no", "none", "denies", "never") && o.within(s.When, 365) {
			o.gap("travel is recorded (" + fact.Quoted(s.Value) + "): vaccines for travellers are not forecast, no country's risks are known here")
		}
	}
	for _, p := range o.c.Problems.Active {
		if slices.ContainsFunc(p.Codes, func(c fhir.Coding) bool {
			return strings.Contains(c.System, "icd-10") && (c.Code == "Z71.84" || c.Code == "Z29.89")
		}) || fact.Any(fact.Words(p.Name), "travel counseling", "travel advice", "travel consultation", "health counseling related to travel") {
			o.gap("a journey is recorded (" + fact.Quoted(p.Name) + "): vaccines for travellers are not forecast, no country's risks are known here")
		}
	}
}

func (o *observer) adult() bool {
	return o.c.Patient.Birth.Known() && !o.now.Before(o.c.Patient.Birth.At.AddDate(18, 0, 0))
}

// cancer: under treatment, of the blood or of an organ.
func (o *observer) cancer() {
	treated := slices.Concat(o.facts["168"], o.facts["159"])
	if len(treated) == 0 {
		return
	}
	blood := slices.Concat(o.facts["178"], o.facts["179"], o.facts["180"], o.facts["181"])
	switch {
	case len(blood) > 0:
		o.facts["190"] = slices.Concat(blood, treated)
	case o.has("198"):
		o.facts["189"] = slices.Concat(o.facts["198"], treated)
	}
}

func dashed(a, b string) string {
	if b == "" {
		return a
	}
	return a + " – " + b
}

// newest is the later of two facts; of one time the first by its words.
func newest(a, b *rule.Evidence) *rule.Evidence {
	if a == nil || cmp.Or(a.When.At.Compare(b.When.At), -strings.Compare(a.Text, b.Text)) < 0 {
		return b
	}
	return a
}
