package web

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"
)

// Page is the frame around a page's own content, which is given to Layout as its children.
type Page struct {
	Title     string // of the document, without the site: "Rosa Delgado"
	SiteName  string // "Maple Street Family Practice"; empty before sign-in
	SiteState string // "Ohio"
	SitePath  string // "/maple"; where the brand and the site's name lead
	Demo      bool   // says loudly that the people are synthetic
	User      UserBadge
	Nav       []NavItem

	SearchAction string // of the find form (POST, parameter q: what is typed names people, and stays out of addresses); empty leaves the search box out
	SuggestURL   string // where type-ahead asks (GET, parameter q) for a Suggestions fragment; empty: the plain form only
	Query        string // what was searched, kept in the box
	SearchHint   string // placeholder; empty is "Find a patient by name, birth date or number"

	Palette string // where the palette of commands (Ctrl-K) asks what there is; empty: none

	Theme   string // "light", "dark" or "" for what the device prefers; see ThemeOf
	Lang    string // BCP 47; empty is "en"
	SignOut string // POST target; empty is SitePath + "/sign-out"

	Board templ.Component // storyboard column at the left, or nil
	Side  templ.Component // panel at the right, or nil
	Flash []Flash
	Foot  string // one quiet line under the page: who opened it, why, who can see that

	Narrow  bool     // one readable column: sign-in, a refusal, the portal
	Modules []string // further ES modules by URL, of this origin
	Sheets  []string // further style sheets by URL, of this origin
}

// UserBadge is who is signed in. The zero value is nobody: no menu is shown.
type UserBadge struct{ Initials, Name, Role string }

// NavItem is one place in the top bar. Key is its keyboard shortcut, a letter or a sequence such as "g p".
type NavItem struct {
	Label, Href, Key string
	Active           bool
	Count            int // shown when positive
}

// Flash is a message about what just happened, shown once at the top of the page.
type Flash struct {
	Kind Kind
	Text string
	Undo *Undo // offers to take it back
}

// Undo is what a POST to Action needs to take back one act.
type Undo struct {
	Type, ID, Version string
	Back              string // a path of the site to go on to
	Action            string // set by the page
}

// Kind is how much a thing matters. It is always shown three ways at once: colour, shape and word.
type Kind uint8

const (
	Neutral Kind = iota
	Good
	Warning
	Danger
	Accent
)

func (k Kind) class() string {
	return [...]string{"k-neutral", "k-good", "k-warning", "k-danger", "k-accent"}[k%5]
}

// Word is what the shape of the kind says, for those who do not see it.
func (k Kind) Word() string {
	return [...]string{"note", "good", "warning", "danger", "information"}[k%5]
}

// Link is a word that leads somewhere. The zero Link is not shown.
type Link struct{ Label, Href string }

// colorClass is the class that sets a site's colour. Five colours are told apart; a sixth site takes the first again,
// and its letters carry the meaning. 0 and less is grey, a source without a site.
func colorClass(n int) string {
	if n <= 0 {
		return "c0"
	}
	return "c" + strconv.Itoa((n-1)%5+1)
}

// undo is the one act of a page that can be taken back.
func (p Page) undo() *Undo {
	for _, f := range p.Flash {
		if f.Undo != nil {
			return f.Undo
		}
	}
	return nil
}

func (p Page) lang() string {
	if p.Lang == "" {
		return "en"
	}
	return p.Lang
}

func (p Page) fullTitle() string {
	t := p.Title
	if p.SiteName != "" {
		t += " · " + p.SiteName
	}
	t += " · Wholechart"
	if p.Demo {
		t = "Demo: " + t
	}
	return t
}

func (p Page) theme() string {
	if p.Theme == "light" || p.Theme == "dark" {
		return p.Theme
	}
	return "auto"
}

func (p Page) home() string {
	if p.SitePath == "" {
		return "/"
	}
	return p.SitePath
}

func (p Page) signOut() string {
	if p.SignOut != "" {
		return p.SignOut
	}
	return p.SitePath + "/sign-out"
}

func (p Page) searchHint() string {
	if p.SearchHint != "" {
		return p.SearchHint
	}
	return "Find a patient by name, birth date or number"
}

func (p Page) frame() string {
	c := "frame"
	if p.Board != nil {
		c += " has-board"
	}
	if p.Side != nil {
		c += " has-side"
	}
	if p.Narrow {
		c += " narrow"
	}
	return c
}

// Layout is the whole document; its children are the content of <main>.
func Layout(p Page) templ.Component { return layout(p) }

// render lets a struct be a component: it draws the templ function that belongs to it.
func render(ctx context.Context, w io.Writer, c templ.Component) error { return c.Render(ctx, w) }

// Framed is Layout around one component, for handlers that have no template of their own.
func Framed(p Page, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return layout(p).Render(templ.WithChildren(ctx, content), w)
	})
}
