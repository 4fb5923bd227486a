package clinic

import (
	"context"
	"sync"
	"time"

	"wholechart/access"
)

// Opening a whole record asks other sites. A page never waits long for them: it
// shows what is known, says who is still being asked, and refreshes itself.

const (
	openWait    = 300 * time.Millisecond  // of the page itself
	partWait    = 1500 * time.Millisecond // of a region that refreshes itself
	openMost    = 30 * time.Second
	openFresh   = 10 * time.Second // no new question within this, unless told to
	refreshEach = 400 * time.Millisecond
)

type opening struct {
	started time.Time
	done    chan struct{}
	ended   time.Time // set before done is closed
}

func (o *opening) running() bool {
	if o == nil {
		return false
	}
	select {
	case <-o.done:
		return false
	default:
		return true
	}
}

type openings struct {
	sync.Mutex
	running map[string]*opening
}

const maxOpenings = 1000

// open asks the other sites about a patient, once for all pages of this user
// that want it at the same time, and waits no longer than wait.
func (c *call) open(id string, force bool, wait time.Duration) *opening {
	if c.Opener == nil {
		return nil
	}
	key := c.actor.Site + "/" + id + "/" + c.actor.ID
	o := c.openings.start(key, force, c.Now, func(o *opening) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), openMost)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				c.Log.Error("the whole record was not asked for", "site", c.site.Slug, "panic", p)
			}
		}()
		if _, err := c.Opener.Open(ctx, c.session(access.EHR), id, force); err != nil {
			c.Log.Warn("the whole record was not asked for", "site", c.site.Slug, "error", err)
		}
	})
	if o.running() {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-o.done:
		case <-t.C:
		case <-c.r.Context().Done():
		}
	}
	return o
}

func (s *openings) start(key string, force bool, now func() time.Time, run func(*opening)) *opening {
	s.Lock()
	defer s.Unlock()
	for k, o := range s.running {
		if !o.running() && (now().Sub(o.ended) > openFresh || len(s.running) > maxOpenings) {
			delete(s.running, k)
		}
	}
	if o := s.running[key]; o != nil && (o.running() || !force) {
		return o
	}
	o := &opening{started: now(), done: make(chan struct{})}
	s.running[key] = o
	go func() {
		defer close(o.done)
		defer func() { o.ended = now() }()
		run(o)
	}()
	return o
}
