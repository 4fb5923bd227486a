package orders

import (
	"net/url"
	"os"
	"strings"
	"testing"

	cd "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"wholechart/chart/order"
	"wholechart/internal/pagetest"
	"wholechart/record"
)

func TestOrdersByKeyboard(t *testing.T) {
	n := start(t, says)
	clearBasket(t, n, "rosa-delgado")
	ctx := pagetest.Chromium(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(1600, 1000))
	pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa))
	pagetest.Until(t, ctx, `document.querySelector("main") && document.readyState === "complete"`)
	steps := 0
	press := func(keys string) { steps++; pagetest.Keys(t, ctx, keys) }
	typed := func(line string) { steps++; pagetest.Keys(t, ctx, line) }

	press("o")
	pagetest.Until(t, ctx, `location.pathname.endsWith("/order") && document.activeElement?.id === "order-line" && document.activeElement.getAttribute("role") === "combobox"`)
	typed("amox 500 tid 7d")
	pagetest.Until(t, ctx, `document.querySelector("#order-list [aria-selected=true] b")?.textContent === "Amoxicillin 500 mg capsule"`)
	press(kb.Enter)
	pagetest.Until(t, ctx, `document.querySelectorAll(".draft").length === 1 && document.activeElement?.id === "order-line" && document.activeElement.value === ""`)
	press(kb.Enter) // nothing typed: to the sign button
	pagetest.Until(t, ctx, `document.activeElement?.id === "order-sign"`)
	press(kb.Enter)
	pagetest.Until(t, ctx, `document.querySelector(".flash")?.textContent.includes("1 order signed")`)
	if steps != 5 {
		t.Errorf("one order from the chart takes %d steps, not 5", steps)
	}

	// Two more, one of them dangerous: answered with a reason, by keyboard.
	pagetest.Until(t, ctx, `document.activeElement?.id === "order-line"`)
	steps = 0
	typed("tmp-smx bid 3d")
	press(kb.Enter)
	pagetest.Until(t, ctx, `document.querySelector(".rule-loud") && document.activeElement?.id === "order-line"`)
	if os.Getenv("WHOLECHART_SHOTS") != "" {
		typedFast(t, n, "ucx", "a1c")
		pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa+"/order"))
		pagetest.Until(t, ctx, `document.querySelectorAll(".draft").length === 3`)
		pagetest.Shot(t, ctx, "order-basket")
		pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "dark", 1)`)
		pagetest.Shot(t, ctx, "order-basket-dark")
		pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "light", 1)`)
		pagetest.Keys(t, ctx, "amox")
		pagetest.Until(t, ctx, `document.querySelector("#order-list [role=option]")`)
		pagetest.Shot(t, ctx, "order-find")
		pagetest.JS(t, ctx, `(document.querySelector("#order-line").value = "", document.querySelector("#order-line").blur(), document.querySelector(".rule-loud details").open = true, document.querySelector(".draft-edit").open = true, 1)`)
		pagetest.Shot(t, ctx, "order-edit")
		pagetest.JS(t, ctx, `(document.querySelector(".rule-loud details").open = false, 1)`)
	}
	pagetest.JS(t, ctx, `(document.querySelector(".rule-loud summary").focus(), 1)`)
	press(kb.Enter)
	pagetest.Until(t, ctx, `document.querySelector(".rule-loud details").open`)
	press(kb.Tab)
	press(" ")
	pagetest.Until(t, ctx, `document.querySelector(".rule-loud input[type=radio]:checked")`)
	press(kb.Enter)
	pagetest.Until(t, ctx, `!document.querySelector(".rule-loud")`)
	if k, err := order.Keeps(t.Context(), n.System("maple"), "rosa-delgado"); err != nil || len(k) != 1 {
		t.Errorf("the override: %v %v", k, err)
	}
	before := pagetest.JS(t, ctx, `location.search`)
	pagetest.JS(t, ctx, `(document.querySelector("#order-line").focus(), 1)`)
	pagetest.JS(t, ctx, `document.querySelector("#order-line").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true, cancelable: true}))`)
	pagetest.Until(t, ctx, `location.search !== "`+before+`" && document.querySelector(".flash")?.textContent.includes("signed")`)
	if left := drafted(t, n, "rosa-delgado"); len(left) != 0 {
		t.Errorf("still drafts: %d", len(left))
	}

	// What is not in the catalogue is asked about and what was typed stays; Back works.
	pagetest.Until(t, ctx, `document.activeElement?.id === "order-line"`)
	pagetest.Keys(t, ctx, "unobtainium 5 mg daily")
	pagetest.Until(t, ctx, `!document.querySelector("#order-list").hidden`)
	pagetest.Keys(t, ctx, kb.Enter)
	pagetest.Until(t, ctx, `document.querySelector("[name=words]") && document.querySelector("#order-line").value === "unobtainium 5 mg daily"`)
	if at := pagetest.JS(t, ctx, `location.pathname`); !strings.HasSuffix(at, "/order") {
		t.Errorf("at %s", at)
	}
}

func typedFast(t *testing.T, n *pagetest.Node, lines ...string) {
	t.Helper()
	for _, l := range lines {
		o := order.Find(l, 1)[0].Order()
		o.Patient = "rosa-delgado"
		a, err := order.Save(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.System("maple").Transact(t.Context(), []record.Act{a}); err != nil {
			t.Fatal(err)
		}
	}
}

// What is typed into one draft is not lost by an act on another, and is not signed over.
func TestNothingTypedIsLost(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	typedFast(t, n, "macrobid", "a1c")
	ctx := pagetest.Chromium(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.Navigate(n.Base+rosa+"/order"))
	pagetest.Until(t, ctx, `document.querySelectorAll(".draft").length === 2 && document.querySelector("#order-line").getAttribute("role")`)
	pagetest.JS(t, ctx, `(document.querySelector(".draft-edit").open = true, document.querySelector(".draft-form [name=note]").focus(), 1)`)
	pagetest.Keys(t, ctx, "call her first")
	pagetest.JS(t, ctx, `(document.querySelectorAll(".draft .icon[aria-label^=Remove]")[1].click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelectorAll(".draft").length === 1`)
	if got := pagetest.JS(t, ctx, `document.querySelector(".draft-form [name=note]").value + " " + document.querySelector(".draft-edit").open`); got != "call her first true" {
		t.Errorf("after an act on another draft: %q", got)
	}
	pagetest.JS(t, ctx, `(document.querySelector("#order-sign").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelector(".basket-sign [data-said]")?.textContent.startsWith("Not signed") && document.activeElement.name === "note"`)
	if left := drafted(t, n, "rosa-delgado"); len(left) != 1 {
		t.Errorf("signed over what was typed: %d drafts", len(left))
	}
	pagetest.Keys(t, ctx, kb.Enter) // saves this draft
	pagetest.Until(t, ctx, `document.querySelector(".draft-detail").textContent.includes("call her first")`)
	for name, o := range drafted(t, n, "rosa-delgado") {
		if o.Reason != "" { // the first button of the form is no problem of the list
			t.Errorf("Enter in the note gave %s the reason %q", name, o.Reason)
		}
	}
	pagetest.JS(t, ctx, `(document.querySelector("#order-sign").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelector(".flash")?.textContent.includes("1 order signed")`)
}

// resultOfTest is a critical result of Rosa's that waits for her physician.
func resultOfTest(t *testing.T, n *pagetest.Node) string {
	t.Helper()
	n.Write("maple",
		`{"resourceType":"ServiceRequest","id":"sr-bmp","status":"active","intent":"order","category":[{"coding":[{"system":"https://wholechart.example/order","code":"laboratory"}]}],"code":{"text":"Basic metabolic panel"},"subject":{"reference":"Patient/rosa-delgado"},"authoredOn":"2026-11-10T09:00:00-05:00","requester":{"reference":"Practitioner/okonkwo","display":"Lena Okonkwo, MD"}}`,
		`{"resourceType":"Observation","id":"k-now","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}],"text":"Potassium"},"subject":{"reference":"Patient/rosa-delgado"},"effectiveDateTime":"2026-11-22T08:00:00-05:00","valueQuantity":{"value":6.4,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"},"referenceRange":[{"low":{"value":3.5},"high":{"value":5.1},"text":"3.5–5.1"}]}`,
		`{"resourceType":"Observation","id":"na-now","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2951-2"}],"text":"Sodium"},"subject":{"reference":"Patient/rosa-delgado"},"effectiveDateTime":"2026-11-22T08:00:00-05:00","valueQuantity":{"value":139,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"},"referenceRange":[{"low":{"value":136},"high":{"value":145},"text":"136–145"}]}`,
		`{"resourceType":"DiagnosticReport","id":"bmp-now","status":"final","code":{"text":"Basic metabolic panel"},"category":[{"coding":[{"code":"LAB"}]}],"subject":{"reference":"Patient/rosa-delgado"},"effectiveDateTime":"2026-11-22T08:00:00-05:00","performer":[{"display":"Riverside laboratory"}],"basedOn":[{"reference":"ServiceRequest/sr-bmp"}],"result":[{"reference":"Observation/k-now"},{"reference":"Observation/na-now"}]}`)
	for at := record.Seq(0); ; {
		next, err := order.Route(t.Context(), n.Records, "maple", at, pagetest.Anchor)
		if err != nil {
			t.Fatal(err)
		}
		if next == at {
			return rosa + "/result/bmp-now"
		}
		at = next
	}
}

func TestResultsByKeyboard(t *testing.T) {
	n := start(t, nil)
	path := resultOfTest(t, n)
	ctx := pagetest.Chromium(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
	pagetest.Until(t, ctx, `document.querySelector(".result-critical")`)
	pagetest.Shot(t, ctx, "result")
	// d opens the follow-up; an impossible day is said beside it and what was typed stays.
	pagetest.Keys(t, ctx, "d")
	pagetest.Until(t, ctx, `document.querySelector("#deed-follow-up").open`)
	pagetest.JS(t, ctx, `(document.querySelector("#text-follow-up").value = "repeat tomorrow", document.querySelector("#deed-follow-up button").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelector("#due-follow-error") && document.querySelector("#text-follow-up").value === "repeat tomorrow"`)
	pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
	pagetest.Until(t, ctx, `document.querySelector(".result-critical")`)
	pagetest.Keys(t, ctx, "e") // one key acknowledges, the next result is focused or this one is done
	pagetest.Until(t, ctx, `document.querySelector(".flash")?.textContent.startsWith("Acknowledged")`)
	found, err := order.Reviews(t.Context(), n.System("maple"), "DiagnosticReport", "bmp-now")
	if err != nil || len(found) != 1 || order.OpenTask(found[0].Node()) {
		t.Errorf("the review is open: %v", err)
	}
}

func TestPagesAreAccessible(t *testing.T) {
	n := start(t, real)
	path := resultOfTest(t, n)
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"item": {"laboratory:a1c"}})
	doc.Post(rosa+"/order/add", url.Values{"item": {"imaging:X-ray knee"}})
	doc.Post(rosa+"/order/add", url.Values{"line": {"tmp-smx bid 3d"}})
	doc.Post(rosa+"/order/star", url.Values{"item": {"laboratory:inr"}})
	n.Write("maple", `{"resourceType":"MedicationRequest","id":"am","status":"active","intent":"order","groupIdentifier":{"system":"https://wholechart.example/requisition","value":"g1"},"authoredOn":"2026-11-01","medicationCodeableConcept":{"text":"Amlodipine 5 mg tablet"},"subject":{"reference":"Patient/rosa-delgado"},"requester":{"reference":"Practitioner/okonkwo"}}`,
		`{"resourceType":"ServiceRequest","id":"cbc","status":"active","intent":"order","category":[{"coding":[{"system":"https://wholechart.example/order","code":"laboratory"}]}],"code":{"text":"Complete blood count","coding":[{"system":"http://loinc.org","code":"58410-2"}]},"subject":{"reference":"Patient/rosa-delgado"},"authoredOn":"2026-11-10"}`,
		`{"resourceType":"Task","id":"rf","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"refill"}]},"description":"Refill amlodipine","for":{"reference":"Patient/rosa-delgado"},"focus":{"reference":"MedicationRequest/am"}}`,
		`{"resourceType":"Observation","id":"lost","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Potassium"},"subject":{"display":"Rosa Delgado"},"effectiveDateTime":"2026-11-22T08:00:00-05:00","valueQuantity":{"value":4.1,"unit":"mmol/L"}}`,
		`{"resourceType":"Task","id":"un","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"unmatched-result"}]},"description":"Potassium: 4.1 mmol/L","focus":{"reference":"Observation/lost"}}`)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	paths := []string{rosa + "/order", rosa + "/orders/am", rosa + "/orders/cbc", rosa + "/orders/cbc/enter", path, rosa + "/refill/rf", rosa + "/order/print/g1", "/maple/unmatched/un"}
	for _, x := range []struct {
		name string
		w    int64
	}{{"", 1600}, {"phone-", 360}} {
		pagetest.Do(t, ctx, cd.EmulateViewport(x.w, 900))
		for _, p := range paths {
			pagetest.Do(t, ctx, cd.Navigate(n.Base+p))
			pagetest.Until(t, ctx, `document.readyState === "complete"`)
			if wide := pagetest.JS(t, ctx, `document.documentElement.scrollWidth - innerWidth`); x.w == 360 && wide != "0" {
				t.Errorf("%s scrolls sideways on a phone by %s", p, wide)
			}
			pagetest.Shot(t, ctx, x.name+strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(p, rosa+"/"), "/maple/"), "/", "-"))
		}
	}
	pagetest.Do(t, ctx, cd.EmulateViewport(1400, 900))
	pagetest.Axe(t, ctx, n, paths...)
}

// TestOutsideInBrowser: the chart stands before the services have answered, what they
// say comes by itself, and it is clean for who reads by ear.
func TestOutsideInBrowser(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n, a := startOutside(t, true)
	a.say(atView, warning(nil), warning(map[string]any{"summary": "Dialysis is near", "indicator": "critical"}))
	a.say(atSelect, warning(map[string]any{"selectionBehavior": "any", "suggestions": []any{map[string]any{"label": "Leave it out", "uuid": suggestionID, "actions": []any{map[string]any{"type": "delete", "description": "d", "resourceId": "DRAFT"}}}},
		"links": []any{map[string]any{"label": "The guideline", "url": "https://acme.example/g", "type": "absolute"}}}))
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"line": {"tsh"}})
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	axe, _ := os.ReadFile(os.Getenv("WHOLECHART_AXE"))
	look := func(path, region, words, shot string) {
		t.Helper()
		pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
		pagetest.Until(t, ctx, `document.querySelector("#`+region+` summary") && !document.querySelector("#`+region+`").hasAttribute("aria-busy")`)
		pagetest.Until(t, ctx, `document.querySelector("#`+region+`").textContent.includes("`+words+`")`)
		if open := pagetest.JS(t, ctx, `String(document.querySelector("#`+region+` details").open)`); (open == "true") != strings.HasSuffix(path, "/order") {
			t.Errorf("%s: open %s: what is read moves when it comes, or what is signed is hidden", path, open)
		}
		pagetest.JS(t, ctx, `(document.querySelector("#`+region+` details").open = true, 1)`)
		pagetest.Shot(t, ctx, shot)
		if len(axe) > 0 {
			pagetest.AxeHere(t, ctx, string(axe), "light", shot)
			pagetest.AxeHere(t, ctx, string(axe), "dark", shot)
			pagetest.Shot(t, ctx, shot+"-dark")
		}
	}
	look(rosa, "outside-patient-view", "Dialysis is near", "outside-chart")
	look(rosa+"/order", "outside-order-select", "Leave it out", "outside-basket")
	// One press does what the service suggests, and the basket is as it is then.
	pagetest.JS(t, ctx, `(document.querySelector("#outside-order-select .outside-acts .btn-primary, #outside-order-select .outside-acts button").click(), 1)`)
	pagetest.Until(t, ctx, `document.querySelectorAll(".draft").length === 0 && document.querySelector(".basket-said")?.textContent.includes("Acme Kidney suggests")`)
	pagetest.Do(t, ctx, cd.EmulateViewport(390, 844))
	look(rosa, "outside-patient-view", "Dialysis is near", "outside-phone")
	if got := pagetest.JS(t, ctx, `String(document.documentElement.scrollWidth <= innerWidth)`); got != "true" {
		t.Error("the page scrolls sideways on a phone")
	}
}
