package remind

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Gateway sends text messages through a provider's HTTP interface. Body and
// StatusURL are templates: {to}, {text}, {key} and {from} are filled in, in a
// body as JSON strings are written, in an address as query values are.
type Gateway struct {
	URL       string
	Method    string            // empty: POST
	Body      string            // JSON: `{"to":"{to}","body":"{text}"}`
	Header    map[string]string // "Authorization": a secret. Never logged, never kept in the record
	KeyHeader string            // empty: Idempotency-Key
	IDField   string            // member of the answer that is the provider's id of the message: "id"
	StatusURL string            // asked with GET when nobody knows whether it took a message; 200: it did, 404: it did not; empty: it cannot be asked
	Keeps     bool              // the provider promises that a key that comes again is not sent again
	Duplicate int               // HTTP status that says "this key was taken before"; 0: 409
	From      string            // sender, as the provider wants it
	Timeout   time.Duration     // 0: 20 s
	Hook      *Hook             // how it tells of what came in and what became of what went out; nil: it does not
	Plain     bool              // http to another machine, knowingly
	Client    *http.Client      // nil: one that follows no redirect
}

// Check says what of the configuration cannot be.
func (g *Gateway) Check() error {
	for _, a := range []string{g.URL, g.StatusURL} {
		if a == "" && a == g.StatusURL && g.URL != "" {
			continue
		}
		u, err := url.Parse(fill(a, Envelope{}, g.From, url.QueryEscape))
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
			return errors.New("the text gateway's address is no web address")
		}
		if u.Scheme == "http" && !g.Plain && !local(u.Hostname()) {
			return errors.New("text messages leave this machine by https only")
		}
	}
	if !json.Valid([]byte(fill(g.Body, Envelope{To: "+1", Text: `"`, Key: "k"}, g.From, quoted))) || !strings.Contains(g.Body, "{text}") || !strings.Contains(g.Body, "{to}") {
		return errors.New("the text gateway's body is JSON with {to} and {text} in it")
	}
	if g.Hook != nil {
		return g.Hook.Check()
	}
	return nil
}

func fill(template string, e Envelope, from string, write func(string) string) string {
	return strings.NewReplacer("{to}", write(e.To), "{text}", write(e.Text), "{key}", write(e.Key), "{from}", write(from)).Replace(template)
}

// quoted is a text inside a JSON string.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(b[1 : len(b)-1])
}

var plainClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (g *Gateway) do(ctx context.Context, method, address, body, key string) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(g.Timeout, 20*time.Second))
	defer cancel()
	var begun atomic.Bool // from here on it may have reached the gateway
	trace := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { begun.Store(true) }})
	req, err := http.NewRequestWithContext(trace, method, address, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, &Failure{Why: "the text gateway's address is no web address"}
	}
	req.GetBody = nil // net/http repeats what bears an Idempotency-Key by itself
	for k, v := range g.Header {
		req.Header.Set(k, v)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set(cmp.Or(g.KeyHeader, "Idempotency-Key"), key)
	res, err := cmp.Or(g.Client, plainClient).Do(req)
	if err != nil {
		return 0, nil, nil, &Failure{Why: "the text gateway did not answer", Unknown: begun.Load()} // the error names the address, which may hold a secret
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return 0, nil, nil, &Failure{Why: "the text gateway's answer broke off", Unknown: true}
	}
	return res.StatusCode, res.Header, text, nil
}

// Send hands one text over.
func (g *Gateway) Send(ctx context.Context, e Envelope) (string, error) {
	if err := g.Check(); err != nil {
		return "", &Failure{Why: err.Error()}
	}
	status, head, answer, err := g.do(ctx, cmp.Or(g.Method, http.MethodPost), fill(g.URL, e, g.From, url.QueryEscape), fill(g.Body, e, g.From, quoted), e.Key)
	switch {
	case err != nil:
		return "", err
	case status >= 200 && status < 300, status == cmp.Or(g.Duplicate, http.StatusConflict):
		return g.receipt(answer), nil
	}
	f := &Failure{Why: fmt.Sprintf("the text gateway refused the message (%d)", status), Code: status}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests: // an operator's matter, or it passes
	case http.StatusServiceUnavailable: // it says that it did not take it (RFC 9110 section 15.6.4)
	default:
		f.Permanent = status >= 400 && status < 500
		f.Unknown = status >= 500 // it, or a proxy before it, failed on the way
	}
	if s, err := strconv.Atoi(head.Get("Retry-After")); err == nil && s > 0 {
		f.After = min(time.Duration(s)*time.Second, time.Hour)
	}
	return "", f
}

// Once says whether the provider promises to send a key once.
func (g *Gateway) Once() bool { return g.Keeps }

// Took asks for a key. Without StatusURL nobody can be asked: an error.
func (g *Gateway) Took(ctx context.Context, key string) (bool, string, error) {
	if g.StatusURL == "" {
		return false, "", errors.New("this gateway cannot be asked")
	}
	status, _, answer, err := g.do(ctx, http.MethodGet, fill(g.StatusURL, Envelope{Key: key}, g.From, url.QueryEscape), "", key)
	switch {
	case err != nil:
		return false, "", err
	case status == http.StatusOK:
		return true, g.receipt(answer), nil
	case status == http.StatusNotFound:
		return false, "", nil
	}
	return false, "", &Failure{Why: fmt.Sprintf("the text gateway did not say (%d)", status)}
}

func (g *Gateway) receipt(answer []byte) string {
	if g.IDField == "" {
		return ""
	}
	var o map[string]any
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if d.Decode(&o) != nil {
		return ""
	}
	switch v := o[g.IDField].(type) {
	case string:
		if len(v) <= 200 {
			return clean(v)
		}
	case json.Number:
		return v.String()
	}
	return ""
}

// String keeps secrets out of logs.
func (g *Gateway) String() string { return "text gateway" }

// String keeps the password out of logs.
func (s *SMTP) String() string { return "mail server " + s.Addr }
