package admin

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"wholechart/auth"
	"wholechart/record"
)

// NodeStatus tells how the node is. The roof, which sees store and exchange, is one.
type NodeStatus interface {
	NodeStatus(ctx context.Context) (Status, error)
}

// Status is a node in numbers, without anything of any patient.
type Status struct {
	Resources int64     // current resources of all sites, copies with them; negative: not counted
	Bytes     int64     // of the database files; negative: not known
	Started   time.Time // when the process began
	Version   string    // of the program
	AuditN    int64     // number of the last event in the audit chain
	AuditHash string    // its SHA-256 in hexadecimal, to be kept elsewhere as proof
	Peers     []PeerStatus
}

// PeerStatus is the last time that a peer was asked.
type PeerStatus struct {
	Slug string
	Up   bool      // it answered, be it a refusal
	At   time.Time // zero: never asked
	Why  string    // of not answering, without patient data
}

// Config is what the pages are made of.
type Config struct {
	Records *record.Records
	Auth    *auth.Auth
	Node    NodeStatus // nil: the node's numbers are said to be unknown
	Demo    bool       // says on every page that the people are synthetic
	Log     *slog.Logger
	Now     func() time.Time // default time.Now
}

// Patterns are the places of the handler, for the roof to mount it at, beside a
// handler of "/" that has the other pages.
var Patterns = []string{
	"GET /{site}/log",
	"GET /{site}/log.csv",
	"GET /{site}/patients/{id}/access",
	"GET /{site}/node",
	"GET /{site}/users",
	"POST /{site}/users",
	"GET /{site}/links",
	"POST /{site}/links",
	"GET " + sheetURL,
}

// admin is the pages of one node's sites.
type admin struct {
	Config
	users sync.Mutex // over look-then-change of accounts
}

// New is the handler of Patterns. It is to stand behind web.Protect.
func New(c Config) http.Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &admin{Config: c}
	mux := http.NewServeMux()
	page := func(pattern string, f func(*call)) { mux.HandleFunc(pattern, h.signedIn(f)) }

	page("GET /{site}/log", h.log)
	page("GET /{site}/log.csv", h.logCSV)
	page("GET /{site}/patients/{id}/access", h.looked)
	page("GET /{site}/node", h.node)
	page("GET /{site}/users", h.userList)
	page("POST /{site}/users", h.changeUser)
	page("GET /{site}/links", h.links)
	page("POST /{site}/links", h.decideLink)

	mux.HandleFunc("GET "+sheetURL, sheetFile)
	mux.HandleFunc("/", h.lost)
	return mux
}

//go:embed admin.css
var sheet []byte

// sheetURL is the address of these pages' own style sheet, with a hash of its
// content in it. It lies under /style/, which no site can be called.
var sheetURL = func() string {
	sum := sha256.Sum256(sheet)
	return "/style/admin." + base64.RawURLEncoding.EncodeToString(sum[:9]) + ".css"
}()

func sheetFile(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(sheet)
}
