package desk

import (
	"slices"
	"strconv"
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
	v := &listPage{Title: at.In(c.Zone).Format("Monday 2 January 2006"), Back: c.Path("schedule") + "?date=" + day(at, c.Zone), Printed: web.ExactText(c.Now, c.Zone),
		Action: c.Path("schedule", "list"), Date: day(at, c.Zone), Only: c.R.FormValue("with"), With: []web.Option{{Label: "Everybody"}}}
	for _, w := range p.Providers {
		v.With = append(v.With, web.Option{Value: w.Ref, Label: w.Name})
	}
	if !slices.ContainsFunc(v.With, func(o web.Option) bool { return o.Value == v.Only }) {
		v.Only = ""
	}
	seen := map[string]bool{}
	add := func(name string, of []schedule.Appointment) {
		g := listGroup{Name: name}
		for _, a := range of {
			st := a.State()
			if st == schedule.Cancelled || st == schedule.Mistaken || st == schedule.Waiting {
				continue
			}
			seen[a.ID] = true
			who := p.Person(a)
			row := listRow{At: hour(a.From, c.Zone), Minutes: a.Minutes, Name: who.Name, Born: web.PartialDateText(who.Birth), What: a.Type.Display, Reason: a.Reason, Href: c.Path("appointments", a.ID)}
			pill := statePill(a, c.Now, c.Zone)
			if row.State, row.Class = pill.Text, dayClass[st]; pill.Kind == web.Warning {
				row.Class = "d-late"
			}
			if r, ok := p.Room(a.Place().Ref); ok {
				row.Room = r.Name
			}
			v.Visits = v.Visits || row.What != ""
			v.Reasons, v.Rooms = v.Reasons || row.Reason != "", v.Rooms || row.Room != ""
			v.Count++
			g.Rows = append(g.Rows, row)
		}
		if len(g.Rows) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	for _, w := range p.Providers {
		if v.Only == "" || v.Only == w.Ref {
			add(w.Name, p.Of(w.Ref))
		}
	}
	if v.Only == "" {
		add("Nobody named", slices.DeleteFunc(slices.Clone(p.Appointments), func(a schedule.Appointment) bool { return seen[a.ID] }))
	}
	c.Show(h.page(c, "Day list"), dayListMain(v))
}

type listPage struct {
	Title, Back, Printed string
	Action, Date         string
	Only                 string // the one whose day is shown; "" everybody
	With                 []web.Option
	Groups               []listGroup
	Count                int
	Visits               bool // some row has one: the column is there; so
	Reasons, Rooms       bool
}

type listGroup struct {
	Name string
	Rows []listRow
}

// listRow is one appointment. Its state is a word with the mark that its class
// gives it, not a pill: of fifteen hundred each byte counts.
type listRow struct {
	At, Name, Born, What, Reason, Room, Href string
	Minutes                                  int
	State, Class                             string
}

var dayClass = map[schedule.State]string{schedule.Arrived: "d-here", schedule.Roomed: "d-room", schedule.InVisit: "d-visit", schedule.Done: "d-done"}

// note says how many come, and when the list was made.
func (v *listPage) note() string {
	text := "Day list"
	if v.Count > 0 {
		text += ", " + plural(v.Count, "appointment")
	}
	if len(v.Groups) > 1 {
		text += " with " + strconv.Itoa(len(v.Groups)) + " people"
	}
	return text + ", printed " + v.Printed
}
