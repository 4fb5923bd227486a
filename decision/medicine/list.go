package medicine

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// item is one medicine of the comparison: a draft, or one of the record.
type item struct {
	draft *rule.Draft     // of a drafted order
	med   *chart.Medicine // of the record
	substance.Reading
	name    string // as written
	route   string
	classes uint64 // of sameClasses
	stopped bool
	since   int // days since it was stopped; -1: not known when
}

// items reads the drafts, the active medicines and what was stopped at most so
// many days ago.
func items(in rule.Input, longest int) (drafts, active, stopped []item) {
	for i := range in.Drafts {
		d := &in.Drafts[i]
		if d.Kind != rule.DraftMedicine {
			continue
		}
		x := item{draft: d, name: d.Name, Reading: substance.Read(d.Name, d.Codes), route: cmp.Or(way(d.Route), substance.Route(d.Name))}
		drafts = append(drafts, x)
	}
	if in.Chart == nil {
		return drafts, nil, nil
	}
	for i := range in.Chart.Medicines.Active {
		active = append(active, read(&in.Chart.Medicines.Active[i]))
	}
	for i := range in.Chart.Medicines.Stopped {
		m := &in.Chart.Medicines.Stopped[i]
		if m.State == "not-taken" {
			continue
		}
		end, since := m.Ended, -1
		if m.State == "given" || m.State == "dispensed" {
			end = later(m.Since, m.LastFilled)
		}
		if end.Known() {
			since = max(0, int(in.Now.Sub(end.At)/(24*time.Hour)))
		}
		if since > longest {
			continue
		}
		x := read(m)
		x.stopped, x.since = true, since
		stopped = append(stopped, x)
	}
	return drafts, active, stopped
}

func read(m *chart.Medicine) item {
	x := item{med: m, name: cmp.Or(m.Full, m.Name), route: cmp.Or(substance.Route(m.Full), way(m.Form))}
	x.Reading = substance.Read(x.name, m.Codes)
	return x
}

func later(a, b chart.When) chart.When {
	if b.Known() && a.Before(b) {
		return b
	}
	return a
}

// way brings routes that others write to the words of substance.Route.
func way(route string) string {
	switch r := strings.ToLower(strings.TrimSpace(route)); r {
	case "by mouth", "per os", "po", "swallowed", "sublingual", "buccal":
		return "oral"
	case "intravenous", "subcutaneous", "intramuscular", "iv", "im", "sc":
		return "injected"
	case "ophthalmic":
		return "eye"
	case "otic":
		return "ear"
	case "inhalation":
		return "inhaled"
	case "patch":
		return "transdermal"
	default:
		return r
	}
}

// throughSkin are ingredients that are put on the skin to act inside.
var throughSkin = map[string]bool{"buprenorphine": true, "clonidine": true, "estradiol": true, "fentanyl": true, "methylphenidate": true, "nicotine": true,
	"nitroglycerin": true, "oxybutynin": true, "rivastigmine": true, "rotigotine": true, "scopolamine": true, "selegiline": true, "testosterone": true, "dextroamphetamine": true}

// localClasses act where they are breathed in or sprayed.
var localClasses = []string{"corticosteroid", "short-acting beta agonist", "long-acting beta agonist", "long-acting muscarinic antagonist", "aminoglycoside"}

var localNames = map[string]bool{"azelastine": true, "olopatadine": true, "cromolyn": true, "ipratropium": true, "oxymetazoline": true, "zanamivir": true, "aztreonam": true,
	"phenylephrine": true, "xylometazoline": true, "sodium chloride": true, "colistin": true, "calcitonin salmon": true}

// systemic says whether an ingredient given so acts in the whole body. What is
// not said is taken to.
func (x *item) systemic(s substance.Substance) bool {
	switch x.route {
	case "topical":
		return throughSkin[s.Name]
	case "eye", "ear", "intrauterine":
		return false
	case "vaginal":
		return s.Is("contraceptive hormone") || s.Name == "miconazole"
	case "nasal", "inhaled":
		return !localNames[s.Name] && !slices.ContainsFunc(localClasses, s.Is)
	}
	return true
}

// called is how a card's title names a medicine: a draft as it is written, as
// far as the strength; what is in the record by its ingredients.
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

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// within is how a medicine is named in the middle of a sentence.
func (x *item) within() string { return substance.Join(x.Substances) }

// evidence is the fact that a card rests on.
func (x *item) evidence() rule.Evidence {
	if d := x.draft; d != nil {
		return rule.Evidence{Text: joined(d.Name, d.Sig), New: true}
	}
	m := x.med
	text := joined(cmp.Or(m.Name, m.Full), m.Sig)
	switch {
	case x.stopped && m.Ended.Known():
		text += "; stopped " + m.Ended.String()
	case x.stopped:
		text += "; " + m.State
	case m.State == "on-hold":
		text += "; on hold"
	}
	if m.LastFilled.Known() {
		text += "; last filled " + m.LastFilled.String()
		if at := m.FilledAt.Source; at != nil && at.Name != "" && at != m.Source {
			text += " at " + at.Name
		}
		if m.NotFilled > 0 {
			text += ", used up since"
		}
	}
	if x.Disagree {
		text += "; its code says " + substance.Join(x.ByCode)
	}
	return rule.Evidence{Text: text, Prov: m.Prov, When: m.Since}
}

func joined(name, sig string) string {
	if sig == "" {
		return name
	}
	return name + ", " + sig
}

// key is what makes the fact the same fact: a refill changes nothing, another
// prescription or another strength does.
func (x *item) key() string {
	var b strings.Builder
	for i, s := range x.Substances {
		if i > 0 {
			b.WriteByte('+')
		}
		b.WriteString(s.Name)
	}
	if m := x.med; m != nil {
		b.WriteByte('@')
		if m.Source != nil {
			b.WriteString(m.Source.Slug)
		}
		b.WriteString("/" + m.Ref() + "/" + m.Strength)
		if x.stopped {
			b.WriteString("/stopped")
		}
	}
	return b.String()
}

// ingredients is the same for two medicines of the same composition.
func (x *item) ingredients() string {
	names := make([]string, len(x.Substances))
	for i, s := range x.Substances {
		names[i] = s.Name
	}
	return strings.Join(names, "+")
}
