package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	wire "github.com/chromedp/cdproto/network"
	cd "github.com/chromedp/chromedp"
)

// everyAddress has each page looked at by who opens it, the first page of the
// demonstration last, and gives how many there are. WHOLECHART_PAGES="/whole /day"
// looks only at addresses that hold one of these.
func (p *practice) everyAddress(pages map[string]pageOf, open func(who string) *eye, look func(e *eye, url string)) (count int) {
	p.t.Helper()
	only := strings.Fields(os.Getenv("WHOLECHART_PAGES"))
	skip := func(path string) bool {
		return len(only) > 0 && !slices.ContainsFunc(only, func(o string) bool { return strings.Contains(path, o) })
	}
	people := map[string]*eye{}
	for _, at := range slices.Sorted(maps.Keys(pages)) {
		page := pages[at]
		page.at = slices.DeleteFunc(slices.Clone(page.at), skip)
		if len(page.at) == 0 {
			continue
		}
		e := people[page.as]
		if e == nil {
			e = open(page.as)
			people[page.as] = e
		}
		for _, path := range page.at {
			look(e, p.home+"/maple"+path)
			count++
		}
	}
	if !skip("/") {
		look(open(""), p.home+"/")
		count++
	}
	return count
}

// eye is somebody who looks at pages in two windows: one as most have it, once
// as wide as a desk's and once as a telephone's, and one without scripts, 360 px
// wide. Neither has a cache: every load is the first.
type eye struct {
	t     *testing.T
	axe   string
	wide  *hand
	plain *hand
}

func (p *practice) eye(who, axe string) *eye {
	p.t.Helper()
	var h *hand
	if who == "" {
		h = p.browser("nobody")
	} else {
		h = p.as(who)
	}
	e := &eye{p.t, axe, h, h.tab()}
	h.call(func(ctx context.Context) error {
		_, err := cd.Call(ctx, wire.SetCacheDisabled, wire.SetCacheDisabledParams{CacheDisabled: true})
		return err
	})
	e.plain.call(func(ctx context.Context) error {
		_, err := cd.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	e.plain.do(cd.EmulateViewport(360, 740))
	return e
}

// call asks the browser itself.
func (h *hand) call(ask func(context.Context) error) {
	h.t.Helper()
	h.do(cd.Func(func(ctx context.Context, _ *cd.Target) error { return ask(ctx) }))
}

// slow is a telephone on a poor line: a processor a quarter as fast, 60 ms to
// the server, 400 kB a second. What moves only while things come late moves now.
func (h *hand) slow() {
	h.t.Helper()
	h.call(func(ctx context.Context) error {
		if _, err := cd.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4}); err != nil {
			return err
		}
		_, err := cd.Call(ctx, wire.EmulateNetworkConditionsByRule, wire.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*wire.Conditions{{Latency: 60, DownloadThroughput: 400 << 10, UploadThroughput: 400 << 10}}})
		return err
	})
}

// sight is what is asked of a page when it has loaded, and is at rest.
type sight struct {
	Title, Lang string
	H1          []string
	Mains       int
	Moved       float64  // the sum of all layout shifts (CLS without windows), but those that a hand asked for
	What        []string // moved, from where to where
	Bytes       int      // over the wire: the page and all that it asked for
	Kept        []string // what came from a cache: nothing
	Width       int
	Over        []string // what is wider than the window
	Words       []string // its headings
}

const look = `new Promise((done) => {
  let moved = 0; const what = [];
  const box = (r) => [r.x, r.y, r.width, r.height].map(Math.round).join(",");
  new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) {
    moved += e.value;
    what.push(...e.sources.map((s) => Math.round(e.startTime) + "ms " + box(s.previousRect) + ">" + box(s.currentRect) + " " + (s.node?.nodeType === 1 ? s.node : s.node?.parentElement)?.outerHTML?.replace(/\s+/g, " ").slice(0, 90)));
  } }).observe({type: "layout-shift", buffered: true});
  const seen = (e) => e.getClientRects().length > 0 && !e.closest("dialog, .sr");
  const clipped = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
  const wide = innerWidth;
  const tell = () => {
    const files = [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")];
    done(JSON.stringify({
      title: document.title, lang: document.documentElement.lang,
      h1: [...document.querySelectorAll("h1")].filter((e) => e.getClientRects().length).map((e) => e.textContent.trim()), mains: document.querySelectorAll("main, [role=main]").length,
      moved, what: what.slice(0, 6),
      bytes: files.reduce((n, e) => n + e.transferSize, 0), kept: files.filter((e) => e.transferSize === 0).map((e) => e.name),
      width: document.documentElement.scrollWidth,
      over: document.documentElement.scrollWidth <= wide ? [] : [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > wide + 1 && getComputedStyle(e).position !== "fixed" && !clipped(e)).slice(0, 3).map((e) => e.outerHTML.slice(0, 140)),
      words: [...document.querySelectorAll("main :is(h1, h2, h3, th, caption, legend, label, .row-title)")].filter(seen).map((e) => e.innerText.trim().replace(/\s+/g, " ")).filter((w) => w.length > 2).slice(0, 200),
    }));
  };
  // At rest: everything has come, the modules have run, and what they ask for has its place.
  const still = () => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(tell)), 120);
  if (document.readyState === "complete") still(); else addEventListener("load", still);
})`

// at opens an address in a window of a size, with nothing of it kept, and looks when it is at rest.
func (e *eye) at(url string, width, height int64) sight {
	e.t.Helper()
	e.wide.do(cd.EmulateViewport(width, height))
	e.wide.to(url)
	e.wide.sees(`document.readyState === "complete" && document.querySelector("main")`)
	var got sight
	if err := json.Unmarshal([]byte(e.wide.js(look)), &got); err != nil {
		e.t.Fatal(err)
	}
	return got
}

func (e *eye) bad(url string) func(string, ...any) {
	path := strings.TrimPrefix(url, e.wide.p.home)
	return func(format string, args ...any) { e.t.Helper(); e.t.Errorf(path+": "+format, args...) }
}

// still says what of an address moves while it loads.
func (e *eye) still(url string) {
	e.t.Helper()
	if got := e.at(url, 360, 740); got.Moved != 0 {
		e.bad(url)("moves by %.4f while it loads: %q", got.Moved, got.What)
	}
}

func (e *eye) looks(url string) {
	e.t.Helper()
	bad := e.bad(url)
	got := e.at(url, 1440, 900)
	want, _, _ := strings.Cut(strings.TrimPrefix(url, e.wide.p.home), "?")
	if at := e.wide.js(`location.pathname`); at != want {
		bad("leads to %s", at)
		return
	}
	switch {
	case got.Title == "" || got.Lang == "":
		bad("title %q, language %q", got.Title, got.Lang)
	case len(got.H1) == 0 || len(got.H1) > 2 || got.H1[0] == "": // of a chart the patient's name is one
		bad("headings of the first level: %q", got.H1)
	case got.H1[0] == "Nothing here" || got.H1[0] == "Not for this role":
		bad("it is not shown: %s", got.H1[0])
	}
	if got.Mains != 1 {
		bad("%d main parts", got.Mains)
	}
	if got.Moved != 0 {
		bad("moves by %.4f while it loads: %q", got.Moved, got.What)
	}
	if got.Bytes > mostBytes || got.Bytes == 0 || len(got.Kept) > 0 {
		bad("the first load is %d bytes, and %q was kept from before", got.Bytes, got.Kept)
	}
	e.accessible("", bad)

	small := e.at(url, 360, 740)
	if small.Moved != 0 {
		bad("360 px wide, moves by %.4f while it loads: %q", small.Moved, small.What)
	}
	if small.Width > 360 {
		bad("is %d px wide where 360 are: %s", small.Width, small.Over)
	}
	e.accessible("360 px wide, ", bad)

	e.plain.to(url)
	text := ""
	var lacks []string
	for range 40 {
		text = strings.ToLower(strings.Join(strings.Fields(e.plain.text()), " "))
		lacks = nil
		for _, w := range small.Words {
			if !strings.Contains(text, strings.ToLower(w)) {
				lacks = append(lacks, w)
			}
		}
		if len(lacks) == 0 && len(text) > 40 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	bad("does not say without scripts: %q", lacks)
}

// accessible runs axe-core: all of WCAG 2.2 A and AA in light, and in dark what colours change.
func (e *eye) accessible(size string, bad func(string, ...any)) {
	e.t.Helper()
	if e.axe == "" {
		return
	}
	// From the top: what has the focus may be far down, and half a row under the storyboard there is no small target.
	if _, err := cd.Run(e.wide.ctx, cd.Evaluate[string]("(() => { scrollTo({top: 0, behavior: 'instant'}); "+e.axe+"; return 'ok'; })()")); err != nil {
		e.t.Fatal(err)
	}
	for theme, only := range map[string]string{
		"light": `{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}`,
		"dark":  `{type: "rule", values: ["color-contrast", "link-in-text-block"]}`,
	} {
		got := e.wide.js(`(document.documentElement.dataset.theme = "` + theme + `", axe.run(document, {runOnly: ` + only + `, resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map((v) => v.id + " (" + v.nodes.length + "): " + v.nodes[0].html.slice(0, 160) + " " + v.nodes[0].failureSummary.slice(0, 240)))))`)
		var found []string
		if err := json.Unmarshal([]byte(got), &found); err != nil {
			e.t.Fatal(err)
		}
		for _, f := range found {
			bad("%saxe, %s: %s", size, theme, f)
		}
	}
}

// text is what the page says, asked without a script of the page.
func (h *hand) text() string {
	h.t.Helper()
	got, err := cd.Run(h.ctx, cd.Text(cd.CSS("body")))
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}
