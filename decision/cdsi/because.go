package cdsi

import (
	"slices"
	"time"
)

// indications are the observations for which a risk series is relevant (5.1).
func (s *run) indications() (codes []string) {
	for _, i := range s.series.indications {
		if s.observes(i.code) && s.aged(i.begin, i.end, s.on) && !slices.Contains(codes, i.code) {
			codes = append(codes, i.code)
		}
	}
	return codes
}

// immuneBy are the observations by which the patient is immune (7.2).
func (s *run) immuneBy() (codes []string) {
	for _, code := range s.antigen.immuneBy {
		if s.observes(code) {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		codes = []string{"birth"}
	}
	return codes
}

// Contraindication is why a vaccine must not be given.
type Contraindication struct {
	Antigen string
	Code    string // CDSi observation
	Text    string // the CDC's
	Vaccine bool   // of this vaccine type alone, not of every one against the antigen
}

// Contraindications are those of tables 7-5 and 7-6 that apply to one vaccine
// type on a day, whether or not a dose is due. A code without an antigen, and an
// unknown day of birth, have none.
func Contraindications(p Person, cvx string, on time.Time) (out []Contraindication) {
	if len(p.Observations) == 0 {
		return nil
	}
	r := loaded()
	at, ok := r.cvx[normalCVX(cvx)]
	p.Doses = nil
	c := gather(r, p, on)
	if !ok || c.birth == none || c.on == none {
		return nil
	}
	for _, as := range r.vaccines[at].antigens {
		a := r.antigens[as.antigen]
		for _, k := range a.contraindicated {
			if c.observes(k.code) && c.aged(k.begin, k.end, c.on) {
				out = append(out, Contraindication{a.name, k.code, k.text, false})
			}
		}
		for _, k := range a.vaccinesExcluded {
			if c.observes(k.code) && slices.ContainsFunc(k.vaccines, func(v listed) bool { return v.cvx == at && c.aged(v.begin, v.end, c.on) }) {
				out = append(out, Contraindication{a.name, k.code, k.text, true})
			}
		}
	}
	return out
}

// GroupsOf are the vaccine groups that a vaccine type belongs to, by the
// antigens in it; nil of an unknown one.
func GroupsOf(cvx string) (names []string) {
	r := loaded()
	at, ok := r.cvx[normalCVX(cvx)]
	if !ok {
		return nil
	}
	for _, g := range r.groups {
		if slices.ContainsFunc(r.vaccines[at].antigens, func(a association) bool { return slices.Contains(g.antigens, a.antigen) }) {
			names = append(names, g.name)
		}
	}
	return names
}

// Groups are the names of all vaccine groups, in the order of the supporting data.
func Groups() (names []string) {
	for _, g := range loaded().groups {
		names = append(names, g.name)
	}
	return names
}

// Vaccines are the CVX codes of the supporting data.
func Vaccines() (codes []string) {
	for _, v := range loaded().vaccines {
		codes = append(codes, v.cvx)
	}
	return codes
}

// AntigensOf are the antigens of a vaccine group.
func AntigensOf(group string) (names []string) {
	r := loaded()
	for _, g := range r.groups {
		if g.name == group {
			for _, a := range g.antigens {
				names = append(names, r.antigens[a].name)
			}
		}
	}
	return names
}

// SeasonEnd is the last day of the latest season that the supporting data has for
// a vaccine group; zero: it is not seasonal. A season that has a beginning and no
// end (COVID-19 of 2025) is taken to last a year: the next release begins another.
func SeasonEnd(group string) time.Time {
	r, last, began := loaded(), none, none
	for _, g := range r.groups {
		if g.name != group {
			continue
		}
		for _, a := range g.antigens {
			for _, s := range r.antigens[a].series {
				for _, d := range s.doses {
					last, began = max(last, d.seasonEnd), max(began, d.seasonStart)
				}
			}
		}
	}
	if last == none && began != none {
		return began.time().AddDate(1, 0, -1)
	}
	return last.time()
}
