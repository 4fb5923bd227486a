package standing

import (
	"testing"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/fhir"
)

// BenchmarkOne is one record of the archive read, worked out, and looked at again
// at later midnights, as a change of it asks for; the pages' part, Row, is beside it.
func BenchmarkOne(b *testing.B) {
	h := open(b)
	var ids []string
	synthea(b, 40, func(id string, entries []fhir.Node) {
		h.load("maple", entries)
		ids = append(ids, id)
	})
	if err := h.k.Settle(b.Context()); err != nil {
		b.Fatal(err)
	}
	s := h.k.sites["maple"]
	i := 0
	for name, days := range map[string]int{"Evaluate": lookNear, "EvaluateFar": lookFar} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := h.k.evaluate(b.Context(), s, ids[i%len(ids)], h.now, true, days); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
	b.Run("Read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := chart.Take(b.Context(), s.whole.Evaluating(true), ids[i%len(ids)], full...); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	r, err := chart.Take(b.Context(), h.k.session("maple", access.EHR).Evaluating(true), ids[0], full...)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Once", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Evaluate(r.At(h.now), h.now.Add(time.Minute))
		}
	})
	b.Run("Follow", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h.k.CatchUp(b.Context(), "maple", 2)
		}
	})
	b.Run("Rows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(h.k.Rows("maple")) == 0 {
				b.Fatal("nobody")
			}
		}
	})
}
