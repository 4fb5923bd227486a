package cdsi

import (
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	for d := day(-60000); d < 60000; d += 7 {
		y, m, dd := d.date()
		if want := time.Unix(int64(d)*86400, 0).UTC(); want.Year() != y || int(want.Month()) != m || want.Day() != dd || dayOf(want) != d {
			t.Fatalf("day %d is %d-%d-%d, want %s", d, y, m, dd, want)
		}
	}
	for _, c := range [][3]string{
		{"2025-01-31", "1 month", "2025-03-01"}, // CALCDT-5: a day that is not becomes the first of the next month
		{"2025-03-31", "6 months", "2025-10-01"},
		{"2024-02-29", "1 year", "2025-03-01"},
		{"2024-02-29", "4 years", "2028-02-29"},
		{"2025-11-10", "18 years - 4 days", "2043-11-06"},
		{"2025-11-10", "13 years + 4 weeks", "2038-12-08"},
		{"2025-11-10", "0 days", "2025-11-10"},
		{"2025-11-10", "16 years - 4 months", "2041-07-10"},
		{"2025-12-10", "8 months + 1 day", "2026-08-11"},
	} {
		p, err := parsePeriod(c[1])
		if err != nil || !dayOf(on(c[0])).plus(p).time().Equal(on(c[2])) {
			t.Errorf("%s + %s is %s, %v", c[0], c[1], dayOf(on(c[0])).plus(p).time(), err)
		}
	}
	if !none.time().IsZero() || dayOf(time.Time{}) != none || dayOf(time.Unix(1<<60, 0)) != none {
		t.Error("no date is a date")
	}
}

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"", "18 years - 4 days", "0 days", "1 month + 2 weeks", "years", "1", "- +", "9999999 years", "4 fortnights"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePeriod(s)
		if err == nil && p.set != (s != "") {
			t.Errorf("%q is %+v", s, p)
		}
	})
}
