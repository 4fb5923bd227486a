package fhirpath

import "fmt"

// Limits of one expression and one evaluation. They are far beyond any
// expression in the FHIR definitions, and stop a hostile one.
const (
	maxLength  = 32 << 10 // bytes of an expression
	maxDepth   = 100      // brackets and arguments inside one another
	maxNodes   = 8 << 10  // terms, operators and calls of an expression
	maxSteps   = 10 << 20 // items looked at
	maxItems   = 1 << 18  // items of a collection
	maxString  = 4 << 20  // bytes of a string that an expression makes
	maxPattern = 2 << 10  // bytes of a regular expression
	maxProgram = 5000     // instructions a regular expression compiles to, about
	maxDigits  = 64       // digits of a decimal
	maxScale   = 64       // absolute exponent of a decimal
)

// Stage says when an expression was found wrong.
type Stage uint8

// The stages of an Error.
const (
	Syntax    Stage = iota // it is not FHIRPath
	Semantic               // it can never mean anything on the type it is for
	Execution              // it has no result for this input
)

func (s Stage) String() string { return [...]string{"syntax", "semantic", "execution"}[s] }

// Error says what is wrong with an expression. It quotes the expression at
// most, never the data.
type Error struct {
	Stage  Stage
	Offset int // byte of the expression
	Reason string
}

func (e *Error) Error() string {
	if e.Stage == Execution && e.Offset == 0 {
		return "FHIRPath execution error: " + e.Reason
	}
	return fmt.Sprintf("FHIRPath %s error at byte %d: %s", e.Stage, e.Offset, e.Reason)
}

func fail(stage Stage, at int, format string, args ...any) *Error {
	return &Error{stage, at, fmt.Sprintf(format, args...)}
}
