package store

import (
	"slices"

	"wholechart/fhir"
	"wholechart/search"
)

// settle writes the closure's resources and audit rows. It fails only when the
// database does.
func (tx *Tx) settle() error {
	for _, c := range tx.pending {
		if err := tx.write(c); err != nil {
			return err
		}
	}
	tx.pending, tx.at = tx.pending[:0], nil
	for i := range tx.audits {
		if err := tx.audits[i].insert(tx.c); err != nil {
			return err
		}
	}
	tx.audits = tx.audits[:0]
	return nil
}

func (tx *Tx) write(c *change) error {
	r := &c.row
	k := int64(r.Key)
	tx.w.changed = append(tx.w.changed, c.sn)
	if c.was == unknown {
		q := tx.c.query(sqlPutIdent)
		if err := q.int(int64(c.sn.site)).blob([]byte(c.sn.n)).int(k).run(); err != nil {
			return err
		}
	}
	if r.Seq == 0 { // a patient's key, given out before it arrives
		q := tx.c.query(sqlReserve)
		if err := q.int(k).run(); err != nil {
			return err
		}
		return tx.found(c.sn, r.Key)
	}
	if c.was == reserved {
		q := tx.c.query(sqlArrived)
		if err := q.int(k).run(); err != nil {
			return err
		}
	}
	var was terms
	op, put := opCreated, sqlInsert
	if !c.fresh {
		op, put = opUpdated, sqlReplace
		if c.was == deleted {
			op = opCreated
		}
		q := tx.c.query(sqlHeadTerms)
		if q.int(k).next() {
			was = q.st.ColumnBlob(9, nil)
		}
		if err := q.done(); err != nil {
			return err
		}
		q = tx.c.query(sqlKeep)
		if err := q.int(k).run(); err != nil {
			return err
		}
	}
	var body, packed []byte
	var entries []entry
	if c.prep != nil {
		var err error
		body = c.prep.compressed
		if entries, err = tx.entries(r.Key, c.prep); err != nil {
			return err
		}
		packed, entries = packTerms(make([]byte, 0, 32*len(entries)), entries)
	} else {
		op = opDeleted
	}
	q := tx.c.query(put)
	err := q.int(k).blob([]byte(c.sn.n)).int(int64(r.Version)).int(int64(r.Seq)).int(millis(r.Updated)).
		int(int64(r.Labels)).int(b2i(r.Deleted)).text(r.Author).text(r.SourceVersion).blob(packed).blob(body).run()
	if err != nil {
		return err
	}
	q = tx.c.query(sqlChange)
	err = q.int(int64(r.Seq)).int(k).int(int64(r.Version)).int(int64(c.sn.n[0])).int(int64(op)).int(millis(r.Updated)).run()
	if err != nil {
		return err
	}
	if r.SourceVersion != "" {
		q := tx.c.query(sqlArrivalPut)
		if err := q.int(k).int(millis(tx.now)).run(); err != nil {
			return err
		}
	}
	tx.reindex(r.Key, was, entries)
	if c.fresh && c.was == unknown {
		return tx.found(c.sn, r.Key)
	}
	return nil
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// reindex notes the index rows that differ.
func (tx *Tx) reindex(k Key, was terms, now []entry) {
	if len(was) == 0 {
		for _, e := range now {
			tx.index.change(k, e, false)
		}
		return
	}
	i := 0
	for e := range was.all {
		for i < len(now) && compareEntries(now[i], e) < 0 {
			tx.index.change(k, now[i], false)
			i++
		}
		if i < len(now) && compareEntries(now[i], e) == 0 {
			i++
			continue
		}
		tx.index.change(k, e, true)
	}
	for ; i < len(now); i++ {
		tx.index.change(k, now[i], false)
	}
}

// entries are the index rows of a resource, references resolved as far as they
// can be.
func (tx *Tx) entries(k Key, p *Prepared) ([]entry, error) {
	out := make([]entry, 0, len(p.Index.Terms)+1)
	out = append(out, entry{path: typePath, v: []byte{fhir.TypeNumber(p.Type)}})
	for _, t := range p.Index.Terms {
		e := entry{path: t.Path, v: t.Value}
		if t.Ref != nil {
			e.ref = true
			var err error
			if e.v, err = tx.resolve(k, t.Path, *t.Ref); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func (tx *Tx) resolve(k Key, p search.Path, r search.Ref) ([]byte, error) {
	n, ok := makeName(r.Type, r.ID)
	if !ok {
		return refTextValue(r), nil
	}
	sn := siteName{k.Site(), n}
	id, err := tx.identify(sn)
	if err != nil {
		return nil, err
	}
	if id.state == unknown {
		q := tx.c.query(sqlWaitAdd)
		tx.w.waiting = true
		return refTextValue(r), q.int(int64(sn.site)).blob([]byte(n)).int(int64(k)).run()
	}
	return refValue(id.k), tx.w.s.strays.note(tx.c, k, p, id.k)
}

// found makes the references that waited for a resource lead to its key.
func (tx *Tx) found(sn siteName, target Key) error {
	if !tx.w.waiting {
		return nil
	}
	text := refTextValue(search.Ref{Type: sn.n.typ(), ID: sn.n.id()})
	from, any := Key(-1), false
	for {
		q := tx.c.query(sqlWaiting)
		q.int(int64(sn.site)).blob([]byte(sn.n)).int(int64(from))
		var sources []Key
		for q.next() {
			sources = append(sources, Key(q.st.ColumnInt64(0)))
		}
		if err := q.done(); err != nil {
			return err
		}
		if len(sources) == 0 {
			break
		}
		any = true
		for _, k := range sources {
			if err := tx.refer(k, text, target); err != nil {
				return err
			}
		}
		from = sources[len(sources)-1]
	}
	if !any {
		return nil
	}
	q := tx.c.query(sqlWaitDrop)
	if err := q.int(int64(sn.site)).blob([]byte(sn.n)).run(); err != nil {
		return err
	}
	q = tx.c.query(sqlAnyWaiting)
	var err error
	_, tx.w.waiting, err = q.oneInt()
	return err
}

// refer changes a resource's references by text to ones by key.
func (tx *Tx) refer(k Key, text []byte, target Key) error {
	q := tx.c.query(sqlHeadTerms)
	var was terms
	if q.int(int64(k)).next() {
		was = q.st.ColumnBlob(9, nil)
	}
	if err := q.done(); err != nil || len(was) == 0 {
		return err
	}
	var now []entry
	for e := range was.all {
		if e.ref && slices.Equal(e.v, text) {
			e.v = refValue(target)
			if err := tx.w.s.strays.note(tx.c, k, e.path, target); err != nil {
				return err
			}
		}
		now = append(now, e)
	}
	packed, now := packTerms(nil, now)
	tx.reindex(k, was, now)
	q = tx.c.query(sqlSetTerms)
	return q.blob(packed).int(int64(k)).run()
}
