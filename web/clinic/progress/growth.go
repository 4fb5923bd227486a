package progress

import (
	"math"
	"net/http"

	"wholechart/decision/formula"
	"wholechart/web/plot"
)

// growthChart is one measure of a child's growth.
type growthChart struct {
	Title string
	Plot  plot.Growth
	By    *plot.ByLength // instead: weight for length
	Notes []string
}

// growthSheet is the page of growth.
type growthSheet struct {
	Charts   []growthChart
	Why      string // why there is none
	Citation string
}

var growthMeasures = []struct {
	measure     formula.Measure
	title, unit string
	from, to    float64 // months, of which the curves are
}{
	{formula.Weight, "Weight for age", "kg", 0, 240},
	{formula.Height, "Length and height for age", "cm", 0, 240},
	{formula.BMI, "BMI for age", "kg/m²", 24, 240},
	{formula.Head, "Head circumference for age", "cm", 0, 36},
}

const month = 30.4375 // days, as the references have it

func (v *view) growth() growthSheet {
	out := growthSheet{Citation: formula.GrowthCitation}
	c := v.Chart()
	sex := c.Patient.Sex
	if sex != "male" && sex != "female" {
		sex = c.Patient.SexAtBirth
	}
	switch {
	case !formula.AgeOf(c, v.c.Now).Known:
		out.Why = "The birth date is not known to the day: there is no age to compare by."
	case !v.grows():
		out.Why = "The growth references end at 20 years. The flowsheet has all measurements."
	case sex != "male" && sex != "female":
		out.Why = formula.ErrSex.Error()
	}
	if out.Why != "" {
		return out
	}
	for _, m := range growthMeasures {
		list := formula.GrowthOf(c, m.measure, v.c.Now)
		if len(list) == 0 {
			continue
		}
		g := growthChart{Title: m.title + ", " + m.unit, Plot: plot.Growth{Title: m.title, Unit: m.unit, Table: true, Height: 340}}
		last := 0.0
		corrected, refused := false, ""
		for _, x := range list {
			at := float64(x.Days) / month
			last = max(last, at)
			note := x.Growth.String() + " · " + x.Growth.Reference
			if x.Err != nil {
				note, refused = "no percentile: "+x.Err.Error(), x.Err.Error()
			}
			if x.Growth.Of95 > 0 && x.Growth.P > 95 {
				note += " · " + plain(ftoa(x.Growth.Of95), 8) + " % of the 95th"
			}
			if x.Growth.Doubt != "" {
				note += " · " + x.Growth.Doubt
			}
			if x.Corrected {
				corrected = true
				note += " · by corrected age"
			}
			g.Plot.Points = append(g.Plot.Points, plot.GrowthPoint{Months: at, Value: x.Value, Text: x.Text, When: v.When(x.When), Note: note, Href: v.FactHref(x.Prov)})
		}
		g.Plot.From, g.Plot.To = window(m.from, m.to, last)
		if list[0].Days < int(m.from*month) {
			g.Notes = append(g.Notes, "measurements before "+plot.AgeWords(m.from)+" have no reference here and are in the table alone")
		}
		if corrected {
			g.Notes = append(g.Notes, "born before 37 weeks: compared by the corrected age until 24 months")
		}
		if refused != "" {
			g.Notes = append(g.Notes, refused)
		}
		for _, p := range formula.Percentiles {
			curve, err := formula.Curve(m.measure, sex, p)
			if err != nil {
				continue
			}
			k := plot.GrowthCurve{Name: curveName(p), Middle: p == 50}
			for _, x := range curve {
				k.Points = append(k.Points, plot.GrowthAt{Months: x.AgeMonths, Value: x.Value, Of: x.Reference})
			}
			g.Plot.Curves = append(g.Plot.Curves, k)
		}
		g.Plot.Note = referenceNote(m.measure, g.Plot.To)
		out.Charts = append(out.Charts, g)
	}
	if g := v.byLength(sex); g != nil {
		out.Charts = append(out.Charts, *g)
	}
	return out
}

// window is the ages that a chart shows: what growth charts print, as short as
// holds the last measurement.
func window(from, to, last float64) (float64, float64) {
	for _, end := range []float64{12, 24, 36, 60, 120} {
		if last <= end*0.96 && end > from && end < to {
			return from, end
		}
	}
	return from, to
}

func referenceNote(m formula.Measure, to float64) string {
	switch {
	case m == formula.BMI:
		return formula.CDCReference + "; above the 95th percentile " + formula.ExtendedReference
	case to <= 24:
		return formula.WHOReference
	}
	return formula.WHOReference + " under 24 months (lying), " + formula.CDCReference + " from 24 months (standing): the curves do not meet, and are not joined"
}

// curveName is what stands beside a curve: the 5th and the 95th lie too near
// their neighbours to be named, the page says that they are there.
func curveName(p float64) string {
	if p == 5 || p == 95 {
		return ""
	}
	return formula.Ordinal(p)
}

// byLength is weight for length under two years: of each day that has both.
func (v *view) byLength(sex string) *growthChart {
	c := v.Chart()
	lengths := formula.GrowthOf(c, formula.Height, v.c.Now)
	b := plot.ByLength{Title: "Weight for length", X: "cm", Y: "kg", Height: 340, Note: formula.WHOReference + ", under 24 months; of days that have both"}
	for _, w := range formula.GrowthOf(c, formula.Weight, v.c.Now) {
		if w.Age.Months >= 24 {
			continue
		}
		for _, l := range lengths {
			if v.dayKey(l.When) != v.dayKey(w.When) {
				continue
			}
			p := plot.LengthPoint{X: l.Value, Y: w.Value, Text: w.Text + " at " + l.Text, When: v.When(w.When), Href: v.FactHref(w.Prov)}
			if g, err := formula.WeightForLength(sex, l.Value, w.Value); err != nil {
				p.Note = "no percentile: " + err.Error()
			} else {
				p.Note = g.String()
			}
			b.Points = append(b.Points, p)
			break
		}
	}
	if len(b.Points) == 0 {
		return nil
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range b.Points {
		low, high = math.Min(low, p.X), math.Max(high, p.X)
	}
	b.From, b.To = math.Max(45, math.Floor((low-3)/5)*5), math.Min(110, math.Ceil((high+3)/5)*5)
	for _, p := range formula.Percentiles {
		curve, err := formula.WeightForLengthCurve(sex, p)
		if err != nil {
			continue
		}
		k := plot.LengthCurve{Name: curveName(p), Middle: p == 50}
		for _, x := range curve {
			k.At = append(k.At, [2]float64{x.AgeMonths, x.Value})
		}
		b.Curves = append(b.Curves, k)
	}
	return &growthChart{Title: b.Title + ", kg by cm", By: &b}
}

func (v *view) growthPage() {
	v.show(http.StatusOK, "Growth", "growth", growthMain(v, v.growth()))
}
