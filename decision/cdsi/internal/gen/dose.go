package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"wholechart/decision/cdsi/internal/table"
)

func (b *builder) dose(d doseXML) (table.Dose, error) {
	out := table.Dose{Recurring: yes(d.Recurring), SeasonStart: clean(d.Season.Start), SeasonEnd: clean(d.Season.End)}
	for _, a := range d.Ages {
		age := table.Age{AbsMin: clean(a.AbsMin), Min: clean(a.Min), EarliestRec: clean(a.EarliestRec), LatestRec: clean(a.LatestRec),
			Max: clean(a.Max), Effective: clean(a.Effective), Cessation: clean(a.Cessation)}
		if age != (table.Age{}) {
			out.Ages = append(out.Ages, age)
		}
	}
	var err error
	if out.Intervals, err = intervals(d.Intervals); err != nil {
		return out, err
	}
	if out.AllowableIntervals, err = intervals(d.Allowables); err != nil {
		return out, err
	}
	preferable := []table.Preferable{}
	for _, p := range d.Preferable {
		if cvx := clean(p.CVX); cvx != "" {
			preferable = append(preferable, table.Preferable{CVX: cvx, Begin: clean(p.Begin), End: clean(p.End),
				Trade: clean(p.Trade), MVX: clean(p.MVX), Forecast: yes(p.Forecast)})
		}
	}
	allowable := []table.Listed{}
	for _, p := range d.Allowable {
		if cvx := clean(p.CVX); cvx != "" {
			allowable = append(allowable, table.Listed{CVX: cvx, Begin: clean(p.Begin), End: clean(p.End)})
		}
	}
	inadvertent := []string{}
	for _, p := range d.Inadvertent {
		if cvx := clean(p.CVX); cvx != "" {
			inadvertent = append(inadvertent, cvx)
		}
	}
	out.Preferable = intern(b, "p", &b.t.Preferable, preferable)
	out.Allowable = intern(b, "a", &b.t.Allowable, allowable)
	out.Inadvertent = intern(b, "i", &b.t.Inadvertent, inadvertent)
	for _, s := range d.Skips {
		skip := table.Skip{Context: clean(s.Context), And: strings.EqualFold(clean(s.Logic), "and")}
		if len(s.Sets) == 0 {
			continue
		}
		for _, x := range s.Sets {
			set := table.Set{And: strings.EqualFold(clean(x.Logic), "and"), Effective: clean(x.Effective), Cessation: clean(x.Cessation)}
			for _, c := range x.Conditions {
				cond := table.Condition{Start: clean(c.Start), End: clean(c.End), BeginAge: clean(c.BeginAge), EndAge: clean(c.EndAge),
					Interval: clean(c.Interval), Valid: strings.EqualFold(clean(c.DoseType), "valid"), Logic: strings.ToLower(clean(c.Logic)),
					CVX: codes(c.Vaccines), Series: codes(c.Series)}
				switch kind := strings.ToLower(clean(c.Type)); {
				case kind == "age":
					cond.Type = "age"
				case kind == "interval":
					cond.Type = "interval"
				case kind == "completed series":
					cond.Type = "completed"
				case strings.HasPrefix(kind, "vaccine count"):
					cond.Type = "count"
				default:
					return out, fmt.Errorf("condition type %q", kind)
				}
				if n := clean(c.Count); n != "" {
					v, err := strconv.Atoi(n)
					if err != nil {
						return out, err
					}
					cond.Count = v
				}
				set.Conditions = append(set.Conditions, cond)
			}
			skip.Sets = append(skip.Sets, set)
		}
		out.Skips = append(out.Skips, skip)
	}
	return out, nil
}

func intervals(in []intervalXML) (out []table.Interval, err error) {
	for _, x := range in {
		i := table.Interval{Previous: yes(x.Previous), MostRecent: codes(x.MostRecent), Observation: clean(x.Observation),
			AbsMin: clean(x.AbsMin), Min: clean(x.Min), EarliestRec: clean(x.EarliestRec), LatestRec: clean(x.LatestRec),
			Priority: strings.EqualFold(clean(x.Priority), "override") || yes(x.Priority), Effective: clean(x.Effective), Cessation: clean(x.Cessation)}
		if t := clean(x.Target); t != "" {
			if i.Target, err = strconv.Atoi(t); err != nil {
				return nil, err
			}
		}
		if i.Previous || i.Target > 0 || len(i.MostRecent) > 0 || i.Observation != "" {
			out = append(out, i)
		}
	}
	return out, nil
}

// intern writes a list once and returns its place.
func intern[T any](b *builder, kind string, lists *[][]T, list []T) int {
	key, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings and booleans always marshal
	}
	at, ok := b.seen[kind+string(key)]
	if !ok {
		at = len(*lists)
		*lists = append(*lists, list)
		b.seen[kind+string(key)] = at
	}
	return at
}
