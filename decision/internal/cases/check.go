package cases

import (
	"fmt"
	"strings"

	"wholechart/decision/rule"
)

// Check holds an answer against what the case expects.
func (c Case) Check(t interface {
	Helper()
	Errorf(string, ...any)
}, a rule.Answer) {
	t.Helper()
	if faults := append(c.Expect.Of(c.Rule, a), c.Expect.Gaps(a.Gaps)...); len(faults) > 0 {
		t.Errorf("%s %s: %s\n%s", c.Where, c.Who, strings.Join(faults, "; "), Show(a))
	}
}

// Of says what in an answer is otherwise than expected of a rule ("": of all rules):
// of its cards and gaps. What is due and what vaccines are wanted is not looked at.
func (e Expected) Of(of string, a rule.Answer) (faults []string) {
	var said []string
	loudest := rule.Off
	for _, c := range a.Cards {
		if of == "" || c.Rule.ID == of {
			said, loudest = append(said, Say(c)), max(loudest, c.Level)
		}
	}
	if e.None && len(said) > 0 {
		faults = append(faults, fmt.Sprintf("%d cards, want none", len(said)))
	}
	for _, want := range e.Cards {
		if want.Rule == "" {
			if !some(a.Cards, want) {
				faults = append(faults, fmt.Sprintf("no card of level %s says %q", want.Level, want.Says))
			}
			continue
		}
		if loudest.String() != want.Level {
			faults = append(faults, fmt.Sprintf("%s, want %s", loudest, want.Level))
			continue
		}
		faults = append(faults, want.Words.in(strings.Join(said, "\n"))...)
	}
	return faults
}

// some says whether a card of a level says the words.
func some(cards []rule.Card, want Card) bool {
	for _, c := range cards {
		if c.Level.String() == want.Level && len(want.in(Say(c))) == 0 {
			return true
		}
	}
	return false
}

// Gaps says what in the gaps is otherwise than expected.
func (e Expected) Gaps(gaps []rule.Gap) []string {
	if e.Gap == nil {
		return nil
	}
	if len(gaps) == 0 && len(e.Gap.SaysNot) == 0 {
		return []string{"nothing is said to have been left out"}
	}
	var said []string
	for _, g := range gaps {
		said = append(said, g.Check+": "+g.Why)
	}
	return e.Gap.in(strings.Join(said, "\n"))
}

// in says which of the words are missing in a text, and which are there and must not be.
func (w Words) in(text string) (faults []string) {
	for _, s := range w.Says {
		if !strings.Contains(text, s) {
			faults = append(faults, fmt.Sprintf("does not say %q", s))
		}
	}
	for _, s := range w.SaysNot {
		if strings.Contains(text, s) {
			faults = append(faults, fmt.Sprintf("says %q", s))
		}
	}
	return faults
}

// Say is a card in words.
func Say(c rule.Card) string {
	var facts, choices []string
	for _, f := range c.Facts {
		site := ""
		if f.Prov.Source != nil {
			site = " at " + f.Prov.Source.Name
		}
		facts = append(facts, strings.TrimSpace(f.Text+" "+f.When.Day()+" "+f.Prov.Ref()+site))
	}
	for _, x := range c.Choices {
		choices = append(choices, x.Label)
	}
	return fmt.Sprintf("%s %s [%s] %s. %s %s {%s} <%s>", c.Level, c.Rule.ID, c.Draft, c.Title, c.Why, c.Do, strings.Join(facts, "; "), strings.Join(choices, "; "))
}

// Show is an answer in words, with the keys.
func Show(a rule.Answer) string {
	var out strings.Builder
	for _, c := range a.Cards {
		fmt.Fprintln(&out, Say(c), c.Key)
	}
	for _, g := range a.Gaps {
		fmt.Fprintln(&out, "gap", g.Draft, g.Check, g.Why)
	}
	return out.String()
}

// WellFormed holds every card against what rule.Card promises.
func WellFormed(t interface{ Errorf(string, ...any) }, a rule.Answer) {
	keys := map[string]bool{}
	for _, c := range a.Cards {
		if c.Rule == nil || c.Level == rule.Off || c.Level > c.Rule.Level {
			t.Errorf("%s: level %s", c.Title, c.Level)
		}
		if c.Key == "" || c.Title == "" || c.Why == "" || c.Do == "" || c.Draft == "" || len(c.Facts) < 2 || !c.Facts[0].New {
			t.Errorf("a card lacks something: %+v", c)
		}
		if strings.Contains(c.Title+c.Why+c.Do, "  ") || strings.Contains(c.Title+c.Why+c.Do, "..") {
			t.Errorf("not well written: %s. %s %s", c.Title, c.Why, c.Do)
		}
		if keys[c.Key+c.Draft] {
			t.Errorf("%s: the key is there twice", c.Title)
		}
		keys[c.Key+c.Draft] = true
		for _, f := range c.Facts {
			if !f.New && f.Prov.Source == nil {
				t.Errorf("%s: a fact without its source: %s", c.Title, f.Text)
			}
		}
	}
}
