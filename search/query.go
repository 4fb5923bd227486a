// Package search turns FHIR R4 search (http://hl7.org/fhir/R4/search.html)
// into values: Extract says what can be found of a resource, Parse what was
// asked, and both speak of index rows (path, value) that a store keeps in
// order. The package knows no store, no clock and no access rule.
package search

import (
	"net/url"
	"time"

	"wholechart/fhir"
)

// Path numbers one thing that can be looked for: one expression of one
// resource type, extracted as one kind of value. Search parameters whose
// expressions are unions or type-filtered views of one another share paths.
// Numbers are fixed for one definitions table; see Fingerprint.
type Path uint16

// A Term is one index row of a resource. Value sorts by bytes in the order of
// what it means. A reference to a resource by type and id on the same server
// has Ref set and no Value: the store resolves it and keeps its key.
type Term struct {
	Path  Path
	Value []byte
	Ref   *Ref
}

// Ref is a relative literal reference: Type/ID (a version, if named, is in Version).
type Ref struct{ Type, ID, Version string }

// Extracted is all that the index keeps of one resource.
type Extracted struct {
	Terms   []Term
	Patient *Ref   // the patient whose compartment the resource lives in (by the compartment's first parameter that names one); nil if none
	Refs    []Ref  // every relative literal reference anywhere in the resource, for referential integrity
	About   []Ref  // of a Provenance: its targets, whose one patient it lives with, whatever Patient says; nil of all else
	Labels  uint64 // bits of LabelBit for meta.security labels
}

// Span is a run of one path's values: From <= value < To, further tested by
// Match when that is not nil. Exact says that From is the one value meant (To is nil).
// Target, when set, stands for the key of the resource it names. A span with
// neither bounds nor Target is every row of the path, references too.
type Span struct {
	Path     Path
	From, To []byte
	Exact    bool
	Target   *Ref
	Match    func(value []byte) bool
}

// Cond is one condition on a resource; exactly one member is set.
type Cond struct {
	Spans   []Span               // any of them has a row
	Not     *Cond                // :not, :missing=true as Not{Spans: whole path}
	IDs     []string             // _id
	Updated *Interval            // _lastUpdated
	Chain   *Chain               // subject.name=…
	Has     *Has                 // _has:Observation:patient:code=…
	All     []Cond               // and
	Any     []Cond               // or
	Check   func(fhir.Node) bool // what the index cannot answer, asked of the resource itself; slow, so last
}

// Interval is a span of time, ends included; a zero end is open.
type Interval struct{ From, To time.Time }

// Chain asks that a reference on one of Paths leads to a resource of Type that meets Where.
type Chain struct {
	Paths []Path
	Type  string
	Where []Cond
}

// Has asks that some resource of Type that meets Where refers here on one of Paths.
type Has struct {
	Type  string
	Paths []Path
	Where []Cond
}

// Order is one key of _sort. Exactly one of Paths, Updated and ID is set.
type Order struct {
	Paths   []Path
	Updated bool
	ID      bool
	Desc    bool
}

// Include is one _include or _revinclude: resources of Source refer on Paths to
// Target (any type when empty). Iterate repeats it on what was included.
type Include struct {
	Source, Target string
	Paths          []Path
	All            bool // "*": every reference
	Iterate        bool
}

// Query is one search, understood.
type Query struct {
	Type        string   // resource type; empty for a search over all types
	Types       []string // _type of a system search
	Where       []Cond   // all must hold
	Patient     *Ref     // set when Where pins one patient (patient=, subject=, Patient?_id=): the store then looks at that patient's range only
	Sort        []Order
	Count       int    // page size; 0 with Summary "count"
	After       string // opaque place to go on from (paging link)
	Total       string // none, estimate, accurate
	Summary     string // true, text, data, count, false
	Elements    []string
	Includes    []Include
	RevIncludes []Include
	Understood  url.Values // for the self link: what was used, in canonical form
	Ignored     []string   // names not understood, under Prefer: handling=lenient
}
