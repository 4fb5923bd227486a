package entry

import (
	"errors"
	"slices"
	"strings"

	"wholechart/fhir"
	"wholechart/record"
)

// ErrReason says that an act needs words why.
var ErrReason = errors.New("say why")

// MaxReason bounds the words why, in bytes.
const MaxReason = 1000

// Withdrawn is a resource as entered in error: it stays, and is no fact any
// more (R4 ait-2, con-5: it has no clinical status then).
func Withdrawn(old fhir.Node) ([]byte, error) {
	d := &draft{slices.Clone(old.Raw())}
	switch old.ResourceType() {
	case "Condition":
		d.set("verificationStatus", concept(verSystem, "entered-in-error", "Entered in Error", ""))
		d.set("clinicalStatus", nil)
		d.choose("abatement", "", nil) // con-4 wants a clinical status with it, con-5 none; the version before says it
	case "AllergyIntolerance":
		d.set("verificationStatus", concept(allergyVer, "entered-in-error", "Entered in Error", ""))
		d.set("clinicalStatus", nil)
	case "Goal":
		d.set("lifecycleStatus", "entered-in-error")
	case "MedicationStatement", "Immunization", "Procedure", "FamilyMemberHistory", "Observation", "Device", "CarePlan", "List":
		d.set("status", "entered-in-error")
	default:
		return nil, errors.New("what is no fact of these kinds is not withdrawn here")
	}
	return d.text, nil
}

// IsWithdrawn says whether a resource was entered in error.
func IsWithdrawn(n fhir.Node) bool {
	return n.Get("status").Is("entered-in-error") || n.Get("lifecycleStatus").Is("entered-in-error") ||
		n.Path("verificationStatus", "coding", "code").Is("entered-in-error")
}

// Why is a Provenance that says who did something to resources, and why
// (http://hl7.org/fhir/R4/provenance.html). Targets are references; the codes
// of activity are of v3 DataOperation and DocumentCompletion.
func Why(c Context, activity, reason string, targets ...string) []byte {
	return asJSON(why(c, concept("http://terminology.hl7.org/CodeSystem/v3-DataOperation", activity, "", ""), reason, targets...))
}

func why(c Context, activity object, reason string, targets ...string) object {
	var list []any
	for _, t := range targets {
		list = append(list, object{{"reference", t}})
	}
	who := c.who()
	if len(who) == 0 {
		who = object{{"display", "not recorded"}}
	}
	o := object{{"resourceType", "Provenance"}, {"target", list}, {"recorded", c.Now.UTC().Format("2006-01-02T15:04:05.000Z")}}
	if reason != "" {
		o = append(o, member{"reason", []any{object{{"text", reason}}}})
	}
	return append(o, member{"activity", activity}, member{"agent", []any{object{{"who", who}}}})
}

// Withdraw are the acts that mark a resource as entered in error, with the reason.
func Withdraw(c Context, id string, version int, old fhir.Node, reason string) ([]record.Act, error) {
	reason = tidy(reason, true)
	if reason == "" || len(reason) > MaxReason {
		return nil, ErrReason
	}
	body, err := Withdrawn(old)
	if err != nil {
		return nil, err
	}
	typ := old.ResourceType()
	return []record.Act{
		{Op: record.Update, Type: typ, ID: id, Resource: parse(body), IfMatch: version},
		{Op: record.Create, Type: "Provenance", Resource: parse(Why(c, "NULLIFY", reason, typ+"/"+id, "Patient/"+c.Patient))},
	}, nil
}

func parse(body []byte) fhir.Node {
	d, err := fhir.Parse(body)
	if err != nil {
		panic("entry: " + err.Error()) // what we write parses
	}
	return d.Root()
}

// denials are the statements that there is none, by kind.
var denials = map[string][]Option{
	"allergy": {{Value: "716186003", Label: "No known allergies", system: sct, display: "No known allergy"},
		{Value: "409137002", Label: "No known drug allergies", system: sct, display: "No known drug allergy"},
		{Value: "429625007", Label: "No known food allergies", system: sct, display: "No known food allergy"},
		{Value: "428607008", Label: "No known environmental allergies", system: sct, display: "No known environmental allergy"}},
	"problem":  {{Value: "no-known-problems", Label: "No known problems", system: ipsAbsent, display: "No known problems"}},
	"medicine": {{Value: "no-known-medications", Label: "Takes no medicines", system: ipsAbsent, display: "No known medications"}},
}

// Denials are the statements that there is none of a kind, the first of any.
func Denials(slug string) []Option { return slices.Clone(denials[slug]) }

// NoneKnown is the statement that a patient was asked and has none. ok is false
// for a kind or code without one.
func NoneKnown(c Context, slug, code string) (body []byte, ok bool) {
	k, known := KindOf(slug)
	i := slices.IndexFunc(denials[slug], func(o Option) bool { return o.Value == code })
	if !known || i < 0 {
		return nil, false
	}
	d := newDraft(k.Type)
	what := denials[slug][i].concept()
	switch slug {
	case "allergy":
		d.set("clinicalStatus", concept(allergyClinical, "active", "Active", ""))
		d.set("verificationStatus", concept(allergyVer, "confirmed", "Confirmed", ""))
	case "problem":
		d.set("clinicalStatus", concept(clinicalSystem, "active", "Active", ""))
		d.set("verificationStatus", concept(verSystem, "confirmed", "Confirmed", ""))
	case "medicine":
		d.set("status", "active")
		d.set("medicationCodeableConcept", what)
	}
	if slug != "medicine" {
		d.set("code", what)
	}
	k.base(d, c)
	if slug == "medicine" {
		d.set("effectiveDateTime", c.instant()) // us-core and IPS want when
	}
	return d.text, true
}

// Denies says which statement of none a resource is, in force; "" when it is none.
func Denies(n fhir.Node) string {
	if IsWithdrawn(n) || n.Path("verificationStatus", "coding", "code").Is("refuted") || n.Get("status").Is("completed") {
		return ""
	}
	for _, element := range [...]string{"code", "medicationCodeableConcept"} {
		for c := range n.Get(element).Get("coding").Items() {
			for _, list := range denials {
				for _, o := range list {
					if c.Get("code").Is(o.Value) && (o.system == c.Get("system").Str()) {
						return o.Value
					}
				}
			}
		}
	}
	return ""
}

// Refuted is a statement of none that is true no longer: something was found.
func Refuted(c Context, old fhir.Node) []byte {
	d := &draft{slices.Clone(old.Raw())}
	switch old.ResourceType() {
	case "Condition":
		d.set("verificationStatus", concept(verSystem, "refuted", "Refuted", ""))
		d.set("clinicalStatus", concept(clinicalSystem, "inactive", "Inactive", ""))
	case "AllergyIntolerance":
		d.set("verificationStatus", concept(allergyVer, "refuted", "Refuted", ""))
		d.set("clinicalStatus", concept(allergyClinical, "inactive", "Inactive", ""))
	case "MedicationStatement":
		d.set("status", "completed")
		d.set("dateAsserted", c.instant())
	}
	return d.text
}

// lists are the LOINC codes of the lists that may be empty for a reason.
var lists = map[string]Option{
	"allergy": {Value: "48765-2", Label: "Allergies and adverse reactions Document", system: loinc}, "problem": {Value: "11450-4", Label: "Problem list - Reported", system: loinc},
	"medicine": {Value: "10160-0", Label: "History of Medication use Narrative", system: loinc}, "family": {Value: "10157-6", Label: "History of family member diseases Narrative", system: loinc},
	"immunisation": {Value: "11369-6", Label: "History of Immunization Narrative", system: loinc}, "procedure": {Value: "47519-4", Label: "History of Procedures Document", system: loinc},
}

// NotAsked is a List that is empty because nobody asked yet
// (http://hl7.org/fhir/R4/list.html, emptyReason): said on purpose, which is
// more than an empty chart says. ok is false for a kind without a list.
func NotAsked(c Context, slug string) (body []byte, ok bool) {
	code, ok := lists[slug]
	if !ok {
		return nil, false
	}
	d := newDraft("List")
	d.set("status", "current")
	d.set("mode", "snapshot")
	d.set("title", strings.TrimSpace(code.Label))
	d.set("code", code.concept())
	d.set("subject", object{{"reference", "Patient/" + c.Patient}})
	d.set("date", c.instant())
	if w := c.who(); c.Who != "" {
		d.set("source", w)
	}
	d.set("emptyReason", concept(emptySystem, "notasked", "Not Asked", ""))
	return d.text, true
}

// SaysNotAsked is the kind of which a List says that nobody asked; "" when it does not.
func SaysNotAsked(n fhir.Node) string {
	if n.ResourceType() != "List" || !n.Get("status").Is("current") || conceptCode(n.Get("emptyReason"), emptySystem) != "notasked" {
		return ""
	}
	for slug, o := range lists {
		if conceptCode(n.Get("code"), loinc) == o.Value {
			return slug
		}
	}
	return ""
}

// Resolved is a form of a fact as it is when it is over: a problem resolved, an
// allergy resolved, a medicine stopped, an implant taken out, a goal achieved, a
// plan completed. ok is false for kinds that are never over.
func (k *Kind) Resolved(f Form, c Context) (over Form, ok bool) {
	over = Form{}
	for name, v := range f {
		over[name] = slices.Clone(v)
	}
	today := c.today().Format("2 Jan 2006")
	set := func(field, value string) {
		if over.Get(field) == "" {
			over.Set(field, value)
		}
	}
	switch k.Slug {
	case "problem":
		over.Set("clinical", "resolved")
		set("ended", today)
	case "allergy":
		over.Set("clinical", "resolved")
	case "medicine":
		over.Set("status", "stopped")
		set("until", today)
	case "device":
		over.Set("status", "inactive")
	case "goal":
		over.Set("status", "completed")
		over.Set("achieved", "achieved")
	case "care-plan":
		over.Set("status", "completed")
		set("until", today)
	default:
		return nil, false
	}
	return over, true
}

// Contradicts says whether a new fact makes a statement of none untrue: any
// allergy "no known allergies", a food allergy "no known food allergies".
func Contradicts(made, stated fhir.Node) bool {
	if made.ResourceType() != stated.ResourceType() || IsWithdrawn(made) {
		return false
	}
	kinds := map[string]string{"409137002": "medication", "429625007": "food", "428607008": "environment"}
	code := Denies(stated)
	only, one := kinds[code]
	if code == "" || !one {
		return code != ""
	}
	for c := range made.Get("category").Items() {
		if c.Is(only) {
			return true
		}
	}
	return false
}
