package cdsi

import "slices"

// relevant makes the relevant patient series of an antigen (5.1).
func (c *patient) relevant(a *antigen) (out []*run) {
	for _, s := range a.series {
		if len(s.genders) > 0 && !slices.Contains(s.genders, c.sex) {
			continue
		}
		if s.kind == Risk && !c.indicated(s) {
			continue
		}
		out = append(out, &run{patient: c, antigen: a, series: s})
	}
	return out
}

// indicated says whether an indication applies (table 5-4).
func (c *patient) indicated(s *series) bool {
	for _, i := range s.indications {
		if c.observes(i.code) && c.aged(i.begin, i.end, c.on) {
			return true
		}
	}
	return false
}
