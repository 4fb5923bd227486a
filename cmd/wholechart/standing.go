package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"wholechart/decision/standing"
	"wholechart/record"
	"wholechart/schedule/remind"
)

// keeper makes what keeps how every patient stands.
func (n *node) keeper() (*standing.Keeper, error) {
	return standing.New(standing.Config{Records: n.records, Clock: n.now, Log: slog.Default()})
}

// stand keeps it until ctx ends.
func (n *node) stand(ctx context.Context) {
	if err := n.standing.Run(ctx); err != nil && ctx.Err() == nil || err != nil && !errors.Is(err, context.Canceled) {
		slog.Error("how patients stand is no longer kept", "error", err)
	}
}

// recalls is what is due for people, for reminders: of the whole record, from what
// is kept of it.
type recalls struct{ k *standing.Keeper }

// Of asks for a patient of the session's site.
func (r recalls) Of(ctx context.Context, s record.Session, patient string, _ time.Time) (out []remind.DueItem, err error) {
	items, err := r.k.Due(ctx, s.Site().Slug, patient)
	for _, i := range items {
		out = append(out, remind.DueItem{ID: i.Rule.ID, Since: i.Since})
	}
	return out, err
}

// Quick is true unless records wait to be looked at, which asking would do.
func (r recalls) Quick() bool { return r.k.Idle() }
