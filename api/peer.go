package api

import (
	"net/http"
	"strconv"

	"wholechart/fhir"
	"wholechart/record"
)

// match is Patient/$match (http://hl7.org/fhir/R4/patient-operation-match.html):
// who here may be the person that the Parameters describe.
func (c *call) match() (*answer, error) {
	if err := c.only(); err != nil {
		return nil, err
	}
	d, err := c.doc()
	if err != nil {
		return nil, err
	}
	params := d.Root()
	if t := params.ResourceType(); t != "Parameters" {
		return nil, &refusal{http.StatusBadRequest, "invalid", "the body of $match is a Parameters resource"}
	}
	given := fhir.Node{}
	for p := range params.Get("parameter").Items() {
		if p.Get("name").Is("resource") {
			given = p.Get("resource")
		}
	}
	if given.ResourceType() != "Patient" {
		return nil, &refusal{http.StatusBadRequest, "required", "$match needs the parameter resource with a Patient"}
	}
	done, err := c.api.costly.take(c.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	body, err := c.api.Exchange.AnswerMatch(c.ctx, c.s, params)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, body: body}, nil
}

// changes is Patient/{id}/$changes, an operation of our own
// (docs/conformance/operations.md): what changed in a patient's chart after a
// place in its log, for a peer that keeps copies.
func (c *call) changes() (*answer, error) {
	if err := c.only("after", "_count"); err != nil {
		return nil, err
	}
	after := int64(0)
	if text := c.query.Get("after"); text != "" {
		var err error
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return nil, &refusal{http.StatusBadRequest, "value", "after is a number that an earlier answer gave"}
		}
	}
	count, err := c.count(500, 2000)
	if err != nil {
		return nil, err
	}
	done, err := c.api.costly.take(c.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	body, err := c.api.Exchange.AnswerChanges(c.ctx, c.s, c.id, record.Seq(after), count)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, body: body}, nil
}
