package hooks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"wholechart/chart/order"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Bounds of an answer: so many cards, the most pressing first. What interrupts
// is never left out for the others' sake.
const (
	MaxCards    = 10
	MaxCritical = 50
)

// Asked is what the cards of one answer need beyond the rules' words.
type Asked struct {
	*Request
	Site string // slug: whose rules spoke
	Base string // URL of the site's pages, for links; "" none
	Ours bool   // the patient is of this site
	Now  time.Time
	Kept map[string]order.Override // who asks overrode before, by key: not shown again while that stands
}

// Shown is one card as it was answered, and the rule's card that it is.
type Shown struct {
	Card Card
	Of   *rule.Card // nil of what is not a rule's
}

// Cards puts the rules' answer in the specification's shape.
func Cards(x Asked, a rule.Answer) []Shown {
	a.Sort()
	var out []Shown
	left := 0
	for i := range a.Cards {
		c := &a.Cards[i]
		if c.Level == rule.Off || c.Rule == nil || x.stands(c) || !x.concerns(c) {
			continue
		}
		if most := MaxCards - 1; c.Level == rule.Interrupt && len(out) >= MaxCritical || c.Level != rule.Interrupt && len(out) >= most && !(x.Quiet && len(out) < MaxCritical) {
			left++
			continue
		}
		out = append(out, Shown{x.card(c), c})
	}
	if c, ok := gapCard(x.gapsOf(a.Gaps), left); ok {
		out = append(out, Shown{Card: c})
	}
	return out
}

// dueCheck is under what package prevention says what it lacks.
const dueCheck = "Prevention and checkups"

// gapsOf are the gaps that belong to what was asked: what is due is not spoken of
// while something is ordered, and neither is what it lacks. What is of one draft,
// or of the whole record, comes first.
func (x Asked) gapsOf(gaps []rule.Gap) []rule.Gap {
	gaps = slices.Clone(gaps)
	if h, _ := HookOf(x.Hook); h.Orders {
		gaps = slices.DeleteFunc(gaps, func(g rule.Gap) bool { return g.Check == dueCheck })
	}
	rank := func(g rule.Gap) int {
		switch {
		case g.Draft != "":
			return 0
		case g.Check == "whole record":
			return 1
		case g.Check == dueCheck:
			return 3
		}
		return 2
	}
	slices.SortStableFunc(gaps, func(a, b rule.Gap) int { return rank(a) - rank(b) })
	return gaps
}

// concerns says whether a card is about what was asked: while choosing, what is
// selected, and whatever is of high priority.
func (x Asked) concerns(c *rule.Card) bool {
	if h, _ := HookOf(x.Hook); h.Upcoming {
		return c.Rule.Kind == rule.Prevention || c.Rule.Kind == rule.Checkup || c.Rule.Kind == rule.Immunization
	}
	return len(x.Selected) == 0 || c.Level == rule.Interrupt || c.Draft == "" || slices.Contains(x.Selected, c.Draft)
}

// stands says whether who asks overrode the card, and not too long ago.
func (x Asked) stands(c *rule.Card) bool {
	o, ok := x.Kept[c.Key]
	return ok && c.Key != "" && ordering.Stands(c, o, x.Now)
}

var indicators = map[rule.Level]string{rule.Interrupt: "critical", rule.Notice: "warning", rule.Quiet: "info"}

func (x Asked) card(c *rule.Card) Card {
	r := c.Rule
	out := Card{UUID: x.uuid(c.Key, r.ID, c.Draft), Summary: cut(c.Title, MaxSummary), Indicator: indicators[c.Level], Detail: detail(c),
		Source:    Source{Label: cut(firstOf(r.Citation, r.Title), 200), Topic: &Coding{TopicSystem, slug(string(r.Kind)), string(r.Kind)}},
		Extension: map[string]any{Extension: map[string]string{"rule": r.ID, "version": r.Version, "date": r.Date, "level": c.Level.String(), "severity": c.Severity}}}
	if c.Level == rule.Notice && c.Severity == "" {
		out.Indicator = "info" // what is due is no danger
	}
	if absolute(r.URL) {
		out.Source.URL = r.URL
	}
	if x.Base != "" {
		out.Links = []Link{{Label: "The rule, its age and its source", URL: x.Base + "/rules?q=" + url.QueryEscape(r.ID) + "#" + url.PathEscape(r.ID), Type: "absolute"}}
	}
	for i, choice := range c.Choices {
		if s, ok := x.suggestion(c, choice, i); ok {
			s.IsRecommended = len(out.Suggestions) == 0 && choice.Draft != nil
			out.Suggestions = append(out.Suggestions, s)
		}
	}
	if len(out.Suggestions) > 0 {
		out.SelectionBehavior = "at-most-one"
	}
	if c.Level >= rule.Notice && c.Severity != "" {
		for _, k := range order.KeepReasons {
			out.OverrideReasons = append(out.OverrideReasons, Coding{ReasonSystem, k.Code, k.Text})
		}
	}
	return out
}

// suggestion is a choice that applies to the draft: put another order in its
// place, or take it away. A choice of words alone stands in the detail.
func (x Asked) suggestion(c *rule.Card, choice rule.Choice, at int) (Suggestion, bool) {
	var was fhir.Node
	for _, n := range x.Drafts {
		if c.Draft != "" && c.Draft == n.ResourceType()+"/"+n.ID() {
			was = n
		}
	}
	s := Suggestion{Label: cut(choice.Label, 200), UUID: x.uuid(c.Key, c.Rule.ID, c.Draft, fmt.Sprint(at))}
	switch {
	case choice.Draft != nil:
		n, err := instead(*choice.Draft, was, x.Patient, x.Now)
		if err != nil {
			return s, false
		}
		a := Action{Type: "create", Description: "Order " + choice.Draft.Name, Resource: n.Raw()}
		if was.Exists() && n.ID() != "" {
			a.Type, a.Description = "update", "Change the order to "+choice.Draft.Name
		}
		s.Actions = []Action{a}
		if was.Exists() && n.ID() == "" {
			s.Actions = append(s.Actions, Action{Type: "delete", Description: "Remove the order", ResourceID: c.Draft})
		}
	case choice.Drop && was.Exists():
		s.Actions = []Action{{Type: "delete", Description: "Remove the order", ResourceID: c.Draft}}
	default:
		return s, false
	}
	return s, true
}

// uuid is the same for the same danger of the same patient while its facts are
// the same (RFC 9562 section 5.8: version 8, of a digest).
func (x Asked) uuid(parts ...string) string {
	whose := x.Patient
	if !x.Ours {
		whose = x.Server + " " + x.Patient
	}
	h := sha256.Sum256([]byte(strings.Join(append([]string{"cds", x.Site, whose}, parts...), "\x00")))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	t := hex.EncodeToString(h[:16])
	return t[:8] + "-" + t[8:12] + "-" + t[12:16] + "-" + t[16:20] + "-" + t[20:]
}

// detail is what a card rests on, in Markdown.
func detail(c *rule.Card) string {
	var b strings.Builder
	if t := strings.TrimSpace(c.Why + " " + c.Do); t != "" {
		b.WriteString(Plain(t) + "\n\n")
	}
	for _, e := range c.Facts {
		line := Plain(e.Text)
		var where []string
		if e.New {
			where = append(where, "this draft")
		} else {
			if e.Prov.Source != nil {
				where = append(where, Plain(e.Prov.Source.Name))
			}
			if e.When.Known() {
				where = append(where, e.When.String())
			}
		}
		if len(where) > 0 {
			line += " (" + strings.Join(where, ", ") + ")"
		}
		b.WriteString("- " + line + "\n")
	}
	if c.Series != nil {
		if p := c.Series.Latest(); p.Value != "" {
			line := c.Series.Name + ": " + strings.TrimSpace(p.Value+" "+p.Unit)
			if p.When.Known() {
				line += ", " + p.When.String()
			}
			b.WriteString("- " + Plain(line) + "\n")
		}
	}
	for _, choice := range c.Choices {
		if choice.Draft == nil && !choice.Drop {
			b.WriteString("- Instead: " + Plain(choice.Label) + "\n")
		}
	}
	r := c.Rule
	if len(c.Facts) > 0 || c.Series != nil {
		b.WriteByte('\n')
	}
	b.WriteString("Rule " + Plain(r.ID) + ", version " + Plain(r.Version))
	if c.Severity != "" {
		b.WriteString(", " + Plain(c.Severity))
	}
	b.WriteString(". " + Plain(strings.TrimSuffix(r.Citation, ".")))
	if r.Date != "" {
		b.WriteString(" (" + Plain(r.Date) + ")")
	}
	b.WriteString(". Needs review by a clinician before use in care.")
	return b.String()
}

// gapCard says what was not checked, and that cards were left out.
func gapCard(gaps []rule.Gap, left int) (Card, bool) {
	var lines []string
	for _, g := range gaps {
		if l := Plain(g.Check + ": " + g.Why); !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("%d more cards of lower priority were left out", left))
	}
	if len(lines) == 0 {
		return Card{}, false
	}
	c := Card{Indicator: "info", Source: Source{Label: "Wholechart", Topic: &Coding{TopicSystem, "not-checked", "not checked"}}, Summary: "Not checked: something, see the detail"}
	if len(gaps) > 0 {
		c.Summary = cut("Not checked: "+gaps[0].Check+": "+gaps[0].Why, MaxSummary)
		if n := len(lines) - 1; n > 0 {
			c.Summary = cut("Not checked: "+gaps[0].Check+": "+gaps[0].Why, MaxSummary-12) + fmt.Sprintf(" (+%d more)", n)
		}
	} else {
		c.Summary = cut(lines[0], MaxSummary)
	}
	const most = 40
	if len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("and %d more", len(lines)-most))
	}
	c.Detail = "What these cards do not speak of:\n\n- " + strings.Join(lines, "\n- ")
	return c, true
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return "Wholechart"
}

func slug(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r < 'a' || r > 'z' }), "-")
}
