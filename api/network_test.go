package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/exchange"
	"wholechart/record"
)

// TestTwoNodes joins two nodes by the doors themselves: a token by assertion,
// $match and $changes over HTTP, then the whole record at the asking node.
func TestTwoNodes(t *testing.T) {
	ctx := context.Background()
	join := func() (*node, *httptest.Server) {
		n := newNode(t)
		s := httptest.NewServer(nil)
		t.Cleanup(s.Close)
		x := exchange.New(n.records, n.auth, exchange.Options{Self: func(site string) string { return s.URL + "/" + site }, Fresh: time.Nanosecond})
		t.Cleanup(x.Close)
		c := n.api.Config
		c.Exchange, c.BaseURL = x, func(*http.Request) string { return s.URL }
		n.api = New(c)
		s.Config.Handler = n.api
		return n, s
	}
	a, as := join()
	b, bs := join()
	trust := func(n *node, slug string, other *node, base string) {
		keys, err := other.auth.PublicKeys(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.auth.AddPeer(ctx, auth.Peer{Slug: slug, Base: base, Keys: keys}); err != nil {
			t.Fatal(err)
		}
		if _, err := n.records.PutSite(ctx, record.Site{Slug: slug, Name: "Site " + slug, Base: base}); err != nil {
			t.Fatal(err)
		}
	}
	// Node a is maple; node b has a site of its own name, birch.
	if _, err := b.records.PutSite(ctx, record.Site{Slug: "birch", Name: "Birch Clinic", Local: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.records.PutSite(ctx, record.Site{Slug: "acorn", Name: "Acorn Practice", Local: true}); err != nil {
		t.Fatal(err)
	}
	trust(a, "birch", b, bs.URL+"/birch")
	trust(b, "acorn", a, as.URL+"/acorn")

	person := func(id string) string {
		return `{"resourceType":"Patient","id":"` + id + `","identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"999-11-2222"}],"name":[{"family":"Okonkwo","given":["Adaeze","Mary"]}],` +
			`"gender":"female","birthDate":"1971-05-17","telecom":[{"system":"phone","value":"614-555-0134"}],"address":[{"line":["12 Elm Street"],"city":"Dublin","state":"OH","postalCode":"43017"}]}`
	}
	a.do(a.admin("acorn"), "PUT", "/acorn/emr/fhir/Patient/here", person("here")).status(201)
	a.do(a.admin("acorn"), "PUT", "/acorn/emr/fhir/Observation/h1", observation("h1", "here", "1-1", "2020-01-01")).status(201)
	there := b.admin("birch")
	b.do(there, "PUT", "/birch/emr/fhir/Practitioner/dr", `{"resourceType":"Practitioner","id":"dr","name":[{"family":"Reyes"}]}`).status(201)
	b.do(there, "PUT", "/birch/emr/fhir/Patient/there", person("there")).status(201)
	b.do(there, "PUT", "/birch/emr/fhir/Observation/t1", strings.Replace(observation("t1", "there", "1-1", "2021-01-01"), `"status"`, `"performer":[{"reference":"Practitioner/dr"}],"status"`, 1)).status(201)
	b.do(there, "PUT", "/birch/emr/fhir/Patient/stranger", patient("stranger", "Okonkwo")).status(201)
	b.do(there, "PUT", "/birch/emr/fhir/Observation/s1", observation("s1", "stranger", "1-1", "2021-01-01")).status(201)

	doc := a.token(access.Actor{Kind: access.User, ID: "doc", Site: "acorn", Role: access.Physician, Purpose: access.Treatment})
	open := func() *reply { return a.do(doc, "GET", "/acorn/ehr/fhir/Patient/here/$everything", "") }
	first := open()
	got := strings.Join(first.ids("match"), " ")
	if !strings.Contains(got, "h1") || !strings.Contains(got, ".t1") || strings.Contains(got, "s1") || strings.Contains(got, "stranger") {
		t.Fatalf("the whole record holds %q: %.800s", got, first.Body)
	}
	if inc := strings.Join(first.ids("include"), " "); !strings.Contains(inc, ".dr") {
		t.Errorf("the practitioner of birch is not included: %q", inc)
	}
	b.do(there, "DELETE", "/birch/emr/fhir/Observation/t1", "").status(204)
	b.do(there, "PUT", "/birch/emr/fhir/Observation/t2", observation("t2", "there", "1-1", "2022-01-01")).status(201)
	if got := strings.Join(open().ids("match"), " "); strings.Contains(got, ".t1") || !strings.Contains(got, ".t2") {
		t.Errorf("after a change at birch: %q", got)
	}
	bs.Close()
	down := open()
	if got := strings.Join(down.ids("match"), " "); !strings.Contains(got, ".t2") || !strings.Contains(string(down.Body), "birch") {
		t.Errorf("what is kept of a site that is gone: %q", got)
	}

	// A peer reads only whom it matched.
	peer := access.Actor{Kind: access.Peer, ID: "birch", Site: "acorn", Purpose: access.Treatment}
	token, err := a.auth.Issue(ctx, peer, auth.Bearer, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	a.do(token, "GET", "/acorn/emr/fhir/Patient/here/$changes", "").outcome(403, "forbidden")
	match := `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":` + person("x") + `}]}`
	m := a.do(token, "POST", "/acorn/emr/fhir/Patient/$match", match).status(200)
	if m.node().Get("entry").Len() != 1 {
		t.Fatalf("%s", m.Body)
	}
	c := a.do(token, "GET", "/acorn/emr/fhir/Patient/here/$changes?after=0&_count=10", "").status(200)
	if !strings.Contains(string(c.Body), `"h1"`) || strings.Contains(string(c.Body), "t2") {
		t.Errorf("a peer is told the chart, never copies: %.600s", c.Body)
	}
	a.do(token, "GET", "/acorn/emr/fhir/Patient/none/$changes", "").outcome(403, "forbidden")
	a.do(token, "GET", "/acorn/emr/fhir/Patient/here/$changes?after=x", "").outcome(400, "value")
	a.do(token, "POST", "/acorn/emr/fhir/Patient/$match", `{"resourceType":"Parameters"}`).outcome(400, "required")
	a.do(token, "POST", "/acorn/emr/fhir/Patient/$match", person("x")).outcome(400, "invalid")
	a.do(token, "GET", "/acorn/emr/fhir/Patient/here", "").outcome(403, "forbidden")
}
