package fhirpath

import (
	"fmt"
	"strings"
	"time"
)

// Precision is the last part a date or time names.
type Precision uint8

// The precisions. Seconds with a fraction are Second (N1 section 2.1.6: seconds
// and milliseconds are one precision), with the digits kept.
const (
	Year Precision = iota
	Month
	Day
	Hour
	Minute
	Second
)

// Temporal is a Date, DateTime or Time of a stated precision.
type Temporal struct {
	Kind      Kind
	Precision Precision
	part      [6]int // year … second
	nano      int
	digits    int // of the fraction, as written
	zoned     bool
	offset    int // minutes east
}

// parseTemporalLiteral reads what stands after @ in an expression.
func parseTemporalLiteral(s string) (*Temporal, bool) {
	switch {
	case strings.HasPrefix(s, "T"):
		return parseTemporal(s[1:], Time)
	case strings.Contains(s, "T"):
		return parseTemporal(s, DateTime)
	}
	return parseTemporal(s, Date)
}

// parseTemporal reads a Date, DateTime or Time as N1 writes literals, without
// the @. A DateTime may lack its time, and then the T.
func parseTemporal(s string, kind Kind) (*Temporal, bool) {
	t := &Temporal{Kind: kind}
	r := reader{s}
	clock := s
	if kind != Time {
		if !r.number(4, &t.part[0]) || t.part[0] == 0 {
			return nil, false
		}
		for p := Month; p <= Day && r.skip('-'); p++ {
			if !r.number(2, &t.part[p]) {
				return nil, false
			}
			t.Precision = p
		}
		if t.Precision >= Month && (t.part[1] < 1 || t.part[1] > 12) ||
			t.Precision >= Day && (t.part[2] < 1 || t.part[2] > daysIn(t.part[0], t.part[1])) {
			return nil, false
		}
		if kind == Date || r.s == "" {
			return t, r.s == ""
		}
		if !r.skip('T') {
			return nil, false
		}
		if r.s == "" {
			return t, true
		}
		if t.Precision < Day {
			return nil, false
		}
		clock = r.s
	}
	r.s = clock
	for p := Hour; p <= Second && (p == Hour || r.skip(':')); p++ {
		if !r.number(2, &t.part[p]) {
			return nil, false
		}
		t.Precision = p
	}
	if t.part[3] > 23 || t.part[4] > 59 || t.part[5] > 60 {
		return nil, false
	}
	if t.Precision == Second && r.skip('.') {
		if t.digits = r.fraction(&t.nano); t.digits == 0 {
			return nil, false
		}
	}
	if kind == DateTime && !r.zone(t) {
		return nil, false
	}
	return t, r.s == ""
}

type reader struct{ s string }

func (r *reader) skip(c byte) bool {
	if r.s == "" || r.s[0] != c {
		return false
	}
	r.s = r.s[1:]
	return true
}

func (r *reader) number(digits int, into *int) bool {
	if len(r.s) < digits {
		return false
	}
	n := 0
	for _, c := range []byte(r.s[:digits]) {
		if !digit(c) {
			return false
		}
		n = n*10 + int(c-'0')
	}
	*into, r.s = n, r.s[digits:]
	return true
}

func (r *reader) fraction(nano *int) (digits int) {
	scale := 100_000_000
	for r.s != "" && digit(r.s[0]) {
		*nano += int(r.s[0]-'0') * scale
		scale /= 10
		digits++
		r.s = r.s[1:]
	}
	return digits
}

func (r *reader) zone(t *Temporal) bool {
	if r.skip('Z') {
		t.zoned = true
		return true
	}
	sign := 1
	if r.s != "" && r.s[0] == '-' {
		sign = -1
	}
	if !r.skip('+') && !r.skip('-') {
		return true
	}
	var h, m int
	if !r.number(2, &h) || !r.skip(':') || !r.number(2, &m) || h > 14 || m > 59 {
		return false
	}
	t.zoned, t.offset = true, sign*(h*60+m)
	return true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// String writes the value as its literal without the @ (and a Time without its T).
func (t *Temporal) String() string {
	var b strings.Builder
	if t.Kind != Time {
		fmt.Fprintf(&b, "%04d", t.part[0])
		for p := Month; p <= min(t.Precision, Day); p++ {
			fmt.Fprintf(&b, "-%02d", t.part[p])
		}
		if t.Precision < Hour {
			return b.String()
		}
		b.WriteByte('T')
	}
	fmt.Fprintf(&b, "%02d", t.part[3])
	for p := Minute; p <= t.Precision; p++ {
		fmt.Fprintf(&b, ":%02d", t.part[p])
	}
	if t.digits > 0 {
		b.WriteByte('.')
		b.WriteString(fmt.Sprintf("%09d", t.nano)[:min(t.digits, 9)])
	}
	switch {
	case !t.zoned:
	case t.offset == 0:
		b.WriteByte('Z')
	default:
		sign, o := '+', t.offset
		if o < 0 {
			sign, o = '-', -o
		}
		fmt.Fprintf(&b, "%c%02d:%02d", sign, o/60, o%60)
	}
	return b.String()
}

// first is the earliest moment the value can mean, its zone taken as UTC if it has none.
func (t *Temporal) first() time.Time {
	month, day := max(1, t.part[1]), max(1, t.part[2])
	x := time.Date(t.part[0], time.Month(month), day, t.part[3], t.part[4], t.part[5], t.nano, time.UTC)
	return x.Add(-time.Duration(t.offset) * time.Minute)
}

// after is the first moment after those the value can mean.
func (t *Temporal) after() time.Time {
	x := t.first()
	switch t.Precision {
	case Year:
		return x.AddDate(1, 0, 0)
	case Month:
		return x.AddDate(0, 1, 0)
	case Day:
		return x.AddDate(0, 0, 1)
	case Hour:
		return x.Add(time.Hour)
	case Minute:
		return x.Add(time.Minute)
	}
	return x.Add(1)
}

// zoneless values may be meant anywhere from UTC+14 to UTC−12.
const (
	east = 14 * time.Hour
	west = 12 * time.Hour
)

// compareTemporal orders two values; known is false where their precision or
// a missing zone leaves it open (N1 section 6.2).
func compareTemporal(a, b *Temporal) (order int, known bool) {
	if a.zoned != b.zoned {
		af, aa, bf, ba := a.first(), a.after(), b.first(), b.after()
		if !a.zoned {
			af, aa = af.Add(-east), aa.Add(west)
		} else {
			bf, ba = bf.Add(-east), ba.Add(west)
		}
		switch {
		case !aa.After(bf):
			return -1, true
		case !ba.After(af):
			return 1, true
		}
		return 0, false
	}
	if a.zoned && a.offset != b.offset {
		a, b = a.utc(), b.utc()
	}
	start := Year
	if a.Kind == Time {
		start = Hour
	}
	for p := start; p <= min(a.Precision, b.Precision); p++ {
		if a.part[p] != b.part[p] {
			if a.part[p] < b.part[p] {
				return -1, true
			}
			return 1, true
		}
	}
	if a.Precision != b.Precision {
		return 0, false
	}
	switch {
	case a.nano < b.nano:
		return -1, true
	case a.nano > b.nano:
		return 1, true
	}
	return 0, true
}

func (t *Temporal) utc() *Temporal {
	out := *t
	out.set(t.first())
	out.offset = 0
	return &out
}

// set takes the fields of a moment, precision and digits unchanged.
func (t *Temporal) set(x time.Time) {
	t.part = [6]int{x.Year(), int(x.Month()), x.Day(), x.Hour(), x.Minute(), x.Second()}
	t.nano = x.Nanosecond()
}

// local is the fields as a moment, whatever the zone.
func (t *Temporal) local() time.Time {
	return time.Date(t.part[0], time.Month(max(1, t.part[1])), max(1, t.part[2]), t.part[3], t.part[4], t.part[5], t.nano, time.UTC)
}

// moment is a DateTime with milliseconds and zone, as now() gives it.
func moment(x time.Time) *Temporal {
	t := &Temporal{Kind: DateTime, Precision: Second, digits: 3, zoned: true}
	x = x.Truncate(time.Millisecond)
	t.set(x)
	_, seconds := x.Zone()
	t.offset = seconds / 60
	return t
}

// as is the value as another kind: the date of a dateTime, a date as dateTime.
func (t *Temporal) as(kind Kind) *Temporal {
	out := *t
	out.Kind = kind
	if kind == Date {
		out.Precision = min(t.Precision, Day)
		out.part[3], out.part[4], out.part[5], out.nano, out.digits, out.zoned, out.offset = 0, 0, 0, 0, 0, false, 0
	}
	return &out
}
