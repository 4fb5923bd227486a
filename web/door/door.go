// Package door is the way in to every page: it recognises who asks, makes the
// frame of the page, reads forms and turns errors into pages. The rooms (chart,
// visit, schedule, access log…) hang their pages on it.
//
// It decides nothing about patients: what a page may show is asked of package
// record, each time.
package door

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/record"
	"wholechart/web"
)

// Config is what all pages are made of.
type Config struct {
	Records *record.Records
	Auth    *auth.Auth
	Demo    bool // says on every page that the people are synthetic
	Log     *slog.Logger
	Clock   func() time.Time // default time.Now
	Trusted []string         // further origins whose forms are accepted, see web.Protect
}

// Door is the pages of one node's sites. Rooms add to it before it is served.
type Door struct {
	Config
	Places   []Place   // of the top bar, in the order of Place.Order
	Commands []Command // of the palette
	Patterns []string  // of all pages, as they were added
	mux      *http.ServeMux
	files    map[string]file
	pulse    pulse
	counts   counts
}

// Place is where a role's work is: a word in the top bar.
type Place struct {
	Order            int
	Label, Key, Path string // Path below the site: "day"
	Can              func(*Call) bool
	Count            func(*Call) int     // what waits there; nil: no number
	Shows            func(*Call) []Topic // what Count depends on: it is asked again when that changed. nil: it is asked for every page
}

// Command is something that the palette can do or open.
type Command struct {
	Label, Key string
	Words      string // further words that find it
	Patient    bool   // needs a patient: offered on a patient's page
	On         string // also a button on this page of the chart: "patients", or a section's slug
	Path       func(c *Call, patient string) string
	Can        func(*Call) bool // nil: everybody
}

// New is a door without rooms.
func New(c Config) *Door {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	d := &Door{Config: c, mux: http.NewServeMux(), files: map[string]file{}}
	d.mux.HandleFunc("/", d.Lost)
	d.Handle("POST /{site}/undo", undo)
	d.Handle("GET /{site}/palette", palette)
	d.File("live.js", liveModule)
	return d
}

// Handler is all pages, protected against forms of other origins.
func (d *Door) Handler() (http.Handler, error) {
	slices.SortStableFunc(d.Places, func(a, b Place) int { return a.Order - b.Order })
	return web.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.serveFile(w, r) {
			d.mux.ServeHTTP(w, r)
		}
	}), d.Trusted...)
}

// Handle adds a page of who is signed in at the site {site} of its pattern
// (net/http's ServeMux).
func (d *Door) Handle(pattern string, f func(*Call)) { d.HandleOpen(pattern, d.SignedIn(f)) }

// HandleOpen adds a page that needs no sign-in.
func (d *Door) HandleOpen(pattern string, f http.HandlerFunc) {
	d.Patterns = append(d.Patterns, pattern)
	d.mux.HandleFunc(pattern, f)
}

// Call is one request of somebody who is signed in at the site it names.
type Call struct {
	*Door
	W     http.ResponseWriter
	R     *http.Request
	Site  *record.Site
	Actor access.Actor
	Now   time.Time
	Zone  *time.Location
}

// SignedIn lets through who has a session at the very site that the address
// names; everybody else is led to that site's sign-in and back.
func (d *Door) SignedIn(f func(*Call)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		site, ok := d.SiteOf(r)
		if !ok {
			d.Lost(w, r)
			return
		}
		actor, err := d.Auth.Recognise(r.Context(), site.Slug, web.SessionToken(r), auth.Page)
		if errors.Is(err, auth.ErrDenied) {
			web.SecurityHeaders(w)
			if r.Method != http.MethodGet || web.PartialOf(r) != "" {
				http.Error(w, "Sign in again.", http.StatusUnauthorized)
				return
			}
			http.Redirect(w, r, "/"+site.Slug+"/signin?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		if err != nil {
			d.Broken(w, r, err)
			return
		}
		if c := (&Call{d, w, r, site, actor, d.Clock(), site.Location()}); !c.ledOn() {
			f(c)
		}
	}
}

// SiteOf is the node's own site that the address names.
func (d *Door) SiteOf(r *http.Request) (*record.Site, bool) {
	s, err := d.Records.Site(r.PathValue("site"))
	return s, err == nil && s.Local
}

// Session is the records as who asks may see them.
func (c *Call) Session(l access.Lens) record.Session { return c.Records.As(c.Actor, l) }

// Can says whether who asks may do something to a type of resources in the
// chart: for what a page offers. The gate decides anyway.
func (c *Call) Can(act access.Action, typ string) bool {
	return access.Decide(c.Actor, access.EMR, act, typ).Allowed
}

// Finds says whether who asks may look for patients.
func (c *Call) Finds() bool {
	return c.Actor.Kind == access.User && c.Can(access.Search, "Patient")
}

// Offered are the commands that are buttons on a page of the chart, for who asks.
func (c *Call) Offered(on, patient string) []web.Button {
	var out []web.Button
	for _, k := range c.Commands {
		if k.On == on && on != "" && (!k.Patient || patient != "") && (k.Can == nil || k.Can(c)) {
			out = append(out, web.Button{Label: k.Label, Href: k.Path(c, patient)})
		}
	}
	return out
}

// Path is an address of this site.
func (c *Call) Path(parts ...string) string {
	p := "/" + c.Site.Slug
	for _, s := range parts {
		p += "/" + url.PathEscape(s)
	}
	return p
}

// PatientPath is the address of a patient's page through a lens.
func (c *Call) PatientPath(id string, l access.Lens, parts ...string) string {
	if l == access.EHR {
		parts = append([]string{"patients", id, "whole"}, parts...)
	} else {
		parts = append([]string{"patients", id}, parts...)
	}
	return c.Path(parts...)
}

// Page is the frame of every page behind the door, with what the last act said.
func (c *Call) Page(title string) web.Page {
	p := web.Page{
		Title: title, SiteName: c.Site.Name, SiteState: StateName(c.Site.State), SitePath: c.Path() + "/", Demo: c.Demo,
		User:  web.UserBadge{Initials: web.Letters(Bare(c.Actor.Name)), Name: c.Actor.Name, Role: RoleWord(c.Actor)},
		Theme: web.ThemeOf(c.R), SignOut: c.Path("signout"), Flash: c.said(),
	}
	if p.User.Name == "" {
		p.User.Name, p.User.Initials = c.Actor.ID, web.Letters(c.Actor.ID)
	}
	p.Nav = c.nav()
	p.Palette = c.Path("palette")
	if c.Finds() {
		p.SearchAction, p.SuggestURL = c.Path("patients"), c.Path("patients", "suggest")
	}
	return p
}

// nav is the top bar of who asks.
func (c *Call) nav() []web.NavItem {
	var out []web.NavItem
	for _, place := range c.Places {
		if place.Can != nil && !place.Can(c) {
			continue
		}
		path := place.Path
		if strings.Contains(path, "{patient}") {
			path = strings.ReplaceAll(path, "{patient}", url.PathEscape(c.Actor.Patients[0]))
		}
		n := web.NavItem{Label: place.Label, Key: place.Key, Href: c.Path() + "/" + path}
		at := c.R.URL.EscapedPath()
		n.Active = at == n.Href || strings.HasPrefix(at, n.Href+"/") && !strings.Contains(place.Path, "{patient}")
		if place.Count != nil {
			n.Count = c.counted(place)
		}
		out = append(out, n)
	}
	return out
}

// Render writes a page or a region with a status.
func (c *Call) Render(status int, page templ.Component) {
	if err := web.Render(c.W, c.R, status, page); err != nil {
		c.Log.Error("page", "route", c.R.Pattern, "error", err)
	}
}

// Show writes a page.
func (c *Call) Show(p web.Page, content templ.Component) {
	c.Render(http.StatusOK, web.Framed(p, content))
}

// Say is a page of a few words: why there is nothing else to see.
func (c *Call) Say(status int, title, text string, back web.Link) {
	p := c.Page(title)
	p.Narrow = true
	c.Render(status, web.Framed(p, web.Refusal(title, text, back)))
}

// Back is where somebody goes on whom a page refuses.
func (c *Call) Back() web.Link {
	if c.Finds() {
		return web.Link{Label: "Find a patient", Href: c.Path("patients")}
	}
	return web.Link{Label: "Go to the start", Href: c.Path() + "/"}
}

// Failed answers an error of the gate with the page that belongs to it. It
// never says whether what was refused exists. What a form could not be accepted
// for is the room's to say beside its fields; *record.Invalid comes here only
// when no field can be named.
func (c *Call) Failed(err error) {
	var refused *record.Refused
	var gone *record.Gone
	var costly *record.TooCostly
	var invalid *record.Invalid
	var moved *record.VersionConflict
	status, title, text := http.StatusInternalServerError, "This page could not be made", "Something broke here, and it has been written down. Nothing was changed. Try again."
	switch {
	case c.R.Context().Err() != nil:
		return
	case errors.Is(err, ErrTooMuch):
		status, title, text = http.StatusRequestEntityTooLarge, "Too much for one form", "Nothing was saved: what was sent is larger than a form may be. Go back; what was typed is still there."
	case errors.Is(err, ErrForm):
		status, title, text = http.StatusBadRequest, "That form could not be read", "Nothing was changed. Go back and send it again."
	case errors.As(err, &refused):
		status, title, text = http.StatusForbidden, "Not for this role", "This account cannot do or open that: "+WhyWords(refused.Why)+". The attempt was noted."
	case errors.As(err, &gone):
		status, title, text = http.StatusGone, "Deleted", "This was deleted. Its versions are kept in the history."
	case errors.Is(err, record.ErrNotFound):
		status, title, text = http.StatusNotFound, "Nothing here", "There is no such page, or it is not for this account. Check the number, or find the patient by name."
	case errors.As(err, &moved), errors.Is(err, record.ErrMoved):
		status, title, text = http.StatusConflict, "Somebody else changed this meanwhile", "Nothing was overwritten. Open it again to see what it says now; go back to find what was typed."
	case errors.As(err, &costly):
		status, title, text = http.StatusUnprocessableEntity, "Too much to look at", "Say more, so that fewer match."
	case errors.As(err, &invalid):
		status, title, text = http.StatusUnprocessableEntity, "This cannot be saved as it is", "Nothing was changed. "+invalid.Error()+"."
	default:
		c.Log.Error("page", "route", c.R.Pattern, "error", err)
	}
	c.Say(status, title, text, c.Back())
}

// Lost is the page of an address that leads nowhere.
func (d *Door) Lost(w http.ResponseWriter, r *http.Request) {
	d.plainPage(w, r, http.StatusNotFound, "Nothing here", "There is no such page on this node.")
}

// Broken is the page of an error before anybody is recognised.
func (d *Door) Broken(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	d.Log.Error("page", "route", r.Pattern, "error", err)
	d.plainPage(w, r, http.StatusInternalServerError, "Not possible now", "Something broke here. Nothing was changed. Try again.")
}

func (d *Door) plainPage(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	p := web.Page{Title: title, Narrow: true, Theme: web.ThemeOf(r), Demo: d.Demo}
	if err := web.Render(w, r, status, web.Framed(p, web.Refusal(title, text, web.Link{Label: "Go to the start", Href: "/"}))); err != nil {
		d.Log.Error("page", "error", err)
	}
}
