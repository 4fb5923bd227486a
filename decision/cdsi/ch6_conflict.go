package cdsi

import "slices"

// inConflict says whether record i is an impacted vaccine dose administered
// (CONFLICT-3).
func (s *run) inConflict(i int) bool {
	rec := s.recs[i]
	conflicts := s.r.conflicts[rec.vaccine]
	if len(conflicts) == 0 {
		return false
	}
	for _, other := range s.history {
		if other.date >= rec.date {
			break
		}
		for k := range conflicts {
			x := &conflicts[k]
			if x.previous != other.vaccine {
				continue
			}
			end := x.minEnd
			if at := slices.Index(s.recs, other); at >= 0 && s.evals[at].status != Valid { // CALCDTCONFLICT-2
				end = x.end
			}
			if rec.date >= other.date.plus(x.begin) && rec.date < other.date.plus(end) {
				return true
			}
		}
	}
	return false
}

// conflictEnd is the latest forecast conflict end date of the target dose: of
// the preferable vaccines the one that is free first, for the others can be
// left.
func (s *run) conflictEnd(d *seriesDose) day {
	first := none
	for i := range d.preferable {
		end := past
		for k := range s.r.conflicts[d.preferable[i].cvx] {
			x := &s.r.conflicts[d.preferable[i].cvx][k]
			for _, other := range s.history {
				if other.vaccine == x.previous {
					end = max(end, other.date.plus(x.end))
				}
			}
		}
		if first == none || end < first {
			first = end
		}
	}
	return first.or(past)
}
