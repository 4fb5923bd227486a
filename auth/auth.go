// Package auth says who asks: a site's users with their passwords, programs
// with their credentials, other nodes' sites with their keys, and the tokens
// that stand for each. It does not say what they may do: access does.
//
// Nothing is open by default: there is no user until one is made, no default
// password, and a token is never stored, only its SHA-256. SMART App Launch
// takes its place here: its authorisation codes will be a third kind of token.
package auth

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"wholechart/store"
)

// Auth is a node's users, clients, peers and tokens.
type Auth struct {
	st     *store.Store
	now    func() time.Time
	tokens cache
	tries  tries
	argon  chan struct{} // bounds how many passwords are hashed at once: each takes 64 MiB
	keys   struct {
		sync.Mutex
		node *nodeKey
	}
}

// New opens a node's authentication. now is time.Now when nil.
func New(st *store.Store, now func() time.Time) *Auth {
	if now == nil {
		now = time.Now
	}
	return &Auth{st: st, now: now, argon: make(chan struct{}, 2), tokens: cache{byHash: map[string]Grant{}}, tries: tries{of: map[string]*try{}}}
}

// ErrDenied says that who asks could not be recognised. It says no more, to
// anybody: not whether the user exists, not what was wrong.
var ErrDenied = errors.New("user name, password or token is not right")

// ErrSlow says that there were too many failures: try again later.
var ErrSlow = errors.New("too many attempts: wait a minute and try again")

// load reads a document; absent is store.ErrNotFound.
func load[T any](ctx context.Context, st *store.Store, kind, id string) (out T, err error) {
	err = st.View(ctx, func(v *store.View) error {
		body, err := v.GetDoc(kind, id)
		if err != nil {
			return err
		}
		return json.Unmarshal(body, &out)
	})
	return out, err
}

func list[T any](ctx context.Context, st *store.Store, kind, prefix string) (out []T, err error) {
	err = st.View(ctx, func(v *store.View) error {
		docs, err := v.ListDocs(kind, prefix)
		for _, d := range docs {
			var t T
			if err := json.Unmarshal(d.Body, &t); err != nil {
				return err
			}
			out = append(out, t)
		}
		return err
	})
	return out, err
}

func save(ctx context.Context, st *store.Store, kind, id string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = st.Update(ctx, func(tx *store.Tx) error { return tx.PutDoc(kind, id, body) })
	return err
}
