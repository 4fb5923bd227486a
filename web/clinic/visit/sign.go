package visit

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/chart/note"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// signing is the page before a signature: what will be signed, and what it will
// not say.
type signing struct {
	Action, Back string
	Rev          int
	Key          string
	Title        string
	Sections     []shownSection
	Empty        []string // titles of sections in which nothing is written
	NoVitals     bool
	Absent       []string
	Orders       []web.Link // that are still drafts
	Blocked      *note.Blocked
	Nothing      bool
	Moved        string // somebody wrote meanwhile
	Others       []string
	Cosigners    []web.Option
	Cosigner     string
	Asks         bool   // the writer's notes are usually cosigned
	Void         string // why it cannot be signed at this visit
	Open         bool   // the visit goes on
	Error        string
}

// shownSection is a section as it is read.
type shownSection struct {
	Code, Title string
	Empty       bool
	Lines       []shownLine
	Copied      string
	Changed     []note.Change // what an addendum changed; nil: nothing
}

type shownLine struct {
	Text   string
	Copied bool
	Blank  bool
}

func shown(s note.Section, words string) shownSection {
	out := shownSection{Code: s.Code, Title: s.Title, Empty: s.Empty(), Copied: words}
	if out.Empty {
		return out
	}
	copied := s.Copied.Standing()
	for _, l := range linesOf(note.Clean(s.Text)) {
		out.Lines = append(out.Lines, shownLine{Text: l, Copied: copied(l), Blank: l == ""})
	}
	return out
}

func (h *room) signPage(c *door.Call) { h.showSigning(c, http.StatusOK, "", "") }

func (h *room) showSigning(c *door.Call, status int, moved, problem string) {
	e, err := encounter(c)
	if err != nil {
		c.Failed(err)
		return
	}
	visit := c.Path("patients", c.R.PathValue("id"), "visits", e.ID)
	d, n, err := draft(c)
	if errors.Is(err, record.ErrNotFound) {
		c.Done(visit, web.Flash{Kind: web.Warning, Text: "There is no note to sign: nothing is written yet, or it was signed already."})
		return
	}
	p, err2 := h.pages.Patient(c, access.EMR)
	if err := errors.Join(err, err2); err != nil {
		c.Failed(err)
		return
	}
	done, err := h.done(c, p, e.ID)
	if err != nil {
		c.Failed(err)
		return
	}
	s := signing{Action: visit + "/sign", Back: visit, Rev: d.Rev, Key: n.Key, Title: note.TemplateOf(n.Template).Title, NoVitals: len(done.Vitals) == 0, Absent: done.Absent, Orders: done.Orders, Moved: moved, Error: problem}
	switch e.Node().Get("status").Str() {
	case "finished", "cancelled", "entered-in-error":
	default:
		s.Open = true
	}
	if why := void(e); why != "" {
		s.Void = voidWords(why)
	}
	for _, sec := range n.Plain() {
		s.Sections = append(s.Sections, shown(sec, copiedWords(sec, c.Zone)))
		if sec.Empty() {
			s.Empty = append(s.Empty, sec.Title)
		}
	}
	if err := n.Ready(); err != nil {
		if !errors.As(err, &s.Blocked) {
			s.Nothing = true
		}
	}
	for _, o := range h.present.seen(h.noteKey(c), here{}, c.Now) {
		if o.User != c.Actor.ID && !slices.Contains(s.Others, o.Name) {
			s.Others = append(s.Others, o.Name)
		}
	}
	if s.Cosigners, err = cosigners(c); err != nil {
		c.Failed(err)
		return
	}
	s.Cosigner, s.Asks = c.R.PostFormValue("cosigner"), c.Actor.Role != access.Physician || problem != ""
	page := p.Frame("Sign")
	page.Sheets = append(page.Sheets, sheetURL)
	page.Modules = append(page.Modules, moduleURL)
	p.Show(status, page, signMain(s))
}

// cosigners are whom a writer may ask: the site's physicians with an account here,
// who are the ones that can. Anybody may ask: students, residents and nurses must,
// a physician may want it.
func cosigners(c *door.Call) ([]web.Option, error) {
	users, err := c.Auth.Users(c.R.Context(), c.Site.Slug)
	if err != nil {
		return nil, err
	}
	out := []web.Option{{Value: "", Label: "nobody: this note needs no cosignature"}}
	for _, u := range users {
		if u.Role != access.Physician || u.Disabled || !strings.HasPrefix(u.Who, "Practitioner/") || u.Who == c.Actor.Who || u.Name == c.Actor.ID {
			continue
		}
		out = append(out, web.Option{Value: u.Who, Label: cmp.Or(u.FullName, u.Name)})
	}
	if len(out) == 1 {
		return nil, nil
	}
	slices.SortFunc(out[1:], func(a, b web.Option) int { return strings.Compare(a.Label, b.Label) })
	return out, nil
}

// sign makes the draft, as it was looked at, a signed note.
func (h *room) sign(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	id, eid := c.R.PathValue("id"), c.R.PathValue("eid")
	e, err := encounter(c)
	if err != nil {
		c.Failed(err)
		return
	}
	d, n, err := draft(c)
	if errors.Is(err, record.ErrNotFound) || err == nil && n.Key != form.Get("key") {
		c.Done(c.Path("patients", id, "visits", eid), web.Flash{Kind: web.Warning, Text: "This note was signed already."})
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	if rev, _ := strconv.Atoi(form.Get("rev")); rev != d.Rev {
		h.showSigning(c, http.StatusConflict, "Somebody wrote in this note after you looked at it. This is how it reads now: look again, then sign.", "")
		return
	}
	if void(e) != "" {
		h.showSigning(c, http.StatusConflict, "", "")
		return
	}
	if n.Ready() != nil {
		h.showSigning(c, http.StatusUnprocessableEntity, "", "This note cannot be signed yet.")
		return
	}
	t := note.TemplateOf(n.Template)
	s := note.Signing{Now: c.Now.In(c.Zone), By: me(c), Draft: &record.Signed{Kind: "note", ID: eid, Rev: d.Rev}, Note: fresh(), Task: fresh()}
	if who := form.Get("cosigner"); who != "" {
		options, err := cosigners(c)
		if err != nil {
			c.Failed(err)
			return
		}
		i := slices.IndexFunc(options, func(o web.Option) bool { return o.Value == who })
		if i < 0 {
			h.showSigning(c, http.StatusUnprocessableEntity, "", "Choose a cosigner of this site.")
			return
		}
		s.Cosigner = &note.Who{Ref: who, Name: options[i].Label}
	}
	v := note.Note{Template: t.ID, Type: t.Type, Kind: t.Kind, Title: t.Title, Patient: id, Encounter: eid, Author: me(c), Begun: d.Began.In(c.Zone), Sections: n.Plain()}
	v, acts, err := note.Sign(v, s)
	if err != nil {
		h.showSigning(c, http.StatusUnprocessableEntity, "", err.Error())
		return
	}
	finish := form.Get("finish") != ""
	if finish {
		more, err := finishActs(c, e)
		if err != nil {
			c.Failed(err)
			return
		}
		acts = append(acts, more...)
	}
	acts = append(acts, signedTasks(c, id, eid)...)
	_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	var moved *record.DraftMoved
	var invalid *record.Invalid
	switch {
	case errors.As(err, &invalid):
		h.showSigning(c, http.StatusUnprocessableEntity, "", "Not signed: "+invalid.Error()+".")
		return
	case errors.As(err, &moved):
		h.showSigning(c, http.StatusConflict, "Somebody wrote in this note just now. This is how it reads now: look again, then sign.", "")
		return
	case errors.Is(err, record.ErrNotFound):
		c.Done(c.Path("patients", id, "visits", eid), web.Flash{Kind: web.Warning, Text: "This note was signed already."})
		return
	case err != nil:
		c.Failed(err)
		return
	}
	said := "Signed at " + s.Now.Format("15:04:05") + "."
	if s.Cosigner != nil {
		said = "Signed at " + s.Now.Format("15:04:05") + "; the cosigner was asked."
	}
	if finish {
		said += " The visit is finished."
	}
	c.Done(c.Path("patients", id, "notes", v.ID), web.Flash{Kind: web.Good, Text: said})
}

// signedTasks complete what asked for this visit's note to be signed.
func signedTasks(c *door.Call, id, eid string) []record.Act {
	list, err := find(c, "Task", url.Values{"patient": {id}, "status": {"requested,in-progress"}, "code": {note.TaskSystem + "|sign-note"}, "_count": {"20"}})
	if err != nil {
		return nil // the signature does not wait for a list
	}
	var acts []record.Act
	for _, r := range list {
		if !r.Node().Path("focus", "reference").Is("Encounter/" + eid) {
			continue
		}
		if a, ok := taskDone(r); ok {
			acts = append(acts, a)
		}
	}
	return acts
}

func taskDone(r record.Resource) (record.Act, bool) {
	doc, err := fhir.Parse(fhir.SetMember(r.Node(), "status", []byte(`"completed"`)))
	if err != nil {
		return record.Act{}, false
	}
	version, _ := strconv.Atoi(r.Version)
	return record.Act{Op: record.Update, Type: "Task", ID: r.ID, Resource: doc.Root(), IfMatch: version}, true
}
