package store

import (
	"cmp"
	"math"
	"slices"
)

// References are the resources that rows refer to, each once, in the order of
// keys: what the index has of their references, nothing that leads nowhere.
func (v *View) References(rows []Row) ([]Key, error) {
	if err := v.ready(false); err != nil {
		return nil, err
	}
	seen := map[Key]bool{}
	add := func(t terms) {
		for e := range t.all {
			if k, ok := e.key(); ok {
				seen[k] = true
			}
		}
	}
	for _, r := range rows {
		if r.terms != nil {
			add(r.terms)
			continue
		}
		q := v.c.query(sqlHeadTerms)
		if q.int(int64(r.Key)).next() {
			add(terms(q.st.ColumnRawBlob(9)))
		}
		if err := q.done(); err != nil {
			return nil, err
		}
	}
	out := make([]Key, 0, len(seen))
	for k := range seen {
		out = append(out, k)
	}
	slices.Sort(out)
	return out, nil
}

// Head is Get without the resource itself.
func (v *View) Head(site SiteNo, typ, id string) (Row, error) {
	k, err := v.Key(site, typ, id)
	if err != nil {
		return Row{}, err
	}
	q := v.c.query(sqlHead)
	if !q.int(int64(k)).next() {
		if err := q.done(); err != nil {
			return Row{}, err
		}
		return Row{}, ErrNotFound
	}
	r := scanHead(&q, name(q.st.ColumnRawBlob(1)))
	if err := q.done(); err != nil {
		return Row{}, err
	}
	if r.Deleted {
		return r, &ErrGone{r.Version, r.Updated}
	}
	return r, nil
}

// Labelled are the resources in a range of keys that have one of some label bits,
// deleted ones too, in the order of keys. What labels an earlier version had does
// not count.
func (v *View) Labelled(r KeyRange, bits uint64) ([]Key, error) {
	if err := v.ready(false); err != nil {
		return nil, err
	}
	q := v.c.query(sqlLabelledKeys)
	q.int(int64(r.From)).int(int64(r.To))
	var out []Key
	for q.next() {
		if uint64(q.st.ColumnInt64(1))&bits != 0 {
			out = append(out, Key(q.st.ColumnInt64(0)))
		}
	}
	slices.Sort(out)
	return out, q.done()
}

// ChangedIn are the current versions in a range of keys that were written after
// a place in the log, deletions too, in the order in which they were written;
// at most max. Fewer than max means that there are no more now.
func (v *View) ChangedIn(r KeyRange, after Seq, max int) ([]Row, error) {
	if err := v.ready(false); err != nil {
		return nil, err
	}
	var out []Row
	q := v.c.query(sqlRange)
	q.int(int64(r.From)).int(int64(r.To))
	var err error
	for err == nil && q.next() {
		if Seq(q.st.ColumnInt64(3)) <= after {
			continue
		}
		var row Row
		if row, err = scanRow(&q); err == nil {
			out = append(out, row)
		}
	}
	if e := q.done(); err == nil {
		err = e
	}
	slices.SortFunc(out, func(a, b Row) int { return cmp.Compare(a.Seq, b.Seq) })
	if len(out) > max {
		out = out[:max]
	}
	return out, err
}

// AuditBefore are audit rows with numbers below before (0: from the newest)
// that are about what f says, newest first.
func (v *View) AuditBefore(before int64, max int, f AuditFilter) ([]AuditRow, error) {
	if err := v.ready(false); err != nil {
		return nil, err
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	v.audits = true
	q := v.c.query(sqlAuditBefore)
	if f.Patient != 0 {
		q = v.c.query(sqlAuditPatientBefore)
		q.int(int64(f.Patient.Patient()))
	}
	q.int(before)
	var out []AuditRow
	for len(out) < max && q.next() {
		if f.Site != 0 && SiteNo(q.st.ColumnInt64(2)) != f.Site || f.Actor != "" && q.st.ColumnText(4) != f.Actor {
			continue
		}
		out = append(out, scanAudit(&q))
	}
	return out, q.done()
}
