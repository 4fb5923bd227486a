package prevention

import (
	"archive/tar"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"wholechart/chart"
	"wholechart/decision/internal/cases"
	"wholechart/fhir"
)

// Every rule has an answer with a reason for every made-up patient of the
// archive, and the living adults have something due.
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
	limit := 80
	if testing.Short() {
		limit = 10
	}
	now := time.Date(2020, 6, 1, 12, 0, 0, 0, time.UTC) // near the archive's end
	seen, dead, counts, took := 0, 0, map[string]int{}, time.Duration(0)
	byRule := map[string]int{}
	for files := tar.NewReader(z); seen < limit; {
		h, err := files.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") || h.Size > 8<<20 {
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
			facts = append(facts, chart.Fact{Node: r, Source: cases.Site(""), Updated: now})
		}
		if id == "" {
			continue
		}
		seen++
		c := chart.Assemble(id, facts, now, time.UTC)
		begun := time.Now()
		res := Evaluate(c, now)
		took += time.Since(begun)
		if c.Patient.Deceased {
			dead++
			if len(res.Items) != 0 {
				t.Error("something is due for the dead")
			}
			continue
		}
		if len(res.Items) != len(Rules()) {
			t.Errorf("%d items of %d rules", len(res.Items), len(Rules()))
		}
		for _, it := range res.Items {
			counts[it.Status.String()]++
			if it.Why == "" || it.Label == "" || it.Status == Unknown && it.Missing == "" {
				t.Errorf("%s: no reason: %+v", it.Rule.ID, it)
			}
			if it.Status == Overdue && it.Last == nil {
				t.Errorf("%s is overdue though nobody recorded it", it.Rule.ID)
			}
			if it.Status == Due || it.Status == Overdue {
				byRule[it.Rule.ID]++
			}
		}
	}
	if seen == 0 || counts["due"] == 0 || counts["done"] == 0 {
		t.Errorf("%d patients: %v", seen, counts)
	}
	t.Logf("%d patients, %d dead, %v; %v a patient; due or overdue by rule: %v", seen, dead, counts, took/time.Duration(max(seen, 1)), byRule)
}
