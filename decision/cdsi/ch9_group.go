package cdsi

import "slices"

// groups is chapter 9: the best patient series of a vaccine group's antigens
// are merged, risk with risk and standard with standard.
func (c *patient) groups(best []*run, series []Series) (out []Group) {
	for _, g := range c.r.groups {
		for _, kind := range []SeriesType{Standard, Risk} {
			var in []*run
			var places []int
			for i, s := range best {
				if s.series.group == g.name && (s.series.kind == Risk) == (kind == Risk) {
					in, places = append(in, s), append(places, i)
				}
			}
			if len(in) > 0 {
				out = append(out, c.merge(g, kind, in, places, series))
			}
		}
	}
	return out
}

func (c *patient) merge(g group, kind SeriesType, in []*run, places []int, series []Series) Group {
	out := Group{Name: g.name, Type: kind, Series: places}
	in, places = c.current(in, places)
	earliest, recommended, pastDue, latest, rawRecommended, raw := none, none, none, none, none, none
	lower := func(at *day, d day) {
		if d != none && (*at == none || d < *at) {
			*at = d
		}
	}
	last, priority := none, false
	for i, s := range in {
		f := &s.fc
		lower(&earliest, f.earliest)
		last, priority = max(last, f.earliest), priority || f.priority
		lower(&recommended, f.recommended)
		lower(&pastDue, f.pastDue)
		lower(&latest, f.latest)
		lower(&rawRecommended, f.rawRecommended)
		lower(&raw, f.raw)
		if f.status == NotComplete { // FORECASTVG-8, FORECASTDN-2
			out.Antigens = append(out.Antigens, s.antigen.name)
			if out.DoseNumber == 0 || (f.number < out.DoseNumber) == g.full {
				out.DoseNumber = f.number
			}
		}
		if f.reason != "" && !slices.Contains(out.Reasons, f.reason) { // FORECASTVG-7
			out.Reasons = append(out.Reasons, f.reason)
		}
		for _, code := range series[places[i]].Undated {
			if !slices.Contains(out.Undated, code) {
				out.Undated = append(out.Undated, code)
			}
		}
		for _, v := range series[places[i]].Vaccines { // FORECASTVG-9
			if !slices.Contains(out.Vaccines, v) {
				out.Vaccines = append(out.Vaccines, v)
			}
		}
	}
	if len(g.antigens) == 1 {
		out.Status = in[0].fc.status // SINGLEANTVG-1
	} else {
		out.Status = status(in)
		if earliest != none { // MULTIANTVG-1
			if priority {
				earliest = max(earliest, c.lastGiven(g))
			} else {
				earliest = last
			}
		}
	}
	if out.Status == NotComplete {
		out.Dates = Dates{Earliest: earliest.time(), Recommended: max(earliest, recommended).time(), Latest: latest.time(),
			UnadjustedRecommended: rawRecommended.time(), UnadjustedPastDue: raw.time()}
		if pastDue != none {
			out.PastDue = max(earliest, pastDue).time()
		}
	} else {
		out.DoseNumber, out.Antigens, out.Vaccines = 0, nil, nil
	}
	out.Evaluations = evaluations(in)
	return out
}

// current leaves one best series an antigen, where there are several of the
// kind. Standard ones belong to series groups for different ages: the last one
// whose age to start has come, or that is begun when the one before it is aged
// out of. Of risk ones a series that asks for a dose, and the one that asks
// first: another need is never hidden behind one that is met.
func (c *patient) current(in []*run, places []int) (runs []*run, at []int) {
	for i, s := range in {
		k := len(runs) - 1
		if k < 0 || runs[k].antigen != s.antigen {
			runs, at = append(runs, s), append(at, places[i])
			continue
		}
		before, instead := runs[k], false
		if s.series.kind == Risk {
			due := s.fc.status == NotComplete
			instead = due && (before.fc.status != NotComplete || s.fc.recommended < before.fc.recommended)
		} else {
			start := c.birth.plus(s.series.minStart).or(past)
			instead = start <= c.on || before.fc.status == AgedOut && s.satisfied() > 0
		}
		if instead {
			runs[k], at[k] = s, places[i]
		}
	}
	return runs, at
}

// status is table 9-4.
func status(in []*run) Status {
	for _, want := range []Status{Contraindicated, AgedOut, NotRecommended, NotComplete} {
		for _, s := range in {
			if s.fc.status == want {
				return want
			}
		}
	}
	for _, s := range in {
		if s.fc.status != Immune {
			return Complete
		}
	}
	return Immune
}

// lastGiven is the day of the last dose that belongs to the group.
func (c *patient) lastGiven(g group) day {
	for i := len(c.history) - 1; i >= 0; i-- {
		for _, a := range g.antigens {
			if c.has(c.history[i], a) {
				return c.history[i].date
			}
		}
	}
	return past
}

// evaluations merges what the series of a group say of each dose: a dose that
// is not valid for one antigen is not for the group, and one that still counts
// for any is not extraneous.
func evaluations(in []*run) (out []Evaluation) {
	worse := map[DoseStatus]int{Extraneous: 1, Valid: 2, NotValid: 3, SubStandard: 4}
	for _, s := range in {
		for _, e := range s.evaluated() {
			at := slices.IndexFunc(out, func(o Evaluation) bool { return o.Dose == e.Dose })
			if at < 0 {
				out = append(out, e)
			} else if worse[e.Status] > worse[out[at].Status] {
				out[at] = e
			}
		}
	}
	slices.SortFunc(out, func(a, b Evaluation) int { return a.Dose - b.Dose })
	return out
}
