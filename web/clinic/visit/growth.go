package visit

import (
	"fmt"
	"math"

	"wholechart/chart"
	"wholechart/decision/formula"
	"wholechart/web/clinic"
	"wholechart/web/plot"
)

// growthChart is one measure of a child among its percentiles.
type growthChart struct {
	Title string
	Plot  plot.Growth
	Last  string // "62nd percentile by WHO Child Growth Standards 2006"
}

// percentiles that are drawn.
var percentiles = []float64{3, 10, 25, 50, 75, 90, 97}

// growth are the charts of somebody under 20; gap says why there are none.
func growth(p *clinic.Patient) ([]growthChart, string) {
	ch := p.Chart()
	birth, sex := birthDay(ch), ch.Patient.SexAtBirth
	age := formula.AgeOf(ch, ch.Now)
	if age.Known && age.Years >= 20 {
		return nil, ""
	}
	switch {
	case birth.IsZero():
		return nil, "Growth charts need the day of birth, which is not recorded."
	case sex != "male" && sex != "female":
		return nil, "Growth charts need the sex at birth, which is not recorded as male or female."
	}
	var out []growthChart
	for _, m := range []struct {
		measure     formula.Measure
		title, unit string
		most        int // months of the reference
	}{
		{formula.Weight, "Weight for age", "kg", 240},
		{formula.Height, "Height for age", "cm", 240},
		{formula.Head, "Head circumference for age", "cm", 36},
		{formula.BMI, "Body mass index for age", "kg/m2", 240},
	} {
		g := growthChart{Title: m.title}
		g.Plot = plot.Growth{Title: m.title, Unit: chartUnit(m.unit), Table: true}
		oldest := 0.0
		var last formula.Growth
		lastErr := error(nil)
		list := formula.GrowthOf(ch, m.measure, ch.Now)
		if m.measure == formula.BMI {
			list = formula.BMIOf(ch, ch.Now)
		}
		for _, pt := range list {
			months := float64(pt.Days) / 30.4375
			if months < 0 || months > float64(m.most) {
				continue
			}
			x := plot.GrowthPoint{Months: months, Value: pt.Value, Text: pt.Text, When: pt.When.String(), Computed: pt.Computed, Href: p.FactHref(pt.Prov), Note: "outside the reference"}
			if last, lastErr = pt.Growth, pt.Err; lastErr == nil {
				x.Note = last.String()
			}
			if pt.Corrected {
				x.Note += ", by corrected age"
			}
			g.Plot.Points = append(g.Plot.Points, x)
			oldest = math.Max(oldest, months)
		}
		if len(g.Plot.Points) == 0 {
			continue
		}
		if lastErr == nil {
			g.Last = last.String() + " · " + last.Reference
			if last.Doubt != "" {
				g.Last += " · " + last.Doubt
			}
		}
		g.Plot.From, g.Plot.To = window(oldest, m.most)
		for _, q := range percentiles {
			pts, err := formula.Curve(m.measure, sex, q)
			if err != nil {
				continue
			}
			curve := plot.GrowthCurve{Name: ordinal(q), Middle: q == 50}
			for _, pt := range pts {
				curve.Points = append(curve.Points, plot.GrowthAt{Months: pt.AgeMonths, Value: pt.Value, Of: pt.Reference})
			}
			g.Plot.Curves = append(g.Plot.Curves, curve)
		}
		note := ""
		if m.measure == formula.BMI {
			note = fmt.Sprintf(" Hollow: computed of weight and height of one day, or within %d days.", formula.HeightDays)
		}
		g.Plot.Note = "Under 2 years: " + formula.WHOReference + "; from 2 years: " + formula.CDCReference + ". Percentiles 3 to 97." + note
		out = append(out, g)
	}
	if len(out) == 0 {
		return nil, "No weight, height or head circumference is recorded yet: the growth chart begins with the first."
	}
	return out, ""
}

// window is the span of ages that is drawn: the charts that clinicians know.
func window(oldest float64, most int) (from, to float64) {
	switch {
	case oldest <= 22:
		return 0, 24
	case most <= 36:
		return 0, 36
	case oldest <= 58:
		return 0, 60
	case oldest <= 130:
		return 0, 144
	}
	return 24, float64(most)
}

func chartUnit(u string) string {
	if u == "kg/m2" {
		return "kg/m²"
	}
	return u
}

func seriesUnit(s *chart.Series) string {
	if s.UnitCode != "" {
		return s.UnitCode
	}
	return s.Unit
}

func ordinal(q float64) string {
	n := int(q)
	switch {
	case n%10 == 1 && n != 11:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2 && n != 12:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3 && n != 13:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}
