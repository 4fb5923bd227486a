package clinic

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// page is a page as a browser parsed it.
type page struct {
	t testing.TB
	*html.Node
}

func parse(t testing.TB, body string) page {
	t.Helper()
	n, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return page{t, n}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// all elements with this tag and, when given, class.
func elementsOf(n *html.Node, tag, class string) (out []*html.Node) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && (tag == "" || c.Data == tag) && (class == "" || slices.Contains(strings.Fields(attr(c, "class")), class)) {
			out = append(out, c)
		}
	}
	return out
}

// text is what an element says, its white space as one space.
func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode && c.Parent.Data != "script" && c.Parent.Data != "style" {
			b.WriteString(c.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// card is the section with this label.
func (p page) card(label string) *html.Node {
	p.t.Helper()
	for _, s := range elementsOf(p.Node, "section", "") {
		if attr(s, "aria-label") == label {
			return s
		}
	}
	p.t.Fatalf("no section %q in %s", label, short(text(p.Node)))
	return nil
}

func (p page) has(label string) bool {
	return slices.ContainsFunc(elementsOf(p.Node, "section", ""), func(s *html.Node) bool { return attr(s, "aria-label") == label })
}

func (p page) says(part string) {
	p.t.Helper()
	if !strings.Contains(text(p.Node), part) {
		p.t.Errorf("the page does not say %q: %s", part, short(text(p.Node)))
	}
}

func (p page) silent(part string) {
	p.t.Helper()
	if s := text(p.Node); strings.Contains(s, part) {
		i := strings.Index(s, part)
		p.t.Errorf("the page says %q: …%s", part, short(s[max(0, i-80):]))
	}
}
