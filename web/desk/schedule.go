package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// schedulePage is a day of several providers or rooms, or a week of one, and the
// booking panel.
type schedulePage struct {
	View    string // day, rooms, week
	Date    time.Time
	With    []string
	Title   string
	Sub     string
	Grid    grid
	Out     []string // who is not in
	Hidden  int      // providers or rooms that do not fit
	Closed  []string // why the practice is closed
	Clashes []clash
	Move    string // id of the appointment that is being moved
	Site    string
	Day     string // of Date
	Links   map[string]string
	All     []web.Option
	Book    *bookForm
	Can     bool
	Live    web.Live
}

type clash struct{ Of, A, B, HrefA, HrefB string }

// query are the parts of the address that stay from page to page.
func (v *schedulePage) query(change url.Values) string {
	q := url.Values{"date": {v.Day}}
	if v.View != "day" {
		q.Set("view", v.View)
	}
	if len(v.With) > 0 {
		q["with"] = v.With
	}
	if v.Move != "" {
		q.Set("move", v.Move)
	}
	if v.Book != nil && v.Book.Who != nil {
		q.Set("patient", v.Book.Who.ID)
	}
	for k, x := range change {
		if len(x) == 1 && x[0] == "" {
			q.Del(k)
		} else {
			q[k] = x
		}
	}
	return v.Site + "/schedule?" + q.Encode()
}

func (v *schedulePage) at(t time.Time, col column, c *door.Call) string {
	q := url.Values{"date": {day(t, c.Zone)}, "at": {hour(t, c.Zone)}}
	if col.with.Ref != "" {
		q.Set(map[bool]string{true: "room", false: "for"}[col.room], col.with.Ref)
	}
	return v.query(q)
}

func (v *schedulePage) weekOf(_ *door.Call, ref string) string {
	return v.query(url.Values{"view": {"week"}, "with": {ref}})
}

func (v *schedulePage) dayOf(c *door.Call, t time.Time) string {
	return v.query(url.Values{"view": {""}, "with": {""}, "date": {day(t, c.Zone)}})
}

func (v *schedulePage) move(c *door.Call, a schedule.Appointment) string {
	return c.Path("schedule") + "?" + url.Values{"date": {day(a.From, c.Zone)}, "move": {a.ID}}.Encode() + "#a-" + a.ID
}

// bookForm is the panel at the side: a new appointment, or the move of one.
type bookForm struct {
	*form
	Who      *who
	Found    []who
	Asked    string
	Types    []web.Option
	Provs    []web.Option
	Rooms    []web.Option
	Moving   *schedule.Appointment
	MovingBy string // its patient's name
	Free     []freeTime
	Searched bool
	Taken    string
	Closed   string
	Over     bool // who asks may overbook
	Zone     *time.Location
	Site     string
	Back     string
	Waiting  *schedule.Appointment // of the wait list, to be given a time
	Said     []templ.Component     // what was said before it is booked, to be read first
	sheets   []string
}

// freeTime is an opening as a button.
type freeTime struct{ Value, Label, With string }

// board is what the calendar shows: everybody's appointments, and when they are in.
var board = []door.Topic{{Type: "Appointment", Of: door.All}, {Type: "Slot", Of: door.All}, {Type: "PractitionerRole", Of: door.All}, {Type: "Location", Of: door.All}}

func (h *Desk) schedule(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Search, "Appointment")) {
		return
	}
	f := newForm(url.Values{})
	q := c.R.URL.Query()
	for from, to := range map[string]string{"at": "time", "for": "with", "room": "room", "patient": "patient", "date": "date", "wait": "wait"} {
		if x := q.Get(from); x != "" && len(x) < 200 {
			f.Set(to, x)
		}
	}
	h.showSchedule(c, http.StatusOK, f, nil)
}

// showSchedule writes the calendar that the address names around a booking form.
func (h *Desk) showSchedule(c *door.Call, status int, f *form, problem func(*bookForm)) {
	ctx, s := c.R.Context(), c.Session(access.EMR)
	q := c.R.URL.Query()
	v := &schedulePage{View: "day", Site: c.Path(), Can: books(c), Date: c.Now}
	if x := q.Get("view"); x == "week" || x == "rooms" {
		v.View = x
	}
	date := q.Get("date")
	if f.Get("date") != "" && c.R.Method == http.MethodPost {
		date = f.Get("date")
	}
	if t, err := time.ParseInLocation(time.DateOnly, date, c.Zone); err == nil && t.Year() > 1990 && t.Year() < 2200 {
		y, m, d := t.Date()
		v.Date = schedule.WallTime(y, m, d, 12*60, c.Zone)
	}
	v.Day = day(v.Date, c.Zone)
	var same bool
	if v.Live, same = c.Live("day", board...); same {
		return
	}
	cal, err := schedule.Open(ctx, s, c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	for _, ref := range q["with"] {
		_, ok := cal.Provider(ref)
		if v.View == "rooms" {
			_, ok = cal.Room(ref)
		}
		if ok {
			v.With = append(v.With, ref)
		}
	}
	window := schedule.DayOf(v.Date, c.Zone)
	var one schedule.Provider
	if v.View == "week" {
		if len(v.With) == 0 {
			if _, ok := cal.Provider(c.Actor.Who); ok {
				v.With = []string{c.Actor.Who}
			} else if len(cal.Providers) > 0 {
				v.With = []string{cal.Providers[0].Ref}
			}
		}
		back := (int(v.Date.In(c.Zone).Weekday()) + 6) % 7
		window.From = schedule.AddDays(window.From, -back, c.Zone)
		window.To = schedule.AddDays(window.From, 7, c.Zone)
	}
	var only []string // a week is one provider's
	if v.View == "week" && len(v.With) > 0 {
		v.With = v.With[:1]
		only = v.With
	}
	p, err := cal.Unnamed(ctx, s, window.From, window.To, only...)
	if err != nil {
		c.Failed(err)
		return
	}
	v.Move = ""
	if id := q.Get("move"); id != "" && v.Can {
		v.Move = id
	}
	v.Book, err = h.bookForm(c, p, f, v.Move)
	if err != nil {
		c.Failed(err)
		return
	}
	if problem != nil {
		problem(v.Book)
	}
	var cols []column
	if v.View == "week" && len(v.With) > 0 {
		one, _ = p.Provider(v.With[0])
		cols = v.weekColumns(c, p, one)
		v.Title, v.Sub = one.Name, "week of "+web.DateText(window.From, c.Zone)
	} else {
		cols = v.dayColumns(c, p)
		v.Title = v.Date.In(c.Zone).Format("Monday 2 January")
		v.Sub = h.counts(c, p)
	}
	conflicts := p.Conflicts()
	shown := []schedule.Appointment{}
	for _, col := range cols {
		shown = append(shown, col.of...)
	}
	for _, x := range conflicts {
		shown = append(shown, x.A, x.B)
	}
	if err := p.Name(ctx, s, shown); err != nil {
		c.Failed(err)
		return
	}
	v.Grid = v.lay(c, p, cols, conflicts)
	v.Book.Back = v.query(nil)
	for _, a := range p.Closed() {
		if a.Overlaps(p.Span) {
			v.Closed = append(v.Closed, a.Why)
		}
	}
	for _, x := range conflicts {
		of := x.Of.Name
		if pr, ok := p.Provider(x.Of.Ref); ok {
			of = pr.Name
		} else if strings.HasPrefix(x.Of.Ref, "Patient/") {
			of = "the patient"
		}
		v.Clashes = append(v.Clashes, clash{of, hour(x.A.From, c.Zone) + " " + p.Person(x.A).Name, hour(x.B.From, c.Zone) + " " + p.Person(x.B).Name, c.Path("appointments", x.A.ID), c.Path("appointments", x.B.ID)})
	}
	h.links(c, v)
	if v.View == "rooms" {
		for _, r := range p.Rooms {
			v.All = append(v.All, web.Option{Value: r.Ref, Label: r.Name})
		}
	} else {
		for _, w := range p.Providers {
			v.All = append(v.All, web.Option{Value: w.Ref, Label: w.Name})
		}
	}
	v.Live.Next = v.turns(c.Now)
	page := h.page(c, "Schedule")
	page.Modules = append(page.Modules, door.LiveModule)
	page.Sheets = append(page.Sheets, v.Book.sheets...)
	if v.Can {
		page.Side = bookPanel(v.Book)
	}
	c.Render(status, web.Framed(page, scheduleMain(v)))
}

// turns is when the line of now goes on to the next row of today's calendar.
func (v *schedulePage) turns(now time.Time) time.Time {
	for _, r := range v.Grid.Rows {
		if r.Now {
			return now.Truncate(step * time.Minute).Add(step * time.Minute)
		}
	}
	return time.Time{}
}

func (h *Desk) counts(c *door.Call, p *schedule.Period) string {
	visits, here := 0, 0
	for _, a := range p.Appointments {
		switch a.State() {
		case schedule.Arrived, schedule.Roomed, schedule.InVisit:
			here++
			visits++
		case schedule.Booked, schedule.Done:
			visits++
		}
	}
	s := fmt.Sprintf("%d visits", visits)
	if visits == 1 {
		s = "1 visit"
	}
	if here > 0 {
		s += fmt.Sprintf(" · %d here", here)
	}
	if o := p.Openings(schedule.Wanted{Minutes: 20, NotBefore: c.Now, Most: 1}); len(o) > 0 {
		s += " · next free " + hour(o[0].From, c.Zone)
	}
	return s
}

func (h *Desk) links(c *door.Call, v *schedulePage) {
	days := 1
	if v.View == "week" {
		days = 7
	}
	go1 := func(n int) string { return day(schedule.AddDays(v.Date, n, c.Zone), c.Zone) }
	v.Links = map[string]string{
		"before": v.query(url.Values{"date": {go1(-days)}}), "after": v.query(url.Values{"date": {go1(days)}}), "today": v.query(url.Values{"date": {day(c.Now, c.Zone)}}),
		"day": v.query(url.Values{"view": {""}, "with": {""}}), "rooms": v.query(url.Values{"view": {"rooms"}, "with": {""}}), "week": v.query(url.Values{"view": {"week"}}),
		"list": c.Path("schedule", "list") + "?date=" + v.Day, "stay": v.query(url.Values{"move": {""}}),
	}
}

func (h *Desk) bookForm(c *door.Call, p *schedule.Period, f *form, move string) (*bookForm, error) {
	b := &bookForm{form: f, Zone: c.Zone, Site: c.Path(), Over: schedule.MayOverbook(c.Actor)}
	b.Types = append(b.Types, web.Option{Label: "Choose"})
	for _, t := range p.Types {
		b.Types = append(b.Types, web.Option{Value: t.Code.Code, Label: fmt.Sprintf("%s, %d min", t.Display, t.Minutes)})
	}
	b.Provs = append(b.Provs, web.Option{Label: "Any provider"})
	for _, w := range p.Providers {
		b.Provs = append(b.Provs, web.Option{Value: w.Ref, Label: w.Name})
	}
	b.Rooms = append(b.Rooms, web.Option{Label: "Any free room"})
	for _, r := range p.Rooms {
		b.Rooms = append(b.Rooms, web.Option{Value: r.Ref, Label: r.Name})
	}
	if id := f.Get("patient"); id != "" {
		r, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", id)
		if err != nil {
			return nil, err
		}
		w := whoOf(c, id, r.Node())
		b.Who = &w
		if w.Inactive {
			f.bad("patient", "This record is not in use. Book with the one it was merged into.")
		}
	}
	if id := f.Get("wait"); id != "" {
		a, err := h.desk(c).Read(c.R.Context(), id)
		if err != nil {
			return nil, err
		}
		if a.State() == schedule.Waiting {
			b.Waiting = &a
			if pid, ok := strings.CutPrefix(schedule.Standing(c.Session(access.EMR), a.Patient.Ref), "Patient/"); ok && b.Who == nil {
				if r, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", pid); err == nil {
					w := whoOf(c, pid, r.Node())
					b.Who = &w
				}
			}
			for name, value := range map[string]string{"type": a.Type.Code, "with": a.Practitioner().Ref, "reason": a.Reason} {
				if f.Get(name) == "" {
					f.Set(name, value)
				}
			}
		}
	}
	if move != "" {
		a, err := h.desk(c).Read(c.R.Context(), move)
		if err != nil {
			return nil, err
		}
		b.Moving, b.MovingBy = &a, a.Patient.Name
		if pid, ok := strings.CutPrefix(a.Patient.Ref, "Patient/"); ok {
			if r, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", pid); err == nil {
				b.MovingBy = whoOf(c, pid, r.Node()).Name
			}
		}
	}
	if f.Get("date") == "" {
		f.Set("date", day(c.Now, c.Zone))
	}
	return b, nil
}

// when reads the day and time of a form.
func (f *form) when(zone *time.Location) (time.Time, bool) {
	d, err := time.ParseInLocation(time.DateOnly, f.text("date"), zone)
	if err != nil {
		f.bad("date", "There is no such day. Write it as year-month-day: 2026-11-30.")
		return time.Time{}, false
	}
	t, err := time.Parse("15:04", strings.TrimSuffix(f.text("time"), ":00"))
	if err != nil {
		if t, err = time.Parse("15:04", f.text("time")); err != nil {
			f.bad("time", "Write the time as 14:30.")
			return time.Time{}, false
		}
	}
	y, m, day := d.Date()
	at := schedule.WallTime(y, m, day, t.Hour()*60+t.Minute(), zone)
	if l := at.In(zone); l.Hour() != t.Hour() || l.Minute() != t.Minute() {
		f.bad("time", "The clocks skip that time on this day.")
		return time.Time{}, false
	}
	return at, true
}

// backQuery is the query of an address of this site's schedule, or nothing.
func backQuery(back, slug string) string {
	at, q, _ := strings.Cut(web.LocalPath(back, slug), "?")
	if at != "/"+slug+"/schedule" {
		return ""
	}
	return q
}
