// Package hooks is CDS Hooks 2.0 (https://cds-hooks.hl7.org/2.0/) as this program
// speaks it, on both sides: what is asked and answered over HTTP, made of and
// read into the terms of package rule, and the Client that asks outside services.
//
// Reading and writing are pure. The Client alone opens connections, to addresses
// that a site's administrator registered and to no other. Nothing here reads a
// record: who serves the hooks does, through the gate.
//
// Not there: systemActions are never made and never applied; an EHR's FHIR server
// is never called, so that fhirAuthorization is neither used nor kept.
package hooks

import "slices"

// Version is the release of the specification.
const Version = "2.0"

// The systems of our own codes.
const (
	TopicSystem  = "https://wholechart.example/rule-kind"
	ReasonSystem = "https://wholechart.example/override"
)

// Extension is the name of what we add to cards and understand in requests
// (section Extensions: names are reverse domains).
const Extension = "example.wholechart"

// Hook is one moment of the work at which decision support is asked.
type Hook struct {
	Name     string
	Version  string   // of the hook's definition
	Title    string   // of our service
	Says     string   // what our service does
	Orders   bool     // context.draftOrders
	Selects  bool     // context.selections
	Books    bool     // context.appointments
	Visit    bool     // context.encounterId is required
	UserMay  []string // types of context.userId
	Upcoming bool     // only what is due is said
}

var clinicians = []string{"Practitioner", "PractitionerRole"}

// Hooks are those that are served, with the ids of their services: the names.
var Hooks = []Hook{
	{Name: "patient-view", Version: "1.0", Title: "Whole record at a glance", Says: "What is dangerous or due in the record as it stands: interactions of medicines of all prescribers, allergies, laboratory values, prevention and checkups.", UserMay: append(slices.Clone(clinicians), "Patient", "RelatedPerson")},
	{Name: "order-select", Version: "1.0", Title: "Order check while choosing", Says: "Holds the selected draft orders against the whole record: interactions, allergies, duplicates, kidney function, doses, pregnancy.", Orders: true, Selects: true, UserMay: clinicians},
	{Name: "order-sign", Version: "1.1", Title: "Order check before signing", Says: "Holds all draft orders against the whole record and against one another, before they are signed.", Orders: true, UserMay: clinicians},
	{Name: "appointment-book", Version: "1.0", Title: "Due at the visit", Says: "What prevention, checkups and immunisations are due, so that the visit that is booked can serve them.", Books: true, Upcoming: true, UserMay: append(slices.Clone(clinicians), "Patient", "RelatedPerson")},
	{Name: "encounter-start", Version: "1.0", Title: "Whole record at the beginning of a visit", Says: "What is dangerous or due in the record as it stands when a visit begins.", Visit: true, UserMay: clinicians},
}

// HookOf is a hook by the id of its service.
func HookOf(id string) (Hook, bool) {
	for _, h := range Hooks {
		if h.Name == id {
			return h, true
		}
	}
	return Hook{}, false
}

// Service is one entry of a discovery (section Discovery).
type Service struct {
	Hook              string            `json:"hook"`
	Title             string            `json:"title,omitempty"`
	Description       string            `json:"description"`
	ID                string            `json:"id"`
	Prefetch          map[string]string `json:"prefetch,omitempty"`
	UsageRequirements string            `json:"usageRequirements,omitempty"`
}

// usage is what a client must know that the shapes do not say.
const usage = "Send a bearer token of this site, or a JWT of a registered organisation signed for the called URL. " +
	"A patient of this site is named by fhirServer with one of this site's endpoints, or by leaving out both fhirServer and prefetch; then the record here is read, as far as who asks may see it, and prefetch is not. " +
	"For any other patient the record is what prefetch holds; no FHIR server is called. All rules need review by a clinician before use in care."

// Services are our discovery.
func Services() []Service {
	var out []Service
	for _, h := range Hooks {
		out = append(out, Service{Hook: h.Name, Title: h.Title, Description: h.Says, ID: h.Name, Prefetch: Templates(), UsageRequirements: usage})
	}
	return out
}
