package store

import (
	"strings"
	"time"
)

// Doc is a small document of configuration: a site, a user, a token, a peer.
// Documents have no history and no index; patient data does not belong here.
type Doc struct {
	ID      string
	Version int // from 1, counted up at every put
	Updated time.Time
	Body    []byte
}

// PutDoc writes a document, whatever is there.
func (tx *Tx) PutDoc(kind, id string, body []byte) error {
	_, err := tx.PutDocVersion(kind, id, body, AnyVersion)
	return err
}

// PutDocVersion writes a document when its current version is the one given (0:
// there must be none; AnyVersion), else *ErrVersion. It tells the new version.
func (tx *Tx) PutDocVersion(kind, id string, body []byte, ifVersion int) (int, error) {
	if err := tx.save(); err != nil {
		return 0, err
	}
	d, err := tx.Doc(kind, id)
	if err != nil && err != ErrNotFound {
		return 0, err
	}
	if ifVersion != AnyVersion && ifVersion != d.Version {
		return 0, &ErrVersion{d.Version}
	}
	q := tx.c.query(sqlDocPut)
	return d.Version + 1, q.text(kind).text(id).int(int64(d.Version + 1)).int(millis(tx.now)).blob(body).run()
}

// DeleteDoc removes a document; ErrNotFound when there is none.
func (tx *Tx) DeleteDoc(kind, id string) error {
	if err := tx.save(); err != nil {
		return err
	}
	q := tx.c.query(sqlDocDrop)
	if err := q.text(kind).text(id).run(); err != nil {
		return err
	}
	if tx.c.db.Changes() == 0 {
		return ErrNotFound
	}
	return nil
}

// GetDoc is a document's body; ErrNotFound when there is none.
func (v *View) GetDoc(kind, id string) ([]byte, error) {
	d, err := v.Doc(kind, id)
	return d.Body, err
}

// Doc is a document; ErrNotFound when there is none.
func (v *View) Doc(kind, id string) (Doc, error) {
	if v.c == nil {
		return Doc{}, errOver
	}
	q := v.c.query(sqlDoc)
	if !q.text(kind).text(id).next() {
		if err := q.done(); err != nil {
			return Doc{}, err
		}
		return Doc{}, ErrNotFound
	}
	d := scanDoc(&q)
	return d, q.done()
}

func scanDoc(q *query) Doc {
	st := q.st
	return Doc{st.ColumnText(0), int(st.ColumnInt64(1)), fromMillis(st.ColumnInt64(2)), st.ColumnBlob(3, nil)}
}

// ListDocs are the documents of a kind whose ids begin with prefix, by id.
func (v *View) ListDocs(kind, prefix string) ([]Doc, error) {
	if v.c == nil {
		return nil, errOver
	}
	q := v.c.query(sqlDocs)
	q.text(kind).text(prefix)
	var out []Doc
	for q.next() {
		if !strings.HasPrefix(q.st.ColumnText(0), prefix) {
			break
		}
		out = append(out, scanDoc(&q))
	}
	return out, q.done()
}
