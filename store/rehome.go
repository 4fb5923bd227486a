package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wholechart/fhir"
	"wholechart/search"
)

// Which record a resource belongs to is settled when it is created, and a key
// never changes. But the rule has changed: a Device that names a patient, a
// Binary that is guarded by one and a Provenance that is about what is one patient's
// belong to that patient, and those stored before
// 23 November 2026 stood among the site's own, where less guards them. They are
// moved once, when the store is opened: with all versions, whatever refers to
// them, and a new version that followers and other sites see.

// homes is the fact that says how far moving came: homesAt and a key, or homesDone.
// What an earlier rule left off at is begun anew.
const (
	homes     = "homes"
	homesDone = "2 done" // raise both numbers when the rule changes again
	homesAt   = "2 at "
)

// Bounds of one piece, which is one commit.
const (
	homePiece = 200
	homeBytes = 8 << 20
)

// keepHomes moves what stands among a site's own and belongs to a patient. What
// was moved when the process ends is not moved again.
func (s *Store) keepHomes(ctx context.Context) error {
	at := ""
	after := Key(-1)
	err := s.View(ctx, func(v *View) error {
		q := v.c.query(sqlFact)
		if q.text(homes).next() {
			at = q.st.ColumnText(0)
		}
		return q.done()
	})
	if err != nil || at == homesDone {
		return err
	}
	if text, ok := strings.CutPrefix(at, homesAt); ok {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			after = Key(n)
		}
	}
	for more := true; more && err == nil; {
		_, err = s.Update(ctx, func(tx *Tx) (err error) {
			after, more, err = tx.homePiece(after, homePiece)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("moving resources to their patients: %w", err)
	}
	return nil
}

// homePiece moves the next resources after a key, and remembers how far it came.
func (tx *Tx) homePiece(after Key, most int) (last Key, more bool, err error) {
	if err := tx.ready(true); err != nil {
		return 0, false, err
	}
	if err := tx.save(); err != nil {
		return 0, false, err
	}
	rows, was, last, more, err := tx.ownRows(after, most)
	if err != nil {
		return 0, false, err
	}
	for i, r := range rows {
		body := r.Body()
		if r.Deleted { // its past is guarded as what it was
			before, err := tx.versionOf(r.Key, r.Version-1)
			if err == ErrNotFound || err == nil && before.Deleted {
				continue
			}
			if err != nil {
				return 0, false, err
			}
			body = before.Body()
		}
		d, err := fhir.Parse(body)
		if err != nil {
			return 0, false, err
		}
		ex, err := search.Extract(d.Root())
		if err != nil {
			return 0, false, err
		}
		if ex.About == nil && (ex.Patient == nil || ex.Patient.Type != "Patient" || ex.Patient.ID == "") {
			continue
		}
		if home, err := tx.homeOf(r.Key.Site(), &ex); err != nil {
			return 0, false, err
		} else if home.PatientNumber() == 0 {
			continue
		}
		if err := tx.move(r, was[i], Prepare(d.Root(), ex)); err != nil {
			return 0, false, err
		}
	}
	fact := homesDone
	if more {
		fact = homesAt + strconv.FormatInt(int64(last), 10)
	}
	q := tx.c.query(sqlFactPut)
	return last, more, q.text(homes).text(fact).run()
}

// ownRows are the next resources after a key that are in no patient's record,
// with their terms.
func (tx *Tx) ownRows(after Key, most int) (rows []Row, was []terms, last Key, more bool, err error) {
	size, seen := 0, 0
	for last = after; ; {
		from := last
		q := tx.c.query(sqlPiece)
		q.int(int64(last)).int(int64(most))
		for q.next() {
			k := Key(q.st.ColumnInt64(0))
			if k.PatientNumber() != 0 { // on to the next site
				last = SiteRange(k.Site()).To
				break
			}
			last = k
			seen++
			var r Row
			if r, err = scanRow(&q); err != nil {
				break
			}
			rows, was = append(rows, r), append(was, q.st.ColumnBlob(10, nil))
			size += len(r.body)
			if seen >= most || size >= homeBytes {
				break
			}
		}
		if e := q.done(); err == nil {
			err = e
		}
		if err != nil || last == from {
			return rows, was, last, false, err
		}
		if seen >= most || size >= homeBytes {
			return rows, was, last, true, nil
		}
	}
}

// move gives a resource a key in its patient's record.
func (tx *Tx) move(r Row, was terms, p *Prepared) error {
	site, old := r.Key.Site(), r.Key
	home, err := tx.homeOf(site, &p.Index)
	if err != nil {
		return err
	}
	if err := tx.ready(true); err != nil { // a patient's key that was given out just now
		return err
	}
	k, err := tx.newNumber(home)
	if err != nil {
		return err
	}
	for _, s := range []statement{sqlMoveResource, sqlMoveVersions} {
		q := tx.c.query(s)
		if err := q.int(int64(k)).int(int64(old)).run(); err != nil {
			return err
		}
	}
	q := tx.c.query(sqlMoveChanges)
	if err := q.int(int64(k)).int(int64(k)).int(int64(k)).run(); err != nil {
		return err
	}
	n, ok := makeName(r.Type, r.ID)
	if !ok {
		return fmt.Errorf("no name for a %s", r.Type)
	}
	q = tx.c.query(sqlMoveIdent)
	if err := q.int(int64(k)).int(int64(site)).blob([]byte(n)).run(); err != nil {
		return err
	}
	for e := range was.all {
		tx.index.change(old, e, true)
		tx.index.change(k, e, false)
	}
	if err := tx.ready(true); err != nil {
		return err
	}
	if err := tx.follow(site, old, k); err != nil {
		return err
	}
	if r.Deleted {
		tx.setIdentity(siteName{site, n}, identity{k, deleted})
		return nil
	}
	tx.setIdentity(siteName{site, n}, identity{k, alive})
	opt := PutOptions{IfVersion: AnyVersion, Author: r.Author, Lenient: true}
	if r.SourceVersion != "" { // a copy keeps the time and version of its source
		opt.Updated, opt.SourceVersion = r.Updated, r.SourceVersion
	}
	_, err = tx.Put(site, r.ID, p, opt)
	return err
}

// follow makes the references that led to a key lead to another.
func (tx *Tx) follow(site SiteNo, old, now Key) error {
	from, to := refValue(old), refValue(now)
	for _, p := range (&includer{}).everyPath("") {
		var keys []Key
		q := tx.c.query(sqlRunKeys)
		q.int(sitePath(site, p)).blob(from).int(0).int(1<<63 - 1).int(-1)
		for q.next() {
			keys = append(keys, Key(q.st.ColumnInt64(0)))
		}
		if err := q.done(); err != nil {
			return err
		}
		for _, k := range keys {
			var was terms
			q := tx.c.query(sqlHeadTerms)
			if q.int(int64(k)).next() {
				was = q.st.ColumnBlob(9, nil)
			}
			if err := q.done(); err != nil {
				return err
			}
			var entries []entry
			for e := range was.all {
				if e.ref && slices.Equal(e.v, from) {
					e.v = to
				}
				entries = append(entries, e)
			}
			packed, entries := packTerms(nil, entries)
			tx.reindex(k, was, entries)
			q = tx.c.query(sqlSetTerms)
			if err := q.blob(packed).int(int64(k)).run(); err != nil {
				return err
			}
		}
		if err := tx.ready(true); err != nil { // one resource may refer on several paths
			return err
		}
	}
	return nil
}
