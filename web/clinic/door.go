package clinic

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/record"
	"wholechart/web"
)

// call is one request of somebody who is signed in at the site it names.
type call struct {
	*clinic
	w     http.ResponseWriter
	r     *http.Request
	site  *record.Site
	actor access.Actor
	now   time.Time
	zone  *time.Location
}

// signedIn lets through who has a session at the very site that the address
// names; everybody else is led to that site's sign-in and back.
func (h *clinic) signedIn(f func(*call)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		site, ok := h.site(r)
		if !ok {
			h.lost(w, r)
			return
		}
		actor, err := h.Auth.Recognise(r.Context(), site.Slug, web.SessionToken(r), auth.Page)
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
			h.broken(w, r, err)
			return
		}
		f(&call{h, w, r, site, actor, h.Now(), site.Location()})
	}
}

// site is the node's own site that the address names.
func (h *clinic) site(r *http.Request) (*record.Site, bool) {
	s, err := h.Records.Site(r.PathValue("site"))
	return s, err == nil && s.Local
}

// session is the records as who asks may see them.
func (c *call) session(l access.Lens) record.Session { return c.Records.As(c.actor, l) }

// lens is which record the address looks through.
func (c *call) lens() access.Lens {
	parts := strings.SplitN(c.r.URL.Path, "/", 6) // "", site, patients, id, whole
	if len(parts) > 4 && parts[4] == "whole" {
		return access.EHR
	}
	return access.EMR
}

func (c *call) path(parts ...string) string {
	p := "/" + c.site.Slug
	for _, s := range parts {
		p += "/" + url.PathEscape(s)
	}
	return p
}

// patientPath is the address of a patient's page through a lens.
func (c *call) patientPath(id string, l access.Lens, parts ...string) string {
	if l == access.EHR {
		parts = append([]string{"patients", id, "whole"}, parts...)
	} else {
		parts = append([]string{"patients", id}, parts...)
	}
	return c.path(parts...)
}

// page is the frame of every page behind the door.
func (c *call) page(title string) web.Page {
	p := web.Page{
		Title: title, SiteName: c.site.Name, SiteState: stateName(c.site.State), SitePath: c.path() + "/", Demo: c.Demo,
		User:  web.UserBadge{Initials: web.Letters(bare(c.actor.Name)), Name: c.actor.Name, Role: roleWord(c.actor)},
		Theme: web.ThemeOf(c.r), SignOut: c.path("signout"),
	}
	if p.User.Name == "" {
		p.User.Name, p.User.Initials = c.actor.ID, web.Letters(c.actor.ID)
	}
	switch {
	case c.actor.Kind == access.Patient || c.actor.Kind == access.Proxy:
		for _, id := range c.actor.Patients {
			p.Nav = append(p.Nav, web.NavItem{Label: "My record", Href: c.patientPath(id, access.EMR), Key: "g p", Active: true})
			break
		}
	case c.finds():
		p.Nav = []web.NavItem{{Label: "Patients", Href: c.path("patients"), Key: "g p", Active: strings.HasPrefix(c.r.URL.Path, c.path("patients"))}}
		p.SearchAction, p.SuggestURL = c.path("patients"), c.path("patients", "suggest")
	}
	return p
}

// finds says whether who asks may look for patients.
func (c *call) finds() bool {
	return c.actor.Kind == access.User && access.Decide(c.actor, access.EMR, access.Search, "Patient").Allowed
}

func (c *call) render(status int, page templ.Component) {
	if err := web.Render(c.w, c.r, status, page); err != nil {
		c.Log.Error("page", "route", c.r.Pattern, "error", err)
	}
}

func (c *call) show(p web.Page, content templ.Component) {
	c.render(http.StatusOK, web.Framed(p, content))
}

// failed answers an error of the gate with the page that belongs to it. It
// never says whether what was refused exists.
func (c *call) failed(err error) {
	var refused *record.Refused
	var gone *record.Gone
	var costly *record.TooCostly
	back := web.Link{Label: "Find a patient", Href: c.path("patients")}
	if !c.finds() {
		back = web.Link{Label: "Go to the start", Href: c.path() + "/"}
	}
	status, title, text := http.StatusInternalServerError, "This page could not be made", "Something broke here, and it has been written down. Nothing was changed. Try again."
	switch {
	case c.r.Context().Err() != nil:
		return
	case errors.As(err, &refused):
		status, title, text = http.StatusForbidden, "Not for this role", "This account cannot open that: "+refused.Why+". The attempt was noted."
	case errors.As(err, &gone):
		status, title, text = http.StatusGone, "Deleted", "This was deleted. Its versions are kept in the history."
	case errors.Is(err, record.ErrNotFound):
		status, title, text = http.StatusNotFound, "Nothing here", "There is no such page, or it is not for this account. Check the number, or find the patient by name."
	case errors.As(err, &costly):
		status, title, text = http.StatusUnprocessableEntity, "Too much to look at", "Say more, so that fewer match."
	default:
		c.Log.Error("page", "route", c.r.Pattern, "error", err)
	}
	p := c.page(title)
	p.Narrow = true
	c.render(status, web.Framed(p, web.Refusal(title, text, back)))
}

// lost is the page of an address that leads nowhere.
func (h *clinic) lost(w http.ResponseWriter, r *http.Request) {
	p := web.Page{Title: "Nothing here", Narrow: true, Theme: web.ThemeOf(r), Demo: h.Demo}
	if err := web.Render(w, r, http.StatusNotFound, web.Framed(p, web.Refusal("Nothing here", "There is no such page on this node.", web.Link{Label: "Go to the start", Href: "/"}))); err != nil {
		h.Log.Error("page", "error", err)
	}
}

func (h *clinic) broken(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	h.Log.Error("page", "route", r.Pattern, "error", err)
	p := web.Page{Title: "Not possible now", Narrow: true, Theme: web.ThemeOf(r), Demo: h.Demo}
	if err := web.Render(w, r, http.StatusInternalServerError, web.Framed(p, web.Refusal("Not possible now", "Something broke here. Nothing was changed. Try again.", web.Link{Label: "Go to the start", Href: "/"}))); err != nil {
		h.Log.Error("page", "error", err)
	}
}
