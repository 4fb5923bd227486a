package search

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"wholechart/fhir"
	"wholechart/fhirpath"
)

// kind is how the values of a path are encoded; it follows the type of the
// search parameter.
type kind uint8

const (
	kindToken kind = iota + 1
	kindString
	kindReference
	kindDate
	kindNumber
	kindQuantity
	kindURI
	kindPlace // near: only that there is one
)

var kinds = map[string]kind{"token": kindToken, "string": kindString, "reference": kindReference, "date": kindDate,
	"number": kindNumber, "quantity": kindQuantity, "uri": kindURI, "special": kindPlace}

// encodings is part of Fingerprint: raise it when the bytes of a row change, or
// the bits of Extracted.Labels.
const encodings = 3

// pathInfo is what one Path means.
type pathInfo struct {
	resource string
	text     string // normal form of the expression, without the resource type
	kind     kind
	types    []string // FHIR types of the values, sorted
	single   bool     // at most one value: no element on the way repeats
	general  bool     // text is left to package fhirpath
}

func (p *pathInfo) has(typ ...string) bool {
	for _, t := range typ {
		if slices.Contains(p.types, t) {
			return true
		}
	}
	return false
}

// pathRef is a path as one parameter sees it.
type pathRef struct {
	path    Path
	target  string  // only references to this type: where(resolve() is Patient)
	contact *system // only contact points of this system: where(system='phone')
}

// param is one search parameter of one resource type.
type param struct {
	def   *fhir.SearchParam
	kind  kind // 0: composite, or cannot be asked
	paths []pathRef
	parts []part // of a composite
}

type pathTable struct {
	infos  []pathInfo // by Path; 0 is not used
	params map[string]map[string]*param
	tries  map[string]*trie
	homes  map[string][][]Path // paths that may name the patient a resource lives with, best first
	print  string
}

var table = sync.OnceValue(buildTable)

// Fingerprint stands for the meaning of all Path numbers and of the bytes of
// rows: an index written under another one must be made anew.
func Fingerprint() string { return table().print }

// PathsOf are the paths of a parameter, for includes and compartments; nil if
// the type has no such parameter or it has no rows of its own.
func PathsOf(resourceType, code string) []Path {
	p := table().params[resourceType][code]
	if p == nil || len(p.paths) == 0 {
		return nil
	}
	return pathsOf(p.paths)
}

func pathsOf(refs []pathRef) []Path {
	out := make([]Path, 0, len(refs))
	for _, r := range refs {
		if !slices.Contains(out, r.path) {
			out = append(out, r.path)
		}
	}
	return out
}

// unsupported are parameters that R4 defines and this package refuses: they
// need full text or a stored query. The capability statement must leave them out.
var unsupported = map[string]string{"_text": "there is no full-text index", "_content": "there is no full-text index",
	"_query": "there are no named queries"}

// columns are answered by the store's own columns.
var columns = map[string]bool{"_id": true, "_lastUpdated": true}

// Params are the search parameters of a resource type that Parse answers, in
// the order of their codes.
func Params(resourceType string) []*fhir.SearchParam {
	var out []*fhir.SearchParam
	for code, p := range table().params[resourceType] {
		if p.kind != 0 || columns[code] || len(p.parts) > 0 {
			out = append(out, p.def)
		}
	}
	slices.SortFunc(out, func(a, b *fhir.SearchParam) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// Includes are the values that _include takes for a resource type, as the
// capability statement lists them.
func Includes(resourceType string) []string {
	var out []string
	for _, def := range Params(resourceType) {
		if p := table().params[resourceType][def.Code]; p.kind == kindReference && len(followed(p.paths)) > 0 {
			out = append(out, resourceType+":"+def.Code)
		}
	}
	return out
}

// RevIncludes are the values that _revinclude takes for a resource type.
func RevIncludes(resourceType string) []string {
	var out []string
	for _, from := range fhir.ResourceTypes() {
		for _, include := range Includes(from) {
			code := include[len(from)+1:]
			if slices.Contains(table().params[from][code].targets(), resourceType) {
				out = append(out, include)
			}
		}
	}
	return out
}

type builder struct {
	t     *pathTable
	paths map[string]Path
}

func buildTable() *pathTable {
	b := builder{&pathTable{infos: make([]pathInfo, 1, 2600), params: map[string]map[string]*param{}, tries: map[string]*trie{},
		homes: map[string][][]Path{}}, map[string]Path{}}
	for _, resource := range fhir.ResourceTypes() {
		params := map[string]*param{}
		defs := slices.Clone(fhir.SearchParams(resource))
		slices.SortFunc(defs, func(a, c *fhir.SearchParam) int { return strings.Compare(a.Code, c.Code) })
		b.t.tries[resource] = &trie{}
		for _, def := range defs {
			p := &param{def: def}
			params[def.Code] = p
			if columns[def.Code] || unsupported[def.Code] != "" || def.Type == "composite" {
				continue
			}
			p.kind = kinds[def.Type]
			for _, sub := range union(def.Expression) {
				b.add(resource, p, sub)
			}
		}
		b.t.params[resource] = params
	}
	for _, resource := range fhir.ResourceTypes() {
		params := b.t.params[resource]
		for _, code := range slices.Sorted(maps.Keys(params)) {
			if p := params[code]; p.def.Type == "composite" {
				p.parts = partsOf(b.t, resource, p.def)
			}
		}
		b.t.homes[resource] = homesOf(b.t, resource)
	}
	h := sha256.New()
	fmt.Fprintln(h, encodings)
	for _, i := range b.t.infos {
		fmt.Fprintln(h, i.resource, i.text, i.kind, i.types)
	}
	b.t.print = hex.EncodeToString(h.Sum(nil)[:12])
	return b.t
}

// relativeSteps are the steps below the resource, or ok false if the expression
// is about another type.
func relativeSteps(resource string, steps []step) (rest []step, ok bool) {
	switch first := steps[0].arg; {
	case first == resource || first == "Resource" || first == "DomainResource" || first == "%resource":
		return steps[1:], true
	case first[0] >= 'a' && first[0] <= 'z':
		return steps, true
	}
	return nil, false
}

func (b *builder) add(resource string, p *param, sub string) {
	steps, err := walkOf(sub)
	if err != nil {
		if strings.HasPrefix(sub, resource+".") {
			b.general(resource, p, sub)
		}
		return
	}
	steps, ok := relativeSteps(resource, steps)
	if !ok {
		return
	}
	ref := pathRef{}
	if n := len(steps); n > 0 && steps[n-1].op == opResolves {
		ref.target, steps = steps[n-1].arg, steps[:n-1]
	}
	if n := len(steps); n > 0 && steps[n-1].op == opWhere && steps[n-1].arg == "system" && p.kind == kindToken {
		if ends := walks(resource, steps[:n-1]); len(ends) == 1 && ends[0].typ == "ContactPoint" {
			s := systemOf(steps[n-1].value)
			ref.contact, steps = &s, steps[:n-1]
		}
	}
	for _, end := range walks(resource, steps) {
		for _, e := range end.parts(p.kind) {
			ref.path = b.path(resource, textOf(steps)+e.suffix, p.kind, e)
			if !slices.Contains(p.paths, ref) {
				p.paths = append(p.paths, ref)
			}
		}
	}
}

// path is the number of a path, new or shared, and puts the walk to it in the trie.
func (b *builder) path(resource, text string, k kind, e end) Path {
	key := resource + "." + text + "#" + strconv.Itoa(int(k))
	n, ok := b.paths[key]
	if !ok {
		n = Path(len(b.t.infos))
		b.paths[key] = n
		b.t.infos = append(b.t.infos, pathInfo{resource: resource, text: text, kind: k, single: true})
	}
	info := &b.t.infos[n]
	if !slices.Contains(info.types, e.typ) {
		info.types = append(info.types, e.typ)
		slices.Sort(info.types)
	}
	info.single = info.single && e.single
	b.t.tries[resource].put(e.hops, leaf{path: n, kind: k, typ: leafTypes[e.typ], codes: codesOf(e.element, e.typ)})
	return n
}

func (b *builder) general(resource string, p *param, sub string) {
	key := resource + "(" + sub + ")#" + strconv.Itoa(int(p.kind))
	n, ok := b.paths[key]
	if !ok {
		n = Path(len(b.t.infos))
		b.paths[key] = n
		b.t.infos = append(b.t.infos, pathInfo{resource: resource, text: sub, kind: p.kind, general: true})
		t := b.t.tries[resource]
		t.general = append(t.general, generalPath{n, p.kind, fhirpath.MustCompile(sub)})
	}
	p.paths = append(p.paths, pathRef{path: n})
}

// homesOf are the parameters that may say with which patient a resource lives:
// those of the Patient compartment
// (http://hl7.org/fhir/R4/compartmentdefinition-patient.html), whom it is about
// before who took part.
func homesOf(t *pathTable, resource string) (out [][]Path) {
	if resource == "Patient" {
		return nil
	}
	codes := slices.Clone(fhir.CompartmentParams("Patient", resource))
	if resource == "Device" { // R4's compartment has none (later versions' has): an implant is a fact of care, and no entry of the directory
		codes = append(codes, "patient")
	}
	rank := map[string]int{"patient": -4, "subject": -3, "beneficiary": -2, "individual": -1}
	slices.SortStableFunc(codes, func(a, b string) int { return rank[a] - rank[b] })
	for _, code := range codes {
		p := t.params[resource][code]
		if p == nil || p.kind != kindReference {
			continue
		}
		paths := pathsOf(p.paths)
		if len(paths) > 0 && !slices.ContainsFunc(out, func(o []Path) bool { return slices.Equal(o, paths) }) {
			out = append(out, paths)
		}
	}
	return out
}
