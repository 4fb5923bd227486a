package store

import "time"

// HistoryFilter narrows a history. Zero members ask for nothing.
type HistoryFilter struct {
	Type  string
	ID    string    // with Type and a scope of one site: one resource's versions
	Since time.Time // written at or after
	At    time.Time // what was current then or was written later is left out: versions written at or before
	Count int       // page size; 0 is 50
	After string    // place to go on from
}
