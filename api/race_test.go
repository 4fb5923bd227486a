package api

import (
	"fmt"
	"sync"
	"testing"
)

// at once runs f many times together and counts the statuses.
func atSameTime(n int, f func(i int) int) map[int]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[int]int{}
	for i := range n {
		wg.Go(func() {
			s := f(i)
			mu.Lock()
			defer mu.Unlock()
			seen[s]++
		})
	}
	wg.Wait()
	return seen
}

// TestWritersMeet: conditions and versions hold when many write together.
func TestWritersMeet(t *testing.T) {
	n := newNode(t)
	n.admin("maple")
	for round := range 5 {
		id := fmt.Sprint("r", round)
		made := atSameTime(16, func(int) int {
			return n.maple("POST", "/Patient", patient(id, "Once"), "If-None-Exist", "identifier=urn:mrn|"+id).Status
		})
		if made[201] != 1 || made[201]+made[200]+made[409] != 16 {
			t.Errorf("conditional creates together: %v", made)
		}
		if ids := n.maple("GET", "/Patient?identifier=urn:mrn%7C"+id, "").ids(""); len(ids) != 1 {
			t.Errorf("%d patients of one identifier", len(ids))
		}
		n.maple("PUT", "/Patient/"+id, patient(id, "One")).status(201)
		won := atSameTime(16, func(i int) int {
			return n.maple("PUT", "/Patient/"+id, patient(id, fmt.Sprint("Writer", i)), "If-Match", `W/"1"`).Status
		})
		if won[200] != 1 || won[412] != 15 {
			t.Errorf("updates of one version together: %v", won)
		}
	}
	mixed := atSameTime(24, func(i int) int {
		switch i % 4 {
		case 0:
			return n.maple("DELETE", "/Patient/r1", "").Status
		case 1:
			return n.maple("PUT", "/Patient/r1", patient("r1", fmt.Sprint("W", i))).Status
		case 2:
			return n.maple("GET", "/Patient/r1/$everything", "").Status
		}
		return n.maple("POST", "", bundleOf("transaction", [4]string{"PUT", "Patient/r1", patient("r1", fmt.Sprint("T", i))}, [4]string{"POST", "Observation", observation("x", "r1", "1", "2020")})).Status
	})
	for status := range mixed {
		if status >= 500 {
			t.Errorf("writers and readers together: %v", mixed)
		}
	}
}
