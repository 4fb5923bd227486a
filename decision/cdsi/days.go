package cdsi

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// day counts days from 1970-01-01 in the proleptic Gregorian calendar.
type day int32

const (
	none   day = -1 << 31 // no date: an empty attribute
	past   day = -1 << 30 // the specification's 01/01/1900
	future day = 1 << 30  // and its 12/31/2999
)

func dayOf(t time.Time) day {
	if t.IsZero() {
		return none
	}
	y, m, d := t.Date()
	if y < 1 || y > 9999 { // no date of a person
		return none
	}
	return civil(y, int(m), d)
}

func (d day) time() time.Time {
	if d == none || d <= past || d >= future {
		return time.Time{}
	}
	return time.Unix(int64(d)*86400, 0).UTC()
}

// civil is the day of a date; the month may be outside 1 to 12.
func civil(y, m, d int) day {
	y, m = y+floorDiv(m-1, 12), mod(m-1, 12)+1
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	return day(era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468)
}

func (d day) date() (y, m, dd int) {
	z := int(d) + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	y, m, dd = yoe+era*400, mp+3, doy-(153*mp+2)/5+1
	if m > 12 {
		m -= 12
		y++
	}
	return y, m, dd
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func mod(a, b int) int { return a - floorDiv(a, b)*b }

func daysIn(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// period is an age or an interval; set is false where the CDC leaves it empty.
type period struct {
	months, days int32
	set          bool
}

// parsePeriod reads "18 years - 4 days", "13 years + 4 weeks", "0 days".
func parsePeriod(s string) (period, error) {
	if s == "" {
		return period{}, nil
	}
	p, sign := period{set: true}, int32(1)
	words := strings.Fields(s)
	for i := 0; i < len(words); {
		switch words[i] {
		case "+":
			sign = 1
			i++
			continue
		case "-":
			sign = -1
			i++
			continue
		}
		n, err := strconv.ParseInt(words[i], 10, 16)
		if err != nil || i+1 >= len(words) {
			return p, fmt.Errorf("cdsi: %q is not an age or interval", s)
		}
		switch k := sign * int32(n); strings.TrimSuffix(strings.ToLower(words[i+1]), "s") {
		case "year":
			p.months += 12 * k
		case "month":
			p.months += k
		case "week":
			p.days += 7 * k
		case "day":
			p.days += k
		default:
			return p, fmt.Errorf("cdsi: %q is not an age or interval", s)
		}
		i += 2
	}
	return p, nil
}

// plus adds years and months first, then weeks and days (CALCDT-1 to 6). A
// day that its month does not have becomes the first of the next (CALCDT-5).
func (d day) plus(p period) day {
	if d == none || !p.set {
		return none
	}
	if p.months != 0 {
		y, m, dd := d.date()
		m += int(p.months)
		y, m = y+floorDiv(m-1, 12), mod(m-1, 12)+1
		if dd > daysIn(y, m) {
			dd, m = 1, m+1
		}
		d = civil(y, m, dd)
	}
	return d + day(p.days)
}

// or gives the assumed value of an empty attribute.
func (d day) or(assumed day) day {
	if d == none {
		return assumed
	}
	return d
}

// parseDay reads the supporting data's dates: 20250827 or 01/01/1957.
func parseDay(s string, assumed day) (day, error) {
	if s == "" {
		return assumed, nil
	}
	for _, layout := range []string{"20060102", "01/02/2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return dayOf(t), nil
		}
	}
	return none, fmt.Errorf("cdsi: %q is not a date", s)
}
