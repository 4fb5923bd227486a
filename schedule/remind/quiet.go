package remind

import (
	"errors"
	"slices"
	"time"

	"wholechart/schedule"
)

// Quiet is when nothing is sent, as clocks of the reader's zone show it.
type Quiet struct {
	From     int      `json:"from"`               // minute of the day at which quiet begins
	To       int      `json:"to"`                 // and ends, of the next day when it is not after From; equal: never quiet
	Days     [7]bool  `json:"days"`               // days of the week without recalls
	Holidays []string `json:"holidays,omitempty"` // days without anything, ISO dates
}

func (q Quiet) check() error {
	if q.From < 0 || q.From >= 1440 || q.To < 0 || q.To >= 1440 {
		return errors.New("quiet hours are times of the day")
	}
	open := 0
	for _, s := range q.hours() {
		open += s[1] - s[0]
	}
	if open < 60 {
		return errors.New("quiet hours leave at least an hour of the day")
	}
	if !slices.Contains(q.Days[:], false) {
		return errors.New("recalls need a day of the week")
	}
	if len(q.Holidays) > 400 {
		return errors.New("at most 400 holidays")
	}
	for _, d := range q.Holidays {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return errors.New("a holiday is a day: 2026-12-25")
		}
	}
	return nil
}

// hours are the minutes of a day that are not quiet.
func (q Quiet) hours() [][2]int {
	switch {
	case q.From == q.To:
		return [][2]int{{0, 1440}}
	case q.From > q.To:
		return [][2]int{{q.To, q.From}}
	case q.From == 0:
		return [][2]int{{q.To, 1440}}
	}
	return [][2]int{{0, q.From}, {q.To, 1440}}
}

// day are the open spans of a day.
func (q Quiet) day(y int, m time.Month, d int, recall bool, zone *time.Location) []schedule.Span {
	noon := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	if slices.Contains(q.Holidays, noon.Format(time.DateOnly)) || recall && q.Days[noon.Weekday()] {
		return nil
	}
	var out []schedule.Span
	for _, h := range q.hours() {
		s := schedule.Span{From: schedule.WallTime(y, m, d, h[0], zone), To: schedule.WallTime(y, m, d, h[1], zone)}
		if !s.Empty() && s.From.Before(s.To) {
			out = append(out, s)
		}
	}
	return out
}

// farthest bounds, in days, how far an open moment is looked for.
const farthest = 400

// After is the first moment from t on that is not quiet.
func (q Quiet) After(t time.Time, recall bool, zone *time.Location) (time.Time, bool) {
	y, m, d := t.In(zone).Date()
	for i := range farthest {
		for _, s := range q.day(y, m, d+i, recall, zone) {
			if t.Before(s.From) {
				return s.From, true
			}
			if t.Before(s.To) {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// Before is the last moment up to t that is not quiet, to the minute.
func (q Quiet) Before(t time.Time, recall bool, zone *time.Location) (time.Time, bool) {
	y, m, d := t.In(zone).Date()
	for i := range farthest {
		day := q.day(y, m, d-i, recall, zone)
		for _, s := range slices.Backward(day) {
			if !t.Before(s.To) {
				return s.To.Add(-time.Minute), true
			}
			if !t.Before(s.From) {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// Lead is how long before an appointment the last reminder still helps.
const Lead = time.Hour

// For moves a reminder's moment out of quiet hours: later while that leaves Lead
// before the appointment, else earlier.
func (q Quiet) For(t, start time.Time, zone *time.Location) (time.Time, bool) {
	if later, ok := q.After(t, false, zone); ok && !later.After(start.Add(-Lead)) || ok && later.Equal(t) {
		return later, true
	}
	return q.Before(t, false, zone)
}
