package exchange_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wholechart/auth"
	"wholechart/record"
)

// newLiar is a trusted peer that answers what it should not.
func newLiar(t *testing.T, a *node, patient, changes string) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/auth/token"):
			w.Write([]byte(`{"access_token":"t","token_type":"Bearer","expires_in":300}`))
		case strings.HasSuffix(r.URL.Path, "/$match"):
			w.Write([]byte(`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + patient + `,"search":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/match-grade","valueCode":"certain"}]}}]}`))
		case changes == "endless":
			page := []byte(strings.Repeat(" ", 1<<20))
			for range 64 {
				if _, err := w.Write(page); err != nil {
					return
				}
			}
		case changes == "redirect":
			http.Redirect(w, r, a.base("maple")+"/emr/fhir/Patient/rosa", http.StatusFound)
		default:
			w.Write([]byte(changes))
		}
	}))
	keys, err := a.auth.PublicKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.auth.AddPeer(t.Context(), auth.Peer{Slug: "liar", Base: srv.URL + "/liar", Keys: keys}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.records.PutSite(t.Context(), record.Site{Slug: "liar", Name: "Liar", Base: srv.URL + "/liar"}); err != nil {
		t.Fatal(err)
	}
	return srv
}
