package imaging

import (
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
)

// MaxPregnancyDays is how long a statement that there is no pregnancy holds. It
// is our choice.
const MaxPregnancyDays = 14

// pregnancy is the newest statement about one: yes, no, or nil.
func (v *view) pregnancy() (yes, no *rule.Evidence) {
	take := func(to **rule.Evidence, e rule.Evidence) {
		if *to == nil || (*to).When.Before(e.When) || (*to).When.At.Equal(e.When.At) && e.Text < (*to).Text {
			*to = &e
		}
	}
	v.problems(false, func(p chart.Problem) {
		words := fact.Words(p.Name)
		if !codeIn(p, "Z33*", "Z34*", "Z3A*", "O09*", "77386006", "72892002") && !fact.Any(words, "pregnancy", "pregnant", "gravid") ||
			fact.Any(words, "history of", "past pregnancy", "previous pregnancy", "no pregnancy", "not pregnant", "wants pregnancy", "prevention of pregnancy", "ectopic", "postpartum", "after pregnancy", "pregnancy test", "pregnancy induced") {
			return
		}
		if !p.Onset.Known() || v.within(p.Onset, 300) {
			take(&yes, problemEvidence(p))
		}
	})
	for _, s := range v.c.Results.Series {
		if len(s.Points) == 0 {
			continue
		}
		words := fact.Words(s.Name)
		due := hasCode(s, []string{"11778-8", "11779-6", "11780-4", "11781-2"}) || fact.Any(words, "delivery date estimated", "estimated date of delivery", "due date")
		status := hasCode(s, []string{"82810-3"}) || fact.Any(words, "pregnancy status")
		hcg := hasCode(s, []string{"2106-3", "2118-8", "80384-1", "2110-5", "19080-1", "21198-7"}) || fact.Any(words, "hcg", "pregnancy test", "choriogonadotropin")
		if !due && !status && !hcg {
			continue
		}
		for _, p := range s.Points {
			if fact.UseOf(p, v.Now) != fact.Usable {
				continue
			}
			e := rule.Evidence{Text: s.Name + ": " + fact.Value(p), Prov: p.Prov, When: p.When}
			val := fact.Words(p.Value)
			switch {
			case due:
				if t, err := time.Parse(time.DateOnly, strings.TrimSpace(p.Value)); err == nil && t.After(v.Now.AddDate(0, 0, -14)) && t.Before(v.Now.AddDate(0, 0, 290)) {
					take(&yes, e)
				} else if t, err := time.Parse("2 Jan 2006", strings.TrimSpace(p.Value)); err == nil && t.After(v.Now.AddDate(0, 0, -14)) && t.Before(v.Now.AddDate(0, 0, 290)) {
					take(&yes, e)
				}
			case fact.Any(val, "not pregnant", "negative", "no", "nonpregnant", "not detected"):
				if v.within(p.When, MaxPregnancyDays) {
					take(&no, e)
				}
			case fact.Any(val, "pregnant", "positive", "yes", "detected"):
				if v.within(p.When, 280) {
					take(&yes, e)
				}
			case hcg && p.Number > 25 && v.within(p.When, 60): // IU/L; between 5 and 25 nothing is sure
				take(&yes, e)
			case hcg && p.Number >= 0 && p.Number < 5 && v.within(p.When, MaxPregnancyDays):
				take(&no, e)
			}
		}
	}
	if yes != nil && no != nil {
		if yes.When.Before(no.When) {
			return nil, no
		}
		return yes, nil
	}
	return yes, no
}

// nearWomb are regions whose examination exposes the uterus, or may.
var nearWomb = []string{"abdomen", "pelvis", "lumbar spine", "spine", "sacrum", "hip", "urinary tract", "bowel", "kidneys", "liver", "pancreas", "spleen", "aorta", "renal arteries", "prostate", "whole body", "femur", "leg arteries", "skeleton"}

func exposes(e Exam) bool {
	if e.Modality == "NM" || e.Modality == "PT" || e.Modality == "XA" {
		return true
	}
	return e.Ionizing() && e.Modality != "MG" && e.Modality != "DXA" && (len(e.Regions) == 0 || slices.ContainsFunc(e.Regions, func(r string) bool { return slices.Contains(nearWomb, r) }))
}

func (v *view) woman() bool {
	p := v.c.Patient
	birth := strings.ToLower(p.SexAtBirth)
	return birth == "f" || birth == "female" || birth == "" && p.Sex == "female"
}

// noWomb is what tells that no pregnancy is possible.
func (v *view) noWomb() bool {
	found := false
	is := func(name string) {
		words := fact.Words(name)
		found = found || fact.Any(words, "hysterectomy", "menopause", "postmenopausal", "post menopausal", "absent uterus", "mayer rokitansky", "bilateral oophorectomy")
	}
	for _, p := range v.c.Procedures {
		if !p.NotDone {
			is(p.Name)
		}
	}
	v.problems(true, func(p chart.Problem) { is(p.Name) })
	return found
}

func (v *view) pregnant(d *rule.Draft, e Exam) {
	womb := exposes(e)
	gadolinium := e.Modality == "MR" && e.Contrast == "gadolinium"
	if !womb && !gadolinium && !e.Ionizing() {
		return
	}
	if strings.EqualFold(v.c.Patient.Sex, "male") && !v.woman() {
		return
	}
	yes, no := v.pregnancy()
	switch {
	case yes != nil && gadolinium:
		v.card(d, "imaging-pregnancy", rule.Notice, rule.Card{Severity: "severe", Facts: []rule.Evidence{*yes}, Choices: v.without(d), Title: "Gadolinium in pregnancy",
			Why: "Gadolinium crosses the placenta and stays in the amniotic fluid.",
			Do:  "Without contrast where that answers; with it only when it changes what is done for mother or child now."})
	case yes != nil && womb:
		dose := ""
		if n, ok := e.Dose(); ok && n > 0 {
			dose = " Typical dose to the mother: " + MSv(n) + "."
		}
		v.card(d, "imaging-pregnancy", rule.Notice, rule.Card{Severity: "moderate", Facts: []rule.Evidence{*yes}, Title: "Radiation near the uterus in pregnancy",
			Why: "The child lies in or near the beam, or takes up the tracer." + dose,
			Do:  "Ultrasound or magnetic resonance where they answer; what is needed for the mother is not to be withheld."})
	case yes != nil && e.Ionizing():
		v.card(d, "imaging-pregnancy", rule.Quiet, rule.Card{Facts: []rule.Evidence{*yes}, Title: "Imaging in pregnancy, the uterus outside the beam",
			Why: "Scattered radiation that reaches the child is very small.", Do: "Go ahead as needed; radiology will ask."})
	case no == nil && (womb || gadolinium) && v.woman() && v.years >= 12 && v.years <= 50 && !v.noWomb():
		v.card(d, "imaging-pregnancy-ask", rule.Quiet, rule.Card{Title: "Ask whether she may be pregnant",
			Facts: []rule.Evidence{{Text: "born " + v.c.Patient.Birth.String() + "; no statement about pregnancy in the last 14 days", Prov: v.c.Patient.Prov}},
			Why:   "Nothing in the record of the last 14 days says that she is or is not.", Do: "Ask about the last period, or test, before the examination."})
	}
}

func (v *view) nursing(d *rule.Draft, e Exam) {
	nuclear := e.Modality == "NM" || e.Modality == "PT"
	if !nuclear && !(e.Contrast == "iodinated" || e.Contrast == "gadolinium") {
		return
	}
	var found *rule.Evidence
	take := func(x rule.Evidence) {
		if found == nil || found.When.Before(x.When) || found.When.At.Equal(x.When.At) && x.Text < found.Text {
			found = &x
		}
	}
	v.problems(false, func(p chart.Problem) {
		words := fact.Words(p.Name)
		if (codeIn(p, "Z39.1", "169741004", "413712001") || fact.Any(words, "breastfeeding", "breast feeding", "lactating", "lactation", "nursing mother")) && !fact.Any(words, "history of", "suppress*", "not") && (!p.Onset.Known() || v.within(p.Onset, 730)) {
			take(problemEvidence(p))
		}
	})
	for _, s := range v.c.Results.Series {
		if !hasCode(s, []string{"63895-7", "69044-6"}) && !fact.Any(fact.Words(s.Name), "breastfeeding", "breast feeding", "lactation status") {
			continue
		}
		for i := range s.Points {
			p := s.Points[len(s.Points)-1-i]
			if fact.UseOf(p, v.Now) != fact.Usable || !v.within(p.When, 180) {
				continue
			}
			if val := fact.Words(p.Value); fact.Any(val, "yes", "breastfeeding", "breast feeding", "currently", "true", "exclusively") && !fact.Any(val, "no", "not") {
				take(rule.Evidence{Text: s.Name + ": " + p.Value, Prov: p.Prov, When: p.When})
			}
			break
		}
	}
	if found == nil {
		return
	}
	if nuclear {
		v.card(d, "imaging-lactation", rule.Notice, rule.Card{Facts: []rule.Evidence{*found}, Severity: "moderate", Title: "A radioactive tracer while breast-feeding",
			Why: "Some tracers pass into milk; for how long breast-feeding pauses depends on the tracer.", Do: "Ask nuclear medicine for how long, and have milk pumped before."})
		return
	}
	v.card(d, "imaging-lactation", rule.Quiet, rule.Card{Facts: []rule.Evidence{*found}, Title: "Contrast while breast-feeding",
		Why: "Under a tenth of a percent of contrast reaches the child through milk.", Do: "Breast-feeding may go on; who wishes may discard milk for 12 to 24 hours."})
}

// Pregnant is the newest statement that the person is pregnant now, or nil.
func Pregnant(c *chart.Chart, now time.Time) *rule.Evidence {
	v := view{Input: rule.Input{Chart: c, Now: now}, c: c}
	yes, _ := v.pregnancy()
	return yes
}

// OnDialysis is a problem that says so, or nil.
func OnDialysis(c *chart.Chart) *rule.Evidence {
	v := view{c: c}
	return v.dialysis()
}
