package store

import (
	"slices"
	"sort"
)

// iter is a rising run of keys. seek gives the first at or after k; k never
// goes down.
type iter interface {
	seek(k Key) (Key, bool, error)
}

// run is the keys of one index value, read piece by piece.
type run struct {
	s    *searcher
	p    int64
	v    []byte
	hi   Key
	buf  []Key
	size int // of the last piece
	end  bool
}

func (r *run) fill(from Key) error {
	r.size = min(max(r.s.few, 2*r.size), 16*r.s.few)
	r.buf = r.buf[:0]
	q := r.s.c.query(sqlRunKeys)
	q.int(r.p).blob(r.v).int(int64(from)).int(int64(r.hi)).int(int64(r.size))
	for q.next() {
		r.buf = append(r.buf, Key(q.st.ColumnInt64(0)))
	}
	r.end = len(r.buf) < r.size
	if err := q.done(); err != nil {
		return err
	}
	return r.s.spend(len(r.buf)/4 + 1)
}

// manyOfPatient is from where on the sizes of sources in one patient's record
// are not known any more.
const manyOfPatient = 4096

// first says how many keys there are in a range: in one patient's exactly, up to
// manyOfPatient, else only whether more than few. At the least the count is right
// about there being none.
func (r *run) first(in KeyRange) (int, error) {
	if in.onePatient() {
		q := r.s.c.query(sqlRunCountTo)
		n, _, err := q.int(r.p).blob(r.v).int(int64(in.From)).int(int64(r.hi)).int(manyOfPatient).oneInt()
		if err != nil {
			return 0, err
		}
		return int(n), r.s.spend(int(n) / 16)
	}
	if err := r.fill(in.From); err != nil {
		return 0, err
	}
	if !r.end {
		return max(len(r.buf), r.s.few+1), nil
	}
	return len(r.buf), nil
}

func (r *run) seek(k Key) (Key, bool, error) {
	for {
		i := 0
		if len(r.buf) > 0 && r.buf[0] < k {
			i = sort.Search(len(r.buf), func(i int) bool { return r.buf[i] >= k })
		}
		if r.buf = r.buf[i:]; len(r.buf) > 0 {
			return r.buf[0], true, nil
		}
		if r.end {
			return 0, false, nil
		}
		if err := r.fill(k); err != nil {
			return 0, false, err
		}
	}
}

// keys are a sorted list.
type keys []Key

func (l *keys) seek(k Key) (Key, bool, error) {
	i, _ := slices.BinarySearch(*l, k)
	if *l = (*l)[i:]; len(*l) == 0 {
		return 0, false, nil
	}
	return (*l)[0], true, nil
}

func sortedKeys(l []Key) *keys {
	slices.Sort(l)
	l = slices.Compact(l)
	return (*keys)(&l)
}

// union is the keys of any.
type union struct {
	of   []iter
	next []Key // of each; -1 when at its end
}

func (u *union) seek(k Key) (Key, bool, error) {
	if u.next == nil {
		u.next = make([]Key, len(u.of)) // 0 is before every key
	}
	best := Key(-1)
	for i, it := range u.of {
		n := u.next[i]
		if n < 0 {
			continue
		}
		if n < k || n == 0 {
			var ok bool
			var err error
			if n, ok, err = it.seek(k); err != nil {
				return 0, false, err
			}
			if !ok {
				n = -1
			}
			u.next[i] = n
		}
		if n >= 0 && (best < 0 || n < best) {
			best = n
		}
	}
	return best, best >= 0, nil
}

// intersection is the keys of all.
type intersection []iter

func (x intersection) seek(k Key) (Key, bool, error) {
	for agreed := 0; ; {
		for _, it := range x {
			n, ok, err := it.seek(k)
			if err != nil || !ok {
				return 0, false, err
			}
			if n != k || agreed == 0 {
				k, agreed = n, 1
			} else {
				agreed++
			}
			if agreed >= len(x) {
				return k, true, nil
			}
		}
	}
}

// scan is every resource of a range, or those of one index value, read in pieces
// with what tests need.
type scan struct {
	s    *searcher
	hi   Key
	p    int64 // with v: of the index
	v    []byte
	buf  []candidate
	at   int
	end  bool
	size int
}

func (x *scan) seek(k Key) (Key, bool, error) {
	for {
		for x.at < len(x.buf) && x.buf[x.at].k < k {
			x.at++
		}
		if x.at < len(x.buf) {
			return x.buf[x.at].k, true, nil
		}
		if x.end {
			return 0, false, nil
		}
		x.size = min(max(32, 2*x.size), 256)
		x.buf, x.at = x.buf[:0], 0
		q := x.s.c.query(sqlRangeKeys)
		if x.v != nil {
			q = x.s.c.query(sqlRunHeads)
			q.int(x.p).blob(x.v)
		}
		q.int(int64(k)).int(int64(x.hi)).int(int64(x.size))
		for q.next() {
			x.buf = append(x.buf, candidate{})
			scanCandidate(&q, &x.buf[len(x.buf)-1])
		}
		x.end = len(x.buf) < x.size
		if err := q.done(); err != nil {
			return 0, false, err
		}
		if err := x.s.spend(len(x.buf)); err != nil {
			return 0, false, err
		}
	}
}
