package schedule

import (
	"slices"
	"time"
)

// Span is from a moment up to, not including, another.
type Span struct{ From, To time.Time }

// Overlaps says whether two spans share a moment. Spans that touch do not.
func (s Span) Overlaps(o Span) bool { return s.From.Before(o.To) && o.From.Before(s.To) }

// Holds says whether another span lies wholly in this one.
func (s Span) Holds(o Span) bool { return !o.From.Before(s.From) && !o.To.After(s.To) }

// Equal says whether two spans are of the same moments, in whatever zone they are told.
func (s Span) Equal(o Span) bool { return s.From.Equal(o.From) && s.To.Equal(o.To) }

// Minutes is the span's length in whole minutes.
func (s Span) Minutes() int { return int(s.To.Sub(s.From) / time.Minute) }

// Empty says whether there is no moment in it.
func (s Span) Empty() bool { return !s.From.Before(s.To) }

// union sorts spans and joins those that touch or overlap; empty ones go.
func union(spans []Span) []Span {
	spans = slices.DeleteFunc(slices.Clone(spans), Span.Empty)
	slices.SortFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) })
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// without is what of spans none of others covers.
func without(spans, others []Span) []Span {
	others = union(others)
	var out []Span
	for _, s := range union(spans) {
		for _, o := range others {
			if !s.Overlaps(o) {
				continue
			}
			if s.From.Before(o.From) {
				out = append(out, Span{s.From, o.From})
			}
			s.From = o.To
			if s.Empty() {
				break
			}
		}
		if !s.Empty() {
			out = append(out, s)
		}
	}
	return out
}

// within is what of spans lies in a window.
func within(spans []Span, w Span) []Span {
	var out []Span
	for _, s := range spans {
		if s.From.Before(w.From) {
			s.From = w.From
		}
		if s.To.After(w.To) {
			s.To = w.To
		}
		if !s.Empty() {
			out = append(out, s)
		}
	}
	return out
}
