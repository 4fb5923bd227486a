package fhirpath

import (
	"strings"
	"unicode"

	"github.com/cockroachdb/apd/v3"

	"wholechart/fhir"
)

// equalCollections is the = operator (N1 section 6.1.1): empty where a side is empty.
func (c *context) equalCollections(a, b []Value) (tri, error) {
	if len(a) == 0 || len(b) == 0 {
		return unknown, nil
	}
	if len(a) != len(b) {
		return no, nil
	}
	if err := c.spend(len(a)); err != nil {
		return unknown, err
	}
	out := yes
	for i := range a {
		switch equal(a[i], b[i]) {
		case no:
			return no, nil
		case unknown:
			out = unknown
		}
	}
	return out, nil
}

// equal compares two items; unknown where precision or units leave it open.
func equal(a, b Value) tri {
	if a.isString() && b.isString() {
		if b.kind == String {
			return triOf(a.textIs(b.s))
		}
		if a.kind == String {
			return triOf(b.textIs(a.s))
		}
		return triOf(a.text() == b.text())
	}
	if a.kind == Place && b.kind == Place && (a.node.Exists() && a.node.Same(b.node)) {
		return yes
	}
	x, y := a.System(), b.System()
	if a.kind == Place && b.kind == Place && (x.kind == Place || y.kind == Place || x.kind == QuantityKind || x.kind == Absent || y.kind == Absent) {
		return triOf(sameTree(a.node, b.node, false) && sameTree(a.under, b.under, false))
	}
	if x.kind == Absent || y.kind == Absent {
		return unknown
	}
	if x, y, ok := asQuantities(x, y); ok {
		order, comparable := compareQuantity(x, y)
		if !comparable {
			return unknown
		}
		return triOf(order == 0)
	}
	if d, ok := x.decimal(); ok {
		e, ok := y.decimal()
		return triOf(ok && d.Cmp(e) == 0)
	}
	switch x.kind {
	case Boolean:
		return triOf(y.kind == Boolean && x.i == y.i)
	case String, TypeInfo:
		return triOf(y.kind == x.kind && x.s == y.s)
	case Date, DateTime, Time:
		if (x.kind == Time) != (y.kind == Time) || y.temporal() == nil {
			return no
		}
		order, known := compareTemporal(x.temporal(), y.temporal())
		if !known {
			return unknown
		}
		return triOf(order == 0)
	}
	return no
}

// asQuantities is both as quantities where one of them is: a number converts to
// a quantity of unit '1' (N1 section 5.5, implicit conversions).
func asQuantities(x, y Value) (a, b *Quantity, ok bool) {
	if x.kind != QuantityKind && y.kind != QuantityKind {
		return nil, nil, false
	}
	one := func(v Value) *Quantity {
		if v.kind == QuantityKind {
			return v.quantity()
		}
		if d, ok := v.decimal(); ok {
			return &Quantity{d, "1"}
		}
		return nil
	}
	a, b = one(x), one(y)
	return a, b, a != nil && b != nil
}

// sameTree compares two JSON trees, members in any order; loose is equivalence:
// items in any order, text by its words, numbers by the lesser precision.
func sameTree(a, b fhir.Node, loose bool) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case fhir.String:
		if loose {
			return sameWords(a.Str(), b.Str())
		}
		return a.Str() == b.Str()
	case fhir.Number:
		x, ok1 := parseDecimal(a.Text())
		y, ok2 := parseDecimal(b.Text())
		if !ok1 || !ok2 {
			return a.Text() == b.Text()
		}
		return x.Cmp(y) == 0 || loose && almost(x, y)
	case fhir.Object:
		if a.Len() != b.Len() {
			return false
		}
		for name, n := range a.Fields() {
			if m := b.Get(name); !m.Exists() || !sameTree(n, m, loose) {
				return false
			}
		}
	case fhir.Array:
		if a.Len() != b.Len() {
			return false
		}
		var left []fhir.Node
		for m := range b.Items() {
			left = append(left, m)
		}
		for n := range a.Items() {
			found := -1
			for i, m := range left {
				if sameTree(n, m, loose) {
					found = i
					break
				}
				if !loose {
					break
				}
			}
			if found < 0 {
				return false
			}
			left = append(left[:found], left[found+1:]...)
		}
	case fhir.Bool:
		return a.True() == b.True()
	}
	return true
}

// sameWords ignores case and takes any white space as one space (N1 section 6.1.2).
func sameWords(a, b string) bool {
	space := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return ' '
			}
			return unicode.ToLower(r)
		}, s)
	}
	return a == b || space(a) == space(b)
}

// equivalent is ~ on two items: never unknown.
func equivalent(a, b Value) bool {
	x, y := a.System(), b.System()
	if x.kind == Place || y.kind == Place {
		return x.kind == y.kind && sameTree(a.node, b.node, true)
	}
	if x.kind == Absent || y.kind == Absent {
		return x.kind == y.kind
	}
	if x, y, ok := asQuantities(x, y); ok {
		return alike(x, y)
	}
	if d, ok := x.decimal(); ok {
		e, ok := y.decimal()
		return ok && almost(d, e)
	}
	if x.kind == String && y.kind == String {
		return sameWords(x.s, y.s)
	}
	return equal(x, y) == yes
}

func (c *context) equivalentCollections(a, b []Value) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	rest := append(make([]Value, 0, len(b)), b...)
	for i := range a {
		if err := c.spend(len(rest)); err != nil {
			return false, err
		}
		found := -1
		for j := range rest {
			if equivalent(a[i], rest[j]) {
				found = j
				break
			}
		}
		if found < 0 {
			return false, nil
		}
		rest = append(rest[:found], rest[found+1:]...)
	}
	return true, nil
}

// contains says whether an item is in a collection, by equality.
func (c *context) contains(in []Value, v Value) (bool, error) {
	if err := c.spend(len(in)); err != nil {
		return false, err
	}
	for i := range in {
		if equal(in[i], v) == yes {
			return true, nil
		}
	}
	return false, nil
}

// distinct drops every item that equals an earlier one. Where all are strings,
// it looks them up; else it compares each with each.
func (c *context) distinct(in []Value) ([]Value, error) {
	if len(in) < 2 {
		return in, nil
	}
	out := c.room(len(in))
	var seen map[string]bool
	if len(in) > 16 {
		seen = make(map[string]bool, len(in))
		for i := range in {
			if !in[i].isString() {
				seen = nil
				break
			}
		}
	}
	for i := range in {
		if seen != nil {
			if s := in[i].text(); !seen[s] {
				seen[s] = true
				out = append(out, in[i])
			}
			continue
		}
		had, err := c.contains(out, in[i])
		if err != nil {
			return nil, err
		}
		if !had {
			out = append(out, in[i])
		}
	}
	return out, nil
}

// order compares two items for < and its kin; known is false where precision
// or units leave it open, ok is false where they cannot be ordered at all.
func order(a, b Value) (cmp int, known, ok bool) {
	if a.isString() && b.isString() {
		return strings.Compare(a.text(), b.text()), true, true
	}
	x, y := a.System(), b.System()
	if x.kind == Absent || y.kind == Absent {
		return 0, false, true
	}
	if x, y, is := asQuantities(x, y); is {
		cmp, known = compareQuantity(x, y)
		return cmp, known, true
	}
	if d, is := x.decimal(); is {
		var e *apd.Decimal
		if e, ok = y.decimal(); ok {
			return d.Cmp(e), true, true
		}
		return 0, false, false
	}
	if t, u := x.temporal(), y.temporal(); t != nil && u != nil && (t.Kind == Time) == (u.Kind == Time) {
		cmp, known = compareTemporal(t, u)
		return cmp, known, true
	}
	if x.kind == String && y.kind == String {
		return strings.Compare(x.s, y.s), true, true
	}
	return 0, false, false
}
