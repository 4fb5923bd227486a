package formula

import (
	"fmt"
	"math"
)

// centiles are the 1st, 10th, 50th, 90th and 99th of a rate per minute, from an
// age in months on (Fleming et al. 2011, tables of the centile charts).
type centiles struct {
	from                   int
	p1, p10, p50, p90, p99 float64
}

var pulseCentiles = []centiles{
	{0, 107, 123, 143, 164, 181}, {3, 104, 120, 140, 159, 175}, {6, 98, 114, 134, 152, 168}, {9, 93, 109, 128, 145, 161},
	{12, 88, 103, 123, 140, 156}, {18, 82, 98, 116, 135, 149}, {24, 76, 92, 110, 128, 142}, {36, 70, 86, 104, 123, 136},
	{48, 65, 81, 98, 117, 131}, {72, 59, 74, 91, 111, 123}, {96, 52, 67, 84, 103, 115}, {144, 47, 62, 78, 96, 108},
	{180, 43, 58, 73, 92, 104},
}

var breathCentiles = []centiles{
	{0, 25, 34, 43, 57, 66}, {3, 24, 33, 41, 55, 64}, {6, 23, 31, 39, 52, 61}, {9, 22, 30, 37, 50, 58},
	{12, 21, 28, 35, 46, 53}, {18, 19, 25, 31, 40, 46}, {24, 18, 22, 28, 34, 38}, {36, 17, 21, 25, 29, 33},
	{48, 17, 20, 23, 27, 29}, {72, 16, 18, 21, 24, 27}, {96, 14, 16, 19, 22, 25}, {144, 12, 15, 18, 21, 23},
	{180, 11, 13, 16, 19, 22},
}

func childRate(r Reading) Interpretation {
	if r.Age.Days < 1 && r.Kind == "pulse" {
		// The paper's row "birth".
		return rate(r, centiles{0, 90, 107, 127, 148, 164})
	}
	rows := pulseCentiles
	if r.Kind == "resp" {
		rows = breathCentiles
	}
	row := rows[0]
	for _, c := range rows {
		if r.Age.Months >= c.from {
			row = c
		}
	}
	return rate(r, row)
}

func rate(r Reading, c centiles) Interpretation {
	out := Interpretation{OK: true, Word: "normal for age", Citation: flemingCitation, Range: fmt.Sprintf("%g–%g/min", c.p1, c.p99)}
	switch {
	case r.Value < c.p1:
		out.Flag, out.Word = "L", "low for age"
	case r.Value > c.p99:
		out.Flag, out.Word = "H", "high for age"
	case r.Value < c.p10:
		out.Word = "normal for age, in the lowest tenth"
	case r.Value > c.p90:
		out.Word = "normal for age, in the highest tenth"
	}
	return out
}

// grown reads weight, height and head circumference of children: the WHO's
// standards flag below the 2.3rd and above the 97.7th percentile (±2 SD), the
// CDC's charts below the 5th and above the 95th (MMWR 2010;59(RR-9)).
func grown(r Reading) Interpretation {
	g, err := Percentile(Measure(r.Kind), r.Sex, r.Age.Days, r.Value)
	if err != nil {
		if r.Age.Years >= 20 {
			return unread("a %s alone is not read from 20 years on", kindWords[r.Kind])
		}
		return unread("%v", err)
	}
	low, high := 5.0, 95.0
	if g.Reference == WHOReference {
		low, high = 2.3, 97.7
	}
	out := Interpretation{OK: true, Word: g.String(), Range: fmt.Sprintf("%s to %s percentile", ordinalLimit(low), ordinalLimit(high)),
		Citation: g.Reference + "; " + GrowthCitation}
	if g.Doubt != "" {
		out.Word += "; " + g.Doubt
	}
	switch {
	case g.P < low:
		out.Flag = "L"
	case g.P > high:
		out.Flag = "H"
	}
	return out
}

func ordinalLimit(p float64) string {
	if p == math.Trunc(p) {
		return Ordinal(p)
	}
	return map[float64]string{2.3: "2.3rd", 97.7: "97.7th"}[p]
}

func childMass(r Reading) Interpretation {
	g, err := Percentile(BMI, r.Sex, r.Age.Days, r.Value)
	if err != nil {
		return unread("%v", err)
	}
	out := Interpretation{OK: true, Range: "5th to under the 85th percentile", Citation: childBMI, Word: "healthy weight"}
	switch {
	case g.Of95 >= 140 || r.Value >= 40 && g.P >= 95:
		out.Flag, out.Word = "HH", "obesity, class 3"
	case g.Of95 >= 120 || r.Value >= 35 && g.P >= 95:
		out.Flag, out.Word = "H", "obesity, class 2"
	case g.P >= 95:
		out.Flag, out.Word = "H", "obesity"
	case g.P >= 85:
		out.Flag, out.Word = "H", "overweight"
	case g.P < 5:
		out.Flag, out.Word = "L", "underweight"
	}
	out.Word += ", " + g.String()
	return out
}
