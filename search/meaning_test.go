package search

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"pgregory.net/rapid"
)

// The prefixes are compared with the sentences of
// http://hl7.org/fhir/R4/search.html#prefix, written down once more and
// without an index.

var dateMeanings = map[string]func(s, t moments) bool{
	"":   func(s, t moments) bool { return s.low <= t.low && t.high <= s.high }, // the search fully contains the target
	"ne": func(s, t moments) bool { return !(s.low <= t.low && t.high <= s.high) },
	"gt": func(s, t moments) bool { return t.high > s.high },                                       // what is above the search overlaps the target
	"lt": func(s, t moments) bool { return t.low < s.low },                                         // what is below the search overlaps the target
	"ge": func(s, t moments) bool { return t.high > s.high || s.low <= t.low && t.high <= s.high }, // gt, or contains
	"le": func(s, t moments) bool { return t.low < s.low || s.low <= t.low && t.high <= s.high },
	"sa": func(s, t moments) bool { return t.low > s.high }, // no overlap, and above
	"eb": func(s, t moments) bool { return t.high < s.low },
	"ap": func(s, t moments) bool { return t.low <= s.high && s.low <= t.high }, // overlap
}

func drawDate(t *rapid.T, name string) string {
	text := fmt.Sprintf("%04d", rapid.IntRange(1998, 2002).Draw(t, name))
	parts := rapid.IntRange(0, 4).Draw(t, name+" precision")
	if parts > 0 {
		text += fmt.Sprintf("-%02d", rapid.IntRange(1, 12).Draw(t, name+" month"))
	}
	if parts > 1 {
		text += fmt.Sprintf("-%02d", rapid.IntRange(1, 28).Draw(t, name+" day"))
	}
	if parts > 2 {
		text += fmt.Sprintf("T%02d:%02d:00", rapid.IntRange(0, 23).Draw(t, name+" hour"), rapid.IntRange(0, 59).Draw(t, name+" minute"))
		text += rapid.SampledFrom([]string{"Z", "+01:00", "-11:30"}).Draw(t, name+" zone")
	}
	return text
}

func TestDatePrefixesMeanWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		asked := drawDate(t, "asked")
		there := drawDate(t, "there")
		resource, param := "Observation", "date"
		var text string
		var target moments
		switch rapid.IntRange(0, 2).Draw(t, "shape") {
		case 0:
			text = fmt.Sprintf(`{"resourceType":"Observation","effectiveDateTime":%q}`, there)
			target, _ = parseDate([]byte(there))
		case 1:
			resource, param = "Condition", "recorded-date"
			text = fmt.Sprintf(`{"resourceType":"Condition","recordedDate":%q}`, there)
			target, _ = parseDate([]byte(there))
		default:
			end := drawDate(t, "end")
			a, _ := parseDate([]byte(there))
			b, _ := parseDate([]byte(end))
			target = moments{a.low, b.high}
			if a.low > b.high {
				t.Skip("ends before it begins")
			}
			text = fmt.Sprintf(`{"resourceType":"Observation","effectivePeriod":{"start":%q,"end":%q}}`, there, end)
			if rapid.Bool().Draw(t, "open") {
				target.high = never
				text = fmt.Sprintf(`{"resourceType":"Observation","effectivePeriod":{"start":%q}}`, there)
			}
		}
		n, err := parsedOr([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		x, err := Extract(n)
		if err != nil {
			t.Fatal(err)
		}
		search, _ := parseDate([]byte(asked))
		for prefix, means := range dateMeanings {
			q, err := Parse(resource, url.Values{param: {prefix + asked}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := Holds(q.Where[0], x.Terms, n, Ref{}), means(search, target); got != want {
				t.Fatalf("%s%s of %s is %v", prefix, asked, text, got)
			}
		}
	})
}

func TestNumberPrefixesMeanWhatTheySay(t *testing.T) {
	context := apd.BaseContext.WithPrecision(60)
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) string {
			return rapid.StringMatching(`-?(0|[1-9][0-9]{0,2})(\.[0-9]{1,3})?`).Draw(t, name)
		}
		asked, there := number("asked"), number("there")
		s, _, _ := apd.NewFromString(asked)
		v, _, _ := apd.NewFromString(there)
		half := apd.New(5, s.Exponent-1)
		low, high := new(apd.Decimal), new(apd.Decimal)
		context.Sub(low, s, half)
		context.Add(high, s, half)
		in := v.Cmp(low) >= 0 && v.Cmp(high) < 0
		text := fmt.Sprintf(`{"resourceType":"Observation","valueQuantity":{"value":%s,"system":"http://unitsofmeasure.org","code":"mg"}}`, there)
		n, err := parsedOr([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		x, err := Extract(n)
		if err != nil {
			t.Fatal(err)
		}
		for prefix, want := range map[string]bool{"": in, "eq": in, "ne": !in, "gt": v.Cmp(s) > 0, "sa": v.Cmp(s) > 0, "ge": v.Cmp(s) >= 0,
			"lt": v.Cmp(s) < 0, "eb": v.Cmp(s) < 0, "le": v.Cmp(s) <= 0} {
			for _, unit := range []string{"", "|http://unitsofmeasure.org|mg", "||mg"} {
				q, err := Parse("Observation", url.Values{"value-quantity": {prefix + asked + unit}}, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if got := Holds(q.Where[0], x.Terms, n, Ref{}); got != want {
					t.Fatalf("%s%s%s of %s is %v", prefix, asked, unit, there, got)
				}
			}
		}
	})
}
