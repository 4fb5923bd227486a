package cdsi

import "slices"

// skips says whether the current target dose can be skipped (6.2, and 7.1 and
// 7.6 when forecasting). ref is the conditional skip reference date
// (CONDSKIP-2); prior is the number of records that count.
func (s *run) skips(forecasting bool, ref day, prior int) bool {
	for i := range s.targets[s.at].dose.skips {
		k := &s.targets[s.at].dose.skips[i]
		if forecasting && !k.forecast || !forecasting && !k.evaluation {
			continue
		}
		met := 0
		for j := range k.sets {
			if s.setMet(&k.sets[j], ref, prior) {
				met++
			}
		}
		if met == len(k.sets) || !k.and && met > 0 { // table 6-11
			return true
		}
	}
	return false
}

// setMet is table 6-10.
func (s *run) setMet(x *skipSet, ref day, prior int) bool {
	if ref < x.from || ref > x.to {
		return false
	}
	met := 0
	for i := range x.conditions {
		if s.conditionMet(&x.conditions[i], ref, prior) {
			met++
		}
	}
	return met > 0 && (met == len(x.conditions) || !x.and)
}

func (s *run) conditionMet(q *condition, ref day, prior int) bool {
	switch q.kind {
	case "age": // table 6-6
		return s.aged(q.beginAge, q.endAge, ref)
	case "completed": // table 6-7
		for _, other := range s.siblings {
			if other != s && other.fc.status == Complete && slices.Contains(q.series, other.series.seriesGroup) {
				return true
			}
		}
		return false
	case "interval": // table 6-8
		return prior > 0 && ref >= s.recs[prior-1].date.plus(q.interval).or(past)
	}
	n := s.count(q, prior) // table 6-9
	switch q.logic {
	case "greater than":
		return n > q.count
	case "equal", "equal to":
		return n == q.count
	case "less than":
		return n < q.count
	}
	return false
}

// count is CONDSKIP-1.
func (s *run) count(q *condition, prior int) (n int) {
	begin, end := s.birth.plus(q.beginAge).or(past), s.birth.plus(q.endAge).or(future)
	for i, rec := range s.recs[:prior] {
		if rec.date < begin || rec.date >= end || rec.date < q.start || rec.date >= q.end {
			continue
		}
		if len(q.cvx) > 0 && !slices.Contains(q.cvx, rec.vaccine) {
			continue
		}
		if !q.valid || s.evals[i].status == Valid {
			n++
		}
	}
	return n
}
