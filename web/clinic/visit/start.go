package visit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart/note"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// kind is a way in which a visit is held: class by HL7 v3 ActCode.
type kind struct{ ID, Label, Class, Display string }

var kinds = []kind{
	{"office", "Office visit", "AMB", "ambulatory"},
	{"nurse", "Nurse visit", "AMB", "ambulatory"},
	{"telephone", "Telephone call", "VR", "virtual"},
	{"video", "Video visit", "VR", "virtual"},
	{"home", "Home visit", "HH", "home health"},
}

const maxReason = 400

// startForm is what the start page shows.
type startForm struct {
	Action, ID, Reason, Kind string
	Error                    string
	Appointment              string // id
	Slot                     string // "Today 10:20–10:40"
	Booked                   bool
	Past                     []web.Link // earlier visits
	Kinds                    []web.Option
}

// open is the patient's visit that is going on, or "".
func (h *room) open(c *door.Call, id string) (string, error) {
	list, err := find(c, "Encounter", url.Values{"patient": {id}, "status": {"in-progress,arrived,triaged"}, "_sort": {"-date"}, "_count": {"20"}})
	if err != nil {
		return "", err
	}
	for _, r := range list {
		n := r.Node()
		class := n.Path("class", "code").Str()
		start := when(n.Path("period", "start"), c.Zone)
		if class == "IMP" || class == "ACUTE" || class == "NONAC" || class == "EMER" || start.IsZero() || c.Now.Sub(start) > 36*time.Hour {
			continue // a stay, or a visit that somebody forgot to finish: not what is begun now
		}
		return r.ID, nil
	}
	return "", nil
}

// appointment is today's of the patient that is not over, if there is one.
func (h *room) appointment(c *door.Call, id string) (record.Resource, bool, error) {
	now := c.Now.In(c.Zone)
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.Zone)
	list, err := find(c, "Appointment", url.Values{"patient": {id}, "date": {"ge" + from.Format(time.RFC3339), "lt" + from.AddDate(0, 0, 1).Format(time.RFC3339)},
		"status": {"booked,arrived,checked-in,pending"}, "_sort": {"date"}, "_count": {"20"}})
	if err != nil || len(list) == 0 {
		return record.Resource{}, false, err
	}
	best := list[0]
	near := func(r record.Resource) time.Duration {
		return when(r.Node().Get("start"), c.Zone).Sub(c.Now).Abs()
	}
	for _, r := range list[1:] {
		if near(r) < near(best) {
			best = r
		}
	}
	return best, true, nil
}

func reasonOf(n fhir.Node) string {
	for r := range n.Get("reasonCode").Items() {
		if t := r.Get("text").Str(); t != "" {
			return t
		}
		if t := r.Path("coding", "display").Str(); t != "" {
			return t
		}
	}
	return n.Get("description").Str()
}

// begin goes on with the visit that is open, or asks what a new one is for.
func (h *room) begin(c *door.Call) {
	id := c.R.PathValue("id")
	open, err := h.open(c, id)
	if err != nil {
		c.Failed(err)
		return
	}
	if open != "" {
		c.Done(c.Path("patients", id, "visits", open), web.Flash{})
		return
	}
	if !writes(c) {
		c.Failed(&record.Refused{Why: "visits are begun by clinicians"})
		return
	}
	f := startForm{Kind: "office"}
	if a, ok, err := h.appointment(c, id); err != nil {
		c.Failed(err)
		return
	} else if ok {
		f.fromAppointment(c, a)
	}
	h.showStart(c, http.StatusOK, f)
}

func (f *startForm) fromAppointment(c *door.Call, a record.Resource) {
	n := a.Node()
	f.Appointment, f.Reason = a.ID, reasonOf(n)
	start, end := when(n.Get("start"), c.Zone), when(n.Get("end"), c.Zone)
	f.Slot = "Today " + start.Format("15:04")
	if !end.IsZero() {
		f.Slot += "–" + end.Format("15:04")
	}
	what := strings.ToLower(n.Path("serviceType", "text").Str() + n.Path("serviceType", "coding", "display").Str() + n.Path("appointmentType", "text").Str())
	for _, k := range kinds {
		if strings.Contains(what, k.ID) {
			f.Kind = k.ID
		}
	}
}

func (h *room) showStart(c *door.Call, status int, f startForm) {
	p, err := h.pages.Patient(c, access.EMR)
	if err != nil {
		c.Failed(err)
		return
	}
	f.Action = p.ChartHref("visit")
	if f.ID == "" {
		f.ID = fresh()
	}
	for _, k := range kinds {
		f.Kinds = append(f.Kinds, web.Option{Value: k.ID, Label: k.Label})
	}
	page := p.Frame("Start a visit")
	page.Sheets = append(page.Sheets, sheetURL)
	page.Side = startSide(f)
	p.Show(status, page, p.OverviewAt("visit"))
}

// start makes the visit, and with it says that the patient is here.
func (h *room) start(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	id := c.R.PathValue("id")
	if open, err := h.open(c, id); err != nil {
		c.Failed(err)
		return
	} else if open != "" { // begun meanwhile, here or by another: one visit, not two
		c.Done(c.Path("patients", id, "visits", open), web.Flash{})
		return
	}
	f := startForm{ID: form.Get("visit"), Reason: strings.Join(strings.Fields(note.Clean(form.Get("reason"))), " "), Kind: form.Get("kind"), Appointment: form.Get("appointment")}
	k, ok := kindOf(f.Kind)
	switch {
	case len(f.Reason) > maxReason:
		f.Error = fmt.Sprintf("The reason is one line of at most %d characters; the story goes into the note.", maxReason)
	case !ok:
		f.Error = "Choose what kind of visit it is."
	case !validID(f.ID):
		f.ID = fresh()
	}
	var appointment record.Resource
	if f.Appointment != "" && f.Error == "" {
		appointment, err = c.Session(access.EMR).Read(c.R.Context(), "Appointment", f.Appointment)
		if err != nil || !takesPart(c, appointment.Node(), id) {
			f.Appointment, f.Error = "", "That appointment is not there any more: start the visit without it."
		}
	}
	if f.Error != "" {
		h.showStart(c, http.StatusUnprocessableEntity, f)
		return
	}
	acts := []record.Act{{Op: record.Create, Type: "Encounter", ID: f.ID, Resource: newEncounter(c, id, f, k)}}
	if f.Appointment != "" {
		n := appointment.Node()
		switch n.Get("status").Str() {
		case "booked", "pending", "proposed":
			doc, err := fhir.Parse(fhir.SetMember(n, "status", []byte(`"arrived"`)))
			if err != nil {
				c.Failed(err)
				return
			}
			version, _ := strconv.Atoi(appointment.Version)
			acts = append(acts, record.Act{Op: record.Update, Type: "Appointment", ID: appointment.ID, Resource: doc.Root(), IfMatch: version})
		}
	}
	if _, err := c.Session(access.EMR).Transact(c.R.Context(), acts); err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", id, "visits", f.ID), web.Flash{})
}

func kindOf(id string) (kind, bool) {
	for _, k := range kinds {
		if k.ID == id {
			return k, true
		}
	}
	return kind{}, false
}

func validID(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

func takesPart(c *door.Call, n fhir.Node, patient string) bool {
	for p := range n.Get("participant").Items() {
		if c.Session(access.EMR).About(p.Path("actor", "reference").Str(), patient) {
			return true
		}
	}
	return false
}

func newEncounter(c *door.Call, patient string, f startForm, k kind) fhir.Node {
	who := me(c)
	individual := map[string]any{"display": who.Name}
	if who.Ref != "" {
		individual["reference"] = who.Ref
	} else {
		individual["identifier"] = map[string]any{"system": note.UserSystem, "value": who.User}
	}
	o := map[string]any{
		"resourceType": "Encounter",
		"status":       "in-progress",
		"class":        map[string]any{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": k.Class, "display": k.Display},
		"type":         []any{map[string]any{"text": k.Label}},
		"subject":      map[string]any{"reference": "Patient/" + patient},
		"participant":  []any{map[string]any{"individual": individual}},
		"period":       map[string]any{"start": c.Now.In(c.Zone).Format(time.RFC3339)},
	}
	if f.Reason != "" {
		o["reasonCode"] = []any{map[string]any{"text": f.Reason}}
	}
	if f.Appointment != "" {
		o["appointment"] = []any{map[string]any{"reference": "Appointment/" + f.Appointment}}
	}
	return built(o)
}

// built is a resource that was put together here.
func built(o map[string]any) fhir.Node {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // strings and lists of them
	}
	d, err := fhir.Parse(b)
	if err != nil {
		panic(err)
	}
	return d.Root()
}

// finish ends the visit and its appointment. A note that is not signed stays a
// draft: it is named, not completed.
func (h *room) finish(c *door.Call) {
	if _, err := c.Form(); err != nil {
		c.Failed(err)
		return
	}
	e, err := encounter(c)
	if err != nil {
		c.Failed(err)
		return
	}
	acts, err := finishActs(c, e)
	if err == nil && acts != nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	if err != nil {
		c.Failed(err)
		return
	}
	said := web.Flash{Kind: web.Good, Text: "The visit is finished."}
	if _, err := c.Session(access.EMR).Draft(c.R.Context(), "note", e.ID); err == nil {
		said = web.Flash{Kind: web.Warning, Text: "The visit is finished. Its note is not signed yet: it waits in your unsigned notes."}
	}
	c.Done(c.Path("patients", c.R.PathValue("id")), said)
}

// finishActs are what ends a visit that goes on; nil when it is over already.
func finishActs(c *door.Call, e record.Resource) ([]record.Act, error) {
	n := e.Node()
	switch n.Get("status").Str() {
	case "finished", "cancelled", "entered-in-error":
		return nil, nil
	}
	period := map[string]any{"end": c.Now.In(c.Zone).Format(time.RFC3339)}
	if s := n.Path("period", "start").Str(); s != "" {
		period["start"] = s
	}
	raw, err := json.Marshal(period)
	if err != nil {
		return nil, err
	}
	doc, err := fhir.Parse(fhir.SetMember(n, "period", raw))
	if err != nil {
		return nil, err
	}
	if doc, err = fhir.Parse(fhir.SetMember(doc.Root(), "status", []byte(`"finished"`))); err != nil {
		return nil, err
	}
	version, _ := strconv.Atoi(e.Version)
	acts := []record.Act{{Op: record.Update, Type: "Encounter", ID: e.ID, Resource: doc.Root(), IfMatch: version}}
	for a := range n.Get("appointment").Items() {
		typ, id, _, ok := fhir.Relative(a.Get("reference").Str())
		if !ok || typ != "Appointment" {
			continue
		}
		r, err := c.Session(access.EMR).Read(c.R.Context(), typ, id)
		if err != nil {
			continue // gone: the visit ends without it
		}
		switch r.Node().Get("status").Str() {
		case "booked", "arrived", "checked-in", "pending":
			doc, err := fhir.Parse(fhir.SetMember(r.Node(), "status", []byte(`"fulfilled"`)))
			if err != nil {
				return nil, err
			}
			version, _ := strconv.Atoi(r.Version)
			acts = append(acts, record.Act{Op: record.Update, Type: typ, ID: id, Resource: doc.Root(), IfMatch: version})
		}
	}
	return acts, nil
}
