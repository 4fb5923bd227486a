package store

import (
	"wholechart/fhir"
	"wholechart/search"
)

// Prepared is a resource ready to be put: what can be done beforehand, in the
// caller's goroutine, is done. It may be put more than once.
type Prepared struct {
	Type  string
	Body  []byte // compact, without the server's meta elements
	Index search.Extracted

	compressed []byte
}

// Prepare compresses a resource. It checks nothing but that there is a type;
// Put checks that.
func Prepare(res fhir.Node, ex search.Extracted) *Prepared {
	p := &Prepared{Type: res.ResourceType(), Body: fhir.Compact(fhir.WithoutServerMeta(res)), Index: ex}
	p.compressed = compress(p.Body)
	return p
}
