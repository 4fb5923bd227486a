package clinic

import (
	"context"
	"os/exec"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"
)

// chromium is a real browser, or the test is skipped with a word.
func chromium(t *testing.T) context.Context {
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
	ctx, timeout := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(timeout)
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...cd.Action[cd.Void]) {
	t.Helper()
	if err := cd.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// js is what an expression gives, as a string; a promise is waited for.
func js(t *testing.T, ctx context.Context, expression string) string {
	t.Helper()
	got, err := cd.Run(ctx, cd.Evaluate[string]("(async () => String(await ("+expression+")))()", cd.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// until waits for an expression to hold, across navigations.
func until(t *testing.T, ctx context.Context, expression string) {
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
	t.Fatalf("never: %s\nat %s: %s", expression, js(t, ctx, "location.href"), js(t, ctx, "document.querySelector('main').textContent.slice(0, 300)"))
}

// signIn types name and password into the form and sends it by Enter.
func signIn(t *testing.T, ctx context.Context, n *node, user string) {
	t.Helper()
	do(t, ctx, cd.Navigate(n.base+"/maple/signin"))
	until(t, ctx, `document.activeElement.id === "f-user"`)
	do(t, ctx, cd.KeyEvent(user))
	js(t, ctx, `(document.querySelector("#f-password").focus(), 1)`)
	do(t, ctx, cd.KeyEvent(password+"\r"))
	until(t, ctx, `!location.pathname.endsWith("/signin")`)
}
