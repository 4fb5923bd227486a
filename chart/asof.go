package chart

import (
	"context"
	"time"

	"wholechart/record"
)

// AsOf assembles a patient's chart as it was at a past moment: the versions that
// were current then, read with that moment as its clock. It is of the session's
// own site alone. Errors are those of record.Session.FactsAt.
func AsOf(ctx context.Context, s record.Session, patientID string, at time.Time) (*Chart, error) {
	found, err := s.FactsAt(ctx, patientID, at)
	if err != nil {
		return nil, err
	}
	facts := make([]Fact, 0, len(found.List))
	src := sourceOf(s.Site(), s.Site())
	for i := range found.List {
		f := &found.List[i]
		facts = append(facts, Fact{f.Node, f.Type, f.ID, f.Version, f.Updated, f.Author, src})
	}
	c := Assemble(patientID, facts, at, s.Site().Location())
	c.complete(s, nil, nil)
	return c, nil
}
