package main

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
	"wholechart/demo"
	"wholechart/web"
	"wholechart/web/clinic"
)

// demoLife is how long a card's sign-in lasts.
const demoLife = 12 * time.Hour

// demoDoors are a demonstration node's doors: the ordinary ones, and in front
// of them the first page with its cards, which no other node has.
func (n *demoNode) demoDoors(one *node, ordinary http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", n.startPage)
	guard := func(h http.HandlerFunc) http.Handler {
		p, err := web.Protect(h, n.origins()...)
		if err != nil {
			panic("demo: " + err.Error()) // an address of our own listener is an origin
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			web.SecurityHeaders(w)
			if u, err := url.Parse("//" + r.Host); err != nil || !loopbackHost(u.Hostname()) {
				http.Error(w, "a demonstration answers to this machine's own name only", http.StatusForbidden)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
			p.ServeHTTP(w, r)
		})
	}
	mux.Handle("POST /demo/signin", guard(func(w http.ResponseWriter, r *http.Request) { n.signIn(w, r, one) }))
	mux.Handle("POST /demo/node", guard(n.turn))
	mux.Handle("/", ordinary)
	return mux
}

// origins are the nodes' own, whose first pages post to each other.
func (w *network) origins() (out []string) {
	for _, n := range w.nodes {
		out = append(out, n.base)
		if u, err := url.Parse(n.base); err == nil {
			out = append(out, "http://localhost:"+u.Port())
		}
	}
	return out
}

// signIn makes whoever pressed a role card that role's user.
func (n *demoNode) signIn(w http.ResponseWriter, r *http.Request, one *node) {
	site, name := r.PostFormValue("site"), r.PostFormValue("user")
	i := slices.IndexFunc(demo.Roles(), func(role demo.Role) bool { return role.Site == site && role.User == name })
	if i < 0 {
		http.Error(w, "there is no such card", http.StatusNotFound)
		return
	}
	ctx := r.Context()
	u, err := one.auth.User(ctx, site, name)
	var token string
	if err == nil && !u.Disabled {
		token, err = one.auth.Issue(ctx, u.Actor(), auth.Page, demoLife)
	} else if err == nil {
		err = errors.New("the account is disabled")
	}
	if err == nil {
		err = one.records.As(u.Actor(), access.EMR).Note(ctx, audit.Event{Action: "sign-in", Why: "by a card of the demonstration"})
	}
	if err != nil {
		slog.Error("sign-in by a card", "site", site, "error", err)
		http.Error(w, "this card cannot sign in now", http.StatusInternalServerError)
		return
	}
	web.SetSession(w, r, token, demoLife)
	http.Redirect(w, r, demo.Roles()[i].Start, http.StatusSeeOther)
}

// turn stops or starts another node, to show what a whole record says then.
func (n *demoNode) turn(w http.ResponseWriter, r *http.Request) {
	i, err := strconv.Atoi(r.PostFormValue("node"))
	if err != nil || i < 1 || i > len(n.nodes) || i == n.number {
		http.Error(w, "there is no such other node", http.StatusBadRequest)
		return
	}
	if r.PostFormValue("do") == "stop" {
		err = n.nodes[i-1].stop()
	} else {
		err = n.nodes[i-1].start(r.Context())
	}
	if err != nil {
		slog.Error("a node of the demonstration", "node", i, "error", err)
		http.Error(w, "the node could not be turned", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// startPage shows the network, the people and the cards.
func (n *demoNode) startPage(w http.ResponseWriter, r *http.Request) {
	if err := web.Render(&opened{ResponseWriter: w, origins: n.origins()}, r, http.StatusOK, clinic.StartPage(n.startData(), web.ThemeOf(r))); err != nil {
		slog.Error("page", "route", r.Pattern, "error", err)
	}
}

func (n *demoNode) startData() clinic.StartData {
	d := clinic.StartData{Title: "Records that travel", Demo: true,
		Lead: "Seven provider sites in two states, on four nodes that really talk to each other. Every site keeps its own chart; the whole record is what all of them know. Choose a card to sign in."}
	badges := map[string]web.Badge{}
	for i, s := range demo.Sites() {
		color := i%5 + 1
		host := n.nodes[s.Node-1]
		site := clinic.StartSite{Slug: s.Slug, Name: s.Name, Badge: s.Badge, State: s.State, Kind: s.Kind, Color: color, Node: s.Node, Up: host.up(), Href: host.base + "/" + s.Slug + "/signin"}
		if !site.Up {
			site.Why = "its node was stopped"
		}
		d.Sites = append(d.Sites, site)
		badges[s.Slug] = web.Badge{Letters: s.Badge, Color: color, Title: s.Name}
	}
	for i, a := range n.nodes {
		for _, b := range n.nodes[i+1:] {
			d.Links = append(d.Links, clinic.StartLink{From: a.sites()[0].Slug, To: b.sites()[0].Slug})
		}
	}
	for _, p := range demo.People() {
		person := clinic.StartPerson{Name: p.Name, Line: p.Line, Story: p.Story, LookFor: p.LookFor}
		for i, v := range p.Home {
			person.Sites = append(person.Sites, badges[v.Site])
			if i == 0 {
				person.Href = n.at(v.Site) + "/patients/" + url.PathEscape(v.Patient) + "/whole"
			}
		}
		d.People = append(d.People, person)
	}
	for _, r := range demo.Roles() {
		d.Roles = append(d.Roles, clinic.StartRole{Title: r.Title, Name: r.Name, Site: badges[r.Site].Title, Description: r.Description, Badge: badges[r.Site],
			Action: n.nodes[n.nodeOf(r.Site)-1].base + "/demo/signin", Fields: []web.Option{{Value: "site", Label: r.Site}, {Value: "user", Label: r.User}}})
	}
	for _, other := range n.nodes {
		if other == n {
			continue
		}
		var names []string
		for _, s := range other.sites() {
			names = append(names, s.Name)
		}
		card := clinic.StartRole{Title: "Stop node " + strconv.Itoa(other.number), Name: "Out of reach", Site: strings.Join(names, ", "), Badge: badges[other.sites()[0].Slug],
			Description: "Its sites will be unreachable: whole records say so, and show the copies they have.", Action: "/demo/node",
			Fields: []web.Option{{Value: "node", Label: strconv.Itoa(other.number)}, {Value: "do", Label: "stop"}}}
		if !other.up() {
			card.Title, card.Name, card.Description = "Start node "+strconv.Itoa(other.number), "It is stopped", "Its sites will answer again, and what changed meanwhile will come."
			card.Fields[1].Label = "start"
		}
		d.Switches = append(d.Switches, card)
	}
	return d
}

func (w *network) nodeOf(site string) int {
	for _, s := range demo.Sites() {
		if s.Slug == site {
			return s.Node
		}
	}
	return 1
}

// at is the address of a site's pages.
func (w *network) at(site string) string { return w.nodes[w.nodeOf(site)-1].base + "/" + site }

// opened lets the first page's forms post to the other nodes: a page's policy
// (web.CSP) lets a form post to its own origin only.
type opened struct {
	http.ResponseWriter
	origins []string
}

func (o *opened) WriteHeader(status int) {
	h := o.Header()
	// With same-origin, a browser posts to another node with Origin: null, which web.Protect cannot know.
	h.Set("Referrer-Policy", "strict-origin")
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "form-action 'self'", "form-action 'self' "+strings.Join(o.origins, " "), 1))
	o.ResponseWriter.WriteHeader(status)
}
