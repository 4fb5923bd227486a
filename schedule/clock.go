package schedule

import "time"

// WallTime is the instant at which clocks of a zone show a minute of a day,
// counted from midnight as the clocks count (90 is half past one). Of a time
// that clocks show twice, in autumn, it is the first; of one that they skip, in
// spring, it is the moment of the change. Minutes may be 1440, the next midnight.
func WallTime(year int, month time.Month, day, minute int, zone *time.Location) time.Time {
	want := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	// The offsets in force around it: before a change and after it.
	_, before := want.Add(-24 * time.Hour).In(zone).Zone()
	_, after := want.Add(24 * time.Hour).In(zone).Zone()
	for _, offset := range [...]int{before, after} {
		t := want.Add(-time.Duration(offset) * time.Second)
		if _, is := t.In(zone).Zone(); is == offset {
			return t.In(zone)
		}
	}
	t := want.Add(-time.Duration(before) * time.Second).In(zone) // in the gap: with the old offset it is after the change
	if change, _ := t.ZoneBounds(); !change.IsZero() {
		return change.In(zone)
	}
	return t
}

// DayOf is the day in a zone that holds a moment: 23, 24 or 25 hours.
func DayOf(t time.Time, zone *time.Location) Span {
	y, m, d := t.In(zone).Date()
	return Span{WallTime(y, m, d, 0, zone), WallTime(y, m, d+1, 0, zone)}
}

// AddDays is the same time of day some days later, as clocks of the zone show
// it; see WallTime for times that clocks skip or show twice.
func AddDays(t time.Time, days int, zone *time.Location) time.Time {
	l := t.In(zone)
	y, m, d := l.Date()
	return WallTime(y, m, d+days, l.Hour()*60+l.Minute(), zone)
}

// minuteOf is a moment's minute of the day as clocks of the zone show it.
func minuteOf(t time.Time, zone *time.Location) int {
	l := t.In(zone)
	return l.Hour()*60 + l.Minute()
}
