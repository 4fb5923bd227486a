package record

import (
	"testing"
	"time"

	"wholechart/access"
	"wholechart/audit"
)

func TestFailedAttemptsAreCountedTogether(t *testing.T) {
	r, ctx := node(t)
	clock := now
	r.now = func() time.Time { return clock }
	stranger := r.As(access.Actor{Kind: access.Nobody, ID: "guess", Site: "a"}, access.EMR)
	for range 1000 {
		stranger.NoteAttempt(audit.Event{Action: "sign-in", Outcome: audit.Refused})
	}
	clock = clock.Add(2 * time.Minute)
	stranger.NoteAttempt(audit.Event{Action: "sign-in", Outcome: audit.Refused})
	log, err := r.user("a", access.PrivacyOfficer).AccessLog(ctx, LogQuery{Count: 500})
	if err != nil {
		t.Fatal(err)
	}
	single, folded := 0, 0
	for _, e := range log {
		if e.Action != "sign-in" {
			continue
		}
		if e.Count > 0 {
			folded += e.Count
		} else {
			single++
		}
	}
	if single != attemptsEach+1 || folded != 1000-attemptsEach {
		t.Errorf("%d one by one and %d together of 1001", single, folded)
	}
}
