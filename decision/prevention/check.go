package prevention

import (
	"fmt"
	"time"

	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Check makes cards of what is due (quiet) and overdue (a notice), and gaps of
// what could not be decided. What a draft of the basket already orders is left out.
func Check(in rule.Input) rule.Answer {
	var out rule.Answer
	if in.Chart == nil || in.Chart.Patient.Deceased {
		return out
	}
	res := Evaluate(in.Chart, in.Now)
	v := known().vocabulary
	ordered := map[int]bool{}
	for _, d := range in.Drafts {
		for _, m := range v.find(d.Codes, d.Name) {
			ordered[m.concept] = true
		}
	}
	for _, it := range res.Distinct() {
		if (it.Status == Due || it.Status == Overdue) && !it.covered(ordered) {
			out.Cards = append(out.Cards, it.card())
		}
	}
	out.Gaps = res.Gaps
	preventive := 0
	for _, r := range Rules() {
		if r.Kind == rule.Prevention {
			preventive++
		}
	}
	out.Ran = []string{fmt.Sprintf("%d preventive recommendations and %d checkups of chronic disease", preventive, len(Rules())-preventive)}
	out.Sort()
	return out
}

func (it *Item) covered(ordered map[int]bool) bool {
	for _, m := range it.entry.done {
		if ordered[m.concept] {
			return true
		}
	}
	return false
}

func (it *Item) card() rule.Card {
	c := rule.Card{Rule: it.Rule, Level: rule.Quiet, Title: it.Name + " is due", Why: it.Why, Do: it.entry.say, Facts: it.Facts}
	if it.Status == Overdue {
		c.Level, c.Title = rule.Notice, it.Name+" is overdue"
	}
	if it.Pending != nil {
		c.Level, c.Title = rule.Quiet, it.Name+" is due, "+it.Label
	}
	// The same as long as what was last done is the same.
	c.Key = it.Rule.ID
	if it.Last != nil {
		c.Key += " " + it.Last.When.Day()
	}
	if d := it.entry.order; d != nil && it.Pending == nil {
		draft := *d
		draft.Codes = append([]fhir.Coding(nil), d.Codes...)
		draft.Reason = it.Rule.Title
		c.Choices = append(c.Choices, rule.Choice{Label: "Order " + d.Name, Draft: &draft})
	}
	return c
}

// Stale says whether a rule's source is more than a year old at a moment and no
// clinician reviewed the rule since: its page then warns. That its makers held it
// against a text makes no old text new.
func Stale(r *rule.Rule, now time.Time) bool {
	newest := r.Date
	if r.Reviewed > newest {
		newest = r.Reviewed
	}
	for _, form := range [...]string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(form, newest); err == nil {
			return now.After(t.AddDate(1, 0, 0))
		}
	}
	return true
}
