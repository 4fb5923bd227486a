package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/store"
)

// Grant is what a token stands for.
type Grant struct {
	Actor   access.Actor `json:"actor"`
	Use     Use          `json:"use"`
	Issued  time.Time    `json:"issued"`
	Expires time.Time    `json:"expires"`

	checked time.Time
}

// Use is where a token may be shown: a page's cookie does not open the API,
// nor a bearer token the pages.
type Use string

// The uses of a token.
const (
	Page   Use = "page"
	Bearer Use = "bearer"
)

// MaxTTL bounds a token's life.
const MaxTTL = 7 * 24 * time.Hour

func digest(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// Issue makes a token for an actor and keeps its digest.
func (a *Auth) Issue(ctx context.Context, actor access.Actor, use Use, ttl time.Duration) (string, error) {
	token, body, err := a.grant(actor, use, ttl)
	if err != nil {
		return "", err
	}
	_, err = a.st.Update(ctx, func(tx *store.Tx) error { return tx.PutDoc("token", digest(token), body) })
	if err != nil {
		return "", err
	}
	return token, nil
}

// grant makes a token and what is to be kept of it.
func (a *Auth) grant(actor access.Actor, use Use, ttl time.Duration) (token string, body []byte, err error) {
	if ttl <= 0 || ttl > MaxTTL {
		return "", nil, errors.New("a token lives for more than nothing and at most seven days")
	}
	var b [32]byte
	rand.Read(b[:])
	now := a.now().UTC()
	body, err = json.Marshal(Grant{Actor: actor, Use: use, Issued: now, Expires: now.Add(ttl)})
	return "wc_" + base64.RawURLEncoding.EncodeToString(b[:]), body, err
}

// recheck is how long a token is believed before the store is asked again: the
// longest that a disabled account's token goes on working.
const recheck = 5 * time.Second

// Recognise is who a token stands for at a site, or ErrDenied.
func (a *Auth) Recognise(ctx context.Context, site, token string, use Use) (access.Actor, error) {
	if !strings.HasPrefix(token, "wc_") || len(token) > 100 {
		return access.Actor{}, ErrDenied
	}
	h, now := digest(token), a.now()
	g, ok := a.tokens.get(h)
	if !ok || now.Sub(g.checked) > recheck {
		var err error
		if g, err = load[Grant](ctx, a.st, "token", h); err != nil {
			a.tokens.drop(h)
			if errors.Is(err, store.ErrNotFound) {
				return access.Actor{}, ErrDenied
			}
			return access.Actor{}, err
		}
		if err := a.stands(ctx, g); err != nil {
			a.tokens.drop(h)
			return access.Actor{}, err
		}
		g.checked = now
		a.tokens.put(h, g)
	}
	if g.Use != use || g.Actor.Site != site || !now.Before(g.Expires) {
		return access.Actor{}, ErrDenied
	}
	return g.Actor, nil
}

// stands says whether the account behind a token is still there, and still what
// the token says: a token is never more than its account is now.
func (a *Auth) stands(ctx context.Context, g Grant) error {
	actor := g.Actor
	switch actor.Kind {
	case access.User, access.Patient, access.Proxy:
		u, err := load[User](ctx, a.st, "user", actor.Site+"/"+actor.ID)
		if errors.Is(err, store.ErrNotFound) {
			return ErrDenied
		}
		is := u.Actor()
		lost := func(id string) bool { return !slices.Contains(is.Patients, id) }
		if err == nil && (u.Disabled || g.Issued.Before(u.Created) || g.Issued.Before(u.Since) ||
			is.Kind != actor.Kind || is.Role != actor.Role || is.Who != actor.Who || slices.ContainsFunc(actor.Patients, lost)) {
			return ErrDenied
		}
		return err
	case access.Client:
		c, err := load[Client](ctx, a.st, "client", actor.Site+"/"+actor.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && (c.Disabled || g.Issued.Before(c.Created) || actor.Purpose != "" && actor.Purpose != c.Purpose) {
			return ErrDenied
		}
		return err
	case access.Peer:
		_, err := load[Peer](ctx, a.st, "peer", actor.ID)
		if errors.Is(err, store.ErrNotFound) {
			return ErrDenied
		}
		return err
	}
	return ErrDenied
}

// Revoke ends a token.
func (a *Auth) Revoke(ctx context.Context, token string) error {
	h := digest(token)
	a.tokens.drop(h)
	_, err := a.st.Update(ctx, func(tx *store.Tx) error { return tx.DeleteDoc("token", h) })
	return err
}

// Sweep deletes tokens that have expired, and used assertions that have.
func (a *Auth) Sweep(ctx context.Context) error {
	type doc struct{ kind, id string }
	var old []doc
	err := a.st.View(ctx, func(v *store.View) error {
		for _, kind := range []string{"token", usedDocs} {
			docs, err := v.ListDocs(kind, "")
			if err != nil {
				return err
			}
			for _, d := range docs {
				var g struct{ Expires time.Time }
				if json.Unmarshal(d.Body, &g) != nil || !a.now().Before(g.Expires) {
					old = append(old, doc{kind, d.ID})
				}
			}
		}
		return nil
	})
	if err != nil || len(old) == 0 {
		return err
	}
	_, err = a.st.Update(ctx, func(tx *store.Tx) error {
		for _, d := range old {
			if err := tx.DeleteDoc(d.kind, d.id); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return err
}

type cache struct {
	sync.RWMutex
	byHash map[string]Grant
}

const maxCached = 10000

func (c *cache) get(h string) (Grant, bool) {
	c.RLock()
	defer c.RUnlock()
	g, ok := c.byHash[h]
	return g, ok
}

func (c *cache) put(h string, g Grant) {
	c.Lock()
	defer c.Unlock()
	if len(c.byHash) >= maxCached {
		clear(c.byHash)
	}
	c.byHash[h] = g
}

func (c *cache) drop(h string) {
	c.Lock()
	defer c.Unlock()
	delete(c.byHash, h)
}

func (c *cache) clear() {
	c.Lock()
	defer c.Unlock()
	clear(c.byHash)
}
