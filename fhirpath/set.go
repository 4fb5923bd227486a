package fhirpath

import (
	"hash/maphash"

	"github.com/cockroachdb/apd/v3"

	"wholechart/fhir"
)

// set is a collection that is asked often whether it has an item, by equality.
// A small one is searched; a larger one looks up by a hash that equal items
// share, so that no operation on n items takes n² steps.
type set struct {
	c       *context
	items   []Value
	buckets map[uint64][]int32
}

const smallSet = 16

func (c *context) newSet(items []Value) (*set, error) {
	s := &set{c: c, items: items}
	return s, s.index(0)
}

// index puts the items from a place on into buckets, once there are enough.
func (s *set) index(from int) error {
	if len(s.items) <= smallSet {
		return nil
	}
	if s.buckets == nil {
		s.buckets, from = make(map[uint64][]int32, 2*len(s.items)), 0
	}
	for i := from; i < len(s.items); i++ {
		h := s.c.hash(s.items[i])
		s.buckets[h] = append(s.buckets[h], int32(i))
	}
	return s.c.spend(len(s.items) - from)
}

func (s *set) has(v Value) (bool, error) {
	if s.buckets == nil {
		return s.c.contains(s.items, v)
	}
	found := s.buckets[s.c.hash(v)]
	if err := s.c.spend(1 + len(found)); err != nil {
		return false, err
	}
	for _, i := range found {
		if s.c.equal(s.items[i], v) == yes {
			return true, nil
		}
	}
	return false, nil
}

// add says whether the item was new, and then has it.
func (s *set) add(v Value) (bool, error) {
	had, err := s.has(v)
	if err != nil || had {
		return false, err
	}
	s.items = append(s.items, v)
	return true, s.index(len(s.items) - 1)
}

var hashSeed = maphash.MakeSeed()

// hash is the same for items that are equal. What equals by more than its text,
// as moments in two zones do, shares one hash with its kind.
func (c *context) hash(v Value) uint64 {
	if v.isString() {
		if plain, ok := v.plainText(); ok {
			return maphash.Bytes(hashSeed, plain)
		}
		return maphash.String(hashSeed, v.text())
	}
	x := v.System()
	switch x.kind {
	case Boolean:
		return uint64(x.i) + 1
	case Integer, Decimal:
		d, _ := x.decimal()
		return hashNumber(d)
	case String, TypeInfo:
		return maphash.String(hashSeed, x.s)
	case Date, DateTime:
		return 3
	case Time:
		return 4
	case QuantityKind:
		return 5
	}
	return c.hashTree(v.node) ^ c.hashTree(v.under)*31
}

func hashNumber(d *apd.Decimal) uint64 {
	r := new(apd.Decimal)
	r.Reduce(d)
	if r.IsZero() {
		return 6
	}
	return maphash.String(hashSeed, r.String())
}

// hashTree is the same for trees that sameTree finds the same.
func (c *context) hashTree(n fhir.Node) uint64 {
	c.steps++
	switch n.Kind() {
	case fhir.String:
		return maphash.String(hashSeed, n.Str())
	case fhir.Number:
		if d, ok := parseDecimal(n.Text()); ok {
			return hashNumber(d)
		}
		return maphash.String(hashSeed, n.Text())
	case fhir.Bool:
		if n.True() {
			return 8
		}
		return 7
	case fhir.Object:
		sum := uint64(9)
		for name, m := range n.Fields() {
			sum += maphash.String(hashSeed, name) ^ c.hashTree(m)*0x9e3779b97f4a7c15
		}
		return sum
	case fhir.Array:
		sum := uint64(10)
		for m := range n.Items() {
			sum = sum*0x9e3779b97f4a7c15 + c.hashTree(m)
		}
		return sum
	}
	return uint64(n.Kind())
}
