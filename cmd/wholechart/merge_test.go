package main

import (
	"testing"

	"wholechart/access"
	"wholechart/auth"
)

// TestTwoRecordsOfOnePerson is the story of a merge: what the other record held is
// in the survivor's chart, at FHIR's door and in the check of an order, until it is
// taken back.
func TestTwoRecordsOfOnePerson(t *testing.T) {
	p := practised(t)
	if err := p.nodes[0].node.auth.AddUser(t.Context(), auth.User{Site: "maple", Name: "office", FullName: "Ruth Abel", Role: access.RecordsOffice}, p.password); err != nil {
		t.Fatal(err)
	}
	put := func(typ, id, body string) {
		t.Helper()
		if status, out := p.fhir("PUT", typ+"/"+id, `{"resourceType":"`+typ+`","id":"`+id+`",`+body+`}`); status != 201 {
			t.Fatalf("%s: %d %v", typ, status, out)
		}
	}
	const active = `"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}`
	put("Patient", "nora-a", `"active":true,"name":[{"family":"Lindqvist","given":["Nora"]}],"gender":"female","birthDate":"1971-02-03"`)
	put("Patient", "nora-b", `"active":true,"name":[{"family":"Lindqvist","given":["Nora","E"]}],"gender":"female","birthDate":"1971-02-03"`)
	put("AllergyIntolerance", "nora-latex", active+`,"code":{"text":"Latex"},"patient":{"reference":"Patient/nora-b"}`)
	put("MedicationStatement", "nora-warfarin", `"status":"active","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"855332"}],"text":"Warfarin sodium 5 MG Oral Tablet"},"subject":{"reference":"Patient/nora-b"},"effectivePeriod":{"start":"2026-03-01"}`)
	put("Observation", "nora-inr", `"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"6301-6"}],"text":"INR"},"subject":{"reference":"Patient/nora-b"},"effectiveDateTime":"2026-11-20T09:00:00-05:00","valueQuantity":{"value":2.7}`)

	words := func(h *hand, path string) string {
		h.t.Helper()
		h.to(p.home + "/maple/patients/" + path)
		h.sees(`document.readyState === "complete" && document.querySelector("main")`)
		return h.js(`document.body.innerText`)
	}
	const allSeen = `["Latex", "Warfarin", "Includes 1 merged record", "merged on 23 Nov 2026 by Ruth Abel"].every((w) => document.body.innerText.includes(w))`
	const noneSeen = `document.querySelector("main") && ["Latex", "Warfarin", "Includes"].every((w) => !document.body.innerText.includes(w))`

	doctor := p.as("okonkwo")
	words(doctor, "nora-a")
	doctor.sees(noneSeen)

	office := p.as("office")
	office.to(p.home + "/maple/merge?a=nora-a&b=nora-b")
	office.click("the first stays", `document.querySelector("input[name=keep][value=nora-a]")`)
	office.focus("#f-why")
	office.types("Same name, birth date and passport")
	office.click("compared", `document.querySelector("input[name=sure]")`)
	office.click("Merge", `document.querySelector("main form button[type=submit].btn-primary")`)
	office.sees(`document.querySelector(".flash")?.textContent.includes("Merged")`)
	p.holds(1, "AllergyIntolerance?patient=nora-a")
	p.holds(1, "MedicationStatement?patient=Patient/nora-a")
	p.holds(1, "Observation?patient=nora-a&code=6301-6")

	words(doctor, "nora-a")
	doctor.sees(allSeen)
	words(doctor, "nora-b") // a bookmark of the other leads here
	doctor.sees(`location.pathname.endsWith("/patients/nora-a") && ` + allSeen)
	words(doctor, "nora-a/whole")
	doctor.sees(allSeen)
	words(doctor, "nora-a/results")
	doctor.sees(`document.body.innerText.includes("INR") && document.body.innerText.includes("2.7")`)

	// What she takes by the other record interrupts an order in this one.
	words(doctor, "nora-a/order")
	doctor.sees(`document.activeElement?.id === "order-line"`)
	doctor.types("tmp-smx bid 3d")
	doctor.sees(`document.querySelector("#order-list [aria-selected=true] b")`)
	doctor.press("Enter")
	doctor.sees(`document.querySelector(".rule-loud")?.innerText.toLowerCase().includes("warfarin")`)

	office.to(p.home + "/maple/merge?a=nora-a&b=nora-b")
	office.click("Take the merge back", `document.querySelector("main form button.btn-danger")`)
	office.sees(`document.querySelector(".flash")?.textContent.includes("Taken back")`)
	words(doctor, "nora-a")
	doctor.sees(noneSeen)
	words(doctor, "nora-a/order")
	doctor.sees(`document.querySelector(".draft") && !document.querySelector(".rule-loud")`)
	words(doctor, "nora-b")
	doctor.sees(`location.pathname.endsWith("/patients/nora-b") && document.body.innerText.includes("Latex") && document.body.innerText.includes("Warfarin")`)
	p.holds(0, "AllergyIntolerance?patient=nora-a")
	p.holds(1, "AllergyIntolerance?patient=nora-b")
}
