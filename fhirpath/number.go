package fhirpath

import (
	"encoding/json"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// arithmetic is Decimal's context: 28 significant digits, as N1 asks at least
// (section 4.1.4), and exponents that keep every operation small.
var arithmetic = apd.Context{Precision: 34, MaxExponent: 200, MinExponent: -200, Rounding: apd.RoundHalfUp, Traps: apd.DefaultTraps}

// parseDecimal reads a decimal of a size that arithmetic can hold.
func parseDecimal(s string) (*apd.Decimal, bool) {
	if len(s) == 0 || len(s) > maxDigits+16 {
		return nil, false
	}
	for i := range len(s) {
		if c := s[i]; !digit(c) && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return nil, false
		}
	}
	d, _, err := apd.NewFromString(s)
	if err != nil || d.Form != apd.Finite || d.Exponent > maxScale || d.Exponent < -maxScale || d.NumDigits() > maxDigits {
		return nil, false
	}
	return d, true
}

// parseNumber reads an integer or decimal literal. An integer is 32 bits wide.
func parseNumber(s string) (Value, bool) {
	if strings.ContainsAny(s, ".eE") {
		d, ok := parseDecimal(s)
		return decimalValue(d), ok
	}
	d, ok := parseDecimal(s)
	if !ok {
		return Value{}, false
	}
	i, err := d.Int64()
	if err != nil || i > 1<<31-1 || i < -1<<31 {
		return Value{}, false
	}
	return Value{kind: Integer, i: i}, true
}

func formatDecimal(d *apd.Decimal) string {
	if d.Exponent > 0 {
		d = new(apd.Decimal).Set(d)
		_, _ = arithmetic.Quantize(d, d, 0)
	}
	return d.Text('f')
}

// decimalResult is a decimal of an operation; ok is false on overflow or where
// the operation is not defined.
func decimalResult(d *apd.Decimal, cond apd.Condition, err error) (Value, bool) {
	if err != nil || d.Form != apd.Finite || cond.Overflow() || cond.DivisionByZero() || cond.InvalidOperation() {
		return Value{}, false
	}
	if d.Exponent < -maxScale {
		if _, err := arithmetic.Quantize(d, d, -maxScale); err != nil {
			return Value{}, false
		}
	}
	return decimalValue(d), true
}

func integerResult(i int64) (Value, bool) {
	return Value{kind: Integer, i: i}, i <= 1<<31-1 && i >= -1<<31
}

// digitsAfter is the number of digits after the point, trailing zeros not counted.
func digitsAfter(d *apd.Decimal) int32 {
	r := new(apd.Decimal)
	r.Reduce(d)
	return max(0, -r.Exponent)
}

// roundTo rounds half up to digits after the point.
func roundTo(d *apd.Decimal, digits int32) (*apd.Decimal, bool) {
	out := new(apd.Decimal)
	c := arithmetic
	c.Precision = 200
	_, err := c.Quantize(out, d, -digits)
	return out, err == nil
}

// almost compares decimals by the precision of the less precise (N1 section 6.1.2).
func almost(a, b *apd.Decimal) bool {
	digits := min(digitsAfter(a), digitsAfter(b))
	x, ok1 := roundTo(a, digits)
	y, ok2 := roundTo(b, digits)
	return ok1 && ok2 && x.Cmp(y) == 0
}

func appendQuoted(b []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...)
	}
	return append(b, q...)
}
