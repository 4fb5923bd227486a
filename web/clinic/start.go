package clinic

import (
	"net/http"
	"strconv"

	"wholechart/web"
	"wholechart/web/door"
)

// StartData is the first page of a node, or of the demonstration: the network
// of sites, the people whose stories it tells, and whom to sign in as. Every
// part may be empty. Cards are a form when Action is set (POST, with Fields
// hidden in it), else a link.
type StartData struct {
	Title, Lead string
	Demo        bool
	Sites       []StartSite
	Links       []StartLink
	People      []StartPerson
	Roles       []StartRole
	Switches    []StartRole // what may happen to the network: nodes to stop and start
}

// StartSite is one site of the network. Sites of one Node run in one process.
type StartSite struct {
	Slug, Name, Badge, State, Kind string
	Color, Node                    int
	Up                             bool
	Why                            string // it is not up
	Href                           string // its sign-in
}

// StartLink says that two sites' nodes ask each other.
type StartLink struct{ From, To string }

// StartPerson is somebody with a story.
type StartPerson struct {
	Name, Line, Story, LookFor string
	Sites                      []web.Badge
	Href                       string
}

// StartRole is somebody to sign in as.
type StartRole struct {
	Title, Name, Site, Description string
	Badge                          web.Badge
	Action                         string
	Fields                         []web.Option // name and value of hidden fields
	Href                           string
}

// start lists the node's own sites, to sign in.
func (h *clinic) start(w http.ResponseWriter, r *http.Request) {
	d := StartData{Title: "Wholechart", Lead: "Choose the site whose records you work with.", Demo: h.Demo}
	for _, s := range h.Records.Sites() {
		if s.Local {
			d.Sites = append(d.Sites, StartSite{Slug: s.Slug, Name: s.Name, Badge: s.Badge, State: s.State, Kind: s.Kind, Color: s.Color(), Up: true, Href: "/" + s.Slug + "/signin"})
		}
	}
	if err := web.Render(w, r, http.StatusOK, StartPage(d, web.ThemeOf(r))); err != nil {
		h.Log.Error("page", "route", r.Pattern, "error", err)
	}
}

// network is the picture of the sites: a box a state, in it a box a node, in
// it the sites; lines between nodes that ask each other.
type network struct {
	Width, Height string
	View          string
	Says          string
	States        []netBox
	Nodes         []netBox
	Sites         []netSite
	Links         []netLine
}

type netBox struct{ X, Y, W, H, Label, LabelX, LabelY string }

type netSite struct {
	StartSite
	X, Y, TextX, NameY, KindY, MarkX, MarkY, MarkTextY, StateY string
	Class                                                      string
}

type netLine struct{ Path, Class string }

const (
	netSiteW, netSiteH = 300, 56
	netGap, netPad     = 28, 20
	netStateGap        = 130
)

// picture lays the network out: states beside each other, nodes below each
// other, sites of one node in one box.
func picture(d StartData) network {
	n := network{}
	num := strconv.Itoa
	var states []string
	perState := map[string][]int{} // node numbers in their order
	inNode := map[string][]StartSite{}
	key := func(state string, node int) string { return state + "/" + num(node) }
	for _, s := range d.Sites {
		if _, ok := perState[s.State]; !ok {
			states = append(states, s.State)
		}
		k := key(s.State, s.Node)
		if len(inNode[k]) == 0 {
			perState[s.State] = append(perState[s.State], s.Node)
		}
		inNode[k] = append(inNode[k], s)
	}
	type edge struct {
		left, right, y, column int
		up                     bool
	}
	at := map[string]edge{}
	height := 0
	x := 4
	for column, st := range states {
		y := 44
		for _, node := range perState[st] {
			sites := inNode[key(st, node)]
			top := y
			up := false
			for i, s := range sites {
				sy := y + 12 + i*netSiteH
				one := netSite{StartSite: s, X: num(x + netPad + 12), Y: num(sy), TextX: num(x + netPad + 66), NameY: num(sy + 20), KindY: num(sy + 37),
					MarkX: num(x + netPad + 36), MarkY: num(sy + 24), MarkTextY: num(sy + 29), Class: "c" + num((max(s.Color, 1)-1)%5+1)}
				if !s.Up {
					one.Class += " net-down"
				}
				up = up || s.Up
				n.Sites = append(n.Sites, one)
				at[s.Slug] = edge{x + netPad, x + netPad + netSiteW, sy + 24, column, s.Up}
			}
			h := len(sites)*netSiteH + 16
			n.Nodes = append(n.Nodes, netBox{X: num(x + netPad), Y: num(top), W: num(netSiteW), H: num(h)})
			y = top + h + netGap
		}
		w := netSiteW + 2*netPad
		n.States = append(n.States, netBox{X: num(x), Y: "4", W: num(w), H: num(y - netGap + netPad - 4), Label: door.StateName(st), LabelX: num(x + netPad), LabelY: "30"})
		height = max(height, y-netGap+netPad+8)
		x += w + netStateGap
	}
	for _, l := range d.Links {
		a, okA := at[l.From]
		b, okB := at[l.To]
		if !okA || !okB {
			continue
		}
		if a.column > b.column {
			a, b = b, a
		}
		path := "M" + num(a.right) + " " + num(a.y) + " C" + num(a.right+netStateGap/2+netPad) + " " + num(a.y) + " " + num(b.left-netStateGap/2-netPad) + " " + num(b.y) + " " + num(b.left) + " " + num(b.y)
		if a.column == b.column {
			bulge := 24 + abs(a.y-b.y)/5
			path = "M" + num(a.right) + " " + num(a.y) + " C" + num(a.right+bulge) + " " + num(a.y) + " " + num(b.right+bulge) + " " + num(b.y) + " " + num(b.right) + " " + num(b.y)
		}
		n.Links = append(n.Links, netLine{Path: path, Class: map[bool]string{true: "net-link", false: "net-link net-broken"}[a.up && b.up]})
	}
	width := max(x-netStateGap+4, 200)
	n.Width, n.Height = num(width), num(height)
	n.View = "0 0 " + n.Width + " " + n.Height
	down := 0
	for _, s := range d.Sites {
		if !s.Up {
			down++
		}
	}
	n.Says = plural(len(d.Sites), "site", "sites") + " in " + plural(len(states), "state", "states")
	if down > 0 {
		n.Says += ", " + num(down) + " down"
	}
	return n
}

func abs(n int) int { return max(n, -n) }

func colorNumber(n int) string {
	if n <= 0 {
		return "0"
	}
	return strconv.Itoa((n-1)%5 + 1)
}

// netKind is the line under a site's name: what it is, or that it is down.
func netKind(s StartSite) string {
	if !s.Up {
		return "✕ down" + map[bool]string{true: ": " + s.Why}[s.Why != ""]
	}
	return first(s.Kind, 34)
}

func siteSays(s StartSite) string {
	state := "up"
	if !s.Up {
		state = "down"
	}
	return s.Name + ", " + dotted(s.Kind, door.StateName(s.State), state) + ": sign in"
}
