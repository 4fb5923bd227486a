package cdsi

// award gives points to the series for which a condition is true: alone, with
// others, or not.
func award(in []*run, alone, shared, not int, is func(*run) bool) {
	n := 0
	for _, s := range in {
		if is(s) {
			n++
		}
	}
	for _, s := range in {
		switch {
		case !is(s):
			s.score += not
		case n == 1:
			s.score += alone
		default:
			s.score += shared
		}
	}
}

// most is true of the series for which no other has a greater measure.
func most(in []*run, of func(*run) int) func(*run) bool {
	top := of(in[0])
	for _, s := range in {
		top = max(top, of(s))
	}
	return func(s *run) bool { return of(s) == top }
}

// scoreComplete is table 8-7.
func scoreComplete(in []*run) { award(in, 1, 0, -1, most(in, (*run).satisfied)) }

// scoreInProcess is table 8-9.
func scoreInProcess(in []*run) {
	award(in, 2, 2, -2, func(s *run) bool { return s.series.product && s.allValid() })
	award(in, 3, 3, -3, (*run).completable)
	award(in, 2, 0, -2, most(in, (*run).satisfied))
	award(in, 2, 0, -2, most(in, func(s *run) int { return -s.remaining() }))
	award(in, 1, 0, -1, earliest(in, (*run).finish))
}

// scoreUnstarted is table 8-11.
func scoreUnstarted(in []*run) {
	award(in, 1, 0, -1, earliest(in, func(s *run) day { return s.fc.earliest }))
	award(in, 1, 1, -1, (*run).completable)
	award(in, -1, -1, 1, func(s *run) bool { return s.series.product })
}

// earliest is true of the series for which no other has an earlier date.
func earliest(in []*run, of func(*run) day) func(*run) bool {
	first := none
	for _, s := range in {
		if d := of(s); d != none && (first == none || d < first) {
			first = d
		}
	}
	return func(s *run) bool { return first != none && of(s) == first }
}

// allValid is SELECTB-2.
func (s *run) allValid() bool {
	for i := range s.evals {
		if s.evals[i].status != Valid {
			return false
		}
	}
	return true
}

// remaining counts the target doses that are not satisfied (SELECTB-5).
func (s *run) remaining() (n int) {
	for i := range s.targets {
		if s.targets[i].by < 0 && !s.targets[i].skipped {
			n++
		}
	}
	return n
}

// finish is the forecast finish date of a completable series (SELECTB-11 and
// 12), none for others.
func (s *run) finish() day {
	if s.fc.earliest == none {
		return none
	}
	longest, last := s.fc.earliest, s.targets[len(s.targets)-1].dose
	for i := s.at + 1; i < len(s.targets); i++ {
		for k := range s.targets[i].dose.intervals {
			longest = max(longest, s.fc.earliest.plus(s.targets[i].dose.intervals[k].min))
		}
	}
	if a := inEffect(last.ages, s.on); a != nil && longest >= s.birth.plus(a.max).or(future) { // SELECTB-3
		return none
	}
	return longest
}

func (s *run) completable() bool { return s.finish() != none }
