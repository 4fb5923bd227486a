package remind

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/chart/document"
	"wholechart/schedule"
)

func TestLinksAreSealed(t *testing.T) {
	now := monday
	old, young := Key{ID: 1, Secret: [32]byte{1}}, Key{ID: 2, Secret: [32]byte{2}}
	l := Link{Site: "maple", Appointment: "0192d3a4-aaaa-7bbb-8ccc-0123456789ab", Start: now.Add(time.Hour), Expires: now.Add(time.Hour)}
	token, err := Keys{old}.Seal(l)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := (Keys{old}).Seal(l); again != token {
		t.Error("the same link, another token")
	}
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	if bytes.Contains(raw, []byte("0192d3a4")) || strings.Contains(token, "maple") {
		t.Error("the token tells what it is about")
	}
	got, err := Keys{young, old}.Open("maple", token, now) // after a change of keys
	if err != nil || got.Appointment != l.Appointment || !got.Start.Equal(l.Start) {
		t.Errorf("%+v %v", got, err)
	}
	for name, open := range map[string]func() error{
		"another site": func() error { _, err := Keys{old}.Open("riverside", token, now); return err },
		"no key":       func() error { _, err := Keys{young}.Open("maple", token, now); return err },
		"wrong secret": func() error { _, err := Keys{{ID: 1}}.Open("maple", token, now); return err },
		"empty":        func() error { _, err := Keys{old}.Open("maple", "", now); return err },
		"long":         func() error { _, err := Keys{old}.Open("maple", strings.Repeat("A", 5000), now); return err },
	} {
		if err := open(); !errors.Is(err, ErrLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		if _, err := (Keys{old, young}).Open("maple", base64.RawURLEncoding.EncodeToString(bad), now); !errors.Is(err, ErrLink) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	if _, err := (Keys{old}).Open("maple", token, now.Add(time.Hour)); !errors.Is(err, ErrExpired) {
		t.Errorf("expired: %v", err)
	}
}

func TestParseKeys(t *testing.T) {
	a, b := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32))
	k, err := ParseKeys(" 2:" + b + ", 1:" + a + "\n")
	if err != nil || len(k) != 2 || k[0].ID != 2 || k[1].Secret[0] != 1 || strings.Contains(fmt.Sprintf("%v %+v %#v", k, k, k), "1 1 1") {
		t.Errorf("%v %v", k, err)
	}
	for _, bad := range []string{"", "1", "1:abc", "300:" + a, "1:" + a + ",1:" + b, ":" + a} {
		if _, err := ParseKeys(bad); err == nil {
			t.Errorf("%q", bad)
		}
	}
}

func FuzzToken(f *testing.F) {
	k := Keys{{ID: 1, Secret: [32]byte{1}}}
	good, _ := k.Seal(Link{Site: "maple", Appointment: "a", Start: monday, Expires: monday.Add(time.Hour)})
	f.Add(good)
	f.Add("")
	f.Add("AQEAAAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if l, err := k.Open("maple", token, monday); err == nil && (token != good || l.Appointment != "a") {
			t.Errorf("%q opens %+v", token, l)
		}
	})
}

func (h *house) token(s *Service, a schedule.Appointment) string {
	address, err := s.Link("maple", a.ID, a.From)
	if err != nil {
		h.t.Fatal(err)
	}
	return address[strings.LastIndexByte(address, '/')+1:]
}

func TestAnswersByLink(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	ctx := t.Context()
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone)
	a := h.book("mail", at)
	token := h.token(s, a)
	v, err := s.Visit(ctx, h.site, token)
	if err != nil || v.State != VisitOpen || !v.When.Equal(at) || v.Lang != "es" {
		t.Fatalf("%+v %v", v, err)
	}
	for range 2 {
		if v, err = s.Confirm(ctx, h.site, token); err != nil || v.State != VisitConfirmed {
			t.Fatalf("%+v %v", v, err)
		}
	}
	for range 2 {
		if v, err = s.AnotherTime(ctx, h.site, token); err != nil || !v.Asked || v.State != VisitConfirmed {
			t.Fatalf("%+v %v", v, err)
		}
	}
	if _, err := h.desk().Wait(ctx, schedule.Wish{Patient: schedule.Party{Ref: "Patient/text"}, Minutes: 20}); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() { _, _ = s.Cancel(context.Background(), h.site, token) })
	}
	wait.Wait()
	if v, err = s.Visit(ctx, h.site, token); err != nil || v.State != VisitCancelled {
		t.Fatalf("%+v %v", v, err)
	}
	if v, err = s.Confirm(ctx, h.site, token); err != nil || v.State != VisitCancelled {
		t.Errorf("a cancelled one is confirmed: %+v %v", v, err)
	}
	r, _ := h.system().Read(ctx, "Appointment", a.ID)
	if now := schedule.AppointmentOf(r.Node(), h.zone); now.Why != CancelledByPatient || now.Holds() {
		t.Errorf("%+v", now)
	}
	tasks, _ := find(ctx, h.system(), "Task", url.Values{})
	text := ""
	for _, r := range tasks {
		text += string(r.Body)
	}
	if len(tasks) != 2 || !strings.Contains(text, "1 on the wait list") {
		t.Errorf("%d tasks: %s", len(tasks), text)
	}
	h.tick(s)
	if n := h.requests(); n["active"] != 0 {
		t.Errorf("a cancelled appointment is still reminded of: %v", n)
	}
	// A moved one, one that began, one of another site, a forged one.
	b := h.book("text", at)
	token = h.token(s, b)
	if _, err := h.desk().Move(ctx, b.ID, "", schedule.Booking{Start: at.AddDate(0, 0, 1), Outside: true}); err != nil {
		t.Fatal(err)
	}
	if v, err = s.Cancel(ctx, h.site, token); err != nil || v.State != VisitMoved {
		t.Errorf("%+v %v", v, err)
	}
	if r, _ := h.system().Read(ctx, "Appointment", b.ID); !r.Node().Get("status").Is("booked") {
		t.Error("the link of the former time cancelled it")
	}
	if _, err = s.Visit(ctx, h.site, token[:len(token)-2]+"AA"); !errors.Is(err, ErrLink) {
		t.Errorf("forged: %v", err)
	}
	h.now = at.Add(time.Minute)
	if v, err = s.Visit(ctx, h.site, token); err != nil || v.State != VisitOver {
		t.Errorf("over: %+v %v", v, err)
	}
}

func TestLettersInBatches(t *testing.T) {
	h := open2(t)
	h.write(`{"resourceType":"Patient","id":"post2","active":true,"name":[{"family":"Иванов","given":["Иван"]}],"address":[{"line":["5 Elm St"],"city":"Columbus","state":"OH"}]}`)
	s := h.service()
	h.tick(s)
	h.book("post", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	h.book("post2", time.Date(2026, 11, 23, 11, 0, 0, 0, h.zone))
	h.tick(s)
	h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
	h.tick(s)
	desk := h.desk().Session
	waiting, err := Letters(t.Context(), desk, "", h.zone, h.now)
	if err != nil || len(waiting) != 2 {
		t.Fatalf("%+v %v", waiting, err)
	}
	c := h.book("post", time.Date(2026, 11, 24, 10, 0, 0, 0, h.zone))
	h.now = h.now.AddDate(0, 0, 1)
	h.tick(s)
	if _, err := h.desk().Change(t.Context(), c.ID, "", schedule.Cancel("moved away")); err != nil {
		t.Fatal(err)
	}
	h.tick(s) // a letter that waits is taken back
	if got := h.messages("post"); len(got) != 2 || got[0].Status == got[1].Status {
		t.Errorf("%+v", got)
	}
	batch, err := Batch(t.Context(), desk, h.zone, h.now)
	if err != nil {
		t.Fatal(err)
	}
	h.tick(s) // a printed letter is no orphan
	letters, err := Letters(t.Context(), desk, batch, h.zone, h.now)
	if err != nil || len(letters) != 2 {
		t.Fatalf("%+v %v", letters, err)
	}
	for _, l := range letters {
		if l.Unprintable {
			t.Errorf("%s cannot be set", l.Name)
		}
	}
	for name, want := range map[string]bool{"Nguyễn Thị Đỗ": true, "Παπαδόπουλος": true, "Ольга Їжак": true, "יעל כהן": true, "محمد علي": true, "Łukasz": true, "李小龙": false, "Rosa 🌹": false} {
		if printable(name) != want {
			t.Errorf("%s can be set: %v", name, !want)
		}
	}
	pdf, err := Pages(letters, "Maple Street", h.zone, h.now)
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || bytes.Count(pdf, []byte("/Type /Page\n")) != 2 {
		t.Errorf("%v %d bytes", err, len(pdf))
	}
	if found, err := document.Sniff(pdf); err != nil || !strings.Contains(found.Words, "Иванов") || !strings.Contains(found.Words, "Elm St") {
		t.Errorf("%v: it says %q", err, found.Words)
	}
	if again, _ := Pages(letters, "Maple Street", h.zone, h.now); !bytes.Equal(pdf, again) {
		t.Error("the same letters, other bytes")
	}
	if n, err := Unprint(t.Context(), desk, batch, h.zone, h.now); n != 2 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if batch, err = Batch(t.Context(), desk, h.zone, h.now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if n, err := Posted(t.Context(), desk, batch, h.zone, h.now); n != 2 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if n := h.requests(); n["completed"] != 2 {
		t.Errorf("%v", n)
	}
	if m := h.messages("post"); m[0].Status != "completed" || m[0].Receipt != batch {
		t.Errorf("%+v", m)
	}
}
