package remind

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/schedule"
)

// Rules are what a site sends, and when. They are a PlanDefinition of the site,
// see RulesID.
type Rules struct {
	Paused  bool           `json:"paused,omitempty"` // nothing is sent; what is planned stays planned
	Quiet   Quiet          `json:"quiet"`
	Visits  []VisitRule    `json:"visits"`
	Recalls []RecallRule   `json:"recalls"`
	PerDay  int            `json:"perDay"`  // messages to one person within 24 hours
	Spacing int            `json:"spacing"` // days between two recalls to one person
	Release int            `json:"release"` // recalls that go out by themselves in a day, of the whole site
	Lang    string         `json:"lang"`    // of whom no language is known
	Phone   string         `json:"phone,omitempty"`
	Words   map[string]Set `json:"words,omitempty"` // by language: the site's own words

	Version string `json:"-"` // of the resource; empty: the usual rules
}

// VisitRule says when appointments of some visit types are reminded of.
type VisitRule struct {
	ID    string   `json:"id"`
	Types []string `json:"types,omitempty"` // codes; none: every type that no other rule names
	Steps []Step   `json:"steps"`           // none: nothing is sent
}

// Step is how long before an appointment a reminder goes: days as clocks count
// them, or minutes.
type Step struct {
	Days    int `json:"days,omitempty"`
	Minutes int `json:"minutes,omitempty"`
}

// RecallRule says how people are called for what is due.
type RecallRule struct {
	ID    string   `json:"id"`
	Label string   `json:"label"` // what the desk reads; never the condition: "Checkup"
	Items []string `json:"items"` // ids of what may be due; "prefix*" is all that begin so
	Every int      `json:"every"` // days until the next message
	Most  int      `json:"most"`  // messages
	Again int      `json:"again"` // months after which a new series may begin; 0: when something new is due
	Auto  bool     `json:"auto"`  // goes out by itself; else somebody releases it
}

// SeeAgain is the item of a proposed Appointment that nobody booked yet: "see
// again in three months".
const SeeAgain = "see-again"

// Usual are the rules of a site that wrote none. Recalls wait for somebody to
// release them, until the site decides otherwise.
func Usual() Rules {
	return Rules{
		Quiet:  Quiet{From: 20 * 60, To: 8 * 60, Days: [7]bool{time.Sunday: true}},
		Visits: []VisitRule{{ID: "visit", Steps: []Step{{Days: 3}, {Minutes: 180}}}},
		Recalls: []RecallRule{
			{ID: "checkup", Label: "Checkup", Items: []string{"*"}, Every: 30, Most: 3, Again: 12},
			{ID: SeeAgain, Label: "Follow-up visit", Items: []string{SeeAgain}, Every: 14, Most: 3},
		},
		PerDay: 3, Spacing: 7, Release: 40, Lang: "en",
	}
}

// Key names a step in ids and resources: "3d", "180m".
func (s Step) Key() string {
	if s.Days > 0 {
		return strconv.Itoa(s.Days) + "d"
	}
	return strconv.Itoa(s.Minutes) + "m"
}

// String is the step in words: "3 days", "3 hours", "45 minutes".
func (s Step) String() string {
	n, unit := s.Days, "day"
	if n == 0 {
		if n, unit = s.Minutes, "minute"; n%60 == 0 && n > 0 {
			n, unit = n/60, "hour"
		}
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}

// ParseStep reads what String writes; "3 d", "3h" and "45 min" too.
func ParseStep(text string) (Step, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	i := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if i <= 0 || i > 4 {
		return Step{}, errors.New("a step is a number and its unit: 3 days")
	}
	n, _ := strconv.Atoi(text[:i])
	var s Step
	switch strings.TrimSpace(text[i:]) {
	case "d", "day", "days":
		s.Days = n
	case "h", "hour", "hours":
		s.Minutes = n * 60
	case "min", "m", "minute", "minutes":
		s.Minutes = n
	default:
		return Step{}, errors.New("a step is in days, hours or minutes")
	}
	return s, s.check()
}

func (s Step) check() error {
	if s.Days < 0 || s.Minutes < 0 || s.Days > 60 || s.Minutes > 60*24*7 || (s.Days == 0) == (s.Minutes == 0) || s.Days == 0 && s.Minutes < 30 {
		return errors.New("a reminder goes between 30 minutes and 60 days before")
	}
	return nil
}

// At is the moment of a step before an appointment.
func (s Step) At(start time.Time, zone *time.Location) time.Time {
	if s.Days > 0 {
		return schedule.AddDays(start, -s.Days, zone)
	}
	return start.Add(-time.Duration(s.Minutes) * time.Minute)
}

// Of is the rule for a visit type.
func (r Rules) Of(typ string) (VisitRule, bool) {
	var usual *VisitRule
	for i, v := range r.Visits {
		if len(v.Types) == 0 && usual == nil {
			usual = &r.Visits[i]
		}
		if typ != "" && slices.Contains(v.Types, typ) {
			return v, true
		}
	}
	if usual == nil {
		return VisitRule{}, false
	}
	return *usual, true
}

// Recall is a recall rule by its id.
func (r Rules) Recall(id string) (RecallRule, bool) {
	i := slices.IndexFunc(r.Recalls, func(x RecallRule) bool { return x.ID == id })
	if i < 0 {
		return RecallRule{}, false
	}
	return r.Recalls[i], true
}

// For says which recall rule calls for an item: the one that names it, else the
// longest beginning. An item has one.
func (r Rules) For(item string) string {
	best, length := "", -1
	for _, x := range r.Recalls {
		for _, pattern := range x.Items {
			switch p, any := strings.CutSuffix(pattern, "*"); {
			case pattern == item:
				return x.ID
			case any && item != SeeAgain && strings.HasPrefix(item, p) && len(p) > length:
				best, length = x.ID, len(p)
			}
		}
	}
	return best
}

// Check says what of rules cannot be.
func (r Rules) Check() error {
	ids := map[string]bool{}
	named := func(id string) error {
		if !fhir.IsID(id) || len(id) > 30 || ids[id] {
			return fmt.Errorf("each rule has a name of its own: 1 to 30 letters, digits and hyphens")
		}
		ids[id] = true
		return nil
	}
	if len(r.Visits) > 50 || len(r.Recalls) > 50 {
		return errors.New("at most 50 rules of a kind")
	}
	for _, v := range r.Visits {
		if err := named(v.ID); err != nil {
			return err
		}
		if len(v.Steps) > 6 || len(v.Types) > 100 {
			return errors.New("at most 6 reminders of one appointment")
		}
		for i, s := range v.Steps {
			if err := s.check(); err != nil {
				return err
			}
			if slices.Contains(v.Steps[:i], s) {
				return errors.New("a step stands there twice")
			}
		}
	}
	for _, x := range r.Recalls {
		if err := named(x.ID); err != nil {
			return err
		}
		switch {
		case x.Label == "" || len(x.Label) > 60:
			return errors.New("a recall has a label of at most 60 characters")
		case len(x.Items) == 0 || len(x.Items) > 200:
			return errors.New("a recall names what it calls for")
		case x.Every < 1 || x.Every > 366 || x.Most < 1 || x.Most > 12 || x.Again < 0 || x.Again > 120:
			return errors.New("a recall goes every 1 to 366 days, 1 to 12 times")
		}
	}
	if r.PerDay < 1 || r.PerDay > 20 || r.Spacing < 0 || r.Spacing > 366 || r.Release < 0 || r.Release > 10000 {
		return errors.New("1 to 20 messages to a person in a day, 0 to 366 days between recalls, at most 10000 recalls a day")
	}
	for lang, set := range r.Words {
		if err := set.check(); err != nil {
			return fmt.Errorf("words in %q: %w", lang, err)
		}
	}
	return r.Quiet.check()
}

// RulesID is the id of the site's PlanDefinition, RulesURL the extension that
// holds the rules as JSON; its actions say the same for people.
const (
	RulesID  = "reminders"
	RulesURL = "https://wholechart.example/fhir/reminder-rules"
)

// Resource is the rules as a PlanDefinition.
func (r Rules) Resource() (fhir.Node, error) {
	if err := r.Check(); err != nil {
		return fhir.Node{}, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fhir.Node{}, err
	}
	var actions list
	for _, v := range r.Visits {
		var steps list
		for _, s := range v.Steps {
			d := object{"value": -s.Days, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}
			if s.Days == 0 {
				d = object{"value": -s.Minutes, "unit": "min", "system": "http://unitsofmeasure.org", "code": "min"}
			}
			steps = append(steps, object{"title": "Reminder, " + s.String() + " before", "timingDuration": d})
		}
		a := object{"title": "Appointment reminders: " + v.ID}
		if len(steps) > 0 {
			a["action"] = steps
		}
		actions = append(actions, a)
	}
	for _, x := range r.Recalls {
		actions = append(actions, object{"title": "Recall: " + x.Label, "description": fmt.Sprintf("every %d days, at most %d times", x.Every, x.Most)})
	}
	o := object{"resourceType": "PlanDefinition", "id": RulesID, "status": "active", "title": "Reminders and recalls",
		"extension": list{object{"url": RulesURL, "valueString": string(text)}}}
	if len(actions) > 0 {
		o["action"] = actions
	}
	return node(o)
}

// RulesOf reads them back.
func RulesOf(n fhir.Node) (Rules, error) {
	for e := range n.Get("extension").Items() {
		if e.Get("url").Is(RulesURL) {
			var r Rules
			if err := json.Unmarshal([]byte(e.Get("valueString").Str()), &r); err != nil {
				return Rules{}, fmt.Errorf("reminder rules: %w", err)
			}
			r.Version = n.Path("meta", "versionId").Str()
			return r, r.Check()
		}
	}
	return Rules{}, errors.New("the PlanDefinition has no reminder rules")
}

type (
	object = map[string]any
	list   = []any
)

func node(o object) (fhir.Node, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return fhir.Node{}, err
	}
	d, err := fhir.Parse(body)
	if err != nil {
		return fhir.Node{}, err
	}
	return d.Root(), nil
}

// objectOf is a resource as values that can be changed; numbers keep their digits.
func objectOf(n fhir.Node) (object, error) {
	d := json.NewDecoder(bytes.NewReader(n.Raw()))
	d.UseNumber()
	var o object
	if err := d.Decode(&o); err != nil {
		return nil, err
	}
	return o, nil
}
