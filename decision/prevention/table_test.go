package prevention

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"wholechart/decision/rule"
	"wholechart/fhir"
)

func TestTable(t *testing.T) {
	prevention, checkups := 0, 0
	ids := map[string]bool{}
	for _, r := range Table() {
		id := r.Rule.ID
		if ids[id] {
			t.Errorf("%s twice", id)
		}
		ids[id] = true
		switch r.Rule.Kind {
		case rule.Prevention:
			prevention++
			if r.Grade != "A" && r.Grade != "B" {
				t.Errorf("%s: grade %q", id, r.Grade)
			}
			if !strings.HasPrefix(r.Rule.Citation, "USPSTF, ") || !strings.Contains(r.Rule.Citation, r.Rule.Date[:4]) {
				t.Errorf("%s: citation %q of %s", id, r.Rule.Citation, r.Rule.Date)
			}
		case rule.Checkup:
			checkups++
		default:
			t.Errorf("%s: kind %q", id, r.Rule.Kind)
		}
		if !regexp.MustCompile(`^\d{4}-\d{2}(-\d{2})?$`).MatchString(r.Rule.Date) || r.Rule.Date > "2026-11-23" {
			t.Errorf("%s: date %q", id, r.Rule.Date)
		}
		if _, err := time.Parse("2006-01", r.Rule.Date[:7]); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if !strings.HasPrefix(r.Rule.URL, "https://") || !strings.HasSuffix(r.Say, ".") || strings.Count(r.Say, ". ") > 1 {
			t.Errorf("%s: %q %q", id, r.Rule.URL, r.Say)
		}
		if r.Rule.Version == "" || r.Rule.Level != rule.Notice || len(r.For) == 0 || len(r.Done) == 0 || r.Name == "" {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if prevention < 50 || checkups < 40 || len(Rules()) != prevention+checkups {
		t.Errorf("%d preventive, %d checkups", prevention, checkups)
	}
}

// Every concept is used, and what the code asks for is there.
func TestConcepts(t *testing.T) {
	k := known()
	used := map[int]bool{}
	clauses := func(ls []line) {
		for _, l := range ls {
			for _, cs := range l {
				for _, c := range cs {
					used[c.concept] = true
				}
			}
		}
	}
	for _, e := range k.entries {
		clauses(e.from)
		clauses(e.not)
		for _, m := range e.done {
			used[m.concept] = true
			clauses([]line{m.cond})
		}
	}
	for _, id := range []string{"smoking-status", "tobacco-use", "tobacco-past", "pack-years", "quit-date", "pregnancy", "pregnancy-status", "due-date", "gestational-age",
		"delivery", "pregnancy-loss", "sexual-activity", "sexually-active", "contraceptive", "sti"} {
		i, ok := k.vocabulary.byID[id]
		if !ok {
			t.Errorf("the code asks for %s", id)
		}
		used[i] = true
	}
	shape := map[byte]*regexp.Regexp{'L': regexp.MustCompile(`^\d{1,6}-\d$`), 'S': regexp.MustCompile(`^\d{6,18}$`), 'C': regexp.MustCompile(`^\d{4}[0-9FTU]$`),
		'H': regexp.MustCompile(`^[A-Z]\d{4}$`), 'I': regexp.MustCompile(`^[A-Z]([0-9A-Z]{0,2})(\.[0-9A-Z]{1,4})?\*?$`)}
	for i, c := range k.vocabulary.concepts {
		if !used[i] {
			t.Errorf("no rule uses %s", c.id)
		}
		if len(c.codes)+len(c.words) == 0 {
			t.Errorf("%s has neither codes nor words", c.id)
		}
		for _, one := range c.codes {
			if !shape[one.system].MatchString(one.code) {
				t.Errorf("%s: no code of %c: %s", c.id, one.system, one.code)
			}
			if one.system == 'S' && !verhoeff(one.code) || one.system == 'L' && !luhn(one.code) {
				t.Errorf("%s: check digit of %s", c.id, one.code)
			}
		}
		for _, p := range c.words {
			for _, w := range p {
				if w != strings.ToLower(w) || strings.ContainsAny(w, "-/()'") {
					t.Errorf("%s: no name has the word %q", c.id, w)
				}
			}
		}
	}
}

// verhoeff checks the last digit of a SNOMED CT identifier.
func verhoeff(s string) bool {
	d := [10][10]byte{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
		{5, 9, 8, 7, 6, 0, 4, 3, 2, 1}, {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}}
	p := [8][10]byte{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}}
	for i := 2; i < 8; i++ {
		for j := range p[i] {
			p[i][j] = p[i-1][p[1][j]]
		}
	}
	var c byte
	for i := range len(s) {
		c = d[c][p[i%8][s[len(s)-1-i]-'0']]
	}
	return c == 0
}

// luhn checks the check digit of a LOINC code (mod 10).
func luhn(s string) bool {
	digits, check, _ := strings.Cut(s, "-")
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return (10-sum%10)%10 == int(check[0]-'0')
}

func TestTableRefuses(t *testing.T) {
	const concepts = "[x] an x\nloinc 1-8\nwords xray\n"
	const good = "[r]\ntitle t\nname n\nsay s.\nsource c\ndate 2020-01\nfor age 1-2 y\ndone x once\n"
	if _, err := load(concepts, good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"words x", "[x]\nwords ab", "[x] a\n[x] b", "[x] a\nsystem 1", "[x] a\nwords a", "[x] a\nloinc", "[x] a\nwords ab |", "[a b] c"} {
		if _, err := parseConcepts(bad); err == nil {
			t.Errorf("concepts %q", bad)
		}
	}
	for _, bad := range []string{"title t", "[r]\n", "[r]\n" + good[4:] + "colour red", good + good, good + "for age 5 y", good + "for age 1-2 weeks", good + "for has y", good + "for latest x = 3",
		good + "for latest x > high", good + "done x", good + "done y once", good + "done x every 10", good + "done x every 0 y", good + "done x every day", good + "done x once if", good + "not ",
		good + "done x once from age old", good + "order wish | loinc 1-8", good + "order laboratory X | loinc", good + "ask never", good + "for pack-years many", good + "for pregnant soon wk",
		good + "for within 1 y y", good + "for quit within long ago", good + "for bmi 25", good + "done x every 1 y if smoked"} {
		if _, err := load(concepts, bad); err == nil {
			t.Errorf("rules %q", bad)
		}
	}
}

func FuzzTables(f *testing.F) {
	f.Add("[x] an x\nloinc 1-8\nwords xray | ct. chest\nunless no. xray\nicd I1*", "[r]\ntitle t\nname n\nsay s.\nsource c\ndate 2020\nfor age 1-2 y; has x or takes x\nnot pregnant 3- wk\ndone x every 2 y if latest x >= 3 %\norder imaging X | cpt 1\n", "CT of the chest, xray")
	f.Add("[y] y\nwords zz.", "[", "\x00 zz")
	f.Fuzz(func(t *testing.T, concepts, rules, name string) {
		cs, err := parseConcepts(concepts)
		if err != nil {
			return
		}
		v := newVocabulary(cs)
		for _, m := range v.find([]fhir.Coding{{System: urlOf('I'), Code: name}}, name) {
			if m.concept < 0 || m.concept >= len(cs) {
				t.Error("a concept that is none")
			}
		}
		load(concepts, rules)
	})
}

func TestFind(t *testing.T) {
	v := known().vocabulary
	finds := func(name string, codes ...fhir.Coding) map[string]bool {
		out := map[string]bool{}
		for _, m := range v.find(codes, name) {
			out[v.concepts[m.concept].id] = m.byWords
		}
		return out
	}
	for name, want := range map[string]string{
		"Screening mammography, bilateral":         "mammogram",
		"MAMMOGRAM - SCREENING":                    "mammogram",
		"CT Colonography":                          "ct-colonography",
		"FIT, stool":                               "fit",
		"Cologuard":                                "fit-dna",
		"Pap smear, liquid-based":                  "pap",
		"DEXA scan hip and spine":                  "dxa",
		"Low dose CT lung screening":               "lung-ct",
		"Hemoglobin A1c":                           "hba1c",
		"Microalbumin/Creatinine [Ratio] in Urine": "uacr",
		"Diabetic retinopathy screening":           "eye-exam",
		"Pre-existing type 2 diabetes mellitus":    "diabetes",
		"Pre-diabetes":                             "prediabetes",
		"Type 2 diabetes mellitus":                 "diabetes",
		"Total abdominal hysterectomy":             "hysterectomy",
		"PHQ-9 total score":                        "depression-screen",
		"Quantiferon-TB Gold":                      "tb-test",
		"Atorvastatin 40 MG Oral Tablet":           "statin",
	} {
		if byWords, ok := finds(name)[want]; !ok || !byWords {
			t.Errorf("%q is no %s: %v", name, want, finds(name))
		}
	}
	for name, not := range map[string]string{
		"Pre-existing type 2 diabetes mellitus":                    "prediabetes",
		"Adult diabetes diet":                                      "diabetes",
		"Current non-smoker":                                       "tobacco-use",
		"ST segment depression":                                    "depression",
		"Adenomatous polyp of cervix uteri":                        "colon-high-risk",
		"Non-obstructive reflux-associated chronic pyelonephritis": "copd",
		"Hypertension complicating childbirth":                     "delivery",
		"Incarceration of gravid uterus":                           "tb-risk",
		"Lupus vulgaris":                                           "high-risk-preeclampsia",
		"Ludwig's angina":                                          "cardiovascular-disease",
		"Balanced autosomal translocation":                         "frailty",
		"Sharing of sex aids":                                      "hiv",
		"Removal of intrauterine device":                           "contraceptive",
		"Virtual colonoscopy":                                      "colonoscopy",
		"Ultrasound after mammogram finding":                       "mammogram",
		"Gestational diabetes":                                     "diabetes",
		"Prediabetes":                                              "diabetes",
		"Subtotal hysterectomy":                                    "hysterectomy",
		"Chlamydia pneumoniae antibody":                            "chlamydia-test",
		"Hemoglobin A1c ":                                          "cbc",
		"Creatinine clearance, urine":                              "creatinine",
		"Heat stroke":                                              "cardiovascular-disease",
		"HPV vaccine, 9-valent":                                    "hpv-test",
		"Potassium chloride 20 MEQ tablet":                         "potassium",
	} {
		if _, ok := finds(name)[not]; ok {
			t.Errorf("%q is taken for %s", name, not)
		}
	}
	if byWords, ok := finds("Whatever", fhir.Coding{System: "http://hl7.org/fhir/sid/icd-10-cm", Code: "E11.9"})["diabetes"]; !ok || byWords {
		t.Error("E11.9 is diabetes by its code")
	}
	if len(finds("Whatever", fhir.Coding{System: "http://hl7.org/fhir/sid/icd-10-cm", Code: "E66.0"})) == 0 {
		t.Error("E66.0 itself is below E66.0*")
	}
	// "Overweight" is no obesity, and heavy bleeding before the menopause is none.
	for code, not := range map[string]string{"E66.3": "child-high-weight", "N92.4": "menopause"} {
		if _, ok := finds("Whatever", fhir.Coding{System: "http://hl7.org/fhir/sid/icd-10-cm", Code: code})[not]; ok {
			t.Errorf("%s is taken for %s", code, not)
		}
	}
}
