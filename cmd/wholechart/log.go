package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"wholechart/api"
	"wholechart/fhir"
)

// meter counts requests by the class of their answer and writes each in the
// log, by the kind of its route: a path can name a patient, a route cannot.
type meter struct {
	answers [6]atomic.Int64 // by status/100
	micros  atomic.Int64
	now     atomic.Int64
}

type answered struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (m *meter) count(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		a := answered{ResponseWriter: w}
		m.now.Add(1)
		defer func() {
			took := time.Since(began)
			m.now.Add(-1)
			m.micros.Add(took.Microseconds())
			if a.status == 0 {
				a.status = http.StatusOK
			}
			m.answers[a.status/100%6].Add(1)
			level := slog.LevelInfo
			if a.status >= 500 {
				level = slog.LevelWarn
			}
			if log := slog.Default(); log.Enabled(context.Background(), level) {
				log.LogAttrs(context.Background(), level, "request", slog.String("method", method(r)), slog.String("route", route(r)),
					slog.Int("status", a.status), slog.Int64("bytes", a.bytes), slog.Float64("ms", float64(took.Microseconds())/1000))
			}
		}()
		h.ServeHTTP(&a, r)
	})
}

// method is the request's method, when it is one that there is.
func method(r *http.Request) string {
	switch r.Method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS":
		return r.Method
	}
	return "other"
}

// route is the kind of door that a request went to, after it has been answered.
// It holds words of ours and of the standard, and nothing that was sent.
func route(r *http.Request) string {
	if api.Serves(r.URL.Path) {
		return fhirRoute(r.URL.Path)
	}
	_, pattern, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		pattern = r.Pattern
	}
	if pattern == "" || pattern == "/" {
		return "other"
	}
	return pattern
}

func fhirRoute(path string) string {
	if path == "/.well-known/jwks.json" {
		return path
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	out := []string{"", "{site}"}
	for i, p := range parts[1:] {
		switch {
		case i < 2, fhir.IsResourceType(p), strings.HasPrefix(p, "_") && fhirWords[p], strings.HasPrefix(p, "$") && fhirWords[p], fhirWords[p]:
			out = append(out, p)
		default:
			out = append(out, "{id}")
		}
	}
	return strings.Join(out[:min(len(out), 9)], "/")
}

// fhirWords are the words of the interactions' addresses.
var fhirWords = map[string]bool{
	"metadata": true, ".well-known": true, "smart-configuration": true, "_search": true, "_history": true,
	"$everything": true, "$validate": true, "$match": true, "$changes": true,
}
