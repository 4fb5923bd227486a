package api

import (
	"net/http"

	"wholechart/fhir"
	"wholechart/record"
)

// create is http://hl7.org/fhir/R4/http.html#create, and with If-None-Exist
// the conditional create (#ccreate).
func (c *call) create() (*answer, error) {
	act, err := c.createAct(c.resource)
	if err != nil {
		return nil, err
	}
	return c.one(act)
}

func (c *call) createAct(resource func() (fhir.Node, error)) (record.Act, error) {
	act := record.Act{Op: record.Create, Type: c.typ, Base: c.base}
	err := c.only()
	if err == nil {
		err = c.unguarded("If-Match", "If-None-Match")
	}
	if err == nil {
		act.Where, err = c.ifNoneExist()
	}
	if err == nil {
		act.Resource, err = resource()
	}
	return act, err
}

// one does a single act.
func (c *call) one(act record.Act) (*answer, error) {
	done, err := c.s.Transact(c.ctx, []record.Act{act})
	if err != nil {
		return nil, err
	}
	return c.done(done[0])
}

// done is the answer to an act, by Prefer: return=
// (http://hl7.org/fhir/R4/http.html#ops).
func (c *call) done(o record.Outcome) (*answer, error) {
	res := o.Resource
	ans := of(http.StatusOK, res)
	text := "the resource was updated"
	switch o.Done {
	case record.Deleted:
		ans.status, ans.body, ans.modified = http.StatusNoContent, nil, res.Updated
		if c.wants.give == "OperationOutcome" {
			ans.status, ans.body = http.StatusOK, information("the resource is deleted, or was not there")
		}
		return ans, nil
	case record.Created:
		ans.status = http.StatusCreated
		text = "the resource was created"
	case record.Found:
		text = "a resource that meets the condition was there already"
	case record.Same:
		text = "nothing changed: the resource was the same already"
	}
	ans.location = res.Type + "/" + res.ID + "/_history/" + res.Version
	switch c.wants.give {
	case "minimal":
		ans.body = nil
	case "OperationOutcome":
		ans.body = information(text)
	default:
		var err error
		if ans.body, err = c.wants.part(ans.body); err != nil {
			return nil, err
		}
	}
	return ans, nil
}
