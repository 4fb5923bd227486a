package fhir

import "strconv"

// SetMember is an object's bytes with a member set to a JSON value: in its place
// when it is there, else after the last one. Everything else stays byte for
// byte. A nil value takes the member out.
func SetMember(object Node, name string, value []byte) []byte {
	if object.Kind() != Object {
		return append([]byte(nil), object.Raw()...)
	}
	base, end := object.Span()
	var edits []Edit
	switch n := object.Get(name); {
	case value == nil:
		edits = without(object, func(m string) bool { return m == name })
	case n.Exists():
		from, to := n.Span()
		edits = []Edit{{from, to, value}}
	default:
		text := strconv.AppendQuote(nil, name)
		text = append(append(text, ':'), value...)
		if object.Len() > 0 {
			text = append([]byte{','}, text...)
		}
		edits = []Edit{{end - 1, end - 1, text}}
	}
	for i := range edits {
		edits[i].From -= base
		edits[i].To -= base
	}
	return Apply(object.Raw(), edits)
}
