package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/decision/standing"
	"wholechart/exchange"
	"wholechart/record"
	"wholechart/schedule/remind"
	"wholechart/store"
	"wholechart/web/door"
)

// node is one open data directory and what stands on it.
type node struct {
	dir      string
	lock     *os.File
	store    *store.Store
	records  *record.Records
	auth     *auth.Auth
	exchange *exchange.Exchange
	asked    *asked // how asking other nodes went
	support  support
	now      func() time.Time
	send     outgoing // how reminders leave
	remind   *remind.Service
	standing *standing.Keeper // once pages were made
	door     *door.Door       // of the pages, once they are made
	started  time.Time
	base     atomic.Value // string: URL under which the node is reached, without a slash at the end
}

type nodeOptions struct {
	make bool // the directory may be new
	send outgoing
	now  func() time.Time // the clock of all that stands on the node; nil is time.Now
}

// errInUse says that another process has the directory open.
var errInUse = errors.New("the data directory is in use by another process")

// openNode opens a data directory for this process alone.
func openNode(ctx context.Context, dir string, o nodeOptions) (*node, error) {
	if o.make {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if o.now == nil {
		o.now = time.Now
	}
	path := filepath.Join(dir, "wholechart.db")
	if _, err := os.Stat(path); err != nil && !o.make {
		return nil, fmt.Errorf("%s holds no node: make one with wholechart init", dir)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errInUse
		}
		return nil, err
	}
	n := &node{dir: dir, lock: lock, now: o.now, send: o.send, started: time.Now(), asked: newAsked()}
	n.base.Store("")
	if n.store, err = store.Open(ctx, store.Options{Path: path, Now: o.now}); err != nil {
		lock.Close()
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, n.store.Close(), lock.Close())
	}
	if n.records, err = record.New(ctx, n.store, record.Options{Now: o.now}); err != nil {
		return nil, errors.Join(err, n.store.Close(), lock.Close())
	}
	if hasKnowledge(dir) {
		useKnowledge(dir)
	}
	n.auth = auth.New(n.store, o.now)
	n.exchange = exchange.New(n.records, n.auth, exchange.Options{Self: n.self, Client: &http.Client{Transport: n.asked}, Now: o.now})
	return n, nil
}

// self is the URL of one of the node's sites, as its peers know it.
func (n *node) self(site string) string {
	if s, err := n.records.Site(site); err == nil && s.Base != "" {
		return s.Base
	}
	return n.base.Load().(string) + "/" + site
}

// setBase says under which URL the node is reached.
func (n *node) setBase(url string) { n.base.Store(strings.TrimSuffix(url, "/")) }

// system is the node's own session at a site: import, links, upkeep.
func (n *node) system(site, what string) record.Session {
	return n.records.As(access.Actor{Kind: access.System, ID: what, Name: "wholechart " + what, Site: site, Purpose: access.Operations}, access.EMR)
}

func (n *node) close() error {
	n.closeOutside()
	n.exchange.Close()
	n.asked.close()
	err := errors.Join(n.records.Close(), n.store.Close())
	return errors.Join(err, n.lock.Close())
}
