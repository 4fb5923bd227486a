package door

import (
	"net/http"
	"net/url"
	"strings"

	"wholechart/access"
	"wholechart/web"
)

// ledOn leads from a page of a record that was merged into another to the same
// page of the one that stands for it (docs/adr/0009). Its demographics stay, for
// that is where a merge is looked at and taken back. A form that was open when
// the records were merged is not led on: what it writes the gate looks at.
func (c *Call) ledOn() bool {
	rest, ok := strings.CutPrefix(c.R.Pattern, "GET /{site}/patients/{id}")
	if !ok || rest == "/demographics" || rest == "/photo" {
		return false
	}
	id := c.R.PathValue("id")
	s := c.Session(access.EMR)
	to := s.Standing(id)
	if to == id {
		return false
	}
	if _, err := s.Read(c.R.Context(), "Patient", to); err != nil {
		return false // the page says why
	}
	at := strings.SplitN(c.R.URL.EscapedPath(), "/", 5) // "", site, "patients", id, rest
	at[3] = url.PathEscape(to)
	path := strings.Join(at, "/")
	if q := c.R.URL.RawQuery; q != "" {
		path += "?" + q
	}
	web.SecurityHeaders(c.W)
	http.Redirect(c.W, c.R, path, http.StatusSeeOther)
	return true
}
