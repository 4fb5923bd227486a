package search

import (
	"bytes"
	"fmt"
	"slices"

	"wholechart/fhir"
)

// Bounds of what one resource may put into the index.
const (
	maxTerms = 20000
	maxRefs  = 20000
)

// Extract says what can be found of a resource. Type and id of a Patient are
// its own home; a Patient without an id is at home in Patient/"" until it has one.
// Bundles and Parameters are resources like others: what is inside their entries
// is not looked into, beyond the search parameters they have.
//
// It does not check that the resource is valid: what is not of the type the
// definitions say has no row.
func Extract(res fhir.Node) (Extracted, error) {
	resource := res.ResourceType()
	t := table()
	root, ok := t.tries[resource]
	if !ok {
		return Extracted{}, &Error{Code: "invalid", Text: "not a resource of a type that R4 defines"}
	}
	x := extraction{bytes: make([]byte, 0, 384), out: Extracted{Terms: make([]Term, 0, 16)}}
	x.object(res, root)
	for i := range root.general {
		x.generalPath(res, &root.general[i])
	}
	x.distinct()
	x.out.Labels = LabelBits(res) | KindBits(res)
	switch resource {
	case "Patient":
		x.out.Patient = &Ref{Type: "Patient", ID: res.ID()}
	case "Binary":
		x.out.Patient = guarded(res)
	case "Provenance":
		x.out.Patient = x.home(t.homes[resource])
		x.out.About = targets(res, x.out.Patient)
	default:
		x.out.Patient = x.home(t.homes[resource])
	}
	x.references(res)
	if len(x.out.Terms) > maxTerms || len(x.out.Refs) > maxRefs {
		return Extracted{}, &Error{Code: "too-costly", Text: fmt.Sprintf("the resource would have more than %d index rows", maxTerms)}
	}
	return x.out, nil
}

type extraction struct {
	out   Extracted
	bytes []byte // where values are written; each Term's Value is a piece of it
	refs  []Ref
}

// row adds a row whose value is what has been written since from.
func (x *extraction) row(p Path, from int) {
	x.out.Terms = append(x.out.Terms, Term{Path: p, Value: x.bytes[from:len(x.bytes):len(x.bytes)]})
}

func (x *extraction) object(n fhir.Node, t *trie) {
	for key, val := range n.Members() {
		if branches := t.kids[string(key)]; branches != nil {
			for _, b := range branches {
				x.branch(val, b)
			}
		}
	}
}

func (x *extraction) branch(val fhir.Node, b *branch) {
	at := 0
	for item := range val.Items() {
		at++
		if b.hop.index >= 0 && at-1 != b.hop.index || b.hop.field != "" && !item.Get(b.hop.field).Is(b.hop.value) {
			continue
		}
		for i := range b.leaves {
			if len(x.out.Terms) > maxTerms {
				return
			}
			x.leaf(item, &b.leaves[i])
		}
		if b.next != nil {
			x.object(item, b.next)
		}
	}
}

func (x *extraction) leaf(n fhir.Node, l *leaf) {
	switch l.kind {
	case kindToken:
		x.token(n, l)
	case kindString:
		if s := n.Decoded(); len(s) > 0 {
			x.text(l.path, s)
		}
	case kindReference:
		x.reference(n, l)
	case kindDate:
		x.date(n, l)
	case kindNumber:
		x.number(n, l.path)
	case kindQuantity:
		x.quantity(n, l)
	case kindURI:
		if s := n.Decoded(); len(s) > 0 {
			from := len(x.bytes)
			x.bytes = appendURI(x.bytes, s)
			x.row(l.path, from)
		}
	case kindPlace:
		if n.Kind() == fhir.Object {
			x.row(l.path, len(x.bytes))
		}
	}
}

// distinct drops rows that are there twice.
func (x *extraction) distinct() {
	terms := x.out.Terms
	if len(terms) > 48 {
		seen := make(map[string]bool, len(terms))
		x.out.Terms = slices.DeleteFunc(terms, func(t Term) bool {
			k := string([]byte{byte(t.Path >> 8), byte(t.Path)})
			if t.Ref != nil {
				k += "\x00" + t.Ref.Type + "/" + t.Ref.ID + "/" + t.Ref.Version
			} else {
				k += "\x01" + string(t.Value)
			}
			again := seen[k]
			seen[k] = true
			return again
		})
		return
	}
	kept := terms[:0]
	for _, t := range terms {
		if !slices.ContainsFunc(kept, func(k Term) bool { return same(k, t) }) {
			kept = append(kept, t)
		}
	}
	x.out.Terms = kept
}

func same(a, b Term) bool {
	if a.Path != b.Path || (a.Ref == nil) != (b.Ref == nil) {
		return false
	}
	if a.Ref != nil {
		return *a.Ref == *b.Ref
	}
	return bytes.Equal(a.Value, b.Value)
}

// home is the patient a resource lives with: the one that the best parameter
// with any names. Where that names several different patients the resource is
// in nobody's chart alone, and has no home.
func (x *extraction) home(homes [][]Path) *Ref {
	for _, paths := range homes {
		var found *Ref
		for i := range x.out.Terms {
			r := x.out.Terms[i].Ref
			if r == nil || r.Type != "Patient" || !slices.Contains(paths, x.out.Terms[i].Path) {
				continue
			}
			if found != nil && found.ID != r.ID {
				return nil
			}
			found = r
		}
		if found != nil {
			return &Ref{Type: "Patient", ID: found.ID}
		}
	}
	return nil
}

// guarded is the patient that a Binary names as its security context: it has no
// search parameter, and is at home where its guard is
// (http://hl7.org/fhir/R4/binary-definitions.html#Binary.securityContext).
func guarded(binary fhir.Node) *Ref {
	r, ok := relative(binary.Path("securityContext", "reference").Str())
	if !ok || r.Type != "Patient" {
		return nil
	}
	return &Ref{Type: "Patient", ID: r.ID}
}

// targets are what a Provenance is about, when that is not her Patient alone: it lives
// with the one patient of all its targets, which is for the store to look up, and with
// nobody when they are several's, or one of them is not of this server.
func targets(prov fhir.Node, patient *Ref) []Ref {
	var out []Ref
	alone := patient != nil
	for t := range prov.Get("target").Items() {
		r, ok := relative(t.Get("reference").Str())
		if !ok || !fhir.IsResourceType(r.Type) || len(out) >= maxRefs {
			return []Ref{{}}
		}
		r.Version = ""
		alone = alone && r == *patient
		if len(out) < 24 && slices.Contains(out, r) {
			continue
		}
		out = append(out, r)
	}
	if alone {
		return nil
	}
	return out
}

// references collects every relative literal reference, in contained resources
// and extensions too.
func (x *extraction) references(res fhir.Node) {
	var seen map[Ref]bool
	for s := range fhir.References(res) {
		r, ok := relative(s.Str())
		if !ok || !fhir.IsResourceType(r.Type) {
			continue
		}
		if len(x.out.Refs) < 24 {
			if slices.Contains(x.out.Refs, r) {
				continue
			}
		} else {
			if seen == nil {
				seen = make(map[Ref]bool, 64)
				for _, o := range x.out.Refs {
					seen[o] = true
				}
			}
			if seen[r] {
				continue
			}
			seen[r] = true
		}
		x.out.Refs = append(x.out.Refs, r)
		if len(x.out.Refs) > maxRefs {
			return
		}
	}
}
