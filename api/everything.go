package api

import (
	"net/http"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
)

// everything is http://hl7.org/fhir/R4/operation-patient-everything.html of one
// patient: _since, _type and _count; not the period of care (start, end).
func (c *call) everything() (*answer, error) {
	if c.method == http.MethodPost {
		if err := c.parameters(); err != nil {
			return nil, err
		}
	}
	if err := c.only("_since", "_type", "_count", "_after"); err != nil {
		return nil, err
	}
	q := record.Everything{Patient: c.id, After: c.query.Get("_after")}
	var err error
	if q.Count, err = c.count(0, record.MaxEverything); err != nil {
		return nil, err
	}
	if q.Since, _, err = c.moment("_since"); err != nil {
		return nil, err
	}
	if q.Types, err = types(c.query); err != nil {
		return nil, err
	}
	var remarks []record.Issue
	if c.lens == access.EHR && q.After == "" {
		if remarks, err = c.gather(c.id); err != nil {
			return nil, err
		}
	}
	done, err := c.api.costly.take(c.ctx) // not before: another site may take its time
	if err != nil {
		return nil, err
	}
	defer done()
	page, err := c.s.Everything(c.ctx, q)
	if err != nil {
		return nil, err
	}
	address := c.base + "/Patient/" + c.id + "/$everything"
	return c.searchset(page, link(address, c.query), following(address, c.query, page.Next), remarks)
}

// parameters puts what a Parameters resource holds, primitive by primitive, among the query.
func (c *call) parameters() error {
	c.asks = true
	data, err := c.bytes(1 << 20)
	if err != nil || len(data) == 0 {
		return err
	}
	d, err := fhir.Parse(data)
	if err != nil {
		return err
	}
	if d.Root().ResourceType() != "Parameters" {
		return &refusal{http.StatusBadRequest, "invalid", "the body of an operation is a Parameters resource"}
	}
	for p := range d.Root().Get("parameter").Items() {
		for _, v := range p.Prefixed("value") {
			c.query.Add(p.Get("name").Str(), v.Text())
		}
	}
	return nil
}
