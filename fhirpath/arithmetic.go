package fhirpath

import (
	"time"

	"github.com/cockroachdb/apd/v3"
)

// calculate is + - * / div mod (N1 section 6.6). The absent value is the empty
// result: division by zero, overflow, units that do not go together.
func calculate(op string, x, y Value, at int) (Value, error) {
	wrong := func() (Value, error) { return Value{}, fail(Execution, at, "%s on %s and %s", op, x.Type(), y.Type()) }
	if x.kind == String || y.kind == String {
		if op != "+" || x.kind != y.kind {
			return wrong()
		}
		if len(x.s)+len(y.s) > maxString {
			return Value{}, fail(Execution, at, "a string of more than %d bytes", maxString)
		}
		return Str(x.s + y.s), nil
	}
	if t := x.temporal(); t != nil {
		q := y.quantity()
		if q == nil || op != "+" && op != "-" {
			return wrong()
		}
		return addDuration(t, q, op == "-", at)
	}
	if a, b, ok := asQuantities(x, y); ok {
		return calculateQuantity(op, a, b, wrong)
	}
	if x.kind == Integer && y.kind == Integer && op != "/" {
		v, ok := calculateInteger(op, x.i, y.i)
		if !ok {
			return Value{}, nil
		}
		return v, nil
	}
	a, ok1 := x.decimal()
	b, ok2 := y.decimal()
	if !ok1 || !ok2 {
		return wrong()
	}
	return calculateDecimal(op, a, b), nil
}

func calculateInteger(op string, a, b int64) (Value, bool) {
	switch op {
	case "+":
		return integerResult(a + b)
	case "-":
		return integerResult(a - b)
	case "*":
		return integerResult(a * b)
	}
	if b == 0 {
		return Value{}, false
	}
	if op == "div" {
		return integerResult(a / b)
	}
	return integerResult(a % b)
}

func calculateDecimal(op string, a, b *apd.Decimal) Value {
	var cond apd.Condition
	var err error
	d := new(apd.Decimal)
	switch op {
	case "+":
		cond, err = arithmetic.Add(d, a, b)
	case "-":
		cond, err = arithmetic.Sub(d, a, b)
	case "*":
		cond, err = arithmetic.Mul(d, a, b)
	default:
		if b.IsZero() {
			return Value{}
		}
		switch op {
		case "/":
			cond, err = arithmetic.Quo(d, a, b)
		case "div":
			if _, err = arithmetic.QuoInteger(d, a, b); err == nil {
				if i, e := d.Int64(); e == nil {
					v, ok := integerResult(i)
					if ok {
						return v
					}
				}
			}
			return Value{}
		case "mod":
			cond, err = arithmetic.Rem(d, a, b)
		}
	}
	v, ok := decimalResult(d, cond, err)
	if !ok {
		return Value{}
	}
	if op == "/" {
		d.Reduce(d)
		if d.Exponent > 0 {
			if _, err := arithmetic.Quantize(d, d, 0); err != nil {
				return Value{}
			}
		}
	}
	return v
}

func calculateQuantity(op string, a, b *Quantity, wrong func() (Value, error)) (Value, error) {
	var q *Quantity
	var ok bool
	switch op {
	case "+", "-":
		q, ok = a.add(b, op == "-")
	case "*", "/":
		q, ok = a.times(b, op == "/")
	default:
		return wrong()
	}
	if !ok {
		return Value{}, nil
	}
	return quantityValue(q), nil
}

// durationUnits are the units of date arithmetic (N1 section 6.7). UCUM's 'a'
// and 'mo' are mean lengths, no calendar durations, and are not among them.
var durationUnits = map[string]Precision{
	"year": Year, "month": Month, "week": Day, "day": Day, "hour": Hour, "minute": Minute, "second": Second, "millisecond": Second,
	"wk": Day, "d": Day, "h": Hour, "min": Minute, "s": Second, "ms": Second,
}

// toCoarser is how many of a precision make one of the next coarser, for
// partial values: a month of 30 days, a day of 24 hours.
var toCoarser = [...]int64{Month: 12, Day: 30, Hour: 24, Minute: 60, Second: 60}

// addDuration is date arithmetic. Beyond year 1 to 9999 the result is empty.
func addDuration(t *Temporal, q *Quantity, minus bool, at int) (Value, error) {
	unit := q.UnitText()
	if word, plural := calendarUnits[unit]; plural {
		unit = word
	}
	precision, ok := durationUnits[unit]
	if !ok || t.Kind == Time && precision < Hour || t.Kind == Date && precision > Day {
		return Value{}, fail(Execution, at, "a %s cannot be moved by %q", kindNames[t.Kind], unit)
	}
	amount, nanos, ok := wholeAndNanos(q.Value, unit)
	if !ok {
		return Value{}, nil
	}
	if minus {
		amount, nanos = -amount, -nanos
	}
	if unit == "week" || unit == "wk" {
		amount *= 7
	}
	if precision > t.Precision {
		nanos = 0
		for ; precision > t.Precision; precision-- {
			amount /= toCoarser[precision]
		}
	}
	out := *t
	x, ok := shift(t.local(), precision, amount, nanos)
	if !ok {
		return Value{}, nil
	}
	if t.Kind == Time {
		x = time.Date(1, 1, 1, x.Hour(), x.Minute(), x.Second(), x.Nanosecond(), time.UTC)
	} else if x.Year() < 1 || x.Year() > 9999 {
		return Value{}, nil
	}
	out.set(x)
	if t.Precision == Second && out.nano != 0 && out.digits < 3 {
		out.digits = 3
	}
	return temporalValue(&out), nil
}

// wholeAndNanos cuts an amount: above seconds its decimals are ignored; a
// second keeps whole milliseconds.
func wholeAndNanos(d *apd.Decimal, unit string) (whole, nanos int64, ok bool) {
	c := arithmetic
	c.Rounding = apd.RoundDown
	x := new(apd.Decimal).Set(d)
	second := unit == "second" || unit == "s"
	if second {
		x.Exponent += 3
	}
	if _, err := c.RoundToIntegralValue(x, x); err != nil {
		return 0, 0, false
	}
	n, err := x.Int64()
	if err != nil || n > 1e13 || n < -1e13 {
		return 0, 0, false
	}
	if second || unit == "millisecond" || unit == "ms" {
		return n / 1000, n % 1000 * 1e6, true
	}
	return n, 0, n < 1e11 && n > -1e11
}

func shift(x time.Time, p Precision, amount, nanos int64) (time.Time, bool) {
	seconds := amount
	switch p {
	case Year, Month:
		if p == Year {
			amount *= 12
		}
		if amount > 120000 || amount < -120000 {
			return x, false
		}
		first := time.Date(x.Year(), x.Month()+time.Month(amount), 1, x.Hour(), x.Minute(), x.Second(), x.Nanosecond(), time.UTC)
		day := min(x.Day(), daysIn(first.Year(), int(first.Month())))
		return first.AddDate(0, 0, day-1), true
	case Day:
		if amount > 4e6 || amount < -4e6 {
			return x, false
		}
		return x.AddDate(0, 0, int(amount)), true
	case Hour:
		seconds *= 3600
	case Minute:
		seconds *= 60
	}
	days := seconds / 86400
	if days > 4e6 || days < -4e6 {
		return x, false
	}
	return x.AddDate(0, 0, int(days)).Add(time.Duration(seconds%86400)*time.Second + time.Duration(nanos)), true
}
