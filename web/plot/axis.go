package plot

import (
	"math"
	"strconv"
	"time"
)

// scale maps values to shares 0…1 of a length.
type scale struct{ low, high float64 }

func (s scale) at(v float64) float64 {
	if s.high == s.low {
		return 0.5
	}
	return (v - s.low) / (s.high - s.low)
}

// Ticks are at most about want+2 round numbers (1, 2 or 5 times a power of ten) that reach from at or below low to at or
// above high. When low and high are equal, the ticks lie around that value. Not finite: none.
func Ticks(low, high float64, want int) []float64 {
	if math.IsNaN(low) || math.IsNaN(high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		return nil
	}
	if low > high {
		low, high = high, low
	}
	if want < 1 {
		want = 1
	}
	if low == high {
		spread := math.Abs(low) * 0.1
		if spread == 0 {
			spread = 1
		}
		low, high = low-spread, high+spread
	}
	raw := (high - low) / float64(want)
	if raw <= 0 || math.IsInf(raw, 0) {
		return nil
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if m*power >= raw*(1-1e-9) {
			step = m * power
			break
		}
	}
	first, last := math.Floor(low/step+1e-9), math.Ceil(high/step-1e-9)
	if !(last-first < 100) { // a span that floating point cannot step through
		return nil
	}
	var out []float64
	for i := first; i <= last; i++ {
		v := i * step
		if v == 0 {
			v = 0 // not -0
		}
		out = append(out, v)
	}
	return out
}

// tickLabels words ticks with the same number of decimals each, as many as their step needs.
func tickLabels(ticks []float64) []string {
	decimals := 0
	if len(ticks) > 1 {
		step := ticks[1] - ticks[0]
		for decimals = 0; decimals < 9; decimals++ {
			v := step * math.Pow(10, float64(decimals))
			if math.Abs(v-math.Round(v)) < 1e-6*math.Max(1, v) && math.Round(v) > 0 {
				break
			}
		}
	}
	out := make([]string, len(ticks))
	for i, t := range ticks {
		out[i] = strconv.FormatFloat(t, 'f', decimals, 64)
	}
	return out
}

// TimeTick is a mark on the time axis.
type TimeTick struct {
	Time  time.Time
	Label string
}

// TimeTicks are calendar boundaries in the zone between from and to, at most want of them: years (every 1, 2, 5, 10, 20,
// 50), months (every 1, 3, 6), days (every 1, 2, 7, 14) or hours (every 1, 3, 6, 12), whichever is finest and fits. A
// label says the year where the year is new.
func TimeTicks(from, to time.Time, want int, zone *time.Location) []TimeTick {
	from, to = in(from, zone), in(to, zone)
	if !to.After(from) || want < 1 {
		return nil
	}
	span := to.Sub(from)
	loc := from.Location()
	for _, step := range []int{1, 3, 6, 12} {
		d := time.Duration(step) * time.Hour
		if span > 72*time.Hour || int(span/d) >= want {
			continue
		}
		start := time.Date(from.Year(), from.Month(), from.Day(), from.Hour()/step*step, 0, 0, 0, loc)
		return ticksOf(start, from, to, want, func(t time.Time) time.Time { return t.Add(d) }, func(t time.Time, first bool) string {
			if first || t.Hour() == 0 {
				return t.Format("2 Jan 15:04")
			}
			return t.Format("15:04")
		})
	}
	for _, step := range []int{1, 2, 7, 14} {
		if int(span/(time.Duration(step)*24*time.Hour)) >= want {
			continue
		}
		start := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, loc)
		return ticksOf(start, from, to, want, func(t time.Time) time.Time { return t.AddDate(0, 0, step) }, func(t time.Time, first bool) string {
			if first {
				return t.Format("2 Jan 2006")
			}
			return t.Format("2 Jan")
		})
	}
	for _, step := range []int{1, 3, 6} {
		if int(span/(time.Duration(step)*30*24*time.Hour)) >= want {
			continue
		}
		start := time.Date(from.Year(), time.Month((int(from.Month())-1)/step*step+1), 1, 0, 0, 0, 0, loc)
		return ticksOf(start, from, to, want, func(t time.Time) time.Time { return t.AddDate(0, step, 0) }, func(t time.Time, first bool) string {
			switch {
			case t.Month() == 1 && step > 1: // among quarters a year is its January
				return t.Format("2006")
			case first, t.Month() == 1:
				return t.Format("Jan 2006")
			}
			return t.Format("Jan")
		})
	}
	for _, step := range []int{1, 2, 5, 10, 20, 50, 100, 500, 1000} {
		if (to.Year()-from.Year())/step >= want {
			continue
		}
		start := time.Date(from.Year()/step*step, 1, 1, 0, 0, 0, 0, loc)
		return ticksOf(start, from, to, want, func(t time.Time) time.Time { return t.AddDate(step, 0, 0) }, func(t time.Time, _ bool) string {
			return strconv.Itoa(t.Year())
		})
	}
	return nil
}

func ticksOf(start, from, to time.Time, want int, next func(time.Time) time.Time, label func(time.Time, bool) string) []TimeTick {
	var out []TimeTick
	for t := start; !t.After(to) && len(out) <= want; t = next(t) {
		if t.Before(from) {
			continue
		}
		out = append(out, TimeTick{t, label(t, len(out) == 0)})
	}
	return out
}
