package record

import (
	"sync"
	"time"

	"wholechart/audit"
)

// attempts bounds what strangers can write into the log: of failed attempts at
// a site's doors a minute's first are noted one by one, the rest as a number.
type attempts struct {
	mu   sync.Mutex
	of   map[attempt]*tally
	note func(audit.Event)
}

type attempt struct{ site, action string }

type tally struct {
	since  time.Time
	noted  int
	folded int
	last   audit.Event
}

const (
	attemptsEach = 30 // noted one by one, a minute, site and action
	attemptSpan  = time.Minute
)

// NoteAttempt notes that somebody who was not recognised failed at a door: soon,
// not durably before the answer, so that failing is not a way to make the disk
// work, and from the thirty-first of a minute on only counted.
func (s Session) NoteAttempt(e audit.Event) {
	e = s.event(e)
	s.r.attempts.add(e, s.r.now())
}

func (a *attempts) add(e audit.Event, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil {
		a.of = map[attempt]*tally{}
	}
	key := attempt{e.Site, e.Action} // sites are the node's own: the doors look them up first
	t := a.of[key]
	if t == nil {
		t = &tally{since: now}
		a.of[key] = t
	}
	if now.Sub(t.since) >= attemptSpan {
		a.fold(t)
		t.since, t.noted = now, 0
	}
	if t.noted < attemptsEach {
		t.noted++
		a.note(e)
		return
	}
	t.folded++
	t.last = e
}

// fold notes the number of what was not noted one by one.
func (a *attempts) fold(t *tally) {
	if t.folded == 0 {
		return
	}
	e := t.last
	e.Actor, e.Name, e.Count, e.Why = "", "", t.folded, "more attempts of one minute, counted together"
	t.folded = 0
	a.note(e)
}

// end notes what is still only counted.
func (a *attempts) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.of {
		a.fold(t)
	}
}
