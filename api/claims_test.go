package api

import (
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
)

// The stories of this file are somebody else's name under something: by the API,
// with the token of a colleague or of a program.

// person is the token of an account with a name and a Practitioner of its own.
func (n *node) person(id, name string, role access.Role) string {
	n.t.Helper()
	u := auth.User{Site: "maple", Name: id, FullName: name, Role: role, Who: "Practitioner/" + id}
	if err := n.auth.AddUser(n.t.Context(), u, testPassword); err != nil {
		n.t.Fatal(err)
	}
	token, err := n.auth.Issue(n.t.Context(), u.Actor(), auth.Bearer, auth.MaxTTL)
	if err != nil {
		n.t.Fatal(err)
	}
	return token
}

func practice(t *testing.T) (n *node, okonkwo, park, nurse, program string) {
	n = newNode(t)
	n.maple("PUT", "/Patient/p1", patient("p1", "One")).status(201)
	for _, p := range []string{"okonkwo", "park", "hall"} {
		n.maple("PUT", "/Practitioner/"+p, `{"resourceType":"Practitioner","id":"`+p+`","name":[{"family":"`+p+`"}]}`).status(201)
		n.maple("PUT", "/PractitionerRole/r-"+p, `{"resourceType":"PractitionerRole","id":"r-`+p+`","practitioner":{"reference":"Practitioner/`+p+`"}}`).status(201)
	}
	n.maple("PUT", "/Organization/lab", `{"resourceType":"Organization","id":"lab","name":"Lab"}`).status(201)
	okonkwo, park, nurse = n.person("okonkwo", "Maria Okonkwo, MD", access.Physician), n.person("park", "Jin Park, MD", access.Physician), n.person("hall", "Ann Hall, RN", access.Nurse)
	all := []access.Scope{{Context: "system", Type: "*", Rights: "cruds"}}
	return n, okonkwo, park, nurse, n.token(access.Actor{Kind: access.Client, ID: "scribe", Site: "maple", Purpose: access.Treatment, Scopes: all})
}

const (
	dr     = `{"reference":"Practitioner/okonkwo","display":"Maria Okonkwo, MD"}`
	herPos = `{"reference":"PractitionerRole/r-okonkwo"}`
	other  = `{"reference":"Practitioner/park"}`
)

func noteBy(status, author, attester string) string {
	if attester != "" {
		attester = `,"attester":[{"mode":"professional","party":` + attester + `}]`
	}
	return `{"resourceType":"Composition","status":"` + status + `","type":{"text":"Progress note"},"subject":{"reference":"Patient/p1"},"date":"2026-11-22","title":"Visit","author":[` + author + `]` + attester + `}`
}

// TestWhoSignsIsWhoIsSignedIn is the table of what is claimed, and by whom.
func TestWhoSignsIsWhoIsSignedIn(t *testing.T) {
	n, okonkwo, _, nurse, program := practice(t)
	subject := `"subject":{"reference":"Patient/p1"}`
	text := func(typ, more string) string { return `{"resourceType":"` + typ + `",` + more + `}` }
	rx := func(status, requester string) string {
		return text("MedicationRequest", `"status":"`+status+`","intent":"order","medicationCodeableConcept":{"text":"Warfarin 5 mg"},`+subject+`,"requester":`+requester)
	}
	prov := func(activity, agents string) string {
		return text("Provenance", `"target":[{"reference":"Patient/p1"}],"recorded":"2026-11-22T10:00:00Z","activity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion","code":"`+activity+`"}]},"agent":[`+agents+`]`)
	}
	agent := func(typ, who string) string { return `{"type":{"coding":[{"code":"` + typ + `"}]},"who":` + who + `}` }
	condition := func(more string) string {
		return text("Condition", `"code":{"text":"Asthma"},`+subject+`,`+more)
	}
	signature := `,"signature":[{"type":[{"code":"1.2.840.10065.1.12.1.1"}],"when":"2026-11-22T10:00:00Z","who":` + other + `}]`
	cases := []struct {
		name, token, body string
		want              int
	}{
		{"her own note", okonkwo, noteBy("final", dr, dr), 201},
		{"by her role", okonkwo, noteBy("final", herPos, herPos), 201},
		{"another author", okonkwo, noteBy("final", other, dr), 403},
		{"another beside her", okonkwo, noteBy("final", dr+","+other, dr), 403},
		{"another attester", okonkwo, noteBy("final", dr, other), 403},
		{"her reference, another name", okonkwo, noteBy("final", `{"reference":"Practitioner/okonkwo","display":"Jin Park, MD"}`, ""), 403},
		{"a name alone that is another's", okonkwo, noteBy("final", `{"display":"Jin Park, MD"}`, ""), 403},
		{"an identifier that is another's", okonkwo, noteBy("final", `{"identifier":{"system":"https://wholechart.example/user","value":"park"}}`, ""), 403},
		{"somebody somewhere else", okonkwo, noteBy("final", `{"reference":"https://other.example/fhir/Practitioner/x"}`, ""), 403},
		{"her name alone", okonkwo, noteBy("final", `{"display":"Maria Okonkwo, MD"}`, ""), 201},
		{"entered for a named author, unsigned", nurse, noteBy("preliminary", dr, ""), 201},
		{"entered and attested for her", nurse, noteBy("preliminary", dr, dr), 403},
		{"signed for her by the nurse", nurse, noteBy("final", dr, ""), 403},
		{"a patient as attester", nurse, noteBy("final", `{"reference":"Practitioner/hall"}`, `{"reference":"Patient/p1"}`), 403},
		{"a patient's own words", nurse, noteBy("final", `{"reference":"Patient/p1"},{"reference":"Practitioner/hall"}`, ""), 201},
		{"a section by another", okonkwo, strings.Replace(noteBy("final", dr, dr), `"title"`, `"section":[{"title":"Plan","author":[`+other+`],"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}],"title"`, 1), 403},

		{"her own prescription", okonkwo, rx("active", dr), 201},
		{"a prescription of another", okonkwo, rx("active", other), 403},
		{"a draft for another to sign", nurse, rx("draft", dr), 201},
		{"what another prescribed elsewhere, told", okonkwo, strings.Replace(rx("active", other), `"intent"`, `"reportedBoolean":true,"intent"`, 1), 201},
		{"recorded by another", okonkwo, strings.Replace(rx("draft", dr), `"intent"`, `"recorder":`+other+`,"intent"`, 1), 403},

		{"who did it", okonkwo, prov("LA", agent("author", dr)), 201},
		{"another did it", okonkwo, prov("LA", agent("author", other)), 403},
		{"entered for an author", nurse, prov("IN", agent("enterer", `{"reference":"Practitioner/hall"}`)+","+agent("author", dr)), 201},
		{"entered, and signed for her", nurse, prov("LA", agent("enterer", `{"reference":"Practitioner/hall"}`)+","+agent("author", dr)), 403},
		{"entered, with her attestation", nurse, prov("IN", agent("enterer", `{"reference":"Practitioner/hall"}`)+","+agent("attester", dr)), 403},
		{"with her signature", okonkwo, strings.TrimSuffix(prov("IN", agent("author", dr)), "}") + signature + "}", 403},

		{"a diagnosis recorded by her, asserted by another", okonkwo, condition(`"recorder":` + dr + `,"asserter":` + other), 201},
		{"recorded by another", okonkwo, condition(`"recorder":` + other), 403},
		{"an allergy recorded by another", okonkwo, text("AllergyIntolerance", `"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"Penicillin"},"patient":{"reference":"Patient/p1"},"recorder":`+other), 403},
		{"a measurement by another is a report", okonkwo, strings.Replace(observation("x", "p1", "1", "2026"), `"id":"x",`, `"performer":[`+other+`],`, 1), 201},
		{"a report read by another", nurse, text("DiagnosticReport", `"status":"final","code":{"text":"CT"},`+subject+`,"resultsInterpreter":[`+other+`]`), 403},
		{"a laboratory's report", nurse, text("DiagnosticReport", `"status":"final","code":{"text":"INR"},`+subject+`,"performer":[`+other+`],"resultsInterpreter":[{"reference":"Organization/lab"}]`), 201},
		{"a letter authenticated by another", nurse, text("DocumentReference", `"status":"current",`+subject+`,"author":[`+other+`],"authenticator":`+other+`,"content":[{"attachment":{"title":"x"}}]`), 403},
		{"a document by another", nurse, text("DocumentReference", `"status":"current",`+subject+`,"author":[`+other+`],"content":[{"attachment":{"title":"x"}}]`), 201},
		{"an override in another's name", nurse, text("DetectedIssue", `"status":"final","patient":{"reference":"Patient/p1"},"author":`+dr), 403},
		{"a task for another", nurse, text("Task", `"status":"requested","intent":"order","owner":`+other+`,"requester":{"reference":"Practitioner/hall"}`), 201},
		{"a task in another's name", nurse, text("Task", `"status":"requested","intent":"order","requester":`+other), 403},
		{"words in another's name", nurse, text("Task", `"status":"requested","intent":"order","note":[{"text":"ok","authorReference":`+other+`}]`), 403},
		{"a message from another", nurse, text("Communication", `"status":"completed","sender":`+other), 403},

		{"a program's preliminary note", program, noteBy("preliminary", dr, ""), 201},
		{"a program signs", program, noteBy("final", dr, ""), 403},
		{"a program attests", program, noteBy("preliminary", dr, dr), 403},
		{"a program tells of an authentication", program, prov("LA", agent("author", dr)), 403},
		{"a program prescribes", program, rx("active", dr), 403},
		{"a program holds what nobody ordered", program, rx("on-hold", dr), 403},
		{"a program's proposal", program, strings.Replace(rx("active", dr), `"order"`, `"proposal"`, 1), 201},
		{"a program's draft", program, rx("draft", dr), 201},
		{"a program's spectacles", program, text("VisionPrescription", `"status":"active","created":"2026-11-22","patient":{"reference":"Patient/p1"},"dateWritten":"2026-11-22","prescriber":`+dr+`,"lensSpecification":[{"product":{"text":"lens"},"eye":"right"}]`), 403},
	}
	for _, c := range cases {
		typ := between(c.body, `"resourceType":"`)
		if r := n.do(c.token, "POST", "/maple/emr/fhir/"+typ, c.body); r.Status != c.want {
			t.Errorf("%s: %d, want %d: %.300s", c.name, r.Status, c.want, r.Body)
		}
		// The same through a transaction.
		if r := n.do(c.token, "POST", "/maple/emr/fhir", bundleOf("transaction", [4]string{"POST", typ, c.body})); (r.Status == 200) != (c.want == 201) {
			t.Errorf("%s, in a transaction: %d: %.300s", c.name, r.Status, r.Body)
		}
	}
}

// TestNobodyBecomesTheSigner: what cannot be made is not made of what is there.
func TestNobodyBecomesTheSigner(t *testing.T) {
	n, okonkwo, park, nurse, program := practice(t)
	put := func(token, path, body string, want int) {
		t.Helper()
		id := path[strings.LastIndex(path, "/")+1:]
		body = strings.Replace(body, "{", `{"id":"`+id+`",`, 1)
		if r := n.do(token, "PUT", "/maple/emr/fhir"+path, body); r.Status != want {
			t.Errorf("%s: %d, want %d: %.300s", path, r.Status, want, r.Body)
		}
	}
	put(nurse, "/Composition/n1", noteBy("preliminary", dr, ""), 201)
	put(park, "/Composition/n1", noteBy("final", dr, other), 403)
	put(park, "/Composition/n1", noteBy("final", dr, ""), 403)
	put(okonkwo, "/Composition/n1", noteBy("final", dr, dr), 200)
	put(park, "/Composition/n1", noteBy("entered-in-error", dr, dr), 200) // as it stands

	rx := func(status, requester, more string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"Warfarin 5 mg"},"subject":{"reference":"Patient/p1"},"requester":` + requester + more + `}`
	}
	put(program, "/MedicationRequest/m1", rx("draft", dr, ""), 201)
	put(program, "/MedicationRequest/m1", rx("active", dr, ""), 403)
	put(park, "/MedicationRequest/m1", rx("active", dr, ""), 403)
	put(okonkwo, "/MedicationRequest/m1", rx("active", dr, ""), 200)
	put(program, "/MedicationRequest/m1", rx("active", dr, `,"dosageInstruction":[{"text":"9 daily"}]`), 403)
	for _, status := range []string{"stopped", "cancelled", "on-hold", "entered-in-error", "draft"} {
		put(program, "/MedicationRequest/m1", rx(status, dr, ""), 403)
	}
	put(nurse, "/MedicationRequest/m1", rx("on-hold", dr, ""), 200)
	put(program, "/MedicationRequest/m1", rx("active", dr, ""), 403)
	put(park, "/MedicationRequest/m1", rx("active", dr, `,"note":[{"text":"taken up again"}]`), 200) // her order goes on
	put(park, "/MedicationRequest/m1", rx("active", other, ""), 200)                                 // his own now
	put(okonkwo, "/MedicationRequest/m1", rx("active", other, `,"priority":"stat"`), 200)
	n.do(program, "DELETE", "/maple/emr/fhir/MedicationRequest/m1", "").outcome(403, "forbidden")
	n.do(nurse, "DELETE", "/maple/emr/fhir/MedicationRequest/m1", "").outcome(403, "forbidden")
	put(program, "/MedicationRequest/m1", rx("completed", other, `,"priority":"stat"`), 200)

	// What stood there stays: a colleague's record is amended by who is signed in.
	allergy := func(more string) string {
		return `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"Penicillin"},"patient":{"reference":"Patient/p1"},"recorder":` + dr + more + `}`
	}
	put(okonkwo, "/AllergyIntolerance/a1", allergy(""), 201)
	put(nurse, "/AllergyIntolerance/a1", allergy(`,"criticality":"high"`), 200)
	put(okonkwo, "/AllergyIntolerance/a1", strings.Replace(allergy(""), dr, other, 1), 403)
	// What is undone is as it was, whose name there was.
	put(nurse, "/AllergyIntolerance/a1", strings.Replace(allergy(""), dr, `{"reference":"Practitioner/hall"}`, 1), 200)
	put(nurse, "/AllergyIntolerance/a1", allergy(""), 403)
	put(nurse, "/AllergyIntolerance/a1", allergy(`,"criticality":"high"`), 200)
}
