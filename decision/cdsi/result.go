package cdsi

// result is the public form of a best patient series.
func (s *run) result() Series {
	out := Series{Antigen: s.antigen.name, Group: s.series.group, Name: s.series.name, SeriesGroup: s.series.seriesGroup,
		Type: s.series.kind, Status: s.fc.status, DoseNumber: s.fc.number, Reason: s.fc.reason, Guidance: s.series.guidance,
		Dates: Dates{Earliest: s.fc.earliest.time(), Recommended: s.fc.recommended.time(), PastDue: s.fc.pastDue.time(),
			Latest: s.fc.latest.time(), UnadjustedRecommended: s.fc.rawRecommended.time(), UnadjustedPastDue: s.fc.raw.time()},
		Contraindications: s.fc.contra, Evaluations: s.evaluated()}
	for _, v := range s.fc.vaccines {
		out.Vaccines = append(out.Vaccines, Vaccine{s.r.vaccines[v].cvx, s.r.vaccines[v].name})
	}
	return out
}

func (s *run) evaluated() []Evaluation {
	out := make([]Evaluation, len(s.recs))
	for i, e := range s.evals {
		out[i] = Evaluation{Dose: s.recs[i].place, Status: e.status, Reasons: e.reasons}
		if e.target >= 0 {
			out[i].TargetDose = s.targets[e.target].dose.number
		}
	}
	return out
}
