package book_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wholechart/decision"
	"wholechart/decision/internal/book"
)

const (
	folder = "../.."
	pages  = "../../../docs/decision"
)

// TestPagesAreCurrent: docs/decision is what the tables and cases say.
func TestPagesAreCurrent(t *testing.T) {
	want, err := book.Pages(folder, decision.Rules())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(pages, filepath.FromSlash(name)))
		if err != nil || string(got) != text {
			t.Errorf("docs/decision/%s is not current (%v): go generate ./decision", name, err)
		}
	}
	files, _ := filepath.Glob(filepath.Join(pages, "cases", "*.md"))
	for _, f := range files {
		if _, ok := want["cases/"+filepath.Base(f)]; !ok {
			t.Errorf("%s is of no area", f)
		}
	}
}

// TestEachRuleHasAPositiveANegativeAndABoundaryCase is the rule of issue 4.
func TestEachRuleHasAPositiveANegativeAndABoundaryCase(t *testing.T) {
	have := map[string]map[book.Kind]int{}
	total := 0
	for _, area := range book.Areas {
		all, err := book.Read(folder, area)
		if err != nil {
			t.Fatal(err)
		}
		total += len(all)
		for _, c := range all {
			if have[c.Rule] == nil {
				have[c.Rule] = map[book.Kind]int{}
			}
			have[c.Rule][c.Kind]++
		}
	}
	for _, r := range decision.Rules() {
		h := have[r.ID]
		// A boundary case is silent, so it is a negative one too; but one of each is wanted.
		if h[book.Positive] == 0 || h[book.Near] == 0 || h[book.Negative]+h[book.Near] < 2 {
			t.Errorf("%s: %d speak, %d are silent, %d at the boundary", r.ID, h[book.Positive], h[book.Negative], h[book.Near])
		}
	}
	if total < 3000 {
		t.Errorf("%d cases", total)
	}
	t.Logf("%d cases", total)
}

// TestVaccines: the drafted vaccines have cases that interrupt, that notice, that ask
// and that are silent, with pairs that differ in one thing.
func TestVaccines(t *testing.T) {
	all, err := book.Read(folder, "immunization")
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, c := range all {
		if len(c.Order) == 0 {
			continue
		}
		for _, w := range []string{"interrupt", "notice", "silent", "ask"} {
			if strings.Contains(c.Want, w) {
				n[w]++
			}
		}
		if c.Kind == book.Near {
			n["boundary"]++
		}
	}
	for _, w := range []string{"interrupt", "notice", "silent", "boundary"} {
		if n[w] < 2 {
			t.Errorf("%d drafted vaccines: %s (%v)", n[w], w, n)
		}
	}
}
