package store

import "wholechart/fhir"

// candidate is what the conditions of a search are tested on: a resource
// without its body.
type candidate struct {
	k       Key
	name    name
	updated int64
	labels  uint64
	deleted bool
	terms   terms
}

// head reads a candidate; false when there is none by this key.
func (s *searcher) head(k Key, c *candidate) (bool, error) {
	if err := s.spend(1); err != nil {
		return false, err
	}
	q := s.c.query(sqlHeadTerms)
	ok := q.int(int64(k)).next()
	if ok {
		scanCandidate(&q, c)
	}
	return ok, q.done()
}

func scanCandidate(q *query, c *candidate) {
	st := q.st
	c.k = Key(st.ColumnInt64(0))
	c.name = name(st.ColumnRawBlob(1))
	c.updated = st.ColumnInt64(4)
	c.labels = uint64(st.ColumnInt64(5))
	c.deleted = st.ColumnInt64(6) != 0
	c.terms = st.ColumnBlob(9, c.terms[:0])
}

// visible applies the scope to one candidate. Every resource that leaves, and
// every one that a chain passes, has passed here or in a stream that proved it.
func (s *searcher) visible(c *candidate) bool {
	return !c.deleted && !s.scope.hides(c.k, c.labels) && s.allowed.has(c.name[0]) && s.here(c.k, c.name[0])
}

// here says whether a type may be found at the site of a key.
func (s *searcher) here(k Key, typ uint8) bool {
	site, ok := s.only[typ]
	return !ok || site == k.Site()
}

// onlyAt is Scope.OnlyAt by the types' numbers.
func (s Scope) onlyAt() (only map[uint8]SiteNo) {
	for name, site := range s.OnlyAt {
		if only == nil {
			only = map[uint8]SiteNo{}
		}
		only[fhir.TypeNumber(name)] = site
	}
	return only
}

// body parses a candidate's resource.
func (s *searcher) body(k Key) (fhir.Node, error) {
	if err := s.spend(16); err != nil {
		return fhir.Node{}, err
	}
	r, err := s.v.row(k)
	if err != nil {
		return fhir.Node{}, err
	}
	d, err := fhir.Parse(r.Resource())
	if err != nil {
		return fhir.Node{}, err
	}
	return d.Root(), nil
}
