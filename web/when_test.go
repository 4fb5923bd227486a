package web

import (
	"strings"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	ohio := time.FixedZone("EST", -5*3600)
	at := time.Date(2026, 11, 15, 3, 20, 0, 0, time.UTC)
	if got := DateText(at, ohio); got != "14 Nov 2026" {
		t.Errorf("the date in the reader's zone is %q", got)
	}
	if got := ExactText(at, ohio); got != "14 Nov 2026, 22:20 EST" {
		t.Errorf("%q", got)
	}
	if DateText(time.Time{}, ohio) != "" || markup(t, Time(time.Time{}, ohio)) != "" {
		t.Error("a date that is not known is shown")
	}
	n := one(t, tree(t, Time(at, ohio)), "time", "")
	if attr(n, "datetime") != "2026-11-14T22:20:00-05:00" || attr(n, "title") != "14 Nov 2026, 22:20 EST" || words(n) != "14 Nov 2026" {
		t.Errorf("%+v", n.Attr)
	}
	for in, want := range map[string]string{"2009": "2009", "2009-03": "Mar 2009", "2009-03-14": "14 Mar 2009", "2009-03-14T23:59:00-05:00": "14 Mar 2009", "": "", "soon": "soon", "2009-02-31": "2009-02-31", "2009-03-14x": "2009-03-14x"} {
		if got := PartialDateText(in); got != want {
			t.Errorf("PartialDateText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRelativeText(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", -30 * time.Second: "just now", -14 * time.Minute: "14 min ago", -3 * time.Hour: "3 h ago", -49 * time.Hour: "2 d ago",
		-90 * 24 * time.Hour: "24 Aug 2026", 5 * 24 * time.Hour: "in 5 d", 2 * time.Hour: "in 2 h",
	} {
		if got := RelativeText(now.Add(d), now, nil); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestAgeText(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	for born, want := range map[string]string{
		"1958-03-14": "68 y", "1958-11-22": "68 y", "1958-11-23": "67 y", "2026-11-13": "9 d", "2026-10-01": "7 wk", "2025-09-22": "14 mo", "2024-11-23": "23 mo", "2024-11-22": "2 y",
		"1958": "about 68 y", "1958-12": "about 67 y", "2027-01-01": "", "": "", "19": "", "abcd": "", "2026": "about 0 y",
	} {
		if got := AgeText(born, now); got != want {
			t.Errorf("born %q: %q, want %q", born, got, want)
		}
	}
}

func TestLetters(t *testing.T) {
	for name, want := range map[string]string{"Maple Street Family Practice": "MS", "Riverside": "RI", "St. Mary's": "SM", "": "", "X": "X", "élan Vital": "ÉV"} {
		if got := Letters(name); got != want {
			t.Errorf("Letters(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzPartialDateText(f *testing.F) {
	for _, s := range []string{"2009", "2009-03", "2009-03-14", "2009-03-14T00:00:00Z", "", "-", "99999999999"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if got := PartialDateText(s); s != "" && got == "" {
			t.Errorf("%q vanished", s)
		}
		if strings.HasPrefix(AgeText(s, now), "-") {
			t.Errorf("%q is not born yet", s)
		}
	})
}
