package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"
)

// window is a real browser, or the test is skipped with a word.
func window(t *testing.T) context.Context {
	t.Helper()
	return windowFor(t, 2*time.Minute)
}

func windowFor(t *testing.T, most time.Duration) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	switch {
	case path == "":
		t.Skip("no Chromium on this machine: the story was not walked in a browser")
	case testing.Short():
		t.Skip("-short: the story was not walked in a browser")
	}
	alloc, stop := cd.NewExecAllocator(context.Background(), cd.ExecPath(path), cd.Headless, cd.NoSandbox, cd.DisableGPU, cd.NoFirstRun, cd.WindowSize(1440, 1000),
		cd.UserDataDir(t.TempDir()), cd.Flag("disable-background-networking", true), cd.Flag("disable-component-update", true), cd.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, cancel := cd.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, timeout := context.WithTimeout(ctx, most)
	t.Cleanup(timeout)
	return ctx
}

// walk is a person at a browser.
type walk struct {
	t   *testing.T
	ctx context.Context
}

func (w walk) to(url string) {
	w.t.Helper()
	if err := cd.Do(w.ctx, cd.Navigate(url)); err != nil {
		w.t.Fatal(err)
	}
}

func (w walk) keys(text string) {
	w.t.Helper()
	if err := cd.Do(w.ctx, cd.KeyEvent(text)); err != nil {
		w.t.Fatal(err)
	}
}

func (w walk) js(expression string) string {
	w.t.Helper()
	got, err := cd.Run(w.ctx, cd.Evaluate[string]("(async () => String(await ("+expression+")))()", cd.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// sees waits until the page says something, across navigations.
func (w walk) sees(expression string) {
	w.t.Helper()
	for range 600 {
		got, err := cd.Run(w.ctx, cd.Evaluate[string]("(() => { try { return String(!!("+expression+")); } catch (e) { return String(e); } })()"))
		if err == nil && got == "true" {
			return
		}
		if w.ctx.Err() != nil {
			break
		}
		time.Sleep(30 * time.Millisecond)
	}
	w.t.Fatalf("never: %s\nat %s: %s", expression, w.js("location.pathname"), w.js("document.querySelector('main').innerText.slice(0, 600)"))
}

// shows waits until all sites answered, or were given up, and has the page of
// the whole record show what came after it was made.
func (w walk) shows() {
	w.t.Helper()
	w.sees(`document.readyState === "complete" && document.querySelector("#late") && !document.querySelector("#late").dataset.refresh`)
	w.js(`(document.querySelector("#late.late-arrived a")?.click(), 1)`)
	w.sees(`document.readyState === "complete" && document.querySelector("#late:not(.late-arrived)")`)
}

// picture keeps the page as it looks, when WHOLECHART_SHOTS names a folder.
func (w walk) picture(name string) {
	dir := os.Getenv("WHOLECHART_SHOTS")
	if dir == "" {
		return
	}
	png, err := cd.Run(w.ctx, cd.CaptureScreenshot())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// TestStoryInABrowser walks issue 2's story over four nodes that talk over
// HTTP: sign in, find by three letters, the chart, the whole record; a node
// stops, and the page says which sites did not answer and since when the facts
// shown are; the node is back, and they answer again.
func TestStoryInABrowser(t *testing.T) {
	ctx := window(t)
	net := demonstration(t, t.TempDir())
	w := walk{t, ctx}
	home := net.nodes[0].base
	const strip = `document.querySelector("#strip").innerText`

	w.to(home + "/maple/signin")
	w.sees(`document.activeElement.id === "f-user"`)
	w.keys("okonkwo\t" + net.password + "\r")
	w.sees(`location.pathname === "/maple/day" && document.readyState === "complete"`)
	w.picture("patients")

	w.keys("/")
	w.sees(`document.activeElement.matches("input[type=search]")`)
	w.keys("ros")
	w.sees(`document.querySelector("[role=option][aria-selected=true] mark")?.textContent.toLowerCase() === "ros"`)
	// A keyboard's Enter is one event; the driver's is two, the second of which a
	// page cannot prevent.
	w.js(`(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true})), 1)`)
	w.sees(`location.pathname === "/maple/patients/rosa-delgado"`)
	w.sees(`document.querySelector("main").innerText.includes("Metformin")`)
	if got := w.js(`document.querySelector("main").innerText.includes("Warfarin")`); got != "false" {
		t.Error("this chart shows a medicine that only other sites know")
	}
	w.picture("chart")

	w.keys("w")
	w.sees(`location.pathname === "/maple/patients/rosa-delgado/whole"`)
	w.shows()
	w.sees(strip + `?.includes("5 of 5 sites answered")`)
	w.sees(`document.querySelector("main").innerText.includes("Warfarin")`)
	w.picture("whole-record")

	stopped := net.nodes[3] // Lakeside Cardiology and Great Lakes Imaging
	if err := stopped.stop(); err != nil {
		t.Fatal(err)
	}
	w.to(home + "/maple/patients/rosa-delgado/whole?ask=1")
	w.shows()
	w.sees(strip + `?.includes("3 of 5 sites answered")`)
	w.sees(`document.querySelector("main").innerText.includes("unreachable")`)
	w.sees(`document.querySelector("main").innerText.includes("Warfarin")`) // the copy, kept
	w.picture("unreachable")

	if err := stopped.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.sees(`(location.search.includes("again") || document.querySelector("main").innerText.includes("unreachable"))`)
	for range 20 { // an unreachable peer is left alone for some seconds
		w.to(home + "/maple/patients/rosa-delgado/whole?ask=1")
		time.Sleep(time.Second)
		if w.js(strip+`?.includes("5 of 5 sites answered")`) == "true" {
			w.picture("back")
			return
		}
	}
	t.Errorf("the sites are back and do not answer: %s", w.js(strip))
}
