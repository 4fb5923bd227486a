package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"wholechart/demo"
)

type demoCmd struct {
	Listen  string `help:"Address of the first node; the others take the next free ports." default:"127.0.0.1:8080"`
	Data    string `help:"Keep the demonstration in this directory, or go on with the one there; without it, it is gone at the end." type:"path"`
	Synthea string `help:"An archive of Synthea bundles for real volume: its organisations become sites of the nodes." placeholder:"ARCHIVE" type:"path"`
	Verbose bool   `help:"Log every request."`
}

// run shows a network of sites and people until ctx ends.
func (c *demoCmd) run(ctx context.Context, s streams) (err error) {
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelInfo
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(s.err, &slog.HandlerOptions{Level: level})))
	dir := c.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "wholechart-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	began := time.Now()
	net, err := openNetwork(ctx, dir, c.Listen, began)
	if ctx.Err() != nil && net == nil {
		return nil // ended before it began
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, net.close()) }()
	net.tell(s.out, time.Since(began))
	if c.Synthea != "" {
		if err := net.volume(ctx, c.Synthea, s); err != nil && ctx.Err() == nil {
			return err
		}
	}
	<-ctx.Done()
	if c.Data == "" {
		fmt.Fprintln(s.out, "The demonstration has ended and is gone.")
	}
	return nil
}

// tell says where everything is.
func (w *network) tell(out io.Writer, took time.Duration) {
	fmt.Fprintf(out, "DEMONSTRATION: nobody in it is real. Never enter a real patient.\n\n")
	fmt.Fprintf(out, "  Open  %s/\n\n", w.nodes[0].base)
	for _, n := range w.nodes {
		var names []string
		for _, site := range n.sites() {
			names = append(names, fmt.Sprintf("%s (%s)", site.Name, site.State))
		}
		fmt.Fprintf(out, "  node %d  %s  %s\n           data %s\n", n.number, n.base, strings.Join(names, ", "), n.dir)
	}
	fmt.Fprintf(out, "\n  Sign in by a card, or with the password %s as one of:", w.password)
	for _, r := range demo.Roles() {
		fmt.Fprintf(out, " %s/%s", r.Site, r.User)
	}
	fmt.Fprintf(out, "\n  Ready after %.1f s. Stop with Ctrl-C.\n", took.Seconds())
}

// loopbackHost says whether a host is this machine and nothing else.
func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}
