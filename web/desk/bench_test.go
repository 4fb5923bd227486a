package desk

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web/clinic"
)

// busy is a practice of eight providers with two thousand patients and a year
// of appointments, twenty a provider and day.
func busy(tb testing.TB) *pagetest.Browser {
	n := pagetest.New(tb, []string{"maple"}, nil)
	var acts []record.Act
	put := func(text string) {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			tb.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	flush := func() {
		if _, err := n.System("maple").Transact(tb.Context(), acts); err != nil {
			tb.Fatal(err)
		}
		acts = nil
	}
	for i := range 8 {
		put(fmt.Sprintf(`{"resourceType":"Practitioner","id":"d%d","active":true,"name":[{"text":"Doctor %d"}]}`, i, i))
		put(fmt.Sprintf(`{"resourceType":"PractitionerRole","id":"d%d","active":true,"practitioner":{"reference":"Practitioner/d%d"},"availableTime":[{"daysOfWeek":["mon","tue","wed","thu","fri"],"availableStartTime":"08:00:00","availableEndTime":"17:00:00"}]}`, i, i))
		put(fmt.Sprintf(rooms, i, i))
	}
	for i := range 2000 {
		put(fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","name":[{"family":"Family%d","given":["Given"]}],"birthDate":"1970-01-01","gender":"female"}`, i, i))
	}
	flush()
	zone, _ := time.LoadLocation("America/New_York")
	for day := range 250 {
		for doctor := range 8 {
			for i := range 20 {
				at := time.Date(2026, 3, 1+day*14/10, 8, i*20, 0, 0, zone)
				put(fmt.Sprintf(`{"resourceType":"Appointment","id":"a%d-%d-%d","status":"booked","start":%q,"end":%q,"participant":[{"actor":{"reference":"Patient/p%d"},"status":"accepted"},{"actor":{"reference":"Practitioner/d%d"},"status":"accepted"},{"actor":{"reference":"Location/room-%d"},"status":"accepted"}]}`,
					day, doctor, i, at.Format(time.RFC3339), at.Add(20*time.Minute).Format(time.RFC3339), (day*160+doctor*20+i)%2000, doctor, doctor))
			}
		}
		if day%25 == 24 {
			flush()
		}
	}
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Now: n.Clock})
	if err != nil {
		tb.Fatal(err)
	}
	Register(p.Door)
	n.Serve(p)
	return n.User(hughes)
}

// The bar is 50 ms a page.
func BenchmarkPages(b *testing.B) {
	desk := busy(b)
	for _, x := range []struct{ name, path string }{{"day", "/maple/schedule?date=2026-11-23"}, {"week", "/maple/schedule?view=week&with=Practitioner/d1&date=2026-11-23"}, {"list", "/maple/schedule/list?date=2026-11-23"}, {"waitlist", "/maple/waitlist"}} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				if res, _ := desk.Get(x.path); res.StatusCode != 200 {
					b.Fatal(res.StatusCode)
				}
			}
		})
	}
	b.Run("taken", func(b *testing.B) {
		for b.Loop() {
			desk.Post("/maple/schedule/book", url.Values{"patient": {"p1"}, "type": {"follow-up"}, "with": {"Practitioner/d1"}, "date": {"2026-11-23"}, "time": {"09:00"}})
		}
	})
	b.Run("book", func(b *testing.B) {
		i := 0
		for b.Loop() {
			at := time.Date(2027, 6, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i/8*20) * time.Minute)
			desk.Post("/maple/schedule/book", url.Values{"patient": {fmt.Sprintf("p%d", i%2000)}, "type": {"telephone"}, "with": {fmt.Sprintf("Practitioner/d%d", i%8)}, "date": {at.Format(time.DateOnly)}, "time": {at.Format("15:04")}, "outside": {"yes"}})
			i++
		}
	})
}
