package clinic

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"wholechart/internal/pagetest"

	cd "github.com/chromedp/chromedp"
)

// aChild has immunisations: two early, one refused, one without a code, one told by
// two sites, and a mother's word without a product.
func aChild(n *node) {
	dose := func(id, cvx, day, more string) string {
		return `{"resourceType":"Immunization","id":"` + id + `","status":"completed","patient":{"reference":"Patient/kid"},"occurrenceDateTime":"` + day + `"` + more +
			`,"vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"` + cvx + `"}],"text":"vaccine ` + cvx + `"}}`
	}
	at := func(y, m, d int) string { return pagetest.Anchor.AddDate(-y, -m, -d).Format("2006-01-02") }
	n.Write("maple",
		`{"resourceType":"Patient","id":"kid","identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"KID-77"}],"name":[{"family":"Okafor","given":["Ada"]}],"gender":"female","birthDate":"`+at(4, 6, 0)+`"}`,
		dose("early", "03", at(3, 6, 20), `,"lotNumber":"LOT-EARLY"`), // 11 months old
		dose("hepb", "08", at(4, 6, 0), ""),
		dose("again", "08", at(4, 6, 0), `,"isSubpotent":true`),
		dose("hepa", "83", at(3, 0, 0), ""),
		`{"resourceType":"Immunization","id":"words","status":"completed","patient":{"reference":"Patient/kid"},"occurrenceDateTime":"`+at(3, 0, 0)+`","vaccineCode":{"text":"Measles shot"}}`,
		`{"resourceType":"Immunization","id":"no","status":"not-done","statusReason":{"coding":[{"code":"PATOBJ"}],"text":"Parent objects"},"patient":{"reference":"Patient/kid"},"occurrenceDateTime":"`+at(0, 2, 0)+`","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"21"}],"text":"varicella"}}`,
		`{"resourceType":"Condition","id":"spleen","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"subject":{"reference":"Patient/kid"},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"Q89.01"}],"text":"Congenital asplenia"}}`,
		`{"resourceType":"AllergyIntolerance","id":"yeast","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"patient":{"reference":"Patient/kid"},"code":{"text":"Baker's yeast"},"reaction":[{"manifestation":[{"text":"Anaphylaxis"}],"severity":"severe"}]}`,
		`{"resourceType":"AllergyIntolerance","id":"neo","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"patient":{"reference":"Patient/kid"},"code":{"text":"Neomycin"}}`)
}

// TestImmunisationsByAge reads the grid: what was given, what of it counts and why
// not, what is due and what adds or forbids it, each with its fact.
func TestImmunisationsByAge(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	aChild(n)
	b := n.user(physician)
	_, body := b.get("/maple/patients/kid/immunisations")
	for _, want := range []string{"Immunisations by age", "4–6 y", "vm-invalid", "too young", "vm-overdue", "vm-refused", "declined", "vm-unknown", "has no vaccine code", "given, does not count", // the legend
		"not fully effective", "LOT-EARLY", "vax-band", "Meningococcal ACWY", "functional asplenia", "Congenital asplenia", "fact/Condition/spleen", // what adds a vaccine
		"Must not be given", "yeast", "fact/AllergyIntolerance/yeast", "Ask first", "neomycin", "Parent objects", // what forbids one, what to ask
		"Immunization record", "KID-77", "Signature", "was not counted", "newer than the schedule", "of this chart alone"} {
		if !strings.Contains(body, want) {
			t.Errorf("the section lacks %q", want)
		}
	}
	if strings.Contains(body, "Each dose") && strings.Count(body, "<caption") < 2 {
		t.Error("the grid has no table beside it")
	}
	// The words of the shapes stand in the grid for who does not see them.
	if strings.Count(body, `<span class="sr">, does not count</span>`) < 2 {
		t.Error("a dose that does not count is told by its look alone")
	}
	if _, due := b.get("/maple/patients/kid/due"); !strings.Contains(due, "Meningococcal ACWY") || !strings.Contains(due, "for ") {
		t.Error("what is due does not say what adds it")
	}
	n.Write("maple", `{"resourceType":"Patient","id":"none","name":[{"family":"None"}],"gender":"female","birthDate":"1990-01-01"}`)
	if _, body := b.get("/maple/patients/none/immunisations"); strings.Contains(body, `class="table vax"`) || !strings.Contains(body, "not recorded") {
		t.Error("a person without a dose has a grid")
	}
}

// TestImmunisationsInABrowser holds the grid to axe, to a phone's width and to the
// keyboard, light and dark, and what is printed to what an immunisation record is.
func TestImmunisationsInABrowser(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := newNode(t, []string{"maple"}, nil, nil)
	aChild(n)
	n.user(physician)
	pagetest.SignIn(t, ctx, n.Node, "maple", "okonkwo")
	for _, theme := range []string{"light", "dark"} {
		for _, w := range []int64{390, 1440} {
			pagetest.Do(t, ctx, cd.EmulateViewport(w, 900), cd.Navigate(n.Base+"/maple/patients/kid/immunisations"))
			pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "`+theme+`", 1)`)
			if got := pagetest.JS(t, ctx, `String(document.documentElement.scrollWidth <= innerWidth)`); got != "true" {
				t.Errorf("%s, %d wide: the page scrolls sideways", theme, w)
			}
			if axe, err := os.ReadFile(os.Getenv("WHOLECHART_AXE")); err == nil {
				if _, err := cd.Run(ctx, cd.Evaluate[string]("(() => { "+string(axe)+"; return 'ok'; })()")); err != nil {
					t.Fatal(err)
				}
				if got := pagetest.JS(t, ctx, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then((r) => r.violations.map((v) => v.id + ": " + v.nodes[0].html.slice(0, 160)).join("; "))`); got != "" {
					t.Errorf("%s, %d wide: %s", theme, w, got)
				}
			} else {
				t.Log("WHOLECHART_AXE names no axe.min.js: accessibility was not measured")
			}
		}
	}
	if dir := os.Getenv("CLINIC_SHOTS"); dir != "" {
		for _, theme := range []string{"light", "dark"} {
			pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "`+theme+`", 1)`)
			png, err := cd.Run(ctx, cd.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "immunisations-"+theme+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := pagetest.JS(t, ctx, `String(getComputedStyle(document.querySelector(".vax-paper")).display)`); got != "none" {
		t.Error("the head of the printed record stands on the page")
	}
	pagetest.JS(t, ctx, `(document.querySelector("[data-list]").querySelector("a").focus(), 1)`)
	if got := pagetest.JS(t, ctx, `document.activeElement.closest("table").className`); !strings.Contains(got, "vax") {
		t.Errorf("the grid cannot be reached by the keyboard: %s", got)
	}
}
