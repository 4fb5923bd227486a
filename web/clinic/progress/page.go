package progress

import (
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"wholechart/decision/formula"
	"wholechart/web"
)

// part is one page of the room.
type part struct {
	Code, Label, Key, Href string
	Active                 bool
}

// show writes a page of the room.
func (v *view) show(status int, title, code string, content templ.Component) {
	p := v.Frame(title)
	p.Sheets = append(p.Sheets, sheetURL)
	p.Modules = append(p.Modules, moduleURL)
	v.Show(status, p, framed(v, code, title, content))
}

// lens is the switch to the same question of the other record.
func (v *view) lens(code string) web.Lens {
	parts := []string{"progress"}
	if code != "" {
		parts = append(parts, code)
	}
	l := v.LensSwitch(parts...)
	if q := v.ask.query(); q != "" {
		l.ChartHref += "?" + q
		l.WholeHref += "?" + q
	}
	return l
}

// parts are the pages of the room; growth is for those under 20 years.
func (v *view) pages(code string) []part {
	list := []part{{Code: "", Label: "Flowsheet", Key: "t"}, {Code: "plots", Label: "Plots", Key: "p"}, {Code: "growth", Label: "Growth", Key: "h"}, {Code: "formulas", Label: "Formulas", Key: "f"}}
	var out []part
	for _, p := range list {
		if p.Code == "growth" && !v.grows() && code != "growth" {
			continue
		}
		p.Active = p.Code == code
		if p.Code == "" || p.Code == "plots" {
			p.Href = v.href(p.Code, func(a *ask) { a.Page = 0 })
		} else {
			p.Href = v.Href("progress", p.Code)
		}
		out = append(out, p)
	}
	return out
}

// grows says whether the person was under 20 years when last alive, as far as
// the birth date is known to the day.
func (v *view) grows() bool {
	now := v.c.Now
	if c := v.Chart(); c.Patient.Deceased && c.Patient.Died.Known() {
		now = c.Patient.Died.At
	}
	a := formula.AgeOf(v.Chart(), now)
	return a.Known && a.Years < 20
}

// cut says what of a long record the page is made of.
func (v *view) cut(types ...string) string {
	for _, c := range v.Chart().Cut {
		for _, t := range types {
			if c.Type == t {
				return "This is a long record: the newest " + thousands(c.Shown) + " of " + thousands(c.Of) + " observations are here."
			}
		}
	}
	return ""
}

func (v *view) sheetPage() {
	f := v.flowsheet()
	v.show(http.StatusOK, "Progress over time", "", sheetMain(v, f))
}

// nothing is an empty table: what could not be asked is not what is not there.
func (v *view) nothing(what string) web.EmptyState {
	e := web.EmptyState{What: what, Zone: v.c.Zone}
	if g := v.Gap(); g != "" {
		e.Knowledge, e.Gap = web.Unreachable, g
	}
	return e
}

// thousands is a number as people read it: "87,412".
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func backWord(old bool) string { return map[bool]string{true: "Earlier", false: "Later"}[old] }

func onWord(old bool) string { return map[bool]string{true: "Later", false: "Earlier"}[old] }

// medsChoices are which medicines a plot has beneath it.
func medsChoices(v *view) []span {
	mine := "active"
	if v.ask.Focus != "" {
		mine = "of this problem"
	}
	var out []span
	for _, m := range []struct{ code, label string }{{"", mine}, {"all", "all, stopped too"}, {"none", "none"}} {
		out = append(out, span{m.label, v.href("plots", func(a *ask) { a.Meds = m.code }), v.ask.Meds == m.code})
	}
	return out
}

// capital begins with a capital letter, of whatever script.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
