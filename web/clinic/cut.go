package clinic

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"wholechart/chart"
	"wholechart/web"
)

// fullOf are the resource types that a section reads in full of a long record,
// by its slug.
var fullOf = map[string][]string{
	"results":    {"Observation", "DiagnosticReport"},
	"medicines":  {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"},
	"problems":   {"Condition", "CarePlan"},
	"documents":  {"DocumentReference", "Composition", "DiagnosticReport"},
	"imaging":    {"ImagingStudy", "DiagnosticReport"},
	"encounters": {"Encounter", "Appointment"},
	"procedures": {"Procedure", "ServiceRequest"},
	"timeline": {"Observation", "DiagnosticReport", "Encounter", "Procedure", "DocumentReference", "ImagingStudy", "Composition", "Condition",
		"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration", "Appointment", "CarePlan"},
}

// cutLine says that of a type a page shows the newest only, and where all are.
type cutLine struct {
	Text string
	More web.Link
}

// cut words what the chart of this page leaves out. Of a section only what it
// is about matters.
func (v *view) cut(section string) []cutLine {
	var out []cutLine
	for _, c := range v.chart.Cut {
		if section != "" && len(fullOf[section]) > 0 && !slices.Contains(fullOf[section], c.Type) {
			continue
		}
		out = append(out, v.cutLine(section, c))
	}
	return out
}

func (v *view) cutLine(section string, c chart.Cut) cutLine {
	word, ok := typeWords[c.Type]
	if !ok {
		word = plainType(c.Type)
	}
	l := cutLine{Text: "the newest " + thousands(c.Shown) + " of " + thousands(c.Of) + " " + word}
	if keepWords[c.Type] != "" && !slices.Contains(fullOf[section], c.Type) {
		l.Text = thousands(c.Shown) + " of " + thousands(c.Of) + " " + word + ": " + keepWords[c.Type] + " and the newest others"
	}
	for _, s := range sections {
		if s.slug != section && s.slug != "timeline" && slices.Contains(fullOf[s.slug], c.Type) && !slices.Contains(fullOf[section], c.Type) {
			l.More = web.Link{Label: "all in " + s.title, Href: v.href(s.slug)}
			break
		}
	}
	return l
}

var typeWords = map[string]string{
	"Observation": "measurements and observations", "DiagnosticReport": "reports", "Encounter": "visits and stays", "Procedure": "procedures",
	"DocumentReference": "documents", "Composition": "composed documents", "ImagingStudy": "imaging studies", "Condition": "problems",
	"MedicationRequest": "prescriptions", "MedicationStatement": "medicine statements", "MedicationDispense": "dispensed medicines",
	"MedicationAdministration": "given doses", "ServiceRequest": "orders", "Appointment": "appointments", "CarePlan": "care plans",
}

// keepWords are of types of which the current facts are always all shown.
var keepWords = map[string]string{
	"Encounter": "all that are not over", "Condition": "all that are active", "MedicationRequest": "all that are active",
	"MedicationStatement": "all that are active", "ServiceRequest": "all that are open", "Appointment": "all to come", "CarePlan": "all that are active",
}

// plainType is a resource type's name in small words: "clinical impression".
func plainType(t string) string {
	var b strings.Builder
	for i, r := range t {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String() + " resources"
}

// thousands is a number as people read it: "87,412".
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
