package formula

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"wholechart/chart"
)

// HeightDays is how far a height may be from a weight for a BMI to be computed of
// the two, in days, from 2 years on. Our choice: between 2 and 20 years a child
// grows at most some 1 cm a month, which is 1 to 2 % of the BMI.
const HeightDays = 30

// BMIOf are all BMIs of a child, oldest first, each with its percentile: those that
// were recorded, and of a weight from 2 years on whose day has none the one that it
// makes with the height of that day, else with the nearest height within HeightDays
// (the earlier of two as near). Of those Computed says of what; When and Prov are
// the weight's.
func BMIOf(c *chart.Chart, now time.Time) []Measured {
	out := GrowthOf(c, BMI, now)
	day := func(w chart.When) string { return w.At.Format(time.DateOnly) }
	recorded := map[string]bool{}
	for _, x := range out {
		recorded[day(x.When)] = true
	}
	r := newReader(c, now)
	sex := r.sex().Choice
	heights := GrowthOf(c, Height, now)
	for _, w := range GrowthOf(c, Weight, now) {
		if w.Age.Years < 2 || recorded[day(w.When)] {
			continue
		}
		h := nearest(heights, w.When.At)
		if h == nil {
			continue
		}
		bmi := w.Value / (h.Value / 100) / (h.Value / 100)
		if !(bmi > 5 && bmi < 150) { // one of the two is wrong: no point is better than that one
			continue
		}
		recorded[day(w.When)] = true
		x := Measured{Age: w.Age, Days: w.Age.Days, Value: bmi, Text: strconv.FormatFloat(math.Round(bmi*10)/10, 'f', 1, 64) + " kg/m²", When: w.When, Prov: w.Prov}
		x.Computed = "computed from " + w.Text + " and " + h.Text
		if day(h.When) != day(w.When) {
			x.Computed += fmt.Sprintf(" of %s", h.When)
		}
		x.Growth, x.Err = Percentile(BMI, sex, x.Days, bmi)
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(x, y Measured) int { return x.When.At.Compare(y.When.At) })
	return out
}

// nearest is the height of the same day as a moment or within HeightDays of it.
func nearest(heights []Measured, at time.Time) *Measured {
	var best *Measured
	least := HeightDays*24*time.Hour + 24*time.Hour
	for i := range heights {
		d := at.Sub(heights[i].When.At)
		if d < 0 {
			d = -d
		}
		if heights[i].When.At.Format(time.DateOnly) == at.Format(time.DateOnly) {
			d = 0
		}
		if d < least && days(heights[i].When.At, at) <= HeightDays {
			best, least = &heights[i], d
		}
	}
	return best
}

// days counts calendar days between two moments.
func days(a, b time.Time) int {
	d := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	n := int(d(b).Sub(d(a)) / (24 * time.Hour))
	return max(n, -n)
}
