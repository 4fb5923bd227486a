package remind

import (
	"context"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/record"
)

// Due says what is due of a patient of the session's site: what was done,
// declined, booked or ordered is not. Items without a rule that recalls (see
// Rules.For) do no harm. Errors: the gate's; ErrNotFound is nothing due. What does
// not know opens the record, as ByChart does: nothing due takes back recalls.
//
// It is asked of everybody in turn, one after another, within Config.Days; one that
// answers from an index may be asked of everybody each day (Days: 1).
type Due interface {
	Of(ctx context.Context, s record.Session, patient string, now time.Time) ([]DueItem, error)
}

// ByChart is Due of a function of the whole record, which is opened for each
// asking: right, and slow.
type ByChart func(c *chart.Chart, now time.Time) []DueItem

// Of opens the whole record.
func (f ByChart) Of(ctx context.Context, s record.Session, patient string, now time.Time) ([]DueItem, error) {
	c, err := chart.Open(ctx, s.Through(access.EHR), patient, now)
	if err != nil {
		return nil, err
	}
	return f(c, now), nil
}
