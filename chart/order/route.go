package order

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
)

// ReviewSystem identifies what a review-result Task is about: one result with
// one content. A result that says something else later has another identifier.
const ReviewSystem = "https://wholechart.example/review"

// MaxAge is how old a result may be that nobody here asked for and is still put
// before somebody: what is older came with a history.
const MaxAge = 30 * 24 * time.Hour

// routeStep is how many changes one Route looks at.
const routeStep = 500

// Route reads the log after a place and makes, for each result of the site that
// became final or was changed since, exactly one Task for whoever answers for
// it; it completes the order that the result answers. It returns where to go on;
// next == after means that nothing is new. What is done for a change and where
// the caller keeps its place need not be one transaction: doing it twice is
// doing it once.
//
// Owner: the requester of the order that it answers, else who saw the patient
// at its encounter, else the patient's general practitioner, else nobody: the
// site's pool. Results of no known patient are of code unmatched-result.
// Not routed: results older than MaxAge that answer no open order (a history
// was imported), members of a report or panel, vital signs.
func Route(ctx context.Context, records *record.Records, site string, after record.Seq, now time.Time) (next record.Seq, err error) {
	s := records.As(access.Actor{Kind: access.System, ID: "results", Site: site, Purpose: access.Treatment}, access.EMR)
	changes, err := s.Changes(ctx, after, routeStep)
	if err != nil {
		return after, err
	}
	next = after
	for _, c := range changes {
		if c.Site == s.Site().No && (c.Type == "DiagnosticReport" || c.Type == "Observation") {
			if err := routeOne(ctx, s, c, now); err != nil {
				return next, err
			}
		}
		next = c.Seq
	}
	return next, nil
}

// reviewed are the statuses of results that somebody must see
// (http://hl7.org/fhir/R4/valueset-diagnostic-report-status.html).
var reviewed = map[string]bool{"final": true, "amended": true, "corrected": true, "appended": true}

// gone says that a change leads to nothing any more: it was deleted, or never visible.
func gone(err error) bool {
	return errors.Is(err, record.ErrNotFound) || errors.As(err, new(*record.Gone))
}

func routeOne(ctx context.Context, s record.Session, c record.Change, now time.Time) error {
	for range 5 {
		acts, err := reviewOf(ctx, s, c, now)
		if gone(err) || err == nil && len(acts) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = s.Transact(ctx, acts)
		var moved *record.VersionConflict
		if err == nil || !errors.As(err, &moved) && !errors.Is(err, record.ErrMoved) {
			return err
		}
	}
	return record.ErrMoved
}

// reviewOf are the acts that one change asks for; none when it asks for nothing.
func reviewOf(ctx context.Context, s record.Session, c record.Change, now time.Time) ([]record.Act, error) {
	r, err := s.Read(ctx, c.Type, c.ID)
	if err != nil {
		return nil, err
	}
	if r.Version != strconv.Itoa(c.Version) {
		return nil, nil // it changed again: that change stands later in the log
	}
	n := r.Node()
	if c.Type == "Observation" {
		if !Laboratory(n) {
			return nil, nil
		}
		// A value is reviewed with the report or panel that holds it, however it changes.
		whole, err := holder(ctx, s, n)
		if err != nil {
			return nil, err
		}
		critical := &weighed{}
		critical.weigh(n)
		// What must be acted upon does not wait for the rest of its report.
		if waits := !reviewed[whole.Get("status").Str()] && reviewed[n.Get("status").Str()] && critical.critical; whole.Exists() && !waits {
			n = whole
			c.Type, c.ID = n.ResourceType(), n.ID()
		}
	}
	status := n.Get("status").Str()
	if status == "entered-in-error" || status == "cancelled" { // who was told of it is told that it was taken back
		if told, err := toldOf(ctx, s, c); err != nil || !told {
			return nil, err
		}
	} else if !reviewed[status] {
		return nil, nil
	}
	order, answered, err := orderOf(ctx, s, n)
	if err != nil {
		return nil, err
	}
	if !answered && tooOld(n, now) {
		// Of a history, unless it changes what somebody here was told.
		if c.Version == 1 {
			return nil, nil
		}
		if told, err := toldOf(ctx, s, c); err != nil || !told {
			return nil, err
		}
	}
	member := map[string]string{"DiagnosticReport": "result", "Observation": "hasMember"}[c.Type]
	parts, err := partsOf(ctx, s, n, member, []fhir.Node{n})
	if err != nil {
		return nil, err
	}

	key := c.Type + "/" + c.ID + "/" + digest(parts)
	w := &weighed{name: fhir.CodeableConceptOf(n.Get("code")).Label()}
	for _, p := range parts {
		w.weigh(p)
	}
	patient := idOf(n.Get("subject"), "Patient")
	owner, ownerName, err := answersFor(ctx, s, n, order, patient)
	if err != nil {
		return nil, err
	}
	by := By{Now: now}
	code, priority, to := "review-result", "routine", ""
	if patient != "" {
		to = "Patient/" + patient
	} else {
		code = "unmatched-result"
	}
	if w.critical {
		priority = "stat"
	}
	t, err := task(code, w.line(n.Get("status").Str()), to, c.Type+"/"+c.ID, owner, ownerName, priority, by)
	if err != nil {
		return nil, err
	}
	if t, err = withIdentifier(t, key); err != nil {
		return nil, err
	}
	acts := []record.Act{t}
	if order.Get("status").Is("active") && reviewed[status] && patient != "" { // a result of nobody is in no chart yet

		done, err := Complete(order, by)
		if err != nil {
			return nil, err
		}
		acts = append(acts, done)
	}
	if c.Type == "DiagnosticReport" { // values that had come before it are reviewed with it
		more, err := within(ctx, s, n, "DiagnosticReport/"+c.ID, parts[1:], now)
		if err != nil {
			return nil, err
		}
		acts = append(acts, more...)
	}
	return acts, nil
}

// toldOf says whether a result was put before anybody.
func toldOf(ctx context.Context, s record.Session, c record.Change) (bool, error) {
	told, err := find(ctx, s, "Task", url.Values{"focus": {c.Type + "/" + c.ID}, "_count": {"1"}})
	return len(told) > 0, err
}

func withIdentifier(a record.Act, key string) (record.Act, error) {
	var r object
	if err := json.Unmarshal(a.Resource.Raw(), &r); err != nil {
		return a, err
	}
	r["identifier"] = []any{object{"system": ReviewSystem, "value": key}}
	a, err := put(record.Create, "Task", "", 0, r)
	if err != nil {
		return a, err
	}
	a.Where, err = search.Parse("Task", url.Values{"identifier": {ReviewSystem + "|" + key}}, search.Options{})
	return a, err
}

// Laboratory says whether an Observation is a result that stands for itself:
// vital signs, histories and surveys are read where they were taken.
func Laboratory(n fhir.Node) bool {
	for cat := range n.Get("category").Items() {
		for c := range cat.Get("coding").Items() {
			switch strings.ToLower(c.Get("code").Str()) {
			case "laboratory", "lab", "imaging", "procedure":
				return true
			}
		}
	}
	return n.Get("basedOn").Len() > 0
}

func find(ctx context.Context, s record.Session, typ string, v url.Values) ([]record.Resource, error) {
	q, err := search.Parse(typ, v, search.Options{})
	if err != nil {
		return nil, err
	}
	p, err := s.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	return p.Matches, nil
}

// sameSubject says whether two resources are of the same patient, or both of none.
// What links them may be wrong, or meant to be: a result never follows its link
// into another patient's chart.
func sameSubject(a, b fhir.Node) bool {
	return idOf(a.Get("subject"), "Patient") == idOf(b.Get("subject"), "Patient")
}

// holder is the report or panel that holds an Observation, or the zero Node.
func holder(ctx context.Context, s record.Session, o fhir.Node) (fhir.Node, error) {
	id := o.ID()
	for _, x := range [...][2]string{{"DiagnosticReport", "result"}, {"Observation", "has-member"}} {
		found, err := find(ctx, s, x[0], url.Values{x[1]: {"Observation/" + id}, "_count": {"5"}})
		if err != nil {
			return fhir.Node{}, err
		}
		for _, r := range found {
			if st := r.Node().Get("status"); !st.Is("entered-in-error") && !st.Is("cancelled") && sameSubject(r.Node(), o) {
				return r.Node(), nil
			}
		}
	}
	return fhir.Node{}, nil
}

// maxParts bounds the values of one report that are looked at.
const maxParts = 200

func partsOf(ctx context.Context, s record.Session, n fhir.Node, member string, parts []fhir.Node) ([]fhir.Node, error) {
	for m := range n.Get(member).Items() {
		typ, id, _, ok := fhir.Relative(m.Get("reference").Str())
		if !ok || typ != "Observation" || len(parts) > maxParts {
			continue
		}
		r, err := s.Read(ctx, typ, id)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if sameSubject(r.Node(), n) {
			parts = append(parts, r.Node())
		}
	}
	return parts, nil
}

// digest stands for what a result says to who reads it: another digest, another
// review. Ids, dates of storage and references do not count.
func digest(parts []fhir.Node) string {
	h := sha256.New()
	for _, p := range parts {
		for name, v := range p.Fields() {
			switch {
			case name == "status" && !v.Is("final"), strings.HasPrefix(name, "value"), name == "interpretation", name == "conclusion", name == "conclusionCode", name == "component",
				name == "dataAbsentReason", name == "presentedForm", name == "note", name == "referenceRange":
				h.Write([]byte(name))
				h.Write(fhir.Compact(v.Raw()))
			case name == "subject": // the patient was found: that is news too
				h.Write([]byte(v.Get("reference").Str()))
			}
		}
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// tooOld says whether a result came with a history.
func tooOld(n fhir.Node, now time.Time) bool {
	for _, name := range [...]string{"issued", "effectiveDateTime", "effectiveInstant"} {
		if d, err := fhir.ParseDateTime(n.Get(name).Str()); err == nil {
			_, hi := d.Interval(now.Location())
			return now.Sub(hi) > MaxAge
		}
	}
	if d, err := fhir.ParseDateTime(n.Get("effectivePeriod").Get("end").Str()); err == nil {
		_, hi := d.Interval(now.Location())
		return now.Sub(hi) > MaxAge
	}
	return false // without a date it may be new
}

// orderOf is the request that a result answers. answered says whether that
// request was still open: then the result is new whatever its dates.
func orderOf(ctx context.Context, s record.Session, n fhir.Node) (order fhir.Node, open bool, err error) {
	for b := range n.Get("basedOn").Items() {
		typ, id, _, ok := fhir.Relative(b.Get("reference").Str())
		if !ok || typ != "ServiceRequest" && typ != "MedicationRequest" {
			continue
		}
		r, err := s.Read(ctx, typ, id)
		if gone(err) {
			continue
		}
		if err != nil {
			return fhir.Node{}, false, err
		}
		o := r.Node()
		if p := idOf(n.Get("subject"), "Patient"); p != "" && p != idOf(o.Get("subject"), "Patient") {
			continue // an order of another patient is not answered by this
		}
		return o, o.Get("status").Is("active") || o.Get("status").Is("on-hold"), nil
	}
	return fhir.Node{}, false, nil
}

// answersFor is who is to see a result, by reference and name.
func answersFor(ctx context.Context, s record.Session, n, order fhir.Node, patient string) (owner, name string, err error) {
	person := func(r fhir.Node) bool {
		typ, _, _, ok := fhir.Relative(r.Get("reference").Str())
		if ok && (typ == "Practitioner" || typ == "PractitionerRole") {
			owner, name = r.Get("reference").Str(), r.Get("display").Str()
			return true
		}
		return false
	}
	if person(order.Get("requester")) {
		return owner, name, nil
	}
	read := func(r fhir.Node, typ string) (fhir.Node, error) {
		t, id, _, ok := fhir.Relative(r.Get("reference").Str())
		if !ok || t != typ {
			return fhir.Node{}, nil
		}
		x, err := s.Read(ctx, t, id)
		if gone(err) {
			return fhir.Node{}, nil
		}
		if err != nil {
			return fhir.Node{}, err
		}
		return x.Node(), nil
	}
	enc, err := read(n.Get("encounter"), "Encounter")
	if err != nil {
		return "", "", err
	}
	if !enc.Exists() && order.Exists() {
		if enc, err = read(order.Get("encounter"), "Encounter"); err != nil {
			return "", "", err
		}
	}
	for p := range enc.Get("participant").Items() {
		if person(p.Get("individual")) {
			return owner, name, nil
		}
	}
	if patient != "" {
		pt, err := read(n.Get("subject"), "Patient")
		if err != nil {
			return "", "", err
		}
		for g := range pt.Get("generalPractitioner").Items() {
			if person(g) {
				return owner, name, nil
			}
		}
	}
	return "", "", nil
}

// within are the acts that take back reviews of single values that are now part
// of a report: they are reviewed with it, and say so.
func within(ctx context.Context, s record.Session, report fhir.Node, name string, members []fhir.Node, now time.Time) ([]record.Act, error) {
	var acts []record.Act
	for _, m := range members {
		found, err := find(ctx, s, "Task", url.Values{"focus": {"Observation/" + m.ID()}, "status": {"requested,in-progress"}})
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			if !hasCode(t.Node(), "review-result") {
				continue
			}
			a, err := amend(t.Node(), object{"status": "cancelled", "statusReason": concept("part of a report, reviewed with it"), "lastModified": when(now), "note": append(listOf(t.Node(), "note"), object{"text": "reviewed with " + name, "time": when(now)})})
			if err != nil {
				return nil, err
			}
			acts = append(acts, a)
		}
	}
	return acts, nil
}

func hasCode(t fhir.Node, code string) bool {
	for c := range t.Get("code").Get("coding").Items() {
		if c.Get("system").Is(TaskSystem) && c.Get("code").Is(code) {
			return true
		}
	}
	return false
}
