package substance

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"wholechart/decision/internal/fact"
)

//go:embed newer.txt
var newerText string

// TestNewer holds that each medicine of newer.txt is known by each of its names, as
// prescriptions write them, and is of the classes that stand there.
func TestNewer(t *testing.T) {
	rows, names := fact.Rows(newerText, 5), 0
	for _, f := range rows {
		want := strings.Split(f[0], " + ")
		slices.Sort(want)
		for _, n := range append(fact.List(f[1]), strings.Join(want, " / "), strings.Join(want, " and ")) {
			names++
			for _, as := range []string{n, strings.ToUpper(n), n + " 10 MG Oral Tablet", "1 ML " + n + " 20 MG/ML Injection [" + n + "]", n + " 150 mg prefilled pen"} {
				if got, ok := Find(as, nil); !ok || !slices.Equal(nameList(got), want) {
					t.Errorf("%q reads as %v %v, want %v", as, nameList(got), ok, want)
				}
			}
		}
		got, _ := Find(strings.Join(want, " / "), nil)
		for _, c := range fact.List(f[3]) {
			if !Any(got, c) {
				t.Errorf("%s is not of %s", f[0], c)
			}
		}
		if f[2] < "2016" || f[2] > "2026" || !slices.Contains([]string{"fda", "bio", "press"}, f[4]) {
			t.Errorf("%s: year %q, source %q", f[0], f[2], f[4])
		}
	}
	if len(rows) < 350 || names < 1000 {
		t.Errorf("%d medicines, %d names", len(rows), names)
	}
}

func nameList(list []Substance) (out []string) {
	for _, s := range list {
		out = append(out, s.Name)
	}
	return out
}

// TestNewerStay are medicines that a practice meets and that were once unknown to every
// rule: each by a name that a prescription bears, its ingredients, and a class of which
// rules speak, "" for none.
func TestNewerStay(t *testing.T) {
	for _, c := range [][3]string{
		{"Rinvoq 15 mg extended-release tablet", "upadacitinib", "jak inhibitor"},
		{"Cibinqo 100 MG Oral Tablet", "abrocitinib", "jak inhibitor"},
		{"ritlecitinib 50 MG Oral Capsule [Litfulo]", "ritlecitinib", "jak inhibitor"},
		{"Leqselvi 8 mg tablet", "deuruxolitinib", "jak inhibitor"},
		{"Sotyktu 6 mg", "deucravacitinib", ""},
		{"Journavx 50 mg tablet", "suzetrigine", ""},
		{"Veozah 45 mg", "fezolinetant", ""},
		{"Lynkuet 60 mg capsule", "elinzanetant", ""},
		{"Zeposia 0.92 mg capsule", "ozanimod", "s1p modulator"},
		{"Ponvory 20 mg tablet", "ponesimod", "s1p modulator"},
		{"Velsipity 2 mg", "etrasimod", "s1p modulator"},
		{"Zurzuvae 50 mg capsule (zuranolone)", "zuranolone", ""},
		{"Cobenfy 100 mg/20 mg capsule", "trospium|xanomeline", "anticholinergic"},
		{"Camzyos 5 mg", "mavacamten", ""},
		{"Tezspire 210 mg/1.91 mL pen", "tezepelumab", ""},
		{"tezepelumab-ekko 110 MG/ML Injectable Solution", "tezepelumab", ""},
		{"Skyrizi 150 mg/mL pen", "risankizumab", ""},
		{"Ibsrela 50 mg tablet", "tenapanor", ""},
		{"Rezdiffra 80 mg", "resmetirom", ""},
		{"Orserdu 345 mg", "elacestrant", ""},
		{"Mounjaro 5 mg/0.5 mL", "tirzepatide", "glp-1 agonist"},
		{"Zepbound 2.5 mg pen", "tirzepatide", "glp-1 agonist"},
		{"Rybelsus 7 mg tablet", "semaglutide", "glp-1 agonist"},
		{"Foundayo 12 mg tablet", "orforglipron", "glp-1 agonist"},
		{"Inpefa 200 mg", "sotagliflozin", "sglt2 inhibitor"},
		{"Brenzavvy 20 mg tablet", "bexagliflozin", "sglt2 inhibitor"},
		{"Awiqli 700 unit/mL pen", "insulin icodec", "basal insulin"},
		{"Ubrelvy 100 mg tablet", "ubrogepant", ""},
		{"Nurtec ODT 75 mg", "rimegepant", ""},
		{"Qulipta 60 mg", "atogepant", ""},
		{"Zavzpret 10 mg nasal spray", "zavegepant", ""},
		{"Dayvigo 5 mg", "lemborexant", "orexin antagonist"},
		{"Quviviq 25 mg", "daridorexant", "orexin antagonist"},
		{"Paxlovid 300 mg/100 mg dose pack", "nirmatrelvir|ritonavir", "cyp3a4 strong inhibitor"},
		{"Sunlenca 300 mg tablet", "lenacapavir", ""},
		{"Yeztugo 463.5 mg/1.5 mL injection", "lenacapavir", ""},
		{"Rukobia 600 mg", "fostemsavir", ""},
		{"Cabenuva 600 mg/900 mg kit", "cabotegravir|rilpivirine", ""},
		{"Auvelity 45 mg/105 mg tablet", "bupropion|dextromethorphan", "bupropion"},
		{"Exxua 18.2 mg tablet", "gepirone", "serotonergic antidepressant"},
		{"Caplyta 42 mg", "lumateperone", "antipsychotic"},
		{"Lybalvi 10 mg/10 mg tablet", "olanzapine|samidorphan", "opioid blocker"},
		{"Verquvo 5 mg", "vericiguat", "guanylate cyclase stimulator"},
		{"Kerendia 10 mg", "finerenone", "potassium-sparing"},
		{"Nexletol 180 mg", "bempedoic acid", ""},
		{"Leqvio 284 mg/1.5 mL", "inclisiran", ""},
		{"Orgovyx 120 mg", "relugolix", ""},
		{"Gemtesa 75 mg", "vibegron", ""},
		{"Korsuva 65 mcg/1.3 mL", "difelikefalin", ""},
		{"Livtencity 200 mg", "maribavir", ""},
		{"Brexafemme 150 mg", "ibrexafungerp", ""},
		{"Vivjoa 150 mg capsule", "oteseconazole", ""},
		{"Orlynvah tablet", "probenecid|sulopenem", "carbapenem"},
		{"Blujepa 750 mg", "gepotidacin", ""},
		{"Nuzolvence 3 g granules", "zoliflodacin", ""},
		{"Xcopri 100 mg", "cenobamate", ""},
		{"Qelbree 200 mg", "viloxazine", "other sympathomimetic"},
		{"Azstarys 39.2 mg/7.8 mg", "dexmethylphenidate|serdexmethylphenidate", "stimulant"},
		{"Nextstellis 3 mg/14.2 mg", "drospirenone|estetrol", "oestrogen"},
		{"Hadlima 40 mg/0.4 mL pen", "adalimumab", ""},
		{"ustekinumab-auub 45 MG/0.5 ML", "ustekinumab", ""},
	} {
		got, ok := Find(c[0], nil)
		if !ok || names(got) != c[1] || c[2] != "" && !Any(got, c[2]) {
			t.Errorf("%q: %s %v, want %s of class %q", c[0], names(got), ok, c[1], c[2])
		}
	}
}

// another are substances whose names begin or end as a class's member does and are
// something else all the same: salts that act by their metal, and tests.
var another = map[string]bool{
	"insulin aspart protamine": true, "insulin lispro protamine": true, "phentermine": true, "ethinyl estradiol": true, "technetium tc-99m etidronate": true,
	"iothalamate sodium i-125": true, "melphalan flufenamide": true, "procaine merethoxylline": true, "potassium aminosalicylate": true, "potassium perchlorate": true,
}

// TestNoMemberHides: an ingredient that is bound, split or given off in another way is
// the same ingredient; under a name of its own no rule would see it. Prezista was
// "darunavir ethanolate" once, and met no interaction.
func TestNoMemberHides(t *testing.T) {
	metals := []string{"calcium", "iron", "magnesium", "potassium", "zinc", "insulin"}
	for _, s := range load().list {
		if another[s.Name] || s.Of() != nil {
			continue
		}
		words := strings.Fields(s.Name)
		for i := 1; i < len(words); i++ {
			for _, part := range []string{strings.Join(words[:i], " "), strings.Join(words[i:], " ")} {
				m, ok := Known(part)
				if ok && m.Of() != nil && !slices.Contains(metals, part) {
					t.Errorf("%q is a name of its own, and %s is of class %s", s.Name, m.Name, m.Of()[0])
				}
			}
		}
	}
	for _, c := range [][3]string{
		{"Prezista 800 mg tablet", "darunavir", "hiv protease inhibitor"}, {"Symtuza", "cobicistat|darunavir|emtricitabine|tenofovir", "cyp3a4 strong inhibitor"},
		{"Edarbi 40 mg", "azilsartan", "arb"}, {"Horizant 600 mg", "gabapentin", "gabapentinoid"}, {"Aristada 882 mg", "aripiprazole", "antipsychotic"},
		{"Osmotic 24 HR nifedipine 30 MG Extended Release Oral Tablet", "nifedipine", "dihydropyridine calcium blocker"},
		{"Advair Diskus 250/50", "fluticasone|salmeterol", "long-acting beta agonist"}, {"Breo Ellipta", "fluticasone|vilanterol", "corticosteroid"},
		{"Trelegy", "fluticasone|umeclidinium|vilanterol", "long-acting muscarinic antagonist"}, {"ProAir HFA", "albuterol", "short-acting beta agonist"},
		{"Omnipaque 350", "iohexol", "iodinated contrast"}, {"Cartia XT 120 mg", "diltiazem", "non-dihydropyridine calcium blocker"},
		{"Tenoretic 50", "atenolol|chlorthalidone", "beta blocker"}, {"Nexlizet", "bempedoic acid|ezetimibe", ""}, {"Mayzent 2 mg", "siponimod", "s1p modulator"},
	} {
		got, ok := Find(c[0], nil)
		if !ok || names(got) != c[1] || c[2] != "" && !Any(got, c[2]) {
			t.Errorf("%q: %s %v, want %s of class %q", c[0], names(got), ok, c[1], c[2])
		}
	}
	for _, n := range []string{"Cold", "Compound", "PEG-3350", "Indium"} { // what is left of a brand may mean another thing
		if got, ok := Find(n, nil); ok && !strings.EqualFold(names(got), n) {
			t.Errorf("%q was taken for %s", n, names(got))
		}
	}
}
