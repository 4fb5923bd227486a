package day

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/schedule/remind"
	"wholechart/web"
	"wholechart/web/door"
)

// visit is one line of the schedule.
type visit struct {
	Start, End  time.Time
	Clock       string // "10:20"
	Patient     person
	Reason      string
	Where, With string // the room in which the patient is; of a shared page who
	State       web.Pill
	Past        bool // over: shown faint
	Now         bool // here, or in the room
	Href        string
	Status      string // FHIR
	Minutes     int
	ID, Version string // of the appointment
	Room        string // where to post that the patient is in the room; "" when it is not the next step
	Overdue     string // what is overdue, as far as it is known
	Free        *free  // nobody comes: a time that can be booked
}

// free is a time at which nobody comes.
type free struct {
	Note string // how long, and who waits and could have it
	Book string // where it is booked; "" for who does not book
	Wait string // the wait list, when somebody on it could have the time
	Who  string // "2 on the wait list"
}

// person is who a line is about: identity, nothing of the care.
type person struct {
	ID, Name, Age, Sex string
	Href               string
}

func (p person) short() string { return strings.TrimSpace(p.Age + " " + p.Sex) }

// agenda is one day of one practitioner. A nurse rooms everybody's patients and
// who has no Practitioner here has no visits: they see everybody's.
type agenda struct {
	Visits []visit
	Here   int
	Next   string // the next free time today, "" when not known
	Mine   bool   // of who asks
	More   bool   // there are more than were read
}

const agendaMost = 120

// appointmentsOf is whose appointments a day shows.
func appointmentsOf(c *door.Call) string {
	if strings.HasPrefix(c.Actor.Who, "Practitioner/") && c.Actor.Role != access.Nurse {
		return c.Actor.Who
	}
	return door.All
}

// agenda reads a day's appointments with the state that each is in.
func (h *room) agenda(c *door.Call, day time.Time) (agenda, error) {
	a := agenda{Mine: appointmentsOf(c) != door.All}
	rooms := c.Can(access.Update, "Appointment")
	from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, c.Zone)
	to := from.AddDate(0, 0, 1)
	// The days of UTC that hold it, as alternatives: each is one short run of the index.
	days := from.UTC().Format(time.DateOnly) + "," + to.UTC().Format(time.DateOnly)
	q := url.Values{"date": {days}, "_include": {"Appointment:patient"}, "_sort": {"date"}, "_count": {strconv.Itoa(2 * agendaMost)}}
	if a.Mine {
		q.Set("practitioner", c.Actor.Who)
	}
	page, err := find(c, "Appointment", q)
	if err != nil {
		return a, err
	}
	a.More = page.Next != ""
	people := people(c, page.Included)
	for _, r := range page.Matches {
		n := r.Node()
		status := n.Get("status").Str()
		if slices.Contains([]string{"cancelled", "entered-in-error", "proposed", "waitlist"}, status) {
			continue
		}
		v := visit{ID: r.ID, Version: r.Version, Status: status, Reason: words(n), Minutes: int(number(n.Get("minutesDuration")))}
		v.Start, v.End = instant(n.Get("start"), c.Zone), instant(n.Get("end"), c.Zone)
		if v.Start.Before(from) || !v.Start.Before(to) {
			continue
		}
		v.Clock = v.Start.Format("15:04")
		for p := range n.Get("participant").Items() {
			ref := p.Path("actor", "reference").Str()
			typ, id, _ := strings.Cut(ref, "/")
			switch typ {
			case "Patient":
				v.Patient = people[id]
				if v.Patient.ID == "" {
					v.Patient = person{ID: id, Name: p.Path("actor", "display").Str(), Href: c.Path("patients", id)}
				}
			case "Location":
				v.Where = p.Path("actor", "display").Str()
			case "Practitioner":
				if !a.Mine {
					v.With = p.Path("actor", "display").Str()
				}
			}
		}
		v.Href = v.Patient.Href
		at := schedule.AppointmentOf(n, c.Zone)
		v.state(c.Now, at.Moments[at.State()])
		if status != "checked-in" {
			v.Where = "" // which room is of use to who goes there
		}
		if v.Now {
			a.Here++
			v.Href = c.Path("patients", v.Patient.ID, "visit")
			if status == "arrived" && rooms {
				v.Room = c.Path("appointments", r.ID, "room")
			}
		}
		a.Visits = append(a.Visits, v)
	}
	slices.SortStableFunc(a.Visits, func(x, y visit) int { return x.Start.Compare(y.Start) })
	return a, confirmed(c, &a)
}

// confirmed says of visits to come that the patient answered a reminder: she comes.
func confirmed(c *door.Call, a *agenda) error {
	var ids []string
	for _, v := range a.Visits {
		if v.Status == "booked" && v.Start.After(c.Now) {
			ids = append(ids, v.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	answers, err := remind.Answered(c.R.Context(), c.Session(access.EMR), ids)
	if err != nil {
		return err
	}
	for i, v := range a.Visits {
		if v.Status == "booked" && answers[remind.AnswerKey(v.ID, v.Start)] == "accepted" {
			a.Visits[i].State = web.Pill{Text: "confirmed", Shape: web.Tick}
		}
	}
	return nil
}

// A booked visit is late so long after its start, and given up so long after its end.
const (
	lateAfter = 5 * time.Minute
	goneAfter = time.Hour
)

// state words the appointment's status (http://hl7.org/fhir/R4/valueset-appointmentstatus.html)
// for who glances at it, with how long it has been so where that is known.
func (v *visit) state(now, since time.Time) {
	ago := func(p web.Pill) web.Pill {
		if !since.IsZero() && !since.After(now) {
			p.Since, p.Ago = since, web.SpanText(now.Sub(since))
		}
		return p
	}
	switch v.Status {
	case "fulfilled":
		v.State, v.Past = web.Pill{Kind: web.Good, Text: "done"}, true
	case "noshow":
		v.State, v.Past = web.Pill{Kind: web.Warning, Text: "did not come"}, true
	case "arrived":
		v.State, v.Now = ago(web.Pill{Kind: web.Good, Text: "arrived", Shape: web.Dot}), true
	case "checked-in":
		v.State, v.Now = ago(web.Pill{Kind: web.Accent, Text: "in the room", Shape: web.Dot}), true
	case "pending":
		v.State = web.Pill{Text: "not confirmed"}
	case "booked":
		v.State = web.Pill{Text: "booked"}
		if now.After(v.Start.Add(lateAfter)) {
			since = v.Start
			v.State = ago(web.Pill{Kind: web.Warning, Text: "not here"})
			if now.After(v.End.Add(goneAfter)) {
				v.State = web.Pill{Kind: web.Warning, Text: "did not arrive"}
				v.Past = true
			}
		}
	default:
		v.State = web.Pill{Text: v.Status}
	}
}

// people are the patients among resources, by id.
func people(c *door.Call, list []record.Resource) map[string]person {
	out := map[string]person{}
	for _, r := range list {
		if r.Type != "Patient" {
			continue
		}
		f := chart.Fact{Node: r.Node(), Type: r.Type, ID: r.ID, Source: chart.Source{Slug: c.Site.Slug, Name: c.Site.Name, Own: true, Zone: c.Zone}}
		p := chart.Assemble(r.ID, []chart.Fact{f}, c.Now, c.Zone).Patient
		sex := ""
		if p.Sex == "female" || p.Sex == "male" {
			sex = p.Sex[:1]
		}
		age := strings.TrimSuffix(p.Age, " y")
		if p.Deceased {
			age = "died " + p.Died.String()
		}
		out[r.ID] = person{ID: r.ID, Name: p.Name, Age: age, Sex: sex, Href: c.Path("patients", r.ID)}
	}
	return out
}

func instant(n fhir.Node, zone *time.Location) time.Time {
	t, err := time.Parse(time.RFC3339, n.Str())
	if err != nil {
		return time.Time{}
	}
	return t.In(zone)
}

func number(n fhir.Node) float64 {
	f, err := strconv.ParseFloat(n.Text(), 64)
	if err != nil {
		return 0
	}
	return f
}

// words is why somebody comes, as it was written.
func words(n fhir.Node) string {
	for r := range n.Get("reasonCode").Items() {
		if s := fhir.CodeableConceptOf(r).Label(); s != "" {
			return s
		}
	}
	if s := n.Get("description").Str(); s != "" {
		return s
	}
	for r := range n.Get("serviceType").Items() {
		if s := fhir.CodeableConceptOf(r).Label(); s != "" {
			return s
		}
	}
	return n.Get("comment").Str()
}
