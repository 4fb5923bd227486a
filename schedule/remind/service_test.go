package remind

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/store"
)

// house is a practice with a doctor and three patients, in a real store, with a
// clock that is set by hand.
type house struct {
	t       testing.TB
	dir     string
	records *record.Records
	zone    *time.Location
	now     time.Time
	site    *record.Site
	mail    *mailSink
	texts   *textSink
	store   *store.Store
}

// monday is half past seven in the morning in Columbus.
var monday = time.Date(2026, 11, 16, 12, 30, 0, 0, time.UTC)

func open2(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, zone: zone(t, "America/New_York"), now: monday, dir: t.TempDir()}
	h.up()
	t.Cleanup(h.close)
	agreed := `{"url":"` + schedule.ConsentURL + `","valueBoolean":true}`
	h.write(
		`{"resourceType":"Practitioner","id":"okonkwo","active":true,"name":[{"text":"Lena Okonkwo, MD","family":"Okonkwo"}]}`,
		`{"resourceType":"Patient","id":"mail","active":true,"name":[{"family":"Delgado","given":["Rosa"]}],"telecom":[{"system":"email","value":"rosa@example.org"}],"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"es"}]},"preferred":true}]}`,
		`{"resourceType":"Patient","id":"text","active":true,"name":[{"family":"Nowak","given":["Walter"]}],"telecom":[{"system":"phone","use":"mobile","value":"614-555-0162"}],"extension":[`+agreed+`]}`,
		`{"resourceType":"Patient","id":"post","active":true,"name":[{"family":"Kim","given":["Daniel"]}],"address":[{"line":["4 Elm St"],"city":"Columbus","state":"OH","postalCode":"43215"}]}`,
		`{"resourceType":"Patient","id":"portal","active":true,"name":[{"family":"Tanaka"}],"extension":[{"url":"`+schedule.ChannelURL+`","valueCode":"portal"}]}`,
		`{"resourceType":"Patient","id":"nobody","active":true,"name":[{"family":"Silent"}]}`,
	)
	return h
}

func (h *house) up() {
	h.t.Helper()
	st, err := store.Open(context.Background(), store.Options{Path: filepath.Join(h.dir, "n.db")})
	if err != nil {
		h.t.Fatal(err)
	}
	if h.records, err = record.New(context.Background(), st, record.Options{Now: func() time.Time { return h.now }}); err != nil {
		h.t.Fatal(err)
	}
	h.store = st
	if h.site, err = h.records.PutSite(context.Background(), record.Site{Slug: "maple", Name: "Maple Street", State: "OH", Zone: "America/New_York", Local: true}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) close() {
	if h.store != nil {
		h.records.Close()
		h.store.Close()
		h.store = nil
	}
}

// check is what the store's own check finds.
func (h *house) check() []string {
	found, err := h.store.Check(context.Background())
	if err != nil {
		h.t.Error(err)
	}
	var out []string
	for _, p := range found {
		out = append(out, fmt.Sprint(p))
	}
	return out
}

func (h *house) system() record.Session {
	return h.records.As(access.Actor{Kind: access.System, ID: "test", Site: "maple"}, access.EMR)
}

func (h *house) write(texts ...string) {
	h.t.Helper()
	var acts []record.Act
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			h.t.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	if _, err := h.system().Transact(context.Background(), acts); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) service(change ...func(*Config)) *Service {
	h.t.Helper()
	if h.mail == nil {
		h.mail, h.texts = newMailSink(h.t), newTextSink(h.t)
	}
	c := Config{Records: h.records, Mail: h.mail.smtp(), Texts: h.texts.gateway(false), Letters: true, Portal: true, Keys: Keys{{ID: 1, Secret: [32]byte{7}}}, Base: "https://records.example", Clock: func() time.Time { return h.now }, Pause: 1}
	for _, f := range change {
		f(&c)
	}
	s, err := New(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *house) tick(s *Service) {
	h.t.Helper()
	if err := s.Tick(context.Background(), h.site); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) desk() schedule.Desk {
	return schedule.Desk{Session: h.records.As(access.Actor{Kind: access.User, ID: "hughes", Site: "maple", Role: access.FrontDesk, Purpose: access.Operations}, access.EMR), Zone: h.zone, Now: h.now}
}

func (h *house) book(patient string, at time.Time) schedule.Appointment {
	h.t.Helper()
	a, err := h.desk().Book(context.Background(), schedule.Booking{Patient: schedule.Party{Ref: "Patient/" + patient}, Practitioner: schedule.Party{Ref: "Practitioner/okonkwo", Name: "Lena Okonkwo, MD"},
		Type: schedule.VisitType{Code: schedule.Code{System: schedule.TypeSystem, Code: "follow-up", Display: "Follow-up"}, Minutes: 20}, Start: at, Outside: true, Reason: "diabetes"})
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) requests() map[string]int {
	found, err := find(context.Background(), h.system(), "CommunicationRequest", url.Values{})
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]int{}
	for _, q := range requests(found) {
		out[q.Status]++
	}
	return out
}

func (h *house) messages(patient string) []Message {
	found, err := find(context.Background(), h.system(), "Communication", url.Values{"patient": {patient}})
	if err != nil {
		h.t.Fatal(err)
	}
	return messages(found)
}

func TestAnAppointmentIsRemindedOf(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	for i, p := range []string{"mail", "text", "post", "portal", "nobody"} {
		h.book(p, time.Date(2026, 11, 23, 10+i, 0, 0, 0, h.zone))
	}
	h.tick(s)
	if n := h.requests(); n["active"] != 7 || n["on-hold"] != 1 { // a letter goes three days before, not three hours
		t.Errorf("planned: %v", n)
	}
	h.now = time.Date(2026, 11, 20, 15, 0, 0, 0, h.zone)
	h.tick(s)
	h.tick(s)
	if got := h.mail.subjects(); len(got) != 1 || got[0] != "Su cita en Maple Street" {
		t.Errorf("mail: %q", got)
	}
	if !strings.Contains(h.mail.texts[0], "lunes 23 de noviembre de 2026 a las 10:00") || !strings.Contains(h.mail.texts[0], "https://records.example/maple/r/") || strings.Contains(h.mail.texts[0], "iabetes") || strings.Contains(h.mail.texts[0], "Rosa") {
		t.Errorf("%s", h.mail.texts[0])
	}
	if h.texts.count() != 1 {
		t.Errorf("texts: %v", h.texts.texts)
	}
	if m := h.messages("portal"); len(m) != 1 || m[0].Status != "completed" {
		t.Errorf("portal: %+v", m)
	}
	if m := h.messages("post"); len(m) != 1 || m[0].Status != "preparation" || strings.Contains(m[0].Text, "link") {
		t.Errorf("letter: %+v", m)
	}
	if m := h.messages("mail"); len(m) != 1 || m[0].Status != "completed" || m[0].To != "rosa@example.org" || m[0].Sent.IsZero() || strings.Contains(m[0].Text, "/r/") {
		t.Errorf("what was sent: %+v", m)
	}
	h.now = time.Date(2026, 11, 23, 9, 0, 0, 0, h.zone)
	h.tick(s)
	if len(h.mail.counted()) != 2 || h.texts.count() != 2 {
		t.Errorf("in the end %v, %d texts", h.mail.counted(), h.texts.count())
	}
}

func TestMovedAndCancelled(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	a := h.book("mail", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	b := h.book("text", time.Date(2026, 11, 23, 11, 0, 0, 0, h.zone))
	h.tick(s)
	if _, err := h.desk().Move(t.Context(), a.ID, "", schedule.Booking{Start: time.Date(2026, 11, 30, 10, 0, 0, 0, h.zone), Outside: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk().Change(t.Context(), b.ID, "", schedule.Cancel("ill")); err != nil {
		t.Fatal(err)
	}
	// No tick between the change and the moment: the sender looks again itself.
	h.now = time.Date(2026, 11, 23, 8, 30, 0, 0, h.zone)
	h.tick(s)
	if n := h.requests(); n["revoked"] != 4 || n["active"] != 2 || len(h.mail.taken) != 0 || h.texts.count() != 0 {
		t.Errorf("%v, %d mails", n, len(h.mail.taken))
	}
	h.now = time.Date(2026, 11, 30, 8, 30, 0, 0, h.zone)
	h.tick(s)
	if len(h.mail.taken) != 1 { // both are due: the later one is enough
		t.Errorf("%d mails", len(h.mail.taken))
	}
}

func TestAnImportSendsNothing(t *testing.T) {
	h := open2(t)
	appt := func(id string, at time.Time) string {
		return fmt.Sprintf(`{"resourceType":"Appointment","id":"%s","status":"booked","start":"%s","end":"%s","participant":[{"actor":{"reference":"Patient/mail"},"status":"accepted"}]}`, id, at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339))
	}
	for i := range 30 {
		h.write(appt(fmt.Sprintf("past-%d", i), h.now.AddDate(0, 0, -i-1)))
	}
	h.write(appt("soon", h.now.Add(5*time.Hour)), appt("later", h.now.AddDate(0, 0, 20)))
	s := h.service()
	h.tick(s)
	h.tick(s)
	if len(h.mail.taken) != 0 {
		t.Errorf("%d mails", len(h.mail.taken))
	}
	if n := h.requests(); n["active"] != 3 { // soon's last step, and both of later's
		t.Errorf("%v", n)
	}
	h.write(appt("past-0", h.now.AddDate(0, 0, -9))) // changed in the past
	h.tick(s)
	if n := h.requests(); n["active"] != 3 {
		t.Errorf("%v", n)
	}
}

func TestRetriesEndAtTheDesk(t *testing.T) {
	h := open2(t)
	s := h.service(func(c *Config) { c.Attempts = 3 })
	h.tick(s)
	h.book("mail", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	h.book("text", time.Date(2026, 11, 23, 11, 0, 0, 0, h.zone))
	h.tick(s)
	h.mail.trouble = func(string) (string, bool) { return "451 4.3.0 later", false }
	h.texts.trouble = func(string) (int, bool) { return http.StatusServiceUnavailable, false }
	h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
	h.tick(s)
	if m := h.messages("mail"); m[0].Status != "preparation" || m[0].Attempts != 1 || !m[0].Next.After(h.now) || m[0].Why != "the mail server refused the message (451 4.3.0)" {
		t.Fatalf("%+v", m)
	}
	h.tick(s) // it is not time yet
	if m := h.messages("mail"); m[0].Attempts != 1 {
		t.Errorf("at once again: %+v", m)
	}
	h.texts.trouble = nil
	for range 2 {
		h.now = h.now.Add(10 * time.Minute)
		h.tick(s)
	}
	if m := h.messages("mail"); m[0].Status != "not-done" || m[0].Attempts != 3 {
		t.Errorf("%+v", m)
	}
	if m := h.messages("text"); m[0].Status != "completed" || m[0].Attempts != 2 || m[0].Receipt != "g-1" {
		t.Errorf("%+v", m)
	}
	tasks, _ := find(t.Context(), h.system(), "Task", url.Values{"status": {"requested"}})
	if len(tasks) != 1 || strings.Contains(string(tasks[0].Body), "rosa@") {
		t.Fatalf("%d tasks", len(tasks))
	}
	// The desk sends again: the same Message-ID.
	found, _ := find(t.Context(), h.system(), "CommunicationRequest", url.Values{"status": {"on-hold"}})
	q := requests(found)[0]
	h.mail.trouble = nil
	if err := SendNow(t.Context(), h.desk().Session, q.ID, q.Version, h.now); err != nil {
		t.Fatal(err)
	}
	h.tick(s)
	if m := h.messages("mail"); m[0].Status != "completed" || h.mail.counted()["<"+m[0].ID+"@maple.example>"] != 1 {
		t.Errorf("%+v %v", m, h.mail.counted())
	}
	if tasks, _ := find(t.Context(), h.system(), "Task", url.Values{"status": {"requested"}}); len(tasks) != 0 {
		t.Error("the desk's task is still open")
	}
	// A wrong address is given up at once.
	h.book("mail", time.Date(2026, 11, 27, 10, 0, 0, 0, h.zone))
	h.tick(s)
	h.mail.rcpt = func(string) string { return "550 5.1.1 <rosa@example.org> unknown" }
	h.now = time.Date(2026, 11, 24, 12, 0, 0, 0, h.zone)
	h.tick(s)
	bad := 0
	for _, m := range h.messages("mail") {
		if m.Status == "not-done" && m.Attempts == 1 && m.Why == "the mail server refused the patient's address (550 5.1.1)" {
			bad++
		}
	}
	if bad != 1 {
		t.Errorf("%+v", h.messages("mail"))
	}
}

// A claim that nobody finished is resolved: the gateway is asked, or gets the same
// key again if it promises to send a key once. If it does neither, the desk decides.
func TestAClaimOfTheDead(t *testing.T) {
	for _, kind := range []string{"asked", "keeps", "neither"} {
		for _, left := range []bool{true, false} {
			h := open2(t)
			gateway := func(c *Config) {
				c.Texts = h.texts.gateway(kind == "asked")
				if kind == "neither" {
					c.Texts.(*Gateway).Keeps = false
				}
			}
			s := h.service(gateway)
			h.tick(s)
			h.book("text", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
			h.tick(s)
			h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
			ctx, cancel := context.WithCancel(t.Context())
			h.texts.trouble = func(string) (int, bool) { cancel(); return 0, left } // the process dies here
			_ = s.Tick(ctx, h.site)
			if m := h.messages("text"); len(m) != 1 || m[0].Status != "in-progress" {
				t.Fatalf("the claim: %+v", m)
			}
			h.texts.trouble = nil
			s = h.service(gateway)
			h.tick(s)
			h.now = h.now.Add(2 * time.Hour)
			h.tick(s)
			m := h.messages("text")[0]
			status, posts := "completed", 1
			switch {
			case kind == "neither" && left:
				status = "unknown"
			case kind == "neither":
				status, posts = "unknown", 0
			case kind == "keeps" && left:
				posts = 2 // repeated, and dropped by its key
			}
			if m.Status != status || h.texts.posts[m.ID] != posts || h.texts.count() > 1 {
				t.Errorf("%s, left %v: %d posts, %+v", kind, left, h.texts.posts[m.ID], m)
			}
			if n := len(h.tasks()); n != map[string]int{"neither": 1}[kind] {
				t.Errorf("%s, left %v: the desk has %d tasks", kind, left, n)
			}
		}
	}
}

func TestRecallsAreReleasedSentAndBooked(t *testing.T) {
	h := open2(t)
	due := true
	s := h.service(func(c *Config) {
		c.Due = ByChart(func(c *chart.Chart, now time.Time) []DueItem {
			if due && c.PatientID == "mail" {
				return []DueItem{{ID: "diabetes-eye", Since: now.AddDate(0, -3, 0)}}
			}
			return nil
		})
	})
	h.write(`{"resourceType":"Appointment","id":"again","status":"proposed","requestedPeriod":[{"start":"2026-11-25T09:00:00-05:00"}],"participant":[{"actor":{"reference":"Patient/text"},"status":"needs-action"}]}`)
	h.tick(s)
	if n := h.requests(); n["draft"] != 2 || len(h.mail.taken) != 0 {
		t.Fatalf("%v", n)
	}
	found, _ := find(t.Context(), h.system(), "CommunicationRequest", url.Values{"status": {"draft"}})
	for _, r := range found {
		if strings.Contains(string(r.Body), "diabetes") {
			t.Errorf("the desk reads the condition: %s", r.Body)
		}
		if err := Release(t.Context(), h.desk().Session, r.ID, r.Version); err != nil {
			t.Fatal(err)
		}
	}
	h.now = h.now.Add(2 * time.Hour)
	h.tick(s)
	if len(h.mail.taken) != 1 || h.texts.count() != 1 || !strings.Contains(h.mail.texts[0], "chequeo") {
		t.Errorf("%d mails, %d texts", len(h.mail.taken), h.texts.count())
	}
	h.now = h.now.AddDate(0, 0, 1)
	a := h.book("mail", h.now.AddDate(0, 0, 40))
	h.tick(s)
	if m := h.messages("mail"); len(m) != 1 || m[0].Booked != a.ID || m[0].Outcome != Booked {
		t.Errorf("booked after a recall: %+v", m)
	}
	h.tick(s)
	due = false
	h.now = h.now.AddDate(0, 0, 60)
	h.tick(s)
	for _, m := range h.messages("mail") {
		if m.Kind == Recall && m.ID != h.messages("mail")[0].ID {
			t.Errorf("after it was done: %+v", m)
		}
	}
}

func TestCapsAndPause(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	for i := range 5 {
		h.book("mail", time.Date(2026, 11, 23, 10+i, 0, 0, 0, h.zone))
	}
	h.tick(s)
	r := Usual()
	r.Paused = true
	n, err := r.Resource()
	if err != nil {
		t.Fatal(err)
	}
	h.write(string(n.Raw()))
	h.now = time.Date(2026, 11, 20, 14, 30, 0, 0, h.zone)
	h.tick(s)
	if len(h.mail.taken) != 0 {
		t.Error("sent while paused")
	}
	r.Paused = false
	n, _ = r.Resource()
	h.write(string(n.Raw()))
	s = h.service()
	h.tick(s)
	h.tick(s)
	if len(h.mail.taken) != 3 {
		t.Errorf("%d messages to one person in a day", len(h.mail.taken))
	}
}

// A service that has nothing to do writes nothing into the log of who looked at what.
func TestIdleIsQuiet(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	h.book("mail", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	h.tick(s)
	h.tick(s)
	count := func() int {
		h.records.Close() // writes what is to be noted
		h.close()
		h.up()
		found, err := h.records.As(access.Actor{Kind: access.User, ID: "privacy", Site: "maple", Role: access.PrivacyOfficer, Purpose: access.Operations}, access.EMR).AccessLog(t.Context(), record.LogQuery{Count: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	count()
	s = h.service()
	h.tick(s)
	h.tick(s)
	before := count()
	s = h.service()
	h.tick(s)
	one := count() - before
	s = h.service()
	for range 20 {
		h.tick(s)
	}
	if many := count() - before - one - 1; many > one {
		t.Errorf("an idle tick notes %d events, twenty note %d", one, many)
	}
}

// Everybody has a turn in a week, whatever day was slept over.
func TestEverybodyHasATurn(t *testing.T) {
	for _, missed := range []int{0, 1, 3, 10} {
		turns := map[string]int{}
		last := record.Seq(20000)
		for day := last + 1 + record.Seq(missed); day <= 20014; day++ {
			x := &sweep{day: day, last: last}
			for i := range 200 {
				if id := fmt.Sprint("p", i); x.turn(id, 7) {
					turns[id]++
				}
			}
			last = day
		}
		if len(turns) != 200 {
			t.Errorf("%d days missed: %d of 200 had a turn", missed, len(turns))
		}
		for id, n := range turns {
			if n > 3 {
				t.Errorf("%s had %d turns in two weeks", id, n)
			}
		}
	}
}

// A patient who was deleted holds up nobody else.
func TestADeletedPatient(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	h.book("mail", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	h.book("text", time.Date(2026, 11, 23, 11, 0, 0, 0, h.zone))
	h.tick(s)
	if _, err := h.system().Transact(t.Context(), []record.Act{{Op: record.Delete, Type: "Patient", ID: "mail"}}); err != nil {
		t.Skip("patients with references are not deleted:", err)
	}
	h.now = time.Date(2026, 11, 20, 15, 0, 0, 0, h.zone)
	if err := s.Tick(t.Context(), h.site); err != nil {
		t.Log(err)
	}
	if len(h.mail.taken) != 0 || h.texts.count() != 1 {
		t.Errorf("%d mails, %d texts", len(h.mail.taken), h.texts.count())
	}
}
