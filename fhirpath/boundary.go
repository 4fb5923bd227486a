package fhirpath

import "github.com/cockroachdb/apd/v3"

// boundaryFunctions are lowBoundary, highBoundary, precision and comparable of
// the drafts after N1, as the R4 suite tests them.
func boundaryFunctions() map[string]function {
	bound := func(high bool) func(n *node) (eval, error) {
		return single(func(v Value, args []Value) (Value, error) {
			a := args[0]
			if a.kind != Absent && a.kind != Integer {
				return Value{}, misuse("the precision is not an integer")
			}
			return boundary(v, a, high)
		})
	}
	return map[string]function{
		"lowBoundary":  {0, 1, bound(false)},
		"highBoundary": {0, 1, bound(true)},
		"precision":    {0, 0, single(func(v Value, _ []Value) (Value, error) { return precisionOf(v) })},
		"comparable": {1, 1, single(func(v Value, args []Value) (Value, error) {
			a, b := v.quantity(), args[0].quantity()
			if a == nil || b == nil {
				return Value{}, misuse("not two quantities")
			}
			_, ok := compareQuantity(a, b)
			return Bool(ok), nil
		})},
	}
}

func boundary(v, precision Value, high bool) (Value, error) {
	switch v.kind {
	case Integer, Decimal:
		d, _ := v.decimal()
		if d, ok := decimalBoundary(d, precision, high); ok {
			return decimalValue(d), nil
		}
		return Value{}, nil
	case QuantityKind:
		q := v.quantity()
		if d, ok := decimalBoundary(q.Value, precision, high); ok {
			return quantityValue(&Quantity{d, q.Unit}), nil
		}
		return Value{}, nil
	case Date, DateTime, Time:
		if t := temporalBoundary(v.temporal(), precision, high); t != nil {
			return temporalValue(t), nil
		}
		return Value{}, nil
	}
	return Value{}, misuse("the input has no boundary")
}

// decimalBoundary is the value less or more by half of its last digit, to so
// many digits after the point (8 if not said, at most 28): the bound nearer to
// zero is cut off there, the one farther from zero rounded.
func decimalBoundary(d *apd.Decimal, precision Value, high bool) (*apd.Decimal, bool) {
	digits := int64(8)
	if precision.kind == Integer {
		digits = precision.i
	}
	if digits < 0 || digits > 28 {
		return nil, false
	}
	c := arithmetic
	c.Precision = 200
	size := new(apd.Decimal).Abs(d)
	half := apd.New(5, min(d.Exponent, 0)-1)
	outward := high != d.Negative || d.IsZero()
	negative := d.Negative || d.IsZero() && !high
	var err error
	if outward {
		_, err = c.Add(size, size, half)
	} else {
		_, err = c.Sub(size, size, half)
		c.Rounding = apd.RoundDown
	}
	if err != nil {
		return nil, false
	}
	if _, err := c.Quantize(size, size, -int32(digits)); err != nil {
		return nil, false
	}
	size.Negative = negative
	return size, true
}

// digitsOf is how precision counts a date or time: the digits of its literal.
var digitsOf = [...]int64{4, 6, 8, 10, 12, 17}

func temporalBoundary(t *Temporal, precision Value, high bool) *Temporal {
	want, first := Second, Year
	switch t.Kind {
	case Date:
		want = Day
	case Time:
		first = Hour
	}
	if precision.kind == Integer {
		n := precision.i
		if t.Kind == Time {
			n += 8
		}
		found := false
		for p := first; p <= want; p++ {
			if digitsOf[p] == n || p == Second && n == 14 {
				want, found = p, true
				break
			}
		}
		if !found {
			return nil
		}
	}
	out := *t
	for p := t.Precision + 1; p <= want; p++ {
		switch {
		case p == Month:
			out.part[p] = pick(high, 12, 1)
		case p == Day:
			out.part[p] = pick(high, daysIn(out.part[0], out.part[1]), 1)
		case p == Hour:
			out.part[p] = pick(high, 23, 0)
		default:
			out.part[p] = pick(high, 59, 0)
		}
	}
	if want == Second {
		switch {
		case t.Precision < Second && high:
			out.nano = 999_000_000
		case t.Precision < Second:
			out.nano = 0
		}
		out.digits = max(3, t.digits)
	} else {
		out.nano, out.digits = 0, 0
	}
	out.Precision = want
	for p := want + 1; p <= Second; p++ {
		out.part[p] = 0
	}
	switch {
	case t.Kind != DateTime || want < Hour:
		out.zoned, out.offset = false, 0
	case !t.zoned:
		out.zoned, out.offset = true, pick(high, -12*60, 14*60)
	}
	return &out
}

func pick(high bool, a, b int) int {
	if high {
		return a
	}
	return b
}

func precisionOf(v Value) (Value, error) {
	switch v.kind {
	case Integer:
		return Int(0), nil
	case Decimal:
		return Int(max(0, -v.p.(*apd.Decimal).Exponent)), nil
	case Date, DateTime, Time:
		t := v.temporal()
		n := digitsOf[t.Precision]
		if t.Precision == Second && t.digits == 0 {
			n = 14
		}
		if t.Kind == Time {
			n -= 8
		}
		return Value{kind: Integer, i: n}, nil
	}
	return Value{}, misuse("the input has no precision")
}
