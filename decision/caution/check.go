package caution

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/medicine"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// checkName is the name under which gaps of no one kind are said.
const checkName = "medicine and person"

// view is one input, read once for all medicines.
type view struct {
	rule.Input
	k       *knowledge
	c       *chart.Chart
	a       rule.Answer
	with    []*item // all that is taken or drafted; read when a rule asks
	read    bool
	said    []said
	uncoded int
	found   map[string]*said
	results map[string]results
	series  []*chart.Series
	womb    *state
	notes   map[string]bool // gaps found while reading
	gaps    map[rule.Gap]bool
	missing map[string]map[string]bool // by draft: tests that have no result
	undosed map[*item]bool
}

// Check holds drafted medicines, and without a draft what the person takes,
// against what the record says of the person.
func Check(in rule.Input) rule.Answer {
	v := &view{Input: in, k: load(), c: in.Chart, found: map[string]*said{}, results: map[string]results{}, notes: map[string]bool{}, gaps: map[rule.Gap]bool{},
		missing: map[string]map[string]bool{}, undosed: map[*item]bool{}}
	list := items(in)
	if len(list) == 0 && len(in.Drafts) > 0 {
		return v.a // an order of another kind
	}
	if v.c == nil {
		if len(list) > 0 {
			v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Why: "no chart was given: who takes the medicine is not known"})
		}
		return v.a
	}
	var cards []rule.Card
	for _, x := range list {
		cards = append(cards, v.check(x, true)...)
	}
	v.a.Cards = join(cards)
	v.finish(list)
	return v.a
}

// hit is a rule that speaks of a medicine.
type hit struct {
	c     *caution
	level rule.Level
	facts []rule.Evidence
	title string
	more  string // of the explanation: the amounts of a dose
	shown *chart.Series
}

// check finds the rules that speak of one medicine; of a topic the loudest makes
// the card.
func (v *view) check(x *item, choices bool) []rule.Card {
	var rules []int
	for _, s := range x.Substances {
		rules = append(rules, v.k.at[s.Name]...)
	}
	slices.Sort(rules)
	rules = slices.Compact(rules)
	topics := map[string][]hit{}
	var order []string
	for _, i := range rules {
		c := v.k.cautions[i]
		s, ok := x.in(v.k.routes[i])
		if !ok {
			continue
		}
		h, ok := v.hold(c, x, s)
		if !ok {
			continue
		}
		topic := cmp.Or(c.topic, c.ID)
		if topics[topic] == nil {
			order = append(order, topic)
		}
		topics[topic] = append(topics[topic], h)
	}
	var out []rule.Card
	for _, t := range order {
		out = append(out, v.card(x, topics[t], choices))
	}
	return out
}

// hold says whether all that a rule is about is so.
func (v *view) hold(c *caution, x *item, s substance.Substance) (hit, bool) {
	h := hit{c: c, level: c.Level, title: c.Title}
	var whys []string
	none := map[string]bool{} // tests without a result
	open := false
	for _, clause := range c.when {
		best := no
		var facts []rule.Evidence
		var asked []string
		for _, t := range clause {
			is, found, why := v.term(t, x, &h)
			if is == unknown && t.kind == "test" && len(v.results[t.name].list) == 0 {
				none[t.name] = true
			} else if is == unknown {
				asked = append(asked, why)
			}
			if is == yes {
				facts = append(facts, found...)
			}
			best = max(best, is)
		}
		switch best {
		case no:
			return h, false
		case unknown:
			whys = append(whys, asked...)
			open = true
		default:
			h.facts = append(h.facts, facts...)
		}
	}
	if !open && c.limit != nil {
		is, why := v.dosed(c, x, s, &h)
		if is == no {
			return h, false
		}
		if is == unknown {
			whys, open = append(whys, why), true
		}
	}
	for _, why := range whys {
		v.lacks(c, x, why)
	}
	for name := range none {
		v.untested(name, x)
	}
	return h, !open
}

// lacks notes that a rule was not answered, and why.
func (v *view) lacks(c *caution, x *item, why string) {
	g := rule.Gap{Check: string(c.Kind), Why: why}
	dose := strings.HasPrefix(why, "dose not checked: ")
	if dose {
		g.Check = string(rule.Dose)
	}
	switch {
	case x.draft != nil:
		g.Draft = x.draft.ID
	case dose: // many lists say no directions: one gap for all
		v.undosed[x] = true
		return
	}
	v.gaps[g] = true
}

// untested notes that a test has no result that counts. Where it is not always
// measured before such a medicine it is named with the others of its kind.
func (v *view) untested(name string, x *item) {
	id := ""
	if x.draft != nil {
		id = x.draft.ID
	}
	t := v.k.tests[name]
	if t.ask {
		v.gaps[rule.Gap{Check: string(rule.Laboratory), Why: v.results[name].why, Draft: id}] = true
		return
	}
	if v.missing[id] == nil {
		v.missing[id] = map[string]bool{}
	}
	v.missing[id][t.name] = true
}

// term says whether one condition of a rule is so, by which facts; of what is not
// known, why.
func (v *view) term(t term, x *item, h *hit) (tri, []rule.Evidence, string) {
	is := func(b bool) tri {
		if b {
			return yes
		}
		return no
	}
	switch t.kind {
	case "had", "ever":
		s := v.has(t.name, t.kind == "ever")
		if s == nil {
			return no, nil, ""
		}
		if s.unsure {
			h.level = min(h.level, rule.Notice)
		}
		return yes, []rule.Evidence{s.evidence()}, ""
	case "not":
		return is(v.has(t.name, true) == nil), nil, ""
	case "age":
		return v.age(t)
	case "sex":
		return is(v.sexOf() == t.name), nil, ""
	case "smoker":
		return v.smoker()
	case "short-acting":
		return is(!fact.Any(fact.Words(x.name), "extended", "er", "xl", "xr", "cc", "sr", "sustained", "24 hr", "12 hr", "la")), nil, ""
	case "pregnant":
		return v.pregnantTerm(t)
	case "maybe":
		if x.draft == nil {
			return no, nil, ""
		}
		return v.maybe()
	case "lactating":
		return v.nursing()
	case "takes":
		if v.with == nil {
			if v.with = items(v.Input); len(v.Drafts) > 0 {
				v.with = append(v.with, active(v.c)...)
			}
		}
		for _, y := range v.with {
			if !t.none && (y.med != nil && y.med == x.med || y.draft != nil && x.draft != nil && y.draft.ID == x.draft.ID) {
				continue // of "not takes" what it is mixed with counts too
			}
			for _, s := range y.Substances {
				if !t.takes[s.Name] || !medicine.Systemic(s, y.route) {
					continue
				}
				if t.none {
					return no, nil, ""
				}
				return yes, []rule.Evidence{y.evidence()}, ""
			}
		}
		if t.none {
			return yes, nil, ""
		}
		return no, nil, ""
	case "for":
		days := 0.0
		switch {
		case x.draft != nil && x.draft.Days == 0, x.med != nil && !x.med.Since.Known():
			return no, nil, ""
		case x.draft != nil:
			days = float64(x.draft.Days)
		default:
			days = float64(fact.Days(x.med.Since, v.Now))
		}
		return holds(t.op, days, days, t.value), nil, ""
	case "dose", "times":
		return v.amount(t, x)
	}
	list, why := v.newest(t.name)
	if len(list) == 0 {
		return unknown, nil, why
	}
	best := no
	var facts []rule.Evidence
	for _, m := range list {
		s := holds(t.op, m.low, m.high, t.value)
		if s == yes {
			facts = append(facts, m.evidence())
			h.shown = m.series
		}
		best = max(best, s)
	}
	return best, facts, "whether the " + v.k.tests[t.name].name + " " + t.op + " " + strconv.FormatFloat(t.value, 'f', -1, 64) + " is not said by its result"
}

// card is what the rules of one topic say of a medicine.
func (v *view) card(x *item, hits []hit, choices bool) rule.Card {
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.level, a.level) })
	h := hits[0]
	c := rule.Card{Rule: &h.c.Rule, Level: h.level, Severity: h.c.severity, Why: h.c.why, Do: h.c.do, Title: h.title, Series: h.shown}
	if !named(h.title, x) {
		c.Title = x.called() + ": " + h.title
	}
	if h.more != "" {
		c.Why = h.more
	}
	seen := map[string]bool{}
	for _, other := range hits {
		for _, f := range other.facts {
			key := f.Text + "\x00" + fact.Site(f.Prov) + f.Prov.Ref()
			if !seen[key] {
				seen[key] = true
				c.Facts = append(c.Facts, f)
			}
		}
	}
	fact.Sort(c.Facts)
	keys := []string{x.key()}
	for _, f := range h.facts {
		keys = append(keys, fact.Site(f.Prov)+" "+f.Prov.Ref()+" "+keyText(f))
	}
	c.Facts = append([]rule.Evidence{x.evidence()}, c.Facts...)
	c.Key = fact.Key(c.Rule, keys...)
	if x.draft != nil {
		c.Draft = x.draft.ID
		if choices {
			c.Choices = v.choices(x, h.c)
		}
	}
	return c
}

// keyText keeps the age out of the key: a birthday makes no new danger.
func keyText(f rule.Evidence) string {
	if f.Prov.Type == "Patient" {
		return ""
	}
	return f.Text
}

// named says whether a rule's title already names the medicine.
func named(title string, x *item) bool {
	words := fact.Words(title)
	for _, s := range x.Substances {
		if fact.Has(words, s.Name) {
			return true
		}
	}
	return false
}

// choices are the alternatives that a rule names and that no rule here speaks
// against aloud.
func (v *view) choices(x *item, c *caution) []rule.Choice {
	var out []rule.Choice
	for _, name := range c.instead {
		d := rule.Draft{ID: x.draft.ID, Kind: rule.DraftMedicine, Name: name}
		gaps, missing := maps.Clone(v.gaps), v.missing
		v.missing = map[string]map[string]bool{}
		against := slices.ContainsFunc(v.check(drafted(&d), false), func(k rule.Card) bool { return k.Level > rule.Quiet })
		if v.gaps, v.missing = gaps, missing; !against {
			out = append(out, rule.Choice{Label: "Consider " + name + " instead"})
		}
	}
	return append(out, rule.Choice{Label: "Take " + x.called() + " away", Drop: true})
}

// join brings the cards of one rule and composition together: a medicine that two
// sites list is one danger.
func join(cards []rule.Card) []rule.Card {
	type same struct{ id, draft, title string }
	at := map[same]int{}
	keys := map[int][]string{}
	var out []rule.Card
	for _, c := range cards {
		k := same{c.Rule.ID, c.Draft, c.Title}
		i, there := at[k]
		if !there {
			at[k] = len(out)
			out = append(out, c)
			continue
		}
		o := &out[i]
		o.Level = max(o.Level, c.Level)
		if keys[i] == nil {
			keys[i] = []string{o.Key}
		}
		keys[i] = append(keys[i], c.Key)
		o.Key = fact.Key(o.Rule, keys[i]...)
		for _, f := range c.Facts {
			if !slices.ContainsFunc(o.Facts, func(g rule.Evidence) bool {
				return g.Text == f.Text && g.Prov.Ref() == f.Prov.Ref() && fact.Site(g.Prov) == fact.Site(f.Prov)
			}) {
				o.Facts = append(o.Facts, f)
			}
		}
		fact.Sort(o.Facts)
	}
	return out
}

// finish says what was not looked at, and what was.
func (v *view) finish(list []*item) {
	n := len(list)
	v.a.Gaps = slices.AppendSeq(v.a.Gaps, maps.Keys(v.gaps))
	for id, tests := range v.missing {
		v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: string(rule.Laboratory), Draft: id, Why: "not recorded lately, so not looked at: " + strings.Join(slices.Sorted(maps.Keys(tests)), ", ")})
	}
	switch n := len(v.undosed); {
	case n == 1:
		v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: string(rule.Dose), Why: "dose not checked of 1 medicine, whose directions do not say it in full"})
	case n > 1:
		v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: string(rule.Dose), Why: fmt.Sprintf("dose not checked of %d medicines, whose directions do not say it in full", n)})
	}
	for why := range v.notes {
		v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Why: why})
	}
	if n > 0 {
		v.history()
		if v.uncoded > 0 {
			words := "1 problem has no code and was read by its words"
			if v.uncoded > 1 {
				words = fmt.Sprintf("%d problems have no code and were read by their words", v.uncoded)
			}
			v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Why: words})
		}
		if p := v.c.Problems; len(p.Active)+len(p.Resolved) == 0 && !p.NoneKnown {
			v.a.Gaps = append(v.a.Gaps, rule.Gap{Check: checkName, Why: "no problems are recorded, nor that there are none"})
		}
		for _, x := range list {
			if !x.Whole && strings.TrimSpace(x.name) != "" {
				g := rule.Gap{Check: checkName, Why: fact.Quoted(x.name) + " could not be recognised in full"}
				if x.draft != nil {
					g.Draft = x.draft.ID
				}
				if !slices.Contains(v.a.Gaps, g) {
					v.a.Gaps = append(v.a.Gaps, g)
				}
			}
		}
		medicine.Incomplete(&v.a, v.c, checkName, "Condition", "Observation", "Procedure")
	}
	v.a.Ran = append(v.a.Ran, fmt.Sprintf("%s: %d medicines against %d rules of disease, laboratory, pregnancy, age and dose", checkName, n, len(v.k.cautions)))
	v.a.Sort()
}
