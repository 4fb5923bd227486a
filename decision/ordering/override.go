package ordering

import (
	"fmt"
	"time"

	"wholechart/chart/order"
	"wholechart/decision/rule"
)

// An override stands for one person, who wrote it, and for one danger with its
// facts: a card's key changes with its facts, so that a new prescription by
// somebody else, a new result or a changed dose is asked about at once. While the
// facts stay it does not stand for ever either. These are our choices, none is of
// a source:
//
//   - 3 months of what changes by itself without a fact being written: pregnancy
//     and lactation, and a laboratory rule that was overridden with the promise to
//     monitor and has no newer value since (a newer one makes another key);
//   - 6 months where two things must not be taken together at all (severity
//     contraindicated), and of any promise to monitor;
//   - 12 months of everything else that interrupts: the yearly review of medicines;
//   - 24 months of what does not interrupt: it costs a reader nothing.
//
// A day that was not written down is long ago.

// Months is how long an override of a card stands while its facts stay.
func Months(c *rule.Card, reason string) int {
	kind := rule.Kind("")
	if c.Rule != nil {
		kind = c.Rule.Kind
	}
	switch {
	case kind == rule.Pregnancy, kind == rule.Laboratory && reason == "monitored":
		return 3
	case c.Severity == "contraindicated", reason == "monitored":
		return 6
	case c.Level == rule.Interrupt:
		return 12
	}
	return 24
}

// Stands says whether an override of a card still stands. One of the future, by a
// clock that went wrong, does not.
func Stands(c *rule.Card, o order.Override, now time.Time) bool {
	return !o.At.IsZero() && !o.At.After(now.Add(24*time.Hour)) && now.Before(o.At.AddDate(0, Months(c, o.Code), 0))
}

// Until words how long an override of a card stands: "12 months".
func Until(c *rule.Card, o order.Override) string { return fmt.Sprintf("%d months", Months(c, o.Code)) }
