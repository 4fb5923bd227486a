package entry

import (
	"testing"
	"time"
)

func TestParseDay(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2021": "2021", " 2021 ": "2021", "2021-09": "2021-09", "2021-09-21": "2021-09-21", "Sep 2021": "2021-09", "september 2021": "2021-09", "Sept 2021": "2021-09", "21 Sep 2021": "2021-09-21",
		"21. Sep. 2021": "2021-09-21", "Sep 21, 2021": "2021-09-21", "September 21st, 2021": "2021-09-21", "9/21/2021": "2021-09-21", "09/2021": "2021-09", "29 Feb 2020": "2020-02-29", "today": "2026-11-22", "Yesterday": "2026-11-21",
		"": "", "21": "", "Sep": "", "29 Feb 2021": "", "31 Apr 2021": "", "21/9/2021": "", "2021-13": "", "2021-00-10": "", "20210921": "", "1e3": "", "99999": "", "٢٠٢١": "", "2021-09-21T10:00:00Z": "", "Se 2021": "", "0 Sep 2021": "",
	} {
		got, err := ParseDay(text, now)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
		if want != "" {
			if back, err := ParseDay(SayDay(want), now); err != nil || back != want {
				t.Errorf("%q is shown as %q, which reads %q", want, SayDay(want), back)
			}
		}
	}
}

func TestAge(t *testing.T) {
	for text, want := range map[string]string{
		"age 12": `{"value":12,"unit":"y","system":"http://unitsofmeasure.org","code":"a"}`, "at 12": `{"value":12,"unit":"y","system":"http://unitsofmeasure.org","code":"a"}`,
		"12 years old": `{"value":12,"unit":"y","system":"http://unitsofmeasure.org","code":"a"}`, "12y": `{"value":12,"unit":"y","system":"http://unitsofmeasure.org","code":"a"}`,
		"18 months": `{"value":18,"unit":"mo","system":"http://unitsofmeasure.org","code":"mo"}`, "age 1.5": `{"value":1.5,"unit":"y","system":"http://unitsofmeasure.org","code":"a"}`,
		"12": "", "age": "", "age -1": "", "age 200": "", "age 1e1": "", "age 0x1": "", "age 05": "", "age .5": "", "age 5.": "", "age NaN": "", "2012": "", "12 parsecs": "",
	} {
		got, ok := age(text)
		if ok != (want != "") || ok && string(asJSON(got)) != want {
			t.Errorf("%q: %s %v, want %s", text, asJSON(got), ok, want)
		}
	}
}

func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"2021", "Sep 2021", "9/21/2021", "21st Sep 2021", "", "//", "ſep 2021", "2021-09-21", "age 12"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if iso, err := ParseDay(s, now); err == nil {
			if back, err := ParseDay(SayDay(iso), now); err != nil || back != iso {
				t.Errorf("%q is %q, shown %q, read %q %v", s, iso, SayDay(iso), back, err)
			}
		}
		if a, ok := age(s); ok {
			parse(asJSON(a))
		}
	})
}

func FuzzLifeAge(f *testing.F) {
	for _, x := range []string{"55", "age 18 mo", "50s", "in her 40s", "45-50", "before 50", "after age 60", "0s", "-", "1-", "130s", "50's", "١٢", "age 1e3"} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kind, at, ok := lifeAge(text)
		if ok && (kind != "Age" && kind != "Range" || len(at) == 0) {
			t.Errorf("%q: %s %v", text, kind, at)
		}
		if n := yearsOf(text); n < 0 || n > 130 || n != n {
			t.Errorf("%q: %v years", text, n)
		}
	})
}
