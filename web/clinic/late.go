package clinic

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/record"
	"wholechart/web"
)

// What other sites answer after a page is shown never moves what is being read.
// The page keeps what it said; one line above the storyboard, whose place is
// always there, says who is still asked, what came meanwhile and where to see
// it; the strip's cells change within their places.

// late says how complete the record is now and, of a page that was shown
// before, what came since. Of a chart alone there is nothing to say.
func (v *view) late() *web.Late {
	if !v.whole() || v.desk() {
		return nil
	}
	l := &web.Late{ID: "late", Text: v.strip().Summary()}
	gap := v.notHeard()
	switch {
	case v.asking:
		l.State, l.Text, l.Again = web.Waiting, "Asking "+v.whom(), v.again("")
		l.Refresh, l.RefreshURL, l.With = refreshEach, v.lateURL(), "strip"
	case v.failedToAsk:
		l.State, l.Kind, l.Text, l.Act = web.Lacking, web.Warning, notAsked, web.Link{Label: "Retry", Href: v.again("1")}
	case gap != "":
		l.State, l.Kind, l.Text, l.Act = web.Lacking, web.Warning, v.lacks(gap)+": there may be more", web.Link{Label: "Retry", Href: v.again("1")}
	}
	if v.seen == nil {
		return l
	}
	news, dangerous := v.seen.news(v.chart)
	switch {
	case news != "":
		l.State, l.Kind, l.Act = web.Arrived, web.Accent, web.Link{Label: "Show", Href: v.again("")}
		if v.seen.swaps {
			l.Swap = "record storyboard late"
		}
		if dangerous {
			l.Kind = web.Danger
		}
		if l.Text = news; v.asking {
			l.Text += " · asking " + v.whom()
		} else if gap != "" {
			l.Text += " · " + gap
		}
	case l.State == web.Heard:
		l.Text += ", nothing new"
	}
	return l
}

// lateURL is where the line of this page asks for itself: what the page shows
// goes with it, so that the answer is about this page.
func (v *view) lateURL() string {
	s := v.seen
	if s == nil {
		s = v.sees()
	}
	u := url.URL{Path: v.href("late"), RawQuery: s.values().Encode()}
	return u.String()
}

// whom are the sites that are waited for, in words.
func (v *view) whom() string {
	var names []string
	n := 0
	for _, s := range v.strip().Sites {
		if s.State == web.Asking {
			names = append(names, s.Name)
			n++
		}
	}
	if n == 0 {
		return "other sites"
	}
	return listed(names)
}

// listed are one or two names, else how many sites they are.
func listed(names []string) string {
	if len(names) > 2 {
		return strconv.Itoa(len(names)) + " sites"
	}
	return strings.Join(names, " and ")
}

// lateOf answers with the line, and the strip, of a page that was shown before.
func (h *clinic) lateOf(c *call) {
	id := c.R.PathValue("id")
	if _, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", id); err != nil {
		c.Failed(err)
		return
	}
	s := readSeen(c.R.URL.Query())
	o := c.underWay(id, partWait)
	v, err := c.read(access.EHR, o, s.full...)
	if err != nil {
		c.Failed(err)
		return
	}
	v.seen, v.page = s, v.ownPage(s.page)
	l := v.late()
	if l == nil {
		c.Failed(record.ErrNotFound)
		return
	}
	v.Render(http.StatusOK, templ.Join(l, v.strip()))
}

// ownPage is the address of a page of this patient, else of the whole record.
func (v *view) ownPage(address string) *url.URL {
	own := v.PatientPath(v.id, access.EMR)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.Contains(u.Path, "..") || u.EscapedPath() != own && !strings.HasPrefix(u.EscapedPath(), own+"/") {
		return &url.URL{Path: v.href()}
	}
	return &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
}

// boardWith is the storyboard with the line above it.
func boardWith(l *web.Late, b templ.Component) templ.Component {
	if l == nil {
		return b
	}
	return templ.Join(l, b)
}

var typeName = regexp.MustCompile(`^[A-Z][A-Za-z]{2,39}$`)

// oneOf keeps of what an address says the words that a pattern takes, and no more than most.
func oneOf(list []string, ok *regexp.Regexp, most int) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !ok.MatchString(s) })
	return list[:min(len(list), most)]
}

// lacks is a gap in the words of one line: of several sites how many, since the
// storyboard and the strip name them.
func (v *view) lacks(gap string) string {
	n := 0
	for _, a := range v.chart.Completeness.Sites {
		if gapWords[a.State] != "" && !(a.Source.Base != "" && v.pending(a)) {
			n++
		}
	}
	if n > 1 {
		return strconv.Itoa(n) + " sites are not heard in full"
	}
	return gap
}
