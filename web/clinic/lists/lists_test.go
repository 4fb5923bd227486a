package lists

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/decision/standing"
	"wholechart/internal/pagetest"
	"wholechart/web/clinic"
)

func start(t *testing.T) (*pagetest.Node, func()) {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "riverside"}, nil)
	n.Load("maple", "riverside")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	k, err := standing.New(standing.Config{Records: n.Records, Clock: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p.Door, k)
	n.Serve(p)
	settle := func() {
		t.Helper()
		if err := k.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	settle()
	return n, settle
}

var (
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician}
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

func somebody(id, name string) string {
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
	n, settle := start(t)
	n.Write("maple",
		somebody("never", "Never Tested"), problem("c1", "never", coded, "active"),
		somebody("late", "Late Tested"), problem("c2", "late", coded, "active"), a1c("o2", "late", "2026-05-21", "7.1", "final"),
		somebody("edge", "Edge Tested"), problem("c3", "edge", coded, "active"), a1c("o3", "edge", "2026-05-23", "7.2", "final"),
		somebody("fresh", "Fresh Tested"), problem("c4", "fresh", words, "active"), a1c("o4", "fresh", "2026-11-01", "9.6", "final"),
		somebody("wrote", "Wrong Tested"), problem("c5", "wrote", words, "active"), a1c("o5", "wrote", "2026-11-01", "6.0", "entered-in-error"),
		somebody("gone", "Gone Away"), problem("c6", "gone", coded, "resolved"),
		`{"resourceType":"Patient","id":"dead","name":[{"text":"Dead Person"}],"birthDate":"1960-01-01","deceasedBoolean":true}`, problem("c7", "dead", coded, "active"),
		somebody("evil", "=cmd|' /C calc'!A0"), problem("c8", "evil", coded, "active"),
	)
	n.Write("riverside", somebody("other", "Other Site"), problem("c9", "other", coded, "active"))
	settle()
	doc := n.User(okonkwo)
	if page := doc.Open("/maple/lists"); !strings.Contains(page, "Diabetes, no HbA1c in six months") || strings.Count(page, "row-title") < len(Registries) {
		t.Error("the lists are not listed")
	}
	page := doc.Open("/maple/lists/diabetes-hba1c")
	for _, want := range []string{"Never Tested", "none recorded", "Late Tested", "7.1 %", "21 May 2026", "Wrong Tested", "As the whole record is known here"} {
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
	n, settle := start(t)
	texts := []string{somebody("many", "Many Mistakes"), problem("c1", "many", coded, "active"), a1c("good", "many", "2026-10-01", "7.0", "final")}
	for i := range 9 {
		texts = append(texts, a1c(fmt.Sprint("wrong", i), "many", fmt.Sprintf("2026-11-%02d", i+1), "9.9", "entered-in-error"))
	}
	n.Write("maple", texts...)
	settle()
	doc := n.User(okonkwo)
	if strings.Contains(doc.Open("/maple/lists/diabetes-hba1c"), "Many Mistakes") || strings.Contains(doc.Open("/maple/lists/diabetes-high"), "Many Mistakes") {
		t.Error("mistakes hide the last result")
	}
}

// TestEveryListAnswers opens each over the demonstration's people.
func TestEveryListAnswers(t *testing.T) {
	n, _ := start(t)
	doc := n.User(okonkwo)
	for _, r := range Registries {
		if r.Title == "" || r.Says == "" || r.Citation == "" {
			t.Errorf("%s says too little", r.ID)
		}
		page := doc.Open("/maple/lists/" + r.ID)
		if !strings.Contains(page, "As the whole record is known here") {
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
	n, _ := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Axe(t, ctx, n, "/maple/lists", "/maple/lists/pressure-high", "/maple/lists/due", "/maple/lists/due?show=due&sort=most")
}

func mammogram(id, patient, day string) string {
	return `{"resourceType":"Procedure","id":"` + id + `","status":"completed","code":{"coding":[{"system":"http://snomed.info/sct","code":"24623002"}],"text":"Screening mammography"},"subject":{"reference":"Patient/` + patient + `"},"performedDateTime":"` + day + `"}`
}

// TestWhatIsDue is the list of everybody: by rule, by state, in an order, as CSV,
// and honest about who was not looked at yet.
func TestWhatIsDue(t *testing.T) {
	n, settle := start(t)
	n.Write("maple",
		somebody("old", "Zoe Longest"), mammogram("m1", "old", "2019-03-01"),
		somebody("late", "Amy Later"), mammogram("m2", "late", "2022-03-01"),
		somebody("fine", "Fay Done"), mammogram("m3", "fine", "2026-03-01"),
		somebody("booked", "Bea Booked"), mammogram("m4", "booked", "2021-03-01"), `{"resourceType":"ServiceRequest","id":"s1","status":"active","intent":"order","code":{"coding":[{"system":"http://snomed.info/sct","code":"24623002"}],"text":"Screening mammography"},"subject":{"reference":"Patient/booked"},"authoredOn":"2026-11-01"}`,
		somebody("evil", "=cmd|' /C calc'!A0"), mammogram("m5", "evil", "2020-03-01"),
	)
	n.Write("riverside", somebody("other", "Other Site"), mammogram("m6", "other", "2019-03-01"))
	doc := n.User(okonkwo)
	if page := doc.Open("/maple/lists/due"); !strings.Contains(page, "to be looked at for the first time") || strings.Contains(page, "Zoe Longest") {
		t.Error("a list that is not complete does not say so")
	}
	settle()
	page := doc.Open("/maple/lists/due")
	for _, want := range []string{"Zoe Longest", "Amy Later", "As the whole record is known here", "change ", "By rule", "sort"} {
		if !strings.Contains(page, want) {
			t.Errorf("what is due lacks %q", want)
		}
	}
	for _, bad := range []string{"Fay Done", "Bea Booked", "Other Site", "to be looked at"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s is overdue", bad)
		}
	}
	if strings.Index(page, "Zoe Longest") > strings.Index(page, "Amy Later") {
		t.Error("the longest is not first")
	}
	if page := doc.Open("/maple/lists/due?sort=name"); strings.Index(page, "Zoe Longest") < strings.Index(page, "Amy Later") {
		t.Error("not by name")
	}
	if page := doc.Open("/maple/lists/due?show=ordered"); !strings.Contains(page, "Bea Booked") || strings.Contains(page, "Zoe Longest") {
		t.Error("what is ordered does not stand apart")
	}
	const rule = "uspstf-breast"
	if !strings.Contains(page, "?rule="+rule+`"`) {
		t.Error("no link to the rule of mammograms")
	}
	one := doc.Open("/maple/lists/due?rule=" + rule)
	for _, want := range []string{"Zoe Longest", "1 Mar 2019", "Last done", "Needs review by a clinician"} {
		if !strings.Contains(one, want) {
			t.Errorf("the rule's list lacks %q", want)
		}
	}
	for _, odd := range []string{"?show=nonsense&sort=%00&from=-7", "?from=999999999999999999999", "?rule=no-such-rule", "?from=100"} {
		if page := doc.Open("/maple/lists/due" + odd); !strings.Contains(page, "As the whole record") {
			t.Errorf("%s: not a list", odd)
		}
	}
	res, body := doc.Get("/maple/lists/due/csv?rule=" + rule)
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) < 4 || !strings.Contains(res.Header.Get("Content-Disposition"), "due-overdue-2026-11-22.csv") {
		t.Fatalf("%v %d %s", err, len(rows), res.Header.Get("Content-Disposition"))
	}
	safe := false
	for _, r := range rows {
		safe = safe || r[1] == "'=cmd|' /C calc'!A0"
	}
	if !safe || rows[1][1] != "Zoe Longest" || rows[1][10] != "2019-03-01" {
		t.Errorf("%v", rows[:2])
	}
	if !strings.Contains(n.Noted(), "list due-overdue") {
		t.Error("the export is not in the log")
	}
	for _, path := range []string{"/maple/lists/due", "/maple/lists/due/csv", "/maple/lists"} {
		if res, _ := n.User(hughes).Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("the front desk sees %s: %d", path, res.StatusCode)
		}
	}
	// Switched off at the site, it is not counted.
	admin := n.Records.As(access.Actor{Kind: access.User, ID: "admin", Site: "maple", Role: access.Admin, Purpose: access.Operations}, access.EMR)
	if err := admin.PutSetting(t.Context(), "rules", []byte(`{"`+rule+`":{"level":0,"who":"admin","when":"2026-11-22T00:00:00Z","why":"test"}}`), 0, "test"); err != nil {
		t.Fatal(err)
	}
	if page := doc.Open("/maple/lists/due?rule=" + rule); strings.Contains(page, "Zoe Longest") || !strings.Contains(page, "switched off at this site") {
		t.Error("a rule that is switched off is counted")
	}
	// A page brings a record or two up to date itself.
	n.Write("maple", mammogram("m1", "old", "2026-11-01"))
	if page := doc.Open("/maple/lists/diabetes-hba1c"); strings.Contains(page, "being looked at again") {
		t.Error("one record was left waiting")
	}
}
