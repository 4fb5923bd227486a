package fhir

import (
	"regexp"
	"testing"
	"time"
)

func TestIntervals(t *testing.T) {
	east := time.FixedZone("", 2*3600)
	for _, c := range []struct {
		text, lo, hi string
		loc          *time.Location
	}{
		{"2024", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", nil},
		{"2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", nil},
		{"2024-02-29", "2024-02-28T22:00:00Z", "2024-02-29T22:00:00Z", east},
		{"2024-12-31", "2024-12-31T00:00:00Z", "2025-01-01T00:00:00Z", nil},
		{"2024-02-29T23:59:60-05:00", "2024-03-01T05:00:00Z", "2024-03-01T05:00:01Z", east},
		{"2024-02-29T10:00:00.25Z", "2024-02-29T10:00:00.25Z", "2024-02-29T10:00:00.26Z", nil},
		{"2024-02-29T10:00:00.1234567891+14:00", "2024-02-28T20:00:00.123456789Z", "2024-02-28T20:00:00.12345679Z", nil},
	} {
		d, err := ParseDateTime(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		lo, hi := d.Interval(c.loc)
		if lo.Format(time.RFC3339Nano) != c.lo || hi.Format(time.RFC3339Nano) != c.hi {
			t.Errorf("%s is from %s to %s", c.text, lo.Format(time.RFC3339Nano), hi.Format(time.RFC3339Nano))
		}
	}
}

func TestDatesRefused(t *testing.T) {
	for _, s := range []string{"", "24", "0000", "2024-", "2024-1", "2024-13", "2024-00", "2023-02-29", "1900-02-29", "2024-04-31", "2024-01-00", "2024-01-01T", "2024-01-01T10:00",
		"2024-01-01T10:00Z", "2024-01-01T10:00:00", "2024-01-01T24:00:00Z", "2024-01-01T10:60:00Z", "2024-01-01T10:00:61Z", "2024-01-01T10:00:00.Z", "2024-01-01T10:00:00+14:01",
		"2024-01-01T10:00:00+1400", "2024-01-01T10:00:00z", "2024-01-01 10:00:00Z", "2024-01-01T10:00:00Z ", " 2024", "+024", "2024-01-01T10:00:00+1:00"} {
		if _, err := ParseDateTime(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
	if IsDate("2024-01-01T10:00:00Z") || IsInstant("2024-01-01") || !IsInstant("2024-01-01T10:00:00.5Z") || !IsTime("10:00:00.5") || IsTime("10:00") || IsTime("10:00:00Z") {
		t.Error("kinds of date and time")
	}
}

// The regular expressions of datatypes.html, as an oracle; they take days that
// no calendar has.
var dateTimeRule = regexp.MustCompile(`^([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?$`)

func FuzzDateTime(f *testing.F) {
	for _, s := range []string{"2024", "2024-02-30", "2024-02-29T23:59:60-05:00", "2024-02-29T10:00:00.123Z", "2000-01-01T10:00:00+14:00", "1000", "0100-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDateTime(s)
		if rule := dateTimeRule.MatchString(s); rule != (err == nil) {
			if _, bad := time.Parse("2006-01-02", s[:min(10, len(s))]); !rule || bad == nil {
				t.Fatalf("%q: rule %v, ours %v", s, rule, err)
			}
			return
		}
		if err == nil {
			if lo, hi := d.Interval(nil); !lo.Before(hi) {
				t.Fatalf("%q: %v to %v", s, lo, hi)
			}
		}
	})
}

func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		a, b Decimal
		want int
	}{
		{"1.50", "1.5", 0}, {"-0", "0.00", 0}, {"100", "1e2", 0}, {"0.001", "1E-3", 0}, {"9.99", "10", -1}, {"-9.99", "-10", 1}, {"123456789012345678901234567890.1", "123456789012345678901234567890.2", -1},
		{"1e999999999999999999999", "2", 1}, {"1e-999999999999999999999", "2", -1}, {"-1", "1", -1}, {"0", "1e-9", -1}, {"12", "13", -1}, {"0.0120", "0.012", 0},
	} {
		if got := c.a.Cmp(c.b); got != c.want {
			t.Errorf("%s ? %s: %d", c.a, c.b, got)
		}
		if got := c.b.Cmp(c.a); got != -c.want {
			t.Errorf("%s ? %s: %d", c.b, c.a, got)
		}
	}
}

func TestViews(t *testing.T) {
	n := node(t, `{"name":{"use":"official","prefix":["Dr."],"given":["Ada","M"],"family":"Lovelace","suffix":["II"],"period":{"start":"1835"}},
		"code":{"coding":[{"system":"a","code":"1"},{"system":"b","code":"2","display":"Two"}]},"q":{"value":1.50,"comparator":"<","unit":"mg","system":"http://unitsofmeasure.org","code":"mg"},
		"id":{"system":"s","value":"v","type":{"text":"MRN"}}}`)
	if h := HumanNameOf(n.Get("name")); h.String() != "Dr. Ada M Lovelace II" || h.Period.Start.Precision != Year || h.Period.End.Precision != 0 {
		t.Errorf("%+v", h)
	}
	c := CodeableConceptOf(n.Get("code"))
	if b, ok := c.In("b"); !ok || b.Code != "2" || c.Label() != "Two" {
		t.Errorf("%+v", c)
	}
	if q := QuantityOf(n.Get("q")); q != (Quantity{"1.50", "<", "mg", "http://unitsofmeasure.org", "mg"}) {
		t.Errorf("%+v", q)
	}
	if i := IdentifierOf(n.Get("id")); i.Value != "v" || i.Type.Label() != "MRN" {
		t.Errorf("%+v", i)
	}
	for in, want := range map[string][4]string{
		"Patient/1": {"Patient", "1", "", "y"}, "Patient/1/_history/2": {"Patient", "1", "2", "y"}, "Patient/": {}, "Nothing/1": {}, "http://a/Patient/1": {}, "#p": {}, "Patient/a b": {}, "Patient?x=1": {}, "Patient/1/_history/": {},
	} {
		typ, id, version, ok := Relative(in)
		if got := [4]string{typ, id, version, map[bool]string{true: "y"}[ok]}; got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}
