package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"wholechart/api"
)

type serveCmd struct {
	Data    string `required:"" help:"The node's directory." type:"path"`
	Listen  string `help:"Address for HTTP." default:"127.0.0.1:8080"`
	BaseURL string `name:"base-url" help:"URL under which others reach this node; of the address it listens on when not given."`
	TLSCert string `name:"tls-cert" help:"Certificate file; with it the node speaks HTTPS." type:"path"`
	TLSKey  string `name:"tls-key" help:"Key file of the certificate." type:"path"`
	Quiet   bool   `help:"Log problems only."`

	CDSPrivate bool `name:"cds-private" help:"Outside decision support may be on this machine or in a private network."`

	messageFlags `embed:"" group:"Reminders"`
}

func (c *serveCmd) run(ctx context.Context, s streams) error {
	level := slog.LevelInfo
	if c.Quiet {
		level = slog.LevelWarn
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(s.err, &slog.HandlerOptions{Level: level})))
	send, err := c.outgoing()
	if err != nil {
		return err
	}
	n, err := openNode(ctx, c.Data, nodeOptions{send: send})
	if err != nil {
		return err
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.Join(errors.New("--tls-cert and --tls-key go together"), n.close())
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(err, n.close())
	}
	scheme := "http://"
	if c.TLSCert != "" {
		scheme = "https://"
	}
	base := c.BaseURL
	if base == "" {
		base = scheme + l.Addr().String()
	}
	n.setBase(base)
	n.support.private = c.CDSPrivate
	if err := os.WriteFile(filepath.Join(n.dir, "addr"), []byte(base+"\n"), 0o600); err != nil {
		return errors.Join(err, l.Close(), n.close())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	end, err := control(ctx, n)
	if err != nil {
		return errors.Join(err, l.Close(), n.close())
	}
	fmt.Fprintln(s.out, base)
	handler, err := doors(n, false)
	if err == nil {
		err = serve(ctx, n, handler, l, c.TLSCert, c.TLSKey)
	}
	end()
	return errors.Join(err, os.Remove(filepath.Join(n.dir, "addr")), n.close())
}

// serve answers on a listener until ctx ends, then lets what is under way finish.
func serve(ctx context.Context, n *node, handler http.Handler, l net.Listener, cert, key string) error {
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() {
		if cert != "" {
			ended <- srv.ServeTLS(l, cert, key)
		} else {
			ended <- srv.Serve(l)
		}
	}()
	ctx, rest := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() { upkeep(ctx, n) })
	background.Go(func() { work(ctx, n) })
	background.Go(func() { keepCounts(ctx, n) })
	defer background.Wait()
	defer rest()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return srv.Shutdown(grace)
}

// doors are all doors of a node.
func doors(n *node, demo bool) (http.Handler, error) {
	fhir := api.New(api.Config{Records: n.records, Auth: n.auth, Exchange: n.exchange, Support: n, Now: n.now, BaseURL: func(*http.Request) string { return n.base.Load().(string) }})
	pages, err := pages(n, demo)
	if err != nil {
		return nil, err
	}
	var m meter
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, n) })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) { m.write(w, r, n) })
	mux.HandleFunc("GET "+announcePath, func(w http.ResponseWriter, r *http.Request) { announce(w, r, n) })
	mux.Handle("/", pages)
	return m.count(careful(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if api.Serves(r.URL.Path) { // before a mux looks: ids are not to be cleaned like paths
			fhir.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))), nil
}

// careful sets what every answer says to a browser, before the doors say more:
// a page's own policy (web.SecurityHeaders) replaces these.
func careful(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			head.Set("Strict-Transport-Security", "max-age=31536000")
		}
		h.ServeHTTP(w, r)
	})
}

// upkeep does what is due from time to time.
func upkeep(ctx context.Context, n *node) {
	t := time.NewTicker(10 * time.Minute)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := n.auth.Sweep(ctx); err != nil && ctx.Err() == nil {
				slog.Error("old tokens were not deleted", "error", err)
			}
			switch removed, err := n.records.SweepDrafts(ctx); {
			case err != nil && ctx.Err() == nil:
				slog.Error("old drafts were not removed", "error", err)
			case removed > 0:
				slog.Info("drafts that nobody edited for 90 days were removed", "count", removed)
			}
		}
	}
}
