package door

import (
	"errors"
	"strconv"
	"time"

	"wholechart/access"
	written "wholechart/chart/entry"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
)

// undoFor is how long an act can be taken back from the page that said it.
const undoFor = 15 * time.Minute

// Undoable offers to take back what a Transact made of one resource.
func Undoable(r record.Resource, back string) *web.Undo {
	return &web.Undo{Type: r.Type, ID: r.ID, Version: r.Version, Back: back}
}

// An Appointment is not among them: its time may have been given to somebody
// else meanwhile, so the schedule takes it back itself.

// inError is where a type says that it was entered in error
// (the R4 definition of each: http://hl7.org/fhir/R4/resourcelist.html).
var inError = map[string]string{
	"Condition": "verificationStatus", "AllergyIntolerance": "verificationStatus", "MedicationStatement": "status", "Immunization": "status", "Procedure": "status",
	"FamilyMemberHistory": "status", "Observation": "status", "Device": "status", "Goal": "lifecycleStatus", "CarePlan": "status",
	"Task": "status", "Communication": "status", "DocumentReference": "status", "Encounter": "status", "ServiceRequest": "status", "MedicationRequest": "status",
}

// codedStatus are those whose status is a CodeableConcept of a system of its own.
var codedStatus = map[string]string{
	"Condition":          "http://terminology.hl7.org/CodeSystem/condition-ver-status",
	"AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
}

// undo takes back the last change of one resource, by who made it and soon
// after: what was changed becomes as it was, what was new is entered in error.
// Nothing is removed: both are new versions.
func undo(c *Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	typ, id, version, back := form.Get("type"), form.Get("id"), form.Get("version"), form.Get("back")
	if web.LocalPath(back, c.Site.Slug) == "" {
		back = c.Path() + "/"
	}
	s, ctx := c.Session(access.EMR), c.R.Context()
	now, err := s.Read(ctx, typ, id)
	if err != nil {
		c.Failed(err)
		return
	}
	n, _ := strconv.Atoi(now.Version)
	_, known := inError[typ]
	known = known || typ == "Patient" && n > 1
	switch {
	case !known:
		c.Done(back, web.Flash{Kind: web.Warning, Text: "That cannot be undone here."})
		return
	case !s.Wrote(now):
		c.Done(back, web.Flash{Kind: web.Warning, Text: "Not undone: somebody else did that. Edit it instead."})
		return
	case now.Version != version:
		c.Done(back, web.Flash{Kind: web.Warning, Text: "Not undone: it was changed again since."})
		return
	case c.Now.Sub(now.Updated) > undoFor:
		c.Done(back, web.Flash{Kind: web.Warning, Text: "Not undone: it is longer ago than a quarter of an hour. Edit it instead."})
		return
	}
	act := record.Act{Op: record.Update, Type: typ, ID: id, IfMatch: n}
	said := "Undone: it is as it was."
	if n > 1 {
		was, err := s.ReadVersion(ctx, typ, id, strconv.Itoa(n-1))
		if err != nil || was.Deleted {
			c.Failed(errors.Join(err, record.ErrNotFound))
			return
		}
		if typ == "Patient" && !sameStanding(was.Node(), now.Node()) {
			c.Done(back, web.Flash{Kind: web.Warning, Text: "That cannot be undone here."})
			return
		}
		act.Resource = was.Node()
	} else {
		act.Resource, err = enteredInError(now)
		if err != nil {
			c.Failed(err)
			return
		}
		said = "Undone: it is marked as entered in error."
	}
	if _, err := s.Transact(ctx, []record.Act{act}); err != nil {
		c.Failed(err)
		return
	}
	c.Done(back, web.Flash{Kind: web.Good, Text: said})
}

// sameStanding says whether two versions of a Patient stand for the same: a merge
// or a death is taken back where it was made.
func sameStanding(a, b fhir.Node) bool {
	for _, k := range [...]string{"link", "active", "deceasedBoolean", "deceasedDateTime"} {
		if string(a.Get(k).Raw()) != string(b.Get(k).Raw()) {
			return false
		}
	}
	return true
}

// enteredInError is a resource with the status that says so.
func enteredInError(r record.Resource) (fhir.Node, error) {
	if body, err := written.Withdrawn(r.Node()); err == nil { // facts of the chart: what their invariants want goes with it
		d, err := fhir.Parse(body)
		if err != nil {
			return fhir.Node{}, err
		}
		return d.Root(), nil
	}
	field := inError[r.Type]
	value := []byte(`"entered-in-error"`)
	if sys, ok := codedStatus[r.Type]; ok {
		value = []byte(`{"coding":[{"system":"` + sys + `","code":"entered-in-error"}]}`)
	}
	d, err := fhir.Parse(fhir.SetMember(r.Node(), field, value))
	if err != nil {
		return fhir.Node{}, err
	}
	return d.Root(), nil
}
