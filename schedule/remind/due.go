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
// Rules.For) do no harm. Errors: the gate's; ErrNotFound is nothing due.
//
// One that answers from an index has a method Quick() bool that says so: a sweep
// over everybody then pauses only for whom there is something to do.
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
