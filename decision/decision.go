// Package decision is what is dangerous, what is duplicate and what is due, of
// one record as a lens shows it: the checks of its rooms put together, as loud as
// the site wants them. It is pure; pages, orders, reminders and other programs
// ask it.
//
// Every rule needs review by a clinician before use in care.
package decision

import (
	"slices"

	"wholechart/decision/caution"
	"wholechart/decision/imaging"
	"wholechart/decision/immunization"
	"wholechart/decision/medicine"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
	"wholechart/decision/test"
)

// checks are all checks of drafted orders, by name.
var checks = []func(rule.Input) rule.Answer{
	medicine.Check,
	caution.Check,
	test.Check,
	imaging.Check,
	immunization.Check,
	prevention.Check,
}

// Check holds drafted orders, and without a draft the record itself, against all
// rules. What is due is left out while something is ordered: it stands in the
// storyboard, and an order is no time for it.
func Check(in rule.Input, s Settings) rule.Answer {
	var a rule.Answer
	for _, check := range checks {
		a.Join(check(in))
	}
	if len(in.Drafts) > 0 {
		a.Cards = slices.DeleteFunc(a.Cards, func(c rule.Card) bool { return c.Rule.Kind == rule.Prevention || c.Rule.Kind == rule.Checkup })
	}
	a = s.Apply(a)
	a.Sort()
	return a
}

// Settings are a site's choices: how loud a rule is there, by its id. A rule
// without a choice speaks as it is written.
type Settings map[string]Choice

// Choice is who made a rule how loud, when and why.
type Choice struct {
	Level rule.Level `json:"level"`
	Who   string     `json:"who"`
	When  string     `json:"when"` // RFC 3339
	Why   string     `json:"why"`
}

// Apply makes an answer as loud as the site wants it. A rule is never louder
// than it was written. Of what is switched off the answer says that it was.
func (s Settings) Apply(a rule.Answer) rule.Answer {
	if len(s) == 0 {
		return a
	}
	off := map[string]bool{}
	cards := a.Cards[:0:0]
	for _, c := range a.Cards {
		if choice, ok := s[c.Rule.ID]; ok {
			if choice.Level == rule.Off {
				off[c.Rule.Title] = true
				continue
			}
			c.Level = min(c.Level, choice.Level)
		}
		cards = append(cards, c)
	}
	a.Cards = cards
	for title := range off {
		// Not that it found something: only that it does not speak here.
		a.Gaps = append(a.Gaps, rule.Gap{Check: title, Why: "switched off at this site"})
	}
	for id, choice := range s {
		if choice.Level != rule.Off {
			continue
		}
		for _, r := range Rules() {
			if r.ID == id && !off[r.Title] {
				a.Gaps = append(a.Gaps, rule.Gap{Check: r.Title, Why: "switched off at this site"})
				off[r.Title] = true
			}
		}
	}
	return a
}
