package schedule

import (
	"strconv"
	"time"

	"wholechart/fhir"
)

// Weekly is a stretch of the day on some days of the week, in minutes as the
// clocks of the site's zone count them.
type Weekly struct {
	Days     [7]bool // by time.Weekday
	From, To int
}

// Away is when somebody is not available though the week says so, or the
// reverse when Extra is set.
type Away struct {
	Span
	Why   string
	Extra bool   // an extra session
	Slot  string // id of the Slot that says so; empty: it is standing data
	Rev   string // version of that Slot
}

// Hours are when somebody or some place is available.
type Hours struct {
	Weekly []Weekly
	Away   []Away
	// Assumed says that nobody recorded weekly hours: what stands in Weekly is
	// this package's assumption, and is to be shown as one.
	Assumed bool
}

// Usual is assumed where no hours are recorded: Monday to Friday, 8 to 17.
func Usual() Hours {
	w := Weekly{From: 8 * 60, To: 17 * 60}
	for d := time.Monday; d <= time.Friday; d++ {
		w.Days[d] = true
	}
	return Hours{Weekly: []Weekly{w}, Assumed: true}
}

// Open is when in a window it is available, in order, none touching.
func (h Hours) Open(window Span, zone *time.Location) []Span {
	var open, away, extra []Span
	for day := DayOf(window.From, zone); day.From.Before(window.To); day = DayOf(day.To, zone) {
		y, m, d := day.From.Date()
		// The weekday of the date: midnight itself may be skipped by the clocks.
		weekday := time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Weekday()
		for _, w := range h.Weekly {
			if w.Days[weekday] && w.From < w.To {
				open = append(open, Span{WallTime(y, m, d, w.From, zone), WallTime(y, m, d, w.To, zone)})
			}
		}
	}
	for _, a := range h.Away {
		if a.Extra {
			extra = append(extra, a.Span)
		} else {
			away = append(away, a.Span)
		}
	}
	// An absence is stronger than the week and than an extra session: who is ill is not here.
	return within(without(append(open, extra...), away), window)
}

// Absent is why it is not available in some part of a span, if an exception
// says so.
func (h Hours) Absent(s Span) (Away, bool) {
	for _, a := range h.Away {
		if !a.Extra && a.Overlaps(s) {
			return a, true
		}
	}
	return Away{}, false
}

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // http://hl7.org/fhir/days-of-week

// HoursOf reads availableTime and notAvailable of a PractitionerRole or
// HealthcareService, or hoursOfOperation of a Location. known says whether any
// weekly hours are there; what cannot be read is left out.
func HoursOf(n fhir.Node, zone *time.Location) (h Hours, known bool) {
	for t := range n.Get("availableTime").Items() {
		h.addWeekly(t, "availableStartTime", "availableEndTime")
	}
	for t := range n.Get("hoursOfOperation").Items() {
		h.addWeekly(t, "openingTime", "closingTime")
	}
	for t := range n.Get("notAvailable").Items() {
		during := fhir.PeriodOf(t.Get("during"))
		if during.Start.Precision == 0 && during.End.Precision == 0 {
			continue // only words: shown nowhere as a time
		}
		// A period's end includes all of what it names: http://hl7.org/fhir/R4/datatypes.html#Period.
		a := Away{Why: t.Get("description").Str(), Span: Span{To: time.Date(9000, 1, 1, 0, 0, 0, 0, zone)}}
		if during.Start.Precision != 0 {
			a.From, _ = during.Start.Interval(zone)
		}
		if during.End.Precision != 0 {
			_, a.To = during.End.Interval(zone)
		}
		h.Away = append(h.Away, a)
	}
	return h, len(h.Weekly) > 0
}

func (h *Hours) addWeekly(t fhir.Node, start, end string) {
	w := Weekly{From: minutes(t.Get(start).Str(), 0), To: minutes(t.Get(end).Str(), 24*60)}
	if t.Get("allDay").True() {
		w.From, w.To = 0, 24*60
	}
	none := true
	for d := range t.Get("daysOfWeek").Items() {
		for i, code := range weekdays {
			if d.Is(code) {
				w.Days[i], none = true, false
			}
		}
	}
	if none {
		w.Days = [7]bool{true, true, true, true, true, true, true}
	}
	if w.To == 0 {
		w.To = 24 * 60 // until midnight
	}
	if w.From < w.To {
		h.Weekly = append(h.Weekly, w)
	}
}

// minutes reads a FHIR time, "09:30:00".
func minutes(text string, otherwise int) int {
	if !fhir.IsTime(text) {
		return otherwise
	}
	hour, _ := strconv.Atoi(text[:2])
	minute, _ := strconv.Atoi(text[3:5])
	return hour*60 + minute
}
