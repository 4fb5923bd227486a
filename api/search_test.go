package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func searchable(t testing.TB) *node {
	n := newNode(t)
	n.maple("PUT", "/Patient/a", patient("a", "Aalto")).status(201)
	n.maple("PUT", "/Patient/b", patient("b", "Bernstein")).status(201)
	for i := range 7 {
		id := fmt.Sprint("o", i)
		n.maple("PUT", "/Observation/"+id, observation(id, []string{"a", "b"}[i%2], fmt.Sprint("code-", i%3), fmt.Sprintf("2020-01-%02d", i+1))).status(201)
	}
	return n
}

func TestSearch(t *testing.T) {
	n := searchable(t)
	sorted := func(ids []string) string { slices.Sort(ids); return strings.Join(ids, " ") }
	for query, want := range map[string]string{
		"/Patient?family=aal":                                                       "a",
		"/Patient?identifier=urn:mrn|b":                                             "b",
		"/Patient?_id=a,b":                                                          "a b",
		"/Observation?code=http://loinc.org|code-0":                                 "o0 o3 o6",
		"/Observation?patient=a&code=code-0":                                        "o0 o6",
		"/Observation?subject=Patient/b":                                            "o1 o3 o5",
		"/Observation?patient.family=bernstein":                                     "o1 o3 o5",
		"/Observation?date=ge2020-01-06":                                            "o5 o6",
		"/Patient?_has:Observation:patient:date=2020-01-02":                         "b",
		"/Patient/b/Observation?date=lt2020-01-04":                                  "o1",
		"/Observation?value-quantity=7.1||mg/dL&_id=o1":                             "o1",
		"/?_type=Patient&_id=a":                                                     "a",
		"/Observation?subject=https://node.example/maple/emr/fhir/Patient/b&_id=o3": "o3",
	} {
		if got := sorted(n.maple("GET", strings.ReplaceAll(query, "|", "%7C"), "").ids("match")); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	inc := n.maple("GET", "/Observation?_id=o1&_include=Observation:subject", "")
	if sorted(inc.ids("match")) != "o1" || sorted(inc.ids("include")) != "b" {
		t.Errorf("%s", inc.Body)
	}
	rev := n.maple("GET", "/Patient?_id=b&_revinclude=Observation:subject", "")
	if sorted(rev.ids("include")) != "o1 o3 o5" {
		t.Errorf("%s", rev.Body)
	}
	form := n.maple("POST", "/Observation/_search?code=code-0", "patient=a", "Content-Type", "application/x-www-form-urlencoded")
	if sorted(form.ids("match")) != "o0 o6" {
		t.Errorf("%s", form.Body)
	}
	if self := form.link("self"); !strings.Contains(self, "patient=a") || !strings.Contains(self, "code=code-0") {
		t.Errorf("self %q", self)
	}
	n.maple("POST", "/_search", "_type=Patient&_id=a", "Content-Type", "application/x-www-form-urlencoded").status(200)
	n.maple("POST", "/Patient/a/Observation/_search", "code=code-0", "Content-Type", "application/x-www-form-urlencoded").status(200)
	n.maple("POST", "/Observation/_search", `{"a":1}`).outcome(415, "not-supported")

	count := n.maple("GET", "/Observation?_summary=count", "").status(200)
	if count.node().Get("total").Text() != "7" || count.node().Get("entry").Exists() {
		t.Errorf("%s", count.Body)
	}
	if total := n.maple("GET", "/Observation?_count=2&_total=accurate", "").node().Get("total").Text(); total != "7" {
		t.Errorf("total %q", total)
	}
	var got []string
	next := "/Observation?_count=3&_sort=-date"
	for i := 0; next != "" && i < 9; i++ {
		p := n.maple("GET", next, "")
		got = append(got, p.ids("match")...)
		next = strings.TrimPrefix(p.link("next"), "https://node.example/maple/emr/fhir")
	}
	if strings.Join(got, " ") != "o6 o5 o4 o3 o2 o1 o0" {
		t.Errorf("pages %v", got)
	}
}

func TestSearchErrors(t *testing.T) {
	n := searchable(t)
	for query, code := range map[string]string{
		"/Patient?shoe=42":                             "not-supported",
		"/Patient?family:shoe=x":                       "not-supported",
		"/Patient?family=":                             "invalid",
		"/Observation?date=yesterday":                  "invalid",
		"/Observation?_sort=shoe":                      "not-supported",
		"/Observation?_include=Shoe:x":                 "invalid",
		"/Observation?_count=-1":                       "invalid",
		"/Observation?patient.shoe=1":                  "not-supported",
		"/?name=x":                                     "not-supported",
		"/Patient?_text=x":                             "not-supported",
		"/Patient?_summary=maybe":                      "invalid",
		"/Patient?family=x&_after=bogus":               "value",
		"/Patient?x=%zz":                               "invalid",
		"/Patient?" + strings.Repeat("family=x&", 500): "too-costly",
	} {
		n.maple("GET", query, "").outcome(400, code)
		if t.Failed() {
			t.Fatal(query)
		}
	}
	r := n.maple("GET", "/Patient?shoe=42&family=aal", "", "Prefer", "handling=lenient")
	if ids := r.ids("match"); len(ids) != 1 || !strings.Contains(string(r.Body), "shoe") || strings.Contains(r.link("self"), "shoe") {
		t.Errorf("%s", r.Body)
	}
	n.maple("GET", "/Patient/a/Patient", "").status(200)
	n.maple("GET", "/Patient/a/Organization", "").outcome(404, "not-supported")
	n.maple("GET", "/Shoe?x=1", "").outcome(404, "not-supported")
}

func TestParts(t *testing.T) {
	n := searchable(t)
	n.maple("PUT", "/Patient/t", `{"resourceType":"Patient","id":"t","meta":{"tag":[{"code":"kept"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},`+
		`"name":[{"family":"Text"}],"contact":[{"name":{"family":"C"}}],"link":[{"other":{"reference":"Patient/a"},"type":"seealso"}]}`).status(201)
	has := func(query string, yes, no []string) {
		t.Helper()
		for _, at := range []string{"/Patient/t?" + query, "/Patient?_id=t&" + query} {
			b := string(n.maple("GET", at, "").status(200).Body)
			for _, s := range append(yes, "SUBSETTED", "versionId", `"kept"`) {
				if !strings.Contains(b, s) {
					t.Errorf("%s has no %s: %s", at, s, b)
				}
			}
			for _, s := range no {
				if strings.Contains(b, s) {
					t.Errorf("%s has %s: %s", at, s, b)
				}
			}
		}
	}
	has("_summary=true", []string{`"name"`, `"link"`, "seealso"}, []string{`"text"`, `"contact"`})
	has("_summary=text", []string{`"text"`}, []string{`"name"`, `"contact"`})
	has("_summary=data", []string{`"name"`, `"contact"`}, []string{`"text":`})
	has("_elements=contact", []string{`"contact"`, `"link"`}, []string{`"text"`, `"name":[{"family":"Text"`}) // link is a modifier
	whole := n.maple("GET", "/Patient/t?_summary=false", "").status(200)
	if strings.Contains(string(whole.Body), "SUBSETTED") {
		t.Errorf("%s", whole.Body)
	}
	obs := string(n.maple("GET", "/Observation/o1?_elements=subject", "").status(200).Body)
	if !strings.Contains(obs, `"status"`) || !strings.Contains(obs, `"code"`) || strings.Contains(obs, "valueQuantity") {
		t.Errorf("mandatory elements belong to _elements: %s", obs)
	}
	if v := string(n.maple("GET", "/Observation/o1?_elements=value", "").Body); !strings.Contains(v, "7.10") {
		t.Errorf("a choice by its name: %s", v)
	}
	pretty := string(n.maple("GET", "/Observation/o1?_pretty=true", "").status(200).Body)
	if !strings.Contains(pretty, "\n  \"status\"") || !strings.Contains(pretty, "7.10") {
		t.Errorf("%s", pretty)
	}
}

// FuzzSearch throws queries at the door: never a 500, never a panic.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"family=x", "patient.family=a&_sort=-date", "_has:Observation:patient:code=1", "_include=*&_revinclude=*", "value-quantity=gt5||mg", "_after=abc", "date=eq2020-01-01T00:00:00Z",
		"code:not=a|b,c", "_elements=id&_count=0", "_lastUpdated=ap2020", "_id=%00", "name:missing=maybe", "code-value-quantity=a$5", "near=1|2|3", "_summary=count&_total=accurate"} {
		f.Add("Observation", s)
		f.Add("Patient", s)
		f.Add("", s)
	}
	n := searchable(f)
	token := n.admin("maple")
	f.Fuzz(func(t *testing.T, typ, query string) {
		n.t = t
		r := n.send(token, "GET", &url.URL{Path: "/maple/emr/fhir/" + typ, RawQuery: query}, "")
		if r.Status >= 500 {
			t.Fatalf("%s?%s: %d %s", typ, query, r.Status, r.Body)
		}
		if r.Status != 200 && r.Status != 307 && r.Status != 301 && r.node().ResourceType() != "OperationOutcome" {
			t.Fatalf("%s?%s: %d %s", typ, query, r.Status, r.Body)
		}
	})
}
