package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"wholechart/access"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// awayPage is what differs from the weekly hours in the next two months.
type awayPage struct {
	*form
	Rows []awayRow
	Who  []web.Option
	Week []weekRow
	Site string
	Can  bool
}

type awayRow struct {
	Who, When, Why, End string
	Extra               bool
}

type weekRow struct {
	Name, Hours, Href string
	Assumed           bool
}

func (h *Desk) away(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Search, "Slot")) {
		return
	}
	h.showAway(c, http.StatusOK, newForm(url.Values{"day": {day(c.Now, c.Zone)}}))
}

func (h *Desk) showAway(c *door.Call, status int, f *form) {
	s := c.Session(access.EMR)
	cal, err := schedule.Open(c.R.Context(), s, c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	from := schedule.DayOf(c.Now, c.Zone).From
	p, err := cal.Exceptions(c.R.Context(), s, from, schedule.AddDays(from, 62, c.Zone))
	if err != nil {
		c.Failed(err)
		return
	}
	v := &awayPage{form: f, Site: c.Path(), Can: c.Can(access.Create, "Slot")}
	v.Who = append(v.Who, web.Option{Label: "Choose"})
	seen := map[string]bool{}
	add := func(name string, h schedule.Hours) {
		for _, a := range h.Away {
			if a.To.Before(c.Now) || seen[name+a.Slot] && a.Slot != "" {
				continue
			}
			seen[name+a.Slot] = true
			row := awayRow{Who: name, When: spanText(a.Span, c.Zone), Why: a.Why, Extra: a.Extra}
			if a.Slot != "" && v.Can {
				row.End = c.Path("schedule", "away", a.Slot, "end")
			}
			v.Rows = append(v.Rows, row)
		}
	}
	for _, at := range p.Practice {
		v.Who = append(v.Who, web.Option{Value: at.Ref, Label: "Everybody: " + at.Name})
		add(at.Name, at.Hours)
	}
	closed := map[string]bool{}
	for _, a := range p.Closed() {
		closed[a.Slot] = true
	}
	for _, w := range p.Providers {
		v.Who = append(v.Who, web.Option{Value: w.Ref, Label: w.Name})
		own := w.Hours
		own.Away = slices.DeleteFunc(slices.Clone(own.Away), func(a schedule.Away) bool { return closed[a.Slot] })
		add(w.Name, own)
		row := weekRow{Name: w.Name, Hours: weekText(w.Hours), Assumed: w.Hours.Assumed}
		if c.Can(access.Update, "PractitionerRole") {
			row.Href = c.Path("schedule", "hours", w.RoleID)
		}
		v.Week = append(v.Week, row)
	}
	for _, r := range p.Rooms {
		v.Who = append(v.Who, web.Option{Value: r.Ref, Label: r.Name})
		add(r.Name, r.Hours)
	}
	page := h.page(c, "Hours and exceptions")
	if v.Can {
		page.Side = awayPanel(v)
	}
	c.Render(status, web.Framed(page, awayMain(v)))
}

func spanText(s schedule.Span, zone *time.Location) string {
	if s.To.Year() > 2200 {
		return "from " + web.DateText(s.From, zone)
	}
	d := schedule.DayOf(s.From, zone)
	switch {
	case d.Equal(s):
		return web.DateText(s.From, zone) + ", all day"
	case !s.To.After(d.To):
		return web.DateText(s.From, zone) + ", " + hour(s.From, zone) + "–" + hour(s.To, zone)
	}
	return web.DateText(s.From, zone) + " to " + web.DateText(s.To.Add(-time.Second), zone)
}

func weekText(h schedule.Hours) string {
	out := ""
	for _, w := range h.Weekly {
		days := ""
		for d := 1; d <= 7; d++ {
			if w.Days[d%7] {
				if days != "" {
					days += " "
				}
				days += time.Weekday(d % 7).String()[:3]
			}
		}
		if out != "" {
			out += "; "
		}
		out += days + " " + clock(w.From) + "–" + clock(w.To)
	}
	return out
}

func clock(m int) string {
	return time.Date(2000, 1, 1, 0, m, 0, 0, time.UTC).Format("15:04")
}

func (h *Desk) addAway(c *door.Call) {
	if refused(c, c.Can(access.Create, "Slot") && user(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f := newForm(v)
	a := schedule.Away{Why: f.text("why"), Extra: f.Get("kind") == "extra"}
	if len(f.Get("why")) > schedule.MaxReason {
		f.bad("why", "At most 300 characters.")
	}
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	ref := f.Get("who")
	_, isProvider := cal.Provider(ref)
	_, isRoom := cal.Room(ref)
	if !isProvider && !isRoom && !slicesAny(cal.Practice, func(p schedule.Place) bool { return p.Ref == ref }) {
		f.bad("who", "Choose one of the list.")
	}
	moment := func(date, at string, end bool) (time.Time, bool) {
		d, err := time.ParseInLocation(time.DateOnly, f.text(date), c.Zone)
		if err != nil {
			f.bad(date, "There is no such day. Write it as year-month-day: 2026-11-30.")
			return time.Time{}, false
		}
		y, m, dd := d.Date()
		minutes := 0
		if t := f.text(at); t != "" {
			x, err := time.Parse("15:04", t)
			if err != nil {
				f.bad(at, "Write the time as 14:30.")
				return time.Time{}, false
			}
			minutes = x.Hour()*60 + x.Minute()
		} else if end {
			minutes = 24 * 60
		}
		return schedule.WallTime(y, m, dd, minutes, c.Zone), true
	}
	a.From, _ = moment("day", "start", false)
	last := "last"
	if f.text(last) == "" {
		last = "day"
	}
	a.To, _ = moment(last, "end", true)
	if f.ok() {
		if _, err = h.desk(c).Except(c.R.Context(), ref, a); err != nil {
			var w *schedule.Wrong
			if !errors.As(err, &w) {
				c.Failed(err)
				return
			}
			f.bad("last", w.Text)
		}
	}
	if !f.ok() {
		h.showAway(c, http.StatusUnprocessableEntity, f)
		return
	}
	c.Done(c.Path("schedule", "away"), web.Flash{Kind: web.Good, Text: "Written. Appointments in that time are not moved by themselves: look at the day."})
}

func (h *Desk) endAway(c *door.Call) {
	if refused(c, c.Can(access.Update, "Slot") && user(c)) {
		return
	}
	if _, err := c.Form(); err != nil {
		c.Failed(err)
		return
	}
	if err := h.desk(c).Unexcept(c.R.Context(), c.R.PathValue("slot")); err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("schedule", "away"), web.Flash{Kind: web.Good, Text: "Taken back."})
}
