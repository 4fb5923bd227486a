package validate

import (
	"math/bits"
	"slices"
	"strings"

	"wholechart/fhir"
)

// maxPlaces is more than any type of R4 has elements.
const maxPlaces = 64

// seen is which elements an object has, and of each the member and its type.
type seen struct {
	n      fhir.Node
	plan   *plan
	bits   uint64
	values [maxPlaces]fhir.Node // of the name without _
	unders [maxPlaces]fhir.Node
	fields [maxPlaces]*field
}

func (s *seen) has(place int) bool { return s.bits&(1<<place) != 0 }

// level is an empty seen for the next object down; leave takes it back.
func (w *walk) level() *seen {
	if w.depth == len(w.levels) {
		w.levels = append(w.levels, new(seen))
	}
	w.depth++
	return w.levels[w.depth-1]
}

func (w *walk) leave(s *seen) {
	for b := s.bits; b != 0; b &= b - 1 {
		at := bits.TrailingZeros64(b)
		s.values[at], s.unders[at], s.fields[at] = fhir.Node{}, fhir.Node{}, nil
	}
	s.bits, s.n, s.plan = 0, fhir.Node{}, nil
	w.depth--
}

// resourcePlan finds the plan for a resource by its resourceType member.
func (w *walk) resourcePlan(typ fhir.Node) *plan {
	switch {
	case !typ.Exists():
		w.issueAt("resourceType", "required", "a resource has a resourceType")
	case typ.Kind() != fhir.String:
		w.issueAt("resourceType", "structure", "resourceType is a string")
	default:
		p := w.plans.types[string(typ.Decoded())]
		if p != nil && p.def.Kind == fhir.ResourceKind && !p.def.Abstract {
			return p
		}
		w.issueAt("resourceType", "structure", "resourceType is not a resource type of FHIR R4")
	}
	return nil
}

// resource walks a resource that is not contained in another: its references
// and ids stand for themselves.
func (w *walk) resource(n fhir.Node, p *plan) {
	before := w.root
	w.root = root{node: n}
	w.object(n, p, true)
	w.containedRules(n)
	w.root = before
}

// object walks an element or resource that is not primitive.
func (w *walk) object(n fhir.Node, p *plan, isResource bool) {
	if n.Kind() != fhir.Object {
		w.issue("structure", "should be an object, but is "+aKind(n.Kind()))
		return
	}
	if p.special == isBundle {
		t := n.Get("type")
		w.conditional = w.opt.Conditional || t.Is("transaction") || t.Is("batch")
	}
	s := w.level()
	defer w.leave(s)
	s.n, s.plan = n, p
	members, underscored := 0, false
	for name, v := range n.Members() {
		members++
		f := p.fields[string(name)]
		if f == nil {
			if isResource && string(name) == "resourceType" {
				members--
				continue
			}
			w.issueAt(shown(name), "structure", "unknown element of "+p.def.Name)
			continue
		}
		at := f.place
		if old := s.fields[at]; old != nil && old.typ != f.typ {
			w.issueAt(f.el.Name, "structure", "has more than one type: "+f.el.Name+"[x] may be there once")
			continue
		}
		s.bits |= 1 << at
		s.fields[at] = f
		if f.under {
			s.unders[at], underscored = v, true
		} else {
			s.values[at] = v
		}
		if f.plan.prim == notPrimitive {
			w.member(f, v)
		} else if !f.under {
			w.primitiveMember(f, v, n)
		}
	}
	if w.full() {
		return
	}
	if members == 0 {
		if isResource {
			// A resource may say nothing of itself but its type.
		} else {
			w.issue("invariant", "an object must not be empty (ele-1)")
		}
		return
	}
	if members == 1 && !isResource && s.fields[0] != nil && s.fields[0].el.Name == "id" {
		w.issue("invariant", "an element has a value or children beside its id (ele-1)")
	}
	if underscored {
		for i, f := range s.fields[:len(p.def.Elements)] {
			if f != nil && s.unders[i].Exists() {
				w.underMember(f, s.values[i], s.unders[i])
			}
		}
	}
	for _, at := range p.required {
		el := &p.def.Elements[at]
		if !s.has(at) {
			w.issueAt(el.Name, "required", "is required in "+p.def.Name)
		} else if v := s.values[at]; el.Min > 1 && v.Kind() == fhir.Array && v.Len() < el.Min {
			w.issueAt(el.Name, "required", "should be there more often")
		}
	}
	w.rules(s)
	if p.special != ordinary {
		w.specialRules(s)
	}
}

// shown is a member's name as a path may show it.
func shown(name []byte) string {
	if len(name) == 0 || len(name) > 64 {
		return "?"
	}
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return "?"
		}
	}
	return string(name)
}

func aKind(k fhir.Kind) string {
	switch k {
	case fhir.Array, fhir.Object:
		return "an " + k.String()
	case fhir.Null, fhir.None:
		return k.String()
	}
	return "a " + k.String()
}

// push goes one step down; the step is taken back with pop.
func (w *walk) push(f *field, at int32) {
	fr := frame{name: f.el.Name, at: at}
	if f.el.Choice {
		fr.typ = f.typ.Name
	}
	w.frames = append(w.frames, fr)
}

func (w *walk) pop() { w.frames = w.frames[:len(w.frames)-1] }

// arrayOf says whether a member is an array as it should be, and if it is none
// where none should be.
func (w *walk) arrayOf(f *field, v fhir.Node) bool {
	if (v.Kind() == fhir.Array) == f.array {
		if f.array {
			switch n := v.Len(); {
			case n == 0:
				w.issue("structure", "an array must not be empty")
				return false
			case f.el.Max > 1 && n > f.el.Max:
				w.issue("structure", "is there too often")
			}
		}
		return true
	}
	if f.array {
		w.issue("structure", "repeats, so should be an array, but is "+aKind(v.Kind()))
	} else {
		w.issue("structure", "does not repeat, so should be no array")
	}
	return false
}

// member walks a member whose type is not primitive.
func (w *walk) member(f *field, v fhir.Node) {
	w.push(f, -1)
	if w.arrayOf(f, v) {
		if f.array {
			at := int32(0)
			for item := range v.Items() {
				if w.full() {
					break
				}
				w.frames[len(w.frames)-1].at = at
				w.value(f, item)
				at++
			}
		} else {
			w.value(f, v)
		}
	}
	w.pop()
}

// value walks one value of a member.
func (w *walk) value(f *field, v fhir.Node) {
	p := f.plan
	switch {
	case p.def.Kind != fhir.ResourceKind:
		w.object(v, p, false)
		if f.codes != nil {
			w.boundConcept(f, v)
		}
		if len(f.typ.Targets) > 0 && p.special == isReference {
			w.target(f, v)
		}
		w.elementRules(f, v, fhir.Node{})
	case v.Kind() != fhir.Object:
		w.issue("structure", "a resource is a JSON object")
	default:
		named := w.resourcePlan(v.Get("resourceType"))
		if named == nil {
			return
		}
		if f.el.Name == "contained" {
			w.contained(v, named)
		} else {
			conditional := w.conditional
			w.resource(v, named)
			w.conditional = conditional
		}
	}
}

// primitiveMember walks a member of a primitive type, named without _.
func (w *walk) primitiveMember(f *field, v fhir.Node, object fhir.Node) {
	w.push(f, -1)
	defer w.pop()
	if !w.arrayOf(f, v) {
		return
	}
	if !f.array {
		if v.Kind() == fhir.Null {
			w.issue("structure", "null stands only for a gap in an array")
			return
		}
		w.primitiveValue(f, v)
		return
	}
	at, unders := int32(0), []fhir.Node(nil)
	for item := range v.Items() {
		w.frames[len(w.frames)-1].at = at
		if item.Kind() != fhir.Null {
			w.primitiveValue(f, item)
		} else {
			if unders == nil {
				unders = slices.Collect(object.Get("_" + f.el.Name).Items())
			}
			if int(at) >= len(unders) || unders[at].Kind() != fhir.Object {
				w.issue("structure", "null stands only for a value that has extensions")
				if len(unders) == 0 {
					return
				}
			}
		}
		at++
	}
}

// underMember walks the member with _ that holds ids and extensions of the
// primitive member v, which may be absent.
func (w *walk) underMember(f *field, v, under fhir.Node) {
	w.push(f, -1)
	defer w.pop()
	if !w.arrayOf(f, under) {
		return
	}
	if !f.array {
		w.primitiveElement(f, v, under)
		return
	}
	if v.Kind() == fhir.Array && v.Len() != under.Len() {
		w.issue("structure", "the arrays with and without _ differ in length")
		return
	}
	at, some, values := int32(0), false, slices.Collect(v.Items())
	for item := range under.Items() {
		w.frames[len(w.frames)-1].at = at
		if item.Kind() != fhir.Null {
			some = true
			var value fhir.Node
			if int(at) < len(values) && values[at].Kind() != fhir.Null {
				value = values[at]
			}
			w.primitiveElement(f, value, item)
		} else if !v.Exists() {
			w.issue("structure", "null stands only beside a value")
		}
		at++
	}
	if !some {
		w.frames[len(w.frames)-1].at = -1
		w.issue("structure", "an array of null alone says nothing")
	}
}

// primitiveElement walks the id and extensions of a primitive value.
func (w *walk) primitiveElement(f *field, value, under fhir.Node) {
	if under.Kind() == fhir.Object && value.Exists() && under.Len() == 1 && under.Get("id").Exists() {
		w.primitiveValueOf(under.Get("id"), "id")
		return // an id beside a value is enough
	}
	w.object(under, f.plan, false)
	if !value.Exists() {
		if f.codes != nil {
			if f.codes.load(); f.codes.complete && !hasOtherVersion(under) {
				w.issue("code-invalid", "there is no code, and the value set "+f.bound+" is required")
			}
		}
		w.elementRules(f, value, under)
	}
}

// hasOtherVersion says whether an extension gives the value that the element
// has in another version of FHIR (versions.html#extensions).
func hasOtherVersion(under fhir.Node) bool {
	for x := range under.Get("extension").Items() {
		rest, ok := strings.CutPrefix(x.Get("url").Str(), "http://hl7.org/fhir/")
		if ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return true
		}
	}
	return false
}

func (w *walk) primitiveValueOf(id fhir.Node, name string) {
	if id.Kind() != fhir.String || len(id.Decoded()) == 0 {
		w.issueAt(name, "value", "should be a string that is not empty")
	}
}
