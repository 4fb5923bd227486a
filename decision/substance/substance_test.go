package substance

import (
	"os"
	"slices"
	"strings"
	"testing"

	"wholechart/fhir"
)

func names(list []Substance) string {
	var out []string
	for _, s := range list {
		out = append(out, s.Name)
	}
	return strings.Join(out, "|")
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ name, code, want string }{
		{"Warfarin 5 mg tablet", "855332", "warfarin"},
		{"Coumadin", "", "warfarin"},
		{"Bactrim DS", "", "sulfamethoxazole|trimethoprim"},
		{"Trimethoprim-sulfamethoxazole 160/800 mg tablet", "", "sulfamethoxazole|trimethoprim"},
		{"Trimethoprim-sulfamethoxazole 160/800 mg tablet", "198335", "sulfamethoxazole|trimethoprim"},
		{"sulfamethoxazole 800 MG / trimethoprim 160 MG Oral Tablet", "", "sulfamethoxazole|trimethoprim"},
		{"TMP-SMX", "", "sulfamethoxazole|trimethoprim"},
		{"24 HR metoprolol succinate 100 MG Extended Release Oral Tablet [Toprol]", "", "metoprolol"},
		{"Hydrochlorothiazide 25 MG Oral Tablet", "", "hydrochlorothiazide"},
		{"Hydrochlorothiazide 25 MG", "316049", "hydrochlorothiazide"},
		{"Nitrofurantoin 100 mg capsule (macrocrystals / monohydrate)", "", "nitrofurantoin"},
		{"Amoxicillin 400 mg / 5 mL oral suspension", "", "amoxicillin"},
		{"Buprenorphine 8 mg / naloxone 2 mg sublingual tablet", "", "buprenorphine|naloxone"},
		{"Potassium chloride 20 mEq extended-release tablet", "", "potassium chloride"},
		{"Penicillin V Potassium 250 MG Oral Tablet", "", "penicillin v"},
		{"Lithium carbonate 300 mg capsule", "", "lithium"},
		{"Coumadin (warfarin)", "", "warfarin"},
		{"Tylenol (acetaminophen with codeine)", "", "acetaminophen|codeine"},
		{"{10 (acetaminophen 325 MG / diphenhydramine hydrochloride 12.5 MG Oral Tablet) / 20 (ibuprofen 200 MG Oral Tablet) } Pack", "", "acetaminophen|diphenhydramine|ibuprofen"},
		{"Prenatal vitamin with folic acid, tablet", "", "folic acid|multivitamin"},
		{"Norinyl 1+50 28 Day Pack", "", "mestranol|norethindrone"},
		{"5-fluorouracil 50 mg/mL injection", "", "fluorouracil"},
		{"  WARFARIN   SODIUM  5MG ", "", "warfarin"},
		{"lisinopril-hctz 20-12.5 mg", "", "hydrochlorothiazide|lisinopril"},
		{"Paracetamol 500 mg", "", "acetaminophen"},
		{"Carbamazepine[Tegretol]", "", "carbamazepine"},
		{"insulin human, isophane 70 UNT/ML / Regular Insulin, Human 30 UNT/ML Injectable Suspension [Humulin]", "", "insulin human|insulin isophane"},
	} {
		var codes []fhir.Coding
		if c.code != "" {
			codes = []fhir.Coding{{System: RxNorm, Code: c.code}}
		}
		got, ok := Find(c.name, codes)
		if !ok || names(got) != c.want {
			t.Errorf("%q %s: %q %v, want %q", c.name, c.code, names(got), ok, c.want)
		}
	}
}

func TestNeverGuesses(t *testing.T) {
	for _, name := range []string{"", "little white pill", "Warfarine", "Simvistatin 10 MG", "tablet", "50 mg", "wafarin 5 mg", "blood pressure tablet", "metoprolol-ish", "[", "(", "{}",
		"vitamin", "insulin glargine clinic", "aspirin or warfarin", "aspirin ibuprofen", "pak", "mini", "start", "U-100", "water pill", "warfarin clinic", "sulfa", "co", strings.Repeat("warfarin ", 500)} {
		if got, ok := Find(name, nil); ok {
			t.Errorf("%q was taken for %s", name, names(got))
		}
	}
	got, ok := Find("warfarin 5 mg / wonderdrug 3 mg", nil)
	if ok || names(got) != "warfarin" {
		t.Errorf("a part unknown: %q %v", names(got), ok)
	}
}

func TestCodeAndWords(t *testing.T) {
	// Synthea calls RxNorm 833036, hydrocodone with acetaminophen, captopril.
	r := Read("Captopril 25 MG Oral Tablet", []fhir.Coding{{System: RxNorm, Code: "833036"}})
	if !r.Disagree || names(r.Substances) != "acetaminophen|captopril|hydrocodone" || names(r.ByCode) != "acetaminophen|hydrocodone" {
		t.Errorf("%+v", r)
	}
	r = Read("Simvistatin 10 MG", []fhir.Coding{{System: RxNorm, Code: "316672"}})
	if r.Disagree || !r.Whole || names(r.Substances) != "simvastatin" {
		t.Errorf("%+v", r)
	}
	r = Read("blood thinner", []fhir.Coding{{System: "http://hl7.org/fhir/sid/ndc", Code: "00056017270", Display: "Coumadin 5 mg tablet"}})
	if !r.Whole || names(r.Substances) != "warfarin" {
		t.Errorf("%+v", r)
	}
	if s, ok := Known("warfarin"); !ok || s.RxCUI != "11289" {
		t.Errorf("%+v", s)
	}
}

func TestSynthea(t *testing.T) {
	text, err := os.ReadFile("testdata/synthea.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n, byWords := 0, 0
	for l := range strings.Lines(string(text)) {
		name, code, ok := strings.Cut(strings.TrimSpace(l), "\t")
		if !ok {
			t.Fatalf("bad line %q", l)
		}
		n++
		if got, ok := Find(name, []fhir.Coding{{System: RxNorm, Code: code, Display: name}}); !ok {
			t.Errorf("%q is not recognised: %s", name, names(got))
		}
		if _, ok := Find(name, nil); ok {
			byWords++
		} else if !slices.Contains([]string{"Simvistatin 10 MG"}, name) { // misspelt: by its code alone
			t.Errorf("%q is not recognised by its words", name)
		}
	}
	t.Logf("%d names, %d by words alone", n, byWords)
}

// TestWritten holds names as prescriptions write them, with devices, packs and brands.
func TestWritten(t *testing.T) {
	text, err := os.ReadFile("testdata/written.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for l := range strings.Lines(string(text)) {
		name, want, ok := strings.Cut(strings.TrimSpace(l), "\t")
		if !ok {
			continue
		}
		n++
		if got, whole := Find(name, nil); !whole || Join(got) != want {
			t.Errorf("%q: %s %v, want %s", name, Join(got), whole, want)
		}
	}
	if n < 250 {
		t.Errorf("%d names", n)
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"Warfarin 5 mg", "{1 (a / b) } Pack [x]", "a-b-c/d and e", "((((", "]][[", "nda020800 1 ml"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Find(s, nil)
		if ok && len(got) == 0 {
			t.Errorf("%q: known, yet nothing", s)
		}
		if !slices.IsSortedFunc(got, func(x, y Substance) int { return strings.Compare(x.Name, y.Name) }) {
			t.Errorf("%q: not sorted", s)
		}
		Route(s)
	})
}

func BenchmarkFind(b *testing.B) {
	codes := []fhir.Coding{{System: RxNorm, Code: "866436", Display: "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet"}}
	Find("x", nil)
	for b.Loop() {
		Find("24 HR metoprolol succinate 50 MG Extended Release Oral Tablet", codes)
	}
}
