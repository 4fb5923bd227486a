package schedule

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wholechart/fhir"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// A gap and a repeat of the clocks, as New York had them in 2026.
func TestWallTime(t *testing.T) {
	ny := zone(t, "America/New_York")
	for _, c := range []struct {
		name      string
		y         int
		m         time.Month
		d, minute int
		zone      *time.Location
		want      string
	}{
		{"before the gap", 2026, 3, 8, 119, ny, "2026-03-08T01:59:00-05:00"},
		{"in the gap", 2026, 3, 8, 150, ny, "2026-03-08T03:00:00-04:00"},
		{"after the gap", 2026, 3, 8, 180, ny, "2026-03-08T03:00:00-04:00"},
		{"a repeated time is the first", 2026, 11, 1, 90, ny, "2026-11-01T01:30:00-04:00"},
		{"after the repeat", 2026, 11, 1, 120, ny, "2026-11-01T02:00:00-05:00"},
		{"midnight at the end", 2026, 11, 1, 1440, ny, "2026-11-02T00:00:00-05:00"},
		{"a zone without changes", 2026, 3, 8, 150, zone(t, "America/Phoenix"), "2026-03-08T02:30:00-07:00"},
		{"midnight skipped", 2026, 9, 6, 0, zone(t, "America/Santiago"), "2026-09-06T01:00:00-03:00"},
		{"day overflow", 2026, 2, 29, 0, ny, "2026-03-01T00:00:00-05:00"},
	} {
		if got := WallTime(c.y, c.m, c.d, c.minute, c.zone).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		day  time.Time
		want time.Duration
	}{
		{time.Date(2026, 3, 8, 12, 0, 0, 0, ny), 23 * time.Hour},
		{time.Date(2026, 11, 1, 12, 0, 0, 0, ny), 25 * time.Hour},
		{time.Date(2026, 7, 1, 12, 0, 0, 0, ny), 24 * time.Hour},
	} {
		if d := DayOf(c.day, ny); d.To.Sub(d.From) != c.want {
			t.Errorf("%s has %s", c.day.Format(time.DateOnly), d.To.Sub(d.From))
		}
	}
}

func role(t testing.TB, text string, z *time.Location) Hours {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	h, known := HoursOf(d.Root(), z)
	if !known {
		t.Fatal("no hours were read")
	}
	return h
}

func TestHours(t *testing.T) {
	ny := zone(t, "America/New_York")
	h := role(t, `{"resourceType":"PractitionerRole","availableTime":[
		{"daysOfWeek":["mon","tue"],"availableStartTime":"09:00:00","availableEndTime":"12:00:00"},
		{"daysOfWeek":["mon"],"availableStartTime":"13:00:00","availableEndTime":"17:30:00"},
		{"daysOfWeek":["sun"],"availableStartTime":"01:00:00","availableEndTime":"04:00:00"}],
		"notAvailable":[{"description":"Thanksgiving","during":{"start":"2026-11-24","end":"2026-11-24"}}]}`, ny)
	week := Span{WallTime(2026, 11, 22, 0, ny), WallTime(2026, 11, 29, 0, ny)}
	open := h.Open(week, ny)
	want := []string{"2026-11-22T01:00:00-05:00 180", "2026-11-23T09:00:00-05:00 180", "2026-11-23T13:00:00-05:00 270"}
	compare(t, open, want)
	if a, ok := h.Absent(Span{WallTime(2026, 11, 24, 600, ny), WallTime(2026, 11, 24, 620, ny)}); !ok || a.Why != "Thanksgiving" {
		t.Error("the holiday is not told")
	}

	// A night session in spring loses the hour that the clocks skip, in autumn it has one more.
	compare(t, h.Open(DayOf(WallTime(2026, 3, 8, 720, ny), ny), ny), []string{"2026-03-08T01:00:00-05:00 120"})
	compare(t, h.Open(DayOf(WallTime(2026, 11, 1, 720, ny), ny), ny), []string{"2026-11-01T01:00:00-04:00 240"})
	// And not where clocks never change.
	ph := zone(t, "America/Phoenix")
	compare(t, h.Open(DayOf(WallTime(2026, 3, 8, 720, ph), ph), ph), []string{"2026-03-08T01:00:00-07:00 180"})

	// An extra session counts; an absence is stronger than it.
	h.Away = append(h.Away, Away{Span: Span{WallTime(2026, 11, 25, 540, ny), WallTime(2026, 11, 25, 660, ny)}, Extra: true},
		Away{Span: Span{WallTime(2026, 11, 25, 600, ny), WallTime(2026, 11, 25, 630, ny)}})
	compare(t, h.Open(DayOf(WallTime(2026, 11, 25, 720, ny), ny), ny), []string{"2026-11-25T09:00:00-05:00 60", "2026-11-25T10:30:00-05:00 30"})
}

func compare(t *testing.T, got []Span, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d spans, want %v: %v", len(got), want, got)
		return
	}
	for i, s := range got {
		if text := s.From.Format(time.RFC3339) + " " + strconv.Itoa(s.Minutes()); text != want[i] {
			t.Errorf("%s, want %s", text, want[i])
		}
	}
}

// Spans as sets of minutes.
func TestSpansAreSets(t *testing.T) {
	base := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	gen := rapid.Custom(func(t *rapid.T) Span {
		from := rapid.IntRange(0, 100).Draw(t, "from")
		return Span{base.Add(time.Duration(from) * time.Minute), base.Add(time.Duration(from+rapid.IntRange(-2, 30).Draw(t, "for")) * time.Minute)}
	})
	in := func(spans []Span, m int) bool {
		at := base.Add(time.Duration(m) * time.Minute)
		for _, s := range spans {
			if !at.Before(s.From) && at.Before(s.To) {
				return true
			}
		}
		return false
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(gen, 0, 8).Draw(t, "a"), rapid.SliceOfN(gen, 0, 8).Draw(t, "b")
		w := gen.Draw(t, "w")
		minus, in1 := without(a, b), within(union(a), w)
		for m := range 140 {
			if in(minus, m) != (in(a, m) && !in(b, m)) {
				t.Fatalf("minute %d of the difference", m)
			}
			if in(in1, m) != (in(a, m) && in([]Span{w}, m)) {
				t.Fatalf("minute %d of the window", m)
			}
		}
		for i := 1; i < len(minus); i++ {
			if !minus[i-1].To.Before(minus[i].From) && minus[i-1].Overlaps(minus[i]) {
				t.Fatal("the difference overlaps itself")
			}
		}
	})
}

func TestRepeatKeepsTheTimeOfDay(t *testing.T) {
	ny := zone(t, "America/New_York")
	starts, err := Repeat{Days: 7, Count: 3}.Starts(time.Date(2026, 10, 26, 9, 0, 0, 0, ny), ny)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"2026-10-26T09:00:00-04:00", "2026-11-02T09:00:00-05:00", "2026-11-09T09:00:00-05:00"} {
		if got := starts[i].Format(time.RFC3339); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, r := range []Repeat{{7, 0}, {0, 3}, {7, 53}, {-1, 2}} {
		if _, err := r.Starts(time.Now(), ny); err == nil {
			t.Errorf("%+v is accepted", r)
		}
	}
}
