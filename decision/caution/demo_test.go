package caution_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/caution"
	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
	"wholechart/demo"
	"wholechart/fhir"
)

var anchor = time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)

// whole assembles a person's record of all of the demo's sites.
func whole(t testing.TB, slug, own string) *chart.Chart {
	t.Helper()
	var facts []chart.Fact
	for _, p := range demo.People() {
		if p.Slug != slug {
			continue
		}
		for _, v := range p.Home {
			source := chart.Source{Slug: v.Site, Name: v.Site, Own: v.Site == own}
			for _, b := range demo.Bundles(v.Site, anchor) {
				var bundle struct {
					Entry []struct{ Resource json.RawMessage }
				}
				if err := json.Unmarshal(b, &bundle); err != nil {
					t.Fatal(err)
				}
				for _, e := range bundle.Entry {
					if text := string(e.Resource); !strings.Contains(text, `"Patient/`+v.Patient+`"`) && !strings.Contains(text, `"id":"`+v.Patient+`"`) {
						continue
					}
					d, err := fhir.Parse(e.Resource)
					if err != nil {
						t.Fatal(err)
					}
					facts = append(facts, chart.Fact{Node: d.Root(), Version: "1", Updated: anchor, Source: source})
				}
			}
		}
	}
	if len(facts) == 0 {
		t.Fatalf("nothing is said of %s", slug)
	}
	return chart.Assemble(slug, facts, anchor, time.UTC)
}

func said(t *testing.T, c *chart.Chart, drafts ...rule.Draft) (rule.Answer, map[string]rule.Card) {
	t.Helper()
	a := caution.Check(rule.Input{Chart: c, Drafts: drafts, Now: anchor})
	out := map[string]rule.Card{}
	for _, card := range a.Cards {
		out[card.Rule.ID] = card
	}
	t.Log(cases.Show(a))
	return a, out
}

// Walter: a potassium of 6.1 and an eGFR of 33, with lisinopril from one site,
// spironolactone and potassium from the other, and ibuprofen bought for the hip.
func TestWalter(t *testing.T) {
	c := whole(t, "walter", "maple")
	a, cards := said(t, c)
	for id, level := range map[string]rule.Level{"lab-spironolactone-potassium": rule.Interrupt, "lab-potassium-potassium": rule.Interrupt, "lab-raas-potassium": rule.Notice,
		"lab-digoxin-egfr-any": rule.Quiet} {
		if card, ok := cards[id]; !ok || card.Level != level {
			t.Errorf("%s: %v", id, card.Level)
		}
	}
	nsaid := 0
	for _, card := range a.Cards {
		if strings.Contains(card.Title, "NSAID") {
			nsaid++
			if text := cases.Say(card); card.Level != rule.Notice || !strings.Contains(text, "Heart failure") || !strings.Contains(text, "Potassium 6.1") || !strings.Contains(text, "eGFR 33") || !strings.Contains(text, "80 y") {
				t.Errorf("ibuprofen: %s", text)
			}
		}
		if card.Draft != "" {
			t.Errorf("%s: nothing was drafted", card.Title)
		}
	}
	if nsaid != 1 {
		t.Errorf("%d cards of one ibuprofen", nsaid)
	}
	if len(a.Cards) > 10 {
		t.Errorf("%d cards: nobody reads them", len(a.Cards))
	}
	// Memory loss: what he must not be given for a cold or for sleep.
	_, cards = said(t, c, rule.Draft{ID: "1", Kind: rule.DraftMedicine, Name: "Diphenhydramine 50 mg capsule"})
	if card := cards["cond-antichol-dementia"]; card.Level != rule.Notice || !strings.Contains(cases.Say(card), "Alzheimer") {
		t.Errorf("%+v", cards)
	}
	// His heart and kidneys: what he must not be given for the rhythm or the sugar.
	_, cards = said(t, c, rule.Draft{ID: "1", Kind: rule.DraftMedicine, Name: "Diltiazem 120 mg capsule"}, rule.Draft{ID: "2", Kind: rule.DraftMedicine, Name: "Metformin 500 mg tablet"},
		rule.Draft{ID: "3", Kind: rule.DraftMedicine, Name: "Pioglitazone 15 mg tablet"})
	for id, draft := range map[string]string{"cond-ndhp-hfref": "1", "lab-metformin-egfr45": "2", "cond-tzd-hf": "3"} {
		if cards[id].Draft != draft {
			t.Errorf("%s: %+v", id, cards[id])
		}
	}
}

// Rosa takes metformin with an eGFR of 52: nothing to say.
func TestRosa(t *testing.T) {
	a, _ := said(t, whole(t, "rosa", "maple"))
	for _, card := range a.Cards {
		if card.Level > rule.Quiet || strings.Contains(card.Title, "etformin") {
			t.Errorf("%s: %s", card.Level, card.Title)
		}
	}
}

// Nobody of the demo but Walter is interrupted by what they take.
func TestPeople(t *testing.T) {
	for _, p := range demo.People() {
		if p.Slug == "walter" {
			continue
		}
		for _, v := range p.Home {
			a := caution.Check(rule.Input{Chart: whole(t, p.Slug, v.Site), Now: anchor})
			for _, card := range a.Cards {
				if card.Level == rule.Interrupt {
					t.Errorf("%s: %s", p.Slug, cases.Say(card))
				}
			}
		}
	}
}
