package formula

import "time"

// Age is an age in completed days, months and years of the calendar. The zero Age is unknown.
type Age struct {
	Known  bool
	Days   int
	Months int
	Years  int
}

// AgeAt is the age of somebody born on the day of birth, on the day of at; each
// in its own zone. Unknown when birth is zero or later than at.
func AgeAt(birth, at time.Time) Age {
	if birth.IsZero() || at.IsZero() {
		return Age{}
	}
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	b, n := day(birth), day(at)
	if n.Before(b) {
		return Age{}
	}
	months := (n.Year()-b.Year())*12 + int(n.Month()) - int(b.Month())
	if n.Day() < b.Day() {
		months--
	}
	return Age{Known: true, Days: int(n.Sub(b).Hours() / 24), Months: months, Years: months / 12}
}

// Days is the Age of a number of days, by the mean length of months and years.
func Days(n int) Age {
	if n < 0 {
		return Age{}
	}
	months := int(float64(n) / daysPerMonth)
	return Age{Known: true, Days: n, Months: months, Years: months / 12}
}
