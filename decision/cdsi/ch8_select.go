package cdsi

import (
	"cmp"
	"slices"
)

// selectBest is chapter 8: one prioritized patient series a series group, and
// of these the best ones.
func selectBest(runs []*run) (best []*run) {
	var names []string
	for _, s := range runs {
		if !slices.Contains(names, s.series.seriesGroup) {
			names = append(names, s.series.seriesGroup)
		}
	}
	slices.Sort(names)
	var prioritized []*run
	for _, name := range names {
		var in []*run
		for _, s := range runs {
			if s.series.seriesGroup == name {
				in = append(in, s)
			}
		}
		if p := prioritize(in); p != nil {
			prioritized = append(prioritized, p)
		}
	}
	for _, p := range prioritized {
		if isBest(p, prioritized) {
			best = append(best, p)
		}
	}
	return best
}

// isBest is table 8-14.
func isBest(p *run, prioritized []*run) bool {
	if p.fc.status == Complete {
		return true
	}
	equivalentRisk := false
	for _, o := range prioritized {
		if o == p || !slices.Contains(p.series.equivalent, o.series.seriesGroup) {
			continue
		}
		if o.fc.status == Complete {
			return false
		}
		equivalentRisk = equivalentRisk || o.series.kind == Risk
	}
	switch p.series.kind {
	case Risk:
		return true
	case Standard:
		return !equivalentRisk
	}
	return false
}

func (s *run) inProcess() bool { return s.satisfied() > 0 && s.fc.status == NotComplete }

// prioritize finds the prioritized patient series of a series group, 8.1 to
// 8.7; nil if there is none.
func prioritize(in []*run) *run {
	scorable := scorable(in)
	var byDefault *run
	for _, s := range in {
		if s.series.isDefault && byDefault == nil {
			byDefault = s
		}
	}
	switch len(scorable) {
	case 0:
		return byDefault
	case 1:
		return scorable[0]
	}
	var complete, going, unstarted []*run
	for _, s := range scorable {
		s.score = 0
		if s.fc.status == Complete {
			complete = append(complete, s)
		}
		if s.inProcess() {
			going = append(going, s)
		}
		if s.satisfied() == 0 {
			unstarted = append(unstarted, s)
		}
	}
	switch { // tables 8-3 and 8-5
	case len(complete) == 1:
		return complete[0]
	case len(complete) > 1:
		scoreComplete(complete)
		return highest(complete)
	case len(going) == 1:
		return going[0]
	case len(going) > 1:
		scoreInProcess(going)
		return highest(going)
	case byDefault != nil && slices.Contains(scorable, byDefault):
		return byDefault
	case len(unstarted) == len(scorable):
		scoreUnstarted(unstarted)
		return highest(unstarted)
	}
	return highest(scorable)
}

// scorable is table 8-2.
func scorable(in []*run) (out []*run) {
	allContraindicated, anyValid, anyDefault, top := true, false, false, ""
	for _, s := range in {
		allContraindicated = allContraindicated && s.fc.status == Contraindicated
		anyValid = anyValid || s.satisfied() > 0
		anyDefault = anyDefault || s.series.isDefault
		if p := s.series.priority; p != "" && (top == "" || p < top) {
			top = p // A stands before B
		}
	}
	for _, s := range in {
		candidate := s.fc.status != Contraindicated || allContraindicated // SELECTB-24
		switch s.series.kind {
		case Risk:
			if candidate && (s.series.priority == top || s.series.priority == "") {
				out = append(out, s)
			}
		case Standard:
			if candidate && (s.startedInTime() || !anyValid && !anyDefault) {
				out = append(out, s)
			}
		case EvaluationOnly:
			if s.fc.status == Complete {
				out = append(out, s)
			}
		}
	}
	return out
}

// startedInTime says whether there is a valid dose, and the earliest was given
// before the maximum age to start.
func (s *run) startedInTime() bool {
	for i := range s.evals {
		if s.evals[i].status == Valid {
			return s.recs[i].date < s.birth.plus(s.series.maxStart).or(future)
		}
	}
	return false
}

// highest is SELECTBEST-2.
func highest(in []*run) *run {
	return slices.MinFunc(in, func(a, b *run) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(rank(a), rank(b)))
	})
}

func rank(s *run) int {
	if s.series.preference == 0 {
		return 1 << 20
	}
	return s.series.preference
}
