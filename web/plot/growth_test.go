package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestGrowth(t *testing.T) {
	g := Growth{Title: "Weight <for> age", Unit: "kg", From: 0, To: 24, Table: true, Note: "WHO", Curves: []GrowthCurve{
		{Name: "50th", Middle: true, Points: []GrowthAt{{0, 3.3, "WHO"}, {12, 9.6, "WHO"}, {24, 12.2, "WHO"}, {24, 12.6, "CDC"}, {36, 14, "CDC"}}},
	}, Points: []GrowthPoint{{2, 5.1, "5.1 kg", "1 Feb 2026", "40th percentile", "computed from a and b", "/x"}, {6, 7.9, "7.9 kg", "1 Jun 2026", "52nd percentile", "", "javascript:alert(1)"}, {30, 13, "13 kg", "later", "", "", ""}, {9, math.NaN(), "?", "", "", "", ""}}}
	var b strings.Builder
	if err := g.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	dec := xml.NewDecoder(strings.NewReader(out))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
	}
	for _, want := range []string{"last 7.9 kg at 6 mo, 52nd percentile", "2 measurements, 1 of them computed, among", `class="mark s1 computed"`, `5.1 kg <span class="dim">computed from a and b</span>`, "4 measurements as a table", `class="curve curve-mid"`, ">50th<"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(out, "javascript") || strings.Contains(out, "<for>") || strings.Contains(out, "NaN") {
		t.Error(out)
	}
	if i := strings.Index(out, ` d="`); strings.Count(out[i:i+200], "M") != 2 {
		t.Error("lying and standing are not joined:", out[i:i+200])
	}
	b.Reset()
	if err := (Growth{Title: "x"}).Render(t.Context(), &b); err != nil || !strings.Contains(b.String(), "No values to draw") {
		t.Error(err, b.String())
	}
	for m, want := range map[float64]string{0.5: "15 d", 9.9: "9 mo", 24: "2 y", 27.5: "2 y 3 mo"} {
		if got := AgeWords(m); got != want {
			t.Errorf("%v: %s", m, got)
		}
	}
}
