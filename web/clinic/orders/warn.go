package orders

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/decision/imaging"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// keep records that a warning was read and the order is kept, with the reason.
func (r *room) keep(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	key, reason, text := form.Get("key"), form.Get("reason"), strings.TrimSpace(form.Get("text"))
	for _, l := range b.Lines {
		for i, k := range l.Cards {
			if k.Key != key || k.Draft != form.Get("ref") {
				continue
			}
			switch {
			case order.KeepText(reason) == "":
				l.Cards[i].Bad = "Choose the reason."
			case reason == "other" && text == "":
				l.Cards[i].Bad = "Write the reason."
			case utf8.RuneCountInString(text) > order.MaxReason:
				l.Cards[i].Bad = "This is too long: at most 300 letters."
			}
			if l.Cards[i].Bad != "" {
				r.show(c, http.StatusUnprocessableEntity, b)
				return
			}
			kept := order.Kept{Key: key, Title: k.Title, Detail: strings.TrimSpace(k.Why + " " + k.Do), Severity: severity(k.Severity), Reason: reason, ReasonText: text, Implicated: []string{l.Ref}}
			if k.Rule != nil {
				kept.Rule = k.Rule.ID
			}
			for _, e := range k.Card.Facts {
				if e.Prov.Source != nil && e.Prov.Source.Own && e.Prov.ID != "" && !e.New {
					if to := e.Prov.Type + "/" + e.Prov.ID; fhir.IsResourceType(e.Prov.Type) && !slices.Contains(kept.Implicated, to) {
						kept.Implicated = append(kept.Implicated, to)
					}
				}
			}
			a, err := order.Keep(p.ID(), kept, by(c))
			if err == nil {
				_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
			}
			if err != nil {
				c.Failed(err)
				return
			}
			r.answer(c, p, web.Good, "Kept: "+order.KeepText(reason))
			return
		}
	}
	r.answer(c, p, web.Neutral, "That warning no longer stands.")
}

func severity(s string) string {
	switch s {
	case "contraindicated", "severe":
		return "high"
	case "moderate":
		return "moderate"
	}
	return "low"
}

// swap takes the better choice that a card offers.
func (r *room) swap(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	l := b.line(form.Get("ref"))
	if l == nil || l.O.Version != form.Get("version") {
		r.first(c, p)
		return
	}
	at, err := strconv.Atoi(form.Get("choice"))
	for _, k := range append(slices.Clone(l.Cards), l.Quiet...) {
		if k.Key != form.Get("key") || err != nil || at < -1 || at >= len(k.Choices) {
			continue
		}
		if at >= 0 && k.Choices[at].Draft != nil {
			o := ordering.Order(*k.Choices[at].Draft)
			who := by(c)
			o.Patient, o.Encounter, o.AuthoredOn, o.Reason, o.ReasonRef, o.Requester, o.RequesterAs, o.Author = p.ID(), l.O.Encounter, who.Now, l.O.Reason, l.O.ReasonRef, l.O.Requester, l.O.RequesterAs, l.O.Author
			a, err := order.Save(o)
			if err == nil {
				_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
			}
			if err != nil {
				c.Failed(err)
				return
			}
		}
		if at >= 0 && k.Choices[at].Drop && k.Rule != nil && l.O.Kind.Type() == "ServiceRequest" && len(k.Choices[at].Use) > 0 {
			said, undo, labelled, err := r.instead(c, l, &k.Card, k.Choices[at].Use)
			switch {
			case moved(err):
				r.first(c, p)
			case err != nil:
				c.Failed(err)
			default:
				if r.Took != nil {
					r.Took(c.Site.Slug, k.Rule.ID)
				}
				r.insteadSaid(c, p, said, undo, labelled)
			}
			return
		}
		name, err := r.drop(c, l.Ref, l.O.Version)
		if err == nil && at >= 0 && r.Took != nil && k.Rule != nil {
			r.Took(c.Site.Slug, k.Rule.ID)
		}
		if err == nil && k.Rule != nil {
			var instead rule.Draft
			if at >= 0 && k.Choices[at].Draft != nil {
				instead = *k.Choices[at].Draft
			}
			r.averted(c, k.Rule, l.O, instead)
		}
		switch {
		case moved(err):
			r.first(c, p)
		case err != nil:
			c.Failed(err)
		case at >= 0 && k.Choices[at].Draft != nil:
			r.answer(c, p, web.Good, "Changed to "+k.Choices[at].Draft.Name)
		default:
			r.answer(c, p, web.Good, name+" removed")
		}
		return
	}
	r.first(c, p)
}

// averted counts what was not done because of a card: a test that was there
// already, and radiation, where another examination or none was taken instead.
func (r *room) averted(c *door.Call, by *rule.Rule, was order.Order, instead rule.Draft) {
	if r.Averted == nil || by.Kind != rule.RepeatTest && by.Kind != rule.Imaging {
		return
	}
	tests := 0
	if by.Kind == rule.RepeatTest && instead.Kind == "" {
		tests = 1
	}
	r.Averted(c.Site.Slug, by.ID, tests, imaging.Spares(ordering.Draft(was, ordering.Ref(was)), instead))
}

// about is the rule that said of a draft that the test is there already, "" when
// none did: its removal is then because of that.
func (l *line) about() string {
	for _, k := range append(slices.Clone(l.Cards), l.Quiet...) {
		if k.Rule != nil && k.Rule.Kind == rule.RepeatTest && k.Level >= rule.Notice {
			return k.Rule.ID
		}
	}
	return ""
}
