package main

import (
	"fmt"
	"slices"
	"strings"

	"wholechart/decision/internal/fact"
	"wholechart/decision/substance/internal/label"
)

// newer reads what the sources lack because it is newer, in rows of five cells:
// ingredients joined by " + ", other names, year, classes, source.
func (b *builder) newer(text string) error {
	for _, f := range fact.Rows(text, 5) {
		var parts []string
		for p := range strings.SplitSeq(f[0], " + ") {
			p = label.Fold(p)
			b.add(p)
			parts = append(parts, p)
		}
		slices.Sort(parts)
		key := strings.Join(parts, "|")
		for _, n := range fact.List(f[1]) {
			n = label.Fold(n)
			if old, ok := b.hand[n]; ok && old != key {
				return fmt.Errorf("newer.txt: %s is said twice", n)
			}
			b.hand[n] = key
			if len(parts) == 1 {
				b.canonical[n] = key
			}
		}
		b.out.newer++
	}
	return nil
}

// common are words that remain of a brand and mean other things too.
var common = map[string]bool{"cold": true, "compound": true, "indium": true, "peg-3350": true, "vicks formula": true, "gum numb": true}

// shorter adds brands without the forms and strengths that their label ends with, where
// what is left names one composition alone: "advair diskus 100/50" is known as "advair".
func (b *builder) shorter() {
	found := map[string]map[string]bool{}
	for n, keys := range b.brands {
		s := label.Base(strings.TrimSuffix(strings.TrimSuffix(n, "-28"), "-21"))
		first, more, _ := strings.Cut(s, " ")
		if s == n || len(s) < 4 || common[s] || strings.Contains(more, " ") || more != "" && (b.known[first] || b.canonical[first] != "") || label.Quiet(s) || b.known[s] || b.canonical[s] != "" || b.hand[s] != "" {
			continue
		}
		if found[s] == nil {
			found[s] = map[string]bool{}
		}
		for k := range keys {
			found[s][k] = true
		}
	}
	for s, keys := range found {
		for k := range b.brands[s] {
			keys[k] = true
		}
		if len(keys) == 1 {
			b.brands[s] = keys
			b.out.shorter++
		}
	}
}
