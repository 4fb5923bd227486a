package store

import (
	"context"
	"sync"
)

// latest keeps current versions that were read lately, completed, in memory.
//
// It never gives a version that a snapshot begun at the same moment would not
// see. The writer removes what it changes before the commit can be seen by
// anybody, and what a reader brings is taken only if no commit began or ended
// since before the reader's snapshot: a version read before a commit cannot
// come in after it.
type latest struct {
	mu       sync.Mutex
	by       map[siteName]*kept
	at       map[Key]*kept // the same
	ring     kept          // of all, the one used last after it
	size     int           // bytes, about
	max      int
	moment   uint64 // counts beginnings and ends of commits
	underWay bool
	durable  *durable
}

type kept struct {
	before, after *kept
	name          siteName
	row           Row // without its body
	resource      []byte
	commit        uint64 // it may be of: nobody is shown it before that is on the disk
}

// keptCost is about what one takes besides its text.
const keptCost = 600

func newLatest(max int, d *durable) *latest {
	l := &latest{by: map[siteName]*kept{}, at: map[Key]*kept{}, max: max, moment: 1, durable: d}
	l.ring.before, l.ring.after = &l.ring, &l.ring
	return l
}

func (k *kept) unlink() { k.before.after, k.after.before = k.after, k.before }

func (l *latest) first(k *kept) {
	k.before, k.after = &l.ring, l.ring.after
	k.before.after, k.after.before = k, k
}

func (l *latest) drop(k *kept) {
	k.unlink()
	delete(l.by, k.name)
	delete(l.at, k.row.Key)
	l.size -= len(k.resource) + keptCost
}

// get is what is kept of a name, or the moment for put.
func (l *latest) get(n siteName) (k *kept, moment uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k = l.by[n]; k != nil && l.ring.after != k {
		k.unlink()
		l.first(k)
	}
	return k, l.moment
}

// put keeps what was read in a snapshot begun after moment.
func (l *latest) put(moment uint64, n siteName, row Row, resource []byte) {
	cost := len(resource) + keptCost
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.underWay || l.moment != moment || l.by[n] != nil || cost > l.max/8 {
		return
	}
	row.body, row.terms, row.whole = nil, nil, resource
	k := &kept{name: n, row: row, resource: resource, commit: l.durable.shown.Load()}
	l.by[n], l.at[row.Key] = k, k
	l.first(k)
	for l.size += cost; l.size > l.max; {
		l.drop(l.ring.before)
	}
}

// now is the moment for a snapshot that is about to begin; 0 when what is kept
// may not be what it will show.
func (l *latest) now() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.underWay {
		return 0
	}
	return l.moment
}

// row is what is kept by a key, for a snapshot begun at a moment; only while
// nothing was changed since.
func (l *latest) row(moment uint64, k Key) (Row, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.at[k]
	if x == nil || moment == 0 || l.moment != moment || l.underWay {
		return Row{}, false
	}
	if l.ring.after != x {
		x.unlink()
		l.first(x)
	}
	return x.row, true
}

// changing forgets what a commit is about to change.
func (l *latest) changing(names []siteName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.underWay = true
	l.moment++
	for _, n := range names {
		if k := l.by[n]; k != nil {
			l.drop(k)
		}
	}
}

// changed ends what changing began, whether the commit went well or not.
func (l *latest) changed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.underWay = false
	l.moment++
}

// forget forgets everything: another process wrote.
func (l *latest) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.moment++
	clear(l.by)
	clear(l.at)
	l.ring.before, l.ring.after = &l.ring, &l.ring
	l.size = 0
}

// Latest is a resource's current version, as Get gives it, and its text, as
// Row.Resource does, from memory if it was read lately. The row has no body. The
// text must not be changed. ErrNotFound, *ErrGone when deleted.
//
// It applies no scope: the caller looks at the row's key and labels. What
// another process wrote it may miss until this one writes; the data directory's
// lock keeps others out.
func (s *Store) Latest(ctx context.Context, site SiteNo, typ, id string) (Row, []byte, error) {
	n, ok := makeName(typ, id)
	if !ok {
		return Row{}, nil, ErrNotFound
	}
	sn := siteName{site, n}
	k, moment := s.latest.get(sn)
	if k != nil {
		if err := s.durable.wait(ctx, k.commit); err != nil {
			return Row{}, nil, err
		}
		return k.row, k.resource, nil
	}
	row, err := s.current(ctx, sn)
	if e := s.durable.wait(ctx, s.durable.shown.Load()); e != nil {
		return Row{}, nil, e
	}
	if err != nil {
		return row, nil, err
	}
	text := row.Resource()
	text = text[:len(text):len(text)]
	s.latest.put(moment, sn, row, text)
	row.body = nil
	return row, text, nil
}

// current reads one row by its name: one statement is a snapshot by itself.
func (s *Store) current(ctx context.Context, sn siteName) (r Row, err error) {
	c, err := s.readers.take(ctx, s.closing)
	if err != nil {
		return Row{}, err
	}
	defer s.readers.give(c)
	c.db.SetInterrupt(ctx)
	defer c.db.SetInterrupt(context.Background())
	q := c.query(sqlNamed)
	found := q.int(int64(sn.site)).blob([]byte(sn.n)).next()
	if found {
		r, err = scanRow(&q)
	}
	if e := q.done(); err == nil {
		err = interrupted(ctx, e)
	}
	switch {
	case err != nil:
	case !found:
		err = ErrNotFound
	case r.Deleted:
		err = &ErrGone{r.Version, r.Updated}
	}
	return r, err
}
