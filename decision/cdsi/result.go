package cdsi

import "slices"

// result is the public form of a best patient series.
func (s *run) result() Series {
	out := Series{Antigen: s.antigen.name, Group: s.series.group, Name: s.series.name, SeriesGroup: s.series.seriesGroup,
		Type: s.series.kind, Status: s.fc.status, DoseNumber: s.fc.number, Reason: s.fc.reason, Guidance: s.series.guidance,
		Dates: Dates{Earliest: s.fc.earliest.time(), Recommended: s.fc.recommended.time(), PastDue: s.fc.pastDue.time(),
			Latest: s.fc.latest.time(), UnadjustedRecommended: s.fc.rawRecommended.time(), UnadjustedPastDue: s.fc.raw.time()},
		Contraindications: s.fc.contra, ContraindicatedBy: s.fc.contraBy, Undated: s.undated(), Evaluations: s.evaluated()}
	if s.series.kind == Risk {
		out.IndicatedBy = s.indications()
	}
	if s.fc.status == Immune {
		out.ImmuneBy = s.immuneBy()
	}
	for _, v := range s.fc.vaccines {
		out.Vaccines = append(out.Vaccines, Vaccine{s.r.vaccines[v].cvx, s.r.vaccines[v].name})
	}
	return out
}

// undated are the observations without a day that the series' intervals count
// from: the specification takes such an interval as kept (table 6-17).
func (s *run) undated() (codes []string) {
	for _, d := range s.series.doses {
		for i := range d.intervals {
			if code := d.intervals[i].observation; code != "" && s.reference(&d.intervals[i], 0, s.on) == none && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	return codes
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
