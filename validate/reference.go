package validate

import (
	"bytes"
	"slices"
	"strings"

	"wholechart/fhir"
)

// fragment notes a "#id" that names a contained resource.
func (w *walk) fragment(p primitive, f *field, text []byte) {
	if text[0] != '#' || p != pURI && p != pURL && p != pCanonical && f.el.Name != "reference" {
		return
	}
	if len(text) == 1 {
		w.root.upwards = true
	} else {
		w.refersTo(string(text[1:]))
	}
}

func (w *walk) refersTo(id string) {
	if w.root.fragments == nil {
		w.root.fragments = map[string]bool{}
	}
	w.root.fragments[id] = true
}

// containedByID finds a contained resource of the root.
func (w *walk) containedByID(id string) fhir.Node {
	if w.root.ids == nil {
		w.root.ids = map[string]fhir.Node{}
		for c := range w.root.node.Get("contained").Items() {
			w.root.ids[c.ID()] = c
		}
	}
	return w.root.ids[id]
}

// literalType is the type that a literal reference names, or "": of Type/id,
// relative or at the end of a URL, with or without a version.
func literalType(reference string) string {
	if strings.HasPrefix(reference, "http://") || strings.HasPrefix(reference, "https://") {
		rest, _, _ := strings.Cut(reference, "/_history/")
		parts := strings.Split(rest, "/")
		if n := len(parts); n > 4 && fhir.IsResourceType(parts[n-2]) && fhir.IsID(parts[n-1]) {
			return parts[n-2]
		}
		return ""
	}
	typ, _, _, _ := fhir.Relative(reference)
	return typ
}

// reference checks Reference.reference and .type: ref-1 and the forms of
// references.html#literal.
func (w *walk) reference(ref, typ fhir.Node) {
	if ref.Kind() != fhir.String || len(ref.Decoded()) == 0 {
		return
	}
	text := ref.Decoded()
	switch {
	case text[0] == '#':
		if len(text) == 1 && !w.root.contained {
			return // of itself: pointless, but no rule is against it
		}
		if len(text) > 1 && !w.containedByID(string(text[1:])).Exists() {
			w.issue("invariant", "SHALL have a contained resource if a local reference is provided (ref-1)")
		}
		return
	case bytes.ContainsAny(text, " \t\r\n"):
		w.issueAt("reference", "value", "a reference has no white space")
		return
	case hasScheme(text):
	default:
		if _, _, _, ok := fhir.Relative(string(text)); !ok && !w.isConditional(text) {
			w.issueAt("reference", "value", "a relative reference is Type/id")
			return
		}
	}
	if typ.Kind() == fhir.String {
		if t := literalType(string(text)); t != "" && fhir.IsResourceType(typ.Str()) && t != typ.Str() {
			w.issueAt("type", "value", "type and reference name different types")
		}
	}
}

func (w *walk) isConditional(text []byte) bool {
	typ, _, ok := bytes.Cut(text, []byte("?"))
	return ok && w.conditional && fhir.IsResourceType(string(typ))
}

// hasScheme tests RFC 3986 section 3.1.
func hasScheme(b []byte) bool {
	for i, c := range b {
		switch {
		case c == ':':
			return i > 0
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return false
}

// target checks that a reference leads to a type its element allows, where
// the type can be seen: in a literal, a contained resource or Reference.type.
func (w *walk) target(f *field, v fhir.Node) {
	ref := v.Get("reference").Str()
	typ := ""
	if strings.HasPrefix(ref, "#") && len(ref) > 1 {
		typ = w.containedByID(ref[1:]).ResourceType()
	} else if ref != "" {
		typ = literalType(ref)
	}
	if typ == "" {
		typ = v.Get("type").Str()
	}
	if fhir.IsResourceType(typ) && !slices.ContainsFunc(f.typ.Targets, func(t string) bool { return fhir.SubtypeOf(typ, t) }) {
		w.issue("structure", "a reference to "+typ+" is not allowed here, only to "+strings.Join(f.typ.Targets, ", "))
	}
}

// contained walks a contained resource (references.html#contained).
func (w *walk) contained(v fhir.Node, p *plan) {
	if w.root.contained {
		w.issue("invariant", "If the resource is contained in another resource, it SHALL NOT contain nested Resources (dom-2)")
		return
	}
	id := v.Get("id").Str()
	if id == "" {
		w.issueAt("id", "required", "a contained resource has an id")
	}
	meta := v.Get("meta")
	if meta.Get("versionId").Exists() || meta.Get("lastUpdated").Exists() {
		w.issue("invariant", "If a resource is contained in another resource, it SHALL NOT have a meta.versionId or a meta.lastUpdated (dom-4)")
	}
	if meta.Get("security").Exists() {
		w.issue("invariant", "If a resource is contained in another resource, it SHALL NOT have a security label (dom-5)")
	}
	w.root.contained, w.root.upwards = true, false
	w.object(v, p, true)
	if w.root.upwards {
		w.refersTo(id)
	}
	w.root.contained = false
}

// containedRules is dom-3: every contained resource is referred to, or refers
// to its container. Ids are unique among them.
func (w *walk) containedRules(n fhir.Node) {
	list := n.Get("contained")
	if list.Kind() != fhir.Array {
		return
	}
	at, ids := int32(0), map[string]bool{}
	for c := range list.Items() {
		id := c.Get("id").Str()
		w.frames = append(w.frames, frame{name: "contained", at: at})
		if id != "" && !w.root.fragments[id] {
			w.issue("invariant", "If the resource is contained in another resource, it SHALL be referred to from elsewhere in the resource or SHALL refer to the containing resource (dom-3)")
		}
		if id != "" && ids[id] {
			w.issueAt("id", "duplicate", "two contained resources have this id")
		}
		ids[id] = true
		w.pop()
		at++
	}
}

// boundCode checks a code under a required binding.
func (w *walk) boundCode(f *field, code []byte) {
	ok, known := f.codes.has(code)
	if !known && w.opt.Code != nil {
		ok, known = w.opt.Code(f.bound, "", string(code))
	}
	if known && !ok {
		w.issue("code-invalid", "the code is not in the required value set "+f.bound)
	}
}

// boundConcept checks a CodeableConcept or Coding under a required binding: one
// coding is in the value set.
func (w *walk) boundConcept(f *field, v fhir.Node) {
	codings := v
	if f.typ.Name == "CodeableConcept" {
		codings = v.Get("coding")
	} else if f.typ.Name != "Coding" {
		return
	}
	for c := range codings.Items() {
		system, code := c.Get("system"), c.Get("code")
		ok, known := f.codes.hasCoding(system.Decoded(), code.Decoded())
		if !known && w.opt.Code != nil {
			ok, known = w.opt.Code(f.bound, system.Str(), code.Str())
		}
		if ok || !known {
			return
		}
	}
	if f.codes.load(); f.codes.complete {
		w.issue("code-invalid", "no code is of the required value set "+f.bound)
	}
}
