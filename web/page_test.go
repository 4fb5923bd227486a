package web

import (
	"context"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// tree renders a component and parses it as a browser would.
func tree(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	n, err := html.Parse(strings.NewReader(markup(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func markup(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// all elements with this tag and, when given, class.
func all(n *html.Node, tag, class string) (out []*html.Node) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && (tag == "" || c.Data == tag) && (class == "" || slices.Contains(strings.Fields(attr(c, "class")), class)) {
			out = append(out, c)
		}
	}
	return out
}

func one(t *testing.T, n *html.Node, tag, class string) *html.Node {
	t.Helper()
	found := all(n, tag, class)
	if len(found) != 1 {
		t.Fatalf("%d of %s.%s, want one", len(found), tag, class)
	}
	return found[0]
}

func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Nothing on the page needs what the policy forbids, every id is one, every label and description finds its element.
func TestStyleGuideIsSound(t *testing.T) {
	doc := tree(t, StyleGuide("dark"))
	ids := map[string]bool{}
	for _, n := range all(doc, "", "") {
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("id %q twice", id)
			}
			ids[id] = true
		}
		if has(n, "style") || n.Data == "style" {
			t.Errorf("inline style on <%s>", n.Data)
		}
		if n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil) {
			t.Error("inline script")
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s on <%s>", a.Key, n.Data)
			}
		}
		if n.Data == "svg" && attr(n, "aria-hidden") == "" && attr(n, "role") == "" && attr(n, "overflow") == "" && attr(n, "class") != "lanes-names" {
			t.Errorf("an svg that is neither decoration nor named: class %q", attr(n, "class"))
		}
		if n.Data == "th" && attr(n, "scope") == "" {
			t.Errorf("th without scope: %s", words(n))
		}
	}
	for _, n := range all(doc, "", "") {
		for _, k := range []string{"for", "aria-describedby", "aria-labelledby"} {
			for _, id := range strings.Fields(attr(n, k)) {
				if !ids[id] {
					t.Errorf("%s=%q leads nowhere", k, id)
				}
			}
		}
	}
	if h := all(doc, "h1", ""); len(h) != 1 || words(h[0]) != "Rosa Delgado" {
		t.Errorf("%d first headings", len(h))
	}
	if a := all(doc, "a", "skip"); len(a) != 1 || attr(a[0], "href") != "#main" || !ids["main"] {
		t.Error("the skip link does not lead to the content")
	}
	if !strings.Contains(words(one(t, doc, "", "demo")), "Demonstration: synthetic people only") {
		t.Error("the demonstration is not said")
	}
	if got := attr(one(t, doc, "html", ""), "data-theme"); got != "dark" {
		t.Errorf("theme %q", got)
	}
}

func TestPageWithoutDemoOrUser(t *testing.T) {
	doc := tree(t, Framed(Page{Title: "Sign in", Narrow: true}, Refusal("Not found", "No such page.", Link{"Start", "/"})))
	for _, class := range []string{"demo", "menu", "find", "board", "side", "foot"} {
		if n := all(doc, "", class); len(n) > 0 {
			t.Errorf("%s on a page that has none", class)
		}
	}
	if got := words(one(t, doc, "title", "")); got != "Sign in · Wholechart" {
		t.Errorf("title %q", got)
	}
	if n := one(t, doc, "html", ""); attr(n, "lang") != "en" || attr(n, "data-theme") != "auto" {
		t.Error("language or theme missing")
	}
}

func TestLinksFromDataAreTamed(t *testing.T) {
	for _, c := range []templ.Component{
		Badge{Letters: "MS", Href: "javascript:alert(1)"}, Row("x", "javascript:alert(1)", "", nil),
		Button{Label: "x", Href: "javascript:alert(1)"}, BoardRow("x", "javascript:alert(1)"),
	} {
		if s := markup(t, c); strings.Contains(s, "javascript:") {
			t.Errorf("%s", s)
		}
	}
	if s := markup(t, Pill{Text: `<script>alert(1)</script>`}); strings.Contains(s, "<script") {
		t.Error(s)
	}
}

func TestBadge(t *testing.T) {
	n := one(t, tree(t, badgeLC), "a", "src")
	if !strings.HasPrefix(attr(n, "aria-label"), words(n)) {
		t.Error("the accessible name does not begin with the visible letters")
	}
	for _, want := range []string{"Lakeside Cardiology", "Aaron Feld, MD", "2 Oct 2026", "asked just now"} {
		if !strings.Contains(attr(n, "aria-label"), want) || !strings.Contains(attr(n, "title"), want) {
			t.Errorf("%q is not told", want)
		}
	}
	if n := one(t, tree(t, badgeCP), "span", "src"); attr(n, "tabindex") != "0" {
		t.Error("a badge without a link cannot be focused")
	}
	if a, b := colorClass(6), colorClass(1); a != b || colorClass(-3) != "c0" {
		t.Error("the sixth site has no colour")
	}
}

// Unknown is not none, and the zero value claims nothing.
func TestThreeKindsOfNothing(t *testing.T) {
	asked := time.Date(2026, 11, 14, 15, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		e    EmptyState
		want string
	}{
		{EmptyState{What: "allergies"}, "Allergies: not recorded Nobody has written whether there are any."},
		{EmptyState{Knowledge: NoneKnown, What: "allergies", Asked: asked, Who: "L. Okonkwo"}, "No allergies known asked 14 Nov 2026 by L. Okonkwo"},
		{EmptyState{Knowledge: NoneKnown, What: "allergies"}, "No allergies known"},
		{EmptyState{Knowledge: Unreachable, What: "medicines", Who: "Corner Pharmacy"}, "Corner Pharmacy could not be reached There may be medicines that are not shown."},
	} {
		if got := words(tree(t, c.e)); got != c.want && strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(c.want, " ", "") {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := words(tree(t, AllergyBox{})); !strings.Contains(got, "not recorded") {
		t.Errorf("an empty allergy box says %q", got)
	}
	got := words(tree(t, AllergyBox{Knowledge: Unreachable, Who: "Corner Pharmacy", Items: []Allergy{{Substance: "Latex"}}}))
	for _, want := range []string{"Latex", "reaction not recorded", "Corner Pharmacy could not be reached: there may be more."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q missing in %q", want, got)
		}
	}
}

func TestCompleteness(t *testing.T) {
	c := Completeness{ID: "strip", Refresh: 800 * time.Millisecond, RefreshURL: "/strip", Sites: []SiteAnswer{
		{Badge: badgeMS, Name: "Maple Street", State: ThisSite}, {Badge: badgeLC, Name: "Lakeside", State: Answered, When: "just now"},
		{Name: "Harbor", State: Refused, Why: "no consent"}, {Name: "Corner Pharmacy", State: SiteUnreachable, When: "showing 09:12", RetryHref: "/again"}, {Name: "Riverside"}}}
	doc := tree(t, c)
	s := one(t, doc, "section", "strip")
	if attr(s, "data-refresh") != "800" || attr(s, "data-refresh-url") != "/strip" {
		t.Error("does not refresh itself")
	}
	got := words(s)
	for _, want := range []string{"2 of 5 sites answered, asking 1", "refused · no consent", "unreachable · showing 09:12", "asking"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q missing in %q", want, got)
		}
	}
	c.Refresh = 0
	if has(one(t, tree(t, c), "section", "strip"), "data-refresh") {
		t.Error("never stops asking")
	}
}

func TestFieldKeepsWhatWasTyped(t *testing.T) {
	n := one(t, tree(t, Field{Name: "user", Label: "User", Value: "lena", Error: "unknown", Hint: "as at work", Required: true}), "input", "")
	if attr(n, "value") != "lena" || attr(n, "aria-invalid") != "true" || attr(n, "aria-describedby") != "f-user-hint f-user-error" || !has(n, "required") {
		t.Errorf("%+v", n.Attr)
	}
	n = one(t, tree(t, Field{Name: "password", Label: "Password", Type: "password", Value: "secret"}), "input", "")
	if attr(n, "value") != "" || attr(n, "type") != "password" {
		t.Error("a password was shown again")
	}
	if doc := tree(t, Field{Name: "note", Type: "textarea", Value: "three days"}); words(one(t, doc, "textarea", "")) != "three days" {
		t.Error("a note was lost")
	}
	if n := one(t, tree(t, Field{Name: "x", Type: "hidden\" onfocus=\"x"}), "input", ""); attr(n, "type") != "text" {
		t.Error("an unknown type went through")
	}
}

func TestQuantityAndFlag(t *testing.T) {
	if got := words(tree(t, Quantity{Value: "7.90", Unit: "%", Flag: "H"})); got != "7.90 H %" {
		t.Errorf("%q", got)
	}
	for _, code := range []string{"", "N"} {
		if n := all(tree(t, Flag{code}), "abbr", ""); len(n) != 0 {
			t.Errorf("flag %q is drawn", code)
		}
	}
	n := one(t, tree(t, Flag{"LL"}), "abbr", "flag-critical")
	if attr(n, "title") != "critically low" {
		t.Error("a critical value is not said")
	}
}

func TestSuggestions(t *testing.T) {
	doc := tree(t, Suggestions{Query: "<ro", Items: []Suggestion{{"Rosa Delgado", "68 y", "/maple/p/1"}}, More: 2})
	n := one(t, doc, "div", "")
	if attr(n, "role") != "option" || attr(n, "data-href") != "/maple/p/1" {
		t.Error("not an option")
	}
	if got := words(tree(t, Suggestions{Query: "<zz"})); got != "No match for “<zz”" {
		t.Errorf("%q", got)
	}
}

// The icon and every inline shape are well-formed XML.
func TestShapesAreWellFormed(t *testing.T) {
	for s := range Lock + 1 {
		d := xml.NewDecoder(strings.NewReader("<a>" + markup(t, shape(s)) + "</a>"))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("shape %d: %v", s, err)
				break
			}
		}
	}
}
