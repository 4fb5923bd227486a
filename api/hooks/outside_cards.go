package hooks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"wholechart/chart/order"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// OutsideKind is the family of what outside services say.
const OutsideKind rule.Kind = "outside service"

// maxWords bounds what of a card's detail is shown, in letters.
const maxWords = 1000

// outsideAnswer is what a service said as the house's pages show it: each card
// from a rule of the service's name, so that it is never taken for one of ours.
func outsideAnswer(o Outside, q Question, cards []Card) rule.Answer {
	a := rule.Answer{Ran: []string{o.Name + ": " + q.Hook}}
	for _, c := range cards {
		r := &rule.Rule{ID: "outside-" + o.ID, Kind: OutsideKind, Title: "from " + o.Name, Citation: cut(c.Source.Label, 200), URL: c.Source.URL, Level: rule.Quiet}
		switch {
		case c.Indicator == "critical" && o.Loud:
			r.Level = rule.Interrupt
		case c.Indicator != "info":
			r.Level = rule.Notice
		}
		k := rule.Card{Rule: r, Level: r.Level, Title: cut(c.Summary, MaxSummary), Why: words(c.Detail), Draft: q.aboutDraft(c),
			Facts: []rule.Evidence{{Text: "from " + o.Name + ", an outside service"}}}
		if c.Indicator == "critical" {
			k.Severity = "severe"
		} else if c.Indicator == "warning" {
			k.Severity = "moderate"
		}
		// Not the service's uuid, which may be another each time it is asked.
		h := sha256.Sum256([]byte(strings.Join([]string{q.Patient, o.ID, c.Indicator, k.Title, nameOf(q, k.Draft)}, "\x00")))
		k.Key = r.ID + ":" + hex.EncodeToString(h[:12])
		for _, s := range c.Suggestions {
			if choice, ok := q.choice(s, k.Draft); ok && len(k.Choices) < 4 {
				k.Choices = append(k.Choices, choice)
			}
		}
		a.Cards = append(a.Cards, k)
	}
	return a
}

// aboutDraft is the draft that a card is about: the one that its suggestions
// change, or the only one there is.
func (q Question) aboutDraft(c Card) string {
	for _, s := range c.Suggestions {
		for _, a := range s.Actions {
			ref := a.ResourceID
			if a.Type == "update" {
				if d, err := fhir.Parse(a.Resource); err == nil {
					ref = d.Root().ResourceType() + "/" + d.Root().ID()
				}
			}
			if slices.ContainsFunc(q.Drafts, func(d rule.Draft) bool { return d.ID == ref }) {
				return ref
			}
		}
	}
	if len(q.Drafts) == 1 {
		return q.Drafts[0].ID
	}
	return ""
}

func nameOf(q Question, ref string) string {
	for _, d := range q.Drafts {
		if d.ID == ref {
			return d.Name
		}
	}
	return ""
}

// choice takes of a suggestion what can be done with the draft: another in its
// place, or none. What else a service would do to the record is words.
func (q Question) choice(s Suggestion, draft string) (rule.Choice, bool) {
	c := rule.Choice{Label: cut(s.Label, 120)}
	if len(s.Actions) != 1 || draft == "" {
		return c, len(s.Actions) == 0
	}
	a := s.Actions[0]
	if a.Type == "delete" {
		c.Drop = a.ResourceID == draft
		return c, c.Drop
	}
	d, err := fhir.Parse(a.Resource)
	if err != nil || a.Type != "update" || d.Root().ResourceType()+"/"+d.Root().ID() != draft {
		return c, false
	}
	better := ordering.Draft(order.Read(d.Root()), draft)
	if better.Name == "" {
		return c, false
	}
	c.Draft = &better
	return c, true
}

// resourceOf is a rule's draft as FHIR: what the draft says and no more.
func resourceOf(d rule.Draft, patient string, now time.Time) ([]byte, bool) {
	typ, id, _, ok := fhir.Relative(d.ID)
	o := order.Order{Kind: order.Kind(d.Kind), Name: d.Name, Priority: "routine"}
	if !ok || typ != o.Kind.Type() {
		return nil, false
	}
	o.ID, o.Patient, o.Status, o.AuthoredOn = id, patient, "draft", now
	o.Codes, o.Modality, o.Region, o.Side, o.Contrast, o.Reason = d.Codes, d.Modality, d.Region, d.Laterality, d.Contrast, d.Reason
	if d.Sig != "" {
		o.Sig = order.ParseSig(d.Sig).Sig
	}
	body, err := o.Resource()
	return body, err == nil
}

// words is Markdown as plain words: pages show it as text, so that what is left
// of the markup does nothing.
func words(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			if i+1 < len(s) && strings.IndexByte("\\`*_{}[]<>()#+-.!|~&@:", s[i+1]) >= 0 {
				i++
				b.WriteByte(s[i])
				continue
			}
			b.WriteByte(c)
		case '*', '`', '#':
		default:
			b.WriteByte(c)
		}
	}
	return cut(b.String(), maxWords)
}
