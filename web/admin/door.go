package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
	"wholechart/record"
	"wholechart/web"
)

// call is one request of somebody who is signed in at the site it names.
type call struct {
	*admin
	w     http.ResponseWriter
	r     *http.Request
	site  *record.Site
	actor access.Actor
	now   time.Time
	zone  *time.Location
}

const maxForm = 16 << 10

// signedIn lets through who has a session at the very site that the address
// names; everybody else is led to that site's sign-in and back.
func (h *admin) signedIn(f func(*call)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		site, err := h.Records.Site(r.PathValue("site"))
		if err != nil || !site.Local {
			h.lost(w, r)
			return
		}
		actor, err := h.Auth.Recognise(r.Context(), site.Slug, web.SessionToken(r), auth.Page)
		if errors.Is(err, auth.ErrDenied) {
			web.SecurityHeaders(w)
			if r.Method == http.MethodPost || web.PartialOf(r) != "" {
				http.Error(w, "Sign in again.", http.StatusUnauthorized)
				return
			}
			http.Redirect(w, r, "/"+site.Slug+"/signin?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		c := &call{h, w, r, site, actor, h.Now(), site.Location()}
		if err != nil {
			c.actor = access.Actor{}
			c.failed(err)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			c.say(http.StatusBadRequest, "That form could not be read", "Nothing was changed. Go back and send it again, with less text.")
			return
		}
		f(c)
	}
}

// chart is the site's own record as who asks may see it.
func (c *call) chart() record.Session { return c.Records.As(c.actor, access.EMR) }

func (c *call) path(parts ...string) string {
	p := "/" + c.site.Slug
	for _, s := range parts {
		p += "/" + url.PathEscape(s)
	}
	return p
}

// may asks access what concerns no resource, and notes a refusal. What
// concerns patients is asked of the gate, never here.
func (c *call) may(act access.Action, typ string, roles ...access.Role) bool {
	d := access.Decide(c.actor, access.EMR, act, typ)
	if d.Allowed && len(roles) > 0 {
		d = access.Decision{Why: "this page is for another role"}
		for _, r := range roles {
			if c.actor.Kind == access.User && c.actor.Role == r {
				d.Allowed = true
			}
		}
	}
	if d.Allowed {
		return true
	}
	if err := c.chart().Note(c.r.Context(), audit.Event{Action: act.String(), Type: typ, Outcome: audit.Refused, Why: d.Why}); err != nil {
		c.failed(err)
		return false
	}
	c.failed(&record.Refused{Why: d.Why})
	return false
}

// allowed is may without a word: for what a page offers.
func (c *call) allowed(act access.Action, typ string) bool {
	return c.actor.Kind == access.User && access.Decide(c.actor, access.EMR, act, typ).Allowed
}

// decidesLinks says whether who asks has the role that says who is who.
func (c *call) decidesLinks() bool {
	return c.allowed(access.Update, "Person") && (c.actor.Role == access.RecordsOffice || c.actor.Role == access.Admin)
}

// page is the frame of every page behind the door.
func (c *call) page(title string) web.Page {
	p := web.Page{
		Title: title, SiteName: c.site.Name, SiteState: c.site.State, SitePath: c.path() + "/", Demo: c.Demo,
		User:  web.UserBadge{Initials: web.Letters(bare(c.actor.Name)), Name: c.actor.Name, Role: roleWord(c.actor.Kind.String(), string(c.actor.Role))},
		Theme: web.ThemeOf(c.r), SignOut: c.path("signout"), Sheets: []string{sheetURL},
	}
	if p.User.Name == "" {
		p.User.Name, p.User.Initials = c.actor.ID, web.Letters(c.actor.ID)
	}
	place := func(ok bool, label, key, at string) {
		if ok {
			p.Nav = append(p.Nav, web.NavItem{Label: label, Href: c.path(at), Key: key, Active: c.r.URL.Path == c.path(at)})
		}
	}
	if len(c.actor.Patients) > 0 {
		id := c.actor.Patients[0]
		p.Nav = append(p.Nav, web.NavItem{Label: "My record", Href: c.path("patients", id), Key: "g p"},
			web.NavItem{Label: "Who looked", Href: c.path("patients", id, "access"), Key: "g l", Active: strings.HasSuffix(c.r.URL.Path, "/access")})
	}
	if finds := c.allowed(access.Search, "Patient"); finds {
		place(true, "Patients", "g p", "patients")
		p.SearchAction, p.SuggestURL = c.path("patients"), c.path("patients", "suggest")
	}
	place(c.allowed(access.SeeAudit, ""), "Access log", "g l", "log")
	place(c.decidesLinks(), "Links", "g i", "links")
	place(c.allowed(access.Manage, ""), "Users", "g u", "users")
	place(c.allowed(access.Manage, ""), "Node", "g n", "node")
	return p
}

func (c *call) render(status int, p web.Page, content templ.Component) {
	if err := web.Render(c.w, c.r, status, web.Framed(p, content)); err != nil {
		c.Log.Error("page", "route", c.r.Pattern, "error", err)
	}
}

// back is where somebody goes on whom a page refuses.
func (c *call) back() web.Link {
	if c.actor.Kind == access.Nobody {
		return web.Link{Label: "Go to the start", Href: "/"}
	}
	return web.Link{Label: "Go to the start", Href: c.path() + "/"}
}

// say is a page that says why there is nothing to see.
func (c *call) say(status int, title, text string) {
	p := c.page(title)
	p.Narrow = true
	c.render(status, p, web.Refusal(title, text, c.back()))
}

// failed answers an error of the gate with the page that belongs to it. It
// never says whether what was refused exists.
func (c *call) failed(err error) {
	var refused *record.Refused
	var gone *record.Gone
	switch {
	case c.r.Context().Err() != nil:
	case errors.As(err, &refused):
		c.say(http.StatusForbidden, "Not for this role", "This account cannot open that: "+whyWords(refused.Why)+". The attempt was noted.")
	case errors.As(err, &gone):
		c.say(http.StatusGone, "Deleted", "This was deleted. Its versions are kept in the history.")
	case errors.Is(err, record.ErrNotFound):
		c.say(http.StatusNotFound, "Nothing here", "There is no such record, or it is not for this account. Check the number.")
	default:
		c.Log.Error("page", "route", c.r.Pattern, "error", err)
		c.say(http.StatusInternalServerError, "This page could not be made", "Something broke here, and it has been written down. Try again.")
	}
}

// lost is the page of an address that leads nowhere.
func (h *admin) lost(w http.ResponseWriter, r *http.Request) {
	p := web.Page{Title: "Nothing here", Narrow: true, Theme: web.ThemeOf(r), Demo: h.Demo}
	if err := web.Render(w, r, http.StatusNotFound, web.Framed(p, web.Refusal("Nothing here", "There is no such page on this node.", web.Link{Label: "Go to the start", Href: "/"}))); err != nil && !errors.Is(err, context.Canceled) {
		h.Log.Error("page", "error", err)
	}
}
