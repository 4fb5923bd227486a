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
	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/record"
	"wholechart/web/clinic/alerts"
	"wholechart/web/door"
)

// TestAlerts: an administrator registers an outside service, it is asked when
// orders are checked and signed for, and what was shown survives a restart.
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
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, `{"services":[{"hook":"order-sign","id":"kidney","description":"x"}]}`)
			return
		}
		asked.Add(1)
		signed.Store(r.Header.Get("Authorization"))
		io.WriteString(w, `{"cards":[{"summary":"Halve the dose","indicator":"critical","source":{"label":"Acme 2026"}}]}`)
	}))
	defer s.Close()
	boss := n.records.As(access.Actor{Kind: access.User, ID: "boss", Site: "maple", Role: access.Admin, Purpose: access.Treatment}, access.EMR)
	add := func() error {
		return services{n}.Add(ctx, boss, 0, alerts.Service{ID: "acme", Name: "Acme", Base: s.URL, Why: "pilot", Who: "Boss", Loud: true})
	}
	var bad *alerts.Refusal
	if err := add(); !errors.As(err, &bad) || !strings.Contains(bad.Text, "private network") {
		t.Fatalf("without --cds-private: %v", err)
	}
	n.support.client, n.support.private = nil, true
	if err := add(); err != nil {
		t.Fatal(err)
	}
	doc := access.Actor{Kind: access.User, ID: "doc", Site: "maple", Role: access.Physician, Purpose: access.Treatment, Who: "Practitioner/okonkwo"}
	if err := (services{n}).Add(ctx, n.records.As(doc, access.EMR), 1, alerts.Service{ID: "x", Name: "X", Base: s.URL}); err == nil {
		t.Error("a physician registered a service")
	}
	c := chart.Assemble("p", nil, time.Now(), time.UTC)
	c.Sources = []*chart.Source{{Slug: "maple", Name: "Maple", Own: true}}
	drafts := []rule.Draft{{ID: "MedicationRequest/d", Kind: rule.DraftMedicine, Name: "Metformin 1000 mg tablet"}}
	if a := n.check(ctx, c, drafts); asked.Load() != 0 || !gapped(a, "no practitioner") {
		t.Errorf("nobody asked, and the service was: %+v", a.Gaps)
	}
	a := n.check(door.WithActor(ctx, doc), c, drafts)
	if asked.Load() != 1 || len(a.Cards) == 0 || a.Cards[0].Title != "Halve the dose" || a.Cards[0].Level != rule.Interrupt {
		t.Fatalf("%d, %+v", asked.Load(), a)
	}
	if jwt, _ := signed.Load().(string); strings.Count(jwt, ".") != 2 {
		t.Errorf("not signed: %q", jwt)
	}
	n.check(door.WithActor(ctx, doc), c, drafts) // the same page again: neither asked nor counted again
	log, err := n.records.As(access.Actor{Kind: access.User, ID: "privacy", Site: "maple", Role: access.PrivacyOfficer, Purpose: access.Operations}, access.EMR).AccessLog(ctx, record.LogQuery{Count: 100})
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, e := range log {
		if e.Recipient == "outside-acme" {
			told++
		}
	}
	if told != 1 || asked.Load() != 1 {
		t.Errorf("told %d times in the log, asked %d times", told, asked.Load())
	}
	// CDS Hooks themselves never ask outside services.
	if a := n.Check(ctx, "maple", c, drafts); asked.Load() != 1 || gapped(a, "outside") {
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
	if err != nil || version != 1 || len(list) != 1 || list[0].Hooks != "order-sign" {
		t.Errorf("%+v %d %v", list, version, err)
	}
	if err := (services{n}).Remove(context.Background(), n.records.As(doc, access.EMR), 1, "acme", "x"); err == nil {
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
