package desk

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// book takes the panel's form: it looks for people or free times, books, or
// moves.
func (h *Desk) book(c *door.Call) {
	if refused(c, books(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f := newForm(v)
	c.R.URL.RawQuery = backQuery(v.Get("back"), c.Site.Slug)
	if f.Get("patient") == "" && f.text("qpatient") != "" || f.Get("act") == "find" {
		found, err := h.people(c, f.Get("qpatient"))
		if err != nil {
			c.Failed(err)
			return
		}
		if f.Get("act") == "find" || len(found) != 1 {
			if f.Get("act") != "find" {
				f.bad("patient", "Choose the patient.")
			}
			h.showSchedule(c, h.again(c, f), f, func(b *bookForm) { b.Found, b.Asked = found, f.Get("qpatient") })
			return
		}
		f.Set("patient", found[0].ID)
	}
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	b, ok := h.booking(c, f, cal)
	if f.Get("act") == "free" {
		h.searchFree(c, f, cal, b)
		return
	}
	if !ok {
		h.showSchedule(c, http.StatusUnprocessableEntity, f, nil)
		return
	}
	n, _ := strconv.Atoi(f.Get("times"))
	series := n > 1 && f.Get("every") != ""
	every, _ := strconv.Atoi(f.Get("every"))
	starts, err := schedule.Repeat{Days: every, Count: n}.Starts(b.Start, c.Zone)
	if !series || err != nil { // what is wrong with a series is said when it is booked
		starts = []time.Time{b.Start}
	}
	if h.heard(c, f, b.Patient.Ref, proposed(b, starts)) {
		return
	}
	if series {
		h.bookSeries(c, f, b, n)
		return
	}
	var made schedule.Appointment
	if id := f.Get("wait"); id != "" {
		made, err = h.desk(c).BookWaiting(c.R.Context(), id, f.Get("waitversion"), b)
	} else {
		made, err = h.desk(c).Book(c.R.Context(), b)
	}
	h.booked(c, f, "Booked", made, err)
}

// booked answers a booking, or a move: back to the day, or the form again with what stands
// in its way and what is free next.
func (h *Desk) booked(c *door.Call, f *form, done string, made schedule.Appointment, err error) {
	var taken *schedule.Taken
	var closed *schedule.Closed
	var moved *schedule.Moved
	var not *schedule.NotAllowed
	switch {
	case err == nil:
		said := done + ": " + made.From.In(c.Zone).Format("Mon 2 Jan, 15:04") + "."
		if web.PartialOf(c.R) != "" {
			said = ""
		}
		said += f.silent
		c.Done(c.Path("schedule")+"?date="+day(made.From, c.Zone)+"#a-"+made.ID, web.Flash{Kind: web.Good, Text: said})
	case errors.As(err, &taken):
		h.showSchedule(c, http.StatusConflict, f, func(b *bookForm) {
			b.Taken = takenText(taken, c.Zone)
			b.Over = b.Over && strings.HasPrefix(taken.Of.Ref, "Practitioner/")
			for _, o := range taken.Next {
				b.Free = append(b.Free, freeOf(o, c))
			}
		})
	case errors.As(err, &closed):
		h.showSchedule(c, http.StatusConflict, f, func(b *bookForm) {
			b.Closed = closed.Of.Name + " is not in then."
			if closed.Why != "" {
				b.Closed = closed.Of.Name + " is away: " + closed.Why + "."
			}
		})
	case errors.Is(err, schedule.ErrBusy):
		f.bad("time", "Others are booking the same calendar. Try again.")
		h.showSchedule(c, http.StatusConflict, f, nil)
	case errors.As(err, &moved):
		f.bad("time", "Somebody changed this appointment meanwhile: it is "+schedule.Word(moved.Now.State())+" now. Look at it and try again.")
		h.showSchedule(c, http.StatusConflict, f, nil)
	case errors.As(err, &not):
		f.bad("time", "It is "+schedule.Word(not.From)+" already.")
		h.showSchedule(c, http.StatusConflict, f, nil)
	case f.wrong(err):
		h.showSchedule(c, http.StatusUnprocessableEntity, f, nil)
	default:
		c.Failed(err)
	}
}

func takenText(t *schedule.Taken, zone *time.Location) string {
	name := t.Of.Name
	switch {
	case strings.HasPrefix(t.Of.Ref, "Patient/"):
		name = "This patient"
	case name == "":
		name = "The calendar"
	}
	s := name + " is taken then"
	if len(t.By) > 0 {
		s += ", " + hour(t.By[0].From, zone) + " to " + hour(t.By[0].To, zone)
	}
	if len(t.Next) == 0 {
		return s + ". Nothing is free within two weeks."
	}
	return s + ". Next free:"
}

func freeOf(o schedule.Opening, c *door.Call) freeTime {
	return freeTime{Value: strings.Join([]string{o.From.UTC().Format(time.RFC3339), o.With.Ref, o.Room.Ref}, "|"), Label: o.From.In(c.Zone).Format("Mon 2 Jan, 15:04"), With: o.With.Name}
}

// booking reads the form; what is wrong is beside its fields.
func (h *Desk) booking(c *door.Call, f *form, cal *schedule.Calendar) (schedule.Booking, bool) {
	b := schedule.Booking{Reason: f.text("reason"), Comment: f.text("comment"), Overbook: f.text("overbook"), Outside: f.Get("outside") == "yes"}
	if id := f.Get("patient"); id == "" {
		f.bad("patient", "Choose the patient.")
	} else if r, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", id); err == nil {
		w := whoOf(c, id, r.Node())
		b.Patient = w.party()
		if w.Inactive {
			f.bad("patient", "This record is not in use. Book with the one it was merged into.")
		}
	} else {
		f.Del("patient")
		f.bad("patient", "Choose the patient.")
	}
	t, ok := cal.Type(f.Get("type"))
	if !ok {
		f.bad("type", "Choose the kind of visit.")
	}
	b.Type = t
	b.Minutes = t.Minutes
	if m := f.text("minutes"); m != "" {
		n, err := strconv.Atoi(m)
		if err != nil || n < schedule.MinLength || n > schedule.MaxLength {
			f.bad("minutes", fmt.Sprintf("A number of minutes, %d to %d.", schedule.MinLength, schedule.MaxLength))
		}
		b.Minutes = n
	}
	for name, most := range map[string]int{"reason": schedule.MaxReason, "comment": schedule.MaxComment, "overbook": schedule.MaxReason} {
		if len(f.Get(name)) > most {
			f.bad(name, fmt.Sprintf("At most %d characters.", most))
		}
	}
	room := f.Get("room")
	if o := strings.Split(f.Get("opening"), "|"); len(o) == 3 { // one of the offered times
		at, err := time.Parse(time.RFC3339, o[0])
		if err == nil {
			b.Start = at
			f.Set("date", day(at, c.Zone))
			f.Set("time", hour(at, c.Zone))
			f.Set("with", o[1])
			room = o[2]
		}
	}
	if p, ok := cal.Provider(f.Get("with")); ok {
		b.Practitioner = p.Party
	} else if f.Get("with") != "" {
		f.bad("with", "Choose the provider, or look for the next free.")
	}
	if b.Start.IsZero() && f.Get("act") != "free" {
		b.Start, _ = f.when(c.Zone)
	}
	if b.Practitioner.Ref == "" && f.Get("with") == "" && !b.Start.IsZero() && f.Get("act") != "free" { // any who is free
		if p, err := cal.Between(c.R.Context(), c.Session(access.EMR), b.Start, b.Span().To); err == nil && b.Span().To.After(b.Start) {
			for _, w := range p.Providers {
				if free := p.Free(w.Ref); len(free) == 1 && free[0].Equal(b.Span()) {
					b.Practitioner = w.Party
					break
				}
			}
		}
		if b.Practitioner.Ref == "" {
			f.bad("with", "Nobody is free then. Choose a provider, or look for the next free.")
		}
	}
	if r, ok := cal.Room(room); ok {
		b.Room = r.Party
	} else if t.Room && len(cal.Rooms) > 0 && !b.Start.IsZero() && f.ok() {
		b.Room = h.anyRoom(c, cal, b)
	}
	return b, f.ok()
}

// anyRoom is a room that is free for a booking, or the first, so that the
// refusal says what is taken.
func (h *Desk) anyRoom(c *door.Call, cal *schedule.Calendar, b schedule.Booking) schedule.Party {
	s := b.Span()
	p, err := cal.Between(c.R.Context(), c.Session(access.EMR), s.From, s.To)
	if err != nil {
		return schedule.Party{}
	}
	for _, r := range p.Rooms {
		if _, away := r.Hours.Absent(s); !away && len(p.Busy(r.Ref)) == 0 {
			return r.Party
		}
	}
	return cal.Rooms[0].Party
}

// searchFree shows the next openings for what the form says.
func (h *Desk) searchFree(c *door.Call, f *form, cal *schedule.Calendar, b schedule.Booking) {
	for _, n := range [...]string{"patient", "with", "time", "date"} {
		delete(f.Wrong, n) // not needed for looking
	}
	from := c.Now
	if d, err := time.ParseInLocation(time.DateOnly, f.text("date"), c.Zone); err == nil {
		y, m, dd := d.Date()
		if at := schedule.WallTime(y, m, dd, 0, c.Zone); at.After(from) {
			from = at
		}
	}
	w := schedule.Wanted{Minutes: b.Minutes, Room: b.Type.Room, Patient: b.Patient.Ref, NotBefore: from, Most: 6}
	if t, err := time.Parse("15:04", f.text("time")); err == nil {
		w.After = t.Hour()*60 + t.Minute()
	}
	if b.Practitioner.Ref != "" {
		w.With = []string{b.Practitioner.Ref}
	}
	if !f.ok() {
		h.showSchedule(c, http.StatusUnprocessableEntity, f, nil)
		return
	}
	found, err := cal.Next(c.R.Context(), c.Session(access.EMR), w, 15)
	if err != nil {
		c.Failed(err)
		return
	}
	h.showSchedule(c, http.StatusOK, f, func(x *bookForm) {
		x.Searched = true
		for _, o := range found {
			x.Free = append(x.Free, freeOf(o, c))
		}
	})
}

func (h *Desk) bookSeries(c *door.Call, f *form, b schedule.Booking, n int) {
	every, _ := strconv.Atoi(f.Get("every"))
	made, err := h.desk(c).BookSeries(c.R.Context(), b, schedule.Repeat{Days: every, Count: n})
	if err != nil && len(made) == 0 {
		h.booked(c, f, "Booked", schedule.Appointment{}, err)
		return
	}
	var not []string
	done := 0
	for _, m := range made {
		if m.Err != nil {
			not = append(not, m.Start.In(c.Zone).Format("2 Jan"))
		} else {
			done++
		}
	}
	flash := web.Flash{Kind: web.Good, Text: fmt.Sprintf("%d appointments booked.", done) + f.silent}
	if len(not) > 0 {
		flash = web.Flash{Kind: web.Warning, Text: fmt.Sprintf("%d booked. Not booked, because taken or closed: %s.", done, strings.Join(not[:min(len(not), 20)], ", "))}
	}
	if err != nil { // it ended in the middle: what is not made is not said to be
		c.Log.Error("series", "route", c.R.Pattern, "error", err)
		flash = web.Flash{Kind: web.Warning, Text: fmt.Sprintf("Only the first %d of %d were tried, and %d booked: something broke then. Book the others by themselves.", len(made), n, done)}
	}
	c.Done(c.Path("schedule")+"?date="+day(b.Start, c.Zone), flash)
}
