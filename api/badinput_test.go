package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wholechart/auth"
	"wholechart/record"
)

// TestBadInput: a clear OperationOutcome, never a 500, nothing stored.
func TestBadInput(t *testing.T) {
	n := newNode(t)
	deep := strings.Repeat(`{"extension":[`, 5000)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"empty", "POST", "/Patient", " ", 400, "structure"},
		{"no JSON", "POST", "/Patient", "Patient", 400, "structure"},
		{"cut short", "POST", "/Patient", `{"resourceType":"Patient"`, 400, "structure"},
		{"after the end", "POST", "/Patient", `{"resourceType":"Patient"}}`, 400, "structure"},
		{"two values", "POST", "/Patient", `{"resourceType":"Patient"}{"resourceType":"Patient"}`, 400, "structure"},
		{"a comma", "POST", "/Patient", `{"resourceType":"Patient",}`, 400, "structure"},
		{"not UTF-8", "POST", "/Patient", "{\"resourceType\":\"Patient\",\"language\":\"\xff\"}", 400, "structure"},
		{"a lone surrogate", "POST", "/Patient", `{"resourceType":"Patient","language":"\ud800"}`, 400, "structure"},
		{"a list", "POST", "/Patient", `[{"resourceType":"Patient"}]`, 400, "structure"},
		{"null", "POST", "/Patient", `null`, 400, "structure"},
		{"a number", "POST", "/Patient", `12`, 400, "structure"},
		{"duplicate keys", "POST", "/Patient", `{"resourceType":"Patient","gender":"male","gender":"female"}`, 400, "structure"},
		{"duplicate keys inside", "POST", "/Patient", `{"resourceType":"Patient","name":[{"family":"a","family":"b"}]}`, 400, "structure"},
		{"depth bomb of lists", "POST", "/Patient", strings.Repeat("[", 100000), 400, "structure"},
		{"depth bomb of objects", "POST", "/Patient", deep, 400, "structure"},
		{"depth bomb, closed", "POST", "/Patient", `{"resourceType":"Patient","x":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "}", 400, "structure"},
		{"no type", "POST", "/Patient", `{"id":"x"}`, 400, "structure"},
		{"type is a number", "POST", "/Patient", `{"resourceType":7}`, 400, "structure"},
		{"unknown type in body", "POST", "/Patient", `{"resourceType":"Shoe"}`, 400, "structure"},
		{"unknown type in URL", "POST", "/Shoe", `{"resourceType":"Shoe"}`, 404, "not-supported"},
		{"abstract type", "POST", "/DomainResource", `{"resourceType":"DomainResource"}`, 404, "not-supported"},
		{"another type", "POST", "/Patient", `{"resourceType":"Observation"}`, 400, "invalid"},
		{"wrong types", "POST", "/Patient", `{"resourceType":"Patient","active":"yes","name":{"family":1},"birthDate":19800101}`, 0, ""},
		{"bad date", "POST", "/Patient", `{"resourceType":"Patient","birthDate":"1980-13-45"}`, 0, ""},
		{"unknown element", "POST", "/Patient", `{"resourceType":"Patient","shoe":42}`, 0, ""},
		{"empty list", "POST", "/Patient", `{"resourceType":"Patient","name":[]}`, 0, ""},
		{"missing elements", "POST", "/Observation", `{"resourceType":"Observation"}`, 0, ""},
		{"bad code", "POST", "/Patient", `{"resourceType":"Patient","gender":"dragon"}`, 422, "code-invalid"},
		{"broken reference", "POST", "/Observation", observation("x", "nobody", "1", "2020"), 422, "not-found"},
		{"reference to an unknown type", "POST", "/Observation", strings.Replace(observation("x", "nobody", "1", "2020"), "Patient/nobody", "Shoe/1", 1), 0, ""},
		{"bad id in body", "PUT", "/Patient/x", patient("y z", "A"), 400, "invalid"},
		{"bad id in URL", "PUT", "/Patient/x_y", patient("x_y", "A"), 404, "not-found"},
		{"long id", "PUT", "/Patient/" + strings.Repeat("a", 65), patient("a", "A"), 404, "not-found"},
		{"PUT without id in body", "PUT", "/Patient/x", `{"resourceType":"Patient"}`, 400, "invalid"},
		{"PATCH", "PATCH", "/Patient/x", `[]`, 405, "not-supported"},
		{"POST to an instance", "POST", "/Patient/x", patient("x", "A"), 405, "not-supported"},
		{"DELETE of all", "DELETE", "", "", 405, "not-supported"},
		{"unknown operation", "POST", "/Patient/$dance", patient("x", "A"), 404, "not-supported"},
		{"nowhere", "GET", "/a/b/c/d/e", "", 404, "not-supported"},
		{"dots", "GET", "/Patient/../../x", "", 404, "not-found"},
		{"slashes", "GET", "//Patient", "", 404, "not-found"},
		{"null byte", "GET", "/Patient/%00", "", 404, "not-found"},
	} {
		r := n.maple(c.method, c.path, c.body)
		if r.Status >= 500 || r.Status < 400 {
			t.Errorf("%s: %d %.300s", c.name, r.Status, r.Body)
			continue
		}
		if r.node().ResourceType() != "OperationOutcome" {
			t.Errorf("%s: %.300s", c.name, r.Body)
		}
		if c.status == 0 && r.Status != 400 && r.Status != 422 {
			t.Errorf("%s: %d %.300s", c.name, r.Status, r.Body)
		}
		if c.status == 0 {
			continue
		}
		r.outcome(c.status, c.code)
	}
	if r := n.maple("PATCH", "/Patient/x", `[]`); r.Header.Get("Allow") == "" {
		t.Error("405 without Allow")
	}
	if c := n.maple("GET", "/_history", "").status(200).node().Get("entry").Len(); c != 0 {
		t.Errorf("%d versions were stored", c)
	}
}

// endless is a body that fails the test when more than a little of it is read.
type endless struct {
	t    *testing.T
	read int
	most int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.read += len(p); e.read > e.most {
		e.t.Errorf("%d bytes of a body that is too large were read", e.read)
		return 0, io.EOF
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestTooLarge(t *testing.T) {
	n := newNode(t, func(c *Config) { c.MaxBody = 1 << 20 })
	for _, known := range []bool{true, false} {
		in := &endless{t: t, most: 4 << 20}
		r := httptest.NewRequest("POST", "/maple/emr/fhir/Patient", in)
		r.ContentLength = -1
		if known {
			in.most, r.ContentLength = 0, 50<<20
		}
		r.Header.Set("Authorization", "Bearer "+n.admin("maple"))
		w := httptest.NewRecorder()
		n.api.ServeHTTP(w, r)
		(&reply{t, w.Code, w.Header(), w.Body.Bytes()}).outcome(413, "too-long")
	}
	n.do(n.admin("maple"), "POST", "/maple/emr/fhir/Patient/_search", strings.Repeat("a", 2<<20), "Content-Type", "application/x-www-form-urlencoded").outcome(413, "too-long")
}

func TestForms(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Patient/x", patient("x", "X")).status(201)
	for _, h := range []string{"application/xml", "application/fhir+xml", "text/turtle", "text/html", "application/fhir+json;q=0", "application/fhir+json; fhirVersion=5.0"} {
		n.maple("GET", "/Patient/x", "", "Accept", h).outcome(406, "not-supported")
	}
	for _, h := range []string{"*/*", "application/*", "application/json", "application/fhir+json; charset=utf-8", "text/html, application/xml;q=0.9, */*;q=0.8", "application/fhir+json; fhirVersion=4.0"} {
		n.maple("GET", "/Patient/x", "", "Accept", h).status(200)
	}
	for f, want := range map[string]int{"json": 200, "application/json": 200, "application/fhir%2Bjson": 200, "application/fhir+json": 200, "xml": 406, "ttl": 406, "application/fhir%2Bxml": 406} {
		n.maple("GET", "/Patient/x?_format="+f, "", "Accept", "application/xml").status(want)
	}
	for ct, want := range map[string]int{"application/json": 201, "application/fhir+json; charset=UTF-8": 201, "text/json": 201, "application/fhir+xml": 415, "application/json; charset=latin1": 415, "text/plain": 415,
		"application/x-www-form-urlencoded": 415, "application/fhir+json; fhirVersion=3.0": 415} {
		n.maple("POST", "/Patient", patient("y", "Y"), "Content-Type", ct).status(want)
	}
	n.maple("POST", "/Patient", patient("y", "Y"), "Content-Encoding", "gzip").outcome(415, "not-supported")
	for i := range 12 {
		n.maple("PUT", "/Patient/z"+string(rune('a'+i)), patient("z"+string(rune('a'+i)), "Zipped")).status(201)
	}
	z := n.maple("GET", "/metadata", "", "Accept-Encoding", "br, gzip").status(200)
	if z.Header.Get("Content-Encoding") != "gzip" || !bytes.HasPrefix(z.Body, []byte{0x1f, 0x8b}) {
		t.Errorf("%v", z.Header)
	}
	for _, e := range []string{"", "br", "gzip;q=0"} {
		if p := n.maple("GET", "/metadata", "", "Accept-Encoding", e); p.Header.Get("Content-Encoding") != "" {
			t.Errorf("%q gave %v", e, p.Header)
		}
	}
	head := n.maple("HEAD", "/Patient/x", "").status(200)
	if head.Header.Get("ETag") == "" {
		t.Errorf("%v", head.Header)
	}
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{auth.ErrDenied, 401, "login"},
		{auth.ErrSlow, 429, "throttled"},
		{&record.Refused{Why: "x"}, 403, "forbidden"},
		{&record.PatientChanged{Type: "Observation"}, 422, "business-rule"},
		{&record.TooCostly{Limit: 1}, 400, "too-costly"},
		{context.DeadlineExceeded, 503, "timeout"},
		{context.Canceled, 499, "transient"},
		{errors.New("password of the database is swordfish"), 500, "exception"},
		{&inEntry{3, &record.EntryError{Entry: 1, Err: record.ErrNotFound}}, 404, "not-found"},
		{&record.Invalid{}, 500, "exception"},
	} {
		status, code, text := verdict(c.err)
		if status != c.status || code != c.code || strings.Contains(text, "swordfish") {
			t.Errorf("%v: %d %s %q", c.err, status, code, text)
		}
	}
}

func TestOutOfTime(t *testing.T) {
	n := newNode(t, func(c *Config) { c.Timeout = 1 })
	if r := n.maple("GET", "/Patient", "").outcome(503, "timeout"); r.Header.Get("Retry-After") == "" {
		t.Errorf("%v", r.Header)
	}
	n = newNode(t, func(c *Config) { c.Timeout, c.Costly = 20*time.Millisecond, 1 })
	n.api.costly <- struct{}{} // the only place is taken
	n.maple("GET", "/Patient/x/$everything", "").outcome(503, "timeout")
}

func TestPanic(t *testing.T) {
	n := newNode(t, func(c *Config) {
		c.BaseURL = func(*http.Request) string { panic("Lovelace is a patient here") }
	})
	n.maple("GET", "/Patient/Lovelace", "").outcome(500, "exception")
	if log := n.log.String(); !strings.Contains(log, "panic") || strings.Contains(log, "Patient/Lovelace") {
		t.Errorf("%s", log)
	}
}

func TestServes(t *testing.T) {
	for path, want := range map[string]bool{"/maple/emr/fhir": true, "/maple/emr/fhir/Patient": true, "/maple/ehr/fhir/x": true, "/maple/emr/fhirx": false, "/maple/emr": false, "/": false, "": false,
		"/maple/auth/token": true, "/maple/auth/token/x": false, "/.well-known/jwks.json": true, "/maple/patients/1": false, "//emr/fhir": false} {
		if Serves(path) != want {
			t.Errorf("%s", path)
		}
	}
}

// FuzzCreate throws bodies at the doors that take one.
func FuzzCreate(f *testing.F) {
	for _, s := range []string{patient("x", "X"), observation("o", "x", "1", "2020"), bundleOf("transaction", [4]string{"POST", "Patient", patient("x", "X")}), bundleOf("batch", [4]string{"GET", "Patient?name=x"}),
		`{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}}]}`, `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"/?a=%"}}]}`, `[]`, `{"a":1,"a":2}`} {
		for door := range 4 {
			f.Add(door, s)
		}
	}
	n := newNode(f)
	token := n.admin("maple")
	f.Fuzz(func(t *testing.T, door int, body string) {
		n.t = t
		paths := []string{"", "/Patient", "/Patient/$validate", "/Observation"}
		r := n.do(token, "POST", "/maple/emr/fhir"+paths[(door%4+4)%4], body)
		if r.Status >= 500 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
		r.node()
	})
}
