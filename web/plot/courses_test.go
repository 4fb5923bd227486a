package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

func courseDay(day string) time.Time {
	t, err := time.Parse("2006-01-02", day)
	if err != nil {
		panic(err)
	}
	return t
}

func reading(day string, v float64, text string) Reading {
	return Reading{Point: Point{Time: courseDay(day), Day: true, Value: v, Text: text, Href: "/f/" + day, Source: Source{"MS", 1, "Maple"}}, Unit: "%"}
}

func courses(readings ...Reading) Courses {
	seven := 7.0
	return Courses{Label: "Diabetes", From: courseDay("2020-01-01"), To: courseDay("2026-12-31"), Apart: 500 * 24 * time.Hour,
		Panels: []Panel{{ID: "a1c", Title: "HbA1c <b>", Unit: "%", High: &seven, Lines: []Line{{Readings: readings}}}}}
}

func pictured(t *testing.T, c Courses) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestALineBreaksWhereNothingIsKnown(t *testing.T) {
	two := courses(reading("2021-01-01", 7, "7.0"), reading("2022-01-01", 8, "8.0"))
	if n := strings.Count(pictured(t, two), `class="trace"`); n != 1 {
		t.Errorf("%d lines between two values", n)
	}
	far := courses(reading("2021-01-01", 7, "7.0"), reading("2024-01-01", 8, "8.0"))
	if n := strings.Count(pictured(t, far), `class="trace"`); n != 0 {
		t.Errorf("a line of three years that nobody measured")
	}
	gone := reading("2021-06-01", math.NaN(), "haemolysed")
	gone.Missing = "haemolysed"
	broken := pictured(t, courses(reading("2021-01-01", 7, "7.0"), gone, reading("2022-01-01", 8, "8.0")))
	if strings.Contains(broken, `class="trace"`) || !strings.Contains(broken, "cross-mark") || !strings.Contains(broken, "haemolysed") {
		t.Error("a result without a number is joined over, or not told")
	}
}

func TestABoundIsOpenAndWhatIsOutsideTheDatesIsNotDrawn(t *testing.T) {
	page := pictured(t, courses(reading("2019-06-01", 6, "6.0"), reading("2021-01-01", 0.5, "< 0.50")))
	if !strings.Contains(page, "mark s1 limit") || !strings.Contains(page, "a bound") {
		t.Error("a bound looks like a number")
	}
	if strings.Contains(page, "/f/2019-06-01") {
		t.Error("a value before the axis is drawn")
	}
	if strings.Contains(page, "<b>") && strings.Contains(page, "HbA1c <b>") {
		t.Error("a name is not escaped")
	}
}

func TestAMedicineSaysWhichEdgesAreKnown(t *testing.T) {
	c := Courses{From: courseDay("2020-01-01"), To: courseDay("2026-12-31"), Now: courseDay("2026-11-22"), Bars: []Bar{{Name: "Metformin", Parts: []BarPart{
		{Start: courseDay("2021-01-01"), End: courseDay("2022-01-01"), Label: "500 mg", Tip: "500 mg"},
		{Start: courseDay("2022-01-01"), End: courseDay("2023-01-01"), EndUnknown: true, Label: "1,000 mg", Tip: "1,000 mg"},
		{End: courseDay("2019-01-01"), Label: "outside", Tip: "outside"},
	}, Marks: []BarMark{{Time: courseDay("2021-02-01"), Tip: "filled"}}}}}
	page := pictured(t, c)
	for want, n := range map[string]int{`class="edge"`: 3, `class="edge unknown"`: 1, "fill-tick": 1, "last known 1 Jan 2023": 1} {
		if got := strings.Count(page, want); got != n {
			t.Errorf("%s: %d, not %d", want, got, n)
		}
	}
	if strings.Contains(page, `data-tip="outside`) {
		t.Error("a dose before the axis is drawn")
	}
}

func TestEventsThatLieOnEachOtherAreOneMark(t *testing.T) {
	c := Courses{From: courseDay("2020-01-01"), To: courseDay("2026-12-31"), Around: func(from, to time.Time) string { return "/t?from=" + from.Format("2006-01-02") },
		Events: []Event{{Start: courseDay("2021-01-01"), Label: "Visit"}, {Start: courseDay("2021-01-05"), Label: "ECG", Kind: EventProcedure}, {Start: courseDay("2024-01-01"), End: courseDay("2024-01-09"), Kind: EventStay, Label: "Stay"}}}
	page := pictured(t, c)
	if !strings.Contains(page, "2 events") || !strings.Contains(page, "/t?from=2021-01-01") || strings.Count(page, "<a ") != 1 {
		t.Error(page)
	}
}

func TestAPictureAloneIsWholeXML(t *testing.T) {
	c := courses(reading("2021-01-01", 7, "7.0 & <script>"), reading("2022-01-01", 8, "8.0"))
	c.Bars = []Bar{{Name: "Metformin", Href: "/x", Parts: []BarPart{{Start: courseDay("2021-01-01"), End: courseDay("2026-12-31"), Ongoing: true, Label: "500 mg", Href: "/x"}}}}
	c.Events = []Event{{Start: courseDay("2021-01-01"), Label: "Visit", Href: "/v", Kind: EventProcedure}}
	var b strings.Builder
	if err := c.SVG(&b, 1000, []string{"Rosa <Delgado>", "made 22 Nov 2026"}); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok && (e.Name.Local == "a" || e.Name.Local == "script" || e.Name.Local == "figure") {
			t.Errorf("a picture alone holds <%s>", e.Name.Local)
		}
	}
	if !strings.Contains(b.String(), "Rosa &lt;Delgado&gt;") || !strings.Contains(b.String(), "MS Maple") {
		t.Error("it does not say whose it is, or whence")
	}
}

func TestManyReadingsAreThinnedAndKeepTheirPeaks(t *testing.T) {
	var list []Reading
	for i := range 3000 {
		v := 5.0
		if i == 1234 {
			v = 99
		}
		r := reading("2020-01-02", v, strconv.FormatFloat(v, 'f', -1, 64))
		r.Time = r.Time.Add(time.Duration(i) * 12 * time.Hour)
		r.Href = "/f/" + strconv.Itoa(i)
		list = append(list, r)
	}
	page := pictured(t, courses(list...))
	if n := strings.Count(page, "data-t="); n > courseMost+8 {
		t.Errorf("%d marks", n)
	}
	if !strings.Contains(page, `href="/f/1234"`) {
		t.Error("the peak is lost")
	}
}
