package schedule

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"wholechart/record"
)

// Wish is a place on the wait list.
type Wish struct {
	Patient      Party
	Practitioner Party // zero: any
	Type         VisitType
	Minutes      int    // 0: the type's
	Between      []Span // when it would suit; none: any time
	Reason       string
	Comment      string
	Urgent       bool
}

// Wait puts a patient on the wait list.
func (d Desk) Wait(ctx context.Context, w Wish) (Appointment, error) {
	minutes := w.Minutes
	if minutes == 0 {
		minutes = w.Type.Minutes
	}
	switch {
	case w.Patient.Ref == "":
		return Appointment{}, &Wrong{"patient", "Choose a patient."}
	case minutes < MinLength || minutes > MaxLength:
		return Appointment{}, &Wrong{"minutes", fmt.Sprintf("A visit takes %d to %d minutes.", MinLength, MaxLength)}
	case len(w.Reason) > MaxReason:
		return Appointment{}, &Wrong{"reason", fmt.Sprintf("At most %d characters.", MaxReason)}
	case len(w.Comment) > MaxComment:
		return Appointment{}, &Wrong{"comment", fmt.Sprintf("At most %d characters.", MaxComment)}
	}
	r := object{"resourceType": "Appointment", "status": "waitlist", "created": stamp(d.Now, d.Zone), "minutesDuration": minutes}
	set(r, "description", w.Reason)
	set(r, "comment", w.Comment)
	if w.Type.Code.Code != "" {
		r["serviceType"] = list{concept(w.Type.Code)}
	}
	if w.Urgent {
		r["priority"] = 1 // RFC 5545 section 3.8.1.9, which Appointment.priority follows: 1 is the highest
	}
	parts := list{part(w.Patient)}
	if w.Practitioner.Ref != "" {
		parts = append(parts, part(w.Practitioner))
	}
	r["participant"] = parts
	var periods list
	for _, s := range w.Between {
		if !s.From.IsZero() && !s.To.IsZero() && s.Empty() {
			return Appointment{}, &Wrong{"until", "The last day must not come before the first."}
		}
		p := object{}
		if !s.From.IsZero() {
			p["start"] = stamp(s.From, d.Zone)
		}
		if !s.To.IsZero() {
			p["end"] = stamp(s.To.Add(-time.Second), d.Zone) // a period's end is included
		}
		periods = append(periods, p)
	}
	if len(periods) > 0 {
		r["requestedPeriod"] = periods
	}
	n, err := node(r)
	if err != nil {
		return Appointment{}, err
	}
	return d.transact(ctx, []record.Act{{Op: record.Create, Type: "Appointment", Resource: n}})
}

// Waitlist are those who wait, urgent first, then who waits longest, with what
// may be shown of the patients.
func (d Desk) Waitlist(ctx context.Context) ([]Appointment, map[string]Person, error) {
	found, err := find(ctx, d.Session, "Appointment", url.Values{"status": {"waitlist"}, "_include": {"Appointment:patient"}, "_count": {"1000"}})
	if err != nil {
		return nil, nil, err
	}
	people := map[string]Person{}
	for _, r := range found.Included {
		if r.Type == "Patient" {
			people["Patient/"+r.ID] = PersonOf(r)
		}
	}
	var out []Appointment
	for _, r := range found.Matches {
		a := AppointmentOf(r.Node(), d.Zone)
		a.Patient.Ref = Standing(d.Session, a.Patient.Ref)
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Appointment) int {
		return cmp.Or(cmp.Compare(a.urgency(), b.urgency()), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return out, people, nil
}

func (a Appointment) urgency() int {
	n, err := strconv.Atoi(a.Node.Get("priority").Text())
	if err != nil || n == 0 {
		return 5
	}
	return n
}

// Urgent says whether it should be before others.
func (a Appointment) Urgent() bool { return a.urgency() < 5 }

// Fits says whether somebody who waits could have an opening.
func (a Appointment) Fits(o Opening) bool {
	if a.State() != Waiting || a.Minutes > o.Span.Minutes() || o.Empty() {
		return false
	}
	if who := a.Practitioner(); who.Ref != "" && who.Ref != o.With.Ref {
		return false
	}
	if len(a.Wanted) == 0 {
		return true
	}
	need := Span{o.From, o.From.Add(time.Duration(a.Minutes) * time.Minute)}
	return slices.ContainsFunc(a.Wanted, func(w Span) bool {
		return (w.From.IsZero() || !need.From.Before(w.From)) && (w.To.IsZero() || !need.To.After(w.To))
	})
}

// Offers are those of the wait list who could have an opening, in its order.
func Offers(waiting []Appointment, o Opening) []Appointment {
	var out []Appointment
	for _, a := range waiting {
		if a.Fits(o) {
			out = append(out, a)
		}
	}
	return out
}
