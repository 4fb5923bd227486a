package main

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"wholechart/store"
	"wholechart/web/admin"
)

// NodeStatus tells the operator's page how the node is.
func (n *node) NodeStatus(ctx context.Context) (admin.Status, error) {
	s := admin.Status{Resources: -1, Started: n.started, Version: version()}
	for _, name := range []string{"wholechart.db", "wholechart.db-wal"} {
		info, err := os.Stat(filepath.Join(n.dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
		if err == nil {
			s.Bytes += info.Size()
		}
	}
	err := n.store.View(ctx, func(v *store.View) error {
		head, hash, err := v.AuditHead()
		s.AuditN, s.AuditHash = head, hex.EncodeToString(hash[:])
		return err
	})
	if err != nil {
		return s, err
	}
	peers, err := n.auth.Peers(ctx)
	if err != nil {
		return s, err
	}
	for _, p := range peers {
		s.Peers = append(s.Peers, n.asked.status(p.Slug, p.Base))
	}
	return s, nil
}

// asked is the transport by which other nodes are asked. It remembers of each
// node how the last time went.
type asked struct {
	next http.RoundTripper
	mu   sync.Mutex
	last map[string]admin.PeerStatus // by the node's host
}

// maxAsked bounds how many nodes are remembered: more than a node has peers.
const maxAsked = 10000

func newAsked() *asked {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 16
	return &asked{next: t, last: map[string]admin.PeerStatus{}}
}

// RoundTrip asks, and notes whether there was an answer, be it a refusal.
func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := a.next.RoundTrip(r)
	if r.Context().Err() != nil && errors.Is(context.Cause(r.Context()), context.Canceled) {
		return res, err // whoever asked turned away: that says nothing of the node
	}
	s := admin.PeerStatus{Up: err == nil, At: time.Now()}
	if err != nil {
		s.Why = "it could not be reached"
		if errors.Is(err, context.DeadlineExceeded) {
			s.Why = "it did not answer in time"
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.last) < maxAsked {
		a.last[r.URL.Host] = s
	}
	return res, err
}

func (a *asked) status(slug, base string) admin.PeerStatus {
	a.mu.Lock()
	defer a.mu.Unlock()
	var s admin.PeerStatus
	if u, err := url.Parse(base); err == nil {
		s = a.last[u.Host]
	}
	s.Slug = slug
	return s
}

// close lets go of the connections that are kept for the next question.
func (a *asked) close() { a.next.(*http.Transport).CloseIdleConnections() }
