package prevention

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
)

// Status is how a rule stands for a person.
type Status uint8

// The statuses, the most pressing first.
const (
	Overdue       Status = iota // it was done, and its time is past by more than a quarter of the interval (at most half a year)
	Due                         // now; also what no record tells of
	Soon                        // within 60 days, or a quarter of a shorter interval
	Unknown                     // the record does not say what the rule needs
	Declined                    // within the last year, or what the rule says
	Done                        // and its time is not over; done once where once is enough; taken now
	NotApplicable               // with the reason
)

func (s Status) String() string {
	return [...]string{"overdue", "due", "soon", "unknown", "declined", "done", "not applicable"}[s]
}

// Item is how one rule stands for a person.
type Item struct {
	Rule    *rule.Rule
	Name    string // what is to be done: "Mammogram"
	Status  Status
	Due     time.Time       // the day on which it became or becomes due: of what was never recorded, from which the rule applies (a birthday, an onset); zero when no day says it
	Last    *rule.Evidence  // when it was last done, anywhere; nil: not recorded
	ByWords bool            // Last was recognised by its words, not by a code
	Why     string          // "female, 68 y; last Mammogram, 12 Jun 2023 at Riverside"
	Next    time.Time       // when it is to be done or asked about next, of what is done, declined or not yet for this age; zero: never, or not known
	Grade   string          // "A", "B"; "" none
	Facts   []rule.Evidence // on which the answer rests, Last among them
	Pending *rule.Evidence  // the order or appointment for it; nil: none seen
	Label   string          // a few words: "done 2024 · Riverside", "due since Mar 2025", "ordered 3 Nov 2026"
	Missing string          // of the Unknown, what is not recorded: "smoking status"

	entry *entry
}

// Result is how all rules stand, the most pressing first.
type Result struct {
	Items []Item
	Gaps  []rule.Gap
}

// Of is the item of a rule, or nil.
func (r Result) Of(id string) *Item {
	for i := range r.Items {
		if r.Items[i].Rule.ID == id {
			return &r.Items[i]
		}
	}
	return nil
}

// In are the items of the statuses, in their order.
func (r Result) In(statuses ...Status) []Item {
	var out []Item
	for _, i := range r.Items {
		if slices.Contains(statuses, i.Status) {
			out = append(out, i)
		}
	}
	return out
}

// Distinct are the items with each thing to be done once: where several rules
// ask for the same, the most pressing, with the others named in its Why.
func (r Result) Distinct() []Item {
	at := make(map[string]int, len(r.Items))
	var out []Item
	for _, it := range r.Items {
		i, ok := at[it.Name]
		switch {
		case !ok:
			at[it.Name] = len(out)
			out = append(out, it)
		case it.Status <= Unknown:
			out[i].Why += "; also for: " + it.Rule.Title
		}
	}
	return out
}

// Evaluate holds a chart against every rule. For the dead, and where there is no
// patient, it says nothing.
func Evaluate(c *chart.Chart, now time.Time) Result {
	var out Result
	if c == nil || c.Patient.Deceased {
		return out
	}
	if !c.Patient.Known {
		out.Gaps = append(out.Gaps, rule.Gap{Check: check, Why: "There is no record of who the patient is."})
		return out
	}
	k := known()
	f := gather(c, now, k.vocabulary)
	out.Items = make([]Item, 0, len(k.entries))
	for _, e := range k.entries {
		out.Items = append(out.Items, f.stand(e))
	}
	slices.SortStableFunc(out.Items, func(x, y Item) int {
		return cmp.Or(cmp.Compare(x.Status, y.Status), boolFirst(x.Rule.Kind == rule.Checkup, y.Rule.Kind == rule.Checkup), strings.Compare(x.Grade, y.Grade))
	})
	out.Gaps = gaps(c, now, out.Items)
	return out
}

const check = "Prevention and checkups"

// gaps are what the answer may lack: sites that did not answer, facts left out
// of a long record, and what is not recorded.
func gaps(c *chart.Chart, now time.Time, items []Item) []rule.Gap {
	var out []rule.Gap
	add := func(format string, args ...any) {
		out = append(out, rule.Gap{Check: check, Why: fmt.Sprintf(format, args...)})
	}
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	partly := false
	for _, s := range c.Completeness.Sites {
		if s.State == chart.AnswerRefused || s.State == chart.AnswerWithheld {
			partly = true // neither who nor what
			continue
		}
		if why := s.Gap(zone); why != "" {
			add("%s: %s. What was done there would not be seen.", s.Source.Name, why)
		}
	}
	if partly {
		add("the record may not be shown in full")
	}
	if len(c.Cut) > 0 {
		add("Only the newest facts of this long record were looked at.")
	}
	missing := map[string][]string{}
	for _, i := range items {
		if i.Status == Unknown {
			missing[i.Missing] = append(missing[i.Missing], i.Rule.Title)
		}
	}
	for what, titles := range missing {
		slices.Sort(titles)
		more := ""
		if len(titles) > 6 {
			more = fmt.Sprintf(" and %d more", len(titles)-6)
			titles = titles[:6]
		}
		add("Not recorded: %s. Not decided without it: %s%s.", what, strings.Join(titles, ", "), more)
	}
	slices.SortFunc(out, func(x, y rule.Gap) int { return strings.Compare(x.Why, y.Why) })
	return out
}
