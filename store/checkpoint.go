package store

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// checkpoints carries what is in the log over to the database file while the
// writer goes on, on a connection of its own. SQLite begins the log anew only
// when all of it has been carried over: the writer does the little that came
// meanwhile itself, between two commits, once the log is long.
//
// SQLite syncs the log before it carries anything over, and the database file
// before it says so: this holds whatever the store has synced itself.
type checkpoints struct {
	c       *conn
	d       *durable
	step    int64
	frames  atomic.Int64 // in the log
	carried atomic.Int64 // of them in the database file
	busy    atomic.Bool
	wake    chan struct{}
	gone    chan struct{}
}

// stepPages is how much the log grows, 32 MiB, until it is carried over again.
// When it is three times as long, the writer carries over the rest, an eighth of
// a step at most, waits 10 ms at most for readers that are still in the log, and
// it begins anew. If not, that is tried again half a step later; of a log twelve
// steps long the writer waits 200 ms for readers.
const stepPages = 8192

func newCheckpoints(c *conn, d *durable, step int64) *checkpoints {
	p := &checkpoints{c: c, d: d, step: step, wake: make(chan struct{}, 1), gone: make(chan struct{})}
	go p.loop()
	return p
}

func (p *checkpoints) close() error {
	close(p.wake)
	<-p.gone
	return p.c.close()
}

// loop carries over what is there, and in a long log what came meanwhile, until
// little is left. What fails is tried again when more has been written.
func (p *checkpoints) loop() {
	defer close(p.gone)
	for range p.wake {
		for range 4 {
			_, carried, err := p.c.db.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
			if err == nil {
				p.carried.Store(int64(carried))
				err = p.sync()
			}
			if p.failed(err) {
				break
			}
			if n := p.frames.Load(); n < 3*p.step || n-int64(carried) < p.step/8 {
				break
			}
		}
		p.busy.Store(false)
	}
}

// sync syncs the database file, so that SQLite, which does that only when all
// has been carried over, has little left to wait for then.
func (p *checkpoints) sync() error {
	f, err := p.c.db.FileControl("main", sqlite3.FCNTL_FILE_POINTER)
	file, ok := f.(vfs.File)
	if err != nil || !ok {
		return err
	}
	if err := file.Sync(vfs.SYNC_NORMAL); err != nil {
		return fmt.Errorf("%w: %w", sqlite3.IOERR_FSYNC, err)
	}
	return nil
}

// failed says that a checkpoint failed. It is tried again when more has been
// written, but for a failed sync: what the database file holds is not known any
// more, all of it is still in the log, and the log must not begin anew.
func (p *checkpoints) failed(err error) bool {
	if errors.Is(err, sqlite3.IOERR_FSYNC) {
		p.d.fail(err)
	}
	return err != nil
}

// checkpoint is called by the writer between commits.
func (w *writer) checkpoint() {
	frames := w.log.end / w.frame
	p := w.carry
	if frames < p.frames.Load() || frames < p.carried.Load() { // begun anew
		p.carried.Store(0)
		w.tried = 0
	}
	p.frames.Store(frames)
	if frames < p.step || p.busy.Load() || w.s.durable.failed() != nil {
		return
	}
	left, long := frames-p.carried.Load(), frames >= 3*p.step
	switch {
	case long && left < p.step/8 && frames >= w.tried+p.step/2:
		w.tried = frames
		wait := 10 * time.Millisecond
		if frames >= 12*p.step {
			wait = 200 * time.Millisecond
		}
		w.c.db.BusyTimeout(wait)
		_, carried, err := w.c.db.WALCheckpoint("main", sqlite3.CHECKPOINT_RESTART)
		w.c.db.BusyTimeout(busyTimeout)
		if !p.failed(err) {
			p.carried.Store(int64(carried))
		}
	case left >= p.step || long && left >= p.step/8:
		p.busy.Store(true)
		p.wake <- struct{}{}
	}
}
