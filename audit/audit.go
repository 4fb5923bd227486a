// Package audit notes what was done: every read, search, write, export and
// refusal leaves an event in the store's hash-chained, append-only log, from
// which nothing can be taken and in which nothing can be changed unseen.
//
// A write's event commits with the write. A read's event is written within
// Delay of the answer, together with others (docs/adr/0003): a power cut can
// lose the notes of reads answered in that last moment, never a write's. What
// leaves the site is a disclosure and is noted before it leaves.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"wholechart/store"
)

// Outcome is how what was noted ended.
type Outcome string

// The outcomes of an event.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused" // the actor may not
	Failed  Outcome = "failed"  // the actor may, the act was not possible
)

// Event is one thing done, in the words of FHIR's AuditEvent. It holds ids and
// names of actors, never what a record says.
type Event struct {
	Time      time.Time    `json:"time"`
	Site      string       `json:"site,omitempty"` // whose record
	SiteNo    store.SiteNo `json:"-"`              // for the index of the log
	Kind      string       `json:"kind,omitempty"` // of actor
	Actor     string       `json:"actor,omitempty"`
	Name      string       `json:"name,omitempty"`
	Role      string       `json:"role,omitempty"`
	Purpose   string       `json:"purpose,omitempty"`
	Lens      string       `json:"lens,omitempty"`
	Action    string       `json:"action"`
	Type      string       `json:"type,omitempty"`
	ID        string       `json:"id,omitempty"`
	Patient   string       `json:"patient,omitempty"` // the patient's id at Site
	Key       store.Key    `json:"-"`                 // the patient's key, for the index of the log
	Count     int          `json:"count,omitempty"`   // resources answered or written
	Params    []string     `json:"params,omitempty"`  // names of search parameters, not their values
	Recipient string       `json:"recipient,omitempty"`
	Outcome   Outcome      `json:"outcome,omitempty"`
	Why       string       `json:"why,omitempty"`
}

// Append writes events in a transaction: they are noted if and only if it commits.
func Append(tx *store.Tx, now time.Time, events ...Event) error {
	for _, e := range events {
		if e.Time.IsZero() {
			e.Time = now
		}
		if e.Outcome == "" {
			e.Outcome = OK
		}
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := tx.AppendAudit(body, store.AuditFilter{Site: e.SiteNo, Patient: e.Key, Actor: e.Actor}); err != nil {
			return err
		}
	}
	return nil
}

// Delay is the longest that Note keeps an event before it is written.
const Delay = 20 * time.Millisecond

const (
	queueLen = 8192
	batchLen = 2048
)

// Log takes events from many requests and writes them together.
type Log struct {
	st    *store.Store
	now   func() time.Time
	queue chan Event
	flush chan chan error
	done  chan struct{}
	once  sync.Once
	mu    sync.RWMutex
	shut  bool
	stuck atomic.Bool
	err   error // of the last background write
}

// NewLog starts a log over a store. Close it before the store.
func NewLog(st *store.Store, now func() time.Time) *Log {
	l := &Log{st: st, now: now, queue: make(chan Event, queueLen), flush: make(chan chan error), done: make(chan struct{})}
	go l.run()
	return l
}

// Note writes an event within Delay. When events come faster than they can be
// written it waits: nothing is dropped.
func (l *Log) Note(e Event) {
	if e.Time.IsZero() {
		e.Time = l.now()
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.shut {
		return
	}
	l.queue <- e
}

// Write writes events and returns when they are durable.
func (l *Log) Write(ctx context.Context, events ...Event) error {
	_, err := l.st.Update(ctx, func(tx *store.Tx) error { return Append(tx, l.now(), events...) })
	return err
}

// Stuck says that what was noted last could not be written: the disk is full, or
// worse. It is kept and tried again; until then nothing more should be shown.
func (l *Log) Stuck() bool { return l.stuck.Load() }

// Flush returns when everything noted before is durable.
func (l *Log) Flush(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case l.flush <- answer:
		select {
		case err := <-answer:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	case <-l.done:
		return errors.New("the audit log is closed")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close writes what is still to be written and ends the log.
func (l *Log) Close() error {
	l.once.Do(func() {
		l.mu.Lock()
		l.shut = true
		l.mu.Unlock()
		close(l.queue)
	})
	<-l.done
	return l.err
}

func (l *Log) run() {
	defer close(l.done)
	var batch []Event
	write := func() error {
		if len(batch) == 0 {
			return nil
		}
		events := batch
		_, err := l.st.Update(context.Background(), func(tx *store.Tx) error { return Append(tx, l.now(), events...) })
		l.err = err
		l.stuck.Store(err != nil)
		if err == nil {
			batch = batch[:0]
		}
		return err
	}
	tick := time.NewTicker(Delay)
	defer tick.Stop()
	for {
		select {
		case e, open := <-l.queue:
			if !open {
				write()
				return
			}
			if batch = append(batch, e); len(batch) >= batchLen {
				write()
			}
		case <-tick.C:
			write()
		case answer := <-l.flush:
			for n := len(l.queue); n > 0; n-- {
				if e, open := <-l.queue; open {
					batch = append(batch, e)
				}
			}
			answer <- write()
		}
	}
}
