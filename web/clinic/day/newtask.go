package day

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// taskForm is a new task, or a message to a colleague about a patient.
type taskForm struct {
	Patient          person
	Title, Text, Due string
	Owner, Priority  string
	Kind             string
	People           []web.Option
	Errors           map[string]string
	Action           string
}

var taskKinds = []web.Option{{Value: "follow-up", Label: "To follow up"}, {Value: "call-back", Label: "To call"}, {Value: "message", Label: "Message"}, {Value: "referral", Label: "Referral"}}

var priorities = []web.Option{{Value: "routine", Label: "Routine"}, {Value: "urgent", Label: "Urgent"}, {Value: "stat", Label: "At once"}}

func (h *room) newTask(c *door.Call) {
	f := taskForm{Priority: "routine", Kind: "follow-up", Owner: c.Actor.Who}
	h.showForm(c, http.StatusOK, f, c.R.FormValue("patient"))
}

func (h *room) showForm(c *door.Call, status int, f taskForm, patient string) {
	if !works(c) {
		c.Failed(errNotForRole)
		return
	}
	if patient != "" {
		p, err := h.person(c, patient, map[string]person{})
		if err != nil {
			c.Failed(err)
			return
		}
		f.Patient = p
	}
	var err error
	if f.People, err = h.colleagues(c); err != nil {
		c.Failed(err)
		return
	}
	f.Action = c.Path("tasks")
	frame := c.Page("New task")
	frame.Sheets = []string{sheetURL}
	c.Render(status, web.Framed(frame, newTaskMain(f)))
}

func (h *room) createTask(c *door.Call) {
	if !works(c) {
		c.Failed(errNotForRole)
		return
	}
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f := taskForm{Title: strings.TrimSpace(form.Get("title")), Text: strings.TrimSpace(form.Get("text")), Due: strings.TrimSpace(form.Get("due")), Owner: form.Get("owner"), Priority: form.Get("priority"), Kind: form.Get("kind"), Errors: map[string]string{}}
	people, err := h.colleagues(c)
	if err != nil {
		c.Failed(err)
		return
	}
	switch n := len([]rune(f.Title)); {
	case n == 0:
		f.Errors["title"] = "Say what is to be done."
	case n > 200:
		f.Errors["title"] = fmt.Sprintf("%d characters: at most 200. Put the rest below.", n)
	}
	if n := len([]rune(f.Text)); n > maxSaid {
		f.Errors["text"] = fmt.Sprintf("%d characters: at most %d.", n, maxSaid)
	}
	if f.Due != "" {
		t, err := time.ParseInLocation("2006-01-02", f.Due, c.Zone)
		switch {
		case err != nil:
			f.Errors["due"] = "That is no day of the calendar: write it as 2026-12-24."
		case t.AddDate(0, 0, 1).Before(c.Now):
			f.Errors["due"] = "That day is over."
		case t.After(c.Now.AddDate(20, 0, 0)):
			f.Errors["due"] = "That is more than twenty years away."
		}
	}
	at := slices.IndexFunc(people, func(o web.Option) bool { return o.Value == f.Owner })
	if at < 0 {
		f.Errors["owner"] = "Choose one of the list."
	}
	if !slices.ContainsFunc(taskKinds, func(o web.Option) bool { return o.Value == f.Kind }) {
		f.Errors["kind"] = "Choose one of the list."
	}
	if !slices.ContainsFunc(priorities, func(o web.Option) bool { return o.Value == f.Priority }) {
		f.Errors["priority"] = "Choose one of the list."
	}
	patient := form.Get("patient")
	if len(f.Errors) > 0 {
		h.showForm(c, http.StatusUnprocessableEntity, f, patient)
		return
	}
	now := c.Now.In(c.Zone).Format(time.RFC3339)
	t := map[string]any{
		"resourceType": "Task", "status": "requested", "intent": "order", "priority": f.Priority, "description": f.Title,
		"code":       map[string]any{"coding": []any{map[string]string{"system": TaskSystem, "code": f.Kind}}},
		"authoredOn": now, "lastModified": now,
	}
	if patient != "" {
		t["for"] = map[string]string{"reference": "Patient/" + patient}
	}
	if f.Owner != "" {
		t["owner"] = map[string]string{"reference": f.Owner, "display": people[at].Label}
	}
	if c.Actor.Who != "" {
		t["requester"] = map[string]string{"reference": c.Actor.Who, "display": c.Actor.Name}
	}
	if f.Due != "" {
		t["restriction"] = map[string]any{"period": map[string]string{"end": f.Due}}
	}
	if f.Text != "" {
		t["note"] = []any{h.comment(c, f.Text)}
	}
	raw, err := json.Marshal(t)
	if err != nil {
		c.Failed(err)
		return
	}
	d, err := fhir.Parse(raw)
	if err != nil {
		c.Failed(err)
		return
	}
	out, err := c.Session(access.EMR).Transact(c.R.Context(), []record.Act{{Op: record.Create, Type: "Task", Resource: d.Root()}})
	if err != nil {
		c.Failed(err)
		return
	}
	back := c.Path("inbox")
	if patient != "" {
		back = c.Path("patients", patient)
	}
	c.Done(back, web.Flash{Kind: web.Good, Text: "Task made.", Undo: door.Undoable(out[0].Resource, back)})
}
