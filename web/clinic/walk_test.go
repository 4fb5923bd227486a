package clinic

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/record"
)

// TestAClinicianWalksByKeyboard signs in, finds a patient in three letters,
// opens the chart and the whole record, sees which site does not answer, and
// sees it answer when it is back.
func TestAClinicianWalksByKeyboard(t *testing.T) {
	ctx := chromium(t)
	var up atomic.Bool
	release := make(chan struct{})
	var n *node
	n = newNode(t, []string{"maple", "riverside"}, []string{"lakeside"}, opener(func(_ context.Context, s record.Session, id string, force bool) ([]record.Answer, error) {
		if !up.Load() {
			<-release // as long as a connection takes to fail
			far, err := n.records.Site("lakeside")
			if err != nil {
				return nil, err
			}
			return nil, n.system("maple").Receive(context.Background(), far, id, record.Answer{Site: "lakeside", State: "unreachable", Asked: anchor, Why: "no connection"}, nil, false)
		}
		n.receive("maple", "lakeside", "rosa", record.Answer{State: "answered", Asked: anchor, When: anchor})
		return nil, nil
	}))
	n.load("maple", "riverside")
	n.user(physician)
	key := func(k string) { t.Helper(); do(t, ctx, cd.KeyEvent(k)) }
	press := func(name string) {
		t.Helper()
		js(t, ctx, `(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "`+name+`", bubbles: true, cancelable: true})), 1)`)
	}

	do(t, ctx, cd.EmulateViewport(1440, 900))
	signIn(t, ctx, n, "okonkwo")
	until(t, ctx, `location.pathname === "/maple/patients" && document.readyState === "complete"`)
	js(t, ctx, `(document.addEventListener("securitypolicyviolation", (e) => { document.title = "violation " + e.violatedDirective; }), 1)`)
	key("/")
	until(t, ctx, `document.activeElement.id === "find-q"`)
	key("ros")
	until(t, ctx, `document.querySelectorAll("#find-list [role=option]").length === 1 && !document.querySelector("#find-list").hidden`)
	if s := js(t, ctx, `document.querySelector("#find-list [role=option]").textContent`); !strings.Contains(s, "68 y") || !strings.Contains(s, "MRN 004-17-882") {
		t.Errorf("the suggestion says %q", s)
	}
	press("Enter")
	until(t, ctx, `location.pathname === "/maple/patients/rosa-delgado" && document.querySelector("h1")?.textContent.includes("Rosa") && document.readyState === "complete"`)
	if s := js(t, ctx, `document.querySelector("#storyboard").textContent`); !strings.Contains(s, "Anaphylaxis") {
		t.Errorf("the storyboard says %q", s)
	}
	key("w")
	until(t, ctx, `location.pathname.endsWith("/whole") && document.querySelector("#strip")?.textContent.includes("asking")`)
	if js(t, ctx, `String(document.querySelector("#record").textContent.includes("Chronic kidney disease"))`) != "true" {
		t.Error("what is known does not stand there while others are asked")
	}
	js(t, ctx, `(document.querySelector("#record .row-title").focus(), window.had = document.activeElement.textContent, 1)`)
	close(release)
	until(t, ctx, `document.querySelector("#strip").textContent.includes("unreachable") && !document.querySelector("#record").hasAttribute("data-refresh")`)
	until(t, ctx, `!document.querySelector("#storyboard").hasAttribute("data-refresh") && document.querySelector("#storyboard").textContent.includes("Lakeside Cardiology could not be reached")`)
	if js(t, ctx, `String(document.activeElement.textContent === window.had)`) != "true" {
		t.Errorf("the focus went to %s", js(t, ctx, `document.activeElement.outerHTML.slice(0, 120)`))
	}
	up.Store(true)
	js(t, ctx, `(document.querySelector("#strip a[aria-label^=Retry]").click(), 1)`)
	until(t, ctx, `document.querySelector("#strip")?.textContent.includes("just now") && document.querySelector("#record").textContent.includes("Warfarin") && document.readyState === "complete"`)
	for _, k := range []string{"g", "m"} {
		key(k)
	}
	until(t, ctx, `location.pathname.endsWith("/whole/medicines") && document.readyState === "complete"`)
	key("j")
	until(t, ctx, `document.activeElement.classList.contains("row-title")`)
	key("w")
	until(t, ctx, `location.pathname === "/maple/patients/rosa-delgado/medicines"`)
	for _, path := range []string{"", "/whole", "/whole/results", "/whole/timeline", "/about", "/fact/Patient/rosa-delgado"} {
		do(t, ctx, cd.EmulateViewport(360, 740))
		do(t, ctx, cd.Navigate(n.base+"/maple/patients/rosa-delgado"+path))
		if w := js(t, ctx, "document.documentElement.scrollWidth"); w != "360" {
			t.Errorf("%q is %s pixels wide on a phone", path, w)
		}
		if s := js(t, ctx, "document.title"); strings.Contains(s, "violation") {
			t.Error(s)
		}
	}
}
