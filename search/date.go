package search

import (
	"encoding/binary"
	"math"
	"time"
)

// Dates are indexed as the interval they mean, in microseconds since 1970 UTC,
// both ends included: 8 bytes low, 8 bytes high, sign bit flipped so that bytes
// sort as time does. A date without a zone is taken as UTC, in a resource and in
// a query. What is finer than a microsecond is cut off.

// span of time in microseconds, ends included.
type moments struct{ low, high int64 }

const (
	always = math.MinInt64 // open beginning
	never  = math.MaxInt64 // open end

	second = int64(1e6)
	minute = 60 * second
	day    = 24 * 60 * minute
)

// parseDate reads FHIR's date, dateTime and instant at any precision from the
// year to the fraction of a second; hours and minutes without seconds too,
// which search allows (http://hl7.org/fhir/R4/search.html#date).
func parseDate(b []byte) (m moments, ok bool) {
	year, b, ok := digitsOf(b, 4)
	if !ok || year == 0 {
		return m, false
	}
	if len(b) == 0 {
		return moments{civil(year, 1, 1), civil(year+1, 1, 1) - 1}, true
	}
	month, b, ok := after(b, '-')
	if !ok || month < 1 || month > 12 {
		return m, false
	}
	if len(b) == 0 {
		y, n := year, month+1
		if n == 13 {
			y, n = year+1, 1
		}
		return moments{civil(year, month, 1), civil(y, n, 1) - 1}, true
	}
	d, b, ok := after(b, '-')
	if !ok || d < 1 || d > daysIn(year, month) {
		return m, false
	}
	at := civil(year, month, d)
	if len(b) == 0 {
		return moments{at, at + day - 1}, true
	}
	hour, b, ok := after(b, 'T')
	if !ok || hour > 24 {
		return m, false
	}
	mins, b, ok := after(b, ':')
	if !ok || mins > 59 || hour == 24 && mins > 0 {
		return m, false
	}
	at += (int64(hour)*60 + int64(mins)) * minute
	width := minute
	if len(b) > 0 && b[0] == ':' {
		var secs int
		if secs, b, ok = after(b, ':'); !ok || secs > 60 || hour == 24 && secs > 0 {
			return m, false
		}
		at += int64(secs) * second
		width = second
		if len(b) > 0 && b[0] == '.' {
			b = b[1:]
			n := 0
			for ; n < len(b) && b[n] >= '0' && b[n] <= '9'; n++ {
				if n < 6 {
					width /= 10
					at += int64(b[n]-'0') * width
				}
			}
			if n == 0 {
				return m, false
			}
			b = b[n:]
		}
	}
	switch {
	case len(b) == 0 || len(b) == 1 && b[0] == 'Z':
	case b[0] == '+' || b[0] == '-' || b[0] == ' ': // a + that a form has turned into a space
		zh, rest, ok := digitsOf(b[1:], 2)
		if !ok || zh > 14 {
			return m, false
		}
		zm, rest, ok := after(rest, ':')
		if !ok || zm > 59 || len(rest) > 0 {
			return m, false
		}
		offset := (int64(zh)*60 + int64(zm)) * minute
		if b[0] == '-' {
			offset = -offset
		}
		at -= offset
	default:
		return m, false
	}
	return moments{at, at + width - 1}, true
}

func digitsOf(b []byte, n int) (v int, rest []byte, ok bool) {
	if len(b) < n {
		return 0, b, false
	}
	for _, c := range b[:n] {
		if c < '0' || c > '9' {
			return 0, b, false
		}
		v = v*10 + int(c-'0')
	}
	return v, b[n:], true
}

func after(b []byte, sep byte) (v int, rest []byte, ok bool) {
	if len(b) < 3 || b[0] != sep {
		return 0, b, false
	}
	return digitsOf(b[1:], 2)
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func daysIn(y, m int) int {
	switch m {
	case 2:
		if leap(y) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

var daysBefore = [...]int64{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// civil is midnight UTC of a day of the proleptic Gregorian calendar.
func civil(y, m, d int) int64 {
	p := int64(y - 1)
	days := p*365 + p/4 - p/100 + p/400 + daysBefore[m-1] + int64(d-1)
	if m > 2 && leap(y) {
		days++
	}
	return (days - 719162) * day // days from 0001-01-01 to 1970-01-01
}

// appendMoments appends the 16 sortable bytes.
func appendMoments(dst []byte, m moments) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.low)^1<<63)
	return binary.BigEndian.AppendUint64(dst, uint64(m.high)^1<<63)
}

func readMoments(b []byte) (m moments, ok bool) {
	if len(b) != 16 {
		return m, false
	}
	return moments{int64(binary.BigEndian.Uint64(b) ^ 1<<63), int64(binary.BigEndian.Uint64(b[8:]) ^ 1<<63)}, true
}

// lowest is where the rows begin whose low end is at or after at.
func lowest(at int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(at)^1<<63) }

func instant(at int64) time.Time { return time.UnixMicro(at).UTC() }
