package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"wholechart/decision"
	"wholechart/decision/standing"
	"wholechart/record"
	"wholechart/schedule/remind"
)

// keeper makes what keeps how every patient stands.
func (n *node) keeper() (*standing.Keeper, error) {
	return standing.New(standing.Config{Records: n.records, Clock: n.now, Log: slog.Default(), Loaded: loaded})
}

// loaded names the knowledge that the node loaded itself, as it is in use now.
func loaded() string {
	var b strings.Builder
	for _, x := range decision.Bodies() {
		fmt.Fprintf(&b, "%q %q %q %q %q %q\n", x.Kind, x.Name, x.Version, x.Date, x.SHA256, x.Problem)
	}
	return b.String()
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
