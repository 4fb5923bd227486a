package order

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"wholechart/fhir"
	"wholechart/record"
)

// Deed is what is done with a result.
type Deed string

// What can be done with a result. Each but Forward ends its review; none ends
// it without who, when and what.
const (
	Acknowledge Deed = "acknowledge"
	Comment     Deed = "comment"   // with words
	Forward     Deed = "forward"   // to somebody else, who then answers for it
	Call        Deed = "call"      // a Task call-back
	FollowUp    Deed = "follow-up" // a Task follow-up, due on a day
)

var deedWords = map[Deed]string{Acknowledge: "acknowledged", Comment: "reviewed with a comment", Forward: "forwarded", Call: "reviewed; the patient is to be called", FollowUp: "reviewed; follow-up is due"}

// Review is what somebody does with a result.
type Review struct {
	Deed   Deed
	Text   string // comment, what to say, what to do
	To     string // Practitioner/…, of Forward, Call and FollowUp; may be empty for the site's pool but not of Forward
	ToName string
	Due    string // ISO day, of FollowUp
}

// Check says what is wrong; fields are deed, text, to, due.
func (r Review) Check(today time.Time) []Fault {
	var f []Fault
	if _, ok := deedWords[r.Deed]; !ok {
		f = append(f, Fault{"deed", "Say what is done with the result."})
	}
	if utf8.RuneCountInString(r.Text) > MaxNote {
		f = append(f, Fault{"text", "This is too long."})
	}
	if r.Deed == Comment && strings.TrimSpace(r.Text) == "" {
		f = append(f, Fault{"text", "Write the comment."})
	}
	if r.Deed == Call && strings.TrimSpace(r.Text) == "" {
		f = append(f, Fault{"text", "Say what the patient is to be told."})
	}
	if r.Deed == FollowUp && strings.TrimSpace(r.Text) == "" {
		f = append(f, Fault{"text", "Say what is to be done."})
	}
	if r.Deed == Forward && r.To == "" {
		f = append(f, Fault{"to", "Choose who it goes to."})
	}
	if r.Deed == FollowUp {
		d, err := time.Parse(time.DateOnly, r.Due)
		switch {
		case err != nil:
			f = append(f, Fault{"due", "Enter a day of the calendar."})
		case d.Before(today.AddDate(0, 0, -1)):
			f = append(f, Fault{"due", "This day is past."})
		case d.After(today.AddDate(3, 0, 0)):
			f = append(f, Fault{"due", "This is more than three years away."})
		}
	}
	return f
}

// Reviews are the Tasks of one result that ask somebody to look at it
// (review-result, unmatched-result, unrouted-result), newest first.
func Reviews(ctx context.Context, s record.Session, typ, id string) ([]record.Resource, error) {
	all, err := find(ctx, s, "Task", url.Values{"focus": {typ + "/" + id}, "_sort": {"-authored-on"}, "_count": {"50"}})
	if err != nil {
		return nil, err
	}
	var out []record.Resource
	for _, r := range all {
		if hasCode(r.Node(), "review-result") || hasCode(r.Node(), "unmatched-result") || hasCode(r.Node(), unroutedCode) {
			out = append(out, r)
		}
	}
	return out, nil
}

// OpenTask says whether something is still to be done about a Task.
func OpenTask(t fhir.Node) bool {
	switch t.Get("status").Str() {
	case "completed", "cancelled", "rejected", "failed", "entered-in-error":
		return false
	}
	return true
}

// Act are the acts by which somebody deals with a result, given its Tasks: all
// open ones end, or go to somebody else; where there is none a completed one says
// that it was reviewed. version is that of the result which was on the page.
func (r Review) Act(tasks []fhir.Node, typ, id, version, patient string, by By) ([]record.Act, error) {
	if len(r.Check(by.Now)) > 0 {
		return nil, errors.New("the review is not complete")
	}
	said := deedWords[r.Deed]
	if r.Deed == Forward {
		said = "forwarded to " + r.ToName
	}
	if r.Text != "" {
		said += ": " + r.Text
	}
	note := object{"text": said, "time": when(by.Now), "authorString": by.Name}
	output := []any{
		object{"type": concept("done", coding("https://wholechart.example/review-deed", string(r.Deed), "")), "valueString": said},
		object{"type": concept("by"), "valueString": by.Name},
		object{"type": concept("version reviewed"), "valueString": version},
	}
	var acts []record.Act
	open := 0
	for _, t := range tasks {
		if !OpenTask(t) {
			continue
		}
		open++
		changes := object{"lastModified": when(by.Now), "note": append(listOf(t, "note"), note)}
		if r.Deed == Forward {
			changes["owner"], changes["status"] = ref(r.To, r.ToName), "requested"
		} else {
			changes["status"], changes["output"], changes["businessStatus"] = "completed", output, concept(said)
			changes["executionPeriod"] = object{"end": when(by.Now)}
			if by.Ref != "" || by.Name != "" {
				changes["owner"] = by.ref()
			}
			if hasCode(t, "unmatched-result") && patient == "" {
				return nil, &record.Invalid{Issues: []record.Issue{{Severity: "error", Code: "business-rule", Text: "a result of no known patient is matched first"}}}
			}
		}
		a, err := amend(t, changes)
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	focus, to := typ+"/"+id, ""
	if patient != "" {
		to = "Patient/" + patient
	}
	if open == 0 {
		if r.Deed == Forward {
			a, err := task("review-result", "Please look at this result. "+r.Text, to, focus, r.To, r.ToName, "routine", by)
			return []record.Act{a}, err
		}
		t := object{"resourceType": "Task", "status": "completed", "intent": "order", "code": concept("", coding(TaskSystem, "review-result", "")), "description": "Reviewed",
			"authoredOn": when(by.Now), "lastModified": when(by.Now), "focus": ref(focus, ""), "output": output, "note": []any{note}, "businessStatus": concept(said), "priority": "routine"}
		if to != "" {
			t["for"] = ref(to, "")
		}
		if by.Ref != "" || by.Name != "" {
			t["owner"] = by.ref()
		}
		a, err := put(record.Create, "Task", "", 0, t)
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	switch r.Deed {
	case Call:
		a, err := task("call-back", r.Text, to, focus, r.To, r.ToName, "routine", by)
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	case FollowUp:
		a, err := due(r, to, focus, by)
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	return acts, nil
}

func due(r Review, patient, focus string, by By) (record.Act, error) {
	t := object{"resourceType": "Task", "status": "requested", "intent": "order", "code": concept("", coding(TaskSystem, "follow-up", "")), "description": r.Text, "authoredOn": when(by.Now), "lastModified": when(by.Now),
		"focus": ref(focus, ""), "priority": "routine", "restriction": object{"period": object{"end": r.Due}}}
	if patient != "" {
		t["for"] = ref(patient, "")
	}
	if r.To != "" {
		t["owner"] = ref(r.To, r.ToName)
	} else if by.Ref != "" {
		t["owner"] = by.ref()
	}
	if by.Ref != "" || by.Name != "" {
		t["requester"] = by.ref()
	}
	return put(record.Create, "Task", "", 0, t)
}

// AskRefill is the act by which a patient's or pharmacy's wish for more of a
// medicine becomes a Task of whoever prescribed it.
func AskRefill(prescription fhir.Node, words string, by By) (record.Act, error) {
	o := Read(prescription)
	what := "Refill " + o.Name
	if words != "" {
		what += ": " + words
	}
	owner, name := o.Requester, o.RequesterAs
	if !strings.HasPrefix(owner, "Practitioner") {
		owner, name = "", ""
	}
	return task("refill", what, "Patient/"+o.Patient, "MedicationRequest/"+o.ID, owner, name, "routine", by)
}

// Approve are the acts that grant a refill: a new prescription after the prior,
// in force, the prior completed, the Task done.
func Approve(t, prior fhir.Node, by By, group string) ([]record.Act, error) {
	if !OpenTask(t) || !hasCode(t, "refill") {
		return nil, &record.VersionConflict{}
	}
	o := Again(prior)
	o.Status, o.AuthoredOn, o.Requester, o.RequesterAs, o.Group, o.Prior = "active", by.Now, by.Ref, by.Name, group, "MedicationRequest/"+prior.ID()
	text, err := o.Resource()
	if err != nil {
		return nil, err
	}
	d, err := fhir.Parse(fhir.SetMember(mustRoot(text), "basedOn", []byte(`[{"reference":"MedicationRequest/`+prior.ID()+`"}]`)))
	if err != nil {
		return nil, err
	}
	acts := []record.Act{{Op: record.Create, Type: "MedicationRequest", Resource: d.Root(), FullURL: "urn:wholechart:refill"}}
	if st := prior.Get("status"); st.Is("active") || st.Is("on-hold") {
		a, err := amend(prior, object{"status": "completed", "statusReason": concept("renewed")})
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	a, err := closeTask(t, "approved", "", by, object{"output": []any{object{"type": concept("prescription"), "valueReference": ref("urn:wholechart:refill", "")}}})
	return append(acts, a), err
}

func mustRoot(text []byte) fhir.Node {
	d, err := fhir.Parse(text)
	if err != nil {
		return fhir.Node{}
	}
	return d.Root()
}

// Deny is the act that refuses a refill, with the reason.
func Deny(t fhir.Node, why string, by By) (record.Act, error) {
	if strings.TrimSpace(why) == "" {
		return record.Act{}, errors.New("a refusal needs a reason")
	}
	if !OpenTask(t) || !hasCode(t, "refill") {
		return record.Act{}, &record.VersionConflict{}
	}
	return closeTask(t, "denied", why, by, nil)
}

func closeTask(t fhir.Node, how, why string, by By, more object) (record.Act, error) {
	said := how
	changes := object{"status": "completed", "lastModified": when(by.Now), "executionPeriod": object{"end": when(by.Now)}}
	if why != "" {
		said += ": " + why
		changes["statusReason"] = concept(why)
	}
	changes["businessStatus"] = concept(said)
	changes["note"] = append(listOf(t, "note"), object{"text": said, "time": when(by.Now), "authorString": by.Name})
	for k, v := range more {
		changes[k] = v
	}
	return amend(t, changes)
}

// Signed is the act that ends a Task cosign after its orders were signed.
func Signed(t fhir.Node, by By) (record.Act, error) { return closeTask(t, "signed", "", by, nil) }

// Match are the acts that give a result of no known patient to a patient: the
// patient of a resource is fixed, so that the result and its values are written
// anew for the patient, what there was is marked entered in error, and the Task
// unmatched-result ends with who said whose it is. Route then puts the result
// before whoever answers for it.
func Match(task, result fhir.Node, parts []fhir.Node, patient string, by By) ([]record.Act, error) {
	if !OpenTask(task) || !hasCode(task, "unmatched-result") {
		return nil, &record.VersionConflict{}
	}
	var acts []record.Act
	urn := func(n fhir.Node) string { return "urn:wholechart:match:" + n.ResourceType() + ":" + n.ID() }
	moved := map[string]string{}
	for _, p := range parts {
		moved["Observation/"+p.ID()] = urn(p)
	}
	for _, n := range append(parts[:len(parts):len(parts)], result) {
		if n.Get("subject").Get("reference").Exists() && idOf(n.Get("subject"), "Patient") != "" {
			return nil, &record.Invalid{Issues: []record.Issue{{Severity: "error", Code: "business-rule", Text: "a value of this result is of a known patient already"}}}
		}
		copied, err := amend(n, object{"subject": ref("Patient/"+patient, ""), "id": nil, "meta": nil})
		if err != nil {
			return nil, err
		}
		for _, member := range [...]string{"result", "hasMember"} {
			var to []any
			for m := range n.Get(member).Items() {
				at := m.Get("reference").Str()
				if u, ok := moved[at]; ok {
					at = u
				}
				to = append(to, ref(at, m.Get("display").Str()))
			}
			if to != nil {
				if copied, err = setMember(copied, member, to); err != nil {
					return nil, err
				}
			}
		}
		copied.Op, copied.ID, copied.IfMatch, copied.FullURL = record.Create, "", 0, urn(n)
		acts = append(acts, copied)
		old, err := amend(n, object{"status": "entered-in-error"})
		if err != nil {
			return nil, err
		}
		acts = append(acts, old)
	}
	a, err := closeTask(task, "matched to a patient", "", by, object{"for": ref("Patient/"+patient, ""), "focus": ref(urn(result), "")})
	return append(acts, a), err
}

func setMember(a record.Act, name string, value any) (record.Act, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return a, err
	}
	d, err := fhir.Parse(fhir.SetMember(a.Resource, name, text))
	if err != nil {
		return a, err
	}
	a.Resource = d.Root()
	return a, nil
}

// Unmatched says whether a Task is about a result of no known patient.
func Unmatched(t fhir.Node) bool { return hasCode(t, "unmatched-result") }
