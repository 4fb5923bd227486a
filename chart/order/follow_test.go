package order

import (
	"context"
	"net/url"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/fhir"
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

// clockwork is a follower whose clock is set by hand.
func clockwork(r *record.Records) (f *follower, now *time.Time, told *[]error) {
	now, told = new(now0), new([]error)
	return &follower{records: r, clock: func() time.Time { return *now }, failed: func(err error) { *told = append(*told, err) }, each: retryEach}, now, told
}

// TestWhatCannotBeRoutedIsSeen: an order whose requester is gone has a result that
// no Task can be written about. It holds up nothing, is put before the pool, and
// reaches whom it concerns when the cause is gone.
func TestWhatCannotBeRoutedIsSeen(t *testing.T) {
	r, s := node(t)
	f, now, told := clockwork(r)
	f.look(t.Context())
	rosa := `,"subject":{"reference":"Patient/rosa"}`
	if _, err := s.Transact(t.Context(), []record.Act{{Op: record.Delete, Type: "Practitioner", ID: "lo"}}); err != nil {
		t.Fatal(err)
	}
	write(t, s, potassium("stuck", "6.8", today, rosa+`,"basedOn":[{"reference":"ServiceRequest/sr"}]`))
	write(t, s, potassium("after", "4.1", today, rosa+`,"encounter":{"reference":"Encounter/e1"}`))
	of := func(code string) []fhir.Node { return tasks(t, s, url.Values{"code": {TaskSystem + "|" + code}}) }
	for range maxTries - 1 {
		f.look(t.Context())
	}
	if len(of("review-result")) != 0 || len(of(unroutedCode)) != 0 || len(*told) != maxTries-1 {
		t.Fatalf("before it is handed over: %d told", len(*told))
	}
	f.look(t.Context())
	f.look(t.Context())
	if got := of("review-result"); len(got) != 1 || !got[0].Path("focus", "reference").Is("Observation/after") {
		t.Errorf("what comes after is held up: %d", len(got))
	}
	pool := of(unroutedCode)
	if len(pool) != 1 || pool[0].Get("owner").Exists() || !pool[0].Path("focus", "reference").Is("Observation/stuck") || !pool[0].Path("for", "reference").Is("Patient/rosa") || !pool[0].Get("priority").Is("stat") || !OpenTask(pool[0]) {
		t.Fatalf("%d in the pool", len(pool))
	}
	// Who looks at the result on its page ends that Task there.
	if on, err := Reviews(t.Context(), s, "Observation", "stuck"); err != nil || len(on) != 1 || on[0].ID != pool[0].ID() {
		t.Errorf("%d tasks on the result's page: %v", len(on), err)
	}
	*now = now.Add(retryEach)
	f.look(t.Context())
	if got := of(unroutedCode); len(got) != 1 || !OpenTask(got[0]) {
		t.Error("the Task was closed though the result was not routed")
	}
	// Another process, when the requester is there again.
	write(t, s, `{"resourceType":"Practitioner","id":"lo","name":[{"text":"Lena Okonkwo"}]}`)
	f, now, told = clockwork(r)
	f.look(t.Context())
	if got := of(unroutedCode); len(got) != 1 || !got[0].Get("status").Is("completed") || len(*told) != 0 {
		t.Errorf("%v %v", got[0], *told)
	}
	found := of("review-result")
	mine := 0
	for _, x := range found {
		if x.Path("owner", "reference").Is("Practitioner/lo") && x.Path("focus", "reference").Is("Observation/stuck") && x.Get("priority").Is("stat") {
			mine++
		}
	}
	if mine != 1 || len(found) != 2 {
		t.Errorf("%d of %d reviews", mine, len(found))
	}
	*now = now.Add(retryEach)
	f.look(t.Context())
	if len(of("review-result")) != 2 || !f.clear[int64(s.Site().No)] {
		t.Error("it goes on trying")
	}
}

// TestAResultOfADeletedPatientIsNotLost: the Task can neither be for the patient.
func TestAResultOfADeletedPatientIsNotLost(t *testing.T) {
	r, s := node(t)
	f, _, told := clockwork(r)
	f.look(t.Context())
	write(t, s, potassium("left", "6.8", today, `,"subject":{"reference":"Patient/solo"}`))
	if _, err := s.Transact(t.Context(), []record.Act{{Op: record.Delete, Type: "Patient", ID: "solo"}}); err != nil {
		t.Skip("a patient of whom there are facts is not deleted:", err)
	}
	for range maxTries {
		f.look(t.Context())
	}
	got := tasks(t, s, url.Values{})
	if len(got) != 1 {
		t.Errorf("%d tasks, told %v", len(got), *told)
	}
}

// TestThePlaceStaysWhenNobodyCanBeTold: a node that cannot write passes over nothing.
func TestThePlaceStaysWhenNobodyCanBeTold(t *testing.T) {
	r, s := node(t)
	f, _, told := clockwork(r)
	f.look(t.Context())
	at, _ := s.Cursor(t.Context(), place)
	f.tries = maxTries
	c := record.Change{Site: s.Site().No, Type: "Observation", ID: "x", Version: 1}
	write(t, s, potassium("x", "4.2", today, `,"subject":{"reference":"Patient/rosa"}`))
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.handOver(dead, s, c, record.ErrMoved); err == nil {
		t.Error("it was handed over to nobody")
	}
	if now, _ := s.Cursor(t.Context(), place); now != at || len(*told) != 0 {
		t.Errorf("%d after %d, %v", now, at, *told)
	}
}
