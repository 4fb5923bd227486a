package main

import (
	"context"
	"log/slog"
	"time"

	results "wholechart/chart/order"
)

// lookEach is how often a follower of the log looks for more.
const lookEach = time.Second

// work does what follows from what is written, until ctx ends: results are put
// before who must see them.
func work(ctx context.Context, n *node) {
	results.Follow(ctx, n.records, lookEach, n.now, func(err error) {
		slog.Error("results", "error", err)
	})
}
