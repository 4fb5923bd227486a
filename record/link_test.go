package record

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"wholechart/store"
)

// TestParting: whoever was linked with whom, saying that two records are two
// persons makes them two, splits their person in two and touches nobody else; said
// at once after they were linked, everybody is again who they were.
func TestParting(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { partings(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func partings(t *testing.T, rnd *rand.Rand) {
	r, ctx := node(t)
	at := now
	r.now = func() time.Time { at = at.Add(time.Second); return at }
	const n = 9
	var keys [n]store.Key
	for i := range n {
		put(t, r.system("a"), fmt.Sprintf(`{"resourceType":"Patient","id":"p%d"}`, i))
	}
	site, _ := r.Site("a")
	persons := func() (of [n]int64) {
		err := r.store.View(ctx, func(v *store.View) error {
			for i := range n {
				row, err := v.Get(site.No, "Patient", fmt.Sprintf("p%d", i))
				if err != nil {
					return err
				}
				keys[i] = row.Key
				l, err := v.PersonOf(row.Key)
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				of[i] = l.Person
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return of
	}
	same := func(of [n]int64, i, j int) bool { return i == j || of[i] != 0 && of[i] == of[j] }
	say := func(i, j int, state LinkState) {
		t.Helper()
		if err := r.system("a").SetLink(ctx, fmt.Sprintf("p%d", i), site, fmt.Sprintf("p%d", j), state, 1, "test"); err != nil {
			t.Fatal(err)
		}
	}
	for step := range 60 {
		i, j := rnd.IntN(n), rnd.IntN(n)
		if i == j {
			continue
		}
		was := persons()
		together := same(was, i, j)
		if !together {
			say(i, j, Linked)
			if rnd.IntN(3) > 0 {
				continue
			}
			if !same(persons(), i, j) {
				t.Fatalf("step %d: p%d and p%d are not linked", step, i, j)
			}
			if rnd.IntN(2) == 0 {
				i, j = j, i
			}
		}
		say(i, j, Apart)
		is := persons()
		if same(is, i, j) {
			t.Fatalf("step %d: p%d and p%d are still one: %v", step, i, j, is)
		}
		for x := range n {
			for y := range x {
				switch before, after := same(was, x, y), same(is, x, y); {
				case before == after:
				case !together: // linked and parted: as it was
					t.Fatalf("step %d: p%d and p%d linked and parted, and p%d with p%d is %t: %v, %v", step, i, j, x, y, after, was, is)
				case after:
					t.Fatalf("step %d: parting p%d and p%d linked p%d and p%d: %v, %v", step, i, j, x, y, was, is)
				case !same(was, x, i):
					t.Fatalf("step %d: parting p%d and p%d parted p%d and p%d: %v, %v", step, i, j, x, y, was, is)
				}
			}
			if together && same(was, x, i) && !same(is, x, i) && !same(is, x, j) {
				t.Fatalf("step %d: parting p%d and p%d left p%d alone: %v, %v", step, i, j, x, was, is)
			}
		}
	}
}
