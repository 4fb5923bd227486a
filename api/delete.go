package api

import "wholechart/record"

// delete is http://hl7.org/fhir/R4/http.html#delete, and without an id the
// conditional delete of at most one resource (#3.1.0.7.1).
func (c *call) delete() (*answer, error) {
	act, err := c.deleteAct()
	if err != nil {
		return nil, err
	}
	return c.one(act)
}

func (c *call) deleteAct() (record.Act, error) {
	act := record.Act{Op: record.Delete, Type: c.typ, ID: c.id}
	var err error
	if act.IfMatch, err = c.ifMatch(); err != nil {
		return act, err
	}
	if err := c.unguarded("If-None-Match", "If-None-Exist"); err != nil {
		return act, err
	}
	if c.id != "" {
		return act, c.only()
	}
	act.Where, err = c.condition(c.typ, c.query)
	return act, err
}
