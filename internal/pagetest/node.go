// Package pagetest serves pages over a real store with the people of the
// demonstration in it, for the tests of the rooms: over HTTP with a cookie jar,
// and in a real Chromium where there is one.
package pagetest

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
	"wholechart/demo"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
	"wholechart/web"
)

// Anchor is when every test happens: 10:24 in Columbus.
var Anchor = time.Date(2026, 11, 22, 15, 24, 0, 0, time.UTC)

// Password is everybody's.
const Password = "correct horse battery"

// Node is one node over a real store, served.
type Node struct {
	T       testing.TB
	Records *record.Records
	Auth    *auth.Auth
	Store   *store.Store
	Base    string // once Serve was called
	Clock   func() time.Time
	Dir     string
}

// New is a node whose own sites are local and whose peers are far, slugs of demo.Sites; nobody is in it. The caller makes pages and calls Serve.
func New(t testing.TB, local, far []string) *Node {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(dir, "n.db")})
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{T: t, Store: st, Dir: dir, Clock: func() time.Time { return Anchor }}
	if n.Records, err = record.New(ctx, st, record.Options{Now: n.Clock}); err != nil {
		t.Fatal(err)
	}
	n.Auth = auth.New(st, n.Clock)
	t.Cleanup(func() {
		n.Records.Close()
		if _, err := st.VerifyAudit(context.Background()); err != nil {
			t.Error(err)
		}
		st.Close()
	})
	for i, slugs := range [][]string{local, far} {
		for _, s := range demo.Sites() {
			for _, slug := range slugs {
				if slug != s.Slug {
					continue
				}
				site := record.Site{Slug: s.Slug, Name: s.Name, State: s.State, Zone: s.Zone, Badge: s.Badge, Kind: s.Kind, Local: i == 0}
				if i == 1 {
					site.Base = "https://" + s.Slug + ".example/" + s.Slug
				}
				if _, err := n.Records.PutSite(ctx, site); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return n
}

// Serve serves pages, the assets and the choice of theme beside them.
func (n *Node) Serve(pages http.Handler) {
	n.T.Helper()
	mux := http.NewServeMux()
	mux.Handle(web.AssetPath, web.Assets())
	mux.Handle("POST "+web.ThemePath, web.Theme())
	mux.Handle("/", pages)
	srv := httptest.NewServer(mux)
	n.T.Cleanup(srv.Close)
	n.Base = srv.URL
}

// Noted is the access log as text, the latest last.
func (n *Node) Noted() string {
	n.T.Helper()
	var b strings.Builder
	time.Sleep(3 * audit.Delay)
	err := n.Store.View(context.Background(), func(v *store.View) error {
		rows, err := v.Audit(0, 100000, store.AuditFilter{})
		for _, r := range rows {
			b.Write(r.Body)
			b.WriteByte('\n')
		}
		return err
	})
	if err != nil {
		n.T.Fatal(err)
	}
	return b.String()
}

// System is a session of the system itself at a site.
func (n *Node) System(site string) record.Session {
	return n.Records.As(access.Actor{Kind: access.System, ID: "test", Site: site, Purpose: access.Treatment}, access.EMR)
}

// Resources are a bundle's, in their order.
func Resources(t testing.TB, bundle []byte) []*fhir.Doc {
	t.Helper()
	d, err := fhir.Parse(bundle)
	if err != nil {
		t.Fatal(err)
	}
	var out []*fhir.Doc
	for e := range d.Root().Get("entry").Items() {
		r, err := fhir.Parse(e.Get("resource").Raw())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// Put writes resources to a site's chart.
func (n *Node) Put(site string, docs ...*fhir.Doc) {
	n.T.Helper()
	var acts []record.Act
	for _, d := range docs {
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	if _, err := n.System(site).Transact(n.T.Context(), acts); err != nil {
		n.T.Fatalf("%s: %v", site, err)
	}
}

// Write writes resources given as text to a site's chart.
func (n *Node) Write(site string, texts ...string) {
	n.T.Helper()
	var docs []*fhir.Doc
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			n.T.Fatal(err)
		}
		docs = append(docs, d)
	}
	n.Put(site, docs...)
}

// Load puts the demonstration's people into the node's own sites and links them.
func (n *Node) Load(local ...string) {
	n.T.Helper()
	for _, site := range local {
		for _, b := range demo.Bundles(site, Anchor) {
			n.Put(site, Resources(n.T, b)...)
		}
	}
	has := func(site string) bool {
		for _, l := range local {
			if l == site {
				return true
			}
		}
		return false
	}
	for _, p := range demo.People() {
		var first *demo.Visit
		for _, v := range p.Home {
			if !has(v.Site) {
				continue
			}
			if first == nil {
				first = &v
				continue
			}
			other, err := n.Records.Site(v.Site)
			if err == nil {
				err = n.System(first.Site).SetLink(n.T.Context(), first.Patient, other, v.Patient, record.Linked, 0.98, "same person in the story")
			}
			if err != nil {
				n.T.Fatal(err)
			}
		}
	}
}

// Receive keeps a far site's record of one person as copies.
func (n *Node) Receive(site, far, person string, a record.Answer) {
	n.T.Helper()
	var here, there string
	for _, p := range demo.People() {
		if p.Slug != person {
			continue
		}
		for _, v := range p.Home {
			switch v.Site {
			case site:
				here = v.Patient
			case far:
				there = v.Patient
			}
		}
	}
	var copies []record.Copy
	for _, b := range demo.Bundles(far, Anchor) {
		docs := Resources(n.T, b)
		mine := docs[0].Root().ResourceType() != "Patient"
		for _, d := range docs {
			mine = mine || d.Root().ResourceType() == "Patient" && d.Root().ID() == there
		}
		if !mine {
			continue
		}
		for _, d := range docs {
			copies = append(copies, record.Copy{Type: d.Root().ResourceType(), ID: d.Root().ID(), Body: d, Version: "1", Updated: Anchor.Add(-time.Hour), Author: "Practitioner at " + far})
		}
	}
	source, err := n.Records.Site(far)
	if err != nil {
		n.T.Fatal(err)
	}
	a.Site, a.Patient = far, there
	if err := n.System(site).Receive(n.T.Context(), source, here, a, copies, true); err != nil {
		n.T.Fatal(err)
	}
	if err := n.System(site).SetLink(n.T.Context(), here, source, there, record.Linked, 0.98, "matched there"); err != nil {
		n.T.Fatal(err)
	}
}

// User makes an account and signs it in; the answer is a browser with its session.
func (n *Node) User(u auth.User) *Browser {
	n.T.Helper()
	if err := n.Auth.AddUser(n.T.Context(), u, Password); err != nil {
		n.T.Fatal(err)
	}
	b := n.Visitor()
	res, body := b.Post("/"+u.Site+"/signin", url.Values{"user": {u.Name}, "password": {Password}})
	if res.Request.URL.Path == "/"+u.Site+"/signin" {
		n.T.Fatalf("%s cannot sign in: %s", u.Name, body)
	}
	return b
}

// Visitor is a browser without a session.
func (n *Node) Visitor() *Browser {
	jar, _ := cookiejar.New(nil)
	return &Browser{n, &http.Client{Jar: jar}}
}

// Browser keeps cookies and follows redirects.
type Browser struct {
	Node   *Node
	Client *http.Client
}

// Do sends a request and reads the answer.
func (b *Browser) Do(req *http.Request) (*http.Response, string) {
	b.Node.T.Helper()
	res, err := b.Client.Do(req)
	if err != nil {
		b.Node.T.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Node.T.Fatal(err)
	}
	return res, string(body)
}

// Get asks for a page. A question of the search box (?q=) is posted, as the form does.
func (b *Browser) Get(path string) (*http.Response, string) {
	b.Node.T.Helper()
	if at, q, ok := strings.Cut(path, "?q="); ok && strings.Contains(at, "/patients") {
		words, err := url.QueryUnescape(q)
		if err != nil {
			words = q
		}
		return b.Post(at, url.Values{"q": {words}})
	}
	req, err := http.NewRequest("GET", b.Node.Base+path, nil)
	if err != nil {
		b.Node.T.Fatal(err)
	}
	return b.Do(req)
}

// Open is the text of a page that must be there.
func (b *Browser) Open(path string) string {
	b.Node.T.Helper()
	res, body := b.Get(path)
	if res.StatusCode != 200 {
		b.Node.T.Fatalf("%s: %d %s", path, res.StatusCode, short(body))
	}
	return body
}

// Post sends a form and follows where it leads.
func (b *Browser) Post(path string, form url.Values) (*http.Response, string) {
	b.Node.T.Helper()
	req, err := http.NewRequest("POST", b.Node.Base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.Node.T.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(req)
}

func short(s string) string {
	if len(s) > 600 {
		return s[:600]
	}
	return s
}
