package store

import (
	"bytes"
	"strconv"
	"time"

	"wholechart/fhir"
)

// Row is one version of one resource.
type Row struct {
	Key           Key
	Type, ID      string
	Version       int
	Seq           Seq
	Updated       time.Time // milliseconds, UTC
	Deleted       bool
	Labels        uint64 // bits of its security labels
	Author        string // who wrote it, as the gate named them
	SourceVersion string // of a copy: its version where it came from

	body  []byte
	terms terms  // of a row that Range read: what References needs
	whole []byte // Resource, when that is made already

	packed []byte // of a row that a Reading gave: the body, compressed
}

// Body is the resource as it was written, without the server's own meta
// elements; nil for a deleted version. It must not be changed.
func (r Row) Body() []byte {
	if r.body != nil || r.whole == nil {
		return r.body
	}
	doc, err := fhir.Parse(r.whole)
	if err != nil {
		return nil
	}
	return fhir.WithoutServerMeta(doc.Root())
}

// Resource is the resource with its id, meta.versionId and meta.lastUpdated;
// nil for a deleted version. It must not be changed.
func (r Row) Resource() []byte {
	if r.whole != nil {
		return r.whole
	}
	if r.body == nil {
		return nil
	}
	if out := r.stamped(); out != nil {
		return out
	}
	doc, err := fhir.Parse(r.body)
	if err != nil { // it was parsed when it was prepared
		return r.body
	}
	return fhir.WithMeta(doc.Root(), r.ID, strconv.Itoa(r.Version), r.Updated)
}

// stamped is Resource without parsing, which was a third of what a read cost: it
// finds where id ends and meta begins by looking at bytes. It takes bodies that
// begin with resourceType and id, as nearly all do; nil for others. It relies on
// what Prepare left: JSON without white space, no member twice in an object, no
// versionId or lastUpdated in meta.
func (r Row) stamped() []byte {
	rest, ok := cut(r.body, `{"resourceType":"`, r.Type, `","id":"`, r.ID, `"`)
	if !ok {
		return nil
	}
	at := len(r.body) - len(rest) // behind id
	inside, known := metaPlace(r.body, at)
	if !known {
		return nil
	}
	out := make([]byte, 0, len(r.body)+len(`,"meta":{"versionId":"","lastUpdated":"2006-01-02T15:04:05.000Z"},`)+20)
	if inside > 0 {
		at = inside
		out = append(out, r.body[:at]...)
	} else {
		out = append(append(out, r.body[:at]...), `,"meta":{`...)
	}
	out = append(out, `"versionId":"`...)
	out = strconv.AppendInt(out, int64(r.Version), 10)
	out = append(out, `","lastUpdated":"`...)
	out = r.Updated.UTC().AppendFormat(out, "2006-01-02T15:04:05.000Z")
	out = append(out, '"')
	switch {
	case inside == 0:
		out = append(out, '}')
	case r.body[at] != '}':
		out = append(out, ',')
	}
	return append(out, r.body[at:]...)
}

// metaPlace is the place behind the brace of the resource's own meta, which is
// not before from; 0 when it has none. known is false when that takes a parser.
func metaPlace(body []byte, from int) (inside int, known bool) {
	some := false
	for i := from; ; {
		n := bytes.Index(body[i:], metaName)
		if n < 0 {
			// No meta; unless its name is written with escapes, or it is no object.
			return 0, !some && !bytes.Contains(body[from:], escape)
		}
		some = true
		i += n
		name := i
		i += len(metaName)
		// A quote after a comma begins a string: what ends one follows neither.
		if body[name-1] != ',' || i+2 >= len(body) || body[i] != ':' || body[i+1] != '{' {
			continue
		}
		level := 0
		if name < len(body)/2 {
			level = levels(body[:name])
		} else {
			level = -levels(body[name:])
		}
		if level == 1 {
			return i + 2, true
		}
	}
}

var (
	metaName = []byte(`"meta"`)
	escape   = []byte(`\u`)
)

// levels is how many more objects and arrays begin than end in a part of a JSON
// text that begins outside of strings.
func levels(b []byte) int {
	n := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			n++
		case '}', ']':
			n--
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		}
	}
	return n
}

// cut is what of b follows the parts.
func cut(b []byte, parts ...string) ([]byte, bool) {
	for _, p := range parts {
		if len(b) < len(p) || string(b[:len(p)]) != p {
			return nil, false
		}
		b = b[len(p):]
	}
	return b, true
}

func millis(t time.Time) int64     { return t.UnixMilli() }
func fromMillis(n int64) time.Time { return time.UnixMilli(n).UTC() }

// Columns of a row in the order of rowColumns.
const (
	headColumns = `k, name, version, seq, updated, labels, deleted, author, source`
	rowColumns  = headColumns + `, body`
)

// scanRow reads a row with its body.
func scanRow(q *query) (Row, error) {
	r := scanHead(q, name(q.st.ColumnRawBlob(1)))
	if r.Deleted {
		return r, nil
	}
	var err error
	r.body, err = decompress(q.st.ColumnRawBlob(9))
	return r, err
}

func scanHead(q *query, n name) Row {
	st := q.st
	return Row{
		Key: Key(st.ColumnInt64(0)), Type: n.typ(), ID: n.id(),
		Version: int(st.ColumnInt64(2)), Seq: Seq(st.ColumnInt64(3)),
		Updated: fromMillis(st.ColumnInt64(4)), Labels: uint64(st.ColumnInt64(5)),
		Deleted: st.ColumnInt64(6) != 0, Author: st.ColumnText(7), SourceVersion: st.ColumnText(8),
	}
}
