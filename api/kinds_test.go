package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wholechart/access"
)

// The stories of this file are kinds of work that are not everybody's though
// their type is: tasks about care at the front desk, what is not signed with a
// patient. canary is a text that must not come out, and no answer may differ by it.

const canary = "zxq-canary"

func (n *node) as(role access.Role) string {
	return n.token(access.Actor{Kind: access.User, ID: "u-" + string(role), Site: "maple", Role: role, Purpose: access.Treatment})
}

func task(id, code, focus, words string) string {
	if focus != "" {
		focus = `,"focus":{"reference":"` + focus + `"}`
	}
	return `{"resourceType":"Task","id":"` + id + `","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"` + code + `"}]},"description":"` + words + `","for":{"reference":"Patient/p1"}` + focus + `}`
}

func message(id, category, words string) string {
	return `{"resourceType":"Communication","id":"` + id + `","status":"completed","category":[{"coding":[{"system":"https://wholechart.example/message","code":"` + category + `"}]}],"subject":{"reference":"Patient/p1"},"payload":[{"contentString":"` + words + `"}]}`
}

// desk is a node with work of both kinds.
func deskNode(t *testing.T) (n *node, desk string) {
	n = newNode(t)
	n.maple("PUT", "/Patient/p1", patient("p1", "One")).status(201)
	n.maple("PUT", "/Observation/o1", observation("o1", "p1", "1", "2026")).status(201)
	n.maple("PUT", "/Appointment/a1", `{"resourceType":"Appointment","id":"a1","status":"booked","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:20:00Z","participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"}]}`).status(201)
	for _, r := range []string{
		task("care", "review-result", "Observation/o1", canary+" INR 7.2"), task("call", "call-back", "", canary+" call her: INR 7.2"),
		task("follow", "follow-up", "", canary), task("odd", "scheduling", "Observation/o1", canary),
		task("plan", "call-back", "Appointment/a1", "Cannot come: find another time"), task("insured", "registration", "", "New card"),
		strings.Replace(task("asked", "message", "", "Please book two weeks"), `"for"`, `"performerType":[{"coding":[{"system":"https://wholechart.example/task","code":"front-desk"}]}],"for"`, 1),
	} {
		n.maple("PUT", "/Task/"+between(r, `"id":"`), r).status(201)
	}
	n.maple("PUT", "/Communication/said", message("said", "other", canary+" is positive")).status(201)
	n.maple("PUT", "/Communication/due", message("due", "recall", "It is time for your checkup")).status(201)
	return n, n.as(access.FrontDesk)
}

func between(s, from string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, `"`)
	return s
}

// TestTheDeskSeesItsOwnWork: what is about care is neither read nor counted, and
// no question is answered differently because of it.
func TestTheDeskSeesItsOwnWork(t *testing.T) {
	n, desk := deskNode(t)
	get := func(path string) *reply { return n.do(desk, "GET", "/maple/emr/fhir"+path, "") }
	for _, id := range []string{"plan", "insured", "asked"} {
		get("/Task/" + id).status(200)
	}
	get("/Communication/due").status(200)
	for _, path := range []string{"/Task/care", "/Task/call", "/Task/follow", "/Task/odd", "/Communication/said", "/Task/care/_history/1", "/Task/call/_history", "/Communication/said/_history"} {
		get(path).outcome(http.StatusNotFound, "not-found")
	}
	if got := fmt.Sprint(get("/Task?patient=p1").ids("match")); got != "[plan insured asked]" {
		t.Errorf("the desk's tasks: %s", got)
	}
	for _, q := range []string{
		"/Task?_summary=count", "/Task?patient=p1&_summary=count", "/Task?_total=accurate&_count=1",
	} {
		if total := string(get(q).status(200).node().Get("total").Raw()); total != "3" {
			t.Errorf("%s counts %s", q, total)
		}
	}
	for _, q := range []string{
		"/Task?code=review-result", "/Task?focus=Observation/o1", "/Task?_id=care,call", "/Task?code=follow-up&_elements=description",
		"/Task?code:not=registration,call-back,message", "/Communication?_id=said", "/Task?_has:Task:part-of:code=review-result",
	} {
		if got := get(q).ids(""); len(got) != 0 {
			t.Errorf("%s finds %v", q, got)
		}
	}
	for _, q := range []string{"/Patient?_has:Task:patient:code=review-result", "/Patient?_has:Communication:patient:_id=said", "/Patient?_has:Task:patient:_id=call"} {
		if got := get(q).ids(""); len(got) != 0 {
			t.Errorf("%s tells of what it hides: %v", q, got)
		}
	}
	for _, q := range []string{"/Patient?_id=p1&_revinclude=Task:patient&_revinclude=Communication:patient", "/Patient?_id=p1&_revinclude=*", "/Task?_include=Task:focus", "/_history", "/Task/_history",
		"/Communication/_history", "?_type=Task,Communication,Patient", "/Task?_sort=-authored-on", "/Patient/p1/Task", "/Communication?_elements=payload"} {
		if r := get(q); strings.Contains(string(r.Body), canary) {
			t.Errorf("%s: %.300s", q, r.Body)
		}
	}
	batch := n.do(desk, "POST", "/maple/emr/fhir", bundleOf("batch", [4]string{"GET", "Task/care"}, [4]string{"GET", "Task?patient=p1"}))
	if strings.Contains(string(batch.Body), canary) {
		t.Errorf("a batch: %.300s", batch.Body)
	}
}

// TestTheDeskWritesItsOwnWork: nor is it changed, or made.
func TestTheDeskWritesItsOwnWork(t *testing.T) {
	n, desk := deskNode(t)
	put := func(path, body string) *reply { return n.do(desk, "PUT", "/maple/emr/fhir"+path, body) }
	put("/Task/follow", task("follow", "registration", "", "mine now")).outcome(404, "not-found")
	put("/Task/plan", task("plan", "follow-up", "", "care")).outcome(403, "forbidden")
	put("/Task/new", task("new", "follow-up", "", "care")).outcome(403, "forbidden")
	n.do(desk, "POST", "/maple/emr/fhir/Communication", strings.Replace(message("", "other", "care"), `"id":"",`, "", 1)).outcome(403, "forbidden")
	put("/Task/plan", task("plan", "call-back", "Appointment/a1", "Called")).status(200)
	put("/Task/fresh", task("fresh", "scheduling", "", "Book")).status(201)
	n.do(desk, "POST", "/maple/emr/fhir/Task", strings.Replace(task("", "scheduling", "", "Book"), `"id":"",`, "", 1), "If-None-Exist", "code=review-result").status(201)
	if r := n.maple("GET", "/Task/follow", "").status(200); !strings.Contains(string(r.Body), canary) {
		t.Error("the desk changed a task about care")
	}
	nurse := n.as(access.Nurse)
	if r := n.do(nurse, "GET", "/maple/emr/fhir/Task/call", "").status(200); !strings.Contains(string(r.Body), canary) {
		t.Error("a nurse reads her own work no more")
	}
	// What becomes about care is so in its past.
	n.maple("PUT", "/Task/insured", task("insured", "follow-up", "", canary)).status(200)
	n.do(desk, "GET", "/maple/emr/fhir/Task/insured/_history/1", "").outcome(404, "not-found")
}

// TestAPatientReadsWhatIsSigned: no draft of an order, note or letter, whole or in
// part; a preliminary result at once.
func TestAPatientReadsWhatIsSigned(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Patient/p1", patient("p1", "One")).status(201)
	subject := `"subject":{"reference":"Patient/p1"}`
	pills := `{"resourceType":"MedicationRequest","id":"m1","status":"draft","intent":"order","medicationCodeableConcept":{"text":"` + canary + `"},` + subject + `}`
	note := `{"resourceType":"Composition","id":"n1","status":"preliminary","type":{"text":"Progress note"},` + subject + `,"date":"2026-11-22","author":[{"display":"Dr. A"}],"title":"` + canary + `"}`
	for _, r := range []string{pills, note,
		`{"resourceType":"ServiceRequest","id":"s1","status":"draft","intent":"order","code":{"text":"` + canary + `"},` + subject + `}`,
		`{"resourceType":"DocumentReference","id":"d1","status":"current","docStatus":"preliminary","description":"` + canary + `",` + subject + `,"content":[{"attachment":{"title":"x"}}]}`,
		`{"resourceType":"ClinicalImpression","id":"i1","status":"in-progress","description":"` + canary + `",` + subject + `}`,
		`{"resourceType":"CarePlan","id":"c1","status":"draft","intent":"plan","title":"` + canary + `",` + subject + `}`,
		`{"resourceType":"DiagnosticReport","id":"r1","status":"preliminary","code":{"text":"Culture"},` + subject + `}`,
	} {
		n.maple("PUT", "/"+between(r, `"resourceType":"`)+"/"+between(r, `"id":"`), r).status(201)
	}
	for _, who := range []access.Actor{{Kind: access.Patient, ID: "her", Site: "maple", Purpose: access.Request, Patients: []string{"p1"}}, {Kind: access.Proxy, ID: "son", Site: "maple", Purpose: access.Request, Patients: []string{"p1"}}} {
		her := n.token(who)
		for _, lens := range []string{"emr", "ehr"} {
			get := func(path string) *reply { return n.do(her, "GET", "/maple/"+lens+"/fhir"+path, "") }
			for _, path := range []string{"MedicationRequest/m1", "Composition/n1", "ServiceRequest/s1", "DocumentReference/d1", "ClinicalImpression/i1", "CarePlan/c1", "Composition/n1/_history/1"} {
				get("/"+path).outcome(404, "not-found")
			}
			for _, path := range []string{"/MedicationRequest?patient=p1", "/Composition?patient=p1&_include=*", "/ServiceRequest?patient=p1&_summary=count", "/Patient/p1/$everything", "/Patient?_id=p1&_has:Composition:patient:status=preliminary",
				"/Patient?_id=p1&_revinclude=*", "/Composition?patient=p1&title=zxq"} {
				if r := get(path); strings.Contains(string(r.Body), canary+`"`) || strings.Contains(path, "_has") && len(r.ids("")) > 0 || strings.Contains(path, "count") && string(r.node().Get("total").Raw()) != "0" {
					t.Errorf("%s %s: %.300s", lens, path, r.Body)
				}
			}
			get("/DiagnosticReport/r1").status(200)
		}
	}
	n.maple("PUT", "/MedicationRequest/m1", strings.Replace(pills, "draft", "active", 1)).status(200)
	her := n.token(access.Actor{Kind: access.Patient, ID: "her", Site: "maple", Purpose: access.Request, Patients: []string{"p1"}})
	n.do(her, "GET", "/maple/emr/fhir/MedicationRequest/m1", "").status(200)
	n.do(her, "GET", "/maple/emr/fhir/MedicationRequest/m1/_history/1", "").outcome(404, "not-found")
	if got := n.do(her, "GET", "/maple/emr/fhir/MedicationRequest/m1/_history", "").ids(""); len(got) != 1 {
		t.Errorf("its history with her: %v", got)
	}
}

// TestAProgramTakesNoLabelOff: what is sensitive does not leave because a program
// wrote it anew without its label; a person takes it off whose right it is, and says why.
func TestAProgramTakesNoLabelOff(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Patient/p1", patient("p1", "One")).status(201)
	plain := observation("o1", "p1", "1", "2026")
	secret := strings.Replace(plain, `"status"`, `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]},"status"`, 1)
	more := strings.Replace(secret, `"security":[`, `"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"},`, 1)
	program := n.token(access.Actor{Kind: access.Client, ID: "mill", Site: "maple", Purpose: access.Treatment, Scopes: []access.Scope{{Context: "system", Type: "*", Rights: "cruds"}}})
	put := func(body string) *reply { return n.do(program, "PUT", "/maple/emr/fhir/Observation/o1", body) }
	put(secret).status(201)
	put(plain).outcome(403, "forbidden")
	n.do(program, "POST", "/maple/emr/fhir", bundleOf("transaction", [4]string{"PUT", "Observation/o1", plain})).outcome(403, "forbidden")
	n.do(program, "PUT", "/maple/emr/fhir/Observation?_id=o1", plain).outcome(403, "forbidden")
	n.do(program, "DELETE", "/maple/emr/fhir/Observation/o1", "").outcome(403, "forbidden")
	put(more).status(200)
	put(secret).outcome(403, "forbidden")
	phys, admin := n.as(access.Physician), n.admin("maple")
	why := func(user string) string {
		return `{"resourceType":"Provenance","target":[{"reference":"Observation/o1"}],"recorded":"2026-11-22T09:00:00Z","activity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"DOWNGRDLABEL"}]},"reason":[{"text":"of another patient"}],"agent":[{"who":{"identifier":{"system":"https://wholechart.example/user","value":"` + user + `"}}}]}`
	}
	both := func(user string) string {
		return bundleOf("transaction", [4]string{"PUT", "Observation/o1", plain}, [4]string{"POST", "Provenance", why(user)})
	}
	n.do(phys, "PUT", "/maple/emr/fhir/Observation/o1", secret).outcome(403, "forbidden")
	n.do(phys, "POST", "/maple/emr/fhir", both("u-physician")).outcome(403, "forbidden")
	n.do(program, "POST", "/maple/emr/fhir", both("mill")).outcome(403, "forbidden")
	n.do(admin, "PUT", "/maple/emr/fhir/Observation/o1", plain).outcome(422, "business-rule")
	n.do(admin, "POST", "/maple/emr/fhir", both("admin")).status(200)
	if r := n.do(phys, "GET", "/maple/emr/fhir/Observation/o1", "").status(200); strings.Contains(string(r.Body), "ETH") {
		t.Errorf("%s", r.Body)
	}
}
