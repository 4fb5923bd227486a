package fhir

import (
	"errors"
	"time"
)

// Precision is how much of a date and time is said.
type Precision uint8

// The precisions of FHIR's date and dateTime. Fraction is of a second.
const (
	Year Precision = iota + 1
	Month
	Day
	Second
	Fraction
)

// DateTime is a FHIR date, dateTime or instant (datatypes.html#dateTime): a
// span of time, as long as its precision leaves open.
type DateTime struct {
	Precision              Precision
	YearNo, MonthNo, DayNo int // what is not said is 1
	Hour, Minute, SecondNo int
	Nanosecond             int
	FractionDigits         int // as written; beyond the ninth they are not kept
	Zone                   int // seconds east of UTC
	HasZone                bool
}

var errDate = errors.New("not a FHIR date or time")

// digits reads n decimal digits at s[i].
func digits[T string | []byte](s T, i, n int) (v int, ok bool) {
	if len(s)-i < n {
		return 0, false
	}
	for _, c := range []byte(s[i : i+n]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(year, month int) int {
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 29
	}
	return monthDays[month]
}

// clock reads hh:mm:ss and its fraction at s[i]; 60 is a second, for leaps.
func clock[T string | []byte](s T, i int, d *DateTime) (end int, ok bool) {
	if len(s)-i < 8 || s[i+2] != ':' || s[i+5] != ':' {
		return i, false
	}
	h, ok1 := digits(s, i, 2)
	m, ok2 := digits(s, i+3, 2)
	sec, ok3 := digits(s, i+6, 2)
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 60 {
		return i, false
	}
	d.Hour, d.Minute, d.SecondNo, d.Precision = h, m, sec, Second
	i += 8
	if i < len(s) && s[i] == '.' {
		unit := 100_000_000
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			d.Nanosecond += int(s[i]-'0') * unit
			unit /= 10
			d.FractionDigits++
		}
		if d.FractionDigits == 0 {
			return i, false
		}
		d.Precision = Fraction
	}
	return i, true
}

func parseDateTime[T string | []byte](s T) (d DateTime, ok bool) {
	d.MonthNo, d.DayNo, d.Precision = 1, 1, Year
	if d.YearNo, ok = digits(s, 0, 4); !ok || d.YearNo == 0 {
		return d, false
	}
	if len(s) == 4 {
		return d, true
	}
	if d.MonthNo, ok = digits(s, 5, 2); !ok || s[4] != '-' || d.MonthNo < 1 || d.MonthNo > 12 {
		return d, false
	}
	d.Precision = Month
	if len(s) == 7 {
		return d, true
	}
	if d.DayNo, ok = digits(s, 8, 2); !ok || s[7] != '-' || d.DayNo < 1 || d.DayNo > daysIn(d.YearNo, d.MonthNo) {
		return d, false
	}
	d.Precision = Day
	if len(s) == 10 {
		return d, true
	}
	if s[10] != 'T' {
		return d, false
	}
	i, ok := clock(s, 11, &d)
	if !ok || i >= len(s) {
		return d, false // a time without a zone is no FHIR dateTime
	}
	d.HasZone = true
	switch s[i] {
	case 'Z':
		return d, len(s) == i+1
	case '+', '-':
		h, ok1 := digits(s, i+1, 2)
		m, ok2 := digits(s, i+4, 2)
		if !ok1 || !ok2 || len(s) != i+6 || s[i+3] != ':' || m > 59 || h > 14 || h == 14 && m > 0 {
			return d, false
		}
		d.Zone = h*3600 + m*60
		if s[i] == '-' {
			d.Zone = -d.Zone
		}
		return d, true
	}
	return d, false
}

// ParseDateTime reads a FHIR date, dateTime or instant. Days that the calendar
// does not have are refused; so is a time without its zone.
func ParseDateTime(text string) (DateTime, error) {
	d, ok := parseDateTime(text)
	if !ok {
		return DateTime{}, errDate
	}
	return d, nil
}

// Interval is the time meant, from lo and before hi, in UTC. A date has no
// zone: its days are those of loc, or UTC's if loc is nil.
func (d DateTime) Interval(loc *time.Location) (lo, hi time.Time) {
	if d.HasZone {
		loc = time.FixedZone("", d.Zone)
	} else if loc == nil {
		loc = time.UTC
	}
	year, month, day := d.YearNo, time.Month(d.MonthNo), d.DayNo
	lo = time.Date(year, month, day, d.Hour, d.Minute, d.SecondNo, d.Nanosecond, loc)
	switch d.Precision {
	case Year:
		hi = time.Date(year+1, 1, 1, 0, 0, 0, 0, loc)
	case Month:
		hi = time.Date(year, month+1, 1, 0, 0, 0, 0, loc)
	case Day:
		hi = time.Date(year, month, day+1, 0, 0, 0, 0, loc)
	case Second:
		hi = lo.Add(time.Second)
	default:
		step := time.Second
		for range min(d.FractionDigits, 9) {
			step /= 10
		}
		hi = lo.Add(step)
	}
	return lo.UTC(), hi.UTC()
}

// IsDate, IsDateTime, IsInstant and IsTime say whether a text is a value of
// that FHIR type.
func IsDate[T string | []byte](text T) bool {
	d, ok := parseDateTime(text)
	return ok && d.Precision <= Day
}

// IsDateTime is described at IsDate.
func IsDateTime[T string | []byte](text T) bool { _, ok := parseDateTime(text); return ok }

// IsInstant is described at IsDate.
func IsInstant[T string | []byte](text T) bool {
	d, ok := parseDateTime(text)
	return ok && d.Precision >= Second
}

// IsTime is described at IsDate.
func IsTime[T string | []byte](text T) bool {
	var d DateTime
	end, ok := clock(text, 0, &d)
	return ok && end == len(text)
}
