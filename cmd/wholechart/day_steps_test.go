package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"
)

// TestStepsAreCounted does each common task in the browser, counts what it
// takes, and holds docs/guide/steps.md to it (WHOLECHART_UPDATE=1 writes it).
func TestStepsAreCounted(t *testing.T) {
	p := practisedFor(t, 10*time.Minute)
	desk, doctor := p.as("hughes"), p.as("okonkwo")
	desk.ready("/patients")
	doctor.ready("/day")
	var table strings.Builder
	task := func(h *hand, name, from string, do func()) {
		t.Helper()
		c := &counter{}
		h.count = c
		do()
		h.count = nil
		if c.steps > 20 {
			t.Errorf("%s takes %d steps", name, c.steps)
		}
		fmt.Fprintf(&table, "| %s | %s | %d | %d | %d | %s |\n", name, from, c.steps, c.keys, c.clicks, strings.Join(c.done, " "))
	}
	defer func() {
		if t.Failed() {
			t.Log("\n" + table.String())
		}
	}()
	// loose takes the focus off what a page put it on, as a click beside it does, uncounted.
	loose := func(h *hand) { h.js(`(document.activeElement.blur(), 1)`) }

	// The front desk.
	task(desk, "Register somebody new", "anywhere", func() {
		desk.press("Ctrl+k")
		desk.sees(`document.querySelectorAll("#palette-list li").length > 3`)
		desk.types("reg")
		desk.press("Enter")
		desk.ready("/patients/new")
		desk.sees(`document.activeElement.id === "f-given"`)
		desk.types("Ada")
		desk.press("Tab", "Tab")
		desk.types("Quill")
		desk.press("Tab", "Tab", "Tab", "Tab")
		desk.sees(`document.activeElement.id === "f-born"`)
		desk.types("05061980")
		desk.press("Tab", "Tab")
		desk.sees(`document.activeElement.id === "f-gender"`)
		desk.types("f")
		desk.press("Ctrl+Enter")
		desk.ready("/schedule")
	})
	ada := desk.js(`new URLSearchParams(location.search).get("patient")`)
	task(desk, "Book her, next free", "after registering, at Visit", func() {
		desk.sees(`document.querySelector("#side").textContent.includes("Quill")`)
		desk.js(`(document.querySelector("#f-type").focus(), 1)`)
		desk.types("acu")
		desk.press("Tab", "Tab")
		desk.sees(`document.activeElement.id === "f-with"`)
		desk.types("len")
		desk.click("Next free", `document.querySelector("#side button[value=free]")`)
		desk.click("the first", `document.querySelector(".free-times button")`)
		desk.sees(`document.querySelector(".flash")?.textContent.includes("Booked") && document.activeElement.closest(".appt")`)
	})
	task(desk, "Patient arrives", "the booked time", func() {
		desk.press("a")
		desk.sees(`document.activeElement.closest(".appt")?.classList.contains("st-arrived")`)
	})
	task(desk, "Book somebody known at a free time", "anywhere", func() {
		loose(desk)
		desk.press("g s")
		desk.sees(`location.pathname.endsWith("/schedule") && !location.hash && document.readyState === "complete" && document.querySelector("[data-slot][tabindex='0']")`)
		desk.press("j")
		for range 40 {
			if desk.js(`document.activeElement.matches(".slot")`) == "true" {
				break
			}
			desk.press("Down")
		}
		desk.press("Enter")
		desk.sees(`document.activeElement.id === "f-qpatient"`)
		desk.types("bra")
		desk.sees(`document.querySelector("#choose-patient input")`)
		desk.press("Enter")
		desk.sees(`document.activeElement.id === "f-type"`)
		desk.types("f")
		desk.press("Tab")
		desk.press("Enter")
		desk.sees(`document.querySelector(".flash")?.textContent.includes("Booked")`)
	})

	// The clinician.
	task(doctor, "Find a patient and open the chart", "anywhere", func() {
		doctor.press("/")
		doctor.sees(`document.activeElement.id === "find-q"`)
		doctor.types("quill")
		doctor.sees(`document.querySelector("[role=option][aria-selected=true]")`)
		doctor.press("Enter")
		doctor.ready("/patients/" + ada)
	})
	task(doctor, "Say that no allergy is known", "the chart", func() {
		doctor.press("g a")
		doctor.ready("/allergies")
		doctor.press("a")
		doctor.ready("/enter/allergy")
		doctor.click("No known allergies", `document.querySelector(".none-acts button")`)
		doctor.sees(`document.querySelector(".flash")`)
	})
	task(doctor, "Add a problem, coded", "the chart", func() {
		doctor.press("g b")
		doctor.ready("/problems")
		doctor.press("a")
		doctor.sees(`document.querySelector(".codes") && document.activeElement?.name === "what"`)
		doctor.types("gout")
		doctor.sees(`document.querySelectorAll(".codes [role=option]").length > 3`)
		doctor.press("Down", "Enter")
		doctor.sees(`document.querySelector("[name='what.code']").value`)
		doctor.press("Ctrl+Enter")
		doctor.sees(`document.querySelector(".flash")?.textContent.includes("Problem added")`)
	})
	doctor.of(ada, "")
	task(doctor, "Start the visit", "the chart", func() {
		doctor.press("v")
		doctor.sees(`document.activeElement.id === "f-reason"`)
		doctor.press("Enter")
		doctor.sees(`location.pathname.includes("/visits/") && document.querySelector("[data-plain]")?.hidden`)
	})
	task(doctor, "Take pressure and pulse", "the visit", func() {
		doctor.press("m")
		doctor.sees(`document.activeElement.id === "vf-bp"`)
		doctor.types("118/74")
		for range 12 {
			doctor.press("Tab")
			if doctor.js(`document.activeElement.id`) == "vf-pulse" {
				break
			}
		}
		doctor.types("72")
		doctor.press("Enter")
		doctor.sees(`document.querySelector(".vit")?.innerText.includes("72") && document.querySelector(".flash") && document.readyState === "complete"`)
	})
	loose(doctor)
	doctor.press("m")
	doctor.sees(`document.activeElement.id === "vf-bp" && document.readyState === "complete"`)
	loose(doctor)
	task(doctor, "Write the note and sign it", "the visit", func() {
		doctor.press("n")
		doctor.sees(`document.querySelector("[data-plain]")?.hidden && document.activeElement.matches("textarea")`)
		doctor.types("Sore throat, better")
		doctor.press("Ctrl+Enter")
		doctor.sees(`document.activeElement.id === "sign-now"`)
		doctor.press("Enter")
		doctor.sees(`location.pathname.includes("/notes/") && document.readyState === "complete"`)
	})
	doctor.of(ada, "")
	task(doctor, "Order a laboratory test and sign", "the chart or the visit", func() {
		doctor.press("o")
		doctor.sees(`document.activeElement?.id === "order-line" && document.activeElement.getAttribute("role") === "combobox"`)
		doctor.types("a1c")
		doctor.sees(`document.querySelector("#order-list [aria-selected=true] b")`)
		doctor.press("Enter")
		doctor.sees(`document.querySelectorAll(".draft").length === 1 && document.activeElement?.id === "order-line" && document.activeElement.value === ""`)
		doctor.press("Enter")
		doctor.sees(`document.activeElement?.id === "order-sign"`)
		doctor.press("Enter")
		doctor.sees(`document.querySelector(".flash")?.textContent.includes("1 order signed")`)
	})
	doctor.to(p.home + "/maple/day")
	doctor.ready("/day")
	task(doctor, "Next order of a visit whose note is signed, by mouse", "my day", func() {
		doctor.click("the patient", `[...document.querySelectorAll(".visit a.row-title")].find((a) => a.textContent.includes("Quill"))`)
		doctor.sees(`location.pathname.includes("/visits/") && document.querySelector("[data-plain]")?.hidden`)
		doctor.click("Order", `[...document.querySelectorAll("main a.btn")].find((a) => a.textContent.trim().startsWith("Order"))`)
		doctor.sees(`document.activeElement?.id === "order-line" && document.activeElement.getAttribute("role") === "combobox"`)
		doctor.types("tsh")
		doctor.sees(`document.querySelector("#order-list [aria-selected=true] b")`)
		doctor.press("Enter")
		doctor.sees(`document.querySelectorAll(".draft").length === 1`)
		doctor.click("Sign 1 order", `document.querySelector("#order-sign")`)
		doctor.sees(`document.querySelector(".flash")?.textContent.includes("1 order signed")`)
		if doctor.count.clicks > 3 {
			t.Errorf("from my day to the next order takes %d clicks", doctor.count.clicks)
		}
	})
	doctor.of(harold, "")
	// What a renewal lacks (the albuterol's quantity) is asked for before it can be signed.
	task(doctor, "Draft the renewal of a prescription", "the chart", func() {
		doctor.press("o")
		doctor.sees(`document.activeElement?.id === "order-line" && document.activeElement.getAttribute("role") === "combobox"`)
		doctor.click("Renew", `document.querySelector("#prescriptions form button")`)
		doctor.sees(`document.querySelectorAll(".draft").length === 1 && document.activeElement?.id === "order-line"`)
	})
	doctor.of("rosa-delgado", "/order")
	task(doctor, "Keep an order against a warning, with the reason", "the orders", func() {
		doctor.click("Keep…", `document.querySelector(".rule-loud summary")`)
		doctor.sees(`document.querySelector(".rule-loud details").open`)
		doctor.press("Tab", "Space", "Enter")
		doctor.sees(`!document.querySelector(".rule-loud")`)
	})
	doctor.of("rosa-delgado", "/whole")
	doctor.sees(`document.querySelector("#strip")?.innerText.includes("sites answered")`)
	task(doctor, "Reconcile what other sites know, all of it", "the whole record", func() {
		doctor.press("x")
		doctor.ready("/outside")
		doctor.press("b")
		doctor.sees(`document.querySelector("[data-count]")?.textContent.startsWith("0 of")`)
		n := doctor.js(`document.querySelectorAll(".rec").length`)
		for range len(doctor.js(`"x".repeat(document.querySelectorAll(".rec").length)`)) {
			doctor.press("1")
		}
		doctor.sees(`document.querySelector("[data-count]").textContent === "` + n + ` of ` + n + ` decided" && document.activeElement.matches("[data-apply]")`)
		doctor.press("Enter")
		doctor.sees(`document.querySelector(".flash")?.textContent.includes("Reconciled")`)
	})
	doctor.to(p.home + "/maple/day")
	doctor.ready("/day")
	task(doctor, "Acknowledge the result that is most urgent", "my day", func() {
		doctor.press("g i")
		doctor.ready("/inbox")
		doctor.press("j", "Enter")
		doctor.sees(`location.pathname.includes("/result/") && document.readyState === "complete"`)
		doctor.press("e")
		doctor.sees(`document.querySelector(".flash")?.textContent.startsWith("Acknowledged")`)
	})
	loose(doctor)
	task(doctor, "Do anything by its name", "anywhere", func() {
		doctor.press("Ctrl+k")
		doctor.sees(`document.querySelectorAll("#palette-list li").length > 3`)
		doctor.types("snip")
		doctor.press("Enter")
		doctor.ready("/snippets")
	})
	loose(doctor)
	task(doctor, "Open a list and take it as CSV", "anywhere", func() {
		doctor.press("g l")
		doctor.ready("/lists")
		doctor.press("j", "Enter")
		doctor.sees(`location.pathname.includes("/lists/") && document.readyState === "complete"`)
		doctor.click("CSV", `document.querySelector("main a[href$='/csv']")`)
		if got := doctor.js(`fetch(document.querySelector("main a[href$='/csv']").href).then((r) => r.headers.get("Content-Type") + r.status)`); got != "text/csv; charset=utf-8200" {
			t.Errorf("the list as CSV: %s", got)
		}
	})
	counted(t, p, task, desk, doctor, ada)
	weekly(t, p, task, desk, doctor, ada)
	golden(t, "../../docs/guide/steps.md", stepsHead+table.String())
}

// counted are the tasks of every week.
func counted(t *testing.T, p *practice, task func(*hand, string, string, func()), desk, doctor *hand, ada string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "consult.txt")
	if err := os.WriteFile(file, []byte("Seen by cardiology. No change."), 0o600); err != nil {
		t.Fatal(err)
	}
	doctor.of(ada, "")
	task(doctor, "Upload a document", "the chart", func() {
		doctor.palette("upl")
		doctor.ready("/upload")
		doctor.js(`(document.querySelector("#upload select[name=kind]").focus(), 1)`)
		doctor.types("con")
		doctor.do(cd.SetUploadFiles(cd.CSS("#f-file"), []string{file}))
		doctor.counted("choose the file", 0, 1)
		doctor.click("Upload", `document.querySelector("#upload .form-acts button[type=submit]")`)
		doctor.sees(`location.pathname.endsWith("/library") && document.body.innerText.includes("1 document is in the chart now") || document.body.innerText.includes("kept")`)
	})
	doctor.of(ada, "")
	task(doctor, "Add an allergy, coded", "the chart", func() {
		doctor.press("g a")
		doctor.ready("/allergies")
		doctor.press("a")
		doctor.ready("/enter/allergy")
		doctor.sees(`document.querySelector(".codes") && document.activeElement?.name === "what"`)
		doctor.types("penic")
		doctor.sees(`document.querySelectorAll(".codes [role=option]").length > 0`)
		doctor.press("Down", "Enter")
		doctor.sees(`document.querySelector("[name='what.code']").value`)
		doctor.press("Ctrl+Enter")
		doctor.sees(`document.querySelector(".flash")`)
	})
	doctor.of(ada, "")
	task(doctor, "Ask a colleague to do something about the patient", "the chart", func() {
		doctor.palette("task")
		doctor.ready("/tasks/new")
		doctor.sees(`document.activeElement.id === "f-title"`)
		doctor.types("Call her about the knee")
		doctor.press("Enter")
		doctor.sees(`document.querySelector(".flash")?.textContent.includes("Task made")`)
	})
	row := func(text string) string {
		return `[...document.querySelectorAll(".waits a.row-title")].find((a) => a.closest("li").textContent.includes("` + text + `"))`
	}
	p.write(`{"resourceType":"MedicationRequest","id":"step-am","status":"active","intent":"order","authoredOn":"2026-06-01","medicationCodeableConcept":{"text":"Amlodipine 5 mg tablet"},"subject":{"reference":"Patient/`+ada+`"},"requester":{"reference":"Practitioner/okonkwo"},"dosageInstruction":[{"text":"1 tablet each morning"}],"dispenseRequest":{"quantity":{"value":90,"unit":"tablet"},"numberOfRepeatsAllowed":1}}`,
		`{"resourceType":"Task","id":"step-rf","status":"requested","intent":"order","owner":{"reference":"Practitioner/okonkwo"},"code":{"coding":[{"system":"https://wholechart.example/task","code":"refill"}]},"description":"Refill: amlodipine","for":{"reference":"Patient/`+ada+`"},"focus":{"reference":"MedicationRequest/step-am"},"authoredOn":"2026-11-23T08:00:00-05:00"}`)
	doctor.to(p.home + "/maple/day")
	doctor.ready("/day")
	task(doctor, "Answer a refill request", "my day", func() {
		doctor.click("the request", row("Refill: amlodipine"))
		doctor.sees(`location.pathname.includes("/refill/") && document.readyState === "complete"`)
		doctor.press("e")
		doctor.sees(`document.querySelector(".flash")`)
	})
	doctor.to(p.home + "/maple/day")
	doctor.ready("/day")
	task(doctor, "Close the loop of a referral", "my day", func() {
		doctor.click("the referral", row("Referral letter"))
		doctor.sees(`location.pathname.includes("/tasks/") && document.readyState === "complete"`)
		doctor.press("e")
		doctor.sees(`document.querySelector(".flash")`)
	})
	nurse := p.as("reyes")
	nurse.ready("/day")
	task(nurse, "Room a patient who has arrived", "my day", func() {
		nurse.click("Room", `document.querySelector(".visit form[data-act] button")`)
		nurse.sees(`document.querySelector(".flash")?.textContent.includes("room")`)
	})
	desk.to(p.home + "/maple/schedule")
	desk.ready("/schedule")
	desk.js(`([...document.querySelectorAll(".appt")].find((a) => a.textContent.includes("Lindqvist")).querySelector("[data-slot]").focus(), 1)`)
	task(desk, "Cancel an appointment", "its place in the calendar", func() {
		desk.press("x")
		desk.sees(`document.activeElement?.name === "why"`)
		desk.types("Has a cold")
		desk.press("Enter")
		desk.sees(`document.querySelector(".flash")?.textContent.toLowerCase().includes("cancel")`)
	})
}

const stepsHead = `# What each task takes

Done in a real browser by the test TestStepsAreCounted, which counts and holds this page to it: write it anew with
` + "`WHOLECHART_UPDATE=1 go test ./cmd/wholechart -run TestStepsAreCounted`" + `.

A step is one key, chord or sequence, one entry typed, or one click. Keys are all keys struck, words typed among them. "Anywhere" is
any page. Whatever is typed by the keyboard here can be clicked too.

| Task | Begins at | Steps | Keys | Clicks | How |
|---|---|---|---|---|---|
`
