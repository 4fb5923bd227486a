package ucum

import (
	"math"
	"sync"
	"sync/atomic"
)

// maxCached bounds the parsed codes kept. A record uses a few hundred; when
// strangers' codes fill the cache, it starts again from nothing.
const maxCached = 4096

var cache struct {
	codes sync.Map // string → *parsed
	count atomic.Int64
}

// lookup is parse with a memory of what was read. Codes that are wrong are not
// remembered.
func lookup(code string) (*parsed, error) {
	if p, ok := cache.codes.Load(code); ok {
		return p.(*parsed), nil
	}
	p, err := parse(code)
	if err != nil {
		return nil, err
	}
	if cache.count.Add(1) > maxCached {
		cache.codes.Clear()
		cache.count.Store(1)
	}
	cache.codes.Store(p.code, p)
	return p, nil
}

// CanonicalFloat is Canonical in float64, for indexes: about 15 digits, some
// tens of nanoseconds for a code that was read before. Two amounts that are
// exactly equal in different units may differ in the last bit.
func CanonicalFloat(v float64, code string) (float64, string, error) {
	p, err := lookup(code)
	if err != nil {
		return 0, "", err
	}
	m := v * p.num / p.den
	if p.special != nil {
		r, _ := p.special.reference.Float64()
		m = p.special.properFloat(m) * r
	}
	if math.IsNaN(m) || math.IsInf(m, 0) {
		return 0, "", ErrRange
	}
	return m, p.dimension, nil
}
