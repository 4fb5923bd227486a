package store

import "wholechart/search"

// Result is one page of a search.
type Result struct {
	Matches  []Row
	Included []Row
	Next     string // where the next page begins; empty at the end
	Total    int    // -1 when not asked for or not known
}

// Search finds resources.
func (v *View) Search(scope Scope, q *search.Query) (Result, error) { return Result{}, nil }

// History lists versions, newest first.
func (v *View) History(scope Scope, f HistoryFilter) (rows []Row, next string, err error) {
	return nil, "", nil
}
