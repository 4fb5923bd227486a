package remind

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"mime"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A real server takes what is sent, and gives it to its reader as it was written.
func TestARealServerDeliversWhatWasWritten(t *testing.T) {
	x := newExim(t)
	const subject = "Su cita en Clínica «Ñandú» — mañana a las 8:00, תור, 予約"
	long := strings.Repeat("una línea muy larga sin final ", 400) + "\n.\n..\nFrom nobody\n\nfin"
	e := Envelope{Key: "msg-rem-1", To: "rosa@example.org", Subject: subject, Text: long, Lang: "es", From: `Clínica "Ñandú", Norte`, When: monday}
	if _, err := x.smtp().Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	m := x.box(1)[0]
	if m.id != "<msg-rem-1@maple.example>" || m.to != "rosa@example.org" {
		t.Errorf("Message-ID %s to %s", m.id, m.to)
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || got != subject {
		t.Errorf("%q %v", got, err)
	}
	if a, err := mail.ParseAddress(m.Header.Get("From")); err != nil || a.Name != e.From || a.Address != "no-reply@maple.example" {
		t.Errorf("%v %v", a, err)
	}
	if got := strings.ReplaceAll(strings.TrimSuffix(m.text, "\r\n"), "\r\n", "\n"); got != long {
		t.Errorf("the text changed: %.200q", got)
	}
	if r := m.Header.Get("Received"); !strings.Contains(r, "TLS1") || !strings.Contains(r, "esmtpsa") {
		t.Errorf("neither TLS nor a password was used: %s", r)
	}

	// What it refuses, and how that is understood.
	for what, c := range map[string]struct {
		change    func(*SMTP, *Envelope)
		why       string
		permanent bool
	}{
		"no such mailbox":    {func(_ *SMTP, e *Envelope) { e.To = "gone@example.org" }, "the mail server refused the patient's address (550 5.1.1)", true},
		"greylisted":         {func(_ *SMTP, e *Envelope) { e.To = "grey@example.org" }, "the mail server refused the patient's address (451 4.7.1)", false},
		"too large":          {func(_ *SMTP, e *Envelope) { e.Text = strings.Repeat("x", 70<<10) }, "the mail server refused the message (552)", true},
		"the wrong password": {func(s *SMTP, _ *Envelope) { s.Password = "guess" }, "the mail server refused the password (535)", false},
		"no password":        {func(s *SMTP, e *Envelope) { s.User, e.To = "", "rosa@elsewhere.example" }, "the mail server refused the patient's address (550 5.7.1)", true},
		"password unwanted":  {func(s *SMTP, _ *Envelope) { s.TLS = "none" }, "the mail server refused the password (503)", false},
		"unknown authority":  {func(s *SMTP, _ *Envelope) { s.Config = nil }, "the mail server's certificate is not trusted", false},
		"its own name":       {func(s *SMTP, _ *Envelope) { s.Config = &tls.Config{RootCAs: x.pool, ServerName: "mx.example.org"} }, "the mail server's certificate is not trusted", false},
	} {
		s, e := x.smtp(), e
		e.Key = "refused"
		c.change(s, &e)
		_, err := s.Send(t.Context(), e)
		f, _ := err.(*Failure)
		if f == nil || f.Why != c.why || f.Permanent != c.permanent {
			t.Errorf("%s: %+v", what, err)
		}
	}
	e.Key, e.To = "msg-grey", "grey@example.org" // the second time it is let in
	if _, err := x.smtp().Send(t.Context(), e); err != nil {
		t.Error(err)
	}
	if got := counted(x.box(2)); len(got) != 2 || got["<refused@maple.example>"] != 0 {
		t.Errorf("%v", got)
	}
}

// The outbox over a real server: what is refused for now is tried again under
// the same Message-ID, what is refused for good goes to the desk at once.
func TestTheOutboxOverARealServer(t *testing.T) {
	x := newExim(t)
	h := open2(t)
	full := filepath.Join(x.dir, "full")
	if err := os.WriteFile(full, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := h.service(func(c *Config) { c.Mail, c.Backoff = x.smtp(), time.Minute })
	h.tick(s)
	for i, name := range []string{"ines", "grey", "full", "gone"} {
		h.write(`{"resourceType":"Patient","id":"` + name + `","active":true,"name":[{"family":"Sepúlveda"}],"telecom":[{"system":"email","value":"` + name + `@example.org"}],"communication":[{"language":{"coding":[{"code":"es"}]}}]}`)
		h.book(name, time.Date(2026, 11, 23, 10+i, 0, 0, 0, h.zone))
	}
	h.tick(s)
	state := func(name string) string {
		m := h.messages(name)
		if len(m) != 1 {
			return fmt.Sprintf("%d messages", len(m))
		}
		return fmt.Sprintf("%s after %d: %s", m[0].Status, m[0].Attempts, m[0].Why)
	}
	want := func(moment string, states map[string]string) {
		t.Helper()
		for name, w := range states {
			if got := state(name); got != w {
				t.Errorf("%s, %s: %s, want %s", moment, name, got, w)
			}
		}
	}
	h.now = time.Date(2026, 11, 20, 14, 0, 0, 0, h.zone)
	h.tick(s)
	want("at first", map[string]string{"ines": "completed after 1: ", "grey": "preparation after 1: the mail server refused the patient's address (451 4.7.1)",
		"full": "preparation after 1: the mail server refused the patient's address (451 4.2.2)", "gone": "not-done after 1: the mail server refused the patient's address (550 5.1.1)"})
	h.now = h.now.Add(2 * time.Minute)
	h.tick(s)
	want("two minutes later", map[string]string{"grey": "completed after 2: ", "full": "preparation after 2: the mail server refused the patient's address (451 4.2.2)"})
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	h.now = h.now.Add(10 * time.Minute)
	h.tick(s)
	want("when there is room", map[string]string{"full": "completed after 3: "})
	got := counted(x.box(3))
	for _, name := range []string{"ines", "grey", "full"} {
		if id := h.messages(name)[0].ID; got["<"+id+"@maple.example>"] != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if len(got) != 3 {
		t.Errorf("%v", got)
	}
	if tasks, _ := find(t.Context(), h.system(), "Task", url.Values{"status": {"requested"}}); len(tasks) != 1 || !strings.Contains(string(tasks[0].Body), "Patient/gone") || strings.Contains(string(tasks[0].Body), "@") {
		t.Errorf("%d tasks", len(tasks))
	}
}

// The process dies after a real server took a message and before it heard so.
// The message is in the mailbox, and nobody knows: it is put before the desk and
// not sent again.
func TestKilledBeforeARealServersAnswer(t *testing.T) {
	x := newExim(t)
	line := newBetween(t, x.addr)
	h := open2(t)
	h.mail, h.texts = newMailSink(t), newTextSink(t)
	direct := func(c *Config) {
		c.Base, c.Mail = "", &SMTP{Addr: x.addr, TLS: "none", From: "no-reply@maple.example"}
	}
	s := h.service(direct)
	h.tick(s)
	loops := kills(t, 2)
	day := time.Date(2026, 12, 1, 9, 0, 0, 0, h.zone)
	sending := day.AddDate(0, 0, -3).Add(5 * time.Hour)
	for loop := range loops {
		h.now = day.AddDate(0, 0, -5)
		id := fmt.Sprintf("k%d", loop)
		h.write(`{"resourceType":"Patient","id":"`+id+`","active":true,"telecom":[{"system":"email","value":"`+id+`@example.org"}]}`,
			fmt.Sprintf(`{"resourceType":"Appointment","id":"%[1]s","status":"booked","start":"%[2]s","end":"%[3]s","participant":[{"actor":{"reference":"Patient/%[1]s"},"status":"accepted"}]}`, id, day.Format(time.RFC3339), day.Add(time.Hour).Format(time.RFC3339)))
		h.close()
		die, dead := make(chan struct{}, 100), make(chan struct{})
		line.on(func() bool { die <- struct{}{}; <-dead; return false }) // the line is open until nobody listens
		h.childUntil(line.Addr().String(), sending.Add(time.Duration(loop)*time.Second), die)
		close(dead)
		h.up()
		if m := h.messages(id); len(m) != 1 || m[0].Status != "in-progress" {
			t.Fatalf("loop %d: the claim: %+v", loop, m)
		}
		line.on(nil)
		h.now = sending.Add(time.Duration(loop)*time.Second + time.Minute)
		s = h.service(direct)
		h.tick(s)
		h.tick(s)
		if m := h.messages(id); m[0].Status != "unknown" || m[0].Attempts != 1 || m[0].Sent.IsZero() || len(h.tasks()) != loop+1 {
			t.Errorf("loop %d: %+v", loop, m[0])
		}
	}
	x.idle()
	got := counted(x.box(loops))
	var all []string
	for loop := range loops {
		all = append(all, fmt.Sprintf("k%d", loop))
		m := h.messages(all[loop])[0]
		if n := got["<"+m.ID+"@maple.example>"]; n != 1 {
			t.Errorf("loop %d: %d times in the mailbox", loop, n)
		}
	}
	if n := h.askPatients(all, got); n != loops || len(h.tasks()) != 0 {
		t.Errorf("the desk asked %d, and has %d tasks", n, len(h.tasks()))
	}
	h.tick(s)
	x.idle()
	if n := len(x.box(loops)); n != loops {
		t.Errorf("%d in the mailbox when the desk was done, of %d", n, loops)
	}
	if len(got) != loops {
		t.Errorf("%d messages of %d", len(got), loops)
	}
	if problems := h.check(); len(problems) > 0 {
		t.Error(problems)
	}
	t.Logf("%d kills between a real server's taking and its answer: none lost, none twice", loops)
}

// Killed at moments that nobody chose, over a real server: every reminder is in
// the mailbox once, or the desk was asked about it; when the desk is done, each is
// there once.
func TestKilledAnywhereOverARealServer(t *testing.T) {
	x := newExim(t)
	line := newBetween(t, x.addr)
	die, left := make(chan struct{}, 1), new(atomic.Int32)
	line.on(func() bool { // it dies a while after it heard the so-manyth answer
		if left.Add(-1) == 0 {
			time.AfterFunc(time.Duration(rand.IntN(20))*time.Millisecond, func() { die <- struct{}{} })
		}
		return true
	})
	h := open2(t)
	h.mail, h.texts = newMailSink(t), newTextSink(t)
	direct := func(c *Config) {
		c.Base, c.Mail = "", &SMTP{Addr: x.addr, TLS: "none", From: "no-reply@maple.example"}
	}
	h.tick(h.service(direct))
	loops := kills(t, 3)
	day := time.Date(2026, 12, 1, 9, 0, 0, 0, h.zone)
	sending := day.AddDate(0, 0, -3).Add(5 * time.Hour)
	var all []string
	for loop := range loops {
		h.now = day.AddDate(0, 0, -5)
		for i := range 6 {
			id := fmt.Sprintf("k%d-%d", loop, i)
			h.write(`{"resourceType":"Patient","id":"`+id+`","active":true,"telecom":[{"system":"email","value":"`+id+`@example.org"}]}`,
				fmt.Sprintf(`{"resourceType":"Appointment","id":"%[1]s","status":"booked","start":"%[2]s","end":"%[3]s","participant":[{"actor":{"reference":"Patient/%[1]s"},"status":"accepted"}]}`, id, day.Format(time.RFC3339), day.Add(time.Hour).Format(time.RFC3339)))
			all = append(all, id)
		}
		h.close()
		left.Store(1 + rand.Int32N(5))
		h.childUntil(line.Addr().String(), sending.Add(time.Duration(loop)*time.Second), die)
		if left.Load() > 0 {
			t.Errorf("loop %d: the child sent too little", loop)
		}
		h.up()
	}
	h.now = sending.Add(2 * time.Hour)
	s := h.service(direct)
	for range 5 {
		h.tick(s)
		h.now = h.now.Add(time.Minute)
	}
	x.idle()
	unsure := h.askPatients(all, counted(x.box(0)))
	h.tick(s)
	x.idle()
	got := counted(x.box(len(all)))
	for _, id := range all {
		m := h.messages(id)
		if len(m) != 1 || m[0].Status != "completed" {
			t.Errorf("%s: %+v", id, m)
			continue
		}
		key := "<" + m[0].ID + "@maple.example>"
		if got[key] != 1 {
			t.Errorf("%s came %d times in %d attempts", m[0].ID, got[key], m[0].Attempts)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("nobody wrote down that these were sent: %v", got)
	}
	if problems := h.check(); len(problems) > 0 {
		t.Error(problems)
	}
	t.Logf("%d kills, %d reminders over exim: each came once; the desk was asked about %d", loops, len(all), unsure)
}
