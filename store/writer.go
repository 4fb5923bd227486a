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
	s     *Store
	c     *conn
	log   *runFile // of the connection
	carry *checkpoints
	frame int64 // bytes of a page in the log
	tried int64 // frames in the log when it was last to begin anew

	jobs     chan *job
	done     chan committed
	unsynced atomic.Int32  // of those handed to done
	idle     chan struct{} // told when there are none any more
	gone     chan struct{}
	quit     sync.Once
	n        uint64 // of the last commit

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
	w := &writer{s: s, c: c, jobs: make(chan *job, 4*maxBatch), done: make(chan committed, maxUnsynced), idle: make(chan struct{}, 1), gone: make(chan struct{})}
	if err := w.load(); err != nil {
		return nil, err
	}
	q := c.query(sqlDataVersion)
	var err error
	if w.dataVersion, _, err = q.oneInt(); err != nil {
		return nil, err
	}
	if w.log, err = c.log(); err != nil {
		return nil, err
	}
	if w.frame, err = c.pageSize(); err != nil {
		return nil, err
	}
	w.frame += 24 // https://sqlite.org/fileformat2.html#the_write_ahead_log
	carrier, err := openConn(s.opt, 256, false)
	if err != nil {
		return nil, err
	}
	w.carry = newCheckpoints(carrier, s.durable, s.opt.logStep)
	go w.syncing()
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
	if w.s.durable.failed() != nil {
		w.carry.c.keepLog()
		w.c.keepLog()
	}
	err := w.carry.close()
	return errors.Join(err, w.c.close())
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

// loop takes closures as they come into one transaction, and commits it when
// the commit before is on the disk: what comes meanwhile shares the next one.
func (w *writer) loop() {
	defer close(w.done)
	last := 1 // closures of the commit before
	for j := range w.jobs {
		b := &batch{before: w.state, err: w.s.durable.failed()}
		if b.err == nil {
			b.err = w.begin()
		}
		w.take(b, j)
		w.gather(b, last)
		last = len(b.jobs)
		w.commit(b)
		w.checkpoint()
	}
}

// batch is the closures of one transaction.
type batch struct {
	before state
	jobs   []*job
	err    error // of the database: nothing of it is kept
	shows  bool  // something other than audit rows was written
}

// take runs a closure in the transaction.
func (w *writer) take(b *batch, j *job) {
	b.jobs = append(b.jobs, j)
	if b.err != nil || !j.state.CompareAndSwap(jobWaiting, jobTaken) {
		return
	}
	var shows bool
	shows, b.err = w.run(j)
	b.shows = b.shows || shows
}

// maxWait is how long a commit waits for others to share it.
const maxWait = time.Millisecond

// gather runs what else comes until it is time to commit: the commit before is
// synced, and as many are here as shared it. Without the second condition the
// clients would fall into one large group, while whose commit is synced nobody
// has anything to do, and one of a few. One client alone never waits.
func (w *writer) gather(b *batch, last int) {
	var late <-chan time.Time
	for b.err == nil && len(b.jobs) < maxBatch {
		select {
		case j, ok := <-w.jobs:
			if !ok {
				return
			}
			w.take(b, j)
			continue
		default:
		}
		if w.unsynced.Load() == 0 {
			if len(b.jobs) >= last {
				return
			}
			if late == nil {
				t := time.NewTimer(maxWait)
				defer t.Stop()
				late = t.C
			}
		}
		select {
		case j, ok := <-w.jobs:
			if !ok {
				return
			}
			w.take(b, j)
		case <-w.idle: // or was a while ago: look again
		case <-late:
			return
		}
	}
}

// commit writes the transaction to the log and hands its closures on to be
// synced and answered.
func (w *writer) commit(b *batch) {
	err := b.err
	if err == nil {
		err = w.index.flush(w.c)
	}
	w.n++
	w.s.durable.begun.Store(w.n)
	if err == nil {
		if b.shows {
			w.s.durable.shown.Store(w.n)
		}
		if len(w.changed) > 0 {
			w.s.latest.changing(w.changed)
		}
		w.log.later, w.log.left = true, false
		q := w.c.query(sqlCommit)
		err = q.run()
		w.log.later = false
		if len(w.changed) > 0 {
			w.s.latest.changed()
		}
	}
	clear(w.changed)
	w.changed = w.changed[:0]
	if err != nil {
		// The disk is full or worse: nothing of the batch is kept.
		if e := w.log.broken(); e != nil {
			w.s.durable.fail(e)
		}
		err = fmt.Errorf("store: the commit failed: %w", err)
		if !w.c.db.GetAutocommit() {
			q := w.c.query(sqlRollback)
			err = errors.Join(err, q.run())
		}
		w.state = b.before
		if e := w.load(); e != nil {
			err = errors.Join(err, e)
		}
		w.s.strays.load(w.c)
	}
	for _, j := range b.jobs {
		if err != nil && j.err == nil {
			j.err, j.seq = err, 0
		}
		j.state.CompareAndSwap(jobWaiting, jobTaken)
	}
	w.unsynced.Add(1)
	w.done <- committed{w.n, b.jobs, w.log.left}
	w.log.left = false
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

// run runs one closure; shows says that it wrote more than audit rows. An error
// it returns is one of the database and ends the whole batch; the closure's own
// goes to its job.
func (w *writer) run(j *job) (shows bool, err error) {
	if err := j.ctx.Err(); err != nil {
		j.err = err
		return false, nil
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
			return true, err // half of its rows may be in: give up the batch
		}
		w.index.rows = append(w.index.rows, tx.index.rows...)
		j.seq = w.seq
		if tx.saved {
			q := w.c.query(sqlRelease)
			return true, q.run()
		}
		return w.seq != before.seq, nil
	}
	// The closure failed: back to how it was before.
	w.state = before
	for _, n := range tx.touched {
		delete(w.names, n)
	}
	if tx.saved {
		q := w.c.query(sqlRollbackTo)
		if err := q.run(); err != nil {
			return false, err
		}
		q = w.c.query(sqlRelease)
		if err := q.run(); err != nil {
			return false, err
		}
		w.index.rows = append(w.index.rows, tx.lifted...) // flushed inside the savepoint, so gone with it
		return false, w.s.strays.load(w.c)
	}
	return false, nil
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
