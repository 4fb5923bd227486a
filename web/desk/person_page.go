package desk

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"wholechart/web"
)

// sub is an address below the page of the person.
func (p *personPage) sub(parts ...string) templ.SafeURL {
	at := strings.TrimSuffix(p.Action, "/demographics")
	for _, s := range parts {
		at += "/" + url.PathEscape(s)
	}
	return templ.SafeURL(at)
}

func (p *personPage) photoAction() templ.SafeURL { return p.sub("photo") }

// mergeHref is the merge page of two records, from the address of a person's page.
func mergeHref(action, a, b string) templ.SafeURL {
	site, _, _ := strings.Cut(strings.TrimPrefix(action, "/"), "/")
	return templ.SafeURL("/" + site + "/merge?" + url.Values{"a": {a}, "b": {b}}.Encode())
}

func (v *mergePage) mergeAction() templ.SafeURL {
	if v.Merged {
		return templ.SafeURL(v.Site + "/merge/undo")
	}
	return templ.SafeURL(v.Site + "/merge")
}

func (v *mergePage) pill() web.Pill {
	switch {
	case v.Score.Grade.Sure():
		return web.Pill{Kind: web.Good, Text: "surely one person"}
	case v.Score.Grade == "possible":
		return web.Pill{Kind: web.Warning, Text: "may be one person"}
	}
	return web.Pill{Kind: web.Danger, Text: "probably two people"}
}

func (s *side) holds() string {
	var out []string
	for _, c := range s.Counts {
		out = append(out, plural(c.N, c.Label))
	}
	if len(out) == 0 {
		return "nothing yet"
	}
	return strings.Join(out, ", ")
}

// plural says a number of things.
func plural(n int, one string) string {
	switch {
	case n == 1:
		return "1 " + one
	case one == "allergy":
		one = "allergies"
	case one == "result or measurement":
		one = "results and measurements"
	default:
		one += "s"
	}
	return fmt.Sprintf("%d %s", n, one)
}
