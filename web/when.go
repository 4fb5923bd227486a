package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DateText is the calendar date of t in zone, "14 Nov 2026". A nil zone is UTC; the zero time is "".
func DateText(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return in(t, zone).Format("2 Jan 2006")
}

// ExactText is t to the minute with its zone's name, "14 Nov 2026, 10:20 EST".
func ExactText(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return in(t, zone).Format("2 Jan 2006, 15:04 MST")
}

// PartialDateText words an ISO 8601 date that may stop at the year or the month, as FHIR's date and dateTime do:
// "2009" stays "2009", "2009-03" is "Mar 2009", "2009-03-14" and longer is "14 Mar 2009". It adds no precision that was
// not recorded, and does not move a date-only value between zones. What it cannot read it returns unchanged.
func PartialDateText(iso string) string {
	switch {
	case len(iso) == 4:
		return iso
	case len(iso) == 7:
		if t, err := time.Parse("2006-01", iso); err == nil {
			return t.Format("Jan 2006")
		}
	case len(iso) >= 10:
		if t, err := time.Parse("2006-01-02", iso[:10]); err == nil && (len(iso) == 10 || iso[10] == 'T') {
			return t.Format("2 Jan 2006")
		}
	}
	return iso
}

// RelativeText words the distance of t from now in its largest unit: "just now", "14 min ago", "3 h ago", "2 d ago",
// "in 5 d", and the date when it is more than 60 days away, where a count of days stops helping.
func RelativeText(t, now time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	ahead := d < 0
	if ahead {
		d = -d
	}
	var n int
	var unit string
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		n, unit = int(d/time.Minute), "min"
	case d < 24*time.Hour:
		n, unit = int(d/time.Hour), "h"
	case d <= 60*24*time.Hour:
		n, unit = int(d/(24*time.Hour)), "d"
	default:
		return DateText(t, zone)
	}
	if ahead {
		return fmt.Sprintf("in %d %s", n, unit)
	}
	return fmt.Sprintf("%d %s ago", n, unit)
}

// AgeText is the age at now of someone born on the ISO date iso, as clinicians say it: days under 4 weeks, weeks under
// 3 months, months under 2 years, years from then on ("9 d", "7 wk", "14 mo", "68 y"). A birth date known only to the
// year or month gives "about". It returns "" when iso cannot be read or lies after now.
func AgeText(iso string, now time.Time) string {
	if len(iso) == 4 || len(iso) == 7 {
		year, err := strconv.Atoi(iso[:4])
		if err != nil || year > now.Year() {
			return ""
		}
		month := 7 // the middle of a year that is all we know
		if len(iso) == 7 {
			if month, err = strconv.Atoi(iso[5:]); err != nil {
				return ""
			}
		}
		years := now.Year() - year
		if int(now.Month()) < month && years > 0 {
			years--
		}
		return fmt.Sprintf("about %d y", years)
	}
	if len(iso) < 10 {
		return ""
	}
	born, err := time.Parse("2006-01-02", iso[:10])
	if err != nil {
		return ""
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	if born.After(today) {
		return ""
	}
	days := int(today.Sub(born) / (24 * time.Hour))
	months := (today.Year()-born.Year())*12 + int(today.Month()) - int(born.Month())
	if today.Day() < born.Day() {
		months--
	}
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

// Letters are two letters for a name: the initials of its first two words, or the first two letters of its only word.
// "Maple Street Family Practice" is "MS". Two sites can have the same letters; whoever shows both must choose others.
func Letters(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' || r == '.' || r == ',' || r == '\'' })
	var out []rune
	for _, w := range words {
		out = append(out, []rune(w)[0])
		if len(out) == 2 {
			break
		}
	}
	if len(words) == 1 {
		if r := []rune(words[0]); len(r) > 1 {
			out = r[:2]
		}
	}
	return strings.ToUpper(string(out))
}

func in(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone)
}
