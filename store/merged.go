package store

import "slices"

// Merged says which Patients of the same site are one record: each group is the
// one that stands for all, and those that it replaces. It never changes once it
// is made; nil is no groups.
type Merged struct {
	of   map[Key][]Key
	keys []Key // of all groups, in order
}

// NewMerged makes it of groups, of each the record that stands for the others
// first. A key is in one group only.
func NewMerged(groups [][]Key) *Merged {
	if len(groups) == 0 {
		return nil
	}
	m := &Merged{of: map[Key][]Key{}}
	for _, g := range groups {
		for _, k := range g {
			m.of[k] = g
			m.keys = append(m.keys, k)
		}
	}
	slices.Sort(m.keys)
	return m
}

// Group are the Patients that are one record with k, the one that stands for
// them first; nil when k was merged with none. It must not be changed.
func (m *Merged) Group(k Key) []Key {
	if m == nil {
		return nil
	}
	return m.of[k]
}

// within are the merged Patients of a range, in order.
func (m *Merged) within(r KeyRange) []Key {
	if m == nil {
		return nil
	}
	from, _ := slices.BinarySearch(m.keys, r.From)
	to, _ := slices.BinarySearch(m.keys, r.To)
	return m.keys[from:to]
}

// selected gives those of a sorted list for which ok holds.
type selected struct {
	of keys
	ok func(Key) (bool, error)
}

func (x *selected) seek(k Key) (Key, bool, error) {
	for {
		n, more, err := x.of.seek(k)
		if !more || err != nil {
			return 0, false, err
		}
		if ok, err := x.ok(n); ok || err != nil {
			return n, ok, err
		}
		k = n + 1
	}
}

// selfOr are the keys that a question about k means: k, or its group.
func (s *searcher) selfOr(k Key) []Key {
	if g := s.scope.Merged.Group(k); g != nil {
		return g
	}
	return []Key{k}
}

// mergedMeets says whether another Patient of k's group meets the inner
// conditions of a chain.
func (s *searcher) mergedMeets(c *condition, k Key, typ string) (bool, error) {
	for _, other := range s.scope.Merged.Group(k) {
		if other == k || !s.reachable(other) {
			continue
		}
		if ok, err := s.meets(c, other, typ); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// mergedChain are the Patients within reach at a condition's site that stand
// for, or are replaced by, one that meets a chain's inner conditions; nil when
// nothing was merged there.
func (s *searcher) mergedChain(c *condition) iter {
	l := slices.DeleteFunc(slices.Clone(s.scope.Merged.within(SiteRange(c.site))), func(k Key) bool { return !s.reachable(k) })
	if len(l) == 0 {
		return nil
	}
	return &selected{l, func(k Key) (bool, error) { return s.mergedMeets(c, k, c.chain.Type) }}
}

// mergedHas are the Patients of a range that were merged and to which, or to
// another of whose group, what _has asks for refers.
func (s *searcher) mergedHas(c *condition, r KeyRange) iter {
	l := slices.Clone(s.scope.Merged.within(r))
	if len(l) == 0 {
		return nil
	}
	return &selected{l, func(k Key) (bool, error) { return s.testHas(c, &candidate{k: k}) }}
}
