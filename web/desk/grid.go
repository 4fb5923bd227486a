package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// step is how many minutes a row of the calendar is.
const step = 10

// grid is a calendar as a table: a column a provider, room or day, a row ten
// minutes as the site's clocks show them.
type grid struct {
	Cols []column
	Rows []line
}

type column struct {
	Head, Sub, Href string
	Today           bool
	date            time.Time // a moment of the day
	with            schedule.Party
	room            bool
	open            []schedule.Span
	week            []schedule.Span // open, were there no exceptions
	away            []schedule.Away
	of              []schedule.Appointment
}

type line struct {
	Label string // on the hour and half hour
	Hour  bool
	Now   bool
	Cells []cell
}

// cell is what is in a column at a row. Rows that an appointment covers have no
// cell of their own.
type cell struct {
	Col    int
	Span   int // rows; 0: covered by the one above
	Free   bool
	Closed bool
	Why    string // of an exception
	Begins bool   // the exception begins here
	Href   string
	Say    string // for who does not see the row and column
	Cards  []card
}

// card is an appointment in a cell.
type card struct {
	ID, Version, Href, Name, Note, What, At, Room string
	State                                         schedule.State
	Pill                                          web.Pill
	Clash                                         bool
	Short                                         bool
	Act, ActLabel                                 string // what happens next at the desk
	Move, Cancel                                  string
	Picked                                        bool
}

func (g *grid) empty() bool { return len(g.Cols) == 0 }

// lay makes the rows of the columns. href is the address of a free time.
func (v *schedulePage) lay(c *door.Call, p *schedule.Period, cols []column, conflicts []schedule.Conflict) grid {
	first, last := 24*60, 0
	for _, col := range cols {
		for _, s := range append(slices.Clone(col.open), col.week...) {
			first, last = min(first, wall(s.From, col.date, c.Zone)), max(last, wall(s.To, col.date, c.Zone))
		}
		for _, a := range col.of {
			first, last = min(first, wall(a.From, col.date, c.Zone)), max(last, wall(a.To, col.date, c.Zone))
		}
	}
	if first >= last {
		first, last = 8*60, 17*60
	}
	first, last = first/60*60, (last+59)/60*60
	g := grid{Cols: cols, Rows: make([]line, (last-first)/step)}
	for i := range g.Rows {
		m := first + i*step
		r := &g.Rows[i]
		if m%30 == 0 {
			r.Label, r.Hour = fmt.Sprintf("%02d:%02d", m/60, m%60), m%60 == 0
		}
		today := slices.ContainsFunc(cols, func(col column) bool { return col.Today })
		if now := wall(c.Now, c.Now, c.Zone); today && now >= m && now < m+step {
			r.Now = true
		}
		r.Cells = make([]cell, len(cols))
	}
	clashes := map[string]bool{}
	for _, x := range conflicts {
		clashes[x.A.ID], clashes[x.B.ID] = true, true
	}
	for i, col := range cols {
		v.fill(c, p, &g, i, col, first, clashes)
	}
	return g
}

func (v *schedulePage) fill(c *door.Call, p *schedule.Period, g *grid, i int, col column, first int, clashes map[string]bool) {
	rows := len(g.Rows)
	type block struct {
		from, to int
		of       []schedule.Appointment
	}
	var blocks []block
	for _, a := range col.of {
		from, to := (wall(a.From, col.date, c.Zone)-first)/step, (wall(a.To, col.date, c.Zone)-first+step-1)/step
		from = max(0, min(from, rows-1))
		to = max(from+1, min(to, rows))
		if n := len(blocks); n > 0 && from < blocks[n-1].to {
			b := &blocks[n-1]
			b.to, b.of = max(b.to, to), append(b.of, a)
			continue
		}
		blocks = append(blocks, block{from, to, []schedule.Appointment{a}})
	}
	y, mo, d := col.date.In(c.Zone).Date()
	for r := 0; r < rows; r++ {
		at := &g.Rows[r].Cells[i]
		at.Col = i
		if n := slices.IndexFunc(blocks, func(b block) bool { return r >= b.from && r < b.to }); n >= 0 {
			b := blocks[n]
			if r == b.from {
				at.Span = b.to - b.from
				for _, a := range b.of {
					at.Cards = append(at.Cards, v.card(c, p, a, clashes[a.ID]))
				}
			}
			continue
		}
		m := first + r*step
		begin := schedule.WallTime(y, mo, d, m, c.Zone)
		s := schedule.Span{From: begin, To: begin.Add(step * time.Minute)}
		at.Span = 1
		open := slices.ContainsFunc(col.open, func(o schedule.Span) bool { return o.Holds(s) })
		if !open {
			at.Closed = true
			for _, a := range col.away {
				if !a.Extra && a.Overlaps(s) {
					at.Why = a.Why
					at.Begins = r == 0 || !a.From.Before(s.From)
				}
			}
		}
		at.Free = open
		if wall(begin, col.date, c.Zone) != m { // the clocks skip this time
			at.Closed, at.Free, at.Why = true, false, "the clocks skip this"
			continue
		}
		clock := fmt.Sprintf("%02d:%02d", m/60, m%60)
		if books(c) && !s.To.Before(c.Now.Add(-24*time.Hour)) {
			at.Href = v.at(begin, col, c)
		}
		at.Say = clock + ", " + col.Head
	}
}

// wall is the minute of a day that clocks show at a moment, held to that day.
func wall(t, day time.Time, zone *time.Location) int {
	d := schedule.DayOf(day, zone)
	switch {
	case t.Before(d.From):
		return 0
	case !t.Before(d.To):
		return 24 * 60
	}
	l := t.In(zone)
	return l.Hour()*60 + l.Minute()
}

func (v *schedulePage) card(c *door.Call, p *schedule.Period, a schedule.Appointment, clash bool) card {
	who := p.Person(a)
	k := card{ID: a.ID, Version: a.Version, Href: c.Path("appointments", a.ID), Name: who.Name, What: a.Type.Display, State: a.State(), Clash: clash,
		At: hour(a.From, c.Zone) + "–" + hour(a.To, c.Zone), Short: a.Minutes <= step, Pill: statePill(a, c.Now, c.Zone), Picked: a.ID == v.Move}
	if k.Name == "" {
		k.Name = "No patient named"
	}
	if k.What == "" {
		k.What = a.Reason
	}
	k.Note = strings.TrimSpace(ageSex(who, c.Now))
	for _, at := range a.Places {
		if r, ok := p.Room(at.Ref); ok {
			k.Room = r.Name
		}
	}
	if books(c) {
		switch {
		case v.View == "week":
		case k.State == schedule.Booked:
			k.Act, k.ActLabel = "arrive", "Arrive"
		case k.State == schedule.Arrived:
			k.Act, k.ActLabel = "room", "Room"
		}
		if k.State == schedule.Booked || k.State == schedule.Arrived {
			k.Move = v.move(c, a)
			k.Cancel = k.Href + "?do=cancel"
		}
	}
	return k
}

func ageSex(w schedule.Person, now time.Time) string {
	s := web.AgeText(w.Birth, now)
	if w.Gender == "female" || w.Gender == "male" {
		s += " " + w.Gender[:1]
	}
	return s
}

// statePill says a state in colour, shape and word.
func statePill(a schedule.Appointment, now time.Time, zone *time.Location) web.Pill {
	at := func(s schedule.State) string {
		if t, ok := a.Moments[s]; ok {
			return " " + hour(t, zone)
		}
		return ""
	}
	switch a.State() {
	case schedule.Arrived:
		return web.Pill{Kind: web.Good, Text: "arrived" + at(schedule.Arrived), Shape: web.Dot}
	case schedule.Roomed:
		text := "in room"
		if t, ok := a.Moments[schedule.Roomed]; ok && now.After(t) {
			text += " · " + strconv.Itoa(int(now.Sub(t)/time.Minute)) + " min"
		}
		return web.Pill{Kind: web.Accent, Text: text, Shape: web.Clock}
	case schedule.InVisit:
		return web.Pill{Kind: web.Accent, Text: "in visit" + at(schedule.InVisit), Shape: web.Pencil}
	case schedule.Done:
		return web.Pill{Text: "done" + at(schedule.Done), Shape: web.Tick}
	case schedule.Cancelled:
		return web.Pill{Text: "cancelled", Shape: web.Cross}
	case schedule.Missed:
		return web.Pill{Kind: web.Warning, Text: "not attended", Shape: web.Cross}
	case schedule.Mistaken:
		return web.Pill{Text: "entered in error", Shape: web.Cross}
	case schedule.Waiting:
		return web.Pill{Text: "waiting", Shape: web.Clock}
	case schedule.Proposed:
		return web.Pill{Text: "proposed", Shape: web.NoShape}
	}
	if !a.From.IsZero() && now.After(a.From.Add(10*time.Minute)) && now.Before(a.From.Add(12*time.Hour)) {
		return web.Pill{Kind: web.Warning, Text: "not here"}
	}
	return web.Pill{Text: "booked", Shape: web.NoShape}
}

// columns of a day: who works or has somebody, then what has no column of its own.
func (v *schedulePage) dayColumns(c *door.Call, p *schedule.Period) []column {
	moment := p.From
	today := day(moment, c.Zone) == day(c.Now, c.Zone)
	var out []column
	taken := map[string]bool{}
	shown := func(a schedule.Appointment) bool {
		return a.State() != schedule.Cancelled && a.State() != schedule.Mistaken && a.State() != schedule.Waiting
	}
	of := func(ref string) []schedule.Appointment {
		var list []schedule.Appointment
		for _, a := range p.Of(ref) {
			if shown(a) {
				list = append(list, a)
				taken[a.ID] = true
			}
		}
		return list
	}
	if v.View == "rooms" {
		for _, r := range p.Rooms {
			if len(v.With) > 0 && !slices.Contains(v.With, r.Ref) {
				continue
			}
			open := []schedule.Span{p.Span}
			if r.Known {
				open = r.Hours.Open(p.Span, c.Zone)
			} else if site := p.Site.Open(p.Span, c.Zone); len(site) > 0 {
				open = site
			}
			out = append(out, column{Head: r.Name, date: moment, Today: today, with: r.Party, room: true, open: open, away: r.Hours.Away, of: of(r.Ref)})
		}
	} else {
		for _, w := range p.Providers {
			if len(v.With) > 0 && !slices.Contains(v.With, w.Ref) {
				continue
			}
			col := column{Head: w.Name, date: moment, Today: today, with: w.Party, open: w.Hours.Open(p.Span, c.Zone), week: schedule.Hours{Weekly: w.Hours.Weekly}.Open(p.Span, c.Zone), away: w.Hours.Away, of: of(w.Ref), Href: v.weekOf(c, w.Ref)}
			if w.Hours.Assumed {
				col.Sub = "hours not recorded"
			}
			if len(col.open) == 0 {
				col.Sub = "not in"
				name := w.Name
				if a, ok := w.Hours.Absent(p.Span); ok && a.Why != "" {
					col.Sub, name = "not in: "+a.Why, name+" ("+a.Why+")"
				}
				if len(col.of) == 0 && len(v.With) == 0 {
					v.Out = append(v.Out, name)
					continue
				}
			}
			out = append(out, col)
		}
	}
	if most := 8; len(out) > most && len(v.With) == 0 {
		names := func(a, b column) int { return cmp.Compare(a.Head, b.Head) }
		rooms := slices.Clone(out) // rooms keep their own order
		slices.SortStableFunc(out, func(a, b column) int { return cmp.Compare(len(b.of), len(a.of)) })
		v.Hidden = len(out) - most
		out = out[:most]
		if v.View == "rooms" {
			names = func(a, b column) int {
				at := func(x column) int { return slices.IndexFunc(rooms, func(r column) bool { return r.with == x.with }) }
				return cmp.Compare(at(a), at(b))
			}
		}
		slices.SortStableFunc(out, names)
	}
	var rest []schedule.Appointment
	for _, a := range p.Appointments {
		if shown(a) && !taken[a.ID] && len(v.With) == 0 && v.Hidden == 0 {
			rest = append(rest, a)
		}
	}
	if len(rest) > 0 {
		name := "Nobody named"
		if v.View == "rooms" {
			name = "No room"
		}
		out = append(out, column{Head: name, date: moment, Today: today, of: rest})
	}
	return out
}

// weekColumns are the days of one provider's week.
func (v *schedulePage) weekColumns(c *door.Call, p *schedule.Period, who schedule.Provider) []column {
	var out []column
	for at := p.From; at.Before(p.To); at = schedule.AddDays(at, 1, c.Zone) {
		d := schedule.DayOf(at, c.Zone)
		col := column{Head: at.In(c.Zone).Format("Mon 2 Jan"), date: at, Today: day(at, c.Zone) == day(c.Now, c.Zone), with: who.Party, open: who.Hours.Open(d, c.Zone), week: schedule.Hours{Weekly: who.Hours.Weekly}.Open(d, c.Zone), away: who.Hours.Away, Href: v.dayOf(c, at)}
		for _, a := range p.Of(who.Ref) {
			if a.Overlaps(d) && a.State() != schedule.Cancelled && a.State() != schedule.Mistaken {
				col.of = append(col.of, a)
			}
		}
		if wd := at.In(c.Zone).Weekday(); len(col.of) == 0 && len(col.open) == 0 && (wd == time.Saturday || wd == time.Sunday) {
			continue
		}
		if len(col.open) == 0 {
			col.Sub = "not in"
		}
		out = append(out, col)
	}
	return out
}
