package main

import (
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
)

// palette opens the commands, types, and takes the first.
func (h *hand) palette(words string) {
	h.t.Helper()
	h.press("Ctrl+k")
	h.sees(`document.querySelectorAll("#palette-list li").length > 3`)
	h.types(words)
	h.press("Enter")
}

// weekly are the tasks that follow a visit, and those of the front desk and the
// records office that are not every patient's.
func weekly(t *testing.T, p *practice, task func(*hand, string, string, func()), desk, doctor *hand, ada string) {
	t.Helper()
	said := func(h *hand, words string) {
		h.t.Helper()
		h.sees(`document.querySelector(".flash")?.textContent.includes("` + words + `") && document.readyState === "complete"`)
	}
	doctor.of(ada, "")
	task(doctor, "Write a letter, sign it and print it", "the chart", func() {
		doctor.palette("letter")
		doctor.ready("/letters/new")
		doctor.sees(`document.activeElement.name === "template"`)
		doctor.press("Enter")
		doctor.sees(`document.activeElement.name === "body"`)
		doctor.types("Rest and water.")
		doctor.press("Ctrl+Enter")
		said(doctor, "Signed")
		doctor.press("p")
		doctor.ready("/print")
		doctor.sees(`document.activeElement.matches("[data-print]")`)
		doctor.js(`(window.print = () => { window.printed = true; }, 1)`)
		doctor.press("Enter")
		doctor.sees(`window.printed`)
	})
	notes := p.found("Composition?status=final&patient=" + ada)
	if len(notes) == 0 {
		t.Fatal("no note of hers is signed")
	}
	doctor.of(ada, "/notes/"+field(notes[0], "id"))
	task(doctor, "Add to a signed note", "the note", func() {
		doctor.click("Why", `document.querySelector("#addendum #f-reason")`)
		doctor.types("Telephone")
		doctor.press("Tab")
		doctor.types("No fever since yesterday.")
		doctor.click("Sign addendum", `document.querySelector("#addendum .btn-primary")`)
		doctor.says("The addendum is signed", "No fever since yesterday.")
	})
	doctor.of("rosa-delgado", "")
	task(doctor, "Resolve a problem", "the chart", func() {
		doctor.press("g b")
		doctor.ready("/problems")
		doctor.press("j", "Enter")
		doctor.sees(`location.pathname.includes("/fact/Condition/") && document.readyState === "complete"`)
		doctor.press("e")
		doctor.sees(`location.pathname.includes("/enter/problem/") && document.readyState === "complete"`)
		doctor.click("Resolve", `document.querySelector("#side button[value=over]")`)
		said(doctor, "esolved")
	})
	doctor.of("amara-okafor", "")
	task(doctor, "See how a child grows", "the chart", func() {
		doctor.palette("growth")
		doctor.ready("/progress/growth")
	})
	doctor.of(harold, "")
	task(doctor, "Take the flowsheet as CSV", "the chart", func() {
		doctor.press("g w")
		doctor.ready("/progress")
		if got := doctor.js(`fetch(document.querySelector("main a[href*='flowsheet.csv'][data-key=c]").href).then((r) => r.headers.get("Content-Type") + r.status)`); !strings.HasPrefix(got, "text/csv") || !strings.HasSuffix(got, "200") {
			t.Errorf("the flowsheet as CSV: %s", got)
		}
		doctor.press("c")
	})

	// The front desk.
	desk.to(p.home + "/maple/schedule")
	desk.ready("/schedule")
	task(desk, "Put somebody on the wait list", "anywhere", func() {
		desk.palette("wait")
		desk.ready("/waitlist")
		desk.press("b")
		desk.sees(`document.activeElement.id === "f-qpatient"`)
		desk.types("tanaka")
		desk.sees(`document.querySelectorAll("#choose-patient input").length === 1`)
		desk.press("Enter")
		desk.sees(`document.activeElement.id === "f-type"`)
		desk.types("fol")
		desk.press("Ctrl+Enter")
		said(desk, "On the wait list")
	})
	task(desk, "Give who waits the next free time", "the wait list", func() {
		desk.click("Give a time", `[...document.querySelectorAll("main tr")].find((r) => r.textContent.includes("Tanaka")).querySelector("a.btn")`)
		desk.sees(`location.search.includes("wait=") && document.querySelector("#side").textContent.includes("from the wait list")`)
		desk.click("Next free", `document.querySelector("#side button[value=free]")`)
		desk.click("the first", `document.querySelector(".free-times button")`)
		said(desk, "Booked")
	})
	slot := func(name string) {
		desk.to(p.home + "/maple/schedule")
		desk.ready("/schedule")
		desk.js(`([...document.querySelectorAll(".appt")].find((a) => a.textContent.includes("` + name + `")).querySelector("[data-slot]").focus(), 1)`)
	}
	slot("Kim")
	task(desk, "Move an appointment", "its place in the calendar", func() {
		desk.press("m")
		desk.sees(`location.search.includes("move=") && document.readyState === "complete" && document.activeElement.matches("[data-slot]")`)
		for range 40 {
			desk.press("Down")
			if desk.js(`document.activeElement.matches(".slot")`) == "true" {
				break
			}
		}
		desk.press("Enter")
		desk.sees(`document.activeElement.matches("form[action$='/move'] .btn-primary")`)
		desk.press("Enter")
		said(desk, "Moved: ")
	})
	slot("Nowak")
	task(desk, "Say that somebody did not come", "its place in the calendar", func() {
		desk.press("Enter")
		desk.sees(`document.querySelector("#side")?.textContent.includes("Nowak") && document.querySelector("#side").contains(document.activeElement)`)
		desk.click("Did not come", `[...document.querySelectorAll("#side button")].find((b) => b.textContent.includes("Did not come"))`)
		said(desk, "not attended")
	})
	n := p.nodes[0].node
	if err := n.auth.AddUser(t.Context(), auth.User{Site: "maple", Name: "records", FullName: "Account of records", Role: access.RecordsOffice}, p.password); err != nil {
		t.Fatal(err)
	}
	p.write(`{"resourceType":"Patient","id":"quill-twice","identifier":[{"type":{"coding":[{"code":"MR"}]},"system":"https://maple.example/mrn","value":"009-99-001"}],"name":[{"use":"official","family":"Quill","given":["Ada"]}],"birthDate":"1980-05-06","gender":"female"}`)
	records := p.as("records")
	task(records, "Merge two records of one person", "anywhere", func() {
		records.palette("merge")
		records.ready("/merge")
		records.sees(`document.activeElement.name === "qa"`)
		records.types("quill")
		records.sees(`document.querySelectorAll("#choose-a input").length === 2`)
		records.press("Enter")
		records.sees(`document.activeElement.name === "a"`)
		records.press("Enter")
		records.sees(`document.activeElement.name === "qb"`)
		records.types("quill")
		records.sees(`document.querySelectorAll("#choose-b input").length === 2`)
		records.press("Enter")
		records.sees(`document.activeElement.name === "b"`)
		records.press("Down", "Enter")
		records.sees(`document.activeElement.textContent === "Compare"`)
		records.press("Enter")
		records.sees(`document.querySelector("input[name=keep]") && document.readyState === "complete"`)
		records.click("which stays", `document.querySelector("input[name=keep]")`)
		for range 4 {
			records.press("Tab")
			if records.js(`document.activeElement.name`) == "why" {
				break
			}
		}
		records.types("Same birth date and address")
		records.press("Tab", "Space", "Enter")
		said(records, "erged")
	})
	records.sees(`location.pathname.endsWith("/demographics")`)
	task(records, "Take a merge back", "the demographics of one of them", func() {
		records.click("the merge", `document.querySelector("a[href*='/merge?']")`)
		records.sees(`location.pathname.endsWith("/merge") && document.readyState === "complete"`)
		records.click("Take the merge back", `document.querySelector("main button.btn-danger")`)
		said(records, "back")
	})
}
