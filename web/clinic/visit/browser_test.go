package visit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	cd "github.com/chromedp/chromedp"

	"wholechart/chart/note"
	"wholechart/internal/pagetest"
	"wholechart/web/clinic"
)

// line is the wire between browsers and the server.
type line struct {
	pages http.Handler
	cut   atomic.Bool // nothing arrives
	mute  atomic.Bool // what arrives is done, but no answer goes back
	out   atomic.Bool // the session has ended
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	draft := strings.HasSuffix(r.URL.Path, "/draft")
	switch {
	case draft && l.cut.Load():
		panic(http.ErrAbortHandler)
	case draft && l.out.Load():
		http.Error(w, "Sign in again.", http.StatusUnauthorized)
	case draft && r.Method == "POST" && l.mute.Load():
		l.pages.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		l.pages.ServeHTTP(w, r)
	}
}

func wired(t *testing.T) (*pagetest.Node, *line) {
	t.Helper()
	n := pagetest.New(t, []string{"maple"}, nil)
	n.Clock = func() time.Time { return pagetest.Anchor }
	n.Load("maple")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p)
	l := &line{pages: p}
	n.Serve(l)
	return n, l
}

const plan = "51847-2"

// typed puts the caret at the end of a section and types.
func typed(t *testing.T, ctx context.Context, code, text string) {
	t.Helper()
	pagetest.JS(t, ctx, `((a) => { a.focus(); a.setSelectionRange(a.value.length, a.value.length); return 1; })(document.getElementById("ns-`+code+`"))`)
	pagetest.Do(t, ctx, cd.KeyEvent(text))
}

// stored is a section of the draft as the server has it.
func stored(t *testing.T, n *pagetest.Node, at, code string) string {
	t.Helper()
	d, err := n.System("maple").Draft(t.Context(), "note", at[strings.LastIndex(at, "/")+1:])
	if err != nil {
		return ""
	}
	nd, err := note.ParseDraft(d.Body)
	if err != nil {
		t.Fatal(err)
	}
	if s := nd.Section(code); s != nil {
		return s.Text
	}
	return ""
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 300 {
		if f() {
			return
		}
		time.Sleep(40 * time.Millisecond)
	}
	t.Fatal("never: " + what)
}

func open(t *testing.T, ctx context.Context, n *pagetest.Node, at string) {
	t.Helper()
	pagetest.Do(t, ctx, cd.Navigate(n.Base+at))
	pagetest.Until(t, ctx, `document.querySelector("[data-plain]").hidden`)
}

func TestNothingTypedIsLost(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n, l := wired(t)
	at := started(t, n.User(lena), harold, "Cough")
	pagetest.SignIn(t, ctx, n, "maple", lena.Name)
	open(t, ctx, n, at)

	// Saved by itself.
	typed(t, ctx, plan, "1. Bronchitis")
	eventually(t, "saved by itself", func() bool { return stored(t, n, at, plan) == "1. Bronchitis" })
	pagetest.Until(t, ctx, `document.getElementById("note-state").textContent.includes("Draft saved 10:24:00 · only you are writing")`)

	// Gone in the middle of a word: the beacon brings it.
	typed(t, ctx, plan, ", no anti")
	pagetest.Do(t, ctx, cd.Navigate("about:blank"))
	eventually(t, "the beacon arrived", func() bool { return stored(t, n, at, plan) == "1. Bronchitis, no anti" })

	// The line is cut in the middle of a word, and the page is loaded again: the tab kept it, the browser asks before it goes.
	open(t, ctx, n, at)
	l.cut.Store(true)
	typed(t, ctx, plan, "biot")
	pagetest.Until(t, ctx, `document.getElementById("note-offline").textContent.includes("kept in this tab")`)
	asked := leaves(t, ctx)
	l.cut.Store(false)
	l.mute.Store(true) // the beacon may arrive, or the page may send it again: once
	open(t, ctx, n, at)
	l.mute.Store(false)
	if !asked.Load() {
		t.Error("the page with what nobody else has goes without a word")
	}
	eventually(t, "sent when the page is loaded again", func() bool { return stored(t, n, at, plan) == "1. Bronchitis, no antibiot" })

	// The line is cut while typing, and comes back.
	l.cut.Store(true)
	typed(t, ctx, plan, "ic")
	pagetest.Until(t, ctx, `!document.getElementById("note-offline").hidden && document.getElementById("note-offline").textContent.includes("kept in this tab")`)
	typed(t, ctx, plan, " today")
	l.cut.Store(false)
	eventually(t, "sent again", func() bool { return stored(t, n, at, plan) == "1. Bronchitis, no antibiotic today" })
	pagetest.Until(t, ctx, `document.getElementById("note-offline").hidden`)

	// Answers are lost: what arrived is not there twice.
	l.mute.Store(true)
	typed(t, ctx, plan, "\r2. Sm")
	eventually(t, "it arrived", func() bool { return strings.Contains(stored(t, n, at, plan), "2. Sm") })
	typed(t, ctx, plan, "oking")
	time.Sleep(1500 * time.Millisecond)
	l.mute.Store(false)
	eventually(t, "once", func() bool { return stored(t, n, at, plan) == "1. Bronchitis, no antibiotic today\n2. Smoking" })

	// Signed out in the middle: kept, and sent when somebody signed in.
	l.out.Store(true)
	typed(t, ctx, plan, ": wants to stop")
	pagetest.Until(t, ctx, `document.getElementById("note-offline").textContent.includes("Sign in again in a new tab")`)
	pagetest.Until(t, ctx, `document.getElementById("note-offline").textContent.includes("on this page alone")`)
	nothingStays(t, ctx)
	l.out.Store(false)
	eventually(t, "sent after signing in", func() bool { return strings.HasSuffix(stored(t, n, at, plan), ": wants to stop") })

	// Snippets by dot and space; Tab goes to the next ***.
	typed(t, ctx, "61149-1", ".resp ")
	pagetest.Until(t, ctx, `document.getElementById("ns-61149-1").value === "Breathing *** per minute, breath sounds ***, wheeze ***."`)
	pagetest.Do(t, ctx, cd.KeyEvent("16\tclear\tnone"))
	pagetest.Until(t, ctx, `document.getElementById("ns-61149-1").value === "Breathing 16 per minute, breath sounds clear, wheeze none."`)

	// Ctrl-Enter, Enter: signed.
	pagetest.JS(t, ctx, `(document.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true})), 1)`)
	pagetest.Until(t, ctx, `document.activeElement.id === "sign-now"`)
	pagetest.Do(t, ctx, cd.KeyEvent("\r"))
	pagetest.Until(t, ctx, `location.pathname.includes("/notes/") && document.body.textContent.includes("Unchanged since it was signed")`)
	nothingStays(t, ctx)
}

// leaves answers "yes" when the browser asks whether to leave, and says whether it
// did.
func leaves(t *testing.T, ctx context.Context) *atomic.Bool {
	t.Helper()
	var asked atomic.Bool
	if err := cd.Listen(ctx, func(ev any) {
		if _, ok := ev.(*page.EventJavascriptDialogOpening); ok {
			asked.Store(true)
			go func() {
				_ = cd.Do(ctx, cd.Func(func(ctx context.Context, t *cd.Target) error {
					_, err := cdp.Call(ctx, t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
					return err
				}))
			}()
		}
	}); err != nil {
		t.Fatal(err)
	}
	return &asked
}

// nothingStays looks for words of notes in the browser.
func nothingStays(t *testing.T, ctx context.Context) {
	t.Helper()
	if left := pagetest.JS(t, ctx, `[localStorage, sessionStorage].flatMap((s) => Object.keys(s)).filter((k) => k.startsWith("wc-note")).length`); left != "0" {
		t.Errorf("%s drafts are left in the browser", left)
	}
}

// TestSigningOutLeavesNoNote: the last words go to the server first; what it does
// not take is told, and no word stays in the browser.
func TestSigningOutLeavesNoNote(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n, l := wired(t)
	at := started(t, n.User(lena), harold, "Cough")
	pagetest.SignIn(t, ctx, n, "maple", lena.Name)
	const out = `(document.querySelector("form[action$='/signout']").requestSubmit(), 1)`
	open(t, ctx, n, at)
	pagetest.JS(t, ctx, `(localStorage.setItem("wc-note:/of/an/earlier/version:okonkwo", "words"), sessionStorage.setItem("wc-note:/x:another", "words"), 1)`)
	open(t, ctx, n, at)
	nothingStays(t, ctx)
	typed(t, ctx, plan, "1. Bronch")
	pagetest.JS(t, ctx, out)
	pagetest.Until(t, ctx, `location.pathname.endsWith("/signin")`)
	nothingStays(t, ctx)
	if s := stored(t, n, at, plan); s != "1. Bronch" {
		t.Errorf("the last words are lost: %q", s)
	}

	pagetest.SignIn(t, ctx, n, "maple", lena.Name)
	open(t, ctx, n, at)
	l.cut.Store(true)
	typed(t, ctx, plan, "it")
	pagetest.JS(t, ctx, `(new BroadcastChannel("wc-signout").postMessage("out"), 1)`) // of another tab
	pagetest.Until(t, ctx, `document.getElementById("note-offline").textContent.includes("on this page alone")`)
	typed(t, ctx, plan, "is")
	nothingStays(t, ctx)
	pagetest.JS(t, ctx, out)
	pagetest.Until(t, ctx, `document.getElementById("note-offline").textContent.includes("Not signed out yet")`)
	pagetest.JS(t, ctx, out)
	pagetest.Until(t, ctx, `location.pathname.endsWith("/signin")`)
	nothingStays(t, ctx)
}

func TestTwoInOneNoteSeeEachOther(t *testing.T) {
	one, two := pagetest.Chromium(t), pagetest.Chromium(t)
	n, l := wired(t)
	at := started(t, n.User(lena), harold, "Cough")
	n.User(tomas)
	pagetest.SignIn(t, one, n, "maple", lena.Name)
	pagetest.SignIn(t, two, n, "maple", tomas.Name)
	open(t, one, n, at)
	typed(t, one, plan, "1. Bronchitis")
	eventually(t, "saved", func() bool { return stored(t, n, at, plan) == "1. Bronchitis" })
	open(t, two, n, at)
	typed(t, two, "61149-1", "Lungs: some wheeze")
	pagetest.Until(t, one, `document.getElementById("note-state").textContent.includes("Tomás Reyes is writing too")`)
	pagetest.Until(t, two, `document.getElementById("note-state").textContent.includes("Lena Okonkwo is writing too")`)
	pagetest.Until(t, one, `document.getElementById("ns-61149-1").value === "Lungs: some wheeze"`)

	// The same lines at the same time: both stay, both are told, and it is not signed before somebody looked.
	l.cut.Store(true)
	typed(t, one, plan, ", viral")
	typed(t, two, plan, ", bacterial")
	time.Sleep(time.Second)
	l.cut.Store(false)
	eventually(t, "both are kept", func() bool {
		s := stored(t, n, at, plan)
		return strings.Contains(s, "1. Bronchitis, viral") && strings.Contains(s, "1. Bronchitis, bacterial")
	})
	for _, ctx := range []context.Context{one, two} {
		pagetest.Until(t, ctx, `document.getElementById("ns-`+plan+`").value.includes("viral") && document.getElementById("ns-`+plan+`").value.includes("bacterial")`)
		pagetest.Until(t, ctx, `!document.querySelector("[data-code='`+plan+`'] [data-clash]").hidden`)
	}
	pagetest.JS(t, one, `(document.getElementById("note-sign").click(), 1)`)
	pagetest.Until(t, one, `location.pathname.endsWith("/sign") && document.body.textContent.includes("two people wrote in the same lines") && !document.getElementById("sign-now")`)
	pagetest.Do(t, one, cd.Navigate(n.Base+at))
	pagetest.Until(t, one, `document.querySelector("[data-plain]").hidden`)
	pagetest.JS(t, one, `(document.querySelector("[data-code='`+plan+`'] [data-clash] button").click(), 1)`)
	pagetest.Until(t, one, `document.readyState === "complete" && document.querySelector("[data-code='`+plan+`'] [data-clash]")?.hidden`)

	// One signs; the other types on, and is told. His words stay with him.
	pagetest.Do(t, one, cd.Navigate(n.Base+at+"/sign"))
	pagetest.Until(t, one, `document.getElementById("sign-now")`)
	pagetest.JS(t, one, `(document.getElementById("sign-now").click(), 1)`)
	pagetest.Until(t, one, `location.pathname.includes("/notes/")`)
	typed(t, two, plan, " too late")
	pagetest.Until(t, two, `document.getElementById("note-offline").textContent.includes("signed")`)
	if kept := pagetest.JS(t, two, `Object.keys(sessionStorage).filter((k) => k.startsWith("wc-note")).map((k) => sessionStorage.getItem(k)).join()`); !strings.Contains(kept, "too late") {
		t.Errorf("what was typed too late is gone: %s", kept)
	}
	leaves(t, two)
	pagetest.Do(t, two, cd.Navigate(n.Base+at))
	pagetest.Until(t, two, `document.querySelector("#note-offline textarea")?.value.includes("too late")`)
	if s := stored(t, n, at, plan); s != "" {
		t.Errorf("a signed note has a draft again: %q", s)
	}
}

func TestAccessible(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := house(t)
	b := n.User(lena)
	pages := story(t, n, b)
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	pagetest.SignIn(t, ctx, n, "maple", lena.Name)
	pagetest.Axe(t, ctx, n, pages["visit"], pages["visit"]+"?tab=vitals", pages["visit"]+"/sign", pages["note"], pages["error"], "/maple/patients/grace-lindqvist/visit", pages["child"]+"?tab=vitals",
		harold+"/as-of?at=2026-11-22T10:24", harold+"/as-of", "/maple/snippets")
}
