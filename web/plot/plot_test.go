package plot

import (
	"context"
	"encoding/xml"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the goldens")

type component interface {
	Render(context.Context, io.Writer) error
}

func draw(t *testing.T, c component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b.String())
	return b.String()
}

// wellFormed also proves that every text and attribute was escaped, that no inline style or script came in, and that no
// number is NaN.
func wellFormed(t *testing.T, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, s)
		}
		if e, ok := tok.(xml.StartElement); ok {
			if e.Name.Local == "script" || e.Name.Local == "style" {
				t.Errorf("<%s> in a plot", e.Name.Local)
			}
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("inline %s on <%s>", a.Name.Local, e.Name.Local)
				}
				if a.Name.Local == "href" && strings.HasPrefix(a.Value, "javascript:") {
					t.Errorf("href %s", a.Value)
				}
			}
		}
	}
	if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Errorf("a number that is none: %s", s)
	}
}

func at(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 9, 0, 0, 0, time.UTC)
}

func p(t time.Time, v float64) Point { return Point{Time: t, Value: v} }

func of(v float64) *float64 { return &v }

func TestGoldens(t *testing.T) {
	lakeside := Source{"LC", 3, "Lakeside Cardiology"}
	riverside := Source{"RG", 2, "Riverside General"}
	for name, c := range map[string]component{
		"spark":           Spark{Label: "INR", Values: []Point{p(at(2026, 1, 1), 2.1), p(at(2026, 2, 1), 4.1), {Time: at(2026, 3, 1), Value: 2.7, Text: "2.70", Flag: "H"}}, Low: of(2), High: of(3)},
		"spark-one":       Spark{Values: []Point{p(at(2026, 1, 1), 5)}},
		"spark-equal":     Spark{Values: []Point{p(at(2026, 1, 1), 0), p(at(2026, 2, 1), 0), p(at(2026, 3, 1), 0)}, High: of(0)},
		"trend":           Trend{Title: "INR", Low: of(2), High: of(3), Series: []Series{{Name: "INR", Points: []Point{{Time: at(2024, 1, 5), Value: 2.4, Text: "2.40", Source: lakeside, Href: "/a"}, {Time: at(2024, 12, 9), Value: 4.1, Flag: "H", Source: riverside, Href: "/b"}, {Time: at(2026, 10, 2), Value: 2.7, Source: lakeside}}}}},
		"trend-one":       Trend{Title: "TSH", Unit: "mIU/L", Series: []Series{{Points: []Point{p(at(2026, 5, 1), 2.1)}}}},
		"trend-equal":     Trend{Title: "Sodium", Unit: "mmol/L", High: of(145), Series: []Series{{Points: []Point{p(at(2026, 5, 1), 140), p(at(2026, 6, 1), 140)}}}},
		"trend-empty":     Trend{Title: "Troponin", Series: []Series{{Name: "x"}}},
		"trend-unknown":   Trend{Title: "Lead", Series: []Series{{Points: []Point{{Time: at(2026, 5, 1), Value: math.NaN(), Text: "not done"}, p(at(2026, 6, 1), 3)}}}},
		"lanes":           lanes(),
		"lanes-empty":     Lanes{Lanes: []Lane{{Name: "Maple Street"}}},
		"lanes-only-gap":  Lanes{Today: at(2026, 11, 22), Lanes: []Lane{{Name: "Corner Pharmacy", Gap: "could not be reached"}}},
		"trend-two-lines": Trend{Title: "Blood pressure", Unit: "mmHg", Series: []Series{{Name: "systolic", Points: []Point{p(at(2026, 5, 1), 130), p(at(2026, 6, 1), 136)}}, {Name: "diastolic", Points: []Point{p(at(2026, 5, 1), 82), p(at(2026, 6, 1), 84)}}}},
	} {
		got := strings.ReplaceAll(draw(t, c), "><", ">\n<")
		file := filepath.Join("testdata", name+".golden.html")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from its golden (go test -update after looking):\n%s", name, got)
		}
	}
}

func lanes() Lanes {
	return Lanes{Label: "Timeline", Today: at(2026, 11, 22), Lanes: []Lane{
		{Name: "Maple Street", State: "OH", Note: "this site", Color: 1, Marks: []Mark{
			{Kind: Visit, Start: at(2024, 3, 1), Label: "Visit", Href: "/v"}, {Kind: Result, Start: at(2024, 3, 1), Label: "HbA1c", Href: "/r1"},
			{Kind: Result, Start: at(2024, 3, 2), Label: "LDL-C", Href: "/r2"}, {Kind: Image, Start: at(2025, 3, 1), Label: "CT", Href: "/i"}, {Kind: Visit, Label: "undated"}}},
		{Name: "Riverside General Hospital of Ohio", State: "OH", Color: 2, Marks: []Mark{{Kind: Stay, Start: at(2024, 12, 9), End: at(2024, 12, 14), Label: "Bleeding", Href: "/s"}}},
		{Name: "Corner Pharmacy", State: "OH", Color: 5, Gap: "could not be reached", Marks: []Mark{
			{Kind: Medicine, Start: at(2024, 6, 1), Label: "metformin"}, {Kind: Medicine, Start: at(2025, 6, 1), End: at(2025, 12, 1), Label: "warfarin"}}},
	}}
}

func TestNothingToDraw(t *testing.T) {
	for _, s := range []Spark{{}, {Values: []Point{p(at(2026, 1, 1), math.NaN())}}, {Values: []Point{{Value: 3}}}} {
		if got := draw(t, s); got != "" {
			t.Errorf("a spark of nothing draws %s", got)
		}
	}
	if got := draw(t, Trend{Title: "x"}); !strings.Contains(got, "No values to draw") || strings.Contains(got, "<svg") {
		t.Errorf("empty trend: %s", got)
	}
}

// The value that is read out is the one that was reported, and the table holds what cannot be drawn.
func TestTrendKeepsReportedText(t *testing.T) {
	got := draw(t, Trend{Title: "Lead", Unit: "µg/dL", Series: []Series{{Points: []Point{
		{Time: at(2026, 1, 1), Value: 2, Text: "<2.0"}, {Time: at(2026, 2, 1), Value: math.Inf(1), Text: "clotted"}, {Time: at(2026, 3, 1), Value: 3, Text: "3.00"}}}}})
	for _, want := range []string{"<td>&lt;2.0</td>", "<td>clotted</td>", "<td>3.00</td>", "3 values as a table", "Value (µg/dL)", "Lead in µg/dL, 2 values"} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %q in %s", want, got)
		}
	}
}

func TestHostileText(t *testing.T) {
	evil := `"><script>alert(1)</script>`
	s := Source{evil, 1, evil}
	for _, c := range []component{
		Spark{Label: evil, Values: []Point{{Time: at(2026, 1, 1), Value: 1, Text: evil, Flag: evil}}},
		Trend{Title: evil, Unit: evil, BandText: evil, Series: []Series{{Name: evil, Points: []Point{{Time: at(2026, 1, 1), Value: 1, Text: evil, Flag: evil, Source: s, Href: "javascript:alert(1)"}}}}},
		Lanes{Label: evil, Lanes: []Lane{{Name: evil, State: evil, Note: evil, Gap: evil, Marks: []Mark{{Kind: Visit, Start: at(2026, 1, 1), Label: evil, Href: "javascript:alert(1)"}, {Kind: Medicine, Start: at(2026, 1, 1), Label: evil}}}}},
	} {
		if got := draw(t, c); strings.Contains(got, "<script") || strings.Contains(got, "javascript:") {
			t.Errorf("%T lets markup in: %s", c, got)
		}
	}
}

// A peak in ten thousand values is still there after thinning.
func TestThinKeepsExtremes(t *testing.T) {
	var points []Point
	for i := range 10000 {
		points = append(points, p(at(2000, 1, 1).Add(time.Duration(i)*time.Hour), 5))
	}
	points[7321].Value, points[55].Value = 99, -7
	got := thin(points, sparkMost)
	low, high := valueRange(got)
	if low != -7 || high != 99 || len(got) > sparkMost+4 {
		t.Errorf("%d points, %v…%v", len(got), low, high)
	}
	if got[0] != points[0] || got[len(got)-1] != points[len(points)-1] {
		t.Error("the ends moved")
	}
}

// Many marks stay few shapes, and none of them is lost from what is said.
func TestLanesCluster(t *testing.T) {
	var marks []Mark
	for i := range 5000 {
		marks = append(marks, Mark{Kind: Result, Start: at(2000, 1, 1).AddDate(0, 0, i), Label: "Glucose", Href: "/r"})
	}
	got := draw(t, Lanes{Lanes: []Lane{{Name: "Maple Street", Marks: marks}}, NoTable: true})
	if n := strings.Count(got, `class="mark result`); n == 0 || n > 55 {
		t.Errorf("%d marks drawn", n)
	}
	sum := 0
	for _, c := range clusters(marks, func(t time.Time) float64 { return float64(t.Unix()-marks[0].Start.Unix()) / 5e8 }) {
		sum += len(c.marks)
	}
	if sum != len(marks) {
		t.Errorf("%d of %d marks in clusters", sum, len(marks))
	}
	if l := len(got); l > 200_000 {
		t.Errorf("%d bytes", l)
	}
}

func TestLanesMedicinesDoNotOverlap(t *testing.T) {
	var marks []Mark
	for i := range 12 {
		marks = append(marks, Mark{Kind: Medicine, Start: at(2020, 1, 1+i), Label: "medicine " + strconv.Itoa(i)})
	}
	got := draw(t, Lanes{Today: at(2026, 1, 1), Lanes: []Lane{{Name: "Corner Pharmacy", Marks: marks}}})
	if n := strings.Count(got, `class="bar-text"`); n != laneBarRows {
		t.Errorf("%d bars", n)
	}
	if !strings.Contains(got, "6 more medicines") || !strings.Contains(got, "12 entries as a table") {
		t.Error("the bars that do not fit are not spoken of")
	}
}

func TestAround(t *testing.T) {
	l := lanes()
	l.Around = func(lane int, from, to time.Time) string {
		return "/around?lane=" + strconv.Itoa(lane) + "&from=" + from.Format("2006-01-02")
	}
	if got := draw(t, l); !strings.Contains(got, "/around?lane=0&amp;from=2024-03-01") {
		t.Errorf("no link to what the cluster holds: %s", got)
	}
}

// A date without a time is the same day in every zone.
func TestDayDoesNotMove(t *testing.T) {
	west := time.FixedZone("PST", -8*3600)
	midnight := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	for _, c := range []component{
		Trend{Title: "x", Zone: west, Series: []Series{{Points: []Point{{Time: midnight, Day: true, Value: 1}}}}},
		Lanes{Zone: west, Lanes: []Lane{{Name: "x", Marks: []Mark{{Start: midnight, Day: true, Label: "y"}, {Kind: Stay, Start: midnight, End: midnight, Day: true, Label: "z"}}}}},
	} {
		got := draw(t, c)
		if !strings.Contains(got, "14 Mar 2026") || strings.Contains(got, "13 Mar") || strings.Contains(got, "00:00<") || strings.Contains(got, ", 00:00") {
			t.Errorf("%T moved the day: %s", c, got)
		}
	}
}

func BenchmarkSpark(b *testing.B) {
	s := Spark{Values: []Point{p(at(2026, 1, 1), 2.1), p(at(2026, 2, 1), 4.1), p(at(2026, 3, 1), 2.7)}, Low: of(2), High: of(3)}
	b.ReportAllocs()
	for b.Loop() {
		_ = s.Render(context.Background(), io.Discard)
	}
}
