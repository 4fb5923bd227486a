package outbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/schedule/remind"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/door"
)

// What the desk has to do: calls about appointments and messages that did not
// arrive, answers of patients, letters that a clinician signed and wants sent.

// deskCodes are the codes of such tasks.
var deskCodes = []string{"call-back", "letter", "scheduling", "registration", "reminder", "front-desk"}

const openTask = "requested,received,accepted,ready,in-progress,on-hold"

// todo is one of them.
type todo struct {
	ID, Version  string
	Since        time.Time
	Age          string
	Patient      string
	PatientHref  string
	What, By     string
	Text         string // what a patient wrote
	Said         string // the last that was said about it
	About        string
	AboutHref    string
	Letter       bool
	PDF, Action  string
	Pill         *web.Pill
	Done, Reason string // labels of what can be done
}

type todoPage struct {
	Lines []todo
	More  bool
	Zone  *time.Location
	Path  string
}

const maxTodo = 200

func (h *room) tasks(c *door.Call, count bool) (*record.Page, error) {
	v := url.Values{"code": {codes()}, "status": {openTask}, "_sort": {"authored-on"}, "_include": {"Task:patient"}, "_count": {strconv.Itoa(maxTodo)}}
	if count {
		v = url.Values{"code": {codes()}, "status": {openTask}, "_summary": {"count"}}
	}
	q, err := search.Parse("Task", v, search.Options{DefaultCount: maxTodo, Now: c.Now})
	if err != nil {
		return nil, err
	}
	return c.Session(access.EMR).Search(c.R.Context(), q)
}

func codes() string {
	var out []string
	for _, x := range deskCodes {
		out = append(out, remind.TaskSystem+"|"+x)
	}
	return strings.Join(out, ",")
}

// Waiting is how much waits for the desk of who asks: tasks, and messages that
// failed. It is 0 for who does not work with what goes out.
func Waiting(c *door.Call) (tasks, failed int) {
	if !sends(c) {
		return 0, 0
	}
	h := &room{}
	if page, err := h.tasks(c, true); err == nil {
		tasks = max(page.Total, 0)
	}
	if n, err := (filter{}).count(c, c.Session(access.EMR), "failed"); err == nil {
		failed = n
	}
	return tasks, failed
}

// deskTask says whether a Task is the desk's. Clinicians have calls to make too,
// about results: those are in their inbox.
func deskTask(n fhir.Node) (code, focus, id string, ok bool) {
	for k := range n.Path("code", "coding").Items() {
		if k.Get("system").Is(remind.TaskSystem) && slices.Contains(deskCodes, k.Get("code").Str()) {
			code = k.Get("code").Str()
		}
	}
	focus, id, _, _ = fhir.Relative(n.Path("focus", "reference").Str())
	switch code {
	case "":
		return code, focus, id, false
	case "call-back":
		return code, focus, id, focus == "Appointment" || focus == "CommunicationRequest" || focus == "Communication"
	case "letter": // handed back to who signed it, it is theirs
		return code, focus, id, focus == "DocumentReference" && !strings.HasPrefix(n.Path("owner", "reference").Str(), "Practitioner")
	}
	return code, focus, id, true
}

func (h *room) todo(c *door.Call) { h.showTodo(c, http.StatusOK) }

func (h *room) showTodo(c *door.Call, status int) {
	if refused(c, sends(c)) {
		return
	}
	page, err := h.tasks(c, false)
	if err != nil {
		c.Failed(err)
		return
	}
	v := &todoPage{More: page.Next != "", Zone: c.Zone, Path: c.Path("to-do")}
	names := map[string]string{}
	for _, r := range page.Included {
		if r.Type == "Patient" {
			names[r.ID] = schedule.NameOf(r.Node())
		}
	}
	for _, r := range page.Matches {
		code, focus, id, ok := deskTask(r.Node())
		if !ok {
			continue
		}
		t, err := h.todoLine(c, r, code, focus, id, names)
		if err != nil {
			c.Failed(err)
			return
		}
		v.Lines = append(v.Lines, t)
	}
	c.Render(status, web.Framed(h.page(c, "To do"), todoMain(v)))
}

// todoLine is a Task as a line of the page.
func (h *room) todoLine(c *door.Call, r record.Resource, code, focus, id string, names map[string]string) (todo, error) {
	n := r.Node()
	t := todo{ID: r.ID, Version: r.Version, What: n.Get("description").Str(), Action: c.Path("to-do", r.ID), Done: "Done", By: n.Path("requester", "display").Str()}
	if t.What == "" {
		t.What = fhir.CodeableConceptOf(n.Get("code")).Label()
	}
	t.Since = r.Updated
	if at, err := time.Parse(time.RFC3339, n.Get("authoredOn").Str()); err == nil {
		t.Since = at
	}
	t.Age = web.SpanText(c.Now.Sub(t.Since))
	if typ, pid, _, ok := fhir.Relative(n.Path("for", "reference").Str()); ok && typ == "Patient" {
		t.Patient, t.PatientHref = names[pid], c.Path("patients", pid)
		if t.Patient == "" {
			t.Patient = "Patient"
		}
	}
	for x := range n.Get("note").Items() {
		t.Said = x.Get("text").Str()
	}
	if p := n.Get("priority"); p.Is("stat") || p.Is("asap") || p.Is("urgent") {
		t.Pill = &web.Pill{Kind: web.Warning, Text: "urgent"}
	}
	switch {
	case code == "letter":
		t.Letter, t.PDF, t.Done, t.Reason = true, c.Path("to-do", r.ID, "letter.pdf"), "Sent", "It cannot be sent"
	case focus == "Appointment":
		t.About, t.AboutHref = "Appointment", c.Path("appointments", id)
	case focus == "CommunicationRequest":
		t.About, t.AboutHref = "Failed messages", c.Path("outbox")+"?show=failed"
	case focus == "Communication":
		m, err := c.Session(access.EMR).Read(c.R.Context(), "Communication", id)
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return t, err
		}
		if err == nil && m.Node().Get("received").Exists() {
			t.Text = m.Node().Get("payload").Index(0).Get("contentString").Str()
		}
	}
	return t, nil
}

const maxReason = 500

// endTodo says what became of a task: done, or (of a letter) that it cannot be.
func (h *room) endTodo(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	s, back := c.Session(access.EMR), c.Path("to-do")
	r, err := s.Read(c.R.Context(), "Task", c.R.PathValue("task"))
	if err != nil {
		c.Failed(err)
		return
	}
	code, _, _, ok := deskTask(r.Node())
	if !ok {
		c.Failed(record.ErrNotFound)
		return
	}
	if !slices.Contains(strings.Split(openTask, ","), r.Node().Get("status").Str()) || v.Get("version") != r.Version {
		c.Done(back, web.Flash{Kind: web.Warning, Text: "Nothing was changed: somebody else was there meanwhile."})
		return
	}
	said, note := "Done.", "done"
	changes := map[string]any{"status": "completed", "lastModified": c.Now.In(c.Zone).Format(time.RFC3339), "executionPeriod": map[string]string{"end": c.Now.In(c.Zone).Format(time.RFC3339)}}
	switch do, why := v.Get("do"), strings.TrimSpace(v.Get("why")); {
	case do == "done" && code == "letter":
		said, note = "Sent.", "sent"
	case do == "done":
	case do == "back" && code == "letter":
		if why == "" || utf8.RuneCountInString(why) > maxReason {
			c.Done(back, web.Flash{Kind: web.Warning, Text: "Say in at most " + strconv.Itoa(maxReason) + " characters why it cannot be sent."})
			return
		}
		said, note = "Handed back to who signed it.", "could not be sent: "+why
		changes = map[string]any{"status": "requested", "lastModified": changes["lastModified"]}
		if by := r.Node().Get("requester"); strings.HasPrefix(by.Get("reference").Str(), "Practitioner") {
			changes["owner"] = json.RawMessage(by.Raw())
		}
	default:
		c.Failed(door.ErrForm)
		return
	}
	out, err := s.Transact(c.R.Context(), []record.Act{changed(r, changes, h.said(c, note))})
	if errors.As(err, new(*record.VersionConflict)) {
		c.Done(back, web.Flash{Kind: web.Warning, Text: "Nothing was changed: somebody else was there meanwhile."})
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(back, web.Flash{Kind: web.Good, Text: said, Undo: door.Undoable(out[0].Resource, back)})
}

// said is a note of who asks.
func (h *room) said(c *door.Call, text string) map[string]any {
	m := map[string]any{"time": c.Now.In(c.Zone).Format(time.RFC3339), "text": text, "authorString": c.Actor.Name}
	if c.Actor.Who != "" {
		delete(m, "authorString")
		m["authorReference"] = map[string]string{"reference": c.Actor.Who, "display": c.Actor.Name}
	}
	return m
}

// changed is a Task with some members as they are to be, and one note more.
func changed(r record.Resource, members map[string]any, note map[string]any) record.Act {
	n := r.Node()
	var notes []any
	for x := range n.Get("note").Items() {
		notes = append(notes, json.RawMessage(x.Raw()))
	}
	members["note"] = append(notes, note)
	body := r.Body
	for name, value := range members {
		raw, err := json.Marshal(value)
		if err != nil {
			continue // of strings and of what was read: it can be written
		}
		if d, err := fhir.Parse(body); err == nil {
			body = fhir.SetMember(d.Root(), name, raw)
		}
	}
	version, _ := strconv.Atoi(r.Version)
	a := record.Act{Op: record.Update, Type: "Task", ID: r.ID, IfMatch: version}
	if d, err := fhir.Parse(body); err == nil {
		a.Resource = d.Root()
	}
	return a
}

// letterPDF gives out the file of a letter that is to be sent.
func (h *room) letterPDF(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	b, err := c.Session(access.EMR).Letter(c.R.Context(), c.R.PathValue("task"))
	if err == nil && !b.Node().Get("contentType").Is("application/pdf") {
		err = record.ErrNotFound
	}
	var pdf []byte
	if err == nil {
		pdf, err = base64.StdEncoding.DecodeString(b.Node().Get("data").Str())
	}
	if err != nil {
		c.Failed(err)
		return
	}
	web.SecurityHeaders(c.W)
	c.W.Header().Set("Content-Type", "application/pdf")
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.Header().Set("Content-Disposition", `attachment; filename="letter.pdf"`)
	_, _ = c.W.Write(pdf)
}
