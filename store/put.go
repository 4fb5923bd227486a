package store

import (
	"errors"
	"fmt"
	"time"

	"wholechart/search"
)

// PutOptions say how to write. The zero value creates: it is an error when the
// resource exists.
type PutOptions struct {
	IfVersion     int       // AnyVersion; 0: must not exist (or be deleted); n: the current version is n
	Author        string    // who writes, as the gate names them
	Updated       time.Time // meta.lastUpdated; zero is now. Copies keep the time of their source
	SourceVersion string    // of a copy: its version where it came from
	Lenient       bool      // references may lead nowhere yet: copies from elsewhere
}

// AnyVersion as PutOptions.IfVersion asks nothing of the current version.
const AnyVersion = -1

// change is one resource's next version on its way into the database.
type change struct {
	row   Row
	sn    siteName
	prep  *Prepared // nil for a delete
	fresh bool      // the key has no row yet
	was   identityState
}

// operation of a change in the log.
const (
	opCreated = 1
	opUpdated = 2
	opDeleted = 3
)

type strictRef struct {
	sn     siteName
	typ    string
	update bool
}

// Put writes the next version of a resource. Its home patient is fixed when it
// is created. References are looked at when the closure ends.
func (tx *Tx) Put(site SiteNo, id string, p *Prepared, o PutOptions) (Row, error) {
	if tx.over {
		return Row{}, errOver
	}
	n, ok := makeName(p.Type, id)
	if !ok {
		return Row{}, errors.New("store: not a resource type and id")
	}
	if site == 0 || site > maxSite {
		return Row{}, fmt.Errorf("store: site %d is none", site)
	}
	sn := siteName{site, n}
	known, err := tx.identify(sn)
	if err != nil {
		return Row{}, err
	}
	row := Row{
		Key: known.k, Type: p.Type, ID: id, Version: 1, Updated: tx.now, Labels: p.Index.Labels,
		Author: o.Author, SourceVersion: o.SourceVersion, body: p.Body,
	}
	if !o.Updated.IsZero() {
		row.Updated = fromMillis(millis(o.Updated))
	}
	old, err := tx.current(known)
	if err != nil {
		return Row{}, err
	}
	if err := checkVersion(o.IfVersion, known.state, old.Version); err != nil {
		return Row{}, err
	}
	row.Version = old.Version + 1
	fresh := known.state == unknown || known.state == reserved
	if row.Key, err = tx.place(site, p, known); err != nil {
		return Row{}, err
	}
	if !o.Lenient {
		for _, r := range p.Index.Refs {
			rn, ok := makeName(r.Type, r.ID)
			if !ok {
				return Row{}, &ErrReference{r.Type, r.ID}
			}
			tx.strict = append(tx.strict, strictRef{siteName{site, rn}, r.Type, !fresh})
		}
	}
	tx.add(&change{row: row, sn: sn, prep: p, fresh: fresh, was: known.state}, alive)
	return tx.pending[len(tx.pending)-1].row, nil
}

// Delete writes a version that says the resource is no more. Of o only
// IfVersion (0 is as AnyVersion), Author, Updated and SourceVersion count.
func (tx *Tx) Delete(site SiteNo, typ, id string, o PutOptions) (Row, error) {
	if tx.over {
		return Row{}, errOver
	}
	n, ok := makeName(typ, id)
	if !ok {
		return Row{}, ErrNotFound
	}
	sn := siteName{site, n}
	known, err := tx.identify(sn)
	if err != nil {
		return Row{}, err
	}
	if known.state == unknown || known.state == reserved {
		return Row{}, ErrNotFound
	}
	old, err := tx.current(known)
	if err != nil {
		return Row{}, err
	}
	if known.state == deleted {
		return Row{}, &ErrGone{old.Version, old.Updated}
	}
	if o.IfVersion > 0 && o.IfVersion != old.Version {
		return Row{}, &ErrVersion{old.Version}
	}
	row := Row{
		Key: known.k, Type: typ, ID: id, Version: old.Version + 1, Updated: tx.now, Deleted: true,
		Labels: old.Labels, Author: o.Author, SourceVersion: o.SourceVersion,
	}
	if !o.Updated.IsZero() {
		row.Updated = fromMillis(millis(o.Updated))
	}
	tx.add(&change{row: row, sn: sn, was: known.state}, deleted)
	return tx.pending[len(tx.pending)-1].row, nil
}

func (tx *Tx) add(c *change, now identityState) {
	tx.w.seq++
	c.row.Seq = tx.w.seq
	tx.pending = append(tx.pending, c)
	if tx.at == nil {
		tx.at = map[Key]bool{}
	}
	tx.at[c.row.Key] = true
	tx.setIdentity(c.sn, identity{c.row.Key, now})
}

func checkVersion(want int, state identityState, have int) error {
	if state != alive {
		have = 0
	}
	if want != AnyVersion && want != have {
		return &ErrVersion{have}
	}
	return nil
}

// current is the head of the resource's current version; zero when there is none.
func (tx *Tx) current(id identity) (Row, error) {
	if id.state == unknown || id.state == reserved {
		return Row{}, nil
	}
	if tx.at[id.k] {
		if err := tx.ready(false); err != nil {
			return Row{}, err
		}
	}
	q := tx.c.query(sqlHead)
	var r Row
	if q.int(int64(id.k)).next() {
		r = scanHead(&q, name(q.st.ColumnRawBlob(1)))
	}
	return r, q.done()
}

// place finds the key for the resource, or checks that the one it has is still
// in the right record.
func (tx *Tx) place(site SiteNo, p *Prepared, known identity) (Key, error) {
	if p.Type == "Patient" {
		if known.k != 0 {
			return known.k, nil
		}
		return tx.newPatient(site)
	}
	home, err := tx.homeOf(site, &p.Index)
	if err != nil {
		return 0, err
	}
	if known.k != 0 {
		if p.Index.About != nil && (home.PatientNumber() == 0 || known.k.PatientNumber() == 0) {
			return known.k, nil // what it is about came, or went, after it was written
		}
		if home != known.k&^maxNumber {
			return 0, &ErrPatientChanged{p.Type}
		}
		return known.k, nil
	}
	return tx.newNumber(home)
}

// homeOf is the beginning of the record that a resource lives in: its patient's, or
// the one patient's of all that it is about. What of that is no patient's does not
// count; what is not here yet is nobody's.
func (tx *Tx) homeOf(site SiteNo, ex *search.Extracted) (Key, error) {
	if len(ex.About) == 0 {
		return tx.home(site, ex.Patient)
	}
	own := makeKey(site, 0, 0)
	found := own
	for _, r := range ex.About {
		n, ok := makeName(r.Type, r.ID)
		if !ok {
			return own, nil
		}
		id, err := tx.identify(siteName{site, n})
		if err != nil {
			return 0, err
		}
		switch k := id.k &^ maxNumber; {
		case id.state == unknown:
			return own, nil
		case k == own || k == found:
		case found != own:
			return own, nil
		default:
			found = k
		}
	}
	return found, nil
}

// home is the beginning of the record that a resource belongs to. A patient
// that has not arrived gets its key now.
func (tx *Tx) home(site SiteNo, r *search.Ref) (Key, error) {
	if r == nil || r.Type != "Patient" {
		return makeKey(site, 0, 0), nil
	}
	n, ok := makeName(r.Type, r.ID)
	if !ok {
		return 0, &ErrReference{r.Type, r.ID}
	}
	sn := siteName{site, n}
	id, err := tx.identify(sn)
	if err != nil {
		return 0, err
	}
	if id.state != unknown {
		return id.k, nil
	}
	k, err := tx.newPatient(site)
	if err != nil {
		return 0, err
	}
	tx.setIdentity(sn, identity{k, reserved})
	tx.pending = append(tx.pending, &change{row: Row{Key: k}, sn: sn, was: unknown, fresh: false})
	return k, nil
}

// checkReferences finds the references that must lead to a resource and do not.
func (tx *Tx) checkReferences() error {
	for _, r := range tx.strict {
		id, err := tx.identify(r.sn)
		if err != nil {
			return err
		}
		// A new version of what referred to something since deleted may stand.
		if id.state != alive && !(id.state == deleted && r.update) {
			return &ErrReference{r.typ, r.sn.n.id()}
		}
	}
	return nil
}
