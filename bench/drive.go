package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// importSpan bounds the import of one archive.
const importSpan = 2 * time.Hour

// hopeless is how many errors in a row end a client's part: a server that refuses everything is not hammered.
const hopeless = 50

// A shot is one measured request (or the few that make one operation). It returns how many units it achieved and the
// time that counts, which leaves out its own checking. done tells that there is nothing more to send.
type shot func(ctx context.Context, c *caller) (units int, took time.Duration, done bool, err error)

// bounds end a drive: whichever comes first. count 0 is none.
type bounds struct {
	span  time.Duration
	count int
}

// tally is what a drive saw. Only right answers are in took and units.
type tally struct {
	took    []time.Duration
	units   int
	errors  int
	causes  map[string]int // at most maxCauses different ones
	elapsed time.Duration
}

const maxCauses = 16

var errNeverEnds = errors.New("no end of the answer within the timeout")

func (t *tally) fail(err error) {
	t.errors++
	if t.causes == nil {
		t.causes = map[string]int{}
	}
	cause := err.Error()
	if _, known := t.causes[cause]; !known && len(t.causes) >= maxCauses {
		cause = "other"
	}
	t.causes[cause]++
}

// add joins another turn of the same operation.
func (t *tally) add(o tally) {
	t.took = append(t.took, o.took...)
	t.units += o.units
	t.errors += o.errors
	t.elapsed += o.elapsed
	for cause, n := range o.causes {
		if t.causes == nil {
			t.causes = map[string]int{}
		}
		t.causes[cause] += n
	}
}

// drive lets the clients fire until a bound is reached. A request that is under way at the end is waited for, at most
// c.Timeout, and counted, and the elapsed time runs to the last answer.
func drive(ctx context.Context, s *server, c Config, fire shot, b bounds) tally {
	var (
		wait  sync.WaitGroup
		fired atomic.Int64
		parts = make([]tally, c.Clients)
		began = time.Now()
		end   = began.Add(b.span)
	)
	bounded, cancel := context.WithDeadline(ctx, end.Add(c.Timeout))
	defer cancel()
	for i := range parts {
		wait.Go(func() {
			call := &caller{server: s, rng: rand.New(rand.NewPCG(c.Seed, uint64(i)))}
			part, row := &parts[i], 0
			for ctx.Err() == nil && time.Now().Before(end) {
				if b.count > 0 && fired.Add(1) > int64(b.count) {
					return
				}
				units, took, done, err := fire(bounded, call)
				switch {
				case done:
					return
				case ctx.Err() != nil: // the whole run was given up: no verdict about the server
					return
				case err != nil:
					if bounded.Err() != nil {
						err = errNeverEnds
					}
					part.fail(err)
					if row++; row >= hopeless {
						return
					}
				default:
					row = 0
					part.took = append(part.took, took)
					part.units += units
				}
				call.n++
			}
		})
	}
	wait.Wait()
	var all tally
	for _, part := range parts {
		all.add(part)
	}
	all.elapsed = time.Since(began)
	return all
}

// percentile is the nearest-rank percentile of sorted exact durations: no histogram, no interpolation.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

func (t *tally) result() Result {
	slices.Sort(t.took)
	r := Result{
		Requests: len(t.took), Units: t.units, Errors: t.errors, Causes: t.causes,
		Seconds: t.elapsed.Seconds(), P50: millis(percentile(t.took, 50)), P99: millis(percentile(t.took, 99)),
	}
	if n := len(t.took); n > 0 {
		r.Max = millis(t.took[n-1])
	}
	if t.elapsed > 0 {
		r.Rate = float64(t.units) / t.elapsed.Seconds()
	}
	return r
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
