package hooks

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/validate"
)

// wanted are the prefetch keys that we publish: what each is called when it is
// missing, and whether the checks are blind without it.
var wanted = []struct {
	Key, Template, Name string
	Needed              bool
}{
	{"patient", "Patient/{{context.patientId}}", "the patient's age and sex", true},
	{"medications", "MedicationRequest?patient={{context.patientId}}", "prescriptions", true},
	{"statements", "MedicationStatement?patient={{context.patientId}}", "reported medicines", false},
	{"dispenses", "MedicationDispense?patient={{context.patientId}}", "dispensed medicines", false},
	{"allergies", "AllergyIntolerance?patient={{context.patientId}}", "allergies", true},
	{"conditions", "Condition?patient={{context.patientId}}", "conditions", true},
	{"observations", "Observation?patient={{context.patientId}}&_sort=-date&_count=500", "results", true},
	{"immunizations", "Immunization?patient={{context.patientId}}", "immunisations", false},
	{"procedures", "Procedure?patient={{context.patientId}}", "procedures", false},
	{"reports", "DiagnosticReport?patient={{context.patientId}}&_sort=-date&_count=200", "reports", false},
	{"orders", "ServiceRequest?patient={{context.patientId}}", "open orders", false},
}

// Templates are the prefetch templates of our services (section Prefetch Template).
func Templates() map[string]string {
	out := map[string]string{}
	for _, w := range wanted {
		out[w.Key] = w.Template
	}
	return out
}

// Record assembles the record of a patient who is not ours from what was sent,
// and from nothing else. What was not sent is a gap. Without the Patient there is
// no record: *Error, for which a service answers 412.
func (r *Request) Record(now time.Time, zone *time.Location) (*chart.Chart, []rule.Gap, error) {
	source := chart.Source{Slug: "sent", Name: "what was sent", Badge: "··", Own: true}
	if u, err := url.Parse(r.Server); err == nil && u.Host != "" {
		source.Name = u.Host
	}
	var gaps []rule.Gap
	gap := func(why string) { gaps = append(gaps, rule.Gap{Check: "whole record", Why: why}) }
	if r.Prefetch["patient"].ResourceType() != "Patient" {
		return nil, nil, wrong("prefetch.patient", "is needed: the patient is not of this site, and no FHIR server is called")
	}
	for _, w := range wanted {
		v, ok := r.Prefetch[w.Key]
		if w.Needed && (!ok || v.ResourceType() == "OperationOutcome") {
			gap(w.Name + " were not sent")
		}
	}
	facts, bad, seen := []chart.Fact{}, 0, map[string]bool{}
	add := func(n fhir.Node) error {
		typ := n.ResourceType()
		switch typ {
		case "OperationOutcome", "Practitioner", "PractitionerRole", "Organization", "Location":
			return nil
		}
		if len(facts) >= MaxFacts {
			return wrong("prefetch", "has more than "+strconv.Itoa(MaxFacts)+" resources")
		}
		if !r.ofPatient(n) {
			return wrong("prefetch", "has a resource that is not of the patient in context")
		}
		if !fhir.IsID(n.ID()) || validate.HasErrors(validate.Resource(n, validate.Options{Max: 1})) {
			bad++
			return nil
		}
		if key := typ + "/" + n.ID(); !seen[key] { // the same resource under two keys is one fact
			seen[key] = true
			facts = append(facts, chart.Fact{Node: n, Updated: stamp(n), Source: source})
		}
		return nil
	}
	for _, key := range sortedKeys(r.Prefetch) {
		v := r.Prefetch[key]
		switch {
		case v.Kind() == fhir.Null:
		case v.ResourceType() != "Bundle":
			if err := add(v); err != nil {
				return nil, nil, err
			}
		default:
			list, err := entries(v, "prefetch", MaxFacts)
			if err != nil {
				return nil, nil, err
			}
			for _, n := range list {
				if err := add(n); err != nil {
					return nil, nil, err
				}
			}
			for l := range v.Get("link").Items() {
				if l.Get("relation").Is("next") {
					gap("only a first page was sent of something")
				}
			}
		}
	}
	if bad > 0 {
		gap(strconv.Itoa(bad) + " of the resources that were sent are no valid FHIR R4 and were not read")
	}
	gap("only what was sent was looked at")
	return chart.Assemble(r.Patient, facts, now, zone), gaps, nil
}

func stamp(n fhir.Node) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, n.Get("meta").Get("lastUpdated").Str())
	return t
}

// ofPatient says whether a sent resource is the patient or of the patient. What
// says of nobody that it is theirs is a Medication, or not taken.
func (r *Request) ofPatient(n fhir.Node) bool {
	switch n.ResourceType() {
	case "Patient":
		return n.ID() == r.Patient
	case "Medication":
		return true
	}
	for _, name := range [...]string{"subject", "patient", "for", "beneficiary"} {
		if ref := n.Get(name).Get("reference"); ref.Exists() {
			return r.isPatient(ref.Str())
		}
	}
	return false
}

func sortedKeys(m map[string]fhir.Node) []string {
	var known, rest []string
	for _, w := range wanted {
		if _, ok := m[w.Key]; ok {
			known = append(known, w.Key)
		}
	}
	for k := range m {
		if !isWanted(k) {
			rest = append(rest, k)
		}
	}
	slices.Sort(rest)
	return append(known, rest...)
}

func isWanted(key string) bool {
	for _, w := range wanted {
		if w.Key == key {
			return true
		}
	}
	return false
}

// Ours says whether the patient in context is of the site whose two endpoints
// are given: fhirServer is one of them, or nothing says of which server the
// patient is.
func (r *Request) Ours(emr, ehr string) bool {
	if r.Server == "" {
		return !r.Sent
	}
	return strings.EqualFold(r.Server, emr) || strings.EqualFold(r.Server, ehr)
}
