package progress

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ask is what a page of the room is asked to show. It is the address's query and
// nothing else, so that Back, a bookmark and a second tab have the same page.
type ask struct {
	Focus string   // a preset's ID
	Group string   // of the flowsheet: vitals, laboratory, other
	Text  string   // part of a row's name
	Rows  []string // keys of series, in the order chosen
	Span  string   // 1m 3m 1y 5y all; "" is the page's own
	Meds  string   // "", all, none
	Old   bool     // oldest first
	Page  int      // of the flowsheet's days
}

const (
	mostText = 80
	mostRows = 40
	mostPage = 10_000
	mostKey  = 160
)

// spans are the lengths of time that a plot can show, the shortest first.
var spans = []struct {
	code, label string
	back        func(time.Time) time.Time
}{
	{"1m", "1 month", func(t time.Time) time.Time { return t.AddDate(0, -1, 0) }},
	{"3m", "3 months", func(t time.Time) time.Time { return t.AddDate(0, -3, 0) }},
	{"1y", "1 year", func(t time.Time) time.Time { return t.AddDate(-1, 0, 0) }},
	{"5y", "5 years", func(t time.Time) time.Time { return t.AddDate(-5, 0, 0) }},
	{"all", "All", func(t time.Time) time.Time { return time.Time{} }},
}

// parseAsk reads a query. What it does not know, and what is too long, is left
// out: an address from elsewhere never fails a page.
func parseAsk(q url.Values) ask {
	a := ask{Old: q.Get("order") == "oldest"}
	if f := q.Get("focus"); focusByID(f) != nil {
		a.Focus = f
	}
	if g := q.Get("group"); slices.Contains(groupCodes, g) {
		a.Group = g
	}
	if s := q.Get("span"); slices.ContainsFunc(spans, func(x struct {
		code, label string
		back        func(time.Time) time.Time
	}) bool {
		return x.code == s
	}) {
		a.Span = s
	}
	if m := q.Get("medicines"); m == "all" || m == "none" {
		a.Meds = m
	}
	a.Text = plain(q.Get("text"), mostText)
	for _, r := range q["row"] {
		r = plain(r, mostKey)
		if r != "" && len(a.Rows) < mostRows && !slices.Contains(a.Rows, r) {
			a.Rows = append(a.Rows, r)
		}
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 && n <= mostPage {
		a.Page = n
	}
	return a
}

// plain is a text without what cannot be seen, cut to so many characters.
func plain(s string, most int) string {
	if len(s) > 8*most {
		s = s[:8*most]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > most {
		s = strings.TrimSpace(string(r[:most]))
	}
	return s
}

// query is the shortest address of what is asked: parseAsk reads it back.
func (a ask) query() string {
	q := url.Values{}
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	set("focus", a.Focus)
	set("group", a.Group)
	set("text", a.Text)
	set("span", a.Span)
	set("medicines", a.Meds)
	if a.Old {
		q.Set("order", "oldest")
	}
	if a.Page > 0 {
		q.Set("page", strconv.Itoa(a.Page))
	}
	if len(a.Rows) > 0 {
		q["row"] = a.Rows
	}
	return q.Encode()
}

// from is the first instant of the span, zero for all of it.
func (a ask) from(now time.Time) time.Time {
	for _, s := range spans {
		if s.code == a.Span {
			return s.back(now)
		}
	}
	return time.Time{}
}
