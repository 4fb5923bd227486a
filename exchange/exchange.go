// Package exchange opens the whole record: it asks the sites that may know a
// person, in parallel and each within a time limit, keeps what comes with its
// source, author, time and version, and says of each site whether it answered,
// refused, could not be reached, does not know the person, or waits for somebody
// to confirm who she is. It also answers when other nodes ask.
//
// Sites of the same node are asked in process, through the same gate; sites of
// other nodes over HTTP, at their registered base URL and nowhere else
// (docs/conformance/operations.md). Only a site's own chart travels, never the
// copies it keeps.
package exchange

import (
	"context"
	"net/http"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/record"
)

// Options of an Exchange.
type Options struct {
	Self        func(site string) string // the base URL of a site of this node, as peers know it; needed
	Client      *http.Client             // its transport is used; redirects are not followed. nil: the default transport
	Now         func() time.Time         // nil is time.Now
	Timeout     time.Duration            // of one request to a peer; 0 is 4 s
	MaxParallel int                      // peers asked at once for one opening; 0 is 16
	Fresh       time.Duration            // an answer younger than this is not asked for again; 0 is 15 s
}

// Exchange asks and answers for one node. It is safe for concurrent use.
type Exchange struct {
	records *record.Records
	auth    *auth.Auth
	opt     Options
	client  http.Client

	running sync.WaitGroup
	mu      sync.Mutex
	flights map[string]*flight   // openings under way, by site, patient and purpose
	opened  map[string]time.Time // when an opening last ended, by the same
	tokens  map[string]token     // bearer tokens by site, peer and purpose
	broken  map[string]*outage   // nodes that could not be reached
	closed  bool
}

// flight is one opening, shared by all who ask for it meanwhile.
type flight struct {
	done    chan struct{}
	answers []record.Answer
	err     error
}

// Bounds of what is remembered.
const (
	maxOpened = 20000
	maxTokens = 20000
)

// New joins an exchange to a node's records.
func New(records *record.Records, a *auth.Auth, opt Options) *Exchange {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Timeout <= 0 {
		opt.Timeout = 4 * time.Second
	}
	if opt.MaxParallel <= 0 {
		opt.MaxParallel = 16
	}
	if opt.Fresh <= 0 {
		opt.Fresh = 15 * time.Second
	}
	x := &Exchange{records: records, auth: a, opt: opt,
		flights: map[string]*flight{}, opened: map[string]time.Time{}, tokens: map[string]token{}, broken: map[string]*outage{}}
	if opt.Client != nil {
		x.client = *opt.Client
	}
	x.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	x.client.Jar = nil
	return x
}

// Close waits for the openings under way; none begins after it.
func (x *Exchange) Close() {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	x.running.Wait()
}

// Open asks every site that may know a patient of the session's site, unless
// they were asked a moment ago, and tells what each said. The session must be
// one that may read that patient. Other sites are asked for treatment only: for
// any other purpose Open tells what was last said.
//
// A site that does not answer is no error: its answer says so, and what was
// received before stays to be seen, with its time.
func (x *Exchange) Open(ctx context.Context, s record.Session, patient string) ([]record.Answer, error) {
	return x.open(ctx, s, patient, false)
}

// Reopen is Open that asks even those who answered, or failed to, a moment ago.
func (x *Exchange) Reopen(ctx context.Context, s record.Session, patient string) ([]record.Answer, error) {
	return x.open(ctx, s, patient, true)
}

func (x *Exchange) open(ctx context.Context, s record.Session, patient string, force bool) ([]record.Answer, error) {
	if _, err := s.Through(access.EMR).Read(ctx, "Patient", patient); err != nil {
		return nil, err
	}
	purpose := s.Actor().Purpose
	o := &opening{x: x, site: s.Site(), patient: patient, purpose: purpose, force: force}
	o.sys = x.system(s.Site().Slug, purpose)
	if purpose != access.Treatment && purpose != access.Emergency {
		return o.known(ctx)
	}
	key := s.Site().Slug + "|" + patient + "|" + string(purpose)
	x.mu.Lock()
	f := x.flights[key]
	switch {
	case f != nil:
	case x.closed || !force && x.opt.Now().Sub(x.opened[key]) < x.opt.Fresh:
		x.mu.Unlock()
		return o.known(ctx)
	default:
		f = &flight{done: make(chan struct{})}
		x.flights[key] = f
		x.running.Add(1)
		go func() { // goes on when the first who asked turns away: others may wait
			defer x.running.Done()
			f.answers, f.err = o.run(context.WithoutCancel(ctx))
			x.mu.Lock()
			delete(x.flights, key)
			if f.err == nil {
				if len(x.opened) >= maxOpened {
					clear(x.opened)
				}
				x.opened[key] = x.opt.Now()
			}
			x.mu.Unlock()
			close(f.done)
		}()
	}
	x.mu.Unlock()
	select {
	case <-f.done:
		return append([]record.Answer(nil), f.answers...), f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// system is the session of the exchange's own work for a site.
func (x *Exchange) system(site string, p access.Purpose) record.Session {
	return x.records.As(access.Actor{Kind: access.System, ID: "exchange", Site: site, Purpose: p}, access.EMR)
}
