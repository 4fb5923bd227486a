package medicine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Knowledge is a set of rules made ready to be asked. It is safe for concurrent
// use.
type Knowledge struct {
	interactions []Interaction
	rules        []*rule.Rule
	at           map[string][]place // of an ingredient: where it stands
	longest      int                // days for which a stopped medicine may count
	lacking      []string           // what should be here and is not
}

// place is one side of one interaction.
type place struct {
	rule int
	side uint8 // 0: A, 1: B
}

// New makes our own rules and a site's further ones ready. An own rule with the
// id of one of ours takes its place.
func New(more ...Interaction) *Knowledge {
	k := &Knowledge{at: map[string][]place{}}
	for _, x := range builtin() {
		if !slices.ContainsFunc(more, func(m Interaction) bool { return m.ID == x.ID }) {
			k.interactions = append(k.interactions, x)
		}
	}
	k.interactions = append(k.interactions, more...)
	for i := range k.interactions {
		x := &k.interactions[i]
		x.Hold()
		k.rules = append(k.rules, &x.Rule)
		for side, s := range []Side{x.A, x.B} {
			for m, days := range s.Members {
				k.longest = max(k.longest, days)
				k.at[m] = append(k.at[m], place{i, uint8(side)})
			}
		}
	}
	k.rules = append(k.rules, duplicateRules()...)
	k.rules = append(k.rules, allergyRules()...)
	return k
}

var builtinKnowledge = sync.OnceValue(func() *Knowledge { return New() })

// using is what Check asks: our own rules, or those with what a node loaded besides.
var using atomic.Pointer[Knowledge]

func own() *Knowledge {
	if k := using.Load(); k != nil {
		return k
	}
	return builtinKnowledge()
}

// Use puts a node's own interactions beside ours, in place of those that it had
// before; without any it takes them away. Each counts as licensed, not ours. Lacking
// are bodies of knowledge that should be here and could not be loaded, by name: every
// check of a medicine then says that it ran without them.
func Use(more []Interaction, lacking []string) {
	if len(more) == 0 && len(lacking) == 0 {
		using.Store(nil)
		return
	}
	more = slices.Clone(more)
	for i := range more {
		more[i].Licensed = true
	}
	k := New(more...)
	k.lacking = slices.Clone(lacking)
	using.Store(k)
}

// Rules returns every rule of this package, for the page that lists them. The
// caller does not change them.
func Rules() []*rule.Rule { return own().rules }

// Rules returns every rule of the knowledge.
func (k *Knowledge) Rules() []*rule.Rule { return k.rules }

// Check answers with our own knowledge.
func Check(in rule.Input) rule.Answer { return own().Check(in) }

// Check compares each drafted medicine with what the person takes, with what was
// stopped not long ago and with the other drafts; without a drafted medicine,
// what the person takes with itself. Drafts that stand in the chart are not
// looked at unless they are in the input; see Drafts.
func (k *Knowledge) Check(in rule.Input) rule.Answer {
	var a rule.Answer
	drafts, active, stopped := items(in, k.longest)
	if len(drafts) == 0 && len(in.Drafts) > 0 {
		return a // an order of another kind: no medicine to check
	}
	k.interact(&a, in, drafts, active, stopped)
	duplicates(&a, drafts, active)
	allergic(&a, in, drafts, active)
	gaps(&a, in, drafts, active, stopped)
	for _, name := range k.lacking {
		a.Gaps = append(a.Gaps, rule.Gap{Check: string(rule.Interaction), Why: "“" + name + "” could not be loaded: this was checked without it"})
	}
	recorded := count(len(active), "active medicine", "active medicines")
	if len(drafts) > 0 {
		recorded = fmt.Sprintf("%d drafted against %s", len(drafts), recorded)
	}
	a.Ran = append(a.Ran, fmt.Sprintf("%s: %s, %d rules", rule.Interaction, recorded, len(k.interactions)),
		fmt.Sprintf("%s: %s", rule.Duplicate, recorded))
	a.Sort()
	// The same order drafted three times is the same danger once for each draft.
	a.Cards = slices.CompactFunc(a.Cards, func(x, y rule.Card) bool { return x.Key == y.Key && x.Draft == y.Draft })
	return a
}

// Drafts gives the orders of medicines that stand unsigned in the chart, as
// drafts of an Input. Their ID is the resource they stand in.
func Drafts(c *chart.Chart) []rule.Draft {
	var out []rule.Draft
	for _, m := range c.Medicines.Drafts {
		out = append(out, rule.Draft{ID: m.Ref(), Kind: rule.DraftMedicine, Name: cmp.Or(m.Full, m.Name), Codes: slices.Clone(m.Codes), Sig: m.Sig, Route: m.Form, Reason: m.Reason})
	}
	return out
}

// keyOf is what an override is remembered by: the rule and its facts, in no
// order. It is a digest, so that it tells nothing to who does not have the chart.
func keyOf(r *rule.Rule, facts []string) string {
	slices.Sort(facts)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(facts), "\n")))
	return r.ID + ":" + hex.EncodeToString(sum[:12])
}

// sortFacts puts the draft first, then by time, newest first, then by words.
func sortFacts(list []rule.Evidence) {
	slices.SortStableFunc(list, func(x, y rule.Evidence) int {
		if x.New != y.New {
			if x.New {
				return -1
			}
			return 1
		}
		return cmp.Or(y.When.At.Compare(x.When.At), strings.Compare(x.Text, y.Text), strings.Compare(x.Prov.Ref(), y.Prov.Ref()))
	})
}

// substitutes are drafts of alternatives that are ready to be put instead.
var substitutes = map[string]rule.Draft{
	// Macrobid label, section 2: 100 mg every 12 hours; five days by the IDSA
	// guideline for uncomplicated cystitis, Clin Infect Dis 2011;52:e103-e120.
	"nitrofurantoin": {Kind: rule.DraftMedicine, Name: "Nitrofurantoin 100 mg capsule (macrocrystals / monohydrate)", Route: "oral", Amount: 100, Unit: "mg", PerDay: 2, Days: 5,
		Sig:   "1 capsule twice a day with food for 5 days",
		Codes: []fhir.Coding{{System: "http://www.nlm.nih.gov/research/umls/rxnorm", Code: "1648755", Display: "nitrofurantoin, macrocrystals 25 MG / nitrofurantoin, monohydrate 75 MG Oral Capsule"}}},
}
