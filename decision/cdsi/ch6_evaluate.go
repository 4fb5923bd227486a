package cdsi

import "slices"

// run is a relevant patient series: its target doses, what became of them, and
// its forecast.
type run struct {
	*patient
	antigen  *antigen
	series   *series
	siblings []*run // all relevant series of the antigen
	recs     []*record
	evals    []evaluation // one a record
	targets  []target
	at       int // the current target dose; len(targets) when none is left
	fc       forecast
	score    int
}

type target struct {
	dose    *seriesDose
	by      int // the record that satisfied it, or -1
	skipped bool
}

type evaluation struct {
	status      DoseStatus
	target      int // place in targets, or -1
	inadvertent bool
	reasons     []Reason
}

// evaluate goes through the records and the target doses (4.4, figure 4-6).
func (s *run) evaluate() {
	s.targets = make([]target, len(s.series.doses), len(s.series.doses)+len(s.recs)+1)
	for i, d := range s.series.doses {
		s.targets[i] = target{dose: d, by: -1}
	}
	s.evals = make([]evaluation, len(s.recs))
	for i, rec := range s.recs {
		e := &s.evals[i]
		e.target = -1
		if rec.substandard != "" { // 6.1
			e.status, e.reasons = SubStandard, []Reason{rec.substandard}
			continue
		}
		for s.at < len(s.targets) && s.skips(false, rec.date, i) { // 6.2
			s.targets[s.at].skipped = true
			s.at++
		}
		if s.at == len(s.targets) {
			e.status, e.reasons = Extraneous, []Reason{AlreadyDone}
			continue
		}
		e.target = s.at
		s.judge(i)
		if e.status != Valid {
			continue
		}
		t := &s.targets[s.at]
		t.by = i
		s.at++
		if t.dose.recurring { // step 6; some series have doses after a recurring one
			s.targets = slices.Insert(s.targets, s.at, target{dose: t.dose, by: -1})
		}
	}
}

// judge evaluates record i against the current target dose: 6.3 to 6.10.
func (s *run) judge(i int) {
	e, rec, d := &s.evals[i], s.recs[i], s.targets[s.at].dose
	for _, v := range d.inadvertent { // 6.3
		if v == rec.vaccine {
			e.status, e.inadvertent, e.reasons = NotValid, true, []Reason{Inadvertent}
			return
		}
	}
	e.status = Valid
	switch ok, why := s.atAge(d, rec.date); { // 6.4
	case why == TooOld:
		e.status, e.reasons = Extraneous, append(e.reasons, why) // table 6-31: whatever else there is
		return
	case !ok:
		e.status, e.reasons = NotValid, append(e.reasons, why)
	case why != "":
		e.reasons = append(e.reasons, why)
	}
	if ok, why := s.spaced(d, i); !ok && !s.allowed(d, i) { // 6.5, 6.6
		e.status, e.reasons = NotValid, append(e.reasons, TooSoon)
	} else if ok && why != "" && len(e.reasons) == 0 {
		e.reasons = append(e.reasons, why)
	}
	if s.inConflict(i) { // 6.7
		e.status, e.reasons = NotValid, append(e.reasons, Conflict)
	}
	if !s.preferred(d, rec) && !s.allowable(d, rec) { // 6.8, 6.9
		e.status, e.reasons = NotValid, append(e.reasons, NotPreferable)
	}
}

// atAge is table 6-15.
func (s *run) atAge(d *seriesDose, date day) (bool, Reason) {
	a := inEffect(d.ages, date)
	if a == nil {
		return true, ""
	}
	switch {
	case date < s.birth.plus(a.absMin).or(past):
		return false, TooYoung
	case date >= s.birth.plus(a.max).or(future):
		return false, TooOld
	case date < s.birth.plus(a.min).or(past):
		return true, GracePeriod
	}
	return true, ""
}

// inEffect is the age attributes in effect on a day.
func inEffect(ages []age, on day) *age {
	for i := range ages {
		if ages[i].from <= on && on <= ages[i].to {
			return &ages[i]
		}
	}
	return nil
}

// preferred is table 6-26. A trade name is known by CVX and MVX together.
func (s *run) preferred(d *seriesDose, rec *record) bool {
	for i := range d.preferable {
		p := &d.preferable[i]
		if p.cvx == rec.vaccine && (p.mvx == "" || p.mvx == rec.mvx) && s.aged(p.begin, p.end, rec.date) {
			return true
		}
	}
	return false
}

// allowable is table 6-29.
func (s *run) allowable(d *seriesDose, rec *record) bool {
	for i := range d.allowable {
		p := &d.allowable[i]
		if p.cvx == rec.vaccine && s.aged(p.begin, p.end, rec.date) {
			return true
		}
	}
	return false
}
