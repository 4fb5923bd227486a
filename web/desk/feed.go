package desk

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// A calendar feed is an Endpoint of the site, by which a calendar program reads
// one practitioner's appointments at a secret address. Of the address only a
// digest is kept: it is the Endpoint's id, so that nobody who reads the
// directory can use it.
const (
	feedType  = "https://wholechart.example/endpoint"
	feedOwner = "https://wholechart.example/fhir/feed-owner" // valueString: the user who made it
	feedOf    = "https://wholechart.example/fhir/feed-of"    // valueString: Practitioner/…
	feedNames = "https://wholechart.example/fhir/feed-names" // valueBoolean: patients' names are told
)

type feedPage struct {
	*form
	Rows []feedRow
	URL  string // of the one just made; shown once
	Who  []web.Option
	Site string
}

type feedRow struct {
	ID, Of, Since string
	Names         bool
	End           string
}

func feedID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "feed-" + hex.EncodeToString(sum[:28])
}

// keeper is the program's own session for a site's feeds: directories are not
// written by the desk's roles.
func keeper(r *record.Records, site string) record.Session {
	return r.As(access.Actor{Kind: access.System, ID: "calendar-feed", Site: site, Purpose: access.Operations}, access.EMR)
}

func (h *Desk) feedPage(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Search, "Appointment")) {
		return
	}
	f := newForm(url.Values{"of": {c.Actor.Who}})
	h.showFeeds(c, http.StatusOK, f, "")
}

func (h *Desk) showFeeds(c *door.Call, status int, f *form, made string) {
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	v := &feedPage{form: f, URL: made, Site: c.Path()}
	v.Who = append(v.Who, web.Option{Label: "Choose"})
	for _, p := range cal.Providers {
		v.Who = append(v.Who, web.Option{Value: p.Ref, Label: p.Name})
	}
	found, err := find(c, "Endpoint", url.Values{"status": {"active"}})
	if err != nil {
		c.Failed(err)
		return
	}
	for _, r := range found {
		if owner, of, names, ok := readFeed(r); ok && owner == c.Actor.ID {
			name := of
			if p, ok := cal.Provider(of); ok {
				name = p.Name
			}
			v.Rows = append(v.Rows, feedRow{r.ID, name, web.DateText(r.Updated, c.Zone), names, c.Path("schedule", "feed", r.ID, "end")})
		}
	}
	c.Render(status, web.Framed(h.page(c, "Calendar feeds"), feedMain(v)))
}

func readFeed(r record.Resource) (owner, of string, names, ok bool) {
	n := r.Node()
	if n.ResourceType() != "Endpoint" || !n.Get("status").Is("active") || !strings.HasPrefix(r.ID, "feed-") {
		return
	}
	for e := range n.Get("extension").Items() {
		switch e.Get("url").Str() {
		case feedOwner:
			owner = e.Get("valueString").Str()
		case feedOf:
			of = e.Get("valueString").Str()
		case feedNames:
			names = e.Get("valueBoolean").True()
		}
	}
	return owner, of, names, owner != "" && of != "" && r.Author == owner // as this page wrote it, for whom it says: no program's word
}

func (h *Desk) newFeed(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Search, "Appointment")) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f := newForm(v)
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		c.Failed(err)
		return
	}
	of, ok := cal.Provider(f.Get("of"))
	if !ok {
		f.bad("of", "Choose whose calendar.")
		h.showFeeds(c, http.StatusUnprocessableEntity, f, "")
		return
	}
	token := rand.Text() // 130 bits
	ext := list{object{"url": feedOwner, "valueString": c.Actor.ID}, object{"url": feedOf, "valueString": of.Ref}}
	if f.Get("names") == "yes" {
		ext = append(ext, object{"url": feedNames, "valueBoolean": true})
	}
	n, err := encode(object{"resourceType": "Endpoint", "id": feedID(token), "status": "active", "extension": ext,
		"connectionType": object{"system": feedType, "code": "calendar-feed"}, "payloadType": list{object{"text": "text/calendar"}}, "address": "urn:wholechart:calendar-feed"})
	if err == nil {
		_, err = keeper(c.Records, c.Site.Slug).Transact(c.R.Context(), []record.Act{{Op: record.Create, Type: "Endpoint", ID: feedID(token), Resource: n, Author: c.Actor.ID}})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	scheme := "http://"
	if c.R.TLS != nil || c.R.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https://"
	}
	h.showFeeds(c, http.StatusOK, newForm(url.Values{"of": {of.Ref}}), scheme+c.R.Host+c.Path("calendar", token+".ics"))
}

func (h *Desk) endFeed(c *door.Call) {
	if refused(c, user(c)) {
		return
	}
	if _, err := c.Form(); err != nil {
		c.Failed(err)
		return
	}
	s := keeper(c.Records, c.Site.Slug)
	r, err := s.Read(c.R.Context(), "Endpoint", c.R.PathValue("feed"))
	if owner, _, _, ok := readFeed(r); err == nil && (!ok || owner != c.Actor.ID && c.Actor.Role != access.Admin) {
		err = record.ErrNotFound
	}
	if err != nil {
		c.Failed(err)
		return
	}
	o, err := decode(r.Node())
	if err == nil {
		o["status"] = "off"
		n, e := encode(o)
		v, _ := strconv.Atoi(r.Version)
		if err = e; err == nil {
			_, err = s.Transact(c.R.Context(), []record.Act{{Op: record.Update, Type: "Endpoint", ID: r.ID, Resource: n, IfMatch: v, Author: c.Actor.ID}})
		}
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("schedule", "feed"), web.Flash{Kind: web.Good, Text: "That address no longer answers."})
}

// feeds answers calendar programs. They have no session: the address is the
// secret, and it opens what its owner may still see, of one practitioner.
type feeds struct{ d *door.Door }

func (h *feeds) serve(w http.ResponseWriter, r *http.Request) {
	site, ok := h.d.SiteOf(r)
	token, ics := strings.CutSuffix(r.PathValue("token"), ".ics")
	if !ok || !ics || len(token) < 20 || len(token) > 64 {
		h.d.Lost(w, r)
		return
	}
	ctx := r.Context()
	found, err := keeper(h.d.Records, site.Slug).Read(ctx, "Endpoint", feedID(token))
	owner, of, names, ok := readFeed(found)
	if err != nil || !ok {
		h.d.Lost(w, r)
		return
	}
	u, err := h.d.Auth.User(ctx, site.Slug, owner)
	if err != nil || u.Disabled {
		h.d.Lost(w, r)
		return
	}
	actor := u.Actor()
	actor.Scopes = []access.Scope{{Context: "user", Type: "Appointment", Rights: "rs"}, {Context: "user", Type: "PractitionerRole", Rights: "rs"}, {Context: "user", Type: "Practitioner", Rights: "rs"},
		{Context: "user", Type: "Location", Rights: "rs"}, {Context: "user", Type: "HealthcareService", Rights: "rs"}, {Context: "user", Type: "Slot", Rights: "rs"}, {Context: "user", Type: "Schedule", Rights: "rs"}}
	if names {
		actor.Scopes = append(actor.Scopes, access.Scope{Context: "user", Type: "Patient", Rights: "rs"})
	}
	now, zone := h.d.Clock(), site.Location()
	s := h.d.Records.As(actor, access.EMR)
	cal, err := schedule.Open(ctx, s, zone)
	var p *schedule.Period
	if err == nil {
		p, err = cal.Between(ctx, s, now.AddDate(0, 0, -30), now.AddDate(0, 6, 0), of)
	}
	var refused *record.Refused
	if errors.As(err, &refused) {
		h.d.Lost(w, r)
		return
	}
	if err != nil {
		h.d.Broken(w, r, err)
		return
	}
	title := site.Name
	if who, ok := p.Provider(of); ok {
		title = who.Name + ", " + site.Name
	}
	feed := schedule.Feed{Title: title, Host: site.Slug + ".wholechart.example", Now: now}
	if names {
		feed.Names = func(a schedule.Appointment) string {
			if n := p.Patients[a.Patient.Ref].Name; n != "" {
				return n
			}
			return ""
		}
	}
	web.SecurityHeaders(w)
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="schedule.ics"`)
	_, _ = w.Write(feed.Calendar(p.Of(of)))
}
