package desk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// appointmentPage is one appointment: what it is, what can be done, what was.
type appointmentPage struct {
	*form
	A        schedule.Appointment
	Who      *who
	Name     string
	When     string
	Facts    []web.Link // label and text
	Pill     web.Pill
	Can      bool
	Can2     bool // enter in error
	Rooms    []web.Option
	Versions []versionRow
	Offers   []offer // of the wait list, when its time is free
	Action   string
	Move     string
	Day      string
	Cancel   bool // the reason is asked for at once
	Undo     bool
	Moved    string // changed by somebody else meanwhile
	Beside   []templ.Component
}

type versionRow struct{ When, By, What string }

type offer struct{ Name, Note, Href string }

func (h *Desk) appointment(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Read, "Appointment")) {
		return
	}
	h.showAppointment(c, http.StatusOK, newForm(url.Values{"do": {c.R.FormValue("do")}}), "")
}

func (h *Desk) showAppointment(c *door.Call, status int, f *form, moved string) {
	ctx, s, id := c.R.Context(), c.Session(access.EMR), c.R.PathValue("aid")
	d := h.desk(c)
	a, err := d.Read(ctx, id)
	if err != nil {
		c.Failed(err)
		return
	}
	v := &appointmentPage{form: f, A: a, Pill: statePill(a, c.Now, c.Zone), Can: books(c), Action: c.Path("appointments", id), Name: a.Patient.Name, Cancel: f.Get("do") == "cancel", Moved: moved}
	cal, err := schedule.Open(ctx, s, c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	if pid, ok := strings.CutPrefix(a.Patient.Ref, "Patient/"); ok {
		if r, err := s.Read(ctx, "Patient", pid); err == nil {
			w := whoOf(c, pid, r.Node())
			v.Who, v.Name = &w, w.Name
		}
	}
	if !a.From.IsZero() {
		v.When = a.From.In(c.Zone).Format("Monday 2 January 2006, 15:04") + "–" + hour(a.To, c.Zone)
		v.Day = c.Path("schedule") + "?date=" + day(a.From, c.Zone) + "#a-" + a.ID
		v.Move = (&schedulePage{}).move(c, a)
	} else {
		v.When = "No time yet"
		v.Day = c.Path("waitlist")
	}
	fact := func(label, text string) {
		if text != "" {
			v.Facts = append(v.Facts, web.Link{Label: label, Href: text})
		}
	}
	fact("Visit", a.Type.Display)
	for _, w := range a.With {
		name := w.Name
		if p, ok := cal.Provider(w.Ref); ok {
			name = p.Name
		}
		fact("With", name)
	}
	for _, w := range a.Places {
		name := w.Name
		if p, ok := cal.Room(w.Ref); ok {
			name = p.Name
		}
		fact("Where", name)
	}
	fact("Length", fmt.Sprintf("%d min", a.Minutes))
	fact("For", a.Reason)
	fact("Comment", a.Comment)
	fact("Why", a.Why)
	fact("Overbooked", a.Overbooked)
	for _, st := range [...]schedule.State{schedule.Arrived, schedule.Roomed, schedule.InVisit, schedule.Done} {
		if t, ok := a.Moments[st]; ok {
			fact(upper(schedule.Word(st)), hour(t, c.Zone))
		}
	}
	v.Rooms = append(v.Rooms, web.Option{Label: "As booked"})
	for _, r := range cal.Rooms {
		v.Rooms = append(v.Rooms, web.Option{Value: r.Ref, Label: r.Name})
	}
	if err := h.history(c, v); err != nil {
		c.Failed(err)
		return
	}
	if v.Can && !a.From.IsZero() && a.To.After(c.Now) && (a.State() == schedule.Cancelled || a.State() == schedule.Missed) {
		if v.Offers, err = h.offers(c, schedule.Opening{Span: a.Span, With: a.Practitioner()}); err != nil {
			c.Failed(err)
			return
		}
	}
	p := h.page(c, "Appointment")
	if a.State() == schedule.Booked && a.To.After(c.Now) {
		for _, b := range h.beside {
			if x := b.Of(c, id); x != nil {
				v.Beside, p.Sheets = append(v.Beside, x), append(p.Sheets, b.Sheet)
			}
		}
	}
	p.Side = appointmentSide(v)
	c.Render(status, web.Framed(p, appointmentMain(v)))
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (h *Desk) history(c *door.Call, v *appointmentPage) error {
	page, err := c.Session(access.EMR).History(c.R.Context(), record.HistoryQuery{Type: "Appointment", ID: v.A.ID, Count: 50})
	if err != nil {
		return err
	}
	for i, r := range page.Matches {
		if r.Deleted {
			continue
		}
		a := schedule.AppointmentOf(r.Node(), c.Zone)
		what := schedule.Word(a.State())
		if !a.From.IsZero() {
			what += ", " + a.From.In(c.Zone).Format("2 Jan 15:04")
		}
		v.Versions = append(v.Versions, versionRow{web.ExactText(r.Updated, c.Zone), r.Author, what})
		if i == 0 {
			v.Undo = v.Can && c.Now.Sub(r.Updated) < 15*time.Minute && r.Version != "1"
		}
	}
	return nil
}

// offers are those who wait and could have a time that is free.
func (h *Desk) offers(c *door.Call, o schedule.Opening) ([]offer, error) {
	waiting, people, err := h.desk(c).Waitlist(c.R.Context())
	if err != nil {
		return nil, err
	}
	var out []offer
	for _, a := range schedule.Offers(waiting, o) {
		q := url.Values{"date": {day(o.From, c.Zone)}, "at": {hour(o.From, c.Zone)}, "wait": {a.ID}}
		if o.With.Ref != "" {
			q.Set("for", o.With.Ref)
		}
		note := a.Type.Display + ", " + strconv.Itoa(a.Minutes) + " min · waits since " + web.DateText(a.Created, c.Zone)
		out = append(out, offer{people[a.Patient.Ref].Name, note, c.Path("schedule") + "?" + q.Encode()})
	}
	return out, nil
}

// act does one thing to an appointment.
func (h *Desk) act(c *door.Call) {
	if refused(c, books(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f, id, version, d := newForm(v), c.R.PathValue("aid"), v.Get("version"), h.desk(c)
	if id == "" {
		c.Failed(record.ErrNotFound)
		return
	}
	do := func(change schedule.Change) (schedule.Appointment, error) {
		return d.Change(c.R.Context(), id, version, change)
	}
	var a schedule.Appointment
	said := ""
	switch c.R.PathValue("act") {
	case "arrive":
		a, err = do(schedule.Arrive(c.Now))
		said = "Arrived."
	case "room":
		var room schedule.Party
		room, err = h.room(c, v.Get("room"))
		if err == nil {
			a, err = do(schedule.Room(c.Now, room))
		}
		said = "In the room."
	case "noshow":
		a, err = do(schedule.NoShow(f.text("why")))
		said = "Marked as not attended; the time is free."
	case "cancel":
		if len(f.Get("why")) > schedule.MaxReason {
			f.bad("why", fmt.Sprintf("At most %d characters.", schedule.MaxReason))
		}
		if f.ok() {
			a, err = do(schedule.Cancel(f.text("why")))
		}
		said = "Cancelled; the time is free."
	case "undo":
		a, err = d.Undo(c.R.Context(), id, version)
		said = "Undone: it is as it was."
	case "move":
		h.moveTo(c, f, id)
		return
	default:
		c.Failed(record.ErrNotFound)
		return
	}
	var not *schedule.NotAllowed
	var moved *schedule.Moved
	var taken *schedule.Taken
	switch {
	case err == nil && f.ok():
	case errors.As(err, &not):
		h.showAppointment(c, http.StatusConflict, f, "It is "+schedule.Word(not.From)+" already, so this cannot be done.")
		return
	case errors.As(err, &moved):
		h.showAppointment(c, http.StatusConflict, f, "Somebody changed it meanwhile: it is "+schedule.Word(moved.Now.State())+" now. Nothing of yours was done.")
		return
	case errors.As(err, &taken):
		h.showAppointment(c, http.StatusConflict, f, takenText(&schedule.Taken{Of: taken.Of, By: taken.By, Next: nil}, c.Zone))
		return
	case err == nil || f.wrong(err):
		f.Set("do", c.R.PathValue("act"))
		h.showAppointment(c, http.StatusUnprocessableEntity, f, "")
		return
	default:
		c.Failed(err)
		return
	}
	flash := web.Flash{Kind: web.Good, Text: said}
	if web.PartialOf(c.R) != "" {
		flash = web.Flash{}
	}
	to := c.Path("appointments", a.ID)
	if back := web.LocalPath(v.Get("back"), c.Site.Slug); back != "" {
		to = back
	}
	c.Done(to, flash)
}

func (h *Desk) room(c *door.Call, ref string) (schedule.Party, error) {
	if ref == "" {
		return schedule.Party{}, nil
	}
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		return schedule.Party{}, err
	}
	r, ok := cal.Room(ref)
	if !ok {
		return schedule.Party{}, &schedule.Wrong{Field: "room", Text: "Choose one of the list."}
	}
	return r.Party, nil
}

// moveTo gives an appointment the time of the form.
func (h *Desk) moveTo(c *door.Call, f *form, id string) {
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	c.R.URL.RawQuery = backQuery(f.Get("back"), c.Site.Slug)
	to := schedule.Booking{Overbook: f.text("overbook"), Outside: f.Get("outside") == "yes"}
	if o := strings.Split(f.Get("opening"), "|"); len(o) == 3 {
		if at, err := time.Parse(time.RFC3339, o[0]); err == nil {
			to.Start = at
			f.Set("with", o[1])
			f.Set("room", o[2])
		}
	}
	if to.Start.IsZero() {
		to.Start, _ = f.when(c.Zone)
	}
	if p, ok := cal.Provider(f.Get("with")); ok {
		to.Practitioner = p.Party
	}
	if r, ok := cal.Room(f.Get("room")); ok {
		to.Room = r.Party
	}
	if !f.ok() {
		h.showSchedule(c, http.StatusUnprocessableEntity, f, nil)
		return
	}
	now, err := h.desk(c).Read(c.R.Context(), id)
	if err == nil && to.Room.Ref == "" { // the room it had may be taken then: another does
		if _, room := cal.Room(now.Place().Ref); room {
			b := schedule.Booking{Start: to.Start, Minutes: now.Minutes}
			p, e := cal.Between(c.R.Context(), c.Session(access.EMR), b.Span().From, b.Span().To)
			if e == nil && slicesAny(p.Of(now.Place().Ref), func(a schedule.Appointment) bool { return a.ID != id && a.Holds() }) {
				to.Room = h.anyRoom(c, cal, b)
			}
		}
	}
	if err == nil && !to.Start.IsZero() && h.heard(c, f, now.Patient.Ref, proposed(moved(now, to), []time.Time{to.Start})) {
		return
	}
	a, err := h.desk(c).Move(c.R.Context(), id, f.Get("version"), to)
	h.booked(c, f, "Moved", a, err)
}

func slicesAny[T any](of []T, is func(T) bool) bool {
	for _, x := range of {
		if is(x) {
			return true
		}
	}
	return false
}

// waitPage is the wait list.
type waitPage struct {
	*bookForm
	Rows []waitRow
}

type waitRow struct {
	Name, Note, What, With, Since, Wanted, Href, Book string
	Urgent                                            bool
}

func (h *Desk) waitlist(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Search, "Appointment")) {
		return
	}
	f := newForm(url.Values{})
	if p := c.R.FormValue("patient"); p != "" {
		f.Set("patient", p)
	}
	h.showWaitlist(c, http.StatusOK, f, nil)
}

func (h *Desk) showWaitlist(c *door.Call, status int, f *form, found []who) {
	waiting, people, err := h.desk(c).Waitlist(c.R.Context())
	if err != nil {
		c.Failed(err)
		return
	}
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	b, err := h.bookForm(c, &schedule.Period{Calendar: cal}, f, "")
	if err != nil {
		c.Failed(err)
		return
	}
	b.Found, b.Asked = found, f.Get("qpatient")
	v := &waitPage{bookForm: b}
	for _, a := range waiting {
		row := waitRow{Name: people[a.Patient.Ref].Name, Note: ageSex(people[a.Patient.Ref], c.Now), What: fmt.Sprintf("%s, %d min", a.Type.Display, a.Minutes), With: "any provider", Since: web.RelativeText(a.Created, c.Now, c.Zone), Urgent: a.Urgent(),
			Href: c.Path("appointments", a.ID), Book: c.Path("schedule") + "?wait=" + url.QueryEscape(a.ID)}
		if p, ok := cal.Provider(a.Practitioner().Ref); ok {
			row.With = p.Name
		}
		for _, w := range a.Wanted {
			if !w.From.IsZero() {
				row.Wanted += "from " + web.DateText(w.From, c.Zone) + " "
			}
			if !w.To.IsZero() {
				row.Wanted += "until " + web.DateText(w.To.Add(-time.Second), c.Zone)
			}
		}
		v.Rows = append(v.Rows, row)
	}
	p := h.page(c, "Wait list")
	if books(c) {
		p.Side = waitPanel(v)
	}
	c.Render(status, web.Framed(p, waitMain(v)))
}

func (h *Desk) addWaiting(c *door.Call) {
	if refused(c, books(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f := newForm(v)
	if f.Get("act") == "find" || f.Get("patient") == "" && f.text("qpatient") != "" {
		found, err := h.people(c, f.Get("qpatient"))
		if err != nil {
			c.Failed(err)
			return
		}
		if len(found) == 1 && f.Get("act") != "find" {
			f.Set("patient", found[0].ID)
		} else {
			h.showWaitlist(c, http.StatusOK, f, found)
			return
		}
	}
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	f.Set("act", "free") // neither a time nor a provider is needed
	b, _ := h.booking(c, f, cal)
	f.Del("act")
	delete(f.Wrong, "with")
	w := schedule.Wish{Patient: b.Patient, Practitioner: b.Practitioner, Type: b.Type, Minutes: b.Minutes, Reason: b.Reason, Comment: b.Comment, Urgent: f.Get("urgent") == "yes"}
	var span schedule.Span
	for name, at := range map[string]*time.Time{"from": &span.From, "until": &span.To} {
		if t := f.text(name); t != "" {
			d, err := time.ParseInLocation(time.DateOnly, t, c.Zone)
			if err != nil {
				f.bad(name, "There is no such day. Write it as year-month-day: 2026-11-30.")
				continue
			}
			y, m, dd := d.Date()
			if name == "until" {
				dd++
			}
			*at = schedule.WallTime(y, m, dd, 0, c.Zone)
		}
	}
	if span.From.IsZero() != span.To.IsZero() || !span.From.IsZero() {
		w.Between = []schedule.Span{span}
	}
	if f.ok() {
		_, err = h.desk(c).Wait(c.R.Context(), w)
		if err != nil && !f.wrong(err) {
			c.Failed(err)
			return
		}
	}
	if !f.ok() {
		h.showWaitlist(c, http.StatusUnprocessableEntity, f, nil)
		return
	}
	c.Done(c.Path("waitlist"), web.Flash{Kind: web.Good, Text: "On the wait list."})
}
