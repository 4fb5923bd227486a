package api

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCreateReadUpdateDelete(t *testing.T) {
	n := newNode(t)
	made := n.maple("POST", "/Patient", patient("ignored", "Lovelace")).status(201)
	loc := made.Header.Get("Location")
	rest, ok := strings.CutPrefix(loc, "https://node.example/maple/emr/fhir/Patient/")
	id, version, ok2 := strings.Cut(rest, "/_history/")
	if !ok || !ok2 || version != "1" || id == "ignored" {
		t.Fatalf("Location %q", loc)
	}
	if made.Header.Get("ETag") != `W/"1"` || made.Header.Get("Last-Modified") == "" {
		t.Errorf("headers %v", made.Header)
	}
	at := "/Patient/" + id
	got := n.maple("GET", at, "").status(200)
	if got.Header.Get("Content-Type") != "application/fhir+json; charset=utf-8" || got.Header.Get("Content-Length") == "" {
		t.Errorf("headers %v", got.Header)
	}
	if got.node().ID() != id || got.node().Path("meta", "versionId").Str() != "1" {
		t.Errorf("%s", got.Body)
	}
	n.maple("GET", at, "", "If-None-Match", `W/"1"`).status(304)
	n.maple("GET", at, "", "If-None-Match", `W/"2"`).status(200)
	n.maple("GET", at, "", "If-Modified-Since", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)).status(304)
	n.maple("GET", at, "", "If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT").status(200)

	n.maple("PUT", at, patient("other", "Byron")).outcome(400, "invalid")
	n.maple("PUT", at, patient(id, "Byron"), "If-Match", `W/"7"`).outcome(412, "conflict")
	n.maple("PUT", at, patient(id, "Byron"), "If-Match", `W/"seven"`).outcome(412, "conflict")
	up := n.maple("PUT", at, patient(id, "Byron"), "If-Match", `W/"1"`).status(200)
	if up.Header.Get("ETag") != `W/"2"` {
		t.Errorf("ETag %q", up.Header.Get("ETag"))
	}
	same := n.maple("PUT", at, patient(id, "Byron")).status(200)
	if same.Header.Get("ETag") != `W/"2"` {
		t.Errorf("an update that changes nothing made a version: %q", same.Header.Get("ETag"))
	}
	if f := n.maple("GET", at+"/_history/1", "").status(200).node().Path("name", "family").Str(); f != "Lovelace" {
		t.Errorf("version 1 is of %s", f)
	}
	n.maple("GET", at+"/_history/9", "").outcome(404, "not-found")
	n.maple("GET", at+"/_history/x", "").outcome(404, "not-found")

	n.maple("DELETE", at, "", "If-Match", `W/"1"`).outcome(412, "conflict")
	if del := n.maple("DELETE", at, "").status(204); len(del.Body) > 0 {
		t.Errorf("%s", del.Body)
	}
	n.maple("GET", at, "").outcome(410, "deleted")
	n.maple("DELETE", at, "").status(204)
	n.maple("DELETE", "/Patient/never-was", "").status(204)
	n.maple("GET", at+"/_history/3", "").outcome(410, "deleted")
	n.maple("PUT", at, patient(id, "Back")).status(201)
	n.maple("GET", "/Patient/never-was", "").outcome(404, "not-found")
	n.maple("PUT", "/Patient/client-id", patient("client-id", "Own")).status(201)
}

func TestPrefer(t *testing.T) {
	n := newNode(t)
	if r := n.maple("POST", "/Patient", patient("x", "A"), "Prefer", "return=minimal").status(201); len(r.Body) != 0 {
		t.Errorf("%s", r.Body)
	}
	n.maple("POST", "/Patient", patient("x", "A"), "Prefer", "return=OperationOutcome").outcome(201, "informational")
	if r := n.maple("POST", "/Patient", patient("x", "A"), "Prefer", "respond-async, return=representation").status(201); r.node().ResourceType() != "Patient" {
		t.Errorf("%s", r.Body)
	}
	n.maple("DELETE", "/Patient/none", "", "Prefer", "return=OperationOutcome").outcome(200, "informational")
}

func TestConditional(t *testing.T) {
	n := newNode(t)
	first := n.maple("POST", "/Patient", patient("p", "Once"), "If-None-Exist", "identifier=urn:mrn|p").status(201)
	again := n.maple("POST", "/Patient", patient("p", "Once"), "If-None-Exist", "identifier=urn:mrn|p").status(200)
	if first.Header.Get("Location") != again.Header.Get("Location") {
		t.Errorf("%q, then %q", first.Header.Get("Location"), again.Header.Get("Location"))
	}
	n.maple("POST", "/Patient", patient("p", "Twice")).status(201)
	n.maple("POST", "/Patient", patient("p", "Once"), "If-None-Exist", "identifier=urn:mrn|p").outcome(412, "multiple-matches")
	n.maple("POST", "/Patient", patient("p", "Once"), "If-None-Exist", "_count=1").outcome(400, "required")
	n.maple("POST", "/Patient", patient("p", "Once"), "If-None-Exist", "shoe=42").outcome(400, "not-supported")

	n.maple("PUT", "/Patient?identifier=urn:mrn|q", `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"q"}]}`).status(201)
	n.maple("PUT", "/Patient?identifier=urn:mrn|q", `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"q"}],"active":true}`).status(200)
	n.maple("PUT", "/Patient?identifier=urn:mrn|p", `{"resourceType":"Patient"}`).outcome(412, "multiple-matches")
	n.maple("PUT", "/Patient", `{"resourceType":"Patient"}`).outcome(400, "required")
	n.maple("PUT", "/Patient/taken", patient("taken", "Taken")).status(201)
	n.maple("PUT", "/Patient?identifier=urn:mrn|nobody", `{"resourceType":"Patient","id":"taken"}`).outcome(409, "conflict")

	n.maple("DELETE", "/Patient", "").outcome(400, "required")
	n.maple("DELETE", "/Patient?_count=5", "").outcome(400, "required")
	n.maple("DELETE", "/Patient?identifier=urn:mrn|p", "").outcome(412, "multiple-matches")
	n.maple("DELETE", "/Patient?identifier=urn:mrn|q", "").status(204)
	if ids := n.maple("GET", "/Patient?identifier=urn:mrn|q", "").ids(""); len(ids) != 0 {
		t.Errorf("still there: %v", ids)
	}
	n.maple("DELETE", "/Patient?identifier=urn:mrn|q", "").status(204)
}

func TestHistory(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Patient/h", patient("h", "One")).status(201)
	n.maple("PUT", "/Patient/h", patient("h", "Two")).status(200)
	n.maple("DELETE", "/Patient/h", "").status(204)
	n.maple("PUT", "/Patient/i", patient("i", "Other")).status(201)
	r := n.maple("GET", "/Patient/h/_history", "").status(200)
	var seen []string
	for e := range r.node().Get("entry").Items() {
		seen = append(seen, e.Path("request", "method").Str()+" "+e.Path("request", "url").Str()+" "+e.Path("response", "status").Str()+" "+e.Path("response", "etag").Str()+" "+e.Get("resource").Path("name", "family").Str())
	}
	want := []string{`DELETE Patient/h 204 W/"3" `, `PUT Patient/h 200 W/"2" Two`, `PUT Patient/h 201 W/"1" One`}
	if strings.Join(seen, "|") != strings.Join(want, "|") {
		t.Errorf("%q", seen)
	}
	if got := r.node().Get("type").Str(); got != "history" {
		t.Errorf("Bundle.type %s", got)
	}
	if c := n.maple("GET", "/Patient/_history", "").status(200).node().Get("entry").Len(); c != 4 {
		t.Errorf("%d versions of type", c)
	}
	if c := n.maple("GET", "/_history", "").status(200).node().Get("entry").Len(); c != 4 {
		t.Errorf("%d versions of system", c)
	}
	pages, next := 0, "/Patient/h/_history?_count=1"
	for next != "" && pages < 10 {
		p := n.maple("GET", next, "").status(200)
		if p.node().Get("entry").Len() > 1 {
			t.Error("a page larger than _count")
		}
		pages++
		next = strings.TrimPrefix(p.link("next"), "https://node.example/maple/emr/fhir")
	}
	if pages < 3 || pages > 4 {
		t.Errorf("%d pages", pages)
	}
	if c := n.maple("GET", "/_history?_since=2999-01-01", "").status(200).node().Get("entry").Len(); c != 0 {
		t.Errorf("%d versions of the future", c)
	}
	n.maple("GET", "/_history?_since=yesterday", "").outcome(400, "value")
	n.maple("GET", "/_history?_count=x", "").outcome(400, "value")
	n.maple("GET", "/_history?shoe=1", "").outcome(400, "not-supported")
	n.maple("GET", "/_history?shoe=1", "", "Prefer", "handling=lenient").status(200)
	n.maple("GET", "/Patient/never/_history", "").outcome(404, "not-found")
}

func TestEverything(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Organization/o", `{"resourceType":"Organization","id":"o","name":"Org"}`).status(201)
	n.maple("PUT", "/Patient/e", strings.Replace(patient("e", "All"), `"gender"`, `"managingOrganization":{"reference":"Organization/o"},"gender"`, 1)).status(201)
	n.maple("PUT", "/Patient/f", patient("f", "Not")).status(201)
	for _, o := range []string{"o1", "o2", "o3"} {
		n.maple("PUT", "/Observation/"+o, observation(o, "e", "1-1", "2020-01-01")).status(201)
	}
	n.maple("PUT", "/Observation/of", observation("of", "f", "1-1", "2020-01-01")).status(201)
	all := n.maple("GET", "/Patient/e/$everything", "")
	if ids := strings.Join(all.ids("match"), " "); ids != "e o1 o2 o3" {
		t.Errorf("matches %q", ids)
	}
	if ids := strings.Join(all.ids("include"), " "); ids != "o" {
		t.Errorf("included %q", ids)
	}
	if ids := strings.Join(n.maple("GET", "/Patient/e/$everything?_type=Observation", "").ids(""), " "); ids != "o1 o2 o3" {
		t.Errorf("by type %q", ids)
	}
	body := `{"resourceType":"Parameters","parameter":[{"name":"_type","valueString":"Patient"}]}`
	if ids := strings.Join(n.maple("POST", "/Patient/e/$everything", body).ids("match"), " "); ids != "e" {
		t.Errorf("by POST %q", ids)
	}
	var got []string
	next := "/Patient/e/$everything?_count=2"
	for i := 0; next != "" && i < 9; i++ {
		p := n.maple("GET", next, "")
		got = append(got, p.ids("match")...)
		next = strings.TrimPrefix(p.link("next"), "https://node.example/maple/emr/fhir")
	}
	if strings.Join(got, " ") != "e o1 o2 o3" {
		t.Errorf("by pages %q", got)
	}
	n.maple("GET", "/Patient/none/$everything", "").outcome(404, "not-found")
	n.maple("GET", "/Patient/e/$everything?_type=Shoe", "").outcome(400, "value")
	n.maple("GET", "/Patient/e/$everything?start=2020", "").outcome(400, "not-supported")
	n.maple("GET", "/Patient/e/$everything?_after=!!", "").outcome(400, "value")
}

func TestValidate(t *testing.T) {
	n := newNode(t)
	n.maple("POST", "/Patient/$validate", patient("v", "Fine")).outcome(200, "informational")
	bad := n.maple("POST", "/Observation/$validate", `{"resourceType":"Observation","status":"finished","shoe":1}`).status(200)
	errors := 0
	for i := range bad.node().Get("issue").Items() {
		if i.Get("severity").Is("error") {
			errors++
		}
	}
	if errors < 3 { // code missing, status not of its value set, an element that does not exist
		t.Errorf("%d errors: %s", errors, bad.Body)
	}
	n.maple("POST", "/Patient/$validate", `{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"create"},{"name":"resource","resource":`+patient("v", "Fine")+`}]}`).outcome(200, "informational")
	n.maple("POST", "/Patient/v/$validate?mode=update", patient("w", "Fine")).outcome(200, "invalid")
	n.maple("POST", "/Patient/$validate?profile=http://example.org/p", patient("v", "Fine")).outcome(400, "not-supported")
	n.maple("POST", "/Patient/$validate?profile=http://hl7.org/fhir/StructureDefinition/Patient", patient("v", "Fine")).outcome(200, "informational")
	n.maple("POST", "/Patient/$validate?mode=dance", patient("v", "Fine")).outcome(400, "not-supported")
	n.maple("POST", "/Patient/$validate", observation("o", "p", "1", "2020")).outcome(400, "invalid")
	n.maple("POST", "/Patient/$validate", `{"resourceType":"Parameters"}`).outcome(400, "required")
	n.maple("GET", "/Patient/v/$validate", "").outcome(404, "not-found")
	n.maple("PUT", "/Patient/v", patient("v", "Fine")).status(201)
	n.maple("GET", "/Patient/v/$validate", "").outcome(200, "informational")
	n.maple("POST", "/Patient/v/$validate?mode=delete", `{"resourceType":"Parameters"}`).outcome(200, "informational")
	if c := n.maple("GET", "/Patient/_history", "").node().Get("entry").Len(); c != 1 {
		t.Errorf("validation stored something: %d versions", c)
	}
}
