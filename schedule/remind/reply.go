package remind

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
)

// Visit is what whoever holds a link is shown: nothing that says for whom the
// appointment is, with whom, or why.
type Visit struct {
	Site  *record.Site
	When  time.Time // in the site's zone
	State VisitState
	Asked bool // for another time
	Lang  string
	Phone string

	appt schedule.Appointment
	link Link
}

// VisitState is what can be done by a link.
type VisitState uint8

// The states.
const (
	VisitOpen      VisitState = iota // not answered yet
	VisitConfirmed                   // may still be cancelled
	VisitCancelled
	VisitMoved // to another time: the link of the newer message counts
	VisitOver  // it began, or the link ended
)

// CancelledByPatient is the reason that such an appointment bears.
const CancelledByPatient = "Cancelled by the patient, by the link in a message"

// answering is the session of whoever holds a link: the program's own, so that
// the log says by which door it came.
func (s *Service) answering(site string) record.Session {
	return s.Records.As(access.Actor{Kind: access.System, ID: "reminder-link", Name: "The patient, by the link in a message", Site: site, Purpose: access.Request}, access.EMR)
}

// Visit opens a link. It changes nothing. Errors: ErrLink.
func (s *Service) Visit(ctx context.Context, site *record.Site, token string) (Visit, error) {
	now, zone := s.Clock(), site.Location()
	l, err := s.Keys.Open(site.Slug, token, now)
	if errors.Is(err, ErrExpired) {
		return Visit{Site: site, When: l.Start.In(zone), State: VisitOver, Lang: "en"}, nil
	}
	if err != nil {
		return Visit{}, err
	}
	as := s.answering(site.Slug)
	r, err := as.Read(ctx, "Appointment", l.Appointment)
	if missing(err) {
		return Visit{}, ErrLink
	}
	if err != nil {
		return Visit{}, err
	}
	v := Visit{Site: site, When: l.Start.In(zone), Lang: "en", appt: schedule.AppointmentOf(r.Node(), zone), link: l}
	rules, err := ReadRules(ctx, as)
	if err != nil {
		return Visit{}, err
	}
	v.Phone = rules.Phone
	if p, err := as.Read(ctx, "Patient", as.Standing(idOf(v.appt.Patient.Ref, "Patient"))); err == nil {
		v.Lang = rules.Speaks(PersonOf(p.Node(), zone, now).Lang)
	}
	if _, err := as.Read(ctx, "Task", anotherID(l)); err == nil {
		v.Asked = true
	}
	switch st := v.appt.State(); {
	case st == schedule.Cancelled && (v.appt.From.IsZero() || v.appt.From.Equal(l.Start)):
		v.State = VisitCancelled
	case !v.appt.From.Equal(l.Start):
		v.State = VisitMoved
	case st != schedule.Booked:
		v.State = VisitOver
	default:
		if a, err := as.Read(ctx, "AppointmentResponse", responseID(l)); err == nil && a.Node().Get("participantStatus").Is("accepted") {
			v.State = VisitConfirmed
		}
	}
	return v, nil
}

func responseID(l Link) string {
	return digest("resp-", l.Appointment, strconv.FormatInt(l.Start.Unix(), 10))
}

func anotherID(l Link) string {
	return digest("time-", l.Appointment, strconv.FormatInt(l.Start.Unix(), 10))
}

// Confirm says that the patient comes: an AppointmentResponse, and the patient's
// participation accepted. Doing it twice is doing it once.
func (s *Service) Confirm(ctx context.Context, site *record.Site, token string) (Visit, error) {
	return s.answer(ctx, site, token, func(v Visit) ([]record.Act, error) {
		if v.State != VisitOpen {
			return nil, nil
		}
		out, err := v.response("accepted")
		if err != nil {
			return nil, err
		}
		body, changed, err := v.accepted()
		if err != nil || !changed {
			return out, err
		}
		n, _ := strconv.Atoi(v.appt.Version)
		return append(out, record.Act{Op: record.Update, Type: "Appointment", ID: v.appt.ID, Resource: body, IfMatch: n}), nil
	})
}

// Cancel takes the appointment back, and tells the desk who of the wait list
// could have its time.
func (s *Service) Cancel(ctx context.Context, site *record.Site, token string) (Visit, error) {
	return s.answer(ctx, site, token, func(v Visit) ([]record.Act, error) {
		if v.State != VisitOpen && v.State != VisitConfirmed {
			return nil, nil
		}
		acts, err := schedule.Cancel(CancelledByPatient).Acts(v.appt, site.Location())
		if err != nil {
			return nil, err
		}
		more, err := v.response("declined")
		if err != nil {
			return nil, err
		}
		acts = append(acts, more...)
		waiting, _, err := schedule.Desk{Session: s.answering(site.Slug), Zone: site.Location(), Now: s.Clock()}.Waitlist(ctx)
		if err != nil {
			return nil, err
		}
		fit := schedule.Offers(waiting, schedule.Opening{Span: v.appt.Span, With: v.appt.Practitioner()})
		what := "The patient cancelled the appointment of " + v.When.Format("2 Jan 2006, 15:04") + " by the link in a message."
		if len(fit) > 0 {
			what += fmt.Sprintf(" Its time is free: %d on the wait list could have it.", len(fit))
		}
		task, err := v.task(digest("free-", v.link.Appointment, strconv.FormatInt(v.link.Start.Unix(), 10)), what, s.Clock())
		return append(acts, task), err
	})
}

// AnotherTime asks the desk to find one; the appointment stays.
func (s *Service) AnotherTime(ctx context.Context, site *record.Site, token string) (Visit, error) {
	return s.answer(ctx, site, token, func(v Visit) ([]record.Act, error) {
		if v.Asked || v.State != VisitOpen && v.State != VisitConfirmed {
			return nil, nil
		}
		task, err := v.task(anotherID(v.link), "The patient asks for another time instead of "+v.When.Format("2 Jan 2006, 15:04")+". The appointment stands until it is moved.", s.Clock())
		return []record.Act{task}, err
	})
}

// answer does what a link asks for on the appointment as it stands, and again
// when somebody changed it meanwhile.
func (s *Service) answer(ctx context.Context, site *record.Site, token string, do func(Visit) ([]record.Act, error)) (Visit, error) {
	for range 20 {
		v, err := s.Visit(ctx, site, token)
		if err != nil {
			return v, err
		}
		acts, err := do(v)
		if err != nil || len(acts) == 0 {
			return v, err
		}
		if _, err = s.answering(site.Slug).Transact(ctx, acts); conflict(err) {
			continue
		}
		if err != nil {
			return v, err
		}
		s.Wake()
		return s.Visit(ctx, site, token)
	}
	return Visit{}, schedule.ErrBusy
}

func (v Visit) response(status string) ([]record.Act, error) {
	id := responseID(v.link)
	n, err := node(object{"resourceType": "AppointmentResponse", "id": id, "appointment": ref("Appointment", v.appt.ID), "actor": object{"reference": v.appt.Patient.Ref},
		"participantStatus": status, "start": instantOf(v.appt.From), "end": instantOf(v.appt.To)})
	return []record.Act{{Op: record.Update, Type: "AppointmentResponse", ID: id, Resource: n}}, err
}

// accepted is the Appointment with the patient's participation accepted.
func (v Visit) accepted() (fhir.Node, bool, error) {
	o, err := objectOf(v.appt.Node)
	if err != nil {
		return fhir.Node{}, false, err
	}
	parts, _ := o["participant"].(list)
	changed := false
	for _, p := range parts {
		part, _ := p.(object)
		actor, _ := part["actor"].(object)
		if actor["reference"] == v.appt.Patient.Ref && part["status"] != "accepted" {
			part["status"], changed = "accepted", true
		}
	}
	n, err := node(o)
	return n, changed, err
}

func (v Visit) task(id, what string, now time.Time) (record.Act, error) {
	n, err := node(object{"resourceType": "Task", "id": id, "status": "requested", "intent": "order", "priority": "routine", "code": coded(TaskSystem, "call-back", "Call back"),
		"description": what, "for": object{"reference": v.appt.Patient.Ref}, "focus": ref("Appointment", v.appt.ID), "authoredOn": now.UTC().Format(time.RFC3339)})
	return record.Act{Op: record.Create, Type: "Task", ID: id, Resource: n}, err
}
