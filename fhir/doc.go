// Package fhir holds FHIR R4 (4.0.1) as Wholechart keeps it: a resource is its
// bytes plus one parsed tree over them, and what FHIR defines (elements, types,
// bindings, invariants, search parameters, compartments) is one compact
// embedded table. There is no struct a resource type.
//
// The package knows no disk, no clock and no globals beyond that table.
package fhir

import "iter"

// Kind is the JSON kind of a node (RFC 8259 section 3).
type Kind uint8

// The kinds of a Node. None is the kind of a node that is not there.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String names the kind as RFC 8259 does.
func (k Kind) String() string {
	return [...]string{"none", "null", "boolean", "number", "string", "array", "object"}[k]
}

// entry is one value or one object key on the tape. A container is followed by
// its children; an object's children are key, value, key, value.
type entry struct {
	off, end uint32 // raw bytes, quotes included
	next     uint32 // index after this value and all its children
	kind     Kind
	escaped  bool // a string with at least one backslash
}

// Doc is one JSON text and its tape. It is read-only after Parse and safe for
// concurrent use.
type Doc struct {
	data []byte
	tape []entry
}

// Root is the document's value.
func (d *Doc) Root() Node { return Node{d, 0} }

// Bytes is the text as it was given: key order, decimals and unknown members
// are exactly as received. It must not be changed.
func (d *Doc) Bytes() []byte { return d.data }

// Node is one value in a Doc. The zero Node is "not there": every accessor of
// it answers with zero, so paths can be walked without checks.
type Node struct {
	d *Doc
	i uint32
}

// Exists says whether the node is there (null is there).
func (n Node) Exists() bool { return n.d != nil }

// Kind is the node's JSON kind.
func (n Node) Kind() Kind {
	if n.d == nil {
		return None
	}
	return n.d.tape[n.i].kind
}

// Raw is the node's exact text. It must not be changed.
func (n Node) Raw() []byte {
	if n.d == nil {
		return nil
	}
	e := n.d.tape[n.i]
	return n.d.data[e.off:e.end]
}

// Span is the node's place in the document's bytes.
func (n Node) Span() (from, to int) {
	if n.d == nil {
		return 0, 0
	}
	e := n.d.tape[n.i]
	return int(e.off), int(e.end)
}

// Get is the member of an object by name, or the zero Node.
func (n Node) Get(name string) Node {
	if n.d == nil || n.d.tape[n.i].kind != Object {
		return Node{}
	}
	t := n.d.tape
	for i, end := n.i+1, t[n.i].next; i < end; i = t[i+1].next {
		k := t[i]
		if !k.escaped {
			if string(n.d.data[k.off+1:k.end-1]) == name {
				return Node{n.d, i + 1}
			}
		} else if unescape(n.d.data[k.off+1:k.end-1]) == name {
			return Node{n.d, i + 1}
		}
	}
	return Node{}
}

// Path walks members by name and takes the first item of every array on the
// way: Path("name", "family") of a Patient is its first name's family.
func (n Node) Path(names ...string) Node {
	for _, name := range names {
		if n.Kind() == Array {
			n = n.Index(0)
		}
		n = n.Get(name)
	}
	if n.Kind() == Array {
		n = n.Index(0)
	}
	return n
}

// Fields are an object's members in their order. For anything else it yields nothing.
func (n Node) Fields() iter.Seq2[string, Node] {
	return func(yield func(string, Node) bool) {
		if n.d == nil || n.d.tape[n.i].kind != Object {
			return
		}
		t := n.d.tape
		for i, end := n.i+1, t[n.i].next; i < end; i = t[i+1].next {
			if !yield(n.d.word(t[i]), Node{n.d, i + 1}) {
				return
			}
		}
	}
}

// Members are Fields without a copy of the names, which must not be changed.
func (n Node) Members() iter.Seq2[[]byte, Node] {
	return func(yield func([]byte, Node) bool) {
		if n.d == nil || n.d.tape[n.i].kind != Object {
			return
		}
		t := n.d.tape
		for i, end := n.i+1, t[n.i].next; i < end; i = t[i+1].next {
			if !yield((Node{n.d, i}).Decoded(), Node{n.d, i + 1}) {
				return
			}
		}
	}
}

// Items are an array's items in their order; of a value that is no array, the
// value itself, once; of the zero Node nothing. So that repeating and single
// elements are walked alike.
func (n Node) Items() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.d == nil {
			return
		}
		t := n.d.tape
		if t[n.i].kind != Array {
			yield(n)
			return
		}
		for i, end := n.i+1, t[n.i].next; i < end; i = t[i].next {
			if !yield(Node{n.d, i}) {
				return
			}
		}
	}
}

// Index is an array's item, or the zero Node.
func (n Node) Index(at int) Node {
	if n.Kind() != Array || at < 0 {
		return Node{}
	}
	for item := range n.Items() {
		if at == 0 {
			return item
		}
		at--
	}
	return Node{}
}

// Len is the number of an array's items or an object's members, else 0.
func (n Node) Len() int {
	if n.d == nil {
		return 0
	}
	t, count := n.d.tape, 0
	switch t[n.i].kind {
	case Array:
		for i, end := n.i+1, t[n.i].next; i < end; i = t[i].next {
			count++
		}
	case Object:
		for i, end := n.i+1, t[n.i].next; i < end; i = t[i+1].next {
			count++
		}
	}
	return count
}

// Str is a string's decoded text; for any other kind it is empty.
func (n Node) Str() string {
	if n.d == nil {
		return ""
	}
	e := n.d.tape[n.i]
	if e.kind != String {
		return ""
	}
	b := n.d.data[e.off+1 : e.end-1]
	if e.escaped {
		return unescape(b)
	}
	return string(b)
}

// Text is a string's decoded text, or the raw text of a number or boolean.
func (n Node) Text() string {
	if n.Kind() == String {
		return n.Str()
	}
	if k := n.Kind(); k == Number || k == Bool {
		return string(n.Raw())
	}
	return ""
}

// True says whether the node is the boolean true.
func (n Node) True() bool { return n.Kind() == Bool && n.Raw()[0] == 't' }

// Is says whether the node is a string that decodes to text.
func (n Node) Is(text string) bool {
	if n.d == nil {
		return false
	}
	e := n.d.tape[n.i]
	if e.kind != String {
		return false
	}
	b := n.d.data[e.off+1 : e.end-1]
	if e.escaped {
		return unescape(b) == text
	}
	return string(b) == text
}

// Decoded is a string's decoded text without a copy where the document has no
// escape in it; nil for any other kind. It must not be changed.
func (n Node) Decoded() []byte {
	if n.d == nil {
		return nil
	}
	e := n.d.tape[n.i]
	if e.kind != String {
		return nil
	}
	b := n.d.data[e.off+1 : e.end-1]
	if e.escaped {
		return appendUnescaped(make([]byte, 0, len(b)), b)
	}
	return b
}

// word is a string's decoded text, without a copy if R4 defines an element or
// a type of that name.
func (d *Doc) word(e entry) string {
	b := d.data[e.off+1 : e.end-1]
	if e.escaped {
		return unescape(b)
	}
	if s, ok := words()[string(b)]; ok {
		return s
	}
	return string(b)
}

// ResourceType is the node's resourceType member.
func (n Node) ResourceType() string {
	if t := n.Get("resourceType"); t.Kind() == String {
		return n.d.word(n.d.tape[t.i])
	}
	return ""
}

// ID is the node's id member: the logical id of a resource.
func (n Node) ID() string { return n.Get("id").Str() }

// Same says whether two nodes are the same place of the same document.
func (n Node) Same(m Node) bool { return n.d == m.d && n.i == m.i }
