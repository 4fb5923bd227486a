package orders

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// Booked is what the pages of the desk show of outside services that are asked when
// a visit is booked (appointment-book), and the style sheet of it.
type Booked struct {
	Sheet string
	// Of is the region of the page of an appointment that stands; nil: nobody would be asked.
	Of func(c *door.Call, appointment string) templ.Component
	// Before asks about appointments of a patient that are about to be written. read:
	// somebody has something to say that the form does not say was seen; said is it,
	// to stand in that form. silent names who did not answer, and why; "" nobody.
	Before func(c *door.Call, patient string, proposed []json.RawMessage) (said templ.Component, read bool, silent string)
}

// before asks the services of appointment-book before anything is written. It takes
// as long as the slowest may take; one that fails is only named. What is quiet does
// not hinder: it stands on the page of the appointment.
func (r *room) before(c *door.Call, patient string, proposed []json.RawMessage) (templ.Component, bool, string) {
	if r.Outside == nil || len(proposed) == 0 || !fhir.IsID(patient) || len(r.Outside.Has(c.R.Context(), c.Actor, atBook)) == 0 {
		return nil, false, ""
	}
	v := &outsideView{ID: region(atBook), Hook: atBook, Open: true, Asks: true}
	for _, t := range r.Outside.Ask(c.R.Context(), c.Session(access.EMR), hooks.Question{Hook: atBook, Patient: patient, Bookings: proposed, Now: c.Now}) {
		v.Told = append(v.Told, r.told(t, patient, nil, c, v))
	}
	return outsideBox(v), v.New > 0, v.silent()
}

// booked is the region that the page of an appointment is sent with: who is asked
// there is asked when the page stands.
func (r *room) booked(c *door.Call, appointment string) templ.Component {
	if r.Outside == nil || !fhir.IsID(appointment) {
		return nil
	}
	names := r.Outside.Has(c.R.Context(), c.Actor, atBook)
	if len(names) == 0 {
		return nil
	}
	return outsideBox(&outsideView{ID: region(atBook), URL: c.Path("appointments", appointment, "advice"), Names: names, Ask: true, Hook: atBook})
}

// booking is what services say of an appointment: of one that is still to come, of
// a patient. Nothing can be done with a card there: who books drafts no orders.
func (r *room) booking(c *door.Call) {
	id := c.R.PathValue("aid")
	if r.Outside == nil || !fhir.IsID(id) {
		c.Failed(record.ErrNotFound)
		return
	}
	s := c.Session(access.EMR)
	if c.Actor.Kind != access.User {
		c.Failed(&record.Refused{Why: "this page is for the site's people"})
		return
	}
	res, err := s.Read(c.R.Context(), "Appointment", id)
	if err != nil {
		c.Failed(err)
		return
	}
	patient, body := planned(res.Node())
	v := &outsideView{ID: region(atBook), Hook: atBook}
	if patient != "" && body != nil {
		q := hooks.Question{Hook: atBook, Patient: patient, Bookings: []json.RawMessage{body}, Now: c.Now}
		for _, t := range r.Outside.Ask(c.R.Context(), s, q) {
			v.Told = append(v.Told, r.told(t, patient, nil, c, v))
		}
	}
	if web.PartialOf(c.R) == v.ID {
		c.Render(http.StatusOK, outsideBox(v))
		return
	}
	v.Open = true
	p := c.Page("Outside services")
	p.Sheets = []string{r.advice}
	c.Render(http.StatusOK, web.Framed(p, bookingPage(v, c.Path("appointments", id))))
}

// planned is an appointment as it is told: when, how long, of what kind and with
// whom; not the words that somebody wrote to it. No body when it is over or called off.
func planned(n fhir.Node) (patient string, body json.RawMessage) {
	switch n.Get("status").Str() {
	case "proposed", "pending", "booked":
	default:
		return "", nil
	}
	out := map[string]any{"resourceType": "Appointment", "id": n.ID(), "status": n.Get("status").Str()}
	for _, name := range [...]string{"start", "end", "minutesDuration", "serviceType", "appointmentType", "specialty"} {
		if v := n.Get(name); v.Exists() {
			out[name] = json.RawMessage(v.Raw())
		}
	}
	parts := []any{}
	for p := range n.Get("participant").Items() {
		ref := p.Path("actor", "reference").Str()
		if t, id, _, ok := fhir.Relative(ref); ok && t == "Patient" {
			patient = id
		}
		if ref != "" && !strings.Contains(ref, ":") {
			parts = append(parts, map[string]any{"actor": map[string]any{"reference": ref}, "status": "accepted"})
		}
	}
	out["participant"] = parts
	body, err := json.Marshal(out)
	if err != nil {
		return "", nil
	}
	return patient, body
}
