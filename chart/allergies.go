package chart

import (
	"cmp"
	"slices"
	"strings"

	"wholechart/fhir"
)

// Knowledge tells an absence that was asked for from one that was not.
type Knowledge uint8

// What is known of a list.
const (
	NotRecorded Knowledge = iota // nobody wrote anything
	NoneKnown                    // asked, and there are none
	Known                        // there are items
)

// String names the knowledge.
func (k Knowledge) String() string {
	return [...]string{"not recorded", "none known", "known"}[k]
}

// Allergies are the allergies and intolerances.
type Allergies struct {
	State    Knowledge
	Items    []Allergy // active ones, the most dangerous first
	Inactive []Allergy // resolved or inactive
	Conflict bool      // one source says none known, another lists some
	Denied   []Denial  // "No known drug allergy": of one kind only
	Refuted  int       // found not to be: kept out
	Errors   int       // entered in error: kept out

	// Who said that none are known, and when. Of NoneKnown and Conflict.
	Asked When
	Who   string
	Prov
}

// Denial is a statement that there is no allergy of one kind.
type Denial struct {
	Text string
	Prov
}

// Allergy is one substance the patient must not have, from all sources.
type Allergy struct {
	Substance    string
	Code         fhir.Coding
	Reactions    []string // manifestations
	Severity     string   // the worst of a reaction: mild, moderate, severe
	Criticality  string   // low, high, unable-to-assess
	Category     string   // food, medication, environment, biologic
	Type         string   // allergy, intolerance
	Clinical     string   // active, inactive, resolved
	Verification string   // confirmed, unconfirmed, presumed…
	Severe       bool     // of high criticality, or a severe reaction
	Onset        When
	OnsetText    string // an onset that is no date: "at 4 y"
	Note         string
	Prov
	Also    []Prov // other sources of the same
	Outside bool   // not yet in the own chart
	codes   []fhir.Coding
}

// noneKnown are codes by which a resource says that there is nothing of the
// kind, of SNOMED CT and of the International Patient Summary's absent-unknown.
var noneKnown = map[string]bool{
	"716186003": true, "409137002": true, "429625007": true, "428607008": true, // no known allergy: any, drug, food, environmental
	"160245001":          true, // no current problems or disability
	"no-known-allergies": true, "no-known-problems": true, "no-known-medications": true,
}

// anyKind are those that speak of every allergy, not of one kind.
var anyKind = map[string]bool{"716186003": true, "no-known-allergies": true}

func (b *builder) allergies() {
	as := &b.c.Allergies
	var none []*fact
	groups := newGroups[Allergy]()
	for _, f := range b.of("AllergyIntolerance") {
		f.used = true
		n := f.Node
		what := n.Get("code")
		if code, text := b.code(what), b.label(what); noneKnown[code] || deniesAll(text) || strings.HasPrefix(plain(text), "no known ") {
			switch clinical := b.code(n.Get("clinicalStatus")); {
			case f.status == "refuted" || clinical == "inactive" || clinical == "resolved":
				as.Refuted++
			case anyKind[code] || deniesAll(text):
				none = append(none, f)
			default:
				as.Denied = append(as.Denied, Denial{text, b.prov(f, b.when(n.Get("recordedDate")))})
			}
			continue
		}
		if f.status == "refuted" {
			as.Refuted++
			continue
		}
		a := b.allergy(f)
		if a.Substance == "" {
			b.unused(f, "AllergyIntolerance that names no substance")
			continue
		}
		groups.add(a, a.codes, a.Substance)
	}
	for _, p := range b.c.Errors {
		if p.Type == "AllergyIntolerance" {
			as.Errors++
		}
	}
	for _, same := range groups.all() {
		a := joinAllergies(same)
		if a.Clinical == "inactive" || a.Clinical == "resolved" {
			as.Inactive = append(as.Inactive, a)
		} else {
			as.Items = append(as.Items, a)
		}
	}
	slices.SortStableFunc(as.Items, func(x, y Allergy) int {
		return cmp.Or(cmp.Compare(danger(y), danger(x)), strings.Compare(x.Substance, y.Substance))
	})
	for _, f := range none {
		asked := b.when(f.Node.Get("recordedDate"))
		if p := b.prov(f, asked); !as.Asked.Known() || as.Asked.Before(p.When) {
			as.Asked, as.Who, as.Prov = p.When, p.Author, p
		}
	}
	switch {
	case len(as.Items) > 0:
		as.State, as.Conflict = Known, len(none) > 0
	case len(none) > 0:
		as.State = NoneKnown
	}
}

// deniesAll says whether a free text denies all allergies.
func deniesAll(s string) bool {
	switch plain(s) {
	case "no known allergies", "nka", "none known", "no known allergy", "no allergies", "none":
		return true
	}
	return false
}

func (b *builder) allergy(f *fact) Allergy {
	n := f.Node
	a := Allergy{Substance: b.label(n.Get("code")), codes: b.codings(n.Get("code")), Criticality: b.str(n.Get("criticality")),
		Type: b.str(n.Get("type")), Clinical: b.code(n.Get("clinicalStatus")), Verification: f.status, Note: b.notes(n),
		Prov: b.prov(f, b.when(n.Get("recordedDate"))), Also: b.routes(f), Outside: f.outside()}
	for c := range n.Get("category").Items() {
		a.Category = b.str(c)
		break
	}
	a.Code = first(a.codes)
	a.Onset, _, a.OnsetText = b.choiceWhen(n, "onset")
	for r := range n.Get("reaction").Items() {
		if a.Substance == "" {
			a.Substance = b.label(r.Get("substance"))
		}
		said := b.labels(r.Get("manifestation"))
		if len(said) == 0 {
			if d := strings.TrimSpace(r.Get("description").Str()); d != "" {
				said = []string{d}
			}
		}
		for _, m := range said {
			if !slices.Contains(a.Reactions, m) {
				a.Reactions = append(a.Reactions, m)
			}
		}
		if s := b.str(r.Get("severity")); severities[s] > severities[a.Severity] {
			a.Severity = s
		}
		if o := b.when(r.Get("onset")); !a.Onset.Known() {
			a.Onset = o
		}
	}
	a.Severe = a.Criticality == "high" || a.Severity == "severe"
	return a
}

var severities = map[string]int{"mild": 1, "moderate": 2, "severe": 3}

func danger(a Allergy) int {
	n := severities[a.Severity]
	if a.Criticality == "high" {
		n += 4
	}
	return n
}

// joinAllergies makes one allergy of what several sources say: the worst of
// what is said counts, the earliest onset, all reactions.
func joinAllergies(same []Allergy) Allergy {
	slices.SortStableFunc(same, func(x, y Allergy) int {
		if x.Source.Own != y.Source.Own {
			if x.Source.Own {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(len(y.Reactions), len(x.Reactions)), newer(x.Prov.When, y.Prov.When))
	})
	a := same[0]
	for _, o := range same[1:] {
		a.Also = append(append(a.Also, o.Prov), o.Also...)
		a.Outside = a.Outside && o.Outside
		for _, r := range o.Reactions {
			if !slices.ContainsFunc(a.Reactions, func(have string) bool { return sameWords(have, r) }) {
				a.Reactions = append(a.Reactions, r)
			}
		}
		if severities[o.Severity] > severities[a.Severity] {
			a.Severity = o.Severity
		}
		if o.Criticality == "high" || a.Criticality == "" {
			a.Criticality = o.Criticality
		}
		if !a.Onset.Known() || o.Onset.Known() && o.Onset.Before(a.Onset) && o.Onset.Precision >= a.Onset.Precision {
			if o.Onset.Known() {
				a.Onset = o.Onset
			}
		}
		if a.OnsetText == "" {
			a.OnsetText = o.OnsetText
		}
		if a.Clinical != "active" && (o.Clinical == "active" || o.Clinical == "") {
			a.Clinical = o.Clinical // as long as one source says active, it is
		}
		a.Severe = a.Severe || o.Severe
	}
	return a
}
