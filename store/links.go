package store

import "time"

// LinkRow says which person a site's patient is, how sure that is and who said so.
type LinkRow struct {
	Patient Key   // the Patient resource
	Person  int64 // numbered from 1; 0 in history: unlinked
	Score   float64
	State   string // as package identity names it
	By, Why string
	At      time.Time // zero is now
}

// SetLink links a patient to a person, or with Person 0 unlinks it. What was
// there before stays in the history.
func (tx *Tx) SetLink(l LinkRow) error {
	if err := tx.save(); err != nil {
		return err
	}
	if l.At.IsZero() {
		l.At = tx.now
	}
	put := sqlLinkPut
	if l.Person == 0 {
		put = sqlLinkNote
		q := tx.c.query(sqlLinkDrop)
		if err := q.int(int64(l.Patient)).run(); err != nil {
			return err
		}
	}
	for {
		q := tx.c.query(put)
		err := q.int(int64(l.Patient)).int(l.Person).real(l.Score).text(l.State).text(l.By).text(l.Why).int(millis(l.At)).run()
		if err != nil || put == sqlLinkNote {
			return err
		}
		put = sqlLinkNote
	}
}

// NewPerson is a number that no person has or had. It is taken by SetLink: two
// calls without one between give the same.
func (tx *Tx) NewPerson() (int64, error) {
	if tx.over {
		return 0, errOver
	}
	q := tx.c.query(sqlLastPerson)
	n, _, err := q.oneInt()
	return n + 1, err
}

func (v *View) links(s statement, key int64) ([]LinkRow, error) {
	if v.c == nil {
		return nil, errOver
	}
	q := v.c.query(s)
	q.int(key)
	var out []LinkRow
	for q.next() {
		st := q.st
		out = append(out, LinkRow{
			Patient: Key(st.ColumnInt64(0)), Person: st.ColumnInt64(1), Score: st.ColumnFloat(2),
			State: st.ColumnText(3), By: st.ColumnText(4), Why: st.ColumnText(5), At: fromMillis(st.ColumnInt64(6)),
		})
	}
	return out, q.done()
}

// Links are the patients that are a person, by key.
func (v *View) Links(person int64) ([]LinkRow, error) { return v.links(sqlLinks, person) }

// PersonOf is the link of the patient whose record k is in; ErrNotFound when
// it is linked to nobody.
func (v *View) PersonOf(k Key) (LinkRow, error) {
	l, err := v.links(sqlLink, int64(k.Patient()))
	if err == nil && len(l) == 0 {
		return LinkRow{}, ErrNotFound
	}
	if err != nil {
		return LinkRow{}, err
	}
	return l[0], nil
}

// LinkHistory is everything that was said of a patient's link, oldest first.
func (v *View) LinkHistory(patient Key) ([]LinkRow, error) {
	return v.links(sqlLinkHistory, int64(patient.Patient()))
}
