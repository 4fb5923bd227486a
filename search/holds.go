package search

import (
	"bytes"
	"slices"
	"time"

	"wholechart/fhir"
)

// Holds says whether a resource meets a condition, by its rows: the meaning of
// a Cond in a few lines, for what compares one resource (subscriptions,
// composites) and as the model that a store is tested against. self is the
// resource's own type and id. _lastUpdated is read from meta. Chain and Has
// need other resources; they never hold here.
func Holds(c Cond, terms []Term, n fhir.Node, self Ref) bool {
	switch {
	case c.Spans != nil:
		return slices.ContainsFunc(terms, func(t Term) bool {
			return slices.ContainsFunc(c.Spans, func(s Span) bool { return s.Holds(t) })
		})
	case c.Not != nil:
		return !Holds(*c.Not, terms, n, self)
	case c.IDs != nil:
		return slices.Contains(c.IDs, self.ID)
	case c.Updated != nil:
		m, ok := parseDate(inside(n.Get("meta").Get("lastUpdated")))
		return ok && c.Updated.Holds(instant(m.low))
	case c.All != nil:
		return !slices.ContainsFunc(c.All, func(o Cond) bool { return !Holds(o, terms, n, self) })
	case c.Any != nil:
		return slices.ContainsFunc(c.Any, func(o Cond) bool { return Holds(o, terms, n, self) })
	case c.Check != nil:
		return c.Check(n)
	}
	return false
}

// Holds says whether a row is one that the span means. A span without bounds
// means every row of its path, references too.
func (s Span) Holds(t Term) bool {
	if s.Path != t.Path {
		return false
	}
	if s.Target != nil {
		return t.Ref != nil && t.Ref.Type == s.Target.Type && t.Ref.ID == s.Target.ID
	}
	if t.Ref != nil {
		return !s.Exact && s.From == nil && s.To == nil && s.Match == nil
	}
	if s.Exact {
		return bytes.Equal(t.Value, s.From)
	}
	return bytes.Compare(t.Value, s.From) >= 0 && (s.To == nil || bytes.Compare(t.Value, s.To) < 0) && (s.Match == nil || s.Match(t.Value))
}

// Holds says whether a time is in the interval.
func (i Interval) Holds(t time.Time) bool {
	return (i.From.IsZero() || !t.Before(i.From)) && (i.To.IsZero() || !t.After(i.To))
}
