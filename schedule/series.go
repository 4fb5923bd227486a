package schedule

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// MaxSeries bounds the appointments of one series.
const MaxSeries = 52

// Repeat says when a series happens: Count times, Days apart, at the same time
// of day as the site's clocks show it.
type Repeat struct{ Days, Count int }

// Starts are when the appointments of a series begin.
func (r Repeat) Starts(first time.Time, zone *time.Location) ([]time.Time, error) {
	if r.Count < 1 || r.Count > MaxSeries {
		return nil, &Wrong{"times", fmt.Sprintf("A series has 1 to %d appointments.", MaxSeries)}
	}
	if r.Days < 1 || r.Days > 366 {
		return nil, &Wrong{"every", "Appointments of a series are 1 to 366 days apart."}
	}
	out := make([]time.Time, r.Count)
	for i := range out {
		out[i] = AddDays(first, i*r.Days, zone)
	}
	return out, nil
}

// Made is one appointment of a series, or why it could not be booked.
type Made struct {
	Start time.Time
	Appointment
	Err error // *Taken or *Closed; nil: booked
}

// BookSeries books each appointment of a series by itself. What is taken or
// closed is not booked and is told, with the next that is free, so that a person
// decides; any other error stops, and what was booked until then stays and is
// told too.
func (d Desk) BookSeries(ctx context.Context, b Booking, r Repeat) ([]Made, error) {
	starts, err := r.Starts(b.Start, d.Zone)
	if err != nil {
		return nil, err
	}
	b.Series = rand.Text()
	var out []Made
	for _, at := range starts {
		b.Start = at
		a, err := d.Book(ctx, b)
		var taken *Taken
		var closed *Closed
		if err != nil && !errors.As(err, &taken) && !errors.As(err, &closed) {
			return out, err
		}
		out = append(out, Made{at, a, err})
	}
	return out, nil
}
