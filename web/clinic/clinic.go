package clinic

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/record"
	"wholechart/web/door"
)

// Opener asks other sites for what they know of a patient of the session's
// site and returns what each last said. With force it asks even a site that
// answered a moment ago. Package exchange is one.
type Opener interface {
	Open(ctx context.Context, s record.Session, patientID string, force bool) ([]record.Answer, error)
}

// Config is what the pages are made of. Opener may be nil: the whole record is
// then what is known here already.
type Config struct {
	Records *record.Records
	Auth    *auth.Auth
	Opener  Opener
	Demo    bool // says on every page that the people are synthetic
	Log     *slog.Logger
	Now     func() time.Time // default time.Now
	Trusted []string         // further origins whose forms are accepted, see web.Protect
}

// clinic is the pages of one node's sites.
type clinic struct {
	Config
	*door.Door
	openings openings
	recent   recent
	asking   asking
	acts     []Acts
}

// Pages are the clinicians' pages: the chart, and what other rooms hang beside it.
type Pages struct {
	*door.Door
	h       *clinic
	once    sync.Once
	handler http.Handler
	err     error
}

// New makes the pages of /, and of /{site}/ for every site of the node. Assets
// and the choice of theme (web.AssetPath, web.ThemePath) are mounted beside it.
// Rooms are added before it serves.
func New(c Config) (*Pages, error) {
	d := door.New(door.Config{Records: c.Records, Auth: c.Auth, Demo: c.Demo, Log: c.Log, Clock: c.Now, Trusted: c.Trusted})
	c.Log, c.Now = d.Log, d.Clock
	h := &clinic{Config: c, Door: d}
	h.openings.running = map[string]*opening{}
	h.recent.of = map[string][]string{}
	h.asking.of = map[string]string{}
	d.File("clinic.css", sheet)
	h.routes()
	return &Pages{Door: d, h: h}, nil
}

// ServeHTTP serves the pages. The first request ends the adding of rooms.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.once.Do(func() { p.handler, p.err = p.Handler() })
	if p.err != nil {
		p.Broken(w, r, p.err)
		return
	}
	p.handler.ServeHTTP(w, r)
}

// routes is the table of contents.
func (h *clinic) routes() {
	page := func(pattern string, f func(*call)) {
		h.Handle(pattern, func(c *door.Call) { f(&call{h, c}) })
	}

	h.HandleOpen("GET /{$}", h.start)
	h.HandleOpen("GET /{site}/signin", h.signInPage)
	h.HandleOpen("POST /{site}/signin", h.signIn)
	h.HandleOpen("POST /{site}/signout", h.signOut)

	page("GET /{site}", h.home)
	page("GET /{site}/{$}", h.home)
	page("GET /{site}/patients", h.find)
	page("POST /{site}/patients", h.asked)
	page("POST /{site}/patients/suggest", h.suggest)

	for _, lens := range []string{"", "/whole"} {
		patient := "GET /{site}/patients/{id}" + lens
		page(patient, h.chart)
		page(patient+"/fact/{type}/{fact}", h.fact)
		page(patient+"/fact/{type}/{fact}/content/{n}", h.content)
		page(patient+"/results/{code}", h.trend)
		for _, s := range sections {
			page(patient+"/"+s.slug, h.section(s))
		}
	}
	page("GET /{site}/patients/{id}/whole/late", h.lateOf)
	care := func(c *door.Call) bool { return c.Can(access.Read, "Condition") }
	for _, s := range sections {
		h.Commands = append(h.Commands, door.Command{Label: s.title, Key: "g " + s.key, Words: "open section", Patient: true, Can: care,
			Path: func(c *door.Call, patient string) string { return c.PatientPath(patient, access.EMR, s.slug) }})
	}
	h.Commands = append(h.Commands, door.Command{Label: "Whole record", Key: "2", Words: "all sites ehr", Patient: true, Can: care,
		Path: func(c *door.Call, patient string) string { return c.PatientPath(patient, access.EHR) }})
	h.Places = append(h.Places,
		door.Place{Order: 20, Label: "Patients", Key: "g p", Path: "patients", Can: (*door.Call).Finds},
		door.Place{Order: 20, Label: "My record", Key: "g p", Path: "patients/{patient}", Can: func(c *door.Call) bool { return len(c.Actor.Patients) > 0 }},
	)
}
