package desk

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
)

// What is typed never panics, never keeps a control character, and is either
// wrong beside its field or what its field says.
func FuzzForm(f *testing.F) {
	f.Add("1958-03-14", "09:00-12:00 13:00-17:00", "614-555-0162")
	f.Add("2026-02-31", "12:00-07:00", "\u202e\x00")
	f.Add("\xff", "24:00-25:00", "+1 (614) 555 0162 x9")
	zone := time.FixedZone("EST", -5*3600)
	now := time.Date(2026, 11, 22, 15, 24, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, date, hours, phone string) {
		v := newForm(url.Values{"date": {date}, "time": {hours}, "born": {date}, "mobile": {phone}, "email": {phone}, "family": {phone}, "gender": {date}})
		v.check(nil, now, zone)
		if at, ok := v.when(zone); ok && at.IsZero() {
			t.Fatal("a time that is none")
		}
		if of, ok := sessions(hours); ok {
			for i, x := range of {
				if x[0] >= x[1] || i > 0 && x[0] < of[i-1][1] {
					t.Fatalf("%q gives %v", hours, of)
				}
			}
		}
		for _, s := range []string{date, hours, phone} {
			if strings.ContainsFunc(oneLine(s), unicode.IsControl) {
				t.Fatal("a control character passes")
			}
		}
		r := object{"resourceType": "Patient"}
		v.apply(r, nil)
		if _, err := encode(r); err != nil {
			t.Fatal(err)
		}
	})
}
