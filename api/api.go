// Package api is the FHIR R4 REST interface (http://hl7.org/fhir/R4/http.html)
// of every site of a node, in JSON: the chart at /{site}/emr/fhir, read and
// write, and the whole record at /{site}/ehr/fhir, read only; and beside them
// the doors through which programs and peers get their tokens, and CDS Hooks
// (cds.go) at /{site}/cds-services.
//
// routes.go is the table of contents; one file is one interaction. Everything
// of a patient goes through package record: what this package decides is only
// the form of questions and answers. It speaks no XML and has no PATCH.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/record"
)

// Exchange is what the doors need of the asking of other sites.
type Exchange interface {
	// Open asks the sites that may know a patient, so that the whole record is whole.
	Open(ctx context.Context, s record.Session, patientID string) ([]record.Answer, error)
	// AnswerMatch is Patient/$match: a searchset Bundle.
	AnswerMatch(ctx context.Context, s record.Session, parameters fhir.Node) ([]byte, error)
	// AnswerChanges is Patient/{id}/$changes: a history Bundle.
	AnswerChanges(ctx context.Context, s record.Session, patientID string, after record.Seq, count int) ([]byte, error)
}

// Config is what an API is made of. Records and Auth are needed.
type Config struct {
	Records  *record.Records
	Auth     *auth.Auth
	Exchange Exchange                   // nil: other sites are not asked, $match and $changes are not there
	BaseURL  func(*http.Request) string // scheme and host under which the node is reached, without a slash at the end; nil: of the request, and no peer gets a token
	MaxBody  int64                      // bytes of a request's body; 0 is 32 MiB
	Timeout  time.Duration              // of one request; 0 is 60 s
	Now      func() time.Time           // nil is time.Now
	Log      *slog.Logger               // nil is slog.Default
	Costly   int                        // how many costly requests run at once; 0 is 8
	Support  Support                    // nil: no CDS Hooks
}

// API answers requests. It is safe for concurrent use.
type API struct {
	Config
	mux    *http.ServeMux
	costly places
	bodies places
	named  bool     // BaseURL does not come from who asks
	said   sync.Map // capability statements by endpoint
	asking places   // questions to other sites that CDS Hooks began
	cards  shownCards
}

// New joins the doors. It serves the paths that Serves names.
func New(c Config) *API {
	named := c.BaseURL != nil
	if !named {
		c.BaseURL = ownBase
	}
	if c.MaxBody <= 0 {
		c.MaxBody = 32 << 20
	}
	if c.Timeout <= 0 {
		c.Timeout = 60 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Costly <= 0 {
		c.Costly = 8
	}
	a := &API{Config: c, mux: http.NewServeMux(), costly: make(places, c.Costly), bodies: make(places, c.Costly), asking: make(places, 32), named: named}
	a.mux.HandleFunc("/{site}/emr/fhir", a.endpoint(access.EMR))
	a.mux.HandleFunc("/{site}/emr/fhir/{path...}", a.endpoint(access.EMR))
	a.mux.HandleFunc("/{site}/ehr/fhir", a.endpoint(access.EHR))
	a.mux.HandleFunc("/{site}/ehr/fhir/{path...}", a.endpoint(access.EHR))
	a.mux.HandleFunc("/{site}/auth/token", a.token)
	a.cdsDoors()
	a.mux.HandleFunc("/.well-known/jwks.json", a.keys)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, &refusal{http.StatusNotFound, "not-found", "there is nothing at this address"})
	})
	return a
}

// Serves says whether a path is one of this package's doors, so that the roof
// can hand it over before the pages' own patterns are looked at.
func Serves(path string) bool {
	if path == "/.well-known/jwks.json" {
		return true
	}
	site, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || site == "" {
		return false
	}
	for _, door := range []string{"emr/fhir", "ehr/fhir", "cds-services"} {
		if rest == door || strings.HasPrefix(rest, door+"/") {
			return true
		}
	}
	return rest == "auth/token"
}

// ServeHTTP answers one request, and does not let a panic out.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		a.Log.Error("panic in a request", "method", r.Method, "door", door(r.URL.Path), "panic", p, "stack", stack())
		a.fail(w, r, &refusal{http.StatusInternalServerError, "exception", "something went wrong here; it has been noted"})
	}()
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	r = r.WithContext(ctx)
	if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
		// ServeMux would answer with a redirection and a page.
		a.fail(w, r, &refusal{http.StatusNotFound, "not-found", "there is nothing at this address"})
		return
	}
	a.mux.ServeHTTP(w, r)
}

// ownBase is the node as this request reached it.
func ownBase(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// door is a path without what may name a patient, for the log.
func door(path string) string {
	parts := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 5)
	return strings.Join(parts[:min(len(parts), 4)], "/")
}
