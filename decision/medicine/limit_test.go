package medicine

import (
	"testing"

	"wholechart/chart"
	"wholechart/decision/rule"
)

func TestDoseLimit(t *testing.T) {
	verapamil := takes("Verapamil 120 mg tablet", lakeside)
	for _, c := range []struct {
		statin, sig string
		with        chart.Medicine
		id          string
		want        rule.Level
	}{
		{"Simvastatin 10 mg tablet", "1 tablet every evening", verapamil, "ddi-simvastatin-limit", rule.Notice},
		{"Simvastatin 10 mg tablet", "1 tablet twice a day", verapamil, "ddi-simvastatin-limit", rule.Interrupt},
		{"Simvastatin 20 mg tablet", "1 tablet every evening", verapamil, "ddi-simvastatin-limit", rule.Interrupt},
		{"Simvastatin tablet", "", verapamil, "ddi-simvastatin-limit", rule.Interrupt},
		{"Simvastatin 10 MG / ezetimibe 10 MG Oral Tablet", "", verapamil, "ddi-simvastatin-limit", rule.Interrupt}, // of two strengths none is sure
		{"Simvastatin 20 mg tablet", "", takes("Amiodarone 200 mg tablet", maple), "ddi-simvastatin-limit", rule.Notice},
		{"Simvastatin 40 mg tablet", "", takes("Amiodarone 200 mg tablet", maple), "ddi-simvastatin-limit", rule.Interrupt},
		{"Simvastatin 20 mg tablet", "", takes("Amlodipine 5 mg tablet", maple), "ddi-simvastatin-amlodipine", rule.Quiet},
		{"Simvastatin 40 mg tablet", "", takes("Amlodipine 5 mg tablet", maple), "ddi-simvastatin-amlodipine", rule.Notice},
		{"Simvastatin 10 mg tablet", "", takes("Fluconazole 150 mg tablet", maple), "ddi-simvastatin-limit", rule.Interrupt}, // no limit is set
	} {
		a := Check(rule.Input{Chart: with(c.with), Now: now, Drafts: []rule.Draft{{ID: "1", Kind: rule.DraftMedicine, Name: c.statin, Sig: c.sig}}})
		if card := find(a, c.id); card == nil || card.Level != c.want {
			t.Errorf("%s, %s with %s: %s, want %s", c.statin, c.sig, c.with.Name, ids(a), c.want)
		}
		// The same for the other way round, the statin taken.
		m := takes(c.statin, lakeside)
		m.Sig = c.sig
		a = ask(with(m), c.with.Name)
		if card := find(a, c.id); card == nil || card.Level != c.want {
			t.Errorf("%s drafted with %s: %s, want %s", c.with.Name, c.statin, ids(a), c.want)
		}
	}
	for text, want := range map[string]float64{"10 mg": 10, "Simvastatin 20MG": 20, "1,000 mg": 1000, "10 mg 20 mg": 0, "none": 0, "mg": 0, "5 mcg": 0} {
		if got := milligrams(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for id, l := range limits {
		for a, with := range l {
			for b := range with {
				if find(ask(with2(b), a), id) == nil {
					t.Errorf("%s has a limit for %s with %s and does not speak", id, a, b)
				}
			}
		}
	}
}

func with2(b string) *chart.Chart { return with(takes(b, maple)) }
