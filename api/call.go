package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/record"
)

// call is one interaction that is asked for: a request, or an entry of a batch
// or transaction.
type call struct {
	api    *API
	ctx    context.Context
	method string
	query  url.Values
	head   http.Header
	base   string // URL of the endpoint
	lens   access.Lens
	site   *record.Site
	s      record.Session

	typ, id, version, member string // of the path

	bytes func(limit int64) ([]byte, error) // the body
	form  bool                              // the body is a form, already in query
	asks  bool                              // a question that comes by POST
	wants wants
	allow string // methods, of a refusal
}

// large is the size from which a request's body makes it a costly one.
const large = 1 << 20

// endpoint answers for one of the two records.
func (a *API) endpoint(lens access.Lens) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{api: a, ctx: r.Context(), method: r.Method, head: r.Header, lens: lens}
		ans, err := a.answer(c, w, r)
		if err != nil {
			ans = c.refused(err)
		}
		a.send(w, r, c, ans)
	}
}

func (a *API) answer(c *call, w http.ResponseWriter, r *http.Request) (*answer, error) {
	var err error
	if c.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		c.query = url.Values{}
		return nil, &refusal{http.StatusBadRequest, "invalid", "the query of the URL is not well formed"}
	}
	if c.wants, err = readWants(c.query, c.head); err != nil {
		return nil, err
	}
	slug := r.PathValue("site")
	if c.site, err = a.Records.Site(slug); err != nil || !c.site.Local {
		return nil, &refusal{http.StatusNotFound, "not-found", "there is no such site here"}
	}
	c.base = a.BaseURL(r) + "/" + slug + "/" + c.lens.String() + "/fhir"
	route, lost := c.find(r.PathValue("path"))
	if lost == nil && route.is&open != 0 {
		return route.does(c)
	}
	actor, err := a.actor(r, slug)
	if err != nil {
		return nil, err
	}
	if lost != nil {
		return nil, lost
	}
	c.s = a.Records.As(actor, c.lens)
	c.bytes = func(limit int64) ([]byte, error) { return body(w, r, limit) }
	if err := c.mediaType(r); err != nil {
		return nil, err
	}
	if r.ContentLength > large || r.ContentLength < 0 {
		done, err := a.bodies.take(c.ctx)
		if err != nil {
			return nil, err
		}
		defer done()
	}
	return route.does(c)
}

// actor is who the request's bearer token stands for (RFC 6750).
func (a *API) actor(r *http.Request, site string) (access.Actor, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return access.Actor{}, &refusal{http.StatusUnauthorized, "login", "a bearer token is needed"}
	}
	actor, err := a.Auth.Recognise(r.Context(), site, strings.TrimSpace(token), auth.Bearer)
	if errors.Is(err, auth.ErrDenied) {
		return actor, &refusal{http.StatusUnauthorized, "login", "the token is not valid here, or no longer"}
	}
	return actor, err
}

// places bound how many requests of a sort are worked on at once.
type places chan struct{}

// take waits for a place. A large body is waited for before anything that is
// costly, never after.
func (p places) take(ctx context.Context) (done func(), err error) {
	select {
	case p <- struct{}{}:
		return func() { <-p }, nil
	default:
	}
	t := time.NewTimer(10 * time.Second)
	defer t.Stop()
	select {
	case p <- struct{}{}:
		return func() { <-p }, nil
	case <-t.C:
		return nil, &refusal{http.StatusServiceUnavailable, "throttled", "too many costly requests at once: try again soon"}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// body reads a request's body, bounded; one that says it is too large is not read.
func body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close")
		return nil, tooLarge(limit)
	}
	var data []byte
	in := http.MaxBytesReader(w, r.Body, limit)
	if r.ContentLength >= 0 {
		data = make([]byte, r.ContentLength)
		if _, err := io.ReadFull(in, data); err != nil {
			return nil, bodyError(err, limit)
		}
		return data, nil
	}
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, bodyError(err, limit)
	}
	return data, nil
}

func bodyError(err error, limit int64) error {
	var max *http.MaxBytesError
	switch {
	case errors.As(err, &max):
		return tooLarge(limit)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	}
	return &refusal{http.StatusBadRequest, "incomplete", "the request's body could not be read to its end"}
}

func tooLarge(limit int64) error {
	return &refusal{http.StatusRequestEntityTooLarge, "too-long", "the request's body is larger than " + strconv.FormatInt(limit, 10) + " bytes"}
}

// doc is the body as parsed JSON.
func (c *call) doc() (*fhir.Doc, error) {
	data, err := c.bytes(c.api.MaxBody)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, &refusal{http.StatusBadRequest, "structure", "the request has no body"}
	}
	d, err := fhir.Parse(data)
	if err != nil {
		return nil, err
	}
	if d.Root().Kind() != fhir.Object {
		return nil, &refusal{http.StatusBadRequest, "structure", "the body is not a JSON object"}
	}
	return d, nil
}

// resource is the body as a resource of the call's type.
func (c *call) resource() (fhir.Node, error) {
	d, err := c.doc()
	if err != nil {
		return fhir.Node{}, err
	}
	return d.Root(), c.fits(d.Root())
}

// fits refuses what is no resource of the call's type.
func (c *call) fits(n fhir.Node) error {
	switch t := n.Get("resourceType"); {
	case t.Kind() != fhir.String:
		return &refusal{http.StatusBadRequest, "structure", "the body has no resourceType"}
	case !fhir.IsResourceType(t.Str()):
		return &refusal{http.StatusBadRequest, "structure", "the body's resourceType is not a resource type of FHIR R4"}
	case t.Str() != c.typ:
		return &refusal{http.StatusBadRequest, "invalid", "the body is not a " + c.typ + ", as the URL says"}
	}
	return nil
}
