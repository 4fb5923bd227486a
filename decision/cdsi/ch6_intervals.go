package cdsi

import "slices"

// spaced is table 6-18: every preferable interval is kept.
func (s *run) spaced(d *seriesDose, i int) (bool, Reason) {
	date, why := s.recs[i].date, Reason("")
	for k := range d.intervals {
		v := &d.intervals[k]
		if date < v.from || date > v.to {
			continue
		}
		ref := s.reference(v, i, date)
		if ref == none {
			continue
		}
		if date < ref.plus(v.absMin).or(past) {
			return false, TooSoon
		}
		if date < ref.plus(v.min).or(past) {
			why = GracePeriod
		}
	}
	return true, why
}

// allowed is table 6-21: there are allowable intervals, and every one is kept.
func (s *run) allowed(d *seriesDose, i int) bool {
	date, some := s.recs[i].date, false
	for k := range d.allowIntervals {
		v := &d.allowIntervals[k]
		if date < v.from || date > v.to {
			continue
		}
		ref := s.reference(v, i, date)
		if ref != none && date < ref.plus(v.absMin).or(past) {
			return false
		}
		some = true
	}
	return some
}

// reference is the patient's reference dose date of an interval (CALCDTINT-1,
// 2, 8 and 9) when the records before number i count; by is the day up to
// which doses of other antigens do.
func (s *run) reference(v *interval, i int, by day) day {
	switch {
	case v.previous:
		for k := i - 1; k >= 0; k-- {
			if e := &s.evals[k]; (e.status == Valid || e.status == NotValid) && !e.inadvertent {
				return s.recs[k].date
			}
		}
	case v.target > 0:
		for k := range s.targets {
			if t := &s.targets[k]; t.dose.number == v.target && t.by >= 0 && t.by < i {
				return s.recs[t.by].date
			}
		}
	case len(v.mostRecent) > 0:
		var self *record
		if i < len(s.recs) {
			self = s.recs[i]
		}
		for k := len(s.history) - 1; k >= 0; k-- {
			rec := s.history[k]
			if rec == self {
				by = min(by, rec.date)
				continue
			}
			if rec.date <= by && !(self != nil && rec.date == self.date) && slices.Contains(v.mostRecent, rec.vaccine) && !s.wasInadvertent(rec) {
				return rec.date
			}
		}
	case v.observation != "":
		if s.observes(v.observation) {
			return dayOf(s.observed[v.observation])
		}
	}
	return none
}

func (s *run) wasInadvertent(rec *record) bool {
	k := slices.Index(s.recs, rec)
	return k >= 0 && s.evals[k].inadvertent
}
