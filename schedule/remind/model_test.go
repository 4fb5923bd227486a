package remind

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// keeping is a channel that counts what it takes by key.
type keeping struct {
	mu sync.Mutex
	of map[string]int
}

func (k *keeping) Send(_ context.Context, e Envelope) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.of[e.Key]++
	return "", nil
}

// model says of each appointment, start and step whether it is to be sent: what
// a person would say who knows the rules and has a calendar.
type model struct {
	zone  *time.Location
	appts map[string]*modelled
	keys  map[string]string // planned, sent, dropped, revoked
	steps []Step
	quiet Quiet
}

type modelled struct {
	start, known time.Time
	patient      string
	booked       bool
}

func (m *model) key(id string, s Step) string {
	a := m.appts[id]
	return "msg-" + reminderID(id, a.patient, a.start, "visit", s.Key())
}

// written: an appointment was booked, moved or cancelled at a moment.
func (m *model) written(id string, was time.Time, now time.Time) {
	a := m.appts[id]
	if !was.IsZero() && (!a.booked || !was.Equal(a.start)) {
		start := a.start
		a.start = was
		for _, s := range m.steps {
			if k := m.key(id, s); m.keys[k] == "planned" {
				m.keys[k] = "revoked"
			}
		}
		a.start = start
	}
	if !a.booked || !a.start.After(now) {
		return
	}
	for _, s := range m.steps {
		k, at := m.key(id, s), s.At(a.start, m.zone)
		when, ok := m.quiet.For(at, a.start, m.zone)
		if !ok || when.Before(a.known) || m.keys[k] == "" && at.Before(a.known) {
			continue
		}
		if m.keys[k] == "" || m.keys[k] == "revoked" {
			m.keys[k] = "planned"
		}
	}
}

// tick sends what is due, of one appointment the nearest step alone.
func (m *model) tick(now time.Time) {
	awake, _ := m.quiet.After(now, false, m.zone)
	for id, a := range m.appts {
		if !a.booked {
			continue
		}
		sent := false
		for _, s := range m.steps { // the nearest first
			k := m.key(id, s)
			when, _ := m.quiet.For(s.At(a.start, m.zone), a.start, m.zone)
			if m.keys[k] != "planned" || when.After(now) {
				continue
			}
			end := a.start.Add(-Lead / 4)
			switch {
			case !now.Before(end), sent:
				m.keys[k] = "dropped"
			case awake.Equal(now):
				m.keys[k] = "sent"
			case !awake.Before(end):
				m.keys[k] = "dropped"
			}
			sent = true
		}
	}
}

// TestModel does anything in any order, and compares what was sent with what the
// model says: each message once, and no other.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := open2(t)
		defer h.close()
		out := &keeping{of: map[string]int{}}
		s := h.service(func(c *Config) { c.Mail, c.Texts, c.Base = out, out, "" })
		r := Usual()
		r.PerDay = 20
		n, _ := r.Resource()
		h.write(string(n.Raw()))
		h.tick(s)
		m := &model{zone: h.zone, appts: map[string]*modelled{}, keys: map[string]string{}, quiet: r.Quiet, steps: []Step{{Minutes: 180}, {Days: 3}}}
		pass := func() {
			h.tick(s)
			m.tick(h.now)
			want := map[string]int{}
			for k, st := range m.keys {
				if st == "sent" {
					want[k] = 1
				}
			}
			if !maps.Equal(want, out.of) {
				rt.Fatalf("%s: sent %v, want %v", h.now.In(h.zone), out.of, want)
			}
		}
		slots := 0
		start := func(rt *rapid.T) time.Time {
			slots++ // no two at one time
			return h.now.Truncate(time.Hour).Add(time.Duration(rapid.IntRange(1, 7*24).Draw(rt, "hours ahead"))*time.Hour + time.Duration(slots%60)*time.Minute)
		}
		any := func(rt *rapid.T) string {
			var ids []string
			for id, a := range m.appts {
				if a.booked && a.start.After(h.now) {
					ids = append(ids, id)
				}
			}
			if len(ids) == 0 {
				rt.Skip("nothing is booked")
			}
			slices.Sort(ids)
			return rapid.SampledFrom(ids).Draw(rt, "appointment")
		}
		write := func(id string) {
			a := m.appts[id]
			status := "booked"
			if !a.booked {
				status = "cancelled"
			}
			h.write(fmt.Sprintf(`{"resourceType":"Appointment","id":"%s","status":"%s","start":"%s","end":"%s","participant":[{"actor":{"reference":"Patient/%s"},"status":"accepted"}]}`,
				id, status, a.start.In(h.zone).Format(time.RFC3339), a.start.Add(20*time.Minute).In(h.zone).Format(time.RFC3339), a.patient))
		}
		former := map[string][]time.Time{}
		rt.Repeat(map[string]func(*rapid.T){
			"book": func(rt *rapid.T) {
				id := fmt.Sprintf("a%d", len(m.appts))
				m.appts[id] = &modelled{start: start(rt), known: h.now, patient: rapid.SampledFrom([]string{"mail", "text"}).Draw(rt, "patient"), booked: true}
				write(id)
				m.written(id, time.Time{}, h.now)
				pass()
			},
			"move": func(rt *rapid.T) {
				id := any(rt)
				a := m.appts[id]
				was := a.start
				a.start, a.known = start(rt), h.now
				if back := former[id]; len(back) > 0 && rapid.Bool().Draw(rt, "back") && back[0].After(h.now) {
					a.start = back[0]
				}
				former[id] = append(former[id], was)
				write(id)
				m.written(id, was, h.now)
				pass()
			},
			"cancel": func(rt *rapid.T) {
				id := any(rt)
				m.appts[id].booked = false
				write(id)
				m.written(id, m.appts[id].start, h.now)
				pass()
			},
			"wait": func(rt *rapid.T) {
				h.now = h.now.Add(time.Duration(rapid.IntRange(1, 100*60).Draw(rt, "minutes")) * time.Minute)
				pass()
			},
			"": func(*rapid.T) {},
		})
	})
}
