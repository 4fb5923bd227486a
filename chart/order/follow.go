package order

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
)

const (
	// maxTries is how often one change is tried, a look apart, before a person is asked.
	maxTries = 10
	// retryEach is how often what could not be routed is tried again.
	retryEach = 5 * time.Minute
	// maxRetried bounds what one such look tries at a site.
	maxRetried = 200
	// unroutedCode is the code of the Task by which a result that could not be
	// routed is put before the site's pool.
	unroutedCode = "unrouted-result"
	unroutedKey  = "unrouted:" // and type/id/version: the identifier of that Task
)

// Follow routes the results of all sites of a node until ctx ends, keeping its
// place at the gate (at the site that the node had first). It looks again every
// so often, and at once while there is more.
//
// Nothing is passed over in silence. A change that cannot be routed is tried a
// few times; then a Task unrouted-result in the site's pool says so, and only
// when that Task is written does the place move on: what comes after is not held
// up. When even that cannot be written the place stays, and failed is told at
// every look. What has such a Task is tried again from time to time, as the
// result stands then; when it is routed the Task is completed and says so.
func Follow(ctx context.Context, records *record.Records, every time.Duration, clock func() time.Time, failed func(error)) {
	f := follower{records: records, clock: clock, failed: failed, each: retryEach}
	for {
		more, wait := f.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every << wait):
		}
	}
}

type follower struct {
	records *record.Records
	clock   func() time.Time
	failed  func(error)
	each    time.Duration // between two tries of what has a Task

	tries int // of the change at which the place stands
	again time.Time
	clear map[int64]bool // sites in which no Task unrouted-result is open
}

// place is the name of the cursor.
const place = "results"

// look routes what is new. more says that there is more already; wait, that the
// next look should be later than usual, by so many doublings.
func (f *follower) look(ctx context.Context) (more bool, wait int) {
	sessions, home := systems(f.records)
	if home == nil {
		return false, 0
	}
	f.retry(ctx, sessions)
	at, err := home.Cursor(ctx, place)
	var changes []record.Change
	if err == nil {
		changes, err = home.Changes(ctx, at, routeStep)
	}
	next := at
	for _, c := range changes {
		if s, ok := sessions[int64(c.Site)]; ok && (c.Type == "DiagnosticReport" || c.Type == "Observation") {
			if err = routeOne(ctx, s, c, f.clock()); err != nil && ctx.Err() == nil {
				if f.tries++; f.tries >= maxTries {
					err = f.handOver(ctx, s, c, err)
				}
			}
			if err != nil {
				break
			}
		}
		f.tries, next = 0, c.Seq
	}
	if next != at {
		more = len(changes) == routeStep && err == nil
		// What was done is kept, also when the end came in the middle.
		err = cmp.Or(home.SetCursor(context.WithoutCancel(ctx), place, next), err)
	}
	if err != nil && ctx.Err() == nil {
		f.failed(err)
		wait = min(max(f.tries-maxTries, 0), 6)
	}
	return more, wait
}

// handOver asks the site's pool to look at a result that cannot be routed. Its
// error is that nobody could be asked.
func (f *follower) handOver(ctx context.Context, s record.Session, c record.Change, why error) error {
	focus, patient, priority := c.Type+"/"+c.ID, "", "urgent"
	if r, err := s.Read(ctx, c.Type, c.ID); err == nil {
		if id := idOf(r.Node().Get("subject"), "Patient"); id != "" {
			patient = "Patient/" + id
		}
		w := &weighed{}
		if w.weigh(r.Node()); w.critical {
			priority = "stat"
		}
	} else if gone(err) {
		return nil
	}
	what := "A result could not be put before anybody by the program, which goes on trying. Look at it (" + focus + "), and see that whom it concerns knows of it."
	var err error
	// The cause may be what the Task would refer to: with less, rather than not at all.
	for _, x := range [...][2]string{{patient, focus}, {"", focus}, {"", ""}} {
		var t record.Act
		if t, err = task(unroutedCode, what, x[0], x[1], "", "", priority, By{Now: f.clock()}); err != nil {
			return err
		}
		if t, err = withIdentifier(t, unroutedKey+focus+"/"+strconv.Itoa(c.Version)); err != nil {
			return err
		}
		if _, err = s.Transact(ctx, []record.Act{t}); err == nil {
			delete(f.clear, int64(c.Site))
			f.failed(fmt.Errorf("a result waits in the pool of %s because it was not routed: %s, version %d: %w", s.Site().Slug, c.Type, c.Version, why))
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("a result was put before nobody, and nobody could be told: %s, version %d: %w", c.Type, c.Version, errors.Join(why, err))
}

// retry tries again what could not be routed, when it is time.
func (f *follower) retry(ctx context.Context, sessions map[int64]record.Session) {
	now := f.clock()
	if now.Before(f.again) {
		return
	}
	f.again = now.Add(f.each)
	if f.clear == nil {
		f.clear = map[int64]bool{}
	}
	for no, s := range sessions {
		if f.clear[no] || ctx.Err() != nil {
			continue
		}
		open, err := find(ctx, s, "Task", url.Values{"code": {TaskSystem + "|" + unroutedCode}, "status": {"requested,received,accepted,ready,in-progress,on-hold"}, "_count": {strconv.Itoa(maxRetried)}})
		if err != nil {
			f.failed(err)
			continue
		}
		f.clear[no] = len(open) == 0
		for _, t := range open {
			if err := tryAgain(ctx, s, t.Node(), now); err != nil && ctx.Err() == nil {
				f.failed(fmt.Errorf("a result in the pool of %s still cannot be routed: %w", s.Site().Slug, err))
			}
		}
	}
}

// tryAgain routes the result of a Task unrouted-result as it stands now, and
// completes the Task.
func tryAgain(ctx context.Context, s record.Session, t fhir.Node, now time.Time) error {
	for id := range t.Get("identifier").Items() {
		key, ours := strings.CutPrefix(id.Get("value").Str(), unroutedKey)
		parts := strings.Split(key, "/")
		if !ours || len(parts) != 3 || !slices.Contains([]string{"DiagnosticReport", "Observation"}, parts[0]) {
			continue
		}
		said := "the program has put the result before whom it concerns"
		r, err := s.Read(ctx, parts[0], parts[1])
		switch {
		case gone(err):
			said = "the result was deleted"
		case err != nil:
			return err
		default:
			version, err := strconv.Atoi(r.Version)
			if err != nil {
				return err
			}
			if err := routeOne(ctx, s, record.Change{Site: s.Site().No, Type: r.Type, ID: r.ID, Version: version}, now); err != nil {
				return err
			}
		}
		a, err := closeTask(t, said, "", By{Now: now, Name: "Wholechart"}, nil)
		if err == nil {
			_, err = s.Transact(ctx, []record.Act{a})
		}
		if moved := (*record.VersionConflict)(nil); errors.As(err, &moved) || errors.Is(err, record.ErrMoved) {
			return nil // somebody works on it: next time
		}
		return err
	}
	return nil
}

// systems are the sessions of the node's own sites, and that of its first.
func systems(records *record.Records) (of map[int64]record.Session, home *record.Session) {
	of = map[int64]record.Session{}
	first := int64(math.MaxInt64)
	for _, site := range records.Sites() {
		if !site.Local {
			continue
		}
		s := records.As(access.Actor{Kind: access.System, ID: "results", Site: site.Slug, Purpose: access.Treatment}, access.EMR)
		of[int64(site.No)] = s
		if no := int64(site.No); no < first {
			first, home = no, &s
		}
	}
	return of, home
}
