package standing

import (
	"testing"
	"time"

	"wholechart/decision/rule"
)

// TestWhatComesAndGoesByItself: who becomes seventy-five weeks after anything was
// written, and two days later ends a course that is none for that age, is in danger on
// those days and not before or after, though nothing happens but days going by.
func TestWhatComesAndGoesByItself(t *testing.T) {
	h := open(t)
	site, err := h.records.Site("maple")
	if err != nil {
		t.Fatal(err)
	}
	zone := site.Location()
	y, m, d := h.now.In(zone).Date()
	midnight := func(n int) time.Time { return time.Date(y, m, d+n, 0, 0, 0, 0, zone) }
	day := func(n int) string { return midnight(n).Format(time.DateOnly) }
	born := midnight(16).AddDate(-75, 0, 0).Format(time.DateOnly)
	h.write("maple", `{"resourceType":"Patient","id":"ana","name":[{"family":"Canary"}],"gender":"male","birthDate":"`+born+`"}`,
		`{"resourceType":"Immunization","id":"rsv","status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"303"}]},"patient":{"reference":"Patient/ana"},"occurrenceDateTime":"2025-10-01"}`, // nothing else comes due that day
		`{"resourceType":"MedicationStatement","id":"i","status":"active","medicationCodeableConcept":{"text":"Prasugrel 10 mg"},"subject":{"reference":"Patient/ana"},"effectivePeriod":{"start":"`+day(-3)+`","end":"`+day(18)+`"}}`)
	stands := func() bool {
		for a := range h.row("maple", "ana").Alerts() {
			if a.Rule.Kind == rule.Age {
				return true
			}
		}
		return false
	}
	seen := map[int]bool{}
	for n := range 30 {
		h.now = midnight(n + 1)
		h.settle()
		seen[n+1] = stands()
		if want := h.scratch("maple", "ana"); !h.kept("maple")["ana"].Same(want) {
			t.Errorf("on day %d what is kept is not what is so", n+1)
		}
	}
	days := 0
	for _, s := range seen {
		if s {
			days++
		}
	}
	if days != 3 || !seen[16] || !seen[18] {
		t.Fatalf("the danger stood on %d days: %v", days, seen)
	}
	// Nobody looked each day: the days of change were known before.
	if n := h.k.Stats().Evaluated; n > 8 {
		t.Errorf("%d evaluations in thirty days of one patient", n)
	}
}
