package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"time"
)

// AuditFilter says what an audit row is about, and which rows are asked for:
// zero members ask for nothing.
type AuditFilter struct {
	Site    SiteNo
	Patient Key // any key of the patient's record
	Actor   string
}

// AuditRow is one link of the audit chain.
type AuditRow struct {
	N       int64 // from 1, without gaps
	At      time.Time
	Site    SiteNo
	Patient Key
	Actor   string
	Hash    [32]byte
	Body    []byte
}

// sum is the row's hash, after the hash of the row before.
func (r *AuditRow) sum(h hash.Hash, prev [32]byte) (out [32]byte) {
	h.Reset()
	b := append(make([]byte, 0, 96+len(r.Actor)), prev[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.N))
	b = binary.BigEndian.AppendUint64(b, uint64(millis(r.At)))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Site))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Patient))
	b = binary.BigEndian.AppendUint64(b, uint64(len(r.Actor)))
	b = append(b, r.Actor...)
	h.Write(b)
	h.Write(r.Body)
	h.Sum(out[:0])
	return out
}

func (r *AuditRow) insert(c *conn) error {
	q := c.query(sqlAuditAdd)
	return q.int(r.N).int(millis(r.At)).int(int64(r.Site)).int(int64(r.Patient)).text(r.Actor).
		blob(r.Hash[:]).blob(r.Body).run()
}

// AppendAudit adds a row to the audit chain: its hash is SHA-256 of the hash of
// the row before, its number, time, what it is about, and body. Rows cannot be
// changed or removed. The row is about the first of about, if any.
func (tx *Tx) AppendAudit(body []byte, about ...AuditFilter) (n int64, err error) {
	if tx.over {
		return 0, errOver
	}
	r := AuditRow{N: tx.w.auditN + 1, At: tx.now, Body: body}
	if len(about) > 0 {
		r.Site, r.Patient, r.Actor = about[0].Site, about[0].Patient.Patient(), about[0].Actor
	}
	r.Hash = r.sum(sha256.New(), tx.w.auditHash)
	tx.w.auditN, tx.w.auditHash = r.N, r.Hash
	tx.audits = append(tx.audits, r)
	return r.N, nil
}

func scanAudit(q *query) AuditRow {
	st := q.st
	r := AuditRow{
		N: st.ColumnInt64(0), At: fromMillis(st.ColumnInt64(1)), Site: SiteNo(st.ColumnInt64(2)),
		Patient: Key(st.ColumnInt64(3)), Actor: st.ColumnText(4), Body: st.ColumnBlob(6, nil),
	}
	copy(r.Hash[:], st.ColumnRawBlob(5))
	return r
}

// Audit are audit rows after a number that are about what f says, oldest first.
func (v *View) Audit(after int64, max int, f AuditFilter) ([]AuditRow, error) {
	if err := v.ready(false); err != nil {
		return nil, err
	}
	v.audits = true
	q := v.c.query(sqlAudit)
	if f.Patient != 0 {
		q = v.c.query(sqlAuditPatient)
		q.int(int64(f.Patient.Patient()))
	}
	q.int(after)
	var out []AuditRow
	for len(out) < max && q.next() {
		if f.Site != 0 && SiteNo(q.st.ColumnInt64(2)) != f.Site || f.Actor != "" && q.st.ColumnText(4) != f.Actor {
			continue
		}
		out = append(out, scanAudit(&q))
	}
	return out, q.done()
}

// ErrAudit says that the audit chain is broken at a row: it was changed,
// removed or put in by other means than AppendAudit.
type ErrAudit struct{ N int64 }

func (e *ErrAudit) Error() string { return fmt.Sprintf("the audit chain is broken at row %d", e.N) }

// VerifyAudit reads the whole chain and proves it: count is the number of rows
// that are right, the error *ErrAudit for the first that is not. Rows cut off
// at the end are not noticed by this alone: compare count and AuditHead with
// what was noted elsewhere.
func (s *Store) VerifyAudit(ctx context.Context) (count int64, err error) {
	h := sha256.New()
	var prev [32]byte
	for more := true; more; {
		more = false
		err = s.View(ctx, func(v *View) error {
			v.audits = true
			q := v.c.query(sqlAuditChain)
			q.int(count)
			for q.next() {
				more = true
				r := scanAudit(&q)
				if r.N != count+1 || r.sum(h, prev) != r.Hash {
					q.done()
					return &ErrAudit{count + 1}
				}
				count, prev = r.N, r.Hash
			}
			return q.done()
		})
		if err != nil {
			return count, err
		}
	}
	return count, nil
}

// AuditHead is the last row's number and hash; zero for an empty chain.
func (v *View) AuditHead() (n int64, hash [32]byte, err error) {
	if err := v.ready(false); err != nil {
		return 0, hash, err
	}
	v.audits = true
	q := v.c.query(sqlAuditLast)
	if q.next() {
		n = q.st.ColumnInt64(0)
		copy(hash[:], q.st.ColumnRawBlob(1))
	}
	return n, hash, q.done()
}
