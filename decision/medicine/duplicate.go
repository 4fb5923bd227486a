package medicine

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// sameClass is a class of which two members at once are seldom meant.
type sameClass struct {
	class    string
	says     string // "two statins"
	level    rule.Level
	severity string
	why, do  string
	cite     string
	anyRoute bool
	meant    func(x, y substance.Substance) bool // pairs that are intended; nil: none
}

// stopp is the criterion on two medicines of one class, both taken each day.
const stopp = "O'Mahony D et al., STOPP version 3, criterion A3 (duplicate drug class), Eur Geriatr Med 2023;14:625-632"

const hypertension = stopp + "; Whelton PK et al., ACC/AHA guideline on high blood pressure, Hypertension 2018;71:e13-e115 (not two of one class)"

var sameClasses = []sameClass{
	{class: "oral anticoagulant", says: "two oral anticoagulants", level: rule.Interrupt, severity: "severe", why: "Each stops clotting; together they bleed without more protection.", do: "Stop one; when changing over, follow the label's interval.", cite: "FDA labels of Coumadin, Eliquis, Xarelto, Pradaxa, sections 2 and 7"},
	{class: "anticoagulant", says: "two anticoagulants", level: rule.Notice, severity: "severe", why: "Each stops clotting.", do: "Meant as a bridge? Say until when; otherwise stop one.", cite: "FDA labels of Lovenox and Coumadin, section 7; Douketis JD et al., BRIDGE, N Engl J Med 2015;373:823-833", meant: both("oral anticoagulant")},
	{class: "antiplatelet", says: "two P2Y12 inhibitors", level: rule.Notice, severity: "severe", why: "Both block the same receptor of platelets.", do: "Stop one.", cite: stopp},
	{class: "nsaid", says: "two NSAIDs", level: rule.Notice, severity: "severe", why: "Harm to stomach and kidney adds up, relief does not.", do: "Stop one.", cite: stopp + "; FDA boxed warning of NSAIDs; label of Naprosyn, section 7"},
	{class: "nsaid or salicylate", says: "an NSAID and a salicylate", level: rule.Notice, severity: "severe", why: "Harm to stomach and kidney adds up, relief does not.", do: "Stop one; low-dose aspirin for the heart is another matter.", cite: stopp + "; label of Naprosyn, section 7 (not with other NSAIDs or salicylates)", meant: both("nsaid")},
	{class: "ace inhibitor", says: "two ACE inhibitors", level: rule.Notice, severity: "severe", why: "Both block the same enzyme.", do: "Stop one.", cite: hypertension},
	{class: "arb", says: "two ARBs", level: rule.Notice, severity: "severe", why: "Both block the same receptor.", do: "Stop one.", cite: hypertension},
	{class: "beta blocker", says: "two beta blockers", level: rule.Notice, severity: "severe", why: "Both slow the heart.", do: "Stop one.", cite: hypertension},
	{class: "dihydropyridine calcium blocker", says: "two dihydropyridines", level: rule.Notice, severity: "moderate", why: "Both widen vessels by the same channel.", do: "Stop one.", cite: hypertension},
	{class: "non-dihydropyridine calcium blocker", says: "diltiazem and verapamil", level: rule.Notice, severity: "severe", why: "Both slow the conduction of the heart.", do: "Stop one.", cite: hypertension},
	{class: "thiazide", says: "two thiazides", level: rule.Notice, severity: "moderate", why: "Loss of potassium and sodium adds up.", do: "Stop one; metolazone with a loop diuretic is another matter.", cite: hypertension},
	{class: "loop diuretic", says: "two loop diuretics", level: rule.Notice, severity: "moderate", why: "Loss of water and potassium adds up.", do: "Stop one.", cite: stopp},
	{class: "alpha blocker", says: "two alpha blockers", level: rule.Notice, severity: "moderate", why: "Blood pressure falls on standing.", do: "Stop one.", cite: "FDA label of Flomax, section 7 (not with other alpha blockers)"},
	{class: "pde5 inhibitor", says: "two PDE5 inhibitors", level: rule.Notice, severity: "severe", why: "Blood pressure falls.", do: "Stop one; sildenafil for the lungs counts too.", cite: "FDA labels of Cialis and Revatio, patient information (not with other PDE5 inhibitors)"},
	{class: "statin", says: "two statins", level: rule.Notice, severity: "severe", why: "Harm to muscle adds up.", do: "Stop one.", cite: stopp},
	{class: "fibrate", says: "two fibrates", level: rule.Notice, severity: "moderate", why: "Harm to muscle adds up.", do: "Stop one.", cite: stopp},
	{class: "proton pump inhibitor", says: "two proton pump inhibitors", level: rule.Notice, severity: "moderate", why: "One blocks the pump already.", do: "Stop one.", cite: stopp},
	{class: "h2 blocker", says: "two H2 blockers", level: rule.Notice, severity: "moderate", why: "One blocks the receptor already.", do: "Stop one.", cite: stopp},
	{class: "ssri", says: "two SSRIs", level: rule.Notice, severity: "severe", why: "Both keep serotonin in the synapse.", do: "Stop one, unless one is being exchanged for the other: then say until when.", cite: stopp + "; FDA label of Zoloft, section 7.1"},
	{class: "snri", says: "two SNRIs", level: rule.Notice, severity: "severe", why: "Both keep serotonin and noradrenaline in the synapse.", do: "Stop one, unless one is being exchanged for the other: then say until when.", cite: "FDA label of Effexor XR, section 7"},
	{class: "tricyclic antidepressant", says: "two tricyclics", level: rule.Notice, severity: "severe", why: "Harm to the heart's rhythm adds up.", do: "Stop one.", cite: stopp},
	{class: "benzodiazepine", says: "two benzodiazepines", level: rule.Notice, severity: "moderate", why: "Sedation and dependence add up.", do: "Stop one.", cite: stopp + "; FDA boxed warning of benzodiazepines, 2020-09"},
	{class: "z-drug", says: "two sleep aids of one kind", level: rule.Notice, severity: "moderate", why: "Sedation adds up.", do: "Stop one.", cite: "FDA label of Ambien, section 5"},
	{class: "gabapentinoid", says: "gabapentin and pregabalin", level: rule.Notice, severity: "moderate", why: "Both act on the same channel; sedation adds up.", do: "Stop one.", cite: "FDA label of Lyrica (no doses can be advised with gabapentin); FDA Drug Safety Communication 2019-12-19"},
	{class: "full opioid agonist", says: "two opioids", level: rule.Quiet, severity: "moderate", why: "Slow breathing adds up; a long-acting one with a short-acting one for breakthrough pain is meant.", do: "Count the total in morphine equivalents.", cite: stopp + "; CDC Clinical Practice Guideline for Prescribing Opioids, MMWR Recomm Rep 2022;71(3)"},
	{class: "antipsychotic", says: "two antipsychotics", level: rule.Quiet, severity: "moderate", why: "Side effects add up; seldom more effect.", do: "Is one being exchanged for the other, over some weeks? With clozapine a second one may be meant.", cite: stopp + "; Texas Medicaid, Retrospective Drug Use Criteria, atypical antipsychotics, 2023"},
	{class: "sulfonylurea", says: "two sulfonylureas", level: rule.Notice, severity: "severe", why: "Low blood sugar.", do: "Stop one.", cite: stopp + "; Texas Medicaid, Retrospective Drug Use Criteria, anti-diabetic agents, 2024"},
	{class: "dpp-4 inhibitor", says: "two DPP-4 inhibitors", level: rule.Notice, severity: "moderate", why: "One blocks the enzyme already.", do: "Stop one.", cite: stopp},
	{class: "glp-1 agonist", says: "two GLP-1 agonists", level: rule.Notice, severity: "severe", why: "Both act on the same receptor.", do: "Stop one.", cite: "FDA label of Wegovy, section 1 (not with another GLP-1 agonist)"},
	{class: "sglt2 inhibitor", says: "two SGLT2 inhibitors", level: rule.Notice, severity: "moderate", why: "One blocks the transporter already.", do: "Stop one.", cite: stopp},
	{class: "basal insulin", says: "two basal insulins", level: rule.Notice, severity: "severe", why: "Low blood sugar, and mistaken pens.", do: "Stop one; basal with mealtime insulin is meant.", cite: "American Diabetes Association, Standards of Care in Diabetes 2024, section 9"},
	{class: "mealtime insulin", says: "two mealtime insulins", level: rule.Notice, severity: "severe", why: "Low blood sugar, and mistaken pens.", do: "Stop one; basal with mealtime insulin is meant.", cite: "American Diabetes Association, Standards of Care in Diabetes 2024, section 9"},
	{class: "triptan", says: "two triptans", level: rule.Notice, severity: "contraindicated", why: "Vessel spasm adds up.", do: "Not within 24 hours of one another; keep one.", cite: "FDA label of Imitrex, section 4"},
	{class: "bisphosphonate", says: "two bisphosphonates", level: rule.Notice, severity: "moderate", why: "They stay in bone for years.", do: "Stop one.", cite: stopp + "; product information of zoledronic acid (not with another bisphosphonate)"},
	{class: "bladder antimuscarinic", says: "two bladder antimuscarinics", level: rule.Notice, severity: "moderate", why: "Dry mouth, confusion and retention add up.", do: "Stop one, unless a urologist means both for a refractory bladder.", cite: "2023 AGS Beers Criteria, J Am Geriatr Soc 2023;71:2052-2081, table 5; FDA label of oxybutynin, section 7"},
	{class: "cholinesterase inhibitor", says: "two dementia medicines of one kind", level: rule.Notice, severity: "moderate", why: "Slow pulse and vomiting add up.", do: "Stop one.", cite: stopp},
	{class: "antihistamine of second generation", says: "two antihistamines", level: rule.Quiet, severity: "moderate", why: "One in a higher dose is preferred to two; the harm is small.", do: "Keep one; in urticaria its dose may be raised.", cite: stopp + "; PubMed Central PMC3164658 (up to four times the dose of one, by the guidelines on urticaria)"},
	{class: "corticosteroid", says: "two corticosteroids in the whole body", level: rule.Notice, severity: "moderate", why: "Their effects add up.", do: "Is one being exchanged for the other? Count the total.", cite: stopp},
	{class: "thyroid hormone", says: "two thyroid hormones", level: rule.Notice, severity: "moderate", why: "Too much thyroid hormone strains heart and bone.", do: "By an endocrinologist only.", cite: "Jonklaas J et al., American Thyroid Association, Thyroid 2014;24:1670-1751; Wiersinga WM et al., Eur Thyroid J 2012;1:55-71"},
	{class: "xanthine oxidase inhibitor", says: "allopurinol and febuxostat", level: rule.Notice, severity: "moderate", why: "One blocks the enzyme already.", do: "Stop one.", cite: "Khanna D et al., American College of Rheumatology guideline on gout, Arthritis Care Res 2012;64:1431-1446 (not together)"},
	{class: "long-acting beta agonist", says: "two long-acting bronchodilators of one kind", level: rule.Notice, severity: "severe", why: "Fast pulse and low potassium; deaths have been tied to overuse.", do: "Stop one; a long-acting with a short-acting one is meant.", cite: "FDA label of Serevent, section 5 (not with another LABA)", anyRoute: true},
	{class: "long-acting muscarinic antagonist", says: "two long-acting antimuscarinics", level: rule.Notice, severity: "moderate", why: "Retention and dry mouth add up.", do: "Stop one.", cite: "FDA label of Spiriva, section 7", anyRoute: true},
	{class: "inhaled antimuscarinic", says: "two inhaled antimuscarinics", level: rule.Quiet, severity: "moderate", why: "Their labels say not to combine them: retention and dry mouth add up.", do: "Rescue by a short-acting beta agonist alone.", cite: "FDA labels of ipratropium, section 7.1, and Spiriva, section 7.2", anyRoute: true, meant: both("long-acting muscarinic antagonist")},
}

// both says that a pair is of another class too, which speaks of it.
func both(class string) func(x, y substance.Substance) bool {
	return func(x, y substance.Substance) bool { return x.Is(class) && y.Is(class) }
}

var sameIngredient = rule.Rule{ID: "dup-ingredient", Kind: rule.Duplicate, Title: "The same ingredient twice", Version: "1", Date: "2024-01", Level: rule.Notice, Text: "the same ingredient in two medicines that act in the whole body | notice",
	Citation: "The Joint Commission, National Patient Safety Goal NPSG.03.06.01 (medication reconciliation), 2024"}

var duplicateRules = sync.OnceValue(func() []*rule.Rule {
	sameIngredient.Hold()
	out := []*rule.Rule{&sameIngredient}
	for _, c := range sameClasses {
		out = append(out, &rule.Rule{ID: "dup-" + strings.ReplaceAll(c.class, " ", "-"), Kind: rule.Duplicate, Title: sentence(c.says), Version: "1", Date: dateOf(c.cite), Citation: c.cite, Level: c.level,
			Text: strings.Join([]string{c.class, c.says, c.level.String(), c.severity, c.why, c.do, c.cite}, " | ")})
		out[len(out)-1].Hold()
	}
	return out
})

// duplicates adds the cards of medicines that are one another's double.
func duplicates(a *rule.Answer, drafts, active []item) {
	for _, list := range [][]item{drafts, active} {
		for i := range list {
			list[i].classes = classesOf(&list[i])
		}
	}
	if len(drafts) > 0 {
		for i := range drafts {
			for j := range active {
				double(a, &drafts[i], &active[j])
			}
			for j := range i {
				double(a, &drafts[i], &drafts[j])
			}
		}
		return
	}
	for i := range active {
		for j := range i {
			x, y := &active[i], &active[j]
			if cmp.Or(strings.Compare(x.ingredients(), y.ingredients()), strings.Compare(x.key(), y.key())) > 0 {
				x, y = y, x
			}
			double(a, x, y)
		}
	}
}

// classesOf is the set of sameClasses, a bit each, that a medicine is in by the
// way it is given.
func classesOf(x *item) (set uint64) {
	at := classBits()
	for _, s := range x.Substances {
		if b := at[s.Name]; b[0] != 0 {
			set |= b[1]
			if b[0] != b[1] && x.systemic(s) {
				set |= b[0]
			}
		}
	}
	return set
}

// classBits has the classes of an ingredient: those that count when it acts in
// the whole body, and those that count in any case.
var classBits = sync.OnceValue(func() map[string][2]uint64 {
	m := map[string][2]uint64{}
	for i, c := range sameClasses {
		for _, name := range substance.Members(c.class) {
			b := m[name]
			if c.anyRoute {
				b[1] |= 1 << i
			}
			b[0] |= 1 << i
			m[name] = b
		}
	}
	return m
})

func double(a *rule.Answer, x, y *item) {
	for _, s := range x.Substances {
		if slices.Contains(y.Substances, s) && x.systemic(s) == y.systemic(s) && (x.systemic(s) || x.route == y.route) {
			a.Cards = append(a.Cards, again(x, y, s))
			return // of one ingredient the class says no more
		}
	}
	for set := x.classes & y.classes; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(set)
		c := &sameClasses[i]
		if s, t, ok := c.pair(x, y); ok {
			card := base(duplicateRules()[i+1], x, y)
			card.Level, card.Severity, card.Why, card.Do = c.level, c.severity, c.why, c.do
			card.Title = "With " + t.Name + ", " + s.Name + " makes " + c.says
			a.Cards = append(a.Cards, card)
		}
	}
}

// pair finds a member of the class in each of two medicines.
func (c *sameClass) pair(x, y *item) (s, t substance.Substance, ok bool) {
	for _, s := range x.Substances {
		if !s.Is(c.class) || !c.anyRoute && !x.systemic(s) {
			continue
		}
		for _, t := range y.Substances {
			if t.Is(c.class) && (c.anyRoute || y.systemic(t)) && (c.meant == nil || !c.meant(s, t)) {
				return s, t, true
			}
		}
	}
	return s, t, false
}

// again is the card of one ingredient in two medicines. A draft that says what
// the own chart says already is a renewal, told quietly.
func again(x, y *item, s substance.Substance) rule.Card {
	c := base(&sameIngredient, x, y)
	c.Level, c.Severity = rule.Notice, "moderate"
	c.Title = sentence(s.Name) + " would be in two medicines"
	if x.draft == nil {
		c.Title = sentence(s.Name) + " is in two medicines"
	}
	c.Why = "Two prescriptions of one ingredient are often taken both."
	c.Do = "Keep one; if both are meant, say so in the directions."
	if x.ingredients() == y.ingredients() {
		c.Title = sentence(x.within()) + " is recorded twice"
		if x.draft != nil {
			c.Title = sentence(y.within()) + " is taken already"
			if y.draft != nil {
				c.Title = sentence(y.within()) + " is drafted twice"
			}
		}
	}
	if s.Name == "acetaminophen" {
		c.Why, c.Severity = "The liver is harmed above 4 g of acetaminophen a day, from all sources.", "severe"
	}
	if x.draft != nil && y.med != nil && renews(x, y) {
		c.Level, c.Severity = rule.Quiet, ""
		c.Title = "This renews " + y.within()
		c.Why = "The chart has the same medicine, strength and directions."
		c.Do = "Nothing, if a renewal is meant."
	}
	return c
}

// renews says whether a draft says the same as an entry of the own chart.
func renews(x, y *item) bool {
	m := y.med
	if m.Outside || m.Source != nil && !m.Source.Own || x.ingredients() != y.ingredients() {
		return false
	}
	if plain(x.draft.Sig) != plain(m.Sig) {
		return false
	}
	return m.Strength == "" || strings.Contains(squeeze(x.name), squeeze(m.Strength))
}

// plain is directions without what differs between two ways to join their steps.
func plain(sig string) string {
	sig = strings.Join(strings.Fields(strings.ToLower(sig)), " ")
	sig, _, _ = strings.Cut(sig, ". note: ")
	if strings.Contains(sig, " then ") || strings.Contains(sig, "and ") {
		if l := order.ParseSig(sig); len(l.Unread)+len(l.Problems) == 0 && len(l.Sig.More) > 0 {
			return l.Sig.How()
		}
	}
	return sig
}

func squeeze(s string) string {
	return strings.NewReplacer(" ", "", ",", "").Replace(strings.ToLower(s))
}

// base is a card about two medicines, the first a draft or both of the record.
func base(r *rule.Rule, x, y *item) rule.Card {
	c := rule.Card{Rule: r, Level: r.Level, Facts: []rule.Evidence{x.evidence(), y.evidence()}, Key: keyOf(r, []string{x.key(), y.key()})}
	if x.draft != nil {
		c.Draft = x.draft.ID
		c.Choices = []rule.Choice{{Label: "Take " + x.called() + " away", Drop: true}}
	}
	sortFacts(c.Facts)
	return c
}
