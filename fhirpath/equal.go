package fhirpath

import (
	"slices"
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
		switch c.equal(a[i], b[i]) {
		case no:
			return no, nil
		case unknown:
			out = unknown
		}
	}
	return out, nil
}

// equal compares two items; unknown where precision or units leave it open.
func (c *context) equal(a, b Value) tri {
	if a.isString() && b.isString() {
		if from, to := a.node.Span(); len(a.s)+to-from > 256 {
			c.steps += (len(a.s) + to - from) / 64
		}
		if b.kind == String {
			return triOf(a.textIs(b.s))
		}
		if a.kind == String {
			return triOf(b.textIs(a.s))
		}
		x, ok1 := a.plainText()
		y, ok2 := b.plainText()
		if ok1 && ok2 {
			return triOf(string(x) == string(y))
		}
		return triOf(a.text() == b.text())
	}
	if a.kind == Place && b.kind == Place && (a.node.Exists() && a.node.Same(b.node)) {
		return yes
	}
	x, y := a.System(), b.System()
	if a.kind == Place && b.kind == Place && (x.kind == Place || y.kind == Place || x.kind == QuantityKind || x.kind == Absent || y.kind == Absent) {
		return triOf(c.sameTree(a.node, b.node, false) && c.sameTree(a.under, b.under, false))
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
func (c *context) sameTree(a, b fhir.Node, loose bool) bool {
	// Too many steps end the evaluation at the next spend.
	if c.steps++; c.steps > maxSteps || a.Kind() != b.Kind() {
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
		members := a.Len()
		if members != b.Len() {
			return false
		}
		c.steps += members * members / 64 // to look each up
		if c.steps > maxSteps {
			return false
		}
		for name, n := range a.Fields() {
			if m := b.Get(name); !m.Exists() || !c.sameTree(n, m, loose) {
				return false
			}
		}
	case fhir.Array:
		return a.Len() == b.Len() && c.sameItems(a, b, loose)
	case fhir.Bool:
		return a.True() == b.True()
	}
	return true
}

func (c *context) sameItems(a, b fhir.Node, loose bool) bool {
	others := slices.Collect(b.Items())
	first := 0 // all before it are taken
	used := make([]bool, len(others))
	for n := range a.Items() {
		found := false
		for i := first; i < len(others); i++ {
			if !used[i] && c.sameTree(n, others[i], loose) {
				used[i], found = true, true
				break
			}
			if !loose {
				break
			}
		}
		if !found {
			return false
		}
		for first < len(used) && used[first] {
			first++
		}
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
func (c *context) equivalent(a, b Value) bool {
	x, y := a.System(), b.System()
	if x.kind == Place || y.kind == Place {
		return x.kind == y.kind && c.sameTree(a.node, b.node, true)
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
	return c.equal(x, y) == yes
}

func (c *context) equivalentCollections(a, b []Value) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	used, first := make([]bool, len(b)), 0
	for i := range a {
		found := false
		for j := first; j < len(b) && !found; j++ {
			if err := c.spend(1); err != nil {
				return false, err
			}
			if !used[j] && c.equivalent(a[i], b[j]) {
				used[j], found = true, true
			}
		}
		if !found {
			return false, nil
		}
		for first < len(used) && used[first] {
			first++
		}
	}
	return true, nil
}

// contains says whether an item is in a collection, by equality.
func (c *context) contains(in []Value, v Value) (bool, error) {
	if err := c.spend(len(in)); err != nil {
		return false, err
	}
	for i := range in {
		if c.equal(in[i], v) == yes {
			return true, nil
		}
	}
	return false, nil
}

// distinct drops every item that equals an earlier one.
func (c *context) distinct(in []Value) ([]Value, error) {
	if len(in) < 2 {
		return in, nil
	}
	s := set{c: c, items: c.room(len(in))}
	for i := range in {
		if _, err := s.add(in[i]); err != nil {
			return nil, err
		}
	}
	return s.items, nil
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
