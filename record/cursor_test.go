package record

import (
	"errors"
	"testing"

	"wholechart/access"
)

func TestAFollowerRemembersHowFarItCame(t *testing.T) {
	r, ctx := node(t)
	s := r.system("a")
	if at, err := s.Cursor(ctx, "results"); at != 0 || err != nil {
		t.Fatalf("before it ran: %v %v", at, err)
	}
	for _, to := range []Seq{7, 1 << 40, 3} {
		if err := s.SetCursor(ctx, "results", to); err != nil {
			t.Fatal(err)
		}
		if at, err := s.Cursor(ctx, "results"); at != to || err != nil {
			t.Fatalf("%v: %v %v", to, at, err)
		}
	}
	if at, err := r.system("b").Cursor(ctx, "results"); at != 0 || err != nil {
		t.Errorf("another site's: %v %v", at, err)
	}
	var refused *Refused
	if err := r.user("a", access.Physician).SetCursor(ctx, "results", 1); !errors.As(err, &refused) {
		t.Errorf("a person moved it: %v", err)
	}
	if err := s.SetCursor(ctx, "../x", 1); err == nil {
		t.Error("a name that is none")
	}
}
