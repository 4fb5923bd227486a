package store

import (
	"context"
	"errors"
	"time"
)

// Tx is what a closure given to Update writes with. It reads what a View reads,
// its own writes included. It must not be used after the closure returned, nor
// by another goroutine.
type Tx struct {
	View
	w    *writer
	now  time.Time
	over bool

	pending []*change    // resources put and not yet written
	at      map[Key]bool // keys in pending
	strict  []strictRef  // references that must lead somewhere at the end
	audits  []AuditRow   // audit rows not yet written
	index   indexOps     // index rows not yet written
	lifted  []indexOp    // rows of earlier closures that were written inside this one's savepoint
	touched []siteName   // names whose identity this closure changed
	saved   bool         // a savepoint is open
}

// Now is the closure's moment, the same for all that it writes.
func (tx *Tx) Now() time.Time { return tx.now }

var errOver = errors.New("store: the closure is over")

// save opens the savepoint that undoes this closure alone. A closure that only
// puts and appends needs none: its rows are written when nothing can fail any more.
func (tx *Tx) save() error {
	if tx.over {
		return errOver
	}
	if tx.saved {
		return nil
	}
	q := tx.c.query(sqlSavepoint)
	if err := q.run(); err != nil {
		return err
	}
	tx.saved = true
	return nil
}

// ready writes what a read has to see: rows, and index rows as well when the
// read looks into the index.
func (tx *Tx) ready(index bool) error {
	if tx.over {
		return errOver
	}
	if index && len(tx.w.index.rows) > 0 {
		if tx.saved {
			tx.lifted = append(tx.lifted, tx.w.index.rows...)
		}
		if err := tx.w.index.flush(tx.c); err != nil {
			return err
		}
	}
	if len(tx.pending) > 0 || len(tx.audits) > 0 {
		if err := tx.save(); err != nil {
			return err
		}
		if err := tx.settle(); err != nil {
			return err
		}
	}
	if index && len(tx.index.rows) > 0 {
		if err := tx.save(); err != nil {
			return err
		}
		return tx.index.flush(tx.c)
	}
	return nil
}

// View runs fn on one consistent snapshot. It runs beside writers and other
// readers; it waits for a free connection, and at the end until what the
// snapshot held is on the disk: what fn found must not leave before View returns.
func (s *Store) View(ctx context.Context, fn func(*View) error) error {
	seen, err := s.snapshot(ctx, fn)
	if e := s.durable.wait(ctx, seen); err == nil {
		err = e
	}
	return err
}

// snapshot is View without the wait; seen is the newest commit that fn may have
// seen.
func (s *Store) snapshot(ctx context.Context, fn func(*View) error) (seen uint64, err error) {
	c, err := s.readers.take(ctx, s.closing)
	if err != nil {
		return 0, err
	}
	defer s.readers.give(c)
	c.db.SetInterrupt(ctx)
	defer c.db.SetInterrupt(context.Background())
	moment := s.latest.now()
	q := c.query(sqlBegin)
	if err := q.run(); err != nil {
		return 0, interrupted(ctx, err)
	}
	v := &View{c: c, s: s, ctx: ctx, moment: moment}
	defer func() {
		v.c = nil
		c.db.SetInterrupt(context.Background())
		q := c.query(sqlCommit)
		q.run()
	}()
	err = interrupted(ctx, fn(v))
	// Which commit the snapshot is of was settled by the first statement; this is
	// not before it.
	if v.audits {
		return s.durable.begun.Load(), err
	}
	return s.durable.shown.Load(), err
}

// interrupted gives the context's own error for a read that it ended.
func interrupted(ctx context.Context, err error) error {
	if err != nil && isInterrupt(err) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
