package chart

import (
	"strings"
	"time"

	"wholechart/fhir"
)

// When is a date or time as it was recorded, with the precision it was recorded
// in. The zero When is unknown.
type When struct {
	ISO string // as recorded: "2016", "2021-09", "2021-09-21T10:40:00-04:00"
	// At is the first instant meant, in the zone written; in the chart's zone
	// where the text is in UTC or says no zone.
	At        time.Time
	Precision fhir.Precision // 0: unknown
}

// Known says whether there is a date.
func (w When) Known() bool { return w.Precision != 0 }

// HasTime says whether a time of day is known.
func (w When) HasTime() bool { return w.Precision >= fhir.Second }

// Until is the first instant after what is meant: the end of that year, month
// or day.
func (w When) Until() time.Time {
	switch w.Precision {
	case fhir.Year:
		return w.At.AddDate(1, 0, 0)
	case fhir.Month:
		return w.At.AddDate(0, 1, 0)
	case fhir.Day:
		return w.At.AddDate(0, 0, 1)
	}
	return w.At
}

// String is the date as people read it, "14 Nov 2026", "Sep 2021", "2016", or
// "unknown".
func (w When) String() string {
	switch w.Precision {
	case 0:
		return "unknown"
	case fhir.Year:
		return w.At.Format("2006")
	case fhir.Month:
		return w.At.Format("Jan 2006")
	}
	return w.At.Format("2 Jan 2006")
}

// Clock is the time of day where one is known: "10:40".
func (w When) Clock() string {
	if !w.HasTime() {
		return ""
	}
	return w.At.Format("15:04")
}

// Day is the ISO date as far as it is known, for a datetime attribute: "2021-09".
func (w When) Day() string {
	switch w.Precision {
	case 0:
		return ""
	case fhir.Year:
		return w.At.Format("2006")
	case fhir.Month:
		return w.At.Format("2006-01")
	}
	return w.At.Format("2006-01-02")
}

// Before orders dates; the unknown is before every date.
func (w When) Before(v When) bool { return w.At.Before(v.At) }

// newer compares for newest first, the unknown last.
func newer(a, b When) int {
	if a.Known() != b.Known() {
		if a.Known() {
			return -1
		}
		return 1
	}
	return b.At.Compare(a.At)
}

// whenOf reads a date, dateTime or instant. A time without its zone, which
// FHIR forbids but charts hold, is taken as of zone. What is no date at all is
// unknown, with its text kept.
func whenOf(text string, zone *time.Location) When {
	if text == "" {
		return When{}
	}
	d, err := fhir.ParseDateTime(text)
	if err != nil {
		for _, form := range [...]string{"2006-01-02T15:04:05", "2006-01-02T15:04"} {
			if t, err := time.ParseInLocation(form, text, zone); err == nil {
				return When{text, t, fhir.Second}
			}
		}
		return When{ISO: text}
	}
	if d.Precision < fhir.Second {
		return When{text, time.Date(d.YearNo, time.Month(d.MonthNo), d.DayNo, 0, 0, 0, 0, zone), d.Precision}
	}
	at := zone
	if d.Zone != 0 {
		at = zoneAt(d.Zone)
	}
	t := time.Date(d.YearNo, time.Month(d.MonthNo), d.DayNo, d.Hour, d.Minute, d.SecondNo, d.Nanosecond, time.UTC)
	return When{text, t.Add(-time.Duration(d.Zone) * time.Second).In(at), d.Precision}
}

// quarters are the zones that are a whole number of quarter hours off UTC.
var quarters = func() (out [121]*time.Location) {
	for i := range out {
		out[i] = time.FixedZone("", (i-60)*900)
	}
	return out
}()

func zoneAt(seconds int) *time.Location {
	if i := seconds/900 + 60; seconds%900 == 0 && i >= 0 && i < len(quarters) {
		return quarters[i]
	}
	return time.FixedZone("", seconds)
}

// at makes a When of an instant.
func at(t time.Time, zone *time.Location) When {
	if t.IsZero() {
		return When{}
	}
	t = t.In(zone)
	return When{t.Format(time.RFC3339), t, fhir.Second}
}

// choiceWhen reads a choice of date, dateTime, Period, Timing, Age or string,
// like onset[x]: its start, its end and, when it is no date, its words.
func (b *builder) choiceWhen(n fhir.Node, prefix string) (start, end When, words string) {
	for rest, v := range n.Prefixed(prefix) {
		switch string(rest) {
		case "DateTime", "Date", "Instant", "":
			start = b.when(v)
		case "Period":
			start, end = b.when(v.Get("start")), b.when(v.Get("end"))
		case "Timing":
			for e := range v.Get("event").Items() {
				if w := b.when(e); !start.Known() || w.Before(start) {
					start = w
				}
			}
			if p := v.Get("repeat").Get("boundsPeriod"); p.Exists() && !start.Known() {
				start, end = b.when(p.Get("start")), b.when(p.Get("end"))
			}
		case "Age", "Range":
			words = ageWords(v)
		case "String":
			words = v.Str()
		}
	}
	return start, end, words
}

// ageWords says an Age or a Range of ages: "at 55 y", "at 50–60 y".
func ageWords(n fhir.Node) string {
	unit := func(q fhir.Quantity) string {
		switch q.Code {
		case "a":
			return "y"
		case "mo", "wk", "d", "h":
			return q.Code
		}
		return strings.TrimSpace(q.Unit)
	}
	if n.Get("low").Exists() || n.Get("high").Exists() {
		lo, hi := fhir.QuantityOf(n.Get("low")), fhir.QuantityOf(n.Get("high"))
		switch {
		case lo.Value == "":
			return "before " + string(hi.Value) + " " + unit(hi)
		case hi.Value == "":
			return "after " + string(lo.Value) + " " + unit(lo)
		}
		return "at " + string(lo.Value) + "–" + string(hi.Value) + " " + unit(hi)
	}
	q := fhir.QuantityOf(n)
	if q.Value == "" {
		return ""
	}
	return strings.TrimSpace("at " + string(q.Value) + " " + unit(q))
}
