package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"
)

// TestAProvidersDay is a day of a practice, from a stranger's first call to the
// next visit that is booked, by the hands of three people.
func TestAProvidersDay(t *testing.T) {
	p := practised(t)

	// The front desk registers somebody new: the likely duplicate is shown as one types.
	desk := p.as("hughes")
	desk.press("Ctrl+k")
	desk.sees(`document.activeElement.id === "palette-q" && document.querySelector("#palette-list li")`)
	desk.types("regis")
	desk.press("Enter")
	desk.ready("/patients/new")
	desk.sees(`document.activeElement.id === "f-given"`)
	desk.types("Rosa")
	desk.focus("#f-family")
	desk.types("Delgado")
	desk.sees(`document.querySelector("#alike a[href$='/patients/rosa-delgado']")`)
	desk.guide("register")
	desk.types("-Luna")
	desk.focus("#f-born")
	desk.types("01022027") // not yet born
	desk.focus("#f-gender")
	desk.types("fem")
	desk.focus("#f-family")
	desk.press("Enter")
	desk.sees(`document.querySelector("#f-born").getAttribute("aria-invalid") === "true"`)
	if got := desk.value("#f-family") + " " + desk.value("#f-gender"); got != "Delgado-Luna female" {
		t.Errorf("after a birth date that is to come there stands %q", got)
	}
	desk.focus("#f-born")
	desk.types("01021990")
	desk.focus("#f-mobile")
	desk.types("614-555-0101")
	desk.focus("#f-email")
	desk.types("rosa.luna@mail.example")
	desk.press("Enter")
	desk.sees(`document.querySelector("#distinct input") || location.pathname.endsWith("/schedule")`)
	desk.ready("/schedule")
	desk.sees(`document.querySelector("#side").textContent.includes("Delgado-Luna")`)
	id := desk.js(`new URLSearchParams(location.search).get("patient")`)
	desk.focus("#f-type")
	desk.types("acu")
	desk.focus("#f-with")
	desk.types("Lena")
	desk.focus("#f-reason")
	desk.types("Burning when passing water")
	desk.click("Next free", `document.querySelector("#side button[value=free]")`)
	desk.sees(`document.querySelector(".free-times button")`)
	desk.click("the first", `document.querySelector(".free-times button")`)
	desk.sees(`document.querySelector(".flash")?.textContent.includes("Booked")`)
	booked := p.holds(1, "Appointment?patient="+id)[0]
	if !strings.HasPrefix(field(booked, "start"), "2026-11-23T") || field(booked, "status") != "booked" {
		t.Errorf("booked: %v", booked)
	}
	desk.sees(`document.readyState === "complete" && document.activeElement.closest(".appt")?.textContent.includes("Delgado-Luna")`)
	desk.press("a")
	desk.sees(`document.activeElement.closest(".appt")?.classList.contains("st-arrived")`)
	desk.guide("schedule")
	p.holds(1, "Appointment?status=arrived&patient="+id)

	// The nurse rooms her, and takes the vital signs: eight tonnes are refused beside the field.
	nurse := p.as("reyes")
	nurse.ready("/day")
	row := func(name string) string {
		return `[...document.querySelectorAll(".visit")].find((r) => r.textContent.includes("` + name + `"))`
	}
	nurse.sees(row("Delgado-Luna"))
	for range 20 {
		nurse.press("j")
		if nurse.js(`document.activeElement.textContent`) == "Rosa Delgado-Luna" {
			break
		}
	}
	nurse.press("e")
	nurse.sees(row("Delgado-Luna") + `?.textContent.includes("in the room") && ` + row("Delgado-Luna") + `.contains(document.activeElement)`)
	nurse.press("Enter")
	nurse.ready("/visit")
	nurse.sees(`document.activeElement.id === "f-reason" && document.activeElement.value === "Burning when passing water"`)
	nurse.press("Enter")
	nurse.sees(`location.pathname.includes("/visits/")`)
	visit := nurse.js(`location.pathname`)
	nurse.sees(`document.readyState === "complete"`)
	nurse.press("Escape", "m")
	nurse.sees(`document.activeElement.closest("#vitals")`)
	nurse.focus("#vf-weight")
	nurse.types("8000")
	nurse.focus("#vf-pulse")
	nurse.types("84")
	nurse.press("Enter")
	nurse.sees(`document.querySelector("#vf-weight-error")`)
	nurse.sees(`document.activeElement.id === "vf-weight"`)
	if got := nurse.value("#vf-weight") + " " + nurse.value("#vf-pulse"); got != "8000 84" {
		t.Errorf("after eight tonnes there stands %q", got)
	}
	nurse.guide("vitals")

	nurse.press("Ctrl+a")
	nurse.types("64.2")
	nurse.focus("#vf-temp")
	nurse.types("37.1")
	nurse.focus("#vf-bp")
	nurse.types("118/74")
	nurse.press("Enter")
	nurse.sees(`document.querySelector(".vit")?.innerText.includes("118/74") && document.querySelector(".vit").innerText.includes("64.2 kg")`)
	eid := last(strings.Split(visit, "/"))
	p.holds(4, "Observation?encounter="+eid)

	// She takes warfarin, as it says on the box she brought.
	nurse.js(`(document.activeElement.blur(), 1)`)
	nurse.press("g m")
	nurse.ready("/medicines")
	nurse.press("a")
	nurse.sees(`location.pathname.includes("/enter/") && document.readyState === "complete" && document.querySelector(".codes")`)
	nurse.types("warfarin 5 mg")
	nurse.sees(`document.querySelectorAll(".codes [role=option]").length > 0`)
	nurse.press("Down", "Enter")
	nurse.sees(`document.querySelector("[name='what.code']").value`)
	nurse.press("Ctrl+Enter")
	nurse.sees(`document.querySelector(".flash")?.textContent.includes("added")`)

	// The doctor opens the visit from her day, and writes.
	doctor := p.as("okonkwo")
	doctor.ready("/day")
	doctor.guide("my-day")
	for range 20 {
		doctor.press("j")
		if doctor.js(`document.activeElement.textContent`) == "Rosa Delgado-Luna" {
			break
		}
	}
	doctor.press("Enter")
	doctor.ready(visit)
	doctor.sees(`document.querySelector("[data-plain]").hidden`)
	doctor.says("118/74")
	plan, subjective := `document.querySelector("#ns-51847-2")`, `document.querySelector("#ns-61150-9")`
	doctor.focus("#ns-61150-9")
	doctor.types(".uti ")
	doctor.sees(subjective + `.value.startsWith("Burning ***")`)
	doctor.types("yes")
	doctor.press("Tab")
	doctor.types("yes")
	doctor.press("Tab")
	doctor.types("no")
	doctor.press("Tab")
	doctor.types("no")
	doctor.press("Tab")
	doctor.types("no")
	doctor.sees(subjective + `.value === "Burning yes, frequency yes, blood no, flank pain no, fever no."`)
	doctor.focus("#ns-51847-2")
	doctor.types("1. Cystitis, uncompl")
	doctor.do(cd.Reload()) // in the middle of a word
	doctor.sees(`document.querySelector("[data-plain]")?.hidden`)
	doctor.sees(plan + `.value === "1. Cystitis, uncompl" && ` + subjective + `.value.includes("fever no")`)

	// The line is lost in the middle of a word, and comes back.
	doctor.cut(true)
	doctor.focus("#ns-51847-2")
	doctor.types("icated. Culture,")
	doctor.sees(`!document.getElementById("note-offline").hidden && document.getElementById("note-offline").textContent.includes("kept in this tab")`)
	doctor.guide("offline")
	doctor.types(" nitrofurantoin.")
	doctor.cut(false)
	doctor.sees(`document.getElementById("note-offline").hidden && document.getElementById("note-state").textContent.includes("Draft saved")`)
	if got := doctor.js(plan + `.value`); got != "1. Cystitis, uncomplicated. Culture, nitrofurantoin." {
		t.Errorf("after the line was lost the plan reads %q", got)
	}
	doctor.guide("note")

	// Orders: a laboratory test by keyboard; a medicine that does not go is stopped and another taken.
	doctor.press("Escape", "o")
	doctor.ready("/order")
	doctor.sees(`document.activeElement?.id === "order-line" && document.activeElement.getAttribute("role") === "combobox"`)
	doctor.types("urine culture")
	doctor.sees(`document.querySelector("#order-list [aria-selected=true] b")`)
	doctor.press("Enter")
	doctor.sees(`document.querySelectorAll(".draft").length === 1 && document.activeElement?.id === "order-line" && document.activeElement.value === ""`)
	doctor.types("tmp-smx bid 3d")
	doctor.sees(`document.querySelector("#order-list [aria-selected=true] b")`)
	doctor.press("Enter")
	doctor.sees(`document.querySelectorAll(".draft").length === 2`)
	doctor.sees(`document.querySelector(".rule-loud")?.innerText.includes("arfarin")`)
	doctor.guide("interrupted")
	doctor.click("Take it away", `document.querySelector(".rule-loud .btn-primary")`)
	doctor.sees(`!document.querySelector(".rule-loud") && document.querySelectorAll(".draft").length === 1`)
	doctor.focus("#order-line")
	doctor.types("macrobid")
	doctor.sees(`document.querySelector("#order-list [aria-selected=true] b")?.textContent.includes("itrofurantoin")`)
	doctor.press("Enter")
	doctor.sees(`document.querySelectorAll(".draft").length === 2 && document.activeElement?.id === "order-line" && document.activeElement.value === "" && !document.querySelector(".rule-loud")`)
	doctor.press("Enter")
	doctor.sees(`document.activeElement?.id === "order-sign"`)
	doctor.press("Enter")
	doctor.sees(`document.querySelector(".flash")?.textContent.includes("2 orders signed")`)
	order := p.holds(1, "ServiceRequest?status=active&encounter="+eid)[0]
	if got := p.holds(1, "MedicationRequest?status=active&encounter="+eid)[0]; !strings.Contains(field(got, "medicationCodeableConcept", "text"), "itrofurantoin") {
		t.Errorf("signed: %v", got)
	}

	// The note is signed with two keys, and the visit is over.
	doctor.press("Escape")
	doctor.js(`(document.activeElement.blur(), 1)`)
	doctor.press("v")
	doctor.ready(visit)
	doctor.sees(`document.querySelector("[data-plain]")?.hidden`)
	doctor.press("Ctrl+Enter")
	doctor.ready("/sign")
	doctor.guide("sign")
	doctor.click("Sign and finish", `document.querySelector("button[name=finish]")`)
	doctor.sees(`location.pathname.includes("/notes/") && document.readyState === "complete"`)
	doctor.says("Unchanged since it was signed", "uncomplicated. Culture, nitrofurantoin.")
	doctor.focus("#f-reason")
	doctor.types("Telephone")
	doctor.press("Tab")
	doctor.types("She asked whether to stop warfarin: no, INR on Friday.")
	doctor.focus("#f-reason")
	doctor.press("Enter") // signs it: the first button of the form is no other
	doctor.says("The addendum is signed", "INR on Friday")
	doctor.guide("addendum")

	// The laboratory's result comes over FHIR, and is in the inbox within seconds.
	status, made := p.fhir("POST", "Observation", `{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],
		"code":{"coding":[{"system":"http://loinc.org","code":"630-4"}],"text":"Urine culture"},"subject":{"reference":"Patient/`+id+`"},"basedOn":[{"reference":"ServiceRequest/`+field(order, "id")+`"}],
		"effectiveDateTime":"2026-11-23T10:24:00-05:00","issued":"2026-11-23T10:24:20-05:00","performer":[{"display":"Buckeye Laboratory"}],"valueString":"Escherichia coli, more than 100,000 CFU/mL, sensitive to nitrofurantoin"}`)
	if status != 201 {
		t.Fatalf("the laboratory's result: %d %v", status, made)
	}
	status, made = p.fhir("POST", "DiagnosticReport", `{"resourceType":"DiagnosticReport","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"630-4"}],"text":"Urine culture"},
		"subject":{"reference":"Patient/`+id+`"},"basedOn":[{"reference":"ServiceRequest/`+field(order, "id")+`"}],"effectiveDateTime":"2026-11-23T10:24:00-05:00","issued":"2026-11-23T10:24:20-05:00",
		"performer":[{"display":"Buckeye Laboratory"}],"result":[{"reference":"Observation/`+field(made, "id")+`"}]}`)
	if status != 201 {
		t.Fatalf("the laboratory's report: %d %v", status, made)
	}
	report := field(made, "id")
	p.holds(1, "Task?status=requested&patient="+id)
	doctor.js(`(document.activeElement.blur(), 1)`)
	doctor.press("g i")
	doctor.ready("/inbox")
	culture := `[...document.querySelectorAll(".waits")].find((r) => r.textContent.includes("Urine culture") && r.textContent.includes("Delgado-Luna"))`
	doctor.sees(culture)
	doctor.guide("inbox")
	for range 30 {
		doctor.press("j")
		if doctor.js(culture+`.contains(document.activeElement)`) == "true" {
			break
		}
	}
	doctor.press("Enter")
	doctor.ready("/result/" + report)
	doctor.says("Escherichia coli")
	doctor.guide("result")
	doctor.press("e")
	doctor.sees(`document.querySelector(".flash")?.textContent.startsWith("Acknowledged")`)
	p.holds(1, "Task?status=completed&patient="+id)

	// What is due is said where the chart says it, and the next visit is booked from there.
	doctor.to(p.home + "/maple/patients/" + id + "/due")
	doctor.says("INR", "Cervical screening")
	doctor.guide("due")
	doctor.press("Ctrl+k")
	doctor.sees(`document.activeElement.id === "palette-q" && document.querySelectorAll("#palette-list li").length > 3`)
	doctor.types("book")
	doctor.press("Enter")
	doctor.ready("/schedule")
	doctor.focus("#f-type")
	doctor.types("fol")
	doctor.focus("#f-with")
	doctor.types("Lena")
	doctor.js(`(document.querySelector("#f-date").value = "2026-11-30", 1)`)
	doctor.click("Next free", `document.querySelector("#side button[value=free]")`)
	doctor.click("the first", `document.querySelector(".free-times button")`)
	doctor.sees(`document.querySelector(".flash")?.textContent.includes("Booked")`)

	// Two reminders of it are planned, by the e-mail that the desk wrote down.
	for _, plan := range p.holds(2, "CommunicationRequest?status=active&patient="+id) {
		if field(plan, "about", "0", "reference") == "" || field(plan, "medium", "0", "text") != "e-mail" {
			t.Errorf("planned: %v", plan)
		}
	}

	// All of it is FHIR, and the chain of the access log has no gap.
	if next := p.holds(1, "Appointment?status=booked&patient="+id)[0]; !strings.HasPrefix(field(next, "start"), "2026-11-30T") {
		t.Errorf("the next visit: %v", next)
	}
	p.holds(1, "Appointment?status=fulfilled&patient="+id)
	p.holds(1, "Encounter?status=finished&patient="+id)
	p.holds(1, "ServiceRequest?status=completed&patient="+id)
	p.holds(1, "DiagnosticReport?status=final&based-on=ServiceRequest/"+field(order, "id"))
	notes := p.holds(2, "Composition?status=final&patient="+id)
	for _, n := range notes {
		proofs := p.found("Provenance?target=Composition/" + field(n, "id"))
		if len(proofs) != 1 || field(proofs[0], "agent", "0", "who", "reference") != "Practitioner/okonkwo" {
			t.Errorf("the note %s has no proof of who signed it: %v", field(n, "id"), proofs)
		}
	}
	var said strings.Builder
	if err := prove(t.Context(), p.nodes[0].node, streams{out: &said}); err != nil || !strings.Contains(said.String(), "every one in its place") {
		t.Errorf("%v %s", err, &said)
	}

	// Four days on, the first of them has left, to her.
	p.skip(4 * 24 * time.Hour)
	for range 400 {
		files, _ := filepath.Glob(filepath.Join(p.nodes[0].dir, "mail", "*.eml"))
		for _, f := range files {
			if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), "rosa.luna@mail.example") {
				return
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Error("no reminder was sent")
}
