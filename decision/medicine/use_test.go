package medicine

import (
	"strings"
	"sync"
	"testing"

	"wholechart/decision/rule"
)

const ownTable = `id,a,b,level,severity,danger,title,why,do,alternatives,after_a,after_b,citation,url,date,reviewed
acme-1,metformin,senna,notice,moderate,a made-up danger,Metformin with senna,Made up for a test.,Nothing: it is a test.,,,,Acme handbook,,2026-05,
ddi-warfarin-tmpsmx,class:vitamin k antagonist,sulfamethoxazole,notice,severe,bleeding,Theirs in the place of ours,Made up for a test.,Nothing: it is a test.,,,,Acme handbook,,2026-05,2026-06-01
`

// TestUse: a node's own interactions speak beside ours, count as licensed and not
// ours, take the place of ours by their id, and go away again.
func TestUse(t *testing.T) {
	t.Cleanup(func() { Use(nil, nil) })
	c := with(takes("Metformin 500 mg tablet", lakeside), takes("Warfarin 5 mg tablet", lakeside))
	if find(ask(c, "Senna"), "acme-1") != nil {
		t.Fatal("it is there before it was loaded")
	}
	before := len(Rules())
	list, err := Load(strings.NewReader(ownTable))
	if err != nil {
		t.Fatal(err)
	}
	Use(list, []string{"Other body 2026"})
	if len(Rules()) != before+1 {
		t.Errorf("%d rules, %d before", len(Rules()), before)
	}
	a := ask(c, "Senna")
	card := find(a, "acme-1")
	if card == nil || !card.Rule.Licensed || card.Rule.State() != rule.Owned {
		t.Fatalf("%s %+v", ids(a), card)
	}
	said := false
	for _, g := range a.Gaps {
		said = said || strings.Contains(g.Why, "“Other body 2026” could not be loaded")
	}
	if !said {
		t.Errorf("what could not be loaded is not said: %v", a.Gaps)
	}
	if card := find(ask(c, "Sulfamethoxazole / trimethoprim"), "ddi-warfarin-tmpsmx"); card == nil || card.Level != rule.Notice || card.Rule.Checked != "" || card.Rule.Title != "Theirs in the place of ours" {
		t.Errorf("theirs does not take the place of ours: %+v", card)
	}
	Use(nil, nil)
	if find(ask(c, "Senna"), "acme-1") != nil || len(Rules()) != before {
		t.Error("taken away and still there")
	}
	if card := find(ask(c, "Sulfamethoxazole / trimethoprim"), "ddi-warfarin-tmpsmx"); card == nil || card.Level != rule.Interrupt {
		t.Error("ours is not back")
	}
}

// Who asks while knowledge changes gets the one answer or the other.
func TestUseWhileAsked(t *testing.T) {
	t.Cleanup(func() { Use(nil, nil) })
	list, err := Load(strings.NewReader(ownTable))
	if err != nil {
		t.Fatal(err)
	}
	c := with(takes("Warfarin 5 mg tablet", lakeside))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if find(ask(c, "Sulfamethoxazole / trimethoprim"), "ddi-warfarin-tmpsmx") == nil {
					t.Error("no card")
				}
			}
		})
	}
	for i := range 20 {
		if i%2 == 0 {
			Use(list, nil)
		} else {
			Use(nil, nil)
		}
	}
	wg.Wait()
}
