package record

import (
	"net/url"
	"strings"

	"wholechart/fhir"
	"wholechart/search"
)

// withID sets a resource's id in its bytes: in place when there is one, else
// after resourceType.
func withID(body []byte, id string) []byte {
	d, err := fhir.Parse(body)
	if err != nil {
		return body // the caller parses the result and says what is wrong
	}
	n := d.Root().Get("id")
	if n.Str() == id {
		return body
	}
	if n.Exists() {
		from, to := n.Span()
		return fhir.Apply(body, []fhir.Edit{{From: from, To: to, Text: []byte(`"` + id + `"`)}})
	}
	_, end := d.Root().Get("resourceType").Span()
	return fhir.Apply(body, []fhir.Edit{{From: end, To: end, Text: []byte(`,"id":"` + id + `"`)}})
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
