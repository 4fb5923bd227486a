package fhirpath

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	"wholechart/ucum"
)

// conversionFunctions are toX() and convertsToX() (N1 section 5.5).
func conversionFunctions() map[string]function {
	out := map[string]function{}
	for name, to := range map[string]func(v Value) Value{
		"Boolean": toBoolean, "Integer": toInteger, "Decimal": toDecimal, "String": toText,
		"Date":     func(v Value) Value { return toTemporal(v, Date) },
		"DateTime": func(v Value) Value { return toTemporal(v, DateTime) },
		"Time":     func(v Value) Value { return toTemporal(v, Time) },
	} {
		out["to"+name] = function{0, 0, single(func(v Value, _ []Value) (Value, error) { return to(v), nil })}
		out["convertsTo"+name] = function{0, 0, single(func(v Value, _ []Value) (Value, error) { return Bool(to(v).kind != Absent), nil })}
	}
	out["toQuantity"] = function{0, 1, single(func(v Value, args []Value) (Value, error) { return toQuantity(v, args[0]), nil })}
	out["convertsToQuantity"] = function{0, 1, single(func(v Value, args []Value) (Value, error) {
		return Bool(toQuantity(v, args[0]).kind != Absent), nil
	})}
	return out
}

func toBoolean(v Value) Value {
	switch v.kind {
	case Boolean:
		return v
	case Integer:
		if v.i == 0 || v.i == 1 {
			return Bool(v.i == 1)
		}
	case Decimal:
		d := v.p.(*apd.Decimal)
		if d.IsZero() {
			return Bool(false)
		}
		if d.Cmp(apd.New(1, 0)) == 0 {
			return Bool(true)
		}
	case String:
		switch strings.ToLower(v.s) {
		case "true", "t", "yes", "y", "1", "1.0":
			return Bool(true)
		case "false", "f", "no", "n", "0", "0.0":
			return Bool(false)
		}
	}
	return Value{}
}

func toInteger(v Value) Value {
	switch v.kind {
	case Integer:
		return v
	case Boolean:
		return Value{kind: Integer, i: v.i}
	case String:
		if wholeNumber(v.s) {
			if n, ok := parseNumber(v.s); ok {
				return n
			}
		}
	}
	return Value{}
}

// wholeNumber is the format (\+|-)?\d+.
func wholeNumber(s string) bool {
	s = unsigned(s)
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return s != ""
}

func unsigned(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

func toDecimal(v Value) Value {
	switch v.kind {
	case Decimal:
		return v
	case Integer, Boolean:
		return decimalValue(apd.New(v.i, 0))
	case String: // (\+|-)?\d+(\.\d+)?
		whole, fraction, dot := strings.Cut(unsigned(v.s), ".")
		if wholeNumber(whole) && digit(whole[0]) && (!dot || wholeNumber(fraction) && digit(fraction[0])) {
			if d, ok := parseDecimal(v.s); ok {
				return decimalValue(d)
			}
		}
	}
	return Value{}
}

func toText(v Value) Value {
	if s, ok := v.toString(); ok && v.kind != TypeInfo {
		return Str(s)
	}
	return Value{}
}

func toTemporal(v Value, kind Kind) Value {
	switch v.kind {
	case String:
		s := v.s
		if kind == Time {
			s = strings.TrimPrefix(s, "T")
		}
		if t, ok := parseTemporal(s, kind); ok {
			return temporalValue(t)
		}
		if kind == Date {
			if t, ok := parseTemporal(s, DateTime); ok {
				return temporalValue(t.as(Date))
			}
		}
	case Date, DateTime:
		if kind != Time {
			return temporalValue(v.temporal().as(kind))
		}
	case Time:
		if kind == Time {
			return v
		}
	}
	return Value{}
}

// toQuantity is toQuantity([unit]): with a unit, converted to it.
func toQuantity(v, unit Value) Value {
	var q *Quantity
	switch v.kind {
	case Integer, Decimal, Boolean:
		d, ok := v.decimal()
		if !ok {
			d = apd.New(v.i, 0)
		}
		q = &Quantity{d, "1"}
	case QuantityKind:
		q = v.quantity()
	case String:
		q = parseQuantity(v.s)
	}
	if q == nil {
		return Value{}
	}
	if unit.kind == Absent {
		return quantityValue(q)
	}
	if unit.kind != String {
		return Value{}
	}
	want := &Quantity{q.Value, unit.s}
	if word := calendarUnits[unit.s]; word != "" {
		want.Unit = calendarPrefix + word
	}
	if q.Unit == want.Unit {
		return quantityValue(q)
	}
	from, to, ok := units(q, want)
	if !ok {
		return Value{}
	}
	d, err := ucum.Convert(q.Value, from, to)
	if err != nil {
		return Value{}
	}
	return quantityValue(&Quantity{d, want.Unit})
}

// parseQuantity reads (value)( 'unit'| calendar word)? (N1 section 5.5.7).
func parseQuantity(s string) *Quantity {
	end := 0
	for end < len(s) && (digit(s[end]) || s[end] == '.' || end == 0 && (s[0] == '+' || s[0] == '-')) {
		end++
	}
	v := toDecimal(Str(s[:end]))
	if v.kind == Absent {
		return nil
	}
	d := v.p.(*apd.Decimal)
	rest := strings.TrimSpace(s[end:])
	switch {
	case s[end:] == "":
		return &Quantity{d, "1"}
	case calendarUnits[rest] != "":
		return &Quantity{d, calendarPrefix + calendarUnits[rest]}
	case len(rest) > 2 && rest[0] == '\'' && rest[len(rest)-1] == '\'':
		return &Quantity{d, rest[1 : len(rest)-1]}
	}
	return nil
}
