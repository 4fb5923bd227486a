package chart

import (
	"slices"
	"strings"

	"wholechart/fhir"
)

// Relative is one member of the family and what is known of their health.
type Relative struct {
	Relation   string // "natural mother"
	Name       string
	Sex        string
	Age        string // as recorded
	Deceased   string // "" not said to be; "yes", "at 79 y", "2009"
	Note       string
	Unknown    string // why the history is not known: "not asked", "could not be obtained"
	Conditions []RelativeCondition
	Prov
	Also []Prov
}

// RelativeCondition is one condition of a relative.
type RelativeCondition struct {
	Name    string
	Code    fhir.Coding
	Onset   string // "at 55 y", "1998"; "" not known
	Outcome string
	Fatal   bool
}

func (b *builder) family() {
	for _, f := range b.of("FamilyMemberHistory") {
		f.used = true
		n := f.Node
		r := Relative{Relation: b.label(n.Get("relationship")), Name: n.Get("name").Str(), Sex: b.code(n.Get("sex")), Note: b.notes(n),
			Prov: b.prov(f, b.when(n.Get("date"))), Also: b.routes(f)}
		r.Age = strings.TrimPrefix(b.choiceWords(n, "age"), "at ")
		r.Deceased = b.choiceWords(n, "deceased")
		if a := n.Get("dataAbsentReason"); a.Exists() {
			r.Unknown = absentWord(b.code(a), b.label(a))
		}
		for c := range n.Get("condition").Items() {
			one := RelativeCondition{Name: b.label(c.Get("code")), Code: first(b.codings(c.Get("code"))), Onset: b.choiceWords(c, "onset"),
				Outcome: b.label(c.Get("outcome")), Fatal: c.Get("contributedToDeath").True()}
			if one.Name != "" {
				r.Conditions = append(r.Conditions, one)
			}
		}
		if r.Relation == "" {
			r.Relation = "relative"
		}
		b.c.Family = append(b.c.Family, r)
	}
	slices.SortStableFunc(b.c.Family, func(x, y Relative) int { return strings.Compare(x.Relation, y.Relation) })
}

// choiceWords says a choice of boolean, age, date or words; false is "".
func (b *builder) choiceWords(n fhir.Node, prefix string) string {
	for rest, v := range n.Prefixed(prefix) {
		switch string(rest) {
		case "Boolean":
			if v.True() {
				return "yes"
			}
		case "Age", "Range":
			return ageWords(v)
		case "Date", "DateTime":
			return b.when(v).String()
		case "Period":
			return b.when(v.Get("start")).String()
		case "String":
			return v.Str()
		}
	}
	return ""
}
