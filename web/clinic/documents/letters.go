package documents

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/document"
	"wholechart/chart/note"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
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
	list, err := c.Session(access.EMR).Drafts(c.R.Context(), record.DraftQuery{Patient: p.ID(), Kind: "letter"})
	if err != nil {
		return nil // not for this account
	}
	for _, d := range list {
		others := slices.DeleteFunc(slices.Clone(d.Writers), func(u string) bool { return u == c.Actor.ID })
		out = append(out, web.Link{Label: d.Title + ", saved " + d.Updated.In(c.Zone).Format("2 Jan, 15:04") + by(strings.Join(others, ", ")), Href: p.ChartHref("letters", d.ID)})
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

// confidential says whether a record has facts under a label of secrecy, of the
// types that letters are filled with.
func confidential(c *door.Call, lens access.Lens, patient string) (bool, error) {
	const codes = "R,V,ETH,ETHUD,SUD,OPIOIDUD,42CFRPart2,PSY,MH,PSYTHPN,HIV,SEX,STD,DV,SDV,VIO"
	for _, typ := range []string{"Condition", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Observation", "Immunization", "Procedure", "FamilyMemberHistory", "Composition", "ServiceRequest", "Appointment", "CareTeam"} {
		if typ == "Appointment" && lens == access.EHR {
			continue // the whole record is not searched for those; it is the chart's own that a letter names first
		}
		q, err := search.Parse(typ, url.Values{"patient": {patient}, "_security": {codes}, "_count": {"1"}}, search.Options{DefaultCount: 1, Now: c.Now})
		if err != nil {
			return false, err
		}
		page, err := c.Session(lens).Search(c.R.Context(), q)
		if err != nil {
			return false, err
		}
		if len(page.Matches) > 0 {
			return true, nil
		}
	}
	return false, nil
}

func fresh() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// visitOf is what was written at one visit of the patient of the address.
func (h *room) visitOf(c *door.Call, id string) (*document.Visit, error) {
	s := c.Session(access.EMR)
	e, err := s.Read(c.R.Context(), "Encounter", id)
	if err != nil {
		return nil, err
	}
	patient := c.R.PathValue("id")
	if !of(c, e.Node(), patient) {
		return nil, record.ErrNotFound
	}
	src := chart.Source{Slug: c.Site.Slug, Name: c.Site.Name, State: c.Site.State, Badge: c.Site.Badge, Color: c.Site.Color(), Own: true}
	facts := []chart.Fact{factOf(e, src)}
	v := &document.Visit{ID: id}
	for _, typ := range []string{"Observation", "Condition", "MedicationRequest", "ServiceRequest", "DiagnosticReport", "Composition"} {
		q := url.Values{"encounter": {"Encounter/" + id}, "patient": {patient}, "_count": {"200"}}
		if typ == "Composition" {
			q.Set("_sort", "-date")
		}
		list, err := find(c, typ, q)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if typ != "Composition" {
				facts = append(facts, factOf(r, src))
				continue
			}
			n := note.Parse(r.Node())
			if n.Status == "entered-in-error" || v.Plan+v.Told != "" {
				continue
			}
			v.Signed = n.Status == "final" || n.Status == "amended"
			if sec := n.Section("51847-2"); sec != nil {
				v.Plan = sec.Text
			}
			if sec := n.Section("69730-0"); sec != nil {
				v.Told = sec.Text
			}
		}
	}
	v.Facts = chart.Assemble(patient, facts, c.Now, c.Zone)
	if len(v.Facts.Encounters) > 0 {
		x := v.Facts.Encounters[0]
		v.When, v.Reason, v.Who = x.When, x.Reason, x.Who
		if v.Reason == "" {
			v.Reason = x.Type
		}
	}
	if v.Plan+v.Told == "" {
		h.fromDraft(c, v)
	}
	return v, nil
}

// fromDraft takes plan and instructions from the note that is still being written.
func (h *room) fromDraft(c *door.Call, v *document.Visit) {
	d, err := c.Session(access.EMR).Draft(c.R.Context(), "note", v.ID)
	if err != nil || !mine(c, d) {
		return
	}
	n, err := note.ParseDraft(d.Body)
	if err != nil {
		return
	}
	if s := n.Section("51847-2"); s != nil {
		v.Plan = s.Text
	}
	if s := n.Section("69730-0"); s != nil {
		v.Told = s.Text
	}
}

func factOf(r record.Resource, src chart.Source) chart.Fact {
	return chart.Fact{Node: r.Node(), Type: r.Type, ID: r.ID, Version: r.Version, Updated: r.Updated, Author: r.Author, Source: src}
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

// head is what stands on a letter of this patient besides its text.
func (h *room) head(c *door.Call, ch *chart.Chart, signed time.Time) document.Head {
	p := ch.Patient
	out := document.Head{Site: c.Site.Name, Patient: p.Name, By: me(c), Demo: c.Demo}
	if out.Patient == "" {
		out.Patient = "Name not recorded"
	}
	if !signed.IsZero() {
		out.Signed = signed.In(c.Zone)
	}
	if p.Birth.Known() {
		out.Born = p.Birth.String()
	}
	for _, m := range p.MRNs {
		if m.Source == nil || m.Source.Own {
			out.MRN = m.Value
			break
		}
	}
	out.Address = h.address(c)
	return out
}

// address is the site's own: that of its Organization or Location, where one has it.
func (h *room) address(c *door.Call) []string {
	for _, typ := range []string{"Organization", "Location"} {
		list, err := find(c, typ, url.Values{"_count": {"20"}})
		if err != nil {
			continue
		}
		for _, r := range list {
			n := r.Node()
			if !n.Get("name").Is(c.Site.Name) && len(list) > 1 {
				continue
			}
			a := n.Get("address")
			if a.Kind() == fhir.Array {
				a = a.Index(0)
			}
			var out []string
			for line := range a.Get("line").Items() {
				out = append(out, line.Str())
			}
			if city := strings.TrimSpace(strings.Trim(a.Get("city").Str()+", "+a.Get("state").Str()+" "+a.Get("postalCode").Str(), ", ")); city != "" {
				out = append(out, city)
			}
			for t := range n.Get("telecom").Items() {
				if t.Get("system").Is("phone") {
					out = append(out, t.Get("value").Str())
					break
				}
			}
			if len(out) > 0 {
				return out[:min(len(out), 4)]
			}
		}
	}
	return nil
}

// write saves, signs or drops a letter.
func (h *room) write(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	if !allowed(c) {
		return
	}
	d, was, err := draft(c)
	if errors.Is(err, record.ErrNotFound) || err == nil && form.Get("key") != was.Key {
		h.gone(c)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	l := was
	l.Title, l.To, l.Body, l.Label = strings.TrimSpace(document.Clean(form.Get("title"))), document.Clean(form.Get("to")), document.Clean(form.Get("body")), form.Get("label")
	l.Title = strings.ReplaceAll(l.Title, "\n", " ")
	rev, _ := strconv.Atoi(form.Get("rev"))
	w := writing{Letter: l, Rev: d.Rev, Send: first(strings.TrimSpace(form.Get("send")), 200), Saved: d.Updated.In(c.Zone).Format("15:04:05")}
	background := c.R.Header.Get("Wholechart-Save") != ""
	s := c.Session(access.EMR)
	if form.Get("act") == "drop" {
		if err := s.DropDraft(c.R.Context(), "letter", d.ID, rev); err != nil && !errors.As(err, new(*record.DraftMoved)) {
			c.Failed(err)
			return
		} else if err != nil {
			h.moved(c, w, was, d)
			return
		}
		c.Done(c.Path("patients", d.Patient, "library"), web.Flash{Text: "The letter was dropped."})
		return
	}
	if errors.As(l.Check(), &w.Wrong) {
		if background {
			answer(c, http.StatusUnprocessableEntity, "", 0)
			return
		}
		h.showLetter(c, http.StatusUnprocessableEntity, w)
		return
	}
	if rev != d.Rev && (l.Body != was.Body || l.To != was.To || l.Title != was.Title || l.Label != was.Label) {
		if background {
			answer(c, http.StatusConflict, "", d.Rev)
			return
		}
		h.moved(c, w, was, d)
		return
	}
	if l != was {
		d.Body, d.Title = l.Encode(), l.Title
		next, err := s.PutDraft(c.R.Context(), d)
		var moved *record.DraftMoved
		switch {
		case errors.As(err, &moved) && background:
			answer(c, http.StatusConflict, "", moved.Current.Rev)
			return
		case errors.As(err, &moved):
			theirs, err := document.ParseLetter(moved.Current.Body)
			if err != nil {
				c.Failed(err)
				return
			}
			w.Rev = moved.Current.Rev
			h.moved(c, w, theirs, moved.Current)
			return
		case errors.Is(err, record.ErrNotFound):
			h.gone(c)
			return
		case err != nil:
			c.Failed(err)
			return
		}
		d = next
	}
	w.Rev, w.Saved = d.Rev, d.Updated.In(c.Zone).Format("15:04:05")
	switch {
	case background:
		answer(c, http.StatusOK, w.Saved, d.Rev)
	case form.Get("act") == "sign":
		h.sign(c, d, l, w)
	case form.Get("act") == "print":
		c.Done(c.Path("patients", d.Patient, "letters", d.ID, "print"), web.Flash{})
	default:
		c.Done(c.Path("patients", d.Patient, "letters", d.ID), web.Flash{Kind: web.Good, Text: "Saved."})
	}
}

// moved shows both hands' texts: mine in the fields, theirs beside them.
func (h *room) moved(c *door.Call, w writing, theirs document.Letter, d record.Draft) {
	w.Theirs, w.Rev = &theirs, d.Rev
	others := slices.DeleteFunc(slices.Clone(d.Writers), func(u string) bool { return u == c.Actor.ID })
	w.TheirsBy = strings.Join(others, ", ")
	h.showLetter(c, http.StatusConflict, w)
}

// answer tells documents.js what became of a save.
func answer(c *door.Call, status int, saved string, rev int) {
	web.SecurityHeaders(c.W)
	c.W.Header().Set("Content-Type", "application/json")
	c.W.WriteHeader(status)
	_, _ = c.W.Write([]byte(`{"saved":"` + saved + `","rev":` + strconv.Itoa(rev) + `}`))
}

// sign makes the letter, as it was just saved, a document.
func (h *room) sign(c *door.Call, d record.Draft, l document.Letter, w writing) {
	if err := l.Ready(); err != nil {
		w.Problem = "Not signed: " + err.Error() + "."
		h.showLetter(c, http.StatusUnprocessableEntity, w)
		return
	}
	ch, err := chart.Glance(c.R.Context(), c.Session(access.EMR), d.Patient, c.Now)
	if err != nil {
		c.Failed(err)
		return
	}
	pdf, err := document.Print(l, h.head(c, ch, c.Now))
	if err != nil {
		w.Problem = "Not signed: it has more pages than a letter may have. Make it shorter."
		h.showLetter(c, http.StatusUnprocessableEntity, w)
		return
	}
	k := keeping(c, d.Patient)
	acts, err := document.Sign(l, pdf, k, &record.Signed{Kind: "letter", ID: d.ID, Rev: d.Rev}, w.Send)
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	var moved *record.DraftMoved
	var invalid *record.Invalid
	switch {
	case errors.As(err, &moved):
		theirs, _ := document.ParseLetter(moved.Current.Body)
		h.moved(c, w, theirs, moved.Current)
	case errors.Is(err, record.ErrNotFound):
		h.gone(c)
	case errors.As(err, &invalid):
		w.Problem = "Not signed: " + invalid.Error() + "."
		h.showLetter(c, http.StatusUnprocessableEntity, w)
	case err != nil:
		c.Failed(err)
	default:
		said := "Signed. The PDF is kept with it."
		if w.Send != "" {
			said = "Signed. A task asks to send it."
		}
		c.Done(c.Path("patients", d.Patient, "library", k.ID), web.Flash{Kind: web.Good, Text: said})
	}
}

func (h *room) draftPDF(c *door.Call) {
	d, l, err := draft(c)
	if err != nil {
		c.Failed(err)
		return
	}
	ch, err := chart.Glance(c.R.Context(), c.Session(access.EMR), d.Patient, c.Now)
	if err != nil {
		c.Failed(err)
		return
	}
	pdf, err := document.Print(l, h.head(c, ch, time.Time{}))
	if err != nil {
		c.Say(http.StatusUnprocessableEntity, "Too long for a letter", "It has more pages than a letter may have. Nothing was lost: make it shorter.", web.Link{Label: "Back to the letter", Href: c.Path("patients", d.Patient, "letters", d.ID)})
		return
	}
	web.SecurityHeaders(c.W)
	head := c.W.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("Content-Type", "application/pdf")
	head.Set("Content-Disposition", `attachment; filename="draft.pdf"`)
	_, _ = c.W.Write(pdf)
}

// printed is a letter as a page to print.
type printed struct {
	document.Head
	Title  string
	To     []string
	Blocks []document.Block
	Date   string
	Back   string
	Draft  bool
	Signed string
	Error  bool
}

func (h *room) printDraft(c *door.Call) {
	d, l, err := draft(c)
	if errors.Is(err, record.ErrNotFound) {
		h.gone(c)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	h.printPage(c, l, printed{Draft: true, Back: c.Path("patients", d.Patient, "letters", d.ID)})
}

func (h *room) printSigned(c *door.Call) {
	r, err := reference(c)
	if err == nil && !document.Signed(r.Node()) {
		err = record.ErrNotFound
	}
	if err != nil {
		c.Failed(err)
		return
	}
	text := string(decoded(r.Node().Get("content").Index(0).Get("attachment")))
	at, by := document.SignedAt(r.Node())
	p := printed{Back: c.Path("patients", c.R.PathValue("id"), "library", r.ID), Error: r.Node().Get("status").Is("entered-in-error")}
	p.Signed = by + ", " + at.In(c.Zone).Format("2 Jan 2006, 15:04 MST")
	p.Date = at.In(c.Zone).Format("2 January 2006")
	h.printPage(c, document.Letter{Title: document.EntryOf(r.Node()).Title, Body: text}, p)
}

func (h *room) printPage(c *door.Call, l document.Letter, p printed) {
	ch, err := chart.Glance(c.R.Context(), c.Session(access.EMR), c.R.PathValue("id"), c.Now)
	if err != nil {
		c.Failed(err)
		return
	}
	p.Head = h.head(c, ch, time.Time{})
	p.Title, p.Blocks = l.Title, document.Blocks(l.Body)
	if to := strings.TrimSpace(l.To); to != "" {
		p.To = strings.Split(to, "\n")
	}
	page := c.Page(first(l.Title, 60))
	page.Narrow = true
	page.Sheets = append(page.Sheets, sheetURL)
	page.Modules = append(page.Modules, moduleURL)
	c.Show(page, printMain(p))
}
