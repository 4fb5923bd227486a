package documents

import (
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"net/url"
	"strings"

	"wholechart/access"
	"wholechart/chart/document"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// room is the pages of this package.
type room struct {
	pages *clinic.Pages
	drawn *drawings
	heavy chan struct{} // files are held and images decoded by few requests at once
}

//go:embed documents.css
var sheet []byte

//go:embed documents.js
var module []byte

var (
	sheetURL  = door.FileURL("documents.css", sheet)
	moduleURL = door.FileURL("documents.js", module)
)

// Register hangs the room's pages on the door.
func Register(p *clinic.Pages) {
	h := &room{pages: p, drawn: newDrawings(), heavy: make(chan struct{}, 2)}
	p.File("documents.css", sheet)
	p.File("documents.js", module)

	const patient = "/{site}/patients/{id}"
	p.Handle("GET "+patient+"/upload", h.uploadPage)
	p.Handle("POST "+patient+"/upload", h.upload)
	p.Handle("GET "+patient+"/library", h.library)
	p.Handle("POST "+patient+"/library", h.library) // words that should not stand in an address
	p.Handle("GET "+patient+"/whole/library", h.library)
	p.Handle("POST "+patient+"/whole/library", h.library)
	const one = patient + "/library/{did}"
	p.Handle("GET "+one, h.view)
	p.Handle("POST "+one, h.correct)
	p.Handle("POST "+one+"/error", h.inError)
	p.Handle("GET "+one+"/move", h.movePage)
	p.Handle("POST "+one+"/move", h.move)
	p.Handle("GET "+one+"/preview", h.preview)
	h.letters(p)

	p.AddActs(clinic.Acts{
		Section: func(c *door.Call, base, section string) []web.Button {
			if section != "documents" {
				return nil
			}
			out := []web.Button{{Label: "Library", Href: base + "/library"}}
			if writes(c) {
				out = append(out, web.Button{Label: "Write a letter", Href: base + "/letters/new"}, web.Button{Label: "Upload", Href: base + "/upload", Primary: true})
			}
			return out
		},
		Fact: func(c *door.Call, base string, r record.Resource) []web.Button {
			if r.Type != "DocumentReference" {
				return nil
			}
			return []web.Button{{Label: "Open in the library", Href: base + "/library/" + url.PathEscape(r.ID)}}
		},
	})
	p.Commands = append(p.Commands,
		door.Command{Label: "Upload a document", Words: "scan file pdf image attach import fax", Patient: true, Can: writes,
			Path: func(c *door.Call, patient string) string { return c.Path("patients", patient, "upload") }},
		door.Command{Label: "Find a document", Words: "library search letters reports scans", Patient: true, Can: reads,
			Path: func(c *door.Call, patient string) string { return c.Path("patients", patient, "library") }},
		door.Command{Label: "Write a letter", Words: "referral work school note results summary medication list pdf", Patient: true, Can: writes,
			Path: func(c *door.Call, patient string) string { return c.Path("patients", patient, "letters", "new") }},
		door.Command{Label: "After-visit summary", Words: "avs instructions patient handout letter", Patient: true, Can: writes,
			Path: func(c *door.Call, patient string) string {
				return c.Path("patients", patient, "letters", "new") + "?template=" + document.AfterVisit
			}},
	)
}

// writes says whether who asks may keep files: an index without its file is none.
func writes(c *door.Call) bool {
	return c.Actor.Kind == access.User && c.Can(access.Create, "DocumentReference") && c.Can(access.Create, "Binary")
}

func reads(c *door.Call) bool { return c.Can(access.Read, "DocumentReference") }

func me(c *door.Call) document.Who {
	w := document.Who{User: c.Actor.ID, Name: c.Actor.Name}
	if strings.HasPrefix(c.Actor.Who, "Practitioner/") {
		w.Ref = c.Actor.Who
	}
	if w.Name == "" {
		w.Name = w.User
	}
	return w
}

// keeping is who does it, for whom and when, with a fresh id (128 bits, hex).
func keeping(c *door.Call, patient string) document.Keeping {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return document.Keeping{Patient: patient, By: me(c), Now: c.Now.In(c.Zone), ID: hex.EncodeToString(b[:]), Site: c.Site.Name}
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

// of says whether a resource's subject is the patient of the address: a document
// of another patient is not there.
func of(c *door.Call, n fhir.Node, patient string) bool {
	return c.Session(access.EMR).About(n.Path("subject", "reference").Str(), patient)
}

// reference reads the document of the address.
func reference(c *door.Call) (record.Resource, error) {
	r, err := c.Session(access.EMR).Read(c.R.Context(), "DocumentReference", c.R.PathValue("did"))
	if err != nil {
		return r, err
	}
	if !of(c, r.Node(), c.R.PathValue("id")) {
		return record.Resource{}, record.ErrNotFound
	}
	return r, nil
}

// binaryOf reads the Binary of a document's first file that has one; ErrNotFound
// when its content is elsewhere or inside.
func binaryOf(c *door.Call, doc record.Resource) (record.Resource, error) {
	for content := range doc.Node().Get("content").Items() {
		typ, id, _, ok := fhir.Relative(content.Path("attachment", "url").Str())
		if !ok || typ != "Binary" {
			continue
		}
		b, err := c.Session(access.EMR).Read(c.R.Context(), "Binary", id)
		if err != nil {
			return b, err
		}
		guard := b.Node().Path("securityContext", "reference")
		if guard.Exists() && !c.Session(access.EMR).About(guard.Str(), c.R.PathValue("id")) {
			return record.Resource{}, record.ErrNotFound
		}
		return b, nil
	}
	return record.Resource{}, record.ErrNotFound
}

// frame is the page around a patient's documents.
func frame(p *clinic.Patient, title string) web.Page {
	page := p.Frame(title)
	page.Sheets = append(page.Sheets, sheetURL)
	page.Modules = append(page.Modules, moduleURL)
	return page
}

// allowed refuses who may not write documents; it has answered when ok is false.
func allowed(c *door.Call) bool {
	if writes(c) {
		return true
	}
	c.Failed(&record.Refused{Why: "bringing in and writing documents is not part of this role"})
	return false
}
