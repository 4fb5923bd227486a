package api

import (
	"slices"
	"strings"

	"wholechart/fhir"
)

// part is a resource as _summary or _elements ask it, marked SUBSETTED
// (http://hl7.org/fhir/R4/search.html#summary, #elements); without them the
// resource as it is.
func (w wants) part(body []byte) ([]byte, error) {
	if w.summary == "" && len(w.elements) == 0 || len(body) == 0 {
		return body, nil
	}
	d, err := fhir.Parse(body)
	if err != nil {
		return nil, err
	}
	res := d.Root()
	typ := res.ResourceType()
	def := fhir.LookupType(typ)
	keep := func(name string, el *fhir.ElementDef) bool {
		switch {
		case name == "id" || name == "meta" || name == "implicitRules":
			return true
		case el == nil:
			return false
		case w.summary == "text":
			return name == "text" || el.Min > 0
		case w.summary == "data":
			return name != "text"
		case w.summary == "true":
			return el.Summary || el.Modifier || el.Min > 0
		}
		return el.Min > 0 || el.Modifier || slices.ContainsFunc(w.elements, func(e string) bool {
			e = strings.TrimPrefix(e, typ+".")
			return e == name || e == el.Name
		})
	}
	out := append(make([]byte, 0, len(body)), `{"resourceType":`...)
	out = quote(out, typ)
	marked := false
	for name, v := range res.Fields() {
		if name == "resourceType" {
			continue
		}
		el, elType := def.Element(strings.TrimPrefix(name, "_"))
		if !keep(strings.TrimPrefix(name, "_"), el) {
			continue
		}
		out = append(out, ',')
		out = quote(out, name)
		out = append(out, ':')
		switch {
		case name == "meta":
			out, marked = appendMarked(out, v), true
		case w.summary == "true" && strings.Contains(elType, "."):
			out = appendSummary(out, v, elType)
		default:
			out = append(out, v.Raw()...)
		}
	}
	if !marked {
		out = append(out, `,"meta":{"tag":[`+subsetted+`]}`...)
	}
	return append(out, '}'), nil
}

// subsetted is the tag that says that a resource is not whole.
const subsetted = `{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}`

// appendMarked is a meta with the tag.
func appendMarked(out []byte, meta fhir.Node) []byte {
	out = append(out, '{')
	n, tagged := 0, false
	for name, v := range meta.Fields() {
		if n++; n > 1 {
			out = append(out, ',')
		}
		out = quote(out, name)
		out = append(out, ':')
		raw := v.Raw()
		if name == "tag" && v.Kind() == fhir.Array && v.Len() > 0 {
			out = append(out, raw[:len(raw)-1]...)
			out, tagged = append(out, ","+subsetted+"]"...), true
			continue
		}
		out = append(out, raw...)
	}
	if !tagged {
		if n > 0 {
			out = append(out, ',')
		}
		out = append(out, `"tag":[`+subsetted+`]`...)
	}
	return append(out, '}')
}

// appendSummary is a backbone element, or a list of them, with its summary elements only.
func appendSummary(out []byte, v fhir.Node, typ string) []byte {
	if v.Kind() == fhir.Array {
		out = append(out, '[')
		n := 0
		for item := range v.Items() {
			if n++; n > 1 {
				out = append(out, ',')
			}
			out = appendSummary(out, item, typ)
		}
		return append(out, ']')
	}
	if v.Kind() != fhir.Object {
		return append(out, v.Raw()...)
	}
	def := fhir.LookupType(typ)
	out = append(out, '{')
	n := 0
	for name, inner := range v.Fields() {
		el, elType := def.Element(strings.TrimPrefix(name, "_"))
		if el == nil || name != "id" && !el.Summary && !el.Modifier && el.Min == 0 {
			continue
		}
		if n++; n > 1 {
			out = append(out, ',')
		}
		out = quote(out, name)
		out = append(out, ':')
		if strings.Contains(elType, ".") {
			out = appendSummary(out, inner, elType)
		} else {
			out = append(out, inner.Raw()...)
		}
	}
	if n == 0 { // an element must not be empty
		return append(out[:len(out)-1], v.Raw()...)
	}
	return append(out, '}')
}
