package facts

import (
	"cmp"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/chart/entry"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/terminology"
	"wholechart/web"
	"wholechart/web/plot"
)

type node = fhir.Node

func tree(body []byte) (fhir.Node, error) {
	d, err := fhir.Parse(body)
	if err != nil {
		return fhir.Node{}, err
	}
	return d.Root(), nil
}

// middle is what a kind's page shows beside the form.
type middle struct {
	Tabs     web.Tabs
	Title    string
	Rows     []row
	Stated   []row // that there is none, that nobody asked
	Empty    *web.EmptyState
	More     bool // there are more than are listed
	Versions []version
	Pedigree *plot.Pedigree
	Outside  web.Link
}

// row is one fact of the own chart, led to its form.
type row struct {
	Title, Note, Href string
	Pills             []web.Pill
	On                bool // the one that is edited
}

// version is one version of a fact: who, when, and what it changed.
type version struct {
	N       string
	When    web.Instant
	Who     string
	Changes []diff
	First   bool
	Current bool
	Restore string // POST address; empty of the current one
	Version string // the current one, for the form
	Why     string // of a withdrawal
}

func (pg *page) show(status int) {
	facts, stated, err := own(pg.c, pg.p.ID(), pg.k)
	if err != nil {
		pg.c.Failed(err)
		return
	}
	m := middle{Tabs: pg.p.Tabs(sectionOf[pg.k.Slug]), Title: titles[pg.k.Slug], More: len(facts) >= most}
	if m.Title == "" {
		m.Title = pg.k.Title
	}
	sortFacts(pg.k, facts)
	for _, r := range facts {
		m.Rows = append(m.Rows, pg.row(r))
	}
	for _, r := range stated {
		m.Stated = append(m.Stated, pg.stated(r))
	}
	if len(m.Rows) == 0 && len(m.Stated) == 0 {
		m.Empty = &web.EmptyState{What: strings.ToLower(m.Title), Zone: pg.c.Zone}
	}
	if pg.k.Slug == "family" {
		p := pedigree(pg.p.Chart(), pg.p.FactHref)
		m.Pedigree = &p
	}
	if pg.cur.ID != "" {
		if m.Versions, err = pg.versions(); err != nil {
			pg.c.Failed(err)
			return
		}
	}
	frame := pg.p.Frame(pg.title())
	frame.Sheets = append(frame.Sheets, pg.h.sheet)
	frame.Modules = append(frame.Modules, pg.h.module)
	frame.Side = panelView(pg.panel(len(facts) > 0))
	pg.p.Show(status, frame, middleView(m))
}

var titles = map[string]string{"problem": "Problems", "medicine": "Medicines as reported", "allergy": "Allergies and intolerances", "immunisation": "Immunisations", "procedure": "Procedures",
	"family": "Family history", "device": "Implants", "goal": "Goals", "care-plan": "Care plans"}

func (pg *page) title() string {
	if pg.cur.ID == "" {
		return pg.k.Add
	}
	return "Edit " + strings.ToLower(pg.k.Title)
}

func (pg *page) panel(some bool) panel {
	pl := panel{Title: pg.title(), Lead: pg.k.Lead, Action: pg.c.R.URL.EscapedPath(), Error: pg.said, Conflict: pg.con, New: pg.cur.ID == "", CodeURL: pg.c.Path("code") + "/", Sources: sourcesLine(pg.k)}
	pl.Back = pg.p.ChartHref(cmpOr(sectionOf[pg.k.Slug], "about"))
	if pg.k.Code() != "" {
		pl.Back = pg.p.ChartHref("enter", "social")
	}
	pl.Fields, pl.More, pl.Groups = inputs(pg.k, pg.form, pg.errs)
	for _, l := range lines(pg.k) {
		if l.field.Codes != 0 {
			go terminology.Warm(l.field.Codes) // while the form is on its way
		}
	}
	if last := len(pl.Fields) - 1; len(pl.Groups) > 0 && pl.Fields[last].Name == "note" {
		pl.Fields, pl.Last = pl.Fields[:last], pl.Fields[last:]
	}
	if pl.New {
		if len(pg.errs) == 0 && pl.Error == "" && len(pl.Fields) > 0 {
			pl.Fields[0].Autofocus = true
		}
		if !some {
			for _, o := range entry.Denials(pg.k.Slug) {
				pl.None = append(pl.None, none{"none", o.Value, o.Label})
			}
			if _, ok := entry.NotAsked(pg.context(), pg.k.Slug); ok {
				pl.None = append(pl.None, none{"not-asked", "", "Not asked"})
			}
		}
		return pl
	}
	pl.Version, pl.Withdraw, pl.Ask = pg.cur.Version, true, pg.ask
	pl.Reason = web.Field{Name: "reason", Label: "Why", Type: "textarea", Rows: 2, MaxLength: 500, Error: pg.errs["reason"], Required: true, Autofocus: pg.ask}
	if _, can := pg.k.Resolved(pg.form, pg.context()); can && !isOver(pg.k.Slug, pg.k.Form(pg.cur.Node())) {
		pl.Over = overOf[pg.k.Slug]
	}
	if pg.con != nil {
		for i := range pl.Fields {
			pl.Fields[i].beside(pg.con)
		}
		for i := range pl.More {
			pl.More[i].beside(pg.con)
		}
		for i := range pl.Last {
			pl.Last[i].beside(pg.con)
		}
		for i := range pl.Groups {
			for j := range pl.Groups[i].Fields {
				pl.Groups[i].Fields[j].beside(pg.con)
			}
		}
	}
	return pl
}

func (in *input) beside(c *conflict) {
	for _, d := range c.Both {
		if d.Name == in.Name {
			in.Theirs = &side{Value: d.Theirs, Shown: cmpOr(d.Theirs, "nothing")}
		}
	}
}

func isOver(slug string, f entry.Form) bool {
	switch slug {
	case "problem", "allergy":
		return f.Get("clinical") == "resolved" || f.Get("clinical") == "inactive"
	case "medicine":
		return f.Get("status") == "stopped" || f.Get("status") == "completed"
	case "device":
		return f.Get("status") == "inactive"
	}
	return f.Get("status") == "completed"
}

// row says one fact in two lines.
func (pg *page) row(r record.Resource) row {
	n := r.Node()
	f := pg.k.Form(n)
	out := row{Title: cmpOr(pg.k.Short(n), "not said what"), Href: pg.p.ChartHref("enter", pg.k.Slug, r.ID), On: r.ID == pg.cur.ID}
	var bits []string
	for i := range pg.k.Fields {
		fd := &pg.k.Fields[i]
		v := shown(fd, f, fd.Name)
		switch {
		case v == "" || i == 0 || fd.Name == "how" && v == "Given here" || fd.Name == "maker" || fd.Name == "route" || fd.Input == entry.Area || fd.Name == "category" || fd.Name == "verification" || fd.Name == "udi":
		case fd.Name == "what":
			out.Title = v
		case fd.Name == "clinical" || fd.Name == "status":
			if v != "Active" && v != "Done" && v != "Takes it" && v != "In the patient" {
				out.Pills = append(out.Pills, web.Pill{Text: strings.ToLower(v)})
			}
		case fd.Name == "how" && v != "Given here":
			out.Pills = append(out.Pills, web.Pill{Text: strings.ToLower(v)})
		case fd.Name == "criticality" && f.Get(fd.Name) == "high":
			out.Pills = append(out.Pills, web.Pill{Kind: web.Danger, Text: "high danger"})
		case fd.Name == "number":
			bits = append(bits, "dose "+v)
		case fd.Name == "criticality":
			if f.Get(fd.Name) == "low" {
				bits = append(bits, "low danger")
			}
		case fd.Input == entry.Check:
		case fd.Name == "onset" || fd.Name == "since" || fd.Name == "ended" || fd.Name == "until" || fd.Name == "dead" || fd.Name == "expires" || fd.Name == "due" || fd.Name == "lot":
			bits = append(bits, strings.ToLower(fd.Label)+" "+v)
		default:
			bits = append(bits, v)
		}
		if fd.Input == entry.Code && fd.Codes != 0 && i < 2 && v != "" && codeLabel(f.Get(fd.Name+".code")) == "" {
			out.Pills = append(out.Pills, web.Pill{Kind: web.Neutral, Text: "not coded", Shape: web.Pencil})
		}
	}
	if pg.k.Slug == "smoking" || pg.k.Code() != "" {
		out.Title = shown(&pg.k.Fields[0], f, "answer")
	}
	for gi := range pg.k.Groups {
		g := &pg.k.Groups[gi]
		for i := range g.Most {
			if v := f.Get(g.FieldName(i, "what")); v != "" {
				bits = append(bits, v)
			}
		}
	}
	out.Title = capital(strings.TrimPrefix(out.Title, "natural "))
	out.Note = strings.Join(bits, " · ")
	return out
}

func (pg *page) stated(r record.Resource) row {
	n := r.Node()
	title := "Not asked"
	for _, o := range entry.Denials(pg.k.Slug) {
		if entry.Denies(n) == o.Value {
			title = o.Label
		}
	}
	return row{Title: title, Note: web.ExactText(r.Updated, pg.c.Zone) + " · " + pg.h.author(pg.c, r.Author)}
}

// sortFacts puts what goes on before what is over, and of what has a day the newest first.
func sortFacts(k *entry.Kind, list []record.Resource) {
	slices.SortStableFunc(list, func(a, b record.Resource) int {
		x, y := a.Node(), b.Node()
		over := func(n fhir.Node) int {
			if isOver(k.Slug, k.Form(n)) {
				return 1
			}
			return 0
		}
		day := func(n fhir.Node) string {
			for _, v := range [...]string{"occurrenceDateTime", "performedDateTime"} {
				if s := n.Get(v).Str(); s != "" {
					return s
				}
			}
			return n.Get("performedPeriod").Get("start").Str()
		}
		return cmp.Or(cmp.Compare(over(x), over(y)), -strings.Compare(day(x), day(y)))
	})
}

const versionsMost = 30

// versions are what became of a fact, the newest first, each with what it changed.
func (pg *page) versions() ([]version, error) {
	ctx, s := pg.c.R.Context(), pg.c.Session(access.EMR)
	list, err := s.History(ctx, record.HistoryQuery{Type: pg.k.Type, ID: pg.cur.ID, Count: versionsMost})
	if err != nil {
		return nil, err
	}
	var out []version
	for i, r := range list.Matches {
		v := version{N: r.Version, When: web.Instant{At: r.Updated, Zone: pg.c.Zone}, Who: pg.h.author(pg.c, r.Author), Current: i == 0, Version: pg.cur.Version}
		if r.Deleted {
			out = append(out, v)
			continue
		}
		if i > 0 {
			v.Restore = pg.c.R.URL.EscapedPath()
		}
		if i+1 < len(list.Matches) && !list.Matches[i+1].Deleted {
			v.Changes = changes(pg.k, list.Matches[i+1].Node(), r.Node())
		} else {
			v.First = list.Next == ""
		}
		out = append(out, v)
	}
	return out, nil
}

func changes(k *entry.Kind, was, is fhir.Node) []diff {
	var out []diff
	a, b := k.Form(was), k.Form(is)
	for _, l := range lines(k) {
		x, y := shown(l.field, a, l.Name), shown(l.field, b, l.Name)
		if l.field.Input == entry.Code && x == y {
			x, y = codeLabel(a.Get(l.Name+".code")), codeLabel(b.Get(l.Name+".code"))
		}
		if x != y {
			out = append(out, diff{Label: l.Label, Was: cmpOr(x, "nothing"), Theirs: cmpOr(y, "nothing")})
		}
	}
	if entry.IsWithdrawn(is) && !entry.IsWithdrawn(was) {
		out = append(out, diff{Label: "State", Was: "a fact", Theirs: "entered in error"})
	}
	if len(out) == 0 {
		out = append(out, diff{Label: "what this form does not show"})
	}
	return out
}
