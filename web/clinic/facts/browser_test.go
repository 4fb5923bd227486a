package facts

import (
	"os"
	"strings"
	"testing"

	cd "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"wholechart/internal/pagetest"
)

const inField = `document.activeElement?.name`

// TestAddProblemByKeys: from the chart to a coded problem without a mouse.
// Keys: g b (problems), a (add), the words, arrow, Enter, Ctrl+Enter.
func TestAddProblemByKeys(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa))
	pagetest.Until(t, ctx, `document.readyState === "complete"`)
	pagetest.Do(t, ctx, cd.KeyEvent("g"), cd.KeyEvent("b"))
	pagetest.Until(t, ctx, `location.pathname.endsWith("/problems") && document.readyState === "complete"`)
	pagetest.Do(t, ctx, cd.KeyEvent("a"))
	pagetest.Until(t, ctx, `location.pathname.endsWith("/enter/problem") && document.querySelector(".codes")`)
	pagetest.Until(t, ctx, inField+` === "what"`)
	pagetest.Do(t, ctx, cd.KeyEvent("gout"))
	pagetest.Until(t, ctx, `document.querySelectorAll(".codes [role=option]").length > 3`)
	if got := pagetest.JS(t, ctx, `document.querySelector("[name=what]").getAttribute("aria-expanded")`); got != "true" {
		t.Errorf("aria-expanded is %s", got)
	}
	if got := pagetest.JS(t, ctx, `document.querySelector("[name='what.code']").value`); got != "" {
		t.Errorf("a code before anything was picked: %s", got)
	}
	pagetest.Do(t, ctx, cd.KeyEvent(kb.ArrowDown)) // arrow down
	pagetest.Until(t, ctx, `document.querySelector("[role=option][aria-selected=true]")?.id === document.querySelector("[name=what]").getAttribute("aria-activedescendant")`)
	pagetest.Do(t, ctx, cd.KeyEvent("\r"))
	pagetest.Until(t, ctx, `document.querySelector("[name='what.code']").value.includes("|M10")`)
	if got := pagetest.JS(t, ctx, `document.querySelector(".chip").textContent`); !strings.Contains(got, "ICD-10-CM M10") {
		t.Errorf("the chip says %q", got)
	}
	// Another letter makes it words without a code; the code does not stay behind.
	pagetest.Do(t, ctx, cd.KeyEvent("x"))
	pagetest.Until(t, ctx, `document.querySelector("[name='what.code']").value === "" && document.querySelector(".chip").textContent.includes("not coded")`)
	pagetest.Do(t, ctx, cd.KeyEvent("\b"))
	pagetest.Until(t, ctx, `document.querySelectorAll(".codes [role=option]").length > 0 && !document.querySelector(".codes").hidden`)
	pagetest.Do(t, ctx, cd.KeyEvent(kb.ArrowDown), cd.KeyEvent("\r"))
	pagetest.Until(t, ctx, `document.querySelector("[name='what.code']").value.includes("|M10")`)
	pagetest.JS(t, ctx, `(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true, cancelable: true})), 1)`)
	pagetest.Until(t, ctx, `location.pathname.endsWith("/problems") && document.querySelector("main").textContent.includes("Gout")`)
	if got := pagetest.JS(t, ctx, `document.querySelector(".flash")?.textContent`); !strings.Contains(got, "Problem added") {
		t.Errorf("said %q", got)
	}
}

// TestTwoTabs: the second to save sees what the first wrote, and loses nothing.
func TestTwoTabs(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	n.Write("maple", `{"resourceType":"Condition","id":"gout","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Gout"},"onsetDateTime":"2020","subject":{"reference":"Patient/rosa-delgado"}}`)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	other, close := cd.NewContext(ctx)
	defer close()
	at := n.Base + rosa + "/enter/problem/gout"
	pagetest.Do(t, ctx, cd.Navigate(at))
	pagetest.Do(t, other, cd.Navigate(at))
	set := func(name, value string) string {
		return `(document.querySelector("[name=` + name + `]").value = "` + value + `", document.querySelector("[name=act][value=save]").click(), 1)`
	}
	pagetest.JS(t, other, set("onset", "2018"))
	pagetest.Until(t, other, `location.pathname.endsWith("/problems")`)
	pagetest.JS(t, ctx, `(document.querySelector("[name=note]").value = "both big toes", 1)`)
	pagetest.JS(t, ctx, set("onset", "2016"))
	pagetest.Until(t, ctx, `document.querySelector(".conflict")`)
	for _, want := range []string{`document.querySelector(".conflict").textContent.includes("2018")`, `document.querySelector("[name=onset]").value === "2016"`, `document.querySelector("[name=note]").value === "both big toes"`, `document.querySelector(".theirs").textContent.includes("2018")`} {
		if pagetest.JS(t, ctx, want) != "true" {
			t.Errorf("not so: %s", want)
		}
	}
	pagetest.Shot(t, ctx, "facts-conflict")
	pagetest.JS(t, ctx, `(document.querySelector("[name=act][value=save]").click(), 1)`)
	pagetest.Until(t, ctx, `location.pathname.endsWith("/problems")`)
	if got := bodies(t, n, "Condition")["gout"]; !strings.Contains(got, `"2016"`) || !strings.Contains(got, "both big toes") {
		t.Errorf("lost: %s", got)
	}
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900), cd.Navigate(at))
	pagetest.Shot(t, ctx, "facts-history")
}

// TestReconcileByKeys: every fact is decided by one key, one Enter saves all.
func TestReconcileByKeys(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa+"/whole/reconcile"))
	pagetest.Until(t, ctx, `document.querySelector("[data-count]")?.textContent.startsWith("0 of")`)
	rows := pagetest.JS(t, ctx, `document.querySelectorAll(".rec").length`)
	pagetest.Do(t, ctx, cd.KeyEvent("2")) // metoprolol: theirs
	pagetest.Until(t, ctx, `document.querySelectorAll(".rec")[1].classList.contains("on")`)
	pagetest.Do(t, ctx, cd.KeyEvent("1"), cd.KeyEvent("1"), cd.KeyEvent("4"), cd.KeyEvent("1"), cd.KeyEvent("4"))
	pagetest.Until(t, ctx, `document.querySelector("[data-count]").textContent === "`+rows+` of `+rows+` decided"`)
	pagetest.Until(t, ctx, `document.activeElement.matches("[data-apply]")`)
	pagetest.Shot(t, ctx, "facts-reconcile-decided")
	pagetest.Do(t, ctx, cd.KeyEvent("\r"))
	pagetest.Until(t, ctx, `document.querySelector(".flash")?.textContent.includes("Reconciled")`)
	if got := pagetest.JS(t, ctx, `document.querySelector(".flash").textContent`); !strings.Contains(got, "3 kept or added, 1 updated, 2 left out") {
		t.Errorf("said %q", got)
	}
	if got := pagetest.JS(t, ctx, `String(document.querySelectorAll(".rec").length)`); got != "0" {
		t.Errorf("%s are proposed again", got)
	}
	pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa+"/medicines"))
	if got := pagetest.JS(t, ctx, `document.querySelector("main").textContent`); !strings.Contains(got, "Warfarin") {
		t.Error("warfarin was not brought in")
	}
}

// TestAccessibility: axe over every page of this room, light and dark, wide and on a phone.
func TestAccessibility(t *testing.T) {
	if os.Getenv("WHOLECHART_AXE") == "" {
		t.Skip("WHOLECHART_AXE names no axe.min.js: accessibility was not measured")
	}
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	n.Write("maple", `{"resourceType":"Condition","id":"gout","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Gout"},"onsetDateTime":"2020","subject":{"reference":"Patient/rosa-delgado"}}`)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	for _, width := range []int64{1440, 360} {
		pagetest.Do(t, ctx, cd.EmulateViewport(width, 900))
		if width > 360 { // on a phone the storyboard's banner is another room's
			pagetest.Axe(t, ctx, n, rosa+"/enter/problem", rosa+"/enter/problem/gout", rosa+"/enter/allergy", rosa+"/enter/family", rosa+"/enter/social", rosa+"/whole/reconcile")
		}
		for _, path := range []string{"/enter/allergy", "/enter/immunisation", "/whole/reconcile", "/enter/family", "/enter/social"} {
			pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa+path))
			if got := pagetest.JS(t, ctx, `String(document.documentElement.scrollWidth - innerWidth)`); got != "0" && !strings.HasPrefix(got, "-") {
				t.Errorf("%s is %s px wider than %d", path, got, width)
			}
		}
	}
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900), cd.Navigate(n.Base+rosa+"/enter/problem"))
	pagetest.JS(t, ctx, `(document.querySelector("[name=what]").focus(), 1)`)
	pagetest.Do(t, ctx, cd.KeyEvent("heart"))
	pagetest.Until(t, ctx, `document.querySelectorAll(".codes [role=option]").length > 0`)
	axe, err := os.ReadFile(os.Getenv("WHOLECHART_AXE"))
	if err != nil {
		t.Fatal(err)
	}
	pagetest.AxeHere(t, ctx, string(axe), "light", "type-ahead open")
}
