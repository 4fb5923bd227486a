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
}

func (c *serveCmd) run(ctx context.Context, s streams) error {
	level := slog.LevelInfo
	if c.Quiet {
		level = slog.LevelWarn
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(s.err, &slog.HandlerOptions{Level: level})))
	n, err := openNode(ctx, c.Data, nodeOptions{})
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
	if err := os.WriteFile(filepath.Join(n.dir, "addr"), []byte(base+"\n"), 0o600); err != nil {
		return errors.Join(err, l.Close(), n.close())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := control(ctx, n); err != nil {
		return errors.Join(err, l.Close(), n.close())
	}
	fmt.Fprintln(s.out, base)
	return errors.Join(serve(ctx, n, l, c.TLSCert, c.TLSKey, false), n.close())
}

// serve answers on a listener until ctx ends, then lets what is under way finish.
func serve(ctx context.Context, n *node, l net.Listener, cert, key string, demo bool) error {
	srv := &http.Server{
		Handler:           doors(n, demo),
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
	go upkeep(ctx, n)
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
func doors(n *node, demo bool) http.Handler {
	fhir := api.New(api.Config{Records: n.records, Auth: n.auth, Exchange: n.exchange, BaseURL: func(*http.Request) string { return n.base.Load().(string) }})
	pages := pages(n, demo)
	var m meter
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, n) })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) { m.write(w, r, n) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if api.Serves(r.URL.Path) {
			fhir.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
	return m.count(mux)
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
		}
	}
}
