package search

import "wholechart/fhir"

// Bits of Extracted.Labels that say what kind of work a resource is, not how
// secret: from the top of the word down, apart from the sensitivity labels. Which
// actor they are hidden from is package access's to say; a search that obeys them
// tells of what they hide neither by counting, by chains nor by its history.
const (
	// KindUnsigned: nobody has put a name under it yet. A preliminary note or
	// document, a draft of an order or of a plan. A result is not among them: it
	// is released as it comes, preliminary or not.
	KindUnsigned uint64 = 1 << 60
	// KindCare: a task or message about care, as against scheduling, letters,
	// reminders and registration. What cannot be told apart is about care.
	KindCare uint64 = 1 << 61
	// Kinds are all bits of kinds.
	Kinds = KindUnsigned | KindCare
)

const (
	taskSystem    = "https://wholechart.example/task"
	messageSystem = "https://wholechart.example/message"
)

// drafts are the types of request whose status draft means: not ordered yet
// (http://hl7.org/fhir/R4/valueset-request-status.html).
var drafts = map[string]bool{"CarePlan": true, "CommunicationRequest": true, "DeviceRequest": true, "MedicationRequest": true, "NutritionOrder": true,
	"RequestGroup": true, "ServiceRequest": true, "SupplyRequest": true, "VisionPrescription": true}

// KindBits are the bits of what kind of work a resource is.
func KindBits(res fhir.Node) (bits uint64) {
	t := res.ResourceType()
	switch t {
	case "Composition":
		if res.Get("status").Is("preliminary") {
			bits = KindUnsigned
		}
	case "DocumentReference":
		if res.Get("docStatus").Is("preliminary") {
			bits = KindUnsigned
		}
	case "ClinicalImpression":
		if res.Get("status").Is("in-progress") {
			bits = KindUnsigned
		}
	case "Task":
		if !deskTask(res) {
			bits = KindCare
		}
	case "Communication", "CommunicationRequest":
		if !deskMessage(res) {
			bits = KindCare
		}
	}
	if drafts[t] && res.Get("status").Is("draft") {
		bits |= KindUnsigned
	}
	return bits
}

// deskCodes are the codes of tasks that are the front desk's by what they are. A
// letter may lead to its document, whose text the desk does not read.
var deskCodes = map[string]bool{"scheduling": true, "registration": true, "letter": true, "reminder": true, "front-desk": true}

// deskTypes are what a task of the front desk may be about.
var deskTypes = map[string]bool{"Appointment": true, "AppointmentResponse": true, "Schedule": true, "Slot": true, "CommunicationRequest": true, "Communication": true,
	"Patient": true, "RelatedPerson": true, "Person": true, "Coverage": true, "Account": true, "Task": true, "CoverageEligibilityRequest": true, "CoverageEligibilityResponse": true,
	"Practitioner": true, "PractitionerRole": true, "Organization": true, "Location": true, "HealthcareService": true}

// deskTask says whether a Task is work of the front desk: of a code that is, or
// addressed to it by performerType, or a call about an appointment or a message;
// and leading to nothing that is about care.
func deskTask(n fhir.Node) bool {
	letter := coded(n.Get("code"), taskSystem, func(c string) bool { return c == "letter" })
	if leadsToCare(n, letter) {
		return false
	}
	if coded(n.Get("code"), taskSystem, func(c string) bool { return deskCodes[c] }) {
		return true
	}
	for t := range n.Get("performerType").Items() {
		if coded(t, taskSystem, func(c string) bool { return c == "front-desk" }) {
			return true
		}
	}
	typ, _, _, _ := fhir.Relative(n.Path("focus", "reference").Str())
	call := coded(n.Get("code"), taskSystem, func(c string) bool { return c == "call-back" })
	return call && (typ == "Appointment" || typ == "CommunicationRequest" || typ == "Communication")
}

// deskMessage says whether a Communication, or a request for one, is a reminder, a
// recall, or addressed to the front desk by its category.
func deskMessage(n fhir.Node) bool {
	if leadsToCare(n, false) {
		return false
	}
	for c := range n.Get("category").Items() {
		if coded(c, messageSystem, func(c string) bool { return c == "reminder" || c == "recall" || c == "front-desk" }) {
			return true
		}
	}
	return false
}

// leadsToCare says whether a resource refers to anything that is not of the desk's.
func leadsToCare(n fhir.Node, letter bool) bool {
	for ref := range fhir.References(n) {
		typ, _, _, ok := fhir.Relative(ref.Str())
		if !ok || !deskTypes[typ] && !(letter && typ == "DocumentReference") {
			return true
		}
	}
	return n.Get("contained").Exists()
}

func coded(concept fhir.Node, system string, is func(string) bool) bool {
	for c := range concept.Get("coding").Items() {
		if c.Get("system").Is(system) && is(c.Get("code").Str()) {
			return true
		}
	}
	return false
}
