package visit

import (
	"net/url"
	"strings"
	"testing"
)

// What a visit's pages cost, with the people of the demonstration.
func BenchmarkPages(b *testing.B) {
	n := house(b)
	u := n.User(lena)
	pages := story(b, n, u)
	for _, p := range []struct{ name, path string }{
		{"visit", pages["visit"]}, {"vitals", pages["visit"] + "?tab=vitals"}, {"growth", pages["child"] + "?tab=vitals"}, {"sign", pages["visit"] + "/sign"}, {"note", pages["note"]}, {"as-of", harold + "/as-of?at=2026-11-22"}, {"poll", pages["visit"] + "/draft?rev=0"},
	} {
		b.Run(p.name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				size = len(u.Open(p.path))
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
	key := field(u.Open(pages["visit"]), "key")
	b.Run("save", func(b *testing.B) {
		text := strings.Repeat("A line of a note as people write it.\n", 40)
		i := 0
		for b.Loop() {
			i++
			_, _ = u.Post(pages["visit"], url.Values{"key": {key}, "do": {"sign"}, "js": {"1"}, "text.51847-2": {text + strings.Repeat("x", i%50)}})
		}
	})
}
