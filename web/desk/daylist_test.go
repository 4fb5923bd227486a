package desk

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web/clinic"
)

// A day of fifteen hundred: everybody is on the page, which stays small, in lists that
// the keyboard goes through; one provider's day can be had alone.
func TestADayOfFifteenHundred(t *testing.T) {
	n := pagetest.New(t, []string{"maple"}, nil)
	var acts []record.Act
	put := func(text string) {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	day := n.Clock().In(zone)
	for i := range 60 {
		put(fmt.Sprintf(`{"resourceType":"Practitioner","id":"d%d","active":true,"name":[{"text":"Doctor Number %d"}]}`, i, i))
		put(fmt.Sprintf(`{"resourceType":"PractitionerRole","id":"d%d","active":true,"practitioner":{"reference":"Practitioner/d%d","display":"Doctor Number %d"}}`, i, i, i))
		put(fmt.Sprintf(rooms, i, i))
		for k := range 25 {
			at := time.Date(day.Year(), day.Month(), day.Day(), 8, 0, 0, 0, zone).Add(time.Duration(k) * 20 * time.Minute)
			put(fmt.Sprintf(`{"resourceType":"Patient","id":"p%d-%d","name":[{"family":"Family%d","given":["Given%d"]}],"birthDate":"1970-01-01","gender":"female"}`, i, k, i, k))
			put(fmt.Sprintf(`{"resourceType":"Appointment","id":"0198f2d4-6680-726d-bff8-%04d%08d","status":%q,"start":%q,"end":%q,"reasonCode":[{"text":"Follow-up of blood pressure"}],"participant":[{"actor":{"reference":"Patient/p%d-%d"},"status":"accepted"},{"actor":{"reference":"Practitioner/d%d"},"status":"accepted"},{"actor":{"reference":"Location/room-%d"},"status":"accepted"}]}`,
				i, k, []string{"booked", "arrived", "fulfilled"}[k%3], at.Format(time.RFC3339), at.Add(20*time.Minute).Format(time.RFC3339), i, k, i, i))
		}
	}
	if _, err := n.System("maple").Transact(t.Context(), acts); err != nil {
		t.Fatal(err)
	}
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p.Door)
	n.Serve(p)
	b := n.User(hughes)
	at := "/maple/schedule/list?date=" + day.Format(time.DateOnly)
	page := b.Open(at)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(page))
	_ = w.Close()
	t.Logf("%d kB, %d kB compressed", len(page)>>10, z.Len()>>10)
	if len(page) > 400<<10 || z.Len() > 60<<10 {
		t.Errorf("%d bytes, %d compressed", len(page), z.Len())
	}
	if got := strings.Count(page, `href="/maple/appointments/`); got != 1500 {
		t.Errorf("%d appointments", got)
	}
	if got := strings.Count(page, "<tbody data-list>"); got != 60 {
		t.Errorf("%d lists", got)
	}
	for _, want := range []string{"1500 appointments with 60 people", `class="d-done"`, `class="d-here"`, "Follow-up of blood pressure", "Room 59", `<option value="Practitioner/d7"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	one := b.Open(at + "&with=Practitioner/d7")
	if strings.Count(one, `href="/maple/appointments/`) != 25 || !strings.Contains(one, "Doctor Number 7") {
		t.Error("one provider's day")
	}
	if strings.Count(b.Open(at+"&with=Practitioner/nobody"), `href="/maple/appointments/`) != 1500 {
		t.Error("nobody's day is not everybody's")
	}
}
