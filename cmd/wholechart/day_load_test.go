package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cd "github.com/chromedp/chromedp"
)

// most is what the first load of a page may weigh, compressed.
const most = 150 << 10

var linked = regexp.MustCompile(`(?:href|src)="(/[^"]+\.(?:css|js|svg)(?:\?[^"]*)?)"`)
var imported = regexp.MustCompile(`(?:import|from)\s*"([^"]+)"`)

// weight is what a browser without a cache takes for a page: the page, its
// styles and its modules, as they come over the line.
func weight(t *testing.T, c *http.Client, page string) (sum int) {
	t.Helper()
	seen := map[string]bool{}
	var take func(at string, depth int)
	take = func(at string, depth int) {
		if seen[at] || depth > 6 {
			return
		}
		seen[at] = true
		req, err := http.NewRequest("GET", at, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "gzip")
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %d %v", at, res.StatusCode, err)
		}
		sum += len(raw)
		text := raw
		if res.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(bytes.NewReader(raw))
			if err == nil {
				text, err = io.ReadAll(z)
			}
			if err != nil {
				t.Fatal(err)
			}
		} else if len(raw) > 4<<10 {
			t.Errorf("%s: %d bytes are not compressed", at, len(raw))
		}
		base, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		links := linked
		if strings.Contains(res.Header.Get("Content-Type"), "javascript") {
			links = imported
		}
		for _, m := range links.FindAllSubmatch(text, -1) {
			to, err := base.Parse(strings.ReplaceAll(string(m[1]), "&amp;", "&"))
			if err == nil && to.Host == base.Host && !strings.HasSuffix(to.Path, ".svg") || err == nil && strings.Contains(to.Path, "icon") {
				take(to.String(), depth+1)
			}
		}
	}
	take(page, 0)
	return sum
}

// TestFirstLoad holds each main page to its weight, to standing still while it
// loads, and to saying its main facts to who runs no scripts.
func TestFirstLoad(t *testing.T) {
	p := practised(t)
	doctor, desk := p.as("okonkwo"), p.as("hughes")
	visit := doctor.begins("rosa-delgado")
	client := func(user string) *http.Client {
		c := browser(t)
		status, _, _ := page(t, c, form(t, p.home+"/maple/signin", url.Values{"user": {user}, "password": {p.password}}))
		if status != 200 {
			t.Fatalf("%s cannot sign in: %d", user, status)
		}
		return c
	}
	clinician, front := client("okonkwo"), client("hughes")
	rosa := "/maple/patients/rosa-delgado"
	for _, x := range []struct {
		path string
		who  *hand
		via  *http.Client
		says []string
	}{
		{"/maple/day", doctor, clinician, []string{"Rosa Delgado", "Burning on urination", "Potassium"}},
		{"/maple/inbox", doctor, clinician, []string{"Potassium", "Walter Nowak"}},
		{rosa, doctor, clinician, []string{"Metformin", "Rosa"}},
		{rosa + "/whole", doctor, clinician, []string{"Warfarin", "sites answered"}},
		{rosa + "/results", doctor, clinician, []string{"HbA1c", "7.9"}},
		{rosa + "/medicines", doctor, clinician, []string{"Metformin"}},
		{rosa + "/due", doctor, clinician, []string{"Mammogra"}},
		{rosa + "/progress", doctor, clinician, []string{"Progress over time"}},
		{visit, doctor, clinician, []string{"This visit", "Assessment and plan", "Save"}},
		{visit + "?tab=vitals", doctor, clinician, []string{"Blood pressure", "Record vital signs"}},
		{rosa + "/order", doctor, clinician, []string{"Trimethoprim", "arfarin"}},
		{rosa + "/enter/problem", doctor, clinician, []string{"Add problem"}},
		{rosa + "/whole/reconcile", doctor, clinician, []string{"Bring in outside facts"}},
		{"/maple/lists", doctor, clinician, []string{"HbA1c"}},
		{"/maple/patients", desk, front, []string{"Owen Brandt"}},
		{"/maple/patients/new", desk, front, []string{"Family name", "Register"}},
		{"/maple/schedule", desk, front, []string{"Delgado", "Lena Okonkwo"}},
	} {
		n := weight(t, x.via, p.home+x.path)
		if n > most {
			t.Errorf("%s weighs %d bytes", x.path, n)
		}
		// Nothing moves under the reader's eye.
		x.who.to(p.home + x.path)
		x.who.sees(`document.readyState === "complete"`)
		moved := x.who.js(`new Promise((done) => { let sum = 0; const o = new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) sum += e.value; }); o.observe({type: "layout-shift", buffered: true}); setTimeout(() => done(sum.toFixed(4)), 400); })`)
		var sum float64
		if _, err := fmt.Sscan(moved, &sum); err != nil || sum >= 0.02 {
			t.Errorf("%s moves by %s while it loads", x.path, moved)
		}
		// And it can be read without scripts.
		x.who.scripts(false)
		x.who.to(p.home + x.path)
		text := ""
		for range 100 {
			if text = x.who.text(); strings.Contains(text, x.says[0]) {
				break
			}
		}
		for _, w := range x.says {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q without scripts: %.1500s", x.path, w, text)
			}
		}
		x.who.scripts(true)
	}
}

// scripts lets pages run scripts, or not.
func (h *hand) scripts(on bool) {
	h.t.Helper()
	h.do(cd.Func(func(ctx context.Context, _ *cd.Target) error {
		_, err := cd.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
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
