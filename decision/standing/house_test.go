package standing

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
)

const archive = "../../../shared/data/synthea-r4-617.tar.zst"

// house is a node of two own sites that knows a third of another node.
type house struct {
	t       testing.TB
	dir     string
	records *record.Records
	store   *store.Store
	now     time.Time
	k       *Keeper
}

func open(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 15, 24, 0, 0, time.UTC)}
	h.up()
	t.Cleanup(h.down)
	return h
}

func (h *house) up() {
	h.t.Helper()
	ctx := context.Background()
	var err error
	clock := func() time.Time { return h.now }
	if h.store, err = store.Open(ctx, store.Options{Path: filepath.Join(h.dir, "n.db"), Now: clock}); err != nil {
		h.t.Fatal(err)
	}
	if h.records, err = record.New(ctx, h.store, record.Options{Now: clock}); err != nil {
		h.t.Fatal(err)
	}
	for _, s := range []record.Site{{Slug: "maple", Name: "Maple Street", State: "OH", Zone: "America/New_York", Local: true}, {Slug: "river", Name: "Riverside", State: "PA", Zone: "America/New_York", Local: true}, {Slug: "far", Name: "Far", State: "CA", Zone: "America/Los_Angeles", Base: "https://far.example/far"}} {
		if _, err := h.records.PutSite(ctx, s); err != nil {
			h.t.Fatal(err)
		}
	}
	h.begin()
}

// begin makes a new Keeper over the same records, as after a kill: what the last
// one had not kept is lost.
func (h *house) begin() {
	h.t.Helper()
	var err error
	if h.k, err = New(Config{Records: h.records, Clock: func() time.Time { return h.now }}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) down() {
	if h.store != nil {
		h.records.Close()
		if _, err := h.store.VerifyAudit(context.Background()); err != nil {
			h.t.Error(err)
		}
		h.store.Close()
		h.store = nil
	}
}

func (h *house) system(site string) record.Session {
	return h.records.As(access.Actor{Kind: access.System, ID: "test", Site: site, Purpose: access.Operations}, access.EMR)
}

func (h *house) write(site string, texts ...string) {
	h.t.Helper()
	if err := h.try(site, texts...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) try(site string, texts ...string) error {
	var acts []record.Act
	for _, text := range texts {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			h.t.Fatal(err, text)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
	}
	_, err := h.system(site).Transact(context.Background(), acts)
	return err
}

func (h *house) settle() {
	h.t.Helper()
	if err := h.k.Settle(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// row is how a patient stands after the Keeper has settled.
func (h *house) row(site, patient string) Row {
	h.t.Helper()
	h.settle()
	r, now, ok := h.k.Of(site, patient)
	if !ok || !now {
		h.t.Fatalf("%s/%s: nothing is known (%v, %v)", site, patient, now, ok)
	}
	return r
}

// kept are all answers of a site as they are kept.
func (h *house) kept(site string) map[string]*Answer {
	h.t.Helper()
	out := map[string]*Answer{}
	for part := range record.KeptParts {
		list, err := h.system(site).KeptIn(context.Background(), name, part)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, k := range list {
			a, err := Decode(k.Body)
			if err != nil {
				h.t.Fatal(err)
			}
			out[k.Patient] = a
		}
	}
	return out
}

// scratch works out a patient's answer anew; nil when there is no such patient.
func (h *house) scratch(site, patient string) *Answer {
	h.t.Helper()
	s := h.k.session(site, access.EHR).Evaluating(true)
	r, err := chart.Take(context.Background(), s, patient, full...)
	var gone *record.Gone
	if errors.Is(err, record.ErrNotFound) || errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		h.t.Fatal(err)
	}
	a := Evaluate(r.At(h.now), h.now)
	b, err := a.Encode()
	if err != nil {
		h.t.Fatal(err)
	}
	if a, err = Decode(b); err != nil {
		h.t.Fatal(err)
	}
	return a
}

// synthea gives the bundles of the archive's first patients.
func synthea(t testing.TB, most int, f func(id string, entries []fhir.Node)) {
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
	seen := 0
	for files := tar.NewReader(z); seen < most; {
		h, err := files.Next()
		if err == io.EOF {
			return
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
			t.Fatal(err)
		}
		id := ""
		var entries []fhir.Node
		for e := range d.Root().Get("entry").Items() {
			if r := e.Get("resource"); r.ResourceType() == "Patient" {
				id = r.ID()
			}
			entries = append(entries, e)
		}
		if id == "" {
			continue
		}
		seen++
		f(id, entries)
	}
}

// load writes a bundle's resources at a site, under their own ids.
func (h *house) load(site string, entries []fhir.Node) {
	h.t.Helper()
	var acts []record.Act
	for _, e := range entries {
		r := e.Get("resource")
		acts = append(acts, record.Act{Op: record.Update, Type: r.ResourceType(), ID: r.ID(), Resource: r, FullURL: e.Get("fullUrl").Str()})
	}
	if _, err := h.system(site).Transact(context.Background(), acts); err != nil {
		h.t.Fatal(err)
	}
}
