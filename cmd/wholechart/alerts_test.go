package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web/clinic/alerts"
	"wholechart/web/door"
)

// TestAlerts: an administrator registers an outside service, it is asked for who
// may be asked for, told no more than was agreed, and what was shown survives a restart.
func TestAlerts(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	n, err := openNode(ctx, dir, nodeOptions{make: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { n.close() }()
	n.setBase("https://node.example")
	if _, err := n.records.PutSite(ctx, record.Site{Slug: "maple", Name: "Maple", State: "OH", Local: true}); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	var signed atomic.Value
	var sent, full atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, `{"services":[{"hook":"order-sign","id":"kidney","description":"x","prefetch":{"patient":"Patient/{{context.patientId}}","labs":"Observation?patient={{context.patientId}}&code=http://loinc.org|2160-0","conditions":"Condition?patient={{context.patientId}}","log":"AuditEvent?patient={{context.patientId}}"}},
				{"hook":"patient-view","id":"view","description":"x"},{"hook":"appointment-book","id":"book","description":"x"}]}`)
			return
		}
		asked.Add(1)
		body, _ := io.ReadAll(r.Body)
		signed.Store(r.Header.Get("Authorization"))
		sent.Store(string(body))
		if strings.Contains(string(body), `"prefetch"`) { // two services are asked at once
			full.Store(string(body))
		}
		io.WriteString(w, `{"cards":[{"summary":"Halve the dose","indicator":"critical","source":{"label":"Acme 2026"}}]}`)
	}))
	defer s.Close()
	boss := n.records.As(access.Actor{Kind: access.User, ID: "boss", Site: "maple", Role: access.Admin, Purpose: access.Treatment}, access.EMR)
	add := func(version int, id string, more func(*alerts.Service)) error {
		v := alerts.Service{ID: id, Name: "Acme", Base: s.URL, Why: "pilot", Who: "Boss", Loud: true, Hooks: []string{"order-sign", "patient-view", "encounter-start"}, Millis: 1000}
		if more != nil {
			more(&v)
		}
		return services{n}.Add(ctx, boss, version, v)
	}
	var bad *alerts.Refusal
	if err := add(0, "acme", nil); !errors.As(err, &bad) || !strings.Contains(bad.Text, "private network") {
		t.Fatalf("without --cds-private: %v", err)
	}
	n.support.client, n.support.private = nil, true
	if err := add(0, "acme", func(v *alerts.Service) { v.Hooks = []string{"encounter-start"} }); !errors.As(err, &bad) || !strings.Contains(bad.Text, "encounter-start") {
		t.Fatalf("a service of another hook: %v", err)
	}
	if err := add(0, "acme", nil); err != nil {
		t.Fatal(err)
	}
	doc := access.Actor{Kind: access.User, ID: "doc", Site: "maple", Role: access.Physician, Purpose: access.Treatment, Who: "Practitioner/okonkwo"}
	if err := (services{n}).Add(ctx, n.records.As(doc, access.EMR), 1, alerts.Service{ID: "x", Name: "X", Base: s.URL, Hooks: []string{"order-sign"}}); err == nil {
		t.Error("a physician registered a service")
	}
	put := func(texts ...string) {
		t.Helper()
		var acts []record.Act
		for _, text := range texts {
			d, err := fhir.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
		}
		if _, err := n.system("maple", "test").Transact(ctx, acts); err != nil {
			t.Fatal(err)
		}
	}
	put(`{"resourceType":"Patient","id":"p","name":[{"family":"P"}],"birthDate":"1950-01-01"}`, `{"resourceType":"Patient","id":"q","name":[{"family":"Q"}]}`,
		`{"resourceType":"Observation","id":"creatinine","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-01-01","valueQuantity":{"value":1.1,"unit":"mg/dL"}}`,
		`{"resourceType":"Observation","id":"another","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2345-7"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-01-01","valueQuantity":{"value":99,"unit":"mg/dL"}}`,
		`{"resourceType":"Observation","id":"of-q","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}]},"subject":{"reference":"Patient/q"},"effectiveDateTime":"2026-01-01","valueQuantity":{"value":2,"unit":"mg/dL"}}`,
		`{"resourceType":"Condition","id":"plain","code":{"text":"Gout"},"subject":{"reference":"Patient/p"}}`,
		`{"resourceType":"Condition","id":"secret","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]},"code":{"text":"Opioid use disorder"},"subject":{"reference":"Patient/p"}}`)
	drafts := []rule.Draft{{ID: "MedicationRequest/d", Kind: rule.DraftMedicine, Name: "Metformin 1000 mg tablet"}}
	ask := func(who access.Actor, hook string) []hooks.Told {
		q := hooks.Question{Hook: hook, Patient: "p", Now: time.Now()}
		if h, _ := hooks.HookOf(hook); h.Orders {
			q.Drafts = drafts
		}
		return outsiders{n}.Ask(ctx, n.records.As(who, access.EMR), q)
	}
	nobody := doc
	nobody.Who = ""
	if told := ask(nobody, "order-sign"); len(told) != 0 || asked.Load() != 0 || len(outsiders{n}.Has(ctx, nobody, "order-sign")) != 0 {
		t.Errorf("asked for who is no practitioner of the site: %+v", told)
	}
	told := ask(doc, "order-sign")
	if asked.Load() != 1 || len(told) != 1 || len(told[0].Cards) != 1 || told[0].Cards[0].Summary != "Halve the dose" || told[0].Cards[0].Level != rule.Interrupt {
		t.Fatalf("%d, %+v", asked.Load(), told)
	}
	if jwt, _ := signed.Load().(string); strings.Count(jwt, ".") != 2 {
		t.Errorf("not signed: %q", jwt)
	}
	if strings.Contains(sent.Load().(string), "prefetch") {
		t.Errorf("the site did not agree to send anything of the record: %s", sent.Load())
	}
	ask(doc, "order-sign") // the same page again: neither asked nor counted again
	noted := func(recipient string) (list []string) {
		log, err := n.records.As(access.Actor{Kind: access.User, ID: "privacy", Site: "maple", Role: access.PrivacyOfficer, Purpose: access.Operations}, access.EMR).AccessLog(ctx, record.LogQuery{Count: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range log {
			if e.Recipient == recipient {
				list = append(list, e.Action+" "+e.Why)
			}
		}
		return list
	}
	if list := noted("outside-acme"); len(list) != 1 || list[0] != "ask order-sign" || asked.Load() != 1 {
		t.Errorf("%v in the log, asked %d times", list, asked.Load())
	}
	// A service that the site agreed to send what it asks for: what it asks for, of this
	// patient, without what is sensitive.
	if err := add(1, "kidney", func(v *alerts.Service) { v.Record = true; v.Hooks = []string{"order-sign"}; v.Loud = false }); err != nil {
		t.Fatal(err)
	}
	ask(doc, "order-sign")
	var q struct {
		Prefetch map[string]json.RawMessage `json:"prefetch"`
	}
	if err := json.Unmarshal([]byte(full.Load().(string)), &q); err != nil {
		t.Fatal(err)
	}
	text := full.Load().(string)
	if len(q.Prefetch) != 3 || !strings.Contains(text, `"creatinine"`) || !strings.Contains(text, "Gout") || !strings.Contains(string(q.Prefetch["patient"]), `"1950-01-01"`) {
		t.Errorf("%s", text)
	}
	for _, never := range []string{"another", "of-q", "secret", "Opioid", "AuditEvent"} {
		if strings.Contains(text, never) {
			t.Errorf("%s was sent", never)
		}
	}
	if list := noted("outside-kidney"); len(list) != 1 || list[0] != "ask order-sign: Condition, Observation, Patient" {
		t.Errorf("%v", list)
	}
	// Who may see less sends less: a token's scopes bound what is gathered for it.
	less := doc
	less.Scopes = []access.Scope{{Context: "user", Type: "Patient", Rights: "rs"}, {Context: "user", Type: "Condition", Rights: "rs"}}
	n.support.client = nil // nothing remembered
	ask(less, "order-sign")
	if text = full.Load().(string); strings.Contains(text, `"creatinine"`) || strings.Contains(text, `"labs"`) || !strings.Contains(text, "Gout") {
		t.Errorf("who asks may not see results: %s", text)
	}
	// A patient who forbade it is not spoken of at all.
	put(`{"resourceType":"Consent","id":"no","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"x"}],"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]},"patient":{"reference":"Patient/p"},"provision":{"type":"deny"}}`)
	n.support.client = nil
	before := asked.Load()
	for _, x := range ask(doc, "order-sign") {
		if !strings.Contains(x.Why, "was not asked: this patient's record is not shared with it") {
			t.Errorf("%+v", x)
		}
	}
	if asked.Load() != before {
		t.Error("a patient who forbade it was spoken of")
	}
	// The front desk: only where the site agreed.
	desk := access.Actor{Kind: access.User, ID: "desk", Site: "maple", Role: access.FrontDesk, Purpose: access.Treatment, Who: "Practitioner/desk"}
	if err := add(2, "booking", func(v *alerts.Service) { v.Hooks = []string{"appointment-book"} }); err != nil {
		t.Fatal(err)
	}
	if names := (outsiders{n}).Has(ctx, desk, "appointment-book"); len(names) != 0 {
		t.Errorf("the desk sees %v", names)
	}
	if err := add(3, "open-booking", func(v *alerts.Service) { v.Hooks = []string{"appointment-book"}; v.Desk, v.Name = true, "Open" }); err != nil {
		t.Fatal(err)
	}
	if names := (outsiders{n}).Has(ctx, desk, "appointment-book"); len(names) != 1 || names[0] != "Open" {
		t.Errorf("the desk sees %v", names)
	}
	c := chart.Assemble("p", nil, time.Now(), time.UTC)
	c.Sources = []*chart.Source{{Slug: "maple", Name: "Maple", Own: true}}
	before = asked.Load()
	// Neither the pages' own check nor CDS Hooks themselves ask outside services.
	n.check(door.WithActor(ctx, doc), c, drafts)
	if a := n.Check(ctx, "maple", c, drafts); asked.Load() != before || gapped(a, "outside") {
		t.Errorf("%+v", a)
	}
	all, err := doors(n, false)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	all.ServeHTTP(w, httptest.NewRequest("GET", "/maple/cds-services", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"order-sign"`) {
		t.Errorf("the node does not serve CDS Hooks: %d %.200s", w.Code, w.Body)
	}
	n.Outcome("maple", "outside-acme", false, "monitored")
	n.flushCounts(ctx)
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
	if n, err = openNode(ctx, dir, nodeOptions{}); err != nil {
		t.Fatal(err)
	}
	counts, err := n.counts(ctx, "maple")
	if err != nil {
		t.Fatal(err)
	}
	got := counts[n.day("maple")]["outside-acme"]
	if got.Shown != 1 || got.Interrupted != 1 || got.Overridden != 1 {
		text, _ := json.Marshal(counts)
		t.Errorf("%s", text)
	}
	list, version, err := (services{n}).List(ctx, n.records.As(doc, access.EMR))
	if err != nil || version != 4 || len(list) != 4 || strings.Join(list[0].Hooks, " ") != "order-sign patient-view" || list[0].Record || list[1].Not != 1 || strings.Join(list[1].Asks, " ") != "Condition Observation Patient" {
		t.Errorf("%+v %d %v", list, version, err)
	}
	if err := (services{n}).Remove(context.Background(), n.records.As(doc, access.EMR), 4, "acme", "x"); err == nil {
		t.Error("a physician removed a service")
	}
}

func gapped(a rule.Answer, text string) bool {
	for _, g := range a.Gaps {
		if strings.Contains(g.Check+": "+g.Why, text) {
			return true
		}
	}
	return false
}
