package day

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// item is one thing that waits: who, what, how old, and why it matters.
type item struct {
	ID, Version string // of the Task; empty of a draft
	Kind        string
	Title       string
	Patient     person
	Detail      string
	Since       time.Time
	Due         time.Time // zero: none is set
	Age         string
	Href        string // opens it
	Pill        *web.Pill
	Act         string // what "e" does, in words: "Done"; empty: it must be opened
	Rank        int
}

// key tells the row of an item from all others of a page.
func (it item) key() string {
	if it.ID == "" {
		return "d-" + path.Base(it.Href)
	}
	return "t-" + it.ID
}

// pile is the items of one kind.
type pile struct {
	Code, Title string
	Items       []item
	Urgent      int
}

// kinds are the piles of an inbox, in their order, with what can be done to an
// item without opening it. A result is never closed from a list unless it was
// looked at: it has no such act.
var kinds = []struct{ code, title, act string }{
	{"review-result", "Results", ""},
	{"unmatched-result", "Unmatched", ""},
	{"unrouted-result", "Not routed", ""},
	{"sign-note", "To sign", ""},
	{"cosign", "To cosign", ""},
	{"sign-order", "Orders to sign", ""},
	{"refill", "Refills", ""},
	{"patient-message", "From patients", ""},
	{"message", "From colleagues", "Done"},
	{"referral", "Referrals", ""},
	{"call-back", "To call", "Done"},
	{"follow-up", "To follow up", "Done"},
	{"letter", "Letters to send", "Done"},
	{"", "Other tasks", "Done"},
}

// open are the statuses of a Task that waits (http://hl7.org/fhir/R4/valueset-task-status.html).
const open = "draft,requested,received,accepted,ready,in-progress,on-hold"

// inbox reads what waits for who asks: tasks of theirs, tasks that nobody owns,
// and their drafts.
func (h *room) inbox(c *door.Call) ([]pile, error) {
	var tasks []record.Resource
	who := map[string]person{}
	read := func(q url.Values) error {
		q.Set("status", open)
		q.Set("_include", "Task:patient")
		q.Set("_count", "200")
		page, err := find(c, "Task", q)
		if err != nil {
			return err
		}
		tasks = append(tasks, page.Matches...)
		for id, p := range people(c, page.Included) {
			who[id] = p
		}
		return nil
	}
	if c.Actor.Who != "" {
		if err := read(url.Values{"owner": {c.Actor.Who}}); err != nil {
			return nil, err
		}
	}
	if err := read(url.Values{"owner:missing": {"true"}}); err != nil {
		return nil, err
	}
	of := map[string][]item{}
	for _, r := range tasks {
		it := h.item(c, r, who)
		of[it.Kind] = append(of[it.Kind], it)
	}
	drafts, err := c.Session(access.EMR).Drafts(c.R.Context(), record.DraftQuery{Writer: c.Actor.ID, Kind: "note", Heads: true})
	if err != nil {
		return nil, err
	}
	for _, d := range drafts {
		p, err := h.person(c, d.Patient, who)
		if err != nil {
			continue // of a patient who is no longer to be seen: the draft stays, and its own page says so
		}
		it := item{Kind: "sign-note", Title: cmp.Or(d.Title, "Visit note"), Patient: p, Since: d.Began, Age: web.SpanText(c.Now.Sub(d.Began)), Href: c.Path("patients", d.Patient, "visits", d.ID)}
		it.Detail = "draft, last saved " + d.Updated.In(c.Zone).Format("2 Jan, 15:04")
		if d.Old(c.Now) {
			it.Detail = "old draft, last saved " + d.Updated.In(c.Zone).Format("2 Jan 2006") + ": removed on " + d.Expires().In(c.Zone).Format("2 Jan 2006") + " unless you sign or edit it"
		}
		of["sign-note"] = append(of["sign-note"], it)
	}
	var out []pile
	for _, k := range kinds {
		list := of[k.code]
		if len(list) == 0 {
			continue
		}
		p := pile{Code: k.code, Title: k.title, Items: list}
		for i := range p.Items {
			p.Items[i].Act = k.act
			if p.Items[i].ID == "" {
				p.Items[i].Act = ""
			}
			if p.Items[i].Rank == 0 {
				p.Urgent++
			}
		}
		// The oldest of what is critical first, then the oldest of the rest.
		slices.SortStableFunc(p.Items, func(a, b item) int {
			return cmp.Or(cmp.Compare(a.Rank, b.Rank), a.Since.Compare(b.Since))
		})
		out = append(out, p)
	}
	return out, nil
}

// person is a patient by id, read once.
func (h *room) person(c *door.Call, id string, known map[string]person) (person, error) {
	if p, ok := known[id]; ok {
		return p, nil
	}
	r, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", id)
	if err != nil {
		return person{}, err
	}
	p := people(c, []record.Resource{r})[id]
	known[id] = p
	return p, nil
}

func kindOf(n fhir.Node) string {
	for k := range n.Path("code", "coding").Items() {
		if k.Get("system").Str() != TaskSystem {
			continue
		}
		code := k.Get("code").Str()
		for _, known := range kinds {
			if known.code == code {
				return code
			}
		}
	}
	return ""
}

// item reads a Task.
func (h *room) item(c *door.Call, r record.Resource, who map[string]person) item {
	n := r.Node()
	it := item{ID: r.ID, Version: r.Version, Kind: kindOf(n), Title: n.Get("description").Str(), Rank: 2, Href: c.Path("tasks", r.ID)}
	if it.Title == "" {
		it.Title = fhir.CodeableConceptOf(n.Get("code")).Label()
	}
	if it.Title == "" {
		it.Title = "Task"
	}
	if _, id, ok := strings.Cut(n.Path("for", "reference").Str(), "/"); ok {
		it.Patient = who[id]
		if it.Patient.ID == "" {
			it.Patient = person{ID: id, Name: n.Path("for", "display").Str(), Href: c.Path("patients", id)}
		}
	}
	it.Since = instant(n.Get("authoredOn"), c.Zone)
	if it.Since.IsZero() {
		it.Since = r.Updated
	}
	it.Age = web.SpanText(c.Now.Sub(it.Since))
	var said []string
	for note := range n.Get("note").Items() {
		if s := note.Get("text").Str(); s != "" {
			said = append(said, s)
		}
	}
	if len(said) > 0 {
		it.Detail = said[len(said)-1]
	}
	switch n.Get("priority").Str() {
	case "stat":
		it.Rank, it.Pill = 0, &web.Pill{Kind: web.Danger, Text: "critical", Shape: web.Octagon}
	case "asap", "urgent":
		it.Rank, it.Pill = 1, &web.Pill{Kind: web.Warning, Text: "urgent"}
	}
	it.Due = day(n.Path("restriction", "period", "end").Str(), c.Zone)
	if due := it.Due; !due.IsZero() && it.Pill == nil {
		switch {
		case due.Before(c.Now):
			it.Rank, it.Pill = 1, &web.Pill{Kind: web.Warning, Text: "overdue", Since: due, Ago: web.SpanText(c.Now.Sub(due))}
		default:
			it.Pill = &web.Pill{Text: "due " + due.Format("2 Jan")}
		}
	}
	focus := n.Path("focus", "reference").Str()
	typ, id, _ := strings.Cut(focus, "/")
	switch {
	case it.Kind == "unmatched-result":
		it.Href = c.Path("unmatched", r.ID)
	case it.Patient.ID == "":
	case (it.Kind == "review-result" || it.Kind == "unrouted-result") && (typ == "DiagnosticReport" || typ == "Observation"):
		it.Href = c.Path("patients", it.Patient.ID, "result", id) + "?task=" + url.QueryEscape(r.ID)
	case it.Kind == "refill" && typ == "MedicationRequest": // one of no known prescription is a task like others
		it.Href = c.Path("patients", it.Patient.ID, "refill", r.ID)
	case it.Kind == "sign-order":
		it.Href = c.Path("patients", it.Patient.ID, "order")
	case it.Kind == "cosign" && typ == "Composition":
		it.Href = c.Path("patients", it.Patient.ID, "notes", id)
	case it.Kind == "sign-note" && typ == "Encounter":
		it.Href = c.Path("patients", it.Patient.ID, "visits", id)
	}
	return it
}

// day is the end of a date, or an instant.
func day(text string, zone *time.Location) time.Time {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.In(zone)
	}
	if t, err := time.ParseInLocation("2006-01-02", text, zone); err == nil {
		return t.AddDate(0, 0, 1).Add(-time.Second)
	}
	return time.Time{}
}

// waiting is the number in the top bar: what waits for who asks by name.
func (h *room) waiting(c *door.Call) int {
	if c.Actor.Who == "" {
		return 0
	}
	page, err := find(c, "Task", url.Values{"owner": {c.Actor.Who}, "status": {open}, "_summary": {"count"}})
	if err != nil {
		return 0
	}
	return max(page.Total, 0)
}
