package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/identity"
)

// Bounds of what a peer may say.
const (
	maxToken   = 64 << 10
	maxMatch   = 2 << 20
	maxPage    = 48 << 20
	maxTotal   = 384 << 20 // of one person's record
	maxPages   = 400
	maxCopies  = 100000
	maxMatches = 20
	pageSize   = 500
)

// failure is why a peer did not answer.
type failure struct {
	state string
	why   string
	since time.Time
}

func (f *failure) Error() string { return f.state + ": " + f.why }

var (
	misunderstood = &failure{state: Unreachable, why: "what it answered could not be understood"}
	errDenied     = &failure{state: Refused, why: "it does not answer this question"}
)

func denied(err error) bool { return errors.Is(err, errDenied) }

// token is a peer's bearer token.
type token struct {
	text  string
	until time.Time
}

// outage is a node that could not be reached.
type outage struct {
	since, until time.Time
	fails        int
}

// conversation is the questions of one opening to one peer.
type conversation struct {
	x *Exchange
	o *opening
	s source
}

// breaker says whether a node was found out of reach moments ago.
func (c *conversation) breaker() error {
	c.x.mu.Lock()
	defer c.x.mu.Unlock()
	if out := c.x.broken[c.s.node]; out != nil && !c.o.force && c.x.opt.Now().Before(out.until) {
		return &failure{Unreachable, "it could not be reached moments ago", out.since}
	}
	return nil
}

// reached keeps whether a node could be reached: after a failure it is left
// alone for 5 seconds, after each further one for twice as long, up to a minute.
func (c *conversation) reached(ok bool) time.Time {
	c.x.mu.Lock()
	defer c.x.mu.Unlock()
	if ok {
		delete(c.x.broken, c.s.node)
		return time.Time{}
	}
	now := c.x.opt.Now().UTC()
	out := c.x.broken[c.s.node]
	if out == nil {
		out = &outage{since: now}
		c.x.broken[c.s.node] = out
	}
	out.until = now.Add(min(time.Minute, 5*time.Second<<min(out.fails, 4)))
	out.fails++
	return out.since
}

// send does one request to the peer's base URL and reads at most limit bytes.
func (c *conversation) send(ctx context.Context, method, path, contentType string, body []byte, bearer string, limit int64) (int, []byte, error) {
	if err := c.breaker(); err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.x.opt.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.s.Base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, misunderstood
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
		req.Header.Set("Accept", "application/fhir+json")
	}
	res, err := c.x.client.Do(req)
	if err != nil {
		why := "no connection"
		if errors.Is(err, context.DeadlineExceeded) {
			why = "no answer in time"
		}
		return 0, nil, &failure{Unreachable, why, c.reached(false)}
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return 0, nil, &failure{Unreachable, "the connection broke off", c.reached(false)}
	case res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
		return 0, nil, &failure{Unreachable, "it is not able to answer (HTTP " + strconv.Itoa(res.StatusCode) + ")", c.reached(false)}
	case int64(len(data)) > limit:
		return 0, nil, misunderstood
	}
	c.reached(true)
	return res.StatusCode, data, nil
}

// bearer is a token of the peer, asked for by a signed assertion
// (RFC 7523 section 2.2) when none is at hand.
func (c *conversation) bearer(ctx context.Context, fresh bool) (string, error) {
	key := c.o.site.Slug + "|" + c.s.Slug + "|" + string(c.o.purpose)
	c.x.mu.Lock()
	t := c.x.tokens[key]
	c.x.mu.Unlock()
	if !fresh && t.text != "" && c.x.opt.Now().Before(t.until) {
		return t.text, nil
	}
	if err := c.breaker(); err != nil {
		return "", err
	}
	assertion, err := c.x.auth.Assert(ctx, c.x.opt.Self(c.o.site.Slug), c.s.Base+"/auth/token")
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion": {assertion}, "purpose": {string(c.o.purpose)},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	status, data, err := c.send(ctx, http.MethodPost, "/auth/token", "application/x-www-form-urlencoded", []byte(form.Encode()), "", maxToken)
	if err != nil {
		return "", err
	}
	if status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden {
		return "", &failure{state: Refused, why: "it does not know this site, or does not trust it"}
	}
	var answer struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int    `json:"expires_in"`
	}
	if status != http.StatusOK || json.Unmarshal(data, &answer) != nil || answer.Token == "" || len(answer.Token) > 4096 || !strings.EqualFold(answer.Type, "bearer") {
		return "", misunderstood
	}
	t = token{answer.Token, c.x.opt.Now().Add(time.Duration(min(max(answer.Expires, 0), 3600)) * time.Second * 4 / 5)}
	c.x.mu.Lock()
	if len(c.x.tokens) >= maxTokens {
		clear(c.x.tokens)
	}
	c.x.tokens[key] = t
	c.x.mu.Unlock()
	return t.text, nil
}

// fhir does one FHIR request with a bearer token, once more with a fresh token
// if the one at hand no longer stands.
func (c *conversation) fhir(ctx context.Context, method, path string, body []byte, limit int64) (*fhir.Doc, error) {
	for attempt := 0; ; attempt++ {
		bearer, err := c.bearer(ctx, attempt > 0)
		if err != nil {
			return nil, err
		}
		contentType := ""
		if body != nil {
			contentType = "application/fhir+json"
		}
		status, data, err := c.send(ctx, method, "/emr/fhir/"+path, contentType, body, bearer, limit)
		switch {
		case err != nil:
			return nil, err
		case status == http.StatusUnauthorized && attempt == 0:
			continue
		case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusGone:
			return nil, errDenied
		case status != http.StatusOK:
			return nil, misunderstood
		}
		doc, err := fhir.Parse(data)
		if err != nil || doc.Root().ResourceType() != "Bundle" {
			return nil, misunderstood
		}
		return doc, nil
	}
}

// match asks who at the peer is the person
// (http://hl7.org/fhir/R4/patient-operation-match.html). confirmed is the id
// there of the record that is linked to hers here.
func (c *conversation) match(ctx context.Context, who identity.Demographics, confirmed string, locate bool) (*located, []match, error) {
	body := []byte(`{"resourceType":"Parameters","parameter":[{"name":"resource","resource":`)
	body = append(body, who.Patient()...)
	body = append(body, `},{"name":"count","valueInteger":10}`...)
	if confirmed != "" {
		body = append(body, `,{"name":"confirmed","valueId":"`+confirmed+`"}`...)
	}
	if locate {
		body = append(body, `,{"name":"locate","valueBoolean":true}`...)
	}
	doc, err := c.fhir(ctx, http.MethodPost, "Patient/$match", append(body, `]}`...), maxMatch)
	if err != nil {
		return nil, nil, err
	}
	return readMatches(doc.Root())
}

// readMatches reads a searchset of Patients.
func readMatches(b fhir.Node) (at *located, out []match, err error) {
	if !b.Get("type").Is("searchset") {
		return nil, nil, misunderstood
	}
	for e := range b.Get("meta").Get("extension").Items() {
		switch e.Get("url").Str() {
		case extLocated:
			if at == nil {
				at = &located{}
			}
		case extAlsoAt:
			if at == nil {
				at = &located{}
			}
			if len(at.sites) < maxCopies {
				at.sites = append(at.sites, e.Get("valueString").Str())
			}
		}
	}
	for e := range b.Get("entry").Items() {
		res := e.Get("resource")
		if res.ResourceType() != "Patient" {
			continue // an OperationOutcome may come along
		}
		if !fhir.IsID(res.ID()) || len(out) == maxMatches {
			return nil, nil, misunderstood
		}
		doc, err := fhir.Parse(append([]byte(nil), res.Raw()...))
		if err != nil {
			return nil, nil, misunderstood
		}
		m := match{id: res.ID(), doc: doc, grade: identity.Possible, version: res.Get("meta").Get("versionId").Str(), updated: instant(res.Get("meta").Get("lastUpdated").Str())}
		for x := range e.Get("search").Get("extension").Items() {
			if x.Get("url").Is(extGrade) {
				m.grade = identity.Grade(x.Get("valueCode").Str())
			}
		}
		if m.grade != identity.CertainlyNot {
			out = append(out, m)
		}
	}
	return at, out, nil
}

// instant reads a time; zero if there is none.
func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
