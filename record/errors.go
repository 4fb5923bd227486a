package record

import (
	"errors"

	"wholechart/store"
)

// What the store says, in words that the floors above may use without knowing
// the store.
var (
	ErrNotFound  = store.ErrNotFound  // never was, or is not for this actor: the two look the same
	ErrBadCursor = store.ErrBadCursor // a paging link was not one of ours, or of another question
	ErrUnnoted   = errors.New("the audit log cannot be written: nothing is shown or changed")
	ErrMoved     = errMoved // what a condition found kept changing under other writers: try again
)

// Errors with more to say than that they happened.
type (
	TooCostly       = store.ErrTooCostly      // the search would look at more rows than one request may
	Gone            = store.ErrGone           // it was deleted
	VersionConflict = store.ErrVersion        // IfMatch named another version than the current
	BrokenReference = store.ErrReference      // a reference leads nowhere
	PatientChanged  = store.ErrPatientChanged // a resource's patient is fixed at its creation
	StoreLimit      = store.ErrLimit          // a bound of the store itself was reached
)

// Change is one entry of the log of changes: the bus that decision, identity,
// exchange and reminders read, each with its own cursor.
type Change = store.Change

// Seq is a place in the log of changes.
type Seq = store.Seq
