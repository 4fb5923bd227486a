package store

import "fmt"

// identity is what the writer knows of a site's name.
type identity struct {
	k     Key
	state identityState
}

type identityState uint8

const (
	unknown  identityState = iota
	reserved               // a patient that others refer to and that has not arrived
	deleted
	alive
)

type siteName struct {
	site SiteNo
	n    name
}

type names map[siteName]identity

// counters are the next number within a patient, by the patient's key or the
// beginning of the site's own range; and the next patient of a site, by its
// SiteNo negated (no key is negative).
type counters map[Key]int64

// maxNames bounds what is kept in memory of either; then it begins anew.
const maxNames = 1 << 16

// identify looks a name up.
func (tx *Tx) identify(sn siteName) (identity, error) {
	if id, ok := tx.w.names[sn]; ok {
		return id, nil
	}
	q := tx.c.query(sqlIdent)
	k, ok, err := q.int(int64(sn.site)).blob([]byte(sn.n)).oneInt()
	if err != nil || !ok {
		return identity{}, err
	}
	id := identity{Key(k), reserved}
	q = tx.c.query(sqlHead)
	if q.int(k).next() {
		id.state = alive
		if q.st.ColumnInt64(6) != 0 {
			id.state = deleted
		}
	}
	if err := q.done(); err != nil {
		return identity{}, err
	}
	tx.w.names[sn] = id
	return id, nil
}

func (tx *Tx) setIdentity(sn siteName, id identity) {
	tx.w.names[sn] = id
	tx.touched = append(tx.touched, sn)
}

// newPatient gives out the key of a site's next patient.
func (tx *Tx) newPatient(site SiteNo) (Key, error) {
	n, ok := tx.w.next[-Key(site)]
	if !ok {
		r := SiteRange(site)
		for _, s := range []statement{sqlLastNumber, sqlLastReserved} {
			q := tx.c.query(s)
			k, ok, err := q.int(int64(r.From)).int(int64(r.To)).oneInt()
			if err != nil {
				return 0, err
			}
			if ok {
				n = max(n, Key(k).PatientNumber())
			}
		}
		n++
	}
	if n > maxPatient-1 {
		return 0, &ErrLimit{"patients of one site"}
	}
	tx.w.next[-Key(site)] = n + 1
	return makeKey(site, n, 0), nil
}

// newNumber gives out the next key in the record that begins at home.
func (tx *Tx) newNumber(home Key) (Key, error) {
	n, ok := tx.w.next[home]
	if !ok {
		q := tx.c.query(sqlLastNumber)
		k, ok, err := q.int(int64(home)).int(int64(home) + maxNumber + 1).oneInt()
		if err != nil {
			return 0, err
		}
		n = 1 // number 0 is the Patient's
		if ok {
			n = max(n, Key(k).Number()+1)
		}
	}
	if n > maxNumber {
		return 0, &ErrLimit{fmt.Sprintf("resources in one record (%d)", maxNumber)}
	}
	tx.w.next[home] = n + 1
	return home + Key(n), nil
}
