package api

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"wholechart/fhir"
)

// TestSynthea posts bundles of the archive as they are: each entry is stored,
// and the patient's $everything holds what the bundle said of her. SYNTHEA_BUNDLES
// says how many; the whole archive has 617.
func TestSynthea(t *testing.T) {
	f, err := os.Open("../../shared/data/synthea-r4-617.tar.zst")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("SKIPPED: the Synthea archive is not there")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(1<<31), zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	most := 6
	if s := os.Getenv("SYNTHEA_BUNDLES"); s != "" {
		most, _ = strconv.Atoi(s)
	}
	n := newNode(t)
	began, bundles, stored := time.Now(), 0, 0
	for files := tar.NewReader(z); bundles < most; {
		h, err := files.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") {
			continue
		}
		text, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		d, err := fhir.Parse(text)
		if err != nil {
			t.Fatalf("bundle %d: %v", bundles, err)
		}
		want := map[string]int{}
		entries := d.Root().Get("entry")
		for e := range entries.Items() {
			want[e.Get("resource").ResourceType()]++
		}
		r := n.maple("POST", "", string(text))
		if r.Status != 200 {
			t.Fatalf("bundle %d: %d %.800s", bundles, r.Status, r.Body)
		}
		got := r.node().Get("entry")
		if got.Len() != entries.Len() {
			t.Fatalf("bundle %d: %d entries answered of %d", bundles, got.Len(), entries.Len())
		}
		patient := ""
		for e := range got.Items() {
			if !strings.HasPrefix(e.Path("response", "status").Str(), "201") {
				t.Fatalf("bundle %d: %s", bundles, e.Raw())
			}
			if at, ok := strings.CutPrefix(e.Path("response", "location").Str(), "Patient/"); ok {
				patient, _, _ = strings.Cut(at, "/")
			}
			stored++
		}
		bundles++
		if patient == "" { // a bundle of hospitals or practitioners
			continue
		}
		have := map[string]int{}
		for next := "/Patient/" + patient + "/$everything?_count=700"; next != ""; {
			p := n.maple("GET", next, "").status(200)
			root := p.node()
			for e := range root.Get("entry").Items() {
				if e.Path("search", "mode").Is("match") {
					have[e.Get("resource").ResourceType()]++
				}
			}
			next = strings.TrimPrefix(p.link("next"), "https://node.example/maple/emr/fhir")
		}
		for typ, count := range want {
			if typ != "Organization" && typ != "Practitioner" && typ != "Location" && typ != "PractitionerRole" && typ != "Medication" && have[typ] != count {
				t.Errorf("bundle %d: %d of %d %s in $everything", bundles, have[typ], count, typ)
			}
		}
	}
	took := time.Since(began)
	t.Logf("%d bundles, %d resources, %.0f/s with $everything after each", bundles, stored, float64(stored)/took.Seconds())
}
