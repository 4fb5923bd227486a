package store

import (
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

	body []byte
}

// Body is the resource as it was written, without the server's own meta
// elements; nil for a deleted version. It must not be changed.
func (r Row) Body() []byte { return r.body }

// Resource is the resource with its id, meta.versionId and meta.lastUpdated;
// nil for a deleted version.
func (r Row) Resource() []byte {
	if r.body == nil {
		return nil
	}
	doc, err := fhir.Parse(r.body)
	if err != nil { // it was parsed when it was prepared
		return r.body
	}
	return fhir.WithMeta(doc.Root(), r.ID, strconv.Itoa(r.Version), r.Updated)
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
