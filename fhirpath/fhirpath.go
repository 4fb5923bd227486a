// Package fhirpath compiles and evaluates FHIRPath N1 (http://hl7.org/fhirpath/N1/)
// as FHIR R4 uses it (http://hl7.org/fhir/R4/fhirpath.html), on the tree of
// package fhir. An expression is compiled once into closures and is then safe
// for concurrent use.
//
// Besides N1 it knows what the official R4 test suite asks of later drafts:
// sort, split, join, trim, encode, decode, escape, unescape, matchesFull,
// lowBoundary, highBoundary, precision and comparable.
//
// It knows no network, no clock and no terminology: what an expression needs of
// those comes in by Env. Everything is bounded: see Limits in limits.go.
package fhirpath

import (
	"fmt"
	"sync/atomic"
	"time"

	"wholechart/fhir"
)

// Expr is a compiled expression.
type Expr struct {
	text  string
	root  *node
	run   eval
	plans atomic.Pointer[map[*shape]*plan] // by the type of the input; see Nodes
}

// Compile reads an expression. The error is an *Error with Stage Syntax, or
// Semantic for a function or a type that does not exist.
func Compile(text string) (*Expr, error) {
	root, err := parseExpression(text)
	if err != nil {
		return nil, err
	}
	run, err := compileExpression(root)
	if err != nil {
		return nil, err
	}
	e := &Expr{text: text, root: root, run: run}
	e.plans.Store(&map[*shape]*plan{})
	return e, nil
}

// MustCompile is Compile for expressions that are part of the program.
func MustCompile(text string) *Expr {
	e, err := Compile(text)
	if err != nil {
		panic(fmt.Sprintf("fhirpath: %q: %v", text, err))
	}
	return e
}

// String is the expression as it was written.
func (e *Expr) String() string { return e.text }

// Env is what an evaluation may know of the world. The zero Env knows nothing.
type Env struct {
	// Resource is %resource, the resource that holds the input (not one that is
	// contained in it alone); absent, it is the input.
	Resource Value
	// Root is %rootResource: the container of a contained resource; absent, it is Resource.
	Root Value
	// Vars are further variables by name, without the %.
	Vars map[string]Collection
	// Resolve finds what a reference names, for resolve(). Contained resources
	// (#id) are found without it.
	Resolve func(reference string) (fhir.Node, bool)
	// Now is the clock of now(), today() and timeOfDay(). Absent, they are errors.
	Now time.Time
	// Trace is called by trace(). The collection must not be kept.
	Trace func(name string, values Collection)
	// AsFilters lets as() on several items filter them, as ofType() does, where N1
	// has an error: R4's own invariant dom-3 is written so.
	AsFilters bool
	// MemberOf says whether a code, Coding or CodeableConcept is in a value set.
	// Absent, memberOf() is an error.
	MemberOf func(code Value, valueSet string) (bool, error)
	// ConformsTo says whether a resource conforms to a profile. It is asked for
	// what is no FHIR base type; absent, that is an error.
	ConformsTo func(resource Value, profile string) (bool, error)
}

// Eval evaluates the expression with in as its context. The collection is the
// caller's. The error is an *Error with Stage Execution. env may be nil.
func (e *Expr) Eval(in Value, env *Env) (Collection, error) {
	c := newContext(in, env)
	defer c.done()
	out, err := e.run(c)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, nil
	}
	return append(make(Collection, 0, len(out)), out...), nil
}

// Test evaluates the expression as a criterion (singleton evaluation of
// collections, N1 section 4.5): value is its truth, present is false where the
// result is empty.
func (e *Expr) Test(in Value, env *Env) (value, present bool, err error) {
	c := newContext(in, env)
	defer c.done()
	out, err := e.run(c)
	if err != nil {
		return false, false, err
	}
	t, err := truth(out)
	return t == yes, t != unknown, err
}

// Bool is Test on a resource.
func (e *Expr) Bool(resource fhir.Node, env *Env) (value, present bool, err error) {
	return e.Test(Resource(resource), env)
}
