package clinic

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"wholechart/auth"
	"wholechart/internal/pagetest"
	"wholechart/record"
)

// opener is an Opener that answers as it is told.
type opener func(ctx context.Context, s record.Session, id string, force bool) ([]record.Answer, error)

func (o opener) Open(ctx context.Context, s record.Session, id string, force bool) ([]record.Answer, error) {
	return o(ctx, s, id, force)
}

// node is a node that serves these pages.
type node struct{ *pagetest.Node }

// newNode serves a node whose own sites are local and whose peers are far.
func newNode(t testing.TB, local, far []string, o Opener) *node {
	t.Helper()
	n := &node{pagetest.New(t, local, far)}
	p, err := New(Config{Records: n.Records, Auth: n.Auth, Opener: o, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	n.Serve(p)
	return n
}

// user makes an account and signs it in.
func (n *node) user(u auth.User) *browser { return &browser{n.User(u)} }

func (n *node) visitor() *browser { return &browser{n.Visitor()} }

// browser is a browser whose pages are looked at element by element.
type browser struct{ *pagetest.Browser }

func (b *browser) get(path string) (*http.Response, string) { return b.Get(path) }

func (b *browser) post(path string, form url.Values) (*http.Response, string) {
	return b.Post(path, form)
}

// open is a page that must be there.
func (b *browser) open(path string) page { return parse(b.Node.T, b.Open(path)) }

func short(s string) string {
	if len(s) > 600 {
		return s[:600]
	}
	return s
}
