package desk

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/validate"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// speaker is somebody who is asked before anything is booked.
type speaker struct {
	asked  [][]json.RawMessage
	who    []string
	key    string // of what it has to say; "" nothing
	silent string
}

func (s *speaker) before(c *door.Call, patient string, proposed []json.RawMessage) (templ.Component, bool, string) {
	s.asked, s.who = append(s.asked, proposed), append(s.who, patient)
	if s.key == "" {
		return nil, false, s.silent
	}
	said := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<p>Fasting, please</p><input type="hidden" name="seen" value="`+s.key+`"/>`)
		return err
	})
	return said, !slices.Contains(c.R.Form["seen"], s.key), s.silent
}

func asking(t *testing.T) (*pagetest.Node, *speaker) {
	t.Helper()
	n := pagetest.New(t, []string{"maple"}, nil)
	n.Load("maple")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	s := &speaker{}
	Register(p.Door, Beside{Of: func(*door.Call, string) templ.Component { return nil }, Before: s.before})
	n.Serve(p)
	return n, s
}

func booked(t *testing.T, n *pagetest.Node, patient string) int {
	t.Helper()
	p, err := n.System("maple").Search(t.Context(), question(t, "Appointment", "patient="+patient+"&date=ge2026-11-24&status=booked&_count=50"))
	if err != nil {
		t.Fatal(err)
	}
	return len(p.Matches)
}

// TestAskedBeforeItIsBooked: what is said about a booking stands before it is
// written; who read it books it all the same, or does not; who does not answer
// hinders nothing and is named after. A move is asked about as well, and a series at
// once.
func TestAskedBeforeItIsBooked(t *testing.T) {
	n, s := asking(t)
	b := n.User(hughes)
	s.key = "k1"
	form := booking("walter-nowak", "2026-11-24", "10:00")
	res, page := b.Post("/maple/schedule/book", form)
	if res.StatusCode != 422 || !strings.Contains(page, "Not booked yet") || !strings.Contains(page, "Fasting, please") || !strings.Contains(page, "Book it all the same") || !strings.Contains(page, `value="Cough"`) {
		t.Fatalf("%d: what is said does not stand before the booking", res.StatusCode)
	}
	if booked(t, n, "walter-nowak") != 0 || len(s.asked) != 1 || s.who[0] != "walter-nowak" {
		t.Fatalf("booked before it was read, or asked of %v", s.who)
	}
	d, err := fhir.Parse(s.asked[0][0])
	if err != nil {
		t.Fatal(err)
	}
	a := d.Root()
	for _, i := range validate.Resource(a, validate.Options{}) {
		if i.Severity == validate.Error || i.Severity == "fatal" {
			t.Errorf("%+v: %s", i, a.Raw())
		}
	}
	if !a.Get("status").Is("proposed") || !strings.HasPrefix(a.Get("start").Str(), "2026-11-24T10:00:00") || a.Get("minutesDuration").Text() != "20" || a.Get("participant").Len() < 2 || strings.Contains(string(a.Raw()), "Cough") || a.Get("id").Exists() {
		t.Errorf("%s", a.Raw())
	}
	// Read: it is booked, and not asked to be read again when the time is taken.
	form["seen"] = []string{"k1"}
	if res, _ := b.Post("/maple/schedule/book", form); res.StatusCode != 200 || booked(t, n, "walter-nowak") != 1 {
		t.Fatalf("%d: what was read still hinders", res.StatusCode)
	}
	other := booking("mei-tanaka", "2026-11-24", "10:00")
	other["seen"] = []string{"k1"}
	if res, page := b.Post("/maple/schedule/book", other); res.StatusCode != 409 || !strings.Contains(page, `name="seen" value="k1"`) {
		t.Errorf("%d: what was read is forgotten", res.StatusCode)
	}
	// Nobody answers: it is booked and said.
	s.key, s.silent = "", ". Snail did not answer in 300 ms"
	if res, page := b.Post("/maple/schedule/book", booking("mei-tanaka", "2026-11-24", "11:00")); res.StatusCode != 200 || !strings.Contains(page, "Snail did not answer in 300 ms") || booked(t, n, "mei-tanaka") != 1 {
		t.Errorf("%d: who does not answer hinders, or is not named", res.StatusCode)
	}
	// A series is one question.
	s.asked, s.silent = nil, ""
	v := booking("mei-tanaka", "2026-11-25", "11:00")
	v.Set("every", "7")
	v.Set("times", "3")
	b.Post("/maple/schedule/book", v)
	if len(s.asked) != 1 || len(s.asked[0]) != 3 || !strings.Contains(string(s.asked[0][2]), "2026-12-09") {
		t.Errorf("a series: %s", s.asked)
	}
	// A move.
	p, err := n.System("maple").Search(t.Context(), question(t, "Appointment", "patient=walter-nowak&date=ge2026-11-24&status=booked"))
	if err != nil || len(p.Matches) != 1 {
		t.Fatal(err)
	}
	was := p.Matches[0]
	s.asked, s.key = nil, "k2"
	to := url.Values{"date": {"2026-11-24"}, "time": {"14:00"}, "version": {was.Version}}
	at := "/maple/appointments/" + was.ID + "/move"
	if res, page := b.Post(at, to); res.StatusCode != 422 || !strings.Contains(page, "Fasting, please") || len(s.asked) != 1 || !strings.Contains(string(s.asked[0][0]), "2026-11-24T14:00:00") || !strings.Contains(string(s.asked[0][0]), "Practitioner/okonkwo") {
		t.Errorf("%d: a move is not asked about: %s", res.StatusCode, s.asked)
	}
	to["seen"] = []string{"k2"}
	if res, _ := b.Post(at, to); res.StatusCode != 200 {
		t.Errorf("a move that was read: %d", res.StatusCode)
	}
	now, err := n.System("maple").Read(t.Context(), "Appointment", was.ID)
	if err != nil || !strings.Contains(now.Node().Get("start").Str(), "T14:00") {
		t.Error("not moved")
	}
}
