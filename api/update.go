package api

import (
	"errors"
	"net/http"

	"wholechart/fhir"
	"wholechart/record"
)

// update is http://hl7.org/fhir/R4/http.html#update, which creates when the id
// is not there (#upsert), and without an id the conditional update (#cond-update).
func (c *call) update() (*answer, error) {
	act, err := c.updateAct(c.resource)
	if err != nil {
		return nil, err
	}
	return c.one(act)
}

func (c *call) updateAct(resource func() (fhir.Node, error)) (record.Act, error) {
	act := record.Act{Op: record.Update, Type: c.typ, ID: c.id, Base: c.base}
	var err error
	if act.IfMatch, err = c.ifMatch(); err != nil {
		return act, err
	}
	if err := c.unguarded("If-None-Match", "If-None-Exist"); err != nil {
		return act, err
	}
	if c.id != "" {
		if err := c.only(); err != nil {
			return act, err
		}
		act.Resource, err = resource()
		return act, err
	}
	if act.Where, err = c.condition(c.typ, c.query); err != nil {
		return act, err
	}
	if act.Resource, err = resource(); err != nil {
		return act, err
	}
	id := act.Resource.Get("id")
	if !id.Exists() {
		return act, nil
	}
	if act.ID = id.Str(); !validID(act.ID) {
		return act, &refusal{http.StatusBadRequest, "value", "an id is 1 to 64 letters, digits, hyphens and dots"}
	}
	return act, c.unclaimed(act)
}

// unclaimed refuses a conditional update that finds nothing but names an id
// that is another resource's: it would overwrite what the condition did not mean.
func (c *call) unclaimed(act record.Act) error {
	one := *act.Where
	one.Count = 1
	page, err := c.s.Search(c.ctx, &one)
	if err != nil || len(page.Matches) > 0 {
		return err
	}
	_, err = c.s.Read(c.ctx, act.Type, act.ID)
	switch {
	case err == nil:
		return &refusal{http.StatusConflict, "conflict", "the condition finds nothing, and the id given is another resource's"}
	case errors.Is(err, record.ErrNotFound), errors.As(err, new(*record.Gone)):
		return nil
	}
	return err
}
