package cdsi

import (
	"fmt"
	"slices"
	"strings"

	"wholechart/decision/cdsi/internal/table"
)

func (c *compiler) antigen(a table.Antigen) *antigen {
	out := &antigen{name: a.Name, immuneBy: a.ImmuneBy,
		contraindicated: c.contra(a.Contraindicated), vaccinesExcluded: c.contra(a.VaccinesExcluded)}
	for _, b := range a.ImmuneBorn {
		out.immuneBorn = append(out.immuneBorn, born{c.day(b.Before, none), b.Country, b.Exclusions})
	}
	for _, s := range a.Series {
		out.series = append(out.series, c.series(s))
	}
	slices.SortStableFunc(out.series, func(x, y *series) int { return asks(x) - asks(y) })
	return out
}

// asks is 1 for a series whose skips ask whether another one is complete.
func asks(s *series) int {
	for _, d := range s.doses {
		for _, k := range d.skips {
			for _, set := range k.sets {
				for _, cond := range set.conditions {
					if cond.kind == "completed" {
						return 1
					}
				}
			}
		}
	}
	return 0
}

func (c *compiler) contra(in []table.Contraindication) (out []contraindication) {
	for _, k := range in {
		out = append(out, contraindication{k.Code, k.Text, c.period(k.Begin), c.period(k.End), c.listed(k.Vaccines)})
	}
	return out
}

func (c *compiler) series(s table.Series) *series {
	out := &series{name: s.Name, group: s.Group, seriesGroup: s.SeriesGroup, priority: s.Priority, equivalent: s.Equivalent,
		genders: s.Genders, guidance: s.Guidance, isDefault: s.Default, product: s.Product, preference: s.Preference,
		minStart: c.period(s.MinStart), maxStart: c.period(s.MaxStart)}
	switch s.Type {
	case "Standard":
		out.kind = Standard
	case "Risk":
		out.kind = Risk
	case "Evaluation Only":
		out.kind = EvaluationOnly
	default:
		c.fail(fmt.Errorf("cdsi: series %s is of the unknown type %q", s.Name, s.Type))
	}
	for _, i := range s.Indications {
		out.indications = append(out.indications, indication{i.Code, c.period(i.Begin), c.period(i.End)})
	}
	for i, d := range s.Doses {
		dose := c.dose(d)
		dose.number = i + 1
		out.doses = append(out.doses, dose)
	}
	if len(out.doses) == 0 {
		c.fail(fmt.Errorf("cdsi: series %s has no doses", s.Name))
	}
	return out
}

func (c *compiler) dose(d table.Dose) *seriesDose {
	out := &seriesDose{recurring: d.Recurring, seasonStart: c.day(d.SeasonStart, none), seasonEnd: c.day(d.SeasonEnd, none),
		intervals: c.intervals(d.Intervals), allowIntervals: c.intervals(d.AllowableIntervals),
		allowable: c.listed(c.t.Allowable[d.Allowable]), inadvertent: c.codes(c.t.Inadvertent[d.Inadvertent])}
	for _, a := range d.Ages {
		out.ages = append(out.ages, age{c.period(a.AbsMin), c.period(a.Min), c.period(a.EarliestRec), c.period(a.LatestRec),
			c.period(a.Max), c.day(a.Effective, past), c.day(a.Cessation, future)})
	}
	for _, p := range c.t.Preferable[d.Preferable] {
		out.preferable = append(out.preferable, preferable{listed{c.code(p.CVX), c.period(p.Begin), c.period(p.End)}, p.Trade, p.MVX, p.Forecast})
	}
	for _, s := range d.Skips {
		k := skip{and: s.And}
		switch strings.ToLower(s.Context) {
		case "evaluation":
			k.evaluation = true
		case "forecast":
			k.forecast = true
		case "both":
			k.evaluation, k.forecast = true, true
		default:
			c.fail(fmt.Errorf("cdsi: conditional skip of the unknown context %q", s.Context))
		}
		for _, set := range s.Sets {
			x := skipSet{and: set.And, from: c.day(set.Effective, past), to: c.day(set.Cessation, future)}
			for _, q := range set.Conditions {
				x.conditions = append(x.conditions, condition{kind: q.Type, start: c.day(q.Start, past), end: c.day(q.End, future),
					beginAge: c.period(q.BeginAge), endAge: c.period(q.EndAge), interval: c.period(q.Interval),
					count: q.Count, valid: q.Valid, logic: q.Logic, cvx: c.codes(q.CVX), series: q.Series})
			}
			k.sets = append(k.sets, x)
		}
		out.skips = append(out.skips, k)
	}
	return out
}

func (c *compiler) intervals(in []table.Interval) (out []interval) {
	for _, i := range in {
		out = append(out, interval{previous: i.Previous, priority: i.Priority, target: i.Target, mostRecent: c.codes(i.MostRecent),
			observation: i.Observation, absMin: c.period(i.AbsMin), min: c.period(i.Min), rec: c.period(i.EarliestRec),
			latest: c.period(i.LatestRec), from: c.day(i.Effective, past), to: c.day(i.Cessation, future)})
	}
	return out
}
