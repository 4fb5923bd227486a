package desk

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// hoursPage is one provider's week, to be changed by who keeps the directory.
type hoursPage struct {
	*form
	Name, Version, Action, Back string
}

var weekCodes = [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func (p *hoursPage) fields() []web.Field {
	var out []web.Field
	for i, code := range weekCodes {
		out = append(out, p.field(web.Field{Name: code, Label: time.Weekday((i + 1) % 7).String(), MaxLength: 120}))
	}
	return out
}

// sessions reads "09:00-12:00 13:00-17:00" as stretches of one day, in order,
// none overlapping.
func sessions(text string) ([][2]string, bool) {
	var out [][2]string
	last := ""
	text = strings.NewReplacer("–", "-", ",", " ", ";", " ").Replace(text)
	for _, part := range strings.Fields(text) {
		from, to, ok := strings.Cut(part, "-")
		a, errA := time.Parse("15:04", from)
		b, errB := time.Parse("15:04", to)
		if !ok || errA != nil || errB != nil || !a.Before(b) || a.Format("15:04") < last || len(out) == 6 {
			return nil, false
		}
		last = b.Format("15:04")
		out = append(out, [2]string{a.Format("15:04"), last})
	}
	return out, true
}

func (h *Desk) hours(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Update, "PractitionerRole")) {
		return
	}
	r, err := c.Session(access.EMR).Read(c.R.Context(), "PractitionerRole", c.R.PathValue("role"))
	if err != nil {
		c.Failed(err)
		return
	}
	f := newForm(url.Values{})
	week, _ := schedule.HoursOf(r.Node(), c.Zone)
	for i, code := range weekCodes {
		var parts []string
		for _, w := range week.Weekly {
			if w.Days[(i+1)%7] {
				parts = append(parts, clock(w.From)+"-"+clock(w.To))
			}
		}
		f.Set(code, strings.Join(parts, " "))
	}
	h.showHours(c, http.StatusOK, r, f)
}

func (h *Desk) showHours(c *door.Call, status int, r record.Resource, f *form) {
	v := &hoursPage{form: f, Name: fhir.ReferenceOf(r.Node().Get("practitioner")).Display, Version: r.Version, Action: c.Path("schedule", "hours", r.ID), Back: c.Path("schedule", "away")}
	c.Render(status, web.Framed(h.page(c, "Weekly hours"), hoursMain(v)))
}

// saveHours writes PractitionerRole.availableTime; days of the same hours
// become one entry. Everything else of the role stays.
func (h *Desk) saveHours(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Update, "PractitionerRole")) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	s, ctx, f := c.Session(access.EMR), c.R.Context(), newForm(v)
	r, err := s.Read(ctx, "PractitionerRole", c.R.PathValue("role"))
	if err == nil && r.Version != v.Get("version") {
		err = &record.VersionConflict{}
	}
	if err != nil {
		c.Failed(err)
		return
	}
	var order [][2]string
	days := map[[2]string]list{}
	for _, code := range weekCodes {
		of, ok := sessions(f.text(code))
		if !ok || len(f.Get(code)) > 120 {
			f.bad(code, "Write the hours as 09:00-12:00 13:00-17:00, earliest first; leave empty when not in.")
		}
		for _, x := range of {
			if days[x] == nil {
				order = append(order, x)
			}
			days[x] = append(days[x], code)
		}
	}
	if !f.ok() {
		h.showHours(c, http.StatusUnprocessableEntity, r, f)
		return
	}
	o, err := decode(r.Node())
	if err != nil {
		c.Failed(err)
		return
	}
	times := list{}
	for _, x := range order {
		times = append(times, object{"daysOfWeek": days[x], "availableStartTime": x[0] + ":00", "availableEndTime": x[1] + ":00"})
	}
	putList(o, "availableTime", times)
	n, err := encode(o)
	if err == nil {
		version, _ := strconv.Atoi(r.Version)
		_, err = s.Transact(ctx, []record.Act{{Op: record.Update, Type: "PractitionerRole", ID: r.ID, Resource: n, IfMatch: version}})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("schedule", "away"), web.Flash{Kind: web.Good, Text: "The week is written. Appointments outside it stay: look at the days."})
}
