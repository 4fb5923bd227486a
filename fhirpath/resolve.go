package fhirpath

import (
	"bytes"

	"wholechart/fhir"
)

// compileResolveIs is `resolve() is T`. Where there is nothing to resolve with,
// or nothing is found, the reference itself tells the type: by its type
// element, or by the literal's last but one segment (R4 references.html
// section 2.3.0.1). Search extraction relies on this.
func compileResolveIs(of *node, w wanted) (eval, error) {
	left, err := compileLeft(of.left)
	if err != nil {
		return nil, err
	}
	at := of.at
	return func(c *context) ([]Value, error) {
		in, err := left(c)
		if err != nil || len(in) == 0 {
			return nil, err
		}
		if len(in) > 1 {
			return nil, fail(Execution, at, "is on several items")
		}
		if c.env.Resolve == nil {
			if s := referencedType(in[0].node); s != nil {
				return boolResult(s.isA(w.fhir)), nil
			}
		}
		if v := c.resolve(in[0]); v.kind != Absent {
			return boolResult(w.is(v)), nil
		}
		if s := referencedType(in[0].node); s != nil {
			return boolResult(s.isA(w.fhir)), nil
		}
		return nil, nil
	}, nil
}

// referencedType is the type a Reference or a literal reference names, or nil.
func referencedType(n fhir.Node) *shape {
	literal := n
	if n.Kind() == fhir.Object {
		if raw := n.Get("type").Raw(); len(raw) > 2 {
			if s := shapes()[string(raw[1:len(raw)-1])]; s != nil {
				return s
			}
		}
		literal = n.Get("reference")
	}
	if literal.Kind() != fhir.String {
		return nil
	}
	raw := literal.Raw()
	raw = raw[1 : len(raw)-1]
	if i := bytes.Index(raw, []byte("/_history/")); i >= 0 {
		raw = raw[:i]
	}
	if i := bytes.IndexByte(raw, '?'); i >= 0 { // a conditional reference: Patient?identifier=…
		raw = raw[:i]
	} else if i := bytes.LastIndexByte(raw, '/'); i >= 0 {
		raw = raw[:i]
	} else {
		return nil
	}
	if i := bytes.LastIndexByte(raw, '/'); i >= 0 {
		raw = raw[i+1:]
	}
	s := shapes()[string(raw)]
	if s == nil || s.def.Kind != fhir.ResourceKind {
		return nil
	}
	return s
}

// resolve is what a Reference, uri or canonical names: a contained resource, or
// what the environment finds.
func (c *context) resolve(v Value) Value {
	n := v.node
	if n.Kind() == fhir.Object {
		n = n.Get("reference")
	}
	if v.kind == String {
		return c.lookup(v.s)
	}
	if n.Kind() != fhir.String {
		return Value{}
	}
	if raw := n.Raw(); raw[1] == '#' {
		return c.contained(raw[2 : len(raw)-1])
	}
	return c.lookup(n.Str())
}

// contained is the contained resource with an id, or with none the container.
func (c *context) contained(id []byte) Value {
	root := c.root()
	if len(id) == 0 {
		return root
	}
	for item := range root.node.Get("contained").Items() {
		if raw := item.Get("id").Raw(); len(raw) > 2 && bytes.Equal(raw[1:len(raw)-1], id) {
			return Resource(item)
		}
	}
	return Value{}
}

func (c *context) lookup(reference string) Value {
	if len(reference) > 0 && reference[0] == '#' {
		return c.contained([]byte(reference[1:]))
	}
	if c.env.Resolve != nil {
		if n, ok := c.env.Resolve(reference); ok {
			return Resource(n)
		}
	}
	return Value{}
}
