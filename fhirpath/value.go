package fhirpath

import (
	"bytes"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"wholechart/fhir"
)

// Kind is what a Value is.
type Kind uint8

// The kinds of a Value: a place in a FHIR tree, or a System value of N1.
const (
	Absent Kind = iota
	Place
	Boolean
	Integer
	Decimal
	String
	Date
	DateTime
	Time
	QuantityKind
	TypeInfo // what type() returns
)

var kindNames = [...]string{"", "", "Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Time", "Quantity", "TypeInfo"}

// Value is one item of a collection: a place in a resource with its FHIR type,
// or a System value. The zero Value is absent.
type Value struct {
	kind  Kind
	i     int64  // Boolean, Integer
	s     string // String; TypeInfo: "FHIR.Patient"
	p     any    // *apd.Decimal, *Temporal, *Quantity
	shape *shape // of a Place; nil if its type is not known
	node  fhir.Node
	under fhir.Node // of a primitive Place: the object with its id and extensions
}

// Collection is what an expression evaluates to.
type Collection []Value

// Resource is a resource as input; its type is its resourceType.
func Resource(n fhir.Node) Value {
	if !n.Exists() {
		return Value{}
	}
	return Value{kind: Place, shape: resourceShape(n), node: n}
}

// Element is an element as input: its node, the object beside it with a
// primitive's id and extensions (the zero Node if there is none), and its FHIR
// type ("HumanName", "Patient.contact", "date").
func Element(n, under fhir.Node, typ string) Value {
	if !n.Exists() && !under.Exists() {
		return Value{}
	}
	s := shapeOf(typ)
	if s != nil && s.def.Kind == fhir.ResourceKind && s.def.Abstract {
		if named := resourceShape(n); named != nil {
			s = named
		}
	}
	return Value{kind: Place, shape: s, node: n, under: under}
}

// Bool, Int, Str are System values.
func Bool(b bool) Value {
	if b {
		return Value{kind: Boolean, i: 1}
	}
	return Value{kind: Boolean}
}

// Int is a System.Integer.
func Int(i int32) Value { return Value{kind: Integer, i: int64(i)} }

// Str is a System.String.
func Str(s string) Value { return Value{kind: String, s: s} }

func decimalValue(d *apd.Decimal) Value  { return Value{kind: Decimal, p: d} }
func quantityValue(q *Quantity) Value    { return Value{kind: QuantityKind, p: q} }
func temporalValue(t *Temporal) Value    { return Value{kind: t.Kind, p: t} }
func typeValue(space, name string) Value { return Value{kind: TypeInfo, s: space + "." + name} }
func (v Value) temporal() *Temporal      { t, _ := v.p.(*Temporal); return t }
func (v Value) quantity() *Quantity      { q, _ := v.p.(*Quantity); return q }

// Kind is what the value is.
func (v Value) Kind() Kind { return v.kind }

// Node is the place of a Place; else the zero Node, as for a primitive that has
// extensions but no value.
func (v Value) Node() fhir.Node { return v.node }

// Under is the object with id and extensions beside a primitive (_birthDate).
func (v Value) Under() fhir.Node { return v.under }

// Type is the type's name without its namespace: "Quantity", "code",
// "Patient.contact"; "String" of a System value; "" if unknown.
func (v Value) Type() string {
	if v.kind == Place {
		if v.shape == nil {
			return ""
		}
		return v.shape.name
	}
	return kindNames[v.kind]
}

// System is the System value of a FHIR primitive or Quantity, by the implicit
// conversions of R4; a Place that has none stays itself, and a primitive
// without a value is absent.
func (v Value) System() Value {
	if v.kind != Place {
		return v
	}
	if v.shape == nil {
		switch v.node.Kind() {
		case fhir.String:
			return Str(v.node.Str())
		case fhir.Bool:
			return Bool(v.node.True())
		case fhir.Number:
			if n, ok := parseNumber(string(v.node.Raw())); ok {
				return n
			}
		}
		return v
	}
	if !v.shape.primitive {
		if v.shape.isA(shapeOf("Quantity")) {
			if q := quantityOf(v.node); q != nil {
				return quantityValue(q)
			}
		}
		return v
	}
	if !v.node.Exists() {
		return Value{}
	}
	return v.primitive()
}

func (v Value) primitive() Value {
	switch v.shape.system {
	case Boolean:
		if v.node.Kind() == fhir.Bool {
			return Bool(v.node.True())
		}
	case Integer:
		if i, err := strconv.ParseInt(v.node.Text(), 10, 32); err == nil {
			return Value{kind: Integer, i: i}
		}
	case Decimal:
		if d, ok := parseDecimal(v.node.Text()); ok {
			return decimalValue(d)
		}
	case Date, DateTime, Time:
		if t, ok := parseTemporal(v.node.Str(), v.shape.system); ok {
			return temporalValue(t)
		}
	}
	// What is not what its type demands is still text (validation says so elsewhere).
	return Str(v.node.Text())
}

// isString says whether the value is text once implicitly converted.
func (v Value) isString() bool {
	return v.kind == String || v.kind == Place && v.node.Kind() == fhir.String && (v.shape == nil || v.shape.primitive && v.shape.system == String)
}

// text is the string of isString.
func (v Value) text() string {
	if v.kind == String {
		return v.s
	}
	return v.node.Str()
}

// plainText is the text of a place where it stands without escapes.
func (v Value) plainText() ([]byte, bool) {
	raw := v.node.Raw()
	if len(raw) < 2 {
		return nil, false
	}
	raw = raw[1 : len(raw)-1]
	return raw, bytes.IndexByte(raw, '\\') < 0
}

// textIs compares without making a string where it can.
func (v Value) textIs(s string) bool {
	if v.kind == String {
		return v.s == s
	}
	if plain, ok := v.plainText(); ok {
		return string(plain) == s
	}
	return v.node.Str() == s
}

func (v Value) decimal() (*apd.Decimal, bool) {
	switch v.kind {
	case Integer:
		return apd.New(v.i, 0), true
	case Decimal:
		return v.p.(*apd.Decimal), true
	}
	return nil, false
}

// Bool is a boolean's value; ok is false for anything else.
func (v Value) Bool() (b, ok bool) {
	v = v.System()
	return v.i == 1, v.kind == Boolean
}

// Number is an Integer or Decimal, exactly; ok is false for anything else.
func (v Value) Number() (*apd.Decimal, bool) { return v.System().decimal() }

// Text is the value as toString() writes it; empty for what cannot be written so.
func (v Value) Text() string {
	s, _ := v.System().toString()
	return s
}

func (v Value) toString() (string, bool) {
	switch v.kind {
	case String:
		return v.s, true
	case Boolean:
		return strconv.FormatBool(v.i == 1), true
	case Integer:
		return strconv.FormatInt(v.i, 10), true
	case Decimal:
		return formatDecimal(v.p.(*apd.Decimal)), true
	case Date, DateTime, Time:
		return v.temporal().String(), true
	case QuantityKind:
		return v.quantity().String(), true
	case TypeInfo:
		return v.s, true
	}
	return "", false
}

// AppendJSON appends the value as JSON: a place as it stands in the resource, a
// System value as FHIR writes the primitive, a quantity as a Quantity.
func (v Value) AppendJSON(b []byte) []byte {
	switch v.kind {
	case Absent:
		return append(b, "null"...)
	case Place:
		if v.node.Exists() {
			return append(b, v.node.Raw()...)
		}
		return append(b, v.under.Raw()...)
	case Boolean, Integer, Decimal:
		s, _ := v.toString()
		return append(b, s...)
	case QuantityKind:
		q := v.quantity()
		b = append(append(b, `{"value":`...), formatDecimal(q.Value)...)
		if q.calendar() {
			return append(appendQuoted(append(b, `,"unit":`...), q.UnitText()), '}')
		}
		return append(appendQuoted(append(b, `,"system":"http://unitsofmeasure.org","code":`...), q.UnitText()), '}')
	}
	s, _ := v.toString()
	return appendQuoted(b, s)
}
