package medicine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/medicine"
	"wholechart/decision/rule"
	"wholechart/demo"
	"wholechart/fhir"
)

var anchor = time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)

// whole assembles a person's record of all of the demo's sites, or of some, as
// a user of one site sees it.
func whole(t testing.TB, slug, own string, only ...string) *chart.Chart {
	t.Helper()
	var facts []chart.Fact
	for _, p := range demo.People() {
		if p.Slug != slug {
			continue
		}
		for _, v := range p.Home {
			if len(only) > 0 && !strings.Contains(strings.Join(only, " "), v.Site) {
				continue
			}
			facts = append(facts, factsOf(t, v, own)...)
		}
	}
	if len(facts) == 0 {
		t.Fatalf("nothing is said of %s", slug)
	}
	return chart.Assemble(slug, facts, anchor, time.UTC)
}

func factsOf(t testing.TB, v demo.Visit, own string) []chart.Fact {
	var facts []chart.Fact
	source := chart.Source{Slug: v.Site, Name: v.Site, Own: v.Site == own}
	about := `"Patient/` + v.Patient + `"`
	for _, b := range demo.Bundles(v.Site, anchor) {
		var bundle struct {
			Entry []struct{ Resource json.RawMessage }
		}
		if err := json.Unmarshal(b, &bundle); err != nil {
			t.Fatal(err)
		}
		for _, e := range bundle.Entry {
			if !strings.Contains(string(e.Resource), about) && !strings.Contains(string(e.Resource), `"id":"`+v.Patient+`"`) {
				continue
			}
			d, err := fhir.Parse(e.Resource)
			if err != nil {
				t.Fatal(err)
			}
			facts = append(facts, chart.Fact{Node: d.Root(), Version: "1", Updated: anchor, Source: source})
		}
	}
	return facts
}

func TestRosa(t *testing.T) {
	c := whole(t, "rosa", "maple")
	drafts := medicine.Drafts(c)
	if len(drafts) != 1 || !strings.Contains(drafts[0].Name, "Trimethoprim") {
		t.Fatalf("drafts: %+v", drafts)
	}
	a := medicine.Check(rule.Input{Chart: c, Drafts: drafts, Now: anchor})
	var loud []rule.Card
	for _, card := range a.Cards {
		t.Logf("%s %s: %s", card.Level, card.Rule.ID, card.Title)
		if card.Level == rule.Interrupt {
			loud = append(loud, card)
		}
	}
	if len(loud) != 1 {
		t.Fatalf("%d cards interrupt, want one", len(loud))
	}
	card := loud[0]
	if card.Rule.ID != "ddi-warfarin-tmpsmx" || card.Title != "Trimethoprim-sulfamethoxazole would interact with warfarin: bleeding" {
		t.Errorf("%s %q", card.Rule.ID, card.Title)
	}
	if len(card.Facts) != 2 || !card.Facts[0].New || card.Facts[1].Prov.Source.Slug != "lakeside" || !card.Facts[1].When.Known() || !strings.Contains(card.Facts[1].Text, "last filled 28 Oct 2026 at corner") {
		t.Errorf("facts: %+v", card.Facts)
	}
	if len(card.Choices) != 2 || card.Choices[0].Draft == nil || !strings.HasPrefix(card.Choices[0].Draft.Name, "Nitrofurantoin") || card.Choices[0].Draft.ID != drafts[0].ID || !card.Choices[1].Drop {
		t.Errorf("choices: %+v", card.Choices)
	}
	// What is put instead makes no card that interrupts, nor one of note.
	b := medicine.Check(rule.Input{Chart: c, Drafts: []rule.Draft{*card.Choices[0].Draft}, Now: anchor})
	for _, card := range b.Cards {
		if card.Level > rule.Quiet {
			t.Errorf("the alternative: %s", card.Title)
		}
	}
	// Maple's own chart alone does not know of warfarin: that is the story.
	alone := medicine.Check(rule.Input{Chart: whole(t, "rosa", "maple", "maple"), Drafts: drafts, Now: anchor})
	for _, card := range alone.Cards {
		if card.Level == rule.Interrupt {
			t.Errorf("from Maple's chart alone: %s", card.Title)
		}
	}
}

func TestPeopleOfTheDemo(t *testing.T) {
	for _, c := range []struct{ slug, own, want string }{
		{"walter", "maple", "ddi-digoxin-pgp ddi-warfarin-amiodarone ddi-raas-potassiumsparing ddi-raas-potassium ddi-potassium-sparing"},
		{"rosa", "maple", ""},
	} {
		a := medicine.Check(rule.Input{Chart: whole(t, c.slug, c.own), Now: anchor})
		got := map[string]bool{}
		for _, card := range a.Cards {
			t.Logf("%s: %s %s", c.slug, card.Level, card.Title)
			got[card.Rule.ID] = true
			if card.Draft != "" {
				t.Errorf("%s: no order was drafted", card.Title)
			}
		}
		for _, g := range a.Gaps {
			t.Logf("%s: gap: %s", c.slug, g.Why)
		}
		for _, w := range strings.Fields(c.want) {
			if !got[w] {
				t.Errorf("%s: no card of %s", c.slug, w)
			}
		}
	}
}

// Amara's rash came with amoxicillin; Rosa's anaphylaxis with a penicillin.
func TestAllergiesOfTheDemo(t *testing.T) {
	order := []rule.Draft{{ID: "1", Kind: rule.DraftMedicine, Name: "Amoxicillin 400 mg / 5 mL oral suspension"}}
	for _, slug := range []string{"amara", "rosa"} {
		a := medicine.Check(rule.Input{Chart: whole(t, slug, "maple"), Drafts: order, Now: anchor})
		n := 0
		for _, card := range a.Cards {
			if card.Rule.Kind == rule.Allergy {
				n++
				t.Logf("%s: %s %s; %s", slug, card.Level, card.Title, card.Facts[1].Text)
				if card.Level != rule.Interrupt {
					t.Errorf("%s: %s", slug, card.Level)
				}
			}
		}
		if n != 1 {
			t.Errorf("%s: %d cards of allergies", slug, n)
		}
	}
}
