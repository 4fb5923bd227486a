package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	wire "github.com/chromedp/cdproto/network"
	cd "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"wholechart/access"
	"wholechart/auth"
)

// morning is when a day is walked: a Monday, 10:24 in Columbus.
var morning = time.Date(2026, 11, 23, 15, 24, 0, 0, time.UTC)

// practice is a demonstration whose day is always the same, with a browser before it.
type practice struct {
	*network
	t     *testing.T
	ctx   context.Context // the browser
	home  string
	token string // of a laboratory's system, for FHIR
	ahead *atomic.Int64
}

// skip lets time pass at once.
func (p *practice) skip(d time.Duration) { p.ahead.Add(int64(d)) }

// practised is a practice; without a browser the test is skipped.
func practised(t *testing.T) *practice {
	t.Helper()
	return practisedFor(t, 2*time.Minute)
}

// practisedFor is a practice whose browser is open so long at most.
func practisedFor(t *testing.T, most time.Duration) *practice {
	t.Helper()
	ctx := windowFor(t, most)
	began, ahead := time.Now(), new(atomic.Int64)
	net, err := openNetworkAt(t.Context(), t.TempDir(), "127.0.0.1:0", morning, func() time.Time { return morning.Add(time.Since(began) + time.Duration(ahead.Load())) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := net.close(); err != nil {
			t.Error(err)
		}
	})
	p := &practice{network: net, t: t, ctx: ctx, home: net.nodes[0].base, ahead: ahead}
	secret, err := net.nodes[0].node.auth.AddClient(t.Context(), auth.Client{Site: "maple", ID: "laboratory", Name: "Buckeye Laboratory",
		Scopes: []access.Scope{{Context: "system", Type: "*", Rights: "cruds"}}})
	if err == nil {
		p.token, err = clientToken(t.Context(), p.home+"/maple", "laboratory", secret)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the demonstration and a browser are there after %v", time.Since(began).Round(time.Millisecond))
	if err := cd.Do(ctx, cd.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return p
}

// fhir asks the practice's FHIR endpoint, as a system does.
func (p *practice) fhir(method, path, body string) (int, map[string]any) {
	p.t.Helper()
	req, err := http.NewRequest(method, p.home+"/maple/emr/fhir/"+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/fhir+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		p.t.Fatalf("%s %s: %d %.300s", method, path, res.StatusCode, text)
	}
	return res.StatusCode, out
}

// found are the resources that a search gives.
func (p *practice) found(query string) []map[string]any {
	p.t.Helper()
	status, bundle := p.fhir("GET", query, "")
	if status != 200 {
		p.t.Fatalf("%s: %d %v", query, status, bundle)
	}
	var out []map[string]any
	entries, _ := bundle["entry"].([]any)
	for _, e := range entries {
		out = append(out, e.(map[string]any)["resource"].(map[string]any))
	}
	return out
}

// holds waits until a search finds as many as wanted.
func (p *practice) holds(want int, query string) []map[string]any {
	p.t.Helper()
	var got []map[string]any
	for range 400 {
		if got = p.found(query); len(got) == want {
			return got
		}
		time.Sleep(25 * time.Millisecond)
	}
	p.t.Fatalf("%s finds %d, not %d: %v", query, len(got), want, got)
	return nil
}

// field is a member of a resource by path, numbers being places in a list.
func field(r any, path ...string) string {
	for _, name := range path {
		switch v := r.(type) {
		case map[string]any:
			r = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return ""
			}
			r = v[i]
		}
	}
	if r == nil {
		return ""
	}
	return fmt.Sprint(r)
}

// hand is somebody at a browser of their own: a real keyboard, whose keys a page
// can take, and a mouse. It counts what it does.
type hand struct {
	walk
	p     *practice
	who   string
	count *counter // nil: not counted
}

// counter counts what a task takes.
type counter struct {
	done         []string // in words
	steps        int      // a key, a chord, a sequence, an entry typed, a click: one each
	keys, clicks int
}

// browser is somebody new at a browser without a session.
func (p *practice) browser(who string) *hand {
	p.t.Helper()
	ctx, cancel := cd.NewContext(p.ctx, cd.WithNewBrowserContext())
	p.t.Cleanup(cancel)
	return p.at(ctx, who)
}

func (p *practice) at(ctx context.Context, who string) *hand {
	p.t.Helper()
	h := &hand{walk: walk{p.t, ctx}, p: p, who: who}
	h.do(cd.EmulateViewport(1440, 900))
	h.do(cd.Func(func(ctx context.Context, _ *cd.Target) error {
		_, err := cd.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
	return h
}

// as is somebody who has signed in.
func (p *practice) as(user string) *hand {
	p.t.Helper()
	h := p.browser(user)
	h.to(p.home + "/maple/signin")
	h.sees(`document.activeElement.id === "f-user"`)
	h.types(user)
	h.press("Tab")
	h.types(p.password)
	h.press("Enter")
	h.sees(`!location.pathname.endsWith("/signin") && document.readyState === "complete"`)
	return h
}

// to goes to an address, also while a page is still on its way.
func (h *hand) to(url string) {
	h.t.Helper()
	var err error
	for range 20 {
		if err = cd.Do(h.ctx, cd.Navigate(url)); err == nil || !strings.Contains(err.Error(), "ERR_ABORTED") {
			break
		}
	}
	if err != nil {
		h.t.Fatalf("%s at %s: %v", h.who, url, err)
	}
}

// tab is another tab of the same browser, with the same session.
func (h *hand) tab() *hand {
	h.t.Helper()
	ctx, cancel := cd.NewContext(h.ctx)
	h.t.Cleanup(cancel)
	return h.p.at(ctx, h.who)
}

func (h *hand) do(steps ...cd.Action[cd.Void]) {
	h.t.Helper()
	if err := cd.Do(h.ctx, steps...); err != nil {
		h.t.Fatalf("%s: %v", h.who, err)
	}
}

var named = map[string]rune{"Enter": '\r', "Tab": '\t', "Escape": []rune(kb.Escape)[0], "Space": ' ', "Backspace": '\b', "Up": []rune(kb.ArrowUp)[0], "Down": []rune(kb.ArrowDown)[0],
	"Left": []rune(kb.ArrowLeft)[0], "Right": []rune(kb.ArrowRight)[0], "End": []rune(kb.End)[0], "Home": []rune(kb.Home)[0]}

// strike presses one key and lets it go, as a keyboard does: one event with the
// character in it, which a page that takes the key prevents.
func (h *hand) strike(r rune, modifiers int64) {
	h.t.Helper()
	k, ok := kb.Keys[r]
	if !ok {
		k = &kb.Key{Key: string(r), Text: string(r), Unmodified: string(r), Print: true}
	}
	down := input.DispatchKeyEventParams{Type: "rawKeyDown", Modifiers: modifiers, Key: k.Key, Code: k.Code, WindowsVirtualKeyCode: k.Windows, NativeVirtualKeyCode: k.Native}
	if k.Shift {
		down.Modifiers |= 8
	}
	if r == 'a' && modifiers == 2 { // the browser's own: select everything
		down.Commands = []string{"selectAll"}
	}
	if k.Print && modifiers&^8 == 0 {
		down.Type, down.Text, down.UnmodifiedText = "keyDown", k.Text, k.Unmodified
	}
	up := down
	up.Type, up.Text, up.UnmodifiedText, up.Commands = "keyUp", "", "", nil
	for _, e := range []input.DispatchKeyEventParams{down, up} {
		h.do(cd.Func(func(ctx context.Context, _ *cd.Target) error {
			_, err := cd.Call(ctx, input.DispatchKeyEvent, e)
			return err
		}))
	}
}

func (h *hand) counted(what string, keys, clicks int) {
	if c := h.count; c != nil {
		c.done, c.steps, c.keys, c.clicks = append(c.done, what), c.steps+1, c.keys+keys, c.clicks+clicks
	}
}

// press presses keys: "Enter", "j", "g d" (one after the other), "Ctrl+k", "Shift+Tab".
func (h *hand) press(keys ...string) {
	h.t.Helper()
	h.sees(`document.readyState === "complete"`) // nobody's hand is faster than the page's own keys
	for _, k := range keys {
		n := 0
		for _, one := range strings.Split(k, " ") {
			name, modifiers := one, int64(0)
			for {
				if rest, ok := strings.CutPrefix(name, "Ctrl+"); ok {
					name, modifiers, n = rest, modifiers|2, n+1
				} else if rest, ok := strings.CutPrefix(name, "Shift+"); ok {
					name, modifiers, n = rest, modifiers|8, n+1
				} else {
					break
				}
			}
			r, ok := named[name]
			if !ok {
				r = []rune(name)[0]
			}
			h.strike(r, modifiers)
			n++
		}
		h.counted("`"+k+"`", n, 0)
	}
}

// types types words where the focus is. What is asked of the server meanwhile is not waited for.
func (h *hand) types(text string) {
	h.t.Helper()
	for _, r := range text {
		if r == '\n' {
			r = '\r'
		}
		h.strike(r, 0)
	}
	h.counted("“"+text+"”", len([]rune(text)), 0)
}

// click clicks what an expression of the page names, where it is seen.
func (h *hand) click(what, element string) {
	h.t.Helper()
	h.sees(element + "?.getClientRects().length > 0")
	at := h.js(`(() => { const e = ` + element + `; e.scrollIntoView({block: "center", behavior: "instant"}); const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2].join(" "); })()`)
	var x, y float64
	if _, err := fmt.Sscan(at, &x, &y); err != nil {
		h.t.Fatalf("%s: %s: %v", element, at, err)
	}
	h.do(cd.MouseClickXY(x, y))
	h.counted("click "+what, 0, 1)
}

// cut takes the browser off the network, or puts it back.
func (h *hand) cut(off bool) {
	h.t.Helper()
	h.do(cd.Func(func(ctx context.Context, _ *cd.Target) error {
		_, err := cd.Call(ctx, wire.EmulateNetworkConditionsByRule, wire.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*wire.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}}})
		if err != nil {
			return err
		}
		_, err = cd.Call(ctx, wire.OverrideNetworkState, wire.OverrideNetworkStateParams{Offline: off, DownloadThroughput: -1, UploadThroughput: -1})
		return err
	}))
}

// ready waits for a page of this site and its modules.
func (h *hand) ready(path string) {
	h.t.Helper()
	h.sees(`location.pathname.endsWith("` + path + `") && document.readyState === "complete"`)
}

// says waits for words on the page.
func (h *hand) says(words ...string) {
	h.t.Helper()
	for _, w := range words {
		q, _ := json.Marshal(w)
		h.sees(`document.body.innerText.includes(` + string(q) + `)`)
	}
}

// value is what stands in a field.
func (h *hand) value(selector string) string {
	h.t.Helper()
	return h.js(`document.querySelector("` + selector + `").value`)
}

// focus puts the focus where a person's eye and Tab key would, uncounted.
func (h *hand) focus(selector string) {
	h.t.Helper()
	h.sees(`document.querySelector("` + selector + `")`)
	h.js(`((e) => { e.focus(); if (e.setSelectionRange && /text|textarea|search/.test(e.type)) e.setSelectionRange(e.value.length, e.value.length); return 1; })(document.querySelector("` + selector + `"))`)
}

// guide keeps a picture for docs/guide when WHOLECHART_SHOTS names a folder.
func (h *hand) guide(name string) {
	h.t.Helper()
	h.picture("day-" + name)
}

// golden compares text with a file of the tree, or writes it when WHOLECHART_UPDATE is set.
func golden(t *testing.T, path, text string) {
	t.Helper()
	if os.Getenv("WHOLECHART_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	had, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	if string(had) == text {
		return
	}
	was := strings.Split(string(had), "\n")
	for i, l := range strings.Split(text, "\n") {
		if i >= len(was) || was[i] != l {
			t.Errorf("%s, line %d: it is now\n%s\nand the guide says\n%s", path, i+1, l, strings.Join(was[min(i, len(was)):min(i+1, len(was))], ""))
		}
	}
}

// last is the last of a list.
func last[T any](list []T) T { return list[len(list)-1] }
