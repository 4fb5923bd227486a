package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"

	"wholechart/auth"
	"wholechart/record"
	"wholechart/web"
)

// TestInBrowser opens every page in a real browser on a desk and on a phone,
// light and dark: the policy stops nothing of ours, nothing is wider than the
// screen. With SHOTS=dir it leaves pictures there.
func TestInBrowser(t *testing.T) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" || testing.Short() {
		t.Skip("no Chromium, or -short: the pages were not opened in a browser")
	}
	d := open(t)
	river, _ := d.records.Site("riverside")
	far, _ := d.records.Site("far")
	if err := d.system("maple").SetLink(t.Context(), "rosa", river, "rd-77", record.Review, 0.82, "possible: same telephone; birth date differs by a slip of digits"); err != nil {
		t.Fatal(err)
	}
	keys, err := d.auth.PublicKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.auth.AddPeer(t.Context(), auth.Peer{Slug: far.Slug, Base: far.Base, Keys: keys}); err != nil {
		t.Fatal(err)
	}
	d.acts()
	mux := http.NewServeMux()
	mux.Handle(web.AssetPath, web.Assets())
	mux.HandleFunc("/be", func(w http.ResponseWriter, r *http.Request) {
		web.SetSession(w, r, d.tokens[r.FormValue("who")], time.Hour)
		http.SetCookie(w, &http.Cookie{Name: web.ThemeCookie, Value: r.FormValue("theme"), Path: "/"})
		http.Redirect(w, r, r.FormValue("next"), http.StatusSeeOther)
	})
	mux.Handle("/", d.handler)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)

	alloc, stop := cd.NewExecAllocator(context.Background(), cd.ExecPath(path), cd.Headless, cd.NoSandbox, cd.DisableGPU, cd.NoFirstRun,
		cd.UserDataDir(t.TempDir()), cd.Flag("disable-background-networking", true), cd.Flag("disable-component-update", true), cd.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, cancel := cd.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, timeout := context.WithTimeout(ctx, 100*time.Second)
	t.Cleanup(timeout)
	for _, screen := range []struct {
		name          string
		width, height int64
		theme         string
	}{{"desk", 1280, 900, "light"}, {"phone", 360, 780, "light"}, {"dark", 1280, 900, "dark"}} {
		if err := cd.Do(ctx, cd.EmulateViewport(screen.width, screen.height)); err != nil {
			t.Fatal(err)
		}
		for _, p := range []struct{ who, name, path string }{
			{"ferris", "log", "/maple/log"}, {"rosa", "looked", "/maple/patients/rosa/access"}, {"ops", "node", "/maple/node"}, {"ops", "users", "/maple/users"},
			{"stone", "links", "/maple/links?patient=rosa"}, {"front", "refused", "/maple/log"},
		} {
			if err := cd.Do(ctx, cd.Navigate(srv.URL+"/be?"+url.Values{"who": {p.who}, "theme": {screen.theme}, "next": {p.path}}.Encode())); err != nil {
				t.Fatal(err)
			}
			got, err := cd.Run(ctx, cd.Evaluate[string](`[document.documentElement.scrollWidth <= innerWidth ? "fits" : "wide " + document.documentElement.scrollWidth, document.querySelectorAll("h1").length, getComputedStyle(document.querySelector("main")).display, [...document.styleSheets].length, [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((e) => !e.labels.length).length].join(", ")`))
			if err != nil {
				t.Fatal(err)
			}
			want := "fits, 1, grid, 2, 0"
			if p.name == "refused" { // the door's own page has the kit's sheet alone
				want = "fits, 1, grid, 1, 0"
			}
			if got != want {
				t.Errorf("%s on %s: %s, want %s", p.name, screen.name, got, want)
			}
			if dir := os.Getenv("SHOTS"); dir != "" {
				shot, err := cd.Run(ctx, cd.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, strings.Join([]string{p.name, screen.name, "png"}, ".")), shot, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
