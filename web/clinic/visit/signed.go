package visit

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart/note"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// signedPage is a signed note with everything that was said of it since.
type signedPage struct {
	ID, Title, Kind string
	Author, Date    string
	Attesters       []string
	Check           note.Check
	Digest          string
	InError         bool
	ErrorWords      string // who, when, why
	Draft           bool   // preliminary: written elsewhere, not signed
	Hand            string // who wrote it here, when it names another as its author
	Sections        []shownSection
	Addenda         []addendum
	Of              web.Link // this is an addendum to that note
	Visit           web.Link
	MayAdd, MayMark bool
	MayCosign       bool
	Cosign          string // what is waiting: "Cosignature asked of Lena Okonkwo, MD"
	Action          string
	Version         string
	Form            addForm
	AsOf            string
}

// addendum is one Composition that appends to the note.
type addendum struct {
	ID, Href     string
	Author, Date string
	Reason       string
	Attests      bool
	InError      bool
	ErrorWords   string
	Hand         string
	Check        note.Check
	Sections     []shownSection
}

// addForm is what is being typed.
type addForm struct {
	Open                 string // addendum, error, cosign
	Reason, Text         string
	Amend, Amended       string // code of a section, and how it should read
	Statement            string
	Error                string
	ReasonError, TextErr string
}

// signedNote reads the note of the address.
func signedNote(c *door.Call) (record.Resource, note.Note, error) {
	r, err := c.Session(access.EMR).Read(c.R.Context(), "Composition", c.R.PathValue("nid"))
	if err != nil {
		return r, note.Note{}, err
	}
	if !of(c, r.Node(), c.R.PathValue("id")) {
		return r, note.Note{}, record.ErrNotFound
	}
	n := note.Parse(r.Node())
	n.ID, n.Version = r.ID, r.Version
	return r, n, nil
}

// addenda are what appends to a note, the earliest first.
func addenda(c *door.Call, patient, id string) ([]note.Note, []record.Resource, error) {
	list, err := find(c, "Composition", url.Values{"patient": {patient}, "related-ref": {"Composition/" + id}, "_sort": {"date"}, "_count": {"100"}})
	if err != nil {
		return nil, nil, err
	}
	var out []note.Note
	var raw []record.Resource
	for _, r := range list {
		n := note.Parse(r.Node())
		n.ID, n.Version = r.ID, r.Version
		if n.Appends == id && n.Status != "preliminary" { // what nobody signed adds nothing to what is signed
			out, raw = append(out, n), append(raw, r)
		}
	}
	return out, raw, nil
}

func (h *room) note(c *door.Call) {
	h.showNote(c, http.StatusOK, addForm{Open: c.R.URL.Query().Get("do")})
}

func (h *room) showNote(c *door.Call, status int, f addForm) {
	r, n, err := signedNote(c)
	if err != nil {
		c.Failed(err)
		return
	}
	p, err := h.pages.Patient(c, access.EMR)
	if err != nil {
		c.Failed(err)
		return
	}
	v, err := h.signedPage(c, p, r, n)
	if err != nil {
		c.Failed(err)
		return
	}
	v.Form = f
	page := p.Frame(n.Title)
	page.Sheets = append(page.Sheets, sheetURL)
	page.Modules = append(page.Modules, moduleURL)
	if v.MayAdd || v.MayCosign {
		page.Side = noteSide(v)
	}
	p.Show(status, page, noteMain(v))
}

func stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "time not recorded"
	}
	return t.In(zone).Format("2 Jan 2006, 15:04:05 MST")
}

func (h *room) signedPage(c *door.Call, p *clinic.Patient, r record.Resource, n note.Note) (signedPage, error) {
	v := signedPage{ID: r.ID, Title: n.Title, Kind: n.Kind, Author: name(n.Author), Date: stamp(n.Date, c.Zone), Check: note.VerifyDigest(r.Node()), Digest: n.Digest, Version: r.Version,
		InError: n.Status == "entered-in-error", Draft: n.Status == "preliminary", Action: c.Path("patients", p.ID(), "notes", r.ID)}
	for _, a := range n.Signed {
		v.Attesters = append(v.Attesters, name(a.Who)+", "+stamp(a.Time, c.Zone)+" ("+a.Mode+")")
	}
	if n.Encounter != "" {
		v.Visit = web.Link{Label: "The visit", Href: c.Path("patients", p.ID(), "visits", n.Encounter)}
	}
	if n.Appends != "" {
		v.Of = web.Link{Label: "This is an addendum: open the note", Href: c.Path("patients", p.ID(), "notes", n.Appends)}
	}
	if !n.Date.IsZero() {
		v.AsOf = c.Path("patients", p.ID(), "as-of") + "?at=" + url.QueryEscape(n.Date.In(c.Zone).Format("2006-01-02T15:04"))
	}
	for _, s := range n.Sections {
		v.Sections = append(v.Sections, shown(s, copiedWords(s, c.Zone)))
	}
	var err error
	if v.Hand, err = hand(c, r, n.Author); err != nil {
		return v, err
	}
	if v.InError {
		if v.ErrorWords, err = errorWords(c, r.ID); err != nil {
			return v, err
		}
	}
	adds, raw, err := addenda(c, p.ID(), r.ID)
	if err != nil {
		return v, err
	}
	reading := n.Sections
	cosigned := false
	for i, a := range adds {
		d := addendum{ID: a.ID, Href: c.Path("patients", p.ID(), "notes", a.ID), Author: name(a.Author), Date: stamp(a.Date, c.Zone), Reason: a.Reason, Attests: a.Attests, InError: a.Status == "entered-in-error", Check: note.VerifyDigest(raw[i].Node())}
		if d.Hand, err = hand(c, raw[i], a.Author); err != nil {
			return v, err
		}
		if d.InError {
			if d.ErrorWords, err = errorWords(c, a.ID); err != nil {
				return v, err
			}
		}
		for _, s := range a.Sections {
			ss := shown(s, "")
			if at := slices.IndexFunc(reading, func(was note.Section) bool { return was.Code == s.Code }); at >= 0 && !a.Attests {
				ss.Changed = note.Diff(note.Clean(reading[at].Text), s.Text)
			}
			d.Sections = append(d.Sections, ss)
		}
		v.Addenda = append(v.Addenda, d)
		reading = note.Reading(note.Note{Sections: reading}, []note.Note{a})
		cosigned = cosigned || a.Attests && !d.InError
	}
	final := n.Status == "final" || n.Status == "amended"
	v.MayAdd = final && n.Appends == "" && writes(c)
	v.MayMark = final && c.Can(access.Update, "Composition") && mine(c, n)
	waits, err := cosignTasks(c, p.ID(), r.ID)
	if err != nil {
		return v, err
	}
	for _, t := range waits {
		v.Cosign = "Cosignature asked of " + t.Node().Path("owner", "display").Str()
	}
	v.MayCosign = final && n.Appends == "" && !cosigned && c.Actor.Role == access.Physician && !mine(c, n)
	return v, nil
}

// mine says whether who asks is the author: an error is marked by who made it.
func mine(c *door.Call, n note.Note) bool {
	who := me(c)
	if n.Author.Ref != "" {
		return n.Author.Ref == who.Ref
	}
	return n.Author.User != "" && n.Author.User == who.User
}

func name(w note.Who) string {
	if w.Name != "" {
		return w.Name
	}
	return "author not recorded"
}

// errorWords say who marked a note as entered in error, when and why, by its
// Provenance.
func errorWords(c *door.Call, id string) (string, error) {
	list, err := find(c, "Provenance", url.Values{"target": {"Composition/" + id}, "_count": {"50"}})
	if err != nil {
		return "", err
	}
	for _, r := range list {
		n := r.Node()
		if !n.Path("activity", "coding", "code").Is("NULLIFY") || !bySelf(r.Author, n.Path("agent", "who", "reference").Str(), n.Path("agent", "who", "identifier", "value").Str()) {
			continue
		}
		return "Marked by " + n.Path("agent", "who", "display").Str() + ", " + stamp(when(n.Get("recorded"), c.Zone), c.Zone) + ": " + n.Path("reason", "text").Str(), nil
	}
	return "Who marked it, and why, is not recorded here.", nil
}

// bySelf says whether a version's writer, as the gate knows it, is the person whom
// the resource names. The system writes for others: what was imported.
func bySelf(writer, ref, user string) bool {
	return writer == "" || strings.HasPrefix(writer, "system:") || ref != "" && writer == ref || ref == "" && user != "" && writer == "user:"+user
}

// hand says who wrote a note into this chart when it names another as its author:
// a resource says of itself what its writer wants.
func hand(c *door.Call, r record.Resource, author note.Who) (string, error) {
	first := r
	if r.Version != "1" {
		var err error
		if first, err = c.Session(access.EMR).ReadVersion(c.R.Context(), r.Type, r.ID, "1"); err != nil {
			return "", err
		}
	}
	kind, id, ok := strings.Cut(first.Author, "/")
	if !ok {
		kind, id, _ = strings.Cut(first.Author, ":")
	}
	if kind != "Practitioner" && kind != "user" && kind != "client" || bySelf(first.Author, author.Ref, author.User) {
		return "", nil
	}
	if kind == "Practitioner" {
		if p, err := c.Session(access.EMR).Read(c.R.Context(), "Practitioner", id); err == nil {
			if name := fhir.HumanNameOf(p.Node().Get("name").Index(0)).String(); name != "" {
				id = name
			}
		}
	}
	return id, nil
}

func cosignTasks(c *door.Call, patient, id string) ([]record.Resource, error) {
	list, err := find(c, "Task", url.Values{"patient": {patient}, "focus": {"Composition/" + id}, "status": {"requested,in-progress"}, "_count": {"20"}})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(r record.Resource) bool { return !r.Node().Path("code", "coding", "code").Is("cosign") }), nil
}

func (h *room) addend(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	r, n, err := signedNote(c)
	if err != nil {
		c.Failed(err)
		return
	}
	f := addForm{Open: "addendum", Reason: form.Get("reason"), Text: crlf(form.Get("text")), Amend: form.Get("amend"), Amended: crlf(form.Get("amended"))}
	adds, _, err := addenda(c, n.Patient, r.ID)
	if err != nil {
		c.Failed(err)
		return
	}
	current := note.Reading(n, adds)
	if form.Get("do") == "load" { // without a script: how the section reads now, to be changed
		for _, s := range current {
			if s.Code == f.Amend {
				f.Amended = s.Text
			}
		}
		h.showNote(c, http.StatusOK, f)
		return
	}
	a := note.Addendum{Reason: f.Reason, Text: f.Text}
	if f.Amend != "" && f.Amended != "" {
		a.Amends = map[string]string{f.Amend: f.Amended}
	}
	_, acts, err := note.Addend(n, current, a, note.Signing{Now: c.Now.In(c.Zone), By: me(c), Note: fresh()})
	if !h.said(c, &f, err) {
		return
	}
	h.commit(c, r.ID, acts, "The addendum is signed.")
}

// said shows the page again when what was typed cannot be accepted.
func (h *room) said(c *door.Call, f *addForm, err error) bool {
	var b *note.Blocked
	switch {
	case err == nil:
		return true
	case errors.Is(err, note.ErrReason):
		f.ReasonError = "Say why: the reason stands beside it for ever."
	case errors.Is(err, note.ErrLong):
		f.TextErr = "Too long: a reason holds 500 characters, a text 60,000."
	case errors.Is(err, note.ErrNothing):
		f.TextErr = "Nothing is written, or nothing was changed."
	case errors.Is(err, note.ErrSigned):
		f.Error = "This note is not one that can have that: it is not signed, or it was entered in error."
	case errors.As(err, &b):
		f.TextErr = "Lines still have " + note.Marker + ": fill them in or take them out."
	default:
		c.Failed(err)
		return false
	}
	h.showNote(c, http.StatusUnprocessableEntity, *f)
	return false
}

func (h *room) commit(c *door.Call, id string, acts []record.Act, said string) {
	if _, err := c.Session(access.EMR).Transact(c.R.Context(), acts); err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", c.R.PathValue("id"), "notes", id), web.Flash{Kind: web.Good, Text: said})
}

func (h *room) inError(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	r, n, err := signedNote(c)
	if err != nil {
		c.Failed(err)
		return
	}
	if !mine(c, n) {
		c.Failed(&record.Refused{Why: "only its author marks a note as entered in error; others append to it"})
		return
	}
	f := addForm{Open: "error", Reason: form.Get("reason")}
	version, _ := strconv.Atoi(r.Version)
	acts, err := note.EnterInError(r.Node(), version, f.Reason, note.Signing{Now: c.Now.In(c.Zone), By: me(c)})
	if !h.said(c, &f, err) {
		return
	}
	back := r.ID
	if n.Appends != "" {
		back = n.Appends
	}
	h.commit(c, back, acts, "Marked as entered in error. It stays legible, with your reason.")
}

func (h *room) cosign(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	r, n, err := signedNote(c)
	if err != nil {
		c.Failed(err)
		return
	}
	f := addForm{Open: "cosign", Statement: strings.TrimSpace(crlf(form.Get("statement")))}
	if mine(c, n) || c.Actor.Role != access.Physician {
		c.Failed(&record.Refused{Why: "a note is cosigned by another physician"})
		return
	}
	_, acts, err := note.Cosign(n, f.Statement, note.Signing{Now: c.Now.In(c.Zone), By: me(c), Note: fresh()})
	if !h.said(c, &f, err) {
		return
	}
	waits, err := cosignTasks(c, n.Patient, r.ID)
	if err != nil {
		c.Failed(err)
		return
	}
	for _, t := range waits {
		if a, ok := taskDone(t); ok {
			acts = append(acts, a)
		}
	}
	h.commit(c, r.ID, acts, "Cosigned: your attestation stands beneath the note.")
}

func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
