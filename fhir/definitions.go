package fhir

import (
	"iter"
	"strings"
	"sync/atomic"
)

//go:generate go run ./internal/gen

// TypeKind says which of the four sorts of FHIR type a TypeDef is.
type TypeKind uint8

// The sorts of type. Backbone types are the unnamed ones inside another type:
// their name is their path ("Observation.component").
const (
	Primitive TypeKind = iota
	Complex
	Backbone
	ResourceKind
)

// TypeDef is what R4 defines of one type: the snapshot of its
// StructureDefinition, inherited elements included, in the order of the
// definition (which is the order of XML).
type TypeDef struct {
	Name, Base string // Base is "" for Element and Resource
	Kind       TypeKind
	Abstract   bool
	Elements   []ElementDef
	Invariants []Invariant // all that hold for the type, inherited ones too

	names atomic.Pointer[map[string]nameRef]
}

// ElementDef is one element. A primitive type's value has no ElementDef.
type ElementDef struct {
	Name              string    // without [x]: "value"
	Choice            bool      // the JSON name ends with the type: valueQuantity
	Types             []TypeRef // one, or a choice's many
	Min, Max          int       // Max -1 is *
	Binding           *Binding  // nil if not bound to codes
	Summary, Modifier bool
	Invariants        []Invariant // beyond those of its type
}

// TypeRef is a type an element may have. Name of a backbone or of a content
// reference is a path: "Observation.referenceRange".
type TypeRef struct {
	Name    string
	Profile string   // "SimpleQuantity" where the definition narrows the type so
	Targets []string // of a Reference or canonical: the types meant; nil is any
}

// Binding ties an element to a value set; Strength is required, extensible,
// preferred or example. ValueSet has no version.
type Binding struct{ Strength, ValueSet string }

// Invariant is a rule as a FHIRPath expression; Severity is error or warning.
type Invariant struct{ Key, Severity, Human, Expression string }

// SearchParam is one search parameter HL7 defines for R4.
type SearchParam struct {
	Code, URL, Type, Expression    string
	Bases, Targets                 []string
	Components                     []Component // of a composite
	MultipleOr, MultipleAnd        bool
	Comparators, Modifiers, Chains []string
}

// Component is a part of a composite parameter: the parameter's URL and where
// it is, from each value of the composite's own expression.
type Component struct{ Definition, Expression string }

// LookupType is a type by name or backbone path ("Observation", "Quantity",
// "Observation.component", "date"), or nil.
func LookupType(name string) *TypeDef { return defs().types[name] }

// Types yields every type once, abstract, backbone and primitive ones too, in
// an order that is fixed for one table.
func Types() []*TypeDef { return defs().all }

type nameRef struct {
	element *ElementDef
	typ     string
}

// Element finds an element by its JSON name: "valueQuantity" of Observation is
// value[x] and "Quantity". For a choice only names with a type are found
// ("value" is not). el is nil if there is none.
func (t *TypeDef) Element(jsonName string) (el *ElementDef, typ string) {
	if t == nil {
		return nil, ""
	}
	m := t.names.Load()
	if m == nil {
		names := make(map[string]nameRef, len(t.Elements)+8)
		for i := range t.Elements {
			e := &t.Elements[i]
			for name, r := range e.JSONNames() {
				names[name] = nameRef{e, r.Name}
			}
		}
		m = &names
		t.names.Store(m)
	}
	r := (*m)[jsonName]
	return r.element, r.typ
}

// ElementNamed finds an element by its FHIRPath name: "value" for value[x].
func (t *TypeDef) ElementNamed(name string) *ElementDef {
	if t == nil {
		return nil
	}
	for i := range t.Elements {
		if t.Elements[i].Name == name {
			return &t.Elements[i]
		}
	}
	return nil
}

// JSONNames yields the names the element has in JSON, each with its type: one,
// or a choice's many.
func (e *ElementDef) JSONNames() iter.Seq2[string, *TypeRef] {
	return func(yield func(string, *TypeRef) bool) {
		for i := range e.Types {
			r, name := &e.Types[i], e.Name
			if e.Choice {
				name += strings.ToUpper(r.Name[:1]) + r.Name[1:]
			}
			if !yield(name, r) || !e.Choice {
				return
			}
		}
	}
}

// TypeRef is the element's type of that name, or nil.
func (e *ElementDef) TypeRef(name string) *TypeRef {
	for i := range e.Types {
		if e.Types[i].Name == name {
			return &e.Types[i]
		}
	}
	return nil
}

// SearchParams are the parameters of a resource type: its own, DomainResource's
// and Resource's. The slice must not be changed.
func SearchParams(resource string) []*SearchParam { return defs().params[resource] }

// LookupSearchParam is the parameter of a resource type by code, or nil.
func LookupSearchParam(resource, code string) *SearchParam {
	for _, p := range defs().params[resource] {
		if p.Code == code {
			return p
		}
	}
	return nil
}

// AllSearchParams are all of them, ordered by URL. The slice must not be changed.
func AllSearchParams() []*SearchParam { return defs().allParams }

// CompartmentParams are the codes of the search parameters by which resources
// of a type belong to a compartment: ("Patient", "Observation") is subject and
// performer. Nil if the type has no place in it.
func CompartmentParams(compartment, resource string) []string {
	return defs().compartments[[2]string{compartment, resource}]
}

// ResourceTypes are the names of R4's concrete resource types, in alphabetical
// order. The slice must not be changed.
func ResourceTypes() []string { return defs().resources }

// IsResourceType says whether a name is one of ResourceTypes.
func IsResourceType(name string) bool { return defs().numbers[name] != 0 }

// TypeNumber is a resource type's place among ResourceTypes, from 1; 0 if it is none.
func TypeNumber(resourceType string) uint8 { return defs().numbers[resourceType] }

// TypeName is the resource type with a TypeNumber, or "".
func TypeName(number uint8) string {
	if d := defs(); number > 0 && int(number) <= len(d.resources) {
		return d.resources[number-1]
	}
	return ""
}

// SubtypeOf says whether a type is another or derives from it: Age from
// Quantity, Patient from DomainResource, code from string.
func SubtypeOf(typ, base string) bool {
	for t := LookupType(typ); t != nil; t = LookupType(t.Base) {
		if t.Name == base {
			return true
		}
	}
	return false
}
