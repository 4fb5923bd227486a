// Package outbox is what goes out to patients, as people see it: the outbox,
// recalls, the rules of both, letters to print, the page behind a message's link
// and the patient's own inbox.
//
// It says that a checkup is due, never which: that stands in the chart, for who
// may read it. The page behind a link names nobody, and acts only on POST.
package outbox

import (
	_ "embed"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/schedule/remind"
	"wholechart/web"
	"wholechart/web/door"
)

//go:embed outbox.css
var sheet []byte

type room struct {
	service *remind.Service
	sheets  []string
	calls   *limiter
	counts  *counts
	door    *door.Door
}

// Register hangs the pages on the door.
func Register(d *door.Door, s *remind.Service) {
	h := &room{service: s, sheets: []string{d.File("outbox.css", sheet)}, calls: newLimiter(), counts: &counts{of: map[countOf]counted{}}, door: d}
	d.Places = append(d.Places,
		door.Place{Order: 59, Label: "To do", Path: "to-do", Can: desks, Count: func(c *door.Call) int { n, _ := Waiting(c); return n }, Shows: door.Every("Task", "Communication", "CommunicationRequest")},
		door.Place{Order: 60, Label: "Outbox", Path: "outbox", Can: desks, Count: func(c *door.Call) int { _, n := Waiting(c); return n }, Shows: door.Every("Task", "Communication", "CommunicationRequest")},
		door.Place{Order: 61, Label: "Recalls", Path: "recalls", Can: desks},
		door.Place{Order: 40, Label: "Messages", Path: "my-messages", Can: own},
	)
	d.Commands = append(d.Commands,
		door.Command{Label: "Outbox", Words: "reminders messages sent failed letters", Path: func(c *door.Call, _ string) string { return c.Path("outbox") }, Can: sends},
		door.Command{Label: "To do", Words: "calls tasks letters to send answers of patients", Path: func(c *door.Call, _ string) string { return c.Path("to-do") }, Can: sends},
		door.Command{Label: "Recalls", Words: "due checkup call back", Path: func(c *door.Call, _ string) string { return c.Path("recalls") }, Can: sends},
		door.Command{Label: "Reminder rules", Words: "quiet hours templates language holidays", Path: func(c *door.Call, _ string) string { return c.Path("reminders") }, Can: sends},
	)
	d.Handle("GET /{site}/outbox", h.outbox)
	d.Handle("POST /{site}/outbox/{id}/{act}", h.act)
	d.Handle("POST /{site}/outbox/letters", h.newBatch)
	d.Handle("GET /{site}/outbox/letters/{batch}", h.batch)
	d.Handle("GET /{site}/outbox/letters/{batch}/letters.pdf", h.batchPDF)
	d.Handle("POST /{site}/outbox/letters/{batch}", h.endBatch)
	d.Handle("GET /{site}/recalls", h.recalls)
	d.Handle("POST /{site}/recalls", h.releaseMany)
	d.Handle("GET /{site}/reminders", h.rules)
	d.Handle("POST /{site}/reminders", h.saveRules)
	d.Handle("GET /{site}/my-messages", h.inbox)
	d.Handle("GET /{site}/to-do", h.todo)
	d.Handle("POST /{site}/to-do/{task}", h.endTodo)
	d.Handle("GET /{site}/to-do/{task}/letter.pdf", h.letterPDF)
	d.HandleOpen("POST /{site}/texts/{secret}", h.hook)
	d.HandleOpen("GET /{site}/o/{token}", h.optOut)
	d.HandleOpen("POST /{site}/o/{token}", h.optOut)
	d.HandleOpen("GET /{site}/r/{token}", h.link)
	d.HandleOpen("POST /{site}/r/{token}", h.answer)
}

// sends: who works with what goes out.
func sends(c *door.Call) bool {
	return c.Actor.Kind == access.User && c.Can(access.Search, "CommunicationRequest") && c.Can(access.Update, "CommunicationRequest") && c.Can(access.Search, "Patient")
}

// own: patients, and who acts for them.
func own(c *door.Call) bool {
	return (c.Actor.Kind == access.Patient || c.Actor.Kind == access.Proxy) && len(c.Actor.Patients) > 0
}

func refused(c *door.Call, may bool) bool {
	if !may {
		c.Failed(&record.Refused{Why: "this role does not work with the outbox"})
	}
	return !may
}

func (h *room) page(c *door.Call, title string) web.Page {
	p := c.Page(title)
	p.Sheets = append(p.Sheets, h.sheets...)
	return p
}

const shown = 100

// line is one message of a list.
type line struct {
	ID, Version string
	When        time.Time
	Patient     string
	PatientHref string
	No          string // channels by which the patient wants nothing more
	What, Way   string
	About       string // the appointment, or which message of a recall
	AboutHref   string
	Pill        web.Pill
	Why         string
	Acts        []act
	BookHref    string
	Check       bool // can be released with others
}

type act struct{ Name, Label, Href string }

type outboxPage struct {
	Views   []view
	View    string
	Lines   []line
	More    bool
	Zone    *time.Location
	Path    string
	Waiting int // letters
	Batches []batchLine
	Paused  bool
	Silent  string // channels that this node lacks
	Rules   string
	Filter  filter
	Here    string // this state with this filter
}

type batchLine struct {
	Name, Href string
	Count      int
}

func (h *room) outbox(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	ctx, s := c.R.Context(), c.Session(access.EMR)
	v := &outboxPage{View: c.R.URL.Query().Get("show"), Zone: c.Zone, Path: c.Path("outbox"), Rules: c.Path("reminders"), Filter: filterOf(c.R.URL.Query())}
	if !known(v.View) {
		v.View = "today"
	}
	v.Here = v.Filter.address(v.Path, v.View)
	for _, x := range views {
		n, err := h.counts.count(c, s, v.Filter, x.code)
		if err != nil {
			c.Failed(err)
			return
		}
		v.Views = append(v.Views, view{Code: x.code, Label: x.label, Href: v.Filter.address(v.Path, x.code), Count: n, Loud: x.code == "failed" && n > 0})
	}
	typ, q := v.Filter.query(v.View, c.Now, c.Zone)
	var err error
	if typ == "Communication" {
		var list []remind.Message
		var people map[string]fhir.Node
		if list, people, v.More, err = remind.Messages(ctx, s, q, shown); err == nil {
			v.Lines, err = h.sentLines(c, list, people)
		}
	} else {
		var list []remind.Request
		var people map[string]fhir.Node
		list, people, v.More, err = remind.Requests(ctx, s, q, shown)
		for _, x := range list {
			v.Lines = append(v.Lines, h.line(c, x, people))
		}
	}
	if err == nil {
		err = h.letters(c, s, v)
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Show(h.page(c, "Outbox"), outboxMain(v))
}

// letters adds what is to be printed, and what this node cannot send.
func (h *room) letters(c *door.Call, s record.Session, v *outboxPage) error {
	ctx := c.R.Context()
	var err error
	if v.Waiting, err = remind.Count(ctx, s, "Communication", url.Values{"status": {"preparation"}, "medium": {remind.ChannelSystem + "|" + string(schedule.ByLetter)}}); err != nil {
		return err
	}
	batches, err := remind.Batches(ctx, s)
	if err != nil {
		return err
	}
	for name, n := range batches {
		v.Batches = append(v.Batches, batchLine{name, c.Path("outbox", "letters", name), n})
	}
	rules, err := remind.ReadRules(ctx, s)
	if err != nil {
		return err
	}
	v.Paused = rules.Paused
	m := h.service.Means()
	var lacks []string
	if !m.Email {
		lacks = append(lacks, "e-mail")
	}
	if !m.Text {
		lacks = append(lacks, "text messages")
	}
	v.Silent = strings.Join(lacks, " and ")
	return nil
}

func (h *room) line(c *door.Call, q remind.Request, people map[string]fhir.Node) line {
	l := line{ID: q.ID, Version: q.Version, When: q.When, Why: q.Why, Way: remind.WayWord(q.Way), What: q.Label}
	h.about(c, &l, q.Kind, q.Patient, q.Appointment, people)
	if q.Kind == remind.Reminder {
		l.What = "Appointment reminder"
		if s, err := remind.ParseStep(strings.NewReplacer("d", " days", "m", " min").Replace(q.Step)); err == nil {
			l.What += ", " + s.String() + " before"
		}
		if !q.Start.IsZero() {
			l.About = q.Start.In(c.Zone).Format("2 Jan 2006, 15:04")
		}
	} else {
		l.What = "Recall: " + q.Label
		l.About = "message " + strconv.Itoa(max(q.No, 1))
		l.BookHref = c.Path("schedule") + "?patient=" + url.QueryEscape(q.Patient)
	}
	to := func(name string) string { return c.Path("outbox", q.ID, name) }
	stop := act{"stop", "Stop", to("stop")}
	switch q.Status {
	case "draft":
		l.Pill, l.Check = web.Pill{Kind: web.Warning, Text: "due"}, true
		l.Acts = []act{{"release", "Send", to("release")}, stop}
	case "active":
		l.Pill = web.Pill{Kind: web.Neutral, Text: "planned", Shape: web.Clock}
		switch {
		case q.Claimed && q.Way == schedule.ByLetter:
			l.Pill.Text, l.Acts = "to print", []act{stop}
		case q.Claimed:
			l.Pill.Text, l.Acts = "being sent", []act{stop}
		default:
			l.Acts = []act{{"now", "Send now", to("now")}, stop}
		}
	case "on-hold":
		l.Pill = web.Pill{Kind: web.Danger, Text: "failed"}
		l.Acts = []act{{"now", "Send again", to("now")}, stop}
		if q.Why == remind.Unsure {
			l.Pill = web.Pill{Kind: web.Warning, Text: "not known"}
			l.Acts = append([]act{{"arrived", "It arrived", to("arrived")}}, l.Acts...)
		}
	case "completed":
		l.Pill = web.Pill{Kind: web.Good, Text: "sent"}
	case "revoked":
		l.Pill = web.Pill{Kind: web.Neutral, Text: "not sent", Shape: web.Cross}
		if q.Why == remind.Stopped {
			l.Acts = []act{{"restart", "Take back", to("restart")}}
		}
	}
	return l
}

func (h *room) about(c *door.Call, l *line, k remind.Kind, patient, appointment string, people map[string]fhir.Node) {
	l.PatientHref, l.Patient = c.Path("patients", patient), "Patient"
	if n, ok := people[patient]; ok {
		if name := schedule.NameOf(n); name != "" {
			l.Patient = name
		}
		l.No = remind.PersonOf(n, c.Zone, c.Now).OptOuts()
	}
	if appointment != "" {
		l.AboutHref = c.Path("appointments", appointment)
	}
}

// sentLines are messages, with how patients answered.
func (h *room) sentLines(c *door.Call, list []remind.Message, people map[string]fhir.Node) ([]line, error) {
	var ids []string
	for _, m := range list {
		if m.Kind == remind.Reminder && m.Appointment != "" && m.Status == "completed" {
			ids = append(ids, m.Appointment)
		}
	}
	answers, err := remind.Answered(c.R.Context(), c.Session(access.EMR), ids)
	if err != nil {
		return nil, err
	}
	var out []line
	for _, m := range list {
		l := line{ID: m.Request, When: m.Sent, Why: m.Why, Way: remind.WayWord(m.Way), What: "Appointment reminder"}
		h.about(c, &l, m.Kind, m.Patient, m.Appointment, people)
		if m.Kind == remind.Recall {
			l.What = "Recall: " + m.Label
		}
		switch {
		case m.Status != "completed":
			l.When = m.Next
			l.Pill = web.Pill{Kind: web.Warning, Text: "attempt " + strconv.Itoa(m.Attempts)}
			if m.Way == schedule.ByLetter {
				l.Pill = web.Pill{Kind: web.Neutral, Text: "to print"}
				if m.Status == "in-progress" {
					l.Pill.Text = "printed"
				}
			}
			l.Acts = []act{{"stop", "Stop", c.Path("outbox", m.Request, "stop")}}
		case m.Outcome == remind.Booked || m.Booked != "":
			l.Pill, l.AboutHref = web.Pill{Kind: web.Good, Text: "booked"}, c.Path("appointments", m.Booked)
		case answers[remind.AnswerKey(m.Appointment, m.Start)] == "accepted":
			l.Pill = web.Pill{Kind: web.Good, Text: "confirmed"}
		case answers[remind.AnswerKey(m.Appointment, m.Start)] == "declined":
			l.Pill = web.Pill{Kind: web.Warning, Text: "cancelled"}
		case !m.Arrived.IsZero():
			l.Pill = web.Pill{Kind: web.Good, Text: "delivered"}
		default:
			l.Pill = web.Pill{Kind: web.Neutral, Text: "sent", Shape: web.Tick}
		}
		if l.AboutHref != "" {
			l.About = "Appointment"
		}
		out = append(out, l)
	}
	return out, nil
}

// act does what a button of a line says.
func (h *room) act(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	ctx, s, id, version := c.R.Context(), c.Session(access.EMR), c.R.PathValue("id"), v.Get("version")
	said := ""
	switch c.R.PathValue("act") {
	case "now":
		err, said = remind.SendNow(ctx, s, id, version, c.Now), "It goes out now."
	case "arrived":
		err, said = remind.Arrived(ctx, s, id, version, c.Now), "Written down: the patient has it."
	case "release":
		err, said = remind.Release(ctx, s, id, version), "It goes out at its time."
	case "stop":
		err, said = remind.Stop(ctx, s, id, version), "Stopped. Nothing more is sent about this."
	case "restart":
		err, said = remind.Restart(ctx, s, id, version), "It is planned again."
	default:
		err = record.ErrNotFound
	}
	back := web.LocalPath(v.Get("back"), c.Site.Slug)
	if back == "" {
		back = c.Path("outbox")
	}
	if errors.Is(err, remind.ErrNotNow) {
		c.Done(back, web.Flash{Kind: web.Warning, Text: "Nothing was changed: it was sent or changed meanwhile."})
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	h.service.Wake()
	c.Done(back, web.Flash{Kind: web.Good, Text: said})
}

func (h *room) newBatch(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	if _, err := c.Form(); err != nil {
		c.Failed(err)
		return
	}
	name, err := remind.Batch(c.R.Context(), c.Session(access.EMR), c.Zone, c.Now)
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("outbox", "letters", name), web.Flash{Kind: web.Good, Text: "The batch is ready to print."})
}

type batchPage struct {
	Name, PDF, Action, Back string
	Letters                 []remind.Letter
	ByHand                  int
}

func (h *room) batch(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	name := c.R.PathValue("batch")
	letters, err := remind.Letters(c.R.Context(), c.Session(access.EMR), name, c.Zone, c.Now)
	if err == nil && len(letters) == 0 {
		err = record.ErrNotFound
	}
	if err != nil {
		c.Failed(err)
		return
	}
	v := &batchPage{Name: name, PDF: c.Path("outbox", "letters", name, "letters.pdf"), Action: c.Path("outbox", "letters", name), Back: c.Path("outbox"), Letters: letters}
	for _, l := range letters {
		if l.Unprintable {
			v.ByHand++
		}
	}
	c.Show(h.page(c, "Letters"), batchMain(v))
}

func (h *room) batchPDF(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	letters, err := remind.Letters(c.R.Context(), c.Session(access.EMR), c.R.PathValue("batch"), c.Zone, c.Now)
	if err == nil && len(letters) == 0 {
		err = record.ErrNotFound
	}
	var pdf []byte
	if err == nil {
		pdf, err = remind.Pages(letters, c.Site.Name, c.Zone, c.Now)
	}
	if err != nil {
		c.Failed(err)
		return
	}
	web.SecurityHeaders(c.W)
	c.W.Header().Set("Content-Type", "application/pdf")
	c.W.Header().Set("Content-Disposition", `attachment; filename="letters.pdf"`)
	_, _ = c.W.Write(pdf)
}

func (h *room) endBatch(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	ctx, s, name := c.R.Context(), c.Session(access.EMR), c.R.PathValue("batch")
	var n int
	said := ": in the post."
	switch v.Get("do") {
	case "posted":
		n, err = remind.Posted(ctx, s, name, c.Zone, c.Now)
	case "back":
		said = ": to be printed again."
		n, err = remind.Unprint(ctx, s, name, c.Zone, c.Now)
	default:
		err = door.ErrForm
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("outbox"), web.Flash{Kind: web.Good, Text: letters(n) + said})
}

func (h *room) inbox(c *door.Call) {
	if refused(c, own(c)) {
		return
	}
	patient := c.Actor.Patients[0]
	for _, p := range c.Actor.Patients {
		if p == c.R.URL.Query().Get("patient") {
			patient = p
		}
	}
	list, err := h.service.Inbox(c.R.Context(), c.Site, patient)
	if err != nil {
		c.Failed(err)
		return
	}
	p := h.page(c, "Messages")
	p.Narrow = true
	c.Render(http.StatusOK, web.Framed(p, inboxMain(list, c.Zone)))
}

// desks says whether the outbox is daily work of who asks: others find it in the palette.
func desks(c *door.Call) bool {
	return sends(c) && (c.Actor.Role == access.FrontDesk || c.Actor.Role == access.RecordsOffice || c.Actor.Role == access.Admin)
}
