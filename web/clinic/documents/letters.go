package documents

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart/document"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

func (h *room) letters(p *clinic.Pages) {
	const letters = "/{site}/patients/{id}/letters"
	p.Handle("GET "+letters+"/new", h.newLetter)
	p.Handle("POST "+letters, h.begin)
	p.Handle("GET "+letters+"/{lid}", h.letter)
	p.Handle("POST "+letters+"/{lid}", h.write)
	p.Handle("GET "+letters+"/{lid}/print", h.printDraft)
	p.Handle("GET "+letters+"/{lid}/draft.pdf", h.draftPDF)
	p.Handle("GET /{site}/patients/{id}/library/{did}/print", h.printSigned)
}

// choosing is the form that begins a letter.
type choosing struct {
	Action, Back string
	Template     string
	Visit        string
	Whole        bool
	Visits       []web.Option
	Problem      string
	Drafts       []web.Link
	Hidden       bool // of the whole record nothing may be read
}

// writing is the editor.
type writing struct {
	ID, Action, Back string
	document.Letter
	Rev      int
	Saved    string
	Print    string
	PDF      string
	Wrong    document.Wrong
	Problem  string
	Theirs   *document.Letter
	TheirsBy string
	Lacks    string
	Unfilled int
	Send     string
	Others   []string
	Kind     string
}

// open are the letters to this patient that are being written.
func (h *room) open(c *door.Call, p *clinic.Patient) (out []web.Link) {
	list, err := c.Session(access.EMR).Drafts(c.R.Context(), record.DraftQuery{Patient: p.ID(), Kind: "letter", Heads: true})
	if err != nil {
		return nil // not for this account
	}
	for _, d := range list {
		others := slices.DeleteFunc(slices.Clone(d.Writers), func(u string) bool { return u == c.Actor.ID })
		title := d.Title
		if d.Old(c.Now) {
			title = "Old draft, removed on " + d.Expires().In(c.Zone).Format("2 Jan 2006") + ": " + title
		}
		out = append(out, web.Link{Label: title + ", saved " + d.Updated.In(c.Zone).Format("2 Jan, 15:04") + by(strings.Join(others, ", ")), Href: p.ChartHref("letters", d.ID)})
	}
	return out
}

func (h *room) newLetter(c *door.Call) {
	if allowed(c) {
		h.showNew(c, http.StatusOK, choosing{Template: c.R.FormValue("template"), Visit: c.R.FormValue("visit")})
	}
}

func (h *room) showNew(c *door.Call, status int, n choosing) {
	p, err := h.pages.Patient(c, access.EMR)
	if err != nil {
		c.Failed(err)
		return
	}
	n.Action, n.Back = p.ChartHref("letters"), p.ChartHref("library")
	n.Visits, n.Drafts = visits(p), h.open(c, p)
	if _, ok := document.TemplateOf(n.Template); !ok {
		n.Template = document.Templates[0].ID
	}
	if n.Visit == "" && len(n.Visits) > 1 {
		n.Visit = n.Visits[1].Value
	}
	n.Hidden = !access.Decide(c.Actor, access.EHR, access.Read, "Patient").Allowed
	page := frame(p, "Write a letter")
	page.Side = newSide(n)
	p.Show(status, page, p.Overview())
}

// begin fills a template from the chart and keeps it as a draft.
func (h *room) begin(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	if !allowed(c) {
		return
	}
	n := choosing{Template: form.Get("template"), Visit: form.Get("visit"), Whole: form.Get("facts") == "whole"}
	t, ok := document.TemplateOf(n.Template)
	if !ok {
		n.Problem = "Choose what to write."
		h.showNew(c, http.StatusUnprocessableEntity, n)
		return
	}
	lens := access.EMR
	if n.Whole {
		lens = access.EHR
	}
	p, err := h.pages.Patient(c, lens, "Immunization", "Procedure", "Condition")
	if err != nil {
		c.Failed(err)
		return
	}
	var v *document.Visit
	if n.Visit != "" && t.Visit {
		if v, err = h.visitOf(c, n.Visit); err != nil {
			if !errors.Is(err, record.ErrNotFound) {
				c.Failed(err)
				return
			}
			n.Problem = "Choose a visit of this patient."
			h.showNew(c, http.StatusUnprocessableEntity, n)
			return
		}
	}
	if v == nil && t.ID == document.AfterVisit {
		n.Problem = "Choose the visit that it is about."
		h.showNew(c, http.StatusUnprocessableEntity, n)
		return
	}
	gap := ""
	if n.Whole {
		gap = p.Gap()
	}
	l := document.Fill(t, p.Chart(), v, gap, c.Now)
	l.Key, l.Whole = fresh(), n.Whole
	if t.ID != "blank" && l.Body != "" {
		if l.Secret, err = confidential(c, lens, p.ID()); err != nil {
			c.Failed(err)
			return
		}
		if l.Secret {
			l.Label = "R"
		}
	}
	if len(l.Body) > document.MaxBody {
		l.Body = strings.ToValidUTF8(l.Body[:document.MaxBody-200], "") + "\n\n" + document.Marker + " The rest did not fit."
	}
	d := record.Draft{ID: fresh(), Kind: "letter", Type: "DocumentReference", Patient: p.ID(), Title: l.Title, Body: l.Encode()}
	if _, err := c.Session(access.EMR).PutDraft(c.R.Context(), d); err != nil {
		c.Failed(err)
		return
	}
	c.Done(p.ChartHref("letters", d.ID), web.Flash{})
}

func fresh() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// mine says whether a draft is of the patient of the address.
func mine(c *door.Call, d record.Draft) bool {
	return slices.Contains(c.Session(access.EMR).Together(c.R.PathValue("id")), d.Patient)
}

// draft is the letter of the address, of the patient of the address.
func draft(c *door.Call) (record.Draft, document.Letter, error) {
	d, err := c.Session(access.EMR).Draft(c.R.Context(), "letter", c.R.PathValue("lid"))
	if err != nil {
		return d, document.Letter{}, err
	}
	if !mine(c, d) {
		return d, document.Letter{}, record.ErrNotFound
	}
	l, err := document.ParseLetter(d.Body)
	return d, l, err
}

func (h *room) letter(c *door.Call) {
	d, l, err := draft(c)
	if errors.Is(err, record.ErrNotFound) {
		h.gone(c)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	h.showLetter(c, http.StatusOK, writing{Letter: l, Rev: d.Rev, Saved: d.Updated.In(c.Zone).Format("15:04:05")})
}

// gone says that a letter was signed or dropped, if it ever was.
func (h *room) gone(c *door.Call) {
	c.Done(c.Path("patients", c.R.PathValue("id"), "library"), web.Flash{Kind: web.Warning, Text: "That letter is not being written any more: it was signed or dropped."})
}

func (h *room) showLetter(c *door.Call, status int, w writing) {
	lens := access.EMR
	if w.Whole {
		lens = access.EHR
	}
	p, err := h.pages.Patient(c, lens)
	if err != nil {
		c.Failed(err)
		return
	}
	w.ID = c.R.PathValue("lid")
	w.Action, w.Back = p.ChartHref("letters", w.ID), p.ChartHref("library")
	w.Print, w.PDF = w.Action+"/print", w.Action+"/draft.pdf"
	w.Unfilled = strings.Count(w.Body, document.Marker) + strings.Count(w.To, document.Marker)
	t, _ := document.TemplateOf(w.Template)
	w.Kind = t.Title
	var lacks []string
	for _, r := range document.Lacks(w.Letter, h.head(c, p.Chart(), time.Time{})) {
		if len(lacks) < 12 {
			lacks = append(lacks, string(r))
		}
	}
	w.Lacks = strings.Join(lacks, " ")
	page := frame(p, first(w.Title, 60))
	page.Side = letterSide(w)
	p.Show(status, page, p.OverviewAt())
}
