package remind

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"wholechart/schedule"
)

// unsure is a house in which a mail server took a reminder, or did not, and hung up
// without a word; noon of the day on which it was handed over.
func unsure(t *testing.T, took bool) (h *house, s *Service, a schedule.Appointment) {
	t.Helper()
	h = open2(t)
	s = h.service()
	h.tick(s)
	a = h.book("mail", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	h.tick(s)
	h.mail.trouble = func(string) (string, bool) { return "", took }
	h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
	h.tick(s)
	h.mail.trouble = nil
	if m := h.messages("mail")[0]; m.Status != "unknown" || m.Why != Unsure || !m.Sent.Equal(h.now) || !m.Next.IsZero() {
		t.Fatalf("%+v", m)
	}
	return h, s, a
}

func (h *house) held() Request {
	h.t.Helper()
	found, err := find(h.t.Context(), h.system(), "CommunicationRequest", url.Values{"status": {"on-hold"}})
	if err != nil || len(found) != 1 {
		h.t.Fatalf("%d requests are held: %v", len(found), err)
	}
	q, _ := RequestOf(found[0].Node())
	return q
}

// Of what nobody knows the desk is told, and nothing sends it again: no time that
// passes, no restart, no going back and forth of the appointment.
func TestWhatMayHaveLeftIsNotSentAgain(t *testing.T) {
	h, s, a := unsure(t, true)
	id := h.messages("mail")[0].ID
	once := func(after string) {
		t.Helper()
		if n := h.mail.counted()["<"+id+"@maple.example>"]; n != 1 {
			t.Errorf("%s: %d times", after, n)
		}
	}
	if tasks := h.tasks(); len(tasks) != 1 || !strings.HasPrefix(tasks[0], "It is not known whether a message") || strings.Contains(tasks[0], "@") {
		t.Errorf("%q", tasks)
	}
	for range 5 {
		h.now = h.now.Add(time.Hour)
		h.tick(s)
	}
	once("hours later")
	s = h.service()
	h.tick(s)
	once("after a restart")
	if err := Stop(t.Context(), h.desk().Session, h.held().ID, ""); err != nil {
		t.Fatal(err)
	}
	h.tick(s)
	found, _ := find(t.Context(), h.system(), "CommunicationRequest", url.Values{"status": {"revoked"}})
	if err := Restart(t.Context(), h.desk().Session, requests(found)[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	h.tick(s)
	once("stopped and taken back")
	if q := h.held(); q.Why != Unsure {
		t.Errorf("%+v", q)
	}
	to := func(at time.Time) {
		t.Helper()
		moved, err := h.desk().Move(t.Context(), a.ID, a.Version, schedule.Booking{Start: at, Outside: true})
		if err != nil {
			t.Fatal(err)
		}
		a = moved
		h.tick(s)
	}
	to(time.Date(2026, 11, 27, 10, 0, 0, 0, h.zone))
	to(time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	once("moved there and back")
	h.now = time.Date(2026, 11, 23, 8, 0, 0, 0, h.zone)
	h.tick(s)
	once("the morning of the visit")
	if len(h.mail.taken) != 2 { // the last step's reminder is another message
		t.Errorf("%d mails: %q", len(h.mail.taken), h.mail.subjects())
	}
}

// The desk sends again what did not arrive, under the same Message-ID; says of what
// did that it arrived; or the patient's answer says it.
func TestWhatMayHaveLeftIsSettled(t *testing.T) {
	settledAs := func(h *house, how string, mails int, arrived bool) {
		t.Helper()
		m := h.messages("mail")[0]
		if m.Status != "completed" || m.Why != "" || m.Sent.IsZero() || m.Arrived.IsZero() == arrived || len(h.tasks()) != 0 || h.requests()["on-hold"] != 0 || h.mail.counted()["<"+m.ID+"@maple.example>"] != mails {
			t.Errorf("%s: %+v, tasks %q, %v", how, m, h.tasks(), h.mail.counted())
		}
	}
	h, s, _ := unsure(t, false)
	q := h.held()
	if err := SendNow(t.Context(), h.desk().Session, q.ID, q.Version, h.now); err != nil {
		t.Fatal(err)
	}
	h.tick(s)
	settledAs(h, "sent again", 1, false)

	h, s, _ = unsure(t, true)
	q = h.held()
	if err := Arrived(t.Context(), h.desk().Session, q.ID, "999", h.now); !errors.Is(err, ErrNotNow) {
		t.Errorf("an old page: %v", err)
	}
	if err := Arrived(t.Context(), h.desk().Session, q.ID, q.Version, h.now); err != nil {
		t.Fatal(err)
	}
	if err := Arrived(t.Context(), h.desk().Session, q.ID, "", h.now); !errors.Is(err, ErrNotNow) {
		t.Errorf("twice: %v", err)
	}
	h.tick(s)
	settledAs(h, "it arrived", 1, true)

	h, s, a := unsure(t, true)
	address, err := s.Link("maple", a.ID, a.From)
	if err != nil {
		t.Fatal(err)
	}
	h.now = h.now.Add(time.Hour)
	if _, err := s.Confirm(t.Context(), h.site, strings.TrimPrefix(address, "https://records.example/maple/r/")); err != nil {
		t.Fatal(err)
	}
	h.tick(s)
	settledAs(h, "confirmed by its link", 1, true)
	if m := h.messages("mail")[0]; m.Outcome != Confirmed {
		t.Errorf("%+v", m)
	}
}

// A gateway that can be asked is asked until it says; one that never does leaves the
// message to the desk. What its provider reports later settles it too.
func TestAGatewayIsAskedWhatItTook(t *testing.T) {
	for _, left := range []bool{true, false} {
		h := open2(t)
		silent := true
		g := &asking{textSink: newTextSink(t), silent: &silent}
		s := h.service(func(c *Config) { c.Texts, c.Attempts = g, 4 })
		h.tick(s)
		h.book("text", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
		h.tick(s)
		g.hangUp, g.keep = true, left
		h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
		h.tick(s)
		g.hangUp = false
		if m := h.messages("text")[0]; m.Status != "in-progress" || !m.Next.After(h.now) {
			t.Fatalf("%+v", m)
		}
		h.tick(s) // not yet
		h.now = h.now.Add(5 * time.Minute)
		h.tick(s)
		if m := h.messages("text")[0]; m.Status != "in-progress" || m.Attempts != 3 || g.asked != 1 {
			t.Fatalf("asked in vain %d times: %+v", g.asked, m)
		}
		silent = false
		h.now = h.now.Add(30 * time.Minute)
		h.tick(s)
		if m := h.messages("text")[0]; m.Status != "completed" || g.sent[m.ID] != 1 || len(h.tasks()) != 0 {
			t.Errorf("left %v: %+v, %v", left, m, g.sent)
		}
	}
	for _, r := range []Report{{Arrived: true}, {Failed: true}} {
		h := open2(t)
		silent := true
		g := &asking{textSink: newTextSink(t), silent: &silent, hangUp: true, keep: true}
		s := h.service(func(c *Config) { c.Texts, c.Attempts = g, 3 })
		h.tick(s)
		h.book("text", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
		h.tick(s)
		h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
		for range 5 {
			h.tick(s)
			h.now = h.now.Add(30 * time.Minute)
		}
		m := h.messages("text")[0]
		if m.Status != "unknown" || len(h.tasks()) != 1 || g.sent[m.ID] != 1 {
			t.Fatalf("never said: %+v, %q", m, h.tasks())
		}
		r.Key = m.Key()
		for range 2 {
			if err := s.Reported(t.Context(), h.site, r); err != nil {
				t.Fatal(err)
			}
		}
		m = h.messages("text")[0]
		if r.Arrived && (m.Status != "completed" || m.Arrived.IsZero() || len(h.tasks()) != 0) || r.Failed && (m.Status != "not-done" || m.Round != 1 || len(h.tasks()) != 1) {
			t.Errorf("%+v: %+v, %q", r, m, h.tasks())
		}
	}
}

// asking is a channel that can be asked, and does not promise to send a key once.
type asking struct {
	*textSink
	silent       *bool
	hangUp, keep bool
	asked        int
	sent         map[string]int
}

func (g *asking) Send(_ context.Context, e Envelope) (string, error) {
	if g.sent == nil {
		g.sent = map[string]int{}
	}
	if !g.hangUp || g.keep {
		g.sent[e.Key]++
	}
	if g.hangUp {
		return "", &Failure{Why: "it hung up", Unknown: true}
	}
	return "g-1", nil
}

func (g *asking) Took(_ context.Context, key string) (bool, string, error) {
	g.asked++
	if *g.silent {
		return false, "", errors.New("not now")
	}
	return g.sent[key] > 0, "g-1", nil
}
