package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	cd "github.com/chromedp/chromedp"
)

// browser opens a real one on a small site made of the kit, or skips with a word where there is none.
func browser(t *testing.T) (ctx context.Context, base string) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on this machine: the modules were not run in a browser")
	}
	if testing.Short() {
		t.Skip("-short: the modules were not run in a browser")
	}
	srv := httptest.NewServer(kitSite())
	t.Cleanup(srv.Close)
	alloc, stop := cd.NewExecAllocator(context.Background(), cd.ExecPath(path), cd.Headless, cd.NoSandbox, cd.DisableGPU, cd.NoFirstRun,
		cd.UserDataDir(t.TempDir()), cd.Flag("disable-background-networking", true), cd.Flag("disable-component-update", true), cd.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, cancel := cd.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, timeout := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(timeout)
	return ctx, srv.URL
}

// kitSite answers with the style guide, suggestions, a strip that is complete at the third asking, and a form.
func kitSite() http.Handler {
	var asked atomic.Int64
	mux := http.NewServeMux()
	mux.Handle(AssetPath, Assets())
	mux.Handle("POST "+ThemePath, Theme())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { _ = Render(w, r, 200, StyleGuide(ThemeOf(r))) })
	mux.HandleFunc("/maple/suggest", func(w http.ResponseWriter, r *http.Request) {
		s := Suggestions{Query: r.FormValue("q")}
		for _, name := range []string{"Rosa Delgado", "Rose Okafor", "Owen Brandt"} {
			if strings.Contains(strings.ToLower(name), s.Query) {
				s.Items = append(s.Items, Suggestion{name, "68 y", "/chart?name=" + name[:4]})
			}
		}
		_ = Render(w, r, 200, s)
	})
	strip := func(n int64) Completeness {
		c := Completeness{ID: "strip", RefreshURL: "/strip", Refresh: 250 * time.Millisecond, Sites: []SiteAnswer{{Name: "Riverside", RetryHref: "/again"}}}
		if n >= 3 {
			c.Refresh, c.Sites[0].State, c.Sites[0].Badge = 0, Answered, badgeRG
		}
		return c
	}
	mux.HandleFunc("/strip", func(w http.ResponseWriter, r *http.Request) { _ = Render(w, r, 200, strip(asked.Add(1))) })
	mux.HandleFunc("/whole", func(w http.ResponseWriter, r *http.Request) {
		_ = Render(w, r, 200, Framed(Page{Title: "Whole record"}, strip(0)))
	})
	mux.HandleFunc("/form", func(w http.ResponseWriter, r *http.Request) {
		f := Field{Name: "reason", Label: "Reason", Value: r.PostFormValue("reason")}
		if r.Method == "POST" {
			f.Error = "Say more than " + strconv.Quote(f.Value)
		}
		_ = Render(w, r, 200, Framed(Page{Title: "Form"}, formRegion(f)))
	})
	h, err := Protect(mux)
	if err != nil {
		panic(err)
	}
	return h
}

// formRegion is a form that replaces its own region.
func formRegion(f Field) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, `<section id="region"><form class="form" method="post" action="/form" data-target="#region">`)
		if err := f.Render(ctx, w); err != nil {
			return err
		}
		_, err := io.WriteString(w, `<button>Save</button></form></section>`)
		return err
	})
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
	t.Fatalf("never: %s\nat %s, focus on %s", expression, js(t, ctx, "location.href"), js(t, ctx, "document.activeElement.outerHTML.slice(0, 200)"))
}

func do(t *testing.T, ctx context.Context, steps ...cd.Action[cd.Void]) {
	t.Helper()
	if err := cd.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func TestInBrowser(t *testing.T) {
	ctx, base := browser(t)
	open := func(path string) { t.Helper(); do(t, ctx, cd.Navigate(base+path)) }
	key := func(k string) { t.Helper(); do(t, ctx, cd.KeyEvent(k)) }

	t.Run("the policy stops nothing of ours", func(t *testing.T) {
		open("/")
		js(t, ctx, `(document.addEventListener("securitypolicyviolation", (e) => { document.title = "violation " + e.violatedDirective; }), 1)`)
		key("?")
		until(t, ctx, `document.querySelector("#keys").open`)
		if title := js(t, ctx, "document.title"); strings.Contains(title, "violation") {
			t.Error(title)
		}
		if got := js(t, ctx, `document.querySelector("[data-keys-list]").textContent`); !strings.Contains(got, "Order") {
			t.Errorf("the key sheet lists %q", got)
		}
		js(t, ctx, `(document.querySelector("#keys").close(), 1)`)
	})
	t.Run("find by type-ahead", func(t *testing.T) {
		open("/")
		key("/")
		until(t, ctx, `document.activeElement.id === "find-q" && document.activeElement.value === ""`)
		key("ros")
		until(t, ctx, `document.querySelectorAll("#find-list [role=option]").length === 2 && !document.querySelector("#find-list").hidden`)
		if got := js(t, ctx, `document.querySelector("#find-q").getAttribute("aria-expanded") + " " + document.querySelector("#find-said").textContent`); got != "true 2 matches" {
			t.Errorf("%q", got)
		}
		if got := js(t, ctx, `String(document.querySelector("#find-q").getAttribute("aria-activedescendant"))`); got != "null" {
			t.Errorf("of several matches %q is chosen already: Enter could open the wrong patient", got)
		}
		js(t, ctx, `(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true, cancelable: true})), 1)`)
		if got := js(t, ctx, `document.getElementById(document.querySelector("#find-q").getAttribute("aria-activedescendant")).textContent`); !strings.HasPrefix(got, "Rosa Delgado") {
			t.Errorf("the arrow points at %q", got)
		}
		js(t, ctx, `(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true})), 1)`)
		until(t, ctx, `location.pathname === "/chart"`)
	})
	t.Run("rows by keys", func(t *testing.T) {
		open("/")
		key("j")
		until(t, ctx, `document.activeElement.textContent === "INR"`)
		key("j")
		until(t, ctx, `document.activeElement.textContent === "HbA1c"`)
		key("k")
		until(t, ctx, `document.activeElement.textContent === "INR"`)
		key("1")
		until(t, ctx, `location.hash === "#chart"`)
		key("g")
		key("i")
		until(t, ctx, `location.hash === "#inbox"`)
	})
	t.Run("the strip asks until it is complete and keeps the focus", func(t *testing.T) {
		open("/whole")
		js(t, ctx, `(document.querySelector("#strip a").focus(), 1)`)
		until(t, ctx, `!document.querySelector("#strip").hasAttribute("data-refresh") && document.querySelector("#strip").textContent.includes("1 of 1 site")`)
		if got := js(t, ctx, `document.activeElement.getAttribute("aria-label")`); got != "Retry Riverside" {
			t.Errorf("the focus went to %q", got)
		}
	})
	t.Run("a form in its region keeps what was typed", func(t *testing.T) {
		open("/form")
		js(t, ctx, `(document.querySelector("#f-reason").focus(), 1)`)
		key("pain")
		js(t, ctx, `(window.stayed = true, document.querySelector("#region form").requestSubmit(), 1)`)
		until(t, ctx, `document.querySelector("#f-reason-error") !== null`)
		if got := js(t, ctx, `[window.stayed, document.activeElement.id, document.activeElement.value, location.pathname].join(" ")`); got != "true f-reason pain /form" {
			t.Errorf("%q", got)
		}
	})
	t.Run("theme", func(t *testing.T) {
		open("/")
		js(t, ctx, `(document.querySelector("button[value=dark]").click(), 1)`)
		until(t, ctx, `document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).backgroundColor === "rgb(16, 22, 29)"`)
		open("/")
		if got := js(t, ctx, "document.documentElement.dataset.theme"); got != "dark" {
			t.Errorf("the choice was not kept: %q", got)
		}
	})
	t.Run("no sideways scroll at 360 pixels", func(t *testing.T) {
		do(t, ctx, cd.EmulateViewport(360, 740))
		open("/")
		if got := js(t, ctx, "document.documentElement.scrollWidth"); got != "360" {
			t.Errorf("the page is %s wide", got)
		}
		if got := js(t, ctx, `[...document.querySelectorAll(".btn, .nav a, .seg > *, summary")].filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 24).length`); got != "0" {
			t.Errorf("%s targets are too small", got)
		}
	})
}
