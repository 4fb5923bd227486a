package store

import (
	"context"
	"fmt"

	"wholechart/fhir"
	"wholechart/search"
)

// keepIndex makes the index anew when it was written under other path numbers
// or encodings than this program's (search.Fingerprint). What is half done when
// the process ends is done again at the next start.
func (s *Store) keepIndex(ctx context.Context) error {
	const fact = "index"
	now := search.Fingerprint()
	same, empty := false, false
	err := s.View(ctx, func(v *View) error {
		q := v.c.query(sqlFact)
		same = q.text(fact).next() && q.st.ColumnText(0) == now
		if err := q.done(); err != nil {
			return err
		}
		seq, err := v.Seq()
		empty = seq == 0
		return err
	})
	if err != nil || same {
		return err
	}
	if !empty {
		if err := s.reindex(ctx); err != nil {
			return fmt.Errorf("making the index anew: %w", err)
		}
	}
	_, err = s.Update(ctx, func(tx *Tx) error {
		if err := tx.save(); err != nil {
			return err
		}
		q := tx.c.query(sqlFactPut)
		return q.text(fact).text(now).run()
	})
	return err
}

func (s *Store) reindex(ctx context.Context) error {
	_, err := s.Update(ctx, func(tx *Tx) error {
		if err := tx.save(); err != nil {
			return err
		}
		q := tx.c.query(sqlStrayClear)
		if err := q.run(); err != nil {
			return err
		}
		return s.strays.load(tx.c)
	})
	for after, more := Key(-1), true; more && err == nil; {
		_, err = s.Update(ctx, func(tx *Tx) error {
			var err error
			after, more, err = tx.reindexPiece(after)
			return err
		})
	}
	return err
}

// reindexPiece does the next resources after a key.
func (tx *Tx) reindexPiece(after Key) (last Key, more bool, err error) {
	const piece = 1000
	if err := tx.save(); err != nil {
		return 0, false, err
	}
	var rows []Row
	var was []terms
	q := tx.c.query(sqlPiece)
	q.int(int64(after)).int(piece)
	for q.next() {
		var r Row
		if r, err = scanRow(&q); err != nil {
			break
		}
		rows = append(rows, r)
		was = append(was, q.st.ColumnBlob(10, nil))
	}
	if e := q.done(); err == nil {
		err = e
	}
	if err != nil {
		return 0, false, err
	}
	for i, r := range rows {
		last = r.Key
		if err := tx.relabel(r.Key); err != nil {
			return 0, false, err
		}
		if r.Deleted {
			continue
		}
		d, err := fhir.Parse(r.Resource())
		if err != nil {
			return 0, false, err
		}
		ex, err := search.Extract(d.Root())
		if err != nil {
			return 0, false, err
		}
		entries, err := tx.entries(r.Key, &Prepared{Type: r.Type, Index: ex})
		if err != nil {
			return 0, false, err
		}
		packed, entries := packTerms(nil, entries)
		tx.reindex(r.Key, was[i], entries)
		q := tx.c.query(sqlSetIndex)
		if err := q.blob(packed).int(int64(ex.Labels)).int(int64(r.Key)).run(); err != nil {
			return 0, false, err
		}
	}
	return last, len(rows) == piece, nil
}

// relabel makes the labels of a resource's earlier versions anew: a version is
// hidden by its own too.
func (tx *Tx) relabel(k Key) error {
	var rows []Row
	q := tx.c.query(sqlVersions)
	q.int(int64(k)).int(1 << 62).int(-1)
	var err error
	for q.next() {
		var r Row
		if r, err = scanRow(&q); err != nil {
			break
		}
		rows = append(rows, r)
	}
	if e := q.done(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	for _, r := range rows { // newest first
		if r.Deleted {
			continue
		}
		d, err := fhir.Parse(r.Body())
		if err != nil {
			return err
		}
		labels := search.LabelBits(d.Root()) | search.KindBits(d.Root())
		if labels == r.Labels {
			continue
		}
		q := tx.c.query(sqlRelabel)
		if err := q.int(int64(labels)).int(int64(r.Key)).int(int64(r.Version)).run(); err != nil {
			return err
		}
	}
	return nil
}
