package facts

import (
	"os"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
)

// TestShots takes pictures of the pages for people to look at: WHOLECHART_SHOTS
// names the folder. It checks nothing else.
func TestShots(t *testing.T) {
	if os.Getenv("WHOLECHART_SHOTS") == "" {
		t.Skip("WHOLECHART_SHOTS names no folder: no pictures were taken")
	}
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	shot := func(path, name string) {
		pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
		pagetest.Shot(t, ctx, name)
	}
	typed := func(words string) {
		pagetest.JS(t, ctx, `(document.querySelector(".coded input").focus(), 1)`)
		pagetest.Do(t, ctx, cd.KeyEvent(words))
		pagetest.Until(t, ctx, `document.querySelectorAll(".codes [role=option]").length > 0`)
	}
	pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa+"/enter/problem"))
	typed("heart")
	pagetest.Shot(t, ctx, "facts-problem")
	pagetest.JS(t, ctx, `(document.querySelector(".coded input").value = "", 1)`)
	shot(rosa+"/enter/allergy", "facts-allergy")
	shot(rosa+"/enter/immunisation", "facts-immunisation")
	shot(rosa+"/enter/family", "facts-family")
	shot(rosa+"/enter/social", "facts-social")
	shot(rosa+"/whole/reconcile", "facts-reconcile")
	pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "dark", 1)`)
	pagetest.Shot(t, ctx, "facts-reconcile-dark")
	pagetest.Do(t, ctx, cd.EmulateViewport(360, 760))
	shot(rosa+"/enter/allergy", "facts-phone")
	shot(rosa+"/whole/reconcile", "facts-phone-reconcile")
}
