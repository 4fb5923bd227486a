package schedule

import (
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
)

// What of an appointment FHIR R4 has no element for.
const (
	MomentURL    = "https://wholechart.example/fhir/appointment-moment" // when it came to a state: extensions "state" (code) and "at" (dateTime)
	OverbookURL  = "https://wholechart.example/fhir/overbooked"         // why a time that was taken was given once more
	SeriesSystem = "https://wholechart.example/appointment-series"      // identifier: appointments of one series
)

// State is where an appointment is, as a desk says it.
type State string

// The states. FHIR's fulfilled says that the visit has its own record from then
// on; InVisit and Done are told apart by the moment that Finish writes.
const (
	Waiting   State = "waiting"   // on the wait list
	Proposed  State = "proposed"  // nobody agreed to it yet
	Booked    State = "booked"    //
	Arrived   State = "arrived"   // is here
	Roomed    State = "roomed"    // in a room (checked-in)
	InVisit   State = "in-visit"  // being seen (fulfilled)
	Done      State = "done"      // was seen (fulfilled)
	Cancelled State = "cancelled" //
	Missed    State = "missed"    // noshow
	Mistaken  State = "mistaken"  // entered in error
)

// Party is who or what takes part.
type Party struct{ Ref, Name string }

// Appointment is an Appointment as a desk reads it.
type Appointment struct {
	ID, Version string
	Status      string // FHIR's
	Span               // zero on the wait list
	Minutes     int
	Patient     Party
	With        []Party // practitioners
	Places      []Party // rooms, or just where
	Type        Code
	Reason      string
	Comment     string
	Why         string // it was cancelled or missed
	Overbooked  string // why the time was given though it was taken
	Series      string
	Wanted      []Span // of the wait list: when it would suit
	Created     time.Time
	Moments     map[State]time.Time
	Node        fhir.Node
}

// AppointmentOf reads an Appointment. Dates without a zone are the zone's days.
func AppointmentOf(n fhir.Node, zone *time.Location) Appointment {
	a := Appointment{ID: n.ID(), Version: n.Path("meta", "versionId").Str(), Status: n.Get("status").Str(), Node: n,
		Comment: n.Get("comment").Str(), Why: fhir.CodeableConceptOf(n.Get("cancelationReason")).Label()}
	a.From, a.To = instant(n.Get("start"), zone), instant(n.Get("end"), zone)
	if a.To.Before(a.From) {
		a.To = a.From
	}
	a.Minutes, _ = strconv.Atoi(n.Get("minutesDuration").Text())
	if a.Minutes == 0 && !a.From.IsZero() {
		a.Minutes = a.Span.Minutes()
	}
	a.Created = instant(n.Get("created"), zone)
	for p := range n.Get("participant").Items() {
		if p.Get("status").Is("declined") {
			continue
		}
		r := fhir.ReferenceOf(p.Get("actor"))
		typ, _, _ := strings.Cut(r.Reference, "/")
		party := Party{r.Reference, r.Display}
		switch typ {
		case "Patient":
			if a.Patient.Ref == "" {
				a.Patient = party
			}
		case "Location":
			a.Places = append(a.Places, party)
		case "RelatedPerson", "Device", "HealthcareService":
		default:
			if r.Reference != "" || r.Display != "" {
				a.With = append(a.With, party)
			}
		}
	}
	if c := fhir.CodeableConceptOf(n.Get("serviceType").Index(0)); c.Label() != "" {
		a.Type.Display = c.Label()
		if len(c.Codings) > 0 {
			a.Type.System, a.Type.Code = c.Codings[0].System, c.Codings[0].Code
		}
	}
	if c := fhir.CodeableConceptOf(n.Get("appointmentType")); a.Type.Display == "" {
		a.Type.Display = c.Label()
	}
	a.Reason = n.Get("description").Str()
	if a.Reason == "" {
		a.Reason = fhir.CodeableConceptOf(n.Get("reasonCode").Index(0)).Label()
	}
	for id := range n.Get("identifier").Items() {
		if id.Get("system").Is(SeriesSystem) {
			a.Series = id.Get("value").Str()
		}
	}
	for p := range n.Get("requestedPeriod").Items() {
		period, s := fhir.PeriodOf(p), Span{}
		if period.Start.Precision != 0 {
			s.From, _ = period.Start.Interval(zone)
		}
		if period.End.Precision != 0 {
			_, s.To = period.End.Interval(zone)
		}
		a.Wanted = append(a.Wanted, s)
	}
	for e := range n.Get("extension").Items() {
		switch {
		case e.Get("url").Is(OverbookURL):
			a.Overbooked = e.Get("valueString").Str()
		case e.Get("url").Is(MomentURL):
			var state State
			var at time.Time
			for p := range e.Get("extension").Items() {
				switch p.Get("url").Str() {
				case "state":
					state = State(p.Get("valueCode").Str())
				case "at":
					at = instant(p.Get("valueDateTime"), zone)
				}
			}
			if state != "" && !at.IsZero() {
				if a.Moments == nil {
					a.Moments = map[State]time.Time{}
				}
				a.Moments[state] = at
			}
		}
	}
	return a
}

// State says where the appointment is.
func (a Appointment) State() State {
	switch a.Status {
	case "waitlist":
		return Waiting
	case "proposed":
		return Proposed
	case "arrived":
		return Arrived
	case "checked-in":
		return Roomed
	case "fulfilled":
		if _, open := a.Moments[InVisit]; open {
			if _, done := a.Moments[Done]; !done {
				return InVisit
			}
		}
		return Done
	case "cancelled":
		return Cancelled
	case "noshow":
		return Missed
	case "entered-in-error":
		return Mistaken
	}
	return Booked // booked, pending
}

// Holds says whether the appointment takes its time from everybody else: not
// when it is cancelled, missed, mistaken, only proposed, or waits.
func (a Appointment) Holds() bool {
	switch a.Status {
	case "pending", "booked", "arrived", "checked-in", "fulfilled":
		return !a.Span.Empty()
	}
	return false
}

// Over says whether nothing more happens to the appointment.
func (a Appointment) Over() bool {
	switch a.State() {
	case Done, Cancelled, Missed, Mistaken:
		return true
	}
	return false
}

// Practitioner is the first practitioner, or the zero Party.
func (a Appointment) Practitioner() Party { return first(a.With) }

// Place is the first place, or the zero Party.
func (a Appointment) Place() Party { return first(a.Places) }

func first(of []Party) Party {
	if len(of) == 0 {
		return Party{}
	}
	return of[0]
}

// Takes says whether somebody or something takes part, by reference.
func (a Appointment) Takes(ref string) bool {
	if ref == "" {
		return false
	}
	if a.Patient.Ref == ref {
		return true
	}
	for _, of := range [...][]Party{a.With, a.Places} {
		for _, p := range of {
			if p.Ref == ref {
				return true
			}
		}
	}
	return false
}

func instant(n fhir.Node, zone *time.Location) time.Time {
	d, err := fhir.ParseDateTime(n.Str())
	if err != nil {
		return time.Time{}
	}
	lo, _ := d.Interval(zone)
	return lo
}
