// Package progress is a patient's course over time: a flowsheet of results and
// vital signs by date, several of them on one axis with medicines and visits
// beneath, the view of one problem, growth charts, and formulas with what they
// were computed from.
//
// It reads and stores nothing. It draws no line where nothing was measured, and
// converts nothing without saying so.
package progress

import (
	_ "embed"

	"wholechart/access"
	"wholechart/record"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// room is the pages of this package.
type room struct{ pages *clinic.Pages }

//go:embed progress.css
var sheetFile []byte

//go:embed progress.js
var module []byte

var (
	sheetURL  = door.FileURL("progress.css", sheetFile)
	moduleURL = door.FileURL("progress.js", module)
)

// Register hangs the room's pages on the door.
func Register(p *clinic.Pages) {
	h := &room{p}
	p.File("progress.css", sheetFile)
	p.File("progress.js", module)
	for _, l := range []struct {
		path string
		lens access.Lens
	}{{"", access.EMR}, {"/whole", access.EHR}} {
		at := " /{site}/patients/{id}" + l.path + "/progress"
		page := func(pattern string, full []string, f func(*view)) {
			p.Handle(pattern, func(c *door.Call) { h.open(c, l.lens, full, f) })
		}
		page("GET"+at, measured, (*view).sheetPage)
		page("GET"+at+"/flowsheet.csv", measured, (*view).sheetCSV)
		page("GET"+at+"/plots", taken, (*view).plotsPage)
		page("GET"+at+"/plots.svg", taken, (*view).plotsSVG)
		page("GET"+at+"/growth", measured, (*view).growthPage)
		page("GET"+at+"/growth.csv", measured, (*view).growthCSV)
		page("GET"+at+"/formulas", measured, (*view).formulasPage)
		page("GET"+at+"/formulas/{formula}", measured, (*view).formulaForm)
		page("POST"+at+"/formulas/{formula}", measured, (*view).formulaAnswer)
	}
	care := func(c *door.Call) bool { return c.Can(access.Read, "Observation") }
	for _, k := range []struct{ label, key, words, path string }{
		{"Progress over time", "g w", "flowsheet table trend graph results by date", ""},
		{"Plots over time", "", "graph chart trend medicines small multiples", "plots"},
		{"Growth charts", "", "child percentile weight height head circumference bmi", "growth"},
		{"Formulas and scores", "", "calculator egfr cha2ds2-vasc meld risk wells curb", "formulas"},
	} {
		p.Commands = append(p.Commands, door.Command{Label: k.label, Key: k.key, Words: k.words, Patient: true, Can: care,
			Path: func(c *door.Call, patient string) string {
				parts := []string{"progress"}
				if k.path != "" {
					parts = append(parts, k.path)
				}
				return c.PatientPath(patient, access.EMR, parts...)
			}})
	}
}

// The types that a page reads in full of a long record.
var (
	measured = []string{"Observation", "DiagnosticReport"}
	taken    = []string{"Observation", "MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration", "Encounter", "Procedure", "Condition"}
)

// view is one request of the room: the record, and what was asked of it.
type view struct {
	*clinic.Patient
	c   *door.Call
	ask ask
}

// open reads the record for a page. Who sees persons but not their care has no
// such pages.
func (h *room) open(c *door.Call, lens access.Lens, full []string, f func(*view)) {
	p, err := h.pages.Patient(c, lens, full...)
	if err != nil {
		c.Failed(err)
		return
	}
	if p.Desk() {
		c.Failed(&record.Refused{Why: "this role sees who a person is, not their results"})
		return
	}
	f(&view{p, c, parseAsk(c.R.URL.Query())})
}

// href is an address of this room with what is asked now, changed by how.
func (v *view) href(part string, how func(*ask)) string {
	a := v.ask
	a.Rows = append([]string(nil), a.Rows...)
	if how != nil {
		how(&a)
	}
	parts := []string{"progress"}
	if part != "" {
		parts = append(parts, part)
	}
	u := v.Href(parts...)
	if q := a.query(); q != "" {
		u += "?" + q
	}
	return u
}
