package fhirpath

import (
	"slices"
	"strings"
	"sync"

	"wholechart/fhir"
)

// shape is a FHIR type as paths see it: elements by their FHIRPath name, each
// with the JSON members that can hold it.
type shape struct {
	def       *fhir.TypeDef
	name      string
	primitive bool
	system    Kind // of a primitive: the System type it converts to (R4 fhirpath, "Using FHIR types in expressions")

	once     sync.Once
	elements map[string]*element
	json     map[string]*option // by JSON name
}

type element struct {
	name    string
	under   string // "_" + name
	list    bool
	options []option
	suffix  map[string]*option // of a choice: by what follows the name
}

// option is one JSON member of an element: valueQuantity of value.
type option struct {
	json, under string // under is the sibling of a primitive, _birthDate
	shape       *shape
	resource    bool // the type is the resourceType of what is there
}

var shapes = sync.OnceValue(func() map[string]*shape {
	all := map[string]*shape{}
	for _, t := range fhir.Types() {
		s := &shape{def: t, name: t.Name, primitive: t.Kind == fhir.Primitive}
		if s.primitive {
			s.system = primitiveKind(t.Name)
		}
		all[t.Name] = s
	}
	return all
})

func primitiveKind(name string) Kind {
	switch name {
	case "boolean":
		return Boolean
	case "integer", "positiveInt", "unsignedInt":
		return Integer
	case "decimal":
		return Decimal
	case "date":
		return Date
	case "dateTime", "instant":
		return DateTime
	case "time":
		return Time
	}
	return String
}

func shapeOf(name string) *shape { return shapes()[name] }

// resourceShape is the type a resource says it is, or nil.
func resourceShape(n fhir.Node) *shape {
	raw := n.Get("resourceType").Raw()
	if len(raw) < 2 {
		return nil
	}
	return shapes()[string(raw[1:len(raw)-1])]
}

func (s *shape) element(name string) *element {
	if s == nil {
		return nil
	}
	s.once.Do(s.fill)
	return s.elements[name]
}

func (s *shape) fill() {
	s.elements = make(map[string]*element, len(s.def.Elements))
	s.json = make(map[string]*option, len(s.def.Elements))
	for i := range s.def.Elements {
		d := &s.def.Elements[i]
		e := &element{name: d.Name, under: "_" + d.Name, list: d.Max != 1}
		for _, t := range d.Types {
			o := option{json: d.Name, shape: shapeOf(t.Name)}
			if d.Choice {
				o.json += strings.ToUpper(t.Name[:1]) + t.Name[1:]
			}
			if o.shape == nil {
				continue
			}
			if o.shape.primitive {
				o.under = "_" + o.json
			}
			o.resource = t.Name == "Resource" || o.shape.def.Kind == fhir.ResourceKind && o.shape.def.Abstract
			if s.def.Kind == fhir.ResourceKind && d.Name == "id" {
				o.shape = shapeOf("id") // R4 resource.html: Resource.id is an id
			}
			e.options = append(e.options, o)
		}
		if d.Choice {
			e.suffix = make(map[string]*option, len(e.options))
			for i := range e.options {
				e.suffix[e.options[i].json[len(d.Name):]] = &e.options[i]
			}
		}
		s.elements[d.Name] = e
		for i := range e.options {
			s.json[e.options[i].json] = &e.options[i]
		}
	}
}

// isA says whether the type is another or derives from it.
func (s *shape) isA(base *shape) bool {
	for s != nil {
		if s == base {
			return true
		}
		s = shapeOf(s.def.Base)
	}
	return false
}

// child yields what a node holds under one option.
func (o *option) child(parent fhir.Node, out []Value) []Value {
	value := parent.Get(o.json)
	var under fhir.Node
	if o.under != "" {
		under = parent.Get(o.under)
	}
	if !value.Exists() && !under.Exists() {
		return out
	}
	if value.Kind() != fhir.Array && under.Kind() != fhir.Array {
		return o.push(value, under, out)
	}
	if !under.Exists() {
		for item := range value.Items() {
			out = o.push(item, under, out)
		}
		return out
	}
	// A primitive's two arrays run side by side, with null where one has nothing.
	besides := slices.Collect(under.Items())
	i := 0
	for item := range value.Items() {
		var beside fhir.Node
		if i < len(besides) {
			beside = besides[i]
		}
		out = o.push(item, beside, out)
		i++
	}
	for _, beside := range besides[min(i, len(besides)):] {
		out = o.push(fhir.Node{}, beside, out)
	}
	return out
}

func (o *option) push(value, under fhir.Node, out []Value) []Value {
	if value.Kind() == fhir.Null {
		value = fhir.Node{}
	}
	if under.Kind() == fhir.Null {
		under = fhir.Node{}
	}
	if !value.Exists() && !under.Exists() {
		return out
	}
	s := o.shape
	if o.resource {
		if named := resourceShape(value); named != nil {
			s = named
		}
	}
	return append(out, Value{kind: Place, shape: s, node: value, under: under})
}

// children yields what an object holds under the element.
func (e *element) children(object fhir.Node, out []Value) []Value {
	if e.suffix == nil {
		for i := range e.options {
			out = e.options[i].child(object, out)
		}
		return out
	}
	for rest := range object.Prefixed(e.name) {
		if o := e.suffix[string(rest)]; o != nil {
			out = o.child(object, out)
		}
	}
	for rest := range object.Prefixed(e.under) {
		if o := e.suffix[string(rest)]; o != nil && !object.Get(o.json).Exists() {
			out = o.child(object, out)
		}
	}
	return out
}

// object is where a value's elements are: for a primitive, beside it.
func (v Value) object() fhir.Node {
	if v.node.Kind() == fhir.Object {
		return v.node
	}
	return v.under
}

// members yields all elements of a value, in the order of its JSON text.
func (v Value) members(out []Value) []Value {
	if v.kind != Place {
		return out
	}
	object := v.object()
	for name, n := range object.Prefixed("") {
		if string(name) == "resourceType" {
			continue
		}
		if len(name) > 0 && name[0] == '_' {
			if name = name[1:]; object.Get(string(name)).Exists() {
				continue // with its value
			}
		}
		if o := v.shape.option(string(name)); o != nil {
			out = o.child(object, out)
		} else if v.shape == nil {
			for item := range n.Items() {
				out = append(out, Value{kind: Place, node: item})
			}
		}
	}
	return out
}

// option is the element and type of a JSON member, or nil.
func (s *shape) option(json string) *option {
	if s == nil {
		return nil
	}
	s.once.Do(s.fill)
	return s.json[json]
}
