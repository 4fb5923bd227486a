package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"

	"wholechart/search"
)

// A place is where one match stands in the order of a search: its values of the
// sort keys, nil for one that it has not, and its key.
type place struct {
	k    Key
	vals [][]byte
}

// Places go out as paging links. They hold values of patients' records and keys
// of other rows, so they are sealed with a key of the store's own: nobody reads
// them, and none but those given out are taken.

// loadSeal reads or makes the store's key.
func loadSeal(c *conn) (cipher.AEAD, error) {
	q := c.query(sqlFact)
	text := ""
	if q.text("seal").next() {
		text = q.st.ColumnText(0)
	}
	if err := q.done(); err != nil {
		return nil, err
	}
	if text == "" {
		var key [32]byte
		rand.Read(key[:])
		text = hex.EncodeToString(key[:])
		q = c.query(sqlFactPut)
		if err := q.text("seal").text(text).run(); err != nil {
			return nil, err
		}
	}
	key, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the seal of paging links: %w", err)
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the seal of paging links: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// sealPlace writes a place for a search with a mark.
func (s *Store) sealPlace(p place, mark uint32) string {
	b := binary.BigEndian.AppendUint32(nil, mark)
	b = binary.BigEndian.AppendUint64(b, uint64(p.k))
	for _, v := range p.vals {
		if v == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(v))+1)
		b = append(b, v...)
	}
	return base64.RawURLEncoding.EncodeToString(s.seal.Seal(nil, nil, b, nil))
}

// openPlace reads one; nil for no text.
func (s *Store) openPlace(text string, mark uint32, vals int) (*place, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrBadCursor
	}
	if b, err = s.seal.Open(nil, nil, b, nil); err != nil || len(b) < 12 || binary.BigEndian.Uint32(b) != mark {
		return nil, ErrBadCursor
	}
	p := &place{k: Key(binary.BigEndian.Uint64(b[4:]))}
	b = b[12:]
	for range vals {
		n, m := binary.Uvarint(b)
		if m <= 0 || n > uint64(len(b)-m)+1 {
			return nil, ErrBadCursor
		}
		b = b[m:]
		if n == 0 {
			p.vals = append(p.vals, nil)
			continue
		}
		p.vals = append(p.vals, b[:n-1:n-1])
		b = b[n-1:]
	}
	return p, nil
}

// rangeMark is of places in ranges of keys.
const rangeMark = 2

// SealKey writes a place in a range of keys as a paging link holds it: a key tells
// how much there is in a record, also to who sees a part of it.
func (s *Store) SealKey(k Key) string { return s.sealPlace(place{k: k}, rangeMark) }

// OpenKey reads what SealKey wrote; ErrBadCursor for anything else.
func (s *Store) OpenKey(text string) (Key, error) {
	p, err := s.openPlace(text, rangeMark, 0)
	if err != nil || p == nil {
		return 0, ErrBadCursor
	}
	return p.k, nil
}

// orderMark stands for what is searched and how it is sorted: a place of
// another order would make no sense.
func orderMark(q *search.Query) uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, search.Query{Type: q.Type, Types: q.Types, Sort: q.Sort})
	return h.Sum32()
}
