package store

import (
	"bytes"
	"encoding/binary"
	"slices"

	"wholechart/search"
)

// What stands in the index for a reference to a resource: refKey and the
// target's key (8 bytes, big endian) when it has one, refText and Type/id while
// it has not.
const (
	refKey  = 0x00
	refText = 0x01
)

func refValue(k Key) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 9), refKey), uint64(k))
}

func refTextValue(r search.Ref) []byte {
	return append(append([]byte{refText}, r.Type...), "/"+r.ID...)
}

// typePath is the path of the rows that say what type a resource is: its value
// is the type's number. The search package gives out paths from 1.
const typePath search.Path = 0

// entry is one index row of a resource, as it stands in its packed terms.
type entry struct {
	path search.Path
	ref  bool // value is refKey… or refText…
	v    []byte
}

func compareEntries(a, b entry) int {
	if a.path != b.path {
		return int(a.path) - int(b.path)
	}
	return bytes.Compare(a.v, b.v)
}

// packTerms sorts the entries, drops doubles and appends them: for each the
// difference of the path, length<<1|ref, value.
func packTerms(dst []byte, entries []entry) ([]byte, []entry) {
	slices.SortFunc(entries, compareEntries)
	entries = slices.CompactFunc(entries, func(a, b entry) bool { return compareEntries(a, b) == 0 })
	var last search.Path
	for _, e := range entries {
		dst = binary.AppendUvarint(dst, uint64(e.path-last))
		n := uint64(len(e.v)) << 1
		if e.ref {
			n |= 1
		}
		dst = binary.AppendUvarint(dst, n)
		dst = append(dst, e.v...)
		last = e.path
	}
	return dst, entries
}

// terms is a packed list; its entries come in order of path and value.
type terms []byte

// all walks the entries. Values alias the list.
func (t terms) all(yield func(entry) bool) {
	var e entry
	for len(t) > 0 {
		d, n := binary.Uvarint(t)
		if n <= 0 {
			return
		}
		l, m := binary.Uvarint(t[n:])
		if m <= 0 || uint64(len(t)-n-m) < l>>1 {
			return
		}
		e.path += search.Path(d)
		e.ref = l&1 != 0
		t = t[n+m:]
		e.v = t[: l>>1 : l>>1]
		t = t[l>>1:]
		if !yield(e) {
			return
		}
	}
}

// key is the target's key of a resolved reference.
func (e entry) key() (Key, bool) {
	if !e.ref || len(e.v) != 9 || e.v[0] != refKey {
		return 0, false
	}
	return Key(binary.BigEndian.Uint64(e.v[1:])), true
}
