package remind

import (
	"context"
	"errors"
	"time"

	"wholechart/record"
)

// What a desk does with a request, as the desk's own user. version is the one
// that whoever asks looked at; a request that changed meanwhile is a conflict.

// ErrNotNow says that a request is in no state for what was asked.
var ErrNotNow = errors.New("this message was sent or changed meanwhile")

// SendNow lets a request go at the next moment, quiet hours or not; one that
// failed is tried again.
func SendNow(ctx context.Context, s record.Session, id, version string, now time.Time) error {
	return change(ctx, s, id, version, func(q *Request) bool {
		if !open(*q) || q.Claimed && q.Status == "active" {
			return false
		}
		q.Status, q.Why, q.Now, q.Claimed = "active", "", true, false
		if q.When.After(now) {
			q.When = now
		}
		return true
	})
}

// Release lets a recall that waits for somebody go at its time.
func Release(ctx context.Context, s record.Session, id, version string) error {
	return change(ctx, s, id, version, func(q *Request) bool {
		ok := q.Kind == Recall && q.Status == "draft"
		q.Status = "active"
		return ok
	})
}

// Arrived says that the patient has a message of which it was not known whether it
// left.
func Arrived(ctx context.Context, s record.Session, id, version string, now time.Time) error {
	r, err := s.Read(ctx, "CommunicationRequest", id)
	if err != nil {
		return err
	}
	q, ok := RequestOf(r.Node())
	if !ok {
		return record.ErrNotFound
	}
	if version != "" && version != q.Version {
		return ErrNotNow
	}
	acts, err := arrivedActs(ctx, s, q, now)
	if err == nil {
		_, err = s.Transact(ctx, acts)
	}
	if conflict(err) {
		return ErrNotNow
	}
	return err
}

// Stop takes a request back. Of a recall it ends the series.
func Stop(ctx context.Context, s record.Session, id, version string) error {
	return change(ctx, s, id, version, func(q *Request) bool {
		ok := open(*q)
		q.Status, q.Why = "revoked", Stopped
		return ok
	})
}

// Restart takes Stop back.
func Restart(ctx context.Context, s record.Session, id, version string) error {
	return change(ctx, s, id, version, func(q *Request) bool {
		ok := q.Status == "revoked" && q.Why == Stopped
		q.Status, q.Why, q.Claimed = "active", "", false
		if q.Kind == Recall && q.No == 1 {
			q.Status = "draft"
		}
		return ok
	})
}

func change(ctx context.Context, s record.Session, id, version string, f func(*Request) bool) error {
	r, err := s.Read(ctx, "CommunicationRequest", id)
	if err != nil {
		return err
	}
	q, ok := RequestOf(r.Node())
	if !ok {
		return record.ErrNotFound
	}
	if version != "" && version != q.Version || !f(&q) {
		return ErrNotNow
	}
	a, err := act("CommunicationRequest", q.ID, q.Version, q)
	if err == nil {
		_, err = s.Transact(ctx, []record.Act{a})
	}
	if conflict(err) {
		return ErrNotNow
	}
	return err
}
