package standing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/decision/rule"
	"wholechart/record"
	"wholechart/store"
)

func patient(id, more string) string {
	return `{"resourceType":"Patient","id":"` + id + `","name":[{"family":"Canary","given":["` + id + `"]}],"birthDate":"1960-05-20","gender":"female"` + more + `}`
}

func result(id, patient, code, day, value string) string {
	return `{"resourceType":"Observation","id":"` + id + `","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]},"subject":{"reference":"Patient/` + patient + `"},"effectiveDateTime":"` + day + `","valueQuantity":{"value":` + value + `,"unit":"%"}}`
}

func problem(id, patient, more string) string {
	return `{"resourceType":"Condition","id":"` + id + `","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"44054006"}],"text":"Type 2 diabetes canary"},"subject":{"reference":"Patient/` + patient + `"}` + more + `}`
}

func drug(id, patient, name string) string {
	return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"active","intent":"order","authoredOn":"2026-11-01","medicationCodeableConcept":{"text":"` + name + `"},"subject":{"reference":"Patient/` + patient + `"}}`
}

func mammogram(id, patient, day string) string {
	return `{"resourceType":"Procedure","id":"` + id + `","status":"completed","code":{"coding":[{"system":"http://snomed.info/sct","code":"24623002"}],"text":"Screening mammography"},"subject":{"reference":"Patient/` + patient + `"},"performedDateTime":"` + day + `"}`
}

func says(r Row, words string) string {
	for i := range r.Items() {
		if strings.Contains(i.Rule.ID, words) {
			return i.Status.String()
		}
	}
	return "nothing"
}

// One story: what is written here or elsewhere changes how she stands, and what
// does not concern her changes nothing.
func TestStory(t *testing.T) {
	h := open(t)
	h.write("maple", patient("ana", ""), patient("bea", ""))
	if h.row("maple", "ana").Is(GroupByID("diabetes")) {
		t.Error("of the diabetics before anybody said so")
	}
	evaluated := func() int { return h.k.Stats().Evaluated }
	if n := evaluated(); n != 2 {
		t.Errorf("%d records were looked at, want 2", n)
	}
	h.write("maple", problem("dm", "ana", ""))
	r := h.row("maple", "ana")
	if !r.Is(GroupByID("diabetes")) {
		t.Error("she is not of the diabetics")
	}
	if _, ok := r.Value(TestByID("hba1c")); ok {
		t.Error("an HbA1c of nobody")
	}
	h.write("maple", result("a1c", "ana", "4548-4", "2026-10-01", "7.1"))
	r = h.row("maple", "ana")
	if v, ok := r.Value(TestByID("hba1c")); !ok || v.Text != "7.1 %" || v.Number != 7.1 || v.Source != "maple" {
		t.Errorf("%+v %v", v, ok)
	}
	n := evaluated()
	h.write("maple", `{"resourceType":"Task","id":"t","status":"requested","intent":"order","for":{"reference":"Patient/ana"}}`,
		`{"resourceType":"Communication","id":"c","status":"completed","subject":{"reference":"Patient/ana"}}`)
	h.row("maple", "ana")
	if evaluated() != n {
		t.Error("a task has the record looked at again")
	}
	if _, err := h.k.Due(t.Context(), "maple", "bea"); err != nil {
		t.Error(err)
	}
	h.write("river", patient("ana2", ""))
	h.row("river", "ana2")

	// The same person elsewhere.
	river, _ := h.records.Site("river")
	if err := h.system("maple").SetLink(context.Background(), "ana", river, "ana2", record.Linked, 1, "same"); err != nil {
		t.Fatal(err)
	}
	h.write("river", result("a1c", "ana2", "4548-4", "2026-11-20", "8.4"), drug("w", "ana2", "warfarin 5 mg"), drug("i", "ana2", "ibuprofen 600 mg"), mammogram("m", "ana2", "2022-02-01"))
	r = h.row("maple", "ana")
	if v, _ := r.Value(TestByID("hba1c")); v.Text != "8.4 %" || v.Source != "river" {
		t.Errorf("the newer result elsewhere: %+v", v)
	}
	if !r.Is(GroupByID("warfarin")) || r.Loud(rule.Interrupt)+r.Loud(rule.Notice) == 0 {
		t.Errorf("warfarin and ibuprofen: %v, alerts %v", r.Is(GroupByID("warfarin")), slices.Collect(r.Alerts()))
	}
	if got := says(r, "breast"); got != "overdue" {
		t.Errorf("a mammogram of 2022: %s", got)
	}
	due, err := h.k.Due(t.Context(), "maple", "ana")
	if err != nil || !slices.ContainsFunc(due, func(i Item) bool { return strings.Contains(i.Rule.ID, "breast") }) {
		t.Errorf("not to be recalled: %v %v", due, err)
	}
	// Asked without waiting, it is what is so now.
	h.write("river", mammogram("m9", "ana2", "2026-10-01"))
	if due, err := h.k.Due(t.Context(), "maple", "ana"); err != nil || slices.ContainsFunc(due, func(i Item) bool { return strings.Contains(i.Rule.ID, "breast") }) {
		t.Errorf("after a mammogram: %v %v", due, err)
	}
	if due, err := h.k.Due(t.Context(), "maple", "nobody"); due != nil || err != nil {
		t.Errorf("of nobody: %v %v", due, err)
	}
	if _, err := h.system("river").Transact(context.Background(), []record.Act{{Op: record.Delete, Type: "Procedure", ID: "m9"}}); err != nil {
		t.Fatal(err)
	}
	h.settle()
	some := []string{"ana", "bea", "ana", "nobody"}
	if over, of := h.k.Count("maple", some, nil); over != 1 || of != 2 {
		t.Errorf("%d of %d", over, of)
	}
	off := map[string]bool{}
	for i := range h.row("maple", "ana").Items() {
		off[i.Rule.ID] = true
	}
	if over, of := h.k.Count("maple", some, off); over != 0 || of != 2 {
		t.Errorf("with the rules off: %d of %d", over, of)
	}
	// What the patient forbids to be told is gone at once.
	h.write("river", `{"resourceType":"Consent","id":"no","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"disclosure"}],"patient":{"reference":"Patient/ana2"},"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]}}`)
	r = h.row("maple", "ana")
	if v, _ := r.Value(TestByID("hba1c")); v.Text != "7.1 %" {
		t.Errorf("after she opted out: %+v", v)
	}
	if _, err := h.system("river").Transact(context.Background(), []record.Act{{Op: record.Delete, Type: "Consent", ID: "no"}}); err != nil {
		t.Fatal(err)
	}
	if v, _ := h.row("maple", "ana").Value(TestByID("hba1c")); v.Text != "8.4 %" {
		t.Errorf("after she allowed it: %+v", v)
	}
	if err := h.system("maple").SetLink(context.Background(), "ana", river, "ana2", record.Apart, 1, "no"); err != nil {
		t.Fatal(err)
	}
	if r := h.row("maple", "ana"); r.Is(GroupByID("warfarin")) {
		t.Error("parted, and still on warfarin")
	}
	// Another node that cannot be reached.
	if err := h.system("maple").SaveAnswer(context.Background(), "ana", record.Answer{Site: "far", State: "unreachable", Asked: h.now}); err != nil {
		t.Fatal(err)
	}
	if h.row("maple", "ana").Lacks()&Sites == 0 {
		t.Error("that a site was not reached is not said")
	}
	// No words of the record are kept, and the dead are asked for nothing.
	for part := range record.KeptParts {
		list, err := h.system("maple").KeptIn(context.Background(), name, part)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			if strings.Contains(strings.ToLower(string(k.Body)), "canary") || strings.Contains(string(k.Body), "warfarin 5") {
				t.Errorf("words of the record are kept: %s", k.Body)
			}
		}
	}
	h.write("maple", patient("bea", `,"deceasedBoolean":true`))
	h.row("maple", "bea")
	if rows := h.k.Rows("maple"); len(rows) != 1 || rows[0].Patient != "ana" {
		t.Errorf("%d rows", len(rows))
	}
	h.write("maple", patient("gone", ""))
	h.row("maple", "gone")
	if _, err := h.system("maple").Transact(context.Background(), []record.Act{{Op: record.Delete, Type: "Patient", ID: "gone"}}); err != nil {
		t.Fatal(err)
	}
	h.settle()
	if _, _, ok := h.k.Of("maple", "gone"); ok {
		t.Error("a deleted patient is kept")
	}
}

// A Keeper that begins again reads what was kept; another program's answers are
// worked out again.
func TestBeginsWhereItWas(t *testing.T) {
	h := open(t)
	var texts []string
	for i := range 40 {
		texts = append(texts, patient(fmt.Sprint("p", i), ""))
	}
	h.write("maple", texts...)
	h.settle()
	if n := h.k.Stats().Evaluated; n != 40 {
		t.Errorf("%d evaluated", n)
	}
	h.down()
	h.up()
	h.settle()
	if n := h.k.Stats().Evaluated; n != 0 || len(h.k.Rows("maple")) != 40 {
		t.Errorf("after a restart %d records were looked at; %d rows", n, len(h.k.Rows("maple")))
	}
	h.write("maple", result("o", "p7", "4548-4", "2026-11-01", "7"))
	h.begin()
	h.settle()
	if n := h.k.Stats().Evaluated; n != 1 {
		t.Errorf("one was written to, %d were looked at", n)
	}
	h.k.Loaded = func() string { return "a table of the site" }
	other, err := New(h.k.Config)
	if err != nil {
		t.Fatal(err)
	}
	h.k = other
	h.settle()
	if n := h.k.Stats().Evaluated; n != 40 {
		t.Errorf("other knowledge, %d were looked at", n)
	}
	if f := h.k.Fresh("maple"); f.Waiting != 0 || !f.Ready || f.At == 0 {
		t.Errorf("%+v", f)
	}
}

// A kill at any moment loses no change: whatever of the work was kept.
func TestKilledAnywhere(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	var texts []string
	for i := range 50 {
		texts = append(texts, patient(fmt.Sprint("p", i), ""))
	}
	h.write("maple", texts...)
	for round := range 12 {
		for i := range 50 {
			if (i+round)%3 == 0 {
				h.write("maple", result(fmt.Sprint("o", i), fmt.Sprint("p", i), "4548-4", "2026-11-01", fmt.Sprint(5+round)))
			}
		}
		if err := h.k.follow(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := h.k.some(ctx, 7*round, true); err != nil { // some of it; a batch of 32 may be kept
			t.Fatal(err)
		}
		if round%2 == 0 {
			h.k.work.Lock()
			h.k.saved = time.Time{}
			if err := h.k.flush(ctx); err != nil {
				t.Fatal(err)
			}
			h.k.work.Unlock()
		}
		h.begin()
	}
	h.settle()
	kept := h.kept("maple")
	for i := range 50 {
		id := fmt.Sprint("p", i)
		if want := h.scratch("maple", id); kept[id] == nil || !kept[id].Same(want) {
			t.Errorf("%s: %+v, want %+v", id, kept[id], want)
		}
	}
}

// Each patient is noted once a day, however often she was looked at.
func TestNotedOnceADay(t *testing.T) {
	h := open(t)
	h.write("maple", patient("ana", ""))
	for i := range 5 {
		h.write("maple", result("o", "ana", "4548-4", "2026-11-01", fmt.Sprint(5+i)))
		h.row("maple", "ana")
	}
	count := func() (n int) {
		h.records.Close()
		err := h.store.View(context.Background(), func(v *store.View) error {
			rows, err := v.Audit(0, 1000, store.AuditFilter{})
			for _, r := range rows {
				if strings.Contains(string(r.Body), `"evaluate"`) {
					n++
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.down()
		h.up()
		return n
	}
	if n := count(); n != 1 {
		t.Errorf("noted %d times", n)
	}
	h.now = h.now.AddDate(0, 0, 1)
	h.write("maple", result("o", "ana", "4548-4", "2026-11-01", "12"))
	h.row("maple", "ana")
	if n := count(); n != 2 {
		t.Errorf("noted %d times after a day", n)
	}
}

func TestMayList(t *testing.T) {
	for role, want := range map[access.Role]bool{access.Physician: true, access.Nurse: true, access.FrontDesk: false, access.Operator: false, access.PrivacyOfficer: false} {
		if got := MayList(access.Actor{Kind: access.User, Role: role, Site: "maple", ID: "x", Purpose: access.Treatment}); got != want {
			t.Errorf("%s: %v", role, got)
		}
	}
	if MayList(access.Actor{Kind: access.Patient, Site: "maple", Patients: []string{"p"}, Purpose: access.Request}) || MayList(access.Actor{}) {
		t.Error("a patient or nobody may")
	}
	limited := access.Actor{Kind: access.User, Role: access.Physician, Site: "maple", Purpose: access.Treatment, Scopes: []access.Scope{{Context: "user", Type: "Patient", Rights: "rs"}}}
	if MayList(limited) {
		t.Error("a token for Patients alone may")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"at":3,"on":"2026-11-22T00:00:00Z","again":"2026-12-01T00:00:00Z","by":"x","items":[{"r":"vaccine:Hepatitis B","s":1,"d":"2026-01-01"}],"values":[{"t":"hba1c","w":"2026-01-01T00:00:00Z","x":"7 %","n":7}],"groups":["diabetes"],"alerts":[{"r":"none","l":9}]}`))
	f.Add([]byte(`{"at":-1}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := Decode(body)
		if err != nil {
			return
		}
		out, err := a.Encode()
		if err != nil {
			return // a time that JSON has no form for
		}
		b, err := Decode(out)
		if err != nil || !a.Same(b) {
			t.Fatalf("%s became %s: %v", body, out, err)
		}
		compactOf(b)
	})
}

// Two records that are one are one row, with what either has, until that is taken back.
func TestMerged(t *testing.T) {
	h := open(t)
	h.write("maple", patient("keep", ""), patient("gone", ""), result("a1c", "gone", "4548-4", "2026-11-20", "8.4"))
	h.settle()
	office := h.records.As(access.Actor{Kind: access.User, ID: "office", Site: "maple", Role: access.RecordsOffice, Purpose: access.Operations}, access.EMR)
	side := func(id string) record.Side {
		r, err := office.Read(t.Context(), "Patient", id)
		if err != nil {
			t.Fatal(err)
		}
		return record.SideOf(r)
	}
	if err := office.Merge(t.Context(), side("keep"), side("gone"), "the same"); err != nil {
		t.Fatal(err)
	}
	if v, ok := h.row("maple", "keep").Value(TestByID("hba1c")); !ok || v.Text != "8.4 %" {
		t.Errorf("%+v %v", v, ok)
	}
	if rows := h.k.Rows("maple"); len(rows) != 1 || rows[0].Patient != "keep" {
		t.Errorf("%d rows", len(rows))
	}
	// What is written to the replaced one is the other's.
	if err := h.try("maple", result("a1c", "gone", "4548-4", "2026-11-21", "9.9")); err == nil {
		if v, _ := h.row("maple", "keep").Value(TestByID("hba1c")); v.Text != "9.9 %" {
			t.Errorf("%+v", v)
		}
	}
	if err := office.Unmerge(t.Context(), side("keep"), side("gone"), "not the same"); err != nil {
		t.Fatal(err)
	}
	if _, ok := h.row("maple", "keep").Value(TestByID("hba1c")); ok || len(h.k.Rows("maple")) != 2 {
		t.Errorf("after it was taken back: %v, %d rows", ok, len(h.k.Rows("maple")))
	}
}
