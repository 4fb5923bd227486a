package main

import (
	"strings"
	"testing"

	cd "github.com/chromedp/chromedp"
)

const (
	harold = "harold-whitman"
	mei    = "mei-tanaka"
)

// of opens a page of a patient's chart.
func (h *hand) of(patient, path string) {
	h.t.Helper()
	h.to(h.p.home + "/maple/patients/" + patient + path)
	h.sees(`document.readyState === "complete"`)
}

// begins starts the patient's visit, or goes on with it.
func (h *hand) begins(patient string) (visit string) {
	h.t.Helper()
	h.of(patient, "/visit")
	if h.js(`location.pathname.endsWith("/visit")`) == "true" {
		h.sees(`document.activeElement.id === "f-reason"`)
		h.press("Enter")
	}
	h.sees(`location.pathname.includes("/visits/") && document.querySelector("[data-plain]")?.hidden`)
	return h.js(`location.pathname`)
}

const planField = `document.querySelector("#ns-51847-2")`

// adds types an order and puts it into the basket that is shown.
func (h *hand) adds(line string, drafts string) {
	h.t.Helper()
	h.sees(`document.querySelector("#order-line")?.getAttribute("role") === "combobox"`)
	h.focus("#order-line")
	h.types(line)
	h.sees(`document.querySelector("#order-list [aria-selected=true] b")`)
	h.press("Enter")
	h.sees(`document.querySelectorAll(".draft").length === ` + drafts)
}

// TestTwoTabsNeverMix writes about two patients in two tabs of one session, one
// word here, one word there: each word is the right patient's.
func TestTwoTabsNeverMix(t *testing.T) {
	p := practised(t)
	a := p.as("okonkwo")
	b := a.tab()

	// Notes, word by word.
	visitA, visitB := a.begins(harold), b.begins(mei)
	a.focus("#ns-51847-2")
	b.focus("#ns-51847-2")
	for _, w := range []string{"one ", "two ", "three"} {
		a.types("H" + w)
		b.types("M" + w)
	}
	for _, h := range []*hand{a, b} {
		h.sees(`document.getElementById("note-state").textContent.includes("Draft saved")`)
		h.do(cd.Reload())
		h.sees(`document.querySelector("[data-plain]")?.hidden`)
	}
	if got := a.js(planField+".value") + "|" + b.js(planField+".value"); got != "Hone Htwo Hthree|Mone Mtwo Mthree" {
		t.Errorf("the notes read %q", got)
	}

	// Orders: two baskets of one session.
	a.of(harold, "/order")
	b.of(mei, "/order")
	a.adds("a1c", "1")
	b.adds("tsh", "1")
	a.adds("bmp", "2")
	for _, h := range []*hand{b, a} {
		h.focus("#order-line")
		h.press("Enter")
		h.sees(`document.activeElement?.id === "order-sign"`)
		h.press("Enter")
		h.sees(`document.querySelector(".flash")?.textContent.includes("signed")`)
	}
	eid := func(visit string) string { return last(strings.Split(visit, "/")) }
	for _, w := range []struct{ patient, visit, codes string }{{harold, visitA, "4548-4"}, {mei, visitB, "3016-3"}} {
		for _, o := range p.found("ServiceRequest?encounter=" + eid(w.visit)) {
			if field(o, "subject", "reference") != "Patient/"+w.patient {
				t.Errorf("an order of %s at the visit of %s", field(o, "subject", "reference"), w.patient)
			}
		}
	}
	p.holds(2, "ServiceRequest?status=active&patient="+harold+"&encounter="+eid(visitA))
	p.holds(1, "ServiceRequest?status=active&patient="+mei+"&encounter="+eid(visitB))

	// Facts: both forms open, written in turns, the older sent last.
	a.of(harold, "/enter/problem")
	a.sees(`document.querySelector(".codes")`)
	b.of(mei, "/enter/problem")
	b.sees(`document.querySelector(".codes")`)
	a.types("Gout of the toe")
	b.types("Heartburn")
	b.press("Ctrl+Enter")
	b.sees(`document.querySelector(".flash")?.textContent.includes("Problem added")`)
	a.press("Ctrl+Enter")
	a.sees(`document.querySelector(".flash")?.textContent.includes("Problem added")`)
	for patient, want := range map[string]string{harold: "Gout of the toe", mei: "Heartburn"} {
		all := ""
		for _, c := range p.found("Condition?patient=" + patient + "&_count=100") {
			all += field(c, "code", "text") + "\n"
		}
		if !strings.Contains(all, want) || strings.Contains(all, "Gout") && patient == mei || strings.Contains(all, "Heartburn") && patient == harold {
			t.Errorf("the problems of %s: %s", patient, all)
		}
	}

	// A form of one patient that is left open while the same tab goes to another, and is then come back to, writes its own patient's.
	a.of(harold, "/enter/problem")
	a.sees(`document.querySelector(".codes")`)
	a.of(mei, "")
	a.js(`(setTimeout(() => history.back()), 1)`)
	a.ready("/patients/" + harold + "/enter/problem")
	a.sees(`document.querySelector(".codes")`)
	a.focus("[name=what]")
	a.types("Bunion")
	a.press("Ctrl+Enter")
	a.sees(`document.querySelector(".flash")?.textContent.includes("Problem added")`)
	if n := len(p.found("Condition?patient=" + mei + "&code:text=bunion")); n != 0 {
		t.Error("what was written of one patient is the other's")
	}
	p.holds(1, "Condition?patient="+harold+"&code:text=bunion")

	// Back and forward keep the place, and the patient.
	a.of(harold, "")
	name := a.js(`document.querySelector("#storyboard, .storyboard, aside")?.innerText.slice(0, 200)`)
	if !strings.Contains(name, "Harold") {
		t.Errorf("the storyboard says %q", name)
	}
	a.press("g r")
	a.ready("/results")
	for i := range 30 {
		a.press("j")
		if i > 5 && a.js(`!!document.activeElement.href`) == "true" {
			break
		}
	}
	a.js(`(window.scrollTo(0, 300), 1)`)
	scrolled, focused := a.js(`Math.round(scrollY)`), a.js(`document.activeElement.href`)
	a.press("Enter")
	a.sees(`location.href === "` + focused + `" && document.readyState === "complete"`)
	a.js(`(setTimeout(() => history.back()), 1)`)
	a.ready("/results")
	a.sees(`Math.abs(scrollY - ` + scrolled + `) < 3`)
	a.js(`(setTimeout(() => history.forward()), 1)`)
	a.sees(`location.href === "` + focused + `"`)
	a.js(`(setTimeout(() => history.go(-2)), 1)`)
	a.ready("/patients/" + harold)
	b.sees(`location.pathname.includes("` + mei + `")`)
}

// TestConcurrentEdit is two people at one fact, one order and one note: both
// are told, and what either wrote is there.
func TestConcurrentEdit(t *testing.T) {
	p := practised(t)
	lena, tomas := p.as("okonkwo"), p.as("reyes")

	// A fact: the later sees what the earlier wrote, and nothing that was typed is lost.
	problem := field(p.found("Condition?patient=" + harold + "&code:text=cholesterol")[0], "id")
	for _, h := range []*hand{lena, tomas} {
		h.of(harold, "/enter/problem/"+problem)
		h.sees(`document.querySelector(".codes")`)
	}
	tomas.js(`(document.querySelector("[name=onset]").value = "", 1)`)
	tomas.focus("[name=onset]")
	tomas.types("2011")
	tomas.press("Ctrl+Enter")
	tomas.sees(`document.querySelector(".flash")`)
	lena.js(`(document.querySelector("[name=onset]").value = "", document.querySelector("details.fold").open = true, 1)`)
	lena.focus("[name=onset]")
	lena.types("2009")
	lena.focus("[name=note]")
	lena.types("Told by his wife")
	lena.press("Ctrl+Enter")
	lena.sees(`document.querySelector(".conflict")?.textContent.includes("2011") && document.querySelector(".conflict").textContent.includes("Tomás Reyes")`)
	if got := lena.value("[name=onset]") + " " + lena.value("[name=note]"); got != "2009 Told by his wife" {
		t.Errorf("after the conflict there stands %q", got)
	}
	lena.guide("conflict")
	lena.focus("[name=note]")
	lena.press("Ctrl+Enter")
	lena.sees(`document.querySelector(".flash")`)
	_, now := p.fhir("GET", "Condition/"+problem, "")
	if field(now, "onsetDateTime") != "2009" || !strings.Contains(field(now, "note"), "Told by his wife") {
		t.Errorf("written: %v", now)
	}

	// An order in the basket.
	lena.begins(harold)
	lena.of(harold, "/order")
	lena.adds("a1c", "1")
	tomas.of(harold, "/order")
	for _, h := range []*hand{lena, tomas} {
		h.js(`(document.querySelector(".draft-edit").open = true, 1)`)
	}
	lena.focus(".draft-form [name=note]")
	lena.types("fasting")
	lena.press("Enter")
	lena.sees(`document.querySelector(".draft-detail") && document.querySelector("#side").innerText.includes("saved")`)
	tomas.focus(".draft-form [name=note]")
	tomas.types("left arm only")
	tomas.focus(".draft-form [name=reason]")
	tomas.types("Tired")
	tomas.press("Enter")
	tomas.sees(`document.querySelector("#side").innerText.includes("Somebody else changed this draft") && document.querySelector("#side").innerText.includes("“fasting”")`)
	if got := tomas.value(".draft-form [name=note]") + ", " + tomas.value(".draft-form [name=reason]"); got != "left arm only, Tired" {
		t.Errorf("after somebody else changed the draft there stands %q", got)
	}
	tomas.js(`(document.querySelector(".draft-form [name=note]").value = "fasting, left arm only", 1)`)
	tomas.focus(".draft-form [name=reason]")
	tomas.press("Enter")
	tomas.sees(`!document.querySelector("#side").innerText.includes("Somebody else changed") && document.querySelector("#side").innerText.includes("for Tired")`)
	draft := p.holds(1, "ServiceRequest?status=draft&patient="+harold)[0]
	if !strings.Contains(field(draft, "note"), "fasting, left arm only") {
		t.Errorf("the draft is %v", draft)
	}

	// A note: both are named to each other, and of the same line both texts stay.
	visit := lena.begins(harold)
	tomas.to(p.home + visit)
	tomas.sees(`document.querySelector("[data-plain]")?.hidden`)
	lena.focus("#ns-51847-2")
	lena.types("1. Nodule")
	lena.sees(`document.getElementById("note-state").textContent.includes("Draft saved")`)
	tomas.sees(planField + `.value === "1. Nodule"`)
	lena.sees(`document.getElementById("note-state").textContent.includes("Tomás Reyes is writing too")`)
	tomas.sees(`document.getElementById("note-state").textContent.includes("Lena Okonkwo is writing too")`)
	lena.cut(true)
	tomas.cut(true)
	lena.focus("#ns-51847-2")
	lena.types(": CT in May")
	tomas.focus("#ns-51847-2")
	tomas.types(": CT in April")
	lena.cut(false)
	tomas.cut(false)
	for _, h := range []*hand{lena, tomas} {
		h.sees(planField + `.value.includes("CT in May") && ` + planField + `.value.includes("CT in April")`)
		h.sees(`!document.querySelector("[data-code='51847-2'] [data-clash]").hidden`)
	}
	lena.guide("clash")

	// A result that both have open: both deeds stand, and both are seen.
	task := p.found("Task?status=requested,in-progress&code=review-result&patient=walter-nowak")
	if len(task) == 0 {
		t.Fatal("Walter's potassium waits for nobody")
	}
	result := last(strings.Split(field(task[0], "focus", "reference"), "/"))
	for _, h := range []*hand{lena, tomas} {
		h.of("walter-nowak", "/result/"+result)
		h.sees(`document.querySelector("#result-do").innerText.includes("not reviewed")`)
	}
	lena.press("e")
	lena.sees(`document.querySelector(".flash")?.textContent.startsWith("Acknowledged")`)
	tomas.press("c")
	tomas.sees(`document.activeElement?.id === "text-comment" || document.querySelector("#deed-comment").open`)
	tomas.focus("#text-comment")
	tomas.types("Called him")
	tomas.click("Comment", `document.querySelector("#deed-comment button")`)
	tomas.sees(`document.querySelector(".flash")?.textContent.includes("with your comment")`)
	tomas.says("Called him", "Lena Okonkwo", "reviewed")
}
