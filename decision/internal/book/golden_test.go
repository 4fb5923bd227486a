package book

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wholechart/decision/rule"
)

var update = flag.Bool("update", false, "write testdata/folders anew")

// golden is a case of every area. The lines and rules stand here and not in the tables,
// so that a folder changes only when the way it is written does.
var golden = []struct {
	area, line string
	rule       *rule.Rule
}{
	{"medicine", `ddi-a-b | warfarin is taken elsewhere, ibuprofen is ordered | female 50 y; takes "Warfarin 5 mg tablet" sig "take 1 tablet by mouth daily" 100 d ago at Lakeside; unreachable Riverside | medicine "Ibuprofen 600 mg tablet" dose "600 mg" 3 route oral days 10 | interrupt "bleeding" not "kidney"`,
		&rule.Rule{ID: "ddi-a-b", Kind: rule.Interaction, Title: "A with B", Version: "2", Date: "2012-09", Checked: "2026-11-23", Against: "a text", Citation: "Some Authors, a journal, 2012", URL: "https://journal.example", Level: rule.Interrupt}},
	{"caution", `lab-a | eGFR 29 elsewhere, a day too old | male born 1956-03; problem "Diabetes" icd E11.9 3 y ago; result 98979-8 29 mL/min/{1.73_m2} 366 d ago at Lakeside | medicine "Metformin 500 mg tablet" sig "take 1 tablet by mouth twice a day" | nothing`,
		&rule.Rule{ID: "lab-a", Kind: rule.Laboratory, Title: "A with few kidneys", Version: "1", Date: "2023-12", Citation: "A label", Level: rule.Notice}},
	{"test", `duplicate test | a test that no table has | male 70 y; allergy "Peanut" "Hives" mild | test "Serum rhubarb" loinc 1234-5 | gap "no window is known"`, nil},
	{"imaging", `imaging-a | a pacemaker | male 80 y; device "Dual chamber pacemaker" "Labeling does not contain MRI Safety Information" 2 y ago; image CT "CT of the chest" "Nothing new." 3 mo ago at Lakeside | imaging "MRI knee" modality MR region "knee" side left contrast none for "pain" | notice`,
		&rule.Rule{ID: "imaging-a", Kind: rule.Imaging, Title: "MR and an implant", Version: "1", Date: "2024", Citation: "A manual", Level: rule.Interrupt}},
	{"immunization", `HIV with a CD4 count of 199 | female born 2020-06-01; problem "HIV infection" icd B20 3 y ago; dose 03 @12mo reported at Lakeside; dose 21 @4y-5d lot X1; draft 03 "MMR" | doses 2; dose 1 MMR counts; observed 154; against MMR 154; MMR recommended @4y; gap "ask"; nogap "travel"; interrupt "HIV"`, nil},
	{"prevention", `checkup-a | measured elsewhere, not in goal | male 60 y; problem diabetes from 2020; result hba1c 7.9 % 4 mo ago at Riverside; declined colonoscopy 2026-05-01 | overdue "Riverside" "7.9 %"`,
		&rule.Rule{ID: "checkup-a", Kind: rule.Checkup, Title: "Diabetes: HbA1c", Version: "3", Date: "2026-01", Reviewed: "2026-10-01", Citation: "A society", Level: rule.Notice}},
}

// TestGoldenFolders holds the files of one folder of every area.
func TestGoldenFolders(t *testing.T) {
	names, err := names("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range golden {
		c, err := parse(g.area, g.line)
		if err != nil {
			t.Fatal(err)
		}
		c.Line, c.Where = g.line, "golden.txt:1"
		files, err := c.folder(places([]Case{c}), g.rule, names)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			path := filepath.Join("testdata", "folders", filepath.FromSlash(f.Path))
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(f.Text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if was, err := os.ReadFile(path); err != nil || string(was) != f.Text {
				t.Errorf("%s is otherwise (%v): go test ./decision/internal/book -run Golden -update, and read the difference\n%s", path, err, f.Text)
			}
		}
	}
	kept, err := filepath.Glob("testdata/folders/*/*/*/*")
	if err != nil || len(kept) != 4*len(golden)-1 { // of what is due nothing is ordered
		t.Errorf("%d files are kept, %v", len(kept), err)
	}
}

// What FHIR would not say alike is not written.
func TestOrdersThatFHIRSaysOtherwise(t *testing.T) {
	for _, d := range []rule.Draft{
		{ID: "d1", Kind: rule.DraftMedicine, Name: "Ibuprofen", Route: "by drone"},
		{ID: "d1", Kind: rule.DraftMedicine, Name: "Ibuprofen", Amount: 1, Unit: "mg", PerDay: 0.1234567},
		{ID: "d1", Kind: rule.DraftImaging, Name: "CT", Laterality: "upper"},
	} {
		if text, err := orders([]rule.Draft{d}); err == nil {
			t.Errorf("%+v is written as %s", d, text)
		}
	}
}

// A name of a folder is whole words, and never too long.
func TestSlug(t *testing.T) {
	for s, want := range map[string]string{
		"Warfarin is taken elsewhere, ibuprofen is ordered": "warfarin-is-taken-elsewhere",
		"24 h ago: µ & ½":                 "24-h-ago",
		strings.Repeat("x", 40):           strings.Repeat("x", 30),
		"thirty letters and not a 1 more": "thirty-letters-and-not-a-1",
		"":                                "",
	} {
		if got := slug(s, 30); got != want {
			t.Errorf("%q: %q, not %q", s, got, want)
		}
	}
}
