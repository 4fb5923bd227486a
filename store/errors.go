package store

import (
	"errors"
	"fmt"
	"time"
)

// ErrNotFound says that there is no such thing, and never was.
var ErrNotFound = errors.New("not found")

// ErrClosed says that the store has been closed.
var ErrClosed = errors.New("the store is closed")

// ErrBadCursor says that a paging place was not one that this store gave out
// for the same question.
var ErrBadCursor = errors.New("this paging link cannot be followed")

// ErrGone says that a resource was deleted, by which version and when.
type ErrGone struct {
	Version int
	Updated time.Time
}

func (e *ErrGone) Error() string { return "the resource was deleted" }

// ErrVersion says that the current version is another than the one expected:
// Have is 0 when there is none or it is deleted.
type ErrVersion struct{ Have int }

func (e *ErrVersion) Error() string {
	if e.Have == 0 {
		return "the resource does not exist"
	}
	return fmt.Sprintf("the current version is %d", e.Have)
}

// ErrReference says that a resource refers to one that is not in the site. It
// is found at the end of a closure, so that resources of one transaction may
// refer to each other in any order.
type ErrReference struct {
	Type, ID string
}

func (e *ErrReference) Error() string { return "a reference leads to no resource: " + e.Type }

// ErrPatientChanged says that a new version would move a resource into another
// patient's record. Write it anew there and mark this one entered in error.
type ErrPatientChanged struct{ Type string }

func (e *ErrPatientChanged) Error() string {
	return "a " + e.Type + " cannot move to another patient's record"
}

// ErrTooCostly says that a question would look at more rows than allowed.
type ErrTooCostly struct{ Limit int }

func (e *ErrTooCostly) Error() string {
	return fmt.Sprintf("the search would look at more than %d rows; narrow it", e.Limit)
}

// ErrLimit says that a bound of the store itself was reached.
type ErrLimit struct{ What string }

func (e *ErrLimit) Error() string { return "limit of the store reached: " + e.What }
