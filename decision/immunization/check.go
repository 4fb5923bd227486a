package immunization

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/cdsi"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

const cdc = "CDC, Clinical Decision Support for Immunization (CDSi), supporting data 4.64 and Logic Specification 4.5"

var rules = []*rule.Rule{
	{ID: "vaccine-contraindicated", Kind: rule.Immunization, Title: "A vaccine that the record stands against", Version: "1", Date: "2025-11", Citation: cdc, URL: "https://www.cdc.gov/iis/cdsi/", Level: rule.Interrupt},
	{ID: "vaccine-too-early", Kind: rule.Immunization, Title: "A dose that would not count", Version: "1", Date: "2025-11", Citation: cdc, URL: "https://www.cdc.gov/iis/cdsi/", Level: rule.Interrupt},
	{ID: "vaccine-complete", Kind: rule.Immunization, Title: "A dose that is not needed", Version: "1", Date: "2025-11", Citation: cdc, URL: "https://www.cdc.gov/iis/cdsi/", Level: rule.Notice},
	{ID: "vaccine-ask", Kind: rule.Immunization, Title: "Something to ask before a vaccine", Version: "1", Date: "2025-11", Citation: cdc, URL: "https://www.cdc.gov/iis/cdsi/", Level: rule.Notice},
}

// Rules are the rules of drafted vaccines.
func Rules() []*rule.Rule { return slices.Clone(rules) }

// Check holds drafted vaccines against the record: whether something stands
// against them, and whether a dose today would count. Other drafts, and a record
// without a draft, it leaves alone; what is due is Evaluate's to say. A draft
// without a CVX code makes a Gap. Drafts are held against the record one by one,
// not against one another: two live vaccines on one day do not harm each other.
func Check(in rule.Input) rule.Answer {
	var a rule.Answer
	n := 0
	var r Result
	for i := range in.Drafts {
		d := &in.Drafts[i]
		if d.Kind != rule.DraftVaccine {
			continue
		}
		if n++; n == 1 {
			r = Evaluate(in.Chart, in.Now)
			a.Gaps = append(a.Gaps, r.Gaps...)
		}
		switch cvx := codeOfDraft(d); {
		case !r.Known:
			a.Gaps = append(a.Gaps, rule.Gap{Check: checkName, Draft: d.ID, Why: r.Why + ": " + fact.Quoted(d.Name) + " was not checked"})
		case cvx == "" || len(cdsi.GroupsOf(cvx)) == 0:
			a.Gaps = append(a.Gaps, rule.Gap{Check: checkName, Draft: d.ID, Why: fact.Quoted(d.Name) + " has no vaccine code that the CDC's schedule knows: it was not checked"})
		default:
			r.check(&a, d, cvx, in.Chart)
		}
	}
	if n > 0 && r.Known {
		a.Ran = append(a.Ran, fmt.Sprintf("%s: %d drafted; %d doses and %d conditions of the record", checkName, n, len(r.Person.Doses), len(r.Observed)))
	}
	a.Sort()
	return a
}

func codeOfDraft(d *rule.Draft) string {
	for _, c := range d.Codes {
		if c.System == "http://hl7.org/fhir/sid/cvx" {
			return c.Code
		}
	}
	return ""
}

func ruleOf(id string) *rule.Rule {
	return rules[slices.IndexFunc(rules, func(r *rule.Rule) bool { return r.ID == id })]
}

func (r *Result) check(a *rule.Answer, d *rule.Draft, cvx string, c *chart.Chart) {
	put := func(id string, level rule.Level, card rule.Card) {
		card.Rule = ruleOf(id)
		card.Level, card.Draft = min(level, card.Rule.Level), d.ID
		keys := []string{cvx, card.Title}
		for _, f := range card.Facts {
			keys = append(keys, f.Prov.Ref()+" "+f.Text)
		}
		if len(card.Facts) == 0 {
			card.Facts = []rule.Evidence{{Text: "born " + c.Patient.Birth.String(), Prov: c.Patient.Prov}}
		}
		card.Facts = append([]rule.Evidence{{Text: d.Name, New: true}}, card.Facts...)
		fact.Sort(card.Facts)
		card.Key = fact.Key(card.Rule, keys...)
		a.Cards = append(a.Cards, card)
	}
	drop := []rule.Choice{{Label: "Take it out of the basket", Drop: true}}
	against := cdsi.Contraindications(r.Person, cvx, r.On)
	if len(against) > 0 {
		var facts []rule.Evidence
		var texts, titles []string
		for _, k := range against {
			if !slices.Contains(texts, k.Text) {
				texts = append(texts, k.Text)
			}
			o := r.observation(k.Code)
			if !slices.Contains(titles, o.Title) {
				titles = append(titles, o.Title)
			}
			for _, f := range o.Facts {
				if !slices.ContainsFunc(facts, func(x rule.Evidence) bool { return x.Text == f.Text && x.Prov.Ref() == f.Prov.Ref() }) {
					facts = append(facts, f)
				}
			}
		}
		put("vaccine-contraindicated", rule.Interrupt, rule.Card{Severity: "contraindicated", Facts: facts, Choices: drop,
			Title: "The record stands against " + d.Name + ": " + strings.Join(titles, "; "), Why: strings.Join(sentences(texts), " "), Do: "Do not give it unless the fact is wrong or no longer so; another vaccine of the group may be given where there is one."})
	}
	for _, k := range r.Ask {
		if mine := cdsi.Contraindications(cdsi.Person{Birth: r.Person.Birth, Sex: r.Person.Sex, Observations: k.Codes}, cvx, r.On); len(mine) > 0 {
			put("vaccine-ask", rule.Notice, rule.Card{Facts: k.Facts, Severity: "moderate", Title: "Ask before " + d.Name, Why: k.Text + ".", Do: "Ask, and write the answer where the fact stands."})
		}
	}
	r.today(put, d, cvx, drop)
}

// today gives the dose in thought and looks at what the logic says of it.
func (r *Result) today(put func(string, rule.Level, rule.Card), d *rule.Draft, cvx string, drop []rule.Choice) {
	p := r.Person
	p.Doses = append(slices.Clip(p.Doses), cdsi.Dose{Date: r.On, CVX: cvx})
	res := cdsi.Evaluate(p, r.On)
	mine := len(p.Doses) - 1
	type word struct {
		group   string
		status  cdsi.DoseStatus
		reasons []cdsi.Reason
	}
	var verdicts []word
	for _, g := range res.Groups {
		for _, e := range g.Evaluations {
			if e.Dose != mine || e.Status == cdsi.NotEvaluated {
				continue
			}
			w := word{g.Name, e.Status, e.Reasons}
			if i := slices.IndexFunc(verdicts, func(o word) bool { return o.group == g.Name }); i < 0 {
				verdicts = append(verdicts, w)
			} else if w.status == cdsi.Valid {
				verdicts[i] = w // what the risk's series takes counts
			}
		}
	}
	var bad, extra []word
	for _, w := range verdicts {
		switch w.status {
		case cdsi.NotValid, cdsi.SubStandard:
			bad = append(bad, w)
		case cdsi.Extraneous:
			extra = append(extra, w)
		}
	}
	good := len(verdicts) - len(bad) - len(extra)
	extra = slices.DeleteFunc(extra, func(w word) bool { // last season's doses are not this season's; the gap says so
		return otherSeason(w.group, r.On) && !givenAfter(r.Doses, w.group, seasons()[w.group])
	})
	if len(bad) > 0 {
		var titles, why []string
		var facts []rule.Evidence
		earliest := time.Time{}
		for _, w := range bad {
			titles = append(titles, Title(w.group))
			why = append(why, Title(w.group)+": "+Reasons(w.reasons))
			if g := r.soonest(w.group); g != nil && g.Earliest.After(earliest) {
				earliest = g.Earliest
			}
			facts = append(facts, r.last(w.group)...)
		}
		card := rule.Card{Severity: "severe", Facts: unique(facts), Choices: drop, Why: capital(strings.Join(why, "; ")) + "."}
		on := ""
		if earliest.After(r.On) {
			on = ": earliest " + earliest.Format("2 Jan 2006")
			card.Do = "Give it on " + earliest.Format("2 Jan 2006") + " or later; what is given before has to be given again."
		} else {
			card.Do = "Choose a vaccine of the group for this age and dose; what does not count has to be given again."
		}
		level := rule.Interrupt
		card.Title = "A dose of " + d.Name + " today would not count" + on
		if good > 0 {
			level = rule.Notice
			card.Severity = "moderate"
			card.Title = "A dose of " + d.Name + " today would not count against " + strings.Join(titles, " and ") + on
		}
		put("vaccine-too-early", level, card)
	}
	if len(extra) > 0 && good == 0 && len(bad) == 0 {
		var titles []string
		var facts []rule.Evidence
		next := ""
		for _, w := range extra {
			titles = append(titles, Title(w.group))
			facts = append(facts, r.last(w.group)...)
			if g := r.soonest(w.group); g != nil && g.Earliest.After(r.On) {
				next = " The next dose is recommended from " + cmpDate(g.Recommended, g.Earliest).Format("2 Jan 2006") + "."
			}
		}
		put("vaccine-complete", rule.Notice, rule.Card{Severity: "moderate", Facts: unique(facts), Choices: drop, Title: d.Name + " is not needed now: " + strings.Join(titles, " and ") + " is complete",
			Why: "Every dose that the schedule asks for now stands in the record." + next, Do: "Leave it out; an extra dose does no harm that is known, and no good."})
	}
}

func cmpDate(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// soonest is the group that asks first, of everybody's schedule and the risk's.
func (r *Result) soonest(name string) (best *Group) {
	for i := range r.Groups {
		g := &r.Groups[i]
		if g.Name == name && g.Status == cdsi.NotComplete && (best == nil || g.Earliest.Before(best.Earliest)) {
			best = g
		}
	}
	return best
}

// last are the newest doses of a group, up to three.
func (r *Result) last(group string) (out []rule.Evidence) {
	for i := len(r.Doses) - 1; i >= 0 && len(out) < 3; i-- {
		d := &r.Doses[i]
		if d.Counted && slices.Contains(d.Groups, group) {
			text := cmp.Or(d.Product, cdsi.VaccineName(d.Code))
			if v, ok := d.Of(group); ok && v.Status != cdsi.Valid {
				text += " (" + Word(v.Status) + ")"
			}
			out = append(out, rule.Evidence{Text: text, Prov: d.Prov, When: d.When})
		}
	}
	return out
}

func unique(list []rule.Evidence) (out []rule.Evidence) {
	for _, f := range list {
		if !slices.ContainsFunc(out, func(x rule.Evidence) bool { return x.Text == f.Text && x.Prov.Ref() == f.Prov.Ref() }) {
			out = append(out, f)
		}
	}
	return out
}

func sentences(list []string) (out []string) {
	for _, s := range list {
		if s = strings.TrimSpace(s); !strings.HasSuffix(s, ".") {
			s += "."
		}
		out = append(out, s)
	}
	return out
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Coding is a vaccine's code for a draft.
func Coding(v cdsi.Vaccine) fhir.Coding {
	return fhir.Coding{System: "http://hl7.org/fhir/sid/cvx", Code: v.CVX, Display: v.Name}
}
