package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	results "wholechart/chart/order"
)

const (
	lookEach = time.Second      // how often a follower of the log looks for more
	siteEach = 20 * time.Second // how often new sites are looked for
)

// work does what follows from what is written: results are put before who must
// see them. One worker a site of the node, until ctx ends; it returns when all
// have stopped.
func work(ctx context.Context, n *node) {
	var workers sync.WaitGroup
	defer workers.Wait()
	begun := map[string]bool{}
	t := time.NewTicker(siteEach)
	defer t.Stop()
	for {
		for _, s := range n.records.Sites() {
			if !s.Local || begun[s.Slug] {
				continue
			}
			begun[s.Slug] = true
			workers.Go(func() {
				results.Follow(ctx, n.records, s.Slug, lookEach, time.Now, func(err error) {
					slog.Error("results could not be put before anybody", "site", s.Slug, "error", err)
				})
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
