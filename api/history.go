package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"wholechart/fhir"
	"wholechart/record"
)

// Page sizes.
const (
	defaultCount = 50
	maxCount     = 1000
)

// history is http://hl7.org/fhir/R4/http.html#history, of a resource, a type or
// the whole chart.
func (c *call) history() (*answer, error) {
	if err := c.only("_since", "_at", "_count", "_after"); err != nil {
		return nil, err
	}
	q := record.HistoryQuery{Type: c.typ, ID: c.id, After: c.query.Get("_after")}
	var err error
	if q.Count, err = c.count(defaultCount, maxCount); err != nil {
		return nil, err
	}
	if q.Since, _, err = c.moment("_since"); err != nil {
		return nil, err
	}
	if _, q.At, err = c.moment("_at"); err != nil {
		return nil, err
	}
	if !q.At.IsZero() {
		q.At = q.At.Add(-time.Millisecond) // the end is the first moment after
	}
	page, err := c.s.History(c.ctx, q)
	if err != nil {
		return nil, err
	}
	address := c.base
	if c.typ != "" {
		address += "/" + c.typ
	}
	if c.id != "" {
		address += "/" + c.id
	}
	address += "/_history"
	b := newBundle("history", c.api.Now(), page.Total, link(address, c.query), following(address, c.query, page.Next))
	for _, res := range page.Matches {
		if err := c.historyEntry(b, res); err != nil {
			return nil, err
		}
	}
	return b.close(http.StatusOK), nil
}

// historyEntry writes one version as an entry of a history.
func (c *call) historyEntry(b *bundle, res record.Resource) error {
	name := res.Type + "/" + res.ID
	b.begin(c.base + "/" + name)
	method, status := "PUT", "200"
	switch {
	case res.Deleted:
		method, status = "DELETE", "204"
	case res.Version == "1":
		status = "201"
	}
	if !res.Deleted {
		body, err := c.wants.part(res.Body)
		if err != nil {
			return err
		}
		b.member("resource", body)
	}
	b.buf.WriteString(`,"request":{"method":"` + method + `","url":"` + name + `"},"response":{"status":"` + status + `","etag":"W/\"` + res.Version +
		`\"","lastModified":"` + res.Updated.UTC().Format(instant) + `"}`)
	b.end()
	return nil
}

// count is _count, between 1 and most.
func (c *call) count(usual, most int) (int, error) {
	text := c.query.Get("_count")
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, &refusal{http.StatusBadRequest, "value", "_count must be a whole number, not negative"}
	}
	return max(1, min(n, most)), nil
}

// moment reads a parameter that is a date, dateTime or instant: the beginning
// and the end of what it names. Zero if it is not there.
func (c *call) moment(name string) (from, to time.Time, err error) {
	text := c.query.Get(name)
	if text == "" {
		return from, to, nil
	}
	d, err := fhir.ParseDateTime(text)
	if err != nil {
		return from, to, &refusal{http.StatusBadRequest, "value", name + " is not a date or time"}
	}
	from, to = d.Interval(c.site.Location())
	return from, to, nil
}

// types reads _type; nil for all.
func types(q url.Values) ([]string, error) {
	var out []string
	for _, list := range q["_type"] {
		for _, t := range splitList(list) {
			if !fhir.IsResourceType(t) {
				return nil, &refusal{http.StatusBadRequest, "value", "_type names what is not a resource type of FHIR R4"}
			}
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out, nil
}
