package desk

import (
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"wholechart/fhir"
	"wholechart/web"
)

// form is what was typed, and what is wrong with it beside each field.
type form struct {
	url.Values
	Wrong  map[string]string
	silent string // what is to be said after it was done: who was asked and did not answer
}

func newForm(v url.Values) *form { return &form{Values: v, Wrong: map[string]string{}} }

// text is one line as it was meant: without the blanks at its ends and without
// control characters and directional overrides, which would make it look like
// another. What is no UTF-8 becomes a replacement character.
func (f *form) text(name string) string { return oneLine(f.Get(name)) }

func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

func (f *form) bad(name, text string) {
	if f.Wrong[name] == "" {
		f.Wrong[name] = text
	}
}

func (f *form) ok() bool { return len(f.Wrong) == 0 }

// bounds of what is typed, in characters.
var bounds = map[string]int{
	"given": 60, "middle": 100, "family": 80, "suffix": 20, "used": 60, "previous": 80, "line1": 120, "line2": 120, "city": 80, "state": 2, "zip": 10, "country": 60,
	"mobile": 30, "home": 30, "work": 30, "email": 120, "tribe": 100, "plan": 120, "member": 60, "group": 60, "name": 120, "phone": 30,
}

func (f *form) bounded(names ...string) {
	for _, n := range names {
		if most := bounds[n]; most > 0 && utf8.RuneCountInString(f.Get(n)) > most {
			f.bad(n, fmt.Sprintf("At most %d characters.", most))
		}
	}
}

// isName: letters of any script with their marks, and what names are written with.
func isName(s string) bool {
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsMark(r), unicode.IsDigit(r), strings.ContainsRune(" -'’‘ʻʼ.,·/()\u200c\u200d", r):
		default:
			return false
		}
	}
	return letters > 0
}

func (f *form) names(names ...string) {
	for _, n := range names {
		if t := f.text(n); t != "" && !isName(t) {
			f.bad(n, "A name is written in letters, with spaces, hyphens and apostrophes; signs and pictures cannot be in it.")
		}
	}
}

// date reads a day that is not in the future and not before 1870.
func (f *form) date(name string, now time.Time, zone *time.Location) (string, bool) {
	t := f.text(name)
	if t == "" {
		return "", false
	}
	d, err := fhir.ParseDateTime(t)
	switch {
	case err != nil || d.Precision > fhir.Day:
		f.bad(name, "There is no such day. Write it as year-month-day: 1958-03-14.")
	case t > now.In(zone).Format(time.DateOnly):
		f.bad(name, "That day is in the future.")
	case d.YearNo < 1870:
		f.bad(name, "Nobody alive was born so long ago. Look at the year.")
	default:
		return t, true
	}
	return t, false
}

// phones keeps a number as it is said, if it can be one.
func (f *form) phones(names ...string) {
	for _, n := range names {
		t := f.text(n)
		if t == "" {
			continue
		}
		digits := 0
		for i, r := range t {
			switch {
			case r >= '0' && r <= '9':
				digits++
			case r == '+' && i == 0, strings.ContainsRune(" -.()x", r):
			default:
				f.bad(n, "A telephone number is written in digits: 614-555-0162, or with its country: +52 55 1234 5678.")
			}
		}
		if digits < 7 || digits > 20 {
			f.bad(n, "A telephone number has 7 to 20 digits.")
		}
	}
}

func (f *form) email(name string) {
	t := f.text(name)
	if t == "" {
		return
	}
	a, err := mail.ParseAddress(t)
	if err != nil || a.Address != t || !strings.Contains(t[strings.LastIndexByte(t, '@')+1:], ".") {
		f.bad(name, "An e-mail address looks like name@example.org.")
	}
}

func (f *form) oneOf(name string, of []choice, kept string) {
	if v := f.Get(name); v != "" && v != kept {
		if _, ok := chosen(of, v); !ok {
			f.bad(name, "Choose one of the list.")
		}
	}
}

// most that is given back of what was typed: ten times what any field takes.
const mostBack = 4000

func (f *form) field(w web.Field) web.Field {
	w.Value, w.Error = f.Get(w.Name), f.Wrong[w.Name]
	if len(w.Value) > mostBack {
		w.Value = strings.ToValidUTF8(w.Value[:mostBack], "")
	}
	if w.MaxLength == 0 {
		w.MaxLength = bounds[w.Name]
	}
	if w.Type == "date" {
		w.MaxLength = 0
		if w.Value != "" && !fhir.IsDate(w.Value) || len(w.Value) != 0 && len(w.Value) != 10 {
			w.Type = "" // a date field would not show what was typed, nor a year alone
		}
	}
	if w.Type == "select" {
		w.MaxLength = 0
		known := w.Value == ""
		for _, o := range w.Options {
			known = known || o.Value == w.Value
		}
		if !known && len(w.Value) < 60 { // of another program, or not ours: kept and shown
			w.Options = append(w.Options, web.Option{Value: w.Value, Label: w.Value})
		}
	}
	return w
}
