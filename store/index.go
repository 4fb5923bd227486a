package store

import (
	"bytes"
	"cmp"
	"slices"

	"wholechart/search"
)

// indexOp adds or drops one index row.
type indexOp struct {
	p    int64
	v    []byte
	k    Key
	drop bool
}

func sitePath(s SiteNo, p search.Path) int64 { return int64(s)<<16 | int64(p) }

// indexOps are gathered, and written in the order of the index: rows of one
// commit that lie side by side are written side by side.
type indexOps struct{ rows []indexOp }

func (x *indexOps) change(k Key, e entry, drop bool) {
	x.rows = append(x.rows, indexOp{sitePath(k.Site(), e.path), e.v, k, drop})
}

// flush writes the rows. Of several about one row the last counts.
func (x *indexOps) flush(c *conn) error {
	rows := x.rows
	slices.SortStableFunc(rows, func(a, b indexOp) int {
		if a.p != b.p {
			return cmp.Compare(a.p, b.p)
		}
		if n := bytes.Compare(a.v, b.v); n != 0 {
			return n
		}
		return cmp.Compare(a.k, b.k)
	})
	for i, r := range rows {
		if i+1 < len(rows) && rows[i+1].k == r.k && rows[i+1].p == r.p && bytes.Equal(rows[i+1].v, r.v) {
			continue
		}
		s := sqlIndexAdd
		if r.drop {
			s = sqlIndexDrop
		}
		q := c.query(s)
		if err := q.int(r.p).blob(r.v).int(int64(r.k)).run(); err != nil {
			return err
		}
	}
	clear(rows)
	x.rows = rows[:0]
	return nil
}
