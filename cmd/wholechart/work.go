package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	results "wholechart/chart/order"
)

// lookEach is how often a follower of the log looks for more.
const lookEach = time.Second

// work does what follows from what is written, until ctx ends: results are put
// before who must see them, reminders are planned and sent, and how every patient
// stands is kept.
func work(ctx context.Context, n *node) {
	var workers sync.WaitGroup
	defer workers.Wait()
	workers.Go(func() {
		if err := n.remind.Run(ctx); err != nil && ctx.Err() == nil {
			slog.Error("reminders are no longer sent", "error", err)
		}
	})
	workers.Go(func() { n.stand(ctx) })
	n.outside() // it goes on with what outside services are still to be told
	results.Follow(ctx, n.records, lookEach, n.now, func(err error) {
		slog.Error("results", "error", err)
	})
}
