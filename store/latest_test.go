package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wholechart/search"
)

func numbered(t testing.TB, id string, n int64) *Prepared {
	return prepare(t, fmt.Sprintf(`{"resourceType":"Basic","id":"%s","language":"%d"}`, id, n), search.Extracted{})
}

// Readers beside writers never read from memory what is older than what was
// acknowledged, or than what a snapshot showed them, before they asked.
func TestLatestIsNotStale(t *testing.T) {
	s := open(t)
	ctx := context.Background()
	const names, writers, readers, rounds = 5, 3, 4, 150
	var acked [names]atomic.Int64 // versions
	var stop atomic.Bool
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(w)))
			for range rounds {
				i := rng.IntN(names)
				id := fmt.Sprint("r", i)
				p := numbered(t, id, rng.Int64N(1000))
				var row Row
				_, err := s.Update(ctx, func(tx *Tx) (err error) {
					switch rng.IntN(6) {
					case 0:
						var gone *ErrGone
						if row, err = tx.Delete(1, "Basic", id, PutOptions{}); errors.Is(err, ErrNotFound) || errors.As(err, &gone) {
							return nil
						}
					case 1: // a closure that fails leaves nothing behind, here neither
						tx.Put(1, id, p, PutOptions{IfVersion: AnyVersion})
						row = Row{}
						return errors.New("no")
					default:
						row, err = tx.Put(1, id, p, PutOptions{IfVersion: AnyVersion})
					}
					return err
				})
				if err != nil && err.Error() != "no" {
					t.Error(err)
					return
				}
				for have := acked[i].Load(); int64(row.Version) > have && !acked[i].CompareAndSwap(have, int64(row.Version)); {
					have = acked[i].Load()
				}
			}
		})
	}
	for r := range readers {
		reading.Go(func() {
			rng := rand.New(rand.NewPCG(2, uint64(r)))
			var seen [names]int64
			version := func(row Row, err error) int64 {
				var gone *ErrGone
				switch {
				case errors.As(err, &gone):
					return int64(gone.Version)
				case errors.Is(err, ErrNotFound):
					return 0
				case err != nil:
					t.Error(err)
				}
				return int64(row.Version)
			}
			for !stop.Load() {
				i := rng.IntN(names)
				id := fmt.Sprint("r", i)
				least := max(acked[i].Load(), seen[i])
				if rng.IntN(3) == 0 {
					s.View(ctx, func(v *View) error {
						least = max(least, version(v.Get(1, "Basic", id)))
						return nil
					})
				}
				row, text, err := s.Latest(ctx, 1, "Basic", id)
				got := version(row, err)
				if got < least {
					t.Errorf("version %d from memory after version %d was known", got, least)
				}
				if err == nil && !strings.Contains(string(text), fmt.Sprintf(`"versionId":"%d"`, got)) {
					t.Errorf("version %d with the text of another: %s", got, text)
				}
				seen[i] = got
				if rng.IntN(3) == 0 { // what a search shows is of its snapshot
					s.View(ctx, func(v *View) error {
						res, err := v.Search(Scope{Ranges: []KeyRange{SiteRange(1)}}, &search.Query{Type: "Basic", Count: names})
						if err != nil {
							t.Error(err)
						}
						for _, m := range res.Matches {
							same, err := v.Get(1, "Basic", m.ID)
							if err != nil || same.Version != m.Version || string(same.Resource()) != string(m.Resource()) || string(same.Body()) != string(m.Body()) {
								t.Errorf("%v: found %s, there is %s", err, m.Resource(), same.Resource())
							}
						}
						return nil
					})
				}
			}
		})
	}
	writing.Wait()
	stop.Store(true)
	reading.Wait()
	if len(s.latest.by) == 0 && s.latest.moment == 0 {
		t.Error("nothing was kept in memory")
	}
}

// What is kept stays within its bound, the least used goes first, and the text
// is what Row.Resource gives.
func TestLatestIsBounded(t *testing.T) {
	s := open(t)
	ctx := context.Background()
	const n = 50
	_, err := s.Update(ctx, func(tx *Tx) error {
		for i := range n {
			if _, err := tx.Put(1, fmt.Sprint("r", i), numbered(t, fmt.Sprint("r", i), int64(i)), PutOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.latest.max = 10 * (keptCost + 120)
	for i := range n {
		for _, id := range []string{"r0", fmt.Sprint("r", i)} {
			_, text, err := s.Latest(ctx, 1, "Basic", id)
			if err != nil {
				t.Fatal(err)
			}
			s.View(ctx, func(v *View) error {
				if row, err := v.Get(1, "Basic", id); err != nil || string(row.Resource()) != string(text) {
					t.Errorf("%v: %s is not %s", err, text, row.Resource())
				}
				return nil
			})
		}
	}
	size := 0
	for _, k := range s.latest.by {
		size += len(k.resource) + keptCost
	}
	if len(s.latest.by) < 5 || size != s.latest.size || size > s.latest.max {
		t.Errorf("%d kept, %d bytes, said to be %d, at most %d", len(s.latest.by), size, s.latest.size, s.latest.max)
	}
	for id, want := range map[string]bool{"r0": true, "r49": true, "r5": false} {
		name, _ := makeName("Basic", id)
		if have := s.latest.by[siteName{1, name}] != nil; have != want {
			t.Errorf("%s kept: %v", id, have)
		}
	}
	if _, _, err := s.Latest(ctx, 2, "Basic", "r0"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another site's: %v", err)
	}
	if _, _, err := s.Latest(ctx, 1, "Basic", "no such thing!"); !errors.Is(err, ErrNotFound) {
		t.Errorf("no name: %v", err)
	}
}

// What is read lately costs a look into memory.
func BenchmarkLatest(b *testing.B) {
	s := open(b)
	ctx := context.Background()
	if _, err := s.Update(ctx, func(tx *Tx) error {
		_, err := tx.Put(1, "r", numbered(b, "r", 1), PutOptions{})
		return err
	}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := s.Latest(ctx, 1, "Basic", "r"); err != nil {
			b.Fatal(err)
		}
	}
}
