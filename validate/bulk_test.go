package validate

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"wholechart/fhir"
)

// syntheaFiles are the bundles of the Synthea archive, unpacked where the
// environment says, or none.
func syntheaFiles(t testing.TB) []string {
	dir := os.Getenv("WHOLECHART_SYNTHEA")
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	if dir == "" || len(files) == 0 {
		t.Skip("WHOLECHART_SYNTHEA is not set to the unpacked Synthea R4 bundles")
	}
	return files
}

// Every resource of the 617 Synthea bundles is valid.
func TestSynthea(t *testing.T) {
	files := syntheaFiles(t)
	if testing.Short() {
		files = files[:min(20, len(files))]
	}
	var mu sync.Mutex
	resources, shown := 0, 0
	kinds := map[string]int{}
	work := make(chan string)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for name := range work {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Error(err)
					continue
				}
				d, err := fhir.Parse(data)
				if err != nil {
					t.Error(name, err)
					continue
				}
				for e := range d.Root().Get("entry").Items() {
					issues := Resource(e.Get("resource"), Options{Conditional: true})
					mu.Lock()
					resources++
					for _, i := range issues {
						kinds[i.Code+" "+i.Path+" "+i.Text]++
						if shown++; shown < 20 {
							t.Errorf("%s %s: %+v", filepath.Base(name), e.Get("resource").ID(), i)
						}
					}
					mu.Unlock()
				}
				if issues := Resource(d.Root(), Options{}); len(issues) > 0 && strings.HasSuffix(name, "0.json") {
					t.Errorf("%s as a Bundle: %+v", filepath.Base(name), issues[0])
				}
			}
		})
	}
	for _, f := range files {
		work <- f
	}
	close(work)
	wg.Wait()
	t.Logf("%d resources", resources)
	for k, n := range kinds {
		t.Logf("%6d %s", n, k)
	}
}
