package fhirpath

import "strings"

// systemTypes are the types of namespace System (N1 section 4.1).
var systemTypes = map[string]Kind{
	"Boolean": Boolean, "Integer": Integer, "Decimal": Decimal, "String": String,
	"Date": Date, "DateTime": DateTime, "Time": Time, "Quantity": QuantityKind, "Any": Absent,
}

// wanted is a resolved type specifier: a FHIR type, a System type, or, for a
// name without a namespace such as Quantity, either.
type wanted struct {
	fhir   *shape
	system Kind
	any    bool
}

func resolveType(t typeName, at int) (wanted, error) {
	var w wanted
	ok := false
	if t.space == "" || t.space == "FHIR" {
		w.fhir = shapeOf(t.name)
		ok = w.fhir != nil
	}
	if t.space == "" || t.space == "System" {
		if kind, is := systemTypes[t.name]; is {
			w.system, w.any = kind, t.name == "Any"
			ok = true
		}
	}
	// System has no type of that name: nothing is of it, which is not an error.
	if !ok && t.space != "System" {
		return w, fail(Semantic, at, "no type %s", strings.TrimPrefix(t.space+"."+t.name, "."))
	}
	return w, nil
}

// is says whether a value is of the type or one derived from it.
func (w wanted) is(v Value) bool {
	if v.kind != Place {
		return w.any || w.system != Absent && v.kind == w.system
	}
	return w.any || w.fhir != nil && v.shape.isA(w.fhir)
}

// casts says whether as() and ofType() let a value pass: as is, but a FHIR
// primitive only as exactly its own type (a code is not passed as a string).
func (w wanted) casts(v Value) bool {
	if v.kind == Place && v.shape != nil && v.shape.primitive && !w.any {
		return v.shape == w.fhir
	}
	return w.is(v)
}

// compileType is `left is T`, `left as T` and their function forms.
func compileType(n, of *node, op string, t typeName) (eval, error) {
	w, err := resolveType(t, n.at)
	if err != nil {
		return nil, err
	}
	if op == "is" && of != nil && of.kind == nCall && of.name == "resolve" && w.fhir != nil {
		return compileResolveIs(of, w)
	}
	left, err := compileLeft(of)
	if err != nil {
		return nil, err
	}
	at := n.at
	return func(c *context) ([]Value, error) {
		in, err := left(c)
		if err != nil || len(in) == 0 {
			return nil, err
		}
		if len(in) == 1 {
			switch {
			case op == "is":
				return boolResult(w.is(in[0])), nil
			case w.casts(in[0]):
				return in, nil
			}
			return nil, nil
		}
		if op == "ofType" || op == "as" && c.loose {
			return c.filter(in, w)
		}
		return nil, fail(Execution, at, "%s() on several items", op)
	}, nil
}

func (c *context) filter(in []Value, w wanted) ([]Value, error) {
	if err := c.spend(len(in)); err != nil {
		return nil, err
	}
	out := c.room(len(in))
	for i := range in {
		if w.casts(in[i]) {
			out = append(out, in[i])
		}
	}
	return out, nil
}

// typeArgument reads the argument of is(), as() and ofType() as a type specifier.
func typeArgument(a *node) (typeName, bool) {
	if a.kind != nMember {
		return typeName{}, false
	}
	if a.left == nil {
		return typeName{"", a.name}, true
	}
	if a.left.kind == nMember && a.left.left == nil {
		return typeName{a.left.name, a.name}, true
	}
	return typeName{}, false
}

func cutType(s string) (space, name string, ok bool) { return strings.Cut(s, ".") }

// typeOf is what type() says of a value.
func typeOf(v Value) Value {
	if v.kind != Place {
		return typeValue("System", kindNames[v.kind])
	}
	if v.shape == nil {
		return Value{}
	}
	return typeValue("FHIR", v.shape.name)
}
