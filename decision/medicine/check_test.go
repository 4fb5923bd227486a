package medicine

import (
	"slices"
	"strings"
	"testing"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

func TestRenewal(t *testing.T) {
	m := takes("Lisinopril 20 mg tablet", maple)
	m.Strength, m.Sig = "20 mg", "1 tablet every morning"
	c := with(m)
	d := rule.Draft{ID: "1", Kind: rule.DraftMedicine, Name: "Lisinopril 20 mg tablet", Sig: "1 tablet every  Morning"}
	say := func(d rule.Draft, c *chart.Chart) rule.Card {
		t.Helper()
		a := Check(rule.Input{Chart: c, Drafts: []rule.Draft{d}, Now: now})
		if len(a.Cards) != 1 || a.Cards[0].Rule.ID != "dup-ingredient" {
			t.Fatalf("%s", ids(a))
		}
		return a.Cards[0]
	}
	if got := say(d, c); got.Level != rule.Quiet || got.Title != "This renews lisinopril" {
		t.Errorf("%s %s", got.Level, got.Title)
	}
	other := d
	other.Name = "Lisinopril 10 mg tablet"
	if got := say(other, c); got.Level != rule.Notice || got.Title != "Lisinopril is taken already" {
		t.Errorf("another strength: %s %s", got.Level, got.Title)
	}
	other = d
	other.Sig = "2 tablets every morning"
	if got := say(other, c); got.Level != rule.Notice {
		t.Errorf("other directions: %s", got.Level)
	}
	m.Source, m.Outside = lakeside, true
	if got := say(d, with(m)); got.Level != rule.Notice {
		t.Errorf("another site's medicine is not renewed here: %s", got.Level)
	}
}

func TestMeantTogether(t *testing.T) {
	for _, pair := range [][2]string{{"Insulin glargine", "Insulin lispro"}, {"Aspirin 81 mg tablet", "Clopidogrel 75 mg tablet"}, {"Lisinopril", "Amlodipine"}, {"Salmeterol inhaler", "Albuterol inhaler"},
		{"Hydrochlorothiazide", "Furosemide"}, {"Metoprolol 50 mg tablet", "Timolol 0.5 % ophthalmic solution"}, {"Fluticasone nasal spray", "Prednisone 5 mg tablet"}, {"Metformin", "Glipizide"},
		{"Hydrocortisone 1 % cream", "Fluticasone 44 mcg inhaler"}, {"Levothyroxine", "Metformin"}, {"Metformin", "metformin / sitagliptin"}} {
		for _, c := range ask(with(takes(pair[0], maple)), pair[1]).Cards {
			if same := pair[1] == "metformin / sitagliptin"; c.Rule.Kind == rule.Duplicate != same {
				t.Errorf("%v: %s", pair, c.Title)
			}
		}
	}
	if a := ask(with(takes("Acetaminophen 325 MG / Hydrocodone Bitartrate 7.5 MG Oral Tablet", maple)), "Tylenol 500 mg"); find(a, "dup-ingredient") == nil || find(a, "dup-ingredient").Severity != "severe" {
		t.Errorf("acetaminophen twice: %s", ids(a))
	}
}

func TestGaps(t *testing.T) {
	c := with(takes("little white pill", maple), takes("Captopril 25 MG Oral Tablet", maple), took("Phenelzine 15 mg tablet", 0))
	c.Medicines.Active[1].Codes = []fhir.Coding{{System: "http://www.nlm.nih.gov/research/umls/rxnorm", Code: "833036"}}
	c.Medicines.Stopped[0].Ended = chart.When{}
	secret := &chart.Source{Slug: "newleaf", Name: "New Leaf Recovery"}
	c.Completeness.Sites = []chart.SiteAnswer{{Source: maple, State: chart.AnswerThis}, {Source: lakeside, State: chart.AnswerUnreachable}, {Source: secret, State: chart.AnswerWithheld}, {Source: secret, State: chart.AnswerRefused},
		{Source: &chart.Source{Name: "Slow"}, State: chart.AnswerAsking}, {Source: &chart.Source{Name: "Twin"}, State: chart.AnswerReview}}
	c.Cut = []chart.Cut{{Type: "MedicationRequest", Shown: 100, Of: 900}, {Type: "Observation", Shown: 1, Of: 2}}
	a := ask(c, "Wonderdrug 5 mg", "Warfarin / wonderdrug")
	var whys []string
	for _, g := range a.Gaps {
		whys = append(whys, g.Why)
		if strings.Contains(g.Why, "New Leaf") {
			t.Errorf("%s tells who withholds", g.Why)
		}
	}
	got := strings.Join(whys, "\n")
	for _, want := range []string{"“little white pill” could not be recognised", "“Wonderdrug 5 mg” could not be recognised", "a part of “Warfarin / wonderdrug”", "“Captopril 25 MG Oral Tablet” has a code that names another medicine",
		"when “Phenelzine 15 mg tablet” was stopped is not recorded", "Lakeside Cardiology could not be reached", "the record may not be shown in full", "Slow has not answered yet", "at Twin is the same", "only the newest 100 of 900 of MedicationRequest"} {
		if !strings.Contains(got, want) {
			t.Errorf("no gap %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Observation") || strings.Count(got, "may not be shown in full") != 1 {
		t.Errorf("gaps:\n%s", got)
	}
	if a := Check(rule.Input{Now: now, Drafts: drafts("Warfarin")}); len(a.Gaps) == 0 {
		t.Error("without a chart nothing is known, and that must be said")
	}
	if a := Check(rule.Input{Now: now, Chart: with()}); len(a.Gaps) == 0 {
		t.Error("no medicines recorded is not none")
	}
	if a := Check(rule.Input{Now: now, Chart: with(), Drafts: []rule.Draft{{ID: "1", Kind: rule.DraftTest, Name: "Warfarin level"}}}); len(a.Cards)+len(a.Ran)+len(a.Gaps) != 0 {
		t.Errorf("a test is no medicine: %+v", a)
	}
	// What was taken by both readings is checked.
	if a := ask(with(c.Medicines.Active[1]), "Naltrexone"); find(a, "ddi-naltrexone-opioid") == nil {
		t.Errorf("the code's ingredients were not checked: %s", ids(a))
	}
}

func TestOwnKnowledge(t *testing.T) {
	more, err := Load(strings.NewReader(header + "own-1,senna,loratadine,interrupt,severe,nothing,Ours,W.,D.,,,,Our pharmacy,,2026,\nddi-warfarin-tmpsmx,warfarin,sulfamethoxazole,quiet,severe,bleeding,Ours,W.,D.,,,,Our pharmacy,,2026,\n"))
	if err != nil {
		t.Fatal(err)
	}
	k := New(more...)
	in := rule.Input{Chart: with(takes("Senna 8.6 mg", maple), takes("Warfarin 5 mg", lakeside)), Drafts: drafts("Loratadine 10 mg", "Bactrim"), Now: now}
	a := k.Check(in)
	if find(a, "own-1") == nil || find(a, "ddi-warfarin-tmpsmx") == nil || find(a, "ddi-warfarin-tmpsmx").Level != rule.Quiet {
		t.Errorf("%s", ids(a))
	}
	if len(k.Rules()) != len(Rules())+1 {
		t.Errorf("%d rules", len(k.Rules()))
	}
}

// An override must hold through a refill and end with another prescription.
func TestKey(t *testing.T) {
	m := takes("Warfarin 5 mg", lakeside)
	key := func(m chart.Medicine) string { return ask(with(m), "Bactrim").Cards[0].Key }
	first := key(m)
	filled := m
	filled.LastFilled, filled.Fills = date(1), 3
	if key(filled) != first {
		t.Error("a refill made another key")
	}
	again := m
	again.ID = "another"
	stronger := m
	stronger.Strength = "10 mg"
	if key(again) == first || key(stronger) == first {
		t.Error("another prescription has the same key")
	}
	if strings.Contains(first, "warfarin@") || !strings.HasPrefix(first, "ddi-warfarin-tmpsmx:") {
		t.Errorf("key %s", first)
	}
	if !slices.ContainsFunc(ask(with(m), "Bactrim").Ran, func(s string) bool { return strings.Contains(s, "1 drafted against 1 active medicine") }) {
		t.Error("what ran is not said")
	}
}

func TestInhaledAndSkin(t *testing.T) {
	if a := ask(with(takes("Fluticasone 110 mcg inhaler", maple)), "Norvir"); find(a, "ddi-steroid-ritonavir") == nil {
		t.Errorf("an inhaled steroid with ritonavir: %s", ids(a))
	}
	if a := ask(with(takes("Selegiline 6 mg/24 hr transdermal patch", maple)), "Sertraline 50 mg"); find(a, "ddi-maoi-serotonergic") == nil {
		t.Errorf("a patch of selegiline: %s", ids(a))
	}
	if a := ask(with(takes("Ketoconazole 2 % shampoo", maple)), "Simvastatin 20 mg"); len(a.Cards) > 0 {
		t.Errorf("a shampoo: %s", ids(a))
	}
	if a := ask(with(takes("Miconazole vaginal cream", maple)), "Warfarin"); find(a, "ddi-warfarin-azole") == nil {
		t.Errorf("vaginal miconazole with warfarin: %s", ids(a))
	}
}

func TestRoutes(t *testing.T) {
	for _, c := range []struct {
		taken, draft, rule string
		speaks             bool
	}{
		{"Ketoconazole 200 mg tablet", "Midazolam 2 mg/mL oral syrup", "ddi-triazolam-cyp3a4", true},
		{"Ketoconazole 200 mg tablet", "Midazolam", "ddi-triazolam-cyp3a4", true},
		{"Ketoconazole 200 mg tablet", "Midazolam 1 mg/mL injection", "ddi-triazolam-cyp3a4", false},
		{"Warfarin 5 mg tablet", "Metronidazole 0.75 % vaginal gel", "ddi-warfarin-metronidazole", false},
		{"Warfarin 5 mg tablet", "Metronidazole 500 mg tablet", "ddi-warfarin-metronidazole", true},
		{"Warfarin 5 mg tablet", "Ketoconazole 2 % cream", "ddi-warfarin-azole", false},
		{"Carbamazepine 200 mg tablet", "NuvaRing vaginal ring", "ddi-contraceptive-inducer", true},
		{"Carbamazepine 200 mg tablet", "Mirena 52 MG Intrauterine System", "ddi-contraceptive-inducer", false},
		{"Sildenafil 50 mg tablet", "Nitroglycerin 0.4 MG/ACTUAT Mucosal Spray", "ddi-nitrate-pde5", true},
		{"Sildenafil 50 mg tablet", "Nitroglycerin 2 % ointment", "ddi-nitrate-pde5", true},
		{"Verapamil 120 mg tablet", "Timolol 0.5 % ophthalmic solution", "ddi-betablocker-calcium", false},
		{"Sumatriptan 20 mg nasal spray", "Phenelzine 15 mg tablet", "ddi-maoi-triptan", true},
	} {
		if got := find(ask(with(takes(c.taken, maple)), c.draft), c.rule) != nil; got != c.speaks {
			t.Errorf("%s with %s: %v", c.draft, c.taken, got)
		}
	}
}

func TestChoices(t *testing.T) {
	labels := func(a rule.Answer, id string) string {
		var out []string
		if c := find(a, id); c != nil {
			for _, ch := range c.Choices {
				out = append(out, ch.Label)
			}
		}
		return strings.Join(out, "; ")
	}
	draft := func(c *chart.Chart, name, reason string) rule.Answer {
		return Check(rule.Input{Chart: c, Now: now, Drafts: []rule.Draft{{ID: "1", Kind: rule.DraftMedicine, Name: name, Reason: reason}}})
	}
	warfarin := takes("Warfarin 5 mg tablet", lakeside)
	allergicToNitrofurantoin := with(warfarin)
	allergicToNitrofurantoin.Allergies.Items = []chart.Allergy{allergy("Nitrofurantoin")}
	penicillin := with(warfarin)
	penicillin.Allergies.Items = []chart.Allergy{allergy("Penicillin", severe)}
	for _, c := range []struct {
		chart              *chart.Chart
		name, reason, rule string
		want               string
	}{
		{with(warfarin), "Bactrim DS", "Acute cystitis", "ddi-warfarin-tmpsmx", "Order nitrofurantoin instead; Take Bactrim DS away"},
		{with(warfarin), "Bactrim DS", "", "ddi-warfarin-tmpsmx", "Take Bactrim DS away"},
		{with(warfarin), "Bactrim DS", "Cellulitis of the leg", "ddi-warfarin-tmpsmx", "Consider cephalexin instead; Take Bactrim DS away"},
		{penicillin, "Bactrim DS", "Cellulitis of the leg", "ddi-warfarin-tmpsmx", "Take Bactrim DS away"},
		{allergicToNitrofurantoin, "Bactrim DS", "Acute cystitis", "ddi-warfarin-tmpsmx", "Take Bactrim DS away"},
		{with(takes("Clarithromycin 500 mg tablet", maple)), "Simvastatin 20 mg tablet", "", "ddi-simvastatin-cyp3a4", "Consider pravastatin instead; Consider rosuvastatin instead; Take Simvastatin away"},
		{with(takes("Clarithromycin 500 mg tablet", maple), takes("Gemfibrozil 600 mg tablet", maple)), "Simvastatin 20 mg tablet", "", "ddi-simvastatin-cyp3a4", "Take Simvastatin away"},
		{with(takes("Simvastatin 20 mg tablet", maple)), "Clarithromycin 500 mg tablet", "", "ddi-simvastatin-cyp3a4", "Take Clarithromycin away"},
	} {
		if got := labels(draft(c.chart, c.name, c.reason), c.rule); got != c.want {
			t.Errorf("%s for %q: %q, want %q", c.name, c.reason, got, c.want)
		}
	}
}
