// Package visit is where a visit is written: it starts one, takes its vital
// signs, keeps its note safe while it is written, signs it, and shows what was
// signed, with addenda, attestations and what was entered in error; and it shows
// a chart as it was at a past moment.
//
// The chart stays in the middle, through either lens; writing is at the side.
// Everything that is done is FHIR in the site's own chart. A draft is no fact: it
// is record.Draft of kind "note" until it is signed.
package visit

import (
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart/note"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// room is the pages of this package.
type room struct {
	pages   *clinic.Pages
	present presence
}

//go:embed visit.css
var sheet []byte

//go:embed note.js
var module []byte

var (
	sheetURL  = door.FileURL("visit.css", sheet)
	moduleURL = door.FileURL("note.js", module)
)

// Register hangs the room's pages on the door.
func Register(p *clinic.Pages) {
	h := &room{pages: p}
	p.File("visit.css", sheet)
	p.File("note.js", module)

	const patient = "/{site}/patients/{id}"
	p.Handle("GET "+patient+"/visit", h.begin)
	p.Handle("POST "+patient+"/visit", h.start)
	p.Handle("GET "+patient+"/whole/visit", func(c *door.Call) { // a visit is of this chart, whatever one looks at
		c.Done(c.Path("patients", c.R.PathValue("id"), "visit"), web.Flash{})
	})
	const visit = patient + "/visits/{eid}"
	p.Handle("GET "+visit, h.visit)
	p.Handle("GET "+patient+"/whole/visits/{eid}", h.visit)
	p.Handle("POST "+visit, h.write)
	p.Handle("GET "+visit+"/draft", h.poll)
	p.Handle("POST "+visit+"/draft", h.save)
	p.Handle("GET "+visit+"/sign", h.signPage)
	p.Handle("POST "+visit+"/sign", h.sign)
	p.Handle("POST "+visit+"/vitals", h.takeVitals)
	p.Handle("POST "+visit+"/finish", h.finish)
	const signed = patient + "/notes/{nid}"
	p.Handle("GET "+signed, h.note)
	p.Handle("POST "+signed+"/addendum", h.addend)
	p.Handle("POST "+signed+"/error", h.inError)
	p.Handle("POST "+signed+"/cosign", h.cosign)
	p.Handle("GET "+patient+"/as-of", h.asOf)
	p.Handle("GET /{site}/snippets", h.snippetsPage)
	p.Handle("POST /{site}/snippets", h.saveSnippets)

	p.Commands = append(p.Commands,
		door.Command{Label: "Start or continue the visit", Key: "v", Words: "encounter note write vitals", Patient: true, Can: writes,
			Path: func(c *door.Call, patient string) string { return c.Path("patients", patient, "visit") }},
		door.Command{Label: "The chart as it was on a day", Words: "past history as of version", Patient: true, Can: reads,
			Path: func(c *door.Call, patient string) string { return c.Path("patients", patient, "as-of") }},
		door.Command{Label: "My snippets", Words: "text expansion shortcut dot phrase", Can: writes,
			Path: func(c *door.Call, patient string) string { return c.Path("snippets") }},
	)
}

func writes(c *door.Call) bool {
	return c.Actor.Kind == access.User && c.Can(access.Create, "Composition") && c.Can(access.Create, "Encounter")
}

func reads(c *door.Call) bool { return c.Can(access.History, "Composition") }

// me is who asks, as an author.
func me(c *door.Call) note.Who {
	w := note.Who{User: c.Actor.ID, Name: c.Actor.Name, Role: door.RoleWord(c.Actor)}
	if strings.HasPrefix(c.Actor.Who, "Practitioner/") {
		w.Ref = c.Actor.Who
	}
	if w.Name == "" {
		w.Name = w.User
	}
	return w
}

// fresh is a random id (128 bits, hex).
func fresh() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// find asks the chart of the site.
func find(c *door.Call, typ string, q url.Values) ([]record.Resource, error) {
	parsed, err := search.Parse(typ, q, search.Options{DefaultCount: 100, Now: c.Now})
	if err != nil {
		return nil, err
	}
	page, err := c.Session(access.EMR).Search(c.R.Context(), parsed)
	if err != nil {
		return nil, err
	}
	return page.Matches, nil
}

// of says whether a resource's subject is the patient of the address: a visit or
// note of another patient is not there.
func of(c *door.Call, n fhir.Node, patient string) bool {
	return c.Session(access.EMR).About(n.Path("subject", "reference").Str(), patient)
}

// encounter reads the visit of the address.
func encounter(c *door.Call) (record.Resource, error) {
	if c.Actor.Kind != access.User { // drafts of notes and orders are no part of what a patient is shown
		return record.Resource{}, &record.Refused{Why: "the workspace of a visit is for those who give the care"}
	}
	r, err := c.Session(access.EMR).Read(c.R.Context(), "Encounter", c.R.PathValue("eid"))
	if err != nil {
		return r, err
	}
	if !of(c, r.Node(), c.R.PathValue("id")) {
		return record.Resource{}, record.ErrNotFound
	}
	return r, nil
}

// void is why nothing is written at a visit: it was "cancelled", or "entered in
// error" and so never was; "" when it may be.
func void(e record.Resource) string {
	switch s := e.Node().Get("status").Str(); s {
	case "cancelled", "entered-in-error":
		return strings.ReplaceAll(s, "-", " ")
	}
	return ""
}

// errVoid is a visit at which nothing more is written.
var errVoid = errors.New("nothing is written at a visit that was cancelled or entered in error")

func voidWords(why string) string {
	was := "This visit was " + why
	return was + ": nothing is recorded at it. Start a visit for what belongs to another."
}

func when(n fhir.Node, zone *time.Location) time.Time {
	t, err := time.Parse(time.RFC3339, n.Str())
	if err != nil {
		return time.Time{}
	}
	return t.In(zone)
}
