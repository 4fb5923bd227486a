package lists

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web/clinic"
)

func start(t *testing.T) *pagetest.Node {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "riverside"}, nil)
	n.Load("maple", "riverside")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p.Door)
	n.Serve(p)
	return n
}

var (
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician}
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

func person(id, name string) string {
	return `{"resourceType":"Patient","id":"` + id + `","name":[{"text":"` + name + `"}],"birthDate":"1960-01-01","gender":"female","telecom":[{"system":"phone","value":"555-0100"}]}`
}

func problem(id, patient, code, status string) string {
	return `{"resourceType":"Condition","id":"` + id + `","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"` + status + `"}]},"code":{` + code + `},"subject":{"reference":"Patient/` + patient + `"}}`
}

func a1c(id, patient, day, value, status string) string {
	return `{"resourceType":"Observation","id":"` + id + `","status":"` + status + `","code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}]},"subject":{"reference":"Patient/` + patient + `"},"effectiveDateTime":"` + day + `","valueQuantity":{"value":` + value + `,"unit":"%"}}`
}

const (
	coded = `"coding":[{"system":"http://snomed.info/sct","code":"44054006"}],"text":"Type 2 diabetes"`
	words = `"text":"Steroid diabetes"`
)

// TestWhoIsOnAList has a patient for each way to be on it or not.
func TestWhoIsOnAList(t *testing.T) {
	n := start(t)
	n.Write("maple",
		person("never", "Never Tested"), problem("c1", "never", coded, "active"),
		person("late", "Late Tested"), problem("c2", "late", coded, "active"), a1c("o2", "late", "2026-05-21", "7.1", "final"),
		person("edge", "Edge Tested"), problem("c3", "edge", coded, "active"), a1c("o3", "edge", "2026-05-23", "7.2", "final"),
		person("fresh", "Fresh Tested"), problem("c4", "fresh", words, "active"), a1c("o4", "fresh", "2026-11-01", "9.6", "final"),
		person("wrote", "Wrong Tested"), problem("c5", "wrote", words, "active"), a1c("o5", "wrote", "2026-11-01", "6.0", "entered-in-error"),
		person("gone", "Gone Away"), problem("c6", "gone", coded, "resolved"),
		`{"resourceType":"Patient","id":"dead","name":[{"text":"Dead Person"}],"birthDate":"1960-01-01","deceasedBoolean":true}`, problem("c7", "dead", coded, "active"),
		person("evil", "=cmd|' /C calc'!A0"), problem("c8", "evil", coded, "active"),
	)
	n.Write("riverside", person("other", "Other Site"), problem("c9", "other", coded, "active"))
	doc := n.User(okonkwo)
	if page := doc.Open("/maple/lists"); !strings.Contains(page, "Diabetes, no HbA1c in six months") || strings.Count(page, "row-title") < len(Registries) {
		t.Error("the lists are not listed")
	}
	page := doc.Open("/maple/lists/diabetes-hba1c")
	for _, want := range []string{"Never Tested", "none in this chart", "Late Tested", "7.1 %", "21 May 2026", "Wrong Tested", "By this chart alone"} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	for _, bad := range []string{"Edge Tested", "Fresh Tested", "Gone Away", "Dead Person", "Other Site"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s is on the list", bad)
		}
	}
	if at, late := strings.Index(page, "Never Tested"), strings.Index(page, "Late Tested"); at > late {
		t.Error("who was never looked at does not come first")
	}
	if page := doc.Open("/maple/lists/diabetes-high"); !strings.Contains(page, "Fresh Tested") || strings.Contains(page, "Late Tested") || strings.Contains(page, "Wrong Tested") {
		t.Error("the list of high values is wrong")
	}
	res, body := doc.Get("/maple/lists/diabetes-hba1c/csv")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || !strings.Contains(res.Header.Get("Content-Disposition"), "diabetes-hba1c-2026-11-22.csv") {
		t.Fatalf("%v %s", err, res.Header.Get("Content-Disposition"))
	}
	safe := false
	for _, r := range rows {
		safe = safe || r[1] == "'=cmd|' /C calc'!A0"
	}
	if !safe {
		t.Errorf("a name is a formula: %v", rows)
	}
	if !strings.Contains(n.Noted(), "list diabetes-hba1c") {
		t.Error("the export is not in the log")
	}
	if res, _ := n.User(hughes).Get("/maple/lists/diabetes-hba1c"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk sees a list: %d", res.StatusCode)
	}
	if res, _ := doc.Get("/maple/lists/nothing"); res.StatusCode != 404 {
		t.Errorf("%d", res.StatusCode)
	}
}

// TestMistakesHideNoResult: however many results were entered in error after it,
// the last true one is found.
func TestMistakesHideNoResult(t *testing.T) {
	n := start(t)
	texts := []string{person("many", "Many Mistakes"), problem("c1", "many", coded, "active"), a1c("good", "many", "2026-10-01", "7.0", "final")}
	for i := range 9 {
		texts = append(texts, a1c(fmt.Sprint("wrong", i), "many", fmt.Sprintf("2026-11-%02d", i+1), "9.9", "entered-in-error"))
	}
	n.Write("maple", texts...)
	doc := n.User(okonkwo)
	if strings.Contains(doc.Open("/maple/lists/diabetes-hba1c"), "Many Mistakes") || strings.Contains(doc.Open("/maple/lists/diabetes-high"), "Many Mistakes") {
		t.Error("mistakes hide the last result")
	}
}

// TestEveryListAnswers opens each over the demonstration's people.
func TestEveryListAnswers(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	for _, r := range Registries {
		if r.Title == "" || r.Says == "" || r.Citation == "" {
			t.Errorf("%s says too little", r.ID)
		}
		page := doc.Open("/maple/lists/" + r.ID)
		if !strings.Contains(page, "By this chart alone") {
			t.Errorf("%s: not a list", r.ID)
		}
		if r.ID == "pressure-high" && !strings.Contains(page, "Owen Brandt") {
			t.Error("Owen's pressure, 144/88, is not on the list")
		}
	}
	if _, ok := ByID(fmt.Sprint("no-", Registries[0].ID)); ok {
		t.Error("a list that is none")
	}
}

func TestAccessible(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Axe(t, ctx, n, "/maple/lists", "/maple/lists/pressure-high")
}

// Two records of one person that were merged are one on every list, with the
// facts of both.
func TestAMergedPersonIsOnAListOnce(t *testing.T) {
	n := start(t)
	n.Write("maple",
		person("mary", "Mary Merged"), problem("m1", "mary", coded, "active"),
		person("mary2", "Mary Merged"), problem("m2", "mary2", coded, "active"), a1c("m3", "mary2", "2026-11-01", "7.0", "final"),
		person("anna", "Anna Merged"), person("anna2", "Anna Merged"), problem("a1", "anna2", coded, "active"),
	)
	office := n.Records.As(access.Actor{Kind: access.User, ID: "records", Site: "maple", Role: access.RecordsOffice, Purpose: access.Operations}, access.EMR)
	side := func(id string) record.Side {
		r, err := office.Read(t.Context(), "Patient", id)
		if err != nil {
			t.Fatal(err)
		}
		return record.SideOf(r)
	}
	r, _ := ByID("diabetes-hba1c")
	ask := func() (on []string, of int) {
		a, err := Ask(t.Context(), n.System("maple"), r, n.Clock())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range a.Members {
			if m.ID == "mary" || m.ID == "mary2" || m.ID == "anna" || m.ID == "anna2" {
				on = append(on, m.ID)
			}
		}
		slices.Sort(on)
		return on, a.Of
	}
	before, of := ask()
	if !slices.Equal(before, []string{"anna2", "mary"}) {
		t.Fatalf("before: %v", before)
	}
	for _, pair := range [][2]string{{"mary", "mary2"}, {"anna", "anna2"}} {
		if err := office.Merge(t.Context(), side(pair[0]), side(pair[1]), "same"); err != nil {
			t.Fatal(err)
		}
	}
	if on, now := ask(); !slices.Equal(on, []string{"anna"}) || now != of-1 {
		t.Errorf("merged: %v of %d, before %d", on, now, of)
	}
	for _, pair := range [][2]string{{"mary", "mary2"}, {"anna", "anna2"}} {
		if err := office.Unmerge(t.Context(), side(pair[0]), side(pair[1]), "not the same"); err != nil {
			t.Fatal(err)
		}
	}
	if on, now := ask(); !slices.Equal(on, before) || now != of {
		t.Errorf("taken back: %v of %d", on, now)
	}
}
