package api

import (
	"net/http"
	"net/url"
	"strconv"

	"wholechart/search"
)

// condition is the search of a conditional interaction. It must say something:
// a condition that is met by everything is a mistake, not a wish. Parameters
// that are not understood are errors, whatever Prefer says.
func (c *call) condition(typ string, q url.Values) (*search.Query, error) {
	asked := url.Values{}
	for name, values := range q {
		if name != "_format" && name != "_pretty" {
			asked[name] = values
		}
	}
	query, err := search.Parse(typ, asked, search.Options{Base: c.base, Now: c.api.Now()})
	if err != nil {
		return nil, err
	}
	if len(query.Where) == 0 {
		return nil, &refusal{http.StatusBadRequest, "required", "a condition must name at least one search parameter"}
	}
	return query, nil
}

// ifNoneExist is the condition of a conditional create
// (http://hl7.org/fhir/R4/http.html#ccreate); nil if the create has none.
func (c *call) ifNoneExist() (*search.Query, error) {
	text := c.head.Get("If-None-Exist")
	if text == "" {
		return nil, nil
	}
	return c.conditionText(c.typ, text)
}

// conditionText reads a condition as text, with or without "?" or "Type?" before it.
func (c *call) conditionText(typ, text string) (*search.Query, error) {
	for i := range len(text) {
		if text[i] == '?' {
			text = text[i+1:]
			break
		}
		if text[i] == '=' {
			break
		}
	}
	q, err := url.ParseQuery(text)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "invalid", "the condition is not well formed"}
	}
	return c.condition(typ, q)
}

// ifMatch is the version that If-Match expects; 0 if there is no such header
// (http://hl7.org/fhir/R4/http.html#concurrency).
func (c *call) ifMatch() (int, error) {
	text := c.head.Get("If-Match")
	if text == "" || text == "*" {
		return 0, nil
	}
	n, err := strconv.Atoi(version(text))
	if err != nil || n < 1 {
		return 0, &refusal{http.StatusPreconditionFailed, "conflict", "no version is called what If-Match names"}
	}
	return n, nil
}

// unguarded refuses preconditions that writes do not answer: to pass one over
// would do what the asker wanted prevented.
func (c *call) unguarded(headers ...string) error {
	for _, h := range headers {
		if c.head.Get(h) != "" {
			return &refusal{http.StatusBadRequest, "not-supported", h + " is not answered for this interaction"}
		}
	}
	return nil
}
