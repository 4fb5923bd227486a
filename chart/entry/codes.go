package entry

// The code systems of R4 and of HL7 v3 that the forms' options are of
// (http://terminology.hl7.org).
const (
	clinicalSystem  = "http://terminology.hl7.org/CodeSystem/condition-clinical"
	verSystem       = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
	categorySystem  = "http://terminology.hl7.org/CodeSystem/condition-category"
	allergyClinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
	allergyVer      = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
	originSystem    = "http://terminology.hl7.org/CodeSystem/immunization-origin"
	actReason       = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
	routeSystem     = "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration"
	siteSystem      = "http://terminology.hl7.org/CodeSystem/v3-ActSite"
	roleSystem      = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
	absentSystem    = "http://terminology.hl7.org/CodeSystem/history-absent-reason"
	nullSystem      = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
	goalAchieved    = "http://terminology.hl7.org/CodeSystem/goal-achievement"
	emptySystem     = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
	obsCategory     = "http://terminology.hl7.org/CodeSystem/observation-category"
	genderSystem    = "http://hl7.org/fhir/administrative-gender"
	sct             = "http://snomed.info/sct"
	loinc           = "http://loinc.org"
	ipsAbsent       = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
	ucum            = "http://unitsofmeasure.org"
	visSystem       = "urn:oid:2.16.840.1.114222.4.5.298" // CDC's vaccine information statements
	udiSystem       = "http://hl7.org/fhir/NamingSystem/gs1-di"
	careplanSystem  = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category"
	// ReconcileSystem codes what was decided about an outside fact.
	ReconcileSystem = "https://wholechart.example/reconcile"
	// SourceSystem begins the identifier system of facts of another site: the site's slug follows.
	SourceSystem = "https://wholechart.example/site/"
)

func opts(system string, pairs ...string) []Option {
	var out []Option
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, Option{Value: pairs[i], Label: pairs[i+1], system: system})
	}
	return out
}
