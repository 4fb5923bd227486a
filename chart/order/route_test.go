package order

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
)

func node(t *testing.T) (*record.Records, record.Session) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.New(t.Context(), st, record.Options{Now: func() time.Time { return now0 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); st.Close() })
	if _, err := r.PutSite(t.Context(), record.Site{Slug: "maple", Name: "Maple", Local: true}); err != nil {
		t.Fatal(err)
	}
	s := r.As(access.Actor{Kind: access.System, ID: "test", Site: "maple", Purpose: access.Treatment}, access.EMR)
	write(t, s, `{"resourceType":"Practitioner","id":"lo","name":[{"text":"Lena Okonkwo"}]}`, `{"resourceType":"Practitioner","id":"af","name":[{"text":"Aaron Feld"}]}`, `{"resourceType":"Practitioner","id":"gp","name":[{"text":"Gail Park"}]}`,
		`{"resourceType":"Patient","id":"rosa","generalPractitioner":[{"reference":"Practitioner/gp","display":"Gail Park"}]}`, `{"resourceType":"Patient","id":"solo"}`,
		`{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/rosa"},"participant":[{"individual":{"reference":"Practitioner/af"}}]}`,
		`{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","code":{"text":"Potassium"},"subject":{"reference":"Patient/rosa"},"requester":{"reference":"Practitioner/lo","display":"Lena Okonkwo"}}`)
	return r, s
}

func write(t *testing.T, s record.Session, texts ...string) {
	t.Helper()
	var acts []record.Act
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	if _, err := s.Transact(t.Context(), acts); err != nil {
		t.Fatal(err)
	}
}

const lab = `"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}]`

func potassium(id, value, date, more string) string {
	return `{"resourceType":"Observation","id":"` + id + `","status":"final",` + lab + `,"code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}],"text":"Potassium"},"effectiveDateTime":"` + date + `","valueQuantity":{"value":` + value + `,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}` + more + `}`
}

const today = "2026-11-22T08:00:00-05:00"

func routed(t *testing.T, r *record.Records, after record.Seq) record.Seq {
	t.Helper()
	for {
		next, err := Route(t.Context(), r, "maple", after, now0)
		if err != nil {
			t.Fatal(err)
		}
		if next == after {
			return next
		}
		after = next
	}
}

func tasks(t *testing.T, s record.Session, v url.Values) []fhir.Node {
	t.Helper()
	found, err := find(t.Context(), s, "Task", v)
	if err != nil {
		t.Fatal(err)
	}
	var out []fhir.Node
	for _, r := range found {
		out = append(out, r.Node())
	}
	return out
}

func TestWhereResultsGo(t *testing.T) {
	r, s := node(t)
	at := routed(t, r, 0)
	rosa, solo := `,"subject":{"reference":"Patient/rosa"}`, `,"subject":{"reference":"Patient/solo"}`
	write(t, s,
		potassium("ordered", "6.8", today, rosa+`,"basedOn":[{"reference":"ServiceRequest/sr"}]`),
		potassium("seen", "4.1", today, rosa+`,"encounter":{"reference":"Encounter/e1"}`),
		potassium("hers", "5.5", today, rosa+`,"referenceRange":[{"low":{"value":3.5},"high":{"value":5.1}}]`),
		potassium("pool", "4.0", today, solo),
		potassium("nobodys", "4.0", today, `,"subject":{"display":"R. Delgado, 14 Mar 1958"}`),
		potassium("old", "4.0", "2019-03-01", rosa),
		strings.Replace(potassium("early", "4.0", today, rosa), `"final"`, `"preliminary"`, 1),
		strings.Replace(potassium("pulse", "74", today, rosa), "laboratory", "vital-signs", 1),
	)
	at = routed(t, r, at)
	got := map[string]string{}
	for _, n := range tasks(t, s, url.Values{}) {
		f := n.Get("focus").Get("reference").Str()
		if _, twice := got[f]; twice {
			t.Errorf("two tasks for %s", f)
		}
		got[f] = n.Get("code").Get("coding").Index(0).Get("code").Str() + " " + n.Get("owner").Get("reference").Str() + " " + n.Get("priority").Str() + " | " + n.Get("description").Str()
	}
	want := map[string]string{
		"Observation/ordered": "review-result Practitioner/lo stat | Potassium: 6.8 mmol/L critically high",
		"Observation/seen":    "review-result Practitioner/af routine | Potassium: 4.1 mmol/L",
		"Observation/hers":    "review-result Practitioner/gp routine | Potassium: 5.5 mmol/L high",
		"Observation/pool":    "review-result  routine | Potassium: 4.0 mmol/L",
		"Observation/nobodys": "unmatched-result  routine | Potassium: 4.0 mmol/L",
	}
	for f, w := range want {
		if got[f] != w {
			t.Errorf("%s\n got %q\nwant %q", f, got[f], w)
		}
		delete(got, f)
	}
	if len(got) > 0 {
		t.Errorf("also: %v", got)
	}
	if sr, _ := s.Read(t.Context(), "ServiceRequest", "sr"); !sr.Node().Get("status").Is("completed") {
		t.Errorf("the order is %s", sr.Node().Get("status").Str())
	}
	// Corrected: a task of its own. Written again as it was: none. Taken back: said.
	write(t, s, strings.Replace(potassium("pool", "7.1", today, solo), `"final"`, `"corrected"`, 1), potassium("seen", "4.1", today, rosa+`,"encounter":{"reference":"Encounter/e1"},"method":{"text":"ISE"}`))
	at = routed(t, r, at)
	if n := tasks(t, s, url.Values{"focus": {"Observation/pool"}}); len(n) != 2 {
		t.Errorf("corrected: %d tasks", len(n))
	}
	if n := tasks(t, s, url.Values{"focus": {"Observation/seen"}}); len(n) != 1 {
		t.Errorf("written again: %d tasks", len(n))
	}
	write(t, s, strings.Replace(potassium("pool", "7.1", today, solo), `"final"`, `"entered-in-error"`, 1))
	routed(t, r, at)
	if n := tasks(t, s, url.Values{"focus": {"Observation/pool"}}); len(n) != 3 {
		t.Errorf("taken back: %d tasks", len(n))
	}
}

// What somebody was told of is told again when it changes, however old it is by then.
func TestAnOldResultThatChanges(t *testing.T) {
	r, s := node(t)
	rosa := `,"subject":{"reference":"Patient/rosa"}`
	write(t, s, potassium("k", "4.4", today, rosa), potassium("gone", "4.4", today, rosa), potassium("history", "4.4", "2019-03-01", rosa))
	at := routed(t, r, 0)
	write(t, s, strings.Replace(potassium("k", "6.9", today, rosa), `"final"`, `"corrected"`, 1),
		strings.Replace(potassium("gone", "4.4", today, rosa), `"final"`, `"entered-in-error"`, 1),
		strings.Replace(potassium("history", "6.9", "2019-03-01", rosa), `"final"`, `"corrected"`, 1))
	for {
		next, err := Route(t.Context(), r, "maple", at, now0.AddDate(0, 3, 0))
		if err != nil {
			t.Fatal(err)
		}
		if next == at {
			break
		}
		at = next
	}
	for id, want := range map[string]int{"k": 2, "gone": 2, "history": 0} {
		if n := tasks(t, s, url.Values{"focus": {"Observation/" + id}}); len(n) != want {
			t.Errorf("%s: %d tasks, not %d", id, len(n), want)
		}
	}
}

func TestAReportIsReviewedAsOne(t *testing.T) {
	r, s := node(t)
	rosa := `,"subject":{"reference":"Patient/rosa"}`
	write(t, s, potassium("k", "4.4", today, rosa))
	at := routed(t, r, 0)
	report := `{"resourceType":"DiagnosticReport","id":"bmp","status":"final","code":{"text":"Basic metabolic panel"},"effectiveDateTime":"` + today + `","subject":{"reference":"Patient/rosa"},"result":[{"reference":"Observation/k"},{"reference":"Observation/k2"}]}`
	write(t, s, report, potassium("k2", "2.5", today, rosa))
	at = routed(t, r, at)
	open := tasks(t, s, url.Values{"status": {"requested"}})
	if len(open) != 1 || open[0].Get("focus").Get("reference").Str() != "DiagnosticReport/bmp" || open[0].Get("priority").Str() != "stat" {
		t.Fatalf("%d open tasks: %s", len(open), open[0].Raw())
	}
	if d := open[0].Get("description").Str(); d != "Basic metabolic panel: Potassium 2.5 mmol/L critically low" {
		t.Errorf("says %q", d)
	}
	if n := tasks(t, s, url.Values{"focus": {"Observation/k"}}); len(n) != 1 || n[0].Get("status").Str() != "cancelled" || n[0].Get("statusReason").Get("text").Str() == "" {
		t.Errorf("the value that came before: %s", n[0].Raw())
	}
	// A value of the report is corrected alone: the report is to be looked at again.
	write(t, s, strings.Replace(potassium("k2", "4.2", today, rosa), `"final"`, `"corrected"`, 1))
	routed(t, r, at)
	if n := tasks(t, s, url.Values{"focus": {"DiagnosticReport/bmp"}}); len(n) != 2 {
		t.Errorf("%d tasks after a correction inside", len(n))
	}
}

// Wherever it stops, between the act and the place it keeps or in the middle of
// a batch, each result has exactly one task in the end.
func TestRouteStopsAnywhere(t *testing.T) {
	for crash := range 24 {
		r, s := node(t)
		for i := range 12 {
			write(t, s, potassium(fmt.Sprint("k", i), "4.2", today, `,"subject":{"reference":"Patient/rosa"}`))
		}
		// Stop in the middle: the context ends after so many reads of the store.
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		watch := &stopping{Context: ctx, after: crash * 5, n: &n, cancel: cancel}
		_, err := Route(watch, r, "maple", 0, now0) // its place is lost
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("crash %d: %v", crash, err)
		}
		routed(t, r, 0)
		routed(t, r, 0)
		got := tasks(t, s, url.Values{"_count": {"100"}})
		seen := map[string]int{}
		for _, x := range got {
			seen[x.Get("focus").Get("reference").Str()]++
		}
		if len(got) != 12 || len(seen) != 12 {
			t.Fatalf("crash %d: %d tasks for %d results", crash, len(got), len(seen))
		}
	}
}

// stopping is a context that ends after it was asked so many times.
type stopping struct {
	context.Context
	mu     sync.Mutex
	after  int
	n      *int
	cancel func()
}

func (s *stopping) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *s.n++; *s.n > s.after {
		s.cancel()
	}
	return s.Context.Err()
}

func TestTwoFollowersMakeOneTask(t *testing.T) {
	r, s := node(t)
	for i := range 20 {
		write(t, s, potassium(fmt.Sprint("k", i), "4.2", today, `,"subject":{"reference":"Patient/rosa"}`))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := Route(t.Context(), r, "maple", 0, now0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := tasks(t, s, url.Values{"_count": {"100"}}); len(n) != 20 {
		t.Errorf("%d tasks for 20 results", len(n))
	}
}

func TestTwoSignOneBasket(t *testing.T) {
	_, s := node(t)
	var drafts []fhir.Node
	for _, k := range []string{"medicine:amoxicillin 500 mg", "laboratory:a1c"} {
		o := ByKey(k).Order(Line{})
		o.Patient = "rosa"
		a, err := Save(o)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Transact(t.Context(), []record.Act{a})
		if err != nil {
			t.Fatal(err)
		}
		drafts = append(drafts, out[0].Resource.Node())
	}
	won := make(chan error, 2)
	for i, who := range []string{"lo", "af"} {
		go func() {
			acts, err := Sign(drafts, nil, By{"Practitioner/" + who, who, now0}, fmt.Sprint("r", i))
			if err == nil {
				_, err = s.Transact(t.Context(), acts)
			}
			won <- err
		}()
	}
	e1, e2 := <-won, <-won
	var moved *record.VersionConflict
	if (e1 == nil) == (e2 == nil) || !errors.As(errors.Join(e1, e2), &moved) {
		t.Fatalf("%v and %v", e1, e2)
	}
	groups := map[string]bool{}
	for _, d := range drafts {
		n, err := s.Read(t.Context(), d.ResourceType(), d.ID())
		if err != nil {
			t.Fatal(err)
		}
		o := Read(n.Node())
		if o.Status != "active" || o.AuthoredOn.IsZero() {
			t.Errorf("%s is %s", o.Name, o.Status)
		}
		groups[o.Group+o.Requester] = true
	}
	if len(groups) != 1 {
		t.Errorf("signed by halves: %v", groups)
	}
}

func TestFromOrderToReviewedResult(t *testing.T) {
	r, s := node(t)
	by := By{"Practitioner/lo", "Lena Okonkwo", now0}
	order, err := s.Read(t.Context(), "ServiceRequest", "sr")
	if err != nil {
		t.Fatal(err)
	}
	acts, err := Enter("rosa", "Potassium", []fhir.Coding{{System: LOINC, Code: "2823-3"}}, []Value{{"Potassium", "2823-3", "6.80", "mmol/L", "3.5-5.1"}}, now0, order.Node(), by)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Transact(t.Context(), acts)
	if err != nil {
		t.Fatal(err)
	}
	report := out[1].Resource
	if o, _ := s.Read(t.Context(), "ServiceRequest", "sr"); !o.Node().Get("status").Is("completed") {
		t.Error("the order is not completed")
	}
	if v := out[0].Resource.Node(); v.Get("valueQuantity").Get("value").Text() != "6.80" || v.Path("interpretation", "coding", "code").Str() != "HH" {
		t.Errorf("the value: %s", v.Raw())
	}
	routed(t, r, 0)
	open, err := Reviews(t.Context(), s, "DiagnosticReport", report.ID)
	if err != nil || len(open) != 1 || open[0].Node().Get("priority").Str() != "stat" {
		t.Fatalf("%d reviews, %v", len(open), err)
	}
	for _, bad := range []Review{{}, {Deed: Comment}, {Deed: Forward}, {Deed: FollowUp, Text: "again", Due: "2026-02-30"}, {Deed: FollowUp, Text: "again", Due: "2020-01-01"}, {Deed: Call}, {Deed: "shred"}} {
		if len(bad.Check(now0)) == 0 {
			t.Errorf("%+v was let through", bad)
		}
	}
	rv := Review{Deed: FollowUp, Text: "repeat potassium", Due: "2026-11-24"}
	acts, err = rv.Act([]fhir.Node{open[0].Node()}, "DiagnosticReport", report.ID, "1", "rosa", by)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Transact(t.Context(), acts); err != nil {
		t.Fatal(err)
	}
	got := tasks(t, s, url.Values{"focus": {"DiagnosticReport/" + report.ID}})
	if len(got) != 2 {
		t.Fatalf("%d tasks", len(got))
	}
	for _, n := range got {
		switch {
		case hasCode(n, "review-result"):
			if OpenTask(n) || n.Get("note").Len() != 1 || n.Get("owner").Get("reference").Str() != "Practitioner/lo" || n.Get("output").Len() != 3 {
				t.Errorf("the review: %s", n.Raw())
			}
		case hasCode(n, "follow-up"):
			if !OpenTask(n) || n.Get("restriction").Get("period").Get("end").Str() != "2026-11-24" {
				t.Errorf("the follow-up: %s", n.Raw())
			}
		}
	}
}

func TestStopHoldRenewRefill(t *testing.T) {
	_, s := node(t)
	by := By{"Practitioner/lo", "Lena Okonkwo", now0}
	do := func(acts []record.Act, err error) []record.Outcome {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Transact(t.Context(), acts)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	one := func(a record.Act, err error) fhir.Node { return do([]record.Act{a}, err)[0].Resource.Node() }
	o := ByKey("medicine:lisinopril 10 mg").Order(Line{})
	o.Patient = "rosa"
	n := do(Sign([]fhir.Node{one(Save(o))}, nil, by, "r1"))[0].Resource.Node()
	n = one(Hold(n, "potassium high", by))
	if x := Read(n); x.Status != "on-hold" || x.StatusWhy != "potassium high" {
		t.Errorf("held: %+v", x)
	}
	if _, err := Hold(n, "again", by); err == nil {
		t.Error("held twice")
	}
	n = one(Resume(n, by))
	renewal := Again(n)
	if renewal.Prior != "MedicationRequest/"+n.ID() || renewal.Status != "draft" || renewal.ID != "" {
		t.Errorf("renewal: %+v", renewal)
	}
	d := one(Save(renewal))
	signed := do(Sign([]fhir.Node{d}, map[string]fhir.Node{"MedicationRequest/" + n.ID(): n}, by, "r2"))
	if len(signed) != 2 || Read(signed[1].Resource.Node()).Status != "completed" {
		t.Errorf("the renewed one: %d outcomes", len(signed))
	}
	n = signed[0].Resource.Node()
	task := one(AskRefill(n, "two left", By{Name: "Rosa Delgado", Now: now0}))
	if task.Get("owner").Get("reference").Str() != "Practitioner/lo" {
		t.Errorf("asked of %s", task.Get("owner").Raw())
	}
	if _, err := Deny(task, " ", by); err == nil {
		t.Error("denied without a reason")
	}
	out := do(Approve(task, n, by, "r3"))
	fresh := Read(out[0].Resource.Node())
	if fresh.Status != "active" || fresh.Prior != "MedicationRequest/"+n.ID() || fresh.Sig.Line() != o.Sig.Line() || OpenTask(out[2].Resource.Node()) || Read(out[1].Resource.Node()).Status != "completed" {
		t.Errorf("approved: %+v", fresh)
	}
	n = one(Stop(out[0].Resource.Node(), "cough", by))
	if x := Read(n); x.Status != "stopped" || x.StatusWhy != "cough" {
		t.Errorf("stopped: %+v", x)
	}
	sr, _ := s.Read(t.Context(), "ServiceRequest", "sr")
	if x := Read(one(Stop(sr.Node(), "not needed", by))); x.Status != "revoked" || x.StatusWhy != "not needed" {
		t.Errorf("revoked: %+v", x)
	}
	kept := Kept{Key: "k1", Rule: "ddi-x", Title: "A with B", Reason: "monitored", Implicated: []string{"MedicationRequest/" + n.ID()}}
	one(Keep("rosa", kept, by))
	if again := do([]record.Act{must(Keep("rosa", kept, by))}, nil); again[0].Done != record.Found {
		t.Error("the same override twice")
	}
	if k, err := Keeps(t.Context(), s, "rosa"); err != nil || k["k1"].Reason != "Will be monitored" {
		t.Errorf("overrides: %v %v", k, err)
	}
	if _, err := Keep("rosa", Kept{Key: "k2", Reason: "other"}, by); err == nil {
		t.Error("overridden without words")
	}
}

func must(a record.Act, err error) record.Act {
	if err != nil {
		panic(err)
	}
	return a
}

func TestFlags(t *testing.T) {
	for _, x := range []struct {
		v    Value
		want string
	}{
		{Value{LOINC: "2823-3", Text: "6.8", Unit: "mmol/L"}, "HH"}, {Value{LOINC: "2823-3", Text: "2.8", Unit: "mmol/L"}, "LL"}, {Value{LOINC: "2823-3", Text: "4.0", Unit: "mmol/L"}, ""},
		{Value{LOINC: "2345-7", Text: "0.5", Unit: "g/dL"}, "HH"}, {Value{LOINC: "2823-3", Text: "7", Unit: "bananas"}, ""},
		{Value{Text: "5.2", Range: "3.5-5.1"}, "H"}, {Value{Text: "5.1", Range: "3.5 – 5.1"}, "N"}, {Value{Text: "60", Range: "≥ 60"}, "N"}, {Value{Text: "59", Range: ">= 60"}, "L"},
		{Value{Text: "7", Range: "< 7"}, "H"}, {Value{Text: "< 0.01", Range: "< 0.04"}, "N"}, {Value{Text: "positive", Range: "3-5"}, ""}, {Value{Text: "NaN"}, ""}, {Value{Text: "1e400"}, ""},
	} {
		if got := Flag(x.v); got.Code != x.want {
			t.Errorf("%+v: %q, want %q", x.v, got.Code, x.want)
		}
	}
	for field, v := range map[string]Value{"value": {}, "unit": {LOINC: "2823-3", Text: "4"}, "range": {Text: "ok", Range: "low to high"}} {
		if f := CheckValue(v); len(f) == 0 || f[0].Field != field {
			t.Errorf("%s: %v", field, f)
		}
	}
}

func TestAnUnmatchedResultIsGivenToItsPatient(t *testing.T) {
	r, s := node(t)
	at := routed(t, r, 0)
	write(t, s, potassium("k", "6.9", today, `,"subject":{"display":"R. Delgado"}`),
		`{"resourceType":"DiagnosticReport","id":"bmp","status":"final","code":{"text":"Basic metabolic panel"},"effectiveDateTime":"`+today+`","subject":{"display":"R. Delgado"},"result":[{"reference":"Observation/k"}]}`)
	at = routed(t, r, at)
	open := tasks(t, s, url.Values{"status": {"requested"}})
	if len(open) != 1 || !hasCode(open[0], "unmatched-result") {
		t.Fatalf("%d open", len(open))
	}
	read := func(typ, id string) fhir.Node {
		x, err := s.Read(t.Context(), typ, id)
		if err != nil {
			t.Fatal(err)
		}
		return x.Node()
	}
	acts, err := Match(open[0], read("DiagnosticReport", "bmp"), []fhir.Node{read("Observation", "k")}, "rosa", By{"Practitioner/lo", "Lena Okonkwo", now0})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Transact(t.Context(), acts); err != nil {
		t.Fatal(err)
	}
	routed(t, r, at)
	if !read("DiagnosticReport", "bmp").Get("status").Is("entered-in-error") || !read("Observation", "k").Get("status").Is("entered-in-error") {
		t.Error("the result of nobody still stands")
	}
	open = tasks(t, s, url.Values{"status": {"requested"}})
	if len(open) != 1 || !hasCode(open[0], "review-result") || open[0].Get("for").Get("reference").Str() != "Patient/rosa" || open[0].Get("owner").Get("reference").Str() != "Practitioner/gp" || open[0].Get("priority").Str() != "stat" {
		t.Fatalf("%d open: %s", len(open), open[0].Raw())
	}
	_, id, _, _ := fhir.Relative(open[0].Get("focus").Get("reference").Str())
	report := read("DiagnosticReport", id)
	_, value, _, _ := fhir.Relative(report.Get("result").Index(0).Get("reference").Str())
	if v := read("Observation", value); v.Get("subject").Get("reference").Str() != "Patient/rosa" || v.Get("valueQuantity").Get("value").Text() != "6.9" {
		t.Errorf("the value: %s", v.Raw())
	}
}

// TestNoLinkLeadsIntoAnotherChart: reports and results that name what is another
// patient's neither hide that patient's results, nor take them off a list, nor
// answer that patient's orders.
func TestNoLinkLeadsIntoAnotherChart(t *testing.T) {
	r, s := node(t)
	at := routed(t, r, 0)
	rosa := `,"subject":{"reference":"Patient/rosa"}`
	report := func(id, subject, status, more string) string {
		return `{"resourceType":"DiagnosticReport","id":"` + id + `","status":"` + status + `","code":{"text":"Panel"},"effectiveDateTime":"` + today + `","subject":{"reference":"Patient/` + subject + `"}` + more + `}`
	}
	open := func(focus string) []fhir.Node {
		return tasks(t, s, url.Values{"focus": {focus}, "status": {"requested"}})
	}
	write(t, s, potassium("k1", "6.9", today, rosa))
	at = routed(t, r, at)
	if len(open("Observation/k1")) != 1 {
		t.Fatal("a critical value was put before nobody")
	}
	write(t, s, report("r1", "solo", "final", `,"result":[{"reference":"Observation/k1"}],"basedOn":[{"reference":"ServiceRequest/sr"}]`))
	at = routed(t, r, at)
	if len(open("Observation/k1")) != 1 {
		t.Error("another patient's report took a critical value off the list")
	}
	for _, n := range open("DiagnosticReport/r1") {
		if strings.Contains(n.Get("description").Str(), "6.9") || n.Get("owner").Get("reference").Is("Practitioner/lo") {
			t.Errorf("a patient's value, or order, is another's: %s", n.Raw())
		}
	}
	write(t, s, report("r2", "solo", "final", `,"result":[{"reference":"Observation/k2"}]`), potassium("k2", "6.8", today, rosa))
	at = routed(t, r, at)
	if len(open("Observation/k2")) != 1 {
		t.Error("another patient's report hid a critical value")
	}
	// A critical value is not kept from who must act by a report that goes on.
	write(t, s, potassium("k3", "6.7", today, rosa), potassium("k4", "4.4", today, rosa), report("r3", "rosa", "registered", `,"result":[{"reference":"Observation/k3"},{"reference":"Observation/k4"}]`))
	at = routed(t, r, at)
	if len(open("Observation/k3")) != 1 || len(open("Observation/k4")) != 0 {
		t.Error("a critical value waits for its report")
	}
	write(t, s, report("r3", "rosa", "final", `,"result":[{"reference":"Observation/k3"},{"reference":"Observation/k4"}]`))
	at = routed(t, r, at)
	if len(open("Observation/k3")) != 0 || len(open("DiagnosticReport/r3")) != 1 {
		t.Error("a value of a finished report is reviewed twice, or not at all")
	}
	write(t, s, potassium("k5", "4.0", today, `,"subject":{"display":"R. Delgado"},"basedOn":[{"reference":"ServiceRequest/sr"}]`))
	routed(t, r, at)
	sr, err := s.Read(t.Context(), "ServiceRequest", "sr")
	if err != nil || !sr.Node().Get("status").Is("active") {
		t.Errorf("an order is answered by another's result, or by nobody's: %s %v", sr.Node().Get("status").Str(), err)
	}
}
