package clinic

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
	"wholechart/record"
)

// TestAClinicianWalksByKeyboard signs in, finds a patient in three letters,
// opens the chart and the whole record, sees which site does not answer, and
// sees it answer when it is back.
func TestAClinicianWalksByKeyboard(t *testing.T) {
	ctx := pagetest.Chromium(t)
	var up atomic.Bool
	release := make(chan struct{})
	var n *node
	n = newNode(t, []string{"maple", "riverside"}, []string{"lakeside"}, opener(func(_ context.Context, s record.Session, id string, force bool) ([]record.Answer, error) {
		if !up.Load() {
			<-release // as long as a connection takes to fail
			far, err := n.Records.Site("lakeside")
			if err != nil {
				return nil, err
			}
			return nil, n.System("maple").Receive(context.Background(), far, id, record.Answer{Site: "lakeside", State: "unreachable", Asked: pagetest.Anchor, Why: "no connection"}, nil, false)
		}
		n.Receive("maple", "lakeside", "rosa", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor})
		return nil, nil
	}))
	n.Load("maple", "riverside")
	n.user(physician)
	key := func(k string) { t.Helper(); pagetest.Do(t, ctx, cd.KeyEvent(k)) }
	press := func(name string) {
		t.Helper()
		pagetest.JS(t, ctx, `(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "`+name+`", bubbles: true, cancelable: true})), 1)`)
	}

	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	pagetest.SignIn(t, ctx, n.Node, "maple", "okonkwo")
	pagetest.Until(t, ctx, `location.pathname === "/maple/patients" && document.readyState === "complete"`)
	pagetest.JS(t, ctx, `(document.addEventListener("securitypolicyviolation", (e) => { document.title = "violation " + e.violatedDirective; }), 1)`)
	key("/")
	pagetest.Until(t, ctx, `document.activeElement.id === "find-q"`)
	key("ros")
	pagetest.Until(t, ctx, `document.querySelectorAll("#find-list [role=option]").length === 1 && !document.querySelector("#find-list").hidden`)
	if s := pagetest.JS(t, ctx, `document.querySelector("#find-list [role=option]").textContent`); !strings.Contains(s, "68 y") || !strings.Contains(s, "MRN 004-17-882") {
		t.Errorf("the suggestion says %q", s)
	}
	press("Enter")
	pagetest.Until(t, ctx, `location.pathname === "/maple/patients/rosa-delgado" && document.querySelector("h1")?.textContent.includes("Rosa") && document.readyState === "complete"`)
	if s := pagetest.JS(t, ctx, `document.querySelector("#storyboard").textContent`); !strings.Contains(s, "Anaphylaxis") {
		t.Errorf("the storyboard says %q", s)
	}
	key("w")
	pagetest.Until(t, ctx, `location.pathname.endsWith("/whole") && document.querySelector("#strip")?.textContent.includes("asking")`)
	if pagetest.JS(t, ctx, `String(document.querySelector("#record").textContent.includes("Chronic kidney disease"))`) != "true" {
		t.Error("what is known does not stand there while others are asked")
	}
	pagetest.JS(t, ctx, `(document.querySelector("#record .row-title").focus(), window.had = document.activeElement.textContent, 1)`)
	close(release)
	pagetest.Until(t, ctx, `document.querySelector("#strip").textContent.includes("unreachable") && !document.querySelector("#late").hasAttribute("data-refresh")`)
	pagetest.Until(t, ctx, `document.querySelector("#late").textContent.includes("Lakeside Cardiology could not be reached: there may be more")`)
	if pagetest.JS(t, ctx, `String(document.activeElement.textContent === window.had)`) != "true" {
		t.Errorf("the focus went to %s", pagetest.JS(t, ctx, `document.activeElement.outerHTML.slice(0, 120)`))
	}
	up.Store(true)
	pagetest.JS(t, ctx, `(document.querySelector("#strip a[aria-label^=Retry]").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelector("#strip")?.textContent.includes("just now") && document.querySelector("#record").textContent.includes("Warfarin") && document.readyState === "complete"`)
	for _, k := range []string{"g", "m"} {
		key(k)
	}
	pagetest.Until(t, ctx, `location.pathname.endsWith("/whole/medicines") && document.readyState === "complete"`)
	key("j")
	pagetest.Until(t, ctx, `document.activeElement.classList.contains("row-title")`)
	key("w")
	pagetest.Until(t, ctx, `location.pathname === "/maple/patients/rosa-delgado/medicines"`)
	for _, path := range []string{"", "/whole", "/whole/results", "/whole/timeline", "/about", "/fact/Patient/rosa-delgado"} {
		pagetest.Do(t, ctx, cd.EmulateViewport(360, 740))
		pagetest.Do(t, ctx, cd.Navigate(n.Base+"/maple/patients/rosa-delgado"+path))
		if w := pagetest.JS(t, ctx, "document.documentElement.scrollWidth"); w != "360" {
			t.Errorf("%q is %s pixels wide on a phone", path, w)
		}
		if s := pagetest.JS(t, ctx, "document.title"); strings.Contains(s, "violation") {
			t.Error(s)
		}
	}
}
