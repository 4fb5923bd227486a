package fhirpath

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	"wholechart/fhir"
	"wholechart/ucum"
)

// Quantity is a System.Quantity. Unit is a UCUM code, or calendarPrefix and a
// calendar duration ("year"), or for a quantity that is not coded in UCUM its
// unit as written.
type Quantity struct {
	Value *apd.Decimal
	Unit  string
}

// calendarPrefix marks the calendar durations: they are not UCUM's (N1 section 2.1.9).
const calendarPrefix = "\x00"

func (q *Quantity) calendar() bool { return strings.HasPrefix(q.Unit, calendarPrefix) }

// UnitText is the unit's UCUM code, or the calendar duration's word.
func (q *Quantity) UnitText() string {
	if q.Unit == "" {
		return "1"
	}
	return strings.TrimPrefix(q.Unit, calendarPrefix)
}

func (q *Quantity) String() string {
	if q.calendar() {
		return formatDecimal(q.Value) + " " + q.UnitText()
	}
	return formatDecimal(q.Value) + " '" + q.UnitText() + "'"
}

// fhirDurations is how a FHIR Quantity's UCUM code reads as a calendar
// duration (R4 fhirpath.html, "Use of FHIR Quantity").
var fhirDurations = map[string]string{"a": "year", "mo": "month", "wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second", "ms": "millisecond"}

// quantityOf is a FHIR Quantity as a System.Quantity; nil where it has no value
// or has a comparator, which makes it an unknown amount.
func quantityOf(n fhir.Node) *Quantity {
	d, ok := parseDecimal(n.Get("value").Text())
	if !ok || n.Get("comparator").Exists() {
		return nil
	}
	q := &Quantity{Value: d, Unit: "1"}
	code := n.Get("code").Str()
	switch system := n.Get("system").Str(); {
	case code != "" && (system == ucumSystem || system == ""):
		q.Unit = code
		if word := fhirDurations[code]; word == "year" || word == "month" {
			q.Unit = calendarPrefix + word
		}
	case n.Get("unit").Exists():
		q.Unit = n.Get("unit").Str()
	case code != "":
		q.Unit = code
	}
	return q
}

const ucumSystem = "http://unitsofmeasure.org"

// definite is the UCUM code of a unit that always means the same length: every
// calendar duration up to the week, and all of UCUM but its year and month.
func (q *Quantity) definite() (unit string, ok bool) {
	if !q.calendar() {
		return q.UnitText(), true
	}
	switch q.UnitText() {
	case "week":
		return "wk", true
	case "day":
		return "d", true
	case "hour":
		return "h", true
	case "minute":
		return "min", true
	case "second":
		return "s", true
	case "millisecond":
		return "ms", true
	}
	return "", false
}

// compareQuantity orders two quantities. comparable is false where their units
// cannot be compared, as a year with 'a' (N1 section 2.1.9.1) or 'cm' with 's'.
func compareQuantity(a, b *Quantity) (order int, comparable bool) {
	if a.UnitText() == b.UnitText() && a.calendar() == b.calendar() {
		return a.Value.Cmp(b.Value), true
	}
	if a.calendar() && b.calendar() {
		if x, y := months(a), months(b); x != nil && y != nil {
			return x.Cmp(y), true
		}
	}
	u, v, ok := units(a, b)
	if !ok {
		return 0, false
	}
	order, err := ucum.Compare(a.Value, u, b.Value, v)
	return order, err == nil
}

// months is a calendar duration of years or months in months, else nil.
func months(q *Quantity) *apd.Decimal {
	switch q.UnitText() {
	case "month":
		return q.Value
	case "year":
		out := new(apd.Decimal)
		if _, err := arithmetic.Mul(out, q.Value, apd.New(12, 0)); err == nil {
			return out
		}
	}
	return nil
}

func units(a, b *Quantity) (u, v ucum.Unit, ok bool) {
	x, ok1 := a.definite()
	y, ok2 := b.definite()
	if !ok1 || !ok2 {
		return u, v, false
	}
	u, err1 := ucum.Parse(x)
	v, err2 := ucum.Parse(y)
	return u, v, err1 == nil && err2 == nil && ucum.Commensurable(u, v)
}

// alike is equivalence: the amounts agree at the precision of the less precise,
// and a calendar duration is its UCUM namesake.
func alike(a, b *Quantity) bool {
	x, y := a.namesake(), b.namesake()
	if x.Unit == y.Unit {
		return almost(x.Value, y.Value)
	}
	u, v, ok := units(x, y)
	if !ok {
		return false
	}
	converted, err := ucum.Convert(y.Value, v, u)
	return err == nil && almost(x.Value, converted)
}

func (q *Quantity) namesake() *Quantity {
	if !q.calendar() {
		return q
	}
	for code, word := range fhirDurations {
		if word == q.UnitText() {
			return &Quantity{q.Value, code}
		}
	}
	return q
}

// add is a + b, or a − b, in the more granular of the two units (N1 section 6.6).
func (q *Quantity) add(b *Quantity, minus bool) (*Quantity, bool) {
	x, y, unit := q.Value, b.Value, q.Unit
	if q.Unit != b.Unit {
		u, v, ok := units(q, b)
		if !ok {
			return nil, false
		}
		var err error
		if size, e := ucum.Compare(apd.New(1, 0), u, apd.New(1, 0), v); e == nil && size > 0 {
			unit = b.Unit
			x, err = ucum.Convert(x, u, v)
		} else {
			y, err = ucum.Convert(y, v, u)
		}
		if err != nil {
			return nil, false
		}
	}
	out, op := new(apd.Decimal), arithmetic.Add
	if minus {
		op = arithmetic.Sub
	}
	cond, err := op(out, x, y)
	v, ok := decimalResult(out, cond, err)
	if !ok {
		return nil, false
	}
	return &Quantity{v.p.(*apd.Decimal), unit}, true
}

// times is a × b, or a ÷ b.
func (q *Quantity) times(b *Quantity, divide bool) (*Quantity, bool) {
	x, ok1 := q.definite()
	y, ok2 := b.definite()
	u, err1 := ucum.Parse(x)
	v, err2 := ucum.Parse(y)
	if !ok1 || !ok2 || err1 != nil || err2 != nil {
		return nil, false
	}
	op := ucum.Multiply
	if divide {
		op = ucum.Divide
	}
	d, unit, err := op(q.Value, u, b.Value, v)
	if err != nil {
		return nil, false
	}
	out, ok := parseDecimal(d.Text('f'))
	if !ok {
		out = new(apd.Decimal)
		if _, err := arithmetic.Round(out, d); err != nil {
			return nil, false
		}
	}
	return &Quantity{out, unit.String()}, true
}
