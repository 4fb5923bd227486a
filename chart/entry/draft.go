package entry

import (
	"bytes"
	"encoding/json"
	"slices"

	"wholechart/fhir"
)

// draft is an object being written. It is small: every change makes the text anew.
type draft struct{ text []byte }

// object is a JSON object in the making whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for _, m := range o {
		if m.value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, asJSON(m.name)...), ':'), asJSON(m.value)...)
	}
	return append(out, '}'), nil
}

// raw is JSON that stands as it is.
type raw []byte

func (r raw) MarshalJSON() ([]byte, error) { return r, nil }

// asJSON is a value of ours as JSON. Such values always have one.
func asJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("entry: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

func newDraft(typ string) *draft {
	return &draft{asJSON(object{{"resourceType", typ}})}
}

// node is the text's tree. What was parsed before and changed by our own
// values parses.
func (d *draft) node() fhir.Node {
	doc, err := fhir.Parse(d.text)
	if err != nil {
		panic("entry: " + err.Error())
	}
	return doc.Root()
}

// set puts a member, or takes it out with nil or an empty value; what the old
// value had beside it (an extension on a primitive) goes with it.
func (d *draft) set(name string, value any) {
	d.text = fhir.SetMember(d.node(), "_"+name, nil)
	if empty(value) {
		d.text = fhir.SetMember(d.node(), name, nil)
		return
	}
	d.text = fhir.SetMember(d.node(), name, asJSON(value))
}

// choose puts one member of a choice, "onset" and "DateTime", and takes out all others.
func (d *draft) choose(prefix, typ string, value any) {
	var old []string
	for name := range d.node().Fields() {
		bare := name
		if len(bare) > 0 && bare[0] == '_' {
			bare = bare[1:]
		}
		if rest, ok := cutPrefix(bare, prefix); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			old = append(old, name)
		}
	}
	for _, name := range old {
		d.text = fhir.SetMember(d.node(), name, nil)
	}
	if !empty(value) {
		d.set(prefix+typ, value)
	}
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return s, false
}

// inside changes a member that is an object, made when it is not there, taken out when nothing is left in it.
func (d *draft) inside(name string, change func(*draft)) {
	in := &draft{[]byte("{}")}
	if n := d.node().Get(name); n.Kind() == fhir.Object {
		in.text = slices.Clone(n.Raw())
	}
	change(in)
	if in.node().Len() == 0 {
		d.text = fhir.SetMember(d.node(), name, nil)
		return
	}
	d.text = fhir.SetMember(d.node(), name, in.text)
}

// first changes the first item of a member that is an array, and keeps the others.
func (d *draft) first(name string, change func(*draft)) {
	items := itemsOf(d.node().Get(name))
	one := &draft{[]byte("{}")}
	if len(items) > 0 {
		one.text = slices.Clone(items[0].Raw())
	}
	change(one)
	d.items(name, items, 0, one)
}

// items writes an array whose item at a place became another; an empty one goes.
func (d *draft) items(name string, old []fhir.Node, at int, one *draft) {
	var out []raw
	for i, n := range old {
		switch {
		case i != at:
			out = append(out, n.Raw())
		case one.node().Len() > 0:
			out = append(out, one.text)
		}
	}
	if at >= len(old) && one.node().Len() > 0 {
		out = append(out, one.text)
	}
	d.array(name, out)
}

func (d *draft) array(name string, items []raw) {
	if len(items) == 0 {
		d.text = fhir.SetMember(d.node(), name, nil)
		return
	}
	d.text = fhir.SetMember(d.node(), name, asJSON(items))
}

func itemsOf(n fhir.Node) []fhir.Node { return slices.Collect(n.Items()) }

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case object:
		return len(v) == 0
	case []any:
		return len(v) == 0
	case raw:
		return len(v) == 0
	}
	return false
}

// concept is a CodeableConcept of a table of ours.
func concept(system, code, display, text string) object {
	coding := object{{"system", system}, {"code", code}}
	if display != "" {
		coding = append(coding, member{"display", display})
	}
	o := object{{"coding", []any{coding}}}
	if text != "" {
		o = append(o, member{"text", text})
	}
	return o
}
