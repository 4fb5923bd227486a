package documents

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"wholechart/access"
	"wholechart/chart/document"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// maxShown bounds the text of a document on its page, in bytes.
const maxShown = 200 << 10

// one is the page of one document.
type one struct {
	ID, Title  string
	Kind       string
	Facts      []fact
	Notes      []string
	Text       string
	Blocks     []document.Block // of a letter that was written here
	Cut        bool
	Image      string
	Files      []web.Link
	Error      bool // entered in error
	Why        string
	Signed     bool
	SignedAt   string
	SignedBy   string
	Badge      web.Badge
	Label      string
	Version    string
	Action     string
	Library    string
	Fact       string
	Letter     string // print page of a letter
	MoveHref   string
	May        bool
	Movable    bool
	Correct    bool
	Entry      document.Entry
	Wrong      document.Wrong
	Problem    string
	WhyProblem string
	WhyTyped   string
	Theirs     *document.Entry // what somebody saved meanwhile
	Visits     []web.Option
}

type fact struct{ Name, Value string }

func (h *room) view(c *door.Call) { h.showOne(c, http.StatusOK, nil) }

func (h *room) showOne(c *door.Call, status int, with func(*one)) {
	r, err := reference(c)
	if err != nil {
		c.Failed(err)
		return
	}
	p, err := h.pages.Patient(c, access.EMR)
	if err != nil {
		c.Failed(err)
		return
	}
	if p.Desk() {
		c.Failed(&record.Refused{Why: "documents of care are not part of this role"})
		return
	}
	o := h.one(c, p, r)
	if with != nil {
		with(&o)
	}
	page := frame(p, first(o.Title, 60))
	if o.May {
		page.Side = oneSide(o)
	}
	p.Show(status, page, oneMain(o))
}

func (h *room) one(c *door.Call, p *clinic.Patient, r record.Resource) one {
	n := r.Node()
	e := document.EntryOf(n)
	o := one{ID: r.ID, Title: e.Title, Entry: e, Version: r.Version, Error: n.Get("status").Is("entered-in-error"), Label: document.LabelIn(n),
		Action: p.ChartHref("library", r.ID), Library: p.ChartHref("library"), Fact: p.ChartHref("fact", "DocumentReference", r.ID), Notes: document.NotesOf(n), Signed: document.Signed(n)}
	if o.Title == "" {
		o.Title = "Document without a title"
	}
	if k, ok := document.KindOf(e.Kind); ok {
		o.Kind = k.Word
	} else {
		o.Kind = fhir.CodeableConceptOf(n.Get("type")).Label()
	}
	add := func(name, value string) {
		if value != "" {
			o.Facts = append(o.Facts, fact{name, value})
		}
	}
	date := "not recorded"
	if e.Date != "" {
		date = web.PartialDateText(e.Date)
	}
	add("Kind", o.Kind)
	add("Date", date)
	author := e.Author
	if author == "" {
		author = "not recorded"
	}
	add("Author", author)
	add("From outside", e.Outside)
	if e.Encounter != "" {
		for _, v := range p.Chart().Encounters {
			if v.ID == e.Encounter {
				add("Visit", p.When(v.When)+" "+visitName(v))
			}
		}
	}
	add("Confidential", o.Label)
	if at, err := fhir.ParseDateTime(n.Get("date").Str()); err == nil {
		lo, _ := at.Interval(c.Zone)
		add("Kept", lo.In(c.Zone).Format("2 Jan 2006, 15:04")+by(h.name(c, r.Author)))
	}
	i := 0
	for content := range n.Get("content").Items() {
		a := content.Get("attachment")
		format := document.Format(strings.TrimSpace(strings.Split(a.Get("contentType").Str(), ";")[0]))
		word := format.Word()
		if word == "" {
			word = a.Get("contentType").Str()
		}
		if format == document.PDF && document.PagesOf(n) > 0 {
			word += ", " + plural(document.PagesOf(n), "page")
		}
		if size, _ := strconv.Atoi(string(a.Get("size").Raw())); size > 0 {
			word += ", " + sizeText(size)
		}
		if !a.Get("url").Exists() || strings.HasPrefix(a.Get("url").Str(), "Binary/") {
			o.Files = append(o.Files, web.Link{Label: word, Href: p.ChartHref("fact", "DocumentReference", r.ID, "content", strconv.Itoa(i))})
		} else {
			o.Facts = append(o.Facts, fact{"Kept elsewhere", a.Get("url").Str()})
		}
		i++
		switch format {
		case document.PNG, document.JPEG:
			if o.Image == "" {
				o.Image = p.ChartHref("library", r.ID, "preview")
			}
		case document.Text:
			if o.Text == "" {
				o.Text, o.Cut = h.text(c, r, a)
			}
		}
	}
	if o.Signed {
		at, by := document.SignedAt(n)
		o.SignedAt, o.SignedBy = at.In(c.Zone).Format("2 Jan 2006, 15:04"), by
		o.Letter = p.ChartHref("library", r.ID, "print")
		o.Blocks, o.Text = document.Blocks(o.Text), ""
	}
	if d := document.DigestOf(n); d != "" {
		add("SHA-256", d[:min(16, len(d))]+"…")
	}
	o.May = writes(c) && c.Can(access.Update, "DocumentReference")
	o.Correct = o.May && !o.Error && !o.Signed
	o.Movable = o.Correct && i == 1
	o.MoveHref = p.ChartHref("library", r.ID, "move")
	o.Visits = visits(p)
	if o.Error {
		o.Why = whyInError(c, r)
	}
	return o
}

func by(author string) string {
	if author == "" {
		return ""
	}
	return " by " + author
}

// name is who an author is, where the chart knows.
func (h *room) name(c *door.Call, author string) string {
	if id, ok := strings.CutPrefix(author, "Practitioner/"); ok {
		if r, err := c.Session(access.EMR).Read(c.R.Context(), "Practitioner", id); err == nil {
			for n := range r.Node().Get("name").Items() {
				if s := fhir.HumanNameOf(n).String(); s != "" {
					return s
				}
			}
		}
	}
	return author
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func sizeText(n int) string {
	if n >= 1<<20 {
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	}
	return strconv.Itoa(max(n>>10, 1)) + " kB"
}

// text is what a text file says, cut at what a page can hold.
func (h *room) text(c *door.Call, r record.Resource, a fhir.Node) (string, bool) {
	data := decoded(a)
	if data == nil {
		b, err := binaryOf(c, r)
		if err != nil {
			return "", false
		}
		data = decoded(b.Node())
	}
	text, ok := document.Decode(data)
	if !ok {
		return "", false
	}
	text = document.Clean(text)
	if len(text) > maxShown {
		return strings.ToValidUTF8(text[:maxShown], ""), true
	}
	return text, false
}

// whyInError is the reason that was given, from the Provenance that nullified it.
func whyInError(c *door.Call, r record.Resource) string {
	list, err := find(c, "Provenance", url.Values{"target": {"DocumentReference/" + r.ID}, "_count": {"20"}})
	if err != nil {
		return "" // not for this account
	}
	for _, p := range list {
		if p.Node().Get("activity").Get("coding").Index(0).Get("code").Is("NULLIFY") {
			why := p.Node().Get("reason").Index(0).Get("text").Str()
			if who := p.Node().Get("agent").Index(0).Path("who", "display").Str(); who != "" {
				why += " (" + who + ")"
			}
			return why
		}
	}
	return ""
}

// entryOf reads what was typed about a document.
func entryOf(form url.Values) document.Entry {
	get := func(k string) string { return strings.TrimSpace(strings.ToValidUTF8(form.Get(k), "")) }
	return document.Entry{Title: get("title"), Kind: get("kind"), Date: get("date"), Author: get("author"), Encounter: get("visit"), Outside: get("source"), Label: get("label"), Lessen: get("lessen")}
}

// correct changes what the index says of a document.
func (h *room) correct(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	r, ok := h.changeable(c)
	if !ok {
		return
	}
	if document.Signed(r.Node()) {
		c.Failed(&record.Refused{Why: "a signed letter is not changed: write another, or mark it as entered in error"})
		return
	}
	e := entryOf(form)
	w := wrong(c, c.Session(access.EMR), e)
	if e.Kind == document.EntryOf(r.Node()).Kind {
		delete(w, "kind") // a kind that is not of the list may stay
	}
	if e.Title == "" {
		w["title"] = "Give it a title: it is found by that."
	}
	switch was := document.EntryOf(r.Node()); {
	case !document.Lessens(was, e):
	case e.Lessen == "":
		w["lessen"] = "Say why it is less confidential than before, or leave it as confidential as it is."
	case utf8.RuneCountInString(e.Lessen) > document.MaxReason:
		w["lessen"] = "Say it shorter."
	}
	if len(w) > 0 {
		h.showOne(c, http.StatusUnprocessableEntity, func(o *one) { o.Entry, o.Wrong = e, w })
		return
	}
	moved := func() {
		h.showOne(c, http.StatusConflict, func(o *one) {
			theirs := o.Entry
			o.Entry, o.Theirs = e, &theirs
			o.Problem = "Somebody else changed this meanwhile. Yours stand in the fields; theirs are named beside them. Save to keep yours."
		})
	}
	if form.Get("version") != r.Version {
		moved()
		return
	}
	var binary *record.Resource
	switch b, err := binaryOf(c, r); {
	case err == nil:
		binary = &b
	case !errors.Is(err, record.ErrNotFound):
		c.Failed(err)
		return
	}
	acts, err := document.Correct(r, binary, e, keeping(c, c.R.PathValue("id")))
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	var conflict *record.VersionConflict
	switch {
	case errors.As(err, &conflict):
		moved()
	case err != nil:
		c.Failed(err)
	default:
		c.Done(c.Path("patients", c.R.PathValue("id"), "library", r.ID), web.Flash{Kind: web.Good, Text: "Corrected. The version before is kept."})
	}
}

// changeable reads the document of the address for somebody who may change it; it
// has answered when ok is false.
func (h *room) changeable(c *door.Call) (record.Resource, bool) {
	if !writes(c) || !c.Can(access.Update, "DocumentReference") {
		c.Failed(&record.Refused{Why: "changing documents is not part of this role"})
		return record.Resource{}, false
	}
	r, err := reference(c)
	if err != nil {
		c.Failed(err)
		return r, false
	}
	if r.Node().Get("status").Is("entered-in-error") {
		c.Done(c.Path("patients", c.R.PathValue("id"), "library", r.ID), web.Flash{Kind: web.Warning, Text: "This is entered in error already, and is not changed any more."})
		return r, false
	}
	return r, true
}

func (h *room) inError(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	r, ok := h.changeable(c)
	if !ok {
		return
	}
	why := strings.TrimSpace(strings.ToValidUTF8(form.Get("why"), ""))
	say := func(status int, text string) {
		h.showOne(c, status, func(o *one) { o.WhyProblem, o.WhyTyped = text, why })
	}
	switch {
	case why == "":
		say(http.StatusUnprocessableEntity, "Say why: who reads the record later must know.")
		return
	case len([]rune(why)) > document.MaxReason:
		say(http.StatusUnprocessableEntity, "At most "+strconv.Itoa(document.MaxReason)+" characters.")
		return
	case form.Get("version") != r.Version:
		say(http.StatusConflict, "Somebody else changed this meanwhile: look again, then mark it.")
		return
	}
	acts, err := document.InError(r, why, keeping(c, c.R.PathValue("id")))
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	if errors.As(err, new(*record.VersionConflict)) {
		say(http.StatusConflict, "Somebody else changed this meanwhile: look again, then mark it.")
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", c.R.PathValue("id"), "library"), web.Flash{Kind: web.Good, Text: "Marked as entered in error. It is kept, and counts as a fact no more."})
}
