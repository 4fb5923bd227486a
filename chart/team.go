package chart

import (
	"slices"
	"strings"
	"time"

	"wholechart/fhir"
)

// Member is one of those who care for the patient.
type Member struct {
	Name, Role, Phone string
	Proxy             bool // acts for the patient
	Prov                   // of the CareTeam, or of the Patient that names a general practitioner
	Also              []Prov
}

// team is the members of active care teams and the general practitioners, each
// once; proxies from among the patient's relatives come last.
func (b *builder) team() {
	add := func(m Member) {
		if m.Name == "" {
			return
		}
		for i := range b.c.Team {
			have := &b.c.Team[i]
			if samePerson(have.Name, m.Name) {
				if len(m.Name) < len(have.Name) {
					have.Name = m.Name
				}
				if have.Phone == "" {
					have.Phone = m.Phone
				}
				if have.Role == "" {
					have.Role = m.Role
				}
				if m.Source != have.Source {
					have.Also = append(have.Also, m.Prov)
				}
				have.Proxy = have.Proxy || m.Proxy
				return
			}
		}
		b.c.Team = append(b.c.Team, m)
	}
	teams := slices.Clone(b.of("CareTeam"))
	slices.SortStableFunc(teams, func(x, y *fact) int { return activeFirst(x.src.Own, y.src.Own) })
	for _, f := range teams {
		f.used = true
		if f.status != "active" && f.status != "" && f.status != "proposed" {
			continue
		}
		from := b.prov(f, b.when(f.Node.Get("period").Get("start")))
		for p := range f.Node.Get("participant").Items() {
			if end := b.when(p.Get("period").Get("end")); end.Known() && end.Until().Before(b.c.Now) {
				continue
			}
			ref := p.Get("member")
			role, proxy := b.role(p.Get("role"))
			m := Member{Name: b.who(f, ref), Role: role, Proxy: proxy, Prov: from}
			if to := b.refTo(f, ref); to != nil {
				if to.Type == "Patient" {
					continue
				}
				m.Phone = phone(to.Node)
			}
			add(m)
		}
	}
	if len(b.c.Patient.GPs) > 0 {
		for _, name := range b.c.Patient.GPs {
			add(Member{Name: name, Role: "primary care", Prov: b.c.Patient.Prov})
		}
	}
	for i := range b.c.Patient.Contacts {
		p := &b.c.Patient.Contacts[i]
		if slices.ContainsFunc(b.c.Team, func(m Member) bool { return m.Proxy && samePerson(m.Name, p.Name) }) {
			p.Proxy = true
		}
		if p.Proxy {
			add(Member{Name: p.Name, Role: p.Role, Phone: p.Phone, Proxy: true, Prov: p.Prov})
		}
	}
}

// samePerson says whether two names are the same, one of them perhaps followed
// by where the person works: "Aaron Feld, MD" and "Aaron Feld, MD, Lakeside".
func samePerson(x, y string) bool {
	x, y = plain(x), plain(y)
	if len(x) > len(y) {
		x, y = y, x
	}
	return x == y || strings.Contains(x, " ") && strings.HasPrefix(y, x+" ")
}

// Appointments are the visits to come and those that were.
type Appointments struct {
	Next []Appointment // soonest first: today's too until it is over
	Past []Appointment // newest first; cancelled and missed ones too
}

// Appointment is one appointment.
type Appointment struct {
	Text      string // why
	Status    string // booked, arrived, checked-in, cancelled, noshow, proposed, pending…
	With      string
	Where     string
	Comment   string
	When, End When
	Today     bool
	Prov
	Also []Prov
}

func (b *builder) appointments() {
	as := &b.c.Appointments
	today := b.c.Now.Format(time.DateOnly)
	for _, f := range b.of("Appointment") {
		f.used = true
		n := f.Node
		a := Appointment{Text: b.label(n.Get("reasonCode")), Status: f.status, Comment: strings.TrimSpace(n.Get("comment").Str()), Also: b.routes(f)}
		if a.Text == "" {
			a.Text = strings.TrimSpace(n.Get("description").Str())
		}
		for _, other := range [...]string{"appointmentType", "serviceType"} {
			if a.Text == "" {
				a.Text = b.label(n.Get(other))
			}
		}
		a.When, a.End = b.when(n.Get("start")), b.when(n.Get("end"))
		if !a.When.Known() { // proposed for a period
			a.When = b.when(n.Get("requestedPeriod").Index(0).Get("start"))
		}
		for p := range n.Get("participant").Items() {
			b.takesPart(f, p.Get("actor"), &a)
		}
		a.Today = a.When.Known() && a.When.At.In(b.c.Zone).Format(time.DateOnly) == today
		a.Prov = b.prov(f, b.when(n.Get("created")))
		over := a.End
		if !over.Known() {
			over = a.When
		}
		switch {
		case f.status == "cancelled" || f.status == "noshow" || f.status == "fulfilled",
			over.Known() && over.Until().Before(b.c.Now) && !(a.Today && (f.status == "arrived" || f.status == "checked-in")):
			as.Past = append(as.Past, a)
		default:
			as.Next = append(as.Next, a)
		}
	}
	slices.SortStableFunc(as.Next, func(x, y Appointment) int { return -newer(x.When, y.When) })
	slices.SortStableFunc(as.Past, func(x, y Appointment) int { return newer(x.When, y.When) })
}

func (b *builder) takesPart(f *fact, actor fhir.Node, a *Appointment) {
	ref := actor.Get("reference").Str()
	switch {
	case strings.Contains(ref, "Patient/"):
	case strings.Contains(ref, "Location/"):
		a.Where = b.who(f, actor)
	default:
		if who := b.who(f, actor); who != "" {
			if a.With != "" {
				a.With += ", "
			}
			a.With += who
		}
	}
}
