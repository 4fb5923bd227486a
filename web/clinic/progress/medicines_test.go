package progress

import (
	"regexp"
	"strings"
	"testing"
)

func rx(id, status, dose, when, more string) string {
	return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"Metformin ` + dose + ` Oral Tablet"},"subject":{"reference":"Patient/walter-nowak"},"authoredOn":"` + when + `"` + more + `}`
}

func TestAMedicineShowsItsDosesAndWhatNobodyWrote(t *testing.T) {
	n := start(t)
	n.Write("maple",
		rx("m1", "completed", "500 MG", "2022-03-01", ""),
		rx("m2", "completed", "500 MG", "2023-03-01", ""), // renewed: the same bar
		rx("m3", "stopped", "1000 MG", "2024-03-01", `,"dispenseRequest":{"validityPeriod":{"start":"2024-03-01","end":"2025-01-31"}}`),
		`{"resourceType":"MedicationDispense","id":"md","status":"completed","medicationCodeableConcept":{"text":"Metformin 1000 MG Oral Tablet"},"subject":{"reference":"Patient/walter-nowak"},"whenHandedOver":"2024-06-01","daysSupply":{"value":90}}`,
		`{"resourceType":"MedicationStatement","id":"mx","status":"entered-in-error","medicationCodeableConcept":{"text":"Metformin 2500 MG Oral Tablet"},"subject":{"reference":"Patient/walter-nowak"},"effectivePeriod":{"start":"2020-01-01"}}`)
	doc := n.User(okonkwo)
	page := doc.Open(walter + "/progress/plots?focus=diabetes&span=all&medicines=all")
	at := strings.Index(page, ">Metformin</a>")
	if at < 0 {
		t.Fatal("a stopped medicine is not among all")
	}
	row := page[at:]
	row = row[:strings.Index(row, `<div class="course`)]
	if got := len(regexp.MustCompile(`class="bar"`).FindAllString(row, -1)); got != 2 {
		t.Errorf("%d doses, not two", got)
	}
	if strings.Contains(page, "2500") {
		t.Error("what was entered in error is drawn")
	}
	if !strings.Contains(row, "1000 mg") || !strings.Contains(row, "500 mg") || !strings.Contains(row, "fill-tick") {
		t.Error(row)
	}
	if !strings.Contains(page, "not recorded; last known") && !strings.Contains(page, "1 Mar 2024") {
		t.Error("the change of dose is not told in the table")
	}
	if none := doc.Open(walter + "/progress/plots?medicines=none"); strings.Contains(none, `class="bar"`) {
		t.Error("medicines are drawn that were not asked for")
	}
}

// TestStepsOfCommonTasks counts what somebody clicks or types on the way; the
// numbers stand in the guide.
func TestStepsOfCommonTasks(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	click := func(page, want string) string {
		t.Helper()
		m := regexp.MustCompile(`href="([^"]*)"[^>]*>\s*(?:<[^>]*>)*\s*` + regexp.QuoteMeta(want)).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no link %q", want)
		}
		return doc.Open(strings.ReplaceAll(m[1], "&amp;", "&"))
	}
	// From an open chart: the course of a problem with its medicines.
	page := doc.Open(walter)
	page = click(page, "Progress over time") // g w
	page = click(page, "Plots")              // p
	page = click(page, "Hypertension")
	has(t, page, "Hypertension over time", "Lisinopril", "Potassium")
	// ... of the last year.
	page = click(page, "1 year")
	has(t, page, `aria-current="true">1 year`)
	// The table of it, and its file.
	page = click(page, "Flowsheet")
	has(t, page, "Blood pressure", "focus=hypertension")
	if csv := click(page, "CSV"); !strings.HasPrefix(csv, "series,") {
		t.Error("no file")
	}
	// A score with its inputs, from an open chart: g w, f.
	page = click(click(doc.Open(walter), "Progress over time"), "Formulas")
	has(t, page, "CKD-EPI 2021")
}
