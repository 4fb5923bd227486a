package validate

import (
	"strings"
	"sync"

	"wholechart/fhir"
)

// plan is a type made ready for walking its instances.
type plan struct {
	def      *fhir.TypeDef
	fields   map[string]*field // by JSON name, those with _ too
	places   map[string]int    // by element name
	required []int             // places of elements with min > 0
	rules    []*rule
	special  special
	prim     primitive
}

// field is one JSON name of an element.
type field struct {
	el    *fhir.ElementDef
	place int
	plan  *plan // of its type
	typ   *fhir.TypeRef
	array bool
	under bool // the name has a _ before it
	codes *codeSet
	bound string  // its URL
	more  []*rule // invariants to evaluate on each value, see elementRules
}

// special are types whose instances are looked at beyond their table.
type special uint8

const (
	ordinary special = iota
	isReference
	isNarrative
	isPeriod
	isBundle
	isEntry
	isSystem // Coding and Identifier
	isExtension
	isAttachment
)

type planTable struct {
	types map[string]*plan
}

// plans are made once, for all types: some 3 ms.
var plans = sync.OnceValue(func() *planTable {
	t := &planTable{types: map[string]*plan{}}
	for _, def := range fhir.Types() {
		t.types[def.Name] = &plan{def: def, prim: primitiveOf(def)}
	}
	rules := map[fhir.Invariant]*rule{}
	pick := func(invs []fhir.Invariant) []*rule {
		var out []*rule
		for _, inv := range invs {
			if byHand[inv.Key] != nil && byHand[inv.Key](inv) {
				continue
			}
			r := rules[inv]
			if r == nil {
				r = &rule{Invariant: inv, formula: parseFormula(inv.Expression)}
				rules[inv] = r
			}
			out = append(out, r)
		}
		return out
	}
	sets := map[string]*codeSet{}
	for _, p := range t.types {
		p.rules = pick(p.def.Invariants)
		p.special = specials[p.def.Name]
		p.places = make(map[string]int, len(p.def.Elements))
		if len(p.def.Elements) > maxPlaces {
			panic("validate: " + p.def.Name + " has more elements than maxPlaces")
		}
		p.fields = make(map[string]*field, 2*len(p.def.Elements))
		for i := range p.def.Elements {
			el := &p.def.Elements[i]
			p.places[el.Name] = i
			more := pick(el.Invariants)
			if el.Min > 0 {
				p.required = append(p.required, i)
			}
			for name, ref := range el.JSONNames() {
				f := &field{el: el, place: i, plan: t.types[ref.Name], typ: ref, array: el.Max < 0 || el.Max > 1, more: more}
				if ref.Profile == "SimpleQuantity" || ref.Profile == "MoneyQuantity" {
					f.plan = t.types[ref.Profile]
				}
				if b := el.Binding; b != nil && b.Strength == "required" {
					if sets[b.ValueSet] == nil {
						sets[b.ValueSet] = &codeSet{url: b.ValueSet}
					}
					f.codes, f.bound = sets[b.ValueSet], b.ValueSet
				}
				p.fields[name] = f
				if f.plan.prim != notPrimitive {
					under := *f
					under.under = true
					p.fields["_"+name] = &under
				}
			}
		}
	}
	return t
})

var specials = map[string]special{
	"Reference": isReference, "Narrative": isNarrative, "Period": isPeriod, "Bundle": isBundle, "Bundle.entry": isEntry,
	"Coding": isSystem, "Identifier": isSystem, "Extension": isExtension, "Attachment": isAttachment,
}

// codeSet is a required value set, its codes listed when first asked for.
type codeSet struct {
	url      string
	once     sync.Once
	complete bool
	coded    map[string]bool // "system|code"
	plain    map[string]bool // "code"
}

func (c *codeSet) load() {
	c.once.Do(func() {
		c.coded, c.complete = fhir.ValueSetCodes(c.url)
		c.plain = make(map[string]bool, len(c.coded)/2)
		for code := range c.coded {
			if rest, ok := strings.CutPrefix(code, "|"); ok {
				c.plain[rest] = true
			}
		}
	})
}

// has says whether a code is in the set, in any system.
func (c *codeSet) has(code []byte) (ok, known bool) {
	c.load()
	return c.plain[string(code)], c.complete
}

// hasCoding says whether a coding is in the set.
func (c *codeSet) hasCoding(system, code []byte) (ok, known bool) {
	c.load()
	var few [128]byte
	key := append(append(append(few[:0], system...), '|'), code...)
	return len(system) > 0 && c.coded[string(key)], c.complete
}
