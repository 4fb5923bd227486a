package store

import (
	"context"
	"fmt"
	"os"
)

// Backup writes a copy of the database, as it is at one moment, to a file that
// must not exist. Readers and writers go on meanwhile. Blobs are files that
// never change: copy their directory after this.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("store: backup: %w", os.ErrExist)
	}
	// A connection of its own: the copy may take longer than readers can wait.
	c, err := openConn(s.opt, s.opt.CacheKiB, false)
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	defer c.close()
	c.db.SetInterrupt(ctx)
	st, _, err := c.db.Prepare(`VACUUM INTO ?`)
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	defer st.Close()
	q := query{st: st}
	if err := q.text(path).run(); err != nil {
		os.Remove(path)
		return fmt.Errorf("store: backup: %w", interrupted(ctx, err))
	}
	if err := s.durable.wait(ctx, s.durable.begun.Load()); err != nil { // a copy is not ahead of what it is of
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	defer f.Close()
	return f.Sync()
}

// Check looks for damage in the database's structure and returns what it finds,
// nothing when all is well.
func (s *Store) Check(ctx context.Context) (problems []string, err error) {
	err = s.View(ctx, func(v *View) error {
		q := v.c.query(sqlIntegrity)
		for q.next() {
			if t := q.st.ColumnText(0); t != "ok" {
				problems = append(problems, t)
			}
		}
		return q.done()
	})
	return problems, err
}
