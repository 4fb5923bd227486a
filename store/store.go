package store

import (
	"context"
	"crypto/cipher"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

//go:embed schema/*.sql
var schema embed.FS

// Options say where and how to open a store. Zero values are sensible.
type Options struct {
	Path      string           // the database file; its directory must exist
	Blobs     string           // directory of blobs; empty is "blobs" beside the database
	Readers   int              // connections for reading; 0 is 6
	CacheKiB  int              // page cache of each connection; 0 is 8 MiB
	LatestKiB int              // memory for current versions that were read lately; 0 is 32 MiB, below 0 none
	WorkLimit int              // index rows and resources that one search may look at; 0 is 2,000,000
	Now       func() time.Time // the clock; nil is time.Now

	disk    string // for tests: the VFS
	logStep int64  // for tests: see stepPages
}

// Store is one open database. It is safe for concurrent use.
type Store struct {
	opt     Options
	readers *pool
	w       *writer

	latest  *latest
	durable *durable

	closing  chan struct{}
	closed   sync.Once
	closeErr error

	strays strays
	bounds bounds
	seal   cipher.AEAD // of paging places
}

// Open opens the store at o.Path, makes it when there is none, and brings its
// schema and its search index up to date; the index may take a while (about
// 10,000 resources a second) when a new program numbers its paths otherwise.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Path == "" {
		return nil, errors.New("store: no path")
	}
	if o.Blobs == "" {
		o.Blobs = filepath.Join(filepath.Dir(o.Path), "blobs")
	}
	if o.Readers == 0 {
		o.Readers = 6
	}
	if o.CacheKiB == 0 {
		o.CacheKiB = 8 << 10
	}
	if o.LatestKiB == 0 {
		o.LatestKiB = 32 << 10
	}
	if o.WorkLimit == 0 {
		o.WorkLimit = 2_000_000
	}
	if o.logStep == 0 {
		o.logStep = stepPages
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := os.MkdirAll(o.Blobs, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	c, err := openConn(o, o.CacheKiB, false)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := migrate(c); err != nil {
		c.close()
		return nil, fmt.Errorf("store: %w", err)
	}
	s := &Store{opt: o, readers: newPool(o.Readers), durable: newDurable(), closing: make(chan struct{}), bounds: usualBounds}
	s.latest = newLatest(o.LatestKiB<<10, s.durable)
	if err := s.strays.load(c); err != nil {
		c.close()
		return nil, fmt.Errorf("store: %w", err)
	}
	if s.seal, err = loadSeal(c); err != nil {
		c.close()
		return nil, fmt.Errorf("store: %w", err)
	}
	if s.w, err = newWriter(s, c); err != nil {
		c.close()
		return nil, fmt.Errorf("store: %w", err)
	}
	for i := range o.Readers {
		r, err := openConn(o, o.CacheKiB, true)
		if err != nil {
			s.opt.Readers = i
			s.Close()
			return nil, fmt.Errorf("store: %w", err)
		}
		s.readers.give(r)
	}
	if err := errors.Join(s.keepIndex(ctx), s.keepHomes(ctx)); err != nil {
		s.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	return s, nil
}

// Close waits for what is running, and closes. What was acknowledged is kept
// without it.
func (s *Store) Close() error {
	s.closed.Do(func() {
		close(s.closing)
		s.closeErr = s.w.close()
		for range s.opt.Readers {
			select {
			case <-s.readers.free:
				c := s.readers.taken()
				if s.durable.failed() != nil {
					c.keepLog()
				}
				s.closeErr = errors.Join(s.closeErr, c.close())
			case <-time.After(10 * time.Second): // a read that does not end, or Open gave up half way
				return
			}
		}
	})
	return s.closeErr
}

// migrate runs the schema files that this database has not seen, each in a
// transaction of its own; user_version is the number of the last one.
func migrate(c *conn) error {
	st, _, err := c.db.Prepare(`PRAGMA user_version`)
	if err != nil {
		return err
	}
	defer st.Close()
	q := query{st: st}
	have, _, err := q.oneInt()
	if err != nil {
		return err
	}
	files, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		return err
	}
	if int(have) > len(files) {
		return fmt.Errorf("the database has schema %d; this program knows %d", have, len(files))
	}
	for i := int(have); i < len(files); i++ {
		text, err := schema.ReadFile(files[i])
		if err != nil {
			return err
		}
		err = c.db.Exec("BEGIN IMMEDIATE;" + string(text) + ";PRAGMA user_version = " + strconv.Itoa(i+1) + ";COMMIT;")
		if err != nil {
			c.db.Exec("ROLLBACK")
			return fmt.Errorf("schema %s: %w", files[i], err)
		}
	}
	return nil
}
