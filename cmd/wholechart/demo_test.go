package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/demo"
	"wholechart/exchange"
	"wholechart/record"
)

// demonstration is a network of its own for a test.
func demonstration(t *testing.T, dir string) *network {
	t.Helper()
	w, err := openNetwork(t.Context(), dir, "127.0.0.1:0", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// browser keeps cookies and follows redirects.
func browser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func page(t *testing.T, c *http.Client, req *http.Request) (int, string, http.Header) {
	t.Helper()
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func form(t *testing.T, url string, values url.Values) *http.Request {
	t.Helper()
	req, err := http.NewRequest("POST", url, strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

// sources counts the facts of Rosa's whole record at maple by the site they are from.
func sources(t *testing.T, w *network, token string) map[string]int {
	t.Helper()
	req := get(t, w.at("maple")+"/ehr/fhir/Patient/rosa-delgado/$everything?_count=1000")
	req.Header.Set("Authorization", "Bearer "+token)
	status, body, _ := page(t, http.DefaultClient, req)
	var bundle struct {
		Entry []struct {
			Resource struct{ ResourceType, ID string }
		}
	}
	if err := json.Unmarshal([]byte(body), &bundle); status != 200 || err != nil {
		t.Fatalf("%d %v %.300s", status, err, body)
	}
	out := map[string]int{}
	for _, e := range bundle.Entry {
		switch e.Resource.ResourceType { // what a node makes of its own accord, sooner or later
		case "Task", "Communication", "CommunicationRequest":
			continue
		}
		site := "maple"
		if prefix, _, ok := strings.Cut(e.Resource.ID, "."); ok {
			for i, s := range demo.Sites() {
				if fmt.Sprint(i+1) == prefix { // settle gives numbers in the order of Sites
					site = s.Slug
				}
			}
		}
		out[site]++
	}
	return out
}

func TestDemo(t *testing.T) {
	dir := t.TempDir()
	w := demonstration(t, dir)
	first := w.nodes[0].base

	// The first page, on every node.
	for _, n := range w.nodes {
		status, body, head := page(t, http.DefaultClient, get(t, n.base+"/"))
		if status != 200 {
			t.Fatalf("node %d: first page %d", n.number, status)
		}
		for _, want := range []string{"synthetic people only", "Rosa Delgado", "Harold", "Emergency physician", "Great Lakes Imaging", w.nodes[1].base + "/demo/signin"} {
			if !strings.Contains(body, want) {
				t.Errorf("node %d: the first page says nothing of %q", n.number, want)
			}
		}
		if csp := head.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' "+first) || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("node %d: policy %q", n.number, csp)
		}
	}

	// Every card signs in and shows its story, pressed on the first node's page.
	for _, r := range demo.Roles() {
		req := form(t, w.nodes[w.nodeOf(r.Site)-1].base+"/demo/signin", url.Values{"site": {r.Site}, "user": {r.User}})
		req.Header.Set("Origin", first)
		req.Header.Set("Sec-Fetch-Site", "same-site")
		c := browser(t)
		status, body, _ := page(t, c, req)
		if status != 200 || !strings.Contains(body, "synthetic people only") {
			t.Errorf("card %s: %d", r.Title, status)
		}
	}

	// Nobody else's page, and no other name for this machine, signs anybody in.
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Header.Set("Origin", "https://elsewhere.example") },
		func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		func(r *http.Request) { r.Host = "rebound.example" },
	} {
		req := form(t, first+"/demo/signin", url.Values{"site": {"maple"}, "user": {"okonkwo"}})
		change(req)
		if status, _, head := page(t, http.DefaultClient, req); status != http.StatusForbidden || head.Get("Set-Cookie") != "" {
			t.Errorf("a foreign sign-in: %d", status)
		}
	}
	if status, _, _ := page(t, http.DefaultClient, form(t, first+"/demo/signin", url.Values{"site": {"maple"}, "user": {"storyteller"}})); status != http.StatusNotFound {
		t.Errorf("a card that is none: %d", status)
	}
	ordinary, err := doors(w.nodes[0].node, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/demo/signin", "/demo/node"} {
		rec := httptest.NewRecorder()
		ordinary.ServeHTTP(rec, form(t, first+path, url.Values{"site": {"maple"}, "user": {"okonkwo"}}))
		if rec.Code != http.StatusNotFound && rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s on an ordinary node: %d", path, rec.Code)
		}
	}

	// Rosa's whole record at maple has facts of five sites.
	maple := w.nodes[0].node
	u, err := maple.auth.User(t.Context(), "maple", "okonkwo")
	if err != nil {
		t.Fatal(err)
	}
	token, err := maple.auth.Issue(t.Context(), u.Actor(), auth.Bearer, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	all := sources(t, w, token)
	for _, site := range []string{"maple", "riverside", "corner", "lakeside", "greatlakes"} {
		if all[site] == 0 {
			t.Errorf("nothing of %s: %v", site, all)
		}
	}
	if len(all) != 5 {
		t.Errorf("sites %v", all)
	}

	// A node that is stopped is said to be, and its copies are still shown; when
	// it is there again it answers.
	s := maple.records.As(u.Actor(), access.EHR)
	state := func(site string) string {
		t.Helper()
		answers, err := maple.exchange.Reopen(t.Context(), s, "rosa-delgado")
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(answers, func(a record.Answer) bool { return a.Site == site })
		if i < 0 {
			t.Fatalf("no answer of %s: %v", site, answers)
		}
		return answers[i].State
	}
	turn := func(do string) {
		t.Helper()
		status, body, _ := page(t, http.DefaultClient, form(t, first+"/demo/node", url.Values{"node": {"4"}, "do": {do}}))
		if status != 200 || strings.Contains(body, "its node was stopped") != (do == "stop") {
			t.Fatalf("%s: %d", do, status)
		}
	}
	if got := state("lakeside"); got != exchange.Answered {
		t.Errorf("lakeside: %s", got)
	}
	turn("stop")
	if got := state("lakeside"); got != exchange.Unreachable {
		t.Errorf("lakeside, stopped: %s", got)
	}
	if got := sources(t, w, token); got["lakeside"] != all["lakeside"] || got["greatlakes"] != all["greatlakes"] {
		t.Errorf("with node 4 stopped: %v, before %v", got, all)
	}
	turn("start")
	if got := state("lakeside"); got != exchange.Answered {
		t.Errorf("lakeside, started again: %s", got)
	}
	if status, _, _ := page(t, http.DefaultClient, form(t, first+"/demo/node", url.Values{"node": {"1"}, "do": {"stop"}})); status != http.StatusBadRequest {
		t.Errorf("a node stops itself: %d", status)
	}

	// Kept, it goes on where it was, at other ports.
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	again := demonstration(t, dir)
	if again.nodes[0].base == first || again.password == w.password {
		t.Error("the same port or password as before")
	}
	maple = again.nodes[0].node
	if token, err = maple.auth.Issue(t.Context(), u.Actor(), auth.Bearer, time.Hour); err != nil {
		t.Fatal(err)
	}
	s = maple.records.As(u.Actor(), access.EHR)
	if got := state("lakeside"); got != exchange.Answered {
		t.Errorf("lakeside, in a kept demonstration: %s", got)
	}
	if got := sources(t, again, token); fmt.Sprint(got) != fmt.Sprint(all) {
		t.Errorf("kept: %v, before %v", got, all)
	}
}

func TestDemoRefuses(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "nonsense"} {
		if w, err := openNetwork(t.Context(), t.TempDir(), listen, time.Now()); err == nil {
			t.Errorf("listens on %s", listen)
			w.close()
		}
	}
	// Ended in the middle of its making, it closes what it opened.
	for _, after := range []time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		if w, err := openNetwork(ctx, t.TempDir(), "127.0.0.1:0", time.Now()); err == nil { // it was faster
			w.close()
		}
		cancel()
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "something"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openNetwork(t.Context(), dir, "127.0.0.1:0", time.Now()); err == nil {
		t.Error("made in a directory that holds something else")
	}
	if _, err := os.Stat(filepath.Join(dir, "node1")); !errors.Is(err, os.ErrNotExist) {
		t.Error("something was made there")
	}
}
