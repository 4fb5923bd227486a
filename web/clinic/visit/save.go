package visit

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
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

// The conversation of note.js with the server. A save says what sections are like
// and what they were made from; the answer says what everything is like now.

type saving struct {
	Key     string      `json:"key"` // of the draft that is open
	Rev     int         `json:"rev"` // the last seen
	Tab     string      `json:"tab"`
	At      string      `json:"at"` // code of the section that has the caret
	Edits   []note.Edit `json:"edits"`
	Checked []string    `json:"checked"` // sections whose clash was looked at
	Leaving bool        `json:"leaving"`
}

type saved struct {
	Key      string         `json:"key"`
	Rev      int            `json:"rev"`
	Saved    string         `json:"saved"` // clock of the last save, "" when there was none
	Company  string         `json:"company"`
	Others   []string       `json:"others"`   // names
	Sections []savedSection `json:"sections"` // that changed after the asked revision, and those just saved
	Said     string         `json:"said,omitempty"`
	Gone     bool           `json:"gone,omitempty"` // signed or dropped meanwhile
	Href     string         `json:"href,omitempty"`
}

type savedSection struct {
	Code    string       `json:"code"`
	Title   string       `json:"title"`
	Text    string       `json:"text"`
	By      string       `json:"by,omitempty"`
	Mine    bool         `json:"mine"`
	Copied  string       `json:"copied,omitempty"`
	Clashes []note.Clash `json:"clashes,omitempty"`
	Here    []string     `json:"here,omitempty"` // who else has the caret there
}

func answer(c *door.Call, status int, v any) {
	web.SecurityHeaders(c.W)
	c.W.Header().Set("Content-Type", "application/json")
	c.W.WriteHeader(status)
	_ = json.NewEncoder(c.W).Encode(v)
}

func (h *room) noteKey(c *door.Call) string { return c.Site.Slug + "/" + c.R.PathValue("eid") }

// draft is the visit's note as it is being written, or record.ErrNotFound. One of
// another patient is not there.
func draft(c *door.Call) (record.Draft, note.Draft, error) {
	d, err := c.Session(access.EMR).Draft(c.R.Context(), "note", c.R.PathValue("eid"))
	if err != nil {
		return d, note.Draft{}, err
	}
	if !slices.Contains(c.Session(access.EMR).Together(c.R.PathValue("id")), d.Patient) {
		return record.Draft{}, note.Draft{}, record.ErrNotFound
	}
	n, err := note.ParseDraft(d.Body)
	return d, n, err
}

// change makes a change to the visit's draft, joining it with what others saved
// meanwhile; the change is made again on top of that. A draft that is not there
// is begun when begin says how.
func (h *room) change(c *door.Call, key string, begin func() (note.Draft, error), f func(d *note.Draft, rev int) (bool, error)) (record.Draft, note.Draft, error) {
	for range 12 {
		d, n, err := draft(c)
		switch {
		case errors.Is(err, record.ErrNotFound):
			if key != "" {
				return d, n, errSigned
			}
			if n, err = begin(); err != nil {
				return d, n, err
			}
			n.Key = fresh()
			d = record.Draft{ID: c.R.PathValue("eid"), Kind: "note", Type: "Composition", Patient: c.R.PathValue("id"), Title: "Visit note"}
		case err != nil:
			return d, n, err
		case key != "" && key != n.Key:
			return d, n, errSigned
		}
		changed, err := f(&n, d.Rev+1)
		if err != nil || !changed {
			if d.Rev == 0 {
				n.Key = "" // nothing is stored yet
			}
			return d, n, err
		}
		d.Body = n.Body()
		d.Title = note.TemplateOf(n.Template).Title
		next, err := c.Session(access.EMR).PutDraft(c.R.Context(), d)
		var moved *record.DraftMoved
		if errors.As(err, &moved) {
			continue // somebody else saved between: once more, on top of that
		}
		return next, n, err
	}
	return record.Draft{}, note.Draft{}, record.ErrMoved
}

var errSigned = errors.New("this note was signed or dropped meanwhile")

// blank is the beginning of a note for the visit of the address.
func (h *room) blank(c *door.Call) func() (note.Draft, error) {
	return func() (note.Draft, error) {
		e, err := encounter(c)
		if err != nil {
			return note.Draft{}, err
		}
		if void(e) != "" {
			return note.Draft{}, errVoid
		}
		d := note.Draft{Encounter: e.ID}
		months, sex := -1, ""
		if p, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", c.R.PathValue("id")); err == nil {
			if born, err := time.Parse("2006-01-02", p.Node().Get("birthDate").Str()); err == nil {
				months = note.Months(born, c.Now)
			}
			sex = p.Node().Get("gender").Str()
		}
		d.Retemplate(note.TemplateOf(usual(e.Node().Path("type", "text").Str(), reasonOf(e.Node()), c.Actor.Role, note.For(months, sex))))
		if s := d.Section("10154-3"); s != nil {
			s.Text = reasonOf(e.Node()) // said when the visit was begun, by hand
		}
		return d, nil
	}
}

// usual is the template that such a visit is usually written in: by its kind, by
// what its reason says, among those that fit the patient. It is a choice of
// headings; the writer changes it with one key.
func usual(kind, reason string, role access.Role, fits []note.Template) string {
	switch {
	case kind == "Telephone call":
		return "telephone"
	case kind == "Nurse visit" || role == access.Nurse:
		return "nurse"
	}
	reason = strings.ToLower(reason)
	for _, w := range []struct{ word, template string }{{"well child", "child-"}, {"well visit", "child-"}, {"check-up", "child-"}, {"prenatal", "prenatal"}, {"physical", "physical"}, {"yearly", "physical"}, {"annual", "physical"}} {
		if !strings.Contains(reason, w.word) {
			continue
		}
		for _, t := range fits {
			if strings.HasPrefix(t.ID, w.template) {
				return t.ID
			}
		}
	}
	return "progress"
}

// save is the autosave: small, often, and never in doubt. A body that is too
// large is told so; the browser keeps it.
func (h *room) save(c *door.Call) {
	var in saving
	body, err := io.ReadAll(http.MaxBytesReader(c.W, c.R.Body, record.MaxDraft))
	if err != nil {
		answer(c, http.StatusRequestEntityTooLarge, saved{Said: "This is more than a note can hold. It is kept in this tab; shorten it to save it."})
		return
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Edits) > note.MaxSections || len(in.Tab) > 64 {
		answer(c, http.StatusBadRequest, saved{Said: "The server did not understand this save. The text is kept in this tab."})
		return
	}
	if !writes(c) {
		answer(c, http.StatusForbidden, saved{Said: "This account cannot write notes."})
		return
	}
	d, n, err := h.change(c, in.Key, h.blank(c), func(n *note.Draft, rev int) (bool, error) {
		if in.Key == "" && rev > 1 { // as in poll: another's draft is told, and that it is read is noted
			if _, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", c.R.PathValue("id")); err != nil {
				return false, err
			}
		}
		changed, err := n.Apply(in.Edits, me(c), c.Now, rev)
		for _, code := range in.Checked {
			if s := n.Section(code); s != nil && len(s.Clashes) > 0 {
				s.Clashes, s.Rev, changed = nil, rev, true
			}
		}
		return changed, err
	})
	var refused *record.Refused
	switch {
	case errors.Is(err, errSigned):
		answer(c, http.StatusGone, saved{Gone: true, Said: "This note was signed meanwhile. What you typed since is kept here: add it as an addendum.", Href: c.Path("patients", c.R.PathValue("id"), "visits", c.R.PathValue("eid"))})
		return
	case errors.Is(err, errVoid):
		answer(c, http.StatusConflict, saved{Said: "This visit was cancelled or entered in error meanwhile: no note is begun in it. The text is kept in this tab: copy it into the note of the right visit."})
		return
	case errors.Is(err, note.ErrLong):
		answer(c, http.StatusUnprocessableEntity, saved{Said: "A section holds at most 60,000 characters. The text is kept in this tab; shorten it to save it."})
		return
	case errors.Is(err, record.ErrNotFound):
		answer(c, http.StatusNotFound, saved{Said: "This visit is not there any more. The text is kept in this tab."})
		return
	case errors.As(err, &refused):
		answer(c, http.StatusForbidden, saved{Said: "This account cannot write this note."})
		return
	case err != nil:
		if c.R.Context().Err() == nil {
			c.Log.Error("draft", "route", c.R.Pattern, "error", err)
		}
		answer(c, http.StatusServiceUnavailable, saved{Said: "Not saved on the server yet: trying again. The text is kept in this tab."})
		return
	}
	if in.Leaving {
		h.present.left(h.noteKey(c), in.Tab)
		c.W.WriteHeader(http.StatusNoContent)
		return
	}
	touched := map[string]bool{}
	for _, e := range in.Edits {
		touched[e.Code] = true
	}
	answer(c, http.StatusOK, h.now(c, d, n, in.Rev, in.Tab, in.At, touched))
}

// poll tells what others did since a revision, and who is there.
func (h *room) poll(c *door.Call) {
	if !writes(c) || !fhir.IsID(c.R.PathValue("id")) || !fhir.IsID(c.R.PathValue("eid")) {
		answer(c, http.StatusForbidden, saved{Said: "Not now."})
		return
	}
	q := c.R.URL.Query()
	since, _ := strconv.Atoi(q.Get("rev"))
	d, n, err := draft(c)
	if err == nil && q.Get("key") == "" { // who knows its key has been shown it; else that it is read is noted
		_, err = c.Session(access.EMR).Read(c.R.Context(), "Patient", d.Patient)
	}
	switch {
	case errors.Is(err, record.ErrNotFound) && q.Get("key") == "":
		answer(c, http.StatusOK, h.now(c, record.Draft{}, note.Draft{}, 0, q.Get("tab"), q.Get("at"), nil))
	case errors.Is(err, record.ErrNotFound), err == nil && q.Get("key") != "" && q.Get("key") != n.Key:
		answer(c, http.StatusGone, saved{Gone: true, Said: "This note was signed or dropped meanwhile.", Href: c.Path("patients", c.R.PathValue("id"), "visits", c.R.PathValue("eid"))})
	case err != nil:
		answer(c, http.StatusForbidden, saved{Said: "Not now."})
	default:
		answer(c, http.StatusOK, h.now(c, d, n, since, q.Get("tab"), q.Get("at"), nil))
	}
}

func (h *room) now(c *door.Call, d record.Draft, n note.Draft, since int, tab, at string, touched map[string]bool) saved {
	who := me(c)
	if len(tab) > 64 || len(at) > 40 {
		tab, at = "", ""
	}
	others := h.present.seen(h.noteKey(c), here{Tab: tab, User: who.User, Name: door.Bare(who.Name), Section: at}, c.Now)
	out := saved{Key: n.Key, Rev: d.Rev, Saved: clock(d.Updated, c.Zone), Company: company(others, who.User), Others: []string{}}
	for _, o := range others {
		if o.User != who.User && !slices.Contains(out.Others, o.Name) {
			out.Others = append(out.Others, o.Name)
		}
	}
	for _, s := range n.Sections {
		var in []string
		for _, o := range others {
			if o.Section == s.Code && o.User != who.User {
				in = append(in, o.Name)
			}
		}
		if s.Rev > since || touched[s.Code] || in != nil {
			out.Sections = append(out.Sections, savedSection{Code: s.Code, Title: s.Title, Text: s.Text, By: s.ByName, Mine: s.By == who.User, Copied: copiedWords(s.Section, c.Zone), Clashes: s.Clashes, Here: in})
		}
	}
	return out
}

func clock(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("15:04:05")
}

// copiedWords says where a section was brought forward from.
func copiedWords(s note.Section, zone *time.Location) string {
	switch s.Copied.Left(s.Text) {
	case "all":
		return "Copied: " + from(s.Copied, zone)
	case "part":
		return "Partly copied: " + from(s.Copied, zone)
	}
	return ""
}

func from(k *note.Copied, zone *time.Location) string {
	out := "an earlier note"
	if who := door.Bare(strings.TrimSpace(k.Who)); who != "" && who != "unknown" {
		out = who
	}
	if !k.When.IsZero() {
		out += ", " + k.When.In(zone).Format("2 Jan 2006")
	}
	return out
}
