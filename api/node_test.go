package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
)

// node is one node with the sites maple and oak, over a real store.
type node struct {
	t       testing.TB
	api     *API
	records *record.Records
	auth    *auth.Auth
	log     *bytes.Buffer
	tokens  map[string]string // of who, for tests that ask often
}

func newNode(t testing.TB, change ...func(*Config)) *node {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "n.db")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.New(ctx, st, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		if n, err := st.VerifyAudit(context.Background()); err != nil {
			t.Errorf("the audit chain of %d does not verify: %v", n, err)
		}
		st.Close()
	})
	for _, s := range []record.Site{{Slug: "maple", Name: "Maple Street Family Practice", State: "OH", Local: true},
		{Slug: "oak", Name: "Oak Hospital", State: "MI", Local: true}, {Slug: "far", Name: "Far Clinic", Base: "https://far.example/far"}} {
		if _, err := r.PutSite(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	n := &node{t: t, records: r, auth: auth.New(st, nil), log: new(bytes.Buffer), tokens: map[string]string{}}
	c := Config{Records: r, Auth: n.auth, BaseURL: func(*http.Request) string { return "https://node.example" },
		Log: slog.New(slog.NewTextHandler(&lockedWriter{w: n.log}, nil))}
	for _, f := range change {
		f(&c)
	}
	n.api = New(c)
	return n
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// token is a bearer token of an actor; its account is made when there is none.
func (n *node) token(a access.Actor) string {
	n.t.Helper()
	ctx := context.Background()
	key, _ := json.Marshal(a)
	if t := n.tokens[string(key)]; t != "" {
		return t
	}
	var err error
	switch a.Kind {
	case access.User, access.Patient, access.Proxy:
		err = n.auth.AddUser(ctx, auth.User{Site: a.Site, Name: a.ID, Role: a.Role, Patients: a.Patients, Proxy: a.Kind == access.Proxy, Who: a.Who}, testPassword)
	case access.Client:
		scopes := a.Scopes
		if scopes == nil { // an account has some; the token of this actor has none
			scopes = []access.Scope{{Context: "system", Type: "Basic", Rights: "r"}}
		}
		_, err = n.auth.AddClient(ctx, auth.Client{Site: a.Site, ID: a.ID, Scopes: scopes, Purpose: a.Purpose})
	case access.Peer:
		k, e := n.auth.PublicKeys(ctx)
		if e != nil {
			n.t.Fatal(e)
		}
		err = n.auth.AddPeer(ctx, auth.Peer{Slug: a.ID, Base: "https://" + a.ID + ".example", Keys: k})
	}
	if err != nil {
		n.t.Fatal(err)
	}
	token, err := n.auth.Issue(ctx, a, auth.Bearer, time.Hour)
	if err != nil {
		n.t.Fatal(err)
	}
	n.tokens[string(key)] = token
	return token
}

const testPassword = "correct horse battery"

func (n *node) admin(site string) string {
	n.t.Helper()
	return n.token(access.Actor{Kind: access.User, ID: "admin", Site: site, Role: access.Admin, Purpose: access.Treatment})
}

// reply is a response with what tests ask of it.
type reply struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// do asks with a token; headers are name, value, name, value …
func (n *node) do(token, method, path, body string, headers ...string) *reply {
	n.t.Helper()
	u, err := url.Parse(path)
	if err != nil || u.Host != "" { // what a client could send only by hand
		u = &url.URL{}
		u.Path, u.RawQuery, _ = strings.Cut(path, "?")
	}
	return n.send(token, method, u, body, headers...)
}

func (n *node) send(token, method string, u *url.URL, body string, headers ...string) *reply {
	n.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "/", in)
	r.URL = u
	if body != "" {
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	n.api.ServeHTTP(w, r)
	return &reply{n.t, w.Code, w.Header(), w.Body.Bytes()}
}

// maple asks as the administrator of the first site's chart.
func (n *node) maple(method, path, body string, headers ...string) *reply {
	n.t.Helper()
	return n.do(n.admin("maple"), method, "/maple/emr/fhir"+path, body, headers...)
}

func (r *reply) status(want int) *reply {
	r.t.Helper()
	if r.Status != want {
		r.t.Fatalf("status %d, want %d: %.600s", r.Status, want, r.Body)
	}
	return r
}

func (r *reply) node() fhir.Node {
	r.t.Helper()
	d, err := fhir.Parse(r.Body)
	if err != nil {
		r.t.Fatalf("the answer is not FHIR JSON: %v: %.300s", err, r.Body)
	}
	return d.Root()
}

// outcome checks that the answer is an OperationOutcome with an issue of a code.
func (r *reply) outcome(status int, code string) *reply {
	r.t.Helper()
	r.status(status)
	n := r.node()
	if n.ResourceType() != "OperationOutcome" {
		r.t.Fatalf("not an OperationOutcome: %.300s", r.Body)
	}
	var codes []string
	for i := range n.Get("issue").Items() {
		if i.Get("details").Get("text").Str() == "" {
			r.t.Errorf("an issue without a text: %s", r.Body)
		}
		codes = append(codes, i.Get("code").Str())
	}
	if !slices.Contains(codes, code) {
		r.t.Fatalf("issue codes %v, want %s: %.400s", codes, code, r.Body)
	}
	return r
}

// ids are the ids of a bundle's resources, by entry.search.mode or all.
func (r *reply) ids(mode string) []string {
	r.t.Helper()
	var out []string
	for e := range r.status(200).node().Get("entry").Items() {
		if m := e.Get("search").Get("mode").Str(); mode == "" || m == mode {
			out = append(out, e.Get("resource").ID())
		}
	}
	return out
}

func (r *reply) link(relation string) string {
	for l := range r.node().Get("link").Items() {
		if l.Get("relation").Is(relation) {
			return l.Get("url").Str()
		}
	}
	return ""
}

func patient(id, family string) string {
	return `{"resourceType":"Patient","id":"` + id + `","identifier":[{"system":"urn:mrn","value":"` + id + `"}],"name":[{"family":"` + family + `","given":["Ada"]}],"gender":"female","birthDate":"1980-02-03"}`
}

func observation(id, patient, code, date string) string {
	return `{"resourceType":"Observation","id":"` + id + `","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]},"subject":{"reference":"Patient/` + patient +
		`"},"effectiveDateTime":"` + date + `","valueQuantity":{"value":7.10,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"}}`
}
