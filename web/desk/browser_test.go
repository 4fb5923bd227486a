package desk

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cd "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"wholechart/internal/pagetest"
)

// Somebody is registered with a likely duplicate in sight, booked, and arrives:
// by keyboard alone once the pages are open.
func TestARegistrationInABrowser(t *testing.T) {
	n := start(t)
	n.User(hughes)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", "hughes")

	pagetest.Do(t, ctx, cd.Navigate(n.Base+"/maple/patients/new"))
	pagetest.Until(t, ctx, `document.activeElement.id === "f-given"`)
	pagetest.Do(t, ctx, cd.KeyEvent("Rosa\t\tDelgado"))
	pagetest.Until(t, ctx, `document.querySelector("#alike a[href$='/patients/rosa-delgado']")`)
	pagetest.Shot(t, ctx, "desk-register-alike")
	pagetest.JS(t, ctx, `(document.querySelector("#f-born").value = "1990-01-02", document.querySelector("#f-gender").value = "female", document.querySelector("#f-family").focus(), 1)`)
	pagetest.Do(t, ctx, cd.KeyEvent("-Luna\r")) // Enter takes the first button: register and book
	pagetest.Until(t, ctx, `document.querySelector("#distinct input") || location.pathname.endsWith("/schedule")`)
	if pagetest.JS(t, ctx, `String(!!document.querySelector("#distinct input"))`) == "true" {
		if v := pagetest.JS(t, ctx, `document.querySelector("#f-family").value`); v != "Delgado-Luna" {
			t.Errorf("what was typed is %q", v)
		}
		pagetest.JS(t, ctx, `(document.querySelector("#distinct input").focus(), 1)`)
		pagetest.Do(t, ctx, cd.KeyEvent(" "))
		pagetest.JS(t, ctx, `(document.querySelector("#f-family").focus(), 1)`)
		pagetest.Do(t, ctx, cd.KeyEvent("\r"))
	}
	pagetest.Until(t, ctx, `location.pathname.endsWith("/schedule") && document.querySelector("#side").textContent.includes("Delgado-Luna")`)

	// The anchor is Sunday 10:24: one column, at the free slot of 11:40.
	pagetest.JS(t, ctx, `(document.querySelector("[data-slot][aria-label^='Book 11:40, Lena']").focus(), 1)`)
	pagetest.Shot(t, ctx, "desk-day")
	press(t, ctx, "ArrowUp")
	press(t, ctx, "ArrowDown")
	if at := pagetest.JS(t, ctx, `document.activeElement.getAttribute("aria-label")`); !strings.HasPrefix(at, "Book 11:40, Lena") {
		t.Fatalf("the arrows lead to %q", at)
	}
	pagetest.Do(t, ctx, cd.KeyEvent("\r"))
	pagetest.Until(t, ctx, `document.querySelector("#side #f-time")?.value === "11:40" && document.querySelector("#side").contains(document.activeElement)`)
	pagetest.JS(t, ctx, `(document.querySelector("#f-type").focus(), 1)`)
	pagetest.Do(t, ctx, cd.KeyEvent("Fol"))
	pagetest.JS(t, ctx, `(document.querySelector("#f-reason").focus(), 1)`)
	pagetest.Do(t, ctx, cd.KeyEvent("Cough for a week\r"))
	pagetest.Until(t, ctx, `[...document.querySelectorAll(".appt")].some((a) => a.textContent.includes("Delgado-Luna"))`)
	if said := pagetest.JS(t, ctx, `document.querySelector(".flash").textContent`); !strings.Contains(said, "Booked") {
		t.Errorf("said %q", said)
	}
	mine := `[...document.querySelectorAll(".appt")].find((a) => a.textContent.includes("Delgado-Luna"))`
	// What was booked has the focus: the next key acts on it, and the focus stays.
	pagetest.Until(t, ctx, mine+`.contains(document.activeElement)`)
	pagetest.Do(t, ctx, cd.KeyEvent("a"))
	pagetest.Until(t, ctx, mine+`?.classList.contains("st-arrived") && `+mine+`.contains(document.activeElement)`)
	pagetest.Shot(t, ctx, "desk-arrived")
	pagetest.Do(t, ctx, cd.KeyEvent("x"))
	pagetest.Until(t, ctx, `document.querySelector("#side input[name=why]") === document.activeElement`)
	pagetest.Do(t, ctx, cd.KeyEvent("went home\r"))
	pagetest.Until(t, ctx, `document.querySelector("main").textContent.includes("cancelled")`)
}

// What each task of the desk takes, in keys; the guide quotes these numbers.
func TestSteps(t *testing.T) {
	n := start(t)
	n.User(hughes)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", "hughes")
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	keys := 0
	key := func(k string) {
		t.Helper()
		keys += len([]rune(k))
		pagetest.Do(t, ctx, cd.KeyEvent(k))
	}
	until := func(js string) { t.Helper(); pagetest.Until(t, ctx, js) }
	task := func(name string, most int) {
		t.Helper()
		t.Logf("%s: %d keys", name, keys)
		if keys > most {
			t.Errorf("%s takes %d keys, not %d", name, keys, most)
		}
		keys = 0
	}
	cardOf := func(name string) string {
		return `[...document.querySelectorAll(".appt")].find((a) => a.textContent.includes("` + name + `"))`
	}
	focused := func(name string) string { return cardOf(name) + `?.contains(document.activeElement)` }

	key("gs")
	until(`location.pathname.endsWith("/schedule") && document.querySelector("[data-slot][tabindex='0']")`)
	task("open the schedule", 2)

	// From now on: Rosa at 10:20, Daniel, Amara, Grace, then 11:40 is free.
	key("j")
	until(focused("Rosa"))
	for range 4 {
		key(kb.ArrowDown)
	}
	key("\r")
	until(`document.activeElement.id === "f-qpatient" && document.querySelector("#f-time").value === "11:40"`)
	key("bra")
	until(`document.querySelector("#choose-patient input")`)
	key("\r")
	until(`document.activeElement.id === "f-type"`)
	key("f")
	key(kb.Tab)
	until(`document.activeElement.id === "f-reason"`)
	key("\r")
	until(`location.hash || document.querySelector("#side .error, #side .taken")`)
	if said := pagetest.JS(t, ctx, `[...document.querySelectorAll("#side .error, #side .taken")].map((e) => e.textContent).join()`); said != "" {
		t.Fatal(said)
	}
	until(focused("11:40–"))
	task("book a free time for somebody known", 13)

	key("m")
	until(`document.querySelector(".picked") && document.querySelector(".picked").contains(document.activeElement)`)
	pagetest.JS(t, ctx, `(document.querySelector("[data-slot][aria-label^='Move to 13:20']").focus(), 1)`)
	key("\r")
	until(`document.activeElement.matches?.("#side .btn-primary")`)
	key("\r")
	until(focused("13:20–") + ` && !document.querySelector(".picked")`)
	task("move it (besides the way by arrows)", 3)

	key("a")
	until(cardOf("13:20–") + `?.classList.contains("st-arrived") && ` + cardOf("13:20–") + `.contains(document.activeElement)`)
	task("arrive", 1)
	key("a")
	until(cardOf("13:20–") + `?.classList.contains("st-roomed") && ` + cardOf("13:20–") + `.contains(document.activeElement)`)
	task("room", 1)
}

func press(t *testing.T, ctx context.Context, key string) {
	t.Helper()
	pagetest.JS(t, ctx, `(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "`+key+`", bubbles: true, cancelable: true})), 1)`)
}

// Two desks, one slot, at once: one is booked, the other is told and offered the next.
func TestTwoDesksOneSlot(t *testing.T) {
	n := start(t)
	a, b := n.User(hughes), n.User(okonkwo)
	for _, at := range []string{"09:00", "09:20", "09:40", "10:00", "10:20"} {
		var wg sync.WaitGroup
		codes := make([]int, 2)
		for i, who := range []*pagetest.Browser{a, b} {
			wg.Go(func() {
				res, body := who.Post("/maple/schedule/book", booking([]string{"rosa-delgado", "walter-nowak"}[i], "2026-11-25", at))
				codes[i] = res.StatusCode
				if res.StatusCode == http.StatusConflict && !strings.Contains(body, "Next free:") {
					t.Errorf("%s: no next free", at)
				}
			})
		}
		wg.Wait()
		if codes[0]+codes[1] != 200+http.StatusConflict {
			t.Errorf("%s: %v", at, codes)
		}
	}
}

var deskPaths = []string{"/maple/schedule?date=2026-11-22", "/maple/schedule?view=week&with=Practitioner%2Fokonkwo", "/maple/schedule?view=rooms", "/maple/patients/new", "/maple/patients/rosa-delgado/demographics",
	"/maple/waitlist", "/maple/schedule/away", "/maple/schedule/feed", "/maple/schedule/list?date=2026-11-22", "/maple/appointments/rosa-delgado-appt"}

func fill(t *testing.T, n *pagetest.Node) []string {
	t.Helper()
	b := n.User(okonkwo)
	for i, who := range []string{"rosa-delgado", "walter-nowak", "mei-tanaka"} {
		b.Post("/maple/schedule/book", booking(who, "2026-11-22", []string{"11:00", "11:20", "13:20"}[i]))
	}
	b.Post("/maple/waitlist", map[string][]string{"patient": {"grace-lindqvist"}, "type": {"nurse"}, "urgent": {"yes"}})
	b.Post("/maple/schedule/away", map[string][]string{"who": {"Practitioner/okonkwo"}, "kind": {"away"}, "day": {"2026-11-22"}, "start": {"15:00"}, "end": {"16:00"}, "why": {"school play"}})
	n.Write("maple", `{"resourceType":"Patient","id":"rosa-2","active":true,"name":[{"family":"Delgado","given":["Rosa"]}],"birthDate":"1958-03-14","gender":"female"}`)
	page := b.Open("/maple/schedule?date=2026-11-22")
	paths := deskPaths[:len(deskPaths)-1]
	if m := cardOf.FindStringSubmatch(page); m != nil {
		paths = append(paths, "/maple/appointments/"+m[1], "/maple/schedule?date=2026-11-22&move="+m[1])
	}
	return paths
}

func TestAxe(t *testing.T) {
	n := start(t)
	paths := fill(t, n)
	n.User(records)
	n.User(hughes)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", "hughes")
	pagetest.Axe(t, ctx, n, paths...)
}

// On a telephone nothing but the calendar itself is wider than the screen.
func TestPhone(t *testing.T) {
	n := start(t)
	paths := fill(t, n)
	n.User(hughes)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", "hughes")
	pagetest.Do(t, ctx, cd.EmulateViewport(360, 780))
	for i, path := range paths {
		pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
		if w := pagetest.JS(t, ctx, `document.documentElement.scrollWidth`); w != "360" {
			t.Errorf("%s is %s wide: %s", path, w, pagetest.JS(t, ctx, `[...document.querySelectorAll("main *, aside *")].filter((e) => e.getBoundingClientRect().right > 361 && !e.closest(".cal-wrap, .table-wrap")).slice(0, 3).map((e) => e.outerHTML.slice(0, 100)).join(" | ")`))
		}
		if i < 5 {
			pagetest.Shot(t, ctx, "desk-phone-"+string(rune('0'+i)))
		}
	}
}

// On paper the day list is a list, and the calendar has no buttons.
func TestPrint(t *testing.T) {
	n := start(t)
	fill(t, n)
	n.User(hughes)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", "hughes")
	pagetest.Do(t, ctx, cd.EmulateViewport(800, 1100))
	for i, path := range []string{"/maple/schedule/list?date=2026-11-22", "/maple/schedule?date=2026-11-22"} {
		pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
		if _, err := cd.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
			t.Fatal(err)
		}
		if seen := pagetest.JS(t, ctx, `[...document.querySelectorAll("button, .side, .slot, .btn, nav")].filter((e) => e.getClientRects().length).map((e) => e.outerHTML.slice(0, 80)).join(" | ")`); seen != "" {
			t.Errorf("%s prints %s", path, seen)
		}
		if !strings.Contains(pagetest.JS(t, ctx, `document.querySelector("main").innerText`), "Amara Okafor") {
			t.Errorf("%s does not print who comes", path)
		}
		pagetest.Shot(t, ctx, "desk-print-"+string(rune('0'+i)))
	}
}

// Pictures for the eye, when they are asked for.
func TestShots(t *testing.T) {
	if os.Getenv("WHOLECHART_SHOTS") == "" {
		t.Skip("WHOLECHART_SHOTS names no folder: no pictures were taken")
	}
	n := start(t)
	paths := fill(t, n)
	n.User(records)
	n.User(hughes)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", "records")
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900), cd.Navigate(n.Base+"/maple/merge?a=rosa-delgado&b=rosa-2"))
	pagetest.Shot(t, ctx, "desk-merge")
	pagetest.Do(t, ctx, cd.Navigate(n.Base+"/maple/"))
	pagetest.SignIn(t, ctx, n, "maple", "hughes")
	for i, path := range paths {
		pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900), cd.Navigate(n.Base+path))
		pagetest.Shot(t, ctx, "desk-"+string(rune('a'+i)))
		if i == 0 {
			pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "dark", 1)`)
			pagetest.Shot(t, ctx, "desk-dark")
		}
	}
}
