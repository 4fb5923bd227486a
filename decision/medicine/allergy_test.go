package medicine

import (
	"slices"
	"strings"
	"testing"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
	"wholechart/fhir"
)

func allergy(to string, more ...func(*chart.Allergy)) chart.Allergy {
	a := chart.Allergy{Substance: to, Category: "medication", Clinical: "active", Prov: chart.Prov{Source: lakeside, Type: "AllergyIntolerance", ID: to}}
	for _, f := range more {
		f(&a)
	}
	return a
}

func severe(a *chart.Allergy) {
	a.Severe, a.Severity, a.Reactions = true, "severe", []string{"Anaphylaxis"}
}
func intolerance(a *chart.Allergy) { a.Type, a.Reactions = "intolerance", []string{"Nausea"} }
func swelling(a *chart.Allergy)    { a.Reactions = []string{"Swelling of the lips"} }
func platelets(a *chart.Allergy)   { a.Reactions = []string{"Thrombocytopenia"} }

func allergicChart(list ...chart.Allergy) *chart.Chart {
	c := with()
	c.Allergies.Items = list
	return c
}

func TestAllergies(t *testing.T) {
	for _, c := range []struct {
		a     chart.Allergy
		draft string
		rule  string
		level rule.Level
	}{
		{allergy("Penicillin"), "Amoxicillin 500 mg capsule", "allergy-direct", rule.Interrupt},
		{allergy("Allergy to penicillin (disorder)"), "amoxicillin / clavulanate", "allergy-direct", rule.Interrupt},
		{allergy("PCN"), "piperacillin-tazobactam", "allergy-direct", rule.Interrupt},
		{allergy("Amoxicillin"), "Penicillin V 500 mg tablet", "allergy-penicillin", rule.Interrupt},
		{allergy("Amoxicillin"), "Cephalexin 500 mg capsule", "allergy-side-chain", rule.Interrupt},
		{allergy("Penicillin", severe), "Cephalexin 500 mg capsule", "allergy-penicillin-cephalosporin-like", rule.Notice},
		{allergy("Penicillin", severe), "Cefazolin 1 g injection", "allergy-penicillin-cephalosporin", rule.Quiet},
		{allergy("Penicillin"), "Cefoxitin", "allergy-penicillin-cefoxitin", rule.Notice},
		{allergy("Enoxaparin"), "Fondaparinux", "allergy-heparin-fondaparinux", rule.Quiet},
		{allergy("Enoxaparin"), "Heparin", "allergy-heparin", rule.Notice},
		{allergy("Heparin", platelets), "Enoxaparin", "allergy-heparin-thrombocytopenia", rule.Interrupt},
		{allergy("Heparin", platelets), "Fondaparinux", "allergy-heparin-fondaparinux", rule.Quiet},
		{allergy("Carbamazepine", severe), "Lamotrigine", "allergy-anticonvulsant-lamotrigine", rule.Notice},
		{allergy("Penicillin"), "Meropenem 1 g injection", "allergy-penicillin-carbapenem", rule.Quiet},
		{allergy("Ceftriaxone"), "Cefotaxime", "allergy-methoxyimino", rule.Interrupt},
		{allergy("Ceftriaxone"), "Cefazolin", "allergy-cephalosporin-cephalosporin", rule.Notice},
		{allergy("Ceftriaxone"), "Penicillin V", "allergy-cephalosporin-penicillin", rule.Quiet},
		{allergy("Ceftazidime"), "Aztreonam", "allergy-ceftazidime-aztreonam", rule.Interrupt},
		{allergy("Sulfa drugs"), "Bactrim DS", "allergy-direct", rule.Interrupt},
		{allergy("Bactrim"), "Sulfadiazine", "allergy-sulfonamide", rule.Interrupt},
		{allergy("Sulfa"), "Furosemide 40 mg tablet", "allergy-sulfonamide-other", rule.Quiet},
		{allergy("Sulfa"), "Silver sulfadiazine 1 % topical cream", "allergy-direct", rule.Interrupt},
		{allergy("Aspirin"), "Ibuprofen 400 mg tablet", "allergy-cox1", rule.Notice},
		{allergy("Aspirin", severe), "Ibuprofen 400 mg tablet", "allergy-cox1", rule.Interrupt},
		{allergy("NSAIDs"), "Celecoxib", "allergy-cox2", rule.Quiet},
		{allergy("NSAIDs", severe), "Celecoxib", "allergy-cox2", rule.Notice},
		{allergy("NSAIDs", severe), "Naproxen", "allergy-direct", rule.Interrupt},
		{allergy("Codeine"), "Morphine", "allergy-opioid-phenanthrene", rule.Notice},
		{allergy("Codeine", severe), "Hydrocodone / acetaminophen", "allergy-opioid-phenanthrene", rule.Interrupt},
		{allergy("Codeine", severe), "Fentanyl", "", 0},
		{allergy("Codeine", intolerance), "Codeine", "allergy-direct", rule.Notice},
		{allergy("Procaine"), "Tetracaine", "allergy-local-ester", rule.Interrupt},
		{allergy("Procaine"), "Lidocaine", "", 0},
		{allergy("Lisinopril", swelling), "Enalapril", "allergy-ace", rule.Interrupt},
		{allergy("Lisinopril", swelling), "Losartan", "allergy-ace-arb", rule.Quiet},
		{allergy("Lisinopril", swelling), "Entresto", "allergy-ace-sacubitril", rule.Interrupt},
		{allergy("Lisinopril"), "Losartan", "", 0},
		{allergy("Carbamazepine", severe), "Phenytoin", "allergy-anticonvulsant", rule.Interrupt},
		{allergy("Iodinated contrast", severe), "Iohexol", "allergy-direct", rule.Interrupt},
		{allergy("Iohexol"), "Iopamidol", "allergy-iodinated", rule.Notice},
		{allergy("Gadobutrol", severe), "Gadoterate", "allergy-gadolinium", rule.Interrupt},
		{allergy("Erythromycin"), "Azithromycin", "allergy-macrolide", rule.Notice},
		{allergy("Latex", func(a *chart.Allergy) { a.Category = "environment" }), "Warfarin", "", 0},
		{allergy("Peanut"), "Warfarin", "", 0},
		{allergy("Penicillin", func(a *chart.Allergy) { a.Clinical = "resolved" }), "Amoxicillin", "", 0},
		{allergy("Penicillin", func(a *chart.Allergy) { a.Verification = "refuted" }), "Amoxicillin", "", 0},
		{allergy("Warfarin"), "Senna", "", 0},
	} {
		a := ask(allergicChart(c.a), c.draft)
		wellFormed(t, a)
		if c.rule == "" {
			if len(a.Cards) > 0 {
				t.Errorf("%s, %s: %s", c.a.Substance, c.draft, ids(a))
			}
			continue
		}
		card := find(a, c.rule)
		if card == nil || card.Level != c.level || len(a.Cards) != 1 {
			t.Errorf("%s, %s: %s, want %s %s", c.a.Substance, c.draft, ids(a), c.rule, c.level)
			continue
		}
		if len(c.a.Reactions) > 0 && !slices.ContainsFunc(card.Facts, func(e rule.Evidence) bool { return strings.Contains(e.Text, c.a.Reactions[0]) }) {
			t.Errorf("%s: the reaction is not shown: %+v", c.draft, card.Facts)
		}
		for _, g := range a.Gaps {
			if g.Check == string(rule.Allergy) {
				t.Errorf("%s: %s", c.a.Substance, g.Why)
			}
		}
	}
}

// Every likeness has a positive case of its own and a negative one.
func TestEveryLikeness(t *testing.T) {
	for _, k := range likenesses {
		from, to := substance.Members(k.from), substance.Members(k.to)
		if to == nil {
			to = []string{k.to}
		}
		spoke := false
		for _, f := range from {
			for _, m := range to {
				al := allergy(f)
				if k.only != nil {
					swelling(&al)
					al.Reactions = append(al.Reactions, k.only[0])
				}
				if find(ask(allergicChart(al), m), k.rule.ID) != nil {
					spoke = true
				}
			}
			if a := ask(allergicChart(allergy(f)), "Senna"); len(a.Cards) > 0 && f != "senna" {
				t.Errorf("%s speaks of senna: %s", f, ids(a))
			}
		}
		if !spoke {
			t.Errorf("%s never speaks", k.rule.ID)
		}
	}
	for text, class := range groups {
		if substance.Members(class) == nil {
			t.Errorf("%s means no class %s", text, class)
		}
		if a := ask(allergicChart(allergy(text)), substance.Members(class)[0]); len(a.Cards) == 0 {
			t.Errorf("an allergy to %s does not speak of %s", text, substance.Members(class)[0])
		}
	}
}

func TestAllergyGaps(t *testing.T) {
	a := ask(allergicChart(allergy("the red syrup")), "Warfarin")
	if !slices.ContainsFunc(a.Gaps, func(g rule.Gap) bool { return strings.Contains(g.Why, "“the red syrup”") }) {
		t.Errorf("%+v", a.Gaps)
	}
	c := with()
	c.Allergies.State = chart.NotRecorded
	if a := ask(c, "Warfarin"); !slices.ContainsFunc(a.Gaps, func(g rule.Gap) bool { return strings.Contains(g.Why, "allergies are not recorded") }) {
		t.Errorf("%+v", a.Gaps)
	}
	coded := allergy("as coded", func(a *chart.Allergy) {
		a.Code = fhir.Coding{System: "http://snomed.info/sct", Code: "91936005", Display: "Allergy to penicillin"}
	})
	if a := ask(allergicChart(coded), "Amoxicillin"); find(a, "allergy-direct") == nil {
		t.Error("the code's words were not read")
	}
	rx := allergy("whatever it was", func(a *chart.Allergy) { a.Code = fhir.Coding{System: substance.RxNorm, Code: "723"} })
	if a := ask(allergicChart(rx), "Amoxicillin"); find(a, "allergy-direct") == nil {
		t.Error("the RxNorm code was not read")
	}
}

func TestTakenInSpite(t *testing.T) {
	c := with(takes("Amoxicillin 500 mg capsule", maple))
	c.Allergies.Items = []chart.Allergy{allergy("Penicillin", severe)}
	a := ask(c)
	if card := find(a, "allergy-direct"); card == nil || card.Level != rule.Notice || card.Draft != "" {
		t.Errorf("%+v", a.Cards)
	}
	wellFormed(t, a)
}
