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

// mergedChain are the Patients within reach at a condition's site that are one
// with one that meets a chain's inner conditions; nil when nothing was merged there.
func (s *searcher) mergedChain(c *condition) (iter, error) {
	all := s.scope.Merged.within(SiteRange(c.site))
	if len(all) == 0 {
		return nil, nil
	}
	in, err := s.inner(c, c.chain.Type, s.reach())
	if err != nil {
		return nil, err
	}
	l, ok, err := s.others(in, all, s.reachable)
	if ok || err != nil {
		return l, err
	}
	lazy := slices.DeleteFunc(slices.Clone(all), func(k Key) bool { return !s.reachable(k) })
	return &selected{lazy, func(k Key) (bool, error) { return s.mergedMeets(c, k, c.chain.Type) }}, nil
}

// mergedHas are the Patients of a range that are one with another to which what
// _has asks for refers; in are those to which it does.
func (s *searcher) mergedHas(c *condition, r KeyRange, in iter) (iter, error) {
	l, ok, err := s.others(in, s.scope.Merged.within(SiteRange(c.site)), r.Contains)
	if ok || err != nil {
		return l, err
	}
	lazy := slices.Clone(s.scope.Merged.within(r))
	return &selected{lazy, func(k Key) (bool, error) { return s.testHas(c, &candidate{k: k}) }}, nil
}

// maxOthers is how many steps are taken to find all at once who is merged among
// those that match; beyond, each is looked at when its turn comes.
const maxOthers = 256

// others are the Patients in the groups of those that in gives, as far as may
// holds; ok is false when that takes too long.
func (s *searcher) others(in iter, merged []Key, may func(Key) bool) (l *keys, ok bool, err error) {
	var out []Key
	k := Key(0)
	for range maxOthers {
		n, more, err := in.seek(k)
		if err != nil {
			return nil, false, err
		}
		i, found := slices.BinarySearch(merged, n)
		if !more || i == len(merged) {
			return sortedKeys(out), true, nil
		}
		if k = merged[i]; !found {
			continue
		}
		for _, other := range s.scope.Merged.Group(n) {
			if may(other) {
				out = append(out, other)
			}
		}
		k = n + 1
	}
	return nil, false, nil
}
