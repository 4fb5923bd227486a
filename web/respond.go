package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
)

// CSP is the Content-Security-Policy of every page: nothing inline, nothing from elsewhere, no frames.
const CSP = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	gzips   = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed); return w }}
)

// Buffers above this are not kept: one chart of 100,000 resources must not hold its memory for ever.
const keepBuffer = 1 << 20

// SecurityHeaders sets what every page answers with, cached by nobody. Render calls it; a handler that writes by itself
// (a redirect, a download) calls it first.
func SecurityHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", CSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-store")
}

// Render writes the component as a page or fragment with this status. The whole of it is rendered before the first byte
// is sent, so that an error in the middle becomes a plain 500 and never half a chart; that error is returned for the
// log. A client that went away is not an error.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	SecurityHeaders(w)
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= keepBuffer {
			buf.Reset()
			buffers.Put(buf)
		}
	}()
	h := w.Header()
	if err := c.Render(r.Context(), buf); err != nil {
		if r.Context().Err() != nil {
			return nil
		}
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte("This page could not be made. Nothing was changed.\n"))
		return fmt.Errorf("web: render: %w", err)
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if buf.Len() < 1024 || !AcceptsGzip(r) {
		h.Set("Content-Length", strconv.Itoa(buf.Len()))
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(buf.Bytes())
		}
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	z := gzips.Get().(*gzip.Writer)
	defer gzips.Put(z)
	z.Reset(w)
	_, _ = z.Write(buf.Bytes())
	_ = z.Close()
	return nil
}

// PartialOf is the id of the region that partial.js asked for, or "". A handler may answer with the region alone; one
// that answers with the whole page works too, and only more is sent.
func PartialOf(r *http.Request) string { return r.Header.Get("Wholechart-Partial") }

// Protect refuses unsafe requests that another origin's page made (Sec-Fetch-Site, Origin): the protection of every form
// against cross-site request forgery. Further origins that may post, "https://records.example", are named by the
// operator. Clients that are not browsers are let through: they carry no cookies.
func Protect(next http.Handler, trusted ...string) (http.Handler, error) {
	var p http.CrossOriginProtection
	for _, o := range trusted {
		if err := p.AddTrustedOrigin(o); err != nil {
			return nil, fmt.Errorf("web: trusted origin: %w", err)
		}
	}
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := Page{Title: "Refused", Narrow: true, Theme: ThemeOf(r)}
		refusal := Refusal("This form came from another site", "Nothing was changed. Open Wholechart itself and try again.", Link{"Go to the start", "/"})
		_ = Render(w, r, http.StatusForbidden, Framed(page, refusal))
	}))
	return p.Handler(next), nil
}
