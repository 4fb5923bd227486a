package store

import (
	"cmp"
	"slices"
	"time"

	"wholechart/fhir"
)

// HistoryFilter narrows a history. Zero members ask for nothing.
type HistoryFilter struct {
	Type  string
	ID    string    // with Type: one resource's versions
	Since time.Time // written then or later
	At    time.Time // current then
	Count int       // page size; 0 is 50
	After string    // place to go on from
}

const historyMark = 1

// version is where one version of a resource stands in the log.
type version struct {
	seq     Seq
	k       Key
	version int
}

// History lists versions in the scope, the last written first, deletions among
// them. A resource that may not be seen now has no history either. next is
// where the next page begins, empty at the end.
func (v *View) History(scope Scope, f HistoryFilter) (rows []Row, next string, err error) {
	if err := v.ready(false); err != nil {
		return nil, "", err
	}
	if f.Count <= 0 {
		f.Count = 50
	}
	s := &searcher{v: v, c: v.c, scope: scope, allowed: typeSet(scope.Types), only: scope.onlyAt(), limit: v.s.opt.WorkLimit}
	after, err := v.s.openPlace(f.After, historyMark, 0)
	if err != nil {
		return nil, "", err
	}
	from := Seq(1<<63 - 1)
	if after != nil {
		from = Seq(after.k) // of a history the place is a sequence number
	}
	h := history{s: s, f: f}
	switch {
	case f.ID != "":
		err = h.resource(from)
	case !slices.ContainsFunc(scope.Ranges, func(r KeyRange) bool { return !r.onePatient() }):
		err = h.records(from)
	default:
		err = h.log(from)
	}
	if err != nil {
		return nil, "", err
	}
	if len(h.rows) > f.Count {
		h.rows = h.rows[:f.Count]
		next = v.s.sealPlace(place{k: Key(h.rows[f.Count-1].Seq)}, historyMark)
	}
	return h.rows, next, nil
}

type history struct {
	s    *searcher
	f    HistoryFilter
	rows []Row
	// heads of the resources seen: whether their current versions may be seen
	may map[Key]bool
}

// full says that a page and one more have been found.
func (h *history) full() bool { return len(h.rows) > h.f.Count }

// visible says whether the resource as it is now may be seen.
func (h *history) visible(k Key) (bool, error) {
	if ok, seen := h.may[k]; seen {
		return ok, nil
	}
	var x candidate
	ok, err := h.s.head(k, &x)
	if err != nil {
		return false, err
	}
	ok = ok && !h.s.scope.hides(k, x.labels) && h.s.allowed.has(x.name[0]) && h.s.here(k, x.name[0]) &&
		(h.f.Type == "" || x.name.typ() == h.f.Type)
	if h.may == nil || len(h.may) > 1<<16 {
		h.may = map[Key]bool{}
	}
	h.may[k] = ok
	return ok, nil
}

// add adds a version when it is asked for.
func (h *history) add(k Key, version int) error {
	ok, err := h.visible(k)
	if err != nil || !ok {
		return err
	}
	r, err := h.s.v.versionOf(k, version)
	if err != nil {
		return err
	}
	if h.s.scope.hides(k, r.Labels) || !h.f.Since.IsZero() && r.Updated.Before(h.f.Since) {
		return nil
	}
	if !h.f.At.IsZero() {
		if r.Updated.After(h.f.At) {
			return nil
		}
		later, err := h.s.v.versionOf(k, version+1)
		if err == nil && !later.Updated.After(h.f.At) {
			return nil
		}
		if err != nil && err != ErrNotFound {
			return err
		}
	}
	h.rows = append(h.rows, r)
	return nil
}

// resource goes through the versions of one resource at each site of the scope.
func (h *history) resource(from Seq) error {
	n, ok := makeName(h.f.Type, h.f.ID)
	if !ok {
		return nil
	}
	var all []version
	sites := map[SiteNo]bool{}
	for _, r := range h.s.scope.Ranges {
		site := r.From.Site()
		if sites[site] {
			continue
		}
		sites[site] = true
		k, err := h.s.v.keyOf(site, n)
		if err == ErrNotFound || err == nil && !h.s.inRanges(k) {
			continue
		}
		if err != nil {
			return err
		}
		if all, err = h.versions(all, KeyRange{k, k + 1}); err != nil {
			return err
		}
	}
	return h.addAll(all, from)
}

// records goes through patients' records, which are contiguous.
func (h *history) records(from Seq) error {
	var all []version
	var err error
	for _, r := range h.s.scope.Ranges {
		if all, err = h.versions(all, r); err != nil {
			return err
		}
	}
	return h.addAll(all, from)
}

// versions appends every version of a range of keys.
func (h *history) versions(all []version, r KeyRange) ([]version, error) {
	for _, s := range []statement{sqlVersionRange, sqlCurrentRange} {
		q := h.s.c.query(s)
		q.int(int64(r.From)).int(int64(r.To))
		n := len(all)
		for q.next() {
			all = append(all, version{Seq(q.st.ColumnInt64(2)), Key(q.st.ColumnInt64(0)), int(q.st.ColumnInt64(1))})
			if len(all)-n > h.s.limit {
				break
			}
		}
		if err := q.done(); err != nil {
			return nil, err
		}
		if err := h.s.spend(len(all) - n); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (h *history) addAll(all []version, from Seq) error {
	slices.SortFunc(all, func(a, b version) int { return cmp.Compare(b.seq, a.seq) })
	for _, o := range all {
		if o.seq >= from {
			continue
		}
		if h.full() {
			break
		}
		if err := h.add(o.k, o.version); err != nil {
			return err
		}
	}
	return nil
}

// log goes through the log of changes, the last first, in pieces.
func (h *history) log(from Seq) error {
	want := fhir.TypeNumber(h.f.Type)
	for {
		var piece []version
		q := h.s.c.query(sqlChangesDown)
		q.int(int64(from))
		rows := 0
		for rows < 1024 && q.next() {
			rows++
			from = Seq(q.st.ColumnInt64(0))
			k := Key(q.st.ColumnInt64(1))
			if h.s.inRanges(k) && (h.f.Type == "" || uint8(q.st.ColumnInt64(3)) == want) {
				piece = append(piece, version{from, k, int(q.st.ColumnInt64(2))})
			}
		}
		if err := q.done(); err != nil {
			return err
		}
		if err := h.s.spend(rows); err != nil {
			return err
		}
		for _, o := range piece {
			if err := h.add(o.k, o.version); err != nil || h.full() {
				return err
			}
		}
		if rows < 1024 {
			return nil
		}
	}
}
