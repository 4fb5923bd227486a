package access

import (
	"slices"

	"wholechart/search"
)

// Labels are sensitivity labels as bits; package search reads them from
// meta.security and the store keeps them beside each resource.
type Labels uint64

// Sensitive are all labels that need the patient's consent to leave a site.
const (
	AllLabels Labels = ^Labels(0)
	Sensitive        = AllLabels &^ Labels(search.Kinds)
)

// The kinds of work that are not everybody's, though their type is: bits beside
// the labels. A patient reads what is signed; the front desk reads of tasks and
// messages those that are the desk's.
const (
	Unsigned = Labels(search.KindUnsigned)
	Care     = Labels(search.KindCare)
)

// The groups of resource types that roles are written in. A type stands in one
// group; a type in none is reached only by System and Admin.
var (
	demographic = []string{"Patient", "RelatedPerson", "Person", "Coverage", "Account", "Group"}
	directory   = []string{"Organization", "OrganizationAffiliation", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Endpoint", "Device", "DeviceDefinition",
		"Medication", "MedicationKnowledge", "Substance", "ValueSet", "CodeSystem", "ConceptMap", "NamingSystem", "StructureDefinition", "SearchParameter", "OperationDefinition",
		"CapabilityStatement", "CompartmentDefinition", "Questionnaire", "PlanDefinition", "ActivityDefinition", "Measure", "Library", "SpecimenDefinition", "ObservationDefinition"}
	workflow = []string{"Appointment", "AppointmentResponse", "Schedule", "Slot", "Task", "Communication", "CommunicationRequest", "ClaimResponse",
		"ChargeItem", "Invoice", "CoverageEligibilityRequest", "CoverageEligibilityResponse", "EnrollmentRequest", "EnrollmentResponse",
		"PaymentNotice", "PaymentReconciliation", "VerificationResult"}
	privacy  = []string{"Consent", "Contract", "Provenance"}
	clinical = []string{"AdverseEvent", "AllergyIntolerance", "Basic", "BodyStructure", "CarePlan", "CareTeam", "ClinicalImpression", "Composition", "Condition",
		"DetectedIssue", "DeviceMetric", "DeviceRequest", "DeviceUseStatement", "DiagnosticReport", "DocumentManifest", "DocumentReference", "Encounter", "EpisodeOfCare",
		"FamilyMemberHistory", "Flag", "Goal", "GuidanceResponse", "ImagingStudy", "Immunization", "ImmunizationEvaluation", "ImmunizationRecommendation", "List", "Linkage",
		"Media", "MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement", "MolecularSequence", "NutritionOrder", "Observation",
		"Procedure", "QuestionnaireResponse", "RequestGroup", "ResearchSubject", "RiskAssessment", "ServiceRequest", "Specimen", "SupplyDelivery", "SupplyRequest",
		"VisionPrescription", "Binary", "Claim", "ExplanationOfBenefit"}
)

// unwritten are the types that only this program's own work writes: what it
// says itself, and what it would not do though it had been stored.
var unwritten = []string{"AuditEvent", "OperationOutcome", "Parameters", "Subscription"}

func every(string) bool { return true }
func none(string) bool  { return false }

func in(groups ...[]string) func(string) bool {
	return func(t string) bool {
		return slices.ContainsFunc(groups, func(g []string) bool { return slices.Contains(g, t) })
	}
}

func without(typ string, groups ...[]string) func(string) bool {
	some := in(groups...)
	return func(t string) bool { return t != typ && some(t) }
}

func is(types ...string) func(string) bool {
	return func(t string) bool { return slices.Contains(types, t) }
}

// Clinical says whether a type is one of the facts of care, as against
// demographics, directories and paperwork.
func Clinical(t string) bool { return slices.Contains(clinical, t) }

// Directory says whether a type describes who and what there is to give care:
// it belongs to no patient.
func Directory(t string) bool { return slices.Contains(directory, t) }
