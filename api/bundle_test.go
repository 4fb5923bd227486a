package api

import (
	"fmt"
	"strings"
	"testing"
)

// entries makes a bundle; each is method, url, resource, and more of request as JSON.
func bundleOf(typ string, entries ...[4]string) string {
	var out []string
	for i, e := range entries {
		s := fmt.Sprintf(`{"fullUrl":"urn:uuid:00000000-0000-4000-8000-%012d",`, i)
		if e[2] != "" {
			s += `"resource":` + e[2] + `,`
		}
		s += `"request":{"method":"` + e[0] + `","url":"` + e[1] + `"` + e[3] + `}}`
		out = append(out, s)
	}
	return `{"resourceType":"Bundle","type":"` + typ + `","entry":[` + strings.Join(out, ",") + `]}`
}

// statuses are the entries' response.status, first three digits.
func (r *reply) statuses() string {
	var out []string
	for e := range r.node().Get("entry").Items() {
		s := e.Path("response", "status").Str()
		out = append(out, s[:min(3, len(s))])
	}
	return strings.Join(out, " ")
}

func urn(i int) string { return fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", i) }

func TestTransaction(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Practitioner/dr", `{"resourceType":"Practitioner","id":"dr","identifier":[{"system":"urn:npi","value":"1"}]}`).status(201)
	n.maple("PUT", "/Patient/old", patient("old", "Old")).status(201)
	enc := `{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"subject":{"reference":"` + urn(1) + `"},"participant":[{"individual":{"reference":"Practitioner?identifier=urn:npi|1"}}]}`
	r := n.maple("POST", "", bundleOf("transaction",
		[4]string{"GET", "Patient?family=New"},
		[4]string{"POST", "Patient", patient("x", "New"), `,"ifNoneExist":"identifier=urn:mrn|x"`},
		[4]string{"POST", "Encounter", enc},
		[4]string{"PUT", "Observation/given", strings.Replace(observation("given", "x", "1-1", "2020"), "Patient/x", urn(1), 1)},
		[4]string{"DELETE", "Patient/old"},
		[4]string{"GET", "Practitioner/dr"},
		[4]string{"GET", "Practitioner/none"},
	)).status(200)
	if r.node().Get("type").Str() != "transaction-response" {
		t.Errorf("%s", r.Body)
	}
	if got := r.statuses(); got != "200 201 201 201 204 200 404" {
		t.Fatalf("statuses %s: %s", got, r.Body)
	}
	list := r.node().Get("entry")
	if ids := list.Index(0).Path("resource", "entry"); !ids.Exists() {
		t.Errorf("the search did not see the write: %s", list.Index(0).Raw())
	}
	loc := list.Index(1).Path("response", "location").Str()
	pid := strings.TrimSuffix(strings.TrimPrefix(loc, "Patient/"), "/_history/1")
	if list.Index(1).Path("response", "etag").Str() != `W/"1"` || strings.Contains(pid, "/") {
		t.Errorf("location %q", loc)
	}
	got := n.maple("GET", "/Observation/given", "").status(200).node()
	if ref := got.Path("subject", "reference").Str(); ref != "Patient/"+pid {
		t.Errorf("reference %q, patient %q", ref, pid)
	}
	if !strings.Contains(string(got.Raw()), `"value":7.10,`) {
		t.Errorf("the decimal changed: %s", got.Raw())
	}
	eloc := list.Index(2).Path("response", "location").Str()
	e := n.maple("GET", "/"+eloc, "").status(200).node()
	if ref := e.Get("participant").Index(0).Path("individual", "reference").Str(); ref != "Practitioner/dr" {
		t.Errorf("conditional reference became %q", ref)
	}
	if again := n.maple("POST", "", bundleOf("transaction", [4]string{"POST", "Patient", patient("x", "New"), `,"ifNoneExist":"identifier=urn:mrn|x"`})); again.statuses() != "200" {
		t.Errorf("%s", again.Body)
	}
	full := n.maple("POST", "", bundleOf("transaction", [4]string{"POST", "Patient", patient("y", "Whole")}), "Prefer", "return=representation")
	if f := full.node().Get("entry").Index(0).Get("resource").Path("name", "family").Str(); f != "Whole" {
		t.Errorf("%s", full.Body)
	}
	n.maple("POST", "", `{"resourceType":"Bundle","type":"transaction"}`).status(200)
	if gone := n.maple("POST", "", bundleOf("transaction", [4]string{"DELETE", "Patient/old"}, [4]string{"DELETE", "Patient/never"})); gone.statuses() != "204 204" {
		t.Errorf("%s", gone.Body)
	}
}

func TestTransactionIsAllOrNothing(t *testing.T) {
	n := newNode(t)
	good := [4]string{"POST", "Patient", patient("x", "Good")}
	for name, c := range map[string]struct {
		bad    [4]string
		status int
		code   string
	}{
		"invalid":             {[4]string{"POST", "Patient", `{"resourceType":"Patient","gender":"x"}`}, 422, "code-invalid"},
		"broken reference":    {[4]string{"POST", "Observation", observation("o", "nobody", "1", "2020")}, 422, "not-found"},
		"unknown urn":         {[4]string{"POST", "Observation", strings.Replace(observation("o", "x", "1", "2020"), "Patient/x", "urn:uuid:11111111-0000-4000-8000-000000000000", 1)}, 422, "not-found"},
		"conditional, none":   {[4]string{"POST", "Observation", strings.Replace(observation("o", "x", "1", "2020"), "Patient/x", "Patient?identifier=urn:mrn|none", 1)}, 422, "not-found"},
		"wrong version":       {[4]string{"PUT", "Patient/z", patient("z", "Z"), `,"ifMatch":"W/\"3\""`}, 412, "conflict"},
		"unknown type":        {[4]string{"POST", "Shoe", `{"resourceType":"Shoe"}`}, 404, "not-supported"},
		"wrong type":          {[4]string{"POST", "Observation", patient("x", "X")}, 400, "invalid"},
		"no resource":         {[4]string{"POST", "Patient"}, 400, "required"},
		"no method":           {[4]string{"", "Patient", patient("x", "X")}, 400, "required"},
		"patch":               {[4]string{"PATCH", "Patient/x", patient("x", "X")}, 405, "not-supported"},
		"elsewhere":           {[4]string{"POST", "https://other.example/fhir/Patient", patient("x", "X")}, 400, "invalid"},
		"bundle in bundle":    {[4]string{"POST", "", `{"resourceType":"Bundle","type":"batch"}`}, 400, "invalid"},
		"operation":           {[4]string{"POST", "Patient/$validate", patient("x", "X")}, 400, "not-supported"},
		"bad query":           {[4]string{"GET", "Patient?name=%zz"}, 400, "invalid"},
		"bad address":         {[4]string{"DELETE", "Patient/a/b/c/d"}, 404, "not-found"},
		"same resource twice": {[4]string{"PUT", "Patient/same", patient("same", "S")}, 422, "duplicate"},
	} {
		entries := [][4]string{good, {"PUT", "Patient/same", patient("same", "S")}, {"GET", "Patient/same"}, c.bad}
		r := n.maple("POST", "", bundleOf("transaction", entries...))
		r.outcome(c.status, c.code)
		if !strings.Contains(string(r.Body), "Bundle.entry[3]") && name != "same resource twice" {
			t.Errorf("%s: the outcome does not say which entry: %s", name, r.Body)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
	twice := `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Repeat(`{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},`, 2)
	n.maple("POST", "", strings.TrimSuffix(twice, ",")+"]}").outcome(400, "duplicate")
	if c := n.maple("GET", "/_history", "").status(200).node().Get("entry").Len(); c != 0 {
		t.Errorf("%d versions were stored by transactions that failed", c)
	}
}

func TestBatch(t *testing.T) {
	n := newNode(t)
	n.maple("PUT", "/Patient/b", patient("b", "Batch")).status(201)
	r := n.maple("POST", "", bundleOf("batch",
		[4]string{"GET", "Patient/b"},
		[4]string{"GET", "Patient/b", "", `,"ifNoneMatch":"W/\"1\""`},
		[4]string{"GET", "Patient/none"},
		[4]string{"POST", "Patient", patient("c", "C")},
		[4]string{"POST", "Patient", `{"resourceType":"Patient","shoe":1}`},
		[4]string{"PUT", "Patient/b", patient("b", "Batch"), `,"ifMatch":"W/\"9\""`},
		[4]string{"DELETE", "Patient/b"},
		[4]string{"GET", "metadata"},
		[4]string{"GET", "https://node.example/maple/emr/fhir/Patient?_summary=count"},
		[4]string{"PATCH", "Patient/b"},
		[4]string{"GET", "https://node.example/oak/emr/fhir/Patient"},
	)).status(200)
	got := strings.Fields(r.statuses())
	want := strings.Fields("200|410 304|410 404 201 400|422 412|410 204 200 200 405 400")
	for i := range want {
		if !strings.Contains(want[i], got[i]) {
			t.Errorf("entry %d: %s, want %s: %s", i, got[i], want[i], r.node().Get("entry").Index(i).Raw())
		}
	}
	for i, e := range []int{2, 4, 9, 10} {
		if o := r.node().Get("entry").Index(e).Path("response", "outcome"); o.ResourceType() != "OperationOutcome" {
			t.Errorf("%d: entry %d has no outcome", i, e)
		}
	}
	n.maple("POST", "", `{"resourceType":"Bundle","type":"collection"}`).outcome(400, "invalid")
	n.maple("POST", "", `{"resourceType":"Bundle","type":"batch","entry":{}}`).outcome(400, "structure")
	n.maple("POST", "", patient("x", "X")).outcome(400, "invalid")
	n.do(n.admin("maple"), "POST", "/maple/ehr/fhir", bundleOf("batch")).outcome(405, "not-supported")
}
