package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/imaging"
	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
	"wholechart/fhir"
)

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
	return check != "" && (10-sum%10)%10 == int(check[0]-'0')
}

func TestTable(t *testing.T) {
	tab := load()
	if len(tab.analytes) < 60 || len(tab.panels) < 20 {
		t.Errorf("%d tests, %d panels", len(tab.analytes), len(tab.panels))
	}
	ids := map[string]bool{}
	for _, r := range tab.rules {
		if ids[r.ID] || r.Level != rule.Notice || r.Kind != rule.RepeatTest || r.Citation == "" {
			t.Errorf("%+v", r)
		}
		ids[r.ID] = true
		if _, err := time.Parse("2006-01", r.Date); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
		if r.URL == "" && !strings.HasPrefix(r.Citation, "Our own choice") && !strings.HasPrefix(r.Citation, "The sources of its parts") {
			t.Errorf("%s: a source without its address", r.ID)
		}
	}
	for _, a := range tab.analytes {
		for _, c := range a.loinc {
			if !luhn(c) {
				t.Errorf("%s: check digit of %s", a.key, c)
			}
		}
		if a.valid.less(a.hospital) {
			t.Errorf("%s is valid for longer in hospital", a.key)
		}
		if got := readName(a.title, false); got.one != a {
			t.Errorf("%s is not read as itself: %+v", a.title, got)
		}
	}
	for _, p := range tab.panels {
		for _, c := range p.loinc {
			if !luhn(c) {
				t.Errorf("%s: check digit of %s", p.key, c)
			}
		}
		if got := readName(p.title, false); got.panel != p || len(p.members) < 2 {
			t.Errorf("%s is not read as itself", p.title)
		}
	}
	classes := map[string]string{"vitamin k antagonist": "warfarin", "renin-angiotensin blocker": "lisinopril", "potassium-sparing": "spironolactone", "potassium supplement": "potassium chloride", "thiazide": "hydrochlorothiazide",
		"loop diuretic": "furosemide", "sulfonylurea": "glipizide", "dpp-4 inhibitor": "sitagliptin", "sglt2 inhibitor": "empagliflozin", "glp-1 agonist": "semaglutide", "insulin": "insulin glargine", "thiazolidinedione": "pioglitazone",
		"nsaid": "ibuprofen", "statin": "atorvastatin", "heparin": "enoxaparin"}
	for _, w := range tab.watch {
		for k := range w.tests {
			if tab.byKey[k] == nil {
				t.Errorf("watch: no test %s", k)
			}
		}
		for n := range w.names {
			if _, ok := substance.Known(n); !ok {
				t.Errorf("watch: no ingredient %s", n)
			}
		}
		for _, c := range w.class {
			if s, ok := substance.Known(classes[c]); !ok || !s.Is(c) {
				t.Errorf("watch: no class %s", c)
			}
		}
	}
	for _, s := range tab.shorter {
		for k := range s.tests {
			if a := tab.byKey[k]; a == nil {
				t.Errorf("shorter: no test %s", k)
			}
		}
	}
}

// one is an input of one result so long ago, and one draft.
func one(t testing.TB, a *analyte, ago time.Duration, name string) rule.Input {
	t.Helper()
	at := cases.Now.Add(-ago)
	when := at.Format(time.DateOnly)
	if a.valid.days == 0 {
		when = at.Format(time.RFC3339)
	}
	code := fmt.Sprintf(`{"coding":[{"system":"http://loinc.org","code":"%s"}],"text":"%s"}`, a.loinc[0], a.title)
	d, err := fhir.Parse([]byte(fmt.Sprintf(`{"resourceType":"Observation","id":"o","status":"final","code":%s,"valueString":"seen","effectiveDateTime":"%s"}`, code, when)))
	if err != nil {
		t.Fatal(err)
	}
	f := chart.Fact{Node: d.Root(), Version: "1", Source: chart.Source{Slug: "lakeside", Name: "Lakeside"}}
	return cases.Input([]chart.Fact{f}, nil, []rule.Draft{{ID: "d", Kind: rule.DraftTest, Name: name}})
}

// Each window: just inside it there is a card of the test's own rule, at its end
// there is none.
func TestEveryWindow(t *testing.T) {
	for _, a := range load().analytes {
		inside, end := time.Duration(a.valid.days-1)*24*time.Hour, time.Duration(a.valid.days)*24*time.Hour
		if a.valid.days == 0 {
			inside, end = time.Duration(a.valid.hours)*time.Hour-time.Minute, time.Duration(a.valid.hours)*time.Hour
		}
		got := Check(one(t, a, inside, a.title))
		if len(got.Cards) != 1 || got.Cards[0].Rule != a.rule || got.Cards[0].Series == nil {
			t.Errorf("%s inside its window: %s", a.key, cases.Show(got))
		}
		if got := Check(one(t, a, end, a.title)); len(got.Cards) != 0 {
			t.Errorf("%s at the end of its window: %s", a.key, cases.Show(got))
		}
		if a.specimen == "blood" {
			if got := Check(one(t, a, inside, a.title+", pleural fluid")); len(got.Cards) != 0 {
				t.Errorf("%s in pleural fluid: %s", a.key, cases.Show(got))
			}
		}
	}
}

// Each panel: with all parts there is a card of its rule, without any none.
func TestEveryPanel(t *testing.T) {
	for _, p := range load().panels {
		var facts []chart.Fact
		for i, a := range p.members {
			d, err := fhir.Parse([]byte(fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"%s"}],"text":"%s"},"valueString":"seen","effectiveDateTime":"%s"}`,
				i, a.loinc[0], a.title, cases.Now.Add(-30*time.Minute).Format(time.RFC3339))))
			if err != nil {
				t.Fatal(err)
			}
			facts = append(facts, chart.Fact{Node: d.Root(), Version: "1", Source: chart.Source{Slug: "lakeside", Name: "Lakeside"}})
		}
		draft := []rule.Draft{{ID: "d", Kind: rule.DraftTest, Name: p.title}}
		got := Check(cases.Input(facts, nil, draft))
		if len(got.Cards) != 1 || got.Cards[0].Rule != p.rule {
			t.Errorf("%s: %s", p.key, cases.Show(got))
		}
		cases.WellFormed(t, got)
		if got := Check(cases.Input(nil, nil, draft)); len(got.Cards) != 0 {
			t.Errorf("%s without results: %s", p.key, cases.Show(got))
		}
	}
}

// Everything of the catalogue of orders has a window, by its code and by its
// names.
func TestCatalogue(t *testing.T) {
	for _, it := range order.Items() {
		switch it.Kind {
		case order.Test:
			if r := read(it.Name, it.Codes); !r.known() {
				t.Errorf("%s has no window", it.Name)
			}
			if r := read(it.Name, nil); !r.known() {
				t.Errorf("%s has no window by its name", it.Name)
			} else if len(it.Codes) > 0 && r.rule() != read(it.Name, it.Codes).rule() {
				t.Errorf("%s: code and name differ: %s, %s", it.Name, read("", it.Codes).title(), r.title())
			}
		case order.Imaging:
			d := rule.Draft{Name: it.Name, Modality: it.Modality, Region: it.Region}
			e := imaging.OfDraft(d)
			if !e.Known() || windowOf(e) == nil {
				t.Errorf("%s: %+v", it.Name, e)
			}
			if _, ok := e.Dose(); !ok {
				t.Errorf("%s: no typical dose of %+v", it.Name, e)
			}
		}
	}
}

func TestSpecimens(t *testing.T) {
	for name, want := range map[string]string{
		"Creatinine": "creatinine", "Creatinine [Mass/volume] in Serum or Plasma": "creatinine", "Creatinine, urine": "", "Creatinine [Mass/volume] in Urine": "", "Creatinine in pleural fluid": "",
		"Glucose, CSF": "csfglucose", "Glucose [Mass/volume] in Cerebral spinal fluid": "csfglucose", "Protein [Presence] in Urine by Test strip": "uprotein", "Hemoglobin A1c/Hemoglobin.total in Blood": "hba1c",
		"Haemoglobin": "hgb", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation": "ldl", "Leukocytes [#/volume] in Blood by Automated count": "wbc", "INR in Platelet poor plasma by Coagulation assay": "inr",
		"Glucose [Mass/volume] in Serum or Plasma --1 hour post 50 g": "", "Blood urea nitrogen": "bun", "Albumin/Creatinine [Mass Ratio] in Urine": "uacr", "Potassium, urine": "", "HCG, urine": "hcgu", "hCG": "hcgq",
		"Thyrotropin (TSH)": "tsh", "Magnesium oxide": "", "": "", "Vitamin D, 25-hydroxy": "vitd", "Digoxin, serum": "digoxinlvl", "Lead, capillary blood": "", "Platelets": "platelets",
	} {
		got := ""
		if r := read(name, nil); r.one != nil {
			got = r.one.key
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// A code that the table does not have wins over a name that says no specimen.
func TestUnknownCode(t *testing.T) {
	for _, c := range [][3]string{{"2350-7", "Glucose", ""}, {"2350-7", "Glucose [Mass/volume] in Urine", ""}, {"99999-9", "Creatinine [Mass/volume] in Serum or Plasma", "creatinine"},
		{"21000-5", "RDW - Erythrocyte distribution width Auto (RBC) [Entitic vol]", ""}, {"2345-7", "Urine glucose", "glucose"}} {
		got := ""
		if r := read(c[1], []fhir.Coding{{System: LOINC, Code: c[0]}}); r.one != nil {
			got = r.one.key
		}
		if got != c[2] {
			t.Errorf("%v: %q", c, got)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"Creatinine [Mass/volume] in Serum or Plasma", "Thyrotropin (TSH)", "a(b", "[[", "(", ")(", "urine", "CO₂", "\xff panel"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		r := read(name, []fhir.Coding{{System: LOINC, Code: name, Display: name}})
		if (r.one != nil) == (r.panel != nil) && r.known() || r.known() && r.title() == "" {
			t.Errorf("%q: %+v", name, r)
		}
	})
}
