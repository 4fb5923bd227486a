package label

import "testing"

func TestRoute(t *testing.T) {
	for text, want := range map[string]string{"Warfarin 5 mg tablet": "oral", "Timolol 0.5 % ophthalmic solution": "eye", "24 HR nicotine 0.292 MG/HR Transdermal System": "transdermal",
		"Nitroglycerin 0.4 MG/ACTUAT Mucosal Spray": "oral", "Fluticasone nasal spray": "nasal", "Mirena 52 MG Intrauterine System": "intrauterine", "Etonogestrel 68 MG Drug Implant": "implanted",
		"Hydrocortisone 10 MG/ML Topical Cream": "topical", "1 ML morphine 5 MG/ML Injection": "injected", "200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler": "inhaled", "Warfarin": "", "Miconazole vaginal cream": "vaginal"} {
		if got := Route(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestBase(t *testing.T) {
	for name, want := range map[string]string{"warfarin sodium": "warfarin", "potassium chloride": "potassium chloride", "lithium carbonate": "lithium", "ferrous sulfate": "ferrous sulfate",
		"penicillin v potassium": "penicillin v", "vitamin a palmitate": "vitamin a", "metoprolol succinate": "metoprolol", "sodium chloride": "sodium chloride", "warfarin": "warfarin"} {
		if got := Base(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, w := range []string{"50", "1000", "160/800", "1+50", "25mg", "24hr", "0.15/30", "100unt/ml", "5mg/5ml", "12.5", "28-day", "%"} {
		if !number(w) {
			t.Errorf("%s is an amount", w)
		}
	}
	for _, w := range []string{"", "q10", "5-fluorouracil", "b12", "2b", "mg2"} {
		if number(w) {
			t.Errorf("%s is no amount", w)
		}
	}
}
