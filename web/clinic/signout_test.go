package clinic_test

import (
	"net/http"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/internal/pagetest"
	"wholechart/web/clinic"
)

// TestSigningOutClearsTheBrowser: from any page, of all tabs, whoever comes next.
func TestSigningOutClearsTheBrowser(t *testing.T) {
	n := pagetest.New(t, []string{"maple"}, nil)
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	n.Serve(p)
	okonkwo := auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician}
	b := n.User(okonkwo)
	b.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if res, _ := b.Post("/maple/signout", nil); res.Header.Get("Clear-Site-Data") != `"storage"` {
		t.Errorf("the answer clears %q", res.Header.Get("Clear-Site-Data"))
	}

	ctx := pagetest.Chromium(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	const left = `[localStorage, sessionStorage].flatMap((s) => Object.keys(s)).join()`
	pagetest.JS(t, ctx, `(localStorage.setItem("wc-note:/x:okonkwo", "words"), sessionStorage.setItem("wc-note:/y:okonkwo", "words"), 1)`)
	// A page with words that are not saved stops the form: nothing goes.
	pagetest.JS(t, ctx, `(window.stop_ = (e) => e.preventDefault(), document.addEventListener("submit", window.stop_), document.querySelector("form[action$='/signout']").requestSubmit(), document.removeEventListener("submit", window.stop_), 1)`)
	if got := pagetest.JS(t, ctx, left); got != "wc-note:/x:okonkwo,wc-note:/y:okonkwo" {
		t.Errorf("of a sign-out that was stopped %q is left", got)
	}
	// Another tab hears of it.
	pagetest.JS(t, ctx, `(new BroadcastChannel("wc-signout").postMessage("out"), 1)`)
	pagetest.Until(t, ctx, left+` === ""`)
	pagetest.JS(t, ctx, `(localStorage.setItem("wc-note:/x:okonkwo", "words"), sessionStorage.setItem("wc-note:/y:okonkwo", "words"), document.querySelector("form[action$='/signout']").requestSubmit(), 1)`)
	pagetest.Until(t, ctx, `location.pathname.endsWith("/signin")`)
	if got := pagetest.JS(t, ctx, left); got != "" {
		t.Errorf("%q is left", got)
	}
}
