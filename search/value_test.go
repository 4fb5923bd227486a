package search

import (
	"bytes"
	"cmp"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"
	"pgregory.net/rapid"
)

func TestNumbersSortAsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (string, *apd.Decimal) {
			text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?`).Draw(t, name)
			d, _, err := apd.NewFromString(text)
			if err != nil {
				t.Fatal(err)
			}
			return text, d
		}
		at, a := draw("a")
		bt, b := draw("b")
		ad, okA := parseDecimal([]byte(at))
		bd, okB := parseDecimal([]byte(bt))
		if !okA || !okB {
			t.Fatalf("%s or %s is not read", at, bt)
		}
		ab, bb := ad.appendNumber(nil), bd.appendNumber(nil)
		if got, want := bytes.Compare(ab, bb), a.Cmp(b); got != want {
			t.Fatalf("%s and %s: bytes %d, numbers %d", at, bt, got, want)
		}
		if n := numberLen(append(ab, 'x')); n != len(ab) {
			t.Fatalf("%s is %d bytes, read as %d", at, len(ab), n)
		}
		if back, _, err := apd.NewFromString(ad.text()); err != nil || back.Cmp(a) != 0 {
			t.Fatalf("%s is written %s", at, ad.text())
		}
	})
}

func TestPrecision(t *testing.T) {
	for text, want := range map[string][2]string{ // the specification's examples first
		"100": {"99.5", "100.5"}, "100.00": {"99.995", "100.005"}, "1e2": {"95", "105"},
		"5.4": {"5.35", "5.45"}, "5.40": {"5.395", "5.405"}, "0": {"-0.5", "0.5"}, "-3": {"-3.5", "-2.5"}, "0.00": {"-0.005", "0.005"},
	} {
		d, ok := parseDecimal([]byte(text))
		low, high := d.precision()
		wantLow, _ := parseDecimal([]byte(want[0]))
		wantHigh, _ := parseDecimal([]byte(want[1]))
		if !ok || !bytes.Equal(plainNumber(low), plainNumber(wantLow)) || !bytes.Equal(plainNumber(high), plainNumber(wantHigh)) {
			t.Errorf("%s means %s to %s", text, low.text(), high.text())
		}
	}
	for _, text := range []string{"", "-", ".5", "5.", "1e", "1e99999", "0x1", "1 ", "NaN", "--1", "1.2.3"} {
		if _, ok := parseDecimal([]byte(text)); ok {
			t.Errorf("%q is read as a number", text)
		}
	}
}

func TestDates(t *testing.T) {
	at := func(s string) int64 {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMicro()
	}
	for text, want := range map[string][2]string{
		"1974":                             {"1974-01-01T00:00:00Z", "1974-12-31T23:59:59.999999Z"},
		"1974-12":                          {"1974-12-01T00:00:00Z", "1974-12-31T23:59:59.999999Z"},
		"2000-02":                          {"2000-02-01T00:00:00Z", "2000-02-29T23:59:59.999999Z"},
		"0001-01-01":                       {"0001-01-01T00:00:00Z", "0001-01-01T23:59:59.999999Z"},
		"9999":                             {"9999-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"},
		"1900-03-01":                       {"1900-03-01T00:00:00Z", "1900-03-01T23:59:59.999999Z"},
		"2020-03-05T08:30":                 {"2020-03-05T08:30:00Z", "2020-03-05T08:30:59.999999Z"},
		"2020-03-05T08:30:15-05:00":        {"2020-03-05T13:30:15Z", "2020-03-05T13:30:15.999999Z"},
		"2020-03-05T08:30:15.5Z":           {"2020-03-05T08:30:15.5Z", "2020-03-05T08:30:15.599999Z"},
		"2020-03-05T08:30:15.123456789Z":   {"2020-03-05T08:30:15.123456Z", "2020-03-05T08:30:15.123456Z"},
		"2020-03-05T00:15:00 05:30":        {"2020-03-04T18:45:00Z", "2020-03-04T18:45:00.999999Z"},
		"2020-12-31T24:00:00":              {"2021-01-01T00:00:00Z", "2021-01-01T00:00:00.999999Z"},
		"2020-02-29T23:59:59.530000+14:00": {"2020-02-29T09:59:59.53Z", "2020-02-29T09:59:59.53Z"},
	} {
		m, ok := parseDate([]byte(text))
		if !ok || m.low != at(want[0]) || m.high != at(want[1]) {
			t.Errorf("%s is %v %s to %s", text, ok, instant(m.low), instant(m.high))
		}
		if back, ok := readMoments(appendMoments(nil, m)); !ok || back != m {
			t.Errorf("%s is kept as %v", text, back)
		}
	}
	for _, text := range []string{"", "74", "0000", "2020-00", "2020-13", "2019-02-29", "2020-1-1", "2020-01-01T", "2020-01-01T25:00", "2020-01-01T10",
		"2020-01-01T10:00:00.", "2020-01-01T10:00:00x", "2020-01-01T10:00:00+5:00", "2020-01-01T10:00:00+05:00x", "20200101"} {
		if _, ok := parseDate([]byte(text)); ok {
			t.Errorf("%q is read as a date", text)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := moments{low: rapid.Int64().Draw(t, "a")}, moments{low: rapid.Int64().Draw(t, "b")}
		if bytes.Compare(appendMoments(nil, a), appendMoments(nil, b)) != cmp.Compare(a.low, b.low) {
			t.Fatal("bytes do not sort as time")
		}
	})
}

func TestNormal(t *testing.T) {
	for text, want := range map[string]string{
		"Müller":                "muller",
		"  Anne \t\n Marie  ":   "anne marie",
		"ØDEGÅRD Łukasz Straße": "odegard lukasz strasse",
		"Nguyễn Thị":            "nguyen thi",
		"e\u0301le\u0300ve":     "eleve",
		"ΣΊΣΥΦΟΣ":               "σισυφοσ",
		"σίσυφος":               "σισυφοσ",
		"山田 太郎":                 "山田 太郎",
		"O’Brien":               "o'brien",
		"":                      "",
		"ﬁ":                     "fi",
	} {
		if got := normal(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if once := normal(s); normal(once) != once {
			t.Fatalf("%q is %q, and then %q", s, once, normal(once))
		}
	})
	if got := string(cut([]byte("aé"), 2)); got != "a" {
		t.Errorf("cut to %q", got)
	}
}

func TestLongCodes(t *testing.T) {
	long := string(bytes.Repeat([]byte("x"), 500))
	a, b := appendCode(nil, long+"a", true), appendCode(nil, long+"b", true)
	if len(a) > maxCode+1 || bytes.Equal(a, b) || !bytes.Equal(a, appendCode(nil, long+"a", true)) {
		t.Errorf("%d bytes", len(a))
	}
}

func TestPhone(t *testing.T) {
	for text, want := range map[string]string{"(555) 123-4567": "5551234567", "+1 555.123": "+1555123", "ext. 5": "ext. 5", "a@b-c.org": "a@b-c.org", "-.": "-."} {
		if got := phone(text); got != want {
			t.Errorf("%q is %q", text, got)
		}
	}
}

func TestSoundex(t *testing.T) {
	for name, want := range map[string]string{"robert": "r163", "rupert": "r163", "ashcraft": "a261", "tymczak": "t522", "pfister": "p236", "lee": "l000", "": "", "山": ""} {
		if got := soundex([]byte(name)); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
}

func TestRelative(t *testing.T) {
	for text, want := range map[string]Ref{
		"Patient/1": {Type: "Patient", ID: "1"}, "Patient/1/_history/2": {Type: "Patient", ID: "1", Version: "2"},
	} {
		if got, ok := relative(text); !ok || got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
	for _, text := range []string{"", "Patient", "Patient/", "/1", "http://a/Patient/1", "urn:uuid:1", "#1", "Patient/1/2", "Patient/1/_history/", "patient/1", "Patient/a b"} {
		if got, ok := relative(text); ok {
			t.Errorf("%s is %v", text, got)
		}
	}
}
