package progress

import (
	"strings"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
)

func TestPagesAreAccessible(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	pagetest.Axe(t, ctx, n, walter+"/whole/progress", walter+"/whole/progress/plots", rosa+"/whole/progress/plots?focus=diabetes", amara+"/whole/progress/growth", walter+"/whole/progress/formulas", walter+"/progress/formulas/curb-65")
}

// TestAPhoneScrollsInsideTheTableAlone opens every page 360 pixels wide.
func TestAPhoneScrollsInsideTheTableAlone(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(360, 780))
	for _, path := range []string{walter + "/whole/progress", rosa + "/whole/progress?focus=diabetes", rosa + "/whole/progress/plots?focus=diabetes", walter + "/whole/progress/plots?medicines=all", amara + "/whole/progress/growth", walter + "/whole/progress/formulas", walter + "/progress/formulas/curb-65"} {
		pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
		if got := pagetest.JS(t, ctx, `document.documentElement.scrollWidth - innerWidth`); got != "0" {
			t.Errorf("%s: %s pixels too wide: %s", path, got, pagetest.JS(t, ctx, `[...document.querySelectorAll("#record *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".table-wrap, .tabs-card, svg")).slice(0, 4).map((e) => e.outerHTML.slice(0, 120)).join("\n")`))
		}
	}
}

// TestArrowsMoveInTheFlowsheet walks it by keys: one stop for Tab, arrows within.
func TestArrowsMoveInTheFlowsheet(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900), cd.Navigate(n.Base+walter+"/whole/progress?row=loinc-2823-3&row=loinc-2160-0"))
	pagetest.Until(t, ctx, `document.querySelectorAll("[data-grid] td a[tabindex='0']").length === 1`)
	press := func(key string) {
		pagetest.JS(t, ctx, `(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "`+key+`", bubbles: true, cancelable: true})), 1)`)
	}
	pagetest.JS(t, ctx, `(document.querySelector("[data-grid] td a[tabindex='0']").focus(), 1)`)
	here := `document.activeElement.textContent.replace(/\s+/g, " ").trim() + " @" + document.activeElement.closest("td")?.cellIndex`
	if got := pagetest.JS(t, ctx, here); !strings.Contains(got, "1.98") || !strings.HasSuffix(got, "@1") {
		t.Fatal(got)
	}
	press("ArrowDown")
	if got := pagetest.JS(t, ctx, here); !strings.Contains(got, "6.1") {
		t.Error("down:", got)
	}
	press("ArrowRight")
	if got := pagetest.JS(t, ctx, here); !strings.HasSuffix(got, "@2") {
		t.Error("right:", got)
	}
	press("End")
	if got := pagetest.JS(t, ctx, here); !strings.HasSuffix(got, "@10") {
		t.Error("end:", got)
	}
	press("Home")
	press("ArrowLeft")
	if got := pagetest.JS(t, ctx, `document.activeElement.textContent`); got != "Potassium" {
		t.Error("to the row's name:", got)
	}
	if got := pagetest.JS(t, ctx, `document.querySelector("[data-grid] a.v").getAttribute("data-tip")`); !strings.Contains(got, "MS · Maple Street") || !strings.Contains(got, "1.98 mg/dL, high") {
		t.Error("a value does not tell its source:", got)
	}
}

// TestThePictureBecomesPNGInTheBrowser draws the SVG on a canvas under the page's own policy.
func TestThePictureBecomesPNGInTheBrowser(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900), cd.Navigate(n.Base+rosa+"/whole/progress/plots?focus=diabetes"))
	pagetest.Until(t, ctx, `document.querySelector("button[data-png]:not([hidden])")`)
	pagetest.JS(t, ctx, `(window.made = null, URL.createObjectURL = (b) => { window.made = b; return "#"; }, document.querySelector("button[data-png]").click(), 1)`)
	pagetest.Until(t, ctx, `window.made`)
	if got := pagetest.JS(t, ctx, `window.made.type + " " + (window.made.size > 20000) + " " + document.querySelector("button[data-png]").textContent`); got != "image/png true PNG" {
		t.Error(got)
	}
	if got := pagetest.JS(t, ctx, `createImageBitmap(window.made).then((b) => { const c = document.createElement("canvas"); c.width = b.width; c.height = b.height; const x = c.getContext("2d"); x.drawImage(b, 0, 0); const d = x.getImageData(0, 0, b.width, b.height).data; let ink = 0; for (let i = 0; i < d.length; i += 4) if (d[i] < 200) ink++; return b.width + " " + (ink > 2000); })`); got != "2080 true" {
		t.Error("the PNG is empty or of another size:", got)
	}
}

// TestOneLineOfTimeGoesThroughAllPlots focuses a value and reads the others of its day.
func TestOneLineOfTimeGoesThroughAllPlots(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900), cd.Navigate(n.Base+rosa+"/whole/progress/plots?focus=diabetes"))
	pagetest.Until(t, ctx, `document.querySelector("figure[data-courses]")`)
	pagetest.JS(t, ctx, `(() => { const a = document.querySelector(".courses svg.plot-area[data-rove]").getBoundingClientRect(); document.querySelector(".courses svg.plot-area[data-rove]").dispatchEvent(new PointerEvent("pointermove", {clientX: a.right - a.width * 0.03, clientY: a.top + 20, bubbles: true})); return 1; })()`)
	if got := pagetest.JS(t, ctx, `document.querySelectorAll(".cross").length + " " + [...document.querySelectorAll(".course-at")].filter((e) => e.textContent).length`); !strings.HasPrefix(got, "1 ") || strings.HasSuffix(got, " 0") || strings.HasSuffix(got, " 1") {
		t.Error("line and readings:", got)
	}
}

// TestPagesPrint looks at what paper has: whose it is, the values, none of the controls.
func TestPagesPrint(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(1000, 800), cd.Navigate(n.Base+walter+"/whole/progress"))
	// The rules of @media print are put in force as they stand.
	pagetest.JS(t, ctx, `(() => { for (const s of document.styleSheets) for (const r of s.cssRules) if (r.media && r.media.mediaText === "print") r.media.mediaText = "all"; return 1; })()`)
	for what, want := range map[string]string{".presets": "0", ".sheet-bar": "0", ".sheet input[name=row]": "0", ".who": "1", ".allergies": "1", ".progress-gap": "1"} {
		if got := pagetest.JS(t, ctx, `[...document.querySelectorAll("`+what+`")].filter((e) => e.getClientRects().length).length`); got != want {
			t.Errorf("%s: %s on paper, not %s", what, got, want)
		}
	}
	if got := pagetest.JS(t, ctx, `getComputedStyle(document.querySelector(".sheet-wrap")).overflowX + " " + getComputedStyle(document.querySelector(".sheet thead th")).position`); got != "visible static" {
		t.Error("the table scrolls or sticks on paper:", got)
	}
}

// TestNoKeyOfThePageIsTaken looks for keys that two controls have.
func TestNoKeyOfThePageIsTaken(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	for _, path := range []string{"/whole/progress", "/progress/plots", "/progress/growth", "/progress/formulas"} {
		pagetest.Do(t, ctx, cd.Navigate(n.Base+amara+path))
		if got := pagetest.JS(t, ctx, `(() => { const k = [...document.querySelectorAll("[data-key]")].map((e) => e.dataset.key); return k.filter((x, i) => k.indexOf(x) !== i).join(" "); })()`); got != "" {
			t.Errorf("%s: %s twice", path, got)
		}
	}
}
