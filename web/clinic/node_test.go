package clinic

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

// anchor is when every test happens: 10:24 in Columbus.
var anchor = time.Date(2026, 11, 22, 15, 24, 0, 0, time.UTC)

const password = "correct horse battery"

// node is one node over a real store, served.
type node struct {
	t       testing.TB
	records *record.Records
	auth    *auth.Auth
	store   *store.Store
	base    string
	clock   func() time.Time
}

// opener is an Opener that answers as it is told.
type opener func(ctx context.Context, s record.Session, id string, force bool) ([]record.Answer, error)

func (o opener) Open(ctx context.Context, s record.Session, id string, force bool) ([]record.Answer, error) {
	return o(ctx, s, id, force)
}

// newNode serves a node whose own sites are local and whose peers are far.
func newNode(t testing.TB, local, far []string, o Opener) *node {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "n.db")})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, store: st, clock: func() time.Time { return anchor }}
	if n.records, err = record.New(ctx, st, record.Options{Now: n.clock}); err != nil {
		t.Fatal(err)
	}
	n.auth = auth.New(st, n.clock)
	t.Cleanup(func() {
		n.records.Close()
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
				if _, err := n.records.PutSite(ctx, site); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	h, err := New(Config{Records: n.records, Auth: n.auth, Opener: o, Demo: true, Now: n.clock})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(web.AssetPath, web.Assets())
	mux.Handle("POST "+web.ThemePath, web.Theme())
	mux.Handle("/", h)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	n.base = srv.URL
	return n
}

// noted is the access log as text, the latest last.
func (n *node) noted() string {
	n.t.Helper()
	var b strings.Builder
	time.Sleep(3 * audit.Delay)
	err := n.store.View(context.Background(), func(v *store.View) error {
		rows, err := v.Audit(0, 100000, store.AuditFilter{})
		for _, r := range rows {
			b.Write(r.Body)
			b.WriteByte('\n')
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return b.String()
}

func (n *node) system(site string) record.Session {
	return n.records.As(access.Actor{Kind: access.System, ID: "test", Site: site, Purpose: access.Treatment}, access.EMR)
}

// resources are a bundle's, in their order.
func resources(t testing.TB, bundle []byte) []*fhir.Doc {
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

// put writes resources to a site's chart.
func (n *node) put(site string, docs ...*fhir.Doc) {
	n.t.Helper()
	var acts []record.Act
	for _, d := range docs {
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	if _, err := n.system(site).Transact(n.t.Context(), acts); err != nil {
		n.t.Fatalf("%s: %v", site, err)
	}
}

func (n *node) write(site string, texts ...string) {
	n.t.Helper()
	var docs []*fhir.Doc
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			n.t.Fatal(err)
		}
		docs = append(docs, d)
	}
	n.put(site, docs...)
}

// load puts the demonstration's people into the node's own sites and links them.
func (n *node) load(local ...string) {
	n.t.Helper()
	for _, site := range local {
		for _, b := range demo.Bundles(site, anchor) {
			n.put(site, resources(n.t, b)...)
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
			other, err := n.records.Site(v.Site)
			if err == nil {
				err = n.system(first.Site).SetLink(n.t.Context(), first.Patient, other, v.Patient, record.Linked, 0.98, "same person in the story")
			}
			if err != nil {
				n.t.Fatal(err)
			}
		}
	}
}

// receive keeps a far site's record of one person as copies.
func (n *node) receive(site, far, person string, a record.Answer) {
	n.t.Helper()
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
	for _, b := range demo.Bundles(far, anchor) {
		docs := resources(n.t, b)
		mine := docs[0].Root().ResourceType() != "Patient"
		for _, d := range docs {
			mine = mine || d.Root().ResourceType() == "Patient" && d.Root().ID() == there
		}
		if !mine {
			continue
		}
		for _, d := range docs {
			copies = append(copies, record.Copy{Type: d.Root().ResourceType(), ID: d.Root().ID(), Body: d, Version: "1", Updated: anchor.Add(-time.Hour), Author: "Practitioner at " + far})
		}
	}
	source, err := n.records.Site(far)
	if err != nil {
		n.t.Fatal(err)
	}
	a.Site, a.Patient = far, there
	if err := n.system(site).Receive(n.t.Context(), source, here, a, copies, true); err != nil {
		n.t.Fatal(err)
	}
	if err := n.system(site).SetLink(n.t.Context(), here, source, there, record.Linked, 0.98, "matched there"); err != nil {
		n.t.Fatal(err)
	}
}

// user makes an account and signs it in; the answer is a browser with its session.
func (n *node) user(u auth.User) *browser {
	n.t.Helper()
	if err := n.auth.AddUser(n.t.Context(), u, password); err != nil {
		n.t.Fatal(err)
	}
	b := n.visitor()
	res, body := b.post("/"+u.Site+"/signin", url.Values{"user": {u.Name}, "password": {password}})
	if res.Request.URL.Path == "/"+u.Site+"/signin" {
		n.t.Fatalf("%s cannot sign in: %s", u.Name, body)
	}
	return b
}

func (n *node) visitor() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{n, &http.Client{Jar: jar}}
}

// browser keeps cookies and follows redirects.
type browser struct {
	n *node
	c *http.Client
}

func (b *browser) do(req *http.Request) (*http.Response, string) {
	b.n.t.Helper()
	res, err := b.c.Do(req)
	if err != nil {
		b.n.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.n.t.Fatal(err)
	}
	return res, string(body)
}

// get asks for a page. A question of the search box (?q=) is posted, as the form does.
func (b *browser) get(path string) (*http.Response, string) {
	b.n.t.Helper()
	if at, q, ok := strings.Cut(path, "?q="); ok && strings.Contains(at, "/patients") {
		words, err := url.QueryUnescape(q)
		if err != nil {
			words = q
		}
		return b.post(at, url.Values{"q": {words}})
	}
	req, err := http.NewRequest("GET", b.n.base+path, nil)
	if err != nil {
		b.n.t.Fatal(err)
	}
	return b.do(req)
}

// open is a page that must be there.
func (b *browser) open(path string) page {
	b.n.t.Helper()
	res, body := b.get(path)
	if res.StatusCode != 200 {
		b.n.t.Fatalf("%s: %d %s", path, res.StatusCode, short(body))
	}
	return parse(b.n.t, body)
}

func (b *browser) post(path string, form url.Values) (*http.Response, string) {
	b.n.t.Helper()
	req, err := http.NewRequest("POST", b.n.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.n.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

func short(s string) string {
	if len(s) > 600 {
		return s[:600]
	}
	return s
}
