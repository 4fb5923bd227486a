package day

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

var errNotForRole = &record.Refused{Why: "this page is for those who take part in care"}

// taskView is one Task in full.
type taskView struct {
	Item   item
	Status string
	Owner  string
	By     string
	Due    string
	Said   []saying
	Open   bool
	People []web.Option // to whom it can go
	Error  string       // beside the comment
	Text   string       // what was typed
	Action string
}

type saying struct{ Text, Who, When string }

const maxSaid = 2000 // characters of a comment

func (h *room) taskPage(c *door.Call) { h.showTask(c, http.StatusOK, "", "") }

func (h *room) showTask(c *door.Call, status int, problem, typed string) {
	if !works(c) {
		c.Failed(errNotForRole)
		return
	}
	r, err := c.Session(access.EMR).Read(c.R.Context(), "Task", c.R.PathValue("task"))
	if err != nil {
		c.Failed(err)
		return
	}
	n := r.Node()
	who := map[string]person{}
	if _, id, ok := strings.Cut(n.Path("for", "reference").Str(), "/"); ok {
		if _, err := h.person(c, id, who); err != nil && !errors.Is(err, record.ErrNotFound) {
			c.Failed(err)
			return
		}
	}
	v := taskView{Item: h.item(c, r, who), Status: n.Get("status").Str(), Owner: n.Path("owner", "display").Str(), By: n.Path("requester", "display").Str(), Error: problem, Text: typed, Action: c.Path("tasks", r.ID)}
	v.Open = slices.Contains(strings.Split(open, ","), v.Status)
	if due := day(n.Path("restriction", "period", "end").Str(), c.Zone); !due.IsZero() {
		v.Due = due.Format("2 Jan 2006")
	}
	for s := range n.Get("note").Items() {
		v.Said = append(v.Said, saying{s.Get("text").Str(), s.Path("authorReference", "display").Str() + s.Get("authorString").Str(), stamp(s.Get("time"), c.Zone)})
	}
	if v.Open {
		if v.People, err = h.colleagues(c); err != nil {
			c.Failed(err)
			return
		}
	}
	frame := c.Page("Task")
	frame.Sheets = []string{sheetURL}
	c.Render(status, web.Framed(frame, taskMain(v)))
}

func stamp(n fhir.Node, zone *time.Location) string {
	if t := instant(n, zone); !t.IsZero() {
		return t.Format("2 Jan 2006, 15:04 MST")
	}
	return ""
}

// colleagues are the practitioners of the site, for handing on.
func (h *room) colleagues(c *door.Call) ([]web.Option, error) {
	page, err := find(c, "Practitioner", url.Values{"active:not": {"false"}, "_sort": {"family"}, "_count": {"200"}})
	if err != nil {
		return nil, err
	}
	out := []web.Option{{Value: "", Label: "nobody in particular"}}
	for _, r := range page.Matches {
		name := ""
		for hn := range r.Node().Get("name").Items() {
			name = fhir.HumanNameOf(hn).String()
			break
		}
		if name != "" {
			out = append(out, web.Option{Value: "Practitioner/" + r.ID, Label: name})
		}
	}
	return out, nil
}

// actOnTask does one thing to a Task: done, reopen, comment, hand on, cancel.
func (h *room) actOnTask(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	if !works(c) {
		c.Failed(errNotForRole)
		return
	}
	s := c.Session(access.EMR)
	r, err := s.Read(c.R.Context(), "Task", c.R.PathValue("task"))
	if err != nil {
		c.Failed(err)
		return
	}
	text := strings.TrimSpace(form.Get("text"))
	if n := len([]rune(text)); n > maxSaid {
		h.showTask(c, http.StatusUnprocessableEntity, fmt.Sprintf("%d characters: a comment holds at most %d.", n, maxSaid), text)
		return
	}
	version, _ := strconv.Atoi(form.Get("version"))
	if have, _ := strconv.Atoi(r.Version); version != have {
		h.showTask(c, http.StatusConflict, "Somebody else changed this task meanwhile. It is shown as it is now; what was typed is below.", text)
		return
	}
	n := r.Node()
	kind := kindOf(n)
	body := r.Body
	set := func(name string, value any) {
		raw, _ := json.Marshal(value)
		d, err := fhir.Parse(body)
		if err != nil {
			return
		}
		body = fhir.SetMember(d.Root(), name, raw)
	}
	said := "Done."
	switch act := form.Get("act"); act {
	case "done":
		if kind == "review-result" { // one of no known patient can be nobody's
			h.showTask(c, http.StatusUnprocessableEntity, "A result is acknowledged on its own page, where it can be seen.", text)
			return
		}
		set("status", "completed")
	case "reopen":
		set("status", "in-progress")
		said = "Open again."
	case "comment":
		if text == "" {
			h.showTask(c, http.StatusUnprocessableEntity, "Write the comment first.", "")
			return
		}
		said = "Comment kept."
	case "cancel":
		if text == "" {
			h.showTask(c, http.StatusUnprocessableEntity, "Say why it need not be done.", "")
			return
		}
		if kind == "review-result" { // one of no known patient can be nobody's
			h.showTask(c, http.StatusUnprocessableEntity, "A result is acknowledged on its own page, where it can be seen.", text)
			return
		}
		set("status", "cancelled")
		said = "Cancelled."
	case "forward":
		to := form.Get("owner")
		people, err := h.colleagues(c)
		if err != nil {
			c.Failed(err)
			return
		}
		at := slices.IndexFunc(people, func(o web.Option) bool { return o.Value == to })
		if at < 0 {
			h.showTask(c, http.StatusUnprocessableEntity, "Choose one of the list.", text)
			return
		}
		if to == "" {
			d, err := fhir.Parse(body)
			if err != nil {
				c.Failed(err)
				return
			}
			body = fhir.SetMember(d.Root(), "owner", nil)
		} else {
			set("owner", map[string]string{"reference": to, "display": people[at].Label})
		}
		set("status", "requested")
		said = "Handed on."
	default:
		c.Failed(door.ErrForm)
		return
	}
	set("lastModified", c.Now.In(c.Zone).Format(time.RFC3339))
	if text != "" {
		var notes []json.RawMessage
		for x := range n.Get("note").Items() {
			notes = append(notes, x.Raw())
		}
		raw, err := json.Marshal(h.comment(c, text))
		if err != nil {
			c.Failed(err)
			return
		}
		set("note", append(notes, raw))
	}
	d, err := fhir.Parse(body)
	if err != nil {
		c.Failed(err)
		return
	}
	out, err := s.Transact(c.R.Context(), []record.Act{{Op: record.Update, Type: "Task", ID: r.ID, Resource: d.Root(), IfMatch: version}})
	if errors.As(err, new(*record.VersionConflict)) {
		h.showTask(c, http.StatusConflict, "Somebody else changed this task meanwhile. It is shown as it is now; what was typed is below.", text)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	if web.PartialOf(c.R) == "act" {
		web.SecurityHeaders(c.W)
		c.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(c.W, said+" Undo it on the task's page.")
		return
	}
	back := c.Path("inbox")
	if form.Get("act") == "comment" || form.Get("act") == "reopen" {
		back = c.Path("tasks", r.ID)
	}
	c.Done(back, web.Flash{Kind: web.Good, Text: said, Undo: door.Undoable(out[0].Resource, back)})
}

func (h *room) comment(c *door.Call, text string) map[string]any {
	m := map[string]any{"time": c.Now.In(c.Zone).Format(time.RFC3339), "text": text}
	if c.Actor.Who != "" {
		m["authorReference"] = map[string]string{"reference": c.Actor.Who, "display": c.Actor.Name}
	} else {
		m["authorString"] = c.Actor.Name
	}
	return m
}

func filtered(list []pile, only string) []pile {
	if only == "" {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(p pile) bool { return p.Code != only })
}
