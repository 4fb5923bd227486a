package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody bounds one answer, and one bundle of an archive, in bytes.
const maxBody = 256 << 20

// server is one FHIR server, reached over kept-alive HTTP/1.1 connections. Redirects are not followed and no proxy is
// used; without AllowRemote every dial must end at a loopback address.
type server struct {
	base      *url.URL // without a slash at its end
	transport *http.Transport
	read      http.Header // of a GET
	write     http.Header // of a POST
}

func newServer(base, token string, clients int, timeout time.Duration, allowRemote bool) (*server, error) {
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("bench: %q is not an http URL", base)
	}
	if !allowRemote {
		if err := loopbackURL(base); err != nil {
			return nil, err
		}
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil || allowRemote {
			return conn, err
		}
		if at, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
			conn.Close()
			return nil, errNotLoopback
		}
		return conn, nil
	}
	s := &server{base: u, read: http.Header{}, write: http.Header{}, transport: &http.Transport{
		DialContext:           dial,
		MaxIdleConns:          2 * clients,
		MaxIdleConnsPerHost:   2 * clients,
		IdleConnTimeout:       time.Minute,
		ResponseHeaderTimeout: timeout,
		DisableCompression:    true, // loopback: compressing would measure gzip
		ReadBufferSize:        32 << 10,
		WriteBufferSize:       16 << 10,
	}}
	s.read.Set("Accept", "application/fhir+json")
	s.write.Set("Accept", "application/fhir+json")
	s.write.Set("Content-Type", "application/fhir+json")
	s.write.Set("Prefer", "return=minimal")
	if token != "" {
		s.read.Set("Authorization", "Bearer "+token)
		s.write.Set("Authorization", "Bearer "+token)
	}
	return s, nil
}

func (s *server) close() { s.transport.CloseIdleConnections() }

var errNotLoopback = errors.New("not a loopback address; allow it with --allow-remote")

func loopbackURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("bench: %q is not a URL", address)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("bench: %s: %w", u.Host, errNotLoopback)
}

// url is the address of path, which may hold a query, below the base.
func (s *server) url(path string) (*url.URL, error) { return url.Parse(s.base.String() + "/" + path) }

// follow is the address of a link that the server gave. It must stay on the server: the token goes with it.
func (s *server) follow(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil {
		return nil, errors.New("next link is not a URL")
	}
	if !u.IsAbs() && !strings.HasPrefix(link, "/") {
		return s.url(link)
	}
	if u = s.base.ResolveReference(u); u.Scheme != s.base.Scheme || u.Host != s.base.Host {
		return nil, errors.New("next link leaves the server")
	}
	return u, nil
}

// caller is one client with its own memory; not for use by two goroutines.
type caller struct {
	*server
	rng  *rand.Rand
	n    int // requests of the operation so far
	buf  bytes.Buffer
	seen glance
	head http.Header // of the last answer
}

// do sends one request and reads its whole answer. It returns the status and the time from sending to the last byte;
// the body is in c.buf until the next call.
func (c *caller) do(ctx context.Context, method string, u *url.URL, header http.Header, body []byte) (int, time.Duration, error) {
	req := (&http.Request{Method: method, URL: u, Host: u.Host, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	if body != nil {
		req.ContentLength = int64(len(body))
		req.Body = io.NopCloser(bytes.NewReader(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	c.buf.Reset()
	began := time.Now()
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return 0, time.Since(began), noAnswer(err)
	}
	n, err := c.buf.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	took := time.Since(began)
	resp.Body.Close()
	c.head = resp.Header
	if err != nil {
		return 0, took, noAnswer(err)
	}
	if n > maxBody {
		return 0, took, errors.New("answer is too long")
	}
	return resp.StatusCode, took, nil
}

// noAnswer is the cause without addresses and ports, so that like errors count together.
func noAnswer(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("no answer: %w", err)
}

// get asks for u and glances at the JSON of a 2xx answer.
func (c *caller) get(ctx context.Context, u *url.URL) (time.Duration, error) {
	status, took, err := c.do(ctx, http.MethodGet, u, c.read, nil)
	if err != nil {
		return took, err
	}
	if status < 200 || status > 299 {
		return took, fmt.Errorf("status %d", status)
	}
	return took, c.seen.read(c.buf.Bytes())
}

// post sends body to u.
func (c *caller) post(ctx context.Context, u *url.URL, body []byte, want int) (time.Duration, error) {
	status, took, err := c.do(ctx, http.MethodPost, u, c.write, body)
	if err == nil && status != want {
		err = fmt.Errorf("status %d", status)
	}
	return took, err
}
