package documents

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/document"
	"wholechart/fhir"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// asked is what of the library is looked for.
type asked struct {
	Query string
	Kind  string // "notes", "letters", "reports", or a code of document.Kinds
	State string // "error": those entered in error
	From  int
	Kept  []string // ids just kept
}

// item is one document in the list.
type item struct {
	Title, Href string
	When        string
	Note        []string
	Snippet     document.Snippet
	Badges      []web.Badge
	Pills       []web.Pill
	Fresh       bool // kept just now
	Image       string
}

// shelf is the list.
type shelf struct {
	asked
	Whole        bool
	Action       string
	Items        []item
	All          int
	Range        string
	Newer, Older string
	Kinds        []web.Option
	Errors       int
	ErrorsHref   string
	AllHref      string
	Gap          string
	Cut          string // of a long record: what was not looked at
	Bounded      bool   // the search stopped at its bound
	Acts         []web.Button
	Tabs         web.Tabs
	Lens         web.Lens
	Drafts       []web.Link // letters that are being written
}

const pageOf = 60

func (h *room) library(c *door.Call) {
	if c.R.Method == http.MethodPost {
		if _, err := c.Form(); err != nil {
			c.Failed(err)
			return
		}
	}
	lens := access.EMR
	if strings.Contains(c.R.Pattern, "/whole/") {
		lens = access.EHR
	}
	p, err := h.pages.Patient(c, lens, "DocumentReference", "Composition", "DiagnosticReport")
	if err != nil {
		c.Failed(err)
		return
	}
	a := asked{Query: first(strings.TrimSpace(strings.ToValidUTF8(c.R.FormValue("q"), "")), 200), Kind: c.R.FormValue("kind"), State: c.R.FormValue("state")}
	a.From, _ = strconv.Atoi(c.R.FormValue("from"))
	if k := c.R.FormValue("kept"); k != "" && len(k) < 1000 {
		a.Kept = strings.Split(k, ",")
	}
	p.Show(http.StatusOK, frame(p, "Library"), libraryMain(h.shelf(c, p, a)))
}

// shelf looks for documents in a chart that is open.
func (h *room) shelf(c *door.Call, p *clinic.Patient, a asked) shelf {
	base := p.Href("library")
	s := shelf{asked: a, Whole: p.Whole(), Action: base, AllHref: base, ErrorsHref: base + "?state=error", Tabs: p.Tabs("documents"), Lens: p.LensSwitch("library"), Gap: p.Gap()}
	if writes(c) {
		s.Acts = []web.Button{{Label: "Write a letter", Href: p.ChartHref("letters", "new")}, {Label: "Upload", Href: p.ChartHref("upload"), Primary: true}}
	}
	if p.Desk() {
		return s
	}
	ch := p.Chart()
	for _, e := range ch.Errors {
		if e.Type == "DocumentReference" && e.Source.Own {
			s.Errors++
		}
	}
	for _, cut := range ch.Cut {
		if cut.Type == "DocumentReference" || cut.Type == "Composition" || cut.Type == "DiagnosticReport" {
			s.Cut = "Of this long record the newest " + strconv.Itoa(cut.Shown) + " of " + strconv.Itoa(cut.Of) + " were looked at."
		}
	}
	if !s.Whole && writes(c) {
		s.Drafts = h.open(c, p)
	}
	s.Kinds = kindsOf(ch, a.Kind)
	var found []item
	if a.State == "error" && !s.Whole {
		found = h.inErrorList(c, p)
	} else {
		look := document.NewLook(a.Query)
		for _, d := range ch.Documents {
			if a.Kind != "" && keyOf(d) != a.Kind {
				continue
			}
			snippet, ok := look.In(d)
			if ok {
				found = append(found, s.item(p, d, snippet))
			}
		}
		s.Bounded = look.Bounded()
	}
	s.All = len(found)
	from := max(0, min(a.From, len(found)))
	to := min(len(found), from+pageOf)
	s.Items = found[from:to]
	at := func(n int) string {
		q := url.Values{"from": {strconv.Itoa(n)}}
		for name, v := range map[string]string{"q": a.Query, "kind": a.Kind, "state": a.State} {
			if v != "" {
				q.Set(name, v)
			}
		}
		return base + "?" + q.Encode()
	}
	if from > 0 {
		s.Newer = at(max(0, from-pageOf))
	}
	if to < len(found) {
		s.Older = at(to)
	}
	if from > 0 || to < len(found) {
		s.Range = strconv.Itoa(from+1) + "–" + strconv.Itoa(to) + " of " + strconv.Itoa(len(found))
	}
	return s
}

// keyOf is by what a document's kind is chosen: its LOINC code, else its word.
func keyOf(d chart.Document) string {
	for _, name := range []string{"type", "code"} {
		for c := range d.Node().Get(name).Get("coding").Items() {
			if c.Get("system").Is("http://loinc.org") {
				return c.Get("code").Str()
			}
		}
	}
	return d.Kind
}

// kindsOf are the kinds that the record has, by their word.
func kindsOf(ch *chart.Chart, now string) []web.Option {
	count, word := map[string]int{}, map[string]string{}
	for _, d := range ch.Documents {
		k := keyOf(d)
		count[k]++
		if word[k] == "" {
			if word[k] = d.Kind; d.Kind == "" {
				word[k] = "Other"
			}
			if own, ok := document.KindOf(k); ok {
				word[k] = own.Word
			}
		}
	}
	var out []web.Option
	for k, w := range word {
		out = append(out, web.Option{Value: k, Label: first(w, 50) + " (" + strconv.Itoa(count[k]) + ")"})
	}
	slices.SortFunc(out, func(a, b web.Option) int { return strings.Compare(a.Label, b.Label) })
	if _, ok := word[now]; now != "" && !ok {
		out = append(out, web.Option{Value: now, Label: "None of this kind"})
	}
	return append([]web.Option{{Value: "", Label: "Every kind"}}, out...)
}

func (s *shelf) item(p *clinic.Patient, d chart.Document, snippet document.Snippet) item {
	n := d.Node()
	i := item{Title: d.Title, Href: p.FactHref(d.Prov), When: p.When(d.When), Badges: p.Badges(d.Prov, d.Also), Snippet: snippet}
	if d.Kind != "" && d.Kind != d.Title {
		i.Note = append(i.Note, d.Kind)
	}
	author := d.Author
	if d.Type == "DocumentReference" && document.DigestOf(n) != "" {
		author = document.EntryOf(n).Author // who brought a file in did not write it
	}
	if author != "" {
		i.Note = append(i.Note, author)
	}
	if own := d.Source != nil && d.Source.Own; own {
		switch d.Type {
		case "DocumentReference":
			i.Href = p.ChartHref("library", d.ID)
			if k := n.Get("content").Index(0).Get("attachment").Get("contentType").Str(); (k == string(document.PNG) || k == string(document.JPEG)) && !s.Whole {
				i.Image = p.ChartHref("library", d.ID, "preview") + "?size=small"
			}
		case "Composition":
			i.Href = p.ChartHref("notes", d.ID)
		}
	}
	if d.Type == "DocumentReference" {
		if f := formatWord(n); f != "" {
			i.Note = append(i.Note, f)
		}
		if src := document.EntryOf(n).Outside; src != "" {
			i.Note = append(i.Note, "from "+src)
		}
	}
	if l := document.LabelIn(n); l != "" {
		i.Pills = append(i.Pills, web.Pill{Text: l, Shape: web.Lock})
	}
	switch {
	case d.Draft:
		i.Pills = append(i.Pills, web.Pill{Kind: web.Warning, Text: "not signed", Shape: web.Pencil})
	case d.Superseded:
		i.Pills = append(i.Pills, web.Pill{Text: "superseded"})
	case document.Signed(n), d.Type == "Composition" && d.Status == "final":
		i.Pills = append(i.Pills, web.Pill{Kind: web.Good, Text: "signed"})
	case d.Status == "amended":
		i.Pills = append(i.Pills, web.Pill{Text: "amended"})
	}
	i.Fresh = slices.Contains(s.Kept, d.ID)
	return i
}

// formatWord is "PDF, 3 pages".
func formatWord(n fhir.Node) string {
	word := ""
	for content := range n.Get("content").Items() {
		kind, _, _ := strings.Cut(content.Path("attachment", "contentType").Str(), ";")
		f := document.Format(strings.TrimSpace(kind))
		if word == "" || f == document.PDF {
			word = f.Word()
		}
		if pages := document.PagesOf(n); f == document.PDF && pages > 1 {
			word += ", " + strconv.Itoa(pages) + " pages"
		}
	}
	return word
}

// inErrorList are this site's documents that were entered in error.
func (h *room) inErrorList(c *door.Call, p *clinic.Patient) (out []item) {
	for _, e := range p.Chart().Errors {
		if e.Type != "DocumentReference" || !e.Source.Own || len(out) >= pageOf {
			continue
		}
		r, err := c.Session(access.EMR).Read(c.R.Context(), e.Type, e.ID)
		if err != nil {
			continue // not for this account
		}
		i := item{Title: document.EntryOf(r.Node()).Title, Href: p.ChartHref("library", e.ID), When: p.When(e.When), Badges: []web.Badge{p.Badge(e)}}
		i.Pills = []web.Pill{{Kind: web.Danger, Text: "entered in error", Shape: web.Cross}}
		out = append(out, i)
	}
	return out
}
