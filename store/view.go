package store

import (
	"context"
	"time"

	"wholechart/fhir"
)

// View reads one snapshot: it sees every closure that was acknowledged before
// it began, and none in part. It must not be used after its function returned,
// nor by two goroutines at once.
type View struct {
	c   *conn
	s   *Store
	ctx context.Context
	tx  *Tx // whose own writes it sees as well; nil outside of Update

	moment uint64 // see latest; 0 for a Tx
	audits bool   // it read the audit chain
}

func (v *View) ready(index bool) error {
	if v.c == nil {
		return errOver
	}
	if v.tx != nil {
		return v.tx.ready(index)
	}
	return nil
}

// keyOf looks a name up; ErrNotFound when the site never had it.
func (v *View) keyOf(site SiteNo, n name) (Key, error) {
	q := v.c.query(sqlIdent)
	k, ok, err := q.int(int64(site)).blob([]byte(n)).oneInt()
	if err == nil && !ok {
		err = ErrNotFound
	}
	return Key(k), err
}

// Key is the key of a resource by its name, deleted or not. A patient that
// others refer to has one before it arrives. ErrNotFound when there is none.
func (v *View) Key(site SiteNo, typ, id string) (Key, error) {
	if err := v.ready(false); err != nil {
		return 0, err
	}
	n, ok := makeName(typ, id)
	if !ok {
		return 0, ErrNotFound
	}
	return v.keyOf(site, n)
}

// Get is a resource's current version: ErrNotFound, *ErrGone when deleted.
func (v *View) Get(site SiteNo, typ, id string) (Row, error) {
	k, err := v.Key(site, typ, id)
	if err != nil {
		return Row{}, err
	}
	return v.GetKey(k)
}

// GetKey is Get by key.
func (v *View) GetKey(k Key) (Row, error) {
	if err := v.ready(false); err != nil {
		return Row{}, err
	}
	r, err := v.row(k)
	if err == nil && r.Deleted {
		return r, &ErrGone{r.Version, r.Updated}
	}
	return r, err
}

func (v *View) row(k Key) (Row, error) {
	q := v.c.query(sqlRow)
	if !q.int(int64(k)).next() {
		if err := q.done(); err != nil {
			return Row{}, err
		}
		return Row{}, ErrNotFound
	}
	r, err := scanRow(&q)
	if e := q.done(); err == nil {
		err = e
	}
	return r, err
}

// shown is row for an answer: from memory, when that is what the snapshot holds.
func (v *View) shown(k Key) (Row, error) {
	if r, ok := v.s.latest.row(v.moment, k); ok {
		return r, nil
	}
	r, err := v.row(k)
	if err != nil || r.Deleted || v.moment == 0 {
		return r, err
	}
	text := r.Resource()
	r.whole = text[:len(text):len(text)]
	if n, ok := makeName(r.Type, r.ID); ok {
		v.s.latest.put(v.moment, siteName{k.Site(), n}, r, r.whole)
	}
	return r, nil
}

// Arrived is when a row came here: of a copy from elsewhere when it was written
// here, of all else, and of copies from before this was kept, Updated.
func (v *View) Arrived(r Row) (time.Time, error) {
	if r.SourceVersion == "" {
		return r.Updated, nil
	}
	if err := v.ready(false); err != nil {
		return time.Time{}, err
	}
	q := v.c.query(sqlArrival)
	at, ok, err := q.int(int64(r.Key)).oneInt()
	if err != nil || !ok {
		return r.Updated, err
	}
	return fromMillis(at), nil
}

// Version is one version of a resource; a deleting one is *ErrGone.
func (v *View) Version(site SiteNo, typ, id string, version int) (Row, error) {
	k, err := v.Key(site, typ, id)
	if err != nil {
		return Row{}, err
	}
	r, err := v.versionOf(k, version)
	if err == nil && r.Deleted {
		return r, &ErrGone{r.Version, r.Updated}
	}
	return r, err
}

func (v *View) versionOf(k Key, version int) (Row, error) {
	r, err := v.row(k)
	if err != nil || r.Version == version {
		return r, err
	}
	q := v.c.query(sqlVersion)
	if !q.int(int64(k)).int(int64(version)).next() {
		if err := q.done(); err != nil {
			return Row{}, err
		}
		return Row{}, ErrNotFound
	}
	r, err = scanRow(&q)
	if e := q.done(); err == nil {
		err = e
	}
	return r, err
}

// Range is what stands in a range of keys after a key, at most max rows, in the
// order of keys, without deleted resources: with a patient's range, the whole
// record. types nil is all of them. Fewer than max rows means the end.
func (v *View) Range(r KeyRange, types []string, after Key, max int) ([]Row, error) {
	if err := v.ready(false); err != nil {
		return nil, err
	}
	allowed := typeSet(types)
	var out []Row
	q := v.c.query(sqlRange)
	q.int(int64(maxKey(r.From, after+1))).int(int64(r.To))
	var err error
	for len(out) < max && q.next() {
		if q.st.ColumnInt64(6) != 0 || !allowed.has(q.st.ColumnRawBlob(1)[0]) {
			continue
		}
		var row Row
		if row, err = scanRow(&q); err != nil {
			break
		}
		row.terms = q.st.ColumnBlob(10, nil)
		out = append(out, row)
	}
	if e := q.done(); err == nil {
		err = e
	}
	return out, err
}

func maxKey(a, b Key) Key { return max(a, b) }

// types as a set of their numbers; nil is all of them.
type types map[uint8]bool

func typeSet(names []string) types {
	if names == nil {
		return nil
	}
	t := make(types, len(names))
	for _, n := range names {
		if k := fhir.TypeNumber(n); k != 0 {
			t[k] = true
		}
	}
	return t
}

func (t types) has(n uint8) bool { return t == nil || t[n] }

// Op is what a change did.
type Op uint8

// The operations of a Change.
const (
	Created Op = opCreated
	Updated Op = opUpdated
	Deleted Op = opDeleted
)

// Change is one entry of the log: which version of which resource was written.
type Change struct {
	Seq      Seq
	Key      Key
	Type, ID string
	Version  int
	Op       Op
	Site     SiteNo
	Updated  time.Time
}

// Changes are the changes after a sequence number, oldest first, of all sites.
// Fewer than max means that there are no more now.
func (v *View) Changes(after Seq, max int) ([]Change, error) {
	if err := v.ready(false); err != nil {
		return nil, err
	}
	q := v.c.query(sqlChanges)
	q.int(int64(after)).int(int64(max))
	var out []Change
	for q.next() {
		st := q.st
		k, n := Key(st.ColumnInt64(1)), name(st.ColumnRawBlob(5))
		out = append(out, Change{
			Seq: Seq(st.ColumnInt64(0)), Key: k, Type: n.typ(), ID: n.id(), Version: int(st.ColumnInt64(2)),
			Op: Op(st.ColumnInt64(3)), Site: k.Site(), Updated: fromMillis(st.ColumnInt64(4)),
		})
	}
	return out, q.done()
}

// Seq is the last sequence number of the snapshot; 0 before any change.
func (v *View) Seq() (Seq, error) {
	if err := v.ready(false); err != nil {
		return 0, err
	}
	q := v.c.query(sqlLastSeq)
	n, _, err := q.oneInt()
	return Seq(n), err
}
