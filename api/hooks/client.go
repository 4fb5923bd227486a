package hooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds of what an outside service may answer.
const (
	maxAnswer   = 1 << 20
	maxOutside  = 10 // cards of one service
	restAfter   = 30 * time.Second
	maxCardSize = 32 << 10 // of one card, in bytes
	maxFresh    = 1000
	maxKept     = 16 << 20 // of remembered answers, in bytes
)

// freshFor is how long an answer to the same question is used again, so that a
// page that is loaded anew asks nobody anew. A visit begins once.
func freshFor(hook string) time.Duration {
	switch hook {
	case "encounter-start", "appointment-book":
		return 12 * time.Hour
	}
	return time.Minute
}

// Options say whom a Client may call, and as whom.
type Options struct {
	// Private lets services on this machine and in private networks be called.
	// Without it a name that leads there leads nowhere.
	Private bool
	// Sign makes the JWT by which a site calls a URL. nil: calls are not signed.
	Sign func(ctx context.Context, site, audience string) (string, error)
	Now  func() time.Time // nil is time.Now
	// Keep keeps what services of a site are still to be told, in place of what was
	// kept before; it is durable when it returns. nil: a restart forgets it.
	Keep func(ctx context.Context, site string, list []Waiting) error
	// Still says whether a service is still one of the site's that may be told at a
	// URL. nil: it is.
	Still func(ctx context.Context, site, service, url string) bool
	// Lost hears of feedback that a service would not take, or that could not be kept;
	// nil: nobody does.
	Lost func(site, service string, err error)
}

// Client asks outside services. It is safe for concurrent use.
type Client struct {
	opt  Options
	http *http.Client
	mu   sync.Mutex
	rest map[string]time.Time // services that failed are left alone until then
	said map[string]answered  // by service and question
	kept int                  // bytes of said
	told remembered

	outbox outbox
	stop   context.CancelFunc
	ended  chan struct{}
}

// answered is what a service said not long ago: a page that is loaded again to
// answer one warning does not wait for it anew.
type answered struct {
	cards []Card
	bad   int
	until time.Time
}

// NewClient makes a client that follows no redirection, uses no proxy of the
// environment, takes no compressed answer and checks each address after its name
// was resolved, so that a name cannot lead it into the node's own network.
func NewClient(o Options) *Client {
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &net.Dialer{Timeout: MaxWait, Control: func(_, address string, _ syscall.RawConn) error {
		if o.Private {
			return nil
		}
		return public(address)
	}}
	t := &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: MaxWait, ResponseHeaderTimeout: MaxWait, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
		DisableCompression: true, MaxResponseHeaderBytes: 64 << 10, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{opt: o, rest: map[string]time.Time{}, said: map[string]answered{}, outbox: outbox{woken: make(chan struct{}, 1)}, stop: stop, ended: make(chan struct{}), http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	go func() {
		defer close(c.ended)
		c.teller(ctx)
	}()
	return c
}

// Close stops telling, which what is kept goes on with, and lets go of the
// connections that are kept.
func (c *Client) Close() {
	c.stop()
	<-c.ended
	c.http.CloseIdleConnections()
}

var errPrivate = errors.New("an address of a private network")

// notPublic are ranges that are global by their form and not by their use:
// RFC 6598, RFC 6890, RFC 2544, RFC 1112 section 4, RFC 6052, RFC 3056, RFC 4380,
// RFC 3849, RFC 5737, RFC 6666.
var notPublic = func() (out []netip.Prefix) {
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fec0::/10"} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}()

// public refuses an address that is not of the public Internet.
func public(address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPrivate
	}
	ip := a.Addr().Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() {
		return errPrivate
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return errPrivate
		}
	}
	return nil
}

// key names a service of a site among what is remembered.
func (o Outside) key(q Question) string {
	return q.Site + " " + o.ID + " " + o.Base + " " + o.Services[q.Hook]
}

// said is why a service did not answer, after its name: no address, no text of
// the service.
type said string

func (s said) Error() string { return string(s) }

const (
	errNoFeedback = said("takes no feedback")
	errRefused    = said("would not take what became of a card")
)

// call asks one service, unless it said just now, or failed just now. prepare is
// called when it is really asked; fresh is that it was not.
func (c *Client) call(ctx context.Context, o Outside, q Question) (cards []Card, bad int, fresh bool, err error) {
	key := q.Site + " " + o.ID + " " + o.Base
	same := o.key(q) + " " + q.same()
	c.mu.Lock()
	until, before := c.rest[key], c.said[same]
	c.mu.Unlock()
	switch now := c.opt.Now(); {
	case now.Before(before.until):
		return before.cards, before.bad, true, nil
	case now.Before(until):
		return nil, 0, true, said("did not answer a moment ago and is left alone for half a minute")
	}
	var more map[string]json.RawMessage
	if q.Prepare != nil {
		if more, err = q.Prepare(ctx, o); err != nil {
			var why said
			if !errors.As(err, &why) {
				why = "was not asked: what it may be told could not be decided"
			}
			return nil, 0, true, why
		}
	}
	body, err := q.body(more)
	if err != nil {
		return nil, 0, false, said("could not be asked")
	}
	within, cancel := context.WithTimeout(ctx, o.wait())
	defer cancel()
	data, err := c.do(within, http.MethodPost, q.Site, o.Base+"/cds-services/"+o.Services[q.Hook], body)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = said("did not answer in " + seconds(o.wait()))
		}
		if ctx.Err() == nil { // not that who asked went away
			c.mu.Lock()
			if len(c.rest) > 1000 {
				clear(c.rest)
			}
			c.rest[key] = c.opt.Now().Add(restAfter)
			c.mu.Unlock()
		}
		return nil, 0, false, err
	}
	cards, bad, err = ReadResponse(data, maxOutside)
	if err != nil {
		return nil, 0, false, said("answered what could not be understood")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(data) + 200
	if len(c.said) >= maxFresh || c.kept+size > maxKept {
		clear(c.said)
		c.kept = 0
	}
	c.kept += size
	c.said[same] = answered{cards, bad, c.opt.Now().Add(freshFor(q.Hook))}
	return cards, bad, false, nil
}

func seconds(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%d ms", d/time.Millisecond)
}

// do is one request. Its errors name neither address nor content.
func (c *Client) do(ctx context.Context, method, site, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, said("could not be asked")
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.opt.Sign != nil {
		jwt, err := c.opt.Sign(ctx, site, url)
		if err != nil {
			return nil, said("could not be asked: the question could not be signed")
		}
		req.Header.Set("Authorization", "Bearer "+jwt)
	}
	res, err := c.http.Do(req)
	switch {
	case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil:
		return nil, context.DeadlineExceeded
	case errors.Is(err, errPrivate):
		return nil, said("has an address of a private network, which this node does not call")
	case err != nil:
		return nil, said("could not be reached")
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return nil, said("wanted to send the question elsewhere, which is not followed")
	case res.StatusCode == http.StatusNotFound && strings.HasSuffix(url, "/feedback"):
		return nil, errNoFeedback
	case strings.HasSuffix(url, "/feedback") && slices.Contains([]int{400, 405, 410, 413, 415, 422}, res.StatusCode):
		return nil, errRefused
	case res.StatusCode == http.StatusPreconditionFailed:
		return nil, said("needs more of the record than it is sent")
	case strings.HasSuffix(url, "/feedback") && res.StatusCode/100 == 2:
		return nil, nil
	case res.StatusCode != http.StatusOK:
		return nil, said(fmt.Sprintf("answered with an error (HTTP %d)", res.StatusCode))
	case res.ContentLength > maxAnswer:
		return nil, said("answered more than is read")
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case ctx.Err() != nil:
		return nil, context.DeadlineExceeded
	case err != nil:
		return nil, said("broke off its answer")
	case len(data) > maxAnswer:
		return nil, said("answered more than is read")
	}
	return data, nil
}

// Discover asks an address for its services of the hooks that we call, by hook;
// of several for one hook the first.
func (c *Client) Discover(ctx context.Context, site, base string) (map[string]Service, error) {
	if err := CheckBase(base); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, MaxWait)
	defer cancel()
	data, err := c.do(ctx, http.MethodGet, site, base+"/cds-services", nil)
	if errors.Is(err, context.DeadlineExceeded) {
		err = said("did not answer in " + seconds(MaxWait))
	}
	if err != nil {
		return nil, err
	}
	var list struct {
		Services []Service `json:"services"`
	}
	if json.Unmarshal(data, &list) != nil || len(list.Services) > 200 {
		return nil, said("answered what could not be understood")
	}
	out := map[string]Service{}
	for _, s := range list.Services {
		if _, ok := HookOf(s.Hook); !ok || !serviceID.MatchString(s.ID) || out[s.Hook].ID != "" {
			continue
		}
		s.Title, s.Description = cut(s.Title, 200), cut(s.Description, 500)
		if len(s.Prefetch) > MaxKeys {
			s.Prefetch = nil
		}
		for key, query := range s.Prefetch {
			if key == "" || len(key) > 100 || len(query) > maxTemplate {
				delete(s.Prefetch, key)
			}
		}
		out[s.Hook] = s
	}
	return out, nil
}
