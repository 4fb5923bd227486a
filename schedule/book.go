package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/record"
)

// Taken says that a time is not free, and for whom.
type Taken struct {
	Of   Party         // whose time it is: a provider, a room, the patient
	By   []Appointment // what takes it
	Next []Opening     // the next that are free, when the calendar could tell
}

func (t *Taken) Error() string { return "that time is taken" }

// Closed says that nobody works then.
type Closed struct {
	Of  Party
	Why string // of an exception; empty: outside the weekly hours
}

func (c *Closed) Error() string { return "outside the hours" }

// ErrBusy says that others kept booking the same people while this booking was
// tried: try again.
var ErrBusy = errors.New("others are booking the same calendar: try again")

// MayOverbook says whether an actor may give a provider's taken time once more.
func MayOverbook(a access.Actor) bool {
	return a.Kind == access.User && (a.Role == access.Physician || a.Role == access.Nurse || a.Role == access.Admin)
}

// Desk does what is done at a front desk, through one session.
type Desk struct {
	Session record.Session
	Zone    *time.Location
	Now     time.Time
}

// tries bounds how often a booking looks again after others were quicker. Each
// time somebody else's booking has gone through.
const tries = 100

// Book makes an appointment, or says why not: *Wrong, *Taken, *Closed, ErrBusy
// and the gate's errors. Provider, room and patient are each at one appointment
// at a time; only a provider's time can be overbooked, with a reason.
func (d Desk) Book(ctx context.Context, b Booking) (Appointment, error) {
	if err := b.check(d.Now); err != nil {
		return Appointment{}, err
	}
	n, err := node(b.resource(d.Now, d.Zone))
	if err != nil {
		return Appointment{}, err
	}
	return d.place(ctx, b, "", func() ([]record.Act, error) {
		return []record.Act{{Op: record.Create, Type: "Appointment", Resource: n}}, nil
	})
}

// BookWaiting gives an appointment of the wait list a time.
func (d Desk) BookWaiting(ctx context.Context, id, version string, b Booking) (Appointment, error) {
	if err := b.check(d.Now); err != nil {
		return Appointment{}, err
	}
	return d.place(ctx, b, id, func() ([]record.Act, error) {
		a, err := d.at(ctx, id, version)
		if err != nil {
			return nil, err
		}
		if st := a.State(); st != Waiting && st != Proposed {
			return nil, &NotAllowed{st, Booked}
		}
		if Standing(d.Session, a.Patient.Ref) != Standing(d.Session, b.Patient.Ref) {
			return nil, &Wrong{"patient", "This place on the wait list is somebody else's."}
		}
		r, err := objectOf(a.Node)
		if err != nil {
			return nil, err
		}
		here := b
		here.Patient.Ref = a.Patient.Ref // it stays in the record in which it was written
		here.fill(r, d.Zone)
		return update("Appointment", id, a.Version, r)
	})
}

// Move gives a booked appointment another time, provider or room. What is empty
// in to stays: Practitioner, Room, Start, Minutes.
func (d Desk) Move(ctx context.Context, id, version string, to Booking) (Appointment, error) {
	a, err := d.at(ctx, id, version)
	if err != nil {
		return Appointment{}, err
	}
	if st := a.State(); st != Booked && st != Arrived {
		return Appointment{}, &NotAllowed{st, "moved"}
	}
	b := Booking{Patient: a.Patient, Practitioner: a.Practitioner(), Room: a.Place(), Type: VisitType{Code: a.Type, Minutes: a.Minutes}, Start: a.From, Minutes: a.Minutes,
		Reason: a.Reason, Comment: a.Comment, Overbook: to.Overbook, Outside: to.Outside}
	if to.Practitioner.Ref != "" {
		b.Practitioner = to.Practitioner
	}
	if to.Room.Ref != "" {
		b.Room = to.Room
	}
	if !to.Start.IsZero() {
		b.Start = to.Start
	}
	if to.Minutes > 0 {
		b.Minutes = to.Minutes
	}
	if len(b.Reason) > MaxReason || len(b.Comment) > MaxComment { // of another program: kept, not checked again
		b.Reason, b.Comment = "", ""
	}
	if err := b.check(d.Now); err != nil {
		return Appointment{}, err
	}
	return d.place(ctx, b, id, func() ([]record.Act, error) {
		now, err := d.at(ctx, id, a.Version)
		if err != nil {
			return nil, err
		}
		r, err := objectOf(now.Node)
		if err != nil {
			return nil, err
		}
		setTime(r, b.Span(), d.Zone)
		if to.Practitioner.Ref != "" {
			swap(r, "Practitioner/", to.Practitioner)
		}
		if to.Room.Ref != "" {
			swap(r, "Location/", to.Room)
		}
		dropExtension(r, OverbookURL)
		if b.Overbook != "" {
			addExtension(r, object{"url": OverbookURL, "valueString": b.Overbook})
		}
		return update("Appointment", id, now.Version, r)
	})
}

// Change makes a change that needs no time of anybody's: arrive, start, cancel.
// version is the one that whoever asks looked at; empty: any. A room that is
// entered must be free of others.
func (d Desk) Change(ctx context.Context, id, version string, c Change) (Appointment, error) {
	a, err := d.at(ctx, id, version)
	if err != nil {
		return Appointment{}, err
	}
	acts, err := c.Acts(a, d.Zone)
	if err != nil {
		return Appointment{}, err
	}
	if a.State() == Missed && c.to == Arrived { // its time was free meanwhile
		return d.place(ctx, Booking{Patient: a.Patient, Practitioner: a.Practitioner(), Room: a.Place(), Start: a.From, Minutes: a.Minutes, Outside: true, Overbook: a.Overbooked}, id,
			d.still(ctx, a, acts))
	}
	return d.transact(ctx, acts)
}

// still are acts on an appointment as long as it stands as it did.
func (d Desk) still(ctx context.Context, a Appointment, acts []record.Act) func() ([]record.Act, error) {
	return func() ([]record.Act, error) {
		_, err := d.at(ctx, a.ID, a.Version)
		return acts, err
	}
}

// Undo writes an appointment as it was in an earlier version, when the current
// one is the version that is to be undone.
func (d Desk) Undo(ctx context.Context, id, version string) (Appointment, error) {
	a, err := d.at(ctx, id, version)
	if err != nil {
		return Appointment{}, err
	}
	n, _ := strconv.Atoi(a.Version)
	if n < 2 {
		return Appointment{}, &Wrong{"", "This is how it was first booked: cancel it instead."}
	}
	was, err := d.Session.ReadVersion(ctx, "Appointment", id, strconv.Itoa(n-1))
	if err != nil {
		return Appointment{}, err
	}
	before := AppointmentOf(was.Node(), d.Zone)
	r, err := objectOf(was.Node())
	if err != nil {
		return Appointment{}, err
	}
	acts, err := update("Appointment", id, a.Version, r)
	if err != nil {
		return Appointment{}, err
	}
	if before.Holds() && (!a.Holds() || !before.Span.Equal(a.Span) || before.Practitioner().Ref != a.Practitioner().Ref || before.Place().Ref != a.Place().Ref) {
		return d.place(ctx, Booking{Patient: before.Patient, Practitioner: before.Practitioner(), Room: before.Place(), Start: before.From, Minutes: before.Span.Minutes(), Outside: true, Overbook: before.Overbooked}, id,
			d.still(ctx, a, acts))
	}
	return d.transact(ctx, acts)
}

// Read is an appointment as it stands.
func (d Desk) Read(ctx context.Context, id string) (Appointment, error) { return d.at(ctx, id, "") }

func (d Desk) at(ctx context.Context, id, version string) (Appointment, error) {
	r, err := d.Session.Read(ctx, "Appointment", id)
	if err != nil {
		return Appointment{}, err
	}
	if version != "" && r.Version != version {
		return Appointment{}, &Moved{AppointmentOf(r.Node(), d.Zone)}
	}
	return AppointmentOf(r.Node(), d.Zone), nil
}

// Moved says that somebody changed the appointment meanwhile; Now is how it stands.
type Moved struct{ Now Appointment }

func (m *Moved) Error() string { return "this appointment was changed meanwhile" }

// place runs the booking protocol: read the Schedules of everybody concerned,
// look for what overlaps, write their next versions with the appointment; when
// another booking was quicker, look again.
func (d Desk) place(ctx context.Context, b Booking, except string, acts func() ([]record.Act, error)) (Appointment, error) {
	if b.Overbook != "" && !MayOverbook(d.Session.Actor()) {
		return Appointment{}, &record.Refused{Why: "this role may not overbook"}
	}
	cal, err := Open(ctx, d.Session, d.Zone)
	if err != nil {
		return Appointment{}, err
	}
	b.Patient.Ref = Standing(d.Session, b.Patient.Ref) // one lock a person, however many records were merged
	var refs []string
	for _, p := range [...]Party{b.Practitioner, b.Room, b.Patient} {
		if cal.exclusive(p.Ref) {
			refs = append(refs, p.Ref)
		}
	}
	for attempt := range tries {
		locks, err := d.locks(ctx, refs)
		if err != nil {
			return Appointment{}, err
		}
		if err := d.vacant(ctx, cal, b, except, refs); err != nil {
			return Appointment{}, err
		}
		own, err := acts()
		if err != nil {
			return Appointment{}, err
		}
		a, err := d.transact(ctx, append(own, locks...))
		if !isConflict(err) {
			return a, err
		}
		pause := time.NewTimer(time.Duration(rand.IntN(1+min(attempt, 20))) * time.Millisecond)
		select {
		case <-ctx.Done():
			return Appointment{}, ctx.Err()
		case <-pause.C:
		}
	}
	return Appointment{}, ErrBusy
}

// transact writes acts of which the first is the appointment's.
func (d Desk) transact(ctx context.Context, acts []record.Act) (Appointment, error) {
	out, err := d.Session.Transact(ctx, acts)
	if err != nil {
		return Appointment{}, err
	}
	return AppointmentOf(out[0].Resource.Node(), d.Zone), nil
}

// ScheduleID is the id of the Schedule of a practitioner, room or patient, by
// reference.
func ScheduleID(ref string) string {
	typ, id, _ := strings.Cut(ref, "/")
	prefix := "sched-"
	if typ == "Patient" { // a practitioner can be a patient of the site, with the same id
		prefix = "sched-pt-"
	}
	if len(prefix)+len(id) <= 64 {
		return prefix + id
	}
	sum := sha256.Sum256([]byte(ref))
	return prefix + hex.EncodeToString(sum[:20])
}

// locks are the acts that write the next version of each Schedule, or the first.
func (d Desk) locks(ctx context.Context, refs []string) ([]record.Act, error) {
	var out []record.Act
	for _, ref := range refs {
		act, err := d.lock(ctx, ref)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(a record.Act) bool { return a.ID == act.ID }) {
			out = append(out, act)
		}
	}
	return out, nil
}

func (d Desk) lock(ctx context.Context, ref string) (record.Act, error) {
	id := ScheduleID(ref)
	r, err := d.Session.Read(ctx, "Schedule", id)
	var gone *record.Gone
	switch {
	case errors.Is(err, record.ErrNotFound), errors.As(err, &gone):
		n, err := node(object{"resourceType": "Schedule", "id": id, "active": true, "actor": list{object{"reference": ref}}})
		return record.Act{Op: record.Create, Type: "Schedule", ID: id, Resource: n}, err
	case err != nil:
		return record.Act{}, err
	}
	return record.Act{Op: record.Update, Type: "Schedule", ID: id, Resource: r.Node(), IfMatch: version(r.Version)}, nil
}

// vacant says whether everybody concerned is free.
func (d Desk) vacant(ctx context.Context, cal *Calendar, b Booking, except string, refs []string) error {
	span := b.Span()
	if p, ok := cal.Provider(b.Practitioner.Ref); ok && !b.Outside {
		// Exceptions are read for the booking's own time, weekly hours stand in the calendar.
		day, err := cal.Exceptions(ctx, d.Session, span.From, span.To)
		if err != nil {
			return err
		}
		p, _ = day.Provider(p.Ref)
		if away, ok := p.Hours.Absent(span); ok {
			return &Closed{p.Party, away.Why}
		}
		if open := p.Hours.Open(span, d.Zone); !p.Hours.Assumed && (len(open) != 1 || !open[0].Equal(span)) {
			return &Closed{Of: p.Party}
		}
		if r, ok := day.Room(b.Room.Ref); ok {
			if away, ok := r.Hours.Absent(span); ok {
				return &Closed{r.Party, away.Why}
			}
		}
	}
	if len(refs) == 0 {
		return nil
	}
	found, err := find(ctx, d.Session, "Appointment", url.Values{
		"actor": {strings.Join(refs, ",")}, "date": {dates(span.From.Add(-longest), span.To)}, "_count": {"1000"},
	})
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if b.Overbook != "" && ref == b.Practitioner.Ref {
			continue
		}
		taken := &Taken{}
		for _, r := range found.Matches {
			a := AppointmentOf(r.Node(), d.Zone)
			a.Patient.Ref = Standing(d.Session, a.Patient.Ref)
			if r.ID != except && a.Holds() && a.Overlaps(span) && a.Takes(ref) {
				taken.By = append(taken.By, a)
			}
		}
		if len(taken.By) == 0 {
			continue
		}
		for _, p := range [...]Party{b.Practitioner, b.Room, b.Patient} {
			if p.Ref == ref {
				taken.Of = p
			}
		}
		taken.Next = d.next(ctx, cal, b)
		return taken
	}
	return nil
}

// next are the next openings after a booking that could not be made; without
// them the refusal stands as well.
func (d Desk) next(ctx context.Context, cal *Calendar, b Booking) []Opening {
	from := b.Start
	if from.Before(d.Now) {
		from = d.Now
	}
	w := Wanted{Minutes: b.minutes(), Room: b.Room.Ref != "", Patient: b.Patient.Ref, NotBefore: from, Most: 3}
	if b.Practitioner.Ref != "" {
		w.With = []string{b.Practitioner.Ref}
	}
	out, err := cal.Next(ctx, d.Session, w, 14)
	if err != nil {
		return nil
	}
	return out
}

// Next are the next openings from NotBefore on, looked for within so many days:
// first in the nearest, so that a calendar with free time in it is not read far.
func (c *Calendar) Next(ctx context.Context, s record.Session, w Wanted, days int) ([]Opening, error) {
	first := DayOf(w.NotBefore, c.Zone).From
	most := w.Most
	if most <= 0 {
		most = 10
	}
	var out []Opening
	for done, step := 0, 2; done < days; done, step = done+step, step*2 {
		p, err := c.Between(ctx, s, AddDays(first, done, c.Zone), AddDays(first, min(days, done+step), c.Zone))
		if err != nil {
			return nil, err
		}
		if out = append(out, p.Openings(w)...); len(out) >= most {
			return out[:most], nil
		}
	}
	return out, nil
}

// swap puts a party in the place of the first participant of its type, or beside the others.
func swap(r object, prefix string, with Party) {
	parts, _ := r["participant"].(list)
	for i, p := range parts {
		o, _ := p.(object)
		actor, _ := o["actor"].(object)
		if ref, _ := actor["reference"].(string); strings.HasPrefix(ref, prefix) {
			parts[i] = part(with)
			return
		}
	}
	r["participant"] = append(parts, part(with))
}

// Except writes an exception for a practitioner, room or practice: away, or
// with Extra an extra session. Why is shown to whoever looks at the calendar.
func (d Desk) Except(ctx context.Context, ref string, a Away) (string, error) {
	switch {
	case a.Empty() || a.From.IsZero():
		return "", &Wrong{"to", "The end must come after the beginning."}
	case a.To.Sub(a.From) > longestAway-24*time.Hour:
		return "", &Wrong{"to", "At most two months at once."}
	case a.To.Before(d.Now):
		return "", &Wrong{"to", "That is past."}
	case len(a.Why) > MaxReason:
		return "", &Wrong{"why", fmt.Sprintf("At most %d characters.", MaxReason)}
	}
	status := "busy-unavailable"
	if a.Extra {
		status = "free"
	}
	for range tries {
		lock, err := d.lock(ctx, ref)
		if err != nil {
			return "", err
		}
		r := object{"resourceType": "Slot", "status": status, "schedule": object{"reference": "Schedule/" + lock.ID}, "start": stamp(a.From, d.Zone), "end": stamp(a.To, d.Zone)}
		set(r, "comment", a.Why)
		n, err := node(r)
		if err != nil {
			return "", err
		}
		out, err := d.Session.Transact(ctx, []record.Act{{Op: record.Create, Type: "Slot", Resource: n}, lock})
		if isConflict(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		return out[0].Resource.ID, nil
	}
	return "", ErrBusy
}

// Unexcept takes an exception back. It is kept as entered in error, since a desk
// deletes nothing.
func (d Desk) Unexcept(ctx context.Context, slot string) error {
	r, err := d.Session.Read(ctx, "Slot", slot)
	if err != nil {
		return err
	}
	o, err := objectOf(r.Node())
	if err != nil {
		return err
	}
	o["status"] = "entered-in-error"
	acts, err := update("Slot", slot, r.Version, o)
	if err == nil {
		_, err = d.Session.Transact(ctx, acts)
	}
	return err
}
