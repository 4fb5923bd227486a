package desk

import (
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

//go:embed desk.css
var sheet []byte

//go:embed desk.js
var module []byte

// Desk is the pages of this package.
type Desk struct {
	sheets, modules []string
	beside          []Beside
}

// Beside is what another room adds to the page of an appointment that is still to
// come, and the style sheet of it; Of may answer nil. Before, when it is there, is
// asked about appointments of a patient before they are written: with read the form
// is shown again with what was said, which says in its fields that it was seen; silent
// is what is to be told after the booking.
type Beside struct {
	Sheet  string
	Of     func(c *door.Call, appointment string) templ.Component
	Before func(c *door.Call, patient string, proposed []json.RawMessage) (said templ.Component, read bool, silent string)
}

// Register hangs the pages on the door.
func Register(d *door.Door, beside ...Beside) {
	h := &Desk{beside: beside}
	h.sheets, h.modules = []string{d.File("desk.css", sheet)}, []string{d.File("desk.js", module)}
	d.Places = append(d.Places, door.Place{Order: 40, Label: "Schedule", Key: "g s", Path: "schedule", Can: books})
	d.Commands = append(d.Commands,
		door.Command{Label: "Register a patient", On: "patients", Words: "new patient add create registration", Path: func(c *door.Call, _ string) string { return c.Path("patients", "new") }, Can: registers},
		door.Command{Label: "Book this patient", On: "about", Words: "appointment schedule", Patient: true, Path: func(c *door.Call, id string) string { return c.Path("schedule") + "?patient=" + url.QueryEscape(id) }, Can: books},
		door.Command{Label: "Demographics", On: "about", Words: "address phone coverage insurance contact photo", Patient: true, Path: func(c *door.Call, id string) string { return c.Path("patients", id, "demographics") }, Can: registers},
		door.Command{Label: "Wait list", Words: "waiting cancellation", Path: func(c *door.Call, _ string) string { return c.Path("waitlist") }, Can: books},
		door.Command{Label: "Merge two records", Words: "duplicate unmerge", Path: func(c *door.Call, _ string) string { return c.Path("merge") }, Can: merges},
	)
	for pattern, f := range map[string]func(*door.Call){
		"GET /{site}/patients/new":       h.newPatient,
		"POST /{site}/patients/new":      h.createPatient,
		"POST /{site}/patients/new/like": h.alike,

		"GET /{site}/patients/{id}/demographics":        h.demographics,
		"POST /{site}/patients/{id}/demographics":       h.saveDemographics,
		"GET /{site}/patients/{id}/photo":               h.photo,
		"POST /{site}/patients/{id}/photo":              h.savePhoto,
		"POST /{site}/patients/{id}/messages-wanted":    h.saveWanted,
		"POST /{site}/patients/{id}/related":            h.addRelated,
		"POST /{site}/patients/{id}/related/{rid}/end":  h.endRelated,
		"POST /{site}/patients/{id}/coverage":           h.addCoverage,
		"POST /{site}/patients/{id}/coverage/{rid}/end": h.endCoverage,
		"GET /{site}/merge":                             h.merge,
		"POST /{site}/merge":                            h.doMerge,
		"POST /{site}/merge/undo":                       h.unmerge,
		"GET /{site}/schedule":                          h.schedule,
		"POST /{site}/schedule/book":                    h.book,
		"POST /{site}/schedule/find":                    h.findPatient,
		"GET /{site}/schedule/list":                     h.dayList,
		"GET /{site}/schedule/away":                     h.away,
		"POST /{site}/schedule/away":                    h.addAway,
		"POST /{site}/schedule/away/{slot}/end":         h.endAway,
		"GET /{site}/schedule/hours/{role}":             h.hours,
		"POST /{site}/schedule/hours/{role}":            h.saveHours,
		"GET /{site}/schedule/feed":                     h.feedPage,
		"POST /{site}/schedule/feed":                    h.newFeed,
		"POST /{site}/schedule/feed/{feed}/end":         h.endFeed,
		"GET /{site}/appointments/{aid}":                h.appointment,
		"POST /{site}/appointments/{aid}/{act}":         h.act,
		"GET /{site}/waitlist":                          h.waitlist,
		"POST /{site}/waitlist":                         h.addWaiting,
	} {
		d.Handle(pattern, f)
	}
	d.HandleOpen("GET /{site}/calendar/{token}", (&feeds{d}).serve)
}

func user(c *door.Call) bool { return c.Actor.Kind == access.User }

// books: who may read and write appointments.
func books(c *door.Call) bool {
	return user(c) && c.Can(access.Search, "Appointment") && c.Can(access.Update, "Appointment")
}

// registers: who may write down who somebody is.
func registers(c *door.Call) bool { return user(c) && c.Can(access.Update, "Patient") }

// merges: the records office decides that two records are one person.
func merges(c *door.Call) bool {
	return user(c) && c.Can(access.Update, "Patient") && (c.Actor.Role == access.RecordsOffice || c.Actor.Role == access.Admin)
}

func (h *Desk) page(c *door.Call, title string) web.Page {
	p := c.Page(title)
	p.Sheets, p.Modules = append(p.Sheets, h.sheets...), append(p.Modules, h.modules...)
	return p
}

func (h *Desk) desk(c *door.Call) schedule.Desk {
	return schedule.Desk{Session: c.Session(access.EMR), Zone: c.Zone, Now: c.Now}
}

// refused turns away who may not open a page of this package at all.
func refused(c *door.Call, may bool) bool {
	if !may {
		c.Failed(&record.Refused{Why: "this role does not work at the desk"})
	}
	return !may
}

// who is a patient in the words of the desk.
type who struct {
	ID, Name, Born, Age, Sex, MRN, Phone string
	Inactive                             bool
	Href                                 string
}

func whoOf(c *door.Call, id string, n fhir.Node) who {
	w := who{ID: id, Name: schedule.NameOf(n), Born: n.Get("birthDate").Str(), Sex: n.Get("gender").Str(), Href: c.Path("patients", id)}
	if w.Name == "" {
		w.Name = "No name recorded"
	}
	w.Age = web.AgeText(w.Born, c.Now)
	for i := range n.Get("identifier").Items() {
		if id := fhir.IdentifierOf(i); w.MRN == "" {
			if t, ok := id.Type.In(terms + "v2-0203"); ok && t.Code == "MR" {
				w.MRN = id.Value
			}
		}
	}
	for t := range n.Get("telecom").Items() {
		if w.Phone == "" && t.Get("system").Is("phone") && !t.Get("use").Is("old") {
			w.Phone = t.Get("value").Str()
		}
	}
	w.Inactive = n.Get("active").Exists() && !n.Get("active").True()
	return w
}

// note is what tells two people of one name apart.
func (w who) note() string {
	s := ""
	for _, p := range [...]string{w.Age, w.Sex, web.PartialDateText(w.Born), prefix("MRN ", w.MRN), w.Phone} {
		if p == "" {
			continue
		}
		if s != "" {
			s += " · "
		}
		s += p
	}
	return s
}

func prefix(p, s string) string {
	if s == "" {
		return ""
	}
	return p + s
}

// shown writes a form's page again, with what is wrong with it: 422.
func (h *Desk) again(c *door.Call, f *form) int {
	if f.ok() {
		return http.StatusOK
	}
	return http.StatusUnprocessableEntity
}

// wrong puts an error of the schedule beside its field, and says whether it was one.
func (f *form) wrong(err error) bool {
	var w *schedule.Wrong
	if errors.As(err, &w) {
		f.bad(w.Field, w.Text)
		return true
	}
	return false
}

func day(t time.Time, zone *time.Location) string  { return t.In(zone).Format(time.DateOnly) }
func hour(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04") }
