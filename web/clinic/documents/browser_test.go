package documents

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
)

// choose puts files into the file field, as the browser's own dialog does.
func choose(t *testing.T, ctx context.Context, files ...string) {
	t.Helper()
	pagetest.Do(t, ctx, cd.SetUploadFiles("#f-file", files))
}

// TestBrowserStory: upload with the progress bar → list → open; letter → kept while
// typed → sign; by keyboard where there is a key.
func TestBrowserStory(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := house(t)
	n.User(lena)
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	bad, good := file("evil.pdf", "<html><script>alert(1)</script>"), file("Consult.pdf", aPDF)
	big := file("big.txt", strings.Repeat("0123456789abcdef", 20<<16)+"!")

	pagetest.SignIn(t, ctx, n, "maple", lena.Name)
	pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa+"/upload"))
	choose(t, ctx, big)
	pagetest.Until(t, ctx, `document.querySelector("[data-said]").textContent.includes("Larger than 20 MB: big.txt")`)
	pagetest.JS(t, ctx, `(document.getElementById("f-author").value = "Aaron Feld, MD", document.getElementById("f-kind").value = "11488-4", 1)`)
	choose(t, ctx, bad)
	pagetest.JS(t, ctx, `(document.querySelector("form[data-upload] [type=submit]").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelector(".doc-results")?.textContent.includes("an HTML page")`)
	pagetest.Until(t, ctx, `document.getElementById("f-author").value === "Aaron Feld, MD" && document.activeElement.matches(".doc-results")`)
	choose(t, ctx, good)
	pagetest.JS(t, ctx, `(document.querySelector("form[data-upload] [type=submit]").click(), 1)`)
	pagetest.Until(t, ctx, `location.pathname.endsWith("/library") && document.querySelector(".lib-fresh .row-title")?.textContent === "Consult"`)
	pagetest.JS(t, ctx, `(document.querySelector(".lib-fresh .row-title").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelector("article.doc h2")?.textContent === "Consult" && document.querySelector(".doc-files a")?.textContent.includes("PDF, 1 page")`)

	pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa+"/letters/new?template=blank"))
	pagetest.JS(t, ctx, `(document.querySelector("#new-letter [type=submit]").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelector("form[data-letter]")`)
	pagetest.JS(t, ctx, `(document.getElementById("f-body").focus(), 1)`)
	pagetest.Keys(t, ctx, "Dear Rosa, all is well.")
	pagetest.Until(t, ctx, `/^Saved \d/.test(document.querySelector("[data-state]").textContent) && document.querySelector("[name=rev]").value === "2"`)
	// The browser goes away in mid-word; nothing is lost.
	pagetest.Keys(t, ctx, " And mo")
	pagetest.Until(t, ctx, `document.querySelector("[name=rev]").value === "3"`)
	pagetest.JS(t, ctx, `(window.old = true, location.reload(), 1)`)
	pagetest.Until(t, ctx, `!window.old && document.readyState === "complete" && document.getElementById("f-body")?.value === "Dear Rosa, all is well. And mo"`)
	pagetest.JS(t, ctx, `(document.querySelector("[value=sign]").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelector(".doc-signed")?.textContent.includes("Signed by Lena Okonkwo, MD")`)
	got := pagetest.JS(t, ctx, `fetch([...document.querySelectorAll(".doc-files a")].at(-1).href).then((r) => r.text()).then((t) => t.slice(0, 5))`)
	if got != "%PDF-" {
		t.Errorf("%q", got)
	}
}

// TestAccessibility runs axe over every page, light and dark, and on a phone.
func TestAccessibility(t *testing.T) {
	if os.Getenv("WHOLECHART_AXE") == "" {
		t.Skip("WHOLECHART_AXE names no axe.min.js: accessibility was not measured")
	}
	ctx := pagetest.Chromium(t)
	n := house(t)
	at := pages(t, n, n.User(lena))
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	pagetest.SignIn(t, ctx, n, "maple", lena.Name)
	var list []string
	for _, p := range at {
		list = append(list, p)
	}
	pagetest.Axe(t, ctx, n, list...)
	pagetest.Do(t, ctx, cd.EmulateViewport(360, 800))
	pagetest.Axe(t, ctx, n, at["upload"], at["letter"])
}
