package plot

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      int
		labels    string
	}{
		{2.1, 4.1, 4, "2.0 2.5 3.0 3.5 4.0 4.5"},
		{0, 100, 4, "0 50 100"},
		{0, 100, 5, "0 20 40 60 80 100"},
		{118, 142, 4, "110 120 130 140 150"},
		{-3, 3, 3, "-4 -2 0 2 4"},
		{0.001, 0.004, 3, "0.001 0.002 0.003 0.004"},
		{5, 5, 4, "4.5 5.0 5.5"},
		{0, 0, 2, "-1 0 1"},
		{4.1, 2.1, 4, "2.0 2.5 3.0 3.5 4.0 4.5"},
		{math.NaN(), 1, 4, ""},
		{0, math.Inf(1), 4, ""},
	} {
		if got := strings.Join(tickLabels(Ticks(c.low, c.high, c.want)), " "); got != c.labels {
			t.Errorf("Ticks(%v, %v, %d) = %q, want %q", c.low, c.high, c.want, got, c.labels)
		}
	}
}

// Whatever the span, ticks are few, ascending, evenly spaced and cover it.
func TestTicksCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(-1e5, 1e5).Draw(t, "low")
		high := low + rapid.Float64Range(1e-2, 1e9).Draw(t, "span")
		want := rapid.IntRange(1, 12).Draw(t, "want")
		ticks := Ticks(low, high, want)
		if len(ticks) < 2 || len(ticks) > want+3 {
			t.Fatalf("%d ticks for %d wanted: %v", len(ticks), want, ticks)
		}
		step := ticks[1] - ticks[0]
		slack := step * 1e-6
		if ticks[0] > low+slack || ticks[len(ticks)-1] < high-slack {
			t.Fatalf("%v do not cover %v…%v", ticks, low, high)
		}
		for i := 1; i < len(ticks); i++ {
			if d := ticks[i] - ticks[i-1]; math.Abs(d-step) > slack {
				t.Fatalf("uneven: %v", ticks)
			}
		}
	})
}

func TestTimeTicks(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02T15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		from, to string
		want     int
		labels   string
	}{
		{"2017-01-01T00:00", "2026-11-22T00:00", 12, "2017 2018 2019 2020 2021 2022 2023 2024 2025 2026"},
		{"1958-03-14T00:00", "2026-11-22T00:00", 8, "1960 1970 1980 1990 2000 2010 2020"},
		{"2026-01-20T00:00", "2026-11-22T00:00", 6, "Apr 2026 Jul Oct"},
		{"2025-10-20T00:00", "2026-03-22T00:00", 6, "Nov 2025 Dec Jan 2026 Feb Mar"},
		{"2026-11-14T08:00", "2026-11-18T09:00", 6, "15 Nov 2026 16 Nov 17 Nov 18 Nov"},
		{"2026-11-14T20:30", "2026-11-15T05:00", 6, "14 Nov 21:00 15 Nov 00:00 03:00"},
		{"2026-11-14T08:00", "2026-11-14T08:00", 6, ""},
	} {
		var got []string
		for _, k := range TimeTicks(at(c.from), at(c.to), c.want, nil) {
			got = append(got, k.Label)
		}
		if s := strings.Join(got, " "); s != c.labels {
			t.Errorf("%s – %s: %q, want %q", c.from, c.to, s, c.labels)
		}
	}
}

func TestTimeTicksBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(-5e9, 5e9).Draw(t, "from"), 0)
		to := from.Add(time.Duration(rapid.Int64Range(1, int64(200*365*24*time.Hour)).Draw(t, "span")))
		want := rapid.IntRange(1, 14).Draw(t, "want")
		ticks := TimeTicks(from, to, want, time.UTC)
		if len(ticks) > want+1 {
			t.Fatalf("%d ticks for %d", len(ticks), want)
		}
		for i, k := range ticks {
			if k.Time.Before(from) || k.Time.After(to) || (i > 0 && !k.Time.After(ticks[i-1].Time)) {
				t.Fatalf("tick %v outside or out of order", k)
			}
		}
	})
}
