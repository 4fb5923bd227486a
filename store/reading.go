package store

import (
	"bytes"
	"cmp"
	"slices"

	"wholechart/fhir"
	"wholechart/search"
)

// A Reading reads records, each of one patient, for a reader who works on many
// rows at once: Yield gets rows that See lets through, without their bodies
// until Unpack, which any goroutine may call. What they refer to is gathered
// on the way. Nothing is yielded twice.
type Reading struct {
	// See says whether a row may be seen. It must not look at the body.
	See func(Row) bool
	// Yield takes a row; it must not read from the view.
	Yield func(Row)

	v     *View
	refs  map[Key]struct{}
	given map[Key]struct{} // by Newest, and what Give was told of
	arena []byte
	kinds map[KeyRange]map[kind]int // see labelled
}

// Reading begins one in the snapshot.
func (v *View) Reading(see func(Row) bool, yield func(Row)) *Reading {
	return &Reading{See: see, Yield: yield, v: v, refs: map[Key]struct{}{}, given: map[Key]struct{}{}, kinds: map[KeyRange]map[kind]int{}}
}

// Unpack makes the body of a row that a Reading gave.
func (r *Row) Unpack() (err error) {
	if r.packed != nil {
		r.body, err = decompress(r.packed)
		r.packed = nil
	}
	return err
}

// Most is how many resources a patient's record has at most: its deleted ones
// count too.
func (rd *Reading) Most(r KeyRange) (int, error) {
	if err := rd.v.ready(false); err != nil {
		return 0, err
	}
	q := rd.v.c.query(sqlLastNumber)
	k, ok, err := q.int(int64(r.From)).int(int64(r.To)).oneInt()
	if err != nil || !ok {
		return 0, err
	}
	return int(Key(k).Number()) + 1, nil
}

// All gives everything in a range that is of the types.
func (rd *Reading) All(r KeyRange, types []string) error {
	if err := rd.v.ready(false); err != nil {
		return err
	}
	allowed := typeSet(types)
	q := rd.v.c.query(sqlRange)
	q.int(int64(r.From)).int(int64(r.To))
	return rd.rows(&q, allowed)
}

// OfType gives everything of one type.
func (rd *Reading) OfType(r KeyRange, typ string) error {
	if err := rd.v.ready(true); err != nil {
		return err
	}
	q := rd.v.c.query(sqlTypeRows)
	n := fhir.TypeNumber(typ)
	q.int(sitePath(r.From.Site(), typePath)).blob([]byte{n}).int(int64(r.From)).int(int64(r.To))
	return rd.rows(&q, nil)
}

// rows gives what a query of row columns and terms finds.
func (rd *Reading) rows(q *query, allowed types) error {
	n := 0
	for q.next() {
		rd.take(q, allowed)
		if n++; n&255 == 0 && rd.v.ctx.Err() != nil {
			break
		}
	}
	if err := q.done(); err != nil {
		return err
	}
	return rd.v.ctx.Err()
}

// take gives the row that a query stands at; false when it is not to be seen.
func (rd *Reading) take(q *query, allowed types) bool {
	raw := q.st.ColumnRawBlob(1)
	if q.st.ColumnInt64(6) != 0 || !allowed.has(raw[0]) {
		return false
	}
	row := scanHead(q, name(raw))
	if !rd.See(row) {
		return false
	}
	for e := range terms(q.st.ColumnRawBlob(10)).all {
		if k, ok := e.key(); ok && k.PatientNumber() == 0 {
			rd.refs[k] = struct{}{}
		}
	}
	row.packed = rd.keep(q.st.ColumnRawBlob(9))
	rd.Yield(row)
	return true
}

// keep copies bytes beside others.
func (rd *Reading) keep(b []byte) []byte {
	if len(b) > cap(rd.arena)-len(rd.arena) {
		rd.arena = make([]byte, 0, max(64<<10, len(b)))
	}
	from := len(rd.arena)
	rd.arena = append(rd.arena, b...)
	return rd.arena[from:len(rd.arena):len(rd.arena)]
}

// Count is how many resources of a type there are that see lets through by
// their labels: the row that it is shown has the range's key, the type and the
// labels, and nothing else.
func (rd *Reading) Count(r KeyRange, typ string) (int, error) {
	if err := rd.v.ready(true); err != nil {
		return 0, err
	}
	t := fhir.TypeNumber(typ)
	q := rd.v.c.query(sqlRunCount)
	n, _, err := q.int(sitePath(r.From.Site(), typePath)).blob([]byte{t}).int(int64(r.From)).int(int64(r.To)).oneInt()
	if err != nil || rd.See(Row{Key: r.From, Type: typ, Labels: ^uint64(0)}) { // nothing is hidden
		return int(n), err
	}
	labelled, err := rd.labelled(r)
	for l, count := range labelled {
		if l.typ == t && !rd.See(Row{Key: r.From, Type: typ, Labels: l.labels}) {
			n -= int64(count)
		}
	}
	if !rd.See(Row{Key: r.From, Type: typ}) {
		n = 0
	}
	return int(n), err
}

// kind is a type with labels.
type kind struct {
	typ    uint8
	labels uint64
}

// labelled counts the labelled resources of a range by their kind.
func (rd *Reading) labelled(r KeyRange) (map[kind]int, error) {
	if have, ok := rd.kinds[r]; ok {
		return have, nil
	}
	out := map[kind]int{}
	q := rd.v.c.query(sqlLabelled)
	q.int(int64(r.From)).int(int64(r.To))
	for q.next() {
		out[kind{q.st.ColumnRawBlob(1)[0], uint64(q.st.ColumnInt64(0))}]++
	}
	if err := q.done(); err != nil {
		return nil, err
	}
	rd.kinds[r] = out
	return out, nil
}

// Newest gives the newest resources of a type by the values of a date
// parameter, at most max of them; those without a date come after the others,
// the last written first. of is about how many there are. It returns how many it
// gave.
func (rd *Reading) Newest(r KeyRange, typ string, by []search.Path, max, of int) (int, error) {
	if err := rd.v.ready(true); err != nil {
		return 0, err
	}
	site, n := r.From.Site(), []byte{fhir.TypeNumber(typ)}
	gave := 0
	give := func(k Key) error {
		ok, err := rd.Give(k)
		if ok {
			gave++
		}
		return err
	}
	// The site's index is in the order of dates. Where this record is a large part
	// of it, the newest are soon met; else its own rows are read and sorted.
	dated, met, err := rd.walk(r, by, max, 4*of+4096)
	if err != nil {
		return 0, err
	}
	if !met {
		if dated, err = rd.dates(r, n, by); err != nil {
			return 0, err
		}
	}
	for _, k := range dated {
		if gave == max {
			return gave, nil
		}
		if err := give(k); err != nil {
			return gave, err
		}
	}
	if gave < max && met && len(dated) >= max { // some of them are not to be seen: there are more with dates
		if dated, err = rd.dates(r, n, by); err != nil {
			return gave, err
		}
		for _, k := range dated {
			if gave == max {
				return gave, nil
			}
			if err := give(k); err != nil {
				return gave, err
			}
		}
	}
	if gave == max {
		return gave, nil
	}
	var rest []Key
	q := rd.v.c.query(sqlRunKeysDown)
	q.int(sitePath(site, typePath)).blob(n).int(int64(r.From)).int(int64(r.To))
	for q.next() {
		rest = append(rest, Key(q.st.ColumnInt64(0)))
	}
	if err := q.done(); err != nil {
		return gave, err
	}
	for _, k := range rest {
		if gave == max {
			break
		}
		if err := give(k); err != nil {
			return gave, err
		}
	}
	return gave, nil
}

// Give gives one resource by its key; false when it is not to be seen, is
// deleted or was given before.
func (rd *Reading) Give(k Key) (bool, error) {
	if _, ok := rd.given[k]; ok {
		return false, nil
	}
	rd.given[k] = struct{}{}
	q := rd.v.c.query(sqlRowTerms)
	ok := q.int(int64(k)).next() && rd.take(&q, nil)
	return ok, q.done()
}

// walk goes through the site's index from the newest date on, until it met max
// keys of the range or the end. met is false when it looked at most rows before.
func (rd *Reading) walk(r KeyRange, by []search.Path, max, most int) (out []Key, met bool, err error) {
	if len(by) != 1 {
		return nil, false, nil
	}
	seen := make(map[Key]struct{}, max)
	v, k, read := beyond, int64(1<<63-1), 0
	for {
		const piece = 1024
		q := rd.v.c.query(sqlWalkDown)
		q.int(sitePath(r.From.Site(), by[0])).blob(v).int(k).int(piece)
		n := 0
		for q.next() {
			n++
			k = q.st.ColumnInt64(1)
			if n == piece {
				v = q.st.ColumnBlob(0, nil)
			}
			if !r.Contains(Key(k)) || len(out) == max {
				continue
			}
			if _, ok := seen[Key(k)]; !ok {
				seen[Key(k)] = struct{}{}
				out = append(out, Key(k))
			}
		}
		if err := q.done(); err != nil {
			return nil, false, err
		}
		if err := rd.v.ctx.Err(); err != nil {
			return nil, false, err
		}
		if n < piece || len(out) == max {
			return out, true, nil
		}
		if read += n; read > most {
			return nil, false, nil
		}
	}
}

// dates are the keys of the dated resources of a type, the newest first.
func (rd *Reading) dates(r KeyRange, typ []byte, by []search.Path) ([]Key, error) {
	type dated struct {
		v []byte
		k Key
	}
	var all []dated
	var x candidate
	q := rd.v.c.query(sqlRunHeads)
	q.int(sitePath(r.From.Site(), typePath)).blob(typ).int(int64(r.From)).int(int64(r.To)).int(1 << 62)
	for q.next() {
		scanCandidate(&q, &x)
		if v := x.best(search.Order{Paths: by, Desc: true}); v != nil {
			all = append(all, dated{rd.keep(v), x.k})
		}
	}
	if err := q.done(); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b dated) int { return cmp.Or(bytes.Compare(b.v, a.v), cmp.Compare(b.k, a.k)) })
	out := make([]Key, len(all))
	for i, d := range all {
		out[i] = d.k
	}
	return out, nil
}

// Refs are the resources of no patient that what was given refers to, in the
// order of keys.
func (rd *Reading) Refs() []Key {
	out := make([]Key, 0, len(rd.refs))
	for k := range rd.refs {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
