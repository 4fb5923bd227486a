package fhirpath

import "github.com/cockroachdb/apd/v3"

// onNumber is a function of an Integer, Decimal or, where quantity is set,
// Quantity. What it cannot compute is empty (N1 section 5.7).
func onNumber(f func(v Value, d *apd.Decimal, arg Value) (Value, bool), quantity bool) func(n *node) (eval, error) {
	return single(func(v Value, args []Value) (Value, error) {
		if v.kind == QuantityKind && quantity {
			q := v.quantity()
			out, ok := f(decimalValue(q.Value), q.Value, args[0])
			d, is := out.decimal()
			if !ok || !is {
				return Value{}, nil
			}
			return quantityValue(&Quantity{d, q.Unit}), nil
		}
		d, ok := v.decimal()
		if !ok {
			return Value{}, misuse("the input is not a number")
		}
		if a := args[0]; a.kind != Absent && a.kind != Integer && a.kind != Decimal {
			return Value{}, misuse("the argument is not a number")
		}
		if out, ok := f(v, d, args[0]); ok {
			return out, nil
		}
		return Value{}, nil
	})
}

// mathFunctions are those of N1 section 5.7.
func mathFunctions() map[string]function {
	whole := func(r apd.Rounder) func(n *node) (eval, error) {
		return onNumber(func(_ Value, d *apd.Decimal, _ Value) (Value, bool) {
			c, out := arithmetic, new(apd.Decimal)
			c.Rounding = r
			if _, err := c.RoundToIntegralValue(out, d); err != nil {
				return Value{}, false
			}
			i, err := out.Int64()
			if err != nil {
				return Value{}, false
			}
			return integerResult(i)
		}, true)
	}
	real := func(f func(d, x *apd.Decimal) (apd.Condition, error)) func(n *node) (eval, error) {
		return onNumber(func(_ Value, d *apd.Decimal, _ Value) (Value, bool) {
			if d.Cmp(apd.New(400, 0)) > 0 && d.NumDigits() > 20 {
				return Value{}, false
			}
			return tidy(f, d)
		}, false)
	}
	return map[string]function{
		"abs": {0, 0, onNumber(func(v Value, d *apd.Decimal, _ Value) (Value, bool) {
			if v.kind == Integer {
				return integerResult(max(v.i, -v.i))
			}
			return decimalValue(new(apd.Decimal).Abs(d)), true
		}, true)},
		"ceiling":  {0, 0, whole(apd.RoundCeiling)},
		"floor":    {0, 0, whole(apd.RoundFloor)},
		"truncate": {0, 0, whole(apd.RoundDown)},
		"exp": {0, 0, onNumber(func(_ Value, d *apd.Decimal, _ Value) (Value, bool) {
			if new(apd.Decimal).Abs(d).Cmp(apd.New(140, 0)) > 0 {
				return Value{}, false
			}
			return tidy(arithmetic.Exp, d)
		}, false)},
		"ln": {0, 0, real(func(d, x *apd.Decimal) (apd.Condition, error) {
			if x.Sign() <= 0 {
				return apd.InvalidOperation, misuse("no logarithm")
			}
			return arithmetic.Ln(d, x)
		})},
		"sqrt": {0, 0, real(func(d, x *apd.Decimal) (apd.Condition, error) {
			if x.Sign() < 0 {
				return apd.InvalidOperation, misuse("no root")
			}
			return arithmetic.Sqrt(d, x)
		})},
		"log":   {1, 1, onNumber(logarithm, false)},
		"power": {1, 1, onNumber(power, false)},
		"round": {0, 1, onNumber(func(_ Value, d *apd.Decimal, a Value) (Value, bool) {
			if a.kind == Decimal || a.i < 0 || a.i > maxScale {
				return Value{}, false
			}
			out, ok := roundTo(d, int32(a.i))
			return decimalValue(out), ok
		}, true)},
	}
}

// tidy rounds what a function of real numbers gives to 16 digits, so that 16.log(2) is 4.
func tidy(f func(d, x *apd.Decimal) (apd.Condition, error), x *apd.Decimal) (Value, bool) {
	d := new(apd.Decimal)
	cond, err := f(d, x)
	if err != nil {
		return Value{}, false
	}
	return tidied(d, cond)
}

func tidied(d *apd.Decimal, cond apd.Condition) (Value, bool) {
	c := arithmetic
	c.Precision = 16
	if _, err := c.Round(d, d); err != nil {
		return Value{}, false
	}
	d.Reduce(d)
	if d.Exponent > 0 && d.Exponent < 20 {
		_, _ = arithmetic.Quantize(d, d, 0)
	}
	return decimalResult(d, cond, nil)
}

func logarithm(_ Value, d *apd.Decimal, base Value) (Value, bool) {
	b, _ := base.decimal()
	if b == nil || d.Sign() <= 0 || b.Sign() <= 0 || b.Cmp(apd.New(1, 0)) == 0 {
		return Value{}, false
	}
	x, y := new(apd.Decimal), new(apd.Decimal)
	if _, err := arithmetic.Ln(x, d); err != nil {
		return Value{}, false
	}
	if _, err := arithmetic.Ln(y, b); err != nil {
		return Value{}, false
	}
	cond, err := arithmetic.Quo(x, x, y)
	if err != nil {
		return Value{}, false
	}
	return tidied(x, cond)
}

func power(v Value, d *apd.Decimal, by Value) (Value, bool) {
	e, _ := by.decimal()
	if e == nil || new(apd.Decimal).Abs(e).Cmp(apd.New(1000, 0)) > 0 {
		return Value{}, false
	}
	out := new(apd.Decimal)
	cond, err := arithmetic.Pow(out, d, e)
	if err != nil {
		return Value{}, false
	}
	if v.kind == Integer && by.kind == Integer && by.i >= 0 {
		i, err := out.Int64()
		if err != nil {
			return Value{}, false
		}
		return integerResult(i)
	}
	return decimalResult(out, cond, nil)
}
