package hooks

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wholechart/fhir"
)

// maxTemplate bounds one prefetch template, in bytes; MostSent what is sent for one
// key, in resources.
const (
	maxTemplate = 1000
	MostSent    = 100
)

// Wanted is what a service asks for of the record under one key: a read, or a
// search of the patient's.
type Wanted struct {
	Key, Type, ID string
	Query         url.Values // nil of a read
}

// sendable are the types that a service may be sent at all: what care rests on.
// Consents, the log, messages, bills and the drafts of others are not among them.
var sendable = []string{"Patient", "AllergyIntolerance", "Condition", "Observation", "MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration",
	"Immunization", "Procedure", "DiagnosticReport", "ServiceRequest", "Encounter", "Device", "FamilyMemberHistory", "CarePlan", "Goal", "ImagingStudy"}

// searchable are the parameters that a template may use: none leads out of the
// patient's record or to another resource.
var searchable = []string{"patient", "subject", "code", "category", "status", "clinical-status", "verification-status", "date", "authoredon", "intent", "type", "class", "vaccine-code", "onset-date", "recorded-date", "effective-time", "_sort", "_count", "_lastUpdated"}

// Wants are what a service asks for at the hook of a question, as queries with this
// patient's ids in them, by their keys' order; and the keys whose templates are not
// served: what is not of this patient, or is no plain read or search (section
// Prefetch Template allows a client to leave out keys).
func (o Outside) Wants(q Question) (list []Wanted, not []string) {
	keys := o.Prefetch[q.Hook]
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if w, ok := q.wanted(key, keys[key]); ok {
			list = append(list, w)
		} else {
			not = append(not, key)
		}
	}
	return list, not
}

func (q Question) wanted(key, template string) (w Wanted, ok bool) {
	if len(template) > maxTemplate {
		return w, false
	}
	_, practitioner, _, _ := fhir.Relative(q.User)
	for token, value := range map[string]string{"{{context.patientId}}": q.Patient, "{{context.encounterId}}": q.Visit, "{{context.userId}}": q.User, "{{userPractitionerId}}": practitioner} {
		if strings.Contains(template, token) {
			if value == "" {
				return w, false
			}
			template = strings.ReplaceAll(template, token, value)
		}
	}
	if strings.ContainsAny(template, "{}") {
		return w, false
	}
	w.Key = key
	head, tail, search := strings.Cut(strings.TrimPrefix(template, "/"), "?")
	if !search {
		var rel bool
		w.Type, w.ID, _, rel = fhir.Relative(head)
		ref := w.Type + "/" + w.ID
		return w, rel && ref == head && (ref == "Patient/"+q.Patient || q.Visit != "" && ref == "Encounter/"+q.Visit || ref == q.User && w.Type == "Practitioner")
	}
	if !slices.Contains(sendable, head) {
		return w, false
	}
	v, err := url.ParseQuery(tail)
	if err != nil {
		return w, false
	}
	whose := false
	for name, values := range v {
		plain, modifier, _ := strings.Cut(name, ":")
		if !slices.Contains(searchable, plain) || modifier != "" && modifier != "not" {
			return w, false
		}
		if plain == "patient" || plain == "subject" {
			if modifier != "" || len(values) != 1 || values[0] != q.Patient && values[0] != "Patient/"+q.Patient {
				return w, false
			}
			whose = true
		}
	}
	if head == "Patient" && v.Get("_id") == "" && !whose {
		return w, false
	}
	n, _ := strconv.Atoi(v.Get("_count"))
	if n <= 0 || n > MostSent {
		n = MostSent
	}
	v.Set("_count", strconv.Itoa(n))
	w.Type, w.Query = head, v
	return w, whose
}
