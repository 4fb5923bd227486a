package test_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/imaging"
	"wholechart/decision/rule"
	"wholechart/decision/test"
	"wholechart/demo"
	"wholechart/fhir"
)

var anchor = time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)

// whole assembles a person's record of all of the demo's sites, or of some.
func whole(t testing.TB, slug, own string, only ...string) *chart.Chart {
	t.Helper()
	var facts []chart.Fact
	for _, p := range demo.People() {
		if p.Slug != slug {
			continue
		}
		for _, v := range p.Home {
			if len(only) == 0 || strings.Contains(strings.Join(only, " "), v.Site) {
				facts = append(facts, factsOf(t, v, own)...)
			}
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

func find(a rule.Answer, id string) *rule.Card {
	for i := range a.Cards {
		if a.Cards[i].Rule.ID == id {
			return &a.Cards[i]
		}
	}
	return nil
}

// Rosa's HbA1c was measured eight days ago.
func TestRosa(t *testing.T) {
	in := rule.Input{Chart: whole(t, "rosa", "maple"), Now: anchor, Drafts: []rule.Draft{{ID: "d", Kind: rule.DraftTest, Name: "Haemoglobin A1c", Codes: []fhir.Coding{{System: "http://loinc.org", Code: "4548-4"}}}}}
	a := test.Check(in)
	c := find(a, "repeat-hba1c")
	if len(a.Cards) != 1 || c == nil {
		t.Fatalf("%+v", a.Cards)
	}
	if c.Title != "HbA1c 7.9 % on 14 Nov 2026 at maple" || c.Why != "It stays valid for 90 days." || c.Do != "Use it; next useful from 12 Feb 2027." || c.Level != rule.Notice || c.Series == nil || len(c.Series.Points) < 20 ||
		len(c.Choices) != 1 || !c.Choices[0].Drop || c.Facts[1].Prov.Source.Slug != "maple" {
		t.Errorf("%s. %s %s %s %+v", c.Title, c.Why, c.Do, c.Level, c.Choices)
	}
	// The mammogram of Maple's own order is open; her CT of the chest is of April.
	in.Drafts = []rule.Draft{{ID: "m", Kind: rule.DraftImaging, Name: "Mammogram, screening breast", Modality: "MG", Region: "breast"}, {ID: "c", Kind: rule.DraftImaging, Name: "CT chest", Modality: "CT", Region: "chest", Contrast: "iodinated"}}
	a = test.Check(in)
	if c := find(a, "repeat-image-mammogram-screening"); c == nil || !strings.Contains(c.Title, "is ordered already") || len(a.Cards) != 1 {
		t.Errorf("%+v", a.Cards)
	}
	b := imaging.Check(in)
	for _, c := range b.Cards {
		t.Logf("%s %s: %s %s", c.Level, c.Rule.ID, c.Title, c.Why)
	}
}

// Grace's lipids were measured three weeks ago at Lakeside; Maple's own chart
// alone does not know it.
func TestGrace(t *testing.T) {
	drafts := []rule.Draft{{ID: "d", Kind: rule.DraftTest, Name: "Lipid panel", Codes: []fhir.Coding{{System: "http://loinc.org", Code: "24331-1"}}}}
	c := whole(t, "grace", "maple")
	for _, o := range c.Orders {
		if o.Status == "draft" {
			drafts[0].ID = o.Ref() // the order that she has in her chart
		}
	}
	a := test.Check(rule.Input{Chart: c, Now: anchor, Drafts: drafts})
	card := find(a, "repeat-panel-lipid")
	if len(a.Cards) != 1 || card == nil {
		t.Fatalf("%+v", a.Cards)
	}
	if card.Title != "Lipid panel on 1 Nov 2026 at lakeside" || card.Do != "Use it; next useful from 30 Jan 2027." || len(card.Facts) != 5 || card.Facts[1].Prov.Source.Slug != "lakeside" || card.Series == nil {
		t.Errorf("%s. %s %s %+v", card.Title, card.Why, card.Do, card.Facts)
	}
	alone := test.Check(rule.Input{Chart: whole(t, "grace", "maple", "maple"), Now: anchor, Drafts: drafts})
	if len(alone.Cards) != 0 {
		t.Errorf("from Maple's chart alone: %+v", alone.Cards)
	}
	// The TSH that came by two routes is one.
	drafts = []rule.Draft{{ID: "t", Kind: rule.DraftTest, Name: "TSH"}}
	a = test.Check(rule.Input{Chart: c, Now: anchor, Drafts: drafts})
	if len(a.Cards) != 1 || len(a.Cards[0].Facts) != 2 {
		t.Errorf("%+v", a.Cards)
	}
}

// Harold's abdomen was imaged two days ago at Riverside.
func TestHarold(t *testing.T) {
	in := rule.Input{Chart: whole(t, "harold", "maple"), Now: anchor, Drafts: []rule.Draft{{ID: "d", Kind: rule.DraftImaging, Name: "CT abdomen and pelvis", Modality: "CT", Region: "abdomen and pelvis", Contrast: "iodinated"}}}
	a := test.Check(in)
	c := find(a, "repeat-image-ct-abdomen")
	if len(a.Cards) != 1 || c == nil {
		t.Fatalf("%+v", a.Cards)
	}
	if c.Title != "CT abdomen with contrast on 20 Nov 2026 at riverside" || !strings.Contains(c.Why, "about 8 mSv") || !strings.Contains(c.Do, "abdomen, not pelvis") || !strings.Contains(c.Facts[1].Text+c.Facts[2].Text, "216 images at riverside") ||
		!strings.Contains(c.Facts[1].Text+c.Facts[2].Text, "9 mm solid nodule") {
		t.Errorf("%s. %s %s %+v", c.Title, c.Why, c.Do, c.Facts)
	}
	// A CT of the chest, which the nodule calls for, is no duplicate of 2024's.
	in.Drafts = []rule.Draft{{ID: "d", Kind: rule.DraftImaging, Name: "CT chest", Modality: "CT", Region: "chest", Contrast: "none", Reason: "Nodule"}}
	if a := test.Check(in); len(a.Cards) != 0 {
		t.Errorf("%+v", a.Cards)
	}
	// What is summed: the CTs of this year and of five.
	if c := find(imaging.Check(in), "imaging-radiation"); c == nil || c.Level != rule.Quiet || !strings.Contains(c.Why, "3 studies in five years, 1 in the last") {
		t.Errorf("%+v", c)
	}
}

// Yusuf's contrast reaction stands at two other sites.
func TestYusuf(t *testing.T) {
	in := rule.Input{Chart: whole(t, "yusuf", "riverside"), Now: anchor, Drafts: []rule.Draft{{ID: "d", Kind: rule.DraftImaging, Name: "CT abdomen and pelvis", Modality: "CT", Region: "abdomen and pelvis", Contrast: "iodinated"}}}
	c := find(imaging.Check(in), "imaging-contrast-allergy")
	if c == nil || c.Level != rule.Interrupt {
		t.Fatalf("%+v", c)
	}
	in.Drafts[0] = rule.Draft{ID: "d", Kind: rule.DraftImaging, Name: "CT head", Modality: "CT", Region: "head", Contrast: "none"}
	if c := find(imaging.Check(in), "imaging-contrast-allergy"); c != nil {
		t.Errorf("without contrast: %s", c.Title)
	}
}
