package day

import (
	"regexp"
	"strings"
	"testing"

	"wholechart/internal/pagetest"
)

// TestMyDayShowsWhatIsFree: between the visits of who works by recorded hours, from
// now on, with who waits and could have it; nothing where hours are only assumed.
func TestMyDayShowsWhatIsFree(t *testing.T) {
	n := start(t)
	appt := func(id, from, to, status string) string {
		return `{"resourceType":"Appointment","id":"` + id + `","status":"` + status + `","start":"2026-11-24T` + from + `:00-05:00","end":"2026-11-24T` + to + `:00-05:00","participant":[{"actor":{"reference":"Patient/rosa-delgado"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"}]}`
	}
	hours := func(days string) string {
		return `{"resourceType":"PractitionerRole","id":"okonkwo","active":true,"practitioner":{"reference":"Practitioner/okonkwo"},"availableTime":[{"daysOfWeek":[` + days + `],"availableStartTime":"08:00:00","availableEndTime":"12:00:00"}]}`
	}
	free := func(b *pagetest.Browser, path string) (out []string) {
		t.Helper()
		page := b.Open(path)
		for _, m := range regexp.MustCompile(`(?s)<li class="[^"]*at-free"[^>]*>(.*?)</li>`).FindAllStringSubmatch(page, -1) {
			out = append(out, strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], " ")), " "))
		}
		return out
	}
	same := func(what string, got []string, want ...string) {
		t.Helper()
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	doc := n.User(okonkwo)
	n.Write("maple", hours(`"tue"`),
		appt("x1", "08:00", "09:00", "booked"), appt("x2", "09:30", "10:00", "booked"), appt("x3", "10:05", "11:00", "booked"), appt("x4", "11:20", "11:40", "noshow"), appt("x5", "11:00", "11:20", "cancelled"),
		`{"resourceType":"Appointment","id":"w1","status":"waitlist","minutesDuration":20,"created":"2026-11-01T09:00:00-05:00","participant":[{"actor":{"reference":"Patient/mei-tanaka"},"status":"accepted"}]}`,
		`{"resourceType":"Appointment","id":"w2","status":"waitlist","minutesDuration":50,"created":"2026-11-01T09:00:00-05:00","participant":[{"actor":{"reference":"Patient/daniel-kim"},"status":"accepted"}]}`)
	same("a day to come", free(doc, "/maple/day?date=2026-11-24"), "09:00 free 30 min · 1 on the wait list Book", "11:00 free 60 min · 2 on the wait list Book")
	page := doc.Open("/maple/day?date=2026-11-24")
	if !strings.Contains(page, "3 visits · next free") || !strings.Contains(page, "next free 09:00") {
		t.Error("the day is not summed up")
	}
	if !strings.Contains(page, `href="/maple/schedule?at=09%3A00&amp;date=2026-11-24&amp;for=Practitioner%2Fokonkwo"`) {
		t.Error("what is free cannot be booked")
	}
	same("a day off", free(doc, "/maple/day?date=2026-11-25"))
	same("a day that is over", free(doc, "/maple/day?date=2026-11-17"))
	same("who sees everybody", free(n.User(reyes), "/maple/day?date=2026-11-24"))
	// Away: nothing is free.
	n.Write("maple", strings.Replace(hours(`"tue"`), `"availableTime"`, `"notAvailable":[{"description":"course","during":{"start":"2026-11-24","end":"2026-11-24"}}],"availableTime"`, 1))
	same("away", free(doc, "/maple/day?date=2026-11-24"))
	// Hours that nobody recorded are not free time.
	n.Write("maple", `{"resourceType":"PractitionerRole","id":"okonkwo","active":true,"practitioner":{"reference":"Practitioner/okonkwo"}}`)
	same("assumed hours", free(doc, "/maple/day?date=2026-11-24"))
}

// TestMyDaySaysWhoConfirmed: of the time that the appointment has now.
func TestMyDaySaysWhoConfirmed(t *testing.T) {
	n := start(t)
	appt := func(id, patient, at string) string {
		return `{"resourceType":"Appointment","id":"` + id + `","status":"booked","start":"2026-11-24T` + at + `:00-05:00","end":"2026-11-24T` + at[:3] + `50:00-05:00","participant":[{"actor":{"reference":"Patient/` + patient + `"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"}]}`
	}
	answer := func(id, appointment, at, said string) string {
		return `{"resourceType":"AppointmentResponse","id":"` + id + `","appointment":{"reference":"Appointment/` + appointment + `"},"start":"2026-11-24T` + at + `:00-05:00","actor":{"reference":"Patient/rosa-delgado"},"participantStatus":"` + said + `"}`
	}
	n.Write("maple", appt("yes", "rosa-delgado", "09:00"), appt("moved", "mei-tanaka", "10:00"), appt("silent", "daniel-kim", "11:00"))
	n.Write("maple", answer("r1", "yes", "09:00", "accepted"), answer("r2", "moved", "08:00", "accepted"))
	page := n.User(okonkwo).Open("/maple/day?date=2026-11-24")
	for id, want := range map[string]string{"yes": "confirmed", "moved": "booked", "silent": "booked"} {
		m := regexp.MustCompile(`(?s)<li [^>]*id="v-` + id + `".*?</li>`).FindString(page)
		if !strings.Contains(m, want) || want == "booked" && strings.Contains(m, "confirmed") {
			t.Errorf("%s is not %s: %s", id, want, m)
		}
	}
}
