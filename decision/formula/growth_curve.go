package formula

import (
	_ "embed"
	"fmt"
)

//go:embed SOURCE
var growthSource string

// Percentiles are those that growth charts draw.
var Percentiles = []float64{3, 5, 10, 25, 50, 75, 90, 95, 97}

// Point is one point of a curve.
type Point struct {
	AgeMonths float64 // of a weight for length curve: the length in cm
	Value     float64
	// Reference changes at 24 months, where the curve has a point of each: from
	// lying to standing the two differ, and no line joins them.
	Reference string
}

// Curve is the curve of a percentile, above 0 and below 100, by month: the WHO's
// to 24 months, then the CDC's, to where the measure's reference ends. Of BMI
// above the 95th it is the extended one, as in Percentile.
func Curve(m Measure, sex string, percentile float64) ([]Point, error) {
	if !(percentile > 0 && percentile < 100) {
		return nil, fmt.Errorf("there is no percentile %v", percentile)
	}
	var out []Point
	z := normal(percentile)
	from, to := 0, 240
	switch m {
	case BMI:
		from = 24
	case Head:
		to = 36
	}
	for month := from; month <= to; month++ {
		if month == 24 && m != BMI { // the end of the WHO's, beside the beginning of the CDC's
			row, _, err := reference(m, sex, 23.999)
			if err != nil {
				return nil, err
			}
			out = append(out, Point{24, row.unrestricted(z), WHOReference})
		}
		row, who, err := reference(m, sex, float64(month))
		if err != nil {
			return nil, err
		}
		p := Point{AgeMonths: float64(month), Reference: CDCReference, Value: row.value(z)}
		switch {
		case who && m == Weight:
			p.Reference, p.Value = WHOReference, row.unrestricted(z)
		case who:
			p.Reference = WHOReference
		case m == BMI && percentile > 95:
			p.Reference = ExtendedReference
			p.Value = row.value(normal(95)) + sigma(sex, float64(month))*normal((percentile-90)*10)
		}
		out = append(out, p)
	}
	return out, nil
}

// WeightForLengthCurve is the curve of a percentile of weight in kg by length,
// 45 to 110 cm, in steps of half a centimetre; Point.AgeMonths is the length.
func WeightForLengthCurve(sex string, percentile float64) ([]Point, error) {
	if sex != "male" && sex != "female" {
		return nil, ErrSex
	}
	if !(percentile > 0 && percentile < 100) {
		return nil, fmt.Errorf("there is no percentile %v", percentile)
	}
	rows := sections()["who weight-for-length "+sex+" cm"]
	var out []Point
	for i := 0; i < len(rows); i += 5 {
		out = append(out, Point{rows[i].x, rows[i].unrestricted(normal(percentile)), WHOReference})
	}
	return out, nil
}
