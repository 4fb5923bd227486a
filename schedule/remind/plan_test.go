package remind

import (
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/schedule"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestQuietHours(t *testing.T) {
	z := zone(t, "America/New_York")
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, z)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	night := Quiet{From: 20 * 60, To: 8 * 60, Days: [7]bool{time.Sunday: true}, Holidays: []string{"2026-11-26"}}
	for _, c := range []struct {
		q             Quiet
		moment, start string
		want          string
	}{
		{night, "2026-11-24 10:00", "2026-11-24 13:00", "2026-11-24 10:00"}, // open: it stays
		{night, "2026-11-24 07:00", "2026-11-24 10:00", "2026-11-24 08:00"}, // later, with two hours left
		{night, "2026-11-24 04:30", "2026-11-24 07:30", "2026-11-23 19:59"}, // later is too late: the evening before
		{night, "2026-11-24 06:00", "2026-11-24 09:00", "2026-11-24 08:00"}, // exactly an hour left
		{night, "2026-11-24 05:59", "2026-11-24 08:59", "2026-11-23 19:59"}, // a minute less
		{night, "2026-11-26 10:00", "2026-11-26 13:00", "2026-11-25 19:59"}, // a holiday: the evening before
		{night, "2026-11-26 10:00", "2026-11-29 10:00", "2026-11-27 08:00"}, // a holiday, with days left
		{night, "2026-11-22 12:00", "2026-11-25 12:00", "2026-11-22 12:00"}, // Sunday keeps recalls only
		{Quiet{From: 12 * 60, To: 14 * 60}, "2026-11-24 13:00", "2026-11-24 16:00", "2026-11-24 14:00"},
		{Quiet{}, "2026-11-24 03:00", "2026-11-24 06:00", "2026-11-24 03:00"},
		// Clocks go back on 1 November 2026 at 2:00 and forward on 8 March 2026 at 2:00.
		{Quiet{From: 0, To: 2 * 60}, "2026-11-01 01:30", "2026-11-01 09:00", "2026-11-01 02:00"},
		{Quiet{From: 22 * 60, To: 2*60 + 30}, "2026-03-08 01:00", "2026-03-08 09:00", "2026-03-08 03:00"}, // 2:30 is skipped
	} {
		got, ok := c.q.For(at(c.moment), at(c.start), z)
		if !ok || !got.Equal(at(c.want)) {
			t.Errorf("%v: %s before %s goes at %s, want %s", c.q, c.moment, c.start, got.In(z).Format("2006-01-02 15:04 MST"), c.want)
		}
	}
	if got, _ := night.After(at("2026-11-21 21:00"), true, z); !got.Equal(at("2026-11-23 08:00")) {
		t.Errorf("a recall on Saturday evening goes %s: Sunday is quiet", got.In(z))
	}
	if _, ok := (Quiet{Days: [7]bool{true, true, true, true, true, true, true}}).After(at("2026-11-21 21:00"), true, z); ok {
		t.Error("a week without a day")
	}
}

// Quiet is the reader's night, not the practice's; and it is quiet on each side of
// midnight and of a change of clocks, whichever of the two zones changes.
func TestQuietIsTheReaders(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	for id, zone := range map[string]string{"west": "America/Los_Angeles", "east": "America/New_York", "far": "Asia/Tokyo", "still": "America/Phoenix"} {
		h.write(`{"resourceType":"Patient","id":"` + id + `","active":true,"telecom":[{"system":"email","value":"` + id + `@example.org"}],"extension":[{"url":"` + TimezoneURL + `","valueCode":"` + zone + `"}]}`)
	}
	start := time.Date(2027, 3, 15, 9, 0, 0, 0, h.zone) // the day after clocks went forward in New York and Los Angeles
	h.now = start.AddDate(0, 0, -10)
	for i, id := range []string{"west", "east", "far", "still"} {
		h.book(id, start.Add(time.Duration(i)*time.Hour))
	}
	h.tick(s)
	for minute := h.now; minute.Before(start.Add(4 * time.Hour)); minute = minute.Add(30 * time.Minute) {
		h.now = minute
		h.tick(s)
	}
	zones := map[string]string{"west@example.org": "America/Los_Angeles", "east@example.org": "America/New_York", "far@example.org": "Asia/Tokyo", "still@example.org": "America/Phoenix"}
	if len(h.mail.taken) < 6 {
		t.Errorf("%d mails", len(h.mail.taken))
	}
	for _, m := range h.mail.taken {
		to := strings.Trim(m.Header.Get("To"), "<>")
		at, err := m.Header.Date()
		if err != nil {
			t.Fatal(err)
		}
		if there := at.In(zone(t, zones[to])); there.Hour() < 8 || there.Hour() >= 20 {
			t.Errorf("%s is written to at %s", to, there)
		}
	}
}

// Days count as clocks do: three days before ten o'clock is ten o'clock, though
// an hour more or less has passed.
func TestStepsAcrossClockChanges(t *testing.T) {
	z := zone(t, "America/New_York")
	for _, c := range []struct {
		step        Step
		start, want time.Time
	}{
		{Step{Days: 3}, time.Date(2026, 11, 3, 10, 0, 0, 0, z), time.Date(2026, 10, 31, 10, 0, 0, 0, z)},
		{Step{Days: 1}, time.Date(2026, 3, 9, 2, 30, 0, 0, z), time.Date(2026, 3, 8, 3, 0, 0, 0, z)},
		{Step{Minutes: 180}, time.Date(2026, 11, 1, 3, 0, 0, 0, z), time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)},
	} {
		if got := c.step.At(c.start, z); !got.Equal(c.want) {
			t.Errorf("%v before %v: %v, want %v", c.step, c.start, got.In(z), c.want)
		}
	}
	for text, want := range map[string]Step{"3 days": {Days: 3}, "3h": {Minutes: 180}, "45 min": {Minutes: 45}, "1 day": {Days: 1}} {
		got, err := ParseStep(text)
		if err != nil || got != want {
			t.Errorf("%q: %v %v", text, got, err)
		}
		if again, err := ParseStep(got.String()); err != nil || again != got {
			t.Errorf("%v is written %q", got, got.String())
		}
	}
	for _, bad := range []string{"", "3", "days", "-1 day", "3 weeks", "99999 min", "10 min", "0 days"} {
		if s, err := ParseStep(bad); err == nil {
			t.Errorf("%q: %v", bad, s)
		}
	}
}

func patient(t testing.TB, text string) Person {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return PersonOf(d.Root(), zone(t, "America/New_York"), time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC))
}

func TestWhoIsReachedHow(t *testing.T) {
	all := Means{Email: true, Text: true, Letter: true, Portal: true}
	const open = `{"resourceType":"Patient","id":"p","active":true`
	const phone = `,"telecom":[{"system":"phone","use":"home","value":"614-555-0100"},{"system":"phone","use":"mobile","value":"(614) 555-0162","rank":2},{"system":"phone","use":"mobile","value":"+52 55 1234 5678","rank":1},{"system":"email","value":"rosa@example.org"}]`
	const agreed = `,"extension":[{"url":"` + schedule.ConsentURL + `","valueBoolean":true}`
	for _, c := range []struct {
		name, text string
		lead       time.Duration
		want       string
	}{
		{"nothing recorded", open + `}`, 0, ""},
		{"no consent to text", open + phone + `}`, 0, "email"},
		{"consent", open + phone + agreed + `]}`, 0, "sms email"},
		{"prefers e-mail", open + phone + agreed + `,{"url":"` + schedule.ChannelURL + `","valueCode":"email"}]}`, 0, "email sms"},
		{"portal is for who wants it", open + agreed + `,{"url":"` + schedule.ChannelURL + `","valueCode":"portal"}]}`, 0, "portal"},
		{"a letter takes days", open + `,"address":[{"line":["4 Elm St"],"city":"Columbus","state":"OH","postalCode":"43215"}]}`, 3 * time.Hour, ""},
		{"a letter", open + `,"address":[{"use":"old","line":["1 Oak St"],"city":"X"},{"line":["4 Elm St"],"city":"Columbus"}]}`, 0, "letter"},
		{"old addresses are none", open + `,"telecom":[{"system":"email","use":"old","value":"a@example.org"},{"system":"email","value":"b@example.org","period":{"end":"2020-01-01"}}]}`, 0, ""},
		{"a header in an address", open + `,"telecom":[{"system":"email","value":"a@example.org\r\nBcc: b@example.org"}]}`, 0, ""},
	} {
		var got []string
		for _, w := range patient(t, c.text).Ways(all, c.lead) {
			got = append(got, string(w))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %q", c.name, got, c.want)
		}
	}
	if p := patient(t, open+phone+`}`); p.Mobile != "+525512345678" {
		t.Errorf("the first by rank: %q", p.Mobile)
	}
	for text, want := range map[string]string{
		`{"resourceType":"Patient","deceasedDateTime":"2024-01-01"}`:                                             Dead,
		`{"resourceType":"Patient","deceasedBoolean":true}`:                                                      Dead,
		`{"resourceType":"Patient","active":false}`:                                                              Inactive,
		`{"resourceType":"Patient","link":[{"type":"replaced-by","other":{"reference":"Patient/q"}}]}`:           Replaced,
		`{"resourceType":"Patient","extension":[{"url":"` + DoNotContactURL + `","valueBoolean":true}]}`:         DoNotContact,
		`{"resourceType":"Patient","deceasedBoolean":false,"communication":[{"language":{"text":"their own"}}]}`: "",
	} {
		if p := patient(t, text); p.Out != want {
			t.Errorf("%s: %q", text, p.Out)
		}
	}
	p := patient(t, `{"resourceType":"Patient","communication":[{"language":{"coding":[{"code":"en"}]}},{"language":{"coding":[{"code":"es-MX"}]},"preferred":true}],"extension":[{"url":"`+TimezoneURL+`","valueCode":"America/Los_Angeles"}]}`)
	if p.Lang != "es" || p.Zone.String() != "America/Los_Angeles" {
		t.Errorf("%q %v", p.Lang, p.Zone)
	}
}

func TestPlanVisit(t *testing.T) {
	z := zone(t, "America/New_York")
	now := time.Date(2026, 11, 16, 10, 0, 0, 0, z)
	p := Person{ID: "p", Zone: z, Email: "a@example.org"}
	m := Means{Email: true}
	appt := schedule.Appointment{ID: "a", Status: "booked", Span: schedule.Span{From: time.Date(2026, 11, 23, 10, 0, 0, 0, z)}, Patient: schedule.Party{Ref: "Patient/p"}}
	first := PlanVisit(appt, now, p, Usual(), m, nil, z, now)
	if len(first) != 2 || !first[0].When.Equal(time.Date(2026, 11, 20, 10, 0, 0, 0, z)) || !first[1].When.Equal(time.Date(2026, 11, 23, 8, 0, 0, 0, z)) {
		t.Fatalf("%+v", first)
	}
	have := kept(first)
	if again := PlanVisit(appt, now, p, Usual(), m, have, z, now.Add(time.Hour)); len(again) != 0 {
		t.Errorf("planned twice: %+v", again)
	}
	moved := appt
	moved.From = appt.From.AddDate(0, 0, 1)
	change := PlanVisit(moved, now, p, Usual(), m, have, z, now)
	revoked, made := 0, 0
	for _, q := range change {
		switch {
		case q.Status == "revoked" && q.Why == GoneOff && q.Version != "":
			revoked++
		case q.Status == "active" && q.Version == "":
			made++
		}
	}
	if revoked != 2 || made != 2 {
		t.Errorf("moved: %d revoked, %d made", revoked, made)
	}
	for i := range have {
		have[i].Status, have[i].Why = "revoked", GoneOff
	}
	if back := PlanVisit(appt, now, p, Usual(), m, have, z, now); len(back) != 2 || back[0].Version == "" || back[0].Status != "active" {
		t.Errorf("moved back: %+v", back)
	}
	// Booked the day before: what should have gone three days before does not go.
	late := time.Date(2026, 11, 22, 15, 0, 0, 0, z)
	if got := PlanVisit(appt, late, p, Usual(), m, nil, z, late); len(got) != 1 || got[0].Step != "180m" {
		t.Errorf("booked late: %+v", got)
	}
	// The server slept over the first step: it is sent when it wakes.
	if got := PlanVisit(appt, now, p, Usual(), m, nil, z, time.Date(2026, 11, 21, 10, 0, 0, 0, z)); len(got) != 2 {
		t.Errorf("after a night: %+v", got)
	}
	past := appt
	past.From = now.AddDate(-1, 0, 0)
	if got := PlanVisit(past, now, p, Usual(), m, nil, z, now); len(got) != 0 {
		t.Errorf("of an imported past: %+v", got)
	}
	dead := p
	dead.Out = Dead
	if got := PlanVisit(appt, now, dead, Usual(), m, kept(first), z, now); len(got) != 2 || got[0].Why != Dead || got[0].Status != "revoked" {
		t.Errorf("died: %+v", got)
	}
	if got := PlanVisit(appt, now, Person{ID: "p", Zone: z}, Usual(), m, nil, z, now); len(got) != 1 || got[0].Status != "on-hold" || got[0].Why != NoWay {
		t.Errorf("not to be reached: %+v", got)
	}
	rules := Usual()
	rules.Visits = append(rules.Visits, VisitRule{ID: "silent", Types: []string{"acute"}}, VisitRule{ID: "long", Types: []string{"procedure"}, Steps: []Step{{Days: 7}, {Days: 1}}})
	silent := appt
	silent.Type.Code = "acute"
	if got := PlanVisit(silent, now, p, rules, m, nil, z, now); len(got) != 0 {
		t.Errorf("a type without reminders: %+v", got)
	}
}

// kept are planned requests as they stand in the record.
func kept(of Changes) []Request {
	out := make([]Request, len(of))
	for i, q := range of {
		q.Version = "1"
		out[i] = q
	}
	return out
}

func TestPlanRecall(t *testing.T) {
	z := zone(t, "America/New_York")
	now := time.Date(2026, 11, 16, 10, 0, 0, 0, z)
	p, m, r := Person{ID: "p", Zone: z, Email: "a@example.org"}, Means{Email: true}, Usual()
	rule := r.Recalls[0]
	due := []DueItem{{ID: "mammogram", Since: now.AddDate(0, -2, 0)}}
	var have []Request
	step := func(at time.Time, due []DueItem, booked bool) Changes {
		out := PlanRecall(rule, due, booked, p, r, m, have, at)
		for _, q := range out {
			q.Version = "1"
			if old := byID(have, q.ID); old != nil {
				*old = q
			} else {
				have = append(have, q)
			}
		}
		return out
	}
	sent := func() { have[len(have)-1].Status = "completed" }
	if got := step(now, due, false); len(got) != 1 || got[0].Status != "draft" || got[0].No != 1 {
		t.Fatalf("%+v", got)
	}
	if got := step(now, due, false); len(got) != 0 {
		t.Errorf("twice: %+v", got)
	}
	sent()
	if got := step(now.AddDate(0, 0, 1), due, false); len(got) != 1 || got[0].Status != "active" || got[0].No != 2 || got[0].When.Before(now.AddDate(0, 0, 30)) {
		t.Errorf("the second: %+v", got)
	}
	if got := step(now.AddDate(0, 0, 2), due, true); len(got) != 1 || got[0].Why != BookedNow {
		t.Errorf("booked: %+v", got)
	}
	if got := step(now.AddDate(0, 0, 40), due, false); len(got) != 1 || got[0].No != 2 || got[0].Version != "1" {
		t.Errorf("not booked any more, the second again: %+v", got)
	}
	sent()
	step(now.AddDate(0, 0, 80), due, false)
	sent()
	if got := step(now.AddDate(0, 0, 150), due, false); len(got) != 0 {
		t.Errorf("a fourth: %+v", got)
	}
	if got := step(now.AddDate(0, 0, 200), append(due, DueItem{ID: "colon", Since: now.AddDate(0, 0, 190)}), false); len(got) != 1 || got[0].Series != 2 || got[0].No != 1 {
		t.Errorf("something new is due: %+v", got)
	}
	if got := step(now.AddDate(0, 0, 201), nil, false); len(got) != 1 || got[0].Why != NotDue {
		t.Errorf("done: %+v", got)
	}
	have = []Request{{ID: "x", Status: "revoked", Why: Stopped, Kind: Recall, Rule: rule.ID, Series: 1, No: 1, When: now}}
	if got := step(now.AddDate(0, 1, 0), due, false); len(got) != 0 {
		t.Errorf("stopped by the practice: %+v", got)
	}
	if got := step(now.AddDate(1, 1, 0), due, false); len(got) != 1 || got[0].Series != 2 {
		t.Errorf("a year after it was stopped: %+v", got)
	}
}

func TestWords(t *testing.T) {
	z := zone(t, "America/New_York")
	start := time.Date(2026, 11, 23, 14, 5, 0, 0, z)
	q := Request{Kind: Reminder}
	r := Usual()
	subject, text, _ := write(q, Person{Zone: z}, r, "Maple Street", start, z, "Dr Okonkwo", "Diabetes check", true)
	if subject != "Your appointment at Maple Street" || !strings.Contains(text, "Monday 23 November 2026 at 2:05 pm") || !strings.Contains(text, "{link}") {
		t.Errorf("%q %q", subject, text)
	}
	for _, not := range []string{"Okonkwo", "Diabetes", "Questions"} {
		if strings.Contains(text, not) {
			t.Errorf("it says %s: %q", not, text)
		}
	}
	_, text, lang := write(q, Person{Zone: z, Lang: "es", Detail: true}, r, "Maple Street", start, z, "Dr Okonkwo", "Control", false)
	if lang != "es" || !strings.Contains(text, "lunes 23 de noviembre de 2026 a las 14:05") || !strings.Contains(text, "Dr Okonkwo") || strings.Contains(text, "Confirme") {
		t.Errorf("%q", text)
	}
	_, text, _ = write(q, Person{Zone: zone(t, "America/Los_Angeles")}, r, "Maple Street", start, z, "", "", false)
	if !strings.Contains(text, "2:05 pm EST") {
		t.Errorf("a reader in another zone: %q", text)
	}
	if _, text, lang = write(Request{Kind: Recall, Rule: "diabetes", Label: "Checkup"}, Person{Lang: "so"}, r, "Maple Street", time.Time{}, z, "x", "y", true); lang != "en" || strings.Contains(text, "iabetes") {
		t.Errorf("%q", text)
	}
	for _, bad := range []Set{{}, {"a\nb", "x", "x", "x", "x"}, {"a", "{name}", "x", "x", "x"}, {"a", "{site", "x", "x", "x"}} {
		if bad.check() == nil {
			t.Errorf("%+v", bad)
		}
	}
	for l, s := range words {
		if err := s.check(); err != nil {
			t.Errorf("%s: %v", l, err)
		}
	}
}

func TestRulesAreKept(t *testing.T) {
	r := Usual()
	n, err := r.Resource()
	if err != nil {
		t.Fatal(err)
	}
	got, err := RulesOf(n)
	if err != nil || len(got.Visits) != 1 || len(got.Recalls) != 2 || got.Quiet.From != r.Quiet.From || got.Visits[0].Steps[1] != r.Visits[0].Steps[1] {
		t.Errorf("%+v %v", got, err)
	}
	if r.For("mammogram") != "checkup" || r.For(SeeAgain) != SeeAgain {
		t.Error("which rule calls for what")
	}
}
