package chart

import (
	"slices"

	"wholechart/record"
)

// A chart of 100,000 resources cannot be read while somebody waits. Of a record
// that may hold more than long resources the types that pile up are read only
// as far as a page can use them (docs/adr/0004): the newest, and of those types
// that say what is so now, all that are not over. Chart.Cut says of which types
// facts are left out, and of how many.
const long = 8000

// deep is how many facts of a type are read where the page is about that type.
const deep = 100_000

// newest are the bounds. A status that may be missing is asked for by what it is
// not; the others by what they are, which the index answers.
var newest = []record.Newest{
	{Type: "Observation", Date: "date", Most: 2000},
	{Type: "DiagnosticReport", Date: "date", Most: 500},
	{Type: "Encounter", Date: "date", Most: 500, Keep: "status=planned,arrived,triaged,in-progress,onleave,unknown"},
	{Type: "Procedure", Date: "date", Most: 500},
	{Type: "DocumentReference", Date: "date", Most: 500},
	{Type: "ImagingStudy", Date: "started", Most: 300},
	{Type: "Composition", Date: "date", Most: 300},
	{Type: "Condition", Date: "recorded-date", Most: 500, Keep: "clinical-status:not=resolved,inactive,remission"},
	{Type: "MedicationRequest", Date: "authoredon", Most: 500, Keep: "status=active,on-hold,draft,unknown"},
	{Type: "MedicationStatement", Date: "effective", Most: 500, Keep: "status=active,intended,on-hold,unknown"},
	{Type: "MedicationDispense", Date: "whenhandedover", Most: 500},
	{Type: "MedicationAdministration", Date: "effective-time", Most: 500},
	{Type: "ServiceRequest", Date: "authored", Most: 300, Keep: "status=draft,active,on-hold,unknown"},
	{Type: "Appointment", Date: "date", Most: 300, Keep: "status=proposed,pending,booked,arrived,checked-in,waitlist"},
	{Type: "CarePlan", Date: "date", Most: 300, Keep: "status=draft,active,on-hold,unknown"},
	{Type: "QuestionnaireResponse", Date: "authored", Most: 200},
	{Type: "ClinicalImpression", Date: "date", Most: 200},
	{Type: "Communication", Date: "sent", Most: 200},
	{Type: "Task", Date: "authored-on", Most: 200},
	{Type: "Media", Date: "created", Most: 200},
	{Type: "Specimen", Date: "collected", Most: 200},
	{Type: "Provenance", Date: "recorded", Most: 500},
}

// bounds are newest with the types of a page read deep.
func bounds(full []string) []record.Newest {
	out := slices.Clone(newest)
	for i := range out {
		if slices.Contains(full, out[i].Type) {
			out[i].Most, out[i].Keep = deep, ""
		}
	}
	return out
}

// Cut says that of a type only the newest facts were read.
type Cut struct {
	Type      string
	Shown, Of int
}
