package fhir

import "iter"

// Prefixed are an object's members whose name begins with prefix, each with the
// rest of its name, in their order and without a copy of the name. It is how a
// choice (value[x]) is found without trying every type. Names with a JSON
// escape, which no FHIR element has, are passed over.
func (n Node) Prefixed(prefix string) iter.Seq2[[]byte, Node] {
	return func(yield func([]byte, Node) bool) {
		if n.d == nil || n.d.tape[n.i].kind != Object {
			return
		}
		t := n.d.tape
		for i, end := n.i+1, t[n.i].next; i < end; i = t[i+1].next {
			k := t[i]
			name := n.d.data[k.off+1 : k.end-1]
			if k.escaped || len(name) < len(prefix) || string(name[:len(prefix)]) != prefix {
				continue
			}
			if !yield(name[len(prefix):], Node{n.d, i + 1}) {
				return
			}
		}
	}
}
