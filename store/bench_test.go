package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"wholechart/fhir"
	"wholechart/search"
)

// A made-up patient's record: the Patient and n Observations of about 700
// bytes with 9 index rows each, values spread as in real records.
func made(r *rand.Rand, patient string, n int) (ids []string, out []*Prepared) {
	d, _ := fhir.Parse([]byte(`{"resourceType":"Patient","id":"` + patient + `","name":[{"family":"F` + patient[:4] + `"}],"gender":"female"}`))
	ids, out = append(ids, patient), append(out, Prepare(d.Root(), search.Extracted{Terms: []search.Term{
		{Path: 20, Value: []byte("f" + patient[:2])}, {Path: 21, Value: []byte("female")},
	}}))
	for range n {
		id := uuid(r)
		code := fmt.Sprintf("%d-%d", 1000+r.IntN(200), r.IntN(9))
		year := 1990 + r.IntN(30)
		body := fmt.Sprintf(`{"resourceType":"Observation","id":"%s","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory","display":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"%s","display":"Thing %s"}],"text":"Thing %s"},"subject":{"reference":"Patient/%s"},"encounter":{"reference":"Encounter/%s"},"effectiveDateTime":"%d-%02d-14T23:37:54+00:00","issued":"%d-10-14T23:37:54.530+00:00","valueQuantity":{"value":%f,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}`,
			id, code, code, code, patient, id, year, 1+r.IntN(12), year, r.Float64()*100)
		d, err := fhir.Parse([]byte(body))
		if err != nil {
			panic(err)
		}
		pat := search.Ref{Type: "Patient", ID: patient}
		out = append(out, Prepare(d.Root(), search.Extracted{Patient: &pat, Refs: []search.Ref{pat}, Terms: []search.Term{
			{Path: 1, Ref: &pat},
			{Path: 2, Value: []byte("http://loinc.org|" + code)}, {Path: 2, Value: []byte("|" + code)},
			{Path: 3, Value: []byte("laboratory")}, {Path: 4, Value: []byte("final")},
			{Path: 5, Value: binary.BigEndian.AppendUint64(nil, uint64(year)<<32|uint64(r.Uint32()))},
			{Path: 6, Value: binary.BigEndian.AppendUint64([]byte("cm"), r.Uint64())},
			{Path: 7, Value: []byte("thing " + code)},
		}}))
		ids = append(ids, id)
	}
	return ids, out
}

func uuid(r *rand.Rand) string {
	a, b := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48|0x8000, b&(1<<48-1))
}

func openBench(b *testing.B, dir string) *Store {
	s, err := Open(b.Context(), Options{Path: filepath.Join(dir, "store.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// load puts patients with n resources each, a closure a patient, two at once.
func load(b *testing.B, s *Store, patients, n int) (ids [][]string) {
	ids = make([][]string, patients)
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := w; i < patients; i += 3 {
				r := rand.New(rand.NewPCG(7, uint64(i)))
				var ps []*Prepared
				ids[i], ps = made(r, uuid(r), n)
				_, err := s.Update(context.Background(), func(tx *Tx) error {
					for k, p := range ps {
						if _, err := tx.Put(1, ids[i][k], p, PutOptions{}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return ids
}

func BenchmarkImport(b *testing.B) {
	s := openBench(b, b.TempDir())
	b.ResetTimer()
	load(b, s, max(1, b.N/301), 300)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "res/s")
}

// 16 clients, one resource a closure: what group commit gives.
func BenchmarkCreate(b *testing.B) {
	s := openBench(b, b.TempDir())
	ids := load(b, s, 20, 10)
	var at atomic.Int64
	b.ResetTimer()
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(9, uint64(w)))
			for at.Add(1) <= int64(b.N) {
				id, p := made(r, ids[w][0], 1)
				_, err := s.Update(context.Background(), func(tx *Tx) error {
					_, err := tx.Put(1, id[1], p[1], PutOptions{})
					return err
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "create/s")
}

func BenchmarkGet(b *testing.B) {
	s := openBench(b, b.TempDir())
	ids := load(b, s, 100, 300)
	b.ResetTimer()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		r := rand.New(rand.NewPCG(1, rand.Uint64()))
		for pb.Next() {
			p := ids[r.IntN(len(ids))]
			id := p[1+r.IntN(len(p)-1)]
			err := s.View(context.Background(), func(v *View) error {
				row, err := v.Get(1, "Observation", id)
				if err == nil && row.Resource() == nil {
					b.Error("no resource")
				}
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "read/s")
}
