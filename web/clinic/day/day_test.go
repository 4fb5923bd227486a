package day

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
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
	Register(p, nil)
	n.Serve(p)
	return n
}

var (
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"}
	reyes   = auth.User{Site: "maple", Name: "reyes", FullName: "Tomás Reyes, RN", Role: access.Nurse, Who: "Practitioner/reyes"}
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

func task(id, owner, code, priority, what string) string {
	o := ""
	if owner != "" {
		o = `"owner":{"reference":"Practitioner/` + owner + `"},`
	}
	return `{"resourceType":"Task","id":"` + id + `","status":"requested","intent":"order","priority":"` + priority + `",` + o + `"code":{"coding":[{"system":"` + TaskSystem + `","code":"` + code + `"}]},"description":"` + what + `","for":{"reference":"Patient/walter-nowak"},"authoredOn":"2026-11-22T09:00:00-05:00"}`
}

func TestMyDayShowsWhoComesAndWhatWaits(t *testing.T) {
	n := start(t)
	n.Write("maple", task("k", "okonkwo", "review-result", "stat", "Potassium 6.1 mmol/L"), task("c", "okonkwo", "call-back", "routine", "Call about the rash"),
		task("p", "", "unmatched-result", "routine", "Result without a patient"), task("o", "reyes", "call-back", "routine", "Not for her"))
	doc := n.User(okonkwo)
	page := doc.Open("/maple/")
	for _, want := range []string{"Sunday 22 November", "Rosa Delgado", "Burning on urination", "arrived", "done", "Potassium 6.1 mmol/L", "critical", "Call about the rash", "Result without a patient", "Walter Nowak"} {
		if !strings.Contains(page, want) {
			t.Errorf("my day lacks %q", want)
		}
	}
	if strings.Contains(page, "Not for her") {
		t.Error("a colleague's task is in the inbox")
	}
	if at, k := strings.Index(page, "Results"), strings.Index(page, "To call"); at < 0 || k < at {
		t.Error("results do not come first")
	}
	if !regexp.MustCompile(`Inbox\s*<span class="count">7<`).MatchString(page) {
		t.Error("the top bar does not count the five of the stories and these two")
	}
	if page := doc.Open("/maple/day?date=2026-11-23"); !strings.Contains(page, "Monday 23 November") || strings.Contains(page, "Burning on urination") {
		t.Error("another day shows today's visits")
	}
	if res, body := doc.Get("/maple/day?date=2026-02-31"); res.StatusCode != 422 || !strings.Contains(body, "no date of the calendar") {
		t.Errorf("31 February: %d", res.StatusCode)
	}
	desk := n.User(hughes)
	if res, _ := desk.Get("/maple/inbox"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk opens the inbox: %d", res.StatusCode)
	}
	if res, _ := desk.Get("/maple/"); res.Request.URL.Path != "/maple/patients" {
		t.Errorf("the front desk begins at %s", res.Request.URL.Path)
	}
}

func TestATaskIsDoneOnceAndCanBeUndone(t *testing.T) {
	n := start(t)
	n.Write("maple", task("c", "okonkwo", "call-back", "routine", "Call about the rash"), task("k", "okonkwo", "review-result", "stat", "Potassium"))
	doc, nurse := n.User(okonkwo), n.User(reyes)
	status := func(id string) string {
		r, err := n.System("maple").Read(t.Context(), "Task", id)
		if err != nil {
			t.Fatal(err)
		}
		return r.Node().Get("status").Str()
	}
	res, body := doc.Post("/maple/tasks/c", url.Values{"act": {"done"}, "version": {"1"}})
	if res.StatusCode != 200 || status("c") != "completed" || !strings.Contains(body, "Undo") {
		t.Fatalf("%d, %s", res.StatusCode, status("c"))
	}
	if res, body := nurse.Post("/maple/tasks/c", url.Values{"act": {"comment"}, "text": {"She called <back> 😀"}, "version": {"1"}}); res.StatusCode != http.StatusConflict || !strings.Contains(body, "She called &lt;back&gt; 😀") {
		t.Errorf("an old page changed a task, or what was typed is lost: %d", res.StatusCode)
	}
	if res, _ := doc.Post("/maple/undo", url.Values{"type": {"Task"}, "id": {"c"}, "version": {"2"}, "back": {"https://evil.example/"}}); res.Request.URL.Host != strings.TrimPrefix(n.Base, "http://") || status("c") != "requested" {
		t.Errorf("undo: %s at %s", status("c"), res.Request.URL)
	}
	if _, body := doc.Post("/maple/undo", url.Values{"type": {"Task"}, "id": {"c"}, "version": {"2"}}); !strings.Contains(body, "changed again") {
		t.Error("the same act was undone twice")
	}
	if res, body := doc.Post("/maple/tasks/k", url.Values{"act": {"done"}, "version": {"1"}}); res.StatusCode != 422 || !strings.Contains(body, "acknowledged on its own page") || status("k") != "requested" {
		t.Errorf("a result was closed unseen: %d", res.StatusCode)
	}
	if res, _ := doc.Post("/maple/tasks/k", url.Values{"act": {"forward"}, "owner": {"Practitioner/nobody"}, "version": {"1"}}); res.StatusCode != 422 {
		t.Errorf("handed on to nobody: %d", res.StatusCode)
	}
	if res, _ := doc.Post("/maple/tasks/k", url.Values{"act": {"forward"}, "owner": {"Practitioner/reyes"}, "text": {"please call"}, "version": {"1"}}); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
	if page := nurse.Open("/maple/day"); !strings.Contains(page, "please call") {
		t.Error("what was handed on did not arrive, or not with its words")
	}
	if res, _ := n.Visitor().Get("/maple/tasks/k"); res.Request.URL.Path != "/maple/signin" {
		t.Error("a stranger sees a task")
	}
	if res, _ := n.User(auth.User{Site: "riverside", Name: "berger", FullName: "Hannah Berger, MD", Role: access.Physician, Who: "Practitioner/berger"}).Get("/riverside/tasks/k"); res.StatusCode != 404 {
		t.Errorf("another site sees a task: %d", res.StatusCode)
	}
}

// TestWhoTouchesATask: the front desk may write tasks, and neither sees nor closes
// those of care; nobody takes back what somebody else did; a result is not
// cancelled unseen.
func TestWhoTouchesATask(t *testing.T) {
	n := start(t)
	n.Write("maple", task("c", "okonkwo", "call-back", "routine", "Call about the rash"), task("k", "okonkwo", "review-result", "stat", "Potassium 6.8"))
	doc, nurse, desk := n.User(okonkwo), n.User(reyes), n.User(hughes)
	status := func(id string) string {
		r, err := n.System("maple").Read(t.Context(), "Task", id)
		if err != nil {
			t.Fatal(err)
		}
		return r.Node().Get("status").Str()
	}
	if res, body := desk.Get("/maple/tasks/k"); res.StatusCode != http.StatusForbidden || strings.Contains(body, "Potassium") {
		t.Errorf("the front desk reads a result's task: %d", res.StatusCode)
	}
	for _, act := range []string{"done", "cancel"} {
		if res, body := desk.Post("/maple/tasks/c", url.Values{"act": {act}, "text": {"no"}, "version": {"1"}}); res.StatusCode != http.StatusForbidden || strings.Contains(body, "rash") || status("c") != "requested" {
			t.Errorf("the front desk did a task of care: %s %d", act, res.StatusCode)
		}
	}
	if res, _ := desk.Post("/maple/tasks", url.Values{"title": {"x"}, "kind": {"message"}, "priority": {"routine"}, "owner": {""}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk makes a task of care: %d", res.StatusCode)
	}
	if res, _ := nurse.Post("/maple/tasks/k", url.Values{"act": {"cancel"}, "text": {"not needed"}, "version": {"1"}}); res.StatusCode != 422 || status("k") != "requested" {
		t.Errorf("a result was cancelled unseen: %d, %s", res.StatusCode, status("k"))
	}
	if _, _ = doc.Post("/maple/tasks/c", url.Values{"act": {"done"}, "version": {"1"}}); status("c") != "completed" {
		t.Fatal(status("c"))
	}
	if _, body := nurse.Post("/maple/undo", url.Values{"type": {"Task"}, "id": {"c"}, "version": {"2"}}); status("c") != "completed" || !strings.Contains(body, "somebody else") {
		t.Error("somebody took back what a colleague did")
	}
}

func TestANewTaskKeepsWhatWasTyped(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	good := url.Values{"title": {"Call Rosa"}, "kind": {"call-back"}, "owner": {"Practitioner/reyes"}, "priority": {"urgent"}, "due": {"2026-11-30"}, "text": {"after 4 pm"}, "patient": {"rosa-delgado"}}
	for field, c := range map[string]struct{ value, says string }{
		"title":    {strings.Repeat("é", 201), "201 characters"},
		"due":      {"2026-02-30", "no day of the calendar"},
		"owner":    {"Patient/rosa-delgado", "Choose one"},
		"kind":     {"<script>", "Choose one"},
		"priority": {"", "Choose one"},
		"text":     {strings.Repeat("x", 2001), "at most 2000"},
	} {
		bad := url.Values{}
		for k, v := range good {
			bad[k] = v
		}
		bad.Set(field, c.value)
		res, body := doc.Post("/maple/tasks", bad)
		if res.StatusCode != 422 || !strings.Contains(body, c.says) || !strings.Contains(body, "Rosa Delgado") {
			t.Errorf("%s: %d, says %q: %v", field, res.StatusCode, c.says, strings.Contains(body, c.says))
		}
		if field != "title" && !strings.Contains(body, "Call Rosa") {
			t.Errorf("%s: what was typed is lost", field)
		}
	}
	if res, _ := doc.Post("/maple/tasks", url.Values{"title": {strings.Repeat("x", 10<<20)}}); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("ten megabytes: %d", res.StatusCode)
	}
	if res, body := doc.Post("/maple/tasks", good); res.StatusCode != 200 || res.Request.URL.Path != "/maple/patients/rosa-delgado" || !strings.Contains(body, "Task made") {
		t.Errorf("%d at %s", res.StatusCode, res.Request.URL.Path)
	}
	if page := n.User(reyes).Open("/maple/inbox"); !strings.Contains(page, "Call Rosa") || !strings.Contains(page, "urgent") {
		t.Error("the task did not arrive")
	}
}

func TestDraftsWaitToBeSigned(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	s := n.Records.As(access.Actor{Kind: access.User, ID: "okonkwo", Site: "maple", Role: access.Physician, Purpose: access.Treatment}, access.EMR)
	if _, err := s.PutDraft(t.Context(), record.Draft{ID: "enc-9", Kind: "note", Type: "Composition", Patient: "mei-tanaka", Title: "Prenatal visit"}); err != nil {
		t.Fatal(err)
	}
	if page := doc.Open("/maple/day"); !strings.Contains(page, "Prenatal visit") || !strings.Contains(page, "/maple/patients/mei-tanaka/visits/enc-9") {
		t.Error("an unsigned note does not wait")
	}
}

func TestPagesAreAccessible(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.Write("maple", task("k", "okonkwo", "review-result", "stat", "Potassium 6.1 mmol/L"), task("c", "okonkwo", "call-back", "urgent", "Call about the rash"))
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Axe(t, ctx, n, "/maple/day", "/maple/inbox", "/maple/tasks/c", "/maple/tasks/new?patient=rosa-delgado")
}

// TestAPileIsWorkedOffWithOneKey walks my day by keyboard alone.
func TestAPileIsWorkedOffWithOneKey(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.Write("maple", task("a", "okonkwo", "call-back", "routine", "First call"), task("b", "okonkwo", "call-back", "routine", "Second call"))
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Until(t, ctx, `location.pathname === "/maple/day"`)
	pagetest.JS(t, ctx, `([...document.querySelectorAll(".waits a.row-title")].find((a) => a.textContent === "First call").focus(), 1)`)
	before := pagetest.JS(t, ctx, `document.querySelectorAll(".waits").length - 1`)
	pagetest.Keys(t, ctx, "e")
	pagetest.Until(t, ctx, `document.querySelectorAll(".waits").length === `+before+` && document.activeElement.textContent.includes("Second call")`)
	pagetest.Keys(t, ctx, "e")
	pagetest.Until(t, ctx, `document.querySelectorAll(".waits").length === `+before+` - 1 && document.querySelector(".flashes").textContent.includes("Done")`)
	for _, id := range []string{"a", "b"} {
		r, err := n.System("maple").Read(t.Context(), "Task", id)
		if err != nil || r.Node().Get("status").Str() != "completed" {
			t.Errorf("%s: %v %v", id, r.Node().Get("status").Str(), err)
		}
	}
}

// TestThePaletteOpensAnything finds a command and a patient by keys alone.
func TestThePaletteOpensAnything(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Until(t, ctx, `location.pathname === "/maple/day" && document.readyState === "complete"`)
	open := func() {
		pagetest.JS(t, ctx, `(document.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true})), 1)`)
		pagetest.Until(t, ctx, `document.querySelector("dialog.palette[open]") && document.activeElement.id === "palette-q" && document.querySelectorAll(".palette li").length > 2`)
	}
	enter := `(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true})), 1)`
	open()
	if axe := os.Getenv("WHOLECHART_AXE"); axe != "" {
		b, err := os.ReadFile(axe)
		if err != nil {
			t.Fatal(err)
		}
		pagetest.AxeHere(t, ctx, string(b), "dark", "palette")
	}
	pagetest.Keys(t, ctx, "walt")
	pagetest.Until(t, ctx, `document.querySelector(".palette li")?.textContent.includes("Walter Jan Nowak")`)
	pagetest.JS(t, ctx, enter)
	pagetest.Until(t, ctx, `location.pathname === "/maple/patients/walter-nowak" && document.readyState === "complete"`)
	open()
	pagetest.Keys(t, ctx, "new task")
	pagetest.Until(t, ctx, `document.querySelector(".palette li")?.textContent.includes("New task")`)
	pagetest.JS(t, ctx, enter)
	pagetest.Until(t, ctx, `location.pathname === "/maple/tasks/new" && document.querySelector("main").textContent.includes("Walter Nowak")`)
	if res, body := n.User(hughes).Get("/maple/palette?at=/maple/patients/walter-nowak"); res.StatusCode != 200 || strings.Contains(body, "Medicines") || strings.Contains(body, "task") {
		t.Errorf("the palette offers the front desk what it cannot open: %s", body)
	}
}

// A nurse rooms everybody's patients: her day is the site's.
func TestANursesDayIsTheSites(t *testing.T) {
	n := start(t)
	nurse := n.User(reyes)
	page := nurse.Open("/maple/day")
	for _, want := range []string{"everybody at Maple Street Family Practice", "Burning on urination", "· Lena Okonkwo", `Room<span class="sr">: Rosa Delgado</span>`} {
		if !strings.Contains(page, want) {
			t.Errorf("a nurse's day lacks %q", want)
		}
	}
	if strings.Contains(n.User(okonkwo).Open("/maple/day"), "everybody at") {
		t.Error("a physician's day is not her own")
	}
}
