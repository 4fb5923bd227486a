package record

import (
	"context"
	"errors"
	"strconv"

	"wholechart/access"
	"wholechart/store"
)

// A follower of the log of changes remembers here how far it came: under its own
// name, for each site. What it does for a change it must do so that doing it
// twice is doing it once, since it may stop between the act and SetCursor.

func (s Session) cursorKind() string { return "cursor:" + s.actor.Site }

// Cursor is how far a follower of the log came; 0 when it never ran. For the
// system's own work.
func (s Session) Cursor(ctx context.Context, name string) (Seq, error) {
	if err := s.follows(name); err != nil {
		return 0, err
	}
	var at uint64
	err := s.r.store.View(ctx, func(v *store.View) error {
		body, err := v.GetDoc(s.cursorKind(), name)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		at, err = strconv.ParseUint(string(body), 10, 63)
		return err
	})
	return Seq(at), err
}

// SetCursor remembers how far a follower came; it is durable when it returns.
func (s Session) SetCursor(ctx context.Context, name string, to Seq) error {
	if err := s.follows(name); err != nil {
		return err
	}
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error {
		return tx.PutDoc(s.cursorKind(), name, strconv.AppendUint(nil, uint64(to), 10))
	})
	return err
}

func (s Session) follows(name string) error {
	if s.r == nil || s.site == nil || s.actor.Kind != access.System {
		return &Refused{Why: "the log of changes is for the system's own work"}
	}
	if !validID(name) {
		return invalid("value", "name", "a follower's name is 1 to 64 letters, digits, hyphens and dots")
	}
	return nil
}
