package chart

import (
	"cmp"
	"slices"
	"strings"
)

// Social is how the patient lives, as far as it was observed.
type Social struct {
	Smoking *SocialFact // nil: not recorded
	Items   []SocialFact
}

// SocialFact is the latest answer to one question, and what other sources say
// otherwise.
type SocialFact struct {
	Name, Value string
	When        When
	Prov
	Series  *Series
	Differs []Difference
}

// smokingCodes are LOINC codes of smoking status.
var smokingCodes = []string{"72166-2", "11367-0", "39240-7", "63512-8"}

func (b *builder) social() {
	for _, s := range b.c.Results.Series {
		smoking := slices.ContainsFunc(smokingCodes, s.has)
		if s.Category != "social-history" && !smoking {
			continue
		}
		i := len(s.Points) - 1
		for i > 0 && s.Points[i].Value == "" {
			i--
		}
		if i < 0 {
			continue
		}
		p := s.Points[i]
		fact := SocialFact{Name: s.Name, Value: p.Value, When: p.When, Prov: p.Prov, Series: s}
		if p.Value != "" && p.Unit != "" {
			fact.Value += " " + p.Unit
		}
		said := map[*Source]bool{p.Source: true}
		for j := len(s.Points) - 1; j >= 0; j-- { // each other source's latest word
			o := s.Points[j]
			if said[o.Source] || o.Value == "" {
				continue
			}
			said[o.Source] = true
			if !sameWords(o.Value, p.Value) {
				fact.Differs = append(fact.Differs, Difference{s.Name, p.Value, o.Value, o.Prov})
			}
		}
		b.c.Social.Items = append(b.c.Social.Items, fact)
	}
	items := b.c.Social.Items
	slices.SortStableFunc(items, func(x, y SocialFact) int {
		return cmp.Or(newer(x.When, y.When), strings.Compare(x.Name, y.Name))
	})
	for i := range items {
		if b.c.Social.Smoking == nil && slices.ContainsFunc(smokingCodes, items[i].Series.has) {
			b.c.Social.Smoking = &items[i]
		}
	}
}
