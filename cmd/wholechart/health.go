package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
)

// ready says whether the node can answer: its records can be read.
func ready(w http.ResponseWriter, r *http.Request, n *node) {
	if len(n.records.Sites()) == 0 {
		http.Error(w, "no site yet", http.StatusServiceUnavailable)
		return
	}
	if _, err := n.auth.Peers(r.Context()); err != nil {
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// write prints the metrics in Prometheus' text format, to this machine alone.
func (m *meter) write(w http.ResponseWriter, r *http.Request, n *node) {
	// A proxy on this machine comes from loopback too: what it forwards is not ours.
	if !loopback(r.RemoteAddr) || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("Via") != "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprintln(w, "# TYPE wholechart_http_requests_total counter")
	for class := 1; class < len(m.answers); class++ {
		fmt.Fprintf(w, "wholechart_http_requests_total{status=\"%dxx\"} %d\n", class, m.answers[class].Load())
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	size := int64(0)
	if info, err := os.Stat(filepath.Join(n.dir, "wholechart.db")); err == nil {
		size = info.Size()
	}
	for _, g := range []struct {
		name, kind string
		value      any
	}{
		{"wholechart_http_seconds_total", "counter", float64(m.micros.Load()) / 1e6},
		{"wholechart_http_requests_now", "gauge", m.now.Load()},
		{"wholechart_goroutines", "gauge", runtime.NumGoroutine()},
		{"wholechart_heap_bytes", "gauge", mem.HeapAlloc},
		{"wholechart_database_bytes", "gauge", size},
		{"wholechart_sites", "gauge", len(n.records.Sites())},
	} {
		fmt.Fprintf(w, "# TYPE %s %s\n%s %v\n", g.name, g.kind, g.name, g.value)
	}
}
