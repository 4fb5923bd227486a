// Package validate says whether a resource is what FHIR R4 says it must be:
// elements, JSON kinds, cardinalities, primitive formats, choices, contained
// resources, references, narrative, required bindings to code systems that R4
// lists itself, and invariants (http://hl7.org/fhir/R4/validation.html).
//
// It knows no profile, no terminology server and no other resource: whether a
// reference leads anywhere and whether a LOINC code exists is asked elsewhere.
package validate

import (
	"strconv"
	"sync"

	"wholechart/fhir"
)

// Severity is an OperationOutcome issue severity.
type Severity string

// The severities Resource gives. An error means that the resource is refused.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Issue is one finding. Code is a FHIR issue type, Path a FHIRPath from the
// resource ("Observation.component[0].code"; a choice is
// "Observation.value.ofType(Quantity)"). Text holds nothing of the resource's
// values, so that it may be logged.
type Issue struct {
	Severity   Severity
	Code, Path string
	Text       string
}

// Options say how to look. The zero value is the one for writes: errors only.
type Options struct {
	// Warnings adds what should be otherwise but need not: best practice and
	// invariants of severity warning.
	Warnings bool
	// Conditional lets references be searches ("Patient?identifier=…"), as in a
	// transaction. In a Bundle of type transaction or batch they always may be.
	Conditional bool
	// Max bounds the issues; 0 is 100.
	Max int
	// Code, if given, is asked about codes under required bindings that R4 does
	// not list in full: known says whether the value set is known, ok whether the
	// code is in it.
	Code func(valueSet, system, code string) (ok, known bool)
}

// Resource checks a resource, contained resources and a Bundle's entries
// included. Without issues it is valid. The order is that of the text, except
// that what is missing follows what is there.
func Resource(n fhir.Node, opt Options) []Issue {
	if opt.Max == 0 {
		opt.Max = 100
	}
	w := walks.Get().(*walk)
	defer func() {
		*w = walk{levels: w.levels, frames: w.frames[:0]}
		walks.Put(w)
	}()
	w.opt, w.plans, w.conditional = opt, plans(), opt.Conditional
	typ := n.Get("resourceType")
	if n.Kind() != fhir.Object {
		w.issue("structure", "a resource is a JSON object")
		return w.issues
	}
	p := w.resourcePlan(typ)
	if p == nil {
		return w.issues
	}
	w.frames = append(w.frames, frame{name: p.def.Name, at: -1})
	w.resource(n, p)
	return w.issues
}

// HasErrors says whether an issue is an error.
func HasErrors(issues []Issue) bool {
	for _, i := range issues {
		if i.Severity == Error {
			return true
		}
	}
	return false
}

// frame is one step of the path to where the walk is.
type frame struct {
	name string // element name or resource type
	typ  string // of a choice
	at   int32  // place in an array, or -1
}

// walk is one validation under way.
type walk struct {
	opt         Options
	plans       *planTable
	issues      []Issue
	frames      []frame
	levels      []*seen // to be used again, by depth
	depth       int
	root        root
	conditional bool
}

var walks = sync.Pool{New: func() any { return new(walk) }}

// root is what is known of the resource that contains and is not contained.
type root struct {
	node      fhir.Node
	fragments map[string]bool      // ids that "#id" strings name
	ids       map[string]fhir.Node // contained resources by id, once asked for
	upwards   bool                 // the contained resource under way says "#"
	contained bool                 // the walk is inside a contained resource
}

func (w *walk) path(last string) string {
	var b []byte
	for i, f := range w.frames {
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, f.name...)
		if f.at >= 0 {
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(f.at), 10)
			b = append(b, ']')
		}
		if f.typ != "" {
			b = append(b, ".ofType("...)
			b = append(b, f.typ...)
			b = append(b, ')')
		}
	}
	if last != "" {
		if len(b) > 0 {
			b = append(b, '.')
		}
		b = append(b, last...)
	}
	return string(b)
}

func (w *walk) issue(code, text string) { w.issueAt("", code, text) }

// issueAt notes an error at a member of where the walk is.
func (w *walk) issueAt(member, code, text string) {
	if !w.full() {
		w.note(Issue{Error, code, w.path(member), text})
	}
}

func (w *walk) warn(code, text string) {
	if w.opt.Warnings {
		w.note(Issue{Warning, code, w.path(""), text})
	}
}

func (w *walk) note(i Issue) {
	if len(w.issues) < w.opt.Max {
		w.issues = append(w.issues, i)
	}
}

func (w *walk) full() bool { return len(w.issues) >= w.opt.Max }
