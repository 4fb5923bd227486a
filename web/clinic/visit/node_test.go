package visit

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/internal/pagetest"
	"wholechart/web/clinic"
)

var (
	lena  = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"}
	tomas = auth.User{Site: "maple", Name: "reyes", FullName: "Tomás Reyes, RN", Role: access.Nurse, Who: "Practitioner/reyes"}
	desk  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

const rosa = "/maple/patients/rosa-delgado"
const harold = "/maple/patients/harold-whitman"

// house is a node with Maple Street's people and these pages.
func house(t testing.TB) *pagetest.Node {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "riverside"}, nil)
	n.Load("maple", "riverside")
	serve(t, n)
	return n
}

func serve(t testing.TB, n *pagetest.Node) {
	t.Helper()
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p)
	n.Serve(p)
}

var hidden = regexp.MustCompile(`name="([a-zA-Z0-9.-]+)" value="([^"]*)"`)

// field is the value of a hidden field of a page.
func field(body, name string) string {
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		if m[1] == name {
			return m[2]
		}
	}
	return ""
}

// started begins a visit and gives its address.
func started(t testing.TB, b *pagetest.Browser, patient, reason string) string {
	t.Helper()
	body := b.Open(patient + "/visit")
	res, body := b.Post(patient+"/visit", url.Values{"visit": {field(body, "visit")}, "appointment": {field(body, "appointment")}, "reason": {reason}, "kind": {"office"}})
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Request.URL.Path, "/visits/") {
		t.Fatalf("%d at %s: %.400s", res.StatusCode, res.Request.URL.Path, body)
	}
	return res.Request.URL.Path
}

func has(t testing.TB, body string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) {
			t.Errorf("no %q in the page", w)
		}
	}
}

func hasNot(t testing.TB, body string, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(body, w) {
			t.Errorf("%q is in the page", w)
		}
	}
}
