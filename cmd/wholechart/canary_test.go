package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/demo"
	"wholechart/fhir"
	"wholechart/record"
)

// Words that must not come out of a door: planted at maple, and looked for on
// every page and in every answer that an account reaches by following links from
// its first page, and by asking what it should not.
const (
	ofCare     = "zxqcareword"  // a task, a message and a result
	ofDrafts   = "zxqdraftword" // an order, a note and a letter that nobody signed
	ofPatients = "zxqotherword" // what another patient's record says
)

func plant(t *testing.T, w *network) {
	t.Helper()
	n := w.nodes[0].node
	s := n.system("maple", "canary")
	write := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			d, err := fhir.Parse([]byte(text))
			if err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			if _, err := s.Transact(t.Context(), []record.Act{{Op: record.Create, Type: d.Root().ResourceType(), Resource: d.Root()}}); err != nil {
				t.Fatalf("%v in %s", err, text)
			}
		}
	}
	subject := `"subject":{"reference":"Patient/rosa-delgado"}`
	const tasks = `"code":{"coding":[{"system":"https://wholechart.example/task","code":"follow-up"}]}`
	write(`{"resourceType":"Task","status":"requested","intent":"order",`+tasks+`,"description":"`+ofCare+` INR 7.2","for":{"reference":"Patient/rosa-delgado"}}`,
		`{"resourceType":"Communication","status":"completed",`+subject+`,"payload":[{"contentString":"`+ofCare+`"}]}`,
		`{"resourceType":"Observation","status":"final","code":{"text":"`+ofCare+`"},`+subject+`,"valueString":"`+ofCare+`"}`,
		`{"resourceType":"MedicationRequest","status":"draft","intent":"order","medicationCodeableConcept":{"text":"`+ofDrafts+`"},`+subject+`}`,
		`{"resourceType":"ServiceRequest","status":"draft","intent":"order","code":{"text":"`+ofDrafts+`"},`+subject+`}`,
		`{"resourceType":"Composition","status":"preliminary","type":{"text":"Progress note"},`+subject+`,"date":"2026-11-22","author":[{"display":"x"}],"title":"`+ofDrafts+`"}`,
		`{"resourceType":"DocumentReference","status":"current","docStatus":"preliminary","description":"`+ofDrafts+`",`+subject+`,"content":[{"attachment":{"title":"`+ofDrafts+`"}}]}`,
		`{"resourceType":"Observation","status":"final","code":{"text":"`+ofPatients+`"},"subject":{"reference":"Patient/harold-whitman"},"valueString":"`+ofPatients+`"}`)
	doctor := n.records.As(access.Actor{Kind: access.User, ID: "okonkwo", Site: "maple", Role: access.Physician, Purpose: access.Treatment}, access.EMR)
	for _, d := range []record.Draft{{ID: "canary-note", Kind: "note", Type: "Composition", Patient: "rosa-delgado", Title: ofDrafts, Body: []byte(`{"sections":[{"code":"plan","text":"` + ofDrafts + `"}]}`)},
		{ID: "canary-letter", Kind: "letter", Type: "DocumentReference", Patient: "rosa-delgado", Title: ofDrafts, Body: []byte(`{"title":"` + ofDrafts + `"}`)}} {
		if _, err := doctor.PutDraft(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

var leadsTo = regexp.MustCompile(`(?:href|data-[a-z-]+|src)="(/[^"#]*)`)

// crawl follows links from a path and gives what each address answered.
func crawl(t *testing.T, c *http.Client, base string, most int, paths ...string) map[string]string {
	t.Helper()
	seen, queue := map[string]string{}, slices.Clone(paths)
	for len(queue) > 0 && len(seen) < most {
		path := queue[0]
		queue = queue[1:]
		if _, ok := seen[path]; ok || strings.HasPrefix(path, "/assets/") || strings.HasSuffix(path, "/signout") {
			continue
		}
		_, body, _ := page(t, c, get(t, base+path))
		seen[path] = body
		for _, m := range leadsTo.FindAllStringSubmatch(body, -1) {
			next := strings.ReplaceAll(m[1], "&amp;", "&")
			if u, err := url.Parse(next); err == nil && !strings.HasPrefix(next, "//") && u.Host == "" {
				queue = append(queue, next)
			}
		}
	}
	return seen
}

// TestNoDoorTellsTheCanary: pages, the palette, feeds, exports, as-of, drafts and
// the API, for accounts that must not hear of it.
func TestNoDoorTellsTheCanary(t *testing.T) {
	w := demonstration(t, t.TempDir())
	plant(t, w)
	first := w.nodes[0]
	signIn := func(user string) *http.Client {
		t.Helper()
		c := browser(t)
		req := form(t, first.base+"/demo/signin", url.Values{"site": {"maple"}, "user": {user}})
		req.Header.Set("Origin", first.base)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if status, _, _ := page(t, c, req); status != 200 {
			t.Fatalf("%s: %d", user, status)
		}
		return c
	}
	token := func(user string) string {
		t.Helper()
		u, err := first.node.auth.User(t.Context(), "maple", user)
		if err != nil {
			t.Fatal(err)
		}
		text, err := first.node.auth.Issue(t.Context(), u.Actor(), auth.Bearer, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	const rosa = "/maple/patients/rosa-delgado"
	asked := []string{"/maple/", rosa, rosa + "/whole", rosa + "/results", rosa + "/medications", rosa + "/library", rosa + "/notes", rosa + "/orders", rosa + "/flowsheet", rosa + "/history", rosa + "/plots",
		rosa + "/visits/canary-note", rosa + "/visits/canary-note/draft?tab=x", rosa + "/letters/canary-letter", rosa + "?at=2026-11-23", rosa + "/flowsheet.csv", rosa + "/export.csv", "/maple/day", "/maple/inbox", "/maple/tasks", "/maple/alerts", "/maple/alerts.csv",
		"/maple/lists", "/maple/find?q=zxq", "/maple/palette?q=zxq", "/maple/patients?q=zxq", "/maple/outbox", "/maple/recalls", "/maple/log", "/maple/log.csv", "/maple/schedule", "/maple/rules", "/maple/settings", "/maple/links"}
	fhirs := []string{"", "Task", "Communication", "Task?_include=*", "Patient?_revinclude=*&_id=rosa-delgado", "_history?_count=200", "Task/_history", "Communication/_history", "MedicationRequest?patient=rosa-delgado", "Composition?patient=rosa-delgado",
		"ServiceRequest?patient=rosa-delgado", "DocumentReference?patient=rosa-delgado", "Observation?patient=harold-whitman", "Observation?_count=500", "Patient/rosa-delgado/$everything", "Patient/harold-whitman/$everything", "MedicationRequest/_history?_count=200", "?_type=Task,Observation,Composition"}
	for _, c := range []struct {
		user   string
		hidden []string
		least  int // addresses that are found by following links: else the walk is none
	}{
		{"hughes", []string{ofCare, ofDrafts, ofPatients}, 25},
		{"rosa", []string{ofDrafts, ofPatients}, 10},
		{"admin", []string{ofCare, ofDrafts, ofPatients}, 3},
	} {
		seen := crawl(t, signIn(c.user), first.base, 180, asked...)
		if len(seen) < len(asked)+c.least {
			t.Errorf("%s reached %d addresses only", c.user, len(seen))
		}
		bearer := token(c.user)
		for _, lens := range []string{"emr", "ehr"} {
			for _, path := range fhirs {
				path = strings.TrimSuffix("/maple/"+lens+"/fhir/"+path, "/")
				req := get(t, first.base+path)
				req.Header.Set("Authorization", "Bearer "+bearer)
				_, seen[path], _ = page(t, http.DefaultClient, req)
			}
		}
		for path, body := range seen {
			for _, word := range c.hidden {
				if strings.Contains(strings.ReplaceAll(body, "q="+word, ""), word) {
					at := strings.Index(body, word)
					t.Errorf("%s: %s tells of %s: %q", c.user, path, word, body[max(0, at-120):min(len(body), at+60)])
				}
			}
		}
	}
	// The words are there for whom they are for.
	doctor := signIn("okonkwo")
	found := map[string]bool{}
	for _, path := range []string{rosa, rosa + "/results", rosa + "/visits/canary-note", "/maple/inbox", rosa + "/orders", rosa + "/library"} {
		_, body, _ := page(t, doctor, get(t, first.base+path))
		for _, word := range []string{ofCare, ofDrafts} {
			found[word] = found[word] || strings.Contains(body, word)
		}
	}
	if fmt.Sprint(found) != fmt.Sprint(map[string]bool{ofCare: true, ofDrafts: true}) {
		t.Errorf("a physician sees %v", found)
	}
	if !slices.ContainsFunc(demo.Roles(), func(r demo.Role) bool { return r.User == "hughes" }) {
		t.Error("the demonstration has no front desk")
	}
}
