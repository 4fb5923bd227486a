// Package day is where a clinician's day begins and where work waits: my day
// (schedule and inbox), tasks, messages between staff about a patient, and lists
// of patients.
//
// Everything in it is FHIR in the chart: Appointment, Task, Communication. It
// decides nothing about care; it never closes a result by itself.
package day

import (
	_ "embed"
	"net/url"

	"wholechart/access"
	"wholechart/decision/standing"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// TaskSystem is the code system of what a Task is about.
const TaskSystem = "https://wholechart.example/task"

// room is the pages of this package.
type room struct {
	pages    *clinic.Pages
	standing *standing.Keeper
}

//go:embed day.css
var sheet []byte

//go:embed day.js
var module []byte

var (
	sheetURL  = door.FileURL("day.css", sheet)
	moduleURL = door.FileURL("day.js", module)
)

// Register hangs the room's pages on the door. k knows what is overdue; without it
// my day says nothing of that.
func Register(p *clinic.Pages, k *standing.Keeper) {
	h := &room{p, k}
	p.File("day.css", sheet)
	p.File("day.js", module)

	p.Handle("GET /{site}/day", h.day)
	p.Handle("GET /{site}/inbox", h.inboxPage)
	p.Handle("GET /{site}/tasks/{task}", h.taskPage)
	p.Handle("POST /{site}/tasks/{task}", h.actOnTask)
	p.Handle("GET /{site}/tasks/new", h.newTask)
	p.Handle("POST /{site}/tasks", h.createTask)

	p.Places = append(p.Places,
		door.Place{Order: 10, Label: "My day", Key: "g d", Path: "day", Can: works},
		door.Place{Order: 30, Label: "Inbox", Key: "g i", Path: "inbox", Can: works, Count: h.waiting, Shows: h.mine},
	)
	p.Commands = append(p.Commands,
		door.Command{Label: "New task about this patient", Words: "todo remind follow up message colleague", Patient: true, Can: works,
			Path: func(c *door.Call, patient string) string {
				return c.Path("tasks", "new") + "?" + url.Values{"patient": {patient}}.Encode()
			}},
	)
}

// works says whether who asks takes part in care here.
func works(c *door.Call) bool {
	return c.Actor.Kind == access.User && c.Can(access.Create, "Task") && c.Can(access.Search, "Condition")
}

// mine is what the number beside the inbox depends on.
func (h *room) mine(c *door.Call) []door.Topic { return []door.Topic{{Type: "Task", Of: c.Actor.Who}} }

// find asks the chart of the site.
func find(c *door.Call, typ string, q url.Values) (*record.Page, error) {
	parsed, err := search.Parse(typ, q, search.Options{DefaultCount: 200, Now: c.Now})
	if err != nil {
		return nil, err
	}
	return c.Session(access.EMR).Search(c.R.Context(), parsed)
}
