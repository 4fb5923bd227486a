package day

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wholechart/internal/pagetest"
	"wholechart/web/clinic"
)

var tagOf = regexp.MustCompile(`data-tag="([^"]+)"`)

func tagIn(t *testing.T, page string) string {
	t.Helper()
	m := tagOf.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no tag")
	}
	return strings.NewReplacer("&#34;", `"`, "&quot;", `"`).Replace(m[1])
}

// TestABoardIsAskedCheaply: nothing is read, and nothing noted, until something
// that the board shows was written.
func TestABoardIsAskedCheaply(t *testing.T) {
	n := start(t)
	n.Write("maple", task("k", "okonkwo", "call-back", "routine", "Canary potassium"))
	doc, nurse := n.User(okonkwo), n.User(reyes)
	ask := func(b *pagetest.Browser, path, tag string) (*http.Response, string) {
		t.Helper()
		time.Sleep(300 * time.Millisecond) // the log is looked at four times a second at most
		req, err := http.NewRequest("GET", n.Base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Wholechart-Partial", "day")
		req.Header.Set("If-None-Match", tag)
		return b.Do(req)
	}
	day, nurses, inbox := tagIn(t, doc.Open("/maple/day")), tagIn(t, nurse.Open("/maple/day")), tagIn(t, doc.Open("/maple/inbox"))
	before := strings.Count(n.Noted(), "\n")
	res, body := ask(doc, "/maple/day", day)
	if res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("Wholechart-Clock") != "10:24" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("nothing changed: %d %q %v", res.StatusCode, body, res.Header)
	}
	for range 20 {
		ask(doc, "/maple/inbox", inbox)
	}
	if after := strings.Count(n.Noted(), "\n"); after != before {
		t.Errorf("asking whether something changed wrote %d lines to the access log", after-before)
	}
	for what, c := range map[string]struct {
		write                string
		day, nurse, inboxNew bool
	}{
		"a colleague's task":      {task("o", "reyes", "call-back", "routine", "Canary"), false, true, false},
		"her task":                {task("m", "okonkwo", "call-back", "routine", "Canary"), true, false, true},
		"a task of nobody":        {task("p", "", "call-back", "routine", "Canary"), true, true, true},
		"a fact of a chart":       {`{"resourceType":"Observation","id":"x","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/rosa-delgado"}}`, false, false, false},
		"a task at another place": {"", false, false, false},
	} {
		if c.write == "" {
			n.Write("riverside", strings.Replace(task("z", "", "call-back", "routine", "Canary"), "walter-nowak", "rosa-delgado-rg", 1), `{"resourceType":"Patient","id":"rosa-delgado-rg"}`)
		} else {
			n.Write("maple", c.write)
		}
		for _, q := range []struct {
			who       *pagetest.Browser
			path, tag string
			want      bool
			keep      *string
		}{{doc, "/maple/day", day, c.day, &day}, {nurse, "/maple/day", nurses, c.nurse, &nurses}, {doc, "/maple/inbox", inbox, c.inboxNew, &inbox}} {
			res, body := ask(q.who, q.path, q.tag)
			if got := res.StatusCode == http.StatusOK; got != q.want {
				t.Errorf("after %s %s answers %d", what, q.path, res.StatusCode)
			}
			if res.StatusCode == http.StatusOK {
				*q.keep = tagIn(t, body)
			}
		}
	}
	// An appointment leaves her day: the version before named her.
	booked := `{"resourceType":"Appointment","id":"ap","status":"booked","start":"2026-11-22T15:00:00-05:00","end":"2026-11-22T15:20:00-05:00","participant":[{"actor":{"reference":"Patient/walter-nowak"},"status":"accepted"},{"actor":{"reference":"Practitioner/%s"},"status":"accepted"}]}`
	for _, who := range []string{"okonkwo", "reyes"} {
		n.Write("maple", fmt.Sprintf(booked, who))
		res, body := ask(doc, "/maple/day", day)
		if res.StatusCode != http.StatusOK || strings.Contains(body, "15:00") != (who == "okonkwo") {
			t.Errorf("booked with %s: %d", who, res.StatusCode)
		}
		day = tagIn(t, body)
	}
	// Another hand, and nobody.
	if res, _ := ask(nurse, "/maple/day", day); res.StatusCode != http.StatusOK {
		t.Errorf("the doctor's tag answers the nurse: %d", res.StatusCode)
	}
	if res, _ := ask(n.Visitor(), "/maple/day", day); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody is answered %d", res.StatusCode)
	}
	if res, _ := doc.Get("/maple/day"); res.StatusCode != http.StatusOK || res.Header.Get("ETag") != "" {
		t.Errorf("a page that is opened: %d", res.StatusCode)
	}
}

// TestMyDayKeepsItselfUpToDate in a real browser: what others write is shown
// within seconds; focus, scroll, what is open and what is typed stay; a lost
// connection is said with the time of what is shown.
func TestMyDayKeepsItselfUpToDate(t *testing.T) {
	var asked, minutes atomic.Int64
	var down atomic.Bool
	n := pagetest.New(t, []string{"maple"}, nil)
	n.Load("maple")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Now: func() time.Time { return pagetest.Anchor.Add(time.Duration(minutes.Load()) * time.Minute) }})
	if err != nil {
		t.Fatal(err)
	}
	Register(p, nil)
	n.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if down.Load() {
			panic(http.ErrAbortHandler)
		}
		p.ServeHTTP(w, r)
	}))
	n.Write("maple", task("k", "okonkwo", "call-back", "routine", "Call about the rash"), task("l", "okonkwo", "call-back", "routine", "Call about the knee"))
	for i := range 12 {
		n.Write("maple", fmt.Sprintf(`{"resourceType":"Appointment","id":"v%02d","status":"booked","start":"2026-11-22T%02d:40:00-05:00","end":"2026-11-22T%02d:50:00-05:00","participant":[{"actor":{"reference":"Patient/walter-nowak"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"}]}`, i, 11+i%11, 11+i%11))
	}
	n.User(okonkwo)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Until(t, ctx, `location.pathname === "/maple/day" && document.readyState === "complete"`)
	said := `document.querySelector("[data-live-said]").textContent`
	if got := pagetest.JS(t, ctx, said); got != "updated 10:24" {
		t.Errorf("it says %q", got)
	}
	row := func(text string) string {
		return `[...document.querySelectorAll("[data-list] > *")].find((r) => r.textContent.includes("` + text + `"))`
	}
	// The focus is on a row far down, the page scrolled to it, and something half typed in the search box.
	pagetest.JS(t, ctx, `(document.querySelector("#find-q").value = "hal", document.querySelector("#v-v09 a.row-title").focus(), scrollTo(0, 300), window.was = document.activeElement, window.top0 = was.getBoundingClientRect().top, 1)`)

	n.Write("maple", task("new", "okonkwo", "review-result", "stat", "Potassium 6.4 mmol/L"))
	pagetest.Until(t, ctx, row("Potassium 6.4")+` && document.querySelector(".nav .count").textContent === "8"`)
	n.Write("maple", `{"resourceType":"Appointment","id":"early","status":"arrived","start":"2026-11-22T08:05:00-05:00","end":"2026-11-22T08:10:00-05:00","participant":[{"actor":{"reference":"Patient/mei-tanaka"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"}]}`)
	pagetest.Until(t, ctx, `document.querySelector("#v-early")?.textContent.includes("arrived")`)
	n.Write("maple", strings.NewReplacer("arrived", "checked-in").Replace(`{"resourceType":"Appointment","id":"early","status":"arrived","start":"2026-11-22T08:05:00-05:00","end":"2026-11-22T08:10:00-05:00","participant":[{"actor":{"reference":"Patient/mei-tanaka"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"}]}`))
	pagetest.Until(t, ctx, `document.querySelector("#v-early")?.textContent.includes("in the room")`)
	if got := pagetest.JS(t, ctx, `[document.activeElement === was, was.isConnected, Math.abs(was.getBoundingClientRect().top - top0) < 2, document.querySelector("#find-q").value].join()`); got != "true,true,true,hal" {
		t.Errorf("after a row came above: same focus, still there, same place, what was typed: %s (moved %s)", got, pagetest.JS(t, ctx, `was.getBoundingClientRect().top - top0`))
	}
	// The row that has the focus is done by somebody else: the focus goes to the next, not to the top.
	pagetest.JS(t, ctx, `(`+row("about the rash")+`.querySelector("a.row-title").focus(), 1)`)
	n.Write("maple", strings.Replace(task("k", "okonkwo", "call-back", "routine", "Call about the rash"), "requested", "completed", 1))
	pagetest.Until(t, ctx, `!(`+row("about the rash")+`) && document.activeElement.matches("a.row-title") && document.activeElement.closest(".waits")`)

	// A hidden page rests, and asks when it is seen again.
	hide := func(hidden string) {
		pagetest.JS(t, ctx, `(Object.defineProperty(document, "hidden", {value: `+hidden+`, configurable: true}), document.dispatchEvent(new Event("visibilitychange")), 1)`)
	}
	hide("true")
	asked.Store(0)
	n.Write("maple", task("later", "okonkwo", "call-back", "routine", "While nobody looked"))
	time.Sleep(4 * time.Second)
	if got := asked.Load(); got != 0 {
		t.Errorf("a hidden page asked %d times", got)
	}
	hide("false")
	pagetest.Until(t, ctx, row("While nobody looked"))

	// The line is cut: the page says so, and since when it is as it is.
	down.Store(true)
	minutes.Store(7)
	pagetest.Until(t, ctx, said+`.startsWith("No connection") && `+said+`.endsWith("10:24") && document.querySelector("[data-live-told]").textContent.includes("10:24")`)
	n.Write("maple", task("meanwhile", "okonkwo", "call-back", "routine", "Written meanwhile"))
	down.Store(false)
	pagetest.JS(t, ctx, `(dispatchEvent(new Event("online")), 1)`)
	pagetest.Until(t, ctx, row("Written meanwhile")+` && `+said+` === "updated 10:31"`)
	// Lengths of time go on: 84 minutes and 7.
	pagetest.Until(t, ctx, `document.querySelector("#t-l .age").textContent === "2 h"`)

	// The session ends: what is typed is not thrown away, and a page with nothing typed shows the sign-in.
	pagetest.JS(t, ctx, `fetch("/maple/signout", {method: "POST"})`)
	pagetest.Until(t, ctx, said+`.startsWith("Signed out")`)
	if got := pagetest.JS(t, ctx, `document.querySelector("#find-q").value`); got != "hal" {
		t.Errorf("what was typed became %q", got)
	}
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Until(t, ctx, `location.pathname === "/maple/day" && document.readyState === "complete"`)
	pagetest.JS(t, ctx, `fetch("/maple/signout", {method: "POST"})`)
	pagetest.Until(t, ctx, `location.pathname === "/maple/signin"`)
}
