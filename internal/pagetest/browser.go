package pagetest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"
)

// Chromium is a real browser, or the test is skipped with a word.
func Chromium(t testing.TB) context.Context {
	t.Helper()
	return ChromiumFor(t, 90*time.Second)
}

// ChromiumFor is a browser that is open so long at most: for a test of many
// pages, on a machine that does much else.
func ChromiumFor(t testing.TB, most time.Duration) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on this machine: the pages were not opened in a browser")
	}
	if testing.Short() {
		t.Skip("-short: the pages were not opened in a browser")
	}
	alloc, stop := cd.NewExecAllocator(context.Background(), cd.ExecPath(path), cd.Headless, cd.NoSandbox, cd.DisableGPU, cd.NoFirstRun,
		cd.UserDataDir(t.TempDir()), cd.Flag("disable-background-networking", true), cd.Flag("disable-component-update", true), cd.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, cancel := cd.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, timeout := context.WithTimeout(ctx, most)
	t.Cleanup(timeout)
	return ctx
}

// Do runs browser steps.
func Do(t testing.TB, ctx context.Context, steps ...cd.Action[cd.Void]) {
	t.Helper()
	if err := cd.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// JS is what an expression gives, as a string; a promise is waited for.
func JS(t testing.TB, ctx context.Context, expression string) string {
	t.Helper()
	got, err := cd.Run(ctx, cd.Evaluate[string]("(async () => String(await ("+expression+")))()", cd.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// Until waits for an expression to hold, across navigations.
func Until(t testing.TB, ctx context.Context, expression string) {
	t.Helper()
	for range 400 {
		got, err := cd.Run(ctx, cd.Evaluate[string]("(() => { try { return String(!!("+expression+")); } catch (e) { return String(e); } })()"))
		if err == nil && got == "true" {
			return
		}
		if ctx.Err() != nil {
			break
		}
		time.Sleep(30 * time.Millisecond)
	}
	t.Fatalf("never: %s\nat %s: %s", expression, JS(t, ctx, "location.href"), JS(t, ctx, "document.querySelector('main').textContent.slice(0, 300)"))
}

// SignIn types name and password into the form and sends it by Enter.
func SignIn(t testing.TB, ctx context.Context, n *Node, site, user string) {
	t.Helper()
	Do(t, ctx, cd.Navigate(n.Base+"/"+site+"/signin"))
	Until(t, ctx, `document.activeElement.id === "f-user"`)
	Do(t, ctx, cd.KeyEvent(user))
	JS(t, ctx, `(document.querySelector("#f-password").focus(), 1)`)
	Do(t, ctx, cd.KeyEvent(Password+"\r"))
	Until(t, ctx, `!location.pathname.endsWith("/signin")`)
}

// Axe runs axe-core (WCAG 2.2 A and AA) over a page of the site in light and
// dark. WHOLECHART_AXE names its axe.min.js, which is not in the tree; without
// it the test is skipped.
func Axe(t testing.TB, ctx context.Context, n *Node, paths ...string) {
	t.Helper()
	file := os.Getenv("WHOLECHART_AXE")
	if file == "" {
		t.Skip("WHOLECHART_AXE names no axe.min.js: accessibility was not measured")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"light", "dark"} {
		for _, path := range paths {
			Do(t, ctx, cd.Navigate(n.Base+path))
			AxeHere(t, ctx, string(axe), theme, path)
		}
	}
}

// AxeHere runs axe-core over the page as it stands.
func AxeHere(t testing.TB, ctx context.Context, axe, theme, name string) {
	t.Helper()
	JS(t, ctx, `(document.documentElement.dataset.theme = "`+theme+`", 1)`)
	if _, err := cd.Run(ctx, cd.Evaluate[string]("(() => { "+axe+"; return 'ok'; })()")); err != nil {
		t.Fatal(err)
	}
	got := JS(t, ctx, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then((r) => JSON.stringify(r.violations.map((v) => v.id + " (" + v.nodes.length + "): " + v.nodes[0].html.slice(0, 160) + " " + v.nodes[0].failureSummary.slice(0, 240))))`)
	var found []string
	if err := json.Unmarshal([]byte(got), &found); err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s (%s): %s", name, theme, f)
	}
}

// Shot writes a picture of the whole page to WHOLECHART_SHOTS, or nothing when
// that is not set.
func Shot(t testing.TB, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("WHOLECHART_SHOTS")
	if dir == "" {
		return
	}
	png, err := cd.Run(ctx, cd.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Keys types keys where the focus is.
func Keys(t testing.TB, ctx context.Context, keys string) {
	t.Helper()
	Do(t, ctx, cd.KeyEvent(keys))
}
