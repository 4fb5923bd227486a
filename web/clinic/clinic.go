package clinic

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"wholechart/auth"
	"wholechart/record"
	"wholechart/web"
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
	openings openings
	recent   recent
	asking   asking
}

// New is the handler of /, and of /{site}/ for every site of the node. Assets
// and the choice of theme (web.AssetPath, web.ThemePath) are mounted beside it.
func New(c Config) (http.Handler, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &clinic{Config: c}
	h.openings.running = map[string]*opening{}
	h.recent.of = map[string][]string{}
	h.asking.of = map[string]string{}
	return web.Protect(withSheet(h.routes()), c.Trusted...)
}

// routes is the table of contents.
func (h *clinic) routes() *http.ServeMux {
	mux := http.NewServeMux()
	page := func(pattern string, f func(*call)) { mux.HandleFunc(pattern, h.signedIn(f)) }

	mux.HandleFunc("GET /{$}", h.start)
	mux.HandleFunc("GET /{site}/signin", h.signInPage)
	mux.HandleFunc("POST /{site}/signin", h.signIn)
	mux.HandleFunc("POST /{site}/signout", h.signOut)

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
	mux.HandleFunc("/", h.lost)
	return mux
}
