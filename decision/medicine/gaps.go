package medicine

import (
	"fmt"
	"strings"

	"wholechart/chart"
	"wholechart/decision/rule"
)

// check is the name under which gaps are said: every check of medicines lacks
// the same.
const check = "medicines"

// gaps says what was not looked at.
func gaps(a *rule.Answer, in rule.Input, drafts, active, stopped []item) {
	unknown := func(x *item, draft string) {
		switch {
		case x.Disagree:
			a.Gaps = append(a.Gaps, rule.Gap{Check: check, Draft: draft, Why: quoted(x.name) + " has a code that names another medicine; both were checked"})
		case !x.Whole && len(x.Substances) > 0:
			a.Gaps = append(a.Gaps, rule.Gap{Check: check, Draft: draft, Why: "a part of " + quoted(x.name) + " could not be recognised"})
		case !x.Whole:
			a.Gaps = append(a.Gaps, rule.Gap{Check: check, Draft: draft, Why: quoted(x.name) + " could not be recognised"})
		}
	}
	for i := range drafts {
		unknown(&drafts[i], drafts[i].draft.ID)
	}
	for i := range active {
		unknown(&active[i], "")
	}
	for i := range stopped {
		if x := &stopped[i]; x.since < 0 {
			a.Gaps = append(a.Gaps, rule.Gap{Check: check, Why: "when " + quoted(x.name) + " was stopped is not recorded"})
		}
	}
	if in.Chart == nil {
		a.Gaps = append(a.Gaps, rule.Gap{Check: check, Why: "no chart was given: what the person takes is not known"})
		return
	}
	Incomplete(a, in.Chart, check, "MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration", "AllergyIntolerance")
	if m := in.Chart.Medicines; len(m.Active)+len(m.Stopped) == 0 && !m.NoneKnown {
		a.Gaps = append(a.Gaps, rule.Gap{Check: check, Why: "no medicines are recorded, nor that there are none"})
	}
}

// Incomplete adds a gap for each way in which a chart lacks facts of these
// types. Of what is withheld or refused it says neither who nor what.
func Incomplete(a *rule.Answer, c *chart.Chart, check string, types ...string) {
	partly := false
	for _, s := range c.Completeness.Sites {
		name := "a site"
		if s.Source != nil {
			name = s.Source.Name
		}
		switch s.State {
		case chart.AnswerRefused, chart.AnswerWithheld:
			partly = true
		case chart.AnswerUnreachable:
			a.Gaps = append(a.Gaps, rule.Gap{Check: check, Why: name + " could not be reached"})
		case chart.AnswerAsking:
			a.Gaps = append(a.Gaps, rule.Gap{Check: check, Why: name + " has not answered yet"})
		case chart.AnswerReview:
			a.Gaps = append(a.Gaps, rule.Gap{Check: check, Why: "somebody must confirm that the person at " + name + " is the same"})
		}
	}
	if partly {
		a.Gaps = append(a.Gaps, rule.Gap{Check: check, Why: "the record may not be shown in full"})
	}
	for _, cut := range c.Cut {
		for _, t := range types {
			if cut.Type == t {
				a.Gaps = append(a.Gaps, rule.Gap{Check: check, Why: fmt.Sprintf("only the newest %d of %d of %s were read", cut.Shown, cut.Of, t)})
			}
		}
	}
}

func quoted(s string) string {
	if s = strings.TrimSpace(s); len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "…"
	}
	return "“" + s + "”"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
