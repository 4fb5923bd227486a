package record

import (
	"bytes"
	"context"
	"slices"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/store"
)

// A letter that was signed and is to be sent is a Task of code letter about its
// document. Only who may read the document can make such a Task (mayTask); by it
// they hand that one file to whoever sends the site's post. Who sends it need not
// read the chart: the file is given out while the Task is open, and its status
// may be changed, and nothing of what the Task asks for.

// taskSystem is the code system of Task.code.
const taskSystem = "https://wholechart.example/task"

// signedURL is the extension of a DocumentReference that was written and signed
// here, see chart/document.
const signedURL = "https://wholechart.example/signed"

// letterTask says whether a Task asks that a letter is sent.
func letterTask(t fhir.Node) bool {
	typ, _, _, ok := fhir.Relative(t.Path("focus", "reference").Str())
	if !ok || typ != "DocumentReference" {
		return false
	}
	for c := range t.Path("code", "coding").Items() {
		if c.Get("system").Is(taskSystem) && c.Get("code").Is("letter") {
			return true
		}
	}
	return false
}

// reported are the members of a letter's Task that say what became of it.
var reported = []string{"status", "statusReason", "businessStatus", "lastModified", "note", "owner", "executionPeriod", "output"}

// onlyReports says whether a change of a letter's Task says what became of it and
// changes nothing else.
func onlyReports(old, next fhir.Node) bool {
	if !letterTask(old) || !letterTask(next) {
		return false
	}
	same := func(a, b fhir.Node) bool {
		for name, v := range a.Fields() {
			w := b.Get(name)
			if name == "meta" { // its version is the store's
				v, w = v.Get("security"), w.Get("security")
			}
			if !slices.Contains(reported, name) && !bytes.Equal(fhir.Compact(v.Raw()), fhir.Compact(w.Raw())) {
				return false
			}
		}
		return true
	}
	return same(old, next) && same(next, old)
}

// Letter is the file (a Binary) of the letter that an open Task asks to be sent,
// for whoever may read the Task. It is given to be sent, and noted so. Errors:
// *Refused; ErrNotFound of what is no such Task, is done, or leads to no letter
// that was signed here for the Task's patient.
func (s Session) Letter(ctx context.Context, task string) (Resource, error) {
	if s.actor.Kind != access.User {
		return Resource{}, &Refused{Why: "letters are sent by people"}
	}
	t, err := s.Read(ctx, "Task", task)
	if err != nil {
		return Resource{}, err
	}
	n := t.Node()
	open := slices.Contains([]string{"requested", "received", "accepted", "ready", "in-progress", "on-hold"}, n.Get("status").Str())
	patient := n.Path("for", "reference").Str()
	if s.lens != access.EMR || !letterTask(n) || !open || patient == "" {
		return Resource{}, ErrNotFound
	}
	d := access.Decide(s.actor, s.lens, access.Read, "Task")
	d.Types = func(t string) bool { return t == "DocumentReference" || t == "Binary" }
	if d.Patients != nil {
		return Resource{}, ErrNotFound
	}
	_, id, _, _ := fhir.Relative(n.Path("focus", "reference").Str())
	doc, err := s.latest(ctx, d, "DocumentReference", id)
	if err != nil {
		return Resource{}, err
	}
	file, err := s.fileOf(ctx, d, doc.Node(), patient)
	e := audit.Event{Action: "read", Type: "Binary", ID: file.ID, Key: doc.key.Patient(), Count: 1, Why: "a letter to be sent: Task/" + task}
	if err != nil {
		e.Outcome, e.Why, e.Count = audit.Failed, kindOf(err), 0
	}
	s.note(e)
	return file, err
}

// fileOf is the first file of a letter that was signed here for a patient.
func (s Session) fileOf(ctx context.Context, d access.Decision, doc fhir.Node, patient string) (Resource, error) {
	if !signedHere(doc) || !doc.Get("status").Is("current") || !doc.Path("subject", "reference").Is(patient) {
		return Resource{}, store.ErrNotFound
	}
	for c := range doc.Get("content").Items() {
		typ, id, _, ok := fhir.Relative(c.Path("attachment", "url").Str())
		if !ok || typ != "Binary" {
			continue
		}
		b, err := s.latest(ctx, d, "Binary", id)
		if err == nil && !b.Node().Path("securityContext", "reference").Is(patient) {
			err = store.ErrNotFound
		}
		return b, err
	}
	return Resource{}, store.ErrNotFound
}
