package schedule

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/record"
)

// longest bounds an appointment that other doors wrote, and an exception, for
// finding those that began before a window.
const (
	longest     = 24 * time.Hour
	longestAway = 62 * 24 * time.Hour
)

// Period is a calendar with what is in it from one moment to another.
type Period struct {
	*Calendar
	Span
	Appointments []Appointment // by start; those without a time, cancelled, missed and mistaken ones too
	Patients     map[string]Person
	closed       []Away // of the practice
}

// Person is who comes, as a calendar shows it.
type Person struct {
	ID, Name, Birth, Gender string
}

// Between reads the appointments and exceptions of a window, of everybody or of
// those named. Names of patients come with it, where the session may read them.
func (c *Calendar) Between(ctx context.Context, s record.Session, from, to time.Time, of ...string) (*Period, error) {
	return c.between(ctx, s, from, to, true, of...)
}

// Unnamed is Between without the names of patients: a large site's day is read
// so, and then the names of those whom a page shows (Name).
func (c *Calendar) Unnamed(ctx context.Context, s record.Session, from, to time.Time, of ...string) (*Period, error) {
	return c.between(ctx, s, from, to, false, of...)
}

// Exceptions reads the exceptions of a window alone: the period holds no appointments.
func (c *Calendar) Exceptions(ctx context.Context, s record.Session, from, to time.Time) (*Period, error) {
	p := c.period(from, to)
	return p, p.exceptions(ctx, s)
}

func (c *Calendar) period(from, to time.Time) *Period {
	own := *c
	own.Providers, own.Rooms, own.Practice = slices.Clone(c.Providers), slices.Clone(c.Rooms), slices.Clone(c.Practice)
	return &Period{Calendar: &own, Span: Span{from, to}, Patients: map[string]Person{}}
}

func (c *Calendar) between(ctx context.Context, s record.Session, from, to time.Time, named bool, of ...string) (*Period, error) {
	p := c.period(from, to)
	ask := url.Values{"date": {dates(from.Add(-longest), to)}, "_count": {"1000"}}
	if named {
		ask.Set("_include", "Appointment:patient")
	}
	if len(of) > 0 {
		ask.Set("actor", strings.Join(of, ","))
	}
	found, err := find(ctx, s, "Appointment", ask)
	if err != nil {
		return nil, err
	}
	p.add(s, found)
	if err := p.exceptions(ctx, s); err != nil {
		return nil, err
	}
	return p, nil
}

// add takes what was found. Who was merged into another comes as that other.
func (p *Period) add(s record.Session, found *record.Page) {
	for _, r := range found.Included {
		if r.Type == "Patient" {
			p.Patients["Patient/"+r.ID] = PersonOf(r)
		}
	}
	for _, r := range found.Matches {
		a := AppointmentOf(r.Node(), p.Zone)
		a.Patient.Ref = Standing(s, a.Patient.Ref)
		if a.From.IsZero() || !a.From.Before(p.To) || !a.To.After(p.From) && !(a.From.Equal(a.To) && !a.From.Before(p.From)) {
			continue
		}
		p.Appointments = append(p.Appointments, a)
	}
	slices.SortStableFunc(p.Appointments, func(a, b Appointment) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
	})
}

// Name reads the patients of appointments, where the session may read them.
func (p *Period) Name(ctx context.Context, s record.Session, of []Appointment) error {
	var ids []string
	for _, a := range of {
		if id, ok := strings.CutPrefix(a.Patient.Ref, "Patient/"); ok && p.Patients[a.Patient.Ref].ID == "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for part := range slices.Chunk(slices.Compact(ids), 100) {
		found, err := find(ctx, s, "Patient", url.Values{"_id": {strings.Join(part, ",")}})
		if err != nil {
			return err
		}
		for _, r := range found.Matches {
			p.Patients["Patient/"+r.ID] = PersonOf(r)
		}
	}
	return nil
}

// PersonOf reads a Patient for a calendar.
func PersonOf(r record.Resource) Person {
	n := r.Node()
	return Person{ID: r.ID, Name: NameOf(n), Birth: n.Get("birthDate").Str(), Gender: n.Get("gender").Str()}
}

// exceptions reads the Slots that are an absence or an extra session.
func (p *Period) exceptions(ctx context.Context, s record.Session) error {
	found, err := find(ctx, s, "Slot", url.Values{
		"start":  {dates(p.From.Add(-longestAway), p.To)},
		"status": {"busy-unavailable,free"}, "_include": {"Slot:schedule"}, "_count": {"1000"},
	})
	if err != nil {
		return err
	}
	actors := map[string][]string{}
	for _, r := range found.Included {
		for a := range r.Node().Get("actor").Items() {
			actors["Schedule/"+r.ID] = append(actors["Schedule/"+r.ID], a.Get("reference").Str())
		}
	}
	for _, r := range found.Matches {
		n := r.Node()
		a := Away{Span: Span{instant(n.Get("start"), p.Zone), instant(n.Get("end"), p.Zone)}, Why: n.Get("comment").Str(), Extra: n.Get("status").Is("free"), Slot: r.ID, Rev: r.Version}
		if a.Empty() || !a.Overlaps(p.Span) {
			continue
		}
		for _, ref := range actors[n.Path("schedule", "reference").Str()] {
			p.except(ref, a)
		}
	}
	for _, at := range p.Practice {
		for _, a := range at.Hours.Away {
			if a.Slot != "" || len(p.Practice) == 1 {
				p.closed = append(p.closed, a)
			}
		}
	}
	if len(p.closed) > 0 { // the practice is closed: nobody is here
		for i := range p.Providers {
			p.Providers[i].Hours.Away = append(slices.Clone(p.Providers[i].Hours.Away), p.closed...)
		}
	}
	return nil
}

func (p *Period) except(ref string, a Away) {
	for i := range p.Providers {
		if p.Providers[i].Ref == ref {
			p.Providers[i].Hours.Away = append(slices.Clone(p.Providers[i].Hours.Away), a)
		}
	}
	for _, of := range [...][]Place{p.Rooms, p.Practice} {
		for i := range of {
			if of[i].Ref == ref {
				of[i].Hours.Away = append(slices.Clone(of[i].Hours.Away), a)
			}
		}
	}
}

// Closed are the exceptions of the whole practice.
func (p *Period) Closed() []Away { return p.closed }

// Of are the appointments that somebody or something takes part in.
func (p *Period) Of(ref string) []Appointment {
	var out []Appointment
	for _, a := range p.Appointments {
		if a.Takes(ref) {
			out = append(out, a)
		}
	}
	return out
}

// Busy is when somebody or something is at an appointment.
func (p *Period) Busy(ref string) []Span {
	var out []Span
	for _, a := range p.Appointments {
		if a.Holds() && a.Takes(ref) {
			out = append(out, a.Span)
		}
	}
	return union(out)
}

// Free is when a provider works and has no appointment.
func (p *Period) Free(provider string) []Span {
	who, ok := p.Provider(provider)
	if !ok {
		return nil
	}
	return without(who.Hours.Open(p.Span, p.Zone), p.Busy(provider))
}

func (p *Period) freeRoom(room Place) []Span {
	open := []Span{p.Span}
	if room.Known {
		open = room.Hours.Open(p.Span, p.Zone)
	} else {
		for _, a := range room.Hours.Away {
			open = without(open, []Span{a.Span})
		}
	}
	return without(open, p.Busy(room.Ref))
}

// Wanted is what an opening must be like.
type Wanted struct {
	With          []string // references; none: any provider
	Minutes       int
	Room          bool   // a room must be free too
	Patient       string // reference of who must be free, or empty
	NotBefore     time.Time
	After, Before int // minutes of the day, as the site's clocks count; Before 0: no bound
	Days          [7]bool
	AnyDay        bool
	Step          int // openings of one provider begin this many minutes apart; 0: 10
	Most          int // 0: 10
}

// Opening is a time that can be booked.
type Opening struct {
	Span
	With Party
	Room Party // zero when none is needed or there are none
}

// Openings are the times of a period that can be booked, soonest first, then by
// provider's name.
func (p *Period) Openings(w Wanted) []Opening {
	if w.Step <= 0 {
		w.Step = 10
	}
	if w.Most <= 0 {
		w.Most = 10
	}
	if w.Minutes < MinLength {
		w.Minutes = MinLength
	}
	length, step := time.Duration(w.Minutes)*time.Minute, time.Duration(w.Step)*time.Minute
	var engaged []Span
	if w.Patient != "" {
		engaged = p.Busy(w.Patient)
	}
	rooms := make([][]Span, len(p.Rooms))
	if w.Room {
		for i, r := range p.Rooms {
			rooms[i] = p.freeRoom(r)
		}
	}
	var out []Opening
	for _, who := range p.Providers {
		if len(w.With) > 0 && !slices.Contains(w.With, who.Ref) {
			continue
		}
		n := 0
		for _, free := range without(p.Free(who.Ref), engaged) {
			for at := p.onGrid(free.From, w.NotBefore); !at.Add(length).After(free.To) && n < w.Most; at = at.Add(step) {
				s := Span{at, at.Add(length)}
				if !w.suits(s, p.Zone) {
					continue
				}
				o := Opening{Span: s, With: who.Party}
				if w.Room && len(p.Rooms) > 0 {
					i := slices.IndexFunc(rooms, func(spans []Span) bool { return slices.ContainsFunc(spans, func(r Span) bool { return r.Holds(s) }) })
					if i < 0 {
						continue
					}
					o.Room = p.Rooms[i].Party
				}
				out = append(out, o)
				n++
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Opening) int { return a.From.Compare(b.From) })
	return out[:min(len(out), w.Most)]
}

// onGrid is the first time in free time that people book: at a multiple of five
// minutes as the clocks show it, not before a moment.
func (p *Period) onGrid(from, notBefore time.Time) time.Time {
	if from.Before(notBefore) {
		from = notBefore
	}
	if up := from.Truncate(time.Minute); up.Before(from) {
		from = up.Add(time.Minute)
	}
	if rest := minuteOf(from, p.Zone) % 5; rest > 0 {
		from = from.Add(time.Duration(5-rest) * time.Minute)
	}
	return from
}

func (w Wanted) suits(s Span, zone *time.Location) bool {
	if s.From.Before(w.NotBefore) {
		return false
	}
	if at := minuteOf(s.From, zone); at < w.After || w.Before > 0 && at+w.Minutes > w.Before {
		return false
	}
	return w.AnyDay || w.Days == [7]bool{} || w.Days[s.From.In(zone).Weekday()]
}

// Conflict is two appointments that take one provider, room or patient at one
// time: other programs can write what Book would not.
type Conflict struct {
	A, B Appointment
	Of   Party // whose time it is
}

// Conflicts finds what overlaps in a period, but for what was overbooked knowingly.
func (p *Period) Conflicts() []Conflict {
	type held struct {
		at int
		of Party
	}
	var out []Conflict
	open := map[string][]held{} // by who may be at one place at a time: what may still go on
	for i := range p.Appointments {
		a := &p.Appointments[i]
		if !a.Holds() {
			continue
		}
		for _, of := range a.parties() {
			if !p.exclusive(of.Ref) {
				continue
			}
			before := open[of.Ref]
			still := before[:0]
			for _, h := range before {
				b := &p.Appointments[h.at]
				if h.at == i || !a.From.Before(b.To) {
					continue // over before this one begins, as for all that follow; or named twice in one
				}
				still = append(still, h)
				knowingly := (a.Overbooked != "" || b.Overbooked != "") && strings.HasPrefix(of.Ref, "Practitioner")
				if a.Overlaps(b.Span) && !knowingly {
					out = append(out, Conflict{*b, *a, h.of})
				}
			}
			open[of.Ref] = append(still, held{i, of})
		}
	}
	return out
}

func (a Appointment) parties() []Party {
	return append(append([]Party{a.Patient}, a.With...), a.Places...)
}

// Person is who an appointment is for, as well as the session may know.
func (p *Period) Person(a Appointment) Person {
	if who, ok := p.Patients[a.Patient.Ref]; ok {
		return who
	}
	_, id, _ := strings.Cut(a.Patient.Ref, "/")
	return Person{ID: id, Name: a.Patient.Name}
}

// dates are the days of UTC, or of a long span the months, that hold it, as
// alternatives of a search: each is one short run of the index, where a lower
// and an upper bound would be two long ones.
func dates(from, to time.Time) string {
	var out []string
	from, to = from.UTC(), to.UTC()
	if to.Sub(from) <= 40*24*time.Hour {
		for t := from.Truncate(24 * time.Hour); t.Before(to); t = t.AddDate(0, 0, 1) {
			out = append(out, t.Format(time.DateOnly))
		}
	} else {
		for t := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC); t.Before(to); t = t.AddDate(0, 1, 0) {
			out = append(out, t.Format("2006-01"))
		}
	}
	return strings.Join(out, ",")
}

func version(v string) int { n, _ := strconv.Atoi(v); return n }
