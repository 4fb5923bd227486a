package visit

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/note"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// workspace is a visit's page: the chart in the middle, writing at the side.
type workspace struct {
	Tab             string // note, vitals
	Tabs            web.Tabs
	Kind, Began     string
	Reason          string
	Status          web.Pill
	Open            bool   // goes on
	May             bool   // who asks may write
	Void            string // why nothing is written at this visit; "" when it may be
	Action, SaveURL string
	SignURL         string
	FinishURL       string
	SignInURL       string
	SnippetsURL     string
	NoteHref        string // where the key n leads: the first section, here or on the note's tab
	Editor          *editor
	Vitals          *vitalsForm
	Done            done
	Notes           []web.Link // signed notes of this visit
	Growth          []growthChart
	GrowthGap       string
	Error           string
	Stray           []string // what was typed where there is no note, to be copied
}

// editor is the note as it is written.
type editor struct {
	Key            string
	Rev            int
	User           string // whose browser keeps what could not be sent
	Saved, Company string
	Template       string
	Templates      []web.Option
	Sections       []edited
	Forward        *web.Option // the last signed note: its id, and what it is
	Snippets       string      // JSON for note.js
	Error          string
	Begun          bool // something is saved already
}

type edited struct {
	note.DraftSection
	Prompt  string
	Outline bool
	Copied  string
	Rows    int
	Error   string
}

// done is what was done at this visit.
type done struct {
	Vitals []vitalLine
	Orders []web.Link
	Spared []spared // not ordered, because it was there
	Absent []string // vital signs not taken, with why
	None   bool     // nothing at all yet
}

type vitalLine struct {
	Name, Value, Unit, Typed, Time string
	Flag, Word, Range, Citation    string
	Why                            string // why nothing is said of it
	Detail                         string // "left arm, sitting"
	Href                           string
}

func (h *room) visit(c *door.Call) { h.showVisit(c, http.StatusOK, nil) }

// showVisit makes the page. fill puts in what a form could not be accepted for.
func (h *room) showVisit(c *door.Call, status int, fill func(*workspace)) {
	e, err := encounter(c)
	if err != nil {
		c.Failed(err)
		return
	}
	lens := access.EMR
	if strings.Contains(c.R.Pattern, "/whole/") {
		lens = access.EHR
	}
	p, err := h.pages.Patient(c, lens)
	if err != nil {
		c.Failed(err)
		return
	}
	w, err := h.workspace(c, p, e)
	if err != nil {
		c.Failed(err)
		return
	}
	if fill != nil {
		fill(w)
	}
	page := p.Frame("Visit")
	page.Sheets = append(page.Sheets, sheetURL)
	page.Modules = append(page.Modules, moduleURL)
	page.Side = side(*w)
	p.Show(status, page, middle(*w, p.OverviewAt("visits", e.ID)))
}

func (h *room) workspace(c *door.Call, p *clinic.Patient, e record.Resource) (*workspace, error) {
	n := e.Node()
	id, eid := p.ID(), e.ID
	here := c.Path("patients", id, "visits", eid)
	w := &workspace{
		Tab: "note", Kind: n.Path("type", "text").Str(), Reason: reasonOf(n), Action: here, SaveURL: here + "/draft", SignURL: here + "/sign", FinishURL: here + "/finish",
		SignInURL: c.Path("signin"), SnippetsURL: c.Path("snippets"), NoteHref: here + "#write", May: writes(c),
	}
	if why := void(e); why != "" {
		w.Void = voidWords(why)
	}
	if w.Kind == "" {
		w.Kind = "Visit"
	}
	if t := when(n.Path("period", "start"), c.Zone); !t.IsZero() {
		w.Began = t.Format("2 Jan 2006 · 15:04")
	}
	switch s := n.Get("status").Str(); s {
	case "finished":
		w.Status = web.Pill{Kind: web.Good, Text: "finished"}
	case "cancelled", "entered-in-error":
		w.Status = web.Pill{Kind: web.Danger, Text: strings.ReplaceAll(s, "-", " ")}
	default:
		w.Open, w.Status = true, web.Pill{Kind: web.Accent, Text: "going on", Shape: web.Dot}
	}
	if c.R.URL.Query().Get("tab") == "vitals" || strings.HasSuffix(c.R.Pattern, "/vitals") {
		w.Tab = "vitals"
	}
	var err error
	if w.Done, err = h.done(c, p, eid); err != nil {
		return nil, err
	}
	notes, err := find(c, "Composition", url.Values{"patient": {id}, "encounter": {"Encounter/" + eid}, "_sort": {"-date"}, "_count": {"50"}})
	if err != nil {
		return nil, err
	}
	for _, r := range notes {
		v := note.Parse(r.Node())
		if v.Appends != "" {
			continue
		}
		w.Notes = append(w.Notes, web.Link{Label: v.Title + " · " + door.Bare(v.Author.Name) + " · " + v.Date.In(c.Zone).Format("15:04"), Href: c.Path("patients", id, "notes", r.ID)})
	}
	drafts := len(w.Done.Orders)
	w.Tabs = web.Tabs{Label: "This visit", Items: []web.Tab{
		{Label: "Note", Href: here, Active: w.Tab == "note"},
		{Label: "Vitals", Href: here + "?tab=vitals", Active: w.Tab == "vitals", Count: len(w.Done.Vitals)},
		{Label: "Orders", Href: c.Path("patients", id, "order") + "?visit=" + url.QueryEscape(eid), Count: drafts},
		{Label: "Outside facts", Href: c.Path("patients", id, "whole", "outside")},
	}}
	if w.Tab == "vitals" {
		w.Vitals = h.vitalsForm(c, p, eid)
		w.Growth, w.GrowthGap = growth(p)
		return w, nil
	}
	if w.Editor, err = h.editor(c, p, e); w.Editor != nil && len(w.Editor.Sections) > 0 {
		w.NoteHref = "#ns-" + w.Editor.Sections[0].Code
	}
	return w, err
}

// editor opens the draft, or the blank that a first word makes one.
func (h *room) editor(c *door.Call, p *clinic.Patient, e record.Resource) (*editor, error) {
	if !writes(c) {
		return nil, nil
	}
	d, n, err := draft(c)
	switch {
	case errors.Is(err, record.ErrNotFound):
		if void(e) != "" {
			return nil, nil
		}
		if n, err = h.blank(c)(); err != nil {
			return nil, err
		}
		n.Key = ""
	case err != nil:
		return nil, err
	}
	who := me(c)
	ed := &editor{Key: n.Key, Rev: d.Rev, User: who.User, Template: n.Template, Begun: d.Rev > 0, Saved: clock(d.Updated, c.Zone)}
	ed.Company = company(h.present.seen(h.noteKey(c), here{}, c.Now), who.User)
	t := note.TemplateOf(n.Template)
	patient := p.Chart().Patient
	fits := note.For(note.Months(patient.Birth.At, c.Now), patient.SexAtBirth)
	if !slices.ContainsFunc(fits, func(x note.Template) bool { return x.ID == t.ID }) {
		fits = append(fits, t)
	}
	for _, x := range fits {
		ed.Templates = append(ed.Templates, web.Option{Value: x.ID, Label: x.Title})
	}
	for _, s := range n.Sections {
		es := edited{DraftSection: s, Copied: copiedWords(s.Section, c.Zone), Rows: rows(s.Text)}
		for _, ts := range t.Sections {
			if ts.Code == s.Code {
				es.Prompt, es.Outline = ts.Prompt, len(ts.Outline) > 0 && s.Empty()
			}
		}
		ed.Sections = append(ed.Sections, es)
	}
	last, err := lastNote(c, p.ID())
	if err != nil {
		return nil, err
	}
	if last != nil {
		ed.Forward = &web.Option{Value: last.ID, Label: door.Bare(last.Author.Name) + ", " + last.Date.In(c.Zone).Format("2 Jan 2006")}
	}
	b, err := json.Marshal(note.Joined(snippets(c)))
	if err != nil {
		return nil, err
	}
	ed.Snippets = string(b)
	return ed, nil
}

func rows(text string) int {
	n := 1
	for l := range strings.SplitSeq(text, "\n") {
		n += 1 + len([]rune(l))/52
	}
	return min(max(n, 2), 24)
}

// lastNote is the patient's last signed note with sections in it, as it reads with
// its addenda; nil without one.
func lastNote(c *door.Call, id string) (*note.Note, error) {
	list, err := find(c, "Composition", url.Values{"patient": {id}, "status": {"final,amended"}, "_sort": {"-date"}, "_count": {"20"}})
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		n := note.Parse(r.Node())
		n.ID, n.Version = r.ID, r.Version
		if n.Appends != "" || len(n.Sections) == 0 {
			continue
		}
		adds, _, err := addenda(c, id, r.ID) // a corrected section is brought as it reads now
		if err != nil {
			return nil, err
		}
		n.Sections = note.Reading(n, adds)
		return &n, nil
	}
	return nil, nil
}

// done reads what the chart has of this visit.
func (h *room) done(c *door.Call, p *clinic.Patient, eid string) (done, error) {
	d := done{}
	list, err := find(c, "Observation", url.Values{"patient": {p.ID()}, "encounter": {"Encounter/" + eid}, "category": {"vital-signs"}, "_sort": {"date"}, "_count": {"100"}})
	if err != nil {
		return d, err
	}
	for _, r := range list {
		n := r.Node()
		if n.Get("status").Is("entered-in-error") {
			continue
		}
		if n.Get("dataAbsentReason").Exists() {
			d.Absent = append(d.Absent, n.Path("code", "text").Str()+": "+n.Path("dataAbsentReason", "text").Str())
			continue
		}
		d.Vitals = append(d.Vitals, lineOf(c, p, r))
	}
	for _, typ := range []string{"MedicationRequest", "ServiceRequest"} {
		orders, err := find(c, typ, url.Values{"patient": {p.ID()}, "encounter": {"Encounter/" + eid}, "status": {"draft"}, "_count": {"50"}})
		if err != nil {
			return d, err
		}
		for _, r := range orders {
			n := r.Node()
			name := n.Path("medicationCodeableConcept", "text").Str()
			for _, path := range [][]string{{"medicationCodeableConcept", "coding", "display"}, {"code", "text"}, {"code", "coding", "display"}} {
				if name == "" {
					name = n.Path(path...).Str()
				}
			}
			if name == "" {
				name = "Order"
			}
			d.Orders = append(d.Orders, web.Link{Label: name, Href: c.Path("patients", p.ID(), "order") + "?visit=" + url.QueryEscape(eid)})
		}
	}
	if d.Spared, err = sparedAt(c, p.ID(), eid); err != nil {
		return d, err
	}
	d.None = len(d.Vitals)+len(d.Orders)+len(d.Absent)+len(d.Spared) == 0
	return d, nil
}

// own snippets of who asks.
func snippets(c *door.Call) []note.Snippet {
	d, err := c.Session(access.EMR).Draft(c.R.Context(), "snippets", snippetID(c))
	if err != nil {
		return nil
	}
	list, err := note.ParseSnippets(d.Body)
	if err != nil {
		return nil
	}
	return list
}

// edits are what a form without a script says of the sections.
func edits(form url.Values) []note.Edit {
	var out []note.Edit
	for name, v := range form {
		code, ok := strings.CutPrefix(name, "text.")
		if !ok || len(v) == 0 || len(out) >= note.MaxSections {
			continue
		}
		out = append(out, note.Edit{Code: code, Text: crlf(v[0]), Base: crlf(form.Get("base." + code))})
	}
	slices.SortFunc(out, func(a, b note.Edit) int { return strings.Compare(a.Code, b.Code) })
	return out
}

func crlf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// write is the note's form: everything that its buttons do, with what was typed.
func (h *room) write(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	act, arg, _ := strings.Cut(form.Get("do"), ":")
	here := c.Path("patients", c.R.PathValue("id"), "visits", c.R.PathValue("eid"))
	said := web.Flash{}
	var source *note.Note
	if act == "forward" {
		if source, err = lastNote(c, c.R.PathValue("id")); err != nil {
			c.Failed(err)
			return
		}
	}
	own := note.Joined(snippets(c))
	_, n, err := h.change(c, form.Get("key"), h.blank(c), func(d *note.Draft, rev int) (bool, error) {
		list := edits(form)
		if form.Get("js") == "" { // typed without the module's help
			for i := range list {
				list[i].Text = note.ExpandAll(list[i].Text, own)
			}
		}
		changed, err := d.Apply(list, me(c), c.Now, rev)
		if err != nil {
			return false, err
		}
		switch act {
		case "template":
			if t := form.Get("template"); t != d.Template {
				d.Retemplate(note.TemplateOf(t))
				changed = true
			}
		case "forward":
			if source == nil {
				break
			}
			out, filled := note.Forward(d.Plain(), *source)
			for i := range out {
				if slices.Contains(filled, out[i].Title) && d.Sections[i].Empty() {
					d.Sections[i].Section, d.Sections[i].Rev = out[i], rev
					d.Sections[i].By, d.Sections[i].ByName, d.Sections[i].At = me(c).User, me(c).Name, c.Now
					changed = true
				}
			}
			said = web.Flash{Kind: web.Warning, Text: "Copied: " + strings.Join(filled, ", ") + ". What stays unchanged is marked as copied."}
			if len(filled) == 0 {
				said = web.Flash{Kind: web.Warning, Text: "Nothing was copied: only empty sections are filled, from the same sections."}
			}
		case "outline":
			for _, ts := range note.TemplateOf(d.Template).Sections {
				if s := d.Section(arg); s != nil && ts.Code == arg && s.Empty() {
					s.Text, s.Rev, changed = ts.Outlined(), rev, true
				}
			}
		case "drop":
			if s := d.Section(arg); s != nil {
				s.Text, s.Rev, changed = note.DropUnfilled(s.Text), rev, true
			}
		case "checked":
			if s := d.Section(arg); s != nil {
				s.Clashes, s.Rev, changed = nil, rev, true
			}
		}
		return changed, nil
	})
	switch {
	case errors.Is(err, errSigned):
		h.keep(c, form, http.StatusConflict, "This note was signed meanwhile. What you typed is below; nothing of it was lost, and nothing was signed with it. Copy it into an addendum.")
		return
	case errors.Is(err, errVoid):
		h.keep(c, form, http.StatusConflict, "This visit was cancelled or entered in error: no note is begun in it.")
		return
	case errors.Is(err, note.ErrLong):
		h.keep(c, form, http.StatusUnprocessableEntity, "A section holds at most 60,000 characters: shorten it. What you typed is still here, and not saved yet.")
		return
	case err != nil:
		c.Failed(err)
		return
	}
	switch act {
	case "sign":
		c.Done(here+"/sign", web.Flash{})
	case "later":
		said = web.Flash{Kind: web.Good, Text: "Kept as a draft: it waits in your unsigned notes."}
		if !n.Written() {
			said = web.Flash{}
		}
		c.Done(c.Path("day"), said)
	default:
		if said.Text == "" && act == "save" {
			said = web.Flash{Kind: web.Good, Text: "Draft saved at " + c.Now.In(c.Zone).Format("15:04:05") + "."}
		}
		c.Done(here, said)
	}
}

// keep shows the page again with what was typed.
func (h *room) keep(c *door.Call, form url.Values, status int, said string) {
	h.showVisit(c, status, func(w *workspace) {
		if w.Editor == nil {
			w.Error = said
			for _, e := range edits(form) {
				if e.Text != e.Base {
					w.Stray = append(w.Stray, e.Text)
				}
			}
			return
		}
		w.Editor.Error = said
		for _, e := range edits(form) {
			at := slices.IndexFunc(w.Editor.Sections, func(s edited) bool { return s.Code == e.Code })
			if at < 0 {
				w.Editor.Sections = append(w.Editor.Sections, edited{DraftSection: note.DraftSection{Section: note.Section{Code: e.Code, Title: note.TitleOf(e.Code)}}})
				at = len(w.Editor.Sections) - 1
			}
			s := &w.Editor.Sections[at]
			s.Text, s.Rows = e.Text, rows(e.Text)
			if len(e.Text) > note.MaxText {
				s.Error = "Too long"
			}
		}
	})
}

// birthDay is the patient's birth date, zero when it is not known to the day.
func birthDay(ch *chart.Chart) time.Time {
	if len(ch.Patient.Birth.Day()) != len("2006-01-02") {
		return time.Time{}
	}
	return ch.Patient.Birth.At
}
