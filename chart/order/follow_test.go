package order

import (
	"context"
	"net/url"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/record"
)

// TestOneFollowerRoutesForAllSites also holds that it goes on where it stopped,
// and that a history costs nobody a task.
func TestOneFollowerRoutesForAllSites(t *testing.T) {
	r, maple := node(t)
	if _, err := r.PutSite(t.Context(), record.Site{Slug: "riverside", Name: "Riverside", Local: true}); err != nil {
		t.Fatal(err)
	}
	riverside := r.As(access.Actor{Kind: access.System, ID: "test", Site: "riverside", Purpose: access.Treatment}, access.EMR)
	write(t, riverside, `{"resourceType":"Patient","id":"rd"}`)
	write(t, maple, potassium("m1", "4.2", today, `,"subject":{"reference":"Patient/rosa"}`), potassium("old", "4.2", "2019-01-01", `,"subject":{"reference":"Patient/rosa"}`))
	write(t, riverside, potassium("r1", "4.2", today, `,"subject":{"reference":"Patient/rd"}`))
	run := func(until func() bool) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			Follow(ctx, r, time.Millisecond, func() time.Time { return now0 }, func(err error) { t.Error(err) })
		}()
		for range 5000 {
			if until() {
				break
			}
			time.Sleep(time.Millisecond)
		}
		cancel()
		<-done
	}
	count := func(s record.Session) int { return len(tasks(t, s, url.Values{})) }
	run(func() bool { return count(maple) == 1 && count(riverside) == 1 })
	at, err := maple.Cursor(t.Context(), "results")
	if err != nil || at == 0 {
		t.Fatalf("it keeps no place: %d %v", at, err)
	}
	write(t, maple, potassium("m2", "6.4", today, `,"subject":{"reference":"Patient/rosa"}`))
	run(func() bool { return count(maple) == 2 })
	if m, v := count(maple), count(riverside); m != 2 || v != 1 {
		t.Errorf("%d and %d tasks", m, v)
	}
}
