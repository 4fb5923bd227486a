package schedule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"wholechart/fhir"
	"wholechart/record"
)

type (
	object = map[string]any
	list   = []any
)

// Wrong says what of an act is not acceptable, for the field it is about. Text
// holds nothing of what was typed.
type Wrong struct{ Field, Text string }

func (w *Wrong) Error() string { return w.Text }

// Booking is an appointment to be made.
type Booking struct {
	Patient      Party // "Patient/…"
	Practitioner Party // "Practitioner/…"; may be zero when a room is given
	Room         Party // "Location/…"; may be zero
	Type         VisitType
	Start        time.Time
	Minutes      int    // 0: the type's
	Reason       string // one line: what the patient says it is for
	Comment      string
	Overbook     string // why a practitioner's taken time is given once more; empty: it is not
	Outside      bool   // outside the recorded hours, knowingly
	Series       string // id of a series
}

// Span is the time that the booking is for.
func (b Booking) Span() Span {
	return Span{b.Start, b.Start.Add(time.Duration(b.minutes()) * time.Minute)}
}

func (b Booking) minutes() int {
	if b.Minutes == 0 {
		return b.Type.Minutes
	}
	return b.Minutes
}

// MaxReason and MaxComment bound what is typed, in bytes.
const (
	MaxReason  = 300
	MaxComment = 2000
	ahead      = 3 * 366 * 24 * time.Hour // how far ahead is booked
)

func (b Booking) check(now time.Time) error {
	switch m := b.minutes(); {
	case b.Patient.Ref == "":
		return &Wrong{"patient", "Choose a patient."}
	case b.Practitioner.Ref == "" && b.Room.Ref == "":
		return &Wrong{"with", "Choose a provider or a room."}
	case b.Start.IsZero():
		return &Wrong{"time", "Choose a day and a time."}
	case m < MinLength || m > MaxLength:
		return &Wrong{"minutes", fmt.Sprintf("A visit takes %d to %d minutes.", MinLength, MaxLength)}
	case b.Start.Before(now.Add(-24 * time.Hour)):
		return &Wrong{"time", "That time is past. What happened already is written as a visit."}
	case b.Start.After(now.Add(ahead)):
		return &Wrong{"time", "That is more than three years away."}
	case len(b.Reason) > MaxReason:
		return &Wrong{"reason", fmt.Sprintf("At most %d characters.", MaxReason)}
	case len(b.Comment) > MaxComment:
		return &Wrong{"comment", fmt.Sprintf("At most %d characters.", MaxComment)}
	}
	return nil
}

// Booked is the Appointment that a booking makes.
func (b Booking) resource(now time.Time, zone *time.Location) object {
	r := object{"resourceType": "Appointment", "status": "booked", "created": stamp(now, zone)}
	b.fill(r, zone)
	if b.Series != "" {
		r["identifier"] = list{object{"system": SeriesSystem, "value": b.Series}}
	}
	return r
}

// fill writes what a booking says into an Appointment, new or from the wait list.
func (b Booking) fill(r object, zone *time.Location) {
	r["status"] = "booked"
	setTime(r, b.Span(), zone)
	if b.Type.Code.Code != "" {
		r["serviceType"] = list{concept(b.Type.Code)}
	}
	set(r, "description", b.Reason)
	set(r, "comment", b.Comment)
	parts := list{part(b.Patient)}
	for _, p := range [...]Party{b.Practitioner, b.Room} {
		if p.Ref != "" {
			parts = append(parts, part(p))
		}
	}
	r["participant"] = parts
	dropExtension(r, OverbookURL)
	if b.Overbook != "" {
		addExtension(r, object{"url": OverbookURL, "valueString": b.Overbook})
	}
}

func part(p Party) object {
	actor := object{"reference": p.Ref}
	set(actor, "display", p.Name)
	return object{"actor": actor, "status": "accepted"}
}

func concept(c Code) object {
	coding := object{"system": c.System, "code": c.Code}
	set(coding, "display", c.Display)
	out := object{"coding": list{coding}}
	set(out, "text", c.Display)
	return out
}

func set(o object, key, value string) {
	if value == "" {
		delete(o, key)
		return
	}
	o[key] = value
}

func setTime(r object, s Span, zone *time.Location) {
	r["start"], r["end"], r["minutesDuration"] = stamp(s.From, zone), stamp(s.To, zone), s.Minutes()
}

func stamp(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.RFC3339) }

// moment writes when the appointment came to a state, in the place of an
// earlier moment of that state.
func moment(r object, s State, at time.Time, zone *time.Location) {
	kept := list{}
	old, _ := r["extension"].(list)
	for _, e := range old {
		if momentOf(e) != s {
			kept = append(kept, e)
		}
	}
	r["extension"] = append(kept, object{"url": MomentURL, "extension": list{
		object{"url": "state", "valueCode": string(s)}, object{"url": "at", "valueDateTime": stamp(at, zone)},
	}})
}

func momentOf(e any) State {
	o, _ := e.(object)
	if o["url"] != MomentURL {
		return ""
	}
	parts, _ := o["extension"].(list)
	for _, p := range parts {
		if p, _ := p.(object); p["url"] == "state" {
			code, _ := p["valueCode"].(string)
			return State(code)
		}
	}
	return ""
}

func dropMoments(r object, of ...State) {
	old, ok := r["extension"].(list)
	if !ok {
		return
	}
	putExtensions(r, slices.DeleteFunc(old, func(e any) bool { return slices.Contains(of, momentOf(e)) }))
}

func dropExtension(r object, url string) {
	if old, ok := r["extension"].(list); ok {
		putExtensions(r, slices.DeleteFunc(old, func(e any) bool { o, _ := e.(object); return o["url"] == url }))
	}
}

func putExtensions(r object, of list) {
	if len(of) == 0 {
		delete(r, "extension")
		return
	}
	r["extension"] = of
}

func addExtension(r object, e object) {
	old, _ := r["extension"].(list)
	r["extension"] = append(old, e)
}

// objectOf is a resource as values that can be changed; numbers keep their digits.
func objectOf(n fhir.Node) (object, error) {
	d := json.NewDecoder(bytes.NewReader(n.Raw()))
	d.UseNumber()
	var r object
	if err := d.Decode(&r); err != nil || r == nil {
		return nil, fmt.Errorf("not a resource: %w", err)
	}
	return r, nil
}

// node is a resource as the gate takes it.
func node(r object) (fhir.Node, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return fhir.Node{}, err
	}
	doc, err := fhir.Parse(body)
	if err != nil {
		return fhir.Node{}, err
	}
	return doc.Root(), nil
}

// Change is what is done to an appointment that is there.
type Change struct {
	to   State
	from []State
	edit func(r object, zone *time.Location) error
}

// Arrive: the patient is here.
func Arrive(at time.Time) Change {
	return Change{to: Arrived, from: []State{Booked, Missed, Roomed}, edit: func(r object, zone *time.Location) error {
		r["status"] = "arrived"
		delete(r, "cancelationReason")
		dropMoments(r, Roomed)
		moment(r, Arrived, at, zone)
		return nil
	}}
}

// Room: the patient is in a room; the zero Party leaves the room as it is.
func Room(at time.Time, room Party) Change {
	return Change{to: Roomed, from: []State{Booked, Arrived, Roomed}, edit: func(r object, zone *time.Location) error {
		r["status"] = "checked-in"
		moment(r, Roomed, at, zone)
		if room.Ref != "" {
			swap(r, "Location/", room)
		}
		return nil
	}}
}

// Start: the visit has begun. The visit itself is an Encounter, which names the
// appointment and is written by who gives the care.
func Start(at time.Time) Change {
	return Change{to: InVisit, from: []State{Booked, Arrived, Roomed}, edit: func(r object, zone *time.Location) error {
		r["status"] = "fulfilled"
		moment(r, InVisit, at, zone)
		return nil
	}}
}

// Finish: the visit is over.
func Finish(at time.Time) Change {
	return Change{to: Done, from: []State{Arrived, Roomed, InVisit}, edit: func(r object, zone *time.Location) error {
		r["status"] = "fulfilled"
		moment(r, Done, at, zone)
		return nil
	}}
}

// NoShow: the patient did not come.
func NoShow(why string) Change {
	return Change{to: Missed, from: []State{Booked}, edit: func(r object, _ *time.Location) error {
		r["status"] = "noshow"
		return because(r, why)
	}}
}

// Cancel takes an appointment back; why is kept.
func Cancel(why string) Change {
	return Change{to: Cancelled, from: []State{Booked, Proposed, Waiting, Arrived}, edit: func(r object, _ *time.Location) error {
		r["status"] = "cancelled"
		if why == "" {
			return &Wrong{"why", "Say why it is cancelled."}
		}
		return because(r, why)
	}}
}

func because(r object, why string) error {
	if len(why) > MaxReason {
		return &Wrong{"why", fmt.Sprintf("At most %d characters.", MaxReason)}
	}
	delete(r, "cancelationReason")
	if why != "" {
		r["cancelationReason"] = object{"text": why}
	}
	return nil
}

// NotAllowed says that an appointment is not in a state from which the change
// can be made.
type NotAllowed struct{ From, To State }

func (e *NotAllowed) Error() string {
	return fmt.Sprintf("this appointment is %s, so it cannot become %s", Word(e.From), Word(e.To))
}

// Word is how a state is said.
func Word(s State) string {
	switch s {
	case Waiting:
		return "waiting for a time"
	case InVisit:
		return "in the visit"
	case Roomed:
		return "in a room"
	case Missed:
		return "not attended"
	case Mistaken:
		return "entered in error"
	}
	return string(s)
}

// Acts are what makes a change to an appointment as it stands: an update of its
// version alone. What the change does not speak of stays as it was.
func (c Change) Acts(a Appointment, zone *time.Location) ([]record.Act, error) {
	if !slices.Contains(c.from, a.State()) {
		return nil, &NotAllowed{a.State(), c.to}
	}
	r, err := objectOf(a.Node)
	if err != nil {
		return nil, err
	}
	if err := c.edit(r, zone); err != nil {
		return nil, err
	}
	return update("Appointment", a.ID, a.Version, r)
}

func update(typ, id, version string, r object) ([]record.Act, error) {
	v, err := strconv.Atoi(version)
	if err != nil {
		return nil, fmt.Errorf("version of %s: %w", typ, err)
	}
	n, err := node(r)
	if err != nil {
		return nil, err
	}
	return []record.Act{{Op: record.Update, Type: typ, ID: id, Resource: n, IfMatch: v}}, nil
}
