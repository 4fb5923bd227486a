package order

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
)

// By is who does something, when.
type By struct {
	Ref  string // Practitioner/…; may be empty
	Name string
	Now  time.Time
}

func (b By) ref() object { return ref(b.Ref, b.Name) }

// put is an act that writes a resource made of values.
func put(op record.Op, typ, id string, version int, r object) (record.Act, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return record.Act{}, err
	}
	d, err := fhir.Parse(text)
	if err != nil {
		return record.Act{}, err
	}
	return record.Act{Op: op, Type: typ, ID: id, IfMatch: version, Resource: d.Root()}, nil
}

// amend is an act that changes some members of a stored resource and leaves the
// others as whoever wrote them. A nil value removes a member.
func amend(n fhir.Node, changes object) (record.Act, error) {
	dec := json.NewDecoder(bytes.NewReader(n.Raw()))
	dec.UseNumber()
	var r object
	if err := dec.Decode(&r); err != nil {
		return record.Act{}, err
	}
	for k, v := range changes {
		if v == nil {
			delete(r, k)
		} else {
			r[k] = v
		}
	}
	version, err := strconv.Atoi(n.Get("meta").Get("versionId").Str())
	if err != nil {
		return record.Act{}, errors.New("the resource has no version")
	}
	return put(record.Update, n.ResourceType(), n.ID(), version, r)
}

// list is a member that repeats, as values, for appending to.
func listOf(n fhir.Node, name string) []any {
	var out []any
	for x := range n.Get(name).Items() {
		out = append(out, json.RawMessage(x.Raw()))
	}
	return out
}

// Save is the act that keeps a draft: new, or over the version that was edited.
func Save(o Order) (record.Act, error) {
	o.Status = "draft"
	text, err := o.Resource()
	if err != nil {
		return record.Act{}, err
	}
	d, err := fhir.Parse(text)
	if err != nil {
		return record.Act{}, err
	}
	a := record.Act{Op: record.Create, Type: o.Kind.Type(), Resource: d.Root()}
	if o.ID != "" {
		a.Op, a.ID = record.Update, o.ID
		if a.IfMatch, err = strconv.Atoi(o.Version); err != nil {
			return record.Act{}, errors.New("a draft without a version")
		}
	}
	return a, nil
}

// Basket are the drafts of a patient, in the order in which they were begun.
func Basket(ctx context.Context, s record.Session, patient string) ([]record.Resource, error) {
	return ofStatus(ctx, s, patient, "draft")
}

// Placed are the patient's orders that wait for something, the oldest first.
func Placed(ctx context.Context, s record.Session, patient string) ([]record.Resource, error) {
	return ofStatus(ctx, s, patient, "active,on-hold")
}

// MaxBasket bounds what a basket holds and what is listed at once.
const MaxBasket = 200

func ofStatus(ctx context.Context, s record.Session, patient, status string) ([]record.Resource, error) {
	var out []record.Resource
	for _, typ := range [...]string{"MedicationRequest", "ServiceRequest"} {
		q, err := search.Parse(typ, url.Values{"patient": {patient}, "status": {status}, "_count": {strconv.Itoa(MaxBasket)}}, search.Options{})
		if err != nil {
			return nil, err
		}
		p, err := s.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Matches...)
	}
	return out, nil
}

// Sign are the acts that make drafts orders: all or, by their versions, none. A
// referral gets a Task that its loop is closed by; of a renewal the prescription
// before it, which priors has by its reference, is completed.
func Sign(drafts []fhir.Node, priors map[string]fhir.Node, by By, group string) ([]record.Act, error) {
	var acts []record.Act
	for _, n := range drafts {
		if !n.Get("status").Is("draft") {
			return nil, &record.VersionConflict{}
		}
		changes := object{"status": "active", "authoredOn": when(by.Now), "requester": by.ref()}
		id := object{"system": Requisition, "value": group}
		if n.ResourceType() == "MedicationRequest" {
			changes["groupIdentifier"] = id
		} else {
			changes["requisition"] = id
		}
		a, err := amend(n, changes)
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
		if o := Read(n); o.Kind == Referral {
			t, err := task("referral", o.Name+": "+o.Reason, "Patient/"+o.Patient, "ServiceRequest/"+o.ID, "", "", o.Priority, by)
			if err != nil {
				return nil, err
			}
			acts = append(acts, t)
		}
		if p, ok := priors[n.Get("priorPrescription").Get("reference").Str()]; ok && (p.Get("status").Is("active") || p.Get("status").Is("on-hold")) {
			a, err := amend(p, object{"status": "completed", "statusReason": concept("renewed")})
			if err != nil {
				return nil, err
			}
			acts = append(acts, a)
		}
	}
	return acts, nil
}

// task is the act that creates a Task of the inbox.
func task(code, what, patient, focus, owner, ownerName, priority string, by By) (record.Act, error) {
	t := object{"resourceType": "Task", "status": "requested", "intent": "order", "code": concept("", coding(TaskSystem, code, "")), "description": cut(what, 500), "authoredOn": when(by.Now), "lastModified": when(by.Now)}
	if patient != "" {
		t["for"] = ref(patient, "")
	}
	if focus != "" {
		t["focus"] = ref(focus, "")
	}
	if owner != "" || ownerName != "" {
		t["owner"] = ref(owner, ownerName)
	}
	if priority == "" {
		priority = "routine"
	}
	t["priority"] = priority
	if by.Ref != "" || by.Name != "" {
		t["requester"] = by.ref()
	}
	return put(record.Create, "Task", "", 0, t)
}

// AskToSign is the act by which somebody who may not sign asks who may: a Task
// cosign about the drafts. owner may be empty: any physician of the site.
func AskToSign(drafts []Order, owner, ownerName string, by By) (record.Act, error) {
	if len(drafts) == 0 {
		return record.Act{}, errors.New("nothing to sign")
	}
	what := fmt.Sprintf("Sign %d orders: ", len(drafts))
	if len(drafts) == 1 {
		what = "Sign an order: "
	}
	for i, d := range drafts {
		if i > 0 {
			what += ", "
		}
		what += d.Title()
	}
	return task("cosign", what, "Patient/"+drafts[0].Patient, drafts[0].Kind.Type()+"/"+drafts[0].ID, owner, ownerName, "routine", by)
}

// Stop ends an order before it is done: a prescription is stopped, a service
// revoked. The reason stays with it.
func Stop(n fhir.Node, why string, by By) (record.Act, error) { return restate(n, "stopped", why, by) }

// Hold suspends an order.
func Hold(n fhir.Node, why string, by By) (record.Act, error) { return restate(n, "on-hold", why, by) }

// Resume puts an order that is on hold in force again.
func Resume(n fhir.Node, by By) (record.Act, error) { return restate(n, "active", "", by) }

// Complete says that an order is done.
func Complete(n fhir.Node, by By) (record.Act, error) { return restate(n, "completed", "", by) }

func restate(n fhir.Node, status, why string, by By) (record.Act, error) {
	was := n.Get("status").Str()
	if was != "active" && was != "on-hold" || was == status {
		return record.Act{}, &record.Invalid{Issues: []record.Issue{{Severity: "error", Code: "business-rule", Path: "status", Text: "the order is " + was + ": this can no longer be done"}}}
	}
	changes := object{"status": status}
	if n.ResourceType() == "MedicationRequest" {
		changes["statusReason"] = nil
		if why != "" {
			changes["statusReason"] = concept(why)
		}
	} else {
		if status == "stopped" {
			changes["status"] = "revoked"
		}
		if why != "" {
			changes["note"] = append(listOf(n, "note"), object{"text": stoppedBecause + why, "time": when(by.Now), "authorString": by.Name})
		}
	}
	return amend(n, changes)
}

// Again is a draft of the same as an order before: a renewal of a prescription
// names what it renews.
func Again(n fhir.Node) Order {
	o := Read(n)
	prior := ""
	if o.Kind == Medicine && (o.Status == "active" || o.Status == "on-hold" || o.Status == "completed" || o.Status == "stopped") {
		prior = "MedicationRequest/" + o.ID
	}
	o.ID, o.Version, o.Status, o.Group, o.StatusWhy, o.AuthoredOn, o.AuthoredDay, o.Author, o.Due, o.Encounter, o.Prior = "", "", "draft", "", "", time.Time{}, false, "", "", "", prior
	o.Requester, o.RequesterAs = "", ""
	steps := o.Sig.Steps()
	for i := range steps { // the days of the order before are past: as long again
		if x := &steps[i]; x.Start != "" || x.End != "" {
			x.Days, x.Start, x.End = max(x.Days, daysBetween(x.Start, x.End)), "", ""
		}
	}
	o.Sig = SetSteps(steps)
	return o
}

// Kept is one warning that somebody read and ordered nevertheless.
type Kept struct {
	Key                string // rule.Card.Key: the same danger, the same facts
	Rule, Title        string
	Detail             string
	Severity           string   // high, moderate, low
	Implicated         []string // references of this chart
	Reason, ReasonText string   // a code of KeepReasons; words
}

// KeepReasons are why a warning is overridden: codes of KeepSystem.
var KeepReasons = []struct{ Code, Text string }{
	{"benefit", "Benefit outweighs the risk"},
	{"tolerated", "Taken together before without harm"},
	{"monitored", "Will be monitored"},
	{"adjusted", "Dose adjusted for it"},
	{"not-applicable", "Does not apply to this patient"},
	{"patient", "The patient knows and wants it"},
	{"other", "Another reason, in words"},
}

// KeepText is the words of a reason, "" when it is none.
func KeepText(code string) string {
	for _, r := range KeepReasons {
		if r.Code == code {
			return r.Text
		}
	}
	return ""
}

// Keep is the act that records an override: a DetectedIssue
// (http://hl7.org/fhir/R4/detectedissue.html) with its mitigation.
func Keep(patient string, k Kept, by By) (record.Act, error) {
	text := KeepText(k.Reason)
	if text == "" || k.Reason == "other" && k.ReasonText == "" {
		return record.Act{}, errors.New("an override needs a reason")
	}
	if k.ReasonText != "" {
		text += ": " + k.ReasonText
	}
	if k.Severity == "" {
		k.Severity = "high"
	}
	m := object{"action": concept(text, coding(KeepSystem, k.Reason, KeepText(k.Reason))), "date": when(by.Now)}
	if by.Ref != "" {
		m["author"] = by.ref()
	}
	// The day is of the identity: an override that ran out is made anew, and the
	// same one twice on a day is one.
	sum := sha256.Sum256([]byte(k.Key + "\n" + by.Ref + "\n" + by.Name + "\n" + by.Now.Format(time.DateOnly)))
	own := hex.EncodeToString(sum[:])
	r := object{"resourceType": "DetectedIssue", "status": "final", "identifier": []any{object{"system": CardSystem, "value": k.Key}, object{"system": keptBySystem, "value": own}},
		"code": concept(k.Title, coding("https://wholechart.example/rule", k.Rule, "")), "severity": k.Severity, "patient": ref("Patient/"+patient, ""),
		"identifiedDateTime": when(by.Now), "mitigation": []any{m}}
	if by.Ref != "" {
		r["author"] = by.ref()
	}
	if k.Detail != "" {
		r["detail"] = cut(k.Detail, 1000)
	}
	var implicated []any
	for _, to := range k.Implicated {
		implicated = append(implicated, ref(to, ""))
	}
	if len(implicated) > 0 {
		r["implicated"] = implicated
	}
	a, err := put(record.Create, "DetectedIssue", "", 0, r)
	if err != nil {
		return a, err
	}
	a.Where, err = search.Parse("DetectedIssue", url.Values{"identifier": {keptBySystem + "|" + own}, "patient": {patient}}, search.Options{})
	return a, err
}

// keptBySystem identifies one person's override of one warning on one day.
const keptBySystem = "https://wholechart.example/card-kept-by"

// Override is that somebody read a warning and kept the order.
type Override struct {
	Reason string    // in words
	Code   string    // of KeepReasons; "" of another system's
	At     time.Time // zero: not said
}

// Keeps are the overrides of a patient by the key of the warning, of each the
// newest: those that were written by who the session is of, since to keep
// an order against a warning is the decision of whoever signs it, and nobody
// silences it for a colleague. The system sees all. For how long one stands is not
// said here. Of more than a thousand the newest are read.
func Keeps(ctx context.Context, s record.Session, patient string) (map[string]Override, error) {
	q, err := search.Parse("DetectedIssue", url.Values{"patient": {patient}, "_sort": {"-identified"}, "_count": {"1000"}}, search.Options{})
	if err != nil {
		return nil, err
	}
	p, err := s.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	out := map[string]Override{}
	for _, r := range p.Matches {
		n := r.Node()
		if n.Get("status").Is("entered-in-error") || s.Actor().Kind != access.System && !s.Wrote(r) {
			continue
		}
		why := fhir.CodeableConceptOf(n.Get("mitigation").Index(0).Get("action"))
		o := Override{Reason: why.Text}
		if c, ok := why.In(KeepSystem); ok {
			o.Code = c.Code
		}
		o.At, _ = time.Parse(time.RFC3339, n.Get("identifiedDateTime").Str())
		for id := range n.Get("identifier").Items() {
			if key := id.Get("value").Str(); id.Get("system").Is(CardSystem) {
				if old, ok := out[key]; !ok || old.At.Before(o.At) {
					out[key] = o
				}
			}
		}
	}
	return out, nil
}
