package store

import (
	"sync"

	"wholechart/search"
)

// strays are the paths on which some resource refers to a patient other than
// the one whose record it is in. On every other path a reference to a patient
// says no more than the key does, and searches skip from patient to patient.
type strays struct {
	mu sync.RWMutex
	p  map[int64]bool
}

func (s *strays) load(c *conn) error {
	p := map[int64]bool{}
	q := c.query(sqlStrays)
	for q.next() {
		p[q.st.ColumnInt64(0)] = true
	}
	if err := q.done(); err != nil {
		return err
	}
	s.mu.Lock()
	s.p = p
	s.mu.Unlock()
	return nil
}

// note looks at a reference from k and remembers it when it strays. It is
// remembered before the commit: for a while too much is thought to stray,
// never too little.
func (s *strays) note(c *conn, k Key, path search.Path, target Key) error {
	if target.PatientNumber() == 0 || target.Number() != 0 || target == k.Patient() {
		return nil
	}
	p := sitePath(k.Site(), path)
	if s.has(p) {
		return nil
	}
	s.mu.Lock()
	s.p[p] = true
	s.mu.Unlock()
	q := c.query(sqlStrayAdd)
	return q.int(p).run()
}

func (s *strays) has(p int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.p[p]
}
