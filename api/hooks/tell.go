package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// What became of a card is told to the service that it is from (section
// Feedback): in the background, again and again for some days, and not for ever. What
// is told is the card's uuid, the outcome, the uuids of suggestions that were taken,
// and a coded reason; the words that somebody typed stay here, for they may speak of
// the patient. What waits to be told is kept (Options.Keep), so that a restart loses
// nothing; a service may hear the same twice when a node ends between telling and
// keeping that it told.

// Bounds of what waits to be told.
const (
	MaxWaiting = 300                // of a site; more are not taken
	toldFor    = 3 * 24 * time.Hour // then it is dropped
	toldWait   = 2 * time.Second    // before the second try; ten times that before the third, and so on
	toldMost   = time.Hour          // between two tries
	maxOutcome = 2 << 10            // bytes of one outcome
)

// Took is what became of one card of a service.
type Took struct {
	Site     string
	From     Outside
	Hook     string
	Card     string   // uuid; a card without one cannot be spoken of
	Accepted []string // uuids of the suggestions that were taken
	Override bool
	Reason   Coding // of Override; zero: none was given
	At       time.Time
}

// Waiting is one outcome that a service was not told of yet. Nothing in it says of
// whom the card was.
type Waiting struct {
	Site    string          `json:"-"`
	Service string          `json:"service"` // Outside.ID
	URL     string          `json:"url"`
	Body    json.RawMessage `json:"body"`
	Since   time.Time       `json:"since"`

	tries int
	next  time.Time
}

// DecodeWaiting reads what was kept for a site.
func DecodeWaiting(site string, body []byte) ([]Waiting, error) {
	var list []Waiting
	if len(body) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("what outside services are still to be told cannot be read: %w", err)
	}
	if len(list) > MaxWaiting {
		return nil, errors.New("outside services are still to be told more than is ever kept")
	}
	for i := range list {
		w := &list[i]
		if base, _, ok := strings.Cut(w.URL, "/cds-services/"); !ok || CheckBase(base) != nil || !strings.HasSuffix(w.URL, "/feedback") || w.Service == "" || len(w.Body) == 0 || len(w.Body) > maxOutcome || w.Since.IsZero() {
			return nil, errors.New("what an outside service is still to be told is not of this form")
		}
		w.Site = site
	}
	return list, nil
}

// Tell says to a service what became of its card. It does not wait for the service,
// only until it is kept that it is to be told; ok is false when it cannot be told.
func (c *Client) Tell(t Took) (ok bool) {
	if !IsUUID(t.Card) || !t.Override && len(t.Accepted) == 0 || t.From.Services[t.Hook] == "" {
		return false
	}
	f := map[string]any{"card": t.Card, "outcomeTimestamp": t.At.UTC().Format(time.RFC3339)}
	if t.Override {
		f["outcome"] = "overridden"
		if t.Reason.Code != "" {
			f["overrideReason"] = map[string]any{"reason": t.Reason}
		}
	} else {
		ids := []any{}
		for _, id := range t.Accepted {
			ids = append(ids, map[string]string{"id": id})
		}
		f["outcome"], f["acceptedSuggestions"] = "accepted", ids
	}
	body, err := json.Marshal(map[string]any{"feedback": []any{f}})
	if err != nil || len(body) > maxOutcome {
		return false
	}
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	list := c.outbox.of[t.Site]
	if len(list) >= MaxWaiting {
		c.lost(t.Site, t.From.ID, said("was not told: too much waits to be told already"))
		return false
	}
	c.outbox.put(t.Site, append(slices.Clone(list), &Waiting{Site: t.Site, Service: t.From.ID, URL: t.From.Base + "/cds-services/" + t.From.Services[t.Hook] + "/feedback", Body: body, Since: c.opt.Now()}))
	c.keep(t.Site)
	c.outbox.wake()
	return true
}

// Resume goes on with what waited when the node ended.
func (c *Client) Resume(list []Waiting) {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	for _, w := range list {
		if have := c.outbox.of[w.Site]; len(have) < MaxWaiting {
			c.outbox.put(w.Site, append(slices.Clone(have), &w))
		}
	}
	c.outbox.wake()
}

// outbox is what services are still to be told, by site.
type outbox struct {
	mu    sync.Mutex
	of    map[string][]*Waiting
	woken chan struct{} // holds one
}

func (o *outbox) put(site string, list []*Waiting) {
	if o.of == nil {
		o.of = map[string][]*Waiting{}
	}
	o.of[site] = list
	if len(list) == 0 {
		delete(o.of, site)
	}
}

func (o *outbox) wake() {
	select {
	case o.woken <- struct{}{}:
	default:
	}
}

// first is what is to be told next, and when; nil: nothing waits.
func (o *outbox) first() (*Waiting, time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var best *Waiting
	for _, list := range o.of {
		for _, w := range list {
			if best == nil || w.next.Before(best.next) || w.next.Equal(best.next) && w.Since.Before(best.Since) {
				best = w
			}
		}
	}
	if best == nil {
		return nil, time.Time{}
	}
	return best, best.next
}

// keep keeps what waits of a site. The caller holds the outbox.
func (c *Client) keep(site string) {
	if c.opt.Keep == nil {
		return
	}
	list := make([]Waiting, 0, len(c.outbox.of[site]))
	for _, w := range c.outbox.of[site] {
		list = append(list, *w)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := c.opt.Keep(ctx, site, list); err != nil {
		c.lost(site, "", said("what outside services are still to be told was not kept: a restart would forget it"))
	}
}

func (c *Client) lost(site, service string, err error) {
	if c.opt.Lost != nil {
		c.opt.Lost(site, service, err)
	}
}

// done lets go of what was told, or is not told any more.
func (c *Client) done(w *Waiting) {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	c.outbox.put(w.Site, slices.DeleteFunc(slices.Clone(c.outbox.of[w.Site]), func(x *Waiting) bool { return x == w }))
	c.keep(w.Site)
}

func (c *Client) teller(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		w, at := c.outbox.first()
		wait := time.Hour
		if w != nil {
			wait = time.Until(at)
		}
		if w != nil && wait <= 0 {
			c.tellOne(ctx, w)
			if ctx.Err() != nil {
				return
			}
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-c.outbox.woken:
		case <-timer.C:
		}
	}
}

// tellOne tries once, and says when the next try is.
func (c *Client) tellOne(ctx context.Context, w *Waiting) {
	switch {
	case c.opt.Now().Sub(w.Since) > toldFor:
		c.done(w)
		c.lost(w.Site, w.Service, said("could not be told for three days"))
		return
	case c.opt.Still != nil && !c.opt.Still(ctx, w.Site, w.Service, w.URL):
		if ctx.Err() == nil {
			c.done(w) // the site no longer has to do with it
		}
		return
	}
	within, cancel := context.WithTimeout(ctx, MaxWait)
	_, err := c.do(within, http.MethodPost, w.Site, w.URL, w.Body)
	cancel()
	switch {
	case err == nil:
		c.done(w)
	case ctx.Err() != nil: // the node ends: it waits on
	case errors.Is(err, errNoFeedback) || errors.Is(err, errRefused):
		c.done(w)
		c.lost(w.Site, w.Service, err)
	default:
		c.outbox.mu.Lock()
		wait := toldWait
		for range w.tries {
			wait = min(10*wait, toldMost)
		}
		w.tries++
		w.next = time.Now().Add(wait)
		c.outbox.mu.Unlock()
	}
}

// remembered are cards as they were shown to somebody, so that what is done with
// one is done with what was shown.
type remembered struct {
	mu   sync.Mutex
	of   map[string]ShownCard
	size int
}

// ShownCard is a card as it was shown, and who asked.
type ShownCard struct {
	From  Outside
	Hook  string
	Card  OutsideCard
	until time.Time
}

// Bounds of what is remembered.
const (
	shownFor  = time.Hour
	maxShown  = 5000
	shownSize = 16 << 20
)

func shownKey(site, user, patient, card string) string {
	return site + " " + user + " " + patient + " " + card
}

func (r *remembered) put(q Question, t *Told, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range t.Cards {
		size := 1000 + len(c.Detail)
		for _, s := range c.Suggestions {
			for _, a := range s.Actions {
				size += 200 + len(a.Resource)
			}
		}
		if r.of == nil || len(r.of) >= maxShown || r.size+size > shownSize {
			r.of, r.size = map[string]ShownCard{}, 0
		}
		r.size += size
		r.of[shownKey(q.Site, q.User, q.Patient, c.Key)] = ShownCard{t.From, t.Hook, c, now.Add(shownFor)}
	}
}

// Shown is a card that was shown to a user about a patient in the last hour.
func (c *Client) Shown(site, user, patient, key string) (ShownCard, bool) {
	c.told.mu.Lock()
	defer c.told.mu.Unlock()
	s, ok := c.told.of[shownKey(site, user, patient, key)]
	return s, ok && c.opt.Now().Before(s.until)
}
