package fhir

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// Compact is a JSON text without its insignificant white space; every other
// byte stays as it is. The text must be one that Parse takes.
func Compact(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '"':
			end, _, reason := quoted(data, i)
			if reason != "" {
				return append(out, data[i:]...)
			}
			out = append(out, data[i:end]...)
			i = end
		case c <= ' ':
			i = max(space(data, i), i+1)
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

// Edit puts Text in place of the bytes from From to To.
type Edit struct {
	From, To int
	Text     []byte
}

// Apply makes edits at once, in one copy. They may come in any order and must
// not overlap; two insertions at one place keep their order.
func Apply(data []byte, edits []Edit) []byte {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.From - b.From })
	size := len(data)
	for _, e := range edits {
		size += len(e.Text) - (e.To - e.From)
	}
	out, at := make([]byte, 0, size), 0
	for _, e := range edits {
		out = append(out, data[at:e.From]...)
		out = append(out, e.Text...)
		at = e.To
	}
	return append(out, data[at:]...)
}

// WithMeta is a resource's bytes with its id, meta.versionId and
// meta.lastUpdated set. What else meta holds, and the order of members that
// are there, stay; an id that is not there follows resourceType, and meta
// follows id. id and version must be FHIR ids; updated is written in UTC to
// the millisecond.
func WithMeta(res Node, id, version string, updated time.Time) []byte {
	raw := res.Raw()
	base, _ := res.Span()
	var few [6]Edit
	edits := few[:0]
	quote := func(s string) []byte { return append(append([]byte{'"'}, s...), '"') }
	stamp := quote(updated.UTC().Format("2006-01-02T15:04:05.000Z"))

	after := base + 1 // where a member that is not there goes
	if t := res.Get("resourceType"); t.Exists() {
		_, after = t.Span()
	}
	var missing []string // members of the resource
	if n := res.Get("id"); n.Exists() {
		from, to := n.Span()
		edits = append(edits, Edit{from, to, quote(id)})
		after = to
	} else {
		missing = append(missing, `"id":"`+id+`"`)
	}
	meta := res.Get("meta")
	if meta.Kind() != Object {
		text := `{"versionId":"` + version + `","lastUpdated":` + string(stamp) + `}`
		if meta.Exists() {
			from, to := meta.Span()
			edits = append(edits, Edit{from, to, []byte(text)})
		} else {
			missing = append(missing, `"meta":`+text)
		}
	} else {
		inside := ""
		for _, m := range [2]struct {
			name string
			text []byte
		}{{"versionId", quote(version)}, {"lastUpdated", stamp}} {
			if n := meta.Get(m.name); n.Exists() {
				from, to := n.Span()
				edits = append(edits, Edit{from, to, m.text})
			} else {
				inside += `"` + m.name + `":` + string(m.text) + ","
			}
		}
		if inside != "" {
			if meta.Len() == 0 {
				inside = inside[:len(inside)-1]
			}
			from, _ := meta.Span()
			edits = append(edits, Edit{from + 1, from + 1, []byte(inside)})
		}
	}
	if len(missing) > 0 {
		edits = append(edits, newMember(res, after, strings.Join(missing, ",")))
	}
	for i := range edits {
		edits[i].From -= base
		edits[i].To -= base
	}
	return Apply(raw, edits)
}

// newMember inserts members after the value that ends at the index after, or
// first if after is the object's beginning.
func newMember(object Node, after int, member string) Edit {
	from, _ := object.Span()
	switch {
	case after > from+1:
		member = "," + member
	case object.Len() > 0:
		member += ","
	}
	return Edit{after, after, []byte(member)}
}

// WithoutServerMeta is a resource's bytes without meta.versionId and
// meta.lastUpdated, their _versionId and _lastUpdated too; a meta that holds
// nothing else goes as a whole.
func WithoutServerMeta(res Node) []byte {
	meta := res.Get("meta")
	if meta.Kind() != Object {
		return slices.Clone(res.Raw())
	}
	gone := func(name string) bool {
		switch name {
		case "versionId", "lastUpdated", "_versionId", "_lastUpdated":
			return true
		}
		return false
	}
	edits := without(meta, gone)
	if len(edits) == meta.Len() {
		edits = without(res, func(name string) bool { return name == "meta" })
	}
	base, _ := res.Span()
	for i := range edits {
		edits[i].From -= base
		edits[i].To -= base
	}
	return Apply(res.Raw(), edits)
}

// without are the edits that take members out of an object, a comma with each:
// the one before it, or, while nothing before it stays, the one after it.
func without(object Node, gone func(name string) bool) []Edit {
	if object.Kind() != Object {
		return nil
	}
	var edits []Edit
	d, t := object.d, object.d.tape
	end := t[object.i].next
	kept, before := false, int(t[object.i].off)+1 // the end of the member before
	for i := object.i + 1; i < end; i = t[i+1].next {
		from, to := int(t[i].off), int(t[i+1].end)
		next := t[i+1].next
		if !gone((Node{d, i}).Str()) {
			kept, before = true, to
			continue
		}
		switch {
		case kept:
			edits = append(edits, Edit{before, to, nil})
		case next < end:
			edits = append(edits, Edit{from, int(t[next].off), nil})
		default:
			edits = append(edits, Edit{from, to, nil})
		}
		before = to
	}
	return edits
}

// References are the strings of every Reference.reference in a resource,
// contained resources included, in the order of the text. The members called
// reference that R4 has with another meaning are left out: DetectedIssue's,
// Immunization.education's and Expression's, all of type uri. Canonical URLs
// are not among them.
func References(n Node) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.Kind() >= Array {
			eachReference(n.d, n.i, "", yield)
		}
	}
}

// eachReference walks the container at i of the tape, which is the value of
// the member called within.
func eachReference(d *Doc, i uint32, within string, yield func(Node) bool) bool {
	t := d.tape
	self, end := i, t[i].next
	if t[i].kind == Array {
		for i++; i < end; i = t[i].next {
			if t[i].kind >= Array && !eachReference(d, i, within, yield) {
				return false
			}
		}
		return true
	}
	for i++; i < end; i = t[i+1].next {
		k := &t[i]
		switch t[i+1].kind {
		case String:
			if k.end-k.off != 11 || string(d.data[k.off+1:k.end-1]) != "reference" || within == "education" {
				continue
			}
			if n := (Node{d, self}); n.Get("resourceType").Exists() || n.Get("language").Exists() {
				continue
			}
			if !yield(Node{d, i + 1}) {
				return false
			}
		case Array, Object:
			name := ""
			if k.end-k.off == 11 && string(d.data[k.off+1:k.end-1]) == "education" {
				name = "education"
			}
			if !eachReference(d, i+1, name, yield) {
				return false
			}
		}
	}
	return true
}
