package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3/vfs"
)

// durable counts commits on their way to the disk. A commit is written to the
// log and seen by readers first, and synced a moment later, while the writer
// already runs the next closures (docs/adr/0006). Nobody is told of a commit
// before it is synced: neither who wrote it, nor who read it.
type durable struct {
	shown  atomic.Uint64 // newest commit that a snapshot may show more of than audit rows
	begun  atomic.Uint64 // newest commit
	synced atomic.Uint64 // newest commit that is on the disk, and with it all before

	mu   sync.Mutex
	turn chan struct{} // closed when synced has moved
	err  error         // why nothing will be synced any more
}

func newDurable() *durable { return &durable{turn: make(chan struct{})} }

// wait returns when a commit is on the disk.
func (d *durable) wait(ctx context.Context, n uint64) error {
	for d.synced.Load() < n {
		d.mu.Lock()
		turn, err := d.turn, d.err
		d.mu.Unlock()
		if d.synced.Load() >= n {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-turn:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// failed is why nothing is taken in any more; nil while all is well.
func (d *durable) failed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// moved notes that commits up to n are on the disk.
func (d *durable) moved(n uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.synced.Store(n)
	close(d.turn)
	d.turn = make(chan struct{})
}

// fail notes that nothing more will be.
func (d *durable) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = fmt.Errorf("store: what was written may not be on the disk; nothing more is taken in until the store is opened again: %w", err)
		close(d.turn)
		d.turn = make(chan struct{})
	}
}

// committed is a batch whose commit is in the log file.
type committed struct {
	n     uint64
	jobs  []*job
	wrote bool // something that is to be synced
}

// maxUnsynced bounds the commits between the writer and the disk.
const maxUnsynced = 4

// syncing syncs what the writer committed and answers: its own goroutine. When
// a sync fails, nobody can say what is on the disk: all that wait are told, and
// the store takes nothing more in. What is on the disk shows when it is opened
// again.
func (w *writer) syncing() {
	defer close(w.gone)
	d := w.s.durable
	var list []committed
	for b := range w.done {
		list = append(list[:0], b)
		for more := true; more; {
			select {
			case b, ok := <-w.done:
				if more = ok; ok {
					list = append(list, b)
				}
			default:
				more = false
			}
		}
		err, wrote := d.failed(), false
		for _, b := range list {
			wrote = wrote || b.wrote
		}
		if err == nil && wrote {
			if e := w.log.toDisk(vfs.SYNC_NORMAL); e != nil {
				d.fail(e)
				err = d.failed()
			}
		}
		if err == nil {
			d.moved(list[len(list)-1].n)
		}
		if w.unsynced.Add(-int32(len(list))) == 0 {
			select {
			case w.idle <- struct{}{}:
			default:
			}
		}
		for _, b := range list {
			for _, j := range b.jobs {
				if err != nil && j.err == nil {
					j.err, j.seq = err, 0
				}
				close(j.done)
			}
		}
		clear(list)
	}
}
