package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"wholechart/ucum"
)

// convert brings the numbers of a series to one unit, that of the latest point
// that has one. Values as reported stay as they are. What cannot be converted
// (a unit that is no UCUM code, an amount of another kind) has no number then,
// so that no plot puts unlike things on one axis.
func (s *Series) convert() {
	last := -1
	mixed := false
	for i := range s.Points {
		p := &s.Points[i]
		if math.IsNaN(p.Number) {
			continue
		}
		if last >= 0 && (p.unitCode != s.Points[last].unitCode || p.unitCode == "" && p.Unit != s.Points[last].Unit) {
			mixed = true
		}
		last = i
	}
	if last < 0 {
		if len(s.Points) > 0 {
			s.Unit = s.Points[len(s.Points)-1].Unit
		}
		return
	}
	s.Unit, s.UnitCode = s.Points[last].Unit, s.Points[last].unitCode
	if !mixed {
		return
	}
	converted, lost := map[string]int{}, map[string]int{}
	for i := range s.Points {
		p := &s.Points[i]
		if math.IsNaN(p.Number) || s.sameUnit(p) {
			continue
		}
		unit := p.Unit
		n, ok := convertUnit(p.decimal, cmp.Or(p.unitCode, p.Unit), cmp.Or(s.UnitCode, s.Unit))
		if !ok {
			p.Number = math.NaN()
			lost[unit]++
			continue
		}
		if n != p.Number {
			p.Converted = true
			converted[unit]++
		}
		p.Number = n
		if p.Converted && (p.Range.Low != nil || p.Range.High != nil) { // the reported range stays in the reported unit
			p.compare()
		}
	}
	s.Converted = strings.Join(append(tally(converted, "converted from"), tally(lost, "not drawn, in")...), "; ")
}

func (s *Series) sameUnit(p *Point) bool {
	if p.unitCode != "" && s.UnitCode != "" {
		return p.unitCode == s.UnitCode
	}
	return sameWords(p.Unit, s.Unit)
}

// compare flags a point by its own unit before its number is another's.
func (p *Point) compare() {
	q := *p
	q.Number, q.Converted = number(p.decimal), false
	q.flag()
	p.Flag, p.FlagWord, p.Computed = q.Flag, q.FlagWord, q.Computed
}

func convertUnit(decimal, from, to string) (float64, bool) {
	if from == "" || to == "" {
		return 0, false
	}
	d, _, err := apd.NewFromString(decimal)
	if err != nil {
		return 0, false
	}
	u, err := ucum.Parse(from)
	if err != nil {
		return 0, false
	}
	v, err := ucum.Parse(to)
	if err != nil {
		return 0, false
	}
	d, err = ucum.Convert(d, u, v)
	if err != nil {
		return 0, false
	}
	f, err := d.Float64()
	return f, err == nil
}

// tally says how many values there are of each unit.
func tally(units map[string]int, words string) []string {
	names := make([]string, 0, len(units))
	for u := range units {
		names = append(names, u)
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(units[y], units[x]), strings.Compare(x, y)) })
	var out []string
	for _, u := range names {
		what := "values"
		if units[u] == 1 {
			what = "value"
		}
		unit := u
		if unit == "" {
			unit = "no unit"
		}
		out = append(out, fmt.Sprintf("%d %s %s %s", units[u], what, words, unit))
	}
	return out
}
