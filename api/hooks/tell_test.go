package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// shelf keeps what waits, as a node does.
type shelf struct {
	mu   sync.Mutex
	kept []byte
	lost []string
	fail bool
}

func (s *shelf) keep(_ context.Context, _ string, list []Waiting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail {
		return errors.New("disk full")
	}
	var err error
	s.kept, err = json.Marshal(list)
	return err
}

func (s *shelf) waits(t *testing.T) []Waiting {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := DecodeWaiting("maple", s.kept)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (s *shelf) heard(site, service string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = append(s.lost, site+" "+service+" "+err.Error())
}

// listener takes feedback when it is up.
type listener struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	bodies []string
	tries  int
}

func listen(t *testing.T, status int) *listener {
	l := &listener{status: status}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.tries++; l.status == 204 {
			l.bodies = append(l.bodies, string(b))
		}
		w.WriteHeader(l.status)
	}))
	t.Cleanup(l.Close)
	return l
}

// until waits, patiently, for what happens in the background.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(what)
}

func took(base string) Took {
	return Took{Site: "maple", From: outside(base, "good"), Hook: "order-sign", Card: newUUID(), Override: true, Reason: Coding{ReasonSystem, "monitored", "Will be monitored"}, At: time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)}
}

// TestToldAfterARestart: what a service could not be told before the node ended is
// kept before Tell returns, and told by the node that comes after; then nothing is.
func TestToldAfterARestart(t *testing.T) {
	l, s := listen(t, 503), &shelf{}
	now := time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)
	opt := Options{Private: true, Keep: s.keep, Lost: s.heard, Now: func() time.Time { return now }}
	c := NewClient(opt)
	if !c.Tell(took(l.URL)) || len(s.waits(t)) != 1 {
		t.Fatal("not kept when Tell returned")
	}
	until(t, "it was never tried", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.tries > 0 })
	c.Close()
	left := s.waits(t)
	if len(left) != 1 || left[0].Service != "acme" || !left[0].Since.Equal(now) {
		t.Fatalf("%+v", left)
	}
	l.mu.Lock()
	l.status = 204
	l.mu.Unlock()
	c = NewClient(opt)
	defer c.Close()
	c.Resume(left)
	until(t, "it was not told after the restart", func() bool { return len(s.waits(t)) == 0 })
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.bodies) != 1 || !strings.Contains(l.bodies[0], "monitored") || len(s.lost) != 0 {
		t.Errorf("%v %v", l.bodies, s.lost)
	}
}

// TestNotToldForEver: after three days, when the service takes no feedback or refuses
// it, and when the site no longer has the service, it is let go of; what is said of it
// names the site and the service and nobody else.
func TestNotToldForEver(t *testing.T) {
	for _, x := range []struct {
		name   string
		status int
		age    time.Duration
		still  bool
		lost   string
		tried  bool
	}{
		{"old", 503, toldFor + time.Minute, true, "maple acme could not be told for three days", false},
		{"takes none", 404, 0, true, "maple acme takes no feedback", true},
		{"refuses", 422, 0, true, "maple acme would not take what became of a card", true},
		{"no longer a service of the site", 204, 0, false, "", false},
	} {
		l, s := listen(t, x.status), &shelf{}
		now := time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)
		c := NewClient(Options{Private: true, Keep: s.keep, Lost: s.heard, Now: func() time.Time { return now }, Still: func(context.Context, string, string, string) bool { return x.still }})
		k := took(l.URL)
		body := json.RawMessage(`{"feedback":[{"card":"` + k.Card + `","outcome":"overridden","outcomeTimestamp":"2026-11-19T10:00:00Z"}]}`)
		w := Waiting{Site: "maple", Service: "acme", URL: l.URL + "/cds-services/good/feedback", Body: body, Since: now.Add(-x.age)}
		if err := s.keep(t.Context(), "maple", []Waiting{w}); err != nil {
			t.Fatal(err)
		}
		c.Resume([]Waiting{w})
		until(t, x.name+": it is still there", func() bool { return len(s.waits(t)) == 0 })
		c.Close()
		l.mu.Lock()
		if (l.tries > 0) != x.tried {
			t.Errorf("%s: tried %d times", x.name, l.tries)
		}
		l.mu.Unlock()
		if got := strings.Join(s.lost, ";"); got != x.lost || strings.Contains(got, "127.0.0.1") || strings.Contains(got, k.Card) {
			t.Errorf("%s: %q", x.name, got)
		}
	}
}

// TestWaitingIsBounded: a service that is away does not fill the node; what cannot be
// kept is said, and still tried.
func TestWaitingIsBounded(t *testing.T) {
	l, s := listen(t, 503), &shelf{}
	c := NewClient(Options{Private: true, Keep: s.keep, Lost: s.heard})
	defer c.Close()
	taken := 0
	for range MaxWaiting + 5 {
		if c.Tell(took(l.URL)) {
			taken++
		}
	}
	if taken != MaxWaiting || len(s.waits(t)) != MaxWaiting || len(s.lost) != 5 {
		t.Errorf("%d taken, %d kept, %d said to be lost", taken, len(s.waits(t)), len(s.lost))
	}
	if len(s.kept) > 1<<20 {
		t.Errorf("%d bytes are kept", len(s.kept))
	}
	up, full := listen(t, 204), &shelf{fail: true}
	d := NewClient(Options{Private: true, Keep: full.keep, Lost: full.heard})
	defer d.Close()
	if !d.Tell(took(up.URL)) {
		t.Fatal("what could not be kept was not told")
	}
	until(t, "what could not be kept was not told", func() bool { up.mu.Lock(); defer up.mu.Unlock(); return len(up.bodies) == 1 })
	full.mu.Lock()
	defer full.mu.Unlock()
	if len(full.lost) == 0 || !strings.Contains(full.lost[0], "not kept") {
		t.Errorf("%v", full.lost)
	}
}

func FuzzDecodeWaiting(f *testing.F) {
	f.Add([]byte(`[{"service":"acme","url":"https://x.example/cds-services/a/feedback","body":{"feedback":[]},"since":"2026-11-22T10:40:00Z"}]`))
	f.Add([]byte(`[{"service":"acme","url":"http://169.254.169.254/cds-services/a/feedback","body":{},"since":"2026-11-22T10:40:00Z"}]`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := DecodeWaiting("maple", body)
		if err != nil {
			return
		}
		if len(list) > MaxWaiting {
			t.Fatal("too many")
		}
		for _, w := range list {
			if w.Site != "maple" || !strings.HasSuffix(w.URL, "/feedback") || !strings.HasPrefix(w.URL, "http") {
				t.Fatalf("%+v", w)
			}
		}
	})
}
