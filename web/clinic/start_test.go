package clinic

import (
	"bytes"
	"strings"
	"testing"

	"wholechart/demo"
	"wholechart/web"
)

// startData is the first page of the demonstration, one site down.
func startData() StartData {
	d := StartData{Title: "Five nodes, two states, eleven people", Demo: true,
		Lead: "Every site keeps its own chart. Opening a whole record asks the others. Sign in as somebody and look."}
	badge := map[string]web.Badge{}
	for i, s := range demo.Sites() {
		badge[s.Slug] = web.Badge{Letters: s.Badge, Color: i%5 + 1, Title: s.Name}
		d.Sites = append(d.Sites, StartSite{Slug: s.Slug, Name: s.Name, Badge: s.Badge, State: s.State, Kind: s.Kind, Color: i%5 + 1, Node: s.Node, Up: s.Slug != "corner", Why: "stopped", Href: "/" + s.Slug + "/signin"})
	}
	for _, l := range [][2]string{{"maple", "riverside"}, {"maple", "lakeside"}, {"riverside", "lakeside"}, {"maple", "corner"}, {"riverside", "corner"}, {"corner", "lakeside"}} {
		d.Links = append(d.Links, StartLink{l[0], l[1]})
	}
	for _, p := range demo.People() {
		one := StartPerson{Name: p.Name, Line: p.Line, Story: p.Story, LookFor: p.LookFor}
		for _, v := range p.Home {
			one.Sites = append(one.Sites, badge[v.Site])
		}
		d.People = append(d.People, one)
	}
	for _, r := range demo.Roles() {
		d.Roles = append(d.Roles, StartRole{Title: r.Title, Name: r.Name, Site: badge[r.Site].Title, Badge: badge[r.Site], Description: r.Description, Action: "/demo/as", Fields: []web.Option{{Value: "user", Label: r.User}, {Value: "site", Label: r.Site}}})
	}
	return d
}

func TestStartPage(t *testing.T) {
	var b bytes.Buffer
	d := startData()
	d.People[0].Line = `<script>alert(1)</script>`
	if err := StartPage(d, "").Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	p := parse(t, b.String())
	if got := len(elementsOf(p.Node, "a", "net-site")); got != len(demo.Sites()) {
		t.Errorf("%d sites are drawn", got)
	}
	if got := len(elementsOf(p.Node, "path", "net-link")); got != len(d.Links) {
		t.Errorf("%d links are drawn", got)
	}
	if got := len(elementsOf(p.Node, "li", "role")); got != len(demo.Roles()) {
		t.Errorf("%d role cards", got)
	}
	if got := len(elementsOf(p.Node, "li", "person")); got != len(demo.People()) {
		t.Errorf("%d people", got)
	}
	p.says("down: stopped")
	p.says("7 sites in 2 states, 1 down")
	if strings.Contains(b.String(), "<script>alert") {
		t.Error("a story is markup")
	}
	n := newNode(t, []string{"maple", "riverside"}, []string{"lakeside"}, nil)
	start := n.visitor().open("/")
	start.says("Riverside General Hospital")
	start.silent("Lakeside")
}
