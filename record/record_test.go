package record

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// node is one node with sites a and b of its own, and far of another node.
func node(t *testing.T) (*Records, context.Context) {
	t.Helper()
	ctx := t.Context()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(ctx, st, Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n, err := st.VerifyAudit(context.Background()); err != nil {
			t.Errorf("audit chain of %d: %v", n, err)
		}
		r.Close()
		st.Close()
	})
	for _, s := range []Site{{Slug: "a", Name: "Alder Practice", Local: true}, {Slug: "b", Name: "Birch Clinic", Local: true}, {Slug: "far", Name: "Far Hospital", Base: "https://far.example/far"}} {
		if _, err := r.PutSite(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	return r, ctx
}

func (r *Records) user(site string, role access.Role) Session {
	return r.As(access.Actor{Kind: access.User, ID: string(role), Site: site, Role: role, Purpose: access.Treatment}, access.EMR)
}

func (r *Records) system(site string) Session {
	return r.As(access.Actor{Kind: access.System, ID: "test", Site: site, Purpose: access.Treatment}, access.EMR)
}

func doc(t *testing.T, text string) *fhir.Doc {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return d
}

func put(t *testing.T, s Session, texts ...string) []Outcome {
	t.Helper()
	var acts []Act
	for _, text := range texts {
		d := doc(t, text)
		acts = append(acts, Act{Op: Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	out, err := s.Transact(t.Context(), acts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func find(t *testing.T, s Session, typ, query string) []string {
	t.Helper()
	q, err := ask(typ, query)
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("%s?%s: %v", typ, query, err)
	}
	var ids []string
	for _, m := range page.Matches {
		ids = append(ids, m.ID)
	}
	return ids
}

const rosa = `{"resourceType":"Patient","id":"rosa","name":[{"family":"Delgado","given":["Rosa"]}],"birthDate":"1958-03-14"}`

func obs(id, patient, more string) string {
	return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"6301-6"}]},"subject":{"reference":"Patient/%s"}%s}`, id, patient, more)
}

func TestWriteReadAndRefuse(t *testing.T) {
	r, ctx := node(t)
	s := r.user("a", access.Physician)
	out := put(t, s, rosa, obs("inr", "rosa", `,"valueQuantity":{"value":2.70,"unit":"INR"}`))
	if out[0].Done != Created || out[1].Done != Created {
		t.Fatalf("%+v", out)
	}
	got, err := s.Read(ctx, "Observation", "inr")
	if err != nil || !strings.Contains(string(got.Body), `"value":2.70`) || got.Version != "1" || !strings.Contains(string(got.Body), `"versionId":"1"`) {
		t.Fatalf("%s %v", got.Body, err)
	}
	if out := put(t, s, obs("inr", "rosa", `,"valueQuantity":{"value":2.70,"unit":"INR"}`)); out[0].Done != Same {
		t.Errorf("the same again made %v", out[0].Done)
	}
	if out := put(t, s, obs("inr", "rosa", `,"valueQuantity":{"value":4.1,"unit":"INR"}`)); out[0].Done != Updated || out[0].Resource.Version != "2" {
		t.Errorf("%+v", out[0])
	}
	if old, err := s.ReadVersion(ctx, "Observation", "inr", "1"); err != nil || !strings.Contains(string(old.Body), "2.70") {
		t.Errorf("version 1: %v", err)
	}
	for _, bad := range []struct {
		why  string
		s    Session
		act  Act
		want any
	}{
		{"a front desk", r.user("a", access.FrontDesk), Act{Op: Update, Type: "Observation", ID: "x", Resource: doc(t, obs("x", "rosa", "")).Root()}, new(*Refused)},
		{"nobody", r.As(access.Actor{}, access.EMR), Act{Op: Update, Type: "Observation", ID: "x", Resource: doc(t, obs("x", "rosa", "")).Root()}, new(*Refused)},
		{"another node's site", r.user("far", access.Physician), Act{Op: Update, Type: "Observation", ID: "x", Resource: doc(t, obs("x", "rosa", "")).Root()}, new(*Refused)},
		{"the whole record", s.Through(access.EHR), Act{Op: Update, Type: "Observation", ID: "x", Resource: doc(t, obs("x", "rosa", "")).Root()}, new(*Refused)},
		{"a reference to nobody", s, Act{Op: Update, Type: "Observation", ID: "x", Resource: doc(t, obs("x", "ghost", "")).Root()}, new(*BrokenReference)},
		{"another site's patient", r.user("b", access.Physician), Act{Op: Update, Type: "Observation", ID: "x", Resource: doc(t, obs("x", "rosa", "")).Root()}, new(*BrokenReference)},
		{"no status", s, Act{Op: Update, Type: "Observation", ID: "x", Resource: doc(t, `{"resourceType":"Observation","id":"x","code":{"text":"INR"}}`).Root()}, new(*Invalid)},
		{"a wrong id", s, Act{Op: Update, Type: "Observation", ID: "y", Resource: doc(t, obs("x", "rosa", "")).Root()}, new(*Invalid)},
		{"a wrong version", s, Act{Op: Update, Type: "Observation", ID: "inr", IfMatch: 1, Resource: doc(t, obs("inr", "rosa", "")).Root()}, new(*VersionConflict)},
	} {
		if _, err := bad.s.Transact(ctx, []Act{bad.act}); err == nil || !errors.As(err, bad.want) {
			t.Errorf("%s: %v", bad.why, err)
		}
	}
	if _, err := s.Read(ctx, "Observation", "x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("something was stored: %v", err)
	}
	if ids := find(t, s, "Observation", "patient=rosa&code=6301-6"); len(ids) != 1 || ids[0] != "inr" {
		t.Errorf("search finds %v", ids)
	}
}

func TestATransactionIsAllOrNothing(t *testing.T) {
	r, ctx := node(t)
	s := r.user("a", access.Physician)
	acts := []Act{
		{Op: Create, Type: "Observation", FullURL: "urn:uuid:2", Resource: doc(t, strings.Replace(obs("", "", ""), `"id":"",`, "", 1)).Root()},
		{Op: Create, Type: "Patient", FullURL: "urn:uuid:1", Resource: doc(t, `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}]}`).Root()},
	}
	acts[0].Resource = doc(t, strings.Replace(string(acts[0].Resource.Raw()), "Patient/", "urn:uuid:1", 1)).Root()
	out, err := s.Transact(ctx, acts)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"reference":"Patient/` + out[1].Resource.ID + `"`; !strings.Contains(string(out[0].Resource.Body), want) {
		t.Errorf("%s lacks %s", out[0].Resource.Body, want)
	}
	q, _ := ask("Patient", "identifier=urn:mrn|7")
	again, err := s.Transact(ctx, []Act{{Op: Create, Type: "Patient", Where: q, Resource: acts[1].Resource}})
	if err != nil || again[0].Done != Found || again[0].Resource.ID != out[1].Resource.ID {
		t.Errorf("conditional create: %+v %v", again, err)
	}
	cond, err := s.Transact(ctx, []Act{{Op: Create, Type: "Observation", Resource: doc(t, strings.Replace(string(acts[0].Resource.Raw()), "urn:uuid:1", "Patient?identifier=urn:mrn|7", 1)).Root()}})
	if err != nil || !strings.Contains(string(cond[0].Resource.Body), "Patient/"+out[1].Resource.ID) {
		t.Errorf("conditional reference: %v", err)
	}
	before := find(t, s, "Patient", "")
	_, err = s.Transact(ctx, []Act{
		{Op: Create, Type: "Patient", Resource: doc(t, `{"resourceType":"Patient"}`).Root()},
		{Op: Create, Type: "Observation", Resource: doc(t, `{"resourceType":"Observation","status":"nonsense","code":{"text":"x"}}`).Root()},
	})
	var bad *Invalid
	if !errors.As(err, &bad) || !strings.HasPrefix(bad.Issues[0].Path, "Bundle.entry[1].resource.") {
		t.Errorf("%v", err)
	}
	if after := find(t, s, "Patient", ""); len(after) != len(before) {
		t.Errorf("half a transaction: %v, then %v", before, after)
	}
}

func TestSitesOfOneNodeDoNotSeeEachOther(t *testing.T) {
	r, ctx := node(t)
	a, b := r.user("a", access.Physician), r.user("b", access.Physician)
	put(t, a, rosa, obs("inr", "rosa", ""))
	put(t, b, strings.Replace(rosa, "Delgado", "Birch-Canary", 1), obs("canary", "rosa", ""))
	if _, err := a.Read(ctx, "Observation", "canary"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if ids := find(t, a, "Observation", ""); len(ids) != 1 {
		t.Errorf("%v", ids)
	}
	if ids := find(t, a, "Patient", "name=birch"); len(ids) != 0 {
		t.Errorf("%v", ids)
	}
	if _, err := a.Through(access.EHR).Read(ctx, "Observation", "2.canary"); !errors.Is(err, ErrNotFound) {
		t.Errorf("not linked, yet: %v", err)
	}
}

func TestTheWholeRecord(t *testing.T) {
	r, ctx := node(t)
	a, b := r.user("a", access.Physician), r.user("b", access.Physician)
	put(t, a, rosa, obs("inr", "rosa", `,"effectiveDateTime":"2026-10-02"`))
	put(t, b, strings.ReplaceAll(rosa, `"rosa"`, `"rd"`), obs("inr", "rd", `,"effectiveDateTime":"2026-11-14"`),
		obs("secret", "rd", `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]}`))
	sys, site := r.system("a"), func(slug string) *Site { s, _ := r.Site(slug); return s }
	if err := sys.SetLink(ctx, "rosa", site("b"), "rd", Linked, 0.97, "same name and birth date"); err != nil {
		t.Fatal(err)
	}
	far := site("far")
	copies := []Copy{
		{Type: "Patient", ID: "p9", Body: doc(t, strings.ReplaceAll(rosa, `"rosa"`, `"p9"`)), Version: "3", Updated: now.AddDate(0, -1, 0)},
		{Type: "Observation", ID: "inr", Body: doc(t, obs("inr", "p9", `,"effectiveDateTime":"2024-12-09","encounter":{"reference":"Encounter/e1"}`)), Version: "1", Updated: now.AddDate(0, -1, 0), Author: "Practitioner/feld"},
	}
	answer := Answer{Site: "far", State: "answered", Asked: now, When: now, Patient: "p9", Cursor: "7"}
	if err := sys.Receive(ctx, far, "rosa", answer, copies, true); err != nil {
		t.Fatal(err)
	}
	if err := sys.SetLink(ctx, "rosa", far, "p9", Linked, 0.9, "matched there"); err != nil {
		t.Fatal(err)
	}
	whole := a.Through(access.EHR)
	ids := find(t, whole, "Observation", "patient=rosa&_sort=-date")
	if fmt.Sprint(ids) != "[2.inr inr 3.inr]" {
		t.Errorf("the whole record, newest first: %v", ids)
	}
	res, err := whole.Read(ctx, "Observation", "3.inr")
	if err != nil || !strings.Contains(string(res.Body), `"Patient/rosa"`) || !strings.Contains(string(res.Body), `"Encounter/3.e1"`) || !strings.Contains(string(res.Body), `"source":"https://far.example/far"`) || res.Site != far {
		t.Errorf("%s %v", res.Body, err)
	}
	if _, err := whole.Read(ctx, "Observation", "2.secret"); !errors.Is(err, ErrNotFound) {
		t.Error("a sensitive fact left its site without consent:", err)
	}
	page, err := whole.Everything(ctx, Everything{Patient: "rosa"})
	if err != nil || len(page.Matches) != 6 {
		t.Errorf("everything: %d %v", len(page.Matches), err)
	}
	for _, m := range page.Matches {
		if strings.Contains(string(m.Body), "secret") {
			t.Error("everything shows what is withheld")
		}
	}
	put(t, r.user("b", access.RecordsOffice), `{"resourceType":"Consent","id":"c","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
		"category":[{"text":"disclosure"}],"patient":{"reference":"Patient/rd"},"policyRule":{"text":"42 CFR 2.31"},
		"provision":{"type":"permit","actor":[{"role":{"text":"recipient"},"reference":{"identifier":{"system":"https://wholechart.example/site","value":"a"}}}],
		"securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}],"period":{"end":"2027-11-22"}}}`)
	if _, err := whole.Read(ctx, "Observation", "2.secret"); err != nil {
		t.Error("with the patient's consent:", err)
	}
	if err := sys.SetLink(ctx, "rosa", site("b"), "rd", Apart, 0, "two people"); err != nil {
		t.Fatal(err)
	}
	if ids := find(t, whole, "Observation", "patient=rosa&_sort=-date"); fmt.Sprint(ids) != "[inr 3.inr]" {
		t.Errorf("after unlinking: %v", ids)
	}
	if err := sys.Receive(ctx, far, "rosa", answer, copies[:1], true); err != nil {
		t.Fatal(err)
	}
	if ids := find(t, whole, "Observation", "patient=rosa"); fmt.Sprint(ids) != "[inr]" {
		t.Errorf("what is no longer disclosed: %v", ids)
	}
}

func TestAPeerReadsWhatItMay(t *testing.T) {
	r, ctx := node(t)
	a := r.user("a", access.Physician)
	put(t, a, rosa, obs("inr", "rosa", ""), `{"resourceType":"Patient","id":"other"}`, obs("hers", "other", ""),
		obs("secret", "rosa", `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]}`))
	peer := r.As(access.Actor{Kind: access.Peer, ID: "far", Site: "a", Purpose: access.Treatment, Patients: []string{"rosa"}}, access.EMR)
	got, next, _, err := peer.PatientChanges(ctx, "rosa", 0, 100)
	if err != nil || len(got) != 2 || next == 0 {
		t.Fatalf("%d changes, next %d, %v", len(got), next, err)
	}
	if more, _, _, err := peer.PatientChanges(ctx, "rosa", next, 100); err != nil || len(more) != 0 {
		t.Errorf("again: %d %v", len(more), err)
	}
	if _, _, _, err := peer.PatientChanges(ctx, "other", 0, 100); err == nil {
		t.Error("a peer read a patient it was not matched with")
	}
	if _, err := peer.Search(ctx, &search.Query{Type: "Observation", Count: 10}); err == nil {
		t.Error("a peer searched")
	}
}

func TestEverythingLeavesANote(t *testing.T) {
	r, ctx := node(t)
	a := r.user("a", access.Physician)
	put(t, a, rosa)
	a.Read(ctx, "Patient", "rosa")
	a.Read(ctx, "Patient", "ghost")
	find(t, a, "Patient", "name=del")
	r.user("a", access.Operator).Read(ctx, "Patient", "rosa")
	if err := r.log.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	var log []string
	err := r.store.View(ctx, func(v *store.View) error {
		rows, err := v.Audit(0, 100, store.AuditFilter{})
		for _, row := range rows {
			log = append(log, string(row.Body))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"action":"update","type":"Patient","id":"rosa","count":1,"outcome":"ok"`, `"action":"read","type":"Patient","id":"rosa"`, `"id":"ghost","outcome":"failed"`, `"params":["name"]`, `"role":"operator"`, `"outcome":"refused"`} {
		if !strings.Contains(strings.Join(log, "\n"), want) {
			t.Errorf("no note of %s in\n%s", want, strings.Join(log, "\n"))
		}
	}
}

func TestWhoMayReadTheLog(t *testing.T) {
	r, ctx := node(t)
	put(t, r.user("a", access.Physician), rosa, `{"resourceType":"Patient","id":"other"}`)
	r.user("a", access.Nurse).Read(ctx, "Patient", "rosa")
	r.user("a", access.Nurse).Read(ctx, "Patient", "other")
	her := r.As(access.Actor{Kind: access.Patient, ID: "rosa", Site: "a", Purpose: access.Request, Patients: []string{"rosa"}}, access.EMR)
	log, err := her.AccessLog(ctx, LogQuery{Patient: "rosa"})
	if err != nil || len(log) != 2 || log[0].Role != "nurse" || log[0].Action != "read" || log[1].Action != "update" {
		t.Errorf("her own: %+v %v", log, err)
	}
	if _, err := her.AccessLog(ctx, LogQuery{Patient: "other"}); err == nil {
		t.Error("a patient read another's log")
	}
	if _, err := her.AccessLog(ctx, LogQuery{}); err == nil {
		t.Error("a patient read the site's log")
	}
	if _, err := r.user("a", access.Physician).AccessLog(ctx, LogQuery{}); err == nil {
		t.Error("a physician read the site's log")
	}
	log, err = r.user("a", access.PrivacyOfficer).AccessLog(ctx, LogQuery{Actor: "nurse"})
	if err != nil || len(log) != 2 {
		t.Errorf("the privacy officer: %+v %v", log, err)
	}
	if log, _ = r.user("b", access.PrivacyOfficer).AccessLog(ctx, LogQuery{}); len(log) != 0 {
		t.Errorf("another site's log: %+v", log)
	}
}
