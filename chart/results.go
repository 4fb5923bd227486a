package chart

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
)

// Results are all Observations: the same test from every source in one series.
type Results struct {
	Series []*Series // newest first
	Panels []Panel   // reports that group results, newest first
	byKey  map[string]*Series
}

// Series is one test over time. Tests are the same when they share a code;
// without any code, when they have the same name.
type Series struct {
	Key      string // for URLs: "loinc-4548-4", "text-lead-capillary-blood"
	Name     string // as the latest reports it
	Code     fhir.Coding
	Codes    []fhir.Coding
	Category string // laboratory, vital-signs, imaging, social-history, survey, exam, procedure…; "" when not said
	Unit     string // of Point.Number
	UnitCode string // UCUM, "" when not said
	// Points are in the order of time; the unknown times come first.
	Points  []Point
	Numeric bool  // at least one point has a number
	Range   Range // of the latest point that has one
	// Parts are the components of the points that have several values, each a
	// series of its own: of a blood pressure systolic, then diastolic.
	Parts     []*Series
	Converted string // "2 values converted from mmol/L", "" when none was
	Sources   []*Source

	order []int32 // of the points to be, while they are gathered
}

// inTime compares by when a result is of, then by when it was reported.
func inTime(x, y *Point) int {
	return cmp.Or(x.When.At.Compare(y.When.At), x.Prov.When.At.Compare(y.Prov.When.At))
}

// Point is one result.
type Point struct {
	When  When
	Value string // as reported: "7.9", "136/84", "Positive", "< 0.01"; "" when Absent says why
	Unit  string // as reported
	// Number is the value for plotting in the series' unit; NaN when there is
	// none, or when its unit cannot be converted.
	Number    float64
	Converted bool   // Number is in another unit than reported
	Flag      string // "", "L", "H", "LL", "HH", "A", "AA"; normal is ""
	FlagWord  string // "high", "critically low", "abnormal", "normal"; "" when nobody said and nothing can be computed
	Computed  bool   // the flag was computed here from the reference range
	Range     Range
	Status    string // final, preliminary, amended, corrected, cancelled…
	Absent    string // why there is no value: "not asked", "not said why"
	Method    string
	Note      string
	Prov
	Also []Prov

	unitCode string
	decimal  string
	fact     *fact
}

// Critical says whether the flag is one to act upon at once.
func (p Point) Critical() bool { return p.Flag == "HH" || p.Flag == "LL" || p.Flag == "AA" }

// Range is a reference range as reported.
type Range struct {
	Low, High *float64
	Text      string // "3.5–5.1", "≥ 60", "< 7.0 (goal)"
}

// Latest is the newest point, or a zero Point when there is none.
func (s *Series) Latest() Point {
	if s == nil || len(s.Points) == 0 {
		return Point{Number: math.NaN()}
	}
	return s.Points[len(s.Points)-1]
}

// Previous is the point before the latest.
func (s *Series) Previous() (Point, bool) {
	if s == nil || len(s.Points) < 2 {
		return Point{Number: math.NaN()}, false
	}
	return s.Points[len(s.Points)-2], true
}

// In are the series of the given categories; of none, all.
func (r Results) In(categories ...string) []*Series {
	if len(categories) == 0 {
		return r.Series
	}
	var out []*Series
	for _, s := range r.Series {
		if slices.Contains(categories, s.Category) {
			out = append(out, s)
		}
	}
	return out
}

// ByKey is a series by its key, or nil.
func (r Results) ByKey(key string) *Series { return r.byKey[key] }

// Find is the series of a LOINC code, else the first part of a series that has
// it, or nil.
func (r Results) Find(loinc string) *Series {
	for _, s := range r.Series {
		if s.has(loinc) {
			return s
		}
	}
	for _, s := range r.Series {
		for _, part := range s.Parts {
			if part.has(loinc) {
				return part
			}
		}
	}
	return nil
}

func (s *Series) has(code string) bool {
	return slices.ContainsFunc(s.Codes, func(c fhir.Coding) bool { return c.Code == code && c.System == loinc })
}

const (
	loinc    = "http://loinc.org"
	ucumCode = "http://unitsofmeasure.org"
)

func (b *builder) results() {
	facts := b.of("Observation")
	all := make([]Point, len(facts)) // points are large: they are sorted by their numbers and copied once
	var order []*Series
	for i, f := range facts {
		f.used = true
		s, reason := b.observation(f, &all[i])
		if reason == "" {
			if s.order == nil {
				order = append(order, s)
			}
			s.order = append(s.order, int32(i))
		} else if reason != heading {
			b.unused(f, reason)
		}
	}
	for _, s := range order {
		slices.SortStableFunc(s.order, func(i, j int32) int { return inTime(&all[i], &all[j]) })
		s.Points = make([]Point, len(s.order))
		for k, i := range s.order {
			s.Points[k] = all[i]
		}
		s.order = nil
	}
	r := &b.c.Results
	r.byKey = make(map[string]*Series, len(order))
	for _, s := range order {
		b.finish(s)
		for n, key := 2, s.Key; r.byKey[s.Key] != nil; n++ {
			s.Key = key + "-" + strconv.Itoa(n)
		}
		r.byKey[s.Key] = s
	}
	slices.SortStableFunc(order, func(x, y *Series) int {
		return cmp.Or(newer(x.Latest().When, y.Latest().When), strings.Compare(x.Name, y.Name))
	})
	r.Series = order
}

// finish orders a series, joins what came by two routes and makes its numbers
// of one unit.
func (b *builder) finish(s *Series) {
	if less := func(x, y Point) int { return inTime(&x, &y) }; !slices.IsSortedFunc(s.Points, less) {
		slices.SortStableFunc(s.Points, less)
	}
	s.Points = b.joinPoints(s.Points)
	s.convert()
	seen := map[*Source]bool{}
	for i := range s.Points {
		p := &s.Points[i]
		p.flag()
		if !math.IsNaN(p.Number) {
			s.Numeric = true
		}
		if p.Range.Text != "" {
			s.Range = p.Range
		}
		if !seen[p.Source] {
			seen[p.Source] = true
			s.Sources = append(s.Sources, p.Source)
		}
		for _, also := range p.Also {
			if !seen[also.Source] {
				seen[also.Source] = true
				s.Sources = append(s.Sources, also.Source)
			}
		}
		if p.fact != nil {
			p.fact.series, p.fact.point = s, i
		}
	}
	slices.SortFunc(s.Sources, bySite)
	for _, part := range s.Parts {
		b.finish(part)
	}
}

// joinPoints makes one of the results of two sources that are of the same
// second and the same in value and unit: one specimen has one result. points
// are in order of time.
func (b *builder) joinPoints(points []Point) []Point {
	if len(b.sources) < 2 || len(points) < 2 {
		return points
	}
	same := func(i int) bool {
		return points[i].When.At.Equal(points[i-1].When.At) && points[i].Source != points[i-1].Source
	}
	i := 1
	for i < len(points) && !same(i) {
		i++
	}
	if i == len(points) {
		return points
	}
	out := points[:1]
next:
	for _, p := range points[1:] {
		for i := len(out) - 1; i >= 0 && p.When.HasTime() && out[i].When.At.Equal(p.When.At); i-- {
			o := &out[i]
			if o.When.HasTime() && o.Value == p.Value && o.Unit == p.Unit && p.Value != "" && o.Source != p.Source {
				if p.fact != nil && o.fact != nil {
					o.fact.also = append(append(o.fact.also, p.fact), p.fact.also...)
					p.fact.leader = o.fact
					b.c.Counts.Copies++
				}
				o.Also = append(append(o.Also, p.Prov), p.Also...)
				continue next
			}
			if len(out)-i > 8 { // many results of one second are not looked through
				break
			}
		}
		out = append(out, p)
	}
	return out
}

// flag computes a missing interpretation from the reference range.
func (p *Point) flag() {
	if p.FlagWord != "" || math.IsNaN(p.Number) || p.Range.Low == nil && p.Range.High == nil || p.Converted && p.Unit != "" {
		return
	}
	p.Computed = true
	switch {
	case p.Range.Low != nil && p.Number < *p.Range.Low:
		p.Flag, p.FlagWord = "L", "low"
	case p.Range.High != nil && p.Number > *p.Range.High:
		p.Flag, p.FlagWord = "H", "high"
	default:
		p.FlagWord = "normal"
	}
}

// Days is the number of whole days from the point to an instant, -1 when the
// point's time is unknown.
func (p Point) Days(now time.Time) int {
	if !p.When.Known() {
		return -1
	}
	return int(now.Sub(p.When.At) / (24 * time.Hour))
}
