package fhirpath

import (
	"testing"

	"wholechart/fhir"
)

// TestDefinitions compiles every expression that R4 defines.
func TestDefinitions(t *testing.T) {
	params, invariants := 0, 0
	for _, p := range fhir.AllSearchParams() {
		texts := []string{p.Expression}
		for _, c := range p.Components {
			texts = append(texts, c.Expression)
		}
		for _, text := range texts {
			if text == "" {
				continue
			}
			params++
			e, err := Compile(text)
			if err != nil {
				t.Errorf("%s: %s: %v", p.URL, text, err)
				continue
			}
			for _, base := range p.Bases {
				for _, r := range e.plan(shapeOf(base)).routes {
					if r.general != nil && testing.Verbose() {
						t.Logf("not laid out: %s on %s", text, base)
					}
				}
			}
		}
	}
	seen := map[string]bool{}
	try := func(on string, all []fhir.Invariant) {
		for _, i := range all {
			if seen[on+i.Expression] || i.Expression == "" {
				continue
			}
			seen[on+i.Expression] = true
			invariants++
			e, err := Compile(i.Expression)
			if err != nil {
				t.Errorf("%s: %s: %v", i.Key, i.Expression, err)
				continue
			}
			if err := e.Check(on); err != nil && !knownBroken[i.Key] {
				t.Errorf("%s on %s: %s: %v", i.Key, on, i.Expression, err)
			}
		}
	}
	for _, typ := range fhir.Types() {
		try(typ.Name, typ.Invariants)
		for _, el := range typ.Elements {
			for _, ref := range el.Types {
				if !el.Choice {
					try(ref.Name, el.Invariants)
				}
			}
		}
	}
	if params < 1300 || invariants < 500 {
		t.Errorf("%d parameters and %d invariants are too few", params, invariants)
	}
	t.Logf("%d expressions of search parameters, %d of invariants", params, invariants)
}

// knownBroken are invariants of R4 that name what does not exist.
var knownBroken = map[string]bool{
	"cid-0": true, // ChargeItemDefinition has no name in R4
}
