package decision

import (
	"slices"
	"sync/atomic"

	"wholechart/decision/medicine"
	"wholechart/decision/substance"
)

// Body is one body of knowledge that a node loaded itself: who it is from, how old,
// under which licence.
type Body struct {
	Name    string `json:"name"`    // "RxNorm", "Acme interactions"
	Kind    string `json:"kind"`    // "rxnorm", "ndc" or "interactions"
	Version string `json:"version"` // as its publisher calls it
	Date    string `json:"date"`    // ISO, of the publisher
	Licence string `json:"licence"` // in the words of who loaded it
	What    string `json:"what"`    // how much: "161 interactions"
	Loaded  string `json:"loaded"`  // RFC 3339, when it was loaded
	SHA256  string `json:"sha256"`  // of the files that it was read from, one after another
	Problem string `json:"-"`       // why it could not be loaded now; "" it is in use
}

// Owned is all that a node loaded itself.
type Owned struct {
	Bodies       []Body
	Interactions []medicine.Interaction
	Substances   []*substance.More
}

var bodies atomic.Pointer[[]Body]

// Use puts a node's own knowledge beside this program's, in place of what it had
// before. A body with a Problem is not in use: every check of a medicine says so.
func Use(o Owned) {
	substance.Use(o.Substances...)
	var lacking []string
	for _, b := range o.Bodies {
		if b.Problem != "" {
			lacking = append(lacking, b.Name)
		}
	}
	medicine.Use(o.Interactions, lacking)
	list := slices.Clone(o.Bodies)
	bodies.Store(&list)
}

// Bodies are what a node loaded itself, for the page that lists it.
func Bodies() []Body {
	if p := bodies.Load(); p != nil {
		return slices.Clone(*p)
	}
	return nil
}
