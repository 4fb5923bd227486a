package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

// What became of a card is told to the service that it is from (section
// Feedback): in the background, a few times, and not for ever. What is told is the
// card's uuid, the outcome, the uuids of suggestions that were taken, and a coded
// reason; the words that somebody typed stay here, for they may speak of the patient.

const (
	maxOutcomes = 1000 // that wait to be told; more are dropped
	toldTries   = 3
	toldWait    = 2 * time.Second // before the second try; ten times that before the third
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

type outcome struct {
	site, url string
	body      []byte
	from      string
}

// Tell says to a service what became of its card. It does not wait; ok is false
// when it cannot be told.
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
	if err != nil {
		return false
	}
	select {
	case c.tell <- outcome{t.Site, t.From.Base + "/cds-services/" + t.From.Services[t.Hook] + "/feedback", body, t.From.ID}:
		return true
	default:
		return false
	}
}

func (c *Client) teller(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-c.tell:
			c.tellOne(ctx, o)
		}
	}
}

func (c *Client) tellOne(ctx context.Context, o outcome) {
	wait := toldWait
	for try := 1; ; try++ {
		within, cancel := context.WithTimeout(ctx, MaxWait)
		_, err := c.do(within, http.MethodPost, o.site, o.url, o.body)
		cancel()
		if err == nil || ctx.Err() != nil {
			return
		}
		if try == toldTries || errors.Is(err, errNoFeedback) {
			if c.opt.Lost != nil {
				c.opt.Lost(o.site, o.from, err)
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			wait *= 10
		}
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
