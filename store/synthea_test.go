package store

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/search"
)

// BenchmarkSynthea loads the unpacked archive at WHOLECHART_SYNTHEA and asks
// what DESIGN.md's table asks. It says what the store alone can do.
func BenchmarkSynthea(b *testing.B) {
	dir := os.Getenv("WHOLECHART_SYNTHEA")
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	if len(files) == 0 {
		b.Skip("WHOLECHART_SYNTHEA names no unpacked archive")
	}
	s := openBench(b, b.TempDir())
	type entry struct {
		id string
		p  *Prepared
	}
	var busy [3]time.Duration // reading, extracting, preparing
	var mu sync.Mutex
	start := time.Now()
	total, terms := 0, 0
	work := make(chan string)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) + 1 {
		wg.Go(func() {
			for f := range work {
				t0 := time.Now()
				text, err := os.ReadFile(f)
				if err != nil {
					b.Error(err)
					return
				}
				d, err := fhir.Parse([]byte(text))
				if err != nil {
					b.Error(err)
					return
				}
				types := map[string]string{}
				for e := range d.Root().Get("entry").Items() {
					types[e.Get("fullUrl").Str()] = e.Get("resource").ResourceType()
				}
				var pairs []string
				for u, t := range types {
					pairs = append(pairs, `"`+u+`"`, `"`+t+`/`+strings.TrimPrefix(u, "urn:uuid:")+`"`)
				}
				if d, err = fhir.Parse([]byte(strings.NewReplacer(pairs...).Replace(string(text)))); err != nil {
					b.Error(err)
					return
				}
				var t [3]time.Duration
				t[0] = time.Since(t0)
				var es []entry
				n := 0
				for e := range d.Root().Get("entry").Items() {
					res := e.Get("resource")
					t1 := time.Now()
					ex, err := search.Extract(res)
					if err != nil {
						b.Error(err)
						return
					}
					n += len(ex.Terms)
					t2 := time.Now()
					es = append(es, entry{res.ID(), Prepare(res, ex)})
					t[1] += t2.Sub(t1)
					t[2] += time.Since(t2)
				}
				_, err = s.Update(context.Background(), func(tx *Tx) error {
					for _, e := range es {
						if _, err := tx.Put(1, e.id, e.p, PutOptions{IfVersion: AnyVersion}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Error(f, err)
				}
				mu.Lock()
				total += len(es)
				terms += n
				for i := range busy {
					busy[i] += t[i]
				}
				mu.Unlock()
			}
		})
	}
	limit := len(files)
	if testing.Short() {
		limit = min(limit, 100)
	}
	for _, f := range files[:limit] {
		work <- f
	}
	close(work)
	wg.Wait()
	took := time.Since(start)
	st, _ := os.Stat(s.opt.Path)
	b.Logf("%d resources, %.1f rows each, %.0f/s (read+parse %v, extract %v, prepare %v of goroutine time), %d MB on disk",
		total, float64(terms)/float64(total), float64(total)/took.Seconds(), busy[0], busy[1], busy[2], st.Size()>>20)
	var patients []string
	scope := Scope{Ranges: []KeyRange{SiteRange(1)}}
	view(b, s, func(v *View) error {
		res, err := v.Search(scope, &search.Query{Type: "Patient", Count: 500})
		for _, r := range res.Matches {
			patients = append(patients, r.ID)
		}
		return err
	})
	for _, text := range []string{
		"Patient?family=Ab", "Patient?name=smi", "Patient?_id=$p", "Patient?birthdate=1970", "Patient?_has:Observation:patient:code=2339-0", "Patient?gender=male&_sort=family",
		"Observation?code=8302-2", "Observation?code=8302-2&date=ge2015", "Observation?date=2015-03-04", "Observation?patient.family=Abbott", "Observation?patient.gender=female&code=8302-2",
		"Observation?patient=$p&category=laboratory&_sort=-date", "Observation?patient=$p&category=laboratory&_sort=-date&_include=Observation:encounter",
		"Observation?patient=$p&date=ge2015", "Observation?_sort=-date", "Observation?code=8302-2&_total=accurate", "Encounter?date=2015&_sort=-date", "Condition?code=http://snomed.info/sct|44054006",
		"Patient?_summary=count", "Observation?_summary=count", "Observation?status:not=final", "Encounter?practitioner.family=a&_sort=date",
	} {
		b.Run(text, func(b *testing.B) {
			typ, rest, _ := strings.Cut(text, "?")
			n := 0
			for i := 0; b.Loop(); i++ {
				vals, _ := url.ParseQuery(strings.ReplaceAll(rest, "$p", patients[i%len(patients)]))
				q, err := search.Parse(typ, vals, search.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.View(context.Background(), func(v *View) error {
					res, err := v.Search(scope, q)
					n += len(res.Matches)
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/float64(b.N), "hits")
		})
	}
	b.Run("everything", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if err := s.View(context.Background(), func(v *View) error {
				k, err := v.Key(1, "Patient", patients[i%len(patients)])
				if err != nil {
					return err
				}
				_, err = v.Range(PatientRange(k), nil, 0, 100000)
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
