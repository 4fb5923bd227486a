package desk

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"wholechart/schedule"
	"wholechart/web/door"
)

// What is about to be booked is put before other programs first (CDS Hooks,
// appointment-book): somebody may say that the visit is too early, or needs a fasting
// patient, while the patient is still on the telephone. Who books reads it and goes on
// or not. A program that is slow or broken never hinders a booking.

// proposed are bookings as they are told: when, how long, of what kind, with whom and
// where, as Appointments with the status proposed; not the words of who books.
func proposed(b schedule.Booking, starts []time.Time) (out []json.RawMessage) {
	type object = map[string]any
	minutes := b.Minutes
	if minutes == 0 {
		minutes = b.Type.Minutes
	}
	for _, at := range starts {
		b.Start = at
		a := object{"resourceType": "Appointment", "status": "proposed", "start": at.Format(time.RFC3339), "end": at.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339), "minutesDuration": minutes}
		if b.Type.Code.Code != "" {
			a["serviceType"] = []any{object{"coding": []any{object{"system": b.Type.System, "code": b.Type.Code.Code, "display": b.Type.Display}}}}
		}
		parts := []any{}
		for _, p := range []schedule.Party{b.Patient, b.Practitioner, b.Room} {
			if p.Ref != "" && !strings.Contains(p.Ref, ":") {
				parts = append(parts, object{"actor": object{"reference": p.Ref}, "status": "needs-action"})
			}
		}
		a["participant"] = parts
		if body, err := json.Marshal(a); err == nil {
			out = append(out, body)
		}
	}
	return out
}

// moved is an appointment at another time, as a booking.
func moved(a schedule.Appointment, to schedule.Booking) schedule.Booking {
	to.Patient, to.Minutes, to.Type = a.Patient, a.Minutes, schedule.VisitType{Code: a.Type}
	if to.Practitioner.Ref == "" {
		to.Practitioner = a.Practitioner()
	}
	if to.Room.Ref == "" {
		to.Room = a.Place()
	}
	return to
}

// heard asks the other rooms about what is about to be booked. true: the form was
// shown again with what is to be read first, and nothing is written.
func (h *Desk) heard(c *door.Call, f *form, patient string, proposed []json.RawMessage) bool {
	id, ok := strings.CutPrefix(patient, "Patient/")
	if !ok {
		return false
	}
	stop := false
	show := func(*bookForm) {}
	for _, b := range h.beside {
		if b.Before == nil {
			continue
		}
		said, read, silent := b.Before(c, id, proposed)
		f.silent += silent
		if read && said != nil {
			stop = true
			before := show
			show = func(x *bookForm) {
				before(x)
				x.Said, x.sheets = append(x.Said, said), append(x.sheets, b.Sheet)
			}
		}
	}
	if stop {
		h.showSchedule(c, http.StatusUnprocessableEntity, f, show)
	}
	return stop
}

// seen are the keys of what was read before, so that a booking that fails for another
// reason does not ask to read it again.
func (f *form) seen() []string {
	list := slices.Clone(f.Values["seen"])
	list = slices.DeleteFunc(list, func(k string) bool { return len(k) > 200 })
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), 50)]
}
