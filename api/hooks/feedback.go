package hooks

import (
	"strings"
	"time"
	"unicode/utf8"

	"wholechart/chart/order"
	"wholechart/fhir"
)

// MaxFeedback bounds what one feedback says, in cards.
const MaxFeedback = 100

// Feedback is what became of one card (section Feedback).
type Feedback struct {
	Card     string
	Accepted []string // uuids of suggestions; of the outcome accepted
	Override bool     // the outcome overridden
	Reason   string   // a code of order.KeepReasons; "" when none was given
	Text     string   // the comment, or the reason of another system in words
	When     time.Time
}

// ReadFeedback reads the body of a feedback, strictly.
func ReadFeedback(data []byte) ([]Feedback, error) {
	d, err := fhir.Parse(data)
	if err != nil {
		return nil, err
	}
	list := d.Root().Get("feedback")
	if list.Kind() != fhir.Array || list.Len() == 0 || list.Len() > MaxFeedback {
		return nil, wrong("feedback", "is not a list of 1 to 100")
	}
	var out []Feedback
	for n := range list.Items() {
		f := Feedback{Card: strings.ToLower(n.Get("card").Str())}
		if !IsUUID(f.Card) {
			return nil, wrong("feedback.card", "is not the uuid of a card")
		}
		if f.When, err = time.Parse(time.RFC3339, n.Get("outcomeTimestamp").Str()); err != nil {
			return nil, wrong("feedback.outcomeTimestamp", "is not an instant")
		}
		switch o := n.Get("outcome"); {
		case o.Is("accepted"):
			for s := range n.Get("acceptedSuggestions").Items() {
				id := strings.ToLower(s.Get("id").Str())
				if !IsUUID(id) {
					return nil, wrong("feedback.acceptedSuggestions.id", "is not the uuid of a suggestion")
				}
				f.Accepted = append(f.Accepted, id)
			}
			if len(f.Accepted) == 0 {
				return nil, wrong("feedback.acceptedSuggestions", "is required when a suggestion was accepted")
			}
		case o.Is("overridden"):
			f.Override = true
			if err := f.readReason(n.Get("overrideReason")); err != nil {
				return nil, err
			}
		default:
			return nil, wrong("feedback.outcome", "is none of accepted, overridden")
		}
		out = append(out, f)
	}
	return out, nil
}

// readReason takes our own reasons by their codes. A reason of another system is
// "other", in its words.
func (f *Feedback) readReason(n fhir.Node) error {
	if !n.Exists() || n.Kind() == fhir.Null {
		return nil
	}
	if n.Kind() != fhir.Object {
		return wrong("feedback.overrideReason", "is not an object")
	}
	f.Text = strings.TrimSpace(n.Get("userComment").Str())
	c := fhir.CodingOf(n.Get("reason"))
	switch {
	case c.System == ReasonSystem && order.KeepText(c.Code) != "":
		f.Reason = c.Code
	case c.Code != "" || c.Display != "":
		f.Reason = "other"
		f.Text = strings.TrimSpace(firstOf(c.Display, c.Code) + "; " + f.Text)
		f.Text = strings.TrimSuffix(f.Text, ";")
	case f.Text != "":
		f.Reason = "other"
	}
	if f.Reason == "other" && f.Text == "" {
		return wrong("feedback.overrideReason.userComment", "is needed with the reason other")
	}
	if utf8.RuneCountInString(f.Text) > order.MaxReason {
		return wrong("feedback.overrideReason.userComment", "is longer than 300 letters")
	}
	return nil
}
