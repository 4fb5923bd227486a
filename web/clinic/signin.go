package clinic

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// pageLife is how long a sign-in lasts: a shift.
const pageLife = 12 * time.Hour

// signInForm is the sign-in of one site.
type signInForm struct {
	Site  *record.Site
	State string
	User  string
	Next  string
	Error string
}

func (h *clinic) signInPage(w http.ResponseWriter, r *http.Request) {
	site, ok := h.SiteOf(r)
	if !ok {
		h.Lost(w, r)
		return
	}
	h.showSignIn(w, r, http.StatusOK, signInForm{Site: site, Next: localNext(r.FormValue("next"), site.Slug)})
}

func (h *clinic) showSignIn(w http.ResponseWriter, r *http.Request, status int, f signInForm) {
	f.State = door.StateName(f.Site.State)
	p := web.Page{Title: "Sign in", SiteName: f.Site.Name, SiteState: f.State, Narrow: true, Theme: web.ThemeOf(r), Demo: h.Demo, Sheets: []string{sheetURL}}
	if err := web.Render(w, r, status, web.Framed(p, signInBox(f))); err != nil {
		h.Log.Error("page", "error", err)
	}
}

// signIn recognises a user and starts a session. Failures are answered alike,
// and both leave a note; the name is noted only if there is such a user, since
// people type passwords into the wrong box.
func (h *clinic) signIn(w http.ResponseWriter, r *http.Request) {
	site, ok := h.SiteOf(r)
	if !ok {
		h.Lost(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := r.ParseForm(); err != nil {
		h.showSignIn(w, r, http.StatusRequestEntityTooLarge, signInForm{Site: site, Error: "That was too much text for this form."})
		return
	}
	f := signInForm{Site: site, User: strings.TrimSpace(r.PostFormValue("user")), Next: localNext(r.PostFormValue("next"), site.Slug)}
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	actor, err := h.Auth.SignIn(auth.From(r.Context(), from), site.Slug, f.User, r.PostFormValue("password"))
	switch {
	case errors.Is(err, auth.ErrDenied), errors.Is(err, auth.ErrSlow):
		who := access.Actor{Kind: access.Nobody, ID: "unknown", Site: site.Slug}
		if _, known := h.Auth.User(r.Context(), site.Slug, f.User); known == nil {
			who.ID = f.User
		}
		h.Records.As(who, access.EMR).NoteAttempt(audit.Event{Action: "sign-in", Outcome: audit.Refused, Why: err.Error()})
		f.Error = "User name and password do not match an account of this site."
		status := http.StatusUnauthorized
		if errors.Is(err, auth.ErrSlow) {
			f.Error, status = "Too many attempts. Wait a minute and try again.", http.StatusTooManyRequests
		}
		h.showSignIn(w, r, status, f)
		return
	case err != nil:
		h.Broken(w, r, err)
		return
	}
	token, err := h.Auth.Issue(r.Context(), actor, auth.Page, pageLife)
	if err == nil {
		err = h.Records.As(actor, access.EMR).Note(r.Context(), audit.Event{Action: "sign-in"})
	}
	if err != nil {
		h.Broken(w, r, err)
		return
	}
	web.SetSession(w, r, token, pageLife)
	web.SecurityHeaders(w)
	if f.Next == "" {
		f.Next = "/" + site.Slug + "/"
	}
	http.Redirect(w, r, f.Next, http.StatusSeeOther)
}

// signOut ends the session, here and in the browser.
func (h *clinic) signOut(w http.ResponseWriter, r *http.Request) {
	site, ok := h.SiteOf(r)
	if !ok {
		h.Lost(w, r)
		return
	}
	token := web.SessionToken(r)
	if actor, err := h.Auth.Recognise(r.Context(), site.Slug, token, auth.Page); err == nil {
		err := h.Auth.Revoke(r.Context(), token)
		if err == nil {
			err = h.Records.As(actor, access.EMR).Note(r.Context(), audit.Event{Action: "sign-out"})
		}
		if err != nil {
			h.Broken(w, r, err)
			return
		}
	}
	web.ClearSession(w, r)
	web.SecurityHeaders(w)
	w.Header().Set("Clear-Site-Data", `"storage"`) // what pages kept of records; cookies stay: other sites of the node may be open beside
	http.Redirect(w, r, "/"+site.Slug+"/signin", http.StatusSeeOther)
}

// localNext is where to go after sign-in: a page of this very site, or nowhere.
func localNext(next, slug string) string {
	if strings.HasPrefix(next, "/"+slug+"/sign") {
		return ""
	}
	return web.LocalPath(next, slug)
}

// home leads each role to where its work is.
func (c *call) homePath() (string, bool) {
	switch {
	case c.Actor.Kind == access.Patient || c.Actor.Kind == access.Proxy:
		if len(c.Actor.Patients) > 0 {
			return c.PatientPath(c.Actor.Patients[0], access.EMR), true
		}
	case c.Actor.Kind == access.User:
		for _, place := range c.Call.Places { // the first of the top bar
			if place.Can == nil || place.Can(c.Call) {
				return c.Path() + "/" + place.Path, true
			}
		}
	}
	return "", false
}

func (h *clinic) home(c *call) {
	if to, ok := c.homePath(); ok {
		web.SecurityHeaders(c.W)
		http.Redirect(c.W, c.R, to, http.StatusSeeOther)
		return
	}
	p := c.Page("No patients for this account")
	p.Narrow = true
	c.Show(p, noPatients(door.RoleWord(c.Actor), h.Records.Sites()))
}
