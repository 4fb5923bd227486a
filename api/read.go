package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/record"
)

// read is http://hl7.org/fhir/R4/http.html#read, and with If-None-Match or
// If-Modified-Since the conditional read (#cread).
func (c *call) read() (*answer, error) {
	if err := c.only(); err != nil {
		return nil, err
	}
	res, err := c.s.Read(c.ctx, c.typ, c.id)
	if err != nil {
		return nil, c.unheard(err)
	}
	return c.shown(res)
}

// unheard says of what is not found in the whole record that a site may not have
// been asked, or not have answered, yet: a read does not know whose fact it is,
// and asks nobody.
func (c *call) unheard(err error) error {
	if c.lens != access.EHR || !errors.Is(err, record.ErrNotFound) {
		return err
	}
	return &refusal{http.StatusNotFound, "not-found", "there is no such resource, or it is not for you to see; or the site whose fact it is has not been asked, or has not answered, yet: Patient/[id]/$everything asks the other sites and says who answered, then read again"}
}

// vread is http://hl7.org/fhir/R4/http.html#vread.
func (c *call) vread() (*answer, error) {
	if err := c.only(); err != nil {
		return nil, err
	}
	res, err := c.s.ReadVersion(c.ctx, c.typ, c.id, c.version)
	if err != nil {
		return nil, err
	}
	if res.Deleted {
		return nil, &refusal{http.StatusGone, "deleted", "this version is the resource's deletion"}
	}
	return c.shown(res)
}

func (c *call) shown(res record.Resource) (*answer, error) {
	ans := of(http.StatusOK, res)
	if c.unchanged(res) {
		ans.status, ans.body = http.StatusNotModified, nil
		return ans, nil
	}
	var err error
	ans.body, err = c.wants.part(res.Body)
	return ans, err
}

// unchanged holds RFC 9110 section 13.2.2: If-None-Match before If-Modified-Since.
func (c *call) unchanged(res record.Resource) bool {
	if tags := c.head.Get("If-None-Match"); tags != "" {
		for _, t := range strings.Split(tags, ",") {
			if t = strings.TrimSpace(t); t == "*" || version(t) == res.Version {
				return true
			}
		}
		return false
	}
	if since := c.head.Get("If-Modified-Since"); since != "" {
		t, err := http.ParseTime(since)
		return err == nil && !res.Updated.Truncate(time.Second).After(t)
	}
	return false
}

// version is the version that an entity tag names.
func version(tag string) string {
	tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
	return strings.Trim(tag, `"`)
}

// shapes are the parameters of the answer's form, which every interaction takes.
var shapes = []string{"_format", "_pretty", "_summary", "_elements"}

// only refuses parameters that an interaction does not know; under handling=lenient they are passed over.
func (c *call) only(known ...string) error {
	if c.wants.lenient || len(c.query) == 0 {
		return nil
	}
	for name := range c.query {
		if !slices.Contains(shapes, name) && !slices.Contains(known, name) {
			return &refusal{http.StatusBadRequest, "not-supported", "a parameter of the URL is not known to this interaction: " + word(name)}
		}
	}
	return nil
}

// word is a parameter's name as an answer may repeat it.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return s
}
