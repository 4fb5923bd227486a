package chart

import (
	"fmt"
	"time"

	"wholechart/fhir"
)

// Age is the age of somebody at an instant as clinicians say it: "9 d" under
// four weeks, "7 wk" under three months, "14 mo" under two years, then "68 y".
// A birth date known to the month or year gives "about 68 y". It is empty when
// the birth date is unknown or later.
func Age(birth When, at time.Time) string {
	if !birth.Known() || birth.At.After(at) {
		return ""
	}
	y, m, d := birth.At.Date()
	if birth.Precision == fhir.Year {
		m, d = 7, 1
	}
	ty, tm, td := at.In(birth.At.Location()).Date()
	months := (ty-y)*12 + int(tm-m)
	if td < d {
		months--
	}
	months = max(months, 0)
	if birth.Precision < fhir.Day {
		if birth.Precision == fhir.Month && months < 24 {
			return fmt.Sprintf("about %d mo", months)
		}
		return fmt.Sprintf("about %d y", months/12)
	}
	days := int(time.Date(ty, tm, td, 0, 0, 0, 0, time.UTC).Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
	switch {
	case days < 28:
		return fmt.Sprintf("%d d", days)
	case months < 3:
		return fmt.Sprintf("%d wk", days/7)
	case months < 24:
		return fmt.Sprintf("%d mo", months)
	}
	return fmt.Sprintf("%d y", months/12)
}
