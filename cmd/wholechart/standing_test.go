package main

import (
	"context"
	"io"
	"path/filepath"
	"testing"

	"wholechart/decision"
	"wholechart/fhir"
	"wholechart/record"
)

// What is loaded while the node runs has every record looked at again.
func TestLoadedKnowledgeIsAskedAboutEverybody(t *testing.T) {
	t.Cleanup(func() { decision.Use(decision.Owned{}) })
	ctx := context.Background()
	n, err := openNode(ctx, filepath.Join(t.TempDir(), "n"), nodeOptions{make: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.close() })
	if _, err := n.records.PutSite(ctx, record.Site{Slug: "maple", Name: "Maple Street", State: "OH", Zone: "America/New_York", Local: true}); err != nil {
		t.Fatal(err)
	}
	put := func(text string) {
		t.Helper()
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		act := record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()}
		if _, err := n.system("maple", "test").Transact(ctx, []record.Act{act}); err != nil {
			t.Fatal(err)
		}
	}
	put(`{"resourceType":"Patient","id":"ana","name":[{"family":"Test"}],"birthDate":"1960-05-20"}`)
	for id, name := range map[string]string{"m": "metformin 500 mg", "l": "levothyroxine 50 mcg"} {
		put(`{"resourceType":"MedicationRequest","id":"` + id + `","status":"active","intent":"order","authoredOn":"2026-11-01","medicationCodeableConcept":{"text":"` + name + `"},"subject":{"reference":"Patient/ana"}}`)
	}
	k, err := n.keeper()
	if err != nil {
		t.Fatal(err)
	}
	warns := func() (found bool) {
		t.Helper()
		if err := k.Settle(ctx); err != nil {
			t.Fatal(err)
		}
		r, now, ok := k.Of("maple", "ana")
		if !ok || !now {
			t.Fatal("nothing is known of her")
		}
		for a := range r.Alerts() {
			found = found || a.Rule.ID == "acme-1"
		}
		return found
	}
	if warns() {
		t.Fatal("before it was loaded")
	}
	const table = "id,a,b,level,severity,danger,title,why,do,alternatives,after_a,after_b,citation,url,date,reviewed\n" +
		"acme-1,metformin,levothyroxine,interrupt,severe,a test,Metformin with levothyroxine,Made up for a test.,Nothing: it is a test.,,,,Handbook,,2026-05,\n"
	file := filepath.Join(t.TempDir(), "acme.csv")
	if err := writeFile(file, func(w io.Writer) error { _, err := io.WriteString(w, table); return err }); err != nil {
		t.Fatal(err)
	}
	load := knowledgeInteractions{about: about{Version: "2026.2", Date: "2026-05-01", Licence: "Acme 4711"}, Name: "Acme", File: file}
	if err := load.run(ctx, n, streams{out: io.Discard, err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	if !warns() {
		t.Error("loaded, and nobody is asked about it")
	}
	if err := (&knowledgeRemove{Name: "Acme"}).run(ctx, n, streams{out: io.Discard, err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	if warns() {
		t.Error("taken away, and it still warns")
	}
}
