package desk

import (
	"slices"
	"time"

	"wholechart/access"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// dayList is the day to print: who comes when, by provider.
func (h *Desk) dayList(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Search, "Appointment")) {
		return
	}
	at := c.Now
	if t, err := time.ParseInLocation(time.DateOnly, c.R.FormValue("date"), c.Zone); err == nil {
		y, m, d := t.Date()
		at = schedule.WallTime(y, m, d, 12*60, c.Zone)
	}
	s, w := c.Session(access.EMR), schedule.DayOf(at, c.Zone)
	cal, err := schedule.Open(c.R.Context(), s, c.Zone)
	var p *schedule.Period
	if err == nil {
		p, err = cal.Between(c.R.Context(), s, w.From, w.To)
	}
	if err != nil {
		c.Failed(err)
		return
	}
	v := &listPage{Title: at.In(c.Zone).Format("Monday 2 January 2006"), Back: c.Path("schedule") + "?date=" + day(at, c.Zone), Printed: web.ExactText(c.Now, c.Zone)}
	seen := map[string]bool{}
	add := func(name string, of []schedule.Appointment) {
		g := listGroup{Name: name}
		for _, a := range of {
			if st := a.State(); st == schedule.Cancelled || st == schedule.Mistaken || st == schedule.Waiting {
				continue
			}
			seen[a.ID] = true
			who := p.Person(a)
			row := listRow{At: hour(a.From, c.Zone), Minutes: a.Minutes, Name: who.Name, Born: web.PartialDateText(who.Birth), What: a.Type.Display, Reason: a.Reason, Pill: statePill(a, c.Now, c.Zone), Href: c.Path("appointments", a.ID)}
			if r, ok := p.Room(a.Place().Ref); ok {
				row.Room = r.Name
			}
			g.Rows = append(g.Rows, row)
		}
		if len(g.Rows) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	for _, w := range p.Providers {
		add(w.Name, p.Of(w.Ref))
	}
	add("Nobody named", slices.DeleteFunc(slices.Clone(p.Appointments), func(a schedule.Appointment) bool { return seen[a.ID] }))
	c.Show(h.page(c, "Day list"), dayListMain(v))
}

type listPage struct {
	Title, Back, Printed string
	Groups               []listGroup
}

type listGroup struct {
	Name string
	Rows []listRow
}

type listRow struct {
	At, Name, Born, What, Reason, Room, Href string
	Minutes                                  int
	Pill                                     web.Pill
}
