package door

import (
	"context"

	"wholechart/access"
)

type actorKey struct{}

// WithActor is a context of work that is done for somebody who is signed in.
func WithActor(ctx context.Context, a access.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf is for whom work is done; the zero Actor, who may do nothing, when
// nobody said.
func ActorOf(ctx context.Context) access.Actor {
	a, _ := ctx.Value(actorKey{}).(access.Actor)
	return a
}
