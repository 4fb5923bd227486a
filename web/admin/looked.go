package admin

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/record"
)

// lookedPage bounds the events of one page of who looked.
const lookedPage = 1000

// looked is who looked at one patient's record, in words for the patient.
type looked struct {
	Title   string
	Whose   string // "your record", "Rosa Delgado's record"
	Site    string
	Sent    []deedLine // to other organisations, newest first
	Days    []lookedDay
	Older   string // address of what was before
	From    time.Time
	Zone    *time.Location
	Partial bool // there is more before From
}

type lookedDay struct {
	At    time.Time
	Lines []deedLine
}

// deedLine is what one actor did on one day, in a sentence.
type deedLine struct {
	Text      string
	More      string // "10:20 to 10:41 EST · results, medicines"
	At        time.Time
	Emergency bool
	Refused   bool
	Own       bool // of who reads this page
	Program   bool // nobody saw anything: the program worked something out
	Events    []lookedEvent
}

type lookedEvent struct {
	At   time.Time
	What string
}

// looked is for that patient, her proxy, and those who may see the log: the
// gate decides.
func (h *admin) looked(c *call) {
	id := c.R.PathValue("id")
	if !fhir.IsID(id) {
		c.Failed(record.ErrNotFound)
		return
	}
	q := record.LogQuery{Patient: id, Count: lookedPage}
	q.Before, _ = strconv.ParseInt(c.R.Form.Get("before"), 10, 64)
	s := c.chart()
	events, err := s.AccessLog(c.R.Context(), q)
	if err != nil {
		c.Failed(err)
		return
	}
	name := ""
	res, err := s.Read(c.R.Context(), "Patient", id)
	var gone *record.Gone
	switch {
	case err == nil:
		name = nameOf(res.Node())
	case !errors.As(err, &gone): // a deleted record's log stays
		c.Failed(err)
		return
	}
	last := int64(0)
	if n := len(events); n > 0 {
		last = events[n-1].N
	}
	p := c.lookedPage(events, name)
	if len(events) == lookedPage {
		p.Older = c.Path("patients", id, "access") + "?before=" + strconv.FormatInt(last, 10)
		p.Partial = true
	}
	page := c.Page(p.Title)
	c.render(http.StatusOK, page, lookedMain(p))
}

func (c *call) lookedPage(events []record.Noted, name string) looked {
	p := looked{Title: "Who looked at your record", Whose: "your record", Site: c.Site.Name, Zone: c.Zone}
	if c.Actor.Kind != access.Patient {
		p.Whose = "this record"
		if name != "" {
			p.Whose = name + "’s record"
		}
		p.Title = "Who looked at " + p.Whose
	}
	// Notes of reads are written a moment after they were made, those of writes at once.
	slices.SortStableFunc(events, func(a, b record.Noted) int { return b.Time.Compare(a.Time) })
	if n := len(events); n > 0 {
		p.From = events[n-1].Time
	}
	type key struct{ day, kind, actor, purpose, act, to, outcome string }
	lines := map[key]*deedLine{}
	var order []key
	for _, e := range events { // newest first
		act := deedKind(e)
		k := key{e.Time.In(c.Zone).Format(time.DateOnly), e.Kind, e.Actor, e.Purpose, act, e.Recipient, string(e.Outcome)}
		if act != "sent" && act != "told" {
			k.to = ""
		}
		l := lines[k]
		if l == nil {
			l = &deedLine{At: e.Time, Text: c.sentence(e, act, p.Whose, name), Emergency: e.Purpose == string(access.Emergency), Refused: e.Outcome == audit.Refused,
				Own: e.Kind == c.Actor.Kind.String() && e.Actor == c.Actor.ID, Program: act == "worked"}
			lines[k] = l
			order = append(order, k)
		}
		l.Events = append(l.Events, lookedEvent{e.Time, c.part(e)})
	}
	for _, k := range order {
		l := lines[k]
		l.More = c.more(*l)
		if k.act == "sent" || k.act == "told" {
			p.Sent = append(p.Sent, *l)
			continue
		}
		if n := len(p.Days); n == 0 || p.Days[n-1].At.In(c.Zone).Format(time.DateOnly) != k.day {
			p.Days = append(p.Days, lookedDay{At: l.At})
		}
		d := &p.Days[len(p.Days)-1]
		d.Lines = append(d.Lines, *l)
	}
	for i := range p.Days { // others first: that is what the page is for
		slices.SortStableFunc(p.Days[i].Lines, func(a, b deedLine) int { return cmp.Compare(weight(a), weight(b)) })
	}
	return p
}

func weight(l deedLine) int {
	switch {
	case l.Emergency, l.Refused:
		return 0
	case l.Own, l.Program:
		return 2
	}
	return 1
}

// deedKind is which of few kinds of deed an event is.
func deedKind(e record.Noted) string {
	switch e.Action {
	case "create", "update", "delete", "transact":
		return "wrote"
	case "disclose":
		return "sent"
	case "match":
		if e.Recipient != "" {
			return "told"
		}
	case "receive":
		return "received"
	case "evaluate":
		return "worked"
	case "link":
		return "link"
	case "see-audit", actExportLog:
		return "log"
	}
	return "opened"
}

// sentence is what happened, in plain words.
func (c *call) sentence(e record.Noted, act, whose, name string) string {
	by := c.by(e, name)
	why := purposePhrase(e.Purpose, c.Actor.Kind == access.Patient)
	begin := capital(whose)
	tried := e.Outcome == audit.Refused || e.Outcome == audit.Failed
	switch {
	case tried && e.Outcome == audit.Refused:
		return capital(by) + " tried to open " + whose + " and was refused."
	case tried:
		return capital(by) + " asked for something in " + whose + " that could not be given."
	}
	if by == "you" {
		switch act {
		case "wrote":
			return "You wrote in " + whose + "."
		case "log":
			return "You read this list."
		case "opened":
			return "You opened " + whose + "."
		}
	}
	switch act {
	case "wrote":
		return begin + " was written in by " + by + why + "."
	case "sent":
		to := c.siteName(e.Recipient)
		if e.Kind == access.Peer.String() {
			return begin + " was sent to " + to + ", which asked for it" + why + "."
		}
		return begin + " was shown to " + to + ", by " + by + why + "."
	case "told":
		who := "this person is"
		if c.Actor.Kind == access.Patient {
			who = "you are"
		}
		return c.siteName(e.Recipient) + " asked" + why + " whether " + who + " a patient here, and was told yes."
	case "received":
		return "Facts from another organisation were added to what " + c.Site.Name + " can show" + why + "."
	case "worked":
		return capital(by) + " worked out from " + whose + " what is due" + why + "."
	case "link":
		return begin + " was compared with another record by " + by + ", who " + verdict(record.LinkState(e.Why)) + "."
	case "log":
		return "The list of who looked at " + whose + " was read by " + by + "."
	}
	return begin + " was opened by " + by + why + "."
}

// verdict is what was said of a link.
func verdict(s record.LinkState) string {
	switch s {
	case record.Linked:
		return "said that both are of one person"
	case record.Apart:
		return "said that they are not of one person"
	}
	return "asked that somebody look whether they are of one person"
}

// by is who did it, as the reader of the page knows them.
func (c *call) by(e record.Noted, name string) string {
	switch {
	case e.Kind == c.Actor.Kind.String() && e.Actor == c.Actor.ID:
		return "you"
	case e.Kind == access.Patient.String():
		if name == "" {
			return "the patient"
		}
		return name + " (the patient)"
	case e.Kind == access.Proxy.String():
		if c.Actor.Kind == access.Patient {
			return c.who(e) + ", who acts for you"
		}
		return c.who(e) + ", who acts for the patient"
	case e.Kind == access.System.String():
		return "the record system of " + c.Site.Name
	case e.Kind == access.Client.String():
		return "the program " + c.who(e)
	}
	who := c.who(e)
	if role := roleWord(e.Kind, e.Role); role != "" {
		who += " (" + role + ")"
	}
	return who
}

// purposePhrase is why, as the end of a sentence.
func purposePhrase(p string, you bool) string {
	switch access.Purpose(p) {
	case access.Treatment:
		return " for treatment"
	case access.Emergency:
		return " in an emergency"
	case access.Operations:
		return " for the running of the practice"
	case access.Request:
		if you {
			return " at your own request"
		}
		return " at the patient’s request"
	}
	return ""
}

// part is what of the record an event was about.
func (c *call) part(e record.Noted) string {
	switch {
	case e.Action == "export", e.Action == "evaluate":
		return "the whole record"
	case e.Action == "disclose", e.Action == "match":
		if e.Count == 1 {
			return c.thing(e.Type)
		}
		if e.Count == 0 {
			return "nothing new"
		}
		return strconv.Itoa(e.Count) + " entries"
	case e.Action == "search" || e.Action == "history":
		return thingsOf(e.Type)
	case e.Action == "see-audit":
		return "this list"
	case e.Action == "link":
		return "who is who"
	}
	return c.thing(e.Type)
}

// thing is what was looked at, as the reader of the page calls it.
func (c *call) thing(typ string) string {
	if typ == "Patient" && c.Actor.Kind == access.Patient {
		return "your details"
	}
	return thing(typ)
}

// more is when in the day, and what of the record.
func (c *call) more(l deedLine) string {
	last, first := l.Events[0].At.In(c.Zone), l.Events[len(l.Events)-1].At.In(c.Zone)
	out := first.Format("15:04")
	if to := last.Format("15:04"); to != out {
		out += " to " + to
	}
	out += " " + last.Format("MST")
	var parts []string
	for _, e := range l.Events {
		if w := e.What; !slices.Contains(parts, w) {
			parts = append(parts, w)
		}
	}
	const few = 4
	if n := len(parts); n > few {
		parts = append(parts[:few], strconv.Itoa(n-few)+" other kinds")
	}
	return out + " · " + strings.Join(parts, ", ")
}
