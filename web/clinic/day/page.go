package day

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/web"
	"wholechart/web/door"
)

// dayPage is what my day shows.
type dayPage struct {
	Date       time.Time
	Title, Sub string
	Prev, Next string
	Today      string // the way back to today; empty on today
	Who        string // "Lena Okonkwo, MD", or everybody
	Agenda     agenda
	Overdue    overdue
	Marker     int // before which visit the line of now is drawn; -1: none
	Inbox      []pile
	InboxHref  string
	Schedule   web.Link
	Live       web.Live
}

func (h *room) day(c *door.Call) {
	if !works(c) {
		c.Done(c.Path()+"/", web.Flash{})
		return
	}
	now := c.Now.In(c.Zone)
	date := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.Zone)
	if asked := c.R.FormValue("date"); asked != "" {
		t, err := time.ParseInLocation("2006-01-02", asked, c.Zone)
		if err != nil {
			c.Say(http.StatusUnprocessableEntity, "No such day", "“"+short(asked)+"” is no date of the calendar. Write it as 2026-11-22.", web.Link{Label: "My day", Href: c.Path("day")})
			return
		}
		date = t
	}
	live, same := c.Live("day", append(h.work(c), door.Topic{Type: "Appointment", Of: appointmentsOf(c)})...)
	if same {
		return
	}
	a, err := h.agenda(c, date)
	if err != nil {
		c.Failed(err)
		return
	}
	if err := h.addFree(c, &a, date); err != nil {
		c.Failed(err)
		return
	}
	piles, err := h.inbox(c)
	if err != nil {
		c.Failed(err)
		return
	}
	p := dayPage{Date: date, Agenda: a, Inbox: piles, InboxHref: c.Path("inbox"), Marker: -1, Who: "everybody at " + c.Site.Name}
	if a.Mine {
		p.Who = c.Actor.Name
	}
	p.Title = date.Format("Monday 2 January")
	if date.Year() != now.Year() {
		p.Title += date.Format(" 2006")
	}
	p.Sub = summary(a)
	at := func(t time.Time) string { return c.Path("day") + "?date=" + t.Format("2006-01-02") }
	p.Prev, p.Next = at(date.AddDate(0, 0, -1)), at(date.AddDate(0, 0, 1))
	if now.Format("2006-01-02") != date.Format("2006-01-02") {
		p.Today = c.Path("day")
	} else {
		p.Marker = len(a.Visits)
		for i, v := range a.Visits {
			if v.Start.After(now) {
				p.Marker = i
				break
			}
		}
	}
	if !date.Before(time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.Zone)) {
		if p.Overdue, err = h.overdue(c, &a, p.Today == ""); err != nil {
			c.Failed(err)
			return
		}
	}
	for _, place := range c.Places {
		if place.Path == "schedule" && (place.Can == nil || place.Can(c)) {
			p.Schedule = web.Link{Label: "Schedule", Href: c.Path("schedule")}
		}
	}
	live.Next = changes(c.Now, a, piles)
	if soon := c.Now.Add(askAgain); p.Overdue.Waits && (live.Next.IsZero() || live.Next.After(soon)) {
		live.Next = soon
	}
	p.Live = live
	frame := c.Page("My day")
	frame.Sheets, frame.Modules = []string{sheetURL}, []string{moduleURL, door.LiveModule}
	c.Show(frame, dayMain(p))
}

// work is what an inbox shows: what waits for who asks, and for nobody.
func (h *room) work(c *door.Call) []door.Topic {
	topics := []door.Topic{{Type: "Task"}}
	if c.Actor.Who != "" {
		topics = append(topics, door.Topic{Type: "Task", Of: c.Actor.Who})
	}
	return topics
}

// changes is when a day looks otherwise though nobody writes: somebody is late,
// the line of now passes a visit, a task is overdue. Lengths of time are kept
// true by the page itself.
func changes(now time.Time, a agenda, piles []pile) (next time.Time) {
	at := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, v := range a.Visits {
		at(v.Start)
		if v.Free != nil && !v.Start.After(now.Add(10*time.Minute)) {
			at(now.Add(5 * time.Minute)) // what is free begins later as time goes by
		}
		if v.Status == "booked" {
			at(v.Start.Add(lateAfter))
			at(v.End.Add(goneAfter))
		}
	}
	for _, p := range piles {
		for _, it := range p.Items {
			at(it.Due)
		}
	}
	return next
}

// summary says a day in one line: "11 visits · 3 here · next free 15:40".
func summary(a agenda) string {
	n := 0
	for _, v := range a.Visits {
		if v.Status != "noshow" && v.Free == nil {
			n++
		}
	}
	parts := []string{plural(n, "visit", "visits")}
	if a.Here > 0 {
		parts = append(parts, strconv.Itoa(a.Here)+" here")
	}
	if a.Next != "" {
		parts = append(parts, "next free "+a.Next)
	}
	if a.More {
		parts = append(parts, "the first "+strconv.Itoa(agendaMost)+" are shown")
	}
	return strings.Join(parts, " · ")
}

func plural(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func short(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

func (h *room) inboxPage(c *door.Call) {
	if !works(c) {
		c.Failed(refused(c))
		return
	}
	live, same := c.Live("inbox", h.work(c)...)
	if same {
		return
	}
	piles, err := h.inbox(c)
	if err != nil {
		c.Failed(err)
		return
	}
	live.Next = changes(c.Now, agenda{}, piles)
	only := c.R.FormValue("kind")
	frame := c.Page("Inbox")
	frame.Sheets, frame.Modules = []string{sheetURL}, []string{moduleURL, door.LiveModule}
	c.Show(frame, inboxMain(live, piles, only, c.Path("inbox"), web.Link{Label: "New task", Href: c.Path("tasks", "new")}))
}

// refused is the gate's own answer to who does not take part in care.
func refused(c *door.Call) error {
	_, err := c.Session(access.EMR).Transact(c.R.Context(), nil)
	if err != nil {
		return err
	}
	return errNotForRole
}
