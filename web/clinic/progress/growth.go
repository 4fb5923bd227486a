package progress

import (
	"bytes"
	"encoding/csv"
	"math"
	"net/http"
	"strconv"

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
		list := v.grown(m.measure)
		if len(list) == 0 {
			continue
		}
		g := growthChart{Title: m.title + ", " + m.unit, Plot: plot.Growth{Title: m.title, Unit: m.unit, Table: true, Height: 340}}
		last := 0.0
		corrected, computed, refused := false, 0, ""
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
			if x.Computed != "" {
				computed++
			}
			g.Plot.Points = append(g.Plot.Points, plot.GrowthPoint{Months: at, Value: x.Value, Text: x.Text, When: v.When(x.When), Note: note, Computed: x.Computed, Href: v.FactHref(x.Prov)})
		}
		g.Plot.From, g.Plot.To = window(m.from, m.to, last)
		if list[0].Days < int(m.from*month) {
			g.Notes = append(g.Notes, "measurements before "+plot.AgeWords(m.from)+" have no reference here and are in the table alone")
		}
		if computed > 0 {
			g.Notes = append(g.Notes, computedNote(computed))
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

// grown are the measurements of one measure; BMI also where only weight and height
// were recorded.
func (v *view) grown(m formula.Measure) []formula.Measured {
	if m == formula.BMI {
		return formula.BMIOf(v.Chart(), v.c.Now)
	}
	return formula.GrowthOf(v.Chart(), m, v.c.Now)
}

// computedNote says what the hollow dots are.
func computedNote(n int) string {
	points := "1 hollow point is"
	if n > 1 {
		points = strconv.Itoa(n) + " hollow points are"
	}
	return points + " computed: no BMI was recorded that day; of the weight and the height of the same day, or the nearest within " + strconv.Itoa(formula.HeightDays) + " days"
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

var growthHead = []string{"measure", "time", "age in months", "value", "unit", "as recorded", "computed", "percentile", "z", "reference", "why no percentile", "compared at corrected age in days", "note", "source", "author", "resource"}

// growthCSV is all measurements of growth as a file (RFC 4180), with their
// percentiles; what is computed says of what.
func (v *view) growthCSV() {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	rows := [][]string{growthHead}
	if g := v.growth(); g.Why != "" {
		rows = append(rows, []string{g.Why})
	} else {
		for _, m := range growthMeasures {
			for _, x := range v.grown(m.measure) {
				row := []string{m.title, x.When.ISO, strconv.FormatFloat(float64(x.Age.Days)/month, 'f', 2, 64), strconv.FormatFloat(math.Round(x.Value*1000)/1000, 'f', -1, 64), m.unit, x.Text, x.Computed, "", "", "", "", "", x.Growth.Doubt, sourceOf(x.Prov), x.Prov.Author, x.Prov.Ref()}
				if x.Err != nil {
					row[10] = x.Err.Error()
				} else {
					row[7], row[8], row[9] = strconv.FormatFloat(x.Growth.P, 'f', 2, 64), strconv.FormatFloat(x.Growth.Z, 'f', 3, 64), x.Growth.Reference
				}
				if x.Corrected {
					row[11] = strconv.Itoa(x.Days)
				}
				if x.Computed != "" {
					row[5] = ""
				}
				rows = append(rows, row)
			}
		}
	}
	if g := v.Gap(); g != "" {
		rows = append(rows, []string{"values may be missing: " + g})
	}
	for _, r := range rows {
		row := make([]string, len(growthHead))
		for i := range r {
			row[i] = cell(r[i])
		}
		if err := out.Write(row); err != nil {
			v.c.Failed(err)
			return
		}
	}
	out.Flush()
	v.download("text/csv; charset=utf-8; header=present", "growth", "csv", &b)
}
