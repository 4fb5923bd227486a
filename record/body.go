package record

import (
	"net/url"
	"strings"

	"wholechart/fhir"
	"wholechart/search"
)

// clean makes of a resource, with edits at places of its document, what is
// stored: its id set (in place, else after resourceType), without the server's
// own meta elements, without insignificant whitespace; all else byte for byte.
func clean(root fhir.Node, id string, edits []fhir.Edit) (*fhir.Doc, error) {
	base, _ := root.Span()
	quoted := []byte(`"` + id + `"`)
	if n := root.Get("id"); n.Exists() {
		from, to := n.Span()
		edits = append(edits, fhir.Edit{From: from, To: to, Text: quoted})
	} else {
		_, end := root.Get("resourceType").Span()
		edits = append(edits, fhir.Edit{From: end, To: end, Text: append([]byte(`,"id":`), quoted...)})
	}
	for i := range edits {
		edits[i].From -= base
		edits[i].To -= base
	}
	doc, err := fhir.Parse(fhir.Compact(fhir.Apply(root.Raw(), edits)))
	if err != nil {
		return nil, err
	}
	for name := range doc.Root().Get("meta").Fields() {
		switch name {
		case "versionId", "lastUpdated", "_versionId", "_lastUpdated":
			return fhir.Parse(fhir.WithoutServerMeta(doc.Root()))
		}
	}
	return doc, nil
}

// parseRef reads a relative literal reference: Type/id, with or without a version.
func parseRef(text string) (search.Ref, bool) {
	typ, rest, ok := strings.Cut(text, "/")
	if !ok || !fhir.IsResourceType(typ) {
		return search.Ref{}, false
	}
	id, version, _ := strings.Cut(rest, "/_history/")
	if !validID(id) {
		return search.Ref{}, false
	}
	return search.Ref{Type: typ, ID: id, Version: version}, true
}

// ask parses a search written as a query string.
func ask(typ, query string) (*search.Query, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, invalid("value", "", "the condition is not a query string")
	}
	return search.Parse(typ, values, search.Options{})
}
