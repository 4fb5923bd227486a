package cdsi

import "slices"

// forecast is a patient series forecast; dates are none where there is none.
type forecast struct {
	status                                                      Status
	reason                                                      string
	earliest, recommended, pastDue, latest, rawRecommended, raw day
	number                                                      int
	priority                                                    bool // FORECASTPRIORITY-1
	vaccines                                                    []int
	contra, contraBy                                            []string // texts and codes of the contraindications that apply
}

var blank = forecast{earliest: none, recommended: none, pastDue: none, latest: none, rawRecommended: none, raw: none}

// forecast is chapter 7. A target dose that would be skipped at its own
// earliest date is left for the next one (7.6).
func (s *run) forecast() {
	for {
		for s.at < len(s.targets) && s.skips(true, s.on, len(s.recs)) { // 7.1
			s.targets[s.at].skipped = true
			s.at++
		}
		s.fc = blank
		if !s.needed() { // 7.2 to 7.4
			return
		}
		s.generate()                                    // 7.5
		if !s.skips(true, s.fc.earliest, len(s.recs)) { // 7.6
			return
		}
		s.targets[s.at].skipped = true
		s.at++
	}
}

// needed is table 7-10; it leaves the status and its reason.
func (s *run) needed() bool {
	no := func(status Status, reason string) bool {
		s.fc.status, s.fc.reason = status, reason
		return false
	}
	switch {
	case s.at == len(s.targets) && s.satisfied() > 0:
		return no(Complete, "Patient series is complete")
	case s.immune():
		return no(Immune, "Patient has evidence of immunity")
	case s.contraindicated():
		return no(Contraindicated, "Patient has a contraindication")
	case s.at == len(s.targets):
		return no(NotRecommended, "Not recommended at this time due to past immunization history")
	}
	d := s.targets[s.at].dose
	maxAge := future
	if a := inEffect(d.ages, s.on); a != nil {
		maxAge = s.birth.plus(a.max).or(future)
	}
	switch {
	case s.on > d.seasonEnd.or(future):
		return no(NotRecommended, "Past seasonal recommendation end date")
	case s.on >= maxAge:
		return no(AgedOut, "Patient has exceeded the maximum age")
	case s.candidate(d) >= maxAge:
		return no(AgedOut, "Patient is unable to finish the series prior to the maximum age")
	}
	s.fc.status = NotComplete
	return true
}

func (s *run) satisfied() (n int) {
	for i := range s.targets {
		if s.targets[i].by >= 0 {
			n++
		}
	}
	return n
}

// immune is table 7-3.
func (s *run) immune() bool {
	if slices.ContainsFunc(s.antigen.immuneBy, s.observes) {
		return true
	}
	for _, b := range s.antigen.immuneBorn {
		if s.birth < b.before && !slices.ContainsFunc(b.exclusions, s.observes) && (b.country == "" || b.country == s.country) {
			return true
		}
	}
	return false
}

// contraindicated is table 7-7.
func (s *run) contraindicated() bool {
	if len(s.observations) == 0 {
		return false
	}
	for _, k := range s.antigen.contraindicated { // table 7-5
		if s.observes(k.code) && s.aged(k.begin, k.end, s.on) {
			s.fc.contra, s.fc.contraBy = append(s.fc.contra, k.text), append(s.fc.contraBy, k.code)
		}
	}
	if len(s.fc.contra) > 0 {
		return true
	}
	if s.at == len(s.targets) {
		return false
	}
	for _, k := range s.antigen.vaccinesExcluded {
		if s.observes(k.code) && slices.ContainsFunc(k.vaccines, func(v listed) bool { return s.aged(v.begin, v.end, s.on) }) {
			s.fc.contra, s.fc.contraBy = append(s.fc.contra, k.text), append(s.fc.contraBy, k.code)
		}
	}
	preferable := s.targets[s.at].dose.preferable
	for i := range preferable {
		if !s.excluded(preferable[i].cvx) {
			return false
		}
	}
	return len(preferable) > 0
}

// excluded is table 7-6: a contraindication of the vaccine type applies.
func (s *run) excluded(vaccine int) bool {
	for _, k := range s.antigen.vaccinesExcluded {
		if !s.observes(k.code) {
			continue
		}
		for _, v := range k.vaccines {
			if v.cvx == vaccine && s.aged(v.begin, v.end, s.on) {
				return true
			}
		}
	}
	return false
}

// candidate is the candidate earliest date (FORECASTDTCAN-1).
func (s *run) candidate(d *seriesDose) day {
	out := max(past, s.conflictEnd(d), d.seasonStart.or(past))
	if a := inEffect(d.ages, s.on); a != nil {
		out = max(out, s.birth.plus(a.min).or(past))
	}
	out = max(out, s.interval(d, func(v *interval) period { return v.min }).or(past))
	for i := range s.evals {
		if s.evals[i].inadvertent || s.evals[i].target >= 0 {
			out = max(out, s.recs[i].date)
		}
	}
	return max(out, s.birth)
}

// interval is the latest of the dates that the preferable intervals give.
func (s *run) interval(d *seriesDose, of func(*interval) period) day {
	out := none
	for i := range d.intervals {
		v := &d.intervals[i]
		if s.on < v.from || s.on > v.to {
			continue
		}
		if ref := s.reference(v, len(s.recs), s.on); ref != none {
			out = max(out, ref.plus(of(v)))
		}
	}
	return out
}

// generate is table 7-13.
func (s *run) generate() {
	d, f := s.targets[s.at].dose, &s.fc
	f.earliest = s.candidate(d) // FORECASTDT-1
	a := age{}
	if in := inEffect(d.ages, s.on); in != nil {
		a = *in
	}
	f.rawRecommended = s.birth.plus(a.rec) // FORECASTDT-2
	if f.rawRecommended == none {
		f.rawRecommended = s.interval(d, func(v *interval) period { return v.rec })
	}
	if f.rawRecommended == none {
		f.rawRecommended = f.earliest
	}
	f.raw = s.birth.plus(a.latest) // FORECASTDT-3
	if f.raw == none {
		f.raw = s.interval(d, func(v *interval) period { return v.latest })
	}
	if f.raw != none {
		f.raw--
		f.pastDue = max(f.earliest, f.raw) // FORECASTDT-6
	}
	if f.latest = s.birth.plus(a.max); f.latest != none { // FORECASTDT-4
		f.latest--
	}
	f.recommended = max(f.earliest, f.rawRecommended) // FORECASTDT-5
	f.number = s.number(d)
	f.priority = len(d.intervals) > 0
	for i := range d.intervals {
		f.priority = f.priority && d.intervals[i].priority
	}
	for i := range d.preferable { // FORECASTRECVAC-1
		p := &d.preferable[i]
		if p.forecast && !s.excluded(p.cvx) && !slices.Contains(f.vaccines, p.cvx) &&
			(s.aged(p.begin, p.end, f.earliest) || s.aged(p.begin, p.end, f.recommended)) {
			f.vaccines = append(f.vaccines, p.cvx)
		}
	}
}

// number is the forecast dose number (FORECASTDN-1): of the season's doses,
// where the dose has a season.
func (s *run) number(d *seriesDose) int {
	n := 1
	for i := range s.targets {
		if by := s.targets[i].by; by >= 0 && (d.seasonStart == none || s.recs[by].date >= d.seasonStart) {
			n++
		}
	}
	return n
}
