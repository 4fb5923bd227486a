package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/record"
	"wholechart/web/clinic/alerts"
)

// TestFeedbackSurvivesARestart: what became of a card is told by the node that comes
// after the one that could not, to a service that the site still has, and to no other.
func TestFeedbackSurvivesARestart(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	var mu sync.Mutex
	up, told := false, map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case r.Method == http.MethodGet:
			io.WriteString(w, `{"services":[{"hook":"order-sign","id":"kidney","description":"x"}]}`)
		case !strings.HasSuffix(r.URL.Path, "/feedback") || !up:
			w.WriteHeader(503)
		default:
			f, err := hooks.ReadFeedback(body)
			if err != nil || len(f) != 1 {
				t.Errorf("%v: %s", err, body)
			}
			told[strings.Split(r.URL.Path, "/")[1]+" "+f[0].Card]++
			w.WriteHeader(204)
		}
	}))
	defer s.Close()
	open := func() *node {
		n, err := openNode(ctx, dir, nodeOptions{make: true})
		if err != nil {
			t.Fatal(err)
		}
		n.setBase("https://node.example")
		n.support.private = true
		return n
	}
	waits := func(n *node) int { return len(n.telling(ctx)) }
	n := open()
	if _, err := n.records.PutSite(ctx, record.Site{Slug: "maple", Name: "Maple", State: "OH", Local: true}); err != nil {
		t.Fatal(err)
	}
	boss := n.records.As(access.Actor{Kind: access.User, ID: "boss", Site: "maple", Role: access.Admin, Purpose: access.Treatment}, access.EMR)
	for i, id := range []string{"acme", "gone"} {
		if err := (services{n}).Add(ctx, boss, i, alerts.Service{ID: id, Name: id, Base: s.URL + "/" + id, Why: "pilot", Hooks: []string{"order-sign"}, Millis: 500}); err != nil {
			t.Fatal(err)
		}
	}
	cards := map[string]string{"acme": "6cf54a2d-6a3c-4b7e-9d9b-0d8a57a3e9a1", "gone": "7cf54a2d-6a3c-4b7e-9d9b-0d8a57a3e9a2"}
	for id, card := range cards {
		outsiders{n}.Tell(hooks.Took{Site: "maple", From: hooks.Outside{ID: id, Base: s.URL + "/" + id, Services: map[string]string{"order-sign": "kidney"}}, Hook: "order-sign", Card: card, Override: true, At: time.Now()})
	}
	if waits(n) != 2 {
		t.Fatalf("%d are kept when they were said", waits(n))
	}
	body, _, err := n.system("maple", "test").Setting(ctx, tellSetting)
	var kept []map[string]json.RawMessage
	if err != nil || json.Unmarshal(body, &kept) != nil || len(kept[0]) != 4 {
		t.Errorf("%v: %s", err, body)
	}
	if err := (services{n}).Remove(ctx, boss, 2, "gone", "no agreement any more"); err != nil {
		t.Fatal(err)
	}
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	up = true
	mu.Unlock()
	n = open()
	defer func() { n.close() }()
	n.outside()
	for range 3000 {
		if waits(n) == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	mu.Lock()
	defer mu.Unlock()
	if waits(n) != 0 || len(told) != 1 || told["acme "+cards["acme"]] != 1 {
		t.Errorf("%d wait, told %v", waits(n), told)
	}
}
