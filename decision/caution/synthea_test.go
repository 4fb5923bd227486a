package caution

import (
	"archive/tar"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// What is said of orders of made-up patients: each medicine that somebody ordered,
// drafted on the last day of its record. Few interrupt.
func TestSynthea(t *testing.T) {
	const archive = "../../../shared/data/synthea-r4-617.tar.zst"
	file, err := os.Open(archive)
	if err != nil {
		t.Skip("no archive:", archive)
	}
	defer file.Close()
	z, err := zstd.NewReader(file, zstd.WithDecoderMaxWindow(1<<31), zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	limit := 60
	if testing.Short() {
		limit = 10
	}
	now := time.Date(2020, 6, 1, 12, 0, 0, 0, time.UTC) // near the archive's end
	seen, orders, levels, byRule := 0, 0, map[rule.Level]int{}, map[string]int{}
	for files := tar.NewReader(z); seen < limit; {
		h, err := files.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") || h.Size > 4<<20 {
			continue
		}
		body, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		d, err := fhir.Parse(body)
		if err != nil {
			continue
		}
		var facts []chart.Fact
		id := ""
		for e := range d.Root().Get("entry").Items() {
			r := e.Get("resource")
			if r.ResourceType() == "Patient" {
				id = r.ID()
			}
			facts = append(facts, chart.Fact{Node: r, Source: chart.Source{Slug: "synthea", Name: "Synthea", Own: true}})
		}
		if id == "" {
			continue
		}
		c := chart.Assemble(id, facts, now, time.UTC)
		if c.Patient.Deceased {
			continue
		}
		seen++
		for _, list := range [][]chart.Medicine{c.Medicines.Active, c.Medicines.Stopped} {
			for i := range list {
				m := &list[i]
				orders++
				a := Check(rule.Input{Chart: c, Now: now, Drafts: []rule.Draft{{ID: "d", Kind: rule.DraftMedicine, Name: m.Full, Codes: m.Codes, Sig: m.Sig, Route: m.Form}}})
				for _, card := range a.Cards {
					levels[card.Level]++
					byRule[card.Rule.ID+" "+card.Level.String()]++
				}
			}
		}
	}
	if seen == 0 || orders == 0 {
		t.Skip("the archive holds no living patient with medicines")
	}
	t.Logf("%d patients, %d orders: %v; %v", seen, orders, levels, byRule)
	if levels[rule.Interrupt]*100 > 5*orders {
		t.Errorf("%d of %d orders are interrupted", levels[rule.Interrupt], orders)
	}
}
