package entry

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
)

// Words of what a date field could not take.
const (
	sayDate   = "Write a date such as 2021, Sep 2021 or 21 Sep 2021."
	sayAge    = "Write a date such as 2021, Sep 2021 or 21 Sep 2021, or an age such as age 12."
	sayNone   = "There is no such day in the calendar."
	sayFuture = "This lies in the future."
	sayBefore = "This is before the patient was born."
	sayLong   = "This is more than 150 years ago."
)

var monthNames = [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// ParseDay reads a date as people type one, as far as it is known, and gives
// it as FHIR writes it: "2021", "2021-09", "2021-09-21". It takes ISO dates,
// "Sep 2021", "21 Sep 2021", "Sep 21, 2021" and, as in the United States,
// "9/21/2021" and "9/2021"; "today" and "yesterday" too. Its error is for who
// typed it. It does not say whether the date makes sense.
func ParseDay(text string, now time.Time) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch text {
	case "today":
		return now.Format(time.DateOnly), nil
	case "yesterday":
		return now.AddDate(0, 0, -1).Format(time.DateOnly), nil
	}
	if len(text) > 30 {
		return "", fmt.Errorf("%s", sayDate)
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '-' || r == '/' || r == '.' || r == '\u00a0' })
	var y, m, d int
	num := func(s string, least, most int) (int, bool) {
		if len(s) == 0 || len(s) > 4 {
			return 0, false
		}
		for _, r := range s {
			if r < '0' || r > '9' {
				return 0, false
			}
		}
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= least && n <= most
	}
	year := func(s string) bool {
		n, ok := num(s, 1000, 9999)
		y = n
		return ok && len(s) == 4
	}
	month := func(s string) bool {
		if len(s) >= 3 {
			for i, name := range monthNames {
				full := strings.ToLower(time.Month(i + 1).String())
				if s == name || strings.HasPrefix(full, s) || s == "sept" && name == "sep" {
					m = i + 1
					return true
				}
			}
			return false
		}
		n, ok := num(s, 1, 12)
		m = n
		return ok
	}
	day := func(s string) bool {
		for _, suffix := range [...]string{"st", "nd", "rd", "th"} {
			s = strings.TrimSuffix(s, suffix)
		}
		n, ok := num(s, 1, 31)
		d = n
		return ok && len(s) <= 2
	}
	letters := func(s string) bool { return s != "" && (s[0] < '0' || s[0] > '9') }
	good := false
	switch len(parts) {
	case 1:
		good = year(parts[0])
	case 2:
		good = year(parts[1]) && month(parts[0]) || year(parts[0]) && month(parts[1])
	case 3:
		switch {
		case len(parts[0]) == 4:
			good = year(parts[0]) && month(parts[1]) && day(parts[2])
		case letters(parts[1]):
			good = day(parts[0]) && month(parts[1]) && year(parts[2])
		default: // Sep 21 2021, 9/21/2021
			good = month(parts[0]) && day(parts[1]) && year(parts[2])
		}
	}
	if !good {
		return "", fmt.Errorf("%s", sayDate)
	}
	switch {
	case d > 0:
		t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		if t.Day() != d {
			return "", fmt.Errorf("%s", sayNone)
		}
		return t.Format(time.DateOnly), nil
	case m > 0:
		return fmt.Sprintf("%04d-%02d", y, m), nil
	}
	return fmt.Sprintf("%04d", y), nil
}

// SayDay is a FHIR date or dateTime as forms show it, which ParseDay reads
// again: "2021", "Sep 2021", "21 Sep 2021". A time of day is not shown; what is
// no date stays as it is.
func SayDay(iso string) string {
	d, err := fhir.ParseDateTime(iso)
	if err != nil {
		return iso
	}
	switch d.Precision {
	case fhir.Year:
		return fmt.Sprintf("%04d", d.YearNo)
	case fhir.Month:
		return time.Month(d.MonthNo).String()[:3] + fmt.Sprintf(" %04d", d.YearNo)
	}
	return fmt.Sprintf("%d %s %04d", d.DayNo, time.Month(d.MonthNo).String()[:3], d.YearNo)
}

// sense says what is wrong with a date as a date of this patient's past.
func (c Context) sense(iso string, future bool) string {
	d, err := fhir.ParseDateTime(iso)
	if err != nil {
		return sayDate
	}
	lo, hi := d.Interval(c.Zone)
	if !future && lo.After(c.Now) {
		return sayFuture
	}
	if hi.Before(c.Now.AddDate(-150, 0, 0)) {
		return sayLong
	}
	if future && lo.After(c.Now.AddDate(100, 0, 0)) {
		return "This is more than 100 years ahead."
	}
	if born, err := fhir.ParseDateTime(c.Birth); err == nil {
		if from, _ := born.Interval(c.Zone); !hi.After(from) {
			return sayBefore
		}
	}
	return ""
}

// decimal is a number as JSON has it, without an exponent.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// age reads "age 12", "at 12", "12 y", "12 years old", "18 months".
func age(text string) (fhirAge object, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	said := false
	for _, lead := range [...]string{"age", "aged", "at age", "at"} {
		if rest, cut := strings.CutPrefix(text, lead+" "); cut {
			text, said = strings.TrimSpace(rest), true
		}
	}
	n, unit, _ := strings.Cut(text, " ")
	if unit == "" { // 12y
		i := strings.IndexFunc(n, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if i > 0 {
			n, unit = n[:i], n[i:]
		}
	}
	var code, word string
	most := 130.0
	switch strings.TrimSuffix(strings.TrimSpace(unit), " old") {
	case "y", "yr", "yrs", "year", "years", "yo":
		code, word = "a", "y"
	case "mo", "month", "months":
		code, word, most = "mo", "mo", 1500
	case "wk", "week", "weeks":
		code, word, most = "wk", "wk", 5000
	case "d", "day", "days":
		code, word, most = "d", "d", 50000
	case "":
		if !said {
			return nil, false
		}
		code, word = "a", "y"
	default:
		return nil, false
	}
	v, err := strconv.ParseFloat(n, 64)
	if err != nil || v < 0 || v > most || len(n) > 6 || !decimal.MatchString(n) {
		return nil, false
	}
	return object{{"value", raw(n)}, {"unit", word}, {"system", "http://unitsofmeasure.org"}, {"code", code}}, true
}

// sayAgeOf is an Age as forms show it, which age reads again: "age 12", "age 18 mo".
func sayAgeOf(n fhir.Node) string {
	q := fhir.QuantityOf(n)
	switch {
	case q.Value == "":
		return ""
	case q.Code == "a" || q.Unit == "y" || q.Unit == "years":
		return "age " + string(q.Value)
	}
	unit := q.Unit
	if unit == "" {
		unit = q.Code
	}
	return strings.TrimSpace("age " + string(q.Value) + " " + unit)
}
