package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// SiteDay is the day of a large site that a seed makes: people who do not exist,
// booked from a year back to three months ahead, and the work that waits. It is
// for measuring pages; no two of a practitioner's appointments overlap.
type SiteDay struct {
	Practitioners int       `help:"Practitioners of the site." default:"60"`
	Patients      int       `help:"Patients." default:"10000"`
	Today         int       `help:"Appointments on the day." default:"1500"`
	Appointments  int       `help:"Appointments in all." default:"40000"`
	Tasks         int       `help:"Tasks, half of them open." default:"5000"`
	Waiting       int       `help:"Patients on the wait list." default:"200"`
	Day           time.Time `help:"The day; today when not given." format:"2006-01-02"`
	Zone          string    `help:"IANA time zone of the site." default:"America/New_York"`
	Seed          uint64    `help:"Seed of what is made." default:"1"`
}

type fhirObject map[string]any
type fhirList []any

// reference is a FHIR Reference.
func reference(typ string, n int) fhirObject {
	return fhirObject{"reference": fmt.Sprintf("%s/%s-%05d", typ, prefixes[typ], n)}
}

var prefixes = map[string]string{"Patient": "sp", "Practitioner": "sd", "PractitionerRole": "sr", "Location": "sl", "Appointment": "sa", "Task": "st"}

var (
	families = []string{"Abbott", "Brandt", "Castillo", "Dufour", "Eriksen", "Fontaine", "Gupta", "Hoffmann", "Ibrahim", "Jansen", "Kowalski", "Lindholm", "Moreau", "Nakamura", "Okafor", "Petrov", "Quill", "Romero", "Sato", "Tanaka", "Ueda", "Vargas", "Whitman", "Xu", "Yilmaz", "Zielinski"}
	givens   = []string{"Ada", "Bram", "Clara", "Deniz", "Elif", "Farid", "Greta", "Hana", "Ines", "Jonas", "Kira", "Liam", "Mira", "Noor", "Owen", "Pia", "Quentin", "Rosa", "Sven", "Tala", "Uma", "Viktor", "Wanda", "Ximena", "Yara", "Zoe"}
	reasons  = []string{"Blood pressure", "Cough for two weeks", "Diabetes", "Follow-up", "Knee pain", "Medicines", "Physical", "Rash", "Results", "Sore throat", "Well child"}
	kinds    = []string{"review-result", "refill", "patient-message", "call-back", "follow-up", "referral", "sign-note"}
	words    = []string{"Panel: 2 abnormal", "Refill of a medicine", "Question about a result", "Call back", "Look again in a month", "Referral to cardiology", "Visit note"}
)

// Write writes the site as NDJSON, what is referred to before what refers.
func (d SiteDay) Write(out io.Writer) error {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return err
	}
	if d.Day.IsZero() {
		d.Day = time.Now().In(zone)
	}
	if d.Practitioners < 1 || d.Patients < 1 || d.Today < 0 || d.Appointments < d.Today || (d.Today+d.Practitioners-1)/d.Practitioners > perDay {
		return fmt.Errorf("a practitioner sees at most %d patients a day, and a site needs some of each", perDay)
	}
	day := time.Date(d.Day.Year(), d.Day.Month(), d.Day.Day(), 0, 0, 0, 0, zone)
	w := bufio.NewWriter(out)
	e := json.NewEncoder(w)
	r := rand.New(rand.NewPCG(d.Seed, 3))
	m := &siteMaker{d, e, r, day, zone}
	for _, step := range []func() error{m.staff, m.patients, m.appointments, m.tasks} {
		if err := step(); err != nil {
			return err
		}
	}
	return w.Flush()
}

// perDay are the slots of one practitioner's day: 8 to 18, fifteen minutes each.
const perDay = 40

type siteMaker struct {
	SiteDay
	*json.Encoder
	r    *rand.Rand
	day  time.Time
	zone *time.Location
}

// put writes a resource with an id of its own.
func (m *siteMaker) put(typ string, n int, o fhirObject) error {
	o["resourceType"], o["id"] = typ, fmt.Sprintf("%s-%05d", prefixes[typ], n)
	return m.Encode(o)
}

func (m *siteMaker) one(of []string) string { return of[m.r.IntN(len(of))] }

func (m *siteMaker) staff() error {
	for i := range m.Practitioners {
		if err := m.put("Practitioner", i, fhirObject{"active": true, "name": fhirList{fhirObject{"family": m.one(families), "given": fhirList{m.one(givens)}, "suffix": fhirList{"MD"}}}}); err != nil {
			return err
		}
		hours := fhirObject{"daysOfWeek": fhirList{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "availableStartTime": "08:00:00", "availableEndTime": "18:00:00"}
		if err := m.put("PractitionerRole", i, fhirObject{"active": true, "practitioner": reference("Practitioner", i), "availableTime": fhirList{hours}}); err != nil {
			return err
		}
		room := fhirObject{"status": "active", "mode": "instance", "name": fmt.Sprintf("Room %d", i+1), "physicalType": fhirObject{"coding": fhirList{fhirObject{"system": "http://terminology.hl7.org/CodeSystem/location-physical-type", "code": "ro"}}}}
		if err := m.put("Location", i, room); err != nil {
			return err
		}
	}
	return nil
}

func (m *siteMaker) patients() error {
	for i := range m.Patients {
		born := m.day.AddDate(0, 0, -m.r.IntN(90*365)-1)
		p := fhirObject{"active": true, "gender": m.one([]string{"female", "male"}), "birthDate": born.Format(time.DateOnly),
			"name":       fhirList{fhirObject{"use": "official", "family": m.one(families), "given": fhirList{m.one(givens), m.one(givens)}}},
			"identifier": fhirList{fhirObject{"system": "https://large.example/mrn", "value": fmt.Sprintf("M%06d", i)}},
			"telecom":    fhirList{fhirObject{"system": "phone", "value": fmt.Sprintf("614-555-%04d", i%10000), "use": "mobile"}}}
		if err := m.put("Patient", i, p); err != nil {
			return err
		}
	}
	return nil
}

// appointments: the day itself as full as was asked, others as evenly.
func (m *siteMaker) appointments() error {
	n := 0
	book := func(day time.Time, k int, today bool) error {
		who, slot := k%m.Practitioners, k/m.Practitioners
		start := time.Date(day.Year(), day.Month(), day.Day(), 8, 15*slot, 0, 0, m.zone)
		status := "fulfilled"
		switch hour := start.Hour(); { // the day itself as it is late in the morning
		case day.After(m.day), today && hour >= 11:
			status = m.one([]string{"booked", "booked", "booked", "pending", "cancelled"})
		case today && hour == 10:
			status = m.one([]string{"arrived", "checked-in", "booked", "noshow"})
		}
		a := fhirObject{"status": status, "start": start.Format(time.RFC3339), "end": start.Add(15 * time.Minute).Format(time.RFC3339), "minutesDuration": 15,
			"description": m.one(reasons), "created": start.AddDate(0, 0, -20).Format(time.RFC3339),
			"participant": fhirList{
				fhirObject{"actor": reference("Patient", m.r.IntN(m.Patients)), "status": "accepted"},
				fhirObject{"actor": reference("Practitioner", who), "status": "accepted"},
				fhirObject{"actor": reference("Location", who), "status": "accepted"}}}
		n++
		return m.put("Appointment", n, a)
	}
	for k := range m.Today {
		if err := book(m.day, k, true); err != nil {
			return err
		}
	}
	const before, after = 365, 90
	left := m.Appointments - m.Today
	for i := range before + after {
		at := i - before
		if at >= 0 {
			at++
		}
		today := left / (before + after - i)
		left -= today
		for k := range min(today, perDay*m.Practitioners) {
			if err := book(m.day.AddDate(0, 0, at), k, false); err != nil {
				return err
			}
		}
	}
	for i := range m.Waiting {
		a := fhirObject{"status": "waitlist", "description": m.one(reasons), "created": m.day.AddDate(0, 0, -m.r.IntN(60)).Format(time.RFC3339), "priority": m.r.IntN(9),
			"requestedPeriod": fhirList{fhirObject{"start": m.day.Format(time.DateOnly), "end": m.day.AddDate(0, 1, 0).Format(time.DateOnly)}},
			"participant":     fhirList{fhirObject{"actor": reference("Patient", m.r.IntN(m.Patients)), "status": "needs-action"}, fhirObject{"actor": reference("Practitioner", i%m.Practitioners), "status": "needs-action"}}}
		if err := m.put("Appointment", n+1+i, a); err != nil {
			return err
		}
	}
	return nil
}

func (m *siteMaker) tasks() error {
	for i := range m.Tasks {
		k := m.r.IntN(len(kinds))
		t := fhirObject{"status": []string{"requested", "completed"}[i%2], "intent": "order", "priority": m.one([]string{"routine", "routine", "routine", "urgent", "stat"}),
			"code":        fhirObject{"coding": fhirList{fhirObject{"system": "https://wholechart.example/task", "code": kinds[k]}}},
			"description": words[k], "for": reference("Patient", m.r.IntN(m.Patients)),
			"authoredOn": m.day.Add(8*time.Hour - time.Duration(m.r.IntN(14*24))*time.Hour).Format(time.RFC3339)}
		if i%20 != 0 { // one in twenty is nobody's
			t["owner"] = reference("Practitioner", i/2%m.Practitioners)
		}
		if err := m.put("Task", i, t); err != nil {
			return err
		}
	}
	return nil
}
