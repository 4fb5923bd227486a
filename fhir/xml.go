package fhir

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// XMLError says where a text is no FHIR XML. It quotes element names that FHIR
// defines or that stand in the text, never values.
type XMLError struct {
	Line   int
	Reason string
}

func (e *XMLError) Error() string { return fmt.Sprintf("at line %d: %s", e.Line, e.Reason) }

const (
	fhirNamespace  = "http://hl7.org/fhir"
	xhtmlNamespace = "http://www.w3.org/1999/xhtml"
	xmlDepth       = 40 // elements inside one another; each may be an array and an object in JSON
)

// FromXML reads one resource in FHIR's XML format (R4 xml.html) and writes it
// in the JSON format by the definitions: what repeats becomes an array, what a
// primitive has besides its value goes to its sibling with the underscore.
// Members keep the order of the XML, decimals their digits, the narrative its
// text. Comments and processing instructions are lost. An element R4 does not
// define, a document type, text between elements, and more than
// DefaultLimits.Bytes are errors. It checks no other FHIR rule.
func FromXML(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(DefaultLimits.Bytes)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > DefaultLimits.Bytes {
		return nil, &XMLError{0, fmt.Sprintf("larger than the limit of %d bytes", DefaultLimits.Bytes)}
	}
	x := xmlReader{data: data, d: xml.NewDecoder(bytes.NewReader(data))}
	x.d.Entity = xml.HTMLEntity // narratives use them
	root, err := x.document()
	if err != nil {
		return nil, err
	}
	w := xmlToJSON{}
	if err := w.resource(root); err != nil {
		return nil, err
	}
	return w.out, nil
}

// xmlElement is one element as read; xhtml is the whole text of a narrative's div.
type xmlElement struct {
	name     string
	line     int
	value    string
	hasValue bool
	id, url  string
	children []*xmlElement
	xhtml    []byte
}

type xmlReader struct {
	data []byte
	d    *xml.Decoder
}

func (x *xmlReader) fail(format string, args ...any) error {
	line, _ := x.d.InputPos()
	return &XMLError{line, fmt.Sprintf(format, args...)}
}

func (x *xmlReader) document() (root *xmlElement, err error) {
	for {
		t, err := x.d.Token()
		if err == io.EOF {
			if root == nil {
				return nil, x.fail("no resource")
			}
			return root, nil
		}
		if err != nil {
			return nil, x.fail("not well-formed XML")
		}
		switch t := t.(type) {
		case xml.StartElement:
			if root != nil {
				return nil, x.fail("a second resource")
			}
			if root, err = x.element(t, 1); err != nil {
				return nil, err
			}
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return nil, x.fail("text outside of the resource")
			}
		case xml.Directive:
			return nil, x.fail("a document type, which FHIR forbids")
		}
	}
}

func (x *xmlReader) element(start xml.StartElement, depth int) (*xmlElement, error) {
	if depth > xmlDepth {
		return nil, x.fail("nested deeper than %d", xmlDepth)
	}
	if start.Name.Space != fhirNamespace {
		return nil, x.fail("an element outside of FHIR's namespace")
	}
	line, _ := x.d.InputPos()
	e := &xmlElement{name: start.Name.Local, line: line}
	for _, a := range start.Attr {
		switch {
		case a.Name.Space != "" || a.Name.Local == "xmlns":
		case a.Name.Local == "value":
			e.value, e.hasValue = a.Value, true
		case a.Name.Local == "id":
			e.id = a.Value
		case a.Name.Local == "url":
			e.url = a.Value
		default:
			return nil, x.fail("an attribute that FHIR does not have")
		}
	}
	for {
		from := x.d.InputOffset()
		t, err := x.d.Token()
		if err != nil {
			return nil, x.fail("not well-formed XML")
		}
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Space == xhtmlNamespace && t.Name.Local == "div" {
				if err := x.d.Skip(); err != nil {
					return nil, x.fail("not well-formed XML")
				}
				text := bytes.TrimSpace(x.data[from:x.d.InputOffset()])
				e.children = append(e.children, &xmlElement{name: "div", line: line, xhtml: text})
				continue
			}
			child, err := x.element(t, depth+1)
			if err != nil {
				return nil, err
			}
			e.children = append(e.children, child)
		case xml.EndElement:
			return e, nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return nil, x.fail("text between elements")
			}
		case xml.Directive:
			return nil, x.fail("a document type, which FHIR forbids")
		}
	}
}

type xmlToJSON struct{ out []byte }

func (e *xmlElement) fail(format string, args ...any) error {
	return &XMLError{e.line, fmt.Sprintf(format, args...)}
}

func (w *xmlToJSON) resource(e *xmlElement) error {
	t := LookupType(e.name)
	if t == nil || t.Kind != ResourceKind || t.Abstract {
		return e.fail("%q is no resource type", clip(e.name))
	}
	w.out = append(append(w.out, `{"resourceType":"`...), e.name...)
	w.out = append(w.out, '"')
	if err := w.members(e, t, true); err != nil {
		return err
	}
	w.out = append(w.out, '}')
	return nil
}

// members writes an element's children, grouped by name; more says that a
// member stands before them.
func (w *xmlToJSON) members(e *xmlElement, t *TypeDef, more bool) error {
	comma := func() {
		if more {
			w.out = append(w.out, ',')
		}
		more = true
	}
	if e.id != "" {
		comma()
		w.out = appendJSONString(append(w.out, `"id":`...), e.id)
	}
	if e.url != "" {
		if t.Name != "Extension" {
			return e.fail("an attribute url outside of an extension")
		}
		comma()
		w.out = appendJSONString(append(w.out, `"url":`...), e.url)
	}
	groups := map[string][]*xmlElement{}
	var order []string
	for _, c := range e.children {
		if groups[c.name] == nil {
			order = append(order, c.name)
		}
		groups[c.name] = append(groups[c.name], c)
	}
	for _, name := range order {
		el, typ := t.Element(name)
		if el == nil || name == "id" && e.id != "" {
			return groups[name][0].fail("%s has no element %q", t.Name, clip(name))
		}
		all := groups[name]
		if el.Max == 1 && len(all) > 1 {
			return all[1].fail("%s.%s does not repeat", t.Name, name)
		}
		if err := w.member(all, el, LookupType(typ), name, comma); err != nil {
			return err
		}
	}
	return nil
}

func (w *xmlToJSON) member(all []*xmlElement, el *ElementDef, t *TypeDef, name string, comma func()) error {
	if t == nil {
		return all[0].fail("an element of a type that is not defined")
	}
	list := el.Max != 1
	if t.Kind != Primitive {
		comma()
		w.key("", name)
		return w.list(all, list, func(e *xmlElement) error {
			if t.Kind == ResourceKind {
				if len(e.children) != 1 {
					return e.fail("one resource should be here")
				}
				return w.resource(e.children[0])
			}
			if e.hasValue || e.xhtml != nil {
				return e.fail("a value of what is no primitive")
			}
			w.out = append(w.out, '{')
			if err := w.members(e, t, false); err != nil {
				return err
			}
			w.out = append(w.out, '}')
			return nil
		})
	}
	values, besides := false, false
	for _, e := range all {
		values = values || e.hasValue || e.xhtml != nil
		besides = besides || e.id != "" || len(e.children) > 0
	}
	if values {
		comma()
		w.key("", name)
		if err := w.list(all, list, func(e *xmlElement) error { return w.primitive(e, t) }); err != nil {
			return err
		}
	}
	if !besides {
		if !values {
			return all[0].fail("a primitive without a value or an extension")
		}
		return nil
	}
	comma()
	w.key("_", name)
	return w.list(all, list, func(e *xmlElement) error {
		if e.id == "" && len(e.children) == 0 {
			w.out = append(w.out, "null"...)
			return nil
		}
		w.out = append(w.out, '{')
		if err := w.members(e, t, false); err != nil {
			return err
		}
		w.out = append(w.out, '}')
		return nil
	})
}

func (w *xmlToJSON) key(before, name string) {
	w.out = append(append(append(append(w.out, '"'), before...), name...), `":`...)
}

func (w *xmlToJSON) list(all []*xmlElement, list bool, one func(e *xmlElement) error) error {
	if !list {
		return one(all[0])
	}
	w.out = append(w.out, '[')
	for i, e := range all {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if err := one(e); err != nil {
			return err
		}
	}
	w.out = append(w.out, ']')
	return nil
}

func (w *xmlToJSON) primitive(e *xmlElement, t *TypeDef) error {
	switch {
	case e.xhtml != nil:
		if t.Name != "xhtml" || !utf8.Valid(e.xhtml) {
			return e.fail("XHTML where it does not belong")
		}
		w.out = appendJSONString(w.out, string(e.xhtml))
		return nil
	case !e.hasValue:
		w.out = append(w.out, "null"...)
		return nil
	case t.Name == "boolean":
		if e.value != "true" && e.value != "false" {
			return e.fail("not a boolean")
		}
		w.out = append(w.out, e.value...)
		return nil
	case t.Name == "decimal", SubtypeOf(t.Name, "integer"):
		if d, err := Parse([]byte(e.value)); err != nil || d.Root().Kind() != Number || strings.TrimSpace(e.value) != e.value {
			return e.fail("not a number")
		}
		w.out = append(w.out, e.value...)
		return nil
	}
	w.out = appendJSONString(w.out, e.value)
	return nil
}

// clip keeps a name that came from outside short.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}

// appendJSONString writes a string with the escapes JSON demands and no others.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
