package exchange_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/exchange"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/store"
)

// clock is one time for a network; it moves when told to.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// node is one node in this process, reached over HTTP by the others.
type node struct {
	t       *testing.T
	sites   []string
	records *record.Records
	auth    *auth.Auth
	ex      *exchange.Exchange
	server  *httptest.Server

	mu    sync.Mutex
	asked []string // requests: method and path with query
	down  bool
	last  string // the last assertion shown
}

// network makes nodes that trust one another; each argument is a node's sites.
func network(t *testing.T, of ...string) (*clock, []*node) {
	t.Helper()
	c := &clock{t: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	var nodes []*node
	for _, sites := range of {
		n := &node{t: t, sites: strings.Fields(sites)}
		st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "r.db")})
		if err != nil {
			t.Fatal(err)
		}
		if n.records, err = record.New(t.Context(), st, record.Options{Now: c.now}); err != nil {
			t.Fatal(err)
		}
		n.auth = auth.New(st, c.now)
		n.server = httptest.NewServer(n)
		n.ex = exchange.New(n.records, n.auth, exchange.Options{Self: n.base, Client: n.server.Client(), Now: c.now, Timeout: 3 * time.Second})
		t.Cleanup(func() {
			n.server.Close()
			n.ex.Close()
			if _, err := st.VerifyAudit(context.Background()); err != nil {
				t.Error(err)
			}
			n.records.Close()
			st.Close()
		})
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		for _, m := range nodes {
			keys, err := m.auth.PublicKeys(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, slug := range m.sites {
				site := record.Site{Slug: slug, Name: strings.ToUpper(slug[:1]) + slug[1:] + " Site", State: "OH", Local: n == m}
				if n != m {
					site.Base = m.base(slug)
					if err := n.auth.AddPeer(t.Context(), auth.Peer{Slug: slug, Base: m.base(slug), Keys: keys}); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := n.records.PutSite(t.Context(), site); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return c, nodes
}

func (n *node) base(site string) string { return n.server.URL + "/" + site }

// ServeHTTP has the three doors of package api that nodes use, in small.
func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	n.asked = append(n.asked, r.Method+" "+r.URL.RequestURI())
	down := n.down
	n.mu.Unlock()
	if down {
		panic(http.ErrAbortHandler)
	}
	site, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	ctx := r.Context()
	if rest == "auth/token" {
		n.mu.Lock()
		n.last = r.FormValue("client_assertion")
		n.mu.Unlock()
		token, ttl, err := n.auth.AssertedPeer(ctx, site, n.base(site)+"/auth/token", r.FormValue("client_assertion"), access.Purpose(r.FormValue("purpose")))
		if err != nil {
			http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(ttl.Seconds())})
		return
	}
	actor, err := n.auth.Recognise(ctx, site, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), auth.Bearer)
	if err != nil {
		http.Error(w, "{}", http.StatusUnauthorized)
		return
	}
	s := n.records.As(actor, access.EMR)
	var body []byte
	if rest == "emr/fhir/Patient/$match" {
		data, _ := io.ReadAll(r.Body)
		doc, perr := fhir.Parse(data)
		if perr != nil {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		body, err = n.ex.AnswerMatch(ctx, s, doc.Root())
	} else {
		id := strings.TrimSuffix(strings.TrimPrefix(rest, "emr/fhir/Patient/"), "/$changes")
		after, _ := strconv.ParseInt(r.FormValue("after"), 10, 64)
		count, _ := strconv.Atoi(r.FormValue("_count"))
		body, err = n.ex.AnswerChanges(ctx, s, id, record.Seq(after), count)
	}
	var refused *record.Refused
	switch {
	case errors.As(err, &refused):
		http.Error(w, "{}", http.StatusForbidden)
	case err != nil:
		http.Error(w, "{}", http.StatusInternalServerError)
	default:
		w.Write(body)
	}
}

func (n *node) fail(down bool) { n.mu.Lock(); defer n.mu.Unlock(); n.down = down }

// heard are the requests since the last call.
func (n *node) heard() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.asked
	n.asked = nil
	return out
}

func (n *node) user(site string, role access.Role) record.Session {
	return n.records.As(access.Actor{Kind: access.User, ID: string(role), Site: site, Role: role, Purpose: access.Treatment}, access.EMR)
}

func (n *node) put(site string, texts ...string) {
	n.t.Helper()
	var acts []record.Act
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			n.t.Fatalf("%v in %s", err, text)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root(), Author: "Practitioner/who-" + site})
	}
	if _, err := n.user(site, access.Admin).Transact(n.t.Context(), acts); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) remove(site, typ, id string) {
	n.t.Helper()
	if _, err := n.user(site, access.Admin).Transact(n.t.Context(), []record.Act{{Op: record.Delete, Type: typ, ID: id}}); err != nil {
		n.t.Fatal(err)
	}
}

// open reopens the whole record and tells the answers by site.
func (n *node) open(site, patient string) map[string]record.Answer {
	n.t.Helper()
	s := n.user(site, access.Physician).Through(access.EHR)
	list, err := n.ex.Reopen(n.t.Context(), s, patient)
	if err != nil {
		n.t.Fatal(err)
	}
	out := map[string]record.Answer{}
	for _, a := range list {
		if _, twice := out[a.Site]; twice {
			n.t.Errorf("%s answers twice", a.Site)
		}
		out[a.Site] = a
	}
	return out
}

// whole are the ids of one type in a person's whole record, with their sites.
func (n *node) whole(site, patient, typ string) []string {
	n.t.Helper()
	s := n.user(site, access.Physician).Through(access.EHR)
	page, err := s.Everything(n.t.Context(), record.Everything{Patient: patient, Types: []string{typ}})
	if err != nil {
		n.t.Fatal(err)
	}
	var out []string
	for _, m := range page.Matches {
		_, id, ok := strings.Cut(m.ID, ".")
		if !ok {
			id = m.ID
		}
		out = append(out, m.Site.Slug+"/"+id)
	}
	slices.Sort(out)
	return out
}

func (n *node) is(got []string, want ...string) {
	n.t.Helper()
	slices.Sort(want)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		n.t.Errorf("got %v, want %v", got, want)
	}
}

func (n *node) state(got record.Answer, want string) {
	n.t.Helper()
	if got.State != want {
		n.t.Errorf("%s: %q (%s), want %q", got.Site, got.State, got.Why, want)
	}
}

func (n *node) search(s record.Session, typ, query string) int {
	n.t.Helper()
	values := map[string][]string{}
	for _, p := range strings.Split(query, "&") {
		k, v, _ := strings.Cut(p, "=")
		values[k] = append(values[k], v)
	}
	q, err := search.Parse(typ, values, search.Options{})
	if err != nil {
		n.t.Fatal(err)
	}
	page, err := s.Search(n.t.Context(), q)
	if err != nil {
		n.t.Fatal(err)
	}
	return len(page.Matches)
}

func patient(id, family, given, born, more string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"name":[{"family":%q,"given":[%q]}],"birthDate":%q,"gender":"female"%s}`, id, family, given, born, more)
}

const (
	phone = `,"telecom":[{"system":"phone","value":"+1-614-555-0162"}],"address":[{"line":["37 Linden Court"],"city":"Columbus","postalCode":"43215"}]`
	other = `,"telecom":[{"system":"phone","value":"+1-216-555-7777"}],"address":[{"line":["9 Elm Road"],"city":"Cleveland","postalCode":"44101"}]`
	part2 = `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]}`
)

func observation(id, patient, value, more string) string {
	return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"6301-6"}]},"subject":{"reference":"Patient/%s"},"valueQuantity":{"value":%s,"unit":"INR"}%s}`, id, patient, value, more)
}

func consent(patient, recipient, status string) string {
	return fmt.Sprintf(`{"resourceType":"Consent","id":"c-%s","status":%q,"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
		"category":[{"text":"disclosure"}],"patient":{"reference":"Patient/%s"},"policyRule":{"text":"42 CFR 2.31"},
		"provision":{"type":"permit","actor":[{"role":{"text":"recipient"},"reference":{"identifier":{"system":"https://wholechart.example/site","value":%q}}}],
		"securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}],"period":{"end":"2027-11-22"}}}`, recipient, status, patient, recipient)
}
