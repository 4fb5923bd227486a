package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// maxBatch bounds the closures that share a commit. Clients that wait for one
// another's sync fill the next batch meanwhile.
const maxBatch = 256

// A job is one closure on its way through the writer.
type job struct {
	ctx   context.Context
	fn    func(*Tx) error
	state atomic.Int32 // waiting, then taken by the writer or given up by the caller
	done  chan struct{}

	seq      Seq
	err      error
	panicked any
}

const (
	jobWaiting = iota
	jobTaken
	jobGivenUp
)

// writer is the one goroutine that writes.
type writer struct {
	s    *Store
	c    *conn
	jobs chan *job
	gone chan struct{}
	quit sync.Once

	state              // as of the last closure that went well
	index   indexOps   // index rows of closures that went well, not yet in the database
	changed []siteName // what this commit changes
	names   names      // identities lately looked up
	next    counters   // numbers to give out
}

// state is what is counted up by writes.
type state struct {
	seq         Seq
	auditN      int64
	auditHash   [32]byte
	waiting     bool // some resource waits for one it refers to
	dataVersion int64
}

func newWriter(s *Store, c *conn) (*writer, error) {
	w := &writer{s: s, c: c, jobs: make(chan *job, 4*maxBatch), gone: make(chan struct{})}
	if err := w.load(); err != nil {
		return nil, err
	}
	q := c.query(sqlDataVersion)
	var err error
	if w.dataVersion, _, err = q.oneInt(); err != nil {
		return nil, err
	}
	go w.loop()
	return w, nil
}

// load reads from the database what the writer keeps in memory.
func (w *writer) load() error {
	w.names = names{}
	w.next = counters{}
	w.index = indexOps{}
	q := w.c.query(sqlLastSeq)
	seq, _, err := q.oneInt()
	if err != nil {
		return err
	}
	w.seq = Seq(seq)
	w.auditN, w.auditHash = 0, [32]byte{}
	q = w.c.query(sqlAuditLast)
	if q.next() {
		w.auditN = q.st.ColumnInt64(0)
		copy(w.auditHash[:], q.st.ColumnRawBlob(1))
	}
	if err := q.done(); err != nil {
		return err
	}
	q = w.c.query(sqlAnyWaiting)
	_, w.waiting, err = q.oneInt()
	return err
}

func (w *writer) close() error {
	w.quit.Do(func() { close(w.jobs) })
	<-w.gone
	return w.c.close()
}

// Update runs fn in the writer and returns after its changes are durable: Seq
// is that of its last change (or of the last one before it). fn may be long
// delayed but runs at most once, and never after Update returned. When it
// fails, nothing that it did remains. It must not call Update or View.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) (Seq, error) {
	j := &job{ctx: ctx, fn: fn, done: make(chan struct{})}
	if err := s.w.submit(j); err != nil {
		return 0, err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobWaiting, jobGivenUp) {
			return 0, ctx.Err()
		}
		<-j.done
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.seq, j.err
}

func (w *writer) submit(j *job) (err error) {
	defer func() {
		if recover() != nil { // the channel is closed
			err = ErrClosed
		}
	}()
	select {
	case <-w.s.closing:
		return ErrClosed
	default:
	}
	select {
	case w.jobs <- j:
		return nil
	case <-j.ctx.Done():
		return j.ctx.Err()
	}
}

func (w *writer) loop() {
	defer close(w.gone)
	batch := make([]*job, 0, maxBatch)
	var g gathering
	for j := range w.jobs {
		batch = g.fill(append(batch[:0], j), w.jobs)
		began := time.Now()
		w.commit(batch)
		g.done(len(batch), len(w.jobs), time.Since(began))
	}
}

// gathering decides how long a commit waits for others to share it. Clients that
// were answered a moment ago are about to write again; to wait for them, as long
// as a commit takes at most, makes one full commit of two half ones: of 16
// clients' closures 14 a commit instead of 7. One client alone never waits.
type gathering struct {
	want  int // closures that the last commit had, and that came during it
	took  time.Duration
	timer *time.Timer
}

const maxWait = 2 * time.Millisecond

func (g *gathering) done(n, queued int, took time.Duration) {
	g.want = min(n+queued, maxBatch)
	g.took = (3*g.took + took) / 4
}

func (g *gathering) fill(batch []*job, jobs <-chan *job) []*job {
	for len(batch) < maxBatch {
		select {
		case j, ok := <-jobs:
			if !ok {
				return batch
			}
			batch = append(batch, j)
			continue
		default:
		}
		break
	}
	if len(batch) >= g.want {
		return batch
	}
	wait := min(g.took, maxWait)
	if g.timer == nil {
		g.timer = time.NewTimer(wait)
	} else {
		g.timer.Reset(wait)
	}
	defer g.timer.Stop()
	for len(batch) < g.want {
		select {
		case j, ok := <-jobs:
			if !ok {
				return batch
			}
			batch = append(batch, j)
		case <-g.timer.C:
			return batch
		}
	}
	return batch
}

// commit runs the closures of a batch in one transaction and answers them all.
func (w *writer) commit(batch []*job) {
	before := w.state
	err := w.begin()
	if err == nil {
		for _, j := range batch {
			if !j.state.CompareAndSwap(jobWaiting, jobTaken) {
				continue
			}
			if err = w.run(j); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = w.index.flush(w.c)
	}
	if err == nil {
		if len(w.changed) > 0 {
			w.s.latest.changing(w.changed)
		}
		q := w.c.query(sqlCommit)
		err = q.run()
		if len(w.changed) > 0 {
			w.s.latest.changed()
		}
	}
	clear(w.changed)
	w.changed = w.changed[:0]
	if err != nil {
		// The disk is full or worse: nothing of the batch is kept.
		err = fmt.Errorf("store: the commit failed: %w", err)
		if !w.c.db.GetAutocommit() {
			q := w.c.query(sqlRollback)
			err = errors.Join(err, q.run())
		}
		w.state = before
		if e := w.load(); e != nil {
			err = errors.Join(err, e)
		}
		w.s.strays.load(w.c)
	}
	for _, j := range batch {
		if err != nil && j.err == nil {
			j.err, j.seq = err, 0
		}
		j.state.CompareAndSwap(jobWaiting, jobTaken)
		close(j.done)
	}
}

// begin opens the transaction and forgets what is kept in memory when another
// process has written meanwhile.
func (w *writer) begin() error {
	q := w.c.query(sqlBeginWrite)
	if err := q.run(); err != nil {
		return err
	}
	q = w.c.query(sqlDataVersion)
	v, _, err := q.oneInt()
	if err != nil {
		return err
	}
	if v != w.dataVersion {
		w.dataVersion = v
		w.s.latest.forget()
		if err := w.load(); err != nil {
			return err
		}
		return w.s.strays.load(w.c)
	}
	return nil
}

// run runs one closure. An error it returns is one of the database and ends
// the whole batch; the closure's own goes to its job.
func (w *writer) run(j *job) error {
	if err := j.ctx.Err(); err != nil {
		j.err = err
		return nil
	}
	before := w.state
	if len(w.names) > maxNames {
		w.names = names{}
	}
	if len(w.next) > maxNames {
		w.next = counters{}
	}
	tx := &Tx{View: View{c: w.c, s: w.s, ctx: j.ctx}, w: w, now: fromMillis(millis(w.s.opt.Now()))}
	tx.View.tx = tx
	defer func() { tx.c = nil }() // whoever kept it reads nothing more
	j.err = tx.call(j)
	if j.err == nil {
		j.err = tx.checkReferences()
	}
	tx.over = true
	if j.err == nil {
		if err := tx.settle(); err != nil {
			return err // half of its rows may be in: give up the batch
		}
		w.index.rows = append(w.index.rows, tx.index.rows...)
		j.seq = w.seq
		if tx.saved {
			q := w.c.query(sqlRelease)
			return q.run()
		}
		return nil
	}
	// The closure failed: back to how it was before.
	w.state = before
	for _, n := range tx.touched {
		delete(w.names, n)
	}
	if tx.saved {
		q := w.c.query(sqlRollbackTo)
		if err := q.run(); err != nil {
			return err
		}
		q = w.c.query(sqlRelease)
		if err := q.run(); err != nil {
			return err
		}
		w.index.rows = append(w.index.rows, tx.lifted...) // flushed inside the savepoint, so gone with it
		return w.s.strays.load(w.c)
	}
	return nil
}

// call runs the closure and keeps a panic for the caller's goroutine.
func (tx *Tx) call(j *job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			j.panicked = p
			err = errors.New("store: the closure panicked")
		}
	}()
	return j.fn(tx)
}
