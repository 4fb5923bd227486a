package hooks

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"

	"wholechart/fhir"
)

// Coding is section Coding.
type Coding struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code"`
	Display string `json:"display,omitempty"`
}

// Response is what a service answers (section CDS Service Response).
type Response struct {
	Cards []Card `json:"cards"`
}

// Card is section Card Attributes.
type Card struct {
	UUID              string         `json:"uuid,omitempty"`
	Summary           string         `json:"summary"`
	Detail            string         `json:"detail,omitempty"` // GitHub Flavored Markdown
	Indicator         string         `json:"indicator"`        // info, warning, critical
	Source            Source         `json:"source"`
	Suggestions       []Suggestion   `json:"suggestions,omitempty"`
	SelectionBehavior string         `json:"selectionBehavior,omitempty"`
	OverrideReasons   []Coding       `json:"overrideReasons,omitempty"`
	Links             []Link         `json:"links,omitempty"`
	Extension         map[string]any `json:"extension,omitempty"`
}

// Source is who says so (section Source).
type Source struct {
	Label string  `json:"label"`
	URL   string  `json:"url,omitempty"`
	Icon  string  `json:"icon,omitempty"`
	Topic *Coding `json:"topic,omitempty"`
}

// Suggestion is what can be done with one press (section Suggestion).
type Suggestion struct {
	Label         string   `json:"label"`
	UUID          string   `json:"uuid,omitempty"`
	IsRecommended bool     `json:"isRecommended,omitempty"`
	Actions       []Action `json:"actions,omitempty"`
}

// Action is one change of a suggestion (section Action).
type Action struct {
	Type        string          `json:"type"` // create, update, delete
	Description string          `json:"description"`
	Resource    json.RawMessage `json:"resource,omitempty"`
	ResourceID  string          `json:"resourceId,omitempty"` // of delete: Type/id
}

// Link leads out of a card (section Link).
type Link struct {
	Label      string `json:"label"`
	URL        string `json:"url"`
	Type       string `json:"type"` // absolute, smart
	AppContext string `json:"appContext,omitempty"`
}

// MaxSummary is the longest summary: fewer than 140 characters.
const MaxSummary = 139

// Faults are what of a card is not as the specification has it: the paths of the
// fields, each with what is wrong. None for a card that may be shown.
func (c *Card) Faults() []string {
	var f []string
	say := func(bad bool, text string) {
		if bad {
			f = append(f, text)
		}
	}
	say(strings.TrimSpace(c.Summary) == "", "summary is required")
	say(utf8.RuneCountInString(c.Summary) > MaxSummary, "summary has 140 characters or more")
	say(c.Indicator != "info" && c.Indicator != "warning" && c.Indicator != "critical", "indicator is none of info, warning, critical")
	say(strings.TrimSpace(c.Source.Label) == "", "source.label is required")
	say(c.Source.URL != "" && !absolute(c.Source.URL), "source.url is not an absolute URL")
	say(c.Source.Icon != "" && !absolute(c.Source.Icon), "source.icon is not an absolute URL")
	say(c.Source.Topic != nil && c.Source.Topic.Code == "", "source.topic has no code")
	say(len(c.Suggestions) > 0 && c.SelectionBehavior == "", "selectionBehavior is required with suggestions")
	say(c.SelectionBehavior != "" && c.SelectionBehavior != "at-most-one" && c.SelectionBehavior != "any", "selectionBehavior is none of at-most-one, any")
	recommended := 0
	for _, s := range c.Suggestions {
		say(strings.TrimSpace(s.Label) == "", "suggestion.label is required")
		if s.IsRecommended {
			recommended++
		}
		for _, a := range s.Actions {
			say(strings.TrimSpace(a.Description) == "", "action.description is required")
			switch a.Type {
			case "create", "update":
				d, err := fhir.Parse(a.Resource)
				ok := err == nil && fhir.IsResourceType(d.Root().ResourceType())
				say(!ok, "action.resource is no resource of R4")
				say(ok && a.Type == "update" && !fhir.IsID(d.Root().ID()), "action.resource of an update has no id")
			case "delete":
				_, _, _, ok := fhir.Relative(a.ResourceID)
				say(!ok, "action.resourceId of a delete is not a relative reference")
			default:
				say(true, "action.type is none of create, update, delete")
			}
		}
	}
	say(recommended > 1 && c.SelectionBehavior != "any", "more than one suggestion is recommended where at most one is taken")
	for _, r := range c.OverrideReasons {
		say(r.Code == "" || r.Display == "", "overrideReasons need code and display")
	}
	for _, l := range c.Links {
		say(strings.TrimSpace(l.Label) == "", "link.label is required")
		say(!absolute(l.URL), "link.url is not an absolute URL")
		say(l.Type != "absolute" && l.Type != "smart", "link.type is none of absolute, smart")
		say(l.Type == "absolute" && l.AppContext != "", "link.appContext is of smart links alone")
	}
	return f
}

// absolute says whether a text is a URL that a browser may be sent to.
func absolute(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// ReadResponse reads what an outside service answered. A card with a fault is
// left out and counted; text that is no answer at all is an *Error. systemActions
// are passed over: nothing is done without somebody who does it.
func ReadResponse(data []byte, most int) (cards []Card, bad int, err error) {
	d, err := fhir.Parse(data) // no duplicate names, no depth without end
	if err != nil {
		return nil, 0, err
	}
	list := d.Root().Get("cards")
	if list.Kind() != fhir.Array {
		return nil, 0, wrong("cards", "is not a list")
	}
	for n := range list.Items() {
		var c Card
		if len(n.Raw()) > maxCardSize || json.Unmarshal(n.Raw(), &c) != nil || len(c.Faults()) > 0 || len(cards) == most {
			bad++
			continue
		}
		cards = append(cards, c)
	}
	return cards, bad, nil
}

// Plain is a text as literal Markdown: what would be markup, a link or a picture
// in GitHub Flavored Markdown is escaped, and it is one line.
func Plain(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch c {
		case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '#', '!', '@':
			b.WriteByte('\\')
		case ':':
			if strings.HasPrefix(s[i:], "://") {
				b.WriteByte('\\')
			}
		case '.':
			if i >= 3 && strings.EqualFold(s[i-3:i], "www") {
				b.WriteByte('\\')
			}
		case '-', '+', '=':
			if i == 0 {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
