package medicine

import (
	"slices"
	"strings"

	"wholechart/decision/rule"
	"wholechart/decision/substance"
	"wholechart/fhir"
)

// meeting is the facts of one card: a rule, and two compositions that meet.
type meeting struct {
	rule     int
	one, two []*item // of one composition each; a draft is in one
}

// interact adds the cards of all pairs that a rule names.
func (k *Knowledge) interact(a *rule.Answer, in rule.Input, drafts, active, stopped []item) {
	all := make([]*item, 0, len(drafts)+len(active)+len(stopped))
	for _, list := range [][]item{drafts, active, stopped} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	type here struct{ sides [2][]standing }
	rules := map[int]*here{}
	for _, x := range all {
		for _, s := range x.Substances {
			systemic := x.systemic(s)
			for _, p := range k.at[s.Name] {
				side := k.side(p)
				if !systemic && !side.AnyRoute || side.Route != "" && x.route != "" && x.route != side.Route {
					continue
				}
				h := rules[p.rule]
				if h == nil {
					h = &here{}
					rules[p.rule] = h
				}
				h.sides[p.side] = append(h.sides[p.side], standing{x, s.Name, side.Members[s.Name]})
			}
		}
	}
	met := map[string]*meeting{}
	for i, h := range rules {
		for _, x := range h.sides[0] {
			for _, y := range h.sides[1] {
				if k.meets(x, y, len(drafts) > 0) {
					join(met, i, x.item, y.item)
				}
			}
		}
	}
	var cards []rule.Card
	pairs := make([]string, 0, len(met))
	for _, m := range met {
		cards = append(cards, k.card(in, m, active, drafts))
		pairs = append(pairs, pairOf(m))
	}
	loudest := map[string]rule.Level{}
	for i, c := range cards {
		loudest[pairs[i]] = max(loudest[pairs[i]], c.Level)
	}
	for i, c := range cards {
		if c.Level == rule.Quiet && loudest[pairs[i]] > rule.Quiet {
			continue // something louder says more of the same two
		}
		a.Cards = append(a.Cards, c)
	}
}

// standing is a medicine on a side of a rule, by one of its ingredients, with
// the days for which it counts after its end.
type standing struct {
	*item
	name  string
	after int
}

func (k *Knowledge) side(p place) *Side {
	if p.side == 0 {
		return &k.interactions[p.rule].A
	}
	return &k.interactions[p.rule].B
}

// meets says whether two medicines are a pair to speak of.
func (k *Knowledge) meets(x, y standing, drafting bool) bool {
	switch {
	case x.item == y.item || x.name == y.name:
		return false
	case drafting != (x.draft != nil || y.draft != nil):
		return false
	case x.stopped && y.stopped:
		return false
	case x.med != nil && x.med == y.med:
		return false
	}
	return x.counts() && y.counts()
}

// counts says whether a medicine is taken, or was until few enough days ago.
func (s standing) counts() bool {
	return !s.stopped || s.after > 0 && s.since >= 0 && s.since <= s.after
}

// join puts a pair with the others of the same rule and compositions.
func join(met map[string]*meeting, i int, x, y *item) {
	kx, ky := composition(x), composition(y)
	// A draft is the one that the card is about; of two, the later in the basket.
	if y.draft != nil && (x.draft == nil || kx < ky) || x.draft == nil && y.draft == nil && ky < kx {
		x, y, kx, ky = y, x, ky, kx
	}
	key := string(rune(i)) + "\x00" + kx + "\x00" + ky
	m := met[key]
	if m == nil {
		m = &meeting{rule: i}
		met[key] = m
	}
	if !slices.Contains(m.one, x) {
		m.one = append(m.one, x)
	}
	if !slices.Contains(m.two, y) {
		m.two = append(m.two, y)
	}
}

// composition tells items apart for grouping: each draft stands for itself.
func composition(x *item) string {
	if x.draft != nil {
		return x.ingredients() + "\x01" + x.draft.ID
	}
	return x.ingredients()
}

func pairOf(m *meeting) string {
	p := []string{composition(m.one[0]), composition(m.two[0])}
	slices.Sort(p)
	return strings.Join(p, "\x00")
}

func (k *Knowledge) card(in rule.Input, m *meeting, active, drafts []item) rule.Card {
	x := &k.interactions[m.rule]
	c := rule.Card{Rule: &x.Rule, Level: x.Level, Why: x.Why, Do: x.Do, Severity: x.Severity}
	one := m.one[0]
	verb := " interacts with "
	if one.draft != nil {
		c.Draft, verb = one.draft.ID, " would interact with "
	}
	c.Title = one.called() + verb + m.two[0].within() + ": " + x.Danger
	if stoppedAll(m.two) || stoppedAll(m.one) {
		c.Title += " (stopped not long ago)"
	}
	if within(x.ID, m) {
		c.Level = quieter(c.Level)
		c.Title += " (the dose is within the label's limit)"
	}
	var keys []string
	for _, i := range slices.Concat(m.one, m.two) {
		c.Facts = append(c.Facts, i.evidence())
		keys = append(keys, i.key())
	}
	sortFacts(c.Facts)
	c.Key = keyOf(c.Rule, keys)
	if one.draft != nil {
		c.Choices = append(k.choices(in, x, one, active, drafts), rule.Choice{Label: "Take " + one.called() + " away", Drop: true})
	}
	return c
}

func stoppedAll(list []*item) bool {
	return !slices.ContainsFunc(list, func(i *item) bool { return !i.stopped })
}

// choices are the alternatives that the rule names for the order's reason and
// that this person may take as far as these rules know.
func (k *Knowledge) choices(in rule.Input, x *Interaction, one *item, active, drafts []item) []rule.Choice {
	var out []rule.Choice
	for _, alt := range x.Alternatives {
		if !alt.fits(one.draft.Reason) || !x.on(alt.Side, one) || slices.ContainsFunc(one.Substances, func(s substance.Substance) bool { return s.Name == alt.Name }) {
			continue
		}
		d, ready := substitutes[alt.Name]
		if !ready {
			d = rule.Draft{Kind: rule.DraftMedicine, Name: alt.Name}
		}
		if k.refused(in, d, active, drafts, one) {
			continue
		}
		if !ready {
			out = append(out, rule.Choice{Label: "Consider " + alt.Name + " instead"})
			continue
		}
		d.ID, d.Reason, d.Codes = one.draft.ID, one.draft.Reason, append([]fhir.Coding(nil), d.Codes...)
		out = append(out, rule.Choice{Label: "Order " + alt.Name + " instead", Draft: &d})
	}
	return out
}

// on says whether a medicine stands on a side of the rule: what would take its
// place is offered for it alone.
func (x *Interaction) on(side uint8, i *item) bool {
	members := x.B.Members
	if side == 0 {
		members = x.A.Members
	}
	return slices.ContainsFunc(i.Substances, func(s substance.Substance) bool { _, there := members[s.Name]; return there })
}

// fits says whether an alternative is for a reason.
func (a Alternative) fits(reason string) bool {
	if len(a.Reasons) == 0 {
		return true
	}
	reason = strings.ToLower(reason)
	return slices.ContainsFunc(a.Reasons, func(r string) bool { return strings.Contains(reason, r) })
}

// refused says whether an alternative would itself meet a loud rule or an
// allergy.
func (k *Knowledge) refused(in rule.Input, d rule.Draft, active, drafts []item, instead *item) bool {
	alt := item{draft: &d, name: d.Name, Reading: substance.Read(d.Name, d.Codes)}
	var with []*item
	for i := range active {
		with = append(with, &active[i])
	}
	for i := range drafts {
		if drafts[i].draft != instead.draft {
			with = append(with, &drafts[i])
		}
	}
	for _, s := range alt.Substances {
		for _, p := range k.at[s.Name] {
			x := &k.interactions[p.rule]
			if x.Level < rule.Notice || x.Severity == "moderate" {
				continue
			}
			other := x.B
			if p.side == 1 {
				other = x.A
			}
			for _, w := range with {
				for _, t := range w.Substances {
					if _, there := other.Members[t.Name]; there && t.Name != s.Name && (w.systemic(t) || other.AnyRoute) {
						return true
					}
				}
			}
		}
		for _, w := range with { // taken already
			if slices.Contains(w.Substances, s) {
				return true
			}
		}
	}
	return allergicTo(in, &alt)
}
