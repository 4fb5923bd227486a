package medicine

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// seen says whether a rule's card must be seen, or a louder one of the
// same two medicines in its place.
func seen(a rule.Answer, x *Interaction) bool {
	if find(a, x.ID) != nil {
		return true
	}
	return x.Level == rule.Quiet && slices.ContainsFunc(a.Cards, func(c rule.Card) bool { return c.Rule.Kind == rule.Interaction && c.Level > rule.Quiet })
}

// TestEveryRule holds each rule of the table against every pair of its
// ingredients: it speaks for a draft in either direction and for what is taken,
// and it does not speak for an unrelated medicine, a cream, or what was stopped
// too long ago.
func TestEveryRule(t *testing.T) {
	for i := range builtin() {
		x := &builtin()[i]
		as, bs := slices.Sorted(maps.Keys(x.A.Members)), slices.Sorted(maps.Keys(x.B.Members))
		pairs := 0
		for _, p := range as {
			for _, q := range bs {
				if p == q {
					continue
				}
				pairs++
				a := ask(with(takes(q, lakeside)), p)
				if !seen(a, x) {
					t.Fatalf("%s: %s drafted with %s: %s", x.ID, p, q, ids(a))
				}
				if pairs > 40 { // the rest in one direction
					continue
				}
				wellFormed(t, a)
				if a := ask(with(takes(p, maple)), q); !seen(a, x) {
					t.Errorf("%s: %s drafted with %s: %s", x.ID, q, p, ids(a))
				}
				if a := ask(with(takes(p, maple), takes(q, lakeside))); !seen(a, x) {
					t.Errorf("%s: %s and %s taken: %s", x.ID, p, q, ids(a))
				} else {
					wellFormed(t, a)
				}
				if a := ask(with(), p, q); !seen(a, x) {
					t.Errorf("%s: %s and %s drafted: %s", x.ID, p, q, ids(a))
				}
			}
		}
		if pairs == 0 {
			t.Errorf("%s has no pair", x.ID)
		}
		p, q := as[0], bs[len(bs)-1]
		if p == q {
			q = bs[0]
		}
		// Negative: one of the two with something else, and the other alone.
		if a := ask(with(takes("Senna 8.6 mg tablet", maple)), p); find(a, x.ID) != nil {
			t.Errorf("%s speaks of senna", x.ID)
		}
		if a := ask(with(), p); find(a, x.ID) != nil {
			t.Errorf("%s speaks of %s alone", x.ID, p)
		}
		// Boundary: what acts where it is put.
		if !x.B.AnyRoute && !x.A.AnyRoute && !throughSkin[q] {
			if a := ask(with(takes(q+" 1 % topical cream", maple)), p); find(a, x.ID) != nil {
				t.Errorf("%s speaks of a cream of %s", x.ID, q)
			}
		}
		// Boundary: the last day on which a stopped medicine counts, and the next.
		for side, s := range []Side{x.A, x.B} {
			other := bs
			if side == 1 {
				other = as
			}
			for _, m := range slices.Sorted(maps.Keys(s.Members)) {
				o := other[0]
				if o == m {
					o = other[len(other)-1]
				}
				if o == m {
					continue
				}
				days := s.Members[m]
				opposite := []Side{x.B, x.A}[side]
				if d, both := opposite.Members[m]; both {
					days = max(days, d) // it stands on both sides
				}
				if days > 0 {
					if a := ask(with(took(m, days)), o); !seen(a, x) {
						t.Errorf("%s: %s stopped %d days ago: %s", x.ID, m, days, ids(a))
					}
				}
				if a := ask(with(took(m, days+1)), o); find(a, x.ID) != nil {
					t.Errorf("%s: %s stopped %d days ago counts", x.ID, m, days+1)
				}
			}
		}
	}
}

func TestEveryDuplicate(t *testing.T) {
	if len(sameClasses) > 64 {
		t.Fatal("classesOf has a bit each for 64")
	}
	for i, c := range sameClasses {
		id := duplicateRules()[i+1].ID
		members := substance.Members(c.class)
		if len(members) < 2 {
			t.Errorf("%s has %d members", c.class, len(members))
			continue
		}
		n := 0
		for _, p := range members {
			for _, q := range members {
				if p == q || c.meant != nil && c.meant(known(t, p), known(t, q)) {
					continue
				}
				n++
				if a := ask(with(takes(q, lakeside)), p); find(a, id) == nil {
					t.Fatalf("%s drafted with %s: %s", p, q, ids(a))
				} else if n < 5 {
					wellFormed(t, a)
				}
			}
		}
		if a := ask(with(takes("senna", maple)), members[0]); find(a, id) != nil {
			t.Errorf("%s speaks of senna", id)
		}
		if !c.anyRoute && !throughSkin[members[1]] {
			if a := ask(with(takes(members[1]+" ophthalmic solution", maple)), members[0]); find(a, id) != nil {
				t.Errorf("%s speaks of eye drops", id)
			}
		}
	}
}

func TestRulesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		seen[r.ID] = true
		if r.ID != strings.ToLower(r.ID) || r.Title == "" || len(r.Citation) < 20 || r.Date == "" || r.Version == "" || r.Level == rule.Off || r.Kind == "" {
			t.Errorf("%+v lacks something", r)
		}
	}
	t.Logf("%d rules", len(seen))
}
