package caution

import (
	"cmp"
	"strings"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/medicine"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// item is one medicine to check: a draft, or one that the person takes.
type item struct {
	draft *rule.Draft
	med   *chart.Medicine
	name  string
	sig   string
	route string
	substance.Reading
}

func drafted(d *rule.Draft) *item {
	return &item{draft: d, name: d.Name, sig: d.Sig, route: cmp.Or(medicine.Way(d.Route), substance.Route(d.Name)), Reading: substance.Read(d.Name, d.Codes)}
}

func taken(m *chart.Medicine) *item {
	x := &item{med: m, name: cmp.Or(m.Full, m.Name), sig: m.Sig}
	x.route = cmp.Or(substance.Route(x.name), medicine.Way(m.Form))
	x.Reading = substance.Read(x.name, m.Codes)
	return x
}

// in says whether one of its ingredients stands in a rule, given as the rule means.
func (x *item) in(routes map[string]string) (substance.Substance, bool) {
	for _, s := range x.Substances {
		want, there := routes[s.Name]
		if there && x.given(s, want) {
			return s, true
		}
	}
	return substance.Substance{}, false
}

func (x *item) given(s substance.Substance, want string) bool {
	switch want {
	case "":
		return medicine.Systemic(s, x.route)
	case "any":
		return true
	case "oral":
		return x.route == "oral" || x.route == ""
	}
	return x.route == want
}

// called is how a card's title names it.
func (x *item) called() string {
	if x.draft != nil {
		var words []string
		for w := range strings.FieldsSeq(x.name) {
			if w[0] >= '0' && w[0] <= '9' {
				break
			}
			words = append(words, w)
		}
		if s := strings.TrimRight(strings.Join(words, " "), " ,("); s != "" && len(s) <= 60 {
			return s
		}
	}
	return sentence(substance.Join(x.Substances))
}

func (x *item) evidence() rule.Evidence {
	text := cmp.Or(x.name, "a medicine without a name")
	if x.sig != "" {
		text += ", " + x.sig
	}
	if x.draft != nil {
		return rule.Evidence{Text: text, New: true}
	}
	return rule.Evidence{Text: text, Prov: origin(x.med.Prov, x.med.Also), When: x.med.Since}
}

// key is what makes it the same fact: a refill changes nothing.
func (x *item) key() string {
	var names []string
	for _, s := range x.Substances {
		names = append(names, s.Name)
	}
	if x.draft != nil {
		return strings.Join(names, "+")
	}
	return strings.Join(names, "+") + "@" + where(origin(x.med.Prov, x.med.Also)) + "/" + x.med.Strength
}

// where tells facts apart.
func where(p chart.Prov) string { return fact.Site(p) + "/" + p.Ref() }

// origin is the one of several sources of the same fact that is named: of the own
// site where it is, else the first by name, so that the order in which facts came
// does not matter.
func origin(p chart.Prov, also []chart.Prov) chart.Prov {
	rank := func(q chart.Prov) string {
		if q.Source != nil && q.Source.Own {
			return " " + where(q)
		}
		return where(q)
	}
	for _, q := range also {
		if q.Source != nil && rank(q) < rank(p) {
			p = q
		}
	}
	return p
}

// items are the medicines to check: the drafts, or what the person takes.
func items(in rule.Input) []*item {
	if len(in.Drafts) == 0 {
		return active(in.Chart)
	}
	var out []*item
	for i := range in.Drafts {
		if in.Drafts[i].Kind == rule.DraftMedicine {
			out = append(out, drafted(&in.Drafts[i]))
		}
	}
	return out
}

// active is what the person takes, as far as it is not on hold.
func active(c *chart.Chart) []*item {
	var out []*item
	if c == nil {
		return nil
	}
	for i := range c.Medicines.Active {
		m := &c.Medicines.Active[i]
		if m.State != "draft" && m.State != "on-hold" && m.State != "not-taken" {
			out = append(out, taken(m))
		}
	}
	return out
}
