package pagetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// Form is a form of a page, with what it shows.
type Form struct {
	Action string
	Values url.Values // as it would be sent untouched, without the buttons
	Typed  []string   // names of fields that take words, numbers or dates
	Names  []string   // all fields
	types  map[string]string
}

// Forms are the forms of a page that are posted as an ordinary form.
func Forms(t testing.TB, page string) []Form {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []Form
	var walk func(n *html.Node, f *Form)
	walk = func(n *html.Node, f *Form) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "form":
				if attr(n, "method") == "post" && attr(n, "enctype") == "" {
					f = &Form{Action: attr(n, "action"), Values: url.Values{}, types: map[string]string{}}
				} else {
					f = &Form{Values: url.Values{}, types: map[string]string{}}
				}
				for c := range n.ChildNodes() {
					walk(c, f)
				}
				if f.Action != "" {
					out = append(out, *f)
				}
				return
			case "input", "textarea", "select":
				if f != nil {
					f.field(n)
				}
			}
		}
		for c := range n.ChildNodes() {
			walk(c, f)
		}
	}
	walk(root, nil)
	return out
}

func (f *Form) field(n *html.Node) {
	name, typ := attr(n, "name"), attr(n, "type")
	if name == "" || has(n, "disabled") || has(n, "readonly") {
		return
	}
	f.Names = append(f.Names, name)
	switch n.Data {
	case "textarea":
		typ = "textarea"
		f.Values.Add(name, strings.TrimPrefix(words(n), "\n"))
	case "select":
		f.types[name] = "select"
		for o := range n.Descendants() {
			if o.Data == "option" && (has(o, "selected") || !f.Values.Has(name)) {
				f.Values.Set(name, attr(o, "value"))
			}
		}
		return
	default:
		switch typ {
		case "submit", "button", "image", "file":
			return
		case "checkbox", "radio":
			f.types[name] = typ
			if has(n, "checked") {
				f.Values.Add(name, attr(n, "value"))
			}
			return
		}
		f.Values.Add(name, attr(n, "value"))
	}
	f.types[name] = typ
	if typ != "hidden" && !slices.Contains(f.Typed, name) {
		f.Typed = append(f.Typed, name)
	}
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

func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// Hostile is what people and programs type into fields that were not made for it.
var Hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'; DROP TABLE versions; --`, `{{7*7}} ${7*7} %s%n`, `=cmd|' /C calc'!A0`,
	"2026-02-30", "31 Feb 2020", "0000-00-00", "2999-01-01", "1066-10-14", "-1", "8000", "8,000 kg", "1e309", "NaN", "∞", "99999999999999999999",
	"👩🏽‍⚕️🙂", "مريم الحسن", "\u202Egnp.exe", "Ž̵̢̛ä́l̃ğo", "a\x00b", "\xff\xfe\xfd", "line\r\nSet-Cookie: x=1", strings.Repeat("x", 70_000),
}

// Abuse posts every Hostile value into every field that takes words of the forms of
// a page, all at once and with one field alone, bytes that are no choice into every
// select, and ten megabytes into one. No answer is an error of the server, nothing
// is shown as markup, and a form that is refused keeps what was typed and says what
// is wrong. skip says whether a form is left alone (nil: none).
func (b *Browser) Abuse(t *testing.T, path string, skip func(Form) bool) {
	t.Helper()
	forms := slices.DeleteFunc(Forms(t, b.Open(path)), func(f Form) bool {
		return f.Action == "" || strings.HasSuffix(f.Action, "/patients") || len(f.Typed) == 0 || skip != nil && skip(f)
	})
	if len(forms) == 0 {
		t.Errorf("%s has no form with fields", path)
	}
	for _, f := range forms {
		for _, v := range Hostile {
			form := f.copy()
			for _, name := range f.Typed {
				form.Set(name, v)
			}
			b.abused(t, path, f, form, f.Typed, v)
		}
		for _, name := range f.Typed {
			for _, v := range []string{Hostile[0], Hostile[5], Hostile[11], Hostile[len(Hostile)-1]} {
				form := f.copy()
				form.Set(name, v)
				b.abused(t, path, f, form, []string{name}, v)
			}
		}
		form := f.copy()
		for name, typ := range f.types {
			if typ == "select" || typ == "radio" || typ == "checkbox" {
				form.Set(name, `no such "choice" <b>`)
			}
		}
		b.abused(t, path, f, form, nil, "no such choice")
		form = f.copy()
		form.Set(f.Typed[0], strings.Repeat("y", 10<<20))
		if res, _ := b.Post(f.Action, form); res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s %s: 10 MB: %d", path, f.Action, res.StatusCode)
		}
	}
}

func (f Form) copy() url.Values {
	out := url.Values{}
	for k, v := range f.Values {
		out[k] = slices.Clone(v)
	}
	return out
}

func (b *Browser) abused(t *testing.T, path string, f Form, form url.Values, typed []string, v string) {
	t.Helper()
	label := v[:min(len(v), 30)]
	res, page := b.Post(f.Action, form)
	where := strings.TrimPrefix(f.Action, "/maple/patients/")
	if res.StatusCode >= 500 {
		t.Errorf("%s: %q in %v: %d", where, label, typed, res.StatusCode)
		return
	}
	if low := strings.ToLower(page); strings.Contains(low, "<script>alert") || strings.Contains(low, "<img src=x") || strings.Contains(low, `"choice" <b>`) {
		t.Errorf("%s: %q in %v is shown as markup", where, label, typed)
	}
	if res.StatusCode != http.StatusUnprocessableEntity {
		return
	}
	if !strings.Contains(page, `class="error"`) && !strings.Contains(page, `role="alert"`) {
		t.Errorf("%s: %q in %v is refused without a word", where, label, typed)
	}
	if len(v) > 1000 || !utf8.ValidString(v) || strings.ContainsAny(v, "\x00\r\u202e\u200d") || typed == nil {
		return // cut, or cleaned: bounded by MaxLength on the page
	}
	shown := ""
	for _, g := range Forms(t, page) {
		if g.Action == f.Action || strings.Contains(g.Action, f.Action) || strings.Contains(f.Action, g.Action) {
			for _, name := range typed {
				if kept := g.Values.Get(name); kept != "" && (kept == v || len(kept) >= 16 && strings.HasPrefix(v, kept)) {
					shown += " " + name
				}
			}
		}
	}
	for _, name := range typed {
		if !slices.Contains(strings.Fields(shown), name) && f.types[name] != "password" {
			t.Errorf("%s: %q typed into %s is not there any more after the refusal", where, label, name)
		}
	}
}
