package search

import (
	"slices"
	"strings"
	"sync"

	"wholechart/fhir"
)

// A resource is walked once, by a tree of the member names that any path of its
// type goes through.

// hop is one member on the way to a value.
type hop struct {
	key          string
	index        int    // only this item, -1 is all
	field, value string // only items whose field is value
}

type trie struct {
	kids    map[string][]*branch
	general []generalPath // at the root: what needs package fhirpath
}

type branch struct {
	hop    hop
	leaves []leaf
	next   *trie
}

// leaf says that a value here is a row.
type leaf struct {
	path  Path
	kind  kind
	typ   leafType
	codes *codeSystems
}

func (t *trie) put(hops []hop, l leaf) {
	for i, h := range hops {
		var b *branch
		for _, k := range t.kids[h.key] {
			if k.hop == h {
				b = k
			}
		}
		if b == nil {
			b = &branch{hop: h}
			if t.kids == nil {
				t.kids = map[string][]*branch{}
			}
			t.kids[h.key] = append(t.kids[h.key], b)
		}
		if i == len(hops)-1 {
			if !slices.Contains(b.leaves, l) {
				b.leaves = append(b.leaves, l)
			}
			return
		}
		if b.next == nil {
			b.next = &trie{}
		}
		t = b.next
	}
}

// end is where a walk arrives: a way through the JSON and the type there.
type end struct {
	hops    []hop
	typ     string
	element *fhir.ElementDef
	single  bool
	suffix  string // see parts
	choice  bool   // the type is still to be chosen; the last hop has no type yet
}

// walks follows steps from a type by the definitions. What the definitions do
// not know leads nowhere.
func walks(from string, steps []step) []end {
	ends := []end{{typ: from, single: true}}
	for _, s := range steps {
		var out []end
		switch s.op {
		case opName:
			for _, e := range chosen(ends) {
				el := fhir.LookupType(e.typ).ElementNamed(s.arg)
				if el == nil {
					continue
				}
				n := end{hops: append(slices.Clone(e.hops), hop{key: s.arg, index: -1}), typ: el.Types[0].Name, element: el,
					single: e.single && el.Max == 1, choice: el.Choice}
				out = append(out, n)
			}
		case opType:
			for _, e := range chosen(ends) {
				if e.typ == s.arg {
					out = append(out, e)
				}
			}
		case opWhere, opIndex:
			for _, e := range chosen(ends) {
				if len(e.hops) == 0 {
					continue
				}
				e.hops = slices.Clone(e.hops)
				last := &e.hops[len(e.hops)-1]
				if s.op == opIndex {
					last.index = s.at
				} else {
					last.field, last.value = s.arg, s.value
				}
				out = append(out, e)
			}
		default:
			out = chosen(ends)
		}
		ends = out
	}
	return chosen(ends)
}

// chosen replaces each choice by its types.
func chosen(ends []end) (out []end) {
	for _, e := range ends {
		if !e.choice {
			out = append(out, e)
			continue
		}
		for _, t := range e.element.Types {
			n := e
			n.choice, n.typ = false, t.Name
			n.hops = slices.Clone(e.hops)
			n.hops[len(n.hops)-1].key += strings.ToUpper(t.Name[:1]) + t.Name[1:]
			out = append(out, n)
		}
	}
	return out
}

type leafType uint8

const (
	leafCoding leafType = iota + 1
	leafConcept
	leafIdentifier
	leafContact
	leafCode
	leafBool
	leafText // string, markdown, id, uri: the text itself
	leafReference
	leafCanonical
	leafResource
	leafMoment // date, dateTime, instant
	leafPeriod
	leafTiming
	leafDecimal
	leafQuantity
	leafMoney
	leafRange
	leafSampled
	leafPosition
)

var leafTypes = map[string]leafType{
	"Coding": leafCoding, "CodeableConcept": leafConcept, "Identifier": leafIdentifier, "ContactPoint": leafContact,
	"code": leafCode, "boolean": leafBool, "string": leafText, "markdown": leafText, "id": leafText,
	"uri": leafCanonical, "url": leafCanonical, "oid": leafCanonical, "uuid": leafCanonical, "canonical": leafCanonical,
	"Reference": leafReference, "Resource": leafResource,
	"date": leafMoment, "dateTime": leafMoment, "instant": leafMoment, "Period": leafPeriod, "Timing": leafTiming,
	"decimal": leafDecimal, "integer": leafDecimal, "positiveInt": leafDecimal, "unsignedInt": leafDecimal,
	"Quantity": leafQuantity, "Age": leafQuantity, "Duration": leafQuantity, "Count": leafQuantity, "Distance": leafQuantity,
	"Money": leafMoney, "Range": leafRange, "SampledData": leafSampled, "Location.position": leafPosition,
}

// indexed are the types that a kind has rows of.
var indexed = map[kind][]leafType{
	kindToken:     {leafCoding, leafConcept, leafIdentifier, leafContact, leafCode, leafBool, leafText, leafCanonical},
	kindString:    {leafText, leafCanonical, leafCode},
	kindReference: {leafReference, leafCanonical, leafResource},
	kindDate:      {leafMoment, leafPeriod, leafTiming},
	kindNumber:    {leafDecimal},
	kindQuantity:  {leafQuantity, leafMoney, leafRange, leafSampled},
	kindURI:       {leafCanonical, leafText},
	kindPlace:     {leafPosition},
}

// parts are the ends that have rows of a kind. Names and addresses are indexed
// by their parts, so that `name` and `family` share rows.
func (e end) parts(k kind) (out []end) {
	if k == kindString && (e.typ == "HumanName" || e.typ == "Address") {
		names := []string{"family", "given", "prefix", "suffix", "text"}
		if e.typ == "Address" {
			names = []string{"line", "city", "district", "state", "postalCode", "country", "text"}
		}
		for _, name := range names {
			el := fhir.LookupType(e.typ).ElementNamed(name)
			out = append(out, end{hops: append(slices.Clone(e.hops), hop{key: name, index: -1}), typ: "string", element: el,
				single: e.single && el.Max == 1, suffix: "." + name})
		}
		return out
	}
	if slices.Contains(indexed[k], leafTypes[e.typ]) {
		return []end{e}
	}
	return nil
}

// codeSystems finds the implicit system of a code: the one its value set takes it from.
type codeSystems struct {
	valueSet string
	once     sync.Once
	of       map[string]system
}

var (
	boundMu sync.Mutex
	bound   = map[string]*codeSystems{}
)

func codesOf(el *fhir.ElementDef, typ string) *codeSystems {
	if typ != "code" || el == nil || el.Binding == nil {
		return nil
	}
	boundMu.Lock()
	defer boundMu.Unlock()
	c := bound[el.Binding.ValueSet]
	if c == nil {
		c = &codeSystems{valueSet: el.Binding.ValueSet}
		bound[el.Binding.ValueSet] = c
	}
	return c
}

func (c *codeSystems) system(code []byte) system {
	if c == nil {
		return noSystem
	}
	c.once.Do(func() {
		codes, _ := fhir.ValueSetCodes(c.valueSet)
		first := make(map[string]string, len(codes)/2)
		for both := range codes {
			i := strings.LastIndexByte(both, '|')
			if i <= 0 {
				continue
			}
			if s, ok := first[both[i+1:]]; !ok || both[:i] < s {
				first[both[i+1:]] = both[:i]
			}
		}
		c.of = make(map[string]system, len(first))
		for code, uri := range first {
			c.of[code] = systemOf(uri)
		}
	})
	return c.of[string(code)]
}
