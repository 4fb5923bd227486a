package standing

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/decision"
	"wholechart/decision/medicine"
	"wholechart/record"
	"wholechart/store"
)

const acme = `id,a,b,level,severity,danger,title,why,do,alternatives,after_a,after_b,citation,url,date,reviewed
acme-1,metformin,levothyroxine,interrupt,severe,a test,Metformin with levothyroxine,Made up for a test.,Nothing: it is a test.,,,,Handbook,,2026-05,
`

// A table that is loaded while the program runs is asked about every record, those
// of which an answer is kept too; taken away, nothing of it stays.
func TestATableIsLoadedWhileItRuns(t *testing.T) {
	h := open(t)
	t.Cleanup(func() { decision.Use(decision.Owned{}) })
	loaded := ""
	c := h.k.Config
	c.Loaded = func() string { return loaded }
	var err error
	if h.k, err = New(c); err != nil {
		t.Fatal(err)
	}
	h.write("maple", patient("ana", ""), patient("bea", ""), drug("m", "ana", "metformin 500 mg"), drug("l", "ana", "levothyroxine 50 mcg"))
	warns := func() bool {
		for a := range h.row("maple", "ana").Alerts() {
			if a.Rule.ID == "acme-1" {
				return true
			}
		}
		return false
	}
	if warns() {
		t.Fatal("a rule that nobody loaded")
	}
	n := h.k.Stats().Evaluated
	list, err := medicine.Load(strings.NewReader(acme))
	if err != nil {
		t.Fatal(err)
	}
	decision.Use(decision.Owned{Interactions: list})
	loaded = "acme 1"
	if !warns() {
		t.Error("the table was loaded, and the kept answer does not know it")
	}
	if got := h.k.Stats().Evaluated - n; got != 2 {
		t.Errorf("%d records were looked at, want both", got)
	}
	n = h.k.Stats().Evaluated
	h.settle()
	if h.k.Stats().Evaluated != n {
		t.Error("nothing was loaded, and records are looked at again")
	}
	// Kept answers name the rule: who begins again knows it.
	if h.k, err = New(c); err != nil {
		t.Fatal(err)
	}
	if !warns() || h.k.Stats().Evaluated != 0 {
		t.Errorf("after a restart: %d looked at", h.k.Stats().Evaluated)
	}
	decision.Use(decision.Owned{})
	loaded = ""
	if warns() {
		t.Error("the table was taken away and still warns")
	}
}

// A node that has no site of its own yet is not an error; its first site's
// patients are evaluated.
func TestBeforeTheFirstSite(t *testing.T) {
	ctx := context.Background()
	h := &house{t: t, now: time.Date(2026, 11, 22, 15, 24, 0, 0, time.UTC)}
	var err error
	if h.store, err = store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "n.db")}); err != nil {
		t.Fatal(err)
	}
	if h.records, err = record.New(ctx, h.store, record.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.down)
	h.begin()
	if err := h.k.Settle(ctx); err != nil {
		t.Errorf("without a site: %v", err)
	}
	if _, ok, err := h.k.Now(ctx, "maple", "ana"); ok || err != nil {
		t.Errorf("asked without a site: %v %v", ok, err)
	}
	h.k.CatchUp(ctx, "maple", 5)
	if h.k.Fresh("maple").Ready || h.k.Idle() {
		t.Error("it says that it knows all")
	}
	if _, err := h.records.PutSite(ctx, record.Site{Slug: "maple", Name: "Maple Street", State: "OH", Zone: "America/New_York", Local: true}); err != nil {
		t.Fatal(err)
	}
	h.write("maple", patient("ana", ""))
	h.row("maple", "ana")
	if !h.k.Fresh("maple").Ready {
		t.Error("with a site it is not ready")
	}
}
