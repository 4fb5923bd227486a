package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
)

// ask posts a form to a site's token endpoint.
func (n *node) ask(site, user, secret string, form url.Values) (int, map[string]any, http.Header) {
	n.t.Helper()
	r := httptest.NewRequest("POST", "/"+site+"/auth/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user != "" {
		r.SetBasicAuth(user, secret)
	}
	w := httptest.NewRecorder()
	n.api.ServeHTTP(w, r)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		n.t.Fatalf("%v: %s", err, w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" && w.Code != 404 {
		n.t.Errorf("a token answer that may be stored: %v", w.Header())
	}
	return w.Code, out, w.Header()
}

func TestClientCredentials(t *testing.T) {
	n := newNode(t)
	secret, err := n.auth.AddClient(context.Background(), auth.Client{Site: "maple", ID: "app", Scopes: []access.Scope{{Context: "system", Type: "Patient", Rights: "rs"}, {Context: "system", Type: "Observation", Rights: "rs"}}})
	if err != nil {
		t.Fatal(err)
	}
	grant := url.Values{"grant_type": {"client_credentials"}}
	status, out, _ := n.ask("maple", "app", secret, grant)
	if status != 200 || out["token_type"] != "Bearer" || out["expires_in"].(float64) <= 0 {
		t.Fatalf("%d %v", status, out)
	}
	token := out["access_token"].(string)
	n.maple("PUT", "/Patient/x", patient("x", "X")).status(201)
	n.do(token, "GET", "/maple/emr/fhir/Patient/x", "").status(200)
	n.do(token, "GET", "/maple/emr/fhir/Condition", "").outcome(403, "forbidden")
	n.do(token, "POST", "/maple/emr/fhir/Patient", patient("y", "Y")).outcome(403, "forbidden")
	n.do(token, "GET", "/oak/emr/fhir/Patient", "").outcome(401, "login")

	post := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {secret}, "scope": {"system/Patient.r"}}
	if status, out, _ = n.ask("maple", "", "", post); status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	n.do(out["access_token"].(string), "GET", "/maple/emr/fhir/Observation", "").outcome(403, "forbidden")

	for name, c := range map[string]struct {
		site, user, secret string
		form               url.Values
		status             int
		code               string
	}{
		"wrong secret":    {"maple", "app", "no", grant, 401, "invalid_client"},
		"unknown client":  {"maple", "ppa", secret, grant, 401, "invalid_client"},
		"another site":    {"oak", "app", secret, grant, 401, "invalid_client"},
		"no credentials":  {"maple", "", "", grant, 401, "invalid_client"},
		"no grant":        {"maple", "app", secret, url.Values{}, 400, "unsupported_grant_type"},
		"password grant":  {"maple", "app", secret, url.Values{"grant_type": {"password"}}, 400, "unsupported_grant_type"},
		"unknown scope":   {"maple", "app", secret, url.Values{"grant_type": {"client_credentials"}, "scope": {"everything"}}, 400, "invalid_scope"},
		"scope too wide":  {"maple", "app", secret, url.Values{"grant_type": {"client_credentials"}, "scope": {"system/Condition.r"}}, 401, "invalid_client"},
		"twice":           {"maple", "app", secret, url.Values{"grant_type": {"client_credentials", "client_credentials"}}, 400, "invalid_request"},
		"two secrets":     {"maple", "app", secret, url.Values{"grant_type": {"client_credentials"}, "client_secret": {"x"}}, 400, "invalid_request"},
		"other assertion": {"maple", "", "", url.Values{"grant_type": {"client_credentials"}, "client_assertion": {"x"}, "client_assertion_type": {"saml"}}, 400, "invalid_request"},
		"bad assertion":   {"maple", "", "", url.Values{"grant_type": {"client_credentials"}, "client_assertion": {"x"}, "client_assertion_type": {assertionType}}, 401, "invalid_client"},
	} {
		if status, out, _ := n.ask(c.site, c.user, c.secret, c.form); status != c.status || out["error"] != c.code {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	if status, _, h := n.ask("maple", "app", "no", grant); status != 401 || h.Get("WWW-Authenticate") == "" {
		t.Errorf("401 without WWW-Authenticate")
	}
	if status, _, _ := n.ask("nowhere", "app", secret, grant); status != 404 {
		t.Errorf("unknown site: %d", status)
	}
	n.do("", "GET", "/maple/auth/token", "").status(405)
}

func TestAssertedPeer(t *testing.T) {
	n := newNode(t)
	ctx := context.Background()
	keys, err := n.auth.PublicKeys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.auth.AddPeer(ctx, auth.Peer{Slug: "elm", Base: "https://elm.example/elm", Keys: keys}); err != nil {
		t.Fatal(err)
	}
	assertion, err := n.auth.Assert(ctx, "https://elm.example/elm", "https://node.example/maple/auth/token")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {assertion}, "purpose": {"TREAT"}}
	if status, out, _ := n.ask("oak", "", "", form); status != 401 {
		t.Errorf("an assertion for another site: %d %v", status, out)
	}
	assertion, _ = n.auth.Assert(ctx, "https://elm.example/elm", "https://node.example/maple/auth/token")
	form.Set("client_assertion", assertion)
	form.Set("purpose", "CURIOSITY")
	if status, out, _ := n.ask("maple", "", "", form); status != 400 {
		t.Errorf("%d %v", status, out)
	}
	form.Set("purpose", "TREAT")
	status, out, _ := n.ask("maple", "", "", form)
	if status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	if again, out, _ := n.ask("maple", "", "", form); again != 401 {
		t.Errorf("an assertion was good twice: %d %v", again, out)
	}
	token := out["access_token"].(string)
	n.maple("PUT", "/Patient/x", patient("x", "X")).status(201)
	for _, path := range []string{"/Patient/x", "/Patient?family=x", "/Patient/x/$everything", "/_history", "/Observation?patient=x"} {
		n.do(token, "GET", "/maple/emr/fhir"+path, "").outcome(403, "forbidden")
	}
}

// TestAudienceIsNotTheHostHeader: a peer that was sent an assertion must not be
// able to use it here by calling this node by its own name.
func TestAudienceIsNotTheHostHeader(t *testing.T) {
	n := newNode(t, func(c *Config) { c.BaseURL = nil })
	ctx := context.Background()
	keys, err := n.auth.PublicKeys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.auth.AddPeer(ctx, auth.Peer{Slug: "elm", Base: "https://elm.example/elm", Keys: keys}); err != nil {
		t.Fatal(err)
	}
	assertion, err := n.auth.Assert(ctx, "https://elm.example/elm", "http://example.com/maple/auth/token") // httptest's Host
	if err != nil {
		t.Fatal(err)
	}
	if status, out, _ := n.ask("maple", "", "", url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {assertion}}); status != 401 {
		t.Errorf("%d %v", status, out)
	}
}

func TestPublished(t *testing.T) {
	n := newNode(t)
	keys := n.do("", "GET", "/.well-known/jwks.json", "").status(200)
	if set, err := auth.ParseKeys(keys.Body); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() {
		t.Errorf("%v %s", err, keys.Body)
	}
	n.do("", "POST", "/.well-known/jwks.json", "x").status(405)
	smart := n.do("", "GET", "/maple/emr/fhir/.well-known/smart-configuration", "").status(200)
	if s := smart.node().Get("token_endpoint").Str(); s != "https://node.example/maple/auth/token" {
		t.Errorf("%s", smart.Body)
	}
}

func TestCapabilities(t *testing.T) {
	n := newNode(t)
	for lens, want := range map[string]bool{"emr": true, "ehr": false} {
		r := n.do("", "GET", "/maple/"+lens+"/fhir/metadata", "").status(200)
		s := r.node()
		if s.ResourceType() != "CapabilityStatement" || s.Get("fhirVersion").Str() != "4.0.1" {
			t.Fatalf("%.300s", r.Body)
		}
		rest := s.Get("rest").Index(0)
		types, params := 0, 0
		for res := range rest.Get("resource").Items() {
			types++
			params += res.Get("searchParam").Len()
			creates := false
			for i := range res.Get("interaction").Items() {
				creates = creates || i.Get("code").Is("create")
				if i.Get("code").Is("patch") {
					t.Error("it claims PATCH")
				}
			}
			if creates != want {
				t.Errorf("%s: %s creates: %v", lens, res.Get("type").Str(), creates)
			}
		}
		if types != 148 && types < 140 || params < 1300 {
			t.Errorf("%d types, %d parameters", types, params)
		}
		// The statement holds R4's own rules.
		if v := n.do(n.admin("maple"), "POST", "/maple/emr/fhir/CapabilityStatement/$validate", string(r.Body)).status(200); strings.Contains(string(v.Body), `"severity":"error"`) {
			t.Errorf("%s: %.1500s", lens, v.Body)
		}
	}
	n.do("", "GET", "/maple/emr/fhir/metadata?mode=normative", "").outcome(400, "not-supported")
	n.do("", "GET", "/nowhere/emr/fhir/metadata", "").outcome(404, "not-found")
	n.do("", "GET", "/far/emr/fhir/metadata", "").outcome(404, "not-found")
}
